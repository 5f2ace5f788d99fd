#include "ignition/rules/icalendar.hpp"

#include <doctest/doctest.h>
#include <libical/ical.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

#include "ignition/describe.hpp"
#include "ignition/error.hpp"
#include "support/vectors.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

std::string time_text(Instant t) { return recurrence_id(t, false); }
std::string date_text(Instant t) { return recurrence_id(t, true); }

std::vector<std::string> texts(test::Value list) {
  std::vector<std::string> result;
  for (const test::Value v : list.get_array()) result.emplace_back(v.get_string().value());
  return result;
}

std::vector<std::string> keys(const std::vector<Instant>& instants, bool all_day) {
  std::vector<std::string> result;
  for (const Instant t : instants) result.push_back(recurrence_id(t, all_day));
  return result;
}

void check_times(const CalendarEvent& event, test::Value wanted) {
  const bool all_day = event.series.start.all_day;
  CHECK(all_day == test::boolean(wanted, "all_day"));
  const Instant end = event.start() + event.length.value_or(Micros(0));
  if (all_day) {
    CHECK(date_text(event.start()) == test::text(wanted, "start_date"));
    CHECK(date_text(end) == test::text(wanted, "end_date"));
    CHECK_FALSE(test::has(wanted, "timezone"));
  } else {
    CHECK(time_text(event.start()) == test::text(wanted, "start_time"));
    CHECK((event.length ? time_text(end) : "") == test::text(wanted, "end_time", ""));
    CHECK(event.series.start.zone.name() == test::text(wanted, "timezone"));
  }
  CHECK((event.series.rule ? text_of(*event.series.rule, all_day) : "") == test::text(wanted, "recurrence_rule", ""));
  CHECK(keys(event.series.exdates, all_day) == texts(wanted["exdates"]));
  CHECK(keys(event.series.rdates, all_day) == texts(wanted["rdates"]));
}

void check_event(const CalendarEvent& event, test::Value wanted) {
  CHECK(event.uid == test::text(wanted, "uid"));
  CHECK(event.face.title == test::text(wanted, "title"));
  CHECK(event.face.description == test::maybe_text(wanted, "description"));
  CHECK(event.face.location == test::maybe_text(wanted, "location"));
  CHECK(name_of(event.face.event_type) == test::text(wanted, "event_type"));
  CHECK(name_of(event.face.status) == test::text(wanted, "status"));
  CHECK(event.face.busy == test::boolean(wanted, "busy"));
  CHECK(event.face.reminder_minutes.value_or(-1) == test::integer(wanted, "reminder_minutes", -1));
  check_times(event, wanted);
  std::size_t i = 0;
  for (const test::Value o : wanted["overrides"].get_array()) {
    REQUIRE(i < event.overrides.size());
    const CalendarOverride& found = event.overrides[i++];
    CHECK(found.recurrence_id == test::instant(o, "recurrence_id"));
    CHECK(found.start == test::maybe_instant(o, "start_time"));
    CHECK(found.end == test::maybe_instant(o, "end_time"));
    CHECK(found.title == test::maybe_text(o, "title"));
    CHECK(found.cleared.empty());
  }
  CHECK(event.overrides.size() == i);
}

std::string calendar(const std::string& body) { return "BEGIN:VCALENDAR\r\n" + body + "END:VCALENDAR\r\n"; }
std::string vevent(const std::string& body) { return "BEGIN:VEVENT\r\n" + body + "END:VEVENT\r\n"; }

CalendarImport read(const std::string& text) { return read_icalendar(text, TimeZone::find("Europe/Berlin").value()); }

std::string refusal(const std::string& text) {
  try {
    read(text);
  } catch (const Error& error) {
    return std::string(name_of(error.code())) + " " + error.reason();
  }
  return "accepted";
}

std::string skip_of(const std::string& body) {
  const CalendarImport result = read(calendar(vevent(body)));
  return result.skipped.empty() ? "accepted" : result.skipped[0].reason;
}

Instant at(std::string_view text) { return Instant::parse(text).value(); }

CalendarEvent arbitrary_event(int number) {
  const char* zone = *rc::gen::element("Europe/Berlin", "America/New_York", "UTC", "Australia/Lord_Howe");
  const bool all_day = *rc::gen::inRange(0, 4) == 0;
  const LocalDate date = LocalDate::of(2026, 3, 1) + *rc::gen::inRange(0, 300);
  const int minute = *rc::gen::inRange(0, 24 * 60);
  CalendarEvent event{.uid = "event-" + std::to_string(number)};
  event.series.start =
      all_day ? SeriesStart::on(date)
              : SeriesStart::timed(WallTime::at(date, minute / 60, minute % 60), TimeZone::find(zone).value());
  if (all_day || *rc::gen::inRange(0, 3) > 0) {
    event.length = all_day ? Micros(std::chrono::hours(24 * *rc::gen::inRange(1, 4)))
                           : Micros(std::chrono::minutes(*rc::gen::inRange(0, 2000)));
  }
  event.face.title = *rc::gen::element<std::string>("Plan, review; ship", "B\\C",
                                                    "\xC3\x9C"
                                                    "bung",
                                                    "(no title)", std::string(199, 'x') + "y");
  if (*rc::gen::inRange(0, 2) == 1) event.face.description = "First\nsecond, third";
  if (*rc::gen::inRange(0, 2) == 1) event.face.color = "#a0b1c2";
  if (*rc::gen::inRange(0, 2) == 1) event.face.reminder_minutes = *rc::gen::inRange(0, 40'321);
  event.face.event_type = static_cast<EventType>(*rc::gen::inRange(0, 10));
  event.face.busy = *rc::gen::inRange(0, 2) == 1;
  event.sequence = *rc::gen::inRange(0, 5);
  if (*rc::gen::inRange(0, 2) == 0) return event;

  const char* rule =
      *rc::gen::element("FREQ=DAILY;COUNT=9", "FREQ=WEEKLY", "FREQ=MONTHLY;UNTIL=20270601", "FREQ=DAILY;BYDAY=SU,TU");
  event.series.rule = parse_recurrence(rule, event.series.start);
  event.series.start.wall = series_start(*event.series.rule, event.series.start).value();
  const auto starts = expand(event.series, whole_time(), 4).starts;
  if (starts.size() < 4) return event;
  event.series.exdates = {starts[1]};
  CalendarOverride own{.recurrence_id = starts[2], .title = "Own title"};
  own.start = starts[2] + std::chrono::hours(24);
  if (event.face.description) own.cleared = {"description"};
  event.overrides = {own};
  return event;
}

}  // namespace

TEST_CASE("calendars are read as in the vectors") {
  const test::Vectors vectors("planning/ics_import.json");
  int cases = 0;
  for (const test::Value c : vectors["cases"].get_array()) {
    CAPTURE(test::text(c, "id"));
    const TimeZone zone = TimeZone::find(test::text(c, "user_timezone")).value();
    const CalendarImport found = read_icalendar(test::text(c, "ics"), zone);
    const test::Value wanted = c["expect"];
    std::size_t i = 0;
    for (const test::Value v : wanted["events"].get_array()) {
      REQUIRE(i < found.events.size());
      check_event(found.events[i++], v);
    }
    CHECK(found.events.size() == i);
    std::vector<SkippedEvent> skipped;
    for (const test::Value v : wanted["skipped"].get_array()) {
      skipped.push_back({test::text(v, "uid"), test::text(v, "reason")});
    }
    CHECK(found.skipped == skipped);
    CHECK(found.ignored_components == test::integer(wanted, "ignored_components"));
    ++cases;
  }
  CHECK(cases == 19);
}

TEST_CASE("a calendar that is written is read back the same, and gives the same bytes again") {
  CHECK(rc::check([] {
    std::vector<CalendarEvent> events;
    for (int i = *rc::gen::inRange(0, 5); i > 0; --i) events.push_back(arbitrary_event(i));
    const std::string text = write_icalendar(events);
    const CalendarImport found = read(text);
    RC_ASSERT(found.skipped.empty());
    RC_ASSERT(found.events.size() == events.size());
    for (const CalendarEvent& event : events) {
      const auto same = std::ranges::find(found.events, event.uid, &CalendarEvent::uid);
      RC_ASSERT(same != found.events.end());
      RC_ASSERT(same->face == event.face);
      RC_ASSERT(same->series.start == event.series.start);
      RC_ASSERT(same->series.rule == event.series.rule);
      RC_ASSERT(same->series.exdates == event.series.exdates);
      RC_ASSERT(same->length == event.length);
      RC_ASSERT(same->sequence == event.sequence);
      RC_ASSERT(same->overrides.size() == event.overrides.size());
      if (!event.overrides.empty()) {
        RC_ASSERT(same->overrides[0].start == event.overrides[0].start);
        RC_ASSERT(same->overrides[0].title == event.overrides[0].title);
        RC_ASSERT(same->overrides[0].cleared == event.overrides[0].cleared);
      }
    }
    RC_ASSERT(write_icalendar(found.events) == text);
  }));
}

TEST_CASE("libical reads what is written without an error") {
  CHECK(rc::check([] {
    std::vector<CalendarEvent> events;
    for (int i = *rc::gen::inRange(1, 4); i > 0; --i) events.push_back(arbitrary_event(i));
    icalcomponent* root = icalparser_parse_string(write_icalendar(events).c_str());
    const bool is_read = root != nullptr;
    RC_ASSERT(is_read);
    RC_ASSERT(icalcomponent_count_errors(root) == 0);
    int count = 0;
    for (icalcomponent* c = icalcomponent_get_first_component(root, ICAL_VEVENT_COMPONENT); c != nullptr;
         c = icalcomponent_get_next_component(root, ICAL_VEVENT_COMPONENT)) {
      ++count;
      if (icalcomponent_get_recurrenceid(c).year != 0) continue;
      const auto event = std::ranges::find(events, std::string(icalcomponent_get_uid(c)), &CalendarEvent::uid);
      RC_ASSERT(event != events.end());
      RC_ASSERT(std::string(icalcomponent_get_summary(c)) == event->face.title);
      const icaltimetype start = icalcomponent_get_dtstart(c);
      RC_ASSERT((start.is_date != 0) == event->series.start.all_day);
      RC_ASSERT(
          WallTime::at(LocalDate::of(start.year, static_cast<unsigned>(start.month), static_cast<unsigned>(start.day)),
                       start.hour, start.minute, start.second) == event->series.start.wall);
    }
    std::size_t wanted = events.size();
    for (const CalendarEvent& event : events) wanted += event.overrides.size();
    RC_ASSERT(static_cast<std::size_t>(count) == wanted);
    icalcomponent_free(root);
  }));
}

TEST_CASE("long lines are folded between characters") {
  std::string title;
  for (int i = 0; i < 80; ++i) title += "\xC3\xA4";
  CalendarEvent event{.uid = "u", .face = {.title = title}};
  const std::string text = write_icalendar({&event, 1});
  std::size_t begin = 0;
  int of_title = 0;
  for (std::size_t end; (end = text.find("\r\n", begin)) != std::string::npos; begin = end + 2) {
    const std::string line = text.substr(begin, end - begin);
    CHECK(line.size() <= 75);
    if (line.find("\xC3\xA4") != std::string::npos) {
      ++of_title;
      CHECK((static_cast<unsigned char>(line.back()) & 0xC0) == 0x80);
    }
  }
  CHECK(of_title == 3);
  CHECK(read(text).events[0].face.title == title);
}

TEST_CASE("events that cannot be are skipped with a reason") {
  const std::string start = "UID:a\r\nDTSTART:20260114T090000Z\r\n";
  CHECK(skip_of(start) == "accepted");
  CHECK(skip_of(start + "DTEND:20270114T090000Z\r\n") == "too_long");
  CHECK(skip_of("DTSTART;VALUE=DATE:20260501\r\nDTEND;VALUE=DATE:20270601\r\n") == "too_long");
  CHECK(skip_of("DTSTART;VALUE=DATE:20260501\r\nDTEND;VALUE=DATE:20260701\r\nRRULE:FREQ=YEARLY\r\n") == "too_long");
  CHECK(skip_of("DTSTART:19691231T090000Z\r\n") == "out_of_range");
  CHECK(skip_of("DTSTART:20260230T090000Z\r\n") == "no_dtstart");
  CHECK(skip_of(start + "DTEND:soon\r\n") == "invalid_date");
  CHECK(skip_of(start + "DURATION:-PT1H\r\n") == "end_before_start");
  CHECK(skip_of(start + "RRULE:FREQ=DAILY\r\nRRULE:FREQ=WEEKLY\r\n") == "multiple_rrule");
  CHECK(skip_of(start + "RRULE:FREQ=FORTNIGHTLY\r\n") == "rrule:syntax");
  CHECK(skip_of(start + "RECURRENCE-ID;RANGE=THISANDFUTURE:20260114T090000Z\r\n") == "range_unsupported");
  std::string dates = "20260115T090000Z";
  for (int i = 1; i < 500; ++i) dates += ",20260115T090000Z";
  CHECK(skip_of(start + "RRULE:FREQ=DAILY\r\nEXDATE:" + dates + "\r\n") == "accepted");
  CHECK(skip_of(start + "RRULE:FREQ=DAILY\r\nEXDATE:" + dates + ",20260115T090000Z\r\n") == "too_many_dates");
  std::string lines;
  for (int i = 0; i < 2000; ++i) lines += "X-A:b\r\n";
  CHECK(skip_of(start + lines) == "too_many_lines");
}

TEST_CASE("texts that are no calendars end in an error") {
  CHECK(refusal("") == "VALIDATION_ERROR not_icalendar");
  CHECK(refusal("BEGIN:VEVENT\r\nEND:VEVENT\r\n") == "VALIDATION_ERROR not_icalendar");
  CHECK(refusal("BEGIN:VCALENDAR\r\n") == "VALIDATION_ERROR malformed");
  CHECK(refusal(calendar("BEGIN:VEVENT\r\n")) == "VALIDATION_ERROR malformed");
  CHECK(refusal(calendar("SUMMARY:\xFF\r\n")) == "VALIDATION_ERROR not_utf8");
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "BEGIN:VEVENT\r\n";
  CHECK(refusal(calendar(deep)) == "VALIDATION_ERROR malformed");
  CHECK(refusal(std::string(6 * 1024 * 1024, 'x')) == "PAYLOAD_TOO_LARGE ");
  std::string many;
  for (int i = 0; i <= 5000; ++i) many += vevent("");
  CHECK(refusal(calendar(many)) == "VALIDATION_ERROR too_many_events");
}

TEST_CASE("exceptions of unknown series are single events, of stored ones are handed over") {
  const std::string text =
      calendar(vevent("UID:s\r\nRECURRENCE-ID:20260106T090000Z\r\nDTSTART:20260106T100000Z\r\nSUMMARY:X\r\n"));
  const CalendarImport alone = read(text);
  REQUIRE(alone.events.size() == 1);
  CHECK(alone.events[0].uid == "s#2026-01-06T09:00:00Z");
  CHECK(time_text(alone.events[0].start()) == "2026-01-06T10:00:00Z");
  const std::vector<std::string> stored{"s"};
  const CalendarImport known = read_icalendar(text, TimeZone(), stored);
  CHECK(known.events.empty());
  REQUIRE(known.instances.size() == 1);
  CHECK(known.instances[0].recurrence_id == at("2026-01-06T09:00:00Z"));
  CHECK(read(calendar(vevent("UID:c\r\nDTSTART:20260106T100000Z\r\nSTATUS:CANCELLED\r\n"))).cancelled_uids ==
        std::vector<std::string>{"c"});
}

TEST_CASE("a zone that only the file knows is followed through its clock changes") {
  const std::string zone =
      "BEGIN:VTIMEZONE\r\nTZID:Office\r\n"
      "BEGIN:STANDARD\r\nDTSTART:16011104T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU\r\n"
      "TZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\nEND:STANDARD\r\n"
      "BEGIN:DAYLIGHT\r\nDTSTART:16010311T020000\r\nRRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU\r\n"
      "TZOFFSETFROM:-0500\r\nTZOFFSETTO:-0400\r\nEND:DAYLIGHT\r\nEND:VTIMEZONE\r\n";
  const TimeZone same = TimeZone::find("America/New_York").value();
  for (const char* time : {"20260114T090000", "20260701T090000", "20260308T023000", "20261101T013000"}) {
    CAPTURE(time);
    const CalendarImport found =
        read(calendar(zone + vevent("UID:z\r\nDTSTART;TZID=Office:" + std::string(time) + "\r\n")));
    REQUIRE(found.events.size() == 1);
    const CalendarImport wanted =
        read(calendar(vevent("UID:z\r\nDTSTART;TZID=America/New_York:" + std::string(time) + "\r\n")));
    CHECK(found.events[0].start() == wanted.events[0].start());
    CHECK(found.events[0].series.start.zone.name() == "Europe/Berlin");
    CHECK(wanted.events[0].series.start.zone == same);
  }
}

TEST_CASE("an event without UID is found again by its start and title") {
  const std::string text = calendar(vevent("DTSTART:20260114T090000Z\r\nSUMMARY:Gym\r\n"));
  CHECK(read(text).events[0].uid.size() == 39);
  CHECK(read(text).events[0].uid == read(text).events[0].uid);
  CHECK(read(text).events[0].uid.starts_with("import-"));
}
