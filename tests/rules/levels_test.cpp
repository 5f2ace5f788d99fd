#include "ignition/rules/levels.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "support/vectors.hpp"

using namespace ignition::rules;
namespace test = ignition::test;

TEST_CASE("the level curve agrees with the vectors") {
  const test::Vectors vectors("progress/levels.json");
  CHECK(vectors["xp_limit"].get_int64().value() == kXpLimit);
  int rows = 0;
  for (const test::Value row : vectors["curve"].get_array()) {
    const int level = static_cast<int>(test::integer(row, "level"));
    CAPTURE(level);
    CHECK(level_start(level) == test::integer(row, "total_xp_at_level"));
    CHECK(level_size(level) == test::integer(row, "xp_level_size"));
    CHECK(level_of(level_start(level)) == level);
    if (level > 1) CHECK(level_of(level_start(level) - 1) == level - 1);
    ++rows;
  }
  CHECK(rows == 200);
}

TEST_CASE("the level ends of rule R-L3 hold") {
  CHECK(level_of(0) == 1);
  CHECK(level_of(99) == 1);
  CHECK(level_of(100) == 2);
  CHECK(level_of(1'000'000) == 57);
  CHECK(level_of(kXpLimit) == 14'427);
  CHECK(level_state(500) == LevelState{3, 500, 118, 519, 401, 22});
}

TEST_CASE("the start of every level is the sum of the sizes below it, up to the XP limit") {
  std::int64_t start = 0;
  int wrong = 0;
  for (int level = 1; level <= 14'428; ++level) {
    if (level_start(level) != start) ++wrong;
    if (start <= kXpLimit && level_of(start) != level) ++wrong;
    const std::int64_t size = level_size(level);
    // size = floor(100 * level^1.5), so its square brackets 10000 * level^3.
    const std::int64_t cube = std::int64_t{10'000} * level * level * level;
    if (size * size > cube || (size + 1) * (size + 1) <= cube) ++wrong;
    start += size;
  }
  CHECK(wrong == 0);
}

TEST_CASE("the level state of any total is consistent and grows with the total") {
  CHECK(rc::check([] {
    const auto total = *rc::gen::inRange<std::int64_t>(0, kXpLimit + 1);
    const auto more = *rc::gen::inRange<std::int64_t>(0, kXpLimit - total + 1);
    const LevelState s = level_state(total);
    RC_ASSERT(s.level == level_of(total));
    RC_ASSERT(level_start(s.level) + s.xp_into_level == total);
    RC_ASSERT(s.xp_into_level >= 0);
    RC_ASSERT(s.xp_remaining >= 1);
    RC_ASSERT(s.xp_into_level + s.xp_remaining == s.xp_level_size);
    RC_ASSERT(s.level_progress_percent >= 0);
    RC_ASSERT(s.level_progress_percent <= 99);
    RC_ASSERT(level_of(total + more) >= s.level);
  }));
}
