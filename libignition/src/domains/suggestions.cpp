#include "ignition/domains/suggestions.hpp"

#include "ignition/domains/today.hpp"

namespace ignition::suggestions {
namespace {

// With $2 one of them.
constexpr Sql kRules{R"sql(
  SELECT id, name, trigger, trigger_module, action, action_module, minutes, priority, enabled, created_at, updated_at
    FROM user_rules WHERE user_id = $1 AND (CAST($2 AS UUID) IS NULL OR id = $2) ORDER BY priority DESC, id)sql"};
constexpr Sql kCountRules{R"sql(SELECT COUNT(*) FROM user_rules WHERE user_id = $1)sql"};
constexpr Sql kUpdateRule{R"sql(
  UPDATE user_rules SET name = $3, trigger = $4, trigger_module = $5, action = $6, action_module = $7, minutes = $8,
         priority = $9, enabled = $10, updated_at = $11
   WHERE user_id = $1 AND id = $2)sql"};
constexpr Sql kDeleteRule{R"sql(DELETE FROM user_rules WHERE user_id = $1 AND id = $2)sql"};

constexpr Sql kRoutines{R"sql(
  SELECT r.id, r.name, r.enabled, r.priority, r.created_at, r.updated_at, s.action_key
    FROM user_routines r JOIN user_routine_steps s ON s.user_id = r.user_id AND s.routine_id = r.id
   WHERE r.user_id = $1 AND (CAST($2 AS UUID) IS NULL OR r.id = $2) ORDER BY r.priority DESC, r.id, s.idx)sql"};
constexpr Sql kCountRoutines{R"sql(SELECT COUNT(*) FROM user_routines WHERE user_id = $1)sql"};
constexpr Sql kUpdateRoutine{R"sql(
  UPDATE user_routines SET name = $3, enabled = $4, priority = $5, updated_at = $6
   WHERE user_id = $1 AND id = $2)sql"};
constexpr Sql kForgetSteps{R"sql(DELETE FROM user_routine_steps WHERE user_id = $1 AND routine_id = $2)sql"};
constexpr Sql kDeleteRoutine{R"sql(DELETE FROM user_routines WHERE user_id = $1 AND id = $2)sql"};

constexpr std::int64_t kMost = 20;

struct RuleRow : Rule {
  static constexpr std::string_view table = "user_rules";
  Uuid user_id;
};
BOOST_DESCRIBE_STRUCT(RuleRow, (Rule), (user_id))

struct RoutineRow {
  static constexpr std::string_view table = "user_routines";
  Uuid user_id;
  Uuid id;
  std::string name;
  bool enabled = true;
  std::int64_t priority = 0;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(RoutineRow, (), (user_id, id, name, enabled, priority, created_at, updated_at))

struct StepRow {
  static constexpr std::string_view table = "user_routine_steps";
  Uuid user_id;
  Uuid routine_id;
  std::int64_t idx = 0;
  std::string action_key;
};
BOOST_DESCRIBE_STRUCT(StepRow, (), (user_id, routine_id, idx, action_key))

struct JoinedStep {
  Uuid id;
  std::string name;
  bool enabled = true;
  std::int64_t priority = 0;
  Instant created_at;
  Instant updated_at;
  std::string action_key;
};
BOOST_DESCRIBE_STRUCT(JoinedStep, (), (id, name, enabled, priority, created_at, updated_at, action_key))

void check_room(Context& ctx, Sql count, std::string_view what) {
  if (ctx.db.one<std::int64_t>(count, ctx.user) < kMost) return;
  throw conflict("limit_reached", fmt::format("There are at most {} {}.", kMost, what));
}

void check(const Rule& rule) {
  if (rule.trigger_module && rule.trigger != rules::RuleTrigger::after_completion) {
    throw invalid("trigger_module", "not_applicable", "belongs to the trigger after_completion");
  }
  if (rule.action == rules::RuleAction::open_module && !rule.action_module) {
    throw invalid("action_module", "required", "says which module to open");
  }
  if (rule.action != rules::RuleAction::open_module && rule.action_module) {
    throw invalid("action_module", "not_applicable", "belongs to the action open_module");
  }
}

Rule found_rule(Context& ctx, const Uuid& id) {
  auto rule = ctx.db.maybe<Rule>(kRules, ctx.user, std::optional(id));
  if (!rule) throw not_found("rule");
  return std::move(*rule);
}

std::vector<Routine> routines(Context& ctx, const std::optional<Uuid>& id) {
  std::vector<Routine> out;
  ctx.db.each<JoinedStep>(
      kRoutines,
      [&](JoinedStep&& row) {
        if (out.empty() || out.back().id != row.id) {
          out.push_back({.id = row.id,
                         .name = std::move(row.name),
                         .enabled = row.enabled,
                         .priority = row.priority,
                         .steps = {},
                         .created_at = row.created_at,
                         .updated_at = row.updated_at});
        }
        out.back().steps.push_back(std::move(row.action_key));
      },
      ctx.user, id);
  return out;
}

Routine found_routine(Context& ctx, const Uuid& id) {
  auto found = routines(ctx, id);
  if (found.empty()) throw not_found("routine");
  return std::move(found.front());
}

void set_steps(Context& ctx, Routine& routine, const Steps& steps) {
  routine.steps.clear();
  std::vector<StepRow> rows;
  for (const auto& step : steps) {
    rows.push_back({.user_id = ctx.user,
                    .routine_id = routine.id,
                    .idx = static_cast<std::int64_t>(rows.size()),
                    .action_key = step.value});
    routine.steps.push_back(step.value);
  }
  ctx.db.execute(kForgetSteps, ctx.user, routine.id);
  ctx.db.insert_many<StepRow>(rows);
}

}  // namespace

Rules list_rules(Context& ctx, const Nothing&) { return {ctx.db.query<Rule>(kRules, ctx.user, std::optional<Uuid>())}; }

OneRule create_rule(Context& ctx, const CreateRule& in) {
  check_room(ctx, kCountRules, "rules");
  RuleRow row;
  row.user_id = ctx.user;
  row.id = ctx.new_id();
  row.name = in.name.value;
  row.trigger = in.trigger;
  row.trigger_module = in.trigger_module;
  row.action = in.action;
  row.action_module = in.action_module;
  row.minutes = in.minutes.value;
  row.priority = in.priority.value;
  row.enabled = in.enabled.value;
  row.created_at = row.updated_at = ctx.now;
  check(row);
  ctx.db.insert(row);
  today::end_guidance(ctx, rules::GuidanceExit::rule_or_routine_created);
  return {row};
}

OneRule update_rule(Context& ctx, const UpdateRule& in) {
  Rule rule = found_rule(ctx, in.id);
  const Rule before = rule;
  if (in.name) rule.name = in.name->value;
  if (in.trigger) rule.trigger = *in.trigger;
  in.trigger_module.apply(rule.trigger_module);
  if (in.action) rule.action = *in.action;
  in.action_module.apply(rule.action_module);
  if (in.minutes) rule.minutes = *in.minutes;
  if (in.priority) rule.priority = *in.priority;
  if (in.enabled) rule.enabled = *in.enabled;
  check(rule);
  if (rule == before) return {rule};
  rule.updated_at = ctx.now;
  ctx.db.execute(kUpdateRule, ctx.user, rule.id, rule.name, rule.trigger, rule.trigger_module, rule.action,
                 rule.action_module, rule.minutes, rule.priority, rule.enabled, rule.updated_at);
  return {rule};
}

Deleted delete_rule(Context& ctx, const ById& in) {
  if (ctx.db.execute(kDeleteRule, ctx.user, in.id) == 0) throw not_found("rule");
  return {.id = in.id};
}

Routines list_routines(Context& ctx, const Nothing&) { return {routines(ctx, {})}; }

OneRoutine create_routine(Context& ctx, const CreateRoutine& in) {
  check_room(ctx, kCountRoutines, "routines");
  Routine routine{.id = ctx.new_id(),
                  .name = in.name.value,
                  .enabled = in.enabled.value,
                  .priority = in.priority.value,
                  .steps = {},
                  .created_at = ctx.now,
                  .updated_at = ctx.now};
  ctx.db.insert(RoutineRow{.user_id = ctx.user,
                           .id = routine.id,
                           .name = routine.name,
                           .enabled = routine.enabled,
                           .priority = routine.priority,
                           .created_at = ctx.now,
                           .updated_at = ctx.now});
  set_steps(ctx, routine, in.steps);
  today::end_guidance(ctx, rules::GuidanceExit::rule_or_routine_created);
  return {std::move(routine)};
}

OneRoutine update_routine(Context& ctx, const UpdateRoutine& in) {
  Routine routine = found_routine(ctx, in.id);
  const Routine before = routine;
  if (in.name) routine.name = in.name->value;
  if (in.enabled) routine.enabled = *in.enabled;
  if (in.priority) routine.priority = *in.priority;
  const auto is_stored = [](const auto& step, const std::string& stored) { return step.value == stored; };
  const bool has_other_steps = in.steps && !std::ranges::equal(*in.steps, before.steps, is_stored);
  if (routine == before && !has_other_steps) return {std::move(routine)};
  routine.updated_at = ctx.now;
  ctx.db.execute(kUpdateRoutine, ctx.user, routine.id, routine.name, routine.enabled, routine.priority, ctx.now);
  if (has_other_steps) set_steps(ctx, routine, *in.steps);
  return {std::move(routine)};
}

Deleted delete_routine(Context& ctx, const ById& in) {
  if (ctx.db.execute(kDeleteRoutine, ctx.user, in.id) == 0) throw not_found("routine");
  return {.id = in.id};
}

void add_operations(Catalogue& c) {
  constexpr auto user = Access::user;
  constexpr auto write = Effect::write;
  c.add("rules.list", Get("/today/rules"), user, Effect::read, &list_rules, "The user's rules for Today.");
  c.add("rules.create", Create("/today/rules"), user, write, &create_rule,
        "Says what Today should suggest when it is opened or after something is done.");
  c.add("rules.update", Patch("/today/rules/{id}"), user, write, &update_rule, "Changes a rule.");
  c.add("rules.delete", Delete("/today/rules/{id}"), user, write, &delete_rule, "Deletes a rule.");
  c.add("routines.list", Get("/today/routines"), user, Effect::read, &list_routines, "The user's routines.");
  c.add("routines.create", Create("/today/routines"), user, write, &create_routine,
        "Strings actions together: after one, Today suggests the next.");
  c.add("routines.update", Patch("/today/routines/{id}"), user, write, &update_routine, "Changes a routine.");
  c.add("routines.delete", Delete("/today/routines/{id}"), user, write, &delete_routine, "Deletes a routine.");
}

}  // namespace ignition::suggestions
