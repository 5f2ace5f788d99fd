#include "ignition/rules/awards.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <boost/describe/enumerators.hpp>
#include <boost/mp11/algorithm.hpp>
#include <set>
#include <string>

using namespace ignition;
using namespace ignition::rules;

namespace {

template <class Predicate>
std::set<std::string> names_where(Predicate predicate) {
  std::set<std::string> names;
  for (const EventRule& rule : event_rules()) {
    if (predicate(rule)) names.emplace(rule.name);
  }
  return names;
}

using Names = std::set<std::string>;

}  // namespace

TEST_CASE("the table stands in the order of its enumerators and is found by name") {
  std::size_t count = 0;
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<EventKind>>([&](auto d) {
    CHECK(static_cast<std::size_t>(d.value) == count++);
    CHECK(rule_of(d.value).kind == d.value);
    CHECK(name_of(d.value) == d.name);
    CHECK(event_kind(d.name) == d.value);
  });
  CHECK(count == kEventKinds);
  CHECK_FALSE(event_kind("purchase").has_value());
  CHECK_FALSE(event_kind("").has_value());
}

TEST_CASE("exactly the deeds of the first table write ledger entries, and no start pays") {
  CHECK(names_where([](const EventRule& r) { return r.pays; }) ==
        Names{"focus_complete",     "break_complete",  "workout_complete",      "personal_record",
              "program_complete",   "reading_session", "book_complete",         "lesson_complete",
              "drill_complete",     "review_complete", "habit_complete",        "habit_streak_bonus",
              "milestone_complete", "goal_complete",   "planner_task_complete", "task_complete",
              "plan_item_complete", "quest_complete",  "achievement_unlocked",  "reward_claimed",
              "admin_adjustment"});
  CHECK(names_where([](const EventRule& r) { return r.name.ends_with("_start") && r.pays; }).empty());
  CHECK(names_where([](const EventRule& r) { return !r.in_feed; }) == Names{"break_complete", "admin_adjustment"});
}

TEST_CASE("boosts multiply the deeds marked in the table only") {
  CHECK(names_where([](const EventRule& r) { return r.boosted; }) ==
        Names{"focus_complete", "workout_complete", "reading_session", "lesson_complete", "drill_complete",
              "review_complete", "habit_complete", "habit_streak_bonus", "milestone_complete", "goal_complete",
              "planner_task_complete", "task_complete", "plan_item_complete"});
  const Boost boost{.starts_at = {100}, .ends_at = {200}, .multiplier_percent = 200};
  CHECK(multiplier_percent(EventKind::focus_complete, {&boost, 1}, {100}) == 200);
  CHECK(multiplier_percent(EventKind::focus_complete, {&boost, 1}, {199}) == 200);
  CHECK(multiplier_percent(EventKind::focus_complete, {&boost, 1}, {99}) == 100);
  CHECK(multiplier_percent(EventKind::focus_complete, {&boost, 1}, {200}) == 100);
  CHECK(multiplier_percent(EventKind::quest_complete, {&boost, 1}, {150}) == 100);
  CHECK(boosted_xp(25, 200) == 50);
  CHECK(boosted_xp(25, 150) == 37);
  CHECK(boosted_xp(1'000'000, 300) == 3'000'000);
}

TEST_CASE("each streak is fed by the deeds that name it") {
  const auto feeding = [](StreakType type, const Deed& deed = {}) {
    return names_where([&](const EventRule& r) { return streaks_fed(r.kind, deed).contains(type); });
  };
  CHECK(feeding(StreakType::focus) == Names{"focus_complete"});
  CHECK(feeding(StreakType::workout) == Names{"workout_complete"});
  CHECK(feeding(StreakType::habit) == Names{"habit_complete"});
  CHECK(feeding(StreakType::reading) == Names{"reading_session", "book_complete"});
  CHECK(feeding(StreakType::learning) ==
        Names{"lesson_complete", "drill_complete", "review_complete", "review_session"});
  CHECK(feeding(StreakType::daily_activity) ==
        Names{"focus_complete", "workout_complete", "habit_complete", "reading_session", "book_complete",
              "lesson_complete", "drill_complete", "review_complete", "review_session", "milestone_complete",
              "goal_complete", "planner_task_complete", "task_complete", "plan_item_complete", "quest_complete",
              "journal_entry"});

  CHECK(streaks_fed(EventKind::focus_complete, {.counted = false}) == StreakSet(StreakType::daily_activity));
  CHECK(streaks_fed(EventKind::workout_complete, {.counted = false}).empty());
  CHECK(streaks_fed(EventKind::plan_item_complete, {.paid_kind = false}).empty());
  CHECK(streaks_fed(EventKind::task_complete, {.paid_kind = false}) == StreakSet(StreakType::daily_activity));
  CHECK(streaks_fed(EventKind::quest_complete, {.personal = false}).empty());
}

TEST_CASE("streak types have one name each, and daily for short") {
  boost::mp11::mp_for_each<boost::describe::describe_enumerators<StreakType>>([](auto d) {
    CHECK(name_of(d.value) == d.name);
    CHECK(streak_type_of(d.name) == d.value);
  });
  CHECK(streak_type_of("daily") == StreakType::daily_activity);
  CHECK_FALSE(streak_type_of("weekly").has_value());
}

TEST_CASE("Today sees touches, completions and what can be resumed as its table says") {
  CHECK(names_where([](const EventRule& r) { return !touches(r.kind); }) ==
        Names{"break_complete", "habit_streak_bonus", "achievement_unlocked", "reward_claimed", "admin_adjustment",
              "level_up", "market_purchase", "streak_shield_used", "personal_record", "program_complete",
              "review_complete", "onboarding_skipped"});
  CHECK(names_where([](const EventRule& r) { return session_step(r.kind) == SessionStep::complete; }) ==
        Names{"focus_complete", "workout_complete", "lesson_complete", "review_session", "drill_complete",
              "habit_complete", "quest_complete", "milestone_complete", "goal_complete", "planner_task_complete",
              "task_complete", "plan_item_complete", "reading_session", "book_complete", "journal_entry"});
  CHECK(names_where([](const EventRule& r) { return session_step(r.kind) == SessionStep::start; }) ==
        Names{"focus_start", "workout_start", "lesson_start", "habit_progress", "idea_captured", "capture_saved",
              "ignition_started"});
  CHECK(names_where([](const EventRule& r) { return session_step(r.kind) == SessionStep::abandon; }) ==
        Names{"focus_abandon"});
  CHECK(names_where([](const EventRule& r) { return r.touch && !r.resume; }) ==
        Names{"focus_abandon", "plan_item_complete", "capture_saved", "ignition_started", "onboarding_completed"});
  CHECK(names_where([](const EventRule& r) { return r.module.empty(); }) ==
        Names{"break_complete", "habit_streak_bonus", "achievement_unlocked", "reward_claimed", "admin_adjustment",
              "level_up", "market_purchase", "streak_shield_used", "personal_record", "program_complete",
              "review_complete", "onboarding_skipped", "onboarding_completed"});
  CHECK(rule_of(EventKind::planner_task_complete).module == "planner");
  CHECK(rule_of(EventKind::task_complete).module == "projects");
  CHECK(rule_of(EventKind::review_session).source == "learn");
  CHECK(rule_of(EventKind::book_complete).source == "plan");
}

TEST_CASE("an automatic claim is neither touch nor completion, a claim by hand is a touch only") {
  CHECK_FALSE(touches(EventKind::quest_complete, {.personal = false, .automatic = true}));
  CHECK(touches(EventKind::quest_complete, {.personal = false}));
  CHECK(session_step(EventKind::quest_complete, {.personal = false}) == SessionStep::none);
  CHECK(session_step(EventKind::quest_complete) == SessionStep::complete);
}

TEST_CASE("amounts follow the table") {
  CHECK(habit_amounts(HabitCategory::focus) == Amounts{15, 5, 0});
  CHECK(habit_amounts(HabitCategory::exercise) == Amounts{25, 10, 0});
  CHECK(habit_amounts(HabitCategory::journal) == Amounts{10, 5, 0});
  CHECK(habit_skill(HabitCategory::learning) == "knowledge");
  CHECK(habit_skill(HabitCategory::exercise) == "guts");
  CHECK(habit_skill(HabitCategory::general) == "proficiency");
  CHECK(workout_amounts(true) == Amounts{50, 25, 0});
  CHECK(workout_amounts(false) == Amounts{});
  CHECK(record_amounts(4, true) == Amounts{10, 0, 1});
  CHECK(record_amounts(5, true) == Amounts{});
  CHECK(record_amounts(0, false) == Amounts{});
  CHECK(program_amounts(80.0) == Amounts{200, 100, 0});
  CHECK(program_amounts(79.9) == Amounts{100, 50, 0});
  CHECK(program_amounts(49.9) == Amounts{});
  CHECK(reading_amounts(7) == Amounts{1, 0, 0});
  CHECK(reading_amounts(42) == Amounts{8, 4, 0});
  CHECK(reading_amounts(0) == Amounts{});
  CHECK(drill_amounts(80, 9) == Amounts{9, 0, 0});
  CHECK(drill_amounts(79.5, 9) == Amounts{4, 0, 0});
  CHECK(drill_amounts(10, 9) == Amounts{1, 0, 0});
  CHECK(drill_amounts(10, 0) == Amounts{});
  CHECK(rule_of(EventKind::goal_complete).amounts == Amounts{40, 20, 1});
  CHECK(rule_of(EventKind::book_complete).amounts == Amounts{0, 0, 1});
}

TEST_CASE("the eleventh task of a date is capped, a deed worth nothing is not") {
  const Amounts task = rule_of(EventKind::task_complete).amounts;
  CHECK(under_ceiling(Ceiling::planning, {.deeds = 9}, task) == Capped{task, false});
  CHECK(under_ceiling(Ceiling::planning, {.deeds = 10}, task) == Capped{{}, true});
  CHECK(under_ceiling(Ceiling::planning, {.deeds = 10}, {}) == Capped{{}, false});
  CHECK(under_ceiling(Ceiling::workouts, {.deeds = 2}, {50, 25, 0}).reward_capped);
  CHECK(under_ceiling(Ceiling::focus, {.deeds = 60}, {25, 5, 0}).reward_capped);
  CHECK(under_ceiling(Ceiling::breaks, {.deeds = 23}, {2, 0, 0}) == Capped{{2, 0, 0}, false});
  CHECK(under_ceiling(Ceiling::drill, {.deeds = 3}, {9, 0, 0}) == Capped{{}, true});
  CHECK(counted_together(EventKind::plan_item_complete).size() == 3);
  CHECK(counted_together(EventKind::focus_complete).front() == EventKind::focus_complete);
  CHECK(counted_together(EventKind::goal_complete).empty());
}

TEST_CASE("reading pays what is left of 100 XP and 50 coins a date") {
  CHECK(under_ceiling(Ceiling::reading, {.xp = 95, .coins = 10}, {8, 4, 0}) == Capped{{5, 4, 0}, true});
  CHECK(under_ceiling(Ceiling::reading, {.xp = 92, .coins = 46}, {8, 4, 0}) == Capped{{8, 4, 0}, false});
  CHECK(under_ceiling(Ceiling::reading, {.xp = 100, .coins = 50}, {1, 0, 0}) == Capped{{0, 0, 0}, true});
  CHECK(rc::check("the sums of a date never pass the ceiling", [](const std::vector<unsigned char>& pages) {
    CeilingUse used;
    for (const unsigned char p : pages) {
      const Amounts asked = reading_amounts(p);
      const Capped paid = under_ceiling(Ceiling::reading, used, asked);
      RC_ASSERT(paid.reward_capped == (paid.amounts != asked));
      used.xp += paid.amounts.xp;
      used.coins += paid.amounts.coins;
    }
    RC_ASSERT(used.xp <= 100);
    RC_ASSERT(used.coins <= 50);
  }));
}

TEST_CASE("keys are written as the table shows them") {
  const Uuid id = Uuid::parse("01890a5d-ac96-774b-bcce-b302099a8057").value();
  const LocalDate date = LocalDate::of(2026, 1, 9);
  const std::string text = id.text();
  CHECK(keys::focus(id) == "focus:" + text);
  CHECK(keys::record("s", "bench", "est_1rm") == "record:s:bench:est_1rm");
  CHECK(keys::drill(id, date, 3) == "drill:" + text + ":2026-01-09:3");
  CHECK(keys::review(date) == "review:2026-01-09");
  CHECK(keys::habit("h", date) == "habit:h:2026-01-09");
  CHECK(keys::habit_streak("h", 7, date) == "habit_streak:h:7:2026-01-09");
  CHECK(keys::planner("e") == "planner:e");
  CHECK(keys::planner("e", "20260109T100000") == "planner:e:20260109T100000");
  CHECK(keys::plan_item("i") == "plan:i");
  CHECK(keys::quest("q", "2026-W02") == "quest:q:2026-W02");
  CHECK(keys::habit_progress("h", date, 4) == "habit_progress:h:2026-01-09:4");
  CHECK(keys::review_session(date, 7) == "review_session:2026-01-09:07");
  CHECK(keys::ignition("i", date, 7, 5) == "ignition:i:2026-01-09T07:05");
  CHECK(keys::level_up(3, 41) == "level_up:3:41");
  CHECK(keys::shield("u") == "shield:u");
  CHECK(keys::reversal("e") == "reversal:e");
  CHECK(keys::again(keys::goal("g"), 1) == "goal:g");
  CHECK(keys::again(keys::goal("g"), 2) == "goal:g#2");
}
