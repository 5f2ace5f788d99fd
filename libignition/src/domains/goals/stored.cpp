#include "domains/goals/stored.hpp"

#include <algorithm>

#include "ignition/domains/progress.hpp"

namespace ignition::goals {

namespace {

constexpr std::size_t kMostMilestones = 100;

constexpr Sql kGoal{R"sql(
  SELECT id, title, description, category, skill_key, target_date, status, progress_mode, progress, start_value,
         target_value, current_value, unit, priority, sort_order, started_at, completed_at, award_no, created_at,
         updated_at
    FROM goals WHERE user_id = $1 AND id = $2)sql"};
constexpr Sql kMilestones{R"sql(
  SELECT id, goal_id, title, description, due_date, is_completed, completed_at, award_no, sort_order, created_at,
         updated_at, FALSE
    FROM goal_milestones WHERE user_id = $1 AND goal_id = $2 ORDER BY sort_order, id)sql"};
constexpr Sql kGoalOfMilestone{R"sql(SELECT goal_id FROM goal_milestones WHERE user_id = $1 AND id = $2)sql"};
constexpr Sql kStep{R"sql(
  UPDATE goals SET status = $3, progress = $4, current_value = $5, completed_at = $6, award_no = $7, updated_at = $8
   WHERE user_id = $1 AND id = $2)sql"};

struct NewMilestone {
  static constexpr std::string_view table = "goal_milestones";
  Uuid user_id;
  Uuid id;
  Uuid goal_id;
  std::string title;
  std::optional<std::string> description;
  std::optional<LocalDate> due_date;
  bool is_completed = false;
  std::int64_t award_no = 0;
  std::int64_t sort_order = 0;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(NewMilestone, (),
                      (user_id, id, goal_id, title, description, due_date, is_completed, award_no, sort_order,
                       created_at, updated_at))

std::string_view said(rules::GoalRefusal refusal) {
  switch (refusal) {
    case rules::GoalRefusal::wrong_mode:
      return "The goal is not measured like that.";
    case rules::GoalRefusal::not_active:
      return "The goal is not active.";
    case rules::GoalRefusal::goal_completed:
      return "The goal is completed.";
    case rules::GoalRefusal::not_completed:
      return "The milestone is not completed.";
    case rules::GoalRefusal::invalid_state:
      break;
  }
  return "The goal's state does not allow this.";
}

std::string award_key(const Goal& goal, int award_no) {
  return rules::keys::again(rules::keys::goal(goal.id), award_no);
}

}  // namespace

Goal load(Context& ctx, const Uuid& id) {
  auto fields = ctx.db.maybe<Fields>(kGoal, ctx.user, id);
  if (!fields) throw not_found("goal");
  Goal goal{std::move(*fields), {}, 0, 0, false, {}};
  goal.milestones = ctx.db.query<Milestone>(kMilestones, ctx.user, id);
  complete_view(ctx, goal);
  return goal;
}

Goal load_of_milestone(Context& ctx, const Uuid& milestone) {
  const auto goal = ctx.db.maybe<Uuid>(kGoalOfMilestone, ctx.user, milestone);
  if (!goal) throw not_found("milestone");
  return load(ctx, *goal);
}

Milestone& milestone_of(Goal& goal, const Uuid& id) {
  const auto found = std::ranges::find(goal.milestones, id, &Milestone::id);
  if (found == goal.milestones.end()) throw not_found("milestone");
  return *found;
}

rules::Goal ruled(const Goal& goal) {
  return {.status = goal.status,
          .mode = goal.progress_mode,
          .progress = goal.progress,
          .start_value = goal.start_value.value_or(0.0),
          .target_value = goal.target_value,
          .current_value = goal.current_value.value_or(goal.start_value.value_or(0.0)),
          .total_milestones = static_cast<int>(goal.milestones.size()),
          .completed_milestones = static_cast<int>(std::ranges::count_if(goal.milestones, &Milestone::is_completed)),
          .award_no = goal.award_no,
          // Leaving the completed state always takes the award back.
          .awarded = goal.status == rules::GoalStatus::completed};
}

void expect_allowed(const rules::GoalStep& step) {
  if (step.refusal) throw conflict(std::string(name_of(*step.refusal)), std::string(said(*step.refusal)));
}

Reward take(Context& ctx, Goal& goal, const rules::GoalStep& step) {
  expect_allowed(step);
  if (step.already_completed) return {};
  Reward reward;
  if (step.reverses_goal) {
    const auto reversed = progress::reverse(ctx, award_key(goal, goal.award_no));
    reward = {reversed.xp, reversed.coins};
  }
  goal.status = step.goal.status;
  goal.progress = step.goal.progress;
  if (goal.progress_mode == rules::ProgressMode::numeric) goal.current_value = step.goal.current_value;
  goal.award_no = step.goal.award_no;
  goal.updated_at = ctx.now;
  if (goal.status != rules::GoalStatus::completed) goal.completed_at.reset();
  if (step.pays_goal) {
    goal.completed_at = ctx.now;
    const auto paid = progress::award(ctx, {.event = {.kind = rules::EventKind::goal_complete,
                                                      .key = award_key(goal, goal.award_no),
                                                      .event_id = goal.id,
                                                      .entity_type = "goal"},
                                            .amounts = rules::rule_of(rules::EventKind::goal_complete).amounts,
                                            .skill_key = skill_of(goal)});
    reward = {paid.xp, paid.coins};
  }
  ctx.db.execute(kStep, ctx.user, goal.id, goal.status, goal.progress, goal.current_value, goal.completed_at,
                 goal.award_no, ctx.now);
  complete_view(ctx, goal);
  return reward;
}

void add_milestone(Context& ctx, Goal& goal, const std::string& title, std::optional<std::string> description,
                   std::optional<LocalDate> due_date) {
  if (goal.milestones.size() >= kMostMilestones) {
    throw conflict("milestone_limit", "A goal has at most 100 milestones.");
  }
  std::int64_t last = -1;
  for (const Milestone& milestone : goal.milestones) last = std::max(last, milestone.sort_order);
  const NewMilestone row{.user_id = ctx.user,
                         .id = ctx.new_id(),
                         .goal_id = goal.id,
                         .title = title,
                         .description = std::move(description),
                         .due_date = due_date,
                         .sort_order = last + 1,
                         .created_at = ctx.now,
                         .updated_at = ctx.now};
  ctx.db.insert(row);
  goal.milestones.push_back({.id = row.id,
                             .goal_id = row.goal_id,
                             .title = row.title,
                             .description = row.description,
                             .due_date = row.due_date,
                             .is_completed = false,
                             .completed_at = {},
                             .sort_order = row.sort_order,
                             .created_at = row.created_at,
                             .updated_at = row.updated_at});
}

void complete_view(const Context& ctx, Goal& goal) {
  std::ranges::sort(goal.milestones, {}, [](const Milestone& m) { return std::pair(m.sort_order, m.id); });
  goal.total_milestones = static_cast<std::int64_t>(goal.milestones.size());
  goal.completed_milestones = std::ranges::count_if(goal.milestones, &Milestone::is_completed);
  goal.is_overdue = rules::is_overdue(goal.target_date, goal.status, ctx.today);
  goal.days_left = rules::days_left(goal.target_date, ctx.today);
  for (Milestone& milestone : goal.milestones) {
    milestone.is_overdue = !milestone.is_completed && rules::is_overdue(milestone.due_date, goal.status, ctx.today);
  }
}

}  // namespace ignition::goals
