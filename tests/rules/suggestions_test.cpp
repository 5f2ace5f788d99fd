#include "ignition/rules/suggestions.hpp"

#include <doctest/doctest.h>

using namespace ignition;
using namespace ignition::rules;

namespace {

const Instant kNow = Instant::parse("2026-01-14T12:00:00Z").value();

Uuid id(std::uint8_t number) {
  Uuid uuid;
  uuid.bytes[15] = number;
  return uuid;
}

SuggestionFacts completed(Module module, Micros ago) {
  return {.newest_completion = NewestCompletion{module, kNow - ago}, .unforced = true};
}

UserRoutine routine(std::uint8_t number, std::vector<RoutineStep> steps, int priority = 0) {
  return {.id = id(number), .priority = priority, .steps = std::move(steps)};
}

const std::vector<UserRoutine> kMove{routine(1, {{Module::focus}, {Module::exercise}})};
const UserRule kTwoMinutes{.id = id(1), .trigger = RuleTrigger::today_open, .action = RuleAction::micro_start};
const UserRule kJournalAfterHabits{.id = id(2),
                                   .trigger = RuleTrigger::after_completion,
                                   .trigger_module = Module::habits,
                                   .action = RuleAction::open_module,
                                   .action_module = Module::journal};

}  // namespace

TEST_CASE("the next step of a routine is suggested up to two hours after the step before") {
  const auto next = next_suggestion({}, kMove, completed(Module::focus, std::chrono::minutes(30)), kNow);
  CHECK(next == Suggestion{.action_key = "module:exercise",
                           .href = "/exercise",
                           .label = "Move a little",
                           .source = SuggestionSource::routine,
                           .minutes = {}});
  CHECK(next_suggestion({}, kMove, completed(Module::focus, std::chrono::hours(2)), kNow).has_value());
  CHECK_FALSE(next_suggestion({}, kMove, completed(Module::focus, std::chrono::minutes(121)), kNow).has_value());
  CHECK_FALSE(
      next_suggestion({}, kMove, completed(Module::focus, std::chrono::hours(2) + Micros(1)), kNow).has_value());
}

TEST_CASE("the last step of a routine and other modules suggest nothing") {
  CHECK_FALSE(next_suggestion({}, kMove, completed(Module::exercise, Micros(0)), kNow).has_value());
  CHECK_FALSE(next_suggestion({}, kMove, completed(Module::books, Micros(0)), kNow).has_value());
  CHECK_FALSE(next_suggestion({}, std::vector{routine(1, {})}, completed(Module::books, Micros(0)), kNow).has_value());
}

TEST_CASE("a module that occurs twice continues after its first place") {
  const std::vector<UserRoutine> loop{routine(1, {{Module::focus}, {}, {Module::focus}, {Module::books}})};
  const auto next = next_suggestion({}, loop, completed(Module::focus, Micros(0)), kNow);
  REQUIRE(next.has_value());
  CHECK(next->action_key == "capture");
  CHECK(next->href == "/inbox");
  CHECK(next->label == "Capture a thought");
}

TEST_CASE("routines are tried by priority, then by id; disabled ones not at all") {
  std::vector<UserRoutine> routines{routine(3, {{Module::focus}, {Module::books}}),
                                    routine(2, {{Module::focus}, {Module::goals}}),
                                    routine(9, {{Module::focus}, {Module::wins}}, 5)};
  const auto facts = completed(Module::focus, Micros(0));
  CHECK(next_suggestion({}, routines, facts, kNow)->href == "/wins");
  routines[2].enabled = false;
  CHECK(next_suggestion({}, routines, facts, kNow)->href == "/goals");
  routines[1].enabled = false;
  CHECK(next_suggestion({}, routines, facts, kNow)->href == "/books");
}

TEST_CASE("routines go before rules for a completion, those before rules for opening Today") {
  const std::vector<UserRule> rules{kTwoMinutes, kJournalAfterHabits};
  const std::vector<UserRoutine> routines{routine(1, {{Module::habits}, {Module::exercise}})};
  const auto facts = completed(Module::habits, Micros(0));
  CHECK(next_suggestion(rules, routines, facts, kNow)->source == SuggestionSource::routine);
  CHECK(next_suggestion(rules, {}, facts, kNow) == Suggestion{.action_key = "module:journal",
                                                              .href = "/learn/journal",
                                                              .label = "Write a line",
                                                              .source = SuggestionSource::rule,
                                                              .minutes = {}});
  CHECK(next_suggestion(rules, {}, completed(Module::goals, Micros(0)), kNow) ==
        Suggestion{.action_key = "module:focus",
                   .href = "/focus",
                   .label = "Start 2 minutes",
                   .source = SuggestionSource::rule,
                   .minutes = 2});
}

TEST_CASE("a rule without a trigger module fits every completion") {
  auto rule = kJournalAfterHabits;
  rule.trigger_module.reset();
  const std::vector<UserRule> rules{rule};
  CHECK(next_suggestion(rules, {}, completed(Module::books, Micros(0)), kNow).has_value());
  CHECK_FALSE(next_suggestion(rules, {}, completed(Module::books, std::chrono::hours(3)), kNow).has_value());
  CHECK_FALSE(next_suggestion(rules, {}, {.unforced = true}, kNow).has_value());
}

TEST_CASE("rules for opening Today wait while Today shows less on purpose") {
  const std::vector<UserRule> rules{kTwoMinutes};
  CHECK(next_suggestion(rules, {}, {.unforced = true}, kNow).has_value());
  CHECK_FALSE(next_suggestion(rules, {}, {.unforced = false}, kNow).has_value());
}

TEST_CASE("a suggestion that is disabled or repeats the starter makes room for the next one") {
  const std::vector<UserRule> rules{kTwoMinutes};
  auto facts = completed(Module::focus, Micros(0));
  facts.disabled.insert(Module::exercise);
  CHECK(next_suggestion(rules, kMove, facts, kNow)->href == "/focus");
  facts.starter_path = "/focus";
  CHECK_FALSE(next_suggestion(rules, kMove, facts, kNow).has_value());

  auto same = completed(Module::focus, Micros(0));
  same.starter_path = "/exercise";
  CHECK(next_suggestion(rules, kMove, same, kNow)->href == "/focus");
}

TEST_CASE("steps of routines are modules or a capture") {
  CHECK(routine_step_of("module:review") == RoutineStep{Module::review});
  CHECK(routine_step_of("capture") == RoutineStep{});
  for (const auto* bad : {"", "module:", "module:planner", "review", "plan:1", "Capture"}) {
    CAPTURE(bad);
    CHECK_FALSE(routine_step_of(bad).has_value());
  }
}
