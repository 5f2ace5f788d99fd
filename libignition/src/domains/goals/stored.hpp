// Goals as stored, and what a step of their rules does to storage and rewards.
#pragma once

#include <string>

#include "ignition/domains/goals.hpp"

namespace ignition::goals {

// The goal with its milestones. NOT_FOUND, also for somebody else's.
Goal load(Context& ctx, const Uuid& id);
// The goal that a milestone belongs to. NOT_FOUND, also for somebody else's.
Goal load_of_milestone(Context& ctx, const Uuid& milestone);
// NOT_FOUND when it is not among them.
Milestone& milestone_of(Goal& goal, const Uuid& id);

// What the rules look at.
rules::Goal ruled(const Goal& goal);

// XP and coins, below 0 when taken back.
struct Reward {
  std::int64_t xp = 0;
  std::int64_t coins = 0;
};
// Brings the goal to the state after the step and pays or takes back its own award. CONFLICT when the rules refuse.
Reward take(Context& ctx, Goal& goal, const rules::GoalStep& step);
// Throws what a refusal is to the caller.
void expect_allowed(const rules::GoalStep& step);

// Stores a new milestone at the end of the goal's list. CONFLICT milestone_limit.
void add_milestone(Context& ctx, Goal& goal, const std::string& title, std::optional<std::string> description,
                   std::optional<LocalDate> due_date);

// Sorts the milestones and sets everything that follows from the others.
void complete_view(const Context& ctx, Goal& goal);

// The skill that deeds for the goal train; "" = the table's.
inline std::string skill_of(const Goal& goal) { return goal.skill_key.value_or(""); }

}  // namespace ignition::goals
