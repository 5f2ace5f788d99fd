#include "ignition/rules/habits.hpp"

#include <algorithm>
#include <cmath>

namespace ignition::rules {

namespace {

// What a habit was asked for and did in a window, in sevenths of a day, so that weekly shares stay exact.
struct Share {
  std::int64_t done = 0;
  std::int64_t asked = 0;

  Share& operator+=(const Share& more) {
    done += more.done;
    asked += more.asked;
    return *this;
  }
  double rate() const {
    if (asked == 0) return 0.0;
    const std::int64_t ten_thousandths = (20'000 * done + asked) / (2 * asked);
    return static_cast<double>(ten_thousandths) / 10'000.0;
  }
};

int done_between(const HabitFacts& habit, const DateRange& range) {
  const auto first = std::ranges::lower_bound(habit.done, range.first);
  return static_cast<int>(std::ranges::upper_bound(habit.done, range.last) - first);
}

// Rule R-H11: dates from start_date, not paused unless done, today only when done.
Share share(const HabitFacts& habit, const DateRange& window, LocalDate today) {
  Share days;
  Share weeks;
  for (LocalDate d = std::max(window.first, habit.start_date); d <= window.last; d = d + 1) {
    const bool done = is_done(habit, d);
    if (!done && (d == today || is_paused(habit, d))) continue;
    const HabitSchedule& schedule = schedule_on(habit.schedules, d);
    if (schedule.frequency == Frequency::weekly) {
      weeks += {done ? 7 : 0, schedule.target_count};
    } else if (schedule.frequency == Frequency::daily || schedule.custom_days.contains(d.weekday())) {
      days += {done ? 7 : 0, 7};
    }
  }
  weeks.done = std::min(weeks.done, weeks.asked);
  return days += weeks;
}

DateRange last_days(LocalDate today, int days) { return {today - (days - 1), today}; }

int per_week(const HabitSchedule& schedule) {
  switch (schedule.frequency) {
    case Frequency::daily:
      return 7;
    case Frequency::custom:
      return schedule.custom_days.size();
    case Frequency::weekly:
      break;
  }
  return schedule.target_count;
}

}  // namespace

std::optional<Weekdays> weekdays_of(std::span<const int> days) {
  Weekdays set;
  for (const int given : days) {
    const int number = given == 0 ? 7 : given;
    if (number < 1 || number > 7 || set.contains(static_cast<Weekday>(number))) return {};
    set.insert(static_cast<Weekday>(number));
  }
  return days.empty() ? std::nullopt : std::optional(set);
}

std::vector<int> numbers_of(Weekdays days) {
  std::vector<int> numbers;
  for (int number = 1; number <= 7; ++number) {
    if (days.contains(static_cast<Weekday>(number))) numbers.push_back(number);
  }
  return numbers;
}

int day_target(const HabitSchedule& schedule) {
  return schedule.frequency == Frequency::weekly ? 1 : schedule.target_count;
}

const HabitSchedule& schedule_on(std::span<const HabitSchedule> schedules, LocalDate d) {
  const auto later = std::ranges::upper_bound(schedules, d, {}, &HabitSchedule::effective_from);
  return later == schedules.begin() ? schedules.front() : *(later - 1);
}

std::vector<Cadence> cadences_of(std::span<const HabitSchedule> schedules) {
  std::vector<Cadence> cadences;
  cadences.reserve(schedules.size());
  for (const HabitSchedule& s : schedules) {
    cadences.push_back(
        {.from = s.effective_from, .frequency = s.frequency, .days = s.custom_days, .per_week = s.target_count});
  }
  return cadences;
}

std::vector<HabitSchedule> rescheduled(std::span<const HabitSchedule> schedules, HabitSchedule next, LocalDate today,
                                       WeekStart week_start) {
  const bool weekly =
      next.frequency == Frequency::weekly || schedule_on(schedules, today).frequency == Frequency::weekly;
  next.effective_from = weekly ? week_start_of(today, week_start) : today;
  std::vector<HabitSchedule> all;
  std::ranges::copy_if(schedules, std::back_inserter(all),
                       [&](const HabitSchedule& s) { return s.effective_from < next.effective_from; });
  all.push_back(next);
  return all;
}

DateRange completion_window(LocalDate start_date, LocalDate today) {
  constexpr int kDaysBack = 7;
  return {std::max(start_date, today - kDaysBack), today};
}

CountStep counted_up(int count, int amount, int target) {
  if (count >= target) return {.count = count, .already_done = true};
  const int after = amount >= target - count ? target : count + amount;
  return {.count = after, .becomes_done = after == target};
}

UndoStep counted_down(int count, int target) { return {.count = count - 1, .loses_done = count == target}; }

std::optional<DateRange> closed_pause(LocalDate from, LocalDate today) {
  if (from >= today) return {};
  return DateRange{from, today - 1};
}

std::vector<int> bonuses_due(const Streak& streak, std::span<const PaidBonus> paid, LocalDate today) {
  std::vector<int> due;
  if (!streak.run_start) return due;
  const DateRange run{*streak.run_start, today};
  for (const int milestone : kBonusMilestones) {
    if (milestone > streak.current) break;
    const bool had =
        std::ranges::any_of(paid, [&](const PaidBonus& b) { return b.milestone == milestone && run.contains(b.date); });
    if (!had) due.push_back(milestone);
  }
  return due;
}

bool is_done(const HabitFacts& habit, LocalDate d) { return std::ranges::binary_search(habit.done, d); }

bool is_paused(const HabitFacts& habit, LocalDate d) {
  return std::ranges::any_of(habit.pauses, [&](const DateRange& pause) { return pause.contains(d); });
}

bool is_due(const HabitFacts& habit, LocalDate d) {
  if (d < habit.start_date || is_paused(habit, d)) return false;
  const HabitSchedule& schedule = schedule_on(habit.schedules, d);
  return schedule.frequency == Frequency::daily ||
         (schedule.frequency == Frequency::custom && schedule.custom_days.contains(d.weekday()));
}

int week_done(const HabitFacts& habit, LocalDate today, WeekStart week_start) {
  const LocalDate first = week_start_of(today, week_start);
  return done_between(habit, {first, first + 6});
}

bool asks_for_something(const HabitFacts& habit, LocalDate d, WeekStart week_start) {
  const HabitSchedule& schedule = schedule_on(habit.schedules, d);
  if (schedule.frequency != Frequency::weekly) return is_due(habit, d);
  if (d < habit.start_date || is_paused(habit, d)) return false;
  const LocalDate first = week_start_of(d, week_start);
  int neutral = 0;
  for (LocalDate day = first; day < first + 7; day = day + 1) {
    if (is_paused(habit, day) && !is_done(habit, day)) ++neutral;
  }
  return week_done(habit, d, week_start) < needed_in_week(schedule.target_count, neutral);
}

bool is_pending(const HabitFacts& habit, LocalDate today, WeekStart week_start) {
  return habit.is_active && !is_done(habit, today) && asks_for_something(habit, today, week_start);
}

Streak habit_streak(const HabitFacts& habit, LocalDate today, WeekStart week_start, std::span<const LocalDate> shields,
                    std::span<const LocalDate> neutral) {
  const std::vector<Cadence> cadences = cadences_of(habit.schedules);
  return walk({.done = habit.done,
               .cadences = cadences,
               .today = today,
               .week_start = week_start,
               .shields = shields,
               .neutral = neutral,
               .paused = habit.pauses});
}

HabitAnalytics habit_analytics(std::span<const HabitFacts> habits, LocalDate today) {
  const DateRange week = last_days(today, 7);
  const DateRange month = last_days(today, 30);
  HabitAnalytics out;
  Share of_week;
  Share of_month;
  for (const HabitFacts& habit : habits) {
    ++out.total_habits;
    out.total_completions += static_cast<int>(habit.done.size());
    out.completions_last_7_days += done_between(habit, week);
    out.completions_last_30_days += done_between(habit, month);
    out.longest_streak = std::max(out.longest_streak, habit.longest_streak);
    if (habit.last_completed_at) {
      out.last_completed_at =
          std::max(out.last_completed_at.value_or(*habit.last_completed_at), *habit.last_completed_at);
    }
    if (!habit.is_active) continue;
    ++out.active_habits;
    if (is_done(habit, today)) ++out.completed_today;
    if (habit.current_streak > 0) ++out.active_streaks;
    of_week += share(habit, week, today);
    of_month += share(habit, month, today);
  }
  out.completion_rate_7_days = of_week.rate();
  out.completion_rate_30_days = of_month.rate();
  return out;
}

HabitStats habit_stats(const HabitFacts& habit, LocalDate today, WeekStart week_start, int days) {
  constexpr std::size_t kBestRuns = 5;
  const DateRange window = last_days(today, days);
  const Share asked = share(habit, window, today);
  HabitStats out;
  out.done_days = done_between(habit, window);
  out.due_days = static_cast<int>((2 * asked.asked + 7) / 14);
  out.rate = asked.rate();
  out.by_weekday.assign(7, 0);
  for (const LocalDate d : habit.done) {
    if (window.contains(d)) ++out.by_weekday[static_cast<std::size_t>(d.weekday()) - 1];
  }
  const std::vector<Cadence> cadences = cadences_of(habit.schedules);
  out.best_runs = walk({.done = habit.done,
                        .cadences = cadences,
                        .today = today,
                        .week_start = week_start,
                        .paused = habit.pauses,
                        .want_runs = true})
                      .runs;
  std::ranges::stable_sort(out.best_runs, [](const Run& a, const Run& b) {
    return a.length != b.length ? a.length > b.length : a.start > b.start;
  });
  if (out.best_runs.size() > kBestRuns) out.best_runs.resize(kBestRuns);
  out.strength = strength_percent(habit, today);
  return out;
}

double strength(const HabitFacts& habit, LocalDate today) {
  double s = 0.0;
  double memory = 0.0;
  const HabitSchedule* schedule = nullptr;
  for (LocalDate d = habit.start_date; d <= today; d = d + 1) {
    const bool done = is_done(habit, d);
    if (!done && (d == today || is_paused(habit, d))) continue;
    const HabitSchedule& now = schedule_on(habit.schedules, d);
    if (&now != schedule) {
      schedule = &now;
      memory = std::pow(0.5, std::sqrt(per_week(now) / 7.0) / 13.0);
    }
    const double value = now.frequency == Frequency::daily
                             ? (done ? 1.0 : 0.0)
                             : std::min(1.0, static_cast<double>(done_between(habit, last_days(d, 7))) / per_week(now));
    s = s * memory + value * (1.0 - memory);
  }
  return s;
}

int strength_percent(const HabitFacts& habit, LocalDate today) {
  return static_cast<int>(std::lround(100.0 * strength(habit, today)));
}

int perfect_days(std::span<const HabitFacts> habits, const DateRange& range, LocalDate today) {
  int perfect = 0;
  for (LocalDate d = range.first; d <= std::min(range.last, today); d = d + 1) {
    bool any = false;
    const bool all = std::ranges::all_of(habits, [&](const HabitFacts& habit) {
      if (!is_due(habit, d)) return true;
      any = true;
      return is_done(habit, d);
    });
    if (any && all) ++perfect;
  }
  return perfect;
}

}  // namespace ignition::rules
