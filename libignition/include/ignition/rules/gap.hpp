// Where in the day and in a user's history an instant lies: part of the day, gap in activity, first day. Rules C1, C4,
// F3, F4.
#pragma once

#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "ignition/rules/preferences.hpp"
#include "ignition/time.hpp"

namespace ignition::rules {

// By the wall clock: morning until noon, afternoon until 17:00, then evening.
enum class PartOfDay : std::uint8_t { morning, afternoon, evening };
BOOST_DESCRIBE_ENUM(PartOfDay, morning, afternoon, evening)

PartOfDay part_of_day(const TimeZone& zone, Instant now);
std::string_view greeting(PartOfDay part);  // "Good morning" ...

// When an absence counts as a gap.
struct GapLimit {
  GapMode mode = GapMode::elapsed;
  int hours = 48;
  int days = 2;
};
// The user's choice where there is one, else the system's (rule C4).
GapLimit gap_limit(const TodayPrefs& prefs, const TodayConfig& config);

// Whole local days between the day of the last activity and today on which nothing was done; never negative.
int full_days_missed(const Calendar& calendar, Instant last_activity, Instant now);

// True when the user was last active long enough ago (equal counts). False without any activity and for activity in the
// future.
bool returning_after_gap(const Calendar& calendar, std::optional<Instant> last_activity, Instant now,
                         const GapLimit& limit);

// True on the local date of the sign-up and, while nothing was ever completed, for 24 hours after it.
bool first_day(const Calendar& calendar, Instant created_at, std::int64_t completions_total, Instant now);

}  // namespace ignition::rules
