#include "ignition/rules/goals.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <map>
#include <string>

#include "ignition/rules/awards.hpp"
#include "support/vectors.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

// A goal in memory, as its operations use the rules.
struct Stored {
  Goal goal;
  std::map<std::string, bool> milestones;  // name -> completed
  Amounts sum;

  struct Result {
    Amounts paid;
    bool already_completed = false;
    bool goal_completed = false;
    std::string error;
  };

  static std::optional<Stored> make(test::Value v) {
    Stored s;
    const auto number = [&](std::string_view key) -> std::optional<double> {
      if (!test::has(v, key)) return {};
      return v[key].get_double().value();
    };
    s.goal.mode = progress_mode(test::text(v, "progress_mode", "") == "manual", test::has(v, "target_value"));
    s.goal.start_value = number("start_value").value_or(0.0);
    s.goal.target_value = number("target_value");
    s.goal.current_value = number("current_value").value_or(s.goal.start_value);
    if (!valid_goal_values(s.goal.start_value, s.goal.target_value, s.goal.current_value)) return {};
    s.goal.progress = progress_of(s.goal);
    return s;
  }

  Result take(const GoalStep& step) {
    if (step.refusal) return {.error = "CONFLICT"};
    const Amounts goal_award = rule_of(EventKind::goal_complete).amounts;
    const Amounts milestone_award = rule_of(EventKind::milestone_complete).amounts;
    Result result{.already_completed = step.already_completed, .goal_completed = step.pays_goal};
    const auto pay = [&](const Amounts& a, int sign) {
      result.paid.xp += sign * a.xp;
      result.paid.coins += sign * a.coins;
      result.paid.skill_stars += sign * a.skill_stars;
    };
    if (step.pays_goal) pay(goal_award, 1);
    if (step.reverses_goal) pay(goal_award, -1);
    if (step.pays_milestone) pay(milestone_award, 1);
    if (step.reverses_milestone) pay(milestone_award, -1);
    sum.xp += result.paid.xp;
    sum.coins += result.paid.coins;
    sum.skill_stars += result.paid.skill_stars;
    goal = step.goal;
    return result;
  }

  Result run(test::Value step) {
    const std::string op = test::text(step, "op");
    if (op == "complete") return take(complete(goal));
    if (op == "reopen") return take(reopen(goal));
    if (op == "pause") return take(pause(goal));
    if (op == "resume") return take(resume(goal));
    if (op == "abandon") return take(abandon(goal));
    if (op == "set_value") return take(set_value(goal, step["value"].get_double().value()));
    if (op == "set_progress") {
      const std::int64_t progress = test::integer(step, "progress");
      if (progress < 0 || progress > 100) return {.error = "VALIDATION_ERROR"};  // bounds of the input's type
      return take(set_progress(goal, static_cast<int>(progress)));
    }
    const std::string name = test::text(step, "m");
    if (op == "add_milestone") {
      const Result result = take(add_milestone(goal));
      if (result.error.empty()) milestones[name] = false;
      return result;
    }
    const auto milestone = milestones.find(name);
    if (milestone == milestones.end()) return {.error = "NOT_FOUND"};
    const bool was = milestone->second;
    if (op == "delete_milestone") {
      milestones.erase(milestone);
      return take(delete_milestone(goal, was));
    }
    const Result result =
        take(op == "complete_milestone" ? complete_milestone(goal, was) : reopen_milestone(goal, was));
    if (result.error.empty()) milestone->second = op == "complete_milestone";
    return result;
  }
};

void check_state(const Stored& s, test::Value expect) {
  static constexpr std::array<std::string_view, 4> kStatuses{"active", "paused", "completed", "abandoned"};
  CHECK(kStatuses[static_cast<std::size_t>(s.goal.status)] == test::text(expect, "status"));
  CHECK(s.goal.progress == test::integer(expect, "progress"));
  CHECK(s.goal.total_milestones == test::integer(expect, "total_milestones"));
  CHECK(s.goal.completed_milestones == test::integer(expect, "completed_milestones"));
  CHECK(s.sum.xp == test::integer(expect, "total_xp"));
  CHECK(s.sum.coins == test::integer(expect, "total_coins"));
  CHECK(s.sum.skill_stars == test::integer(expect, "stars"));
}

}  // namespace

TEST_CASE("goals go through the states of the vectors") {
  const test::Vectors vectors("progress/goals.json");
  int cases = 0;
  for (const test::Value c : vectors["cases"].get_array()) {
    CAPTURE(test::text(c, "id"));
    ++cases;
    auto stored = Stored::make(c["goal"]);
    CHECK(stored.has_value() != test::has(c, "expect_create_error"));
    if (!stored) continue;
    check_state(*stored, c["initial"]);
    int number = 0;
    for (const test::Value row : c["steps"].get_array()) {
      CAPTURE(++number);
      const test::Value expect = row["expect"];
      const Stored before = *stored;
      const Stored::Result result = stored->run(row["step"]);
      CHECK(result.error == test::text(expect, "error", ""));
      if (!result.error.empty()) {
        CHECK(stored->goal == before.goal);
        continue;
      }
      CHECK(result.paid.xp == test::integer(expect, "xp_awarded"));
      CHECK(result.paid.coins == test::integer(expect, "coins_awarded"));
      CHECK(result.already_completed == test::boolean(expect, "already_completed"));
      if (test::has(expect, "goal_completed")) {
        CHECK(result.goal_completed == test::boolean(expect, "goal_completed"));
      }
      check_state(*stored, expect);
    }
  }
  CHECK(cases == 33);
}

TEST_CASE("refusals name their reason") {
  Goal goal{.total_milestones = 1};
  CHECK(set_progress(goal, 10).refusal == GoalRefusal::wrong_mode);
  CHECK(set_value(goal, 10).refusal == GoalRefusal::wrong_mode);
  CHECK(resume(goal).refusal == GoalRefusal::invalid_state);
  CHECK(reopen(goal).refusal == GoalRefusal::invalid_state);
  CHECK(reopen_milestone(goal, false).refusal == GoalRefusal::not_completed);
  goal.status = GoalStatus::paused;
  CHECK(complete_milestone(goal, false).refusal == GoalRefusal::not_active);
  goal.status = GoalStatus::abandoned;
  CHECK(complete(goal).refusal == GoalRefusal::invalid_state);
  CHECK(pause(goal).refusal == GoalRefusal::invalid_state);
  CHECK(abandon(goal).refusal == GoalRefusal::invalid_state);
  goal.status = GoalStatus::completed;
  CHECK(add_milestone(goal).refusal == GoalRefusal::goal_completed);
  CHECK(complete_milestone(goal, true).already_completed);
}

TEST_CASE("editing values never completes a goal, nor does making one at its target") {
  Goal goal{.mode = ProgressMode::numeric, .target_value = 30.0, .current_value = 30.0};
  goal.progress = progress_of(goal);
  CHECK(goal.progress == 100);
  CHECK(goal.status == GoalStatus::active);
  const Goal easier = edited({.mode = ProgressMode::numeric, .target_value = 30.0, .current_value = 10.0}, 0, 5.0, 10);
  CHECK(easier.progress == 100);
  CHECK(easier.status == GoalStatus::active);
  CHECK(set_value(easier, 10).pays_goal);
}

TEST_CASE("values that no goal can have are refused") {
  CHECK(valid_goal_values(0, 1e12, -1e12));
  CHECK(valid_goal_values(5, {}, 5));
  CHECK_FALSE(valid_goal_values(5, 5.0, 5));
  CHECK_FALSE(valid_goal_values(0, 1.1e12, 0));
  CHECK_FALSE(valid_goal_values(0, std::nan(""), 0));
  CHECK_FALSE(valid_goal_values(0, 10.0, std::numeric_limits<double>::infinity()));
}

TEST_CASE("a goal is overdue after its date, while it is active") {
  const LocalDate today = LocalDate::of(2026, 1, 10);
  CHECK(is_overdue(today - 1, GoalStatus::active, today));
  CHECK_FALSE(is_overdue(today, GoalStatus::active, today));
  CHECK_FALSE(is_overdue(today - 1, GoalStatus::paused, today));
  CHECK_FALSE(is_overdue({}, GoalStatus::active, today));
  CHECK(days_left(today - 3, today) == -3);
  CHECK_FALSE(days_left({}, today).has_value());
}

TEST_CASE("whatever is done to a goal, status, progress and awards agree") {
  CHECK(rc::check([] {
    Stored s;
    s.goal.mode = static_cast<ProgressMode>(*rc::gen::inRange(0, 3));
    if (s.goal.mode == ProgressMode::numeric) s.goal.target_value = *rc::gen::element(-7.5, 10.0);
    for (const int op : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 12))) {
      const std::string name(1, static_cast<char>('a' + *rc::gen::inRange(0, 3)));
      const auto milestone = s.milestones.find(name);
      const bool exists = milestone != s.milestones.end();
      switch (op) {
        case 0:
          s.take(complete(s.goal));
          break;
        case 1:
          s.take(reopen(s.goal));
          break;
        case 2:
          s.take(pause(s.goal));
          break;
        case 3:
          s.take(resume(s.goal));
          break;
        case 4:
          s.take(abandon(s.goal));
          break;
        case 5:
          s.take(set_progress(s.goal, *rc::gen::inRange(0, 101)));
          break;
        case 6:
          s.take(set_value(s.goal, *rc::gen::inRange(-12, 12)));
          break;
        case 7:
        case 8:
          if (!exists && s.take(add_milestone(s.goal)).error.empty()) s.milestones[name] = false;
          break;
        case 9:
          if (exists && s.take(complete_milestone(s.goal, milestone->second)).error.empty()) milestone->second = true;
          break;
        case 10:
          if (exists && s.take(reopen_milestone(s.goal, milestone->second)).error.empty()) milestone->second = false;
          break;
        default:
          if (exists) {
            s.take(delete_milestone(s.goal, milestone->second));
            s.milestones.erase(milestone);
          }
      }
      const bool completed = s.goal.status == GoalStatus::completed;
      RC_ASSERT(s.goal.progress >= 0);
      RC_ASSERT(s.goal.progress <= 100);
      RC_ASSERT(s.goal.progress == progress_of(s.goal));
      RC_ASSERT(s.goal.awarded == completed);
      RC_ASSERT(s.sum.coins == (completed ? 20 : 0));
      RC_ASSERT(s.sum.skill_stars == (completed ? 1 : 0));
      RC_ASSERT(s.goal.total_milestones == static_cast<int>(s.milestones.size()));
      RC_ASSERT(s.goal.completed_milestones ==
                std::ranges::count_if(s.milestones, [](const auto& m) { return m.second; }));
    }
  }));
}
