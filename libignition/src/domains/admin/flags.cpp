// The shared switches, and what they are for single users (rule R48).
#include "ignition/domains/flags.hpp"

#include <algorithm>

#include "domains/admin/parts.hpp"
#include "ignition/domains/audit.hpp"
#include "ignition/wire.hpp"

namespace ignition::admin {

struct FlagNameFormat {
  static constexpr std::string_view name = "a letter and up to 63 letters, digits or _";
  static constexpr std::size_t max = 64;
  static bool accepts(std::string_view text) {
    const auto letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
    const auto fits = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; };
    return !text.empty() && text.size() <= max && letter(text.front()) && std::ranges::all_of(text, fits);
  }
};
using FlagName = Formatted<FlagNameFormat>;

struct Flag {
  std::string flag_name;
  bool enabled = false;
  std::optional<std::string> description;
  std::optional<Json> metadata;
  Instant created_at;
  Instant updated_at;
  std::int64_t overrides = 0;  // for single users
  std::optional<bool> forced;  // by the environment, whatever is stored
  bool is_shipped = false;     // comes with the product
};
BOOST_DESCRIBE_STRUCT(Flag, (),
                      (flag_name, enabled, description, metadata, created_at, updated_at, overrides, forced,
                       is_shipped))

struct FlagList {
  std::vector<Flag> flags;  // by name
};
BOOST_DESCRIBE_STRUCT(FlagList, (), (flags))

struct OneFlag {
  Flag flag;
};
BOOST_DESCRIBE_STRUCT(OneFlag, (), (flag))

struct PutFlag {
  FlagName name;
  bool enabled = false;
  Update<Text<0, 500>> description;
  Update<Json> metadata;
};
BOOST_DESCRIBE_STRUCT(PutFlag, (), (name, enabled, description, metadata))

struct ByName {
  FlagName name;
};
BOOST_DESCRIBE_STRUCT(ByName, (), (name))

struct DeletedFlag {
  bool deleted = true;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(DeletedFlag, (), (deleted, name))

struct SetOverride {
  FlagName name;
  Uuid id;  // of the user
  bool enabled = false;
  std::optional<Text<0, 200>> note;
  std::optional<Instant> expires_at;
};
BOOST_DESCRIBE_STRUCT(SetOverride, (), (name, id, enabled, note, expires_at))

struct Override {
  std::string flag_name;
  Uuid user_id;
  bool enabled = false;
  std::optional<std::string> note;
  std::optional<Instant> expires_at;
};
BOOST_DESCRIBE_STRUCT(Override, (), (flag_name, user_id, enabled, note, expires_at))

struct OneOverride {
  Override override_;
};
BOOST_DESCRIBE_STRUCT(OneOverride, (), (override_))

struct ClearOverride {
  FlagName name;
  Uuid id;  // of the user
};
BOOST_DESCRIBE_STRUCT(ClearOverride, (), (name, id))

struct Cleared {
  bool deleted = true;
};
BOOST_DESCRIBE_STRUCT(Cleared, (), (deleted))

namespace {

#define IGNITION_FLAG                                                                      \
  "SELECT f.flag_name, f.enabled, f.description, f.metadata, f.created_at, f.updated_at, " \
  "(SELECT COUNT(*) FROM feature_flag_overrides o WHERE o.flag_name = f.flag_name) FROM feature_flags f "
constexpr Sql kAll{IGNITION_FLAG "ORDER BY f.flag_name"};
constexpr Sql kOne{IGNITION_FLAG "WHERE f.flag_name = $1"};
constexpr Sql kPut{R"sql(
  INSERT INTO feature_flags (flag_name, enabled, description, metadata, created_at, updated_at)
  VALUES ($1, $2, $3, $4, $5, $5)
  ON CONFLICT (flag_name) DO UPDATE SET enabled = $2, description = $3, metadata = $4, updated_at = $5)sql"};
constexpr Sql kDelete{R"sql(DELETE FROM feature_flags WHERE flag_name = $1)sql"};
constexpr Sql kOverride{R"sql(
  INSERT INTO feature_flag_overrides (user_id, flag_name, enabled, note, expires_at, created_at, updated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $6)
  ON CONFLICT (user_id, flag_name) DO UPDATE SET enabled = $3, note = $4, expires_at = $5, updated_at = $6)sql"};
constexpr Sql kClear{R"sql(DELETE FROM feature_flag_overrides WHERE user_id = $1 AND flag_name = $2)sql"};
constexpr Sql kUser{R"sql(SELECT id FROM users WHERE id = $1)sql"};

struct Row {
  std::string flag_name;
  bool enabled = false;
  std::optional<std::string> description;
  std::optional<Json> metadata;
  Instant created_at;
  Instant updated_at;
  std::int64_t overrides = 0;
};
BOOST_DESCRIBE_STRUCT(Row, (), (flag_name, enabled, description, metadata, created_at, updated_at, overrides))

bool is_shipped(std::string_view name) {
  return std::ranges::find(rules::shipped_flags(), name, &rules::ShippedFlag::name) != rules::shipped_flags().end();
}

Flag view(const Context& ctx, Row&& row) {
  Flag out{.flag_name = std::move(row.flag_name),
           .enabled = row.enabled,
           .description = std::move(row.description),
           .metadata = std::move(row.metadata),
           .created_at = row.created_at,
           .updated_at = row.updated_at,
           .overrides = row.overrides,
           .forced = {}};
  const auto forced = ctx.config.forced_flags.find(out.flag_name);
  if (forced != ctx.config.forced_flags.end()) out.forced = rules::boolean_of(forced->second);
  out.is_shipped = is_shipped(out.flag_name);
  return out;
}

std::optional<Flag> find(Context& ctx, const std::string& name) {
  auto row = ctx.db.maybe<Row>(kOne, name);
  if (!row) return {};
  return view(ctx, std::move(*row));
}

void record(Context& ctx, audit::Action action, const std::string& name, std::string details,
            std::optional<Uuid> subject = {}) {
  flags::raise_version(ctx.db);
  audit::record(ctx, {.event_type = "flag_changed",
                      .action = action,
                      .subject = subject,
                      .resource_type = "feature_flag",
                      .resource_id = name,
                      .details = std::move(details)});
}

// The keys that a flag's value depends on must be what the evaluation understands.
void check_metadata(const std::optional<Json>& metadata) {
  if (!metadata) return;
  if (const auto fault = flags::metadata_fault(*metadata)) {
    throw invalid("metadata." + fault->field, fault->code, fault->message);
  }
}

std::string truth(std::string_view key, bool value) { return fmt::format(R"({{"{}":{}}})", key, value); }

}  // namespace

FlagList list_flags(Context& ctx, const Nothing&) {
  FlagList out;
  ctx.db.each<Row>(kAll, [&](Row&& row) { out.flags.push_back(view(ctx, std::move(row))); });
  return out;
}

OneFlag put_flag(Context& ctx, const PutFlag& in) {
  const std::string& name = in.name.value;
  const auto before = find(ctx, name);
  auto description = before ? before->description : std::nullopt;
  auto metadata = before ? before->metadata : std::nullopt;
  in.description.apply(description);
  in.metadata.apply(metadata);
  check_metadata(metadata);
  ctx.db.execute(kPut, name, in.enabled, description, metadata, ctx.now);
  record(ctx, before ? audit::Action::update : audit::Action::create, name, truth("enabled", in.enabled));
  return {find(ctx, name).value()};
}

DeletedFlag delete_flag(Context& ctx, const ByName& in) {
  if (ctx.db.execute(kDelete, in.name.value) == 0) throw not_found("feature flag");
  record(ctx, audit::Action::delete_, in.name.value, {});
  flags::ship(ctx.db, ctx.now);  // one of the product's returns to what it was shipped as
  return {.name = in.name.value};
}

OneOverride set_override(Context& ctx, const SetOverride& in) {
  const std::string& name = in.name.value;
  if (!find(ctx, name)) throw not_found("feature flag");
  if (!ctx.db.maybe<Uuid>(kUser, in.id)) throw not_found("user");
  if (in.expires_at && *in.expires_at <= ctx.now) throw invalid("expires_at", "in_the_past", "must be in the future");
  const auto note = in.note ? std::optional(in.note->value) : std::nullopt;
  ctx.db.execute(kOverride, in.id, name, in.enabled, note, in.expires_at, ctx.now);
  record(ctx, audit::Action::update, name, truth("override", in.enabled), in.id);
  return {{.flag_name = name, .user_id = in.id, .enabled = in.enabled, .note = note, .expires_at = in.expires_at}};
}

Cleared clear_override(Context& ctx, const ClearOverride& in) {
  if (ctx.db.execute(kClear, in.id, in.name.value) == 0) throw not_found("override");
  record(ctx, audit::Action::delete_, in.name.value, {}, in.id);
  return {};
}

void add_flag_operations(Catalogue& c) {
  const auto add = [&c](std::string_view name, Route route, Effect effect, auto function, std::string_view summary) {
    c.add(name, route, Access::admin, effect, function, summary).needs("system:config");
  };
  add("admin.flags.list", Get("/admin/feature-flags"), Effect::read, &list_flags, "The feature flags, as stored.");
  add("admin.flags.put", Put("/admin/feature-flags/{name}"), Effect::write, &put_flag,
      "Makes or changes a feature flag; it takes effect with the next request.");
  add("admin.flags.delete", Delete("/admin/feature-flags/{name}"), Effect::write, &delete_flag,
      "Removes a feature flag; one of the product's returns to its shipped value.");
  add("admin.flags.set_override", Put("/admin/feature-flags/{name}/users/{id}"), Effect::write, &set_override,
      "Sets a feature flag for one user.");
  add("admin.flags.clear_override", Delete("/admin/feature-flags/{name}/users/{id}"), Effect::write, &clear_override,
      "Lets one user have a feature flag's common value again.");
}

}  // namespace ignition::admin
