// What the user's own rules and routines suggest to do next. Rules M1 to M3.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/rules/modules.hpp"
#include "ignition/time.hpp"
#include "ignition/uuid.hpp"

namespace ignition::rules {

enum class RuleTrigger : std::uint8_t { today_open, after_completion };
BOOST_DESCRIBE_ENUM(RuleTrigger, today_open, after_completion)

enum class RuleAction : std::uint8_t { micro_start, capture, open_module };
BOOST_DESCRIBE_ENUM(RuleAction, micro_start, capture, open_module)

struct UserRule {
  Uuid id;
  RuleTrigger trigger = RuleTrigger::today_open;
  std::optional<Module> trigger_module;  // nothing = after a completion in any module
  RuleAction action = RuleAction::micro_start;
  std::optional<Module> action_module;  // set iff action is open_module
  int minutes = 2;                      // of micro_start
  int priority = 0;                     // higher first
  bool enabled = true;
};
BOOST_DESCRIBE_STRUCT(UserRule, (), (id, trigger, trigger_module, action, action_module, minutes, priority, enabled))

// One step of a routine, `module:<key>` or `capture` on the wire.
struct RoutineStep {
  std::optional<Module> module;  // nothing = capture
  friend bool operator==(const RoutineStep&, const RoutineStep&) = default;
};
BOOST_DESCRIBE_STRUCT(RoutineStep, (), (module))
std::optional<RoutineStep> routine_step_of(std::string_view action_key);

struct UserRoutine {
  Uuid id;
  int priority = 0;  // higher first
  bool enabled = true;
  std::vector<RoutineStep> steps;
};
BOOST_DESCRIBE_STRUCT(UserRoutine, (), (id, priority, enabled, steps))

struct NewestCompletion {
  Module module;  // of an event's module name: governing_module
  Instant at;
};

struct SuggestionFacts {
  std::optional<NewestCompletion> newest_completion;
  bool unforced = false;  // the resolved state is default, plan_exists or active_streak
  ModuleSet disabled;
  std::string_view starter_path;  // path of the starter's href, without query, fragment and trailing slash
};

enum class SuggestionSource : std::uint8_t { routine, rule };
BOOST_DESCRIBE_ENUM(SuggestionSource, routine, rule)

struct Suggestion {
  std::string action_key;
  std::string href;
  std::string label;
  SuggestionSource source = SuggestionSource::rule;
  std::optional<int> minutes;

  friend bool operator==(const Suggestion&, const Suggestion&) = default;
};
BOOST_DESCRIBE_STRUCT(Suggestion, (), (action_key, href, label, source, minutes))

// The first suggestion that neither belongs to a disabled module nor repeats the starter: the next step of a routine,
// else a rule for what was just completed (both up to two hours after it), else a rule for opening Today.
std::optional<Suggestion> next_suggestion(std::span<const UserRule> rules, std::span<const UserRoutine> routines,
                                          const SuggestionFacts& facts, Instant now);

}  // namespace ignition::rules
