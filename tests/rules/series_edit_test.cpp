#include "ignition/rules/series_edit.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

#include "ignition/error.hpp"
#include "support/vectors.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

std::vector<Instant> instants(test::Value list) {
  std::vector<Instant> result;
  for (const test::Value v : list.get_array()) result.push_back(Instant::parse(v.get_string().value()).value());
  return result;
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }

SeriesOverride override_of(test::Value v) {
  SeriesOverride o{.recurrence_id = test::instant(v, "recurrence_id"), .start = test::maybe_instant(v, "start_time")};
  if (test::has(v, "duration_seconds")) o.length = std::chrono::seconds(test::integer(v, "duration_seconds"));
  if (test::has(v, "title")) o.fields["title"] = quoted(test::text(v, "title"));
  return o;
}

EventSeries event_of(test::Value v) {
  const SeriesText text{.start = test::text(v, "start"),
                        .timezone = test::text(v, "tzid"),
                        .recurrence_rule = test::text(v, "recurrence_rule")};
  EventSeries event{.series = read_series(text),
                    .length = std::chrono::seconds(test::integer(v, "duration_seconds")),
                    .fields = {{"title", quoted(test::text(v, "title"))}}};
  event.series.exdates = instants(v["exdates"]);
  for (const test::Value o : v["overrides"].get_array()) event.overrides.push_back(override_of(o));
  return event;
}

SeriesPatch patch_of(test::Value operation, std::optional<Instant> occurrence) {
  SeriesPatch patch;
  if (!test::has(operation, "patch")) return patch;
  const test::Value v = operation["patch"];
  patch.start = test::maybe_instant(v, "start_time");
  patch.changes_rule = test::has(v, "recurrence_rule");
  patch.recurrence_rule = test::maybe_text(v, "recurrence_rule");
  if (test::has(v, "title")) patch.fields["title"] = quoted(test::text(v, "title"));
  if (test::has(v, "duration_minutes")) {
    patch.end = patch.start.value_or(occurrence.value()) + std::chrono::minutes(test::integer(v, "duration_minutes"));
  }
  return patch;
}

EditScope scope_of(const std::string& name) {
  return name == "this" ? EditScope::this_ : name == "following" ? EditScope::following : EditScope::all;
}

void check_equal(const EventSeries& found, const EventSeries& wanted) {
  CHECK(found.series.start == wanted.series.start);
  REQUIRE(found.series.rule.has_value());
  CHECK(text_of(*found.series.rule, false) == text_of(*wanted.series.rule, false));
  CHECK(found.series.exdates == wanted.series.exdates);
  CHECK(found.length == wanted.length);
  CHECK(found.fields == wanted.fields);
  CHECK(found.overrides == wanted.overrides);
}

// One line for each occurrence, in order.
std::vector<std::string> lines_of(const SeriesEdit& edit, const std::string& name, Window window) {
  std::vector<std::pair<Instant, std::string>> lines;
  const auto add = [&](const EventSeries& event, const std::string& series) {
    for (const SeriesOccurrence& o : occurrences(event, window, TimeZone())) {
      lines.emplace_back(o.start, recurrence_id(o.start, false) + " " + recurrence_id(o.recurrence_id, false) + " " +
                                      series + (o.exception ? " exception " : " ") +
                                      field_of(event, o, "title").value() + " " +
                                      std::to_string((o.end - o.start).count() / 1'000'000));
    }
  };
  if (edit.series) add(*edit.series, name);
  if (edit.created) add(*edit.created, name + "'");
  std::ranges::sort(lines);
  std::vector<std::string> result;
  for (const auto& [start, line] : lines) result.push_back(line);
  return result;
}

std::vector<std::string> wanted_lines(test::Value c) {
  std::vector<std::string> result;
  for (const test::Value o : c["occurrences"].get_array()) {
    result.push_back(test::text(o, "start") + " " + test::text(o, "recurrence_id") + " " + test::text(o, "series") +
                     (test::boolean(o, "is_exception") ? " exception " : " ") + quoted(test::text(o, "title")) + " " +
                     std::to_string(test::integer(o, "duration_seconds")));
  }
  return result;
}

SeriesEdit run(const EventSeries& event, test::Value operation) {
  const std::optional<Instant> occurrence = test::maybe_instant(operation, "occurrence");
  const EditScope scope = scope_of(test::text(operation, "scope"));
  if (test::text(operation, "op") == "delete") return delete_from_series(event, scope, occurrence);
  return update_series(event, scope, occurrence, patch_of(operation, occurrence));
}

template <class Call>
std::string refusal(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return std::string(name_of(error.code())) + " " + error.reason();
  }
  return "accepted";
}

Instant at(std::string_view text) { return Instant::parse(text).value(); }

EventSeries series_of(std::string_view rule, const char* start, const char* zone) {
  return {.series = read_series({.start = start, .timezone = zone, .recurrence_rule = std::string(rule)}),
          .length = std::chrono::hours(1)};
}

std::vector<Instant> starts_of(const std::optional<EventSeries>& event) {
  return event ? expand(event->series, whole_time()).starts : std::vector<Instant>{};
}

}  // namespace

TEST_CASE("series are edited as in the vectors") {
  const test::Vectors vectors("planning/series_edit.json");
  int cases = 0;
  for (const test::Value c : vectors["cases"].get_array()) {
    CAPTURE(test::text(c, "id"));
    const EventSeries event = event_of(c["before"]);
    ++cases;
    if (test::has(c, "error")) {
      const std::string found = refusal([&] { run(event, c["operation"]); });
      CHECK(found.substr(0, found.find(' ')) == test::text(c, "error"));
      continue;
    }
    const SeriesEdit edit = run(event, c["operation"]);
    std::vector<EventSeries> wanted;
    for (const test::Value v : c["after"].get_array()) wanted.push_back(event_of(v));
    CHECK(edit.series.has_value() == !wanted.empty());
    CHECK(edit.created.has_value() == (wanted.size() == 2));
    if (edit.series && !wanted.empty()) check_equal(*edit.series, wanted[0]);
    if (edit.created && wanted.size() == 2) check_equal(*edit.created, wanted[1]);
    CHECK(edit.dropped_exceptions == (test::text(c, "id") == "update-all-rule-drops-orphans" ? 1 : 0));
    CHECK(lines_of(edit, "A", {test::instant(c["window"], "start"), test::instant(c["window"], "end")}) ==
          wanted_lines(c));
  }
  CHECK(cases == 27);
}

TEST_CASE("splitting a series neither loses nor doubles an instance, also on days of a clock change") {
  CHECK(rc::check([] {
    const char* zone = *rc::gen::element("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC");
    const char* time = *rc::gen::element("2026-03-01T02:30:00", "2025-10-20T01:30:00", "2026-10-02T02:15:00");
    const char* rule = *rc::gen::element("FREQ=DAILY;COUNT=60", "FREQ=DAILY;UNTIL=20261120", "FREQ=WEEKLY;COUNT=9",
                                         "FREQ=DAILY;BYHOUR=2,3;BYMINUTE=30;COUNT=50", "FREQ=WEEKLY;BYDAY=SU;COUNT=9");
    EventSeries event = series_of(rule, time, zone);
    const auto all = starts_of(event);
    event.series.exdates = {all[all.size() / 3]};
    event.series.rdates = {all[2] + Micros(1'800'000'000)};
    const auto before = starts_of(event);
    const Instant where = before[*rc::gen::inRange<std::size_t>(0, before.size())];
    const SeriesEdit edit = update_series(event, EditScope::following, where, {.fields = {{"title", "\"b\""}}});
    auto after = starts_of(edit.series);
    const auto later = starts_of(edit.created);
    after.insert(after.end(), later.begin(), later.end());
    RC_ASSERT(after == before);
    RC_ASSERT(edit.dropped_exceptions == 0);
    // Deleting what follows leaves what was before.
    const SeriesEdit deleted = delete_from_series(event, EditScope::following, where);
    RC_ASSERT(starts_of(deleted.series) == std::vector(before.begin(), std::ranges::find(before, where)));
  }));
}

TEST_CASE("exclusions and exceptions move with a series, also those in a gap of the clock") {
  EventSeries event = series_of("FREQ=DAILY;COUNT=10", "2026-03-04T02:30:00", "America/New_York");
  event.series.exdates = {at("2026-03-08T07:30:00Z")};  // 02:30 does not exist on this day
  event.overrides = {{.recurrence_id = at("2026-03-09T06:30:00Z"), .fields = {{"title", "\"own\""}}}};
  const SeriesEdit edit = update_series(event, EditScope::all, {}, {.start = at("2026-03-04T08:30:00Z")});
  CHECK(edit.dropped_exceptions == 0);
  CHECK(edit.series->series.exdates == std::vector{at("2026-03-08T07:30:00Z")});  // 03:30, which exists
  CHECK(edit.series->overrides[0].recurrence_id == at("2026-03-09T07:30:00Z"));
  CHECK(starts_of(edit.series).size() == 9);
}

TEST_CASE("a new zone keeps the wall times of a series and of its keys") {
  EventSeries event = series_of("FREQ=WEEKLY;COUNT=3", "2026-03-23T09:00:00", "Europe/Berlin");
  event.series.exdates = {at("2026-03-30T07:00:00Z")};
  const SeriesEdit edit = update_series(event, EditScope::all, {}, {.zone = TimeZone::find("America/New_York")});
  CHECK(edit.series->series.exdates == std::vector{at("2026-03-30T13:00:00Z")});
  CHECK(starts_of(edit.series) == std::vector{at("2026-03-23T13:00:00Z"), at("2026-04-06T13:00:00Z")});
  CHECK(edit.dropped_exceptions == 0);
}

TEST_CASE("a completed exception that falls out of its series is kept as an event") {
  EventSeries event = series_of("FREQ=WEEKLY;COUNT=6", "2026-03-02T09:00:00", "America/New_York");
  event.fields["title"] = "\"Gym\"";
  event.overrides = {{.recurrence_id = at("2026-03-09T13:00:00Z"), .completed_at = at("2026-03-09T14:00:00Z")},
                     {.recurrence_id = at("2026-03-23T13:00:00Z"), .fields = {{"title", "\"Pool\""}}}};
  const SeriesEdit edit =
      update_series(event, EditScope::all, {}, {.changes_rule = true, .recurrence_rule = "FREQ=WEEKLY;INTERVAL=2"});
  CHECK(edit.dropped_exceptions == 2);
  CHECK(edit.series->overrides.empty());
  REQUIRE(edit.kept.size() == 1);
  CHECK(starts_of(edit.kept[0]) == std::vector{at("2026-03-09T13:00:00Z")});
  CHECK(edit.kept[0].completed_at == at("2026-03-09T14:00:00Z"));
  CHECK(edit.kept[0].fields.at("title") == "\"Gym\"");
}

TEST_CASE("a series without rule becomes the addressed event, and a single event with a rule a series") {
  EventSeries event = series_of("FREQ=WEEKLY", "2026-03-02T09:00:00", "America/New_York");
  const SeriesEdit single = update_series(event, EditScope::all, at("2026-03-16T13:00:00Z"), {.changes_rule = true});
  CHECK_FALSE(single.series->is_recurring());
  CHECK(starts_of(single.series) == std::vector{at("2026-03-16T13:00:00Z")});
  EventSeries done = *single.series;
  done.completed_at = at("2026-03-16T14:00:00Z");
  const SeriesEdit series =
      update_series(done, EditScope::this_, {}, {.changes_rule = true, .recurrence_rule = "FREQ=DAILY;COUNT=2"});
  CHECK(starts_of(series.series) == std::vector{at("2026-03-16T13:00:00Z"), at("2026-03-17T13:00:00Z")});
  CHECK_FALSE(series.series->completed_at.has_value());
  REQUIRE(series.series->overrides.size() == 1);
  CHECK(series.series->overrides[0].completed_at == done.completed_at);
}

TEST_CASE("a timed series becomes all-day and back, without its exceptions") {
  EventSeries event = series_of("FREQ=WEEKLY;COUNT=3;BYDAY=MO", "2026-03-02T22:00:00", "America/New_York");
  event.series.exdates = {at("2026-03-10T02:00:00Z")};
  const SeriesEdit all_day = update_series(event, EditScope::all, {}, {.all_day = true});
  CHECK(all_day.dropped_exceptions == 1);
  CHECK(all_day.series->series.start == SeriesStart::on(LocalDate::of(2026, 3, 2)));
  CHECK(all_day.series->length == std::chrono::hours(24));
  CHECK(starts_of(all_day.series).size() == 3);
  const SeriesEdit timed =
      update_series(*all_day.series, EditScope::all, at("2026-03-09T00:00:00Z"),
                    {.start = at("2026-03-09T12:00:00Z"), .zone = event.series.start.zone, .all_day = false});
  CHECK(timed.series->series.start.wall == WallTime::at(LocalDate::of(2026, 3, 2), 8));
  CHECK(refusal([&] { update_series(*all_day.series, EditScope::all, {}, {.all_day = false}); }) ==
        "VALIDATION_ERROR required");
}

TEST_CASE("edits that cannot be meant are refused") {
  const EventSeries event = series_of("FREQ=DAILY;BYHOUR=9,17", "2026-03-02T09:00:00", "UTC");
  const Instant second = at("2026-03-02T17:00:00Z");
  const auto update = [&](EditScope scope, std::optional<Instant> where, SeriesPatch patch) {
    return refusal([&] { update_series(event, scope, where, patch); });
  };
  CHECK(update(EditScope::this_, {}, {}) == "VALIDATION_ERROR required");
  CHECK(update(EditScope::following, {}, {}) == "VALIDATION_ERROR required");
  CHECK(update(EditScope::this_, second, {.all_day = true}) == "VALIDATION_ERROR not_for_one_instance");
  CHECK(update(EditScope::this_, second, {.end = at("2026-03-02T16:00:00Z")}) == "VALIDATION_ERROR end_before_start");
  CHECK(update(EditScope::all, second, {.start = at("2026-03-02T18:00:00Z")}) ==
        "VALIDATION_ERROR recurrence_rule_required");
  CHECK(update(EditScope::following, second, {.all_day = true}) == "VALIDATION_ERROR scope_all_required");
  CHECK(update(EditScope::all, {}, {.changes_rule = true, .recurrence_rule = "FREQ=HOURLY"}) ==
        "VALIDATION_ERROR unsupported_freq");
  CHECK(update(EditScope::all, second, {.start = second + std::chrono::hours(24)}) == "accepted");
  CHECK(refusal([&] { delete_from_series(event, EditScope::this_, at("2026-03-02T18:00:00Z")); }) ==
        "NOT_FOUND not_found");
}

TEST_CASE("an occurrence is listed where it reaches into the window, an exception where it was moved to") {
  EventSeries event = series_of("FREQ=DAILY;COUNT=5", "2026-03-02T23:30:00", "UTC");
  const auto count = [&](const char* from, const char* to) {
    return occurrences(event, {at(from), at(to)}, TimeZone()).size();
  };
  CHECK(count("2026-03-03T00:00:00Z", "2026-03-03T00:10:00Z") == 1);
  CHECK(count("2026-03-03T00:30:00Z", "2026-03-03T00:40:00Z") == 0);
  event.overrides = {{.recurrence_id = at("2026-03-02T23:30:00Z"), .start = at("2026-05-01T10:00:00Z")}};
  CHECK(count("2026-03-03T00:00:00Z", "2026-03-03T00:10:00Z") == 0);
  CHECK(count("2026-05-01T00:00:00Z", "2026-05-02T00:00:00Z") == 1);
  event.length = Micros(0);
  CHECK(count("2026-03-03T23:30:00Z", "2026-03-03T23:31:00Z") == 1);
  CHECK(count("2026-03-03T23:29:00Z", "2026-03-03T23:30:00Z") == 0);
}

TEST_CASE("an all-day event lies on its date wherever one is") {
  EventSeries birthday{.series = read_series({.start = "1990-07-14", .recurrence_rule = "FREQ=YEARLY"}),
                       .length = std::chrono::hours(24)};
  for (const char* name : {"Pacific/Auckland", "Pacific/Honolulu", "UTC"}) {
    const TimeZone zone = TimeZone::find(name).value();
    const auto seen = [&](int day) {
      const LocalDate date = LocalDate::of(2026, 7, static_cast<unsigned>(day));
      return occurrences(
                 birthday,
                 {zone.first_at_or_after(WallTime::at(date, 0)), zone.first_at_or_after(WallTime::at(date + 1, 0))},
                 zone)
          .size();
    };
    CHECK(seen(13) == 0);
    CHECK(seen(14) == 1);
    CHECK(seen(15) == 0);
  }
}
