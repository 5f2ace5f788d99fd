// Goals and milestones: progress and transitions. Rules R-O1 to R-O8.
#pragma once

#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>

#include "ignition/time.hpp"

namespace ignition::rules {

enum class GoalStatus : std::uint8_t { active, paused, completed, abandoned };
BOOST_DESCRIBE_ENUM(GoalStatus, active, paused, completed, abandoned)

enum class ProgressMode : std::uint8_t { milestones, numeric, manual };
BOOST_DESCRIBE_ENUM(ProgressMode, milestones, numeric, manual)

// Rule R-O1; fixed when a goal is made.
ProgressMode progress_mode(bool asked_for_manual, bool has_target);

// Largest absolute value of a numeric goal.
inline constexpr double kMaxGoalValue = 1e12;
// Whether the values can be those of a goal: finite, within kMaxGoalValue, target other than start.
bool valid_goal_values(double start, std::optional<double> target, double current);

struct Goal {
  GoalStatus status = GoalStatus::active;
  ProgressMode mode = ProgressMode::milestones;
  int progress = 0;  // 0..100
  double start_value = 0.0;
  std::optional<double> target_value;  // with numeric
  double current_value = 0.0;
  int total_milestones = 0;
  int completed_milestones = 0;
  int award_no = 0;      // completions paid so far
  bool awarded = false;  // the last of them is not reversed

  friend bool operator==(const Goal&, const Goal&) = default;
};

// Rule R-O2. 100 for a completed goal; the stored progress for a manual one.
int progress_of(const Goal& goal);

// Reasons of CONFLICT; the names are those of `details.reason`.
enum class GoalRefusal : std::uint8_t { invalid_state, wrong_mode, not_active, goal_completed, not_completed };
BOOST_DESCRIBE_ENUM(GoalRefusal, invalid_state, wrong_mode, not_active, goal_completed, not_completed)

// What a transition asks to be stored. With a refusal the goal is as before and nothing else is set.
struct GoalStep {
  Goal goal;
  std::optional<GoalRefusal> refusal{};
  bool already_completed = false;   // nothing changes
  bool pays_goal = false;           // goal_complete, under the key of goal.award_no
  bool reverses_goal = false;       // the award of goal.award_no
  bool pays_milestone = false;      // milestone_complete; the milestone's own award_no rises
  bool reverses_milestone = false;  // its last award
};

GoalStep complete(const Goal& goal);
GoalStep reopen(const Goal& goal);
GoalStep pause(const Goal& goal);
GoalStep resume(const Goal& goal);
GoalStep abandon(const Goal& goal);
GoalStep set_progress(const Goal& goal, int progress);  // 0..100, manual goals
GoalStep set_value(const Goal& goal, double value);     // numeric goals
// New values by an edit of the goal, which never completes it.
Goal edited(const Goal& goal, double start, std::optional<double> target, double current);

// `is_completed` is the milestone's state before.
GoalStep add_milestone(const Goal& goal);
GoalStep delete_milestone(const Goal& goal, bool is_completed);
GoalStep complete_milestone(const Goal& goal, bool is_completed);
GoalStep reopen_milestone(const Goal& goal, bool is_completed);

// Rule R-O8, for goals and, with their goal's status, for open milestones.
bool is_overdue(std::optional<LocalDate> due, GoalStatus status, LocalDate today);
std::optional<int> days_left(std::optional<LocalDate> due, LocalDate today);

}  // namespace ignition::rules
