// Feature flags of the caller. Rules: rules/flags.hpp.
#include "ignition/domains/flags.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "ignition/gates.hpp"
#include "ignition/wire.hpp"

namespace ignition::flags {
namespace {

constexpr Sql kStored{R"sql(
  SELECT f.flag_name, f.enabled, f.metadata, o.enabled, o.expires_at
    FROM feature_flags f
    LEFT JOIN feature_flag_overrides o ON o.user_id = $1 AND o.flag_name = f.flag_name
   ORDER BY f.flag_name)sql"};

constexpr Sql kNames{R"sql(SELECT flag_name FROM feature_flags)sql"};

constexpr Sql kRaiseVersion{R"sql(
  INSERT INTO catalog_versions (name, version) VALUES ('feature_flags', 1)
  ON CONFLICT (name) DO UPDATE SET version = catalog_versions.version + 1)sql"};

struct Row {
  static constexpr std::string_view table = "feature_flags";
  std::string flag_name;
  bool enabled = false;
  std::optional<std::string> description;
  std::optional<Json> metadata;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(Row, (), (flag_name, enabled, description, metadata, created_at, updated_at))

// The keys of a flag's metadata that its value depends on; others are carried through.
struct Conditions {
  std::optional<std::string> min_version;
  std::optional<std::vector<std::string>> roles;
  std::optional<Int<0, 100>> rollout_percentage;
};
BOOST_DESCRIBE_STRUCT(Conditions, (), (min_version, roles, rollout_percentage))

rules::FlagRow row_of(const StoredFlag& flag) {
  rules::FlagRow row{.enabled = flag.enabled, .min_version = {}, .roles = {}, .rollout_percentage = {}};
  if (!flag.metadata || !flag.enabled) return row;
  try {
    auto conditions = from_json<Conditions>(flag.metadata->text, UnknownKeys::ignore);
    row.min_version = std::move(conditions.min_version);
    row.roles = std::move(conditions.roles);
    if (conditions.rollout_percentage)
      row.rollout_percentage = static_cast<int>(conditions.rollout_percentage->value());
  } catch (const Error&) {
    row.enabled = false;  // conditions that nobody can read are not met
  }
  return row;
}

const StoredFlag* row_named(std::span<const StoredFlag> rows, std::string_view name) {
  const auto row = std::ranges::find(rows, name, &StoredFlag::name);
  return row == rows.end() ? nullptr : &*row;
}

rules::FlagUser user_of(const Context& ctx, std::optional<std::string> client_version) {
  rules::FlagUser user{.id = ctx.user, .client_version = std::move(client_version), .roles = {}};
  for (const Role held : live_roles(ctx.principal, ctx.now)) {
    for (const Role role : rules::included_roles(held)) user.roles.emplace_back(name_of(role));
  }
  return user;
}

bool value_for(const Context& ctx, const rules::FlagUser& user, std::span<const StoredFlag> rows,
               std::string_view name) {
  rules::FlagSources sources;
  const auto forced = ctx.config.forced_flags.find(name);
  if (forced != ctx.config.forced_flags.end()) sources.environment = forced->second;
  if (const StoredFlag* row = row_named(rows, name)) {
    const bool live = !row->override_expires_at || *row->override_expires_at > ctx.now;
    if (live) sources.user_override = row->override_enabled;
    sources.row = row_of(*row);
  }
  return rules::flag_value(name, sources, user);
}

}  // namespace

std::vector<StoredFlag> stored(Context& ctx) { return ctx.db.query<StoredFlag>(kStored, ctx.user); }

std::vector<StoredFlag> stored_of_today(Context& ctx) {
  static const std::string statement = fmt::format(R"sql(
  SELECT f.flag_name, f.enabled, f.metadata, o.enabled, o.expires_at
    FROM feature_flags f
    LEFT JOIN feature_flag_overrides o ON o.user_id = $1 AND o.flag_name = f.flag_name
   WHERE f.flag_name IN ({})
   ORDER BY f.flag_name)sql",
                                                   kNamesOfToday);
  return ctx.db.query<StoredFlag>(Sql{statement}, ctx.user);
}

bool value(const Context& ctx, std::span<const StoredFlag> rows, std::string_view name,
           const std::optional<std::string>& client_version) {
  return value_for(ctx, user_of(ctx, client_version), rows, name);
}

rules::TodayFlags evaluate(const Context& ctx, std::span<const StoredFlag> rows) {
  const rules::FlagUser user = user_of(ctx, {});
  return rules::today_flags([&](std::string_view name) { return value_for(ctx, user, rows, name); });
}

std::optional<Instant> next_change(std::span<const StoredFlag> rows, Instant now) {
  std::optional<Instant> next;
  for (const StoredFlag& row : rows) {
    const auto& end = row.override_expires_at;
    if (row.override_enabled && end && *end > now && (!next || *end < *next)) next = end;
  }
  return next;
}

Flags get(Context& ctx, const GetFlags& in) {
  const auto rows = stored(ctx);
  std::set<std::string> names;
  for (const auto& row : rows) names.insert(row.name);
  for (const auto& shipped : rules::shipped_flags()) names.emplace(shipped.name);
  for (const auto& [name, forced] : ctx.config.forced_flags) names.insert(name);

  const auto user = user_of(ctx, in.client_version ? std::optional(in.client_version->value) : std::nullopt);
  Flags out;
  for (const auto& name : names) out.flags.entries.emplace_back(name, value_for(ctx, user, rows, name));
  for (const auto& row : rows) {
    if (row.metadata) out.metadata.entries.emplace_back(row.name, *row.metadata);
  }
  return out;
}

std::optional<FieldError> metadata_fault(const Json& metadata) {
  try {
    const auto conditions = from_json<Conditions>(metadata.text, UnknownKeys::ignore);
    if (conditions.min_version && !VersionFormat::accepts(*conditions.min_version)) {
      return FieldError{"min_version", "invalid_format", fmt::format("must be {}", VersionFormat::name)};
    }
  } catch (const Error& error) {
    if (!error.fields().empty()) return error.fields().front();
    return FieldError{"", "wrong_type", "must be an object"};
  }
  return {};
}

void raise_version(Transaction& db) { db.execute(kRaiseVersion); }

void ship(Transaction& db, Instant now) {
  const auto names = db.query<std::string>(kNames);
  std::vector<Row> missing;
  for (const auto& flag : rules::shipped_flags()) {
    if (std::ranges::find(names, flag.name) != names.end()) continue;
    Row row{.flag_name = std::string(flag.name),
            .enabled = flag.enabled,
            .description = std::string(flag.description),
            .metadata = {},
            .created_at = now,
            .updated_at = now};
    if (!flag.metadata.empty()) row.metadata = Json{std::string(flag.metadata)};
    missing.push_back(std::move(row));
  }
  if (missing.empty()) return;
  db.insert_many<Row>(missing);
  raise_version(db);
}

void add_operations(Catalogue& c) {
  c.add("flags.get", Get("/flags"), Access::any, Effect::read, &get, "The caller's feature flags.");
}

}  // namespace ignition::flags
