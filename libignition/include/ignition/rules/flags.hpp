// Feature flags: the one evaluation (rule R48), and the switches of Today built on it (rules X1 to X4).
#pragma once

#include <array>
#include <boost/describe/class.hpp>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ignition/uuid.hpp"

namespace ignition::rules {

// A flag as delivered with the product. `metadata` is a JSON object, empty for none.
struct ShippedFlag {
  std::string_view name;
  bool enabled;
  std::string_view metadata;
  std::string_view description;
};
std::span<const ShippedFlag> shipped_flags();

// A stored flag: what the evaluation reads of its row and metadata.
struct FlagRow {
  bool enabled = false;
  std::optional<std::string> min_version;         // semantic version
  std::optional<std::vector<std::string>> roles;  // any one of them suffices
  std::optional<int> rollout_percentage;          // 0..100
};

// Who asks. `roles` are the roles the user holds now, inherited ones included.
struct FlagUser {
  Uuid id;
  std::optional<std::string> client_version;
  std::vector<std::string> roles;
};

// Everything known about one flag. `environment` is the text of FLAG_<name>; `user_override` only when it has not
// expired.
struct FlagSources {
  std::optional<std::string> environment;
  std::optional<bool> user_override;
  std::optional<FlagRow> row;
};

// value(flag, user) of rule R48. An environment text that is empty or no boolean counts as unset.
bool flag_value(std::string_view name, const FlagSources& sources, const FlagUser& user);

// 0..99, stable for a flag and a user.
int rollout_bucket(std::string_view flag, const Uuid& user);

// 1, true, yes, on / 0, false, no, off in any letter case, white space around it ignored; nothing for other texts.
std::optional<bool> boolean_of(std::string_view text);

// Precedence of two semantic versions (semver.org 2.0.0, section 11); nothing when one is malformed.
std::optional<std::strong_ordering> compare_versions(std::string_view a, std::string_view b);

// The switches of Today, effective: each already combined with the master and the kill switches.
struct TodayFlags {
  bool master = true;
  bool decision_suppression = true;
  bool next_action_resolver = true;
  bool momentum_feedback = true;
  bool soft_landing = true;
  bool reduced_mode = true;
  bool dynamic_ui = true;
  bool quick_picks_extended = true;
  bool plan_extended = true;
  bool ranking = false;
  bool sequence_killed = false;  // KILL_SEQUENCE: ranking works without its sequence part

  friend bool operator==(const TodayFlags&, const TodayFlags&) = default;
};
BOOST_DESCRIBE_STRUCT(TodayFlags, (),
                      (master, decision_suppression, next_action_resolver, momentum_feedback, soft_landing,
                       reduced_mode, dynamic_ui, quick_picks_extended, plan_extended, ranking, sequence_killed))

// Rule X2. `raw` gives value(flag, user) of a flag name.
TodayFlags today_flags(const std::function<bool(std::string_view)>& raw);

// The ten flags of the payload in their order: full name and effective value.
std::array<std::pair<std::string_view, bool>, 10> named(const TodayFlags& flags);
// Short names of the effective ones (the master aside), in order.
std::vector<std::string_view> active_names(const TodayFlags& flags);

}  // namespace ignition::rules
