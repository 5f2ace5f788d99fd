// Rows of the inbox, as inbox.* and captures.* share them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ignition/domains/inbox.hpp"

namespace ignition::inbox {

// `SELECT` of all columns of Item, followed by `rest`. The text lives as long as the program when kept in a static.
std::string select_items(std::string_view rest);

std::optional<Item> find(Context& ctx, const Uuid& id);
std::optional<Item> find_by_ref(Context& ctx, const std::string& client_ref);

// Where a capture of this caller comes from.
Source source_of(const Context& ctx);
// Stores a new item of the caller, whose id and times are filled in; what a user captured is told to the feed.
Item store_new(Context& ctx, Item item);
// Stores what changed of an item; nothing when nothing did.
void store(Context& ctx, Item& item, const Item& before);
// Sets both fields of having been processed (rule I3).
void mark_processed(Item& item, bool processed, Instant now);

bool is_capture(const Item& item);
// Shown in open lists and counted by Today (rule Q6).
bool is_open(const Item& item, Instant now);
std::int64_t count_open(Context& ctx);

// A title as it is stored: trimmed unless it is encrypted. VALIDATION_ERROR for an empty one.
std::string stored_title(const std::string& title);
std::vector<std::string> stored_tags(const Tags& tags);
bool has_tag(const Item& item, const std::string& tag);

// One page of the rows of a statement that ends in `LIMIT $n OFFSET $m`, and how many there are in all. With `accepts`
// every row is looked at, because databases do not agree about letter case and documents.
struct Page {
  std::vector<Item> items;
  std::int64_t total = 0;
};
using Accepts = std::function<bool(const Item&)>;
template <class... Args>
Page filtered_page(Context& ctx, Sql rows, std::int64_t page, std::int64_t size, const Accepts& accepts,
                   const Args&... args) {
  constexpr std::int64_t kAll = std::int64_t{1} << 53U;
  Page out;
  const std::int64_t first = (page - 1) * size;
  ctx.db.each<Item>(
      rows,
      [&](Item&& item) {
        if (!accepts(item)) return;
        if (out.total >= first && out.total < first + size) out.items.push_back(std::move(item));
        ++out.total;
      },
      args..., kAll, std::int64_t{0});
  return out;
}

// After a change of the inbox: when the open items fell below five by it, the hint to look through them is done (rule
// G1). `before`: how many were open before it.
void notice_emptied(Context& ctx, std::int64_t before);

}  // namespace ignition::inbox
