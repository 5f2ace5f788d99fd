#include "ignition/rules/achievements.hpp"

#include <algorithm>
#include <boost/describe/enum_from_string.hpp>
#include <tuple>

namespace ignition::rules {

namespace {

__extension__ using Wide = __int128;

constexpr std::string_view kHabitStreak = "habit_streak";

std::string_view unit_of(const Trigger& trigger) {
  if (trigger.habit_streak) return " day habit streak";
  if (trigger.streak) return " day streak";
  if (!trigger.event) return "";
  switch (*trigger.event) {
    case EventKind::focus_complete:
      return " focus sessions";
    case EventKind::quest_complete:
      return " quests";
    case EventKind::habit_complete:
      return " habits";
    case EventKind::workout_complete:
      return " workouts";
    case EventKind::book_complete:
      return " books";
    case EventKind::lesson_complete:
      return " lessons";
    case EventKind::personal_record:
      return " personal records";
    default:
      return "";
  }
}

// Whether a comes before b.
bool nearer(const TeaserCandidate& a, const TeaserCandidate& b) {
  const Wide share_a = static_cast<Wide>(a.progress) * b.max;
  const Wide share_b = static_cast<Wide>(b.progress) * a.max;
  if (share_a != share_b) return share_a > share_b;
  return std::tuple(a.max - a.progress, a.reward_coins, a.sort_order, a.key) <
         std::tuple(b.max - b.progress, b.reward_coins, b.sort_order, b.key);
}

}  // namespace

std::optional<Trigger> trigger_of(const TriggerConfig& config) {
  const int forms = (config.event ? 1 : 0) + (config.streak_type ? 1 : 0) + (config.metric ? 1 : 0);
  Trigger trigger{.count = config.count.value_or(1), .min_duration = config.min_duration.value_or(0)};
  if (forms != 1 || trigger.count < 1 || trigger.min_duration < 0) return {};
  if (config.min_duration && !config.event) return {};
  if (config.event) {
    trigger.habit_streak = *config.event == kHabitStreak;
    if (!trigger.habit_streak) trigger.event = event_kind(*config.event);
    if (!trigger.habit_streak && (!trigger.event || !rule_of(*trigger.event).in_feed)) return {};
  }
  if (config.streak_type) {
    trigger.streak = streak_type_of(*config.streak_type);
    if (!trigger.streak) return {};
  }
  if (config.metric) {
    Metric metric{};
    if (!boost::describe::enum_from_string(config.metric->c_str(), metric)) return {};
    trigger.metric = metric;
  }
  const bool of_skill = trigger.metric == Metric::skill_level;
  if (of_skill != config.skill_key.has_value()) return {};
  if (of_skill) trigger.skill_key = *config.skill_key;
  return trigger;
}

bool can_move(const Trigger& trigger, const TriggerChange& change) {
  if (trigger.event) {
    return *trigger.event == change.kind && change.counted &&
           change.duration_seconds.value_or(0) >= trigger.min_duration;
  }
  if (trigger.habit_streak) return change.kind == EventKind::habit_complete;
  if (trigger.streak) return change.days_of.contains(*trigger.streak);
  if (trigger.metric == Metric::achievements) return change.unlocked;
  return change.paid;
}

std::string progress_label(const Trigger& trigger, std::int64_t progress) {
  std::string label = trigger.metric == Metric::level ? "Level " : "";
  label += std::to_string(std::min(progress, trigger.count)) + "/" + std::to_string(trigger.count);
  return label.append(unit_of(trigger));
}

std::optional<std::size_t> teaser(std::span<const TeaserCandidate> candidates) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].progress >= candidates[i].max) continue;
    if (!best || nearer(candidates[i], candidates[*best])) best = i;
  }
  return best;
}

}  // namespace ignition::rules
