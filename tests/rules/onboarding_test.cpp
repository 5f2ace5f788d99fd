#include "ignition/rules/onboarding.hpp"

#include <doctest/doctest.h>

using namespace ignition;
using namespace ignition::rules;

namespace {

std::string problem(const StepForm& form, const StepAnswer& answer) {
  const auto found = problem_with(form, answer);
  return found ? found->code : std::string();
}

StepAnswer keys(std::vector<std::string> chosen) {
  return {.given = true, .skipped = false, .acted = false, .text = {}, .keys = std::move(chosen)};
}

StepAnswer text(std::string written) {
  return {.given = true, .skipped = false, .acted = false, .text = std::move(written), .keys = {}};
}

StepForm choosing(StepType type, bool required, std::optional<int> least = {}, std::optional<int> most = {}) {
  return {.type = type,
          .required = required,
          .allows_multiple = type == StepType::multi_select,
          .free_number = false,
          .keys = {"a", "b", "c", "d"},
          .min_select = least,
          .max_select = most,
          .max_length = {}};
}

constexpr Uuid id(unsigned char last) { return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last}}; }

}  // namespace

TEST_CASE("steps that only tell something take any answer") {
  for (const auto type : {StepType::welcome, StepType::explain, StepType::tour, StepType::completion}) {
    CHECK(problem({.type = type}, {}).empty());
    CHECK(problem({.type = type}, text("x")).empty());
  }
}

TEST_CASE("an input step takes a text up to its length") {
  StepForm form{.type = StepType::input};
  form.max_length = 3;
  CHECK(problem(form, text("abc")).empty());
  CHECK(problem(form, text("\xC3\xA4\xC3\xA4\xC3\xA4")).empty());
  CHECK(problem(form, text("abcd")) == "too_long");
  CHECK(problem(form, text("")) == "required");
  CHECK(problem(form, {}) == "required");
}

TEST_CASE("a choice takes exactly one of what is offered") {
  const auto form = choosing(StepType::choice, true);
  CHECK(problem(form, keys({"b"})).empty());
  CHECK(problem(form, keys({})) == "too_few");
  CHECK(problem(form, keys({"a", "b"})) == "too_many");
  CHECK(problem(form, keys({"x"})) == "not_one_of");
  CHECK(problem(form, {}) == "required");
}

TEST_CASE("a selection takes as many distinct keys as it allows") {
  const auto form = choosing(StepType::multi_select, true, 1, 3);
  CHECK(problem(form, keys({"a"})).empty());
  CHECK(problem(form, keys({"a", "b", "c"})).empty());
  CHECK(problem(form, keys({"a", "b", "c", "d"})) == "too_many");
  CHECK(problem(form, keys({})) == "too_few");
  CHECK(problem(form, keys({"a", "a"})) == "repeated");
  CHECK(problem(choosing(StepType::multi_select, true), keys({})) == "too_few");
  CHECK(problem(choosing(StepType::multi_select, false), keys({})).empty());
  CHECK(problem(choosing(StepType::multi_select, false), keys({"a", "b", "c", "d"})).empty());
}

TEST_CASE("an action step wants to know what became of it") {
  const StepForm form{.type = StepType::action};
  CHECK(problem(form, {}) == "required");
  CHECK(problem(form, {.given = true, .skipped = false, .acted = true, .text = {}, .keys = {}}).empty());
}

TEST_CASE("an optional step may be passed over, a required one not") {
  for (const auto type : {StepType::input, StepType::choice, StepType::multi_select, StepType::action}) {
    StepForm form = choosing(type, false);
    const StepAnswer skipped{.given = true, .skipped = true, .acted = false, .text = {}, .keys = {}};
    CHECK(problem(form, skipped).empty());
    CHECK(problem(form, {}).empty());
    form.required = true;
    CHECK(problem(form, skipped) == "required");
  }
}

TEST_CASE("large numbers of a focus length are seconds") {
  CHECK(minutes_of_choice(25) == 25);
  CHECK(minutes_of_choice(180) == 180);
  CHECK(minutes_of_choice(181) == 3);
  CHECK(minutes_of_choice(1500) == 25);
  CHECK(minutes_of_choice(10859) == 180);
  CHECK_FALSE(minutes_of_choice(10860));
  CHECK_FALSE(minutes_of_choice(0));
  CHECK_FALSE(minutes_of_choice(-5));
}

TEST_CASE("the next step is the next in order, the first open one the first without an answer") {
  const std::vector<StepPlace> steps{{id(1), 1, true}, {id(2), 2, false}, {id(4), 4, true}, {id(5), 5, false}};
  CHECK(step_after(steps, 0) == id(1));
  CHECK(step_after(steps, 2) == id(4));
  CHECK(step_after(steps, 3) == id(4));
  CHECK_FALSE(step_after(steps, 5));
  CHECK(first_open_step(steps) == id(2));
  CHECK_FALSE(first_open_step(std::vector<StepPlace>{{id(1), 1, true}}));
}

TEST_CASE("progress is rounded down and never above 100") {
  CHECK(onboarding_percent(2, 5, false) == 40);
  CHECK(onboarding_percent(1, 3, false) == 33);
  CHECK(onboarding_percent(0, 0, false) == 0);
  CHECK(onboarding_percent(1, 5, true) == 100);
  CHECK(onboarding_percent(7, 5, false) == 100);
}
