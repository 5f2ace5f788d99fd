#include "ignition/rules_by_name.hpp"

#include "engine/named_rules.hpp"

namespace ignition {
namespace {

const named::Rules& all_rules() {
  static const named::Rules kRules = [] {
    named::Rules rules;
    named::add_learning(rules);
    named::add_training(rules);
    named::add_workouts(rules);
    named::add_planning(rules);
    named::add_series(rules);
    named::add_progress(rules);
    return rules;
  }();
  return kRules;
}

}  // namespace

std::string call_rule(std::string_view name, std::string_view json) {
  const auto found = all_rules().find(name);
  if (found == all_rules().end()) throw not_found("rule");
  return found->second(json);
}

std::vector<std::string> rule_names() {
  std::vector<std::string> names;
  for (const auto& [name, rule] : all_rules()) names.push_back(name);
  return names;
}

}  // namespace ignition
