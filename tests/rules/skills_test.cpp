#include "ignition/rules/skills.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "support/vectors.hpp"

using namespace ignition::rules;
namespace test = ignition::test;

TEST_CASE("the skill curve and its cases agree with the vectors") {
  const test::Vectors vectors("progress/levels.json");
  const test::Value curve_row = vectors["skill_curve"];
  const SkillCurve curve{.max_level = static_cast<int>(test::integer(curve_row, "max_level")),
                         .xp_base = static_cast<int>(test::integer(curve_row, "xp_base")),
                         .xp_multiplier_percent = static_cast<int>(test::integer(curve_row, "xp_multiplier_percent"))};
  int levels = 0;
  for (const test::Value row : curve_row["levels"].get_array()) {
    const SkillLevel at = skill_level(curve, test::integer(row, "xp_at_level"));
    CHECK(at.level == test::integer(row, "level"));
    CHECK(at.xp_into_level == 0);
    CHECK(at.xp_level_size.has_value() == test::has(row, "xp_level_size"));
    if (at.xp_level_size) CHECK(*at.xp_level_size == test::integer(row, "xp_level_size"));
    ++levels;
  }
  CHECK(levels == 10);

  int cases = 0;
  for (const test::Value row : vectors["skill_cases"].get_array()) {
    const test::Value expect = row["expect"].value();
    const SkillLevel at = skill_level(curve, test::integer(row, "xp"));
    CAPTURE(test::integer(row, "xp"));
    CHECK(at.level == test::integer(expect, "level"));
    CHECK(at.xp_into_level == test::integer(expect, "xp_into_level"));
    CHECK(at.xp_level_size.value_or(-1) == test::integer(expect, "xp_level_size", -1));
    ++cases;
  }
  CHECK(cases == 22);
}

TEST_CASE("the steepest permitted skill curve stays exact") {
  const SkillCurve steep{.max_level = 15, .xp_base = 10'000, .xp_multiplier_percent = 200};
  CHECK(skill_level_size(steep, 14) == 10'000LL * 8192);
  const SkillCurve odd{.max_level = 15, .xp_base = 9'999, .xp_multiplier_percent = 199};
  // 9999 * 199^13 / 100^13, worked out with exact integers elsewhere.
  CHECK(skill_level_size(odd, 14) == 76'744'376);
}

TEST_CASE("skill levels grow with XP and account for every point") {
  CHECK(rc::check([] {
    const SkillCurve curve{.max_level = *rc::gen::inRange(2, 16),
                           .xp_base = *rc::gen::inRange(10, 10'001),
                           .xp_multiplier_percent = *rc::gen::inRange(100, 201)};
    const auto xp = *rc::gen::inRange<std::int64_t>(0, 1'000'000'000);
    const SkillLevel at = skill_level(curve, xp);
    std::int64_t sum = at.xp_into_level;
    for (int level = 1; level < at.level; ++level) sum += skill_level_size(curve, level);
    RC_ASSERT(sum == xp);
    RC_ASSERT(at.level >= 1);
    RC_ASSERT(at.level <= curve.max_level);
    RC_ASSERT(at.xp_level_size.has_value() == (at.level < curve.max_level));
    if (at.xp_level_size) RC_ASSERT(at.xp_into_level < *at.xp_level_size);
    RC_ASSERT(skill_level(curve, xp + 1).level >= at.level);
  }));
}

TEST_CASE("stars are counted in levels of ten and stop at the top") {
  const SkillCurve curve;
  CHECK(star_level(curve, 0) == StarLevel{0, 0});
  CHECK(star_level(curve, 23) == StarLevel{2, 3});
  CHECK(star_level(curve, 999) == StarLevel{99, 9});
  CHECK(star_level(curve, 1234) == StarLevel{100, 234});
}

TEST_CASE("keys of the older catalogue mean skills of the wheel") {
  CHECK(canonical_skill("focus") == skill::knowledge);
  CHECK(canonical_skill("discipline") == skill::proficiency);
  CHECK(canonical_skill("strength") == skill::guts);
  CHECK(canonical_skill("endurance") == skill::guts);
  CHECK(canonical_skill("creativity") == skill::proficiency);
  CHECK(canonical_skill("charm") == "charm");
  CHECK(canonical_skill("cooking") == "cooking");
}
