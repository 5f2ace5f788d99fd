// Writing iCalendar: rule I9.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "icalendar_lines.hpp"
#include "ignition/describe.hpp"
#include "ignition/offset_span.hpp"
#include "ignition/rules/icalendar.hpp"

namespace ignition::rules {
namespace {

std::string basic_wall(WallTime wall) {
  std::string text = basic_recurrence_id({wall.us}, false);
  text.pop_back();
  return text;
}

std::string basic_utc(Instant t) { return basic_recurrence_id(t, false); }

std::string upper_name(EventType type) {
  std::string name(name_of(type));
  for (char& c : name) c = static_cast<char>(c - 'a' + 'A');
  return name;
}

std::string offset_text(Micros offset) {
  const std::int64_t seconds = offset.count() / 1'000'000;
  const std::int64_t size = seconds < 0 ? -seconds : seconds;
  std::string text = fmt::format("{}{:02}{:02}", seconds < 0 ? '-' : '+', size / 3600, size / 60 % 60);
  if (size % 60 != 0) text += fmt::format("{:02}", size % 60);
  return text;
}

// The jumps of a zone from the year of the first event on, as far as tables of zones reach; series without end are
// beyond that in the hands of who knows the zone by its name.
constexpr int kLastJumpYear = 2037;

void append_observance(std::string& out, WallTime onset, Micros from, Micros to) {
  const char* kind = to > from ? "DAYLIGHT" : "STANDARD";
  append_folded(out, fmt::format("BEGIN:{}", kind));
  append_folded(out, "DTSTART:" + basic_wall(onset));
  append_folded(out, "TZOFFSETFROM:" + offset_text(from));
  append_folded(out, "TZOFFSETTO:" + offset_text(to));
  append_folded(out, fmt::format("END:{}", kind));
}

void append_zone(std::string& out, const TimeZone& zone, int first_year) {
  append_folded(out, "BEGIN:VTIMEZONE");
  append_folded(out, "TZID:" + zone.name());
  const Instant begin{WallTime::at(LocalDate::of(first_year, 1, 1), 0).us};
  const Instant end{WallTime::at(LocalDate::of(kLastJumpYear, 1, 1), 0).us};
  OffsetSpan span = offset_span(zone, begin);
  append_observance(out, WallTime{begin.us}, span.offset, span.offset);
  while (span.end < end) {
    const OffsetSpan next = offset_span(zone, span.end);
    if (next.offset != span.offset)
      append_observance(out, {span.end.us + span.offset.count()}, span.offset, next.offset);
    if (next.end <= span.end) break;
    span = next;
  }
  append_folded(out, "END:VTIMEZONE");
}

class EventWriter {
 public:
  EventWriter(std::string& out, const CalendarEvent& event)
      : out_(out), event_(event), zone_(event.series.start.zone) {}

  void write() {
    const Series& series = event_.series;
    begin({});
    face(event_.face);
    line("DTSTART" + wall_value(series.start.wall));
    if (event_.length) line("DTEND" + time_value(event_.start() + *event_.length));
    if (series.rule) line("RRULE:" + text_of(*series.rule, all_day()));
    for (const Instant t : series.exdates) line("EXDATE" + time_value(t));
    for (const Instant t : series.rdates) line("RDATE" + time_value(t));
    end(event_.face, event_.completed_at);
    for (const CalendarOverride& o : event_.overrides) write_override(o);
  }

 private:
  bool all_day() const { return event_.series.start.all_day; }
  void line(std::string_view text) { append_folded(out_, text); }
  void text(std::string_view name, const std::optional<std::string>& value) {
    if (value) line(std::string(name) + ":" + escaped(*value));
  }

  // `;VALUE=DATE:20260501`, `:...Z`, or `;TZID=...:` with the wall time.
  std::string wall_value(WallTime wall) const {
    if (all_day()) return ";VALUE=DATE:" + basic_recurrence_id({wall.us}, true);
    if (zone_ == TimeZone()) return ":" + basic_utc({wall.us});
    return ";TZID=" + zone_.name() + ":" + basic_wall(wall);
  }
  // The second of two equal wall times has no name but UTC.
  std::string time_value(Instant t) const {
    if (all_day()) return wall_value({t.us});
    const WallTime wall = zone_.wall(t);
    return zone_.instant(wall) == t ? wall_value(wall) : ":" + basic_utc(t);
  }

  void begin(std::optional<Instant> recurrence_id) {
    line("BEGIN:VEVENT");
    text("UID", event_.uid);
    if (recurrence_id) line("RECURRENCE-ID" + time_value(*recurrence_id));
    line("DTSTAMP:" + basic_utc(event_.updated_at));
    line("CREATED:" + basic_utc(event_.created_at));
    line("LAST-MODIFIED:" + basic_utc(event_.updated_at));
    line(fmt::format("SEQUENCE:{}", event_.sequence));
  }

  void face(const EventFace& f) {
    text("SUMMARY", f.title);
    text("DESCRIPTION", f.description);
    text("LOCATION", f.location);
  }

  void end(const EventFace& f, std::optional<Instant> completed_at) {
    const char* status = f.status == EventStatus::tentative   ? "TENTATIVE"
                         : f.status == EventStatus::cancelled ? "CANCELLED"
                                                              : "CONFIRMED";
    line(fmt::format("STATUS:{}", status));
    line("CATEGORIES:" + upper_name(f.event_type));
    line(f.busy ? "TRANSP:OPAQUE" : "TRANSP:TRANSPARENT");
    line("X-IGNITION-TYPE:" + std::string(name_of(f.event_type)));
    if (f.color) line("X-IGNITION-COLOR:" + *f.color);
    if (completed_at) line("X-IGNITION-COMPLETED:" + basic_utc(*completed_at));
    if (f.reminder_minutes) {
      line("BEGIN:VALARM");
      line("ACTION:DISPLAY");
      text("DESCRIPTION", f.title);
      line(fmt::format("TRIGGER:-PT{}M", *f.reminder_minutes));
      line("END:VALARM");
    }
    line("END:VEVENT");
  }

  void write_override(const CalendarOverride& o) {
    const auto clears = [&](std::string_view name) { return std::ranges::find(o.cleared, name) != o.cleared.end(); };
    EventFace f = event_.face;
    if (o.title) f.title = *o.title;
    if (o.description || clears("description")) f.description = o.description;
    if (o.location || clears("location")) f.location = o.location;
    if (o.color || clears("color")) f.color = o.color;
    if (o.reminder_minutes || clears("reminder_minutes")) f.reminder_minutes = o.reminder_minutes;
    f.event_type = o.event_type.value_or(f.event_type);
    f.status = o.status.value_or(f.status);
    f.busy = o.busy.value_or(f.busy);
    begin(o.recurrence_id);
    face(f);
    const Instant start = o.start.value_or(o.recurrence_id);
    line("DTSTART" + time_value(start));
    if (o.end) {
      line("DTEND" + time_value(*o.end));
    } else if (event_.length && !clears("end")) {
      line("DTEND" + time_value(start + *event_.length));
    }
    end(f, o.completed_at);
  }

  std::string& out_;
  const CalendarEvent& event_;
  const TimeZone& zone_;
};

}  // namespace

std::string write_icalendar(std::span<const CalendarEvent> events) {
  std::vector<const CalendarEvent*> order;
  std::set<std::string> zones;
  int first_year = kLastJumpYear;
  for (const CalendarEvent& event : events) {
    order.push_back(&event);
    first_year = std::min(first_year, event.series.start.wall.date().year() - 1);
    if (!event.series.start.all_day && event.series.start.zone != TimeZone())
      zones.insert(event.series.start.zone.name());
  }
  std::ranges::sort(order, [](const CalendarEvent* a, const CalendarEvent* b) {
    return std::tuple(a->start(), a->uid) < std::tuple(b->start(), b->uid);
  });

  std::string out;
  for (const char* line : {"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Ignition//Ignition 1.0//EN",
                           "CALSCALE:GREGORIAN", "X-WR-CALNAME:Ignition"}) {
    append_folded(out, line);
  }
  for (const std::string& name : zones) append_zone(out, TimeZone::or_utc(name), first_year);
  for (const CalendarEvent* event : order) EventWriter(out, *event).write();
  append_folded(out, "END:VCALENDAR");
  return out;
}

}  // namespace ignition::rules
