#include "ignition/rules/suggestions.hpp"

#include <algorithm>

namespace ignition::rules {

namespace {

constexpr auto kMaxAge = std::chrono::hours(2);

// A suggestion and the module whose being disabled hides it.
struct Candidate {
  Suggestion suggestion;
  Module module;
};

Candidate opening(Module module, SuggestionSource source) {
  const auto& action = action_of(module);
  return {{.action_key = action_key_of(module),
           .href = std::string(action.href),
           .label = std::string(action.label),
           .source = source,
           .minutes = {}},
          module};
}

Candidate capturing(SuggestionSource source) {
  return {{.action_key = "capture",
           .href = std::string(action_of(Module::inbox).href),
           .label = "Capture a thought",
           .source = source,
           .minutes = {}},
          Module::inbox};
}

Candidate starting(int minutes) {
  return {{.action_key = action_key_of(Module::focus),
           .href = std::string(action_of(Module::focus).href),
           .label = "Start " + std::to_string(minutes) + " minutes",
           .source = SuggestionSource::rule,
           .minutes = minutes},
          Module::focus};
}

Candidate candidate_of(const UserRule& rule) {
  switch (rule.action) {
    case RuleAction::capture:
      return capturing(SuggestionSource::rule);
    case RuleAction::open_module:
      return opening(rule.action_module.value_or(Module::focus), SuggestionSource::rule);
    case RuleAction::micro_start:
      break;
  }
  return starting(rule.minutes);
}

// What follows the first occurrence of the module that has something after it.
std::optional<Candidate> candidate_of(const UserRoutine& routine, Module completed) {
  if (routine.steps.empty()) return {};
  const auto last = routine.steps.end() - 1;
  const auto found = std::find(routine.steps.begin(), last, RoutineStep{completed});
  if (found == last) return {};
  const auto next = *(found + 1);
  return next.module ? opening(*next.module, SuggestionSource::routine) : capturing(SuggestionSource::routine);
}

// Enabled ones, highest priority first, then by id.
template <class T>
std::vector<const T*> ordered(std::span<const T> all) {
  std::vector<const T*> enabled;
  for (const auto& one : all) {
    if (one.enabled) enabled.push_back(&one);
  }
  std::ranges::sort(enabled, [](const T* a, const T* b) {
    return a->priority != b->priority ? a->priority > b->priority : a->id < b->id;
  });
  return enabled;
}

bool is_welcome(const Candidate& candidate, const SuggestionFacts& facts) {
  return !facts.disabled.contains(candidate.module) && candidate.suggestion.href != facts.starter_path;
}

}  // namespace

std::optional<RoutineStep> routine_step_of(std::string_view action_key) {
  constexpr std::string_view kModule = "module:";
  if (action_key == "capture") return RoutineStep{};
  if (!action_key.starts_with(kModule)) return {};
  const auto module = module_of(action_key.substr(kModule.size()));
  if (!module) return {};
  return RoutineStep{module};
}

std::optional<Suggestion> next_suggestion(std::span<const UserRule> rules, std::span<const UserRoutine> routines,
                                          const SuggestionFacts& facts, Instant now) {
  std::optional<Module> completed;
  if (facts.newest_completion) {
    const auto age = now - facts.newest_completion->at;
    if (age >= Micros(0) && age <= kMaxAge) completed = facts.newest_completion->module;
  }
  const auto ordered_rules = ordered(rules);

  if (completed) {
    for (const auto* routine : ordered(routines)) {
      const auto candidate = candidate_of(*routine, *completed);
      if (candidate && is_welcome(*candidate, facts)) return candidate->suggestion;
    }
    for (const auto* rule : ordered_rules) {
      if (rule->trigger != RuleTrigger::after_completion) continue;
      if (rule->trigger_module && *rule->trigger_module != *completed) continue;
      if (const auto candidate = candidate_of(*rule); is_welcome(candidate, facts)) return candidate.suggestion;
    }
  }
  if (facts.unforced) {
    for (const auto* rule : ordered_rules) {
      if (rule->trigger != RuleTrigger::today_open) continue;
      if (const auto candidate = candidate_of(*rule); is_welcome(candidate, facts)) return candidate.suggestion;
    }
  }
  return {};
}

}  // namespace ignition::rules
