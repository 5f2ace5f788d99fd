#include "domains/achievements/measures.hpp"

#include <algorithm>

#include "ignition/domains/habits.hpp"
#include "ignition/domains/streaks.hpp"
#include "ignition/rules/levels.hpp"

namespace ignition::achievements {

namespace {

constexpr Sql kDeeds{R"sql(
  SELECT count(*) FROM (
    SELECT 1 AS one FROM activity_events
     WHERE user_id = $1 AND event_type = $2 AND counted AND reversed_at IS NULL
       AND COALESCE(duration_seconds, 0) >= $3
     ORDER BY activity_date DESC LIMIT $4) newest)sql"};
constexpr Sql kLongest{R"sql(
  SELECT streak_type, CASE WHEN longest > longest_floor THEN longest ELSE longest_floor END
    FROM user_streaks WHERE user_id = $1)sql"};
constexpr Sql kLongestOfHabits{R"sql(
  SELECT CAST(COALESCE(max(longest_streak), 0) AS BIGINT) FROM habits WHERE user_id = $1 AND frequency <> 'weekly')sql"};
constexpr Sql kStanding{R"sql(
  SELECT COALESCE(p.total_xp, 0), COALESCE(w.total_earned, 0), COALESCE(p.total_skill_stars, 0)
    FROM users u
    LEFT JOIN user_progress p ON p.user_id = u.id
    LEFT JOIN user_wallet w ON w.user_id = u.id
   WHERE u.id = $1)sql"};
constexpr Sql kSkillLevel{R"sql(
  SELECT COALESCE((SELECT level FROM user_skills WHERE user_id = $1 AND skill_key = $2), 1))sql"};
constexpr Sql kEarned{R"sql(SELECT count(*) FROM user_achievements WHERE user_id = $1)sql"};

struct LongestRow {
  rules::StreakType type = rules::StreakType::daily_activity;
  std::int64_t longest = 0;
};
BOOST_DESCRIBE_STRUCT(LongestRow, (), (type, longest))

struct StandingRow {
  std::int64_t total_xp = 0;
  std::int64_t coins_earned = 0;
  std::int64_t total_stars = 0;
};
BOOST_DESCRIBE_STRUCT(StandingRow, (), (total_xp, coins_earned, total_stars))

}  // namespace

void Measures::announce(const rules::Trigger& trigger) {
  if (!trigger.event) return;
  auto& asked = asked_[{*trigger.event, trigger.min_duration}];
  asked = std::max(asked, trigger.count);
}

std::int64_t Measures::of(const rules::Trigger& trigger) {
  if (trigger.event) return deeds(trigger);
  if (trigger.streak) return streak(*trigger.streak);
  if (trigger.habit_streak) return habit_streak();
  return metric(trigger);
}

void Measures::know(const rules::Balances& balances) {
  standing_ = {balances.total_xp, balances.total_earned, balances.total_skill_stars};
}

void Measures::forget_balances() {
  standing_.reset();
  for (auto& [deeds, count] : deeds_) {
    if (deeds.first == rules::EventKind::achievement_unlocked) count = -1;
  }
  std::erase_if(deeds_, [](const auto& entry) { return entry.second < 0; });
}

std::int64_t Measures::deeds(const rules::Trigger& trigger) {
  const Deeds which{*trigger.event, trigger.min_duration};
  const auto [place, is_new] = deeds_.try_emplace(which);
  if (is_new) {
    const std::int64_t most = std::max(asked_[which], trigger.count);
    place->second = ctx_.db.one<std::int64_t>(kDeeds, ctx_.user, rules::name_of(which.first), which.second, most);
  }
  return place->second;
}

std::int64_t Measures::streak(rules::StreakType type) {
  if (!streaks_) {
    streaks_.emplace();
    if (shown_) {
      for (const auto& view : streaks::list(ctx_, {}).streaks) (*streaks_)[view.streak_type] = view.current;
    } else {
      ctx_.db.each<LongestRow>(
          kLongest, [&](LongestRow&& row) { (*streaks_)[row.type] = row.longest; }, ctx_.user);
    }
  }
  return (*streaks_)[type];
}

std::int64_t Measures::habit_streak() {
  if (habit_streak_) return *habit_streak_;
  habit_streak_ = 0;
  if (!shown_) return *(habit_streak_ = ctx_.db.one<std::int64_t>(kLongestOfHabits, ctx_.user));
  for (const auto& habit : habits::list(ctx_, {}).habits) {
    if (habit.streak_unit == rules::StreakUnit::day) habit_streak_ = std::max(*habit_streak_, habit.current_streak);
  }
  return *habit_streak_;
}

std::int64_t Measures::metric(const rules::Trigger& trigger) {
  switch (trigger.metric.value_or(rules::Metric::level)) {
    case rules::Metric::level:
      return rules::level_of(standing().total_xp);
    case rules::Metric::total_xp:
      return standing().total_xp;
    case rules::Metric::coins_earned:
      return standing().coins_earned;
    case rules::Metric::total_stars:
      return standing().total_stars;
    case rules::Metric::skill_level:
      return ctx_.db.one<std::int64_t>(kSkillLevel, ctx_.user, trigger.skill_key);
    case rules::Metric::achievements:
      break;
  }
  return ctx_.db.one<std::int64_t>(kEarned, ctx_.user);
}

const Measures::Standing& Measures::standing() {
  if (!standing_) {
    const auto row = ctx_.db.one<StandingRow>(kStanding, ctx_.user);
    standing_ = {row.total_xp, row.coins_earned, row.total_stars};
  }
  return *standing_;
}

}  // namespace ignition::achievements
