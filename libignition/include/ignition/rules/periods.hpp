// Periods of quests: keys, boundaries, repetition. Rules R-D2, R-Q2, R-Q8.
#pragma once

#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ignition/time.hpp"

namespace ignition::rules {

enum class Period : std::uint8_t { daily, weekly, monthly, one_time };
BOOST_DESCRIBE_ENUM(Period, daily, weekly, monthly, one_time)

// `YYYY-MM-DD`, the ISO week `YYYY-Www`, `YYYY-MM`, or `once`.
std::string period_key(Period period, LocalDate date);

// The local dates of a period, both included. Weeks are ISO weeks, whatever the user's week_start.
struct DateRange {
  LocalDate first;
  LocalDate last;
  friend bool operator==(const DateRange&, const DateRange&) = default;
  bool contains(LocalDate d) const { return first <= d && d <= last; }
};
// The period that contains `date`; nothing for one_time, which has no boundaries of its own.
std::optional<DateRange> period_dates(Period period, LocalDate date);
// The dates of the period with this key; nothing for `once` and for texts that no period has.
std::optional<DateRange> dates_of_key(std::string_view key);

// [starts_at, ends_at)
struct InstantRange {
  Instant starts_at;
  Instant ends_at;
  friend bool operator==(const InstantRange&, const InstantRange&) = default;
};
InstantRange instants_of(const DateRange& dates, const Calendar& calendar);

// The streak_count after a repeatable quest is completed on `today`: one more than before when the previous completion
// lies in the period directly before, else 1. Nothing when this period has a completion already (CONFLICT). one_time:
// 0.
std::optional<int> repeated(Period period, std::optional<LocalDate> previous, int streak_count, LocalDate today);

}  // namespace ignition::rules
