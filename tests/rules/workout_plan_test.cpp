#include "ignition/rules/workout_plan.hpp"

#include <doctest/doctest.h>

#include <string>

#include "ignition/error.hpp"
#include "support/training.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

SectionType type_of(const std::string& name) {
  if (name == "warmup") return SectionType::warmup;
  if (name == "cooldown") return SectionType::cooldown;
  if (name == "superset") return SectionType::superset;
  return name == "circuit" ? SectionType::circuit : SectionType::main;
}

}  // namespace

TEST_CASE("planned sets come in the order of the vectors") {
  const test::Vectors vectors("exercise/sequence.json");
  int cases = 0;
  for (const test::Value c : vectors["cases"].get_array()) {
    CAPTURE(test::text(c, "name"));
    std::vector<PlannedSection> sections;
    std::vector<std::vector<std::string>> names;
    for (const test::Value s : c["workout"]["sections"].get_array()) {
      PlannedSection section{.type = type_of(test::text(s, "section_type")),
                             .rounds = static_cast<int>(test::integer(s, "rounds", 1)),
                             .rest_seconds = test::maybe_int(s, "rest_seconds")};
      names.emplace_back();
      for (const test::Value e : s["exercises"].get_array()) {
        names.back().push_back(test::text(e, "id"));
        section.exercises.push_back({.target_sets = static_cast<int>(test::integer(e, "sets")),
                                     .rest_seconds = test::maybe_int(e, "rest_seconds"),
                                     .superset_group = test::maybe_int(e, "superset_group")});
      }
      sections.push_back(std::move(section));
    }
    const auto order = set_order(sections, static_cast<int>(test::integer(c, "default_rest_seconds")));
    std::size_t i = 0;
    for (const test::Value wanted : c["expect"].get_array()) {
      CAPTURE(i);
      REQUIRE(i < order.size());
      CHECK(names[order[i].section][order[i].exercise] == test::text(wanted, "exercise"));
      CHECK(order[i].set == test::integer(wanted, "set"));
      CHECK(order[i].rest_after == test::integer(wanted, "rest_after"));
      CHECK(order[i].is_warmup == test::boolean(wanted, "is_warmup"));
      ++i;
    }
    CHECK(order.size() == i);
    ++cases;
  }
  CHECK(cases == 8);
}

TEST_CASE("a workout takes its work and its rests, up to full minutes") {
  const auto minutes = [](PlannedExercise exercise) {
    const std::vector<PlannedSection> sections{{.exercises = {exercise}}};
    return estimated_minutes(sections, 90);
  };
  CHECK(minutes({.target_sets = 3, .reps_min = 8, .reps_max = 12}) == 5);  // 3 x 30 + 2 x 90 = 270 s
  CHECK(minutes({.target_sets = 1, .target_duration_seconds = 61}) == 2);
  CHECK(minutes({.target_sets = 2, .rest_seconds = 0, .amrap = true}) == 2);  // 2 x 36 s
  CHECK(minutes({.target_sets = 1, .reps_min = 8, .amrap = true}) == 1);      // 24 s
  CHECK(minutes({.target_sets = 3, .rest_seconds = 0}) == 2);                 // 3 x 40 s
  CHECK(estimated_minutes({}, 90) == 0);
}

TEST_CASE("plans with boundless numbers are refused by field") {
  const std::vector<PlannedSection> sections{{}, {.exercises = {{.target_sets = 1'000'000}}}};
  try {
    set_order(sections, 90);
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.fields()[0].field == "sections[1].exercises[0].target_sets");
  }
  CHECK_THROWS_AS(set_order({}, -1), Error);
}
