// A user's own rules and routines, from which Today takes its next suggestion. The choice is rule M1, in
// rules/suggestions.hpp; here they are kept.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/rules/suggestions.hpp"

namespace ignition::suggestions {

using Name = Trimmed<1, 80>;
using Minutes = Int<1, 60>;
using Priority = Int<0, 100>;

struct Rule {
  Uuid id;
  std::string name;
  rules::RuleTrigger trigger = rules::RuleTrigger::today_open;
  std::optional<rules::Module> trigger_module;  // of after_completion; null = any
  rules::RuleAction action = rules::RuleAction::micro_start;
  std::optional<rules::Module> action_module;  // of open_module
  std::int64_t minutes = 2;                    // of micro_start
  std::int64_t priority = 0;                   // higher first
  bool enabled = true;
  Instant created_at;
  Instant updated_at;

  friend bool operator==(const Rule&, const Rule&) = default;
};
BOOST_DESCRIBE_STRUCT(Rule, (),
                      (id, name, trigger, trigger_module, action, action_module, minutes, priority, enabled, created_at,
                       updated_at))

struct Rules {
  std::vector<Rule> rules;  // highest priority first, then by id
};
BOOST_DESCRIBE_STRUCT(Rules, (), (rules))

struct OneRule {
  Rule rule;
};
BOOST_DESCRIBE_STRUCT(OneRule, (), (rule))

Rules list_rules(Context& ctx, const Nothing& in);

struct CreateRule {
  Name name;
  rules::RuleTrigger trigger = rules::RuleTrigger::today_open;
  std::optional<rules::Module> trigger_module;
  rules::RuleAction action = rules::RuleAction::micro_start;
  std::optional<rules::Module> action_module;
  Or<Minutes, 2> minutes;
  Or<Priority, 0> priority;
  Or<bool, true> enabled;
};
BOOST_DESCRIBE_STRUCT(CreateRule, (),
                      (name, trigger, trigger_module, action, action_module, minutes, priority, enabled))

// At most 20 per user.
OneRule create_rule(Context& ctx, const CreateRule& in);

struct UpdateRule {
  Uuid id;
  std::optional<Name> name;
  std::optional<rules::RuleTrigger> trigger;
  Update<rules::Module> trigger_module;
  std::optional<rules::RuleAction> action;
  Update<rules::Module> action_module;
  std::optional<Minutes> minutes;
  std::optional<Priority> priority;
  std::optional<bool> enabled;
};
BOOST_DESCRIBE_STRUCT(UpdateRule, (),
                      (id, name, trigger, trigger_module, action, action_module, minutes, priority, enabled))

OneRule update_rule(Context& ctx, const UpdateRule& in);
Deleted delete_rule(Context& ctx, const ById& in);

struct Routine {
  Uuid id;
  std::string name;
  bool enabled = true;
  std::int64_t priority = 0;       // higher first
  std::vector<std::string> steps;  // `module:<module>` or `capture`, in their order
  Instant created_at;
  Instant updated_at;
  friend bool operator==(const Routine&, const Routine&) = default;
};
BOOST_DESCRIBE_STRUCT(Routine, (), (id, name, enabled, priority, steps, created_at, updated_at))

struct Routines {
  std::vector<Routine> routines;  // highest priority first, then by id
};
BOOST_DESCRIBE_STRUCT(Routines, (), (routines))

struct OneRoutine {
  Routine routine;
};
BOOST_DESCRIBE_STRUCT(OneRoutine, (), (routine))

Routines list_routines(Context& ctx, const Nothing& in);

struct ActionKeyFormat {
  static constexpr std::string_view name = "`capture` or `module:` and a module";
  static constexpr std::size_t max = 80;
  static bool accepts(std::string_view text) { return rules::routine_step_of(text).has_value(); }
};
using ActionKey = Formatted<ActionKeyFormat>;
using Steps = List<ActionKey, 2, 10>;

struct CreateRoutine {
  Name name;
  Or<bool, true> enabled;
  Or<Priority, 0> priority;
  Steps steps;
};
BOOST_DESCRIBE_STRUCT(CreateRoutine, (), (name, enabled, priority, steps))

// At most 20 per user.
OneRoutine create_routine(Context& ctx, const CreateRoutine& in);

struct UpdateRoutine {
  Uuid id;
  std::optional<Name> name;
  std::optional<bool> enabled;
  std::optional<Priority> priority;
  std::optional<Steps> steps;  // replace all
};
BOOST_DESCRIBE_STRUCT(UpdateRoutine, (), (id, name, enabled, priority, steps))

OneRoutine update_routine(Context& ctx, const UpdateRoutine& in);
Deleted delete_routine(Context& ctx, const ById& in);

void add_operations(Catalogue& catalogue);

}  // namespace ignition::suggestions
