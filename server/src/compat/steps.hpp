// The words of which rows of the unversioned surface are made. Paths are keys joined by dots.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "compat/row.hpp"

namespace ignition::server::compat {

// ---- Of objects, whether they come or go ----

// `to` in place of `from`, unless `to` is there.
Step rename(std::string_view from, std::string_view to);
// The value at `from` again as the member `to`; null when there is none.
Step copy(std::string_view from, std::string_view to);
// Several of them in one go: {to, from}.
Step copies(std::initializer_list<std::pair<std::string_view, std::string_view>> to_from);
// A member that is always the same.
Step constant(std::string_view key, std::string_view json);
// Only these members, in this order; those that are missing are null.
Step only(std::initializer_list<std::string_view> keys);
Step without(std::initializer_list<std::string_view> keys);
// A step that only says something, for what the others do not tell.
Step note(std::string_view says);

// The steps done to the object at `path`; nothing when it is no object.
Step at(std::string_view path, std::vector<Step> steps);
// The steps done to each element of the list at `path`; "" = of the value itself.
Step each(std::string_view path, std::vector<Step> steps);

// ---- Of answers ----

// The answer as the one member of an object.
Step under(std::string_view key);
// The member instead of the object around it.
Step inside(std::string_view key);
// The members of the object at `path`, those that are not there yet, at top level, too.
Step spread(std::string_view path);
// {"data": answer}
Step data();
// The versioned surface's envelope.
Step envelope();
// {"success": true, ...}
Step success();

// The whole of a list that the versioned surface gives by pages, up to 500, unless the client asks for a page: what
// `calls` of a row does. A `filter` with a word that the operation does not know finds nothing.
std::function<Answer(Operations&, Scene&)> whole_list(std::string_view operation, std::string_view key,
                                                      std::string_view filter);

// ---- Of requests ----

// The number that a parameter is, when it is a whole one.
std::optional<std::int64_t> whole_number(std::string_view text);

// `limit` and `offset` as page_size and page.
Step limit_and_offset();
// A page_size where none came.
Step page_size(int n);
// A greater page_size is cut to this one.
Step largest_page(int n);

}  // namespace ignition::server::compat
