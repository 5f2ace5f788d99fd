// Achievements: what unlocks them, how far they are, and the one to show next. Rules R-C1, R-C2, R-C7.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ignition/rules/awards.hpp"

namespace ignition::rules {

enum class Metric : std::uint8_t { level, total_xp, coins_earned, skill_level, total_stars, achievements };
BOOST_DESCRIBE_ENUM(Metric, level, total_xp, coins_earned, skill_level, total_stars, achievements)

// A trigger in its canonical form, as it is stored: one of event, streak_type and metric.
struct TriggerConfig {
  std::optional<std::string> event;
  std::optional<std::int64_t> count;         // 1
  std::optional<std::int64_t> min_duration;  // seconds; with event
  std::optional<std::string> streak_type;
  std::optional<std::string> metric;
  std::optional<std::string> skill_key;  // with skill_level
};
BOOST_DESCRIBE_STRUCT(TriggerConfig, (), (event, count, min_duration, streak_type, metric, skill_key))

struct Trigger {
  std::optional<EventKind> event;
  bool habit_streak = false;  // the longest streak of any daily or custom habit
  std::optional<StreakType> streak;
  std::optional<Metric> metric;
  std::string skill_key;          // with skill_level
  std::int64_t count = 1;         // what has to be reached
  std::int64_t min_duration = 0;  // seconds of a deed that counts
  friend bool operator==(const Trigger&, const Trigger&) = default;
};
// Nothing for configurations that name no known event, streak type or metric, or that no achievement can have.
std::optional<Trigger> trigger_of(const TriggerConfig& config);

// What just happened, as far as triggers ask.
struct TriggerChange {
  EventKind kind = EventKind::focus_complete;
  bool counted = true;  // no partial deed
  std::optional<std::int64_t> duration_seconds;
  StreakSet days_of;      // streaks that gained a day
  bool paid = false;      // balances changed
  bool unlocked = false;  // an achievement was unlocked
};
// Whether the change can have brought the trigger nearer to what it asks for.
bool can_move(const Trigger& trigger, const TriggerChange& change);

// `p/m days` and the like, with p at most m.
std::string progress_label(const Trigger& trigger, std::int64_t progress);

// An achievement that is active, visible and not earned.
struct TeaserCandidate {
  std::int64_t progress = 0;
  std::int64_t max = 1;
  std::int64_t reward_coins = 0;
  std::int64_t sort_order = 0;
  std::string_view key;
};
// The index of the one nearest to its end; nothing when none is left that is not reached.
std::optional<std::size_t> teaser(std::span<const TeaserCandidate> candidates);

}  // namespace ignition::rules
