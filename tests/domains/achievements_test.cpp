#include "ignition/domains/achievements.hpp"

#include <thread>

#include "support/within.hpp"

using namespace ignition;
using namespace ignition::test;

namespace {

namespace keys = rules::keys;
using rules::EventKind;

Uuid object(int n) { return SequentialIds(1000 + static_cast<std::uint64_t>(n)).next(Instant{}); }

struct Life {
  World world;
  Person ann;

  explicit Life(std::string_view store, std::string_view now = "2026-01-01T10:00:00Z")
      : world(store, {}, Instant::parse(now).value()), ann(world.person()) {
    world.with_shipped_rewards();
  }

  void at(std::string_view instant) { world.clock->set(Instant::parse(instant).value()); }
  void next_day() { world.clock->advance(std::chrono::hours(24)); }

  Answered call(std::string_view operation, std::string_view body = "{}") const { return ann.call(operation, body); }

  // A focus session that runs for its full time, or for `ran` seconds of it.
  Answered focus(int seconds, std::optional<int> ran = {}) {
    const auto session = call("focus.start", fmt::format(R"({{"duration_seconds": {}}})", seconds));
    world.clock->advance(std::chrono::seconds(ran.value_or(seconds)));
    return call("focus.complete", with_id(session["id"].id()));
  }

  progress::AwardResult deed(EventKind kind, std::string key, rules::Amounts amounts = {.xp = 1},
                             rules::Deed how = {}) {
    return within(world, ann, [&](Context& ctx) {
      return progress::award(ctx, {.event = {.kind = kind, .key = std::move(key), .deed = how}, .amounts = amounts});
    });
  }

  // Keys of what is earned, in the order it was earned in.
  std::string earned() const {
    std::string out;
    const auto mine = call("achievements.mine")["achievements"];
    for (int i = static_cast<int>(mine.size()); i > 0; --i) out += mine[i - 1]["key"].text() + " ";
    return out;
  }
  Answered one(std::string_view key) const {
    const auto all = call("achievements.list")["achievements"];
    for (int i = 0; i < static_cast<int>(all.size()); ++i) {
      if (all[i]["key"] == key) return all[i];
    }
    return {};
  }
  std::int64_t total_xp() const { return call("progress.summary")["total_xp"].integer(); }
  std::int64_t coins() const { return call("progress.summary")["coins"].integer(); }

  // An achievement as an administrator would make it.
  void define(std::string_view key, std::string_view config, int xp = 0, int sort_order = 90) {
    world.sql(
        "INSERT INTO achievement_definitions (id, key, name, category, trigger_type, trigger_config, reward_xp, "
        "is_active, sort_order, created_at, updated_at) VALUES ($1, $2, $2, 'own', 'threshold', $3, $4, TRUE, $5, $6, "
        "$6)",
        object(++made_), key, Json{std::string(config)}, xp, sort_order, world.clock->now());
  }

 private:
  int made_ = 0;
};

}  // namespace

STORE_TEST("the first focus session is paid, and so is the achievement, in entries of their own") {
  Life life(store);
  life.focus(1500);
  const auto entries = life.call("ledger.list")["entries"];
  CHECK(entries.size() == 2);
  CHECK(entries[1]["seq"] == 1);
  CHECK(entries[1]["xp"] == 25);
  CHECK(entries[1]["coins"] == 5);
  CHECK(entries[1]["skill_key"] == "knowledge");
  CHECK(entries[0]["seq"] == 2);
  CHECK(entries[0]["event_type"] == "achievement_unlocked");
  CHECK(entries[0]["idempotency_key"] == "achievement:first_focus");
  CHECK(entries[0]["xp"] == 25);
  CHECK(entries[0]["coins"] == 10);
  CHECK(life.total_xp() == 50);
  CHECK(life.coins() == 15);
  CHECK(life.call("progress.summary")["achievement_count"] == 1);
  CHECK(life.earned() == "first_focus ");
  CHECK(life.call("ledger.verify")["ok"] == true);
}

STORE_TEST("a new user sees fourteen achievements and is shown the first focus session next") {
  Life life(store);
  const auto all = life.call("achievements.list")["achievements"];
  CHECK(all.size() == 14);  // the hidden one is not among them
  CHECK(all[0]["key"] == "first_focus");
  CHECK(all[0]["earned"] == false);
  CHECK(all[0]["earned_at"] == nullptr);
  CHECK(all[0]["trigger_config"].json() == R"({"count":1,"event":"focus_complete"})");
  CHECK(all[1]["progress_max"] == 10);
  CHECK(all[1]["progress_label"] == "0/10 focus sessions");
  CHECK(life.call("achievements.list", R"({"category": "fitness"})")["achievements"].size() == 2);
  const auto teaser = life.call("progress.teaser")["teaser"];
  CHECK(teaser["achievement"]["key"] == "first_focus");
  CHECK(teaser["progress"] == 0);
  CHECK(teaser["progress_max"] == 1);
  CHECK(teaser["progress_label"] == "0/1 focus sessions");
}

STORE_TEST("the teaser shows what is nearest, by the streak that runs now") {
  Life life(store);
  for (int i = 0; i < 4; ++i) life.focus(600);
  life.next_day();
  for (int i = 0; i < 3; ++i) life.focus(600);
  CHECK(life.one("streak_3")["progress"] == 2);
  const auto teaser = life.call("progress.teaser")["teaser"];
  CHECK(teaser["achievement"]["key"] == "focus_10");
  CHECK(teaser["progress_label"] == "7/10 focus sessions");
  life.next_day();
  life.next_day();
  life.next_day();
  CHECK(life.one("streak_3")["progress"] == 0);  // the streak is broken, and nothing was written since
  life.world.sql("UPDATE achievement_definitions SET is_active = FALSE");
  CHECK(life.call("progress.teaser").json() == R"({"teaser":null})");
  CHECK(life.call("achievements.list")["achievements"].size() == 1);  // what is earned stays
}

STORE_TEST("three days in a row unlock the streak, at once and once") {
  Life life(store);
  for (int day = 0; day < 3; ++day) {
    const auto result = life.deed(EventKind::task_complete, keys::task(object(day)));
    CHECK(result.achievements == (day == 2 ? std::vector<std::string>{"streak_3"} : std::vector<std::string>{}));
    life.next_day();
  }
  CHECK(life.coins() == 15);
  life.next_day();
  for (int day = 0; day < 4; ++day) {
    life.deed(EventKind::task_complete, keys::task(object(10 + day)));
    life.next_day();
  }
  CHECK(life.earned() == "streak_3 ");
}

STORE_TEST(
    "the seventh day of a habit pays the habit, its bonus and two achievements; undoing takes back the first two") {
  Life life(store);
  life.world.sql("UPDATE universal_quests SET is_active = FALSE");  // whose rewards would come in between
  const Uuid habit = life.call("habits.create", R"({"name": "walk"})")["habit"]["id"].id();
  for (int day = 0; day < 6; ++day) {
    life.call("habits.complete", with_id(habit));
    life.next_day();
  }
  CHECK(life.earned() == "first_habit streak_3 ");
  const auto before = std::pair(life.total_xp(), life.coins());
  const auto result = life.call("habits.complete", with_id(habit))["result"];
  CHECK(result["xp_awarded"] == 17);
  CHECK(result["streak_bonus"] == true);
  CHECK(result["new_streak"] == 7);
  CHECK(result["achievements"].json() == R"(["streak_7","habit_streak_7"])");
  const auto after = std::pair(life.total_xp(), life.coins());
  CHECK(after.first - before.first == 17 + 150 + 150);
  CHECK(after.second - before.second == 5 + 50 + 35);
  const auto undone = life.call("habits.undo", with_id(habit))["result"];
  CHECK(undone["xp_reversed"] == 17);
  CHECK(life.earned() == "first_habit streak_3 streak_7 habit_streak_7 ");  // never withdrawn
  CHECK(life.call("habits.complete", with_id(habit))["result"]["xp_awarded"] == 17);
  CHECK(std::pair(life.total_xp(), life.coins()) == after);
  CHECK(life.call("ledger.verify")["ok"] == true);
}

STORE_TEST("weekly habits have no days in a row") {
  Life life(store, "2026-01-05T10:00:00Z");
  const Uuid habit = life.call("habits.create", R"({"name": "w", "frequency": "weekly"})")["habit"]["id"].id();
  for (int week = 0; week < 8; ++week) {
    life.call("habits.complete", with_id(habit));
    for (int day = 0; day < 7; ++day) life.next_day();
  }
  CHECK(life.earned() == "first_habit ");
}

STORE_TEST("breaks and sessions stopped early are no focus sessions") {
  Life life(store);
  const auto session = life.call("focus.start", R"({"mode": "break", "duration_seconds": 300})");
  life.world.clock->advance(std::chrono::seconds(300));
  life.call("focus.complete", with_id(session["id"].id()));
  CHECK(life.earned().empty());
  life.focus(1500, 600);
  CHECK(life.earned().empty());
  CHECK(life.one("first_focus")["progress"] == 0);
  CHECK(life.call("streaks.get", R"({"type": "daily"})")["streak"]["current"] == 1);
  life.focus(600);
  CHECK(life.earned() == "first_focus ");
}

STORE_TEST("an empty workout unlocks nothing") {
  Life life(store);
  life.deed(EventKind::workout_complete, keys::workout(object(1)), {}, {.counted = false});
  CHECK(life.earned().empty());
  life.deed(EventKind::workout_complete, keys::workout(object(2)));
  CHECK(life.earned() == "first_workout ");
}

STORE_TEST("a long session is found among all of them") {
  Life life(store);
  life.focus(3599);
  CHECK(life.earned() == "first_focus ");
  life.focus(3600);
  CHECK(life.earned() == "first_focus deep_work ");
}

STORE_TEST("a hidden achievement can be earned and is shown then") {
  Life life(store);
  for (int day = 0; day < 100; ++day) {
    CHECK_FALSE(life.one("streak_100").exists());
    life.deed(EventKind::task_complete, keys::task(object(day)));
    life.next_day();
  }
  const auto hidden = life.one("streak_100");
  CHECK(hidden["earned"] == true);
  CHECK(hidden["progress_label"] == "100/100 day streak");
  CHECK(life.earned() == "streak_3 streak_7 streak_30 streak_100 ");
}

STORE_TEST("every metric unlocks, also by the reward of another achievement") {
  Life life(store);
  life.define("levelled", R"({"count":2,"metric":"level"})");
  life.define("rich", R"({"count":6,"metric":"coins_earned"})");
  life.define("skilled", R"({"count":2,"metric":"skill_level","skill_key":"proficiency"})");
  life.define("starry", R"({"count":1,"metric":"total_stars"})");
  life.define("collector", R"({"count":2,"metric":"achievements"})", 7);
  life.define("far", R"({"count":110,"metric":"total_xp"})", 1);
  const auto none = life.deed(EventKind::task_complete, keys::task(object(1)), {.xp = 99, .coins = 5});
  CHECK(none.achievements.empty());
  // 102 XP reach a level and a skill; two achievements reach the collector, whose XP do not reach 110 yet.
  const auto some = life.deed(EventKind::task_complete, keys::task(object(2)), {.xp = 3});
  CHECK(some.achievements == std::vector<std::string>{"levelled", "skilled", "collector"});
  CHECK(some.xp == 3);
  CHECK(some.total_xp == 109);
  CHECK(some.leveled_up);
  const auto more = life.deed(EventKind::goal_complete, keys::goal(object(3)), {.xp = 1, .coins = 1, .skill_stars = 1});
  CHECK(more.achievements == std::vector<std::string>{"far", "rich", "starry"});
}

STORE_TEST("one rise tells of all levels gained, those by achievements included") {
  Life life(store);
  life.deed(EventKind::task_complete, keys::task(object(1)), {.xp = 90});
  life.define("gift", R"({"count":1,"event":"goal_complete"})", 380);
  const auto result = life.deed(EventKind::goal_complete, keys::goal(object(2)), {.xp = 20});
  CHECK(result.total_xp == 490);
  CHECK(result.new_level == 3);
  CHECK(result.levels_gained == 2);
  CHECK(life.world.rows<std::string>("SELECT metadata FROM activity_events WHERE event_type = 'level_up'") ==
        std::vector<std::string>{R"({"new_level":3,"levels_gained":2})"});
}

STORE_TEST("a boost does not multiply what an achievement pays") {
  Life life(store);
  life.world.sql(
      "INSERT INTO user_purchases (user_id, id, item_id, item_key, item_name, cost_coins, quantity, status, "
      "purchased_at, purchased_on, ledger_id, created_at, updated_at) VALUES ($1, $2, $2, 'xp_boost_1h', 'Boost', 0, "
      "1, 'redeemed', $3, '2026-01-01', $2, $3, $3)",
      life.ann.id(), object(1), life.world.clock->now());
  life.world.sql(
      "INSERT INTO user_boosts (user_id, id, purchase_id, multiplier_percent, starts_at, ends_at, created_at, "
      "updated_at) VALUES ($1, $2, $2, 200, $3, $4, $3, $3)",
      life.ann.id(), object(1), life.world.clock->now(), life.world.clock->now() + std::chrono::hours(1));
  life.focus(1500);
  const auto entries = life.call("ledger.list")["entries"];
  CHECK(entries[1]["xp"] == 50);
  CHECK(entries[1]["base_xp"] == 25);
  CHECK(entries[0]["xp"] == 25);
}

STORE_TEST("news of achievements stands until it is acknowledged") {
  Life life(store);
  life.focus(3600);
  const auto pending = life.call("achievements.pending")["achievements"];
  CHECK(pending.size() == 2);
  CHECK(pending[0]["key"] == "first_focus");
  CHECK(pending[1]["key"] == "deep_work");
  CHECK(pending[0]["notified"] == false);
  CHECK(life.call("achievements.acknowledge", R"({"keys": ["first_focus", "no_such_thing", "streak_3"]})").json() ==
        R"({"acknowledged":1})");
  CHECK(life.call("achievements.pending")["achievements"].size() == 1);
  const auto keys = R"({"keys": ["first_focus", "deep_work"]})";
  CHECK(life.call("achievements.acknowledge", keys).json() == R"({"acknowledged":1})");
  CHECK(life.call("achievements.acknowledge", keys).json() == R"({"acknowledged":0})");
  CHECK(life.call("achievements.pending")["achievements"].size() == 0);
  CHECK(life.call("achievements.mine")["achievements"][0]["notified_at"] == life.world.clock->now());
  CHECK(life.ann.error_of("achievements.acknowledge", R"({"keys": []})").code == Code::VALIDATION_ERROR);
}

STORE_TEST("achievements are each user's own") {
  Life life(store);
  const auto bob = life.world.person();
  life.focus(1500);
  CHECK(bob.call("achievements.mine")["achievements"].size() == 0);
  CHECK(bob.call("achievements.pending")["achievements"].size() == 0);
  CHECK(bob.call("achievements.acknowledge", R"({"keys": ["first_focus"]})").json() == R"({"acknowledged":0})");
  CHECK(life.call("achievements.pending")["achievements"].size() == 1);
  CHECK(bob.call("progress.teaser")["teaser"]["progress"] == 0);
}

STORE_TEST("an achievement is unlocked by a recorded deed, too") {
  Life life(store);
  life.define("writer", R"({"count":1,"event":"journal_entry"})", 5);
  const auto result = within(life.world, life.ann, [](Context& ctx) {
    return progress::record(ctx, {.kind = EventKind::journal_entry, .key = keys::journal(object(1))});
  });
  CHECK(result.achievements == std::vector<std::string>{"writer"});
  CHECK(life.total_xp() == 5);
}

TEST_CASE("twenty first habits at once unlock one achievement and pay it once") {
  Life life("file");
  std::vector<Uuid> habits;
  for (int i = 0; i < 20; ++i) {
    habits.push_back(life.call("habits.create", R"({"name": "h"})")["habit"]["id"].id());
  }
  std::vector<std::thread> threads;
  for (const Uuid& habit : habits) {
    threads.emplace_back([&life, habit] { life.call("habits.complete", with_id(habit)); });
  }
  for (auto& thread : threads) thread.join();
  CHECK(life.earned() == "first_habit ");
  CHECK(life.call("ledger.list", R"({"event_type": "achievement_unlocked"})")["total"] == 1);
  CHECK(life.total_xp() == 20 * 10 + 25);
  CHECK(life.call("ledger.verify")["ok"] == true);
}

STORE_TEST("shipping achievements again changes nothing that is there") {
  Life life(store);
  life.world.sql("UPDATE achievement_definitions SET reward_xp = 7, is_active = FALSE WHERE key = 'deep_work'");
  life.world.sql("DELETE FROM achievement_definitions WHERE key = 'first_book'");
  within(life.world, life.ann, [](Context& ctx) { achievements::ship(ctx.db, ctx.ids, ctx.now); });
  CHECK(life.world.count("SELECT count(*) FROM achievement_definitions") == 15);
  CHECK(life.world.count("SELECT count(*) FROM achievement_definitions WHERE NOT is_active AND reward_xp = 7") == 1);
}

STORE_TEST("rising by a level is a deed that achievements count, also when their own reward raises it") {
  Life life(store);
  life.define("riser", R"({"count":1,"event":"level_up"})", 300);
  life.define("climber", R"({"count":2,"event":"level_up"})");
  life.deed(EventKind::habit_complete, keys::habit(object(500), LocalDate::of(2026, 1, 1)), {.xp = 50});
  CHECK(life.one("riser")["earned"] == false);
  const auto result =
      life.deed(EventKind::habit_complete, keys::habit(object(501), LocalDate::of(2026, 1, 1)), {.xp = 60});
  CHECK(std::ranges::count(result.achievements, "riser") == 1);
  CHECK(std::ranges::count(result.achievements, "climber") == 1);
  CHECK(result.new_level == 3);
  CHECK(life.world.count("SELECT count(*) FROM activity_events WHERE event_type = 'level_up'") == 2);
  CHECK(life.call("ledger.verify")["ok"] == true);
}

STORE_TEST("a deed whose event was undone alone counts again for achievements when it stands again") {
  Life life(store);
  life.define("planner", R"({"count":2,"event":"plan_item_complete"})");
  std::vector<std::string> items;
  for (int i = 0; i < 2; ++i) items.push_back(life.call("plan.add_item", R"({"title": "a"})")["item"]["id"].json());
  const auto tick = [&](std::size_t i, const char* completed) {
    life.call("plan.complete_item", fmt::format(R"({{"id": {}, "completed": {}}})", items[i], completed));
  };
  tick(0, "true");
  tick(0, "false");
  tick(1, "true");
  CHECK(life.one("planner")["earned"] == false);
  tick(0, "true");
  CHECK(life.one("planner")["earned"] == true);
}
