#include <algorithm>

#include "domains/goals/stored.hpp"
#include "ignition/domains/progress.hpp"

namespace ignition::milestones {

using goals::Goal;
using goals::Milestone;

namespace {

constexpr Sql kStore{R"sql(
  UPDATE goal_milestones SET is_completed = $3, completed_at = $4, award_no = $5, updated_at = $6
   WHERE user_id = $1 AND id = $2)sql"};
constexpr Sql kUpdate{R"sql(
  UPDATE goal_milestones SET title = $3, description = $4, due_date = $5, sort_order = $6, updated_at = $7
   WHERE user_id = $1 AND id = $2)sql"};
constexpr Sql kDelete{R"sql(DELETE FROM goal_milestones WHERE user_id = $1 AND id = $2)sql"};

std::string award_key(const Milestone& milestone) {
  return rules::keys::again(rules::keys::milestone(milestone.id), static_cast<int>(milestone.award_no));
}

// Pays the milestone's own award, or takes its last one back.
goals::Reward reward(Context& ctx, const Goal& goal, const Milestone& milestone) {
  if (!milestone.is_completed) {
    const auto reversed = progress::reverse(ctx, award_key(milestone));
    return {reversed.xp, reversed.coins};
  }
  const auto paid = progress::award(ctx, {.event = {.kind = rules::EventKind::milestone_complete,
                                                    .key = award_key(milestone),
                                                    .event_id = milestone.id,
                                                    .entity_type = "milestone"},
                                          .amounts = rules::rule_of(rules::EventKind::milestone_complete).amounts,
                                          .skill_key = goals::skill_of(goal)});
  return {paid.xp, paid.coins};
}

using Rule = rules::GoalStep (*)(const rules::Goal&, bool);

// Takes the milestone, and with it perhaps its goal, to the other state.
Changed changed(Context& ctx, const Uuid& id, Rule rule) {
  Goal goal = goals::load_of_milestone(ctx, id);
  Milestone& milestone = goals::milestone_of(goal, id);
  const auto step = rule(goals::ruled(goal), milestone.is_completed);
  goals::expect_allowed(step);
  Result result{.already_completed = step.already_completed};
  if (!step.already_completed) {
    milestone.is_completed = step.pays_milestone;
    milestone.completed_at = step.pays_milestone ? std::optional(ctx.now) : std::nullopt;
    if (step.pays_milestone) ++milestone.award_no;
    milestone.updated_at = ctx.now;
    ctx.db.execute(kStore, ctx.user, milestone.id, milestone.is_completed, milestone.completed_at, milestone.award_no,
                   ctx.now);
    const auto own = reward(ctx, goal, milestone);
    const auto of_goal = goals::take(ctx, goal, step);
    result.xp_awarded = own.xp + of_goal.xp;
    result.coins_awarded = own.coins + of_goal.coins;
  }
  result.goal_completed = step.pays_goal;
  result.goal_progress = goal.progress;
  result.milestone = goals::milestone_of(goal, id);
  result.goal = std::move(goal);
  return {std::move(result)};
}

}  // namespace

OneMilestone create(Context& ctx, const CreateMilestone& in) {
  Goal goal = goals::load(ctx, in.id);
  const auto step = rules::add_milestone(goals::ruled(goal));
  goals::expect_allowed(step);
  goals::add_milestone(ctx, goal, in.title, in.description ? std::optional(in.description->value) : std::nullopt,
                       in.due_date);
  const Uuid id = goal.milestones.back().id;
  goals::take(ctx, goal, step);
  return {goals::milestone_of(goal, id)};
}

OneMilestone update(Context& ctx, const UpdateMilestone& in) {
  Goal goal = goals::load_of_milestone(ctx, in.id);
  Milestone& milestone = goals::milestone_of(goal, in.id);
  if (in.title) milestone.title = *in.title;
  in.description.apply(milestone.description);
  in.due_date.apply(milestone.due_date);
  if (in.sort_order) milestone.sort_order = *in.sort_order;
  milestone.updated_at = ctx.now;
  ctx.db.execute(kUpdate, ctx.user, milestone.id, milestone.title, milestone.description, milestone.due_date,
                 milestone.sort_order, ctx.now);
  goals::complete_view(ctx, goal);
  return {goals::milestone_of(goal, in.id)};
}

Changed complete(Context& ctx, const ById& in) { return changed(ctx, in.id, &rules::complete_milestone); }
Changed reopen(Context& ctx, const ById& in) { return changed(ctx, in.id, &rules::reopen_milestone); }

Removed remove(Context& ctx, const ById& in) {
  Goal goal = goals::load_of_milestone(ctx, in.id);
  const auto step = rules::delete_milestone(goals::ruled(goal), goals::milestone_of(goal, in.id).is_completed);
  ctx.db.execute(kDelete, ctx.user, in.id);
  std::erase_if(goal.milestones, [&](const Milestone& milestone) { return milestone.id == in.id; });
  goals::take(ctx, goal, step);
  return {.id = in.id, .goal_progress = goal.progress};
}

void add_operations(Catalogue& c) {
  constexpr auto write = Effect::write;
  constexpr auto user = Access::user;
  c.add("milestones.create", Create("/goals/{id}/milestones"), user, write, &create, "Adds a milestone to a goal.");
  c.add("milestones.update", Patch("/goals/milestones/{id}"), user, write, &update, "Changes a milestone.");
  c.add("milestones.complete", Post("/goals/milestones/{id}/complete"), user, write, &complete,
        "Completes a milestone; the last one completes its goal.");
  c.add("milestones.reopen", Post("/goals/milestones/{id}/reopen"), user, write, &reopen,
        "Opens a milestone again and takes its reward back.");
  c.add("milestones.delete", Delete("/goals/milestones/{id}"), user, write, &remove, "Deletes a milestone.");
}

}  // namespace ignition::milestones
