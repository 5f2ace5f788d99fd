// Focus statistics over local calendar periods. Rule F15.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "ignition/rules/focus.hpp"
#include "ignition/time.hpp"

namespace ignition::rules {

enum class FocusPeriod : std::uint8_t { day, week, month, year, all };
BOOST_DESCRIBE_ENUM(FocusPeriod, day, week, month, year, all)

// A session that has ended (completed, abandoned or expired) on the user's local date `date`.
struct EndedFocus {
  FocusMode mode = FocusMode::focus;
  FocusStatus status = FocusStatus::completed;
  LocalDate date;
  int focused_seconds = 0;
  bool full_credit = false;
  int xp_awarded = 0;
  int coins_awarded = 0;
};

struct FocusDay {
  LocalDate date;
  std::int64_t focus_seconds = 0;
  int focus_sessions = 0;

  friend bool operator==(const FocusDay&, const FocusDay&) = default;
};
BOOST_DESCRIBE_STRUCT(FocusDay, (), (date, focus_seconds, focus_sessions))

struct FocusStats {
  FocusPeriod period = FocusPeriod::week;
  std::optional<LocalDate> from;  // inclusive, as is `to`; both null for all
  std::optional<LocalDate> to;
  int completed_sessions = 0;  // of any mode
  int completed_focus_sessions = 0;
  int abandoned_sessions = 0;
  int expired_sessions = 0;
  int total_sessions = 0;
  std::int64_t total_focus_seconds = 0;  // credited, mode focus
  std::int64_t total_break_seconds = 0;  // credited
  std::int64_t total_xp_earned = 0;
  std::int64_t total_coins_earned = 0;
  std::int64_t average_focus_seconds = 0;
  int completion_percent = 0;
  int current_streak_days = 0;
  int longest_streak_days = 0;
  std::optional<std::vector<FocusDay>> by_day;  // week and month: every date up to today

  friend bool operator==(const FocusStats&, const FocusStats&) = default;
};
BOOST_DESCRIBE_STRUCT(FocusStats, (),
                      (period, from, to, completed_sessions, completed_focus_sessions, abandoned_sessions,
                       expired_sessions, total_sessions, total_focus_seconds, total_break_seconds, total_xp_earned,
                       total_coins_earned, average_focus_seconds, completion_percent, current_streak_days,
                       longest_streak_days, by_day))

// First and last date of the period that contains `date`; nothing for all.
std::optional<std::pair<LocalDate, LocalDate>> bounds_of(FocusPeriod period, LocalDate date, WeekStart week_start);

struct FocusStreak {
  int current = 0;
  int longest = 0;

  friend bool operator==(const FocusStreak&, const FocusStreak&) = default;
};
// Runs of consecutive dates. `dates` ascend and may repeat. The current run is counted back from today, or from
// yesterday while today has none; the longest one is taken over all dates, later ones included.
FocusStreak focus_streak(std::span<const LocalDate> dates, LocalDate today);

// The statistics of the period that contains `date`. Sessions outside it are skipped, so it does no harm to pass more
// than needed. `full_dates`: ascending dates of all full-credit focus sessions ever, for the streaks.
FocusStats focus_stats(FocusPeriod period, LocalDate date, LocalDate today, WeekStart week_start,
                       std::span<const EndedFocus> sessions, std::span<const LocalDate> full_dates);

}  // namespace ignition::rules
