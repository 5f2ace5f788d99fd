#include "ignition/rules/weekly.hpp"

#include <algorithm>

#include "ignition/rules/percent.hpp"

namespace ignition::rules {

namespace {

constexpr std::size_t kMostHighlights = 3;

bool is_perfect(const WeekDay& day) { return day.habits_due > 0 && day.habits_completed >= day.habits_due; }

// The day with most focus minutes, the earliest of equals; nothing without focus.
const WeekDay* best_focus_day(std::span<const WeekDay> days) {
  const auto best = std::ranges::max_element(days, {}, &WeekDay::focus_minutes);
  return best == days.end() || best->focus_minutes == 0 ? nullptr : &*best;
}

}  // namespace

Week week_containing(LocalDate date, LocalDate today, WeekStart week_start) {
  const auto start = week_start_of(date, week_start);
  return {.start = start,
          .days_elapsed = std::clamp(today - start + 1, 0, 7),
          .is_current = start == week_start_of(today, week_start)};
}

std::pair<LocalDate, int> compared_span(const Week& week) { return {week.start - 7, week.days_elapsed}; }

bool is_week_offered(LocalDate date, LocalDate today, WeekStart week_start) {
  return date >= LocalDate::of(2000, 1, 1) && date <= week_start_of(today, week_start) + 13;
}

std::vector<WeekDay> empty_days(const Week& week, LocalDate today) {
  std::vector<WeekDay> days;
  for (int i = 0; i < 7; ++i) {
    const auto date = week.start + i;
    days.push_back({.date = date, .is_today = date == today, .is_future = date > today});
  }
  return days;
}

WeekTotals totals_of(std::span<const WeekDay> days) {
  WeekTotals sum;
  for (const auto& day : days) {
    sum.focus_minutes += day.focus_minutes;
    sum.focus_sessions += day.focus_sessions;
    sum.habits_due += day.habits_due;
    sum.habits_completed += day.habits_completed;
    sum.workouts_planned += day.workouts_planned;
    sum.workouts_completed += day.workouts_completed;
    sum.tasks_completed += day.tasks_completed;
    sum.events += day.events;
    sum.captures += day.captures;
    sum.reading_minutes += day.reading_minutes;
    sum.reviews += day.reviews;
    sum.plan_total += day.plan_total;
    sum.plan_completed += day.plan_completed;
    sum.active_days += day.active ? 1 : 0;
  }
  return sum;
}

WeekTotals operator-(const WeekTotals& a, const WeekTotals& b) {
  return {.focus_minutes = a.focus_minutes - b.focus_minutes,
          .focus_sessions = a.focus_sessions - b.focus_sessions,
          .habits_due = a.habits_due - b.habits_due,
          .habits_completed = a.habits_completed - b.habits_completed,
          .workouts_planned = a.workouts_planned - b.workouts_planned,
          .workouts_completed = a.workouts_completed - b.workouts_completed,
          .tasks_completed = a.tasks_completed - b.tasks_completed,
          .events = a.events - b.events,
          .captures = a.captures - b.captures,
          .reading_minutes = a.reading_minutes - b.reading_minutes,
          .reviews = a.reviews - b.reviews,
          .plan_total = a.plan_total - b.plan_total,
          .plan_completed = a.plan_completed - b.plan_completed,
          .active_days = a.active_days - b.active_days};
}

WeekFocus week_focus(std::span<const WeekDay> days, int abandoned) {
  const auto totals = totals_of(days);
  const auto* best = best_focus_day(days);
  return {.minutes = totals.focus_minutes,
          .completed = totals.focus_sessions,
          .abandoned = abandoned,
          .completion_percent = percent(totals.focus_sessions, totals.focus_sessions + abandoned),
          .best_date = best ? std::optional(best->date) : std::nullopt};
}

WeekHabits week_habits(std::span<const WeekDay> days) {
  const auto totals = totals_of(days);
  return {.due = totals.habits_due,
          .completed = totals.habits_completed,
          .percent = percent(totals.habits_completed, totals.habits_due),
          .perfect_days = static_cast<int>(std::ranges::count_if(days, is_perfect))};
}

std::vector<Highlight> highlights(std::span<const WeekDay> days, int journal_streak, int books_finished) {
  std::vector<Highlight> found;
  const auto add = [&](HighlightKey key, int count, int least, std::optional<LocalDate> date = {}) {
    if (count >= least && found.size() < kMostHighlights) {
      found.push_back({.key = key, .params = {.count = count, .date = date}});
    }
  };
  const auto totals = totals_of(days);
  if (const auto* best = best_focus_day(days)) {
    add(HighlightKey::best_focus_day, best->focus_minutes, 25, best->date);
  }
  add(HighlightKey::perfect_habits, week_habits(days).perfect_days, 1);
  add(HighlightKey::workouts_done, totals.workouts_completed, 1);
  add(HighlightKey::journal_streak, journal_streak, 3);
  add(HighlightKey::tasks_done, totals.tasks_completed, 5);
  add(HighlightKey::books_finished, books_finished, 1);
  return found;
}

}  // namespace ignition::rules
