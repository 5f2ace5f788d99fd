// The inbox: thoughts that the user captured and notices that the system wrote, in one list. Rules I1 to I7. What a
// capture can be turned into stands in captures.hpp, which works on the same rows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/domains/plan.hpp"
#include "ignition/rules/captures.hpp"

namespace ignition::inbox {

// note, task and idea are captured by the user, the others written by the system.
enum class ItemType : std::uint8_t { note, task, idea, notification, action };
BOOST_DESCRIBE_ENUM(ItemType, note, task, idea, notification, action)

enum class Source : std::uint8_t { web, mobile, cli, api, ios_shortcut, system, import };
BOOST_DESCRIBE_ENUM(Source, web, mobile, cli, api, ios_shortcut, system, import)

// What a capture was turned into.
struct Conversion {
  std::string kind;
  Uuid id;
};
BOOST_DESCRIBE_STRUCT(Conversion, (), (kind, id))

struct Item {
  Uuid id;
  ItemType item_type = ItemType::note;
  std::string title;
  std::optional<std::string> description;
  std::vector<std::string> tags;
  std::optional<std::string> action_url;
  std::optional<Json> action_data;
  std::int64_t priority = 0;  // -100..100, higher first
  bool is_processed = false;
  std::optional<Instant> processed_at;  // set iff is_processed
  bool is_archived = false;
  std::optional<Instant> expires_at;
  std::optional<Instant> snoozed_until;
  std::optional<Conversion> converted_to;
  Source source = Source::web;
  std::optional<std::string> url;
  std::optional<std::string> client_ref;  // unique per user
  Instant captured_at;
  std::optional<Uuid> api_key_id;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(Item, (),
                      (id, item_type, title, description, tags, action_url, action_data, priority, is_processed,
                       processed_at, is_archived, expires_at, snoozed_until, converted_to, source, url, client_ref,
                       captured_at, api_key_id, created_at, updated_at))

struct OneItem {
  Item item;
};
BOOST_DESCRIBE_STRUCT(OneItem, (), (item))

using Title = Text<1, rules::kMostTitle>;
using Description = Text<0, 40'000>;
using Tags = List<Trimmed<1, 40>, 0, 20>;
using Priority = Int<-100, 100>;
using ClientRef = Text<1, 200>;

struct ListItems {
  Or<Int<1, 1'000'000>, 1> page;
  Or<Int<1, 100>, 20> page_size;
  Or<bool, false> include_archived;
  Or<bool, true> include_processed;
  std::optional<ItemType> item_type;
  std::optional<Trimmed<1, 40>> tag;  // letter case ignored
};
BOOST_DESCRIBE_STRUCT(ListItems, (), (page, page_size, include_archived, include_processed, item_type, tag))

struct Items {
  std::vector<Item> items;        // by priority, newest first
  std::int64_t total = 0;         // of the same filter
  std::int64_t unread_count = 0;  // of the whole inbox, as Today counts it
  std::int64_t page = 1;
  std::int64_t page_size = 20;
};
BOOST_DESCRIBE_STRUCT(Items, (), (items, total, unread_count, page, page_size))

Items list(Context& ctx, const ListItems& in);
OneItem get(Context& ctx, const ById& in);

struct CreateItem {
  Title title;
  std::optional<Description> description;
  std::optional<rules::CaptureType> item_type;  // default: by the tags, else note (rule I1)
  std::optional<Tags> tags;
  std::optional<plan::Page> action_url;
  std::optional<Json> action_data;  // at most 8 KiB
  Or<Priority, 0> priority;
  std::optional<Instant> expires_at;
  std::optional<WebUrl> url;
  std::optional<ClientRef> client_ref;  // known already: answers that item, 200

  static constexpr Alias aliases[] = {{"body", "description"}};
};
BOOST_DESCRIBE_STRUCT(CreateItem, (),
                      (title, description, item_type, tags, action_url, action_data, priority, expires_at, url,
                       client_ref))

OneItem create(Context& ctx, const CreateItem& in);

struct UpdateItem {
  Uuid id;
  std::optional<Title> title;
  Update<Description> description;
  std::optional<rules::CaptureType> item_type;
  std::optional<Tags> tags;
  std::optional<Priority> priority;
  std::optional<bool> is_processed;
  std::optional<bool> is_archived;
  Update<Instant> expires_at;
  Update<Instant> snoozed_until;

  static constexpr Alias aliases[] = {{"body", "description"}};
};
BOOST_DESCRIBE_STRUCT(UpdateItem, (),
                      (id, title, description, item_type, tags, priority, is_processed, is_archived, expires_at,
                       snoozed_until))

// FORBIDDEN `read_only` for the words and the type of an item that the system wrote.
OneItem update(Context& ctx, const UpdateItem& in);
Deleted remove(Context& ctx, const ById& in);

struct ProcessAll {
  std::optional<Instant> before;  // default: now
};
BOOST_DESCRIBE_STRUCT(ProcessAll, (), (before))

struct Processed {
  std::int64_t processed = 0;
};
BOOST_DESCRIBE_STRUCT(Processed, (), (processed))

// Marks all open items as processed that are not newer than `before`. Snoozed ones stay.
Processed process_all(Context& ctx, const ProcessAll& in);

struct Clear {
  Or<bool, true> only_processed;
};
BOOST_DESCRIBE_STRUCT(Clear, (), (only_processed))

struct Cleared {
  std::int64_t deleted = 0;
};
BOOST_DESCRIBE_STRUCT(Cleared, (), (deleted))

Cleared clear(Context& ctx, const Clear& in);

void add_operations(Catalogue& catalogue);

}  // namespace ignition::inbox
