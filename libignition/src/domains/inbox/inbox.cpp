#include "ignition/domains/inbox.hpp"

#include "domains/inbox/stored.hpp"
#include "ignition/domains/today.hpp"

namespace ignition::inbox {
namespace {

// The filter of a list; parameters after the user as in ListItems.
constexpr std::string_view kListed = R"sql(
   WHERE user_id = $1 AND ($2 OR is_archived = FALSE) AND ($3 OR is_processed = FALSE)
     AND (CAST($4 AS TEXT) IS NULL OR item_type = $4))sql";
constexpr Sql kProcessAll{R"sql(
  UPDATE inbox_items SET is_processed = TRUE, processed_at = $2, updated_at = $2
   WHERE user_id = $1 AND created_at <= $3 AND is_processed = FALSE AND is_archived = FALSE
     AND (expires_at IS NULL OR expires_at > $2) AND (snoozed_until IS NULL OR snoozed_until <= $2))sql"};
constexpr Sql kDelete{R"sql(DELETE FROM inbox_items WHERE user_id = $1 AND id = $2)sql"};
constexpr Sql kClear{R"sql(DELETE FROM inbox_items WHERE user_id = $1 AND ($2 = FALSE OR is_processed))sql"};

constexpr std::size_t kMostActionData = std::size_t{8} * 1024;

Item found(Context& ctx, const Uuid& id) {
  auto item = find(ctx, id);
  if (!item) throw not_found("inbox item");
  return std::move(*item);
}

ItemType type_of(const CreateItem& in, std::span<const std::string> tags) {
  const auto type = in.item_type ? in.item_type : rules::type_in_tags(tags);
  return enum_of<ItemType>(name_of(type.value_or(rules::CaptureType::note))).value();
}

void check_words(const Item& item, const UpdateItem& in) {
  if (is_capture(item) || (!in.title && !in.description.present && !in.item_type)) return;
  throw forbidden("read_only", "The words of a notice cannot be changed.");
}

}  // namespace

Items list(Context& ctx, const ListItems& in) {
  static const std::string rows =
      select_items(std::string(kListed) + " ORDER BY priority DESC, created_at DESC, id DESC LIMIT $5 OFFSET $6");
  static const std::string count = "SELECT COUNT(*) FROM inbox_items" + std::string(kListed);
  Items out{.page = in.page.value, .page_size = in.page_size.value};
  const auto& archived = in.include_archived.value;
  const auto& processed = in.include_processed.value;
  if (in.tag) {
    auto page = filtered_page(
        ctx, Sql{rows}, out.page, out.page_size, [&](const Item& item) { return has_tag(item, in.tag->value); },
        ctx.user, archived, processed, in.item_type);
    out.items = std::move(page.items);
    out.total = page.total;
  } else {
    out.total = ctx.db.one<std::int64_t>(Sql{count}, ctx.user, archived, processed, in.item_type);
    out.items = ctx.db.query<Item>(Sql{rows}, ctx.user, archived, processed, in.item_type, out.page_size,
                                   (out.page - 1) * out.page_size);
  }
  out.unread_count = count_open(ctx);
  return out;
}

OneItem get(Context& ctx, const ById& in) { return {found(ctx, in.id)}; }

OneItem create(Context& ctx, const CreateItem& in) {
  if (in.action_data && in.action_data->text.size() > kMostActionData) {
    throw Error(Code::PAYLOAD_TOO_LARGE, "action_data holds at most 8 KiB.");
  }
  if (in.client_ref) {
    if (auto known = find_by_ref(ctx, in.client_ref->value)) {
      ctx.reply.status = 200;
      return {std::move(*known)};
    }
  }
  Item item;
  if (in.tags) item.tags = stored_tags(*in.tags);
  item.item_type = type_of(in, item.tags);
  item.title = stored_title(in.title);
  if (in.description) item.description = in.description->value;
  if (in.action_url) item.action_url = in.action_url->value;
  item.action_data = in.action_data;
  item.priority = in.priority.value;
  item.expires_at = in.expires_at;
  if (in.url) item.url = in.url->value;
  if (in.client_ref) item.client_ref = in.client_ref->value;
  item.source = source_of(ctx);
  item.captured_at = ctx.now;
  return {store_new(ctx, std::move(item))};
}

OneItem update(Context& ctx, const UpdateItem& in) {
  Item item = found(ctx, in.id);
  const Item before = item;
  check_words(item, in);
  if (in.title) item.title = stored_title(*in.title);
  if (in.description.present) {
    item.description = in.description.value ? std::optional(in.description.value->value) : std::nullopt;
  }
  if (in.item_type) item.item_type = enum_of<ItemType>(name_of(*in.item_type)).value();
  if (in.tags) item.tags = stored_tags(*in.tags);
  if (in.priority) item.priority = in.priority->value();
  if (in.is_processed) mark_processed(item, *in.is_processed, ctx.now);
  if (in.is_archived) item.is_archived = *in.is_archived;
  in.expires_at.apply(item.expires_at);
  in.snoozed_until.apply(item.snoozed_until);
  const bool closes = is_open(before, ctx.now) && !is_open(item, ctx.now);
  const std::int64_t open = closes ? count_open(ctx) : 0;
  store(ctx, item, before);
  notice_emptied(ctx, open);
  return {std::move(item)};
}

Deleted remove(Context& ctx, const ById& in) {
  const std::int64_t open = count_open(ctx);
  if (ctx.db.execute(kDelete, ctx.user, in.id) == 0) throw not_found("inbox item");
  notice_emptied(ctx, open);
  return {.id = in.id};
}

Processed process_all(Context& ctx, const ProcessAll& in) {
  const std::int64_t processed = ctx.db.execute(kProcessAll, ctx.user, ctx.now, in.before.value_or(ctx.now));
  today::end_guidance(ctx, rules::GuidanceExit::inbox_processed);
  return {processed};
}

Cleared clear(Context& ctx, const Clear& in) {
  const std::int64_t open = count_open(ctx);
  const std::int64_t deleted = ctx.db.execute(kClear, ctx.user, in.only_processed.value);
  notice_emptied(ctx, open);
  return {deleted};
}

void add_operations(Catalogue& c) {
  constexpr auto user = Access::user;
  c.add("inbox.list", Get("/inbox"), user, Effect::read, &list, "Captures and notices, most important first.");
  c.add("inbox.get", Get("/inbox/{id}"), user, Effect::read, &get, "One item of the inbox.");
  c.add("inbox.create", Create("/inbox"), user, Effect::write, &create, "Puts a note, task or idea into the inbox.");
  c.add("inbox.update", Patch("/inbox/{id}"), user, Effect::write, &update,
        "Changes an item, marks it as processed, archives or snoozes it.");
  c.add("inbox.delete", Delete("/inbox/{id}"), user, Effect::write, &remove, "Deletes an item.");
  c.add("inbox.process_all", Post("/inbox/process-all"), user, Effect::write, &process_all,
        "Marks all open items as processed that are not newer than an instant.");
  c.add("inbox.clear", Post("/inbox/clear"), user, Effect::write, &clear, "Deletes processed items, or all.");
}

}  // namespace ignition::inbox
