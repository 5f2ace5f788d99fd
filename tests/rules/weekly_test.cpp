#include "ignition/rules/weekly.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>

#include <string_view>
#include <type_traits>

#include "support/vectors.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

LocalDate day(std::string_view text) { return LocalDate::parse(text).value(); }

// The week of Monday 12 January 2026, seen on Wednesday.
const LocalDate kWednesday = day("2026-01-14");
const Week kThisWeek = week_containing(kWednesday, kWednesday, WeekStart::monday);

std::vector<HighlightKey> keys_of(const std::vector<Highlight>& found) {
  std::vector<HighlightKey> keys;
  keys.reserve(found.size());
  for (const auto& one : found) keys.push_back(one.key);
  return keys;
}

}  // namespace

TEST_CASE("a week begins on the user's first day and counts the days that have begun") {
  CHECK(kThisWeek == Week{.start = day("2026-01-12"), .days_elapsed = 3, .is_current = true});
  CHECK(kThisWeek.end() == day("2026-01-18"));
  const auto seen = [](std::string_view date) { return week_containing(day(date), kWednesday, WeekStart::sunday); };
  CHECK(seen("2026-01-14") == Week{.start = day("2026-01-11"), .days_elapsed = 4, .is_current = true});
  CHECK(seen("2026-01-10") == Week{.start = day("2026-01-04"), .days_elapsed = 7, .is_current = false});
  CHECK(seen("2026-01-18") == Week{.start = day("2026-01-18"), .days_elapsed = 0, .is_current = false});
}

TEST_CASE("the week of the spring clock change ends an hour early") {
  const Calendar berlin{.zone = TimeZone::find("Europe/Berlin").value()};
  const auto week = week_containing(day("2026-03-29"), day("2026-04-20"), WeekStart::monday);
  const auto [begin, end] = week.bounds(berlin);
  CHECK(begin == Instant::parse("2026-03-22T23:00:00Z").value());
  CHECK(end == Instant::parse("2026-03-29T22:00:00Z").value());
  CHECK(end - berlin.start(day("2026-03-29")) == std::chrono::hours(23));
  // 00:30 on the clock of the 30th.
  CHECK(Instant::parse("2026-03-29T22:30:00Z").value() >= end);
}

TEST_CASE("a week is compared with as many days of the week before") {
  CHECK((compared_span(kThisWeek) == std::pair(day("2026-01-05"), 3)));
  const auto past = week_containing(day("2026-01-01"), kWednesday, WeekStart::monday);
  CHECK((compared_span(past) == std::pair(day("2025-12-22"), 7)));
}

TEST_CASE("weeks are offered from 2000 to the one after the current") {
  const auto offered = [](std::string_view date) { return is_week_offered(day(date), kWednesday, WeekStart::monday); };
  CHECK(offered("2000-01-01"));
  CHECK_FALSE(offered("1999-12-31"));
  CHECK(offered("2026-01-25"));
  CHECK_FALSE(offered("2026-01-26"));
}

TEST_CASE("the dates of a week know which of them is today and which are to come") {
  const auto days = empty_days(kThisWeek, kWednesday);
  REQUIRE(days.size() == 7);
  CHECK(days[0] == WeekDay{.date = day("2026-01-12")});
  CHECK(days[2] == WeekDay{.date = kWednesday, .is_today = true});
  CHECK(days[3] == WeekDay{.date = day("2026-01-15"), .is_future = true});
}

TEST_CASE("three habits a day, done 3, 2, 3, are 89 percent and two perfect days") {
  auto days = empty_days(kThisWeek, kWednesday);
  for (std::size_t i = 0; i < 3; ++i) days[i].habits_due = 3;
  days[0].habits_completed = 3;
  days[1].habits_completed = 2;
  days[2].habits_completed = 3;
  CHECK(week_habits(days) == WeekHabits{.due = 9, .completed = 8, .percent = 89, .perfect_days = 2});
}

TEST_CASE("the best focus date is the earliest of the longest, and none without focus") {
  auto days = empty_days(kThisWeek, kWednesday);
  CHECK(week_focus(days, 0) == WeekFocus{});
  days[1].focus_minutes = days[2].focus_minutes = 50;
  days[1].focus_sessions = 2;
  days[2].focus_sessions = 1;
  CHECK(week_focus(days, 1) ==
        WeekFocus{
            .minutes = 100, .completed = 3, .abandoned = 1, .completion_percent = 75, .best_date = day("2026-01-13")});
}

TEST_CASE("focus minutes are whole minutes of one session") {
  CHECK(focus_minutes(1500) == 25);
  CHECK(focus_minutes(1499) == 24);
  CHECK(focus_minutes(59) == 0);
}

TEST_CASE("a quiet week has no highlights") {
  auto days = empty_days(kThisWeek, kWednesday);
  days[0].focus_minutes = 24;
  days[0].habits_due = 2;
  days[0].habits_completed = 1;
  days[0].tasks_completed = 4;
  CHECK(highlights(days, 2, 0).empty());
}

TEST_CASE("three highlights at most, in their fixed order") {
  auto days = empty_days(kThisWeek, kWednesday);
  CHECK(keys_of(highlights(days, 3, 1)) == std::vector{HighlightKey::journal_streak, HighlightKey::books_finished});
  days[0].tasks_completed = 3;
  days[1].tasks_completed = 2;
  CHECK(keys_of(highlights(days, 3, 1)) ==
        std::vector{HighlightKey::journal_streak, HighlightKey::tasks_done, HighlightKey::books_finished});
  days[1].workouts_completed = 1;
  CHECK(keys_of(highlights(days, 3, 1)) ==
        std::vector{HighlightKey::workouts_done, HighlightKey::journal_streak, HighlightKey::tasks_done});
  days[2].habits_due = days[2].habits_completed = 1;
  days[1].focus_minutes = 25;
  const auto found = highlights(days, 3, 1);
  CHECK(found == std::vector<Highlight>{
                     {.key = HighlightKey::best_focus_day, .params = {.count = 25, .date = day("2026-01-13")}},
                     {.key = HighlightKey::perfect_habits, .params = {.count = 1, .date = {}}},
                     {.key = HighlightKey::workouts_done, .params = {.count = 1, .date = {}}}});
}

TEST_CASE("every numeric field of a day has its sum under the same name") {
  namespace describe = boost::describe;
  namespace mp11 = boost::mp11;
  CHECK(rc::check("sums by name", [] {
    auto days = empty_days(kThisWeek, kWednesday);
    int active = 0;
    for (auto& one : days) {
      mp11::mp_for_each<describe::describe_members<WeekDay, describe::mod_public>>([&](auto d) {
        auto& field = one.*d.pointer;
        if constexpr (std::is_same_v<std::remove_reference_t<decltype(field)>, int>) field = *rc::gen::inRange(0, 100);
      });
      one.active = *rc::gen::arbitrary<bool>();
      active += one.active ? 1 : 0;
    }
    const auto totals = totals_of(days);
    const auto zero = totals - totals;
    const auto rest = totals - zero;
    int fields = 0;
    mp11::mp_for_each<describe::describe_members<WeekTotals, describe::mod_public>>([&](auto total) {
      RC_ASSERT((zero.*total.pointer) == 0);
      RC_ASSERT((rest.*total.pointer) == (totals.*total.pointer));
      if (std::string_view(total.name) == "active_days") {
        RC_ASSERT(totals.active_days == active);
        return;
      }
      mp11::mp_for_each<describe::describe_members<WeekDay, describe::mod_public>>([&](auto field) {
        using Type = std::remove_cvref_t<decltype(std::declval<WeekDay>().*field.pointer)>;
        if constexpr (std::is_same_v<Type, int>) {
          if (std::string_view(total.name) != field.name) return;
          int sum = 0;
          for (const auto& one : days) sum += one.*field.pointer;
          RC_ASSERT((totals.*total.pointer) == sum);
          ++fields;
        }
      });
    });
    RC_ASSERT(fields == 13);
  }));
}
