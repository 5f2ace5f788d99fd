// Reading iCalendar: rules I1 to I8.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "icalendar_lines.hpp"
#include "icalendar_zones.hpp"
#include "ignition/describe.hpp"
#include "ignition/error.hpp"
#include "ignition/rules/captures.hpp"
#include "ignition/rules/icalendar.hpp"
#include "ignition/sha256.hpp"
#include "ignition/types.hpp"
#include "text.hpp"

namespace ignition::rules {
namespace {

constexpr std::int64_t kDay = 86'400'000'000;
constexpr int kFirstEventYear = 1970;

// Why an event is left out.
struct Skip {
  std::string reason;
};

// DATE or DATE-TIME (RFC 5545, 3.3.4 and 3.3.5).
struct CalendarTime {
  WallTime wall;
  bool is_date = false;
  bool is_utc = false;
};

std::optional<CalendarTime> parse_time(std::string_view text) {
  if (text.size() < 8) return {};
  const std::string date = fmt::format("{}-{}-{}", text.substr(0, 4), text.substr(4, 2), text.substr(6, 2));
  if (text.size() == 8) {
    const auto day = LocalDate::parse(date);
    if (!day) return {};
    return CalendarTime{WallTime::at(*day, 0), true, false};
  }
  const bool utc = text.size() == 16 && text[15] == 'Z';
  if (text[8] != 'T' || (!utc && text.size() != 15)) return {};
  // A leap second is the second before it.
  const std::string_view second = text.substr(13, 2) == "60" ? "59" : text.substr(13, 2);
  const auto wall = Instant::parse(fmt::format("{}T{}:{}:{}Z", date, text.substr(9, 2), text.substr(11, 2), second));
  if (!wall) return {};
  return CalendarTime{{wall->us}, false, utc};
}

// DURATION (RFC 5545, 3.3.6): days are counted on the calendar, the rest is exact.
struct CalendarDuration {
  std::int64_t days = 0;
  std::int64_t seconds = 0;
  bool negative = false;
};

std::optional<CalendarDuration> parse_duration_value(std::string_view text) {
  CalendarDuration duration;
  duration.negative = text.starts_with('-');
  if (duration.negative || text.starts_with('+')) text.remove_prefix(1);
  if (!text.starts_with('P')) return {};
  text.remove_prefix(1);
  bool in_time = false;
  bool any = false;
  while (!text.empty()) {
    if (text[0] == 'T') {
      in_time = true;
      text.remove_prefix(1);
      continue;
    }
    const std::size_t end = text.find_first_not_of("0123456789");
    if (end == std::string_view::npos || end > 6) return {};
    const auto value = whole_number(text.substr(0, end));
    if (!value) return {};
    const char unit = text[end];
    if (unit == 'W' && !in_time) {
      duration.days += 7 * *value;
    } else if (unit == 'D' && !in_time) {
      duration.days += *value;
    } else if (in_time && (unit == 'H' || unit == 'M' || unit == 'S')) {
      duration.seconds += *value * (unit == 'H' ? 3600 : unit == 'M' ? 60 : 1);
    } else {
      return {};
    }
    any = true;
    text.remove_prefix(end + 1);
  }
  if (!any) return {};
  return duration;
}

std::optional<EventType> event_type_named(std::string_view name) {
  std::string lower(trimmed(name));
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  for (int i = 0; i <= static_cast<int>(EventType::other); ++i) {
    if (name_of(static_cast<EventType>(i)) == lower) return static_cast<EventType>(i);
  }
  return {};
}

// Text of a line, trimmed at nothing, cut at the limit of its field; nothing when it is empty.
std::optional<std::string> text_of(const CalendarComponent& event, std::string_view name, std::size_t most) {
  const ContentLine* line = event.find(name);
  if (!line) return {};
  const std::string text = unescaped(line->value);
  if (text.empty()) return {};
  return std::string(first_code_points(text, most));
}

std::optional<int> reminder_of(const CalendarComponent& event) {
  for (const CalendarComponent& child : event.children) {
    if (child.name != "VALARM") continue;
    const ContentLine* trigger = child.find("TRIGGER");
    if (!trigger || trigger->parameter("RELATED") == "END") continue;
    const auto before = parse_duration_value(trigger->value);
    if (!before) continue;
    const std::int64_t seconds = before->days * 86'400 + before->seconds;
    if (!before->negative && seconds != 0) continue;
    if (seconds / 60 > 40'320) continue;
    return static_cast<int>(seconds / 60);
  }
  return {};
}

EventType type_of(const CalendarComponent& event) {
  if (const ContentLine* own = event.find("X-IGNITION-TYPE")) {
    if (const auto type = event_type_named(own->value)) return *type;
  }
  for (const ContentLine* line : event.all("CATEGORIES")) {
    for (const std::string_view name : split_text(line->value, ',')) {
      if (const auto type = event_type_named(name)) return *type;
    }
  }
  return EventType::general;
}

std::optional<std::string> color_of(const CalendarComponent& event) {
  const ContentLine* line = event.find("X-IGNITION-COLOR");
  if (!line || !ColorFormat::accepts(line->value)) return {};
  std::string color = line->value;
  for (char& c : color) {
    if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
  }
  return color;
}

EventFace face_of(const CalendarComponent& event) {
  const ContentLine* summary = event.find("SUMMARY");
  const std::string title = summary ? unescaped(summary->value) : std::string();
  const std::string_view cut = trimmed(first_code_points(trimmed(title), 200));
  EventFace face{.title = cut.empty() ? "(no title)" : std::string(cut),
                 .description = text_of(event, "DESCRIPTION", 10'000),
                 .location = text_of(event, "LOCATION", 500),
                 .color = color_of(event),
                 .event_type = type_of(event),
                 .reminder_minutes = reminder_of(event)};
  if (const ContentLine* status = event.find("STATUS")) {
    if (status->value == "TENTATIVE") face.status = EventStatus::tentative;
    if (status->value == "CANCELLED") face.status = EventStatus::cancelled;
  }
  if (const ContentLine* transp = event.find("TRANSP")) face.busy = transp->value != "TRANSPARENT";
  return face;
}

std::string uid_of(const CalendarComponent& event) {
  if (const ContentLine* uid = event.find("UID"); uid && !trimmed(uid->value).empty()) {
    const std::string text = unescaped(uid->value);
    return std::string(first_code_points(trimmed(text), 255));
  }
  const auto value = [&](std::string_view name) {
    const ContentLine* line = event.find(name);
    return line ? line->value : std::string();
  };
  return "import-" + hex_text(sha256(value("DTSTART") + "|" + value("SUMMARY"))).substr(0, 32);
}

// Reads the times of one event (rules I2, I3 and I5).
class EventReader {
 public:
  EventReader(const CalendarComponent& component, CalendarZones& zones) : component_(component), zones_(zones) {}

  CalendarEvent read() {
    if (component_.line_count() > kMaxEventLines) throw Skip{"too_many_lines"};
    CalendarEvent event{.uid = uid_of(component_), .face = face_of(component_)};
    read_start(event.series);
    event.length = length_of(event.series.start);
    read_recurrence(event.series);
    check_length(event);
    if (const ContentLine* sequence = component_.find("SEQUENCE")) {
      event.sequence = static_cast<int>(whole_number(sequence->value).value_or(0));
    }
    if (const ContentLine* done = component_.find("X-IGNITION-COMPLETED")) {
      const auto time = parse_time(done->value);
      if (time && time->is_utc) event.completed_at = Instant{time->wall.us};
    }
    return event;
  }

  // The instance that RECURRENCE-ID names.
  Instant recurrence_id(const ContentLine& line, const SeriesStart& series) {
    const auto instant = key_of(line, line.value, series);
    if (!instant) throw Skip{"invalid_date"};
    return *instant;
  }

 private:
  CalendarZones::Zone zone_of(const ContentLine& line, const CalendarTime& time) {
    if (time.is_utc) return {TimeZone(), nullptr};
    const auto tzid = line.parameter("TZID");
    if (!tzid) return zones_.user();
    const auto zone = zones_.find(*tzid);
    if (!zone) throw Skip{"unknown_timezone"};
    return *zone;
  }

  void read_start(Series& series) {
    const ContentLine* line = component_.find("DTSTART");
    const auto time = line ? parse_time(line->value) : std::nullopt;
    if (!time) throw Skip{"no_dtstart"};
    if (time->is_date) {
      series.start = SeriesStart::on(time->wall.date());
    } else {
      const CalendarZones::Zone zone = zone_of(*line, *time);
      const WallTime wall = zone.defined ? zone.stored.wall(zone.instant(time->wall)) : time->wall;
      series.start = SeriesStart::timed(wall, zone.stored);
    }
    check_year(series.start.wall);
  }

  static void check_year(WallTime wall) {
    const int year = wall.date().year();
    if (year < kFirstEventYear || year > kLastSeriesYear) throw Skip{"out_of_range"};
  }

  std::optional<Micros> length_of(const SeriesStart& start) {
    const Instant begin = start.zone.instant(start.wall);
    if (const ContentLine* line = component_.find("DTEND")) {
      const auto time = parse_time(line->value);
      if (!time) throw Skip{"invalid_date"};
      if (start.all_day) {
        const std::int64_t days = time->wall.date() - start.wall.date();
        return Micros(kDay * (days == 0 ? 1 : days));
      }
      return zone_of(*line, *time).instant(time->wall) - begin;
    }
    if (const ContentLine* line = component_.find("DURATION")) {
      const auto duration = parse_duration_value(line->value);
      if (!duration) throw Skip{"invalid_date"};
      const int sign = duration->negative ? -1 : 1;
      if (start.all_day) return Micros(sign * kDay * std::max<std::int64_t>(duration->days, 1));
      const WallTime days_later{start.wall.us + sign * duration->days * kDay};
      return start.zone.instant(days_later) + Micros(sign * duration->seconds * 1'000'000) - begin;
    }
    if (start.all_day) return Micros(kDay);
    return {};
  }

  static void check_length(const CalendarEvent& event) {
    if (!event.length) return;
    const bool all_day = event.series.start.all_day;
    if (*event.length < Micros(all_day ? kDay : 0)) throw Skip{"end_before_start"};
    const bool recurring = event.series.rule || !event.series.rdates.empty();
    if (*event.length > Micros(kDay * (all_day && !recurring ? 366 : 31))) throw Skip{"too_long"};
  }

  // A date names, in a timed series, the instance on that date.
  std::optional<Instant> key_of(const ContentLine& line, std::string_view value, const SeriesStart& start) {
    const auto time = parse_time(value.substr(0, value.find('/')));
    if (!time) return {};
    check_year(time->wall);
    if (start.all_day) return Instant{WallTime::at(time->wall.date(), 0).us};
    if (time->is_date) {
      const std::int64_t of_day = start.wall.us - WallTime::at(start.wall.date(), 0).us;
      return start.zone.instant({time->wall.us + of_day});
    }
    return zone_of(line, *time).instant(time->wall);
  }

  std::vector<Instant> keys(std::string_view name, const SeriesStart& start) {
    std::vector<Instant> result;
    for (const ContentLine* line : component_.all(name)) {
      for (const std::string_view value : split_text(line->value, ',')) {
        if (result.size() == kMaxEventDates) throw Skip{"too_many_dates"};
        const auto key = key_of(*line, value, start);
        if (!key) throw Skip{"invalid_date"};
        result.push_back(*key);
      }
    }
    std::ranges::sort(result);
    result.erase(std::unique(result.begin(), result.end()), result.end());
    return result;
  }

  void read_recurrence(Series& series) {
    const auto rules = component_.all("RRULE");
    if (rules.size() > 1) throw Skip{"multiple_rrule"};
    const SeriesStart written = series.start;
    if (!rules.empty()) {
      try {
        series.rule = parse_recurrence(rules[0]->value, series.start);
      } catch (const Error& error) {
        throw Skip{"rrule:" + error.reason()};
      }
      series.start.wall = series_start(*series.rule, series.start).value_or(series.start.wall);
    }
    series.exdates = keys("EXDATE", written);
    series.rdates = keys("RDATE", written);
    if (series.start != written) {
      if (series.rdates.size() == kMaxEventDates) throw Skip{"too_many_dates"};
      series.rdates.push_back(written.zone.instant(written.wall));
      std::ranges::sort(series.rdates);
      series.rdates.erase(std::unique(series.rdates.begin(), series.rdates.end()), series.rdates.end());
    }
  }

  const CalendarComponent& component_;
  CalendarZones& zones_;
};

template <class T>
void differ(std::optional<T>& target, const T& own, const T& series) {
  if (own != series) target = own;
}

// As above for what may be nothing.
template <class T>
void differ(CalendarOverride& target, std::optional<T> CalendarOverride::*field, const char* name,
            const std::optional<T>& own, const std::optional<T>& series) {
  if (own == series) return;
  if (own) {
    target.*field = own;
  } else {
    target.cleared.emplace_back(name);
  }
}

// What an instance has that its series has not.
CalendarOverride override_of(const CalendarEvent& series, const CalendarEvent& instance, Instant recurrence_id) {
  CalendarOverride result{.recurrence_id = recurrence_id, .completed_at = instance.completed_at};
  const Instant start = instance.start();
  if (start != recurrence_id) result.start = start;
  if (instance.length != series.length) {
    if (instance.length) {
      result.end = start + *instance.length;
    } else {
      result.cleared.emplace_back("end");
    }
  }
  differ(result.title, instance.face.title, series.face.title);
  differ(result, &CalendarOverride::description, "description", instance.face.description, series.face.description);
  differ(result, &CalendarOverride::location, "location", instance.face.location, series.face.location);
  differ(result, &CalendarOverride::color, "color", instance.face.color, series.face.color);
  differ(result, &CalendarOverride::reminder_minutes, "reminder_minutes", instance.face.reminder_minutes,
         series.face.reminder_minutes);
  differ(result.event_type, instance.face.event_type, series.face.event_type);
  differ(result.status, instance.face.status, series.face.status);
  differ(result.busy, instance.face.busy, series.face.busy);
  return result;
}

class Reader {
 public:
  Reader(std::vector<CalendarComponent> components, const TimeZone& user_zone, std::span<const std::string> stored)
      : components_(std::move(components)), zones_(components_, user_zone), stored_(stored) {}

  CalendarImport run() {
    std::size_t count = 0;
    for (const CalendarComponent& component : components_) {
      if (component.name == "VEVENT") {
        if (++count > kMaxCalendarEvents)
          throw invalid("ics", "too_many_events", "A calendar has at most 5000 events.");
      } else if (component.name != "VTIMEZONE") {
        ++result_.ignored_components;
      }
    }
    // Masters first: an instance may stand before its series.
    each([&](const CalendarComponent& c) {
      if (!c.find("RECURRENCE-ID")) add_master(EventReader(c, zones_).read());
    });
    each([&](const CalendarComponent& c) {
      if (const ContentLine* id = c.find("RECURRENCE-ID")) add_instance(c, *id);
    });
    return std::move(result_);
  }

 private:
  template <class Take>
  void each(Take&& take) {
    for (const CalendarComponent& component : components_) {
      if (component.name != "VEVENT") continue;
      try {
        take(component);
      } catch (const Skip& skip) {
        result_.skipped.push_back({uid_of(component), skip.reason});
      }
    }
  }

  void add_master(CalendarEvent event) {
    if (event.face.status == EventStatus::cancelled) {
      result_.cancelled_uids.push_back(event.uid);
      return;
    }
    const auto [found, added] = by_uid_.try_emplace(event.uid, result_.events.size());
    if (added) {
      result_.events.push_back(std::move(event));
    } else if (event.sequence >= result_.events[found->second].sequence) {
      result_.events[found->second] = std::move(event);
    }
  }

  void add_instance(const CalendarComponent& component, const ContentLine& id) {
    if (id.parameter("RANGE")) throw Skip{"range_unsupported"};
    EventReader reader(component, zones_);
    CalendarEvent instance = reader.read();
    const bool cancelled = instance.face.status == EventStatus::cancelled;
    const auto found = by_uid_.find(instance.uid);
    CalendarEvent* series = found == by_uid_.end() ? nullptr : &result_.events[found->second];
    const Instant key = reader.recurrence_id(id, series ? series->series.start : instance.series.start);
    if (series && is_member(series->series, key)) {
      if (cancelled) {
        exclude(*series, key);
      } else {
        put(series->overrides, override_of(*series, instance, key));
      }
      return;
    }
    if (!series && std::ranges::find(stored_, instance.uid) != stored_.end()) {
      result_.instances.push_back({instance.uid, key, cancelled, std::move(instance)});
      return;
    }
    if (cancelled) return;
    instance.uid += "#" + rules::recurrence_id(key, instance.series.start.all_day);
    add_master(std::move(instance));
  }

  static bool is_member(const Series& series, Instant t) {
    Series all = series;
    all.exdates.clear();
    return !expand(all, {t, {t.us + 1}}, 1).starts.empty();
  }

  static void exclude(CalendarEvent& series, Instant key) {
    auto& exdates = series.series.exdates;
    const auto at = std::ranges::lower_bound(exdates, key);
    if (at != exdates.end() && *at == key) return;
    if (exdates.size() == kMaxEventDates) throw Skip{"too_many_dates"};
    exdates.insert(at, key);
  }

  static void put(std::vector<CalendarOverride>& overrides, CalendarOverride one) {
    const auto at = std::ranges::lower_bound(overrides, one.recurrence_id, {}, &CalendarOverride::recurrence_id);
    if (at != overrides.end() && at->recurrence_id == one.recurrence_id) {
      *at = std::move(one);
    } else {
      overrides.insert(at, std::move(one));
    }
  }

  std::vector<CalendarComponent> components_;
  CalendarZones zones_;
  std::span<const std::string> stored_;
  CalendarImport result_;
  std::map<std::string, std::size_t> by_uid_;
};

}  // namespace

CalendarImport read_icalendar(std::string_view text, const TimeZone& user_zone,
                              std::span<const std::string> stored_uids) {
  if (text.size() > kMaxCalendarBytes) throw Error(Code::PAYLOAD_TOO_LARGE, "A calendar has at most 5 MiB.");
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (!is_utf8(text)) throw invalid("ics", "not_utf8", "The calendar is no UTF-8 text.");
  return Reader(read_components(text), user_zone, stored_uids).run();
}

}  // namespace ignition::rules
