#include "ignition/rules/habits.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "ignition/error.hpp"
#include "ignition/rules/awards.hpp"
#include "support/vectors.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

LocalDate day(std::string_view text) { return LocalDate::parse(text).value(); }

template <class E, std::size_t N>
E named(const std::array<std::string_view, N>& names, std::string_view name) {
  return static_cast<E>(std::ranges::find(names, name) - names.begin());
}
constexpr std::array<std::string_view, 3> kFrequencies{"daily", "weekly", "custom"};
constexpr std::array<std::string_view, 5> kCategories{"focus", "exercise", "learning", "journal", "general"};
constexpr std::array<std::string_view, 4> kStatuses{"none", "active", "at_risk", "broken"};

HabitSchedule schedule_of(test::Value v) {
  HabitSchedule s{.frequency = named<Frequency>(kFrequencies, test::text(v, "frequency", "daily")),
                  .target_count = static_cast<int>(test::integer(v, "target_count", 1))};
  if (test::has(v, "custom_days")) {
    for (const test::Value d : v["custom_days"].get_array()) {
      s.custom_days.insert(static_cast<Weekday>(d.get_int64().value()));
    }
  }
  return s;
}

// A habit in memory, as its operations use the rules.
struct Habit {
  struct Completion {
    int count = 0;
    std::int64_t xp = 0;
    std::int64_t coins = 0;
  };
  struct Bonus {
    PaidBonus paid;
    LocalDate triggered_by;
  };
  struct Result {
    bool already_completed = false;
    std::int64_t xp = 0;
    std::int64_t coins = 0;
    bool streak_bonus = false;
  };

  Calendar calendar;
  HabitCategory category = HabitCategory::general;
  LocalDate start_date;
  std::vector<HabitSchedule> schedules;
  std::map<LocalDate, Completion> completions;
  std::vector<Bonus> bonuses;
  std::vector<DateRange> pauses;
  std::optional<LocalDate> archived_on;
  std::int64_t total_xp = 0;
  std::int64_t total_coins = 0;

  explicit Habit(test::Value v)
      : calendar{.zone = TimeZone::find(test::text(v, "tz")).value()},
        category(named<HabitCategory>(kCategories, test::text(v, "category"))),
        start_date(calendar.date_of(test::instant(v, "created_at"))),
        schedules{schedule_of(v)} {
    schedules[0].effective_from = start_date;
  }

  int target_on(LocalDate d) const { return day_target(schedule_on(schedules, d)); }

  Streak streak(LocalDate today) const {
    std::vector<LocalDate> done;
    for (const auto& [date, completion] : completions) {
      if (completion.count >= target_on(date)) done.push_back(date);
    }
    std::vector<DateRange> all = pauses;
    if (archived_on) all.push_back({*archived_on, kOpenEnd});
    return habit_streak({.start_date = start_date, .schedules = schedules, .pauses = all, .done = done}, today,
                        calendar.week_start);
  }

  void check_open(LocalDate date, LocalDate today) const {
    if (archived_on) throw conflict("archived", "The habit is archived.");
    if (!completion_window(start_date, today).contains(date)) throw invalid("date", "out_of_window", "Out of window.");
  }

  Result complete(LocalDate date, int amount, LocalDate today) {
    check_open(date, today);
    const CountStep step = counted_up(completions[date].count, amount, target_on(date));
    if (step.already_done) return {.already_completed = true};
    Completion& completion = completions[date];
    completion.count = step.count;
    Result result;
    if (!step.becomes_done) return result;
    const Amounts amounts = habit_amounts(category);
    completion.xp = result.xp = amounts.xp;
    completion.coins = result.coins = amounts.coins;
    std::vector<PaidBonus> paid;
    for (const Bonus& b : bonuses) paid.push_back(b.paid);
    for (const int m : bonuses_due(streak(today), paid, today)) {
      bonuses.push_back({{m, today}, date});
      result.xp += m;
      result.streak_bonus = true;
    }
    total_xp += result.xp;
    total_coins += result.coins;
    return result;
  }

  Result undo(LocalDate date, LocalDate today) {
    check_open(date, today);
    const auto found = completions.find(date);
    if (found == completions.end() || found->second.count == 0) throw not_found("completion");
    const UndoStep step = counted_down(found->second.count, target_on(date));
    found->second.count = step.count;
    Result result;
    if (step.loses_done) {
      result.xp = std::exchange(found->second.xp, 0);
      result.coins = std::exchange(found->second.coins, 0);
      for (const Bonus& b : bonuses) result.xp += b.triggered_by == date ? b.paid.milestone : 0;
      std::erase_if(bonuses, [&](const Bonus& b) { return b.triggered_by == date; });
    }
    if (step.count == 0) completions.erase(found);
    total_xp -= result.xp;
    total_coins -= result.coins;
    return result;
  }

  void archive(LocalDate today) {
    if (archived_on) throw conflict("already_archived", "The habit is archived.");
    archived_on = today;
  }

  void restore(LocalDate today) {
    if (!archived_on) throw conflict("not_archived", "The habit is not archived.");
    if (const auto pause = closed_pause(*archived_on, today)) pauses.push_back(*pause);
    archived_on.reset();
  }
};

void run_step(Habit& habit, test::Value step, test::Value expect) {
  const std::string op = test::text(step, "op");
  const LocalDate today = habit.calendar.date_of(test::instant(step, "at"));
  const LocalDate date = test::maybe_date(step, "date").value_or(today);
  if (op == "complete") {
    const auto result = habit.complete(date, static_cast<int>(test::integer(step, "amount", 1)), today);
    REQUIRE_FALSE(test::has(expect, "error"));
    CHECK(result.already_completed == test::boolean(expect, "already_completed"));
    CHECK(result.xp == test::integer(expect, "xp_awarded"));
    CHECK(result.coins == test::integer(expect, "coins_awarded"));
    CHECK(result.streak_bonus == test::boolean(expect, "streak_bonus"));
  } else if (op == "undo") {
    const auto result = habit.undo(date, today);
    REQUIRE_FALSE(test::has(expect, "error"));
    CHECK(result.xp == test::integer(expect, "xp_reversed"));
    CHECK(result.coins == test::integer(expect, "coins_reversed"));
  } else if (op == "archive") {
    habit.archive(today);
  } else if (op == "restore") {
    habit.restore(today);
  } else if (op == "schedule") {
    habit.schedules = rescheduled(habit.schedules, schedule_of(step), today, habit.calendar.week_start);
    CHECK(habit.schedules.back().effective_from == test::date(expect, "effective_from"));
  } else {
    REQUIRE(op == "look");
  }
}

void check_state(const Habit& habit, LocalDate today, test::Value expect) {
  const auto found = habit.completions.find(today);
  const int count = found == habit.completions.end() ? 0 : found->second.count;
  const Streak s = habit.streak(today);
  CHECK(count == test::integer(expect, "count_today"));
  CHECK(habit.target_on(today) == test::integer(expect, "day_target"));
  CHECK((count >= habit.target_on(today)) == test::boolean(expect, "completed_today"));
  CHECK(s.current == test::integer(expect, "current_streak"));
  CHECK(s.longest == test::integer(expect, "longest_streak"));
  CHECK(kStatuses[static_cast<std::size_t>(s.status)] == test::text(expect, "status"));
  CHECK(habit.total_xp == test::integer(expect, "total_xp"));
  CHECK(habit.total_coins == test::integer(expect, "total_coins"));
  if (test::has(expect, "is_active")) CHECK(!habit.archived_on.has_value() == test::boolean(expect, "is_active"));
}

// The facts of a habit of the analytics and strength vectors; owns the lists.
struct Stored {
  std::vector<HabitSchedule> schedules;
  std::vector<DateRange> pauses;
  std::vector<LocalDate> done;
  HabitFacts facts;

  Stored(test::Value v, LocalDate today) : schedules{schedule_of(v)} {
    schedules[0].effective_from = test::date(v, "start_date");
    for (const test::Value d : v["done"].get_array()) done.push_back(day(d.get_string().value()));
    if (test::has(v, "paused")) {
      for (const test::Value range : v["paused"].get_array()) {
        pauses.push_back({day(range.at(0).get_string().value()), day(range.at(1).get_string().value())});
      }
    }
    if (const auto archived = test::maybe_date(v, "archived_on")) pauses.push_back({*archived, kOpenEnd});
    facts = {.start_date = test::date(v, "start_date"),
             .is_active = test::boolean(v, "is_active", true),
             .schedules = schedules,
             .pauses = pauses,
             .done = done};
    const Streak s = habit_streak(facts, today, WeekStart::monday);
    facts.current_streak = s.current;
    facts.longest_streak = s.longest;
  }
  Stored(const Stored&) = delete;
  Stored& operator=(const Stored&) = delete;
  Stored(Stored&&) = default;
};

}  // namespace

TEST_CASE("completions, undo, archive and schedules agree with the habit vectors") {
  const test::Vectors vectors("progress/habits.json");
  int cases = 0;
  for (const test::Value c : vectors["cases"].get_array()) {
    CAPTURE(test::text(c, "id"));
    CAPTURE(test::text(c, "note"));
    Habit habit(c["habit"]);
    for (const test::Value row : c["steps"].get_array()) {
      const test::Value step = row["step"];
      const test::Value expect = row["expect"];
      CAPTURE(test::text(step, "at"));
      std::string error;
      try {
        run_step(habit, step, expect);
      } catch (const Error& e) {
        error = name_of(e.code());
      }
      CHECK(error == test::text(expect, "error", ""));
      if (test::has(expect, "count_today")) {
        check_state(habit, habit.calendar.date_of(test::instant(step, "at")), expect);
      }
    }
    ++cases;
  }
  CHECK(cases == 44);
}

TEST_CASE("rewards and bonus milestones are those of the vectors") {
  const test::Vectors vectors("progress/habits.json");
  for (const std::string_view category : kCategories) {
    CAPTURE(category);
    const Amounts amounts = habit_amounts(named<HabitCategory>(kCategories, category));
    CHECK(amounts.xp == test::integer(vectors["rewards"][category], "xp"));
    CHECK(amounts.coins == test::integer(vectors["rewards"][category], "coins"));
  }
  std::vector<int> milestones;
  for (const test::Value m : vectors["bonus_milestones"].get_array()) {
    milestones.push_back(static_cast<int>(m.get_int64().value()));
  }
  CHECK(milestones == std::vector<int>(kBonusMilestones.begin(), kBonusMilestones.end()));
}

TEST_CASE("analytics agree with the vectors") {
  const test::Vectors vectors("progress/habits.json");
  int cases = 0;
  for (const test::Value c : vectors["analytics_cases"].get_array()) {
    CAPTURE(test::text(c, "id"));
    const LocalDate today = test::date(c, "today");
    std::vector<Stored> stored;
    for (const test::Value h : c["habits"].get_array()) stored.emplace_back(h, today);
    std::vector<HabitFacts> habits;
    for (const Stored& s : stored) habits.push_back(s.facts);
    const HabitAnalytics a = habit_analytics(habits, today);
    const test::Value expect = c["expect"];
    CHECK(a.total_habits == test::integer(expect, "total_habits"));
    CHECK(a.active_habits == test::integer(expect, "active_habits"));
    CHECK(a.completed_today == test::integer(expect, "completed_today"));
    CHECK(a.total_completions == test::integer(expect, "total_completions"));
    CHECK(a.completions_last_7_days == test::integer(expect, "completions_last_7_days"));
    CHECK(a.completions_last_30_days == test::integer(expect, "completions_last_30_days"));
    CHECK(a.longest_streak == test::integer(expect, "longest_streak"));
    CHECK(a.active_streaks == test::integer(expect, "active_streaks"));
    CHECK(a.completion_rate_7_days == expect["completion_rate_7_days"].get_double().value());
    CHECK(a.completion_rate_30_days == expect["completion_rate_30_days"].get_double().value());
    ++cases;
  }
  CHECK(cases == 12);
}

TEST_CASE("strength agrees with the vectors") {
  const test::Vectors vectors("progress/habits.json");
  int cases = 0;
  for (const test::Value c : vectors["strength_cases"].get_array()) {
    CAPTURE(test::text(c, "id"));
    const LocalDate today = test::date(c, "today");
    const Stored stored(c["habit"], today);
    CHECK(std::abs(strength(stored.facts, today) - c["expect_strength"].get_double().value()) < 5e-7);
    CHECK(strength_percent(stored.facts, today) == test::integer(c, "expect_percent"));
    ++cases;
  }
  CHECK(cases == 8);
}

TEST_CASE("a pause freezes the strength") {
  const std::vector<HabitSchedule> schedules{{.effective_from = day("2026-01-01")}};
  std::vector<LocalDate> done;
  for (int i = 0; i < 10; ++i) done.push_back(day("2026-01-01") + i);
  const std::vector<DateRange> pauses{{day("2026-01-11"), day("2026-02-28")}};
  const HabitFacts habit{.start_date = day("2026-01-01"), .schedules = schedules, .pauses = pauses, .done = done};
  CHECK(strength(habit, day("2026-01-10")) == strength(habit, day("2026-02-28")));
  CHECK(strength(habit, day("2026-03-02")) < strength(habit, day("2026-02-28")));
}

TEST_CASE("daily and custom habits are pending while due, weekly ones while their week is open") {
  const LocalDate monday = day("2026-01-12");
  std::vector<HabitSchedule> schedules{{.effective_from = day("2026-01-01")}};
  std::vector<LocalDate> done;
  std::vector<DateRange> pauses;
  const auto pending = [&](LocalDate today, bool active = true) {
    return is_pending(
        {.start_date = day("2026-01-01"), .is_active = active, .schedules = schedules, .pauses = pauses, .done = done},
        today, WeekStart::monday);
  };
  CHECK(pending(monday));
  CHECK_FALSE(pending(monday, false));
  CHECK_FALSE(pending(day("2025-12-31")));
  done = {monday};
  CHECK_FALSE(pending(monday));
  CHECK(pending(monday + 1));

  schedules[0] = {day("2026-01-01"), Frequency::custom, 1, {Weekday::wednesday}};
  CHECK_FALSE(pending(monday + 1));
  CHECK(pending(monday + 2));

  schedules[0] = {day("2026-01-01"), Frequency::weekly, 2, {}};
  CHECK_FALSE(pending(monday));  // done today
  CHECK(pending(monday + 1));
  pauses = {{monday + 2, monday + 6}};  // two dates are left: one done day is enough
  CHECK_FALSE(pending(monday + 1));
  pauses.clear();
  done = {monday, monday + 2};
  CHECK_FALSE(pending(monday + 3));
  CHECK(pending(monday + 7));
}

TEST_CASE("stats show the last days, the best runs and the weekdays") {
  const std::vector<HabitSchedule> schedules{{.effective_from = day("2026-01-01")}};
  const std::vector<LocalDate> done{day("2026-01-01"), day("2026-01-02"), day("2026-01-05"), day("2026-01-06"),
                                    day("2026-01-12"), day("2026-01-13"), day("2026-01-14")};
  const HabitFacts habit{.start_date = day("2026-01-01"), .schedules = schedules, .done = done};
  const HabitStats stats = habit_stats(habit, day("2026-01-14"), WeekStart::monday, 7);
  CHECK(stats.done_days == 3);
  CHECK(stats.due_days == 7);
  CHECK(stats.rate == 0.4286);
  CHECK(stats.by_weekday == std::vector<int>{1, 1, 1, 0, 0, 0, 0});
  CHECK(stats.best_runs == std::vector<Run>{{day("2026-01-12"), day("2026-01-14"), 3},
                                            {day("2026-01-05"), day("2026-01-06"), 2},
                                            {day("2026-01-01"), day("2026-01-02"), 2}});
}

TEST_CASE("a day is perfect when all habits due on it were done") {
  const std::vector<HabitSchedule> daily{{.effective_from = day("2026-01-01")}};
  const std::vector<HabitSchedule> mondays{{day("2026-01-01"), Frequency::custom, 1, {Weekday::monday}}};
  const std::vector<HabitSchedule> weekly{{day("2026-01-01"), Frequency::weekly, 3, {}}};
  const std::vector<LocalDate> days{day("2026-01-05"), day("2026-01-06"), day("2026-01-08"), day("2026-01-10")};
  const std::vector<DateRange> pauses{{day("2026-01-07"), day("2026-01-07")}};
  const std::vector<HabitFacts> habits{
      {.start_date = day("2026-01-01"), .schedules = daily, .pauses = pauses, .done = days},
      {.start_date = day("2026-01-01"), .schedules = mondays},
      {.start_date = day("2026-01-01"), .schedules = weekly}};
  const DateRange week{day("2026-01-05"), day("2026-01-11")};
  // Monday lacks the second habit, Wednesday is paused, Friday is missed.
  CHECK(perfect_days(habits, week, day("2026-01-20")) == 3);
  CHECK(perfect_days(habits, week, day("2026-01-09")) == 2);
  CHECK(perfect_days({}, week, day("2026-01-20")) == 0);
}

TEST_CASE("a new schedule begins today, or with the week when weeks are concerned, and replaces later ones") {
  const LocalDate thursday = day("2026-01-08");
  const std::vector<HabitSchedule> daily{{.effective_from = day("2026-01-01")}};
  const auto weekly =
      rescheduled(daily, {.frequency = Frequency::weekly, .target_count = 3}, thursday, WeekStart::sunday);
  REQUIRE(weekly.size() == 2);
  CHECK(weekly[1].effective_from == day("2026-01-04"));
  const auto back = rescheduled(weekly, {.target_count = 2}, thursday, WeekStart::sunday);
  REQUIRE(back.size() == 2);
  CHECK(back[1].frequency == Frequency::daily);
  CHECK(back[1].effective_from == day("2026-01-04"));
  const auto more = rescheduled(back, {.target_count = 3}, thursday + 1, WeekStart::sunday);
  CHECK(more.size() == 3);
  CHECK(more[2].effective_from == thursday + 1);
  const std::vector<HabitSchedule> young{{.effective_from = thursday}};
  CHECK(rescheduled(young, {.frequency = Frequency::weekly}, thursday, WeekStart::monday).size() == 1);
}

TEST_CASE("custom days are distinct weekdays, Sunday also by 0") {
  CHECK(numbers_of(weekdays_of(std::vector{5, 1, 3}).value()) == std::vector{1, 3, 5});
  CHECK(numbers_of(weekdays_of(std::vector{0}).value()) == std::vector{7});
  CHECK_FALSE(weekdays_of(std::vector{7, 0}).has_value());
  CHECK_FALSE(weekdays_of(std::vector{1, 1}).has_value());
  CHECK_FALSE(weekdays_of(std::vector{8}).has_value());
  CHECK_FALSE(weekdays_of(std::vector{-1}).has_value());
  CHECK_FALSE(weekdays_of({}).has_value());
}

TEST_CASE("counting up and down by one leads back, and pays exactly at the target") {
  CHECK(rc::check([] {
    const int target = *rc::gen::inRange(1, 1001);
    const int count = *rc::gen::inRange(0, target);
    const int amount = *rc::gen::inRange(1, 1001);
    const CountStep up = counted_up(count, amount, target);
    RC_ASSERT(up.count == std::min(target, count + amount));
    RC_ASSERT(up.becomes_done == (up.count == target));
    RC_ASSERT(!up.already_done);
    const UndoStep down = counted_down(up.count, target);
    RC_ASSERT(down.count == up.count - 1);
    RC_ASSERT(down.loses_done == up.becomes_done);
    RC_ASSERT((counted_up(down.count, 1, target) == CountStep{up.count, false, up.becomes_done}));
    RC_ASSERT((counted_up(target, amount, target) == CountStep{target, true, false}));
  }));
}

TEST_CASE("rates and strength stay between 0 and 1") {
  CHECK(rc::check([] {
    const LocalDate base = day("2026-01-01");
    std::vector<LocalDate> done;
    for (const int offset : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 50)))
      done.push_back(base + offset);
    done = merged({done});
    std::vector<HabitSchedule> schedules{{base, Frequency::daily, 1, {}}};
    for (int change = *rc::gen::inRange(0, 3); change > 0; --change) {
      const LocalDate on = schedules.back().effective_from + *rc::gen::inRange(1, 20);
      const auto frequency = static_cast<Frequency>(*rc::gen::inRange(0, 3));
      schedules = rescheduled(schedules, {{}, frequency, *rc::gen::inRange(1, 8), {Weekday::monday, Weekday::friday}},
                              on, WeekStart::monday);
    }
    const LocalDate today = base + *rc::gen::inRange(0, 60);
    std::erase_if(done, [&](LocalDate d) { return d > today; });
    const HabitFacts habit{.start_date = base, .schedules = schedules, .done = done};
    const HabitAnalytics a = habit_analytics({&habit, 1}, today);
    for (const double rate : {a.completion_rate_7_days, a.completion_rate_30_days, strength(habit, today)}) {
      RC_ASSERT(rate >= 0.0);
      RC_ASSERT(rate <= 1.0);
    }
    RC_ASSERT(a.completions_last_7_days <= a.completions_last_30_days);
    RC_ASSERT(a.completions_last_30_days <= a.total_completions);
    const Streak s = habit_streak(habit, today, WeekStart::monday);
    RC_ASSERT(s.current <= s.longest);
  }));
}
