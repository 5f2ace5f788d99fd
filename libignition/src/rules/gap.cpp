#include "ignition/rules/gap.hpp"

#include <algorithm>

namespace ignition::rules {

PartOfDay part_of_day(const TimeZone& zone, Instant now) {
  const int hour = zone.wall(now).hour();
  if (hour < 12) return PartOfDay::morning;
  return hour < 17 ? PartOfDay::afternoon : PartOfDay::evening;
}

std::string_view greeting(PartOfDay part) {
  switch (part) {
    case PartOfDay::morning:
      return "Good morning";
    case PartOfDay::afternoon:
      return "Good afternoon";
    case PartOfDay::evening:
      break;
  }
  return "Good evening";
}

GapLimit gap_limit(const TodayPrefs& prefs, const TodayConfig& config) {
  return {.mode = prefs.gap_mode.value_or(config.gap_mode),
          .hours = prefs.gap_threshold_hours.value_or(config.gap_threshold_hours),
          .days = prefs.gap_threshold_days.value_or(config.gap_threshold_days)};
}

int full_days_missed(const Calendar& calendar, Instant last_activity, Instant now) {
  return std::max(0, calendar.date_of(now) - calendar.date_of(last_activity) - 1);
}

bool returning_after_gap(const Calendar& calendar, std::optional<Instant> last_activity, Instant now,
                         const GapLimit& limit) {
  if (!last_activity || *last_activity > now) return false;
  if (limit.mode == GapMode::elapsed) return now - *last_activity >= std::chrono::hours(limit.hours);
  return full_days_missed(calendar, *last_activity, now) >= limit.days;
}

bool first_day(const Calendar& calendar, Instant created_at, std::int64_t completions_total, Instant now) {
  if (calendar.date_of(created_at) == calendar.date_of(now)) return true;
  const Micros age = now - created_at;
  return completions_total == 0 && age >= Micros(0) && age < std::chrono::hours(24);
}

}  // namespace ignition::rules
