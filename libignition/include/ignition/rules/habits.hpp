// Habits: schedules, completions, bonuses, analytics, strength. Rules R-H1 to R-H11 and B1; streaks by streaks.hpp,
// amounts by awards.hpp.
#pragma once

#include <array>
#include <boost/describe/class.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ignition/rules/periods.hpp"
#include "ignition/rules/streaks.hpp"
#include "ignition/time.hpp"

namespace ignition::rules {

// What a habit asks for from a date on. target_count: repetitions per day (daily, custom) or done days per week.
struct HabitSchedule {
  LocalDate effective_from;
  Frequency frequency = Frequency::daily;
  int target_count = 1;
  Weekdays custom_days;  // with custom only

  friend bool operator==(const HabitSchedule&, const HabitSchedule&) = default;
};

// custom_days as they come: 1..7 distinct weekdays by ISO number, 0 meaning Sunday too; nothing for other lists.
std::optional<Weekdays> weekdays_of(std::span<const int> days);
// As they are stored: ISO numbers in ascending order.
std::vector<int> numbers_of(Weekdays days);

// Repetitions that make a date done.
int day_target(const HabitSchedule& schedule);
// The schedule in force on `d`; the first holds for the time before it as well. `schedules` is sorted, not empty.
const HabitSchedule& schedule_on(std::span<const HabitSchedule> schedules, LocalDate d);
std::vector<Cadence> cadences_of(std::span<const HabitSchedule> schedules);
// The schedules after a change made on `today` (rule R-H10): the new one is in force from `today`, or from the first
// day of this week when it or the one it follows is weekly, and replaces those of that date or later. Its
// effective_from is set here.
std::vector<HabitSchedule> rescheduled(std::span<const HabitSchedule> schedules, HabitSchedule next, LocalDate today,
                                       WeekStart week_start);

// Dates that may be completed and undone on `today` (rule R-H4); first > last when there is none.
DateRange completion_window(LocalDate start_date, LocalDate today);

// A date's count after completing (rule R-H3).
struct CountStep {
  int count = 0;
  bool already_done = false;  // nothing is written
  bool becomes_done = false;  // the award is due
  friend bool operator==(const CountStep&, const CountStep&) = default;
};
CountStep counted_up(int count, int amount, int target);

// A date's count after an undo (rule R-H7); 0 removes the completion.
struct UndoStep {
  int count = 0;
  bool loses_done = false;  // the award and the bonuses it triggered are to be reversed
  friend bool operator==(const UndoStep&, const UndoStep&) = default;
};
UndoStep counted_down(int count, int target);

// The pause of a habit archived on `from` and restored on `today`: nothing on the same day.
std::optional<DateRange> closed_pause(LocalDate from, LocalDate today);

inline constexpr std::array kBonusMilestones{7, 14, 30, 60, 100, 365};
// A bonus paid and not reversed.
struct PaidBonus {
  int milestone = 0;
  LocalDate date;
};
// The milestones to pay after a completion on `today` (rule R-H6).
std::vector<int> bonuses_due(const Streak& streak, std::span<const PaidBonus> paid, LocalDate today);

// What is stored of a habit, as far as its rules ask. Lists sorted by date.
struct HabitFacts {
  LocalDate start_date;
  bool is_active = true;
  std::span<const HabitSchedule> schedules;  // at least one
  std::span<const DateRange> pauses;         // archived times included; kOpenEnd while open
  std::span<const LocalDate> done;           // dates with at least the day target in force
  int current_streak = 0;
  int longest_streak = 0;
  std::optional<Instant> last_completed_at;
};

bool is_done(const HabitFacts& habit, LocalDate d);
bool is_paused(const HabitFacts& habit, LocalDate d);
// Due on a particular date (rule R-H1); never with a weekly schedule.
bool is_due(const HabitFacts& habit, LocalDate d);
// Due on the date, or weekly with a week that is not satisfied, whether done on the date or not.
bool asks_for_something(const HabitFacts& habit, LocalDate d, WeekStart week_start);
// Counts for the badge pending_habits: active, asks for something today and is not done today.
bool is_pending(const HabitFacts& habit, LocalDate today, WeekStart week_start);
int week_done(const HabitFacts& habit, LocalDate today, WeekStart week_start);

// The habit's own streak; `shields` and `neutral` (protected, skipped, bridged dates) as in StreakInput.
Streak habit_streak(const HabitFacts& habit, LocalDate today, WeekStart week_start,
                    std::span<const LocalDate> shields = {}, std::span<const LocalDate> neutral = {});

struct HabitAnalytics {
  int total_habits = 0;
  int active_habits = 0;
  int completed_today = 0;
  int total_completions = 0;
  int completions_last_7_days = 0;
  int completions_last_30_days = 0;
  int longest_streak = 0;
  int active_streaks = 0;
  double completion_rate_7_days = 0.0;  // 0..1, four decimals
  double completion_rate_30_days = 0.0;
  std::optional<Instant> last_completed_at;
};
BOOST_DESCRIBE_STRUCT(HabitAnalytics, (),
                      (total_habits, active_habits, completed_today, total_completions, completions_last_7_days,
                       completions_last_30_days, longest_streak, active_streaks, completion_rate_7_days,
                       completion_rate_30_days, last_completed_at))
HabitAnalytics habit_analytics(std::span<const HabitFacts> habits, LocalDate today);

struct HabitStats {
  int done_days = 0;
  int due_days = 0;             // weekly: what the eligible dates ask for, rounded
  double rate = 0.0;            // as in HabitAnalytics, of this habit alone
  std::vector<int> by_weekday;  // done days, Monday first
  std::vector<Run> best_runs;   // the five longest of all time, the newer first of equal ones
  int strength = 0;
};
BOOST_DESCRIBE_STRUCT(HabitStats, (), (done_days, due_days, rate, by_weekday, best_runs, strength))
// Over the last `days` dates up to today.
HabitStats habit_stats(const HabitFacts& habit, LocalDate today, WeekStart week_start, int days);

// Rule B1: an exponentially smoothed share of what was asked for, 0..1, as Loop Habit Tracker computes it.
double strength(const HabitFacts& habit, LocalDate today);
int strength_percent(const HabitFacts& habit, LocalDate today);

// Dates of the range, up to today, on which daily or custom habits were due and all of them done.
int perfect_days(std::span<const HabitFacts> habits, const DateRange& range, LocalDate today);

}  // namespace ignition::rules
