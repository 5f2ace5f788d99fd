#include "ignition/rules/goals.hpp"

#include <algorithm>
#include <cmath>

namespace ignition::rules {

namespace {

GoalStep refused(const Goal& goal, GoalRefusal why) { return {.goal = goal, .refusal = why}; }

bool reaches_target(const Goal& goal) {
  if (!goal.target_value) return false;
  return *goal.target_value > goal.start_value ? goal.current_value >= *goal.target_value
                                               : goal.current_value <= *goal.target_value;
}

void finish(GoalStep& step) {
  step.goal.status = GoalStatus::completed;
  step.goal.progress = 100;
  ++step.goal.award_no;
  step.goal.awarded = true;
  step.pays_goal = true;
}

void make_active(GoalStep& step) {
  step.goal.status = GoalStatus::active;
  step.reverses_goal = step.goal.awarded;
  step.goal.awarded = false;
  // A goal set by hand keeps its last value, but is no longer complete.
  if (step.goal.mode == ProgressMode::manual) step.goal.progress = std::min(step.goal.progress, 99);
  step.goal.progress = progress_of(step.goal);
}

GoalStep moved(const Goal& goal, bool allowed, GoalStatus to) {
  if (!allowed) return refused(goal, GoalRefusal::invalid_state);
  GoalStep step{.goal = goal};
  step.goal.status = to;
  return step;
}

}  // namespace

ProgressMode progress_mode(bool asked_for_manual, bool has_target) {
  if (asked_for_manual) return ProgressMode::manual;
  return has_target ? ProgressMode::numeric : ProgressMode::milestones;
}

bool valid_goal_values(double start, std::optional<double> target, double current) {
  const auto valid = [](double v) { return std::isfinite(v) && std::abs(v) <= kMaxGoalValue; };
  return valid(start) && valid(current) && (!target || (valid(*target) && *target != start));
}

int progress_of(const Goal& goal) {
  if (goal.status == GoalStatus::completed) return 100;
  switch (goal.mode) {
    case ProgressMode::milestones:
      return goal.total_milestones == 0 ? 0 : 100 * goal.completed_milestones / goal.total_milestones;
    case ProgressMode::numeric: {
      if (!goal.target_value) return 0;
      const double share = (goal.current_value - goal.start_value) / (*goal.target_value - goal.start_value);
      return static_cast<int>(std::clamp(std::floor(100.0 * share + 1e-9), 0.0, 100.0));
    }
    case ProgressMode::manual:
      break;
  }
  return goal.progress;
}

GoalStep complete(const Goal& goal) {
  if (goal.status == GoalStatus::completed) return {.goal = goal, .already_completed = true};
  if (goal.status == GoalStatus::abandoned) return refused(goal, GoalRefusal::invalid_state);
  GoalStep step{.goal = goal};
  finish(step);
  return step;
}

GoalStep reopen(const Goal& goal) {
  if (goal.status != GoalStatus::completed && goal.status != GoalStatus::abandoned) {
    return refused(goal, GoalRefusal::invalid_state);
  }
  GoalStep step{.goal = goal};
  make_active(step);
  return step;
}

GoalStep pause(const Goal& goal) { return moved(goal, goal.status == GoalStatus::active, GoalStatus::paused); }

GoalStep resume(const Goal& goal) { return moved(goal, goal.status == GoalStatus::paused, GoalStatus::active); }

GoalStep abandon(const Goal& goal) {
  return moved(goal, goal.status == GoalStatus::active || goal.status == GoalStatus::paused, GoalStatus::abandoned);
}

GoalStep set_progress(const Goal& goal, int progress) {
  if (goal.mode != ProgressMode::manual) return refused(goal, GoalRefusal::wrong_mode);
  if (goal.status != GoalStatus::active) return refused(goal, GoalRefusal::not_active);
  GoalStep step{.goal = goal};
  step.goal.progress = progress;
  if (progress == 100) finish(step);
  return step;
}

GoalStep set_value(const Goal& goal, double value) {
  if (goal.mode != ProgressMode::numeric) return refused(goal, GoalRefusal::wrong_mode);
  if (goal.status != GoalStatus::active) return refused(goal, GoalRefusal::not_active);
  GoalStep step{.goal = goal};
  step.goal.current_value = value;
  step.goal.progress = progress_of(step.goal);
  if (reaches_target(step.goal)) finish(step);
  return step;
}

Goal edited(const Goal& goal, double start, std::optional<double> target, double current) {
  Goal after = goal;
  after.start_value = start;
  after.target_value = target;
  after.current_value = current;
  after.progress = progress_of(after);
  return after;
}

GoalStep add_milestone(const Goal& goal) {
  if (goal.status == GoalStatus::completed) return refused(goal, GoalRefusal::goal_completed);
  GoalStep step{.goal = goal};
  ++step.goal.total_milestones;
  step.goal.progress = progress_of(step.goal);
  return step;
}

GoalStep delete_milestone(const Goal& goal, bool is_completed) {
  GoalStep step{.goal = goal};
  --step.goal.total_milestones;
  if (is_completed) --step.goal.completed_milestones;
  step.goal.progress = progress_of(step.goal);
  return step;
}

GoalStep complete_milestone(const Goal& goal, bool is_completed) {
  if (is_completed) return {.goal = goal, .already_completed = true};
  if (goal.status != GoalStatus::active) return refused(goal, GoalRefusal::not_active);
  GoalStep step{.goal = goal, .pays_milestone = true};
  ++step.goal.completed_milestones;
  step.goal.progress = progress_of(step.goal);
  const bool last = step.goal.completed_milestones == step.goal.total_milestones;
  if (goal.mode == ProgressMode::milestones && last) finish(step);
  return step;
}

GoalStep reopen_milestone(const Goal& goal, bool is_completed) {
  if (!is_completed) return refused(goal, GoalRefusal::not_completed);
  GoalStep step{.goal = goal, .reverses_milestone = true};
  --step.goal.completed_milestones;
  if (goal.status == GoalStatus::completed) {
    make_active(step);
  } else {
    step.goal.progress = progress_of(step.goal);
  }
  return step;
}

bool is_overdue(std::optional<LocalDate> due, GoalStatus status, LocalDate today) {
  return due && *due < today && status == GoalStatus::active;
}

std::optional<int> days_left(std::optional<LocalDate> due, LocalDate today) {
  if (!due) return {};
  return *due - today;
}

}  // namespace ignition::rules
