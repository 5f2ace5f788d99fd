#include "ignition/rules/loads.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <limits>
#include <string>

#include "ignition/describe.hpp"
#include "ignition/error.hpp"
#include "support/training.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

OneRepFormula formula_of(const std::string& name) {
  if (name == "brzycki") return OneRepFormula::brzycki;
  if (name == "epley") return OneRepFormula::epley;
  if (name == "oconner") return OneRepFormula::oconner;
  if (name == "lombardi") return OneRepFormula::lombardi;
  return OneRepFormula::auto_;
}

template <class Call>
std::string refused_field(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.fields()[0].field + ": " + error.reason();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("loads are converted and rounded as in the vectors") {
  const test::Vectors vectors("exercise/units.json");
  for (const test::Value v : vectors["lb_to_g"].get_array()) {
    CHECK(grams_of_pounds(test::integer(v, "lb_x100")) == test::integer(v, "g"));
  }
  for (const test::Value v : vectors["g_to_lb"].get_array()) {
    CHECK(pounds_of_grams(test::integer(v, "g")) == test::integer(v, "lb_x100"));
  }
  for (const test::Value v : vectors["round_load"].get_array()) {
    CHECK(round_load(test::integer(v, "g"), test::weight_unit(v, "unit"), test::integer(v, "step_x100")) ==
          test::integer(v, "out_g"));
  }
}

TEST_CASE("one-rep maximums and loads from them are those of the vectors") {
  const test::Vectors vectors("exercise/one_rep_max.json");
  int cases = 0;
  for (const test::Value v : vectors["estimate"].get_array()) {
    const OneRepFormula formula = formula_of(test::text(v, "formula"));
    const std::int64_t grams = test::integer(v, "weight_g") + test::integer(v, "bodyweight_g", 0);
    CAPTURE(grams);
    CAPTURE(test::integer(v, "reps"));
    const auto found = one_rep_max(grams, test::integer(v, "reps"), formula);
    CHECK((found ? std::optional(found->one_rep_max_g) : std::nullopt) == test::maybe_integer(v, "one_rep_max_g"));
    if (formula == OneRepFormula::auto_) {
      const auto word = found && found->confidence ? std::string(name_of(*found->confidence)) : "";
      CHECK(word == test::text(v, "confidence", ""));
      CHECK((found && found->counts_for_record) == test::boolean(v, "counts_for_record"));
    }
    ++cases;
  }
  for (const test::Value v : vectors["load_for_reps"].get_array()) {
    CHECK(load_for_reps(test::integer(v, "one_rep_max_g"), test::integer(v, "reps")) ==
          test::maybe_integer(v, "weight_g"));
    ++cases;
  }
  for (const test::Value v : vectors["percent_load"].get_array()) {
    CHECK(percent_load(test::integer(v, "one_rep_max_g"), test::integer(v, "percent_x100"),
                       test::weight_unit(v, "unit"), test::integer(v, "step_x100")) == test::integer(v, "weight_g"));
    ++cases;
  }
  CHECK(cases == 82);
}

TEST_CASE("a load entered in hundredths of a pound survives storage in grams") {
  for (std::int64_t pounds = 0; pounds <= 450'000; ++pounds) {
    if (pounds_of_grams(grams_of_pounds(pounds)) != pounds) FAIL(pounds);
  }
}

TEST_CASE("estimates grow with load and repetitions, and a batch equals its sets") {
  CHECK(rc::check([] {
    const auto size = *rc::gen::inRange<std::size_t>(0, 50);
    std::vector<std::int64_t> grams(size);
    std::vector<std::int32_t> reps(size);
    for (std::size_t i = 0; i < size; ++i) {
      grams[i] = *rc::gen::inRange<std::int64_t>(-1000, kMaxLoadGrams + 1);
      reps[i] = *rc::gen::inRange(-1, 40);
    }
    const auto formula = *rc::gen::element(OneRepFormula::auto_, OneRepFormula::brzycki, OneRepFormula::lombardi);
    std::vector<std::int64_t> out(size);
    one_rep_max(grams, reps, out, formula);
    for (std::size_t i = 0; i < size; ++i) {
      const auto one = one_rep_max(grams[i], reps[i], formula);
      RC_ASSERT(out[i] == (one ? one->one_rep_max_g : 0));
      if (!one) continue;
      RC_ASSERT(one->one_rep_max_g >= grams[i]);
      const auto more = one_rep_max(grams[i], reps[i] + 1, formula);
      if (more) RC_ASSERT(more->one_rep_max_g >= one->one_rep_max_g);
    }
  }));
}

TEST_CASE("loads out of bounds are refused by name") {
  constexpr auto kHuge = std::numeric_limits<std::int64_t>::max();
  CHECK(refused_field([] { one_rep_max(kHuge, 5); }) == "grams: out_of_range");
  CHECK(refused_field([] { one_rep_max(100'000, kHuge); }) == "reps: out_of_range");
  CHECK(refused_field([] { percent_load(100'000, 99, WeightUnit::kg, 250); }) == "percent_x100: out_of_range");
  CHECK(refused_field([] { round_load(100'000, WeightUnit::kg, 0); }) == "step_x100: out_of_range");
  CHECK(refused_field([] { load_for_reps(-1, 5); }) == "one_rep_max_g: out_of_range");
  CHECK(refused_field([] { grams_of_pounds(kHuge); }) == "pounds_x100: out_of_range");
  CHECK(refused_field([] { prescribed_load(100'000, -1, WeightUnit::kg, 250); }) == "intensity_bp: out_of_range");
  const std::vector<std::int64_t> grams{1, 2, kHuge};
  const std::vector<std::int32_t> reps{1, 1, 1};
  std::vector<std::int64_t> out(3);
  CHECK(refused_field([&] { one_rep_max(grams, reps, out); }) == "grams[2]: out_of_range");
  CHECK(refused_field([&] { one_rep_max(grams, std::span(reps).first(2), out); }) == "reps: length");
}
