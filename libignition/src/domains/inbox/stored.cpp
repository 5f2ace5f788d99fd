#include "domains/inbox/stored.hpp"

#include <algorithm>

#include "ignition/ciphertext.hpp"
#include "ignition/domains/progress.hpp"
#include "ignition/domains/today.hpp"
#include "ignition/unicode.hpp"
#include "ignition/wire.hpp"

namespace ignition::inbox {
namespace {

constexpr Sql kUpdate{R"sql(
  UPDATE inbox_items
     SET item_type = $3, title = $4, description = $5, tags = $6, priority = $7, is_processed = $8, processed_at = $9,
         is_archived = $10, expires_at = $11, snoozed_until = $12, converted_to = $13, url = $14, updated_at = $15
   WHERE user_id = $1 AND id = $2)sql"};
constexpr Sql kCountOpen{R"sql(
  SELECT COUNT(*) FROM inbox_items
   WHERE user_id = $1 AND is_processed = FALSE AND is_archived = FALSE AND (expires_at IS NULL OR expires_at > $2)
     AND (snoozed_until IS NULL OR snoozed_until <= $2))sql"};

constexpr std::int64_t kFew = 5;

struct Row : Item {
  static constexpr std::string_view table = "inbox_items";
  Uuid user_id;
};
BOOST_DESCRIBE_STRUCT(Row, (Item), (user_id))

}  // namespace

std::string select_items(std::string_view rest) {
  return std::string(R"sql(
  SELECT id, item_type, title, description, tags, action_url, action_data, priority, is_processed, processed_at,
         is_archived, expires_at, snoozed_until, converted_to, source, url, client_ref, captured_at, api_key_id,
         created_at, updated_at
    FROM inbox_items)sql")
      .append(rest);
}

std::optional<Item> find(Context& ctx, const Uuid& id) {
  static const std::string text = select_items(" WHERE user_id = $1 AND id = $2");
  return ctx.db.maybe<Item>(Sql{text}, ctx.user, id);
}

std::optional<Item> find_by_ref(Context& ctx, const std::string& client_ref) {
  static const std::string text = select_items(" WHERE user_id = $1 AND client_ref = $2");
  return ctx.db.maybe<Item>(Sql{text}, ctx.user, client_ref);
}

Source source_of(const Context& ctx) {
  return ctx.caller.credential == Credential::api_key ? Source::api : Source::web;
}

Item store_new(Context& ctx, Item item) {
  item.id = ctx.new_id();
  item.created_at = item.updated_at = ctx.now;
  Row row;
  static_cast<Item&>(row) = item;
  row.user_id = ctx.user;
  ctx.db.insert(row);
  if (is_capture(item)) {
    progress::record(ctx, {.kind = rules::EventKind::capture_saved,
                           .key = rules::keys::capture(item.id),
                           .event_id = item.id,
                           .entity_type = "inbox_item"});
  }
  return item;
}

void store(Context& ctx, Item& item, const Item& before) {
  if (to_json(item) == to_json(before)) return;
  item.updated_at = ctx.now;
  ctx.db.execute(
      kUpdate, ctx.user, item.id, item.item_type, item.title, item.description, Json{to_json(item.tags)}, item.priority,
      item.is_processed, item.processed_at, item.is_archived, item.expires_at, item.snoozed_until,
      item.converted_to ? std::optional(Json{to_json(*item.converted_to)}) : std::nullopt, item.url, ctx.now);
}

void mark_processed(Item& item, bool processed, Instant now) {
  item.is_processed = processed;
  if (!processed) {
    item.processed_at.reset();
  } else if (!item.processed_at) {
    item.processed_at = now;
  }
}

bool is_capture(const Item& item) {
  return item.item_type != ItemType::notification && item.item_type != ItemType::action;
}

bool is_open(const Item& item, Instant now) {
  return !item.is_processed && !item.is_archived && (!item.expires_at || *item.expires_at > now) &&
         (!item.snoozed_until || *item.snoozed_until <= now);
}

std::int64_t count_open(Context& ctx) { return ctx.db.one<std::int64_t>(kCountOpen, ctx.user, ctx.now); }

std::string stored_title(const std::string& title) {
  if (is_ciphertext(title)) return title;
  const auto text = trimmed(title);
  if (text.empty()) throw invalid("title", "too_short", "must not be empty");
  return std::string(text);
}

std::vector<std::string> stored_tags(const Tags& tags) {
  std::vector<std::string> given;
  for (const auto& tag : tags) given.push_back(tag.value);
  return rules::distinct_tags(std::move(given));
}

bool has_tag(const Item& item, const std::string& tag) {
  const auto wanted = lower_case(tag);
  return std::ranges::any_of(item.tags, [&](const auto& one) { return lower_case(one) == wanted; });
}

void notice_emptied(Context& ctx, std::int64_t before) {
  if (before >= kFew && count_open(ctx) < kFew) today::end_guidance(ctx, rules::GuidanceExit::inbox_processed);
}

}  // namespace ignition::inbox
