// Feature flags of the caller. The evaluation is rule R48 in rules/flags.hpp.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/rules/flags.hpp"

namespace ignition::flags {

struct VersionFormat {
  static constexpr std::string_view name = "a semantic version such as 2.0.0";
  static constexpr std::size_t max = 100;
  static bool accepts(std::string_view text) { return rules::compare_versions(text, text).has_value(); }
};
using Version = Formatted<VersionFormat>;

struct GetFlags {
  std::optional<Version> client_version;
};
BOOST_DESCRIBE_STRUCT(GetFlags, (), (client_version))

// By flag name, sorted.
struct Flags {
  Map<bool> flags;     // the value for the caller
  Map<Json> metadata;  // of the flags that have some
};
BOOST_DESCRIBE_STRUCT(Flags, (), (flags, metadata))

Flags get(Context& ctx, const GetFlags& in);

// For other domains, within their transaction.

// A flag as stored, with the user's override.
struct StoredFlag {
  std::string name;
  bool enabled = false;
  std::optional<Json> metadata;
  std::optional<bool> override_enabled;
  std::optional<Instant> override_expires_at;  // null: never
};
BOOST_DESCRIBE_STRUCT(StoredFlag, (), (name, enabled, metadata, override_enabled, override_expires_at))

// The flags that Today's switches are made of, as a list of SQL.
inline constexpr std::string_view kNamesOfToday =
    "'TODAY_FEATURES_MASTER', 'TODAY_DECISION_SUPPRESSION_V1', 'TODAY_NEXT_ACTION_RESOLVER_V1', "
    "'TODAY_MOMENTUM_FEEDBACK_V1', 'TODAY_SOFT_LANDING_V1', 'TODAY_REDUCED_MODE_V1', 'TODAY_DYNAMIC_UI_V1', "
    "'TODAY_QUICK_PICKS_EXTENDED_V1', 'TODAY_PLAN_EXTENDED_V1', 'TODAY_RANKING_V2', 'KILL_RANKING', 'KILL_SEQUENCE'";

// All stored flags as of the caller, by name. One statement.
std::vector<StoredFlag> stored(Context& ctx);
// Those named by kNamesOfToday. One statement.
std::vector<StoredFlag> stored_of_today(Context& ctx);

// The value of a flag for the caller, from rows that hold it if it is stored.
bool value(const Context& ctx, std::span<const StoredFlag> rows, std::string_view name,
           const std::optional<std::string>& client_version = {});
// Today's effective switches, from rows read already.
rules::TodayFlags evaluate(const Context& ctx, std::span<const StoredFlag> rows);
// The instant at which time alone changes a value, nothing when there is none.
std::optional<Instant> next_change(std::span<const StoredFlag> rows, Instant now);

// What is wrong with metadata that the evaluation depends on; nothing for what it understands, or carries through.
std::optional<FieldError> metadata_fault(const Json& metadata);

// Raises the version by which caches notice changed flags (Principal::flags_version). Every change of a flag or an
// override calls it.
void raise_version(Transaction& db);

// Stores the flags that come with the product. What an operator changed stays.
void ship(Transaction& db, Instant now);

void add_operations(Catalogue& catalogue);

}  // namespace ignition::flags
