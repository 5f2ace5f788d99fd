#include "ignition/domains/captures.hpp"

#include <algorithm>

#include "domains/inbox/stored.hpp"
#include "ignition/ciphertext.hpp"
#include "ignition/domains/api_keys.hpp"
#include "ignition/rules/scopes.hpp"
#include "ignition/unicode.hpp"
#include "ignition/wire.hpp"

namespace ignition::captures {
namespace {

using inbox::Item;

// Captures in a state at $3, of a type, from a source.
constexpr std::string_view kListed = R"sql(
   WHERE user_id = $1 AND item_type IN ('note', 'task', 'idea')
     AND CASE CAST($2 AS TEXT)
           WHEN 'open' THEN is_processed = FALSE AND is_archived = FALSE AND (expires_at IS NULL OR expires_at > $3)
                            AND (snoozed_until IS NULL OR snoozed_until <= $3)
           WHEN 'snoozed' THEN is_processed = FALSE AND is_archived = FALSE
                               AND (expires_at IS NULL OR expires_at > $3) AND snoozed_until > $3
           WHEN 'processed' THEN is_processed AND is_archived = FALSE
           WHEN 'archived' THEN is_archived
           ELSE TRUE
         END
     AND (CAST($4 AS TEXT) IS NULL OR item_type = $4) AND (CAST($5 AS TEXT) IS NULL OR source = $5))sql";
constexpr Sql kDelete{R"sql(
  DELETE FROM inbox_items WHERE user_id = $1 AND id = $2 AND item_type IN ('note', 'task', 'idea'))sql"};

constexpr auto kFarthestAhead = std::chrono::hours(24);
constexpr auto kDoubleTap = std::chrono::seconds(60);
constexpr std::size_t kLargestExternal = 65'536;

Item found(Context& ctx, const Uuid& id) {
  auto item = inbox::find(ctx, id);
  if (!item || !inbox::is_capture(*item)) throw not_found("capture");
  return std::move(*item);
}

rules::CaptureType type_of(const Item& item) {
  return enum_of<rules::CaptureType>(name_of(item.item_type)).value_or(rules::CaptureType::note);
}

Capture view(const Item& item) {
  return {.id = item.id,
          .type = type_of(item),
          .content = rules::content_of(item.title, item.description),
          .title = item.title,
          .description = item.description,
          .tags = item.tags,
          .url = item.url,
          .source = item.source,
          .client_ref = item.client_ref,
          .captured_at = item.captured_at,
          .is_processed = item.is_processed,
          .processed_at = item.processed_at,
          .is_archived = item.is_archived,
          .expires_at = item.expires_at,
          .snoozed_until = item.snoozed_until,
          .converted_to = item.converted_to,
          .created_at = item.created_at,
          .updated_at = item.updated_at};
}

// Title and description of a content; encrypted content stays in one piece.
void set_content(Item& item, std::string_view content) {
  if (is_ciphertext(content)) {
    if (code_points(content) > rules::kMostTitle) {
      throw invalid("content", "too_long", "must have at most 4000 characters when it is encrypted");
    }
    item.title = content;
    item.description.reset();
    return;
  }
  auto split = rules::split_capture(content);
  if (!split) throw invalid("content", "too_short", "must not be empty");
  item.title = std::move(split->title);
  item.description = std::move(split->description);
}

void set_type(Item& item, rules::CaptureType type) { item.item_type = enum_of<inbox::ItemType>(name_of(type)).value(); }

Instant checked_captured_at(const Context& ctx, const std::optional<Instant>& at) {
  static const Instant kFirst = Instant::parse("2000-01-01T00:00:00Z").value();
  if (!at) return ctx.now;
  if (*at < kFirst) throw invalid("captured_at", "out_of_range", "must not lie before 2000");
  if (*at > ctx.now + kFarthestAhead) throw invalid("captured_at", "out_of_range", "must not lie over a day ahead");
  return *at;
}

bool contains(const Item& item, const std::string& lower_text) {
  if (is_ciphertext(item.title)) return false;
  return lower_case(rules::content_of(item.title, item.description)).find(lower_text) != std::string::npos;
}

// Stores a changed capture.
Capture stored(Context& ctx, Item&& item, const Item& before) {
  const bool closes = inbox::is_open(before, ctx.now) && !inbox::is_open(item, ctx.now);
  const std::int64_t open = closes ? inbox::count_open(ctx) : 0;
  inbox::store(ctx, item, before);
  inbox::notice_emptied(ctx, open);
  return view(item);
}

std::optional<Item> known_by_ref(Context& ctx, const std::optional<inbox::ClientRef>& client_ref) {
  if (!client_ref) return {};
  auto known = inbox::find_by_ref(ctx, client_ref->value);
  if (known && !inbox::is_capture(*known)) throw conflict("client_ref_taken", "A notice has this reference.");
  return known;
}

// A capture that is not stored yet.
Item captured(Context& ctx, const CreateCapture& in) {
  Item item;
  if (in.tags) item.tags = inbox::stored_tags(*in.tags);
  if (in.type || is_ciphertext(in.content.value)) {
    set_type(item, in.type.value_or(rules::type_in_tags(item.tags).value_or(rules::CaptureType::note)));
    set_content(item, in.content.value);
  } else {
    const auto opening = rules::judge_capture(in.content.value, item.tags);
    set_type(item, opening.type);
    set_content(item, opening.content);
  }
  if (in.url) item.url = in.url->value;
  if (in.client_ref) item.client_ref = in.client_ref->value;
  item.captured_at = checked_captured_at(ctx, in.captured_at);
  return item;
}

inbox::Source source_of(std::string_view user_agent) {
  const auto says = [&](std::string_view name) { return user_agent.find(name) != std::string_view::npos; };
  return says("Shortcuts") || says("CFNetwork") ? inbox::Source::ios_shortcut : inbox::Source::api;
}

// The capture with the same content that the same key made just now.
std::optional<Item> tapped_before(Context& ctx, const Item& item) {
  if (!item.api_key_id) return {};
  static const std::string recent = inbox::select_items(
      " WHERE user_id = $1 AND api_key_id = $2 AND created_at >= $3 ORDER BY created_at DESC, id DESC");
  for (Item& other : ctx.db.query<Item>(Sql{recent}, ctx.user, *item.api_key_id, ctx.now - kDoubleTap)) {
    const bool same = other.title == item.title && other.description == item.description &&
                      other.item_type == item.item_type && !other.client_ref;
    if (same) return std::move(other);
  }
  return {};
}

// What is told of a capture that was there; a key that may only write learns nothing that it did not say.
ExternalCapture repeated(Context& ctx, const Item& known) {
  ctx.reply.status = 200;
  ExternalCapture out{.id = known.id, .type = type_of(known), .title = known.title, .duplicate = true};
  const auto key = ctx.caller.api_key_id;
  if (key && !rules::opens(api_keys::scopes_of(ctx, *key), "captures.get", false)) out.title.reset();
  return out;
}

// Deletes, processes or archives one; false when nothing changed.
bool change_one(Context& ctx, const Uuid& id, BulkAction action) {
  if (action == BulkAction::delete_) return ctx.db.execute(kDelete, ctx.user, id) > 0;
  auto item = inbox::find(ctx, id);
  if (!item || !inbox::is_capture(*item)) return false;
  const Item before = *item;
  if (action == BulkAction::process) {
    inbox::mark_processed(*item, true, ctx.now);
  } else {
    item->is_archived = true;
  }
  if (before.is_processed == item->is_processed && before.is_archived == item->is_archived) return false;
  inbox::store(ctx, *item, before);
  return true;
}

}  // namespace

Captures list(Context& ctx, const ListCaptures& in) {
  static const std::string rows =
      inbox::select_items(std::string(kListed) + " ORDER BY captured_at DESC, id DESC LIMIT $6 OFFSET $7");
  static const std::string count = "SELECT COUNT(*) FROM inbox_items" + std::string(kListed);
  Captures out{.page = in.page.value, .page_size = in.page_size.value};
  std::vector<Item> items;
  if (in.q || in.tag) {
    const std::string text = in.q ? lower_case(in.q->value) : std::string();
    auto page = inbox::filtered_page(
        ctx, Sql{rows}, out.page, out.page_size,
        [&](const Item& item) {
          return (!in.tag || inbox::has_tag(item, in.tag->value)) && (!in.q || contains(item, text));
        },
        ctx.user, in.state.value, ctx.now, in.type, in.source);
    items = std::move(page.items);
    out.total = page.total;
  } else {
    out.total = ctx.db.one<std::int64_t>(Sql{count}, ctx.user, in.state.value, ctx.now, in.type, in.source);
    items = ctx.db.query<Item>(Sql{rows}, ctx.user, in.state.value, ctx.now, in.type, in.source, out.page_size,
                               (out.page - 1) * out.page_size);
  }
  for (const Item& item : items) out.captures.push_back(view(item));
  out.open_count = ctx.db.one<std::int64_t>(Sql{count}, ctx.user, State::open, ctx.now,
                                            std::optional<rules::CaptureType>(), std::optional<inbox::Source>());
  return out;
}

Capture get(Context& ctx, const ById& in) { return view(found(ctx, in.id)); }

Capture create(Context& ctx, const CreateCapture& in) {
  if (const auto known = known_by_ref(ctx, in.client_ref)) {
    ctx.reply.status = 200;
    return view(*known);
  }
  return view(inbox::store_new(ctx, captured(ctx, in)));
}

ExternalCapture create_external(Context& ctx, const CreateExternal& in) {
  const auto& content = in.content ? in.content : in.text;
  if (!content) throw invalid("content", "required", "give content or text");
  CreateCapture capture{.content = *content,
                        .type = in.type,
                        .tags = in.tags,
                        .url = in.url,
                        .captured_at = in.captured_at,
                        .client_ref = in.client_ref};
  if (const auto address = trimmed(content->value); !in.url && WebUrlFormat::accepts(address)) {
    capture.url = WebUrl{std::string(address)};
  }
  if (const auto known = known_by_ref(ctx, in.client_ref)) return repeated(ctx, *known);
  Item item = captured(ctx, capture);
  item.source = in.source.value_or(source_of(ctx.caller.origin.user_agent));
  item.api_key_id = ctx.caller.api_key_id;
  if (const auto twin = in.client_ref ? std::nullopt : tapped_before(ctx, item)) return repeated(ctx, *twin);
  item = inbox::store_new(ctx, std::move(item));
  return {.id = item.id, .type = type_of(item), .title = item.title};
}

Capture update(Context& ctx, const UpdateCapture& in) {
  Item item = found(ctx, in.id);
  const Item before = item;
  if (in.content) set_content(item, in.content->value);
  if (in.type) set_type(item, *in.type);
  if (in.tags) item.tags = inbox::stored_tags(*in.tags);
  if (in.url.present) item.url = in.url.value ? std::optional(in.url.value->value) : std::nullopt;
  if (in.is_archived) item.is_archived = *in.is_archived;
  in.snoozed_until.apply(item.snoozed_until);
  return stored(ctx, std::move(item), before);
}

Deleted remove(Context& ctx, const ById& in) {
  const std::int64_t open = inbox::count_open(ctx);
  if (ctx.db.execute(kDelete, ctx.user, in.id) == 0) throw not_found("capture");
  inbox::notice_emptied(ctx, open);
  return {.id = in.id};
}

Capture process(Context& ctx, const ProcessCapture& in) {
  Item item = found(ctx, in.id);
  const Item before = item;
  inbox::mark_processed(item, in.processed.value, ctx.now);
  return stored(ctx, std::move(item), before);
}

Affected bulk(Context& ctx, const Bulk& in) {
  const std::int64_t open = inbox::count_open(ctx);
  Affected out;
  for (const Uuid& id : in.ids) {
    if (change_one(ctx, id, in.action)) ++out.affected;
  }
  inbox::notice_emptied(ctx, open);
  return out;
}

Converted convert(Context& ctx, const Convert& in) {
  Item item = found(ctx, in.id);
  if (item.converted_to) {
    throw Error(conflict("already_converted", "The capture was turned into something already."))
        .with_json("created", to_json(*item.converted_to));
  }
  const auto part = std::ranges::find(targets(), in.target, &TargetPart::target);
  if (part == targets().end()) {
    std::string offered;
    for (const TargetPart& one : targets()) offered.append(offered.empty() ? "" : ", ").append(name_of(one.target));
    throw invalid("target", "not_offered", fmt::format("is not available in this version; there are {}", offered));
  }
  const Item before = item;
  Created created = part->make(ctx, item, in);
  item.converted_to = inbox::Conversion{.kind = created.kind, .id = created.id};
  inbox::mark_processed(item, true, ctx.now);
  return {.capture = stored(ctx, std::move(item), before), .created = std::move(created)};
}

void add_operations(Catalogue& c) {
  constexpr auto user = Access::user;
  c.add("captures.list", Get("/captures"), user, Effect::read, &list, "Captured thoughts by state, newest first.");
  c.add("captures.get", Get("/captures/{id}"), user, Effect::read, &get, "One capture.");
  c.add("captures.create", Create("/captures"), user, Effect::write, &create, "Captures a thought.");
  c.add("captures.create_external", Create("/captures/external"), user, Effect::write, &create_external,
        "Captures what an outside program sends.")
      .takes_text(kLargestExternal);
  c.add("captures.update", Patch("/captures/{id}"), user, Effect::write, &update, "Changes a capture.");
  c.add("captures.delete", Delete("/captures/{id}"), user, Effect::write, &remove, "Deletes a capture.");
  c.add("captures.process", Post("/captures/{id}/process"), user, Effect::write, &process,
        "Marks a capture as processed, or as not.");
  c.add("captures.convert", Post("/captures/{id}/convert"), user, Effect::write, &convert,
        "Turns a capture into a plan item, a habit ...");
  c.add("captures.bulk", Post("/captures/bulk"), user, Effect::write, &bulk,
        "Processes, archives or deletes several captures.");
}

}  // namespace ignition::captures
