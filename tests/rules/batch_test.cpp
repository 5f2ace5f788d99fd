#include "ignition/rules/batch.hpp"

#include "rules/fsrs_support.hpp"

using namespace ignition::rules;
using ignition::LocalDate;
namespace test = ignition::test;

TEST_CASE("levels of many users are those of single ones") {
  CHECK(rc::check([] {
    const auto totals = *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(0, kXpLimit + 1));
    std::vector<std::int32_t> level(totals.size()), percent(totals.size());
    std::vector<std::int64_t> into(totals.size()), size(totals.size()), left(totals.size());
    level_states(totals, {level, into, size, left, percent}, *rc::gen::inRange(1, 4));
    for (std::size_t i = 0; i < totals.size(); ++i) {
      RC_ASSERT((level_state(totals[i]) == LevelState{level[i], totals[i], into[i], size[i], left[i], percent[i]}));
    }
  }));
}

TEST_CASE("streaks of many users are those of single ones") {
  CHECK(rc::check([] {
    const std::int32_t today = 20'500;
    std::vector<std::int64_t> offsets{0};
    std::vector<std::int32_t> days;
    const int users = *rc::gen::inRange(0, 600);
    for (int user = 0; user < users; ++user) {
      for (int back = *rc::gen::inRange(0, 12); back >= 0; --back) {
        if (*rc::gen::inRange(0, 4) > 0) days.push_back(today - back);
      }
      offsets.push_back(static_cast<std::int64_t>(days.size()));
    }
    const std::vector<Cadence> cadences{
        {.frequency = *rc::gen::element(Frequency::daily, Frequency::weekly), .per_week = 3}};
    const auto count = static_cast<std::size_t>(users);
    std::vector<std::int32_t> current(count), longest(count), breaks(count);
    std::vector<std::uint8_t> status(count);
    streaks(offsets, days, std::span(&today, 1), cadences, ignition::WeekStart::monday,
            {current, longest, breaks, status}, *rc::gen::inRange(1, 4));
    for (std::size_t i = 0; i < count; ++i) {
      std::vector<LocalDate> done;
      for (auto at = static_cast<std::size_t>(offsets[i]); at < static_cast<std::size_t>(offsets[i + 1]); ++at) {
        done.push_back({days[at]});
      }
      const Streak one = walk({.done = done, .cadences = cadences, .today = {today}});
      RC_ASSERT(one.current == current[i]);
      RC_ASSERT(one.longest == longest[i]);
      RC_ASSERT(one.breaks == breaks[i]);
      RC_ASSERT(static_cast<std::uint8_t>(one.status) == status[i]);
    }
  }));
}

TEST_CASE("levels and streaks refuse bad elements by argument and index") {
  std::vector<std::int32_t> one(1);
  CHECK(test::refused([] { level_states(std::vector<std::int64_t>{5, -1}, {}); }) == "total_xp[1]");
  CHECK(test::refused([] { level_states(std::vector<std::int64_t>{kXpLimit + 1}, {}); }) == "total_xp[0]");
  CHECK(test::refused([&] { level_states(std::vector<std::int64_t>{5, 1}, {.level = one}); }) == "out.level");
  CHECK(test::refused([] { level_states({}, {}, 257); }) == "threads");

  const auto of = [](std::vector<std::int64_t> offsets, std::vector<std::int32_t> days, std::vector<std::int32_t> today,
                     std::vector<Cadence> cadences = {}) {
    return test::refused([&] { streaks(offsets, days, today, cadences, ignition::WeekStart::monday, StreakArrays{}); });
  };
  CHECK(of({0, 1}, {5}, {5}) == "");
  CHECK(of({}, {}, {5}) == "offsets");
  CHECK(of({1, 1}, {5}, {5}) == "offsets[0]");
  CHECK(of({0, 2}, {5}, {5}) == "offsets[1]");
  CHECK(of({0, 1, 0}, {5}, {5}) == "offsets[2]");
  CHECK(of({0, 0}, {5}, {5}) == "offsets[1]");
  CHECK(of({0, 1}, {2'000'000'000}, {5}) == "days[0]");
  CHECK(of({0, 1}, {5}, {}) == "today");
  CHECK(of({0, 1}, {5}, {-2'000'000'000}) == "today[0]");
  CHECK(of({0, 1}, {5}, {5}, {{.frequency = Frequency::weekly, .per_week = 8}}) == "cadences[0]");
  CHECK(of({0, 1}, {5}, {5}, {{.from = {9}}, {.from = {8}}}) == "cadences[1]");
}
