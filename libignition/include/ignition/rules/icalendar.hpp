// iCalendar (RFC 5545): a calendar's text to events and back (rules I1 to I9). Pure: what is already stored is for the
// caller to compare.
#pragma once

#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/rules/recurrence.hpp"

namespace ignition::rules {

enum class EventType : std::uint8_t {
  general,
  meeting,
  appointment,
  workout,
  focus,
  habit,
  goal,
  reminder,
  task,
  other
};
BOOST_DESCRIBE_ENUM(EventType, general, meeting, appointment, workout, focus, habit, goal, reminder, task, other)
enum class EventStatus : std::uint8_t { confirmed, tentative, cancelled };
BOOST_DESCRIBE_ENUM(EventStatus, confirmed, tentative, cancelled)

// What an event shows, besides its times.
struct EventFace {
  std::string title;
  std::optional<std::string> description;
  std::optional<std::string> location;
  std::optional<std::string> color;  // `#rrggbb`
  EventType event_type = EventType::general;
  EventStatus status = EventStatus::confirmed;
  bool busy = true;
  std::optional<int> reminder_minutes;
  friend bool operator==(const EventFace&, const EventFace&) = default;
};

// What differs in one instance; nothing set is inherited. `cleared` names what is explicitly nothing: description,
// location, color, reminder_minutes, end.
struct CalendarOverride {
  Instant recurrence_id;
  std::optional<Instant> start;
  std::optional<Instant> end;  // set when start or length differ from the series
  std::optional<std::string> title;
  std::optional<std::string> description;
  std::optional<std::string> location;
  std::optional<std::string> color;
  std::optional<EventType> event_type;
  std::optional<EventStatus> status;
  std::optional<bool> busy;
  std::optional<int> reminder_minutes;
  std::vector<std::string> cleared;
  std::optional<Instant> completed_at;
  friend bool operator==(const CalendarOverride&, const CalendarOverride&) = default;
};

struct CalendarEvent {
  std::string uid;
  Series series;                 // of a single event only its start
  std::optional<Micros> length;  // none: no end. All-day: whole days
  EventFace face;
  int sequence = 0;
  std::optional<Instant> completed_at;
  std::vector<CalendarOverride> overrides;  // ascending by recurrence_id
  Instant created_at;                       // written, not read
  Instant updated_at;

  Instant start() const { return series.start.zone.instant(series.start.wall); }
};

struct SkippedEvent {
  std::string uid;
  std::string reason;
  friend bool operator==(const SkippedEvent&, const SkippedEvent&) = default;
};

// An instance of a series that is not in the file but stored.
struct StoredInstance {
  std::string uid;
  Instant recurrence_id;
  bool cancelled = false;
  CalendarEvent event;  // single, complete
};

struct CalendarImport {
  std::vector<CalendarEvent> events;        // in the order in which their UIDs first stand in the file
  std::vector<std::string> cancelled_uids;  // masters with STATUS:CANCELLED
  std::vector<StoredInstance> instances;    // of stored_uids
  std::vector<SkippedEvent> skipped;
  int ignored_components = 0;
};

inline constexpr std::size_t kMaxCalendarBytes = 5 * 1024 * 1024;
inline constexpr std::size_t kMaxCalendarEvents = 5000;
inline constexpr std::size_t kMaxEventDates = 500;  // exdates, and rdates, of one event
inline constexpr std::size_t kMaxEventLines = 2000;

// Reads a calendar. Floating times are read in `user_zone`. Reasons of skipped events: no_dtstart, end_before_start,
// too_long, out_of_range (years), unknown_timezone, rrule:<reason of parse_recurrence>, multiple_rrule,
// range_unsupported, too_many_dates, too_many_lines, invalid_date. Instances of series in neither the file nor
// `stored_uids` become single events `<uid>#<recurrence_id>`. Throws VALIDATION_ERROR for field `ics`: not_icalendar,
// not_utf8, malformed (components that do not end or nest too deep), too_many_events; PAYLOAD_TOO_LARGE beyond
// kMaxCalendarBytes.
CalendarImport read_icalendar(std::string_view text, const TimeZone& user_zone,
                              std::span<const std::string> stored_uids = {});

// One calendar with all events; the same events give the same bytes. Leave texts out (as nothing) that must not leave
// the library, such as encrypted ones.
std::string write_icalendar(std::span<const CalendarEvent> events);

}  // namespace ignition::rules
