#include "ignition/rules/focus_stats.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <boost/describe/enum_from_string.hpp>
#include <set>

#include "support/vectors.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

template <class E>
E enum_of(std::string name) {
  E value{};
  if (name == "break") name = "break_";
  REQUIRE_MESSAGE(boost::describe::enum_from_string(name.c_str(), value), name);
  return value;
}

// Sessions and the dates of the full-credit ones, as the stored domain gathers them.
struct History {
  std::vector<EndedFocus> sessions;
  std::vector<LocalDate> full_dates;
};

History history_of(test::Value one, const Calendar& calendar) {
  History history;
  for (const auto row : one["sessions"].get_array()) {
    const auto ended_at = test::maybe_instant(row, "ended_at");
    if (!ended_at) continue;
    const EndedFocus session{.mode = enum_of<FocusMode>(test::text(row, "mode")),
                             .status = enum_of<FocusStatus>(test::text(row, "status")),
                             .date = calendar.date_of(*ended_at),
                             .focused_seconds = static_cast<int>(test::integer(row, "focused_seconds")),
                             .full_credit = test::boolean(row, "full_credit"),
                             .xp_awarded = static_cast<int>(test::integer(row, "xp_awarded")),
                             .coins_awarded = static_cast<int>(test::integer(row, "coins_awarded"))};
    history.sessions.push_back(session);
    if (session.mode == FocusMode::focus && session.status == FocusStatus::completed && session.full_credit) {
      history.full_dates.push_back(session.date);
    }
  }
  std::ranges::sort(history.full_dates);
  return history;
}

LocalDate day(std::string_view text) { return LocalDate::parse(text).value(); }

}  // namespace

TEST_CASE("focus statistics follow the vectors") {
  const test::Vectors vectors("planning/focus_stats.json");
  std::size_t cases = 0;
  for (const auto one : vectors["cases"].get_array()) {
    CAPTURE(test::text(one, "id"));
    const Calendar calendar{.zone = TimeZone::find(test::text(one, "tzid")).value(),
                            .week_start = enum_of<WeekStart>(test::text(one, "week_starts_on", "monday"))};
    const auto history = history_of(one, calendar);
    const auto today = calendar.date_of(test::instant(one, "now"));
    const auto period = enum_of<FocusPeriod>(test::text(one, "period"));
    const auto stats = focus_stats(period, today, today, calendar.week_start, history.sessions, history.full_dates);

    const auto expected = one["expect"].value();
    CHECK(stats.period == enum_of<FocusPeriod>(test::text(expected, "period")));
    CHECK(stats.from == test::maybe_date(expected, "from"));
    CHECK(stats.to == test::maybe_date(expected, "to"));
    CHECK(stats.completed_sessions == test::integer(expected, "completed_sessions"));
    CHECK(stats.completed_focus_sessions == test::integer(expected, "completed_focus_sessions"));
    CHECK(stats.abandoned_sessions == test::integer(expected, "abandoned_sessions"));
    CHECK(stats.expired_sessions == test::integer(expected, "expired_sessions"));
    CHECK(stats.total_sessions == test::integer(expected, "total_sessions"));
    CHECK(stats.total_focus_seconds == test::integer(expected, "total_focus_seconds"));
    CHECK(stats.total_break_seconds == test::integer(expected, "total_break_seconds"));
    CHECK(stats.total_xp_earned == test::integer(expected, "total_xp_earned"));
    CHECK(stats.total_coins_earned == test::integer(expected, "total_coins_earned"));
    CHECK(stats.average_focus_seconds == test::integer(expected, "average_focus_seconds"));
    CHECK(stats.completion_percent == test::integer(expected, "completion_percent"));
    CHECK(stats.current_streak_days == test::integer(expected, "current_streak_days"));
    CHECK(stats.longest_streak_days == test::integer(expected, "longest_streak_days"));
    REQUIRE(stats.by_day.has_value() == test::has(expected, "by_day"));
    if (stats.by_day) {
      std::vector<FocusDay> days;
      for (const auto row : expected["by_day"].get_array()) {
        days.push_back({.date = test::date(row, "date"),
                        .focus_seconds = test::integer(row, "focus_seconds"),
                        .focus_sessions = static_cast<int>(test::integer(row, "focus_sessions"))});
      }
      CHECK(*stats.by_day == days);
    }
    ++cases;
  }
  CHECK(cases == 15);
}

TEST_CASE("periods are whole calendar periods around any date inside them") {
  const auto bounds = [](FocusPeriod period, std::string_view date) {
    const auto found = bounds_of(period, day(date), WeekStart::saturday).value();
    return found.first.text() + ".." + found.second.text();
  };
  CHECK(bounds(FocusPeriod::day, "2024-02-29") == "2024-02-29..2024-02-29");
  CHECK(bounds(FocusPeriod::week, "2026-01-02") == "2025-12-27..2026-01-02");
  CHECK(bounds(FocusPeriod::month, "2024-02-29") == "2024-02-01..2024-02-29");
  CHECK(bounds(FocusPeriod::month, "2025-12-31") == "2025-12-01..2025-12-31");
  CHECK(bounds(FocusPeriod::year, "2024-06-30") == "2024-01-01..2024-12-31");
  CHECK_FALSE(bounds_of(FocusPeriod::all, day("2024-06-30"), WeekStart::monday).has_value());
}

TEST_CASE("a finished week lists all its days, a future one none") {
  const auto days = [](std::string_view date) {
    return focus_stats(FocusPeriod::week, day(date), day("2026-01-14"), WeekStart::monday, {}, {}).by_day->size();
  };
  CHECK(days("2026-01-07") == 7);
  CHECK(days("2026-01-14") == 3);
  CHECK(days("2026-01-21") == 0);
}

TEST_CASE("streaks are what counting day by day gives") {
  CHECK(rc::check("streaks", [] {
    const auto today = day("2026-01-14");
    std::set<LocalDate> dates;
    const auto count = *rc::gen::inRange(0, 20);
    for (int i = 0; i < count; ++i) dates.insert(today - *rc::gen::inRange(-2, 15));
    auto ascending = std::vector(dates.begin(), dates.end());
    if (!ascending.empty()) ascending.insert(ascending.begin(), ascending.front());

    int current = 0;
    for (auto d = dates.contains(today) ? today : today - 1; dates.contains(d); d = d - 1) ++current;
    int longest = 0;
    for (const auto first : dates) {
      int run = 0;
      while (dates.contains(first + run)) ++run;
      longest = std::max(longest, run);
    }
    RC_ASSERT((focus_streak(ascending, today) == FocusStreak{current, longest}));
  }));
}

TEST_CASE("the days of a month add up to the month") {
  CHECK(rc::check("by_day", [] {
    const auto today = day("2026-01-31");
    std::vector<EndedFocus> sessions(*rc::gen::inRange<std::size_t>(0, 30));
    for (auto& session : sessions) {
      session = {.mode = *rc::gen::element(FocusMode::focus, FocusMode::break_),
                 .status = *rc::gen::element(FocusStatus::completed, FocusStatus::abandoned),
                 .date = today - *rc::gen::inRange(0, 40),
                 .focused_seconds = *rc::gen::inRange(0, 14'401)};
    }
    const auto stats = focus_stats(FocusPeriod::month, today, today, WeekStart::monday, sessions, {});
    std::int64_t seconds = 0;
    int done = 0;
    for (const auto& one : *stats.by_day) {
      seconds += one.focus_seconds;
      done += one.focus_sessions;
    }
    RC_ASSERT(stats.by_day->size() == 31u);
    RC_ASSERT(seconds == stats.total_focus_seconds);
    RC_ASSERT(done == stats.completed_focus_sessions);
  }));
}
