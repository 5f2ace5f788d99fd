#include "ignition/rules/onboarding.hpp"

#include <algorithm>

#include "ignition/types.hpp"

namespace ignition::rules {
namespace {

using Problem = std::optional<AnswerProblem>;

Problem problem_with_text(const StepForm& form, const StepAnswer& answer) {
  if (!answer.text || answer.text->empty()) return AnswerProblem{"required", "must hold a text"};
  if (form.max_length && code_points(*answer.text) > static_cast<std::size_t>(*form.max_length)) {
    return AnswerProblem{"too_long", "must have at most " + std::to_string(*form.max_length) + " characters"};
  }
  return {};
}

bool is_offered(const StepForm& form, const std::string& key) {
  return form.free_number || std::ranges::find(form.keys, key) != form.keys.end();
}

Problem problem_with_keys(const StepForm& form, const StepAnswer& answer) {
  const bool several = form.type == StepType::multi_select || form.allows_multiple;
  const int least = several ? form.min_select.value_or(form.required ? 1 : 0) : 1;
  const int most = several ? form.max_select.value_or(static_cast<int>(form.keys.size())) : 1;
  if (!answer.keys) return AnswerProblem{"required", "must hold what was chosen"};
  const auto count = static_cast<int>(answer.keys->size());
  if (count < least) return AnswerProblem{"too_few", "must hold at least " + std::to_string(least)};
  if (count > most) return AnswerProblem{"too_many", "must hold at most " + std::to_string(most)};
  for (auto key = answer.keys->begin(); key != answer.keys->end(); ++key) {
    if (!is_offered(form, *key)) return AnswerProblem{"not_one_of", "holds what is not offered"};
    if (std::find(answer.keys->begin(), key, *key) != key) return AnswerProblem{"repeated", "holds a choice twice"};
  }
  return {};
}

}  // namespace

std::optional<AnswerProblem> problem_with(const StepForm& form, const StepAnswer& answer) {
  if (!form.required && (!answer.given || answer.skipped)) return {};
  switch (form.type) {
    case StepType::input:
      return problem_with_text(form, answer);
    case StepType::choice:
    case StepType::preference:
    case StepType::multi_select:
      return problem_with_keys(form, answer);
    case StepType::action:
      if (answer.acted) return {};
      return AnswerProblem{"required", "must say action_completed or action_skipped"};
    case StepType::welcome:
    case StepType::explain:
    case StepType::tour:
    case StepType::completion:
      break;
  }
  return {};
}

std::optional<int> minutes_of_choice(std::int64_t number) {
  constexpr std::int64_t kMost = 180;
  const std::int64_t minutes = number > kMost ? number / 60 : number;
  if (minutes < 1 || minutes > kMost) return {};
  return static_cast<int>(minutes);
}

std::optional<Uuid> first_open_step(std::span<const StepPlace> steps) {
  const auto open = std::ranges::find(steps, false, &StepPlace::answered);
  return open == steps.end() ? std::nullopt : std::optional(open->id);
}

std::optional<Uuid> step_after(std::span<const StepPlace> steps, int order) {
  const auto next = std::ranges::find_if(steps, [order](const StepPlace& step) { return step.order > order; });
  return next == steps.end() ? std::nullopt : std::optional(next->id);
}

int onboarding_percent(std::int64_t answered, std::int64_t total, bool completed) {
  if (completed) return 100;
  if (total <= 0) return 0;
  return static_cast<int>(std::min<std::int64_t>(100, 100 * answered / total));
}

}  // namespace ignition::rules
