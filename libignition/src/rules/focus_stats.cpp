#include "ignition/rules/focus_stats.hpp"

#include <algorithm>

#include "ignition/rules/percent.hpp"

namespace ignition::rules {

namespace {

LocalDate first_of_month(int year, unsigned month) { return LocalDate::of(year, month, 1); }

LocalDate last_of_month(LocalDate date) {
  const auto next =
      date.month() == 12 ? first_of_month(date.year() + 1, 1) : first_of_month(date.year(), date.month() + 1);
  return next - 1;
}

void add(FocusStats& stats, const EndedFocus& session) {
  stats.total_xp_earned += session.xp_awarded;
  stats.total_coins_earned += session.coins_awarded;
  switch (session.status) {
    case FocusStatus::completed:
      break;
    case FocusStatus::abandoned:
      ++stats.abandoned_sessions;
      return;
    case FocusStatus::expired:
      ++stats.expired_sessions;
      return;
    case FocusStatus::active:
    case FocusStatus::paused:
      return;
  }
  ++stats.completed_sessions;
  if (session.mode == FocusMode::focus) {
    ++stats.completed_focus_sessions;
    stats.total_focus_seconds += session.focused_seconds;
  } else {
    stats.total_break_seconds += session.focused_seconds;
  }
}

std::vector<FocusDay> empty_days(LocalDate from, LocalDate to) {
  std::vector<FocusDay> days;
  for (auto date = from; date <= to; date = date + 1) days.push_back({.date = date});
  return days;
}

}  // namespace

std::optional<std::pair<LocalDate, LocalDate>> bounds_of(FocusPeriod period, LocalDate date, WeekStart week_start) {
  switch (period) {
    case FocusPeriod::day:
      return std::pair{date, date};
    case FocusPeriod::week: {
      const auto first = week_start_of(date, week_start);
      return std::pair{first, first + 6};
    }
    case FocusPeriod::month:
      return std::pair{first_of_month(date.year(), date.month()), last_of_month(date)};
    case FocusPeriod::year:
      return std::pair{first_of_month(date.year(), 1), LocalDate::of(date.year(), 12, 31)};
    case FocusPeriod::all:
      break;
  }
  return {};
}

FocusStreak focus_streak(std::span<const LocalDate> dates, LocalDate today) {
  FocusStreak streak;
  std::optional<LocalDate> last;
  int run = 0;
  for (const auto date : dates) {
    if (last == date) continue;
    run = last && *last + 1 == date ? run + 1 : 1;
    last = date;
    streak.longest = std::max(streak.longest, run);
    if (date == today - 1 || date == today) streak.current = run;
  }
  return streak;
}

FocusStats focus_stats(FocusPeriod period, LocalDate date, LocalDate today, WeekStart week_start,
                       std::span<const EndedFocus> sessions, std::span<const LocalDate> full_dates) {
  FocusStats stats{.period = period};
  const auto bounds = bounds_of(period, date, week_start);
  std::vector<FocusDay> days;
  if (bounds) {
    stats.from = bounds->first;
    stats.to = bounds->second;
    if (period == FocusPeriod::week || period == FocusPeriod::month) {
      days = empty_days(bounds->first, std::min(bounds->second, today));
      stats.by_day.emplace();
    }
  }
  for (const auto& session : sessions) {
    if (bounds && (session.date < bounds->first || session.date > bounds->second)) continue;
    add(stats, session);
    if (session.status != FocusStatus::completed || session.mode != FocusMode::focus) continue;
    const auto day = std::ranges::lower_bound(days, session.date, {}, &FocusDay::date);
    if (day == days.end()) continue;
    day->focus_seconds += session.focused_seconds;
    ++day->focus_sessions;
  }
  if (stats.by_day) stats.by_day = std::move(days);
  stats.total_sessions = stats.completed_sessions + stats.abandoned_sessions + stats.expired_sessions;
  if (stats.completed_focus_sessions > 0) {
    stats.average_focus_seconds = stats.total_focus_seconds / stats.completed_focus_sessions;
  }
  stats.completion_percent = percent(stats.completed_sessions, stats.total_sessions);
  const auto streak = focus_streak(full_dates, today);
  stats.current_streak_days = streak.current;
  stats.longest_streak_days = streak.longest;
  return stats;
}

}  // namespace ignition::rules
