// Deeds and their rewards.
#include <rapidcheck.h>

#include <thread>

#include "ignition/domains/activity.hpp"
#include "ignition/domains/skills.hpp"
#include "support/rewards.hpp"

using namespace ignition;
using namespace ignition::test;
using namespace ignition::test::deeds;
using rules::EventKind;
namespace keys = rules::keys;

STORE_TEST("a new user stands at level 1 with nothing") {
  World world(store);
  const auto summary = world.person().call("progress.summary");
  CHECK(summary["total_xp"] == 0);
  CHECK(summary["level"] == 1);
  CHECK(summary["xp_into_level"] == 0);
  CHECK(summary["xp_level_size"] == 100);
  CHECK(summary["xp_remaining"] == 100);
  CHECK(summary["coins"] == 0);
  CHECK(summary["current_streak"] == 0);
  CHECK(summary["active_boost"] == nullptr);
  CHECK(summary["streaks"]["daily_activity"].json() == R"({"current":0,"longest":0,"status":"none"})");
  CHECK(summary["streaks"].keys() ==
        std::vector<std::string>{"daily_activity", "focus", "workout", "habit", "reading", "learning"});
  CHECK(summary["today"].json() == R"({"xp":0,"coins":0,"events":0})");
}

STORE_TEST("one deed is one entry with its XP, coins and skill, one event, and its days of streaks") {
  World world(store);
  const auto ann = world.person();
  const auto result = award(world, ann, focus(1));
  CHECK_FALSE(result.already_awarded);
  CHECK(result.xp == 25);
  CHECK(result.coins == 5);
  CHECK(result.new_balance == 5);
  CHECK(result.total_xp == 25);
  REQUIRE(result.streaks.size() == 2);
  CHECK(result.streaks[0].type == rules::StreakType::daily_activity);
  CHECK(result.streaks[1].type == rules::StreakType::focus);
  CHECK(result.streaks[1].current == 1);
  CHECK(result.streaks[1].is_new_day);
  CHECK_FALSE(result.streaks[1].streak_broken);

  const auto entries = ann.call("ledger.list");
  CHECK(entries["total"] == 1);
  CHECK(entries["entries"][0]["seq"] == 1);
  CHECK(entries["entries"][0]["event_type"] == "focus_complete");
  CHECK(entries["entries"][0]["event_id"] == object(1));
  CHECK(entries["entries"][0]["xp"] == 25);
  CHECK(entries["entries"][0]["coins"] == 5);
  CHECK(entries["entries"][0]["skill_key"] == "knowledge");
  CHECK(entries["entries"][0]["idempotency_key"] == "focus:" + object(1).text());
  CHECK(entries["entries"][0]["activity_date"] == "2026-03-10");
  CHECK(world.rows<std::string>("SELECT event_type || ' ' || module || ' ' || entity_id || ' ' || xp || ' ' || "
                                "duration_seconds FROM activity_events WHERE user_id = $1 AND completion",
                                ann.id()) ==
        std::vector<std::string>{"focus_complete focus " + object(1).text() + " 25 1500"});
  const auto summary = ann.call("progress.summary");
  CHECK(summary["current_streak"] == 1);
  CHECK(summary["streaks"]["focus"].json() == R"({"current":1,"longest":1,"status":"active"})");
  CHECK(summary["today"].json() == R"({"xp":25,"coins":5,"events":1})");
  CHECK(ann.call("ledger.verify")["ok"] == true);
}

STORE_TEST("an award of several levels is told once, and lifetime XP is not used up by levels") {
  World world(store);
  const auto ann = world.person();
  award(world, ann, plain("habit:a:2026-03-10", 90));
  const auto result = award(world, ann, plain("habit:b:2026-03-10", 400));
  CHECK(result.total_xp == 490);
  CHECK(result.leveled_up);
  CHECK(result.new_level == 3);
  CHECK(result.levels_gained == 2);
  CHECK(world.rows<std::string>("SELECT dedupe_key || metadata FROM activity_events WHERE user_id = $1 AND "
                                "event_type = 'level_up'",
                                ann.id()) ==
        std::vector<std::string>{R"(level_up:3:2{"new_level":3,"levels_gained":2})"});
  const auto summary = ann.call("progress.summary");
  CHECK(summary["total_xp"] == 490);
  CHECK(summary["level"] == 3);
}

STORE_TEST("the same deed again answers the first amounts and changes nothing") {
  World world(store);
  const auto ann = world.person();
  run_boost(world, ann, "2026-03-10T08:30:00.000000Z", "2026-03-10T09:30:00.000000Z", 200);
  CHECK(award(world, ann, focus(1)).xp == 50);
  at(world, "2026-03-10T09:30:00Z");  // the boost is over
  const auto before = ann.call("progress.summary").json();
  const auto again = award(world, ann, focus(1));
  CHECK(again.already_awarded);
  CHECK(again.xp == 50);
  CHECK(again.coins == 5);
  CHECK(again.levels_gained == 0);
  CHECK(again.streaks.empty());
  CHECK(ann.call("progress.summary")["total_xp"] == 50);
  CHECK(award(world, ann, focus(2)).xp == 25);
  CHECK(world.count("SELECT count(*) FROM activity_events") == 2);
}

STORE_TEST("a boost multiplies the XP of what is marked for it, never coins, records or breaks") {
  World world(store);
  const auto ann = world.person();
  run_boost(world, ann, "2026-03-10T09:00:00.000000Z", "2026-03-10T10:00:00.000000Z", 150);
  CHECK(ann.call("progress.summary")["active_boost"].json() ==
        R"({"multiplier_percent":150,"ends_at":"2026-03-10T10:00:00.000000Z"})");
  const auto boosted = award(world, ann, focus(1));
  CHECK(boosted.xp == 37);
  CHECK(boosted.coins == 5);
  const auto entry = ann.call("ledger.list")["entries"][0];
  CHECK(entry["base_xp"] == 25);
  CHECK(entry["multiplier_percent"] == 150);
  const auto record = award(world, ann,
                            {.event = {.kind = EventKind::personal_record, .key = keys::record("s", "e", "weight")},
                             .amounts = rules::record_amounts(0, true)});
  CHECK(record.xp == 10);
  CHECK(record.skill_stars == 1);
  const auto rest =
      award(world, ann,
            {.event = {.kind = EventKind::break_complete, .key = keys::focus("b")}, .amounts = {.xp = 3, .coins = 1}});
  CHECK(rest.xp == 3);
  CHECK(rest.streaks.empty());
  CHECK(world.count("SELECT count(*) FROM activity_events WHERE event_type = 'break_complete'") == 0);
  CHECK(ann.call("ledger.verify")["ok"] == true);
}

STORE_TEST("an error after the award leaves neither deed nor award") {
  World world(store);
  const auto ann = world.person();
  CHECK(refusal([&] {
          within(world, ann, [](Context& ctx) {
            progress::award(ctx, focus(1));
            throw conflict("later", "Something later went wrong.");
          });
        }) == "CONFLICT later");
  for (const char* table : {"points_ledger", "activity_events", "streak_days", "user_streaks", "engagement_state"}) {
    CHECK(world.count(fmt::format("SELECT count(*) FROM {}", table)) == 0);
  }
  CHECK(ann.call("progress.summary")["total_xp"] == 0);
}

STORE_TEST("undoing and doing again under the next number leaves what doing it once leaves") {
  World world(store);
  const auto ann = world.person();
  award(world, ann, focus(1));
  const auto once = ann.call("progress.summary");
  auto task_once = task(7);
  award(world, ann, task_once);
  const auto undone = reverse(world, ann, task_once.event.key);
  CHECK(undone.xp == -15);
  CHECK(undone.coins == -5);
  CHECK(ann.call("progress.summary").json() == once.json());
  CHECK(reverse(world, ann, task_once.event.key).already_awarded);
  CHECK(award(world, ann, task_once).already_awarded);  // the first key stays used
  CHECK(ann.call("progress.summary").json() == once.json());
  auto again = task(7);
  again.event.key = keys::again(again.event.key, 2);
  CHECK(award(world, ann, again).xp == 15);
  const auto summary = ann.call("progress.summary");
  CHECK(summary["total_xp"] == 40);
  CHECK(summary["coins"] == 10);
  CHECK(summary["today"]["events"] == 2);
  CHECK(refusal([&] { reverse(world, ann, "task:unknown"); }) == "NOT_FOUND not_found");
  CHECK(ann.call("ledger.verify")["ok"] == true);
}

STORE_TEST("the eleventh thing planned on a date is done but not paid, and undoing one does not reopen the ceiling") {
  World world(store);
  const auto ann = world.person();
  for (int n = 1; n <= 10; ++n) CHECK_FALSE(award(world, ann, task(n)).reward_capped);
  progress::Award event{.event = {.kind = EventKind::planner_task_complete, .key = keys::planner(object(50))},
                        .amounts = {.xp = 15, .coins = 5}};
  const auto capped = award(world, ann, event);
  CHECK(capped.reward_capped);
  CHECK(capped.xp == 0);
  CHECK(capped.coins == 0);
  CHECK(award(world, ann, event).reward_capped);  // also when asked again
  CHECK(ann.call("progress.summary")["total_xp"] == 150);
  CHECK(ann.call("progress.summary")["coins"] == 50);
  reverse(world, ann, keys::task(object(3)));
  CHECK(award(world, ann, task(12)).reward_capped);
  CHECK_FALSE(award(world, ann, task(13, LocalDate::parse("2026-03-09"))).reward_capped);  // another date
  at(world, "2026-03-11T00:00:00Z");
  CHECK_FALSE(award(world, ann, task(14)).reward_capped);
  CHECK(ann.call("ledger.verify")["ok"] == true);
}

STORE_TEST("reading pays up to its sum of the day and cuts the rest") {
  World world(store);
  const auto ann = world.person();
  const auto read = [&](int session, std::int64_t pages) {
    return award(
        world, ann,
        {.event = {.kind = EventKind::reading_session, .key = keys::reading(object(session)), .quantity = pages},
         .amounts = rules::reading_amounts(pages)});
  };
  CHECK(read(1, 42).xp == 8);
  const auto most = read(2, 600);
  CHECK(most.xp == 92);
  CHECK(most.coins == 46);
  CHECK(most.reward_capped);
  const auto none = read(3, 10);
  CHECK(none.xp == 0);
  CHECK(none.coins == 0);
  CHECK(ann.call("streaks.get", R"({"type": "reading"})")["streak"]["current"] == 1);
}

TEST_CASE("fifty threads award one key once") {
  World world("file");
  const auto ann = world.person();
  std::vector<std::thread> threads;
  std::atomic<int> paid = 0;
  for (int i = 0; i < 50; ++i) {
    threads.emplace_back([&] {
      const auto result = award(world, ann, plain("k", 10, 1));
      if (!result.already_awarded) ++paid;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(paid == 1);
  CHECK(ann.call("progress.summary")["total_xp"] == 10);
  CHECK(ann.call("progress.summary")["coins"] == 1);
  CHECK(ann.call("ledger.list")["total"] == 1);
}

TEST_CASE("twenty threads with twenty deeds stay below the ceiling together") {
  World world("file");
  const auto ann = world.person();
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back([&, i] { award(world, ann, task(i)); });
  }
  for (auto& thread : threads) thread.join();
  const auto summary = ann.call("progress.summary");
  CHECK(summary["total_xp"] == 150);
  CHECK(summary["coins"] == 50);
  CHECK(summary["today"]["events"] == 21);  // with level_up
  CHECK(ann.call("ledger.verify")["ok"] == true);
}

TEST_CASE("whatever is awarded, undone, spent and refunded, every balance is the sum of its entries") {
  CHECK(rc::check("balances are sums", [] {
    World world;
    const auto ann = world.person();
    std::vector<std::string> awarded;
    std::vector<std::string> spent;
    const int steps = *rc::gen::inRange(1, 25);
    for (int n = 0; n < steps; ++n) {
      const int op = *rc::gen::inRange(0, 6);
      try {
        if (op <= 2 || awarded.empty()) {
          const auto kind =
              *rc::gen::element(EventKind::habit_complete, EventKind::focus_complete, EventKind::task_complete,
                                EventKind::goal_complete, EventKind::workout_complete);
          progress::Award a{.event = {.kind = kind, .key = "k" + std::to_string(n)},
                            .amounts = {.xp = *rc::gen::inRange(0, 1000), .coins = *rc::gen::inRange(0, 100)}};
          if (kind == EventKind::goal_complete) a.amounts.skill_stars = *rc::gen::inRange(0, 20);
          award(world, ann, a);
          awarded.push_back(a.event.key);
        } else if (op == 3) {
          reverse(world, ann, *rc::gen::elementOf(awarded));
        } else if (op == 4) {
          const std::string key = "s" + std::to_string(n);
          const auto coins = *rc::gen::inRange(0, 120);
          within(world, ann, [&](Context& ctx) { return ledger::spend(ctx, key, object(n), coins); });
          spent.push_back(key);
        } else if (!spent.empty()) {
          const std::string key = *rc::gen::elementOf(spent);
          within(world, ann, [&](Context& ctx) { return ledger::refund(ctx, key); });
        }
      } catch (const Error& error) {
        RC_ASSERT(error.reason() == "insufficient_coins");
      }
      world.clock->advance(std::chrono::hours(*rc::gen::inRange(0, 60)));
    }
    const auto proof = ann.run(&ledger::verify);
    RC_ASSERT(proof.ok);
    RC_ASSERT(proof.balances.coins == proof.sums.coins);
    RC_ASSERT(proof.balances.coins == proof.balances.total_earned - proof.balances.total_spent);
    const auto mine = ann.run(&skills::mine);
    std::int64_t stars = 0;
    for (const auto& skill : mine.skills) stars += skill.stars;
    RC_ASSERT(stars == mine.total_stars);
  }));
}

STORE_TEST("a summary is one statement, an award a dozen at most") {
  World world(store);
  const auto ann = world.person();
  award(world, ann, focus(1));
  world.clock->advance(std::chrono::hours(24));
  within(world, ann, [](Context& ctx) {
    const auto before = ctx.db.statements();
    progress::summary(ctx, {});
    CHECK(ctx.db.statements() - before == 1);
  });
  within(world, ann, [](Context& ctx) {
    const auto before = ctx.db.statements();
    progress::award(ctx, focus(2));
    CHECK(ctx.db.statements() - before <= 15);
  });
}

STORE_TEST("the history has every date, oldest first") {
  World world(store);
  const auto ann = world.person();
  award(world, ann, focus(1));
  at(world, "2026-03-12T09:00:00Z");
  award(world, ann, focus(2));
  award(world, ann, task(1));
  within(world, ann, [&](Context& ctx) { return ledger::spend(ctx, "purchase:1", object(1), 10); });
  CHECK(ann.call("progress.history", R"({"days": 4})")["days"].json() ==
        R"([{"date":"2026-03-09","xp":0,"coins":0,"events":0},{"date":"2026-03-10","xp":25,"coins":5,"events":1},)"
        R"({"date":"2026-03-11","xp":0,"coins":0,"events":0},{"date":"2026-03-12","xp":40,"coins":10,"events":2}])");
  CHECK(ann.call("progress.history")["days"].size() == 30);
  CHECK(ann.error_of("progress.history", R"({"days": 367})") == "VALIDATION_ERROR days:out_of_range");
}

STORE_TEST("the five skills are shipped once and grow by their deeds, old keys included") {
  World world(store);
  const auto ann = world.person();
  const auto skills = ann.call("skills.list")["skills"];
  REQUIRE(skills.size() == 5);
  CHECK(skills[0]["key"] == "knowledge");
  CHECK(skills[4]["key"] == "charm");
  CHECK(skills[1]["color"] == "#e74c3c");
  auto lift = plain("k", 120);
  lift.skill_key = "strength";  // of the older catalogue
  award(world, ann, lift);
  award(world, ann,
        {.event = {.kind = EventKind::goal_complete, .key = keys::goal(object(1))},
         .amounts = {.xp = 40, .coins = 20, .skill_stars = 23}});
  const auto mine = ann.call("skills.mine");
  CHECK(mine["total_stars"] == 23);
  CHECK(
      mine["skills"][1].json() ==
      R"({"key":"guts","name":"Guts","color":"#e74c3c","icon":"flame","xp":120,"level":2,"max_level":10,)"
      R"("xp_into_level":20,"xp_level_size":150,"stars":0,"star_level":0,"stars_into_level":0,"stars_per_level":10})");
  CHECK(mine["skills"][2]["star_level"] == 2);
  CHECK(mine["skills"][2]["stars_into_level"] == 3);
}

TEST_CASE("content is shipped by key: what an administrator changed stays") {
  World world("file");
  world.sql("UPDATE skill_definitions SET name = 'Wits' WHERE key = 'knowledge'");
  world.reopen();
  CHECK(world.count("SELECT count(*) FROM skill_definitions") == 5);
  CHECK(world.count("SELECT count(*) FROM skill_definitions WHERE name = 'Wits'") == 1);
}

STORE_TEST("deeds stamp the last activity and begin a session, undoing them moves neither back") {
  World world(store);
  const auto ann = world.person();
  const auto state = [&] {
    const auto one = [&](auto as, std::string_view column) {
      return world.rows<decltype(as)>(fmt::format("SELECT {} FROM engagement_state WHERE user_id = $1", column),
                                      ann.id())[0];
    };
    return one(Instant{}, "last_activity_at").text() + " " +
           one(std::string(), "completions_total || ' ' || completed_count || ' ' || soft_state || ' ' || momentum");
  };
  award(world, ann, focus(1));
  CHECK(state() == "2026-03-10T09:00:00.000000Z 1 1 active shown");
  at(world, "2026-03-10T09:20:00Z");
  award(world, ann, task(1));
  CHECK(state() == "2026-03-10T09:20:00.000000Z 2 2 cleared shown");
  reverse(world, ann, keys::task(object(1)));
  CHECK(state() == "2026-03-10T09:20:00.000000Z 1 2 cleared shown");
  at(world, "2026-03-10T13:20:00Z");  // the session is over
  within(world, ann, [](Context& ctx) {
    return progress::record(ctx, {.kind = EventKind::focus_start, .key = keys::focus_start(object(2))});
  });
  CHECK(state() == "2026-03-10T13:20:00.000000Z 1 0 inactive pending");
  at(world, "2026-03-10T13:30:00Z");
  award(world, ann, {.event = {.kind = EventKind::break_complete, .key = keys::focus("b")}, .amounts = {.xp = 2}});
  CHECK(state() == "2026-03-10T13:20:00.000000Z 1 0 inactive pending");  // a break is no deed of Today
  at(world, "2026-03-10T13:40:00Z");
  within(world, ann, [](Context& ctx) {
    return progress::record(ctx, {.kind = EventKind::focus_abandon, .key = keys::focus_abandon(object(2))});
  });
  CHECK(state() == "2026-03-10T13:40:00.000000Z 1 0 active pending");
}

STORE_TEST("of several completions in one call the first of the event table counts") {
  World world(store);
  const auto ann = world.person();
  within(world, ann, [](Context& ctx) {
    progress::award(ctx, task(1));
    progress::award(ctx, focus(1));
    progress::award(ctx, task(2));
  });
  CHECK(world.rows<std::string>("SELECT dedupe_key FROM activity_events WHERE user_id = $1 AND completion", ann.id()) ==
        std::vector<std::string>{keys::focus(object(1))});
  CHECK(world.count("SELECT completions_total FROM engagement_state") == 1);
  CHECK(world.count("SELECT completed_count FROM engagement_state") == 1);
  CHECK(world.rows<std::string>("SELECT soft_source FROM engagement_state") == std::vector<std::string>{"focus"});
  reverse(world, ann, keys::task(object(1)));  // had not counted
  CHECK(world.count("SELECT completions_total FROM engagement_state") == 1);
}

STORE_TEST("what follows what is counted within four hours, once per call, and not without telemetry") {
  World world(store);
  const auto ann = world.person();
  const auto transitions = [&] {
    return world.rows<std::string>(
        "SELECT from_key || ' ' || to_key || ' ' || count FROM action_transitions WHERE user_id = $1 AND count > 0 "
        "ORDER BY from_key, to_key",
        ann.id());
  };
  using Keys = std::vector<std::string>;
  award(world, ann, focus(1));
  CHECK(transitions() == Keys{});
  at(world, "2026-03-10T13:00:00Z");
  award(world, ann, task(1));
  CHECK(transitions() == Keys{"module:focus module:projects 1"});
  at(world, "2026-03-10T17:00:01Z");
  award(world, ann, focus(2));
  CHECK(transitions() == Keys{"module:focus module:projects 1"});
  at(world, "2026-03-10T17:30:00Z");
  within(world, ann, [](Context& ctx) {
    progress::award(ctx, task(2));
    progress::award(ctx, focus(3));  // counts in its place
  });
  CHECK(transitions() == Keys{"module:focus module:focus 1", "module:focus module:projects 1"});
  world.sql(R"sql(INSERT INTO today_prefs (user_id, focus_minutes, tips_enabled, telemetry_enabled, created_at,
              updated_at) VALUES ($1, 25, TRUE, FALSE, $2, $2))sql",
            ann.id(), world.clock->now());
  award(world, ann, task(3));
  CHECK(transitions() == Keys{"module:focus module:focus 1", "module:focus module:projects 1"});
}

STORE_TEST("an event undone without its award stands again and pays nothing more") {
  World world(store);
  const auto ann = world.person();
  const progress::Award tick{.event = {.kind = EventKind::plan_item_complete, .key = keys::plan_item(object(1))},
                             .amounts = {.xp = 15, .coins = 5}};
  award(world, ann, tick);
  within(world, ann, [&](Context& ctx) { activity::reverse(ctx, tick.event.key); });
  CHECK(ann.call("progress.summary")["today"].json() == R"({"xp":15,"coins":5,"events":0})");
  CHECK(ann.call("progress.summary")["current_streak"] == 1);
  CHECK(world.count("SELECT completions_total FROM engagement_state") == 0);
  const auto again = award(world, ann, tick);
  CHECK(again.already_awarded);
  CHECK(ann.call("progress.summary")["today"].json() == R"({"xp":15,"coins":5,"events":1})");
  CHECK(world.count("SELECT completions_total FROM engagement_state") == 1);
  CHECK(world.count("SELECT contributions FROM streak_days") == 1);
}

STORE_TEST("deeds without reward keep the daily streak and write no entry") {
  World world(store);
  const auto ann = world.person();
  const auto record = [&](EventKind kind, std::string key) {
    return within(world, ann, [&](Context& ctx) { return progress::record(ctx, {.kind = kind, .key = key}); });
  };
  CHECK(record(EventKind::lesson_start, keys::lesson_start(object(1))).streaks.empty());
  CHECK(record(EventKind::review_session, keys::review_session(LocalDate::of(2026, 3, 10), 9)).streaks.size() == 2);
  const auto journal = record(EventKind::journal_entry, keys::journal(object(2)));
  CHECK_FALSE(journal.already_recorded);
  CHECK_FALSE(journal.streaks[0].is_new_day);
  CHECK(record(EventKind::journal_entry, keys::journal(object(2))).already_recorded);
  CHECK(ann.call("ledger.list")["total"] == 0);
  CHECK(ann.call("streaks.get", R"({"type": "daily_activity"})")["streak"]["current"] == 1);
  CHECK(refusal([&] { record(EventKind::focus_complete, "focus:1"); }) == "INTERNAL");
  CHECK(refusal([&] { award(world, ann, {.event = {.kind = EventKind::focus_start, .key = "k"}}); }) == "INTERNAL");
}

STORE_TEST("partial deeds count in no session streak") {
  World world(store);
  const auto ann = world.person();
  auto early = focus(1);
  early.event.deed.counted = false;
  early.amounts = {.xp = 10, .coins = 2};
  CHECK(award(world, ann, early).streaks.size() == 1);
  CHECK(ann.call("streaks.get", R"({"type": "focus"})")["streak"]["current"] == 0);
  const progress::Award empty_workout{
      .event = {.kind = EventKind::workout_complete, .key = keys::workout(object(2)), .deed = {.counted = false}}};
  const auto result = award(world, ann, empty_workout);
  CHECK(result.xp == 0);
  CHECK(result.streaks.empty());
  CHECK(ann.call("ledger.list", R"({"event_type": "workout_complete"})")["total"] == 1);
}
