// The weekly dashboard: which days belong to a week, what they add up to, and what is worth a kind word. Rules W1, W3
// and W4; output shapes of W2. A week is compared with an equally long part of the week before, and only good news is
// a highlight.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "ignition/time.hpp"

namespace ignition::rules {

// Seven local dates from `start`.
struct Week {
  LocalDate start;
  int days_elapsed = 0;  // 0 for a future week, 7 for a past one; today counts as elapsed
  bool is_current = false;

  LocalDate end() const { return start + 6; }  // last date
  // First instant of the week, and of the week after it.
  std::pair<Instant, Instant> bounds(const Calendar& calendar) const {
    return {calendar.start(start), calendar.start(start + 7)};
  }
  friend bool operator==(const Week&, const Week&) = default;
};

// The week that contains `date`, seen today.
Week week_containing(LocalDate date, LocalDate today, WeekStart week_start);
// The part of the week before that a week is compared with: first date and number of days.
std::pair<LocalDate, int> compared_span(const Week& week);
// False for dates before 2000 and beyond the week after the current one.
bool is_week_offered(LocalDate date, LocalDate today, WeekStart week_start);

// Whole minutes of a completed session of mode focus, from its credited seconds.
constexpr int focus_minutes(int credited_seconds) { return credited_seconds / 60; }

struct WeekDayJournal {
  bool morning_pages = false;
  bool daily_reflection = false;

  friend bool operator==(const WeekDayJournal&, const WeekDayJournal&) = default;
};
BOOST_DESCRIBE_STRUCT(WeekDayJournal, (), (morning_pages, daily_reflection))

// Everything on the local date of its own timestamp. Dates that have not come yet hold zeros: nothing is due then, and
// so the totals of a running week compare with the same days of the week before.
struct WeekDay {
  LocalDate date;
  bool is_today = false;
  bool is_future = false;
  int focus_minutes = 0;
  int focus_sessions = 0;
  int habits_due = 0;
  int habits_completed = 0;
  int workouts_planned = 0;
  int workouts_completed = 0;
  int tasks_completed = 0;
  int events = 0;
  int captures = 0;
  WeekDayJournal journal;
  int reading_minutes = 0;
  int reviews = 0;
  int plan_total = 0;
  int plan_completed = 0;
  bool active = false;  // any completion event

  friend bool operator==(const WeekDay&, const WeekDay&) = default;
};
BOOST_DESCRIBE_STRUCT(WeekDay, (),
                      (date, is_today, is_future, focus_minutes, focus_sessions, habits_due, habits_completed,
                       workouts_planned, workouts_completed, tasks_completed, events, captures, journal,
                       reading_minutes, reviews, plan_total, plan_completed, active))

// The seven dates of a week, still empty.
std::vector<WeekDay> empty_days(const Week& week, LocalDate today);

// Sums of the numeric fields of days; a difference of sums in `delta`.
struct WeekTotals {
  int focus_minutes = 0;
  int focus_sessions = 0;
  int habits_due = 0;
  int habits_completed = 0;
  int workouts_planned = 0;
  int workouts_completed = 0;
  int tasks_completed = 0;
  int events = 0;
  int captures = 0;
  int reading_minutes = 0;
  int reviews = 0;
  int plan_total = 0;
  int plan_completed = 0;
  int active_days = 0;

  friend bool operator==(const WeekTotals&, const WeekTotals&) = default;
};
BOOST_DESCRIBE_STRUCT(WeekTotals, (),
                      (focus_minutes, focus_sessions, habits_due, habits_completed, workouts_planned,
                       workouts_completed, tasks_completed, events, captures, reading_minutes, reviews, plan_total,
                       plan_completed, active_days))
WeekTotals totals_of(std::span<const WeekDay> days);
WeekTotals operator-(const WeekTotals& a, const WeekTotals& b);

struct WeekFocus {
  int minutes = 0;
  int completed = 0;
  int abandoned = 0;
  int completion_percent = 0;  // completed of completed and abandoned
  std::optional<LocalDate> best_date;

  friend bool operator==(const WeekFocus&, const WeekFocus&) = default;
};
BOOST_DESCRIBE_STRUCT(WeekFocus, (), (minutes, completed, abandoned, completion_percent, best_date))
// `abandoned`: sessions of mode focus abandoned in the week.
WeekFocus week_focus(std::span<const WeekDay> days, int abandoned);

struct WeekHabits {
  int due = 0;
  int completed = 0;
  int percent = 0;
  int perfect_days = 0;  // days on which something was due and all of it was done

  friend bool operator==(const WeekHabits&, const WeekHabits&) = default;
};
BOOST_DESCRIBE_STRUCT(WeekHabits, (), (due, completed, percent, perfect_days))
WeekHabits week_habits(std::span<const WeekDay> days);

enum class HighlightKey : std::uint8_t {
  best_focus_day,
  perfect_habits,
  workouts_done,
  journal_streak,
  tasks_done,
  books_finished,
};
BOOST_DESCRIBE_ENUM(HighlightKey, best_focus_day, perfect_habits, workouts_done, journal_streak, tasks_done,
                    books_finished)

struct HighlightParams {
  int count = 0;                  // minutes, days, workouts, days of the streak, tasks, books
  std::optional<LocalDate> date;  // of best_focus_day

  friend bool operator==(const HighlightParams&, const HighlightParams&) = default;
};
BOOST_DESCRIBE_STRUCT(HighlightParams, (), (count, date))

struct Highlight {
  HighlightKey key = HighlightKey::best_focus_day;
  HighlightParams params;

  friend bool operator==(const Highlight&, const Highlight&) = default;
};
BOOST_DESCRIBE_STRUCT(Highlight, (), (key, params))

// At most three, in the order of the keys. `journal_streak` is the longest running streak of a journal type.
std::vector<Highlight> highlights(std::span<const WeekDay> days, int journal_streak, int books_finished);

}  // namespace ignition::rules
