#include "ignition/rules/gap.hpp"

#include "ignition/describe.hpp"
#include "ignition/rules/percent.hpp"
#include "support/vectors.hpp"

using namespace ignition;
using namespace ignition::rules;

TEST_CASE("gap, first day and local days follow their vectors") {
  const test::Vectors vectors("today/gap.json");
  std::size_t count = 0;
  for (const auto c : vectors["cases"].get_array()) {
    CAPTURE(test::text(c, "id"));
    CAPTURE(test::text(c, "about"));
    const auto in = c["input"].value();
    const auto expected = c["expected"].value();
    const Calendar calendar{TimeZone::or_utc(test::maybe_text(in, "tz"))};
    const Instant now = test::instant(in, "now");
    const auto last = test::maybe_instant(in, "last_activity_at");
    const auto config = in["config"].value();
    const GapLimit limit{.mode = enum_of<GapMode>(test::text(config, "mode")).value(),
                         .hours = static_cast<int>(test::integer(config, "threshold_hours")),
                         .days = static_cast<int>(test::integer(config, "threshold_days"))};

    CHECK(returning_after_gap(calendar, last, now, limit) == test::boolean(expected, "returning_after_gap"));
    CHECK(first_day(calendar, test::instant(in, "created_at"), test::integer(in, "completions_total"), now) ==
          test::boolean(expected, "first_day"));
    REQUIRE(last.has_value() == test::has(expected, "full_days_missed"));
    if (last) {
      CHECK(full_days_missed(calendar, *last, now) == test::integer(expected, "full_days_missed"));
      CHECK((now - *last).count() / 1'000'000 == test::integer(expected, "elapsed_seconds"));
    }
    const LocalDate today = calendar.date_of(now);
    CHECK(today == test::date(expected, "local_date"));
    CHECK(calendar.start(today) == test::instant(expected, "day_start_utc"));
    CHECK(calendar.start(today + 1) == test::instant(expected, "day_end_utc"));
    CHECK((calendar.start(today + 1) - calendar.start(today)).count() / 1'000'000 ==
          test::integer(expected, "day_length_seconds"));
    CHECK(name_of(part_of_day(calendar.zone, now)) == test::text(expected, "time_of_day"));
    CHECK(calendar.week_of(today) == test::date(expected, "week_start"));
    ++count;
  }
  CHECK(count == 66);
}

TEST_CASE("the greeting follows the wall clock, not the hour at which the day begins") {
  const Calendar late_riser{TimeZone(), 4};
  const Instant night = Instant::parse("2026-01-15T02:30:00Z").value();
  CHECK(late_riser.date_of(night) == LocalDate::of(2026, 1, 14));
  CHECK(greeting(part_of_day(late_riser.zone, night)) == "Good morning");
  CHECK(greeting(PartOfDay::afternoon) == "Good afternoon");
  CHECK(greeting(PartOfDay::evening) == "Good evening");
}

TEST_CASE("a user's gap limits win over the system's, one by one") {
  TodayConfig config;
  config.gap_threshold_days = 7;
  TodayPrefs prefs;
  prefs.gap_threshold_hours = 72;
  const GapLimit limit = gap_limit(prefs, config);
  CHECK(limit.mode == GapMode::elapsed);
  CHECK(limit.hours == 72);
  CHECK(limit.days == 7);
  prefs.gap_mode = GapMode::local_days;
  CHECK(gap_limit(prefs, config).mode == GapMode::local_days);
}

TEST_CASE("percents round half up and stay within 0 and 100") {
  CHECK(percent(1, 3) == 33);
  CHECK(percent(2, 3) == 67);
  CHECK(percent(1, 8) == 13);
  CHECK(percent(1, 200) == 1);
  CHECK(percent(1, 201) == 0);
  CHECK(percent(199, 200) == 100);
  CHECK(percent(0, 5) == 0);
  CHECK(percent(5, 0) == 0);
  CHECK(percent(-1, 5) == 0);
  CHECK(percent(9, 5) == 100);
}

TEST_CASE("every configuration key is checked against its bounds") {
  CHECK_FALSE(first_invalid_key(TodayConfig{}).has_value());
  CHECK(today_config_keys().size() == 21);
  for (const TodayConfigKey& key : today_config_keys()) {
    CAPTURE(key.name);
    TodayConfig config;
    config.weight_frequency = config.weight_recency = config.weight_sequence = 0;
    config.*key.value = key.min;
    CHECK_FALSE(first_invalid_key(config).has_value());
    config.*key.value = key.max;
    CHECK_FALSE(first_invalid_key(config).has_value());
    config.*key.value = key.min - 1;
    CHECK(first_invalid_key(config) == key.name);
    config.*key.value = key.max + 1;
    CHECK(first_invalid_key(config) == key.name);
  }
  TodayConfig heavy;
  heavy.weight_context = 1;
  CHECK(first_invalid_key(heavy) == "weights");
}
