// Recurrence by name: series, their edits, calendar files.
#include "engine/named_rules.hpp"
#include "ignition/rules/icalendar.hpp"
#include "ignition/rules/series_edit.hpp"
#include "ignition/rules_by_name.hpp"
#include "ignition/wire.hpp"

namespace ignition {
namespace named {

// A field that every event carries along: a text, or explicitly nothing.
using Fields = Map<std::optional<std::string>>;

struct SeriesInput {
  std::string start;
  std::optional<std::string> timezone;
  std::optional<std::string> recurrence_rule;
  Maybe<std::string> exdates;
  Maybe<std::string> rdates;
};
BOOST_DESCRIBE_STRUCT(SeriesInput, (), (start, timezone, recurrence_rule, exdates, rdates))

struct ExpandInput {
  std::vector<SeriesInput> series;
  std::optional<Instant> from;
  std::optional<Instant> to;
  Or<std::int64_t, 5000> limit;
  Or<std::int64_t, 1> threads;
};
BOOST_DESCRIBE_STRUCT(ExpandInput, (), (series, from, to, limit, threads))

struct ExpandOutput {
  std::vector<std::string> starts;
  bool truncated = false;
};
BOOST_DESCRIBE_STRUCT(ExpandOutput, (), (starts, truncated))

struct ParseOutput {
  std::string recurrence_rule;
  std::string series_start;
};
BOOST_DESCRIBE_STRUCT(ParseOutput, (), (recurrence_rule, series_start))

// A field as the rules carry it, in an object.
struct FieldText {
  std::optional<std::string> value;
};
BOOST_DESCRIBE_STRUCT(FieldText, (), (value))

// Instances are named by their start: an instant, of an all-day series a date.
struct OverrideText {
  std::string recurrence_id;
  std::optional<std::string> start;
  std::optional<std::int64_t> duration_seconds;
  std::optional<Fields> fields;
  std::optional<Instant> completed_at;
};
BOOST_DESCRIBE_STRUCT(OverrideText, (), (recurrence_id, start, duration_seconds, fields, completed_at))

struct EventText : SeriesInput {
  Or<std::int64_t, 0> duration_seconds;
  std::optional<Fields> fields;
  Maybe<OverrideText> overrides;
  std::optional<Instant> completed_at;
};
BOOST_DESCRIBE_STRUCT(EventText, (SeriesInput), (duration_seconds, fields, overrides, completed_at))

struct PatchInput {
  std::optional<std::string> start;
  std::optional<std::string> end;
  std::optional<std::string> timezone;
  std::optional<bool> all_day;
  Update<std::string> recurrence_rule;
  Maybe<std::string> exdates;
  Maybe<std::string> rdates;
  std::optional<Fields> fields;
};
BOOST_DESCRIBE_STRUCT(PatchInput, (), (start, end, timezone, all_day, recurrence_rule, exdates, rdates, fields))

struct EditInput {
  EventText event;
  rules::EditScope scope = rules::EditScope::all;
  std::optional<std::string> occurrence;
  std::optional<PatchInput> patch;  // none: the instances are removed
};
BOOST_DESCRIBE_STRUCT(EditInput, (), (event, scope, occurrence, patch))

struct EditOutput {
  std::optional<EventText> event;
  std::optional<EventText> created;
  std::vector<EventText> kept;
  int dropped_exceptions = 0;
};
BOOST_DESCRIBE_STRUCT(EditOutput, (), (event, created, kept, dropped_exceptions))

struct OccurrencesInput {
  EventText event;
  std::optional<Instant> from;
  std::optional<Instant> to;
  std::optional<std::string> timezone;  // in which all-day events are seen
  Or<std::int64_t, 5000> limit;
};
BOOST_DESCRIBE_STRUCT(OccurrencesInput, (), (event, from, to, timezone, limit))

struct OccurrenceOutput {
  std::string recurrence_id;
  std::string start;
  std::string end;
  bool is_exception = false;
  Fields fields;
};
BOOST_DESCRIBE_STRUCT(OccurrenceOutput, (), (recurrence_id, start, end, is_exception, fields))

struct OccurrencesOutput {
  std::vector<OccurrenceOutput> occurrences;
};
BOOST_DESCRIBE_STRUCT(OccurrencesOutput, (), (occurrences))

struct CalendarInput {
  std::string ics;
  std::optional<std::string> timezone;
  Maybe<std::string> stored_uids;
};
BOOST_DESCRIBE_STRUCT(CalendarInput, (), (ics, timezone, stored_uids))

// `start` as of a series; `end` like it, exclusive, of a timed event an instant.
struct CalendarOverrideText {
  std::string recurrence_id;
  std::optional<std::string> start;
  std::optional<std::string> end;
  std::optional<std::string> title;
  std::optional<std::string> description;
  std::optional<std::string> location;
  std::optional<std::string> color;
  std::optional<rules::EventType> event_type;
  std::optional<rules::EventStatus> status;
  std::optional<bool> busy;
  std::optional<int> reminder_minutes;
  std::vector<std::string> cleared;
  std::optional<Instant> completed_at;
};
BOOST_DESCRIBE_STRUCT(CalendarOverrideText, (),
                      (recurrence_id, start, end, title, description, location, color, event_type, status, busy,
                       reminder_minutes, cleared, completed_at))

struct CalendarEventText {
  std::string uid;
  std::string title;
  std::optional<std::string> description;
  std::optional<std::string> location;
  std::optional<std::string> color;
  rules::EventType event_type = rules::EventType::general;
  rules::EventStatus status = rules::EventStatus::confirmed;
  bool busy = true;
  std::optional<int> reminder_minutes;
  bool all_day = false;
  std::string start;
  std::optional<std::string> end;
  std::optional<std::string> timezone;
  std::optional<std::string> recurrence_rule;
  std::vector<std::string> exdates;
  std::vector<std::string> rdates;
  std::vector<CalendarOverrideText> overrides;
  int sequence = 0;
  std::optional<Instant> completed_at;
};
BOOST_DESCRIBE_STRUCT(CalendarEventText, (),
                      (uid, title, description, location, color, event_type, status, busy, reminder_minutes, all_day,
                       start, end, timezone, recurrence_rule, exdates, rdates, overrides, sequence, completed_at))

struct StoredInstanceText {
  std::string uid;
  std::string recurrence_id;
  bool cancelled = false;
  CalendarEventText event;
};
BOOST_DESCRIBE_STRUCT(StoredInstanceText, (), (uid, recurrence_id, cancelled, event))

struct SkippedText {
  std::string uid;
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(SkippedText, (), (uid, reason))

struct CalendarOutput {
  std::vector<CalendarEventText> events;
  std::vector<std::string> cancelled_uids;
  std::vector<StoredInstanceText> instances;
  std::vector<SkippedText> skipped;
  int ignored_components = 0;
};
BOOST_DESCRIBE_STRUCT(CalendarOutput, (), (events, cancelled_uids, instances, skipped, ignored_components))

namespace {

constexpr std::int64_t kLongestEventSeconds = 3660 * 86'400LL;

rules::SeriesText text_of(const SeriesInput& one) {
  return {one.start, one.timezone.value_or("UTC"), one.recurrence_rule.value_or(""), all_of(one.exdates),
          all_of(one.rdates)};
}

std::vector<rules::SeriesText> texts_of(const ExpandInput& input) {
  std::vector<rules::SeriesText> series;
  series.reserve(input.series.size());
  for (const SeriesInput& one : input.series) series.push_back(text_of(one));
  return series;
}

template <class Input>
std::size_t limit_of(const Input& input) {
  return static_cast<std::size_t>(small(input.limit, 1, static_cast<std::int64_t>(rules::kMaxOccurrences), "limit"));
}

template <class Input>
rules::Window window_of(const Input& input) {
  const rules::Window whole = rules::whole_time();
  return {input.from.value_or(whole.from), input.to.value_or(whole.to)};
}

std::vector<std::string> keys_of(const std::vector<Instant>& instants, bool all_day) {
  std::vector<std::string> keys;
  keys.reserve(instants.size());
  for (const Instant t : instants) keys.push_back(rules::recurrence_id(t, all_day));
  return keys;
}

std::optional<std::string> key_of(std::optional<Instant> t, bool all_day) {
  if (!t) return {};
  return rules::recurrence_id(*t, all_day);
}

// The start of a series on its clock.
std::string wall_text(WallTime wall, bool all_day) { return Instant{wall.us}.text().substr(0, all_day ? 10 : 19); }

std::string expand(std::string_view json) {
  const auto input = from_json<ExpandInput>(json);
  if (input.series.size() != 1) throw invalid("series", "invalid", "must be one series");
  const rules::Series series = rules::read_series(text_of(input.series[0]));
  const rules::Occurrences found = rules::expand(series, window_of(input), limit_of(input));
  return to_json(ExpandOutput{keys_of(found.starts, series.start.all_day), found.truncated});
}

std::string parse(std::string_view json) {
  const auto input = from_json<SeriesInput>(json);
  const rules::Series series = rules::read_series(text_of(input));
  if (!series.rule) throw invalid("recurrence_rule", "syntax", "must be a rule");
  const bool all_day = series.start.all_day;
  return to_json(ParseOutput{rules::text_of(*series.rule, all_day),
                             wall_text(*rules::series_start(*series.rule, series.start), all_day)});
}

// An instant, or midnight UTC of a date.
Instant instant_of(const std::string& text, const std::string& field) {
  if (const auto instant = Instant::parse(text)) return *instant;
  if (const auto date = rules::parse_recurrence_id(text, true)) return *date;
  throw invalid(field, "invalid_format", "must be an instant, or a date of an all-day series");
}
std::optional<Instant> instant_of(const std::optional<std::string>& text, const std::string& field) {
  if (!text) return {};
  return instant_of(*text, field);
}
std::vector<Instant> instants_of(const std::vector<std::string>& texts, const std::string& field) {
  std::vector<Instant> instants;
  for (const std::string& text : texts) {
    instants.push_back(instant_of(text, fmt::format("{}[{}]", field, instants.size())));
  }
  return instants;
}

Micros length_of(std::int64_t seconds, const std::string& field) {
  if (seconds < 0 || seconds > kLongestEventSeconds) {
    throw invalid(field, "out_of_range", fmt::format("must be 0 to {}", kLongestEventSeconds));
  }
  return std::chrono::seconds(seconds);
}
std::int64_t seconds_of(Micros length) { return std::chrono::duration_cast<std::chrono::seconds>(length).count(); }

rules::EventFields fields_of(const std::optional<Fields>& given) {
  rules::EventFields fields;
  if (!given) return fields;
  for (const auto& [name, text] : given->entries) fields[name] = to_json(text);
  return fields;
}
Fields fields_of(const rules::EventFields& given) {
  Fields fields;
  for (const auto& [name, json] : given) {
    fields.entries.emplace_back(name, from_json<FieldText>(fmt::format(R"({{"value":{}}})", json)).value);
  }
  return fields;
}

rules::EventSeries event_of(const EventText& text) {
  rules::EventSeries event{.series = rules::read_series(text_of(static_cast<const SeriesInput&>(text))),
                           .length = length_of(text.duration_seconds, "event.duration_seconds"),
                           .fields = fields_of(text.fields),
                           .overrides = {},
                           .completed_at = text.completed_at};
  for (const OverrideText& one : all_of(text.overrides)) {
    const std::string field = fmt::format("event.overrides[{}]", event.overrides.size());
    rules::SeriesOverride own{.recurrence_id = instant_of(one.recurrence_id, field + ".recurrence_id"),
                              .start = instant_of(one.start, field + ".start"),
                              .length = {},
                              .fields = fields_of(one.fields),
                              .completed_at = one.completed_at};
    if (one.duration_seconds) own.length = length_of(*one.duration_seconds, field + ".duration_seconds");
    if (!event.overrides.empty() && own.recurrence_id <= event.overrides.back().recurrence_id) {
      throw invalid(field + ".recurrence_id", "out_of_order", "must come after the one before");
    }
    event.overrides.push_back(std::move(own));
  }
  return event;
}

EventText text_of(const rules::EventSeries& event) {
  const auto& [start, rule, exdates, rdates] = event.series;
  EventText text;
  text.start = wall_text(start.wall, start.all_day);
  if (!start.all_day) text.timezone = start.zone.name();
  if (rule) text.recurrence_rule = rules::text_of(*rule, start.all_day);
  text.exdates = keys_of(exdates, start.all_day);
  text.rdates = keys_of(rdates, start.all_day);
  text.duration_seconds = {seconds_of(event.length)};
  text.fields = fields_of(event.fields);
  text.overrides.emplace();
  for (const rules::SeriesOverride& one : event.overrides) {
    OverrideText own{.recurrence_id = rules::recurrence_id(one.recurrence_id, start.all_day),
                     .start = key_of(one.start, start.all_day),
                     .duration_seconds = {},
                     .fields = fields_of(one.fields),
                     .completed_at = one.completed_at};
    if (one.length) own.duration_seconds = seconds_of(*one.length);
    text.overrides->push_back(std::move(own));
  }
  text.completed_at = event.completed_at;
  return text;
}

rules::SeriesPatch patch_of(const PatchInput& given) {
  rules::SeriesPatch patch{.start = instant_of(given.start, "patch.start"),
                           .end = instant_of(given.end, "patch.end"),
                           .zone = {},
                           .all_day = given.all_day,
                           .changes_rule = given.recurrence_rule.present,
                           .recurrence_rule = given.recurrence_rule.value,
                           .exdates = {},
                           .rdates = {},
                           .fields = fields_of(given.fields)};
  if (given.timezone) patch.zone = zone_of(given.timezone);
  if (given.exdates) patch.exdates = instants_of(*given.exdates, "patch.exdates");
  if (given.rdates) patch.rdates = instants_of(*given.rdates, "patch.rdates");
  return patch;
}

std::string edit(std::string_view json) {
  const auto input = from_json<EditInput>(json);
  const auto occurrence = instant_of(input.occurrence, "occurrence");
  const rules::SeriesEdit found =
      input.patch ? rules::update_series(event_of(input.event), input.scope, occurrence, patch_of(*input.patch))
                  : rules::delete_from_series(event_of(input.event), input.scope, occurrence);
  EditOutput output{.event = {}, .created = {}, .kept = {}, .dropped_exceptions = found.dropped_exceptions};
  if (found.series) output.event = text_of(*found.series);
  if (found.created) output.created = text_of(*found.created);
  for (const rules::EventSeries& one : found.kept) output.kept.push_back(text_of(one));
  return to_json(output);
}

std::string occurrences(std::string_view json) {
  const auto input = from_json<OccurrencesInput>(json);
  const rules::EventSeries event = event_of(input.event);
  const bool all_day = event.series.start.all_day;
  OccurrencesOutput output;
  for (const rules::SeriesOccurrence& one :
       rules::occurrences(event, window_of(input), zone_of(input.timezone), limit_of(input))) {
    rules::EventFields fields = event.fields;
    if (one.exception) {
      for (const auto& [name, value] : event.overrides[*one.exception].fields) fields[name] = value;
    }
    output.occurrences.push_back({.recurrence_id = rules::recurrence_id(one.recurrence_id, all_day),
                                  .start = rules::recurrence_id(one.start, all_day),
                                  .end = rules::recurrence_id(one.end, all_day),
                                  .is_exception = one.exception.has_value(),
                                  .fields = fields_of(fields)});
  }
  return to_json(output);
}

CalendarEventText text_of(const rules::CalendarEvent& event) {
  const bool all_day = event.series.start.all_day;
  CalendarEventText text{.uid = event.uid,
                         .title = event.face.title,
                         .description = event.face.description,
                         .location = event.face.location,
                         .color = event.face.color,
                         .event_type = event.face.event_type,
                         .status = event.face.status,
                         .busy = event.face.busy,
                         .reminder_minutes = event.face.reminder_minutes,
                         .all_day = all_day,
                         .start = rules::recurrence_id(event.start(), all_day),
                         .end = {},
                         .timezone = {},
                         .recurrence_rule = {},
                         .exdates = keys_of(event.series.exdates, all_day),
                         .rdates = keys_of(event.series.rdates, all_day),
                         .overrides = {},
                         .sequence = event.sequence,
                         .completed_at = event.completed_at};
  if (event.length) text.end = rules::recurrence_id(event.start() + *event.length, all_day);
  if (!all_day) text.timezone = event.series.start.zone.name();
  if (event.series.rule) text.recurrence_rule = rules::text_of(*event.series.rule, all_day);
  for (const rules::CalendarOverride& one : event.overrides) {
    text.overrides.push_back({.recurrence_id = rules::recurrence_id(one.recurrence_id, all_day),
                              .start = key_of(one.start, all_day),
                              .end = key_of(one.end, all_day),
                              .title = one.title,
                              .description = one.description,
                              .location = one.location,
                              .color = one.color,
                              .event_type = one.event_type,
                              .status = one.status,
                              .busy = one.busy,
                              .reminder_minutes = one.reminder_minutes,
                              .cleared = one.cleared,
                              .completed_at = one.completed_at});
  }
  return text;
}

std::string read_calendar(std::string_view json) {
  const auto input = from_json<CalendarInput>(json);
  const auto stored = all_of(input.stored_uids);
  const rules::CalendarImport found = rules::read_icalendar(input.ics, zone_of(input.timezone), stored);
  CalendarOutput output{.events = {},
                        .cancelled_uids = found.cancelled_uids,
                        .instances = {},
                        .skipped = {},
                        .ignored_components = found.ignored_components};
  for (const rules::CalendarEvent& event : found.events) output.events.push_back(text_of(event));
  for (const rules::StoredInstance& one : found.instances) {
    output.instances.push_back({one.uid, rules::recurrence_id(one.recurrence_id, one.event.series.start.all_day),
                                one.cancelled, text_of(one.event)});
  }
  for (const rules::SkippedEvent& one : found.skipped) output.skipped.push_back({one.uid, one.reason});
  return to_json(output);
}

}  // namespace

void add_series(Rules& rules) {
  rules["recurrence.parse"] = parse;
  rules["recurrence.expand"] = expand;
  rules["recurrence.edit"] = edit;
  rules["recurrence.occurrences"] = occurrences;
  rules["recurrence.read_calendar"] = read_calendar;
}

}  // namespace named

rules::OccurrencesBatch expand_series(std::string_view json) {
  using namespace named;
  const auto input = from_json<ExpandInput>(json);
  const auto threads = static_cast<unsigned>(small(input.threads, 1, 64, "threads"));
  return rules::expand(texts_of(input), window_of(input), limit_of(input), threads);
}

}  // namespace ignition
