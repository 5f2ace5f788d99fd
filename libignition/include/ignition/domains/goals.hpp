// Goals and their milestones: what a user wants to reach, and how far it is. Rules R-O1 to R-O8; transitions and
// progress are in rules/goals.hpp, the amounts in rules/awards.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/rules/goals.hpp"

namespace ignition::goals {

struct Milestone {
  Uuid id;
  Uuid goal_id;
  std::string title;
  std::optional<std::string> description;
  std::optional<LocalDate> due_date;
  bool is_completed = false;
  std::optional<Instant> completed_at;
  std::int64_t award_no = 0;
  std::int64_t sort_order = 0;
  Instant created_at;
  Instant updated_at;
  bool is_overdue = false;  // open, due before today, and its goal is active
};
BOOST_DESCRIBE_STRUCT(Milestone, (),
                      (id, goal_id, title, description, due_date, is_completed, completed_at, award_no, sort_order,
                       created_at, updated_at, is_overdue))

// A goal as it is stored.
struct Fields {
  Uuid id;
  std::string title;
  std::optional<std::string> description;
  std::optional<std::string> category;
  std::optional<std::string> skill_key;  // null = proficiency
  std::optional<LocalDate> target_date;
  rules::GoalStatus status = rules::GoalStatus::active;
  rules::ProgressMode progress_mode = rules::ProgressMode::milestones;
  int progress = 0;  // 0..100
  std::optional<double> start_value;
  std::optional<double> target_value;
  std::optional<double> current_value;
  std::optional<std::string> unit;
  std::int64_t priority = 0;
  std::int64_t sort_order = 0;
  Instant started_at;
  std::optional<Instant> completed_at;
  int award_no = 0;  // completions paid so far
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(Fields, (),
                      (id, title, description, category, skill_key, target_date, status, progress_mode, progress,
                       start_value, target_value, current_value, unit, priority, sort_order, started_at, completed_at,
                       award_no, created_at, updated_at))

struct Goal : Fields {
  std::vector<Milestone> milestones;  // by sort_order, id
  std::int64_t total_milestones = 0;
  std::int64_t completed_milestones = 0;
  bool is_overdue = false;
  std::optional<std::int64_t> days_left;  // below 0 after the target date
};
BOOST_DESCRIBE_STRUCT(Goal, (Fields), (milestones, total_milestones, completed_milestones, is_overdue, days_left))

struct OneGoal {
  Goal goal;
};
BOOST_DESCRIBE_STRUCT(OneGoal, (), (goal))

using Title = Trimmed<1, 200>;
using Description = Text<0, 5000>;
using Category = Text<1, 50>;
using SkillKey = Text<1, 40>;
using Unit = Text<0, 30>;
using Priority = Int<0, 100>;

struct ListGoals {
  Or<Int<1, 1'000'000>, 1> page;
  Or<Int<1, 100>, 20> page_size;
  std::optional<rules::GoalStatus> status;
  std::optional<Category> category;
  std::optional<bool> overdue;
};
BOOST_DESCRIBE_STRUCT(ListGoals, (), (page, page_size, status, category, overdue))

struct Goals {
  std::vector<Goal> goals;
  std::int64_t total = 0;
  std::int64_t page = 1;
  std::int64_t page_size = 20;
};
BOOST_DESCRIBE_STRUCT(Goals, (), (goals, total, page, page_size))

// By priority (highest first), sort_order, title, id.
Goals list(Context& ctx, const ListGoals& in);
OneGoal get(Context& ctx, const ById& in);

struct GivenMilestone {
  Title title;
  std::optional<Text<0, 2000>> description;
  std::optional<LocalDate> due_date;
};
BOOST_DESCRIBE_STRUCT(GivenMilestone, (), (title, description, due_date))

struct CreateGoal {
  Title title;
  std::optional<Description> description;
  std::optional<Category> category;
  std::optional<SkillKey> skill_key;
  std::optional<LocalDate> target_date;
  Or<Priority, 0> priority;
  std::optional<rules::ProgressMode> progress_mode;  // numeric with a target_value, else milestones
  std::optional<double> start_value;                 // 0
  std::optional<double> target_value;
  std::optional<double> current_value;  // start_value
  std::optional<Unit> unit;
  std::optional<List<GivenMilestone, 0, 100>> milestones;
};
BOOST_DESCRIBE_STRUCT(CreateGoal, (),
                      (title, description, category, skill_key, target_date, priority, progress_mode, start_value,
                       target_value, current_value, unit, milestones))

// At most 500 goals per user.
OneGoal create(Context& ctx, const CreateGoal& in);

struct UpdateGoal {
  Uuid id;
  std::optional<Title> title;
  Update<Description> description;
  Update<Category> category;
  Update<SkillKey> skill_key;
  Update<LocalDate> target_date;
  std::optional<Priority> priority;
  std::optional<double> start_value;
  Update<double> target_value;  // numeric goals keep one
  std::optional<double> current_value;
  Update<Unit> unit;
};
BOOST_DESCRIBE_STRUCT(UpdateGoal, (),
                      (id, title, description, category, skill_key, target_date, priority, start_value, target_value,
                       current_value, unit))

// Never completes a goal, whatever the new values are.
OneGoal update(Context& ctx, const UpdateGoal& in);

// What a step did: XP and coins are below 0 when rewards were taken back.
struct Result {
  Goal goal;
  std::int64_t xp_awarded = 0;
  std::int64_t coins_awarded = 0;
  bool goal_completed = false;  // by this call
};
BOOST_DESCRIBE_STRUCT(Result, (), (goal, xp_awarded, coins_awarded, goal_completed))

struct Changed {
  Result result;
};
BOOST_DESCRIBE_STRUCT(Changed, (), (result))

struct SetProgress {
  Uuid id;
  std::optional<Int<0, 100>> progress;  // of manual goals
  std::optional<double> value;          // of numeric goals
};
BOOST_DESCRIBE_STRUCT(SetProgress, (), (id, progress, value))

// Completes the goal at 100 or at its target value.
Changed set_progress(Context& ctx, const SetProgress& in);
Changed complete(Context& ctx, const ById& in);
// Takes the reward of the last completion back.
Changed reopen(Context& ctx, const ById& in);
Changed pause(Context& ctx, const ById& in);
Changed resume(Context& ctx, const ById& in);
Changed abandon(Context& ctx, const ById& in);
// With its milestones; what was earned stays.
Deleted remove(Context& ctx, const ById& in);

void add_operations(Catalogue& catalogue);

}  // namespace ignition::goals

namespace ignition::milestones {

struct OneMilestone {
  goals::Milestone milestone;
};
BOOST_DESCRIBE_STRUCT(OneMilestone, (), (milestone))

struct CreateMilestone {
  Uuid id;  // of the goal
  goals::Title title;
  std::optional<Text<0, 2000>> description;
  std::optional<LocalDate> due_date;
};
BOOST_DESCRIBE_STRUCT(CreateMilestone, (), (id, title, description, due_date))

// At the end of the list. Refused for completed goals and for the 101st milestone.
OneMilestone create(Context& ctx, const CreateMilestone& in);

struct UpdateMilestone {
  Uuid id;
  std::optional<goals::Title> title;
  Update<Text<0, 2000>> description;
  Update<LocalDate> due_date;
  std::optional<Int<-1'000'000, 1'000'000>> sort_order;
};
BOOST_DESCRIBE_STRUCT(UpdateMilestone, (), (id, title, description, due_date, sort_order))

OneMilestone update(Context& ctx, const UpdateMilestone& in);

struct Result {
  goals::Milestone milestone;
  goals::Goal goal;
  std::int64_t goal_progress = 0;
  bool goal_completed = false;     // by this call
  bool already_completed = false;  // nothing was written
  std::int64_t xp_awarded = 0;     // below 0 when taken back
  std::int64_t coins_awarded = 0;
};
BOOST_DESCRIBE_STRUCT(Result, (),
                      (milestone, goal, goal_progress, goal_completed, already_completed, xp_awarded, coins_awarded))

struct Changed {
  Result result;
};
BOOST_DESCRIBE_STRUCT(Changed, (), (result))

// The last open milestone completes a goal that is measured by its milestones.
Changed complete(Context& ctx, const ById& in);
// Takes the reward back, and reopens the goal when it was completed.
Changed reopen(Context& ctx, const ById& in);

struct Removed {
  Uuid id;
  std::int64_t goal_progress = 0;
};
BOOST_DESCRIBE_STRUCT(Removed, (), (id, goal_progress))

Removed remove(Context& ctx, const ById& in);

void add_operations(Catalogue& catalogue);

}  // namespace ignition::milestones
