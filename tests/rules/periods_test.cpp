#include "ignition/rules/periods.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "support/vectors.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

Period period_named(std::string_view name) {
  return name == "daily" ? Period::daily : name == "weekly" ? Period::weekly : Period::monthly;
}

}  // namespace

TEST_CASE("keys and boundaries of quest periods agree with the vectors") {
  const test::Vectors vectors("progress/periods.json");
  int checked = 0;
  for (const test::Value c : vectors["cases"].get_array()) {
    const Calendar calendar{.zone = TimeZone::find(test::text(c, "tz")).value()};
    const LocalDate date = calendar.date_of(test::instant(c, "at"));
    CAPTURE(test::text(c, "id"));
    CHECK(date == test::date(c, "local_date"));
    for (const std::string_view name : {"daily", "weekly", "monthly"}) {
      CAPTURE(name);
      const test::Value expect = c["expect"][name].value();
      const Period period = period_named(name);
      const DateRange dates = period_dates(period, date).value();
      const InstantRange instants = instants_of(dates, calendar);
      CHECK(period_key(period, date) == test::text(expect, "key"));
      CHECK(instants.starts_at == test::instant(expect, "starts_at"));
      CHECK(instants.ends_at == test::instant(expect, "ends_at"));
      CHECK(dates_of_key(test::text(expect, "key")) == dates);
      ++checked;
    }
  }
  CHECK(checked == 60);
}

TEST_CASE("repeated quests count their streak as the vectors do") {
  const test::Vectors vectors("progress/periods.json");
  int checked = 0;
  for (const test::Value c : vectors["repeat_cases"].get_array()) {
    CAPTURE(test::text(c, "id"));
    const Period period = period_named(test::text(c, "repeat_frequency"));
    const auto expect = c["expect_streak_count"].get_array().value();
    std::optional<LocalDate> previous;
    int streak = 0;
    std::size_t i = 0;
    for (const test::Value on : c["completed_on"].get_array()) {
      const LocalDate today = LocalDate::parse(on.get_string().value()).value();
      const auto count = repeated(period, previous, streak, today);
      const test::Value wanted = expect.at(i++).value();
      CHECK(count.has_value() == wanted.is_int64());
      if (!count) continue;
      CHECK(*count == wanted.get_int64().value());
      previous = today;
      streak = *count;
    }
    ++checked;
  }
  CHECK(checked == 8);
}

TEST_CASE("a quest done once has one key, no boundaries and no streak") {
  const LocalDate today = LocalDate::of(2026, 1, 14);
  CHECK(period_key(Period::one_time, today) == "once");
  CHECK_FALSE(period_dates(Period::one_time, today).has_value());
  CHECK(repeated(Period::one_time, {}, 0, today) == 0);
  CHECK_FALSE(repeated(Period::one_time, today - 40, 0, today).has_value());
}

TEST_CASE("keys that no period has are refused") {
  for (const std::string_view key : {"", "once", "2026", "2026-13", "2026-02-30", "2026-W00", "2025-W53", "2026-W5x",
                                     "2026-X05", "2026-w05", "2026-W054", "2026/01", "-026-W01"}) {
    CAPTURE(key);
    CHECK_FALSE(dates_of_key(key).has_value());
  }
}

TEST_CASE("periods cover every date once, and their keys lead back to them") {
  CHECK(rc::check([] {
    const LocalDate date{*rc::gen::inRange(-200'000, 400'000)};
    for (const Period period : {Period::daily, Period::weekly, Period::monthly}) {
      const DateRange dates = period_dates(period, date).value();
      RC_ASSERT(dates.contains(date));
      RC_ASSERT(dates_of_key(period_key(period, date)) == dates);
      RC_ASSERT(period_key(period, dates.last) == period_key(period, dates.first));
      RC_ASSERT(period_key(period, dates.last + 1) != period_key(period, date));
      RC_ASSERT(period_dates(period, dates.last + 1)->first == dates.last + 1);
    }
  }));
}
