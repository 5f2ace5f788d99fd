#include "ignition/rules/recurrence.hpp"

#include <doctest/doctest.h>
#include <libical/ical.h>
#include <rapidcheck.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "ignition/error.hpp"
#include "support/vectors.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

std::vector<std::string> texts(test::Value list) {
  std::vector<std::string> result;
  for (const test::Value v : list.get_array()) result.emplace_back(v.get_string().value());
  return result;
}

SeriesText series_text(test::Value c) {
  return {.start = test::text(c, "dtstart"),
          .timezone = test::text(c, "tzid", "UTC"),
          .recurrence_rule = test::text(c, "rrule"),
          .exdates = texts(c["exdates"]),
          .rdates = texts(c["rdates"])};
}

Window window_of(test::Value c, bool all_day) {
  const auto bound = [&](const char* key) {
    return parse_recurrence_id(test::text(c["window"], key), all_day).value();
  };
  return {bound("start"), bound("end")};
}

std::vector<std::string> ids(const std::vector<Instant>& starts, bool all_day) {
  std::vector<std::string> result;
  for (const Instant t : starts) result.push_back(recurrence_id(t, all_day));
  return result;
}

std::string wall_text(WallTime wall, bool all_day) { return Instant{wall.us}.text().substr(0, all_day ? 10 : 19); }

SeriesStart start_of(test::Value c) {
  const std::string text = test::text(c, "dtstart");
  if (test::boolean(c, "all_day")) return SeriesStart::on(LocalDate::parse(text).value());
  return SeriesStart::timed({Instant::parse(text + "Z")->us}, TimeZone::find(test::text(c, "tzid")).value());
}

// The reason for which a call was refused, or what `otherwise` says.
template <class Call>
std::string reason_of(Call&& call) {
  try {
    return call();
  } catch (const Error& error) {
    CHECK(error.code() == Code::VALIDATION_ERROR);
    return error.fields().empty() ? error.reason() : error.fields()[0].field + ": " + error.reason();
  }
}

const SeriesStart kBerlin =
    SeriesStart::timed(WallTime::at(LocalDate::of(2026, 1, 5), 9), TimeZone::find("Europe/Berlin").value());

Instant at(std::string_view text) { return Instant::parse(text).value(); }

// Rules of every kind that the grammar accepts; some have no instances.
std::string arbitrary_rule() {
  const auto chance = [] { return *rc::gen::inRange(0, 3) == 0; };
  const auto one_of = [](std::vector<std::string> words) { return *rc::gen::elementOf(words); };
  const std::string frequency = one_of({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"});
  std::string rule = "FREQ=" + frequency;
  if (chance()) rule += ";INTERVAL=" + std::to_string(*rc::gen::inRange(1, 15));
  if (chance()) {
    rule += ";COUNT=" + std::to_string(*rc::gen::inRange(1, 60));
  } else if (chance()) {
    rule += ";UNTIL=" + one_of({"20260401", "20271231T235959Z", "20300615T120000"});
  }
  if (chance()) rule += ";BYMONTH=" + one_of({"1", "2,3", "11,6", "1,2,3,4,5,6,7,8,9,10,11,12"});
  const bool wide = frequency == "MONTHLY" || frequency == "YEARLY";
  if (wide && chance()) {
    rule += ";BYMONTHDAY=" + one_of({"1", "31", "-1", "29,-2", "13,1,15"});
  } else if (chance()) {
    rule += ";BYDAY=" + (wide ? one_of({"1MO", "-1FR,2TU", "5SU", "MO,FR"}) : one_of({"MO", "SU,WE", "SA,SU,TU,FR"}));
  } else if (frequency == "YEARLY" && rule.find("BYMONTH") == std::string::npos && chance()) {
    rule += ";BYYEARDAY=" + one_of({"1", "-1", "366", "100,200,-366"});
  }
  const bool days = rule.find("BYDAY") != std::string::npos || rule.find("BYMONTHDAY") != std::string::npos ||
                    rule.find("BYYEARDAY") != std::string::npos;
  if (wide && days && chance()) {
    rule += ";BYSETPOS=" + one_of({"1", "-1", "2,-1", "1,3"});
  } else if (chance()) {
    rule += ";BYHOUR=" + one_of({"2", "3,1", "0,9,23"});
    if (chance()) rule += ";BYMINUTE=" + one_of({"30", "0,15,45"});
  }
  if (chance()) rule += ";WKST=" + one_of({"SU", "WE", "MO", "TH"});
  return rule;
}

SeriesStart arbitrary_start() {
  const char* zone = *rc::gen::element("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC",
                                       "Pacific/Apia", "Asia/Kathmandu");
  const LocalDate date = LocalDate::of(2025, 1, 1) + *rc::gen::inRange(0, 1500);
  const int minute = *rc::gen::inRange(0, 24 * 60);
  return SeriesStart::timed(WallTime::at(date, minute / 60, minute % 60), TimeZone::find(zone).value());
}

std::optional<Recurrence> try_parse(const std::string& text, const SeriesStart& start) {
  try {
    return parse_recurrence(text, start);
  } catch (const Error& error) {
    // What the generator makes is refused for these reasons only.
    const std::string& reason = error.reason();
    RC_ASSERT(reason == "no_instances" || reason == "bad_combination");
    return {};
  }
}

}  // namespace

TEST_CASE("series have the instances of the vectors") {
  const test::Vectors vectors("planning/recurrence.json");
  int cases = 0;
  for (const test::Value c : vectors["cases"].get_array()) {
    CAPTURE(test::text(c, "id"));
    const bool all_day = test::boolean(c, "all_day");
    std::string refused;
    Series series;
    try {
      series = read_series(series_text(c));
    } catch (const Error& error) {
      refused = error.reason();
    }
    if (!refused.empty()) {
      // The expansion of a rule without instances is the empty list (rule R10).
      CHECK(refused == "no_instances");
      CHECK(texts(c["occurrences"]).empty());
    } else {
      CHECK(wall_text(series_start(*series.rule, series.start).value(), all_day) == test::text(c, "series_start"));
      const Occurrences found = expand(series, window_of(c, all_day));
      CHECK(ids(found.starts, all_day) == texts(c["occurrences"]));
      CHECK_FALSE(found.truncated);
    }
    ++cases;
  }
  CHECK(cases == 136);
}

TEST_CASE("rules are accepted, rewritten and refused as in the vectors") {
  const test::Vectors vectors("planning/rrule_validation.json");
  int cases = 0;
  for (const test::Value c : vectors["cases"].get_array()) {
    const std::string rule = test::text(c, "rule");
    CAPTURE(rule);
    const SeriesStart start = start_of(c);
    const std::string found = reason_of([&] { return text_of(parse_recurrence(rule, start), start.all_day); });
    CHECK(found ==
          (test::has(c, "canonical") ? test::text(c, "canonical") : "recurrence_rule: " + test::text(c, "reason")));
    ++cases;
  }
  CHECK(cases == 90);
}

TEST_CASE("the first failing check names the reason") {
  const auto reason = [](std::string_view rule) {
    return reason_of([&] { return text_of(parse_recurrence(rule, kBerlin), false); });
  };
  CHECK(reason("FREQ=HOURLY;COUNT=0") == "recurrence_rule: unsupported_freq");
  CHECK(reason("FREQ=DAILY;BYSECOND=1;LOOP=1") == "recurrence_rule: unknown_part");
  CHECK(reason("FREQ=DAILY;RSCALE=X;LOOP=1") == "recurrence_rule: unsupported_part");
  CHECK(reason("FREQ=DAILY;LOOP=1;LOOP=1") == "recurrence_rule: duplicate_part");
  CHECK(reason("FREQ=DAILY;COUNT=1;UNTIL=x") == "recurrence_rule: until_form");
  CHECK(reason("FREQ=DAILY;COUNT=99999999999999999999") == "recurrence_rule: out_of_range");
  CHECK(reason("FREQ=YEARLY;BYDAY=53MO") == "FREQ=YEARLY;BYDAY=53MO");
  CHECK(reason(" rrule:freq=weekly;byday=FR,MO,MO;interval=1; ") == "FREQ=WEEKLY;BYDAY=MO,FR");
  CHECK(reason("FREQ=DAILY;BYDAY=\xF0\x9F\x98\x80") == "recurrence_rule: syntax");
  CHECK(reason(std::string(513, 'A')) == "recurrence_rule: too_long");
  CHECK(reason("FREQ=YEARLY;INTERVAL=999;BYMONTH=2;BYMONTHDAY=29") == "recurrence_rule: no_instances");
}

TEST_CASE("series text is refused with the field's name") {
  const auto reason = [](SeriesText text) {
    return reason_of([&] { return std::to_string(read_series(text).exdates.size()); });
  };
  CHECK(reason({.start = "2026-01-05T09:00:00"}) == "0");
  CHECK(reason({.start = "2026-01-05 09:00"}) == "start: invalid");
  CHECK(reason({.start = "2026-02-30"}) == "start: invalid");
  CHECK(reason({.start = "1899-12-31T23:00:00"}) == "start: out_of_range");
  CHECK(reason({.start = "2200-01-01"}) == "start: out_of_range");
  CHECK(reason({.start = "2026-01-05T09:00:00", .timezone = "Mars/Olympus"}) == "timezone: unknown_timezone");
  CHECK(reason({.start = "2026-01-05T09:00:00", .exdates = {"2026-01-05T09:00:00Z", "soon"}}) == "exdates[1]: invalid");
  CHECK(reason({.start = "2026-01-05", .rdates = {"2026-01-05T09:00:00Z"}}) == "rdates[0]: invalid");
}

TEST_CASE("a window that ends before it begins, and limits out of bounds, are refused") {
  const Series series{.start = kBerlin, .rule = parse_recurrence("FREQ=DAILY", kBerlin)};
  const Instant from = at("2026-02-01T00:00:00Z");
  const auto reason = [&](Window window, std::size_t limit) {
    return reason_of([&] { return std::to_string(expand(series, window, limit).starts.size()); });
  };
  CHECK(reason({from, from}, 1) == "0");
  CHECK(reason({from, {from.us - 1}}, 1) == "to: to_before_from");
  CHECK(reason({from, from}, 0) == "limit: out_of_range");
  CHECK(reason({from, from}, kMaxOccurrences + 1) == "limit: out_of_range");
  CHECK(reason({{std::numeric_limits<std::int64_t>::min()}, {std::numeric_limits<std::int64_t>::max()}}, 10) == "10");
  Series far = series;
  far.start.wall.us = std::numeric_limits<std::int64_t>::max();
  CHECK(reason_of([&] { return std::to_string(expand(far, {from, from}).starts.size()); }) == "start: out_of_range");
}

TEST_CASE("a rule of 24 times a day gives as many instants as asked for, and says that there are more") {
  const SeriesStart start = SeriesStart::timed(WallTime::at(LocalDate::of(1970, 1, 1), 0), kBerlin.zone);
  std::string hours = "0";
  for (int hour = 1; hour < 24; ++hour) hours += "," + std::to_string(hour);
  const Series series{.start = start, .rule = parse_recurrence("FREQ=DAILY;BYHOUR=" + hours, start)};
  const Occurrences found = expand(series, whole_time(), 5000);
  CHECK(found.starts.size() == 5000);
  CHECK(found.truncated);
  // Up to the limit nothing is left out.
  const Occurrences more = expand(series, {found.starts.front(), found.starts.back() + Micros(1)}, 10'000);
  CHECK(more.starts == found.starts);
}

TEST_CASE("a limit counts what is left after exclusions") {
  Series series{.start = kBerlin, .rule = parse_recurrence("FREQ=DAILY;COUNT=10", kBerlin)};
  const Occurrences all = expand(series, whole_time());
  REQUIRE(all.starts.size() == 10);
  series.exdates.assign(all.starts.begin(), all.starts.begin() + 7);
  CHECK(expand(series, whole_time(), 3).starts == std::vector(all.starts.begin() + 7, all.starts.end()));
  CHECK_FALSE(expand(series, whole_time(), 3).truncated);
  CHECK(expand(series, whole_time(), 2).truncated);
}

TEST_CASE("occurrences are ascending, distinct, within the window, and the same in pieces") {
  CHECK(rc::check([] {
    const SeriesStart start = arbitrary_start();
    const auto rule = try_parse(arbitrary_rule(), start);
    if (!rule) return;
    const Instant from{at("2025-01-01T00:00:00Z").us + std::int64_t{86'400'000'000} * *rc::gen::inRange(0, 1500)};
    const Instant middle = from + std::chrono::hours(*rc::gen::inRange(0, 5000));
    const Instant to = middle + std::chrono::hours(*rc::gen::inRange(0, 20'000));
    const Series series{.start = start, .rule = rule};
    const auto whole = expand(series, {from, to}, kMaxOccurrences).starts;
    RC_ASSERT(std::ranges::adjacent_find(whole, std::greater_equal<>{}) == whole.end());
    for (const Instant t : whole) RC_ASSERT(t >= from && t < to && (!rule->until || t <= *rule->until));
    auto pieces = expand(series, {from, middle}, kMaxOccurrences).starts;
    const auto rest = expand(series, {middle, to}, kMaxOccurrences).starts;
    pieces.insert(pieces.end(), rest.begin(), rest.end());
    RC_ASSERT(pieces == whole);
    const Occurrences few = expand(series, {from, to}, 7);
    RC_ASSERT(few.truncated == (whole.size() > 7));
    RC_ASSERT(few.starts ==
              std::vector(whole.begin(), whole.begin() + static_cast<int>(std::min<std::size_t>(7, whole.size()))));
  }));
}

TEST_CASE("the canonical text of a rule is read as the same rule") {
  CHECK(rc::check([] {
    const SeriesStart start = arbitrary_start();
    const auto rule = try_parse(arbitrary_rule(), start);
    if (!rule) return;
    const std::string text = text_of(*rule, false);
    RC_ASSERT(parse_recurrence(text, start) == *rule);
    RC_ASSERT(text_of(parse_recurrence(text, start), false) == text);
  }));
}

// The first instances by libical, on a clock without zone.
std::vector<Instant> by_libical(const Recurrence& rule, WallTime start, std::size_t most) {
  struct icalrecurrencetype parsed = icalrecurrencetype_from_string(text_of(rule, false).c_str());
  const std::string begin = basic_recurrence_id({start.us}, false);
  icalrecur_iterator* iterator = icalrecur_iterator_new(parsed, icaltime_from_string(begin.c_str()));
  std::vector<Instant> found;
  RC_LOG(text_of(rule, false) + " from " + begin);
  const bool is_made = iterator != nullptr;
  RC_ASSERT(is_made);
  while (found.size() < most) {
    const icaltimetype t = icalrecur_iterator_next(iterator);
    if (icaltime_is_null_time(t) != 0 || t.year > kLastSeriesYear) break;
    const LocalDate date = LocalDate::of(t.year, static_cast<unsigned>(t.month), static_cast<unsigned>(t.day));
    found.push_back({WallTime::at(date, t.hour, t.minute, t.second).us});
  }
  icalrecur_iterator_free(iterator);
  return found;
}

TEST_CASE("libical finds the same instances where it can be trusted (rule R12)") {
  int compared = 0;
  CHECK(rc::check([&] {
    SeriesStart start = arbitrary_start();
    start.zone = TimeZone();
    const auto rule = try_parse(arbitrary_rule(), start);
    if (!rule) return;
    const bool odd_week = rule->week_start != Weekday::monday && rule->week_start != Weekday::sunday;
    if (rule->frequency == RuleFrequency::WEEKLY && rule->interval > 1 && odd_week) return;
    // It takes places of BYSETPOS in the order of the list, not of the dates, when days are counted from both ends.
    const auto both_ends = [](const std::vector<int>& days) {
      return !days.empty() && days.front() < 0 && days.back() > 0;
    };
    if (!rule->by_set_pos.empty() && (both_ends(rule->by_month_day) || both_ends(rule->by_year_day))) return;
    start.wall = series_start(*rule, start).value();
    RC_ASSERT(by_libical(*rule, start.wall, 40) == instances(*rule, start, whole_time(), 40).starts);
    ++compared;
  }));
  CHECK(compared > 20);
}

TEST_CASE("a series begun at its first instance has the same instances") {
  CHECK(rc::check([] {
    const SeriesStart start = arbitrary_start();
    const auto rule = try_parse(arbitrary_rule(), start);
    if (!rule) return;
    SeriesStart moved = start;
    moved.wall = series_start(*rule, start).value();
    RC_ASSERT(series_start(*rule, moved) == moved.wall);
    const Window window{at("2025-01-01T00:00:00Z"), at("2034-01-01T00:00:00Z")};
    RC_ASSERT(instances(*rule, moved, window).starts == instances(*rule, start, window).starts);
  }));
}

TEST_CASE("a batch equals its series one by one, on any number of threads") {
  CHECK(rc::check([] {
    std::vector<Series> series;
    for (int i = *rc::gen::inRange(0, 200); i > 0; --i) {
      const SeriesStart start = arbitrary_start();
      series.push_back({.start = start, .rule = try_parse(arbitrary_rule(), start)});
    }
    const Window window{at("2026-01-01T00:00:00Z"), at("2026-06-01T00:00:00Z")};
    const OccurrencesBatch batch = expand(series, window, 50, 1);
    RC_ASSERT(batch == expand(series, window, 50, 4));
    RC_ASSERT(batch.offsets.size() == series.size() + 1);
    for (std::size_t i = 0; i < series.size(); ++i) {
      const Occurrences one = expand(series[i], window, 50);
      const auto begin = batch.starts.begin() + static_cast<std::ptrdiff_t>(batch.offsets[i]);
      RC_ASSERT(std::vector(begin, batch.starts.begin() + static_cast<std::ptrdiff_t>(batch.offsets[i + 1])) ==
                one.starts);
      RC_ASSERT((batch.truncated[i] == 1) == one.truncated);
    }
  }));
}

TEST_CASE("a batch names the first series that it cannot take") {
  std::vector<SeriesText> series(300, {.start = "2026-01-05T09:00:00", .recurrence_rule = "FREQ=DAILY"});
  series[130].recurrence_rule = "FREQ=HOURLY";
  series[270].timezone = "Nowhere";
  const Window window{at("2026-01-01T00:00:00Z"), at("2026-02-01T00:00:00Z")};
  const auto refused = [&](unsigned threads) {
    return reason_of([&] { return std::to_string(expand(series, window, 5000, threads).starts.size()); });
  };
  CHECK(refused(1) == "series[130].recurrence_rule: unsupported_freq");
  CHECK(refused(3) == "series[130].recurrence_rule: unsupported_freq");
  CHECK(refused(0) == "threads: out_of_range");
  CHECK(refused(65) == "threads: out_of_range");
  series[130] = series[0];
  CHECK(refused(2) == "series[270].timezone: unknown_timezone");
  series[270] = series[0];
  CHECK(refused(2) == std::to_string(300 * 27));
}
