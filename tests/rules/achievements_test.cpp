#include "ignition/rules/achievements.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <vector>

using namespace ignition;
using namespace ignition::rules;

TEST_CASE("triggers are read in their three forms") {
  const auto focus = trigger_of({.event = "focus_complete", .min_duration = 3600}).value();
  CHECK(focus.event == EventKind::focus_complete);
  CHECK(focus.count == 1);
  CHECK(focus.min_duration == 3600);
  const auto habit = trigger_of({.event = "habit_streak", .count = 7}).value();
  CHECK(habit.habit_streak);
  CHECK_FALSE(habit.event.has_value());
  CHECK(trigger_of({.count = 3, .streak_type = "daily_activity"})->streak == StreakType::daily_activity);
  CHECK(trigger_of({.count = 3, .streak_type = "daily"})->streak == StreakType::daily_activity);
  const auto skill = trigger_of({.count = 2, .metric = "skill_level", .skill_key = "guts"}).value();
  CHECK(skill.metric == Metric::skill_level);
  CHECK(skill.skill_key == "guts");
}

TEST_CASE("triggers that nothing can reach are none") {
  CHECK_FALSE(trigger_of({}));
  CHECK_FALSE(trigger_of({.event = "sneezed"}));
  CHECK_FALSE(trigger_of({.event = "break_complete"}));  // stands in no feed
  CHECK_FALSE(trigger_of({.event = "focus_complete", .count = 0}));
  CHECK_FALSE(trigger_of({.event = "focus_complete", .metric = "level"}));
  CHECK_FALSE(trigger_of({.streak_type = "sleep"}));
  CHECK_FALSE(trigger_of({.metric = "luck"}));
  CHECK_FALSE(trigger_of({.metric = "skill_level"}));
  CHECK_FALSE(trigger_of({.metric = "level", .skill_key = "guts"}));
  CHECK_FALSE(trigger_of({.min_duration = 60, .streak_type = "focus"}));
}

TEST_CASE("only what a deed can have moved is looked at") {
  const TriggerChange focus{.kind = EventKind::focus_complete,
                            .duration_seconds = 1500,
                            .days_of = StreakSet(StreakType::focus),
                            .paid = true};
  CHECK(can_move(*trigger_of({.event = "focus_complete"}), focus));
  CHECK_FALSE(can_move(*trigger_of({.event = "focus_complete", .min_duration = 1501}), focus));
  CHECK_FALSE(can_move(*trigger_of({.event = "habit_complete"}), focus));
  CHECK_FALSE(can_move(*trigger_of({.event = "habit_streak"}), focus));
  CHECK(can_move(*trigger_of({.streak_type = "focus"}), focus));
  CHECK_FALSE(can_move(*trigger_of({.streak_type = "workout"}), focus));
  CHECK(can_move(*trigger_of({.metric = "level"}), focus));
  CHECK_FALSE(can_move(*trigger_of({.metric = "achievements"}), focus));
  TriggerChange partial = focus;
  partial.counted = false;
  CHECK_FALSE(can_move(*trigger_of({.event = "focus_complete"}), partial));
  CHECK_FALSE(can_move(*trigger_of({.metric = "level"}), {.kind = EventKind::journal_entry}));
  CHECK(can_move(*trigger_of({.metric = "achievements"}), {.unlocked = true}));
}

TEST_CASE("progress is labelled in the words of what is counted") {
  const auto label = [](const TriggerConfig& config, std::int64_t progress) {
    return progress_label(trigger_of(config).value(), progress);
  };
  CHECK(label({.event = "focus_complete", .count = 10}, 7) == "7/10 focus sessions");
  CHECK(label({.event = "quest_complete"}, 0) == "0/1 quests");
  CHECK(label({.event = "habit_complete"}, 5) == "1/1 habits");
  CHECK(label({.event = "workout_complete"}, 0) == "0/1 workouts");
  CHECK(label({.event = "book_complete", .count = 10}, 1) == "1/10 books");
  CHECK(label({.event = "lesson_complete"}, 0) == "0/1 lessons");
  CHECK(label({.event = "personal_record"}, 0) == "0/1 personal records");
  CHECK(label({.event = "goal_complete", .count = 5}, 2) == "2/5");
  CHECK(label({.count = 3, .streak_type = "daily"}, 2) == "2/3 day streak");
  CHECK(label({.event = "habit_streak", .count = 7}, 2) == "2/7 day habit streak");
  CHECK(label({.count = 9, .metric = "level"}, 4) == "Level 4/9");
  CHECK(label({.count = 9, .metric = "total_stars"}, 4) == "4/9");
}

TEST_CASE("the teaser is the one nearest to its end, and never one that is reached") {
  const std::vector<TeaserCandidate> some{{.progress = 2, .max = 3, .key = "streak_3"},
                                          {.progress = 7, .max = 10, .key = "focus_10"},
                                          {.progress = 5, .max = 5, .key = "done"}};
  CHECK(teaser(some) == 1);  // 0.70 before 0.67
  CHECK_FALSE(teaser({}));
  const auto first = [](TeaserCandidate a, TeaserCandidate b) {
    const std::vector<TeaserCandidate> both{a, b};
    return both[*teaser(both)].key;
  };
  CHECK(first({.progress = 50, .max = 100, .key = "far"}, {.progress = 1, .max = 2, .key = "near"}) == "near");
  CHECK(first({.reward_coins = 9, .key = "rich"}, {.reward_coins = 1, .key = "poor"}) == "poor");
  CHECK(first({.sort_order = 2, .key = "a"}, {.sort_order = 1, .key = "b"}) == "b");
  CHECK(first({.key = "b"}, {.key = "a"}) == "a");
  // Shares of numbers that no product of 64 bits holds.
  CHECK(first({.progress = 999'999'999'998, .max = 999'999'999'999, .key = "x"},
              {.progress = 999'999'999'997, .max = 999'999'999'998, .key = "y"}) == "x");
}

TEST_CASE("the teaser does not depend on the order it is asked in") {
  CHECK(rc::check("teaser of a permutation", [] {
    static const std::vector<std::string> keys{"a", "b", "c", "d", "e", "f"};
    std::vector<TeaserCandidate> all;
    for (const auto& key : keys) {
      all.push_back({.progress = *rc::gen::inRange(0, 5),
                     .max = *rc::gen::inRange(1, 5),
                     .reward_coins = *rc::gen::inRange(0, 2),
                     .sort_order = *rc::gen::inRange(0, 2),
                     .key = key});
    }
    const auto one = teaser(all);
    auto reversed = all;
    std::ranges::reverse(reversed);
    const auto other = teaser(reversed);
    RC_ASSERT(one.has_value() == other.has_value());
    if (one) RC_ASSERT(all[*one].key == reversed[*other].key);
  }));
}
