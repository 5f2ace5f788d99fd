#include "ignition/domains/goals.hpp"

#include <cmath>
#include <map>

#include "domains/goals/stored.hpp"
#include "ignition/domains/skills.hpp"

namespace ignition::goals {

namespace {

constexpr std::int64_t kMostGoals = 500;

// Goals of status $2 and category $3, null: any; $5: only those that are (not) overdue on $4.
constexpr std::string_view kChosen = R"sql(
    FROM goals
   WHERE user_id = $1 AND (CAST($2 AS TEXT) IS NULL OR status = $2) AND (CAST($3 AS TEXT) IS NULL OR category = $3)
     AND (CAST($5 AS BOOLEAN) IS NULL
          OR (CASE WHEN target_date < $4 AND status = 'active' THEN TRUE ELSE FALSE END) = CAST($5 AS BOOLEAN)))sql";
const std::string kPageOfChosen =
    std::string(kChosen) + " ORDER BY priority DESC, sort_order, title, id LIMIT $6 OFFSET $7";
const std::string kPageText = R"sql(
  SELECT id, title, description, category, skill_key, target_date, status, progress_mode, progress, start_value,
         target_value, current_value, unit, priority, sort_order, started_at, completed_at, award_no, created_at,
         updated_at)sql" + kPageOfChosen;
const std::string kTotalText = "SELECT count(*)" + std::string(kChosen);
// Of the goals on the same page.
const std::string kMilestonesOfPageText = R"sql(
  SELECT m.id, m.goal_id, m.title, m.description, m.due_date, m.is_completed, m.completed_at, m.award_no, m.sort_order,
         m.created_at, m.updated_at, FALSE
    FROM (SELECT id)sql" + kPageOfChosen + R"sql() g
    JOIN goal_milestones m ON m.user_id = $1 AND m.goal_id = g.id)sql";
constexpr Sql kCountAll{R"sql(SELECT count(*) FROM goals WHERE user_id = $1)sql"};
constexpr Sql kUpdate{R"sql(
  UPDATE goals SET title = $3, description = $4, category = $5, skill_key = $6, target_date = $7, priority = $8,
         start_value = $9, target_value = $10, current_value = $11, unit = $12, progress = $13, updated_at = $14
   WHERE user_id = $1 AND id = $2)sql"};
constexpr Sql kDelete{R"sql(DELETE FROM goals WHERE user_id = $1 AND id = $2)sql"};

struct NewGoal {
  static constexpr std::string_view table = "goals";
  Uuid user_id;
  Uuid id;
  std::string title;
  std::optional<std::string> description;
  std::optional<std::string> category;
  std::optional<std::string> skill_key;
  std::optional<LocalDate> target_date;
  rules::ProgressMode progress_mode = rules::ProgressMode::milestones;
  int progress = 0;
  std::optional<double> start_value;
  std::optional<double> target_value;
  std::optional<double> current_value;
  std::optional<std::string> unit;
  std::int64_t priority = 0;
  Instant started_at;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(NewGoal, (),
                      (user_id, id, title, description, category, skill_key, target_date, progress_mode, progress,
                       start_value, target_value, current_value, unit, priority, started_at, created_at, updated_at))

template <class T>
std::optional<std::string> text_of(const std::optional<T>& value) {
  if (!value) return {};
  return value->value;
}

void check_value(std::string_view field, std::optional<double> value) {
  if (value && (!std::isfinite(*value) || std::abs(*value) > rules::kMaxGoalValue)) {
    throw invalid(std::string(field), "out_of_range", "must lie between -1e12 and 1e12");
  }
}

// Refuses values that no goal can have.
void check_values(double start, std::optional<double> target, double current) {
  check_value("start_value", start);
  check_value("target_value", target);
  check_value("current_value", current);
  if (!rules::valid_goal_values(start, target, current)) {
    throw invalid("target_value", "same_as_start", "must differ from the start value");
  }
}

rules::ProgressMode mode_of(const CreateGoal& in) {
  const auto asked = in.progress_mode;
  if (asked == rules::ProgressMode::numeric && !in.target_value) {
    throw invalid("target_value", "required", "A goal measured by a number needs a target.");
  }
  return rules::progress_mode(asked == rules::ProgressMode::manual, in.target_value.has_value());
}

Changed changed(Context& ctx, Goal&& goal, const rules::GoalStep& step) {
  const Reward reward = take(ctx, goal, step);
  return {{.goal = std::move(goal),
           .xp_awarded = reward.xp,
           .coins_awarded = reward.coins,
           .goal_completed = step.pays_goal}};
}

Changed changed(Context& ctx, const Uuid& id, rules::GoalStep (*rule)(const rules::Goal&)) {
  Goal goal = load(ctx, id);
  const auto step = rule(ruled(goal));
  return changed(ctx, std::move(goal), step);
}

}  // namespace

Goals list(Context& ctx, const ListGoals& in) {
  const std::int64_t size = in.page_size.value;
  const std::int64_t page = in.page.value;
  const std::int64_t skipped = (page - 1) * size;
  const auto category = text_of(in.category);
  Goals out{.goals = {},
            .total = ctx.db.one<std::int64_t>(Sql{kTotalText}, ctx.user, in.status, category, ctx.today, in.overdue),
            .page = page,
            .page_size = size};
  std::map<Uuid, std::size_t> places;
  ctx.db.each<Fields>(
      Sql{kPageText},
      [&](Fields&& fields) {
        places.emplace(fields.id, out.goals.size());
        out.goals.push_back({std::move(fields), {}, 0, 0, false, {}});
      },
      ctx.user, in.status, category, ctx.today, in.overdue, size, skipped);
  ctx.db.each<Milestone>(
      Sql{kMilestonesOfPageText},
      [&](Milestone&& milestone) {
        out.goals[places.at(milestone.goal_id)].milestones.push_back(std::move(milestone));
      },
      ctx.user, in.status, category, ctx.today, in.overdue, size, skipped);
  for (Goal& goal : out.goals) complete_view(ctx, goal);
  return out;
}

OneGoal get(Context& ctx, const ById& in) { return {load(ctx, in.id)}; }

OneGoal create(Context& ctx, const CreateGoal& in) {
  const double start = in.start_value.value_or(0.0);
  const double current = in.current_value.value_or(start);
  check_values(start, in.target_value, current);
  const rules::ProgressMode mode = mode_of(in);
  auto skill_key = in.skill_key ? std::optional(skills::checked(ctx, in.skill_key->value)) : std::nullopt;
  if (ctx.db.one<std::int64_t>(kCountAll, ctx.user) >= kMostGoals) {
    throw conflict("goal_limit", "There are 500 goals already.");
  }
  const Uuid id = ctx.new_id();
  const int progress = rules::progress_of(
      {.mode = mode, .start_value = start, .target_value = in.target_value, .current_value = current});
  ctx.db.insert(NewGoal{.user_id = ctx.user,
                        .id = id,
                        .title = in.title,
                        .description = text_of(in.description),
                        .category = text_of(in.category),
                        .skill_key = std::move(skill_key),
                        .target_date = in.target_date,
                        .progress_mode = mode,
                        .progress = progress,
                        .start_value = start,
                        .target_value = in.target_value,
                        .current_value = current,
                        .unit = text_of(in.unit),
                        .priority = in.priority.value,
                        .started_at = ctx.now,
                        .created_at = ctx.now,
                        .updated_at = ctx.now});
  Goal goal = load(ctx, id);
  if (in.milestones) {
    for (const GivenMilestone& given : *in.milestones) {
      add_milestone(ctx, goal, given.title, text_of(given.description), given.due_date);
    }
  }
  complete_view(ctx, goal);
  return {std::move(goal)};
}

OneGoal update(Context& ctx, const UpdateGoal& in) {
  Goal goal = load(ctx, in.id);
  if (in.title) goal.title = *in.title;
  in.description.apply(goal.description);
  in.category.apply(goal.category);
  if (in.skill_key.present) {
    goal.skill_key = in.skill_key.value ? std::optional(skills::checked(ctx, in.skill_key.value->value)) : std::nullopt;
  }
  in.target_date.apply(goal.target_date);
  if (in.priority) goal.priority = *in.priority;
  if (in.start_value) goal.start_value = *in.start_value;
  in.target_value.apply(goal.target_value);
  if (in.current_value) goal.current_value = *in.current_value;
  in.unit.apply(goal.unit);
  const rules::Goal values = ruled(goal);
  check_values(values.start_value, values.target_value, values.current_value);
  if (goal.progress_mode == rules::ProgressMode::numeric && !goal.target_value) {
    throw invalid("target_value", "required", "A goal measured by a number needs a target.");
  }
  goal.progress = rules::edited(values, values.start_value, values.target_value, values.current_value).progress;
  goal.updated_at = ctx.now;
  ctx.db.execute(kUpdate, ctx.user, goal.id, goal.title, goal.description, goal.category, goal.skill_key,
                 goal.target_date, goal.priority, goal.start_value, goal.target_value, goal.current_value, goal.unit,
                 goal.progress, ctx.now);
  complete_view(ctx, goal);
  return {std::move(goal)};
}

Changed set_progress(Context& ctx, const SetProgress& in) {
  if (in.progress.has_value() == in.value.has_value()) {
    throw invalid(in.progress ? "value" : "progress", in.progress ? "exclusive" : "required",
                  "Say either the progress or the value.");
  }
  check_value("value", in.value);
  Goal goal = load(ctx, in.id);
  const rules::Goal before = ruled(goal);
  const auto step = in.value ? rules::set_value(before, *in.value)
                             : rules::set_progress(before, static_cast<int>(in.progress->value()));
  return changed(ctx, std::move(goal), step);
}

Changed complete(Context& ctx, const ById& in) { return changed(ctx, in.id, &rules::complete); }
Changed reopen(Context& ctx, const ById& in) { return changed(ctx, in.id, &rules::reopen); }
Changed pause(Context& ctx, const ById& in) { return changed(ctx, in.id, &rules::pause); }
Changed resume(Context& ctx, const ById& in) { return changed(ctx, in.id, &rules::resume); }
Changed abandon(Context& ctx, const ById& in) { return changed(ctx, in.id, &rules::abandon); }

Deleted remove(Context& ctx, const ById& in) {
  if (ctx.db.execute(kDelete, ctx.user, in.id) == 0) throw not_found("goal");
  return {.id = in.id};
}

void add_operations(Catalogue& c) {
  constexpr auto read = Effect::read;
  constexpr auto write = Effect::write;
  constexpr auto user = Access::user;
  c.add("goals.list", Get("/goals"), user, read, &list, "Goals with their milestones.");
  c.add("goals.get", Get("/goals/{id}"), user, read, &get, "One goal with its milestones.");
  c.add("goals.create", Create("/goals"), user, write, &create, "Creates a goal, with milestones if given.");
  c.add("goals.update", Patch("/goals/{id}"), user, write, &update, "Changes a goal; never completes it.");
  c.add("goals.set_progress", Post("/goals/{id}/progress"), user, write, &set_progress,
        "Sets how far a goal is; completes it at its target.");
  c.add("goals.complete", Post("/goals/{id}/complete"), user, write, &complete, "Completes a goal.");
  c.add("goals.reopen", Post("/goals/{id}/reopen"), user, write, &reopen,
        "Takes a completed or abandoned goal up again.");
  c.add("goals.pause", Post("/goals/{id}/pause"), user, write, &pause, "Pauses a goal.");
  c.add("goals.resume", Post("/goals/{id}/resume"), user, write, &resume, "Goes on with a paused goal.");
  c.add("goals.abandon", Post("/goals/{id}/abandon"), user, write, &abandon, "Gives a goal up.");
  c.add("goals.delete", Delete("/goals/{id}"), user, write, &remove, "Deletes a goal with its milestones.");
}

}  // namespace ignition::goals
