// The zones that a calendar's times name: rule I3.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "icalendar_lines.hpp"
#include "ignition/time.hpp"

namespace ignition::rules {

// An IANA zone by its own name, by the end of a longer name, or by the name that Windows gives it.
std::optional<TimeZone> named_zone(std::string_view name);

// A zone as a VTIMEZONE defines it.
class DefinedZone {
 public:
  // Nothing when there is no usable observance.
  static std::optional<DefinedZone> read(const CalendarComponent& vtimezone);
  // As TimeZone::instant(): in a gap the offset before it, of two instants the earlier.
  Instant instant(WallTime wall) const;

 private:
  struct Jump {
    Instant at;
    std::int64_t from = 0;  // microseconds east of UTC before the jump
    std::int64_t to = 0;
  };
  std::vector<Jump> jumps_;  // ascending
};

// All zones of a calendar. Times of a defined zone are stored in the user's.
class CalendarZones {
 public:
  CalendarZones(const std::vector<CalendarComponent>& components, const TimeZone& user);

  struct Zone {
    TimeZone stored;
    const DefinedZone* defined = nullptr;
    Instant instant(WallTime wall) const { return defined ? defined->instant(wall) : stored.instant(wall); }
  };
  // Nothing for a name that is nowhere defined.
  std::optional<Zone> find(std::string_view tzid);
  Zone user() const { return {user_, nullptr}; }

 private:
  TimeZone user_;
  std::map<std::string, const CalendarComponent*, std::less<>> definitions_;
  std::map<std::string, std::optional<DefinedZone>, std::less<>> read_;
};

}  // namespace ignition::rules
