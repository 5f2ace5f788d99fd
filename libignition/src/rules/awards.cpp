#include "ignition/rules/awards.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ignition::rules {

namespace {

using enum EventKind;
using S = SessionStep;

constexpr StreakSet kNone{};
constexpr StreakSet kDaily{StreakType::daily_activity};
constexpr StreakSet kFocus{StreakType::focus};
constexpr StreakSet kWorkout{StreakType::daily_activity, StreakType::workout};
constexpr StreakSet kHabit{StreakType::daily_activity, StreakType::habit};
constexpr StreakSet kReading{StreakType::daily_activity, StreakType::reading};
constexpr StreakSet kLearning{StreakType::daily_activity, StreakType::learning};

constexpr bool kPays = true;
constexpr bool kFree = false;
constexpr bool kFeed = true;
constexpr bool kUnseen = false;
constexpr bool kBoosted = true;
constexpr bool kPlain = false;
constexpr bool kTouch = true;
constexpr bool kResume = true;
constexpr Amounts kOwn{};  // 0, or as the deed's object or its function of amounts says

// clang-format off
constexpr std::array<EventRule, kEventKinds> kRules{{
    // kind, name, entry, feed, boost, amounts, skill, ceiling, streaks, streaks of counted deeds | module, touch, session, source, resume
    {focus_start, "focus_start", kFree, kFeed, kPlain, kOwn, "", Ceiling::none, kNone, kNone, "focus", kTouch, S::start, "", kResume},
    {focus_complete, "focus_complete", kPays, kFeed, kBoosted, kOwn, skill::knowledge, Ceiling::focus, kDaily, kFocus, "focus", kTouch, S::complete, "focus", kResume},
    {focus_abandon, "focus_abandon", kFree, kFeed, kPlain, kOwn, "", Ceiling::none, kNone, kNone, "focus", kTouch, S::abandon, "focus", false},
    {workout_start, "workout_start", kFree, kFeed, kPlain, kOwn, "", Ceiling::none, kNone, kNone, "exercise", kTouch, S::start, "", kResume},
    {workout_complete, "workout_complete", kPays, kFeed, kBoosted, {50, 25, 0}, skill::guts, Ceiling::workouts, kNone, kWorkout, "exercise", kTouch, S::complete, "workout", kResume},
    {lesson_start, "lesson_start", kFree, kFeed, kPlain, kOwn, "", Ceiling::none, kNone, kNone, "learn", kTouch, S::start, "", kResume},
    {lesson_complete, "lesson_complete", kPays, kFeed, kBoosted, {30, 15, 1}, skill::knowledge, Ceiling::none, kLearning, kNone, "learn", kTouch, S::complete, "learn", kResume},
    {review_session, "review_session", kFree, kFeed, kPlain, kOwn, "", Ceiling::none, kLearning, kNone, "learn", kTouch, S::complete, "learn", kResume},
    {drill_complete, "drill_complete", kPays, kFeed, kBoosted, kOwn, skill::knowledge, Ceiling::drill, kLearning, kNone, "learn", kTouch, S::complete, "learn", kResume},
    {habit_complete, "habit_complete", kPays, kFeed, kBoosted, kOwn, "", Ceiling::none, kHabit, kNone, "habits", kTouch, S::complete, "habit", kResume},
    {habit_progress, "habit_progress", kFree, kFeed, kPlain, kOwn, "", Ceiling::none, kNone, kNone, "habits", kTouch, S::start, "", kResume},
    {quest_complete, "quest_complete", kPays, kFeed, kPlain, kOwn, "", Ceiling::none, kDaily, kNone, "quests", kTouch, S::complete, "quest", kResume},
    {milestone_complete, "milestone_complete", kPays, kFeed, kBoosted, {10, 0, 0}, skill::proficiency, Ceiling::none, kDaily, kNone, "goals", kTouch, S::complete, "plan", kResume},
    {goal_complete, "goal_complete", kPays, kFeed, kBoosted, {40, 20, 1}, skill::proficiency, Ceiling::none, kDaily, kNone, "goals", kTouch, S::complete, "plan", kResume},
    {planner_task_complete, "planner_task_complete", kPays, kFeed, kBoosted, {15, 5, 0}, skill::proficiency, Ceiling::planning, kDaily, kNone, "planner", kTouch, S::complete, "plan", kResume},
    {task_complete, "task_complete", kPays, kFeed, kBoosted, {15, 5, 0}, skill::proficiency, Ceiling::planning, kDaily, kNone, "projects", kTouch, S::complete, "plan", kResume},
    {plan_item_complete, "plan_item_complete", kPays, kFeed, kBoosted, {15, 5, 0}, skill::proficiency, Ceiling::planning, kDaily, kNone, "plan", kTouch, S::complete, "plan", false},
    {reading_session, "reading_session", kPays, kFeed, kBoosted, kOwn, skill::knowledge, Ceiling::reading, kReading, kNone, "books", kTouch, S::complete, "plan", kResume},
    {book_complete, "book_complete", kPays, kFeed, kPlain, {0, 0, 1}, skill::knowledge, Ceiling::none, kReading, kNone, "books", kTouch, S::complete, "plan", kResume},
    {journal_entry, "journal_entry", kFree, kFeed, kPlain, kOwn, "", Ceiling::none, kDaily, kNone, "journal", kTouch, S::complete, "plan", kResume},
    {idea_captured, "idea_captured", kFree, kFeed, kPlain, kOwn, "", Ceiling::none, kNone, kNone, "ideas", kTouch, S::start, "", kResume},
    {capture_saved, "capture_saved", kFree, kFeed, kPlain, kOwn, "", Ceiling::none, kNone, kNone, "inbox", kTouch, S::start, "", false},
    {ignition_started, "ignition_started", kFree, kFeed, kPlain, kOwn, "", Ceiling::none, kNone, kNone, "ignitions", kTouch, S::start, "", false},
    {onboarding_completed, "onboarding_completed", kFree, kFeed, kPlain, kOwn, "", Ceiling::none, kNone, kNone, "", kTouch, S::none, "", false},
    {onboarding_skipped, "onboarding_skipped", kFree, kFeed, kPlain, kOwn, "", Ceiling::none, kNone, kNone, "", false, S::none, "", false},
    {break_complete, "break_complete", kPays, kUnseen, kPlain, kOwn, "", Ceiling::breaks, kNone, kNone, "", false, S::none, "", false},
    {habit_streak_bonus, "habit_streak_bonus", kPays, kFeed, kBoosted, kOwn, "", Ceiling::none, kNone, kNone, "", false, S::none, "", false},
    {personal_record, "personal_record", kPays, kFeed, kPlain, {10, 0, 1}, skill::guts, Ceiling::none, kNone, kNone, "", false, S::none, "", false},
    {program_complete, "program_complete", kPays, kFeed, kPlain, kOwn, skill::guts, Ceiling::none, kNone, kNone, "", false, S::none, "", false},
    {review_complete, "review_complete", kPays, kFeed, kBoosted, {15, 5, 0}, skill::knowledge, Ceiling::none, kLearning, kNone, "", false, S::none, "", false},
    {achievement_unlocked, "achievement_unlocked", kPays, kFeed, kPlain, kOwn, "", Ceiling::none, kNone, kNone, "", false, S::none, "", false},
    {reward_claimed, "reward_claimed", kPays, kFeed, kPlain, kOwn, "", Ceiling::none, kNone, kNone, "", false, S::none, "", false},
    {admin_adjustment, "admin_adjustment", kPays, kUnseen, kPlain, kOwn, "", Ceiling::none, kNone, kNone, "", false, S::none, "", false},
    {level_up, "level_up", kFree, kFeed, kPlain, kOwn, "", Ceiling::none, kNone, kNone, "", false, S::none, "", false},
    {market_purchase, "market_purchase", kFree, kFeed, kPlain, kOwn, "", Ceiling::none, kNone, kNone, "", false, S::none, "", false},
    {streak_shield_used, "streak_shield_used", kFree, kFeed, kPlain, kOwn, "", Ceiling::none, kNone, kNone, "", false, S::none, "", false},
}};
// clang-format on

constexpr std::array<std::string_view, kStreakTypes> kStreakNames{"daily_activity", "focus",   "workout",
                                                                  "habit",          "reading", "learning"};

}  // namespace

std::string_view name_of(StreakType type) { return kStreakNames[static_cast<std::size_t>(type)]; }

std::optional<StreakType> streak_type_of(std::string_view name) {
  if (name == "daily") return StreakType::daily_activity;
  const auto found = std::ranges::find(kStreakNames, name);
  if (found == kStreakNames.end()) return {};
  return static_cast<StreakType>(found - kStreakNames.begin());
}

const EventRule& rule_of(EventKind kind) { return kRules[static_cast<std::size_t>(kind)]; }

std::span<const EventRule> event_rules() { return kRules; }

std::optional<EventKind> event_kind(std::string_view name) {
  const auto found = std::ranges::find(kRules, name, &EventRule::name);
  if (found == kRules.end()) return {};
  return found->kind;
}

StreakSet streaks_fed(EventKind kind, const Deed& deed) {
  if (kind == plan_item_complete && !deed.paid_kind) return {};
  if (kind == quest_complete && !deed.personal) return {};  // a claim is no deed
  const EventRule& rule = rule_of(kind);
  return deed.counted ? rule.streaks | rule.counted_streaks : rule.streaks;
}

bool touches(EventKind kind, const Deed& deed) { return rule_of(kind).touch && !deed.automatic; }

SessionStep session_step(EventKind kind, const Deed& deed) {
  if (kind == quest_complete && (!deed.personal || deed.automatic)) return SessionStep::none;
  return rule_of(kind).session;
}

Amounts habit_amounts(HabitCategory category) {
  switch (category) {
    case HabitCategory::focus:
      return {.xp = 15, .coins = 5};
    case HabitCategory::exercise:
      return {.xp = 25, .coins = 10};
    case HabitCategory::learning:
    case HabitCategory::journal:
    case HabitCategory::general:
      break;
  }
  return {.xp = 10, .coins = 5};
}

std::string_view habit_skill(HabitCategory category) {
  switch (category) {
    case HabitCategory::focus:
    case HabitCategory::learning:
      return skill::knowledge;
    case HabitCategory::exercise:
      return skill::guts;
    case HabitCategory::journal:
    case HabitCategory::general:
      break;
  }
  return skill::proficiency;
}

Amounts workout_amounts(bool qualifies) { return qualifies ? rule_of(workout_complete).amounts : Amounts{}; }

Amounts record_amounts(int index, bool paid) {
  constexpr int kPaidRecords = 5;
  return paid && index < kPaidRecords ? rule_of(personal_record).amounts : Amounts{};
}

Amounts program_amounts(double adherence_percent) {
  if (adherence_percent >= 80.0) return {.xp = 200, .coins = 100};
  if (adherence_percent >= 50.0) return {.xp = 100, .coins = 50};
  return {};
}

Amounts reading_amounts(std::int64_t pages) {
  if (pages < 1) return {};
  return {.xp = std::max<std::int64_t>(1, pages / 5), .coins = pages / 10};
}

Amounts drill_amounts(double score_percent, std::int64_t reward) {
  if (score_percent >= 80.0) return {.xp = reward};
  if (score_percent >= 60.0) return {.xp = reward / 2};
  return {.xp = std::min<std::int64_t>(1, reward)};
}

std::span<const EventKind> counted_together(EventKind kind) {
  static constexpr std::array kPlanning{planner_task_complete, task_complete, plan_item_complete};
  const EventRule& rule = rule_of(kind);
  if (rule.ceiling == Ceiling::none) return {};
  if (rule.ceiling == Ceiling::planning) return kPlanning;
  return {&rule.kind, 1};
}

Capped under_ceiling(Ceiling ceiling, const CeilingUse& used, const Amounts& asked) {
  const auto at_most = [&](std::int64_t deeds) -> Capped {
    if (used.deeds < deeds) return {asked, false};
    return {{}, asked.pays()};
  };
  switch (ceiling) {
    case Ceiling::none:
      break;
    case Ceiling::focus:
      return at_most(60);
    case Ceiling::breaks:
      return at_most(24);
    case Ceiling::workouts:
      return at_most(2);
    case Ceiling::planning:
      return at_most(10);
    case Ceiling::drill:
      return at_most(3);
    case Ceiling::reading: {
      const auto left = [](std::int64_t limit, std::int64_t spent) { return std::max<std::int64_t>(0, limit - spent); };
      const Amounts paid{.xp = std::min(asked.xp, left(100, used.xp)),
                         .coins = std::min(asked.coins, left(50, used.coins)),
                         .skill_stars = asked.skill_stars};
      return {paid, paid != asked};
    }
  }
  return {asked, false};
}

int multiplier_percent(EventKind kind, std::span<const Boost> boosts, Instant now) {
  if (!rule_of(kind).boosted) return 100;
  const auto in_force =
      std::ranges::find_if(boosts, [&](const Boost& b) { return b.starts_at <= now && now < b.ends_at; });
  return in_force == boosts.end() ? 100 : in_force->multiplier_percent;
}

std::int64_t boosted_xp(std::int64_t base_xp, int percent) { return base_xp * percent / 100; }

namespace keys {

namespace {

std::string joined(std::string_view prefix, const Id& id) {
  std::string key(prefix);
  key += ':';
  key += id.text();
  return key;
}

std::string with(std::string key, std::string_view part) {
  key += ':';
  key += part;
  return key;
}

std::string two_digits(int value) { return (value < 10 ? "0" : "") + std::to_string(value); }

}  // namespace

std::string focus(const Id& session) { return joined("focus", session); }
std::string workout(const Id& session) { return joined("workout", session); }
std::string record(const Id& session, const Id& exercise, std::string_view record_type) {
  return with(with(joined("record", session), exercise.text()), record_type);
}
std::string program(const Id& run) { return joined("program", run); }
std::string reading(const Id& session) { return joined("reading", session); }
std::string book(const Id& book) { return joined("book", book); }
std::string lesson(const Id& lesson) { return joined("lesson", lesson); }
std::string drill(const Id& drill, LocalDate date, int attempt) {
  return with(with(joined("drill", drill), date.text()), std::to_string(attempt));
}
std::string review(LocalDate study_day) { return joined("review", study_day.text()); }
std::string habit(const Id& habit, LocalDate date) { return with(joined("habit", habit), date.text()); }
std::string habit_streak(const Id& habit, int milestone, LocalDate date) {
  return with(with(joined("habit_streak", habit), std::to_string(milestone)), date.text());
}
std::string milestone(const Id& milestone) { return joined("milestone", milestone); }
std::string goal(const Id& goal) { return joined("goal", goal); }
std::string planner(const Id& event, std::string_view recurrence_id) {
  std::string key = joined("planner", event);
  return recurrence_id.empty() ? key : with(std::move(key), recurrence_id);
}
std::string task(const Id& task) { return joined("task", task); }
std::string plan_item(const Id& item) { return joined("plan", item); }
std::string quest(const Id& quest, std::string_view period_key) { return with(joined("quest", quest), period_key); }
std::string achievement(std::string_view achievement_key) { return joined("achievement", achievement_key); }
std::string reward(const Id& reward) { return joined("reward", reward); }
std::string entry(const Id& entry) { return joined("entry", entry); }
std::string reversal(const Id& entry) { return joined("reversal", entry); }

std::string focus_start(const Id& session) { return joined("focus_start", session); }
std::string focus_abandon(const Id& session) { return joined("focus_abandon", session); }
std::string workout_start(const Id& session) { return joined("workout_start", session); }
std::string lesson_start(const Id& lesson) { return joined("lesson_start", lesson); }
std::string habit_progress(const Id& habit, LocalDate date, int count) {
  return with(with(joined("habit_progress", habit), date.text()), std::to_string(count));
}
std::string review_session(LocalDate date, int hour) {
  return with(joined("review_session", date.text()), two_digits(hour));
}
std::string journal(const Id& entry) { return joined("journal", entry); }
std::string idea(const Id& idea) { return joined("idea", idea); }
std::string capture(const Id& item) { return joined("capture", item); }
std::string ignition(const Id& ignition, LocalDate date, int hour, int minute) {
  return with(with(joined("ignition", ignition), date.text() + "T" + two_digits(hour)), two_digits(minute));
}
std::string onboarding_completed(const Id& flow, Instant at) {
  return with(joined("onboarding_completed", flow), at.text());
}
std::string onboarding_skipped(const Id& flow, Instant at) {
  return with(joined("onboarding_skipped", flow), at.text());
}
std::string level_up(int new_level, std::int64_t seq) {
  return with(joined("level_up", std::to_string(new_level)), std::to_string(seq));
}
std::string market_purchase(const Id& purchase) { return joined("market_purchase", purchase); }
std::string shield(const Id& shield_use) { return joined("shield", shield_use); }

std::string again(std::string key, int award_no) {
  if (award_no > 1) key += "#" + std::to_string(award_no);
  return key;
}

}  // namespace keys

}  // namespace ignition::rules
