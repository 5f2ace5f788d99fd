// Quests: what universal ones measure, when they are open, and how personal ones go from state to state. Rules R-Q1 to
// R-Q9; periods are in periods.hpp.
#pragma once

#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ignition/rules/awards.hpp"
#include "ignition/rules/periods.hpp"
#include "ignition/time.hpp"

namespace ignition::rules {

// available, accepted and expired are derived or of personal quests only; in_progress and claimed of universal ones.
enum class QuestStatus : std::uint8_t { available, accepted, in_progress, completed, claimed, abandoned, expired };
BOOST_DESCRIBE_ENUM(QuestStatus, available, accepted, in_progress, completed, claimed, abandoned, expired)

enum class Difficulty : std::uint8_t { starter, easy, medium, hard, epic };
BOOST_DESCRIBE_ENUM(Difficulty, starter, easy, medium, hard, epic)

// What a personal quest pays unless its owner says otherwise (rule R-Q7).
Amounts quest_reward(Difficulty difficulty);

// ---- Universal quests ----

// What a universal quest counts (rule R-Q3); manual is for personal ones.
enum class QuestTarget : std::uint8_t {
  focus_sessions,
  focus_minutes,
  workouts_completed,
  exercise_minutes,
  habits_completed,
  perfect_habit_days,
  reading_minutes,
  pages_read,
  books_completed,
  lessons_completed,
  reviews_completed,
  cards_reviewed,
  plan_items_completed,
  milestones_completed,
  goals_completed,
  streak_days,
  level,
  manual,
};
BOOST_DESCRIBE_ENUM(QuestTarget, focus_sessions, focus_minutes, workouts_completed, exercise_minutes, habits_completed,
                    perfect_habit_days, reading_minutes, pages_read, books_completed, lessons_completed,
                    reviews_completed, cards_reviewed, plan_items_completed, milestones_completed, goals_completed,
                    streak_days, level, manual)

// The deeds of one kind on one date that are not reversed.
struct DayTally {
  LocalDate date;
  std::int64_t events = 0;    // partial ones included
  std::int64_t counted = 0;   // partial ones left out
  std::int64_t minutes = 0;   // of all: whole minutes of each deed
  std::int64_t quantity = 0;  // of all: pages, cards
};
BOOST_DESCRIBE_STRUCT(DayTally, (), (date, events, counted, minutes, quantity))

// Longest workout that counts, in seconds.
inline constexpr std::int64_t kLongestWorkout = 120 * 60;

// The deeds that a target counts; nothing for those measured in another way (perfect_habit_days, streak_days, level)
// and for manual.
std::optional<EventKind> counted_deeds(QuestTarget target);
// The targets whose value a deed can change: those that count it, perfect_habit_days for habits, streak_days when it
// feeds the daily streak, level when it pays.
std::vector<QuestTarget> targets_fed(EventKind kind, StreakSet streaks);
// What the deeds add up to on the dates of the range. Only for targets with counted_deeds.
std::int64_t measured(QuestTarget target, std::span<const DayTally> days, const DateRange& range);

// The dates of a universal quest's period: those of the calendar, or, one_time, from the first to the last date of its
// window (as far as it has ends).
DateRange quest_dates(Period type, std::optional<Instant> starts_at, std::optional<Instant> ends_at,
                      const Calendar& calendar, LocalDate today);
// Whether the period of `now` overlaps the window [starts_at, ends_at) (rule R-Q2).
bool is_quest_open(Period type, std::optional<Instant> starts_at, std::optional<Instant> ends_at,
                   const Calendar& calendar, Instant now);

// ---- Personal quests ----

struct PersonalQuest {
  QuestStatus status = QuestStatus::available;
  int progress = 0;
  int target = 1;
  bool is_repeatable = false;
  Period repeat = Period::daily;  // when repeatable
  std::optional<Instant> expires_at;
  std::optional<LocalDate> last_completed_date;
  int streak_count = 0;

  Period period() const { return is_repeatable ? repeat : Period::one_time; }
  bool is_open() const { return status == QuestStatus::available || status == QuestStatus::accepted; }
  friend bool operator==(const PersonalQuest&, const PersonalQuest&) = default;
};

// The quest as it reads at `now` (rules R-Q8, R-Q9): a completed repeatable one is accepted again in a new period, an
// open one whose time is over is expired.
PersonalQuest as_of(const PersonalQuest& quest, Instant now, LocalDate today);
// When time alone next ends what `as_of` says within the user's day.
std::optional<Instant> next_change(const PersonalQuest& quest, Instant now);

// Transitions of a quest as of now; nothing when its state does not allow them (CONFLICT invalid_state). None pays but
// complete.
std::optional<PersonalQuest> accepted(const PersonalQuest& quest);
std::optional<PersonalQuest> progressed(const PersonalQuest& quest, std::int64_t progress);  // absolute, clamped
std::optional<PersonalQuest> completed(const PersonalQuest& quest, LocalDate today);
std::optional<PersonalQuest> abandoned(const PersonalQuest& quest);

}  // namespace ignition::rules
