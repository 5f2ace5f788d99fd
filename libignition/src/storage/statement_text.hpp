// What a statement's text says, for adapters whose database does not tell.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace ignition::storage {

// The word that decides what a statement does: SELECT, INSERT, UPDATE, DELETE ..., behind a WITH list if there is one.
// Empty for a text without a statement.
std::string_view verb(std::string_view sql);

// Greatest n of the parameters `$n`.
std::size_t parameter_count(std::string_view sql);

// The text with `::type` behind every `$n` whose type (types[n - 1]) is not empty.
std::string with_types(std::string_view sql, std::span<const std::string_view> types);

}  // namespace ignition::storage
