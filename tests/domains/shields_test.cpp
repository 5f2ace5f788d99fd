#include "ignition/domains/shields.hpp"

#include <array>
#include <thread>

#include "ignition/domains/streaks.hpp"
#include "support/within.hpp"

using namespace ignition;
using namespace ignition::test;
using rules::StreakType;

namespace {

constexpr rules::StreakSet kDaily{StreakType::daily_activity};

LocalDate january(unsigned day) { return LocalDate::of(2026, 1, day); }
void noon(World& world, LocalDate date) { world.clock->set(Instant::parse(date.text() + "T12:00:00Z").value()); }

// A shield bought on the date.
void hold(World& world, const Person& person, LocalDate date) {
  static std::uint64_t count = 0;
  const Uuid id = Uuid::parse(fmt::format("0194f5c0-0000-7000-8000-{:012x}", ++count)).value();
  world.sql(R"sql(INSERT INTO user_purchases (user_id, id, item_id, item_key, item_name, cost_coins, quantity, status,
              uses_total, uses_remaining, purchased_at, purchased_on, ledger_id, created_at, updated_at)
              VALUES ($1, $2, $2, 'streak_shield', 'Streak Shield', 150, 1, 'purchased', 1, 1, $3, $4, $2, $3, $3))sql",
            person.id(), id, world.clock->now(), date);
}
void act(World& world, const Person& person, LocalDate date, rules::StreakSet types = kDaily) {
  within(world, person, [&](Context& ctx) { return streaks::add_day(ctx, types, date, ctx.now); });
}
// Somebody active from 5 to 8 January.
Person active_till_8th(World& world) {
  noon(world, january(1));
  const auto ann = world.person();
  for (unsigned day = 5; day <= 8; ++day) {
    noon(world, january(day));
    act(world, ann, january(day));
  }
  return ann;
}
void write(const Person& person) { person.call("settings.update", R"({"theme": "dark"})"); }
std::int64_t uses(World& world) { return world.count("SELECT count(*) FROM shield_uses"); }

}  // namespace

STORE_TEST("a shield held is spent on a missed day: reads see it at once, the next write stores it") {
  World world(store);
  const auto ann = active_till_8th(world);
  hold(world, ann, january(1));
  noon(world, january(10));
  const auto seen = [&] {
    const auto summary = ann.call("progress.summary");
    CHECK(summary["current_streak"] == 4);
    CHECK(summary["streaks"]["daily_activity"]["status"] == "at_risk");
    CHECK(summary["shields_held"] == 0);
    CHECK(ann.call("sync.progress")["streak_days"] == 4);
    CHECK(ann.call("streaks.get", R"({"type": "daily"})")["streak"]["current"] == 4);
    CHECK(ann.call("streaks.days", R"({"type": "daily", "from": "2026-01-08", "to": "2026-01-10"})")["days"].json() ==
          R"([{"date":"2026-01-08","state":"done"},{"date":"2026-01-09","state":"shielded"},)"
          R"({"date":"2026-01-10","state":"open"}])");
  };
  seen();
  CHECK(uses(world) == 0);
  write(ann);
  CHECK(uses(world) == 1);
  CHECK(world.count("SELECT count(*) FROM activity_events WHERE event_type = 'streak_shield_used'") == 1);
  CHECK(world.count("SELECT uses_remaining FROM user_purchases") == 0);
  seen();
  write(ann);
  CHECK(uses(world) == 1);
  act(world, ann, january(10));
  CHECK(ann.call("progress.summary")["current_streak"] == 5);
}

STORE_TEST("without a shield the missed day breaks the streak, and a shield bought later does not reach back") {
  World world(store);
  const auto ann = active_till_8th(world);
  noon(world, january(10));
  for (int i = 0; i < 2; ++i) {
    const auto summary = ann.call("progress.summary");
    CHECK(summary["current_streak"] == 0);
    CHECK(summary["longest_streak"] == 4);
    CHECK(summary["shields_held"] == i);
    hold(world, ann, january(10));
    write(ann);
  }
  CHECK(uses(world) == 0);
}

STORE_TEST("a missed day can be protected by hand while it lies at most three days back") {
  World world(store);
  const auto ann = active_till_8th(world);
  noon(world, january(10));
  CHECK(ann.error_of("streaks.protect", R"({"streak_type": "daily_activity", "date": "2026-01-09"})") ==
        "CONFLICT no_shield");
  hold(world, ann, january(10));
  CHECK(ann.error_of("streaks.protect", R"({"streak_type": "daily_activity", "date": "2026-01-05"})") ==
        "CONFLICT too_late");
  CHECK(ann.error_of("streaks.protect", R"({"streak_type": "daily_activity", "date": "2026-01-08"})") ==
        "CONFLICT not_missed");
  CHECK(ann.error_of("streaks.protect", R"({"streak_type": "daily_activity", "date": "2026-01-10"})") ==
        "CONFLICT not_missed");
  CHECK(ann.error_of("streaks.protect", R"({"date": "2026-01-09"})") == "VALIDATION_ERROR streak_type:required");
  const auto answer = ann.call("streaks.protect", R"({"streak_type": "daily_activity", "date": "2026-01-09"})");
  CHECK(answer["streak"]["current"] == 4);
  CHECK(answer["streak"]["status"] == "at_risk");
  CHECK(answer["shields_left"] == 0);
  CHECK(ann.call("progress.summary")["shields_held"] == 0);
  CHECK(ann.call("streaks.days",
                 R"({"type": "daily", "from": "2026-01-09", "to": "2026-01-09"})")["days"][0]["state"] == "protected");
  CHECK(ann.error_of("streaks.protect", R"({"streak_type": "daily_activity", "date": "2026-01-09"})") ==
        "CONFLICT not_missed");
}

STORE_TEST("a day protected by hand is kept among the days of its streak, also after something done on it is undone") {
  World world(store);
  const auto ann = active_till_8th(world);
  hold(world, ann, january(1));
  hold(world, ann, january(1));
  noon(world, january(11));
  write(ann);  // the shields are spent on the 9th and 10th
  CHECK(world.count("SELECT count(*) FROM streak_days WHERE kind = 'protected'") == 0);
  hold(world, ann, january(11));
  noon(world, january(13));
  const std::string protect = R"({"streak_type": "daily_activity", "date": "2026-01-12"})";
  CHECK(ann.call("progress.summary")["shields_held"] == 0);  // spent by itself on the 11th
  hold(world, ann, january(13));
  CHECK(ann.call("streaks.protect", protect)["streak"]["current"] == 4);
  const auto kept = [&](std::string_view what) {
    return world.count(
        fmt::format("SELECT count(*) FROM streak_days WHERE activity_date = '2026-01-12' AND kind = 'protected' AND "
                    "contributions = 1 AND purchase_id IS NOT NULL AND streak_type = '{}'",
                    what));
  };
  CHECK(kept("daily_activity") == 1);
  act(world, ann, january(12));
  CHECK(kept("daily_activity") == 0);
  CHECK(world.count("SELECT count(*) FROM streak_days WHERE activity_date = '2026-01-12' AND kind = 'activity' "
                    "AND purchase_id IS NULL") == 1);
  CHECK(ann.call("progress.summary")["current_streak"] == 5);
  within(world, ann, [&](Context& ctx) { return streaks::remove_day(ctx, kDaily, january(12)); });
  CHECK(kept("daily_activity") == 1);
  CHECK(ann.call("progress.summary")["current_streak"] == 4);
}

STORE_TEST("a shield is spent by hand once, however often it is asked for at once") {
  World world(store);
  const auto ann = active_till_8th(world);
  noon(world, january(10));
  hold(world, ann, january(10));
  hold(world, ann, january(10));
  const std::string protect = R"({"streak_type": "daily_activity", "date": "2026-01-09"})";
  std::array<std::string, 4> said;
  std::vector<std::thread> threads;
  for (auto& one : said) {
    threads.emplace_back([&] {
      try {
        one = ann.answer({.operation = "streaks.protect", .body = protect}).body;
      } catch (const Error& error) {
        one = error.reason();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(std::ranges::count(said, "not_missed") == 3);
  CHECK(uses(world) == 1);
  CHECK(ann.call("progress.summary")["shields_held"] == 1);
  CHECK(world.person().error_of("streaks.protect", protect) == "CONFLICT not_missed");
}

STORE_TEST("a date shielded for the daily streak is neutral for all, and gives its shield back when it is done late") {
  World world(store);
  noon(world, january(5));
  const auto ann = world.person();
  const rules::StreakSet both{StreakType::daily_activity, StreakType::focus};
  const std::string habit = ann.call("habits.create", R"({"name": "walk"})")["habit"]["id"].text();
  act(world, ann, january(5), both);
  hold(world, ann, january(1));
  noon(world, january(7));
  CHECK(ann.call("progress.summary")["streaks"]["focus"]["current"] == 1);
  write(ann);
  CHECK(uses(world) == 1);
  CHECK(ann.call("progress.summary")["streaks"]["focus"]["current"] == 1);
  ann.call("habits.complete", fmt::format(R"({{"id": "{}", "date": "2026-01-06"}})", habit));
  CHECK(uses(world) == 0);
  const auto summary = ann.call("progress.summary");
  CHECK(summary["shields_held"] == 1);
  CHECK(summary["current_streak"] == 2);
  CHECK(summary["streaks"]["focus"]["current"] == 0);
  CHECK(world.count("SELECT count(*) FROM activity_events WHERE event_type = 'streak_shield_used' AND "
                    "reversed_at IS NULL") == 0);
  ann.call("habits.undo", fmt::format(R"({{"id": "{}", "date": "2026-01-06"}})", habit));
  CHECK(uses(world) == 1);
  CHECK(ann.call("progress.summary")["current_streak"] == 1);
}

STORE_TEST("the daily streak takes shields first, then habits that ask for it in the order of their creation") {
  World world(store);
  noon(world, january(5));
  const auto ann = world.person();
  std::vector<std::string> habits;
  for (const char* shielded : {"false", "true", "true"}) {
    habits.push_back(
        ann.call("habits.create", fmt::format(R"({{"name": "walk", "auto_shield": {}}})", shielded))["habit"]["id"]
            .text());
    ann.call("habits.complete", fmt::format(R"({{"id": "{}"}})", habits.back()));
    world.clock->advance(Micros(1'000'000));
  }
  hold(world, ann, january(1));
  hold(world, ann, january(1));
  noon(world, january(7));
  const auto seen = [&] {
    CHECK(ann.call("progress.summary")["current_streak"] == 1);
    CHECK(ann.call("progress.summary")["shields_held"] == 0);
    const auto current = [&](std::size_t i) {
      return ann.call("habits.get", fmt::format(R"({{"id": "{}"}})", habits[i]))["habit"]["current_streak"].integer();
    };
    CHECK(current(0) == 0);
    CHECK(current(1) == 1);
    CHECK(current(2) == 0);
  };
  seen();
  CHECK(uses(world) == 0);
  write(ann);
  CHECK(uses(world) == 2);
  seen();
  hold(world, ann, january(7));
  const std::string protect = fmt::format(R"({{"habit_id": "{}", "date": "2026-01-06"}})", habits[2]);
  CHECK(ann.call("streaks.protect", protect)["streak"]["current"] == 1);
  CHECK(ann.error_of("streaks.protect", protect) == "CONFLICT not_missed");
  const auto bob = world.person();
  CHECK(bob.error_of("streaks.protect", protect) == "NOT_FOUND not_found");
}

STORE_TEST("a shield keeps the week of a weekly habit without counting it") {
  World world(store);
  noon(world, january(5));  // a Monday
  const auto ann = world.person();
  const std::string habit =
      ann.call("habits.create",
               R"({"name": "run", "frequency": "weekly", "target_count": 2, "auto_shield": true})")["habit"]["id"]
          .text();
  const auto complete = [&](unsigned day) {
    noon(world, january(day));
    ann.call("habits.complete", fmt::format(R"({{"id": "{}"}})", habit));
  };
  complete(5);
  complete(6);
  complete(13);
  for (unsigned day = 7; day <= 20; ++day) act(world, ann, january(day));
  hold(world, ann, january(1));
  noon(world, january(20));
  const auto current = [&] {
    return ann.call("habits.get", fmt::format(R"({{"id": "{}"}})", habit))["habit"]["current_streak"].integer();
  };
  CHECK(current() == 1);
  write(ann);
  CHECK(uses(world) == 1);
  CHECK(current() == 1);
  complete(20);
  complete(21);
  CHECK(current() == 2);
}
