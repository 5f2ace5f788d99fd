// Onboarding: which step comes next and which answers a step takes. Rules O3 to O5, O9.
#pragma once

#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/uuid.hpp"

namespace ignition::rules {

enum class StepType : std::uint8_t {
  welcome,
  explain,
  tour,
  input,
  choice,
  multi_select,
  preference,
  action,
  completion
};
BOOST_DESCRIBE_ENUM(StepType, welcome, explain, tour, input, choice, multi_select, preference, action, completion)

// What answering a step does.
enum class StepAction : std::uint8_t {
  set_interests,
  set_modules,
  set_nudge,
  set_focus_minutes,
  set_gamification,
  set_planner,
  create_goal,
  visit_route,
  start_focus,
};
BOOST_DESCRIBE_ENUM(StepAction, set_interests, set_modules, set_nudge, set_focus_minutes, set_gamification, set_planner,
                    create_goal, visit_route, start_focus)

// The part of a step that judges answers.
struct StepForm {
  StepType type = StepType::welcome;
  bool required = true;
  bool allows_multiple = false;
  bool free_number = false;       // a choice of minutes may also be another number
  std::vector<std::string> keys;  // offered
  std::optional<int> min_select;
  std::optional<int> max_select;
  std::optional<int> max_length;  // code points
};

// What an answer says, as far as it was understood.
struct StepAnswer {
  bool given = false;               // there is an answer at all
  bool skipped = false;             // {"skipped": true}
  bool acted = false;               // {"action_completed": true} or {"action_skipped": true}
  std::optional<std::string> text;  // trimmed
  std::optional<std::vector<std::string>> keys;
};

struct AnswerProblem {
  std::string code;
  std::string message;
};
// Rule O5; nothing when the answer is taken.
std::optional<AnswerProblem> problem_with(const StepForm& form, const StepAnswer& answer);

// Rule O6: more than 180 are seconds. Nothing when no length of 1..180 minutes comes out.
std::optional<int> minutes_of_choice(std::int64_t number);

struct StepPlace {
  Uuid id;
  int order = 1;
  bool answered = false;
};
// `steps` by order. The first step without an answer; nothing when all have one.
std::optional<Uuid> first_open_step(std::span<const StepPlace> steps);
// The step after this one; nothing after the last.
std::optional<Uuid> step_after(std::span<const StepPlace> steps, int order);

// Rule O9: whole percents, rounded down; a completed flow has 100.
int onboarding_percent(std::int64_t answered, std::int64_t total, bool completed);

}  // namespace ignition::rules
