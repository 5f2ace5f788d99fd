// Quests for everybody, and what both kinds have in common.
#include <rapidcheck.h>

#include <thread>

#include "ignition/domains/habits.hpp"
#include "ignition/domains/streaks.hpp"
#include "support/quests.hpp"
#include "support/vectors.hpp"

using namespace ignition;
using namespace ignition::test;
using Life = QuestLife;
using rules::EventKind;
namespace keys = rules::keys;

STORE_TEST("Daily Focus follows the minutes, pays once, and never by the request") {
  Life life(store);
  CHECK(life.state("Daily Focus") == "available 0");
  life.focus(900);
  CHECK(life.state("Daily Focus") == "in_progress 15");
  CHECK(life.call("today.get")["counts"]["active_quests"] == 4);  // the day's, the week's, the month's two
  const Uuid quest = life.id("Daily Focus");
  CHECK(life.ann.error_of("quests.claim", with_id(quest)) == "CONFLICT target_not_reached");
  CHECK(life.ann.error_of("quests.complete", with_id(quest)) == "CONFLICT target_not_reached");
  life.focus(600);
  CHECK(life.state("Daily Focus") == "completed 25");
  CHECK(life.ann.error_of("quests.claim", with_id(quest, R"("xp_reward": 9999)")).code == Code::VALIDATION_ERROR);

  const auto result = life.call("quests.claim", with_id(quest))["result"];
  CHECK(result["xp_awarded"] == 50);
  CHECK(result["coins_awarded"] == 10);
  CHECK(result["quest"]["status"] == "claimed");
  CHECK(result["quest"]["claimed_at"] == life.world.clock->now());
  CHECK(life.ann.error_of("quests.claim", with_id(quest)) == "CONFLICT already_claimed");
  CHECK(life.ann.error_of("quests.complete", with_id(quest)) == "CONFLICT already_claimed");
  CHECK(life.earned() == std::pair<std::int64_t, std::int64_t>{50, 10});
  const auto entry = life.call("ledger.list", R"({"event_type": "quest_complete"})")["entries"][0];
  CHECK(entry["skill_key"] == "knowledge");
  CHECK(entry["skill_stars"] == 1);
  CHECK(entry["idempotency_key"] == fmt::format("quest:{}:2026-01-14", quest.text()));
  CHECK(life.state("Daily Focus") == "claimed 25");  // claimed ones stay in the list
  CHECK(life.call("ledger.verify")["ok"] == true);
}

STORE_TEST("a completed quest that was forgotten is claimed by the first write of the next day") {
  Life life(store);
  life.focus(1500);
  CHECK(life.state("Daily Focus") == "completed 25");
  life.at("2026-01-15T09:00:00Z");
  CHECK(life.state("Daily Focus") == "available 0");  // a read shows the new period and stores nothing
  CHECK(life.earned().first == 0);
  life.call("settings.update", R"({"theme": "dark"})");
  CHECK(life.earned() == std::pair<std::int64_t, std::int64_t>{50, 10});
  CHECK(life.state("Daily Focus") == "available 0");
  const auto entry = life.call("ledger.list", R"({"event_type": "quest_complete"})")["entries"][0];
  CHECK(entry["activity_date"] == "2026-01-14");
  CHECK(life.world.rows<Instant>("SELECT occurred_at FROM activity_events WHERE user_id = $1 AND event_type = "
                                 "'quest_complete'",
                                 life.ann.id())[0] == Instant::parse("2026-01-14T23:59:59.999999Z").value());
  // Nothing of it is a deed: neither a day of a streak, nor the last activity, nor a completion.
  CHECK(life.call("streaks.days",
                  R"({"type": "daily", "from": "2026-01-15", "to": "2026-01-15"})")["days"][0]["state"] == "open");
  CHECK(life.world.rows<Instant>("SELECT last_activity_at FROM engagement_state WHERE user_id = $1",
                                 life.ann.id())[0] == Instant::parse("2026-01-14T09:25:00Z").value());
  life.call("settings.update", R"({"theme": "light"})");
  CHECK(life.earned().first == 50);
  CHECK(life.call("quests.history")["quests"][0]["period_key"] == "2026-01-14");
  CHECK(life.call("quests.history")["quests"][0]["period_ends_at"] == "2026-01-15T00:00:00.000000Z");
}

STORE_TEST("a weekly quest claimed late does not make its Sunday an active day, and what was not done is over") {
  Life life(store, "2026-01-14T09:00:00Z");
  for (int i = 0; i < 3; ++i) life.focus(3600);  // 180 minutes on a Wednesday
  CHECK(life.state("Focus Champion") == "completed 180");
  CHECK(life.state("Marathon Focus") == "in_progress 180");
  life.at("2026-01-19T12:00:00Z");
  life.call("settings.update", R"({"theme": "dark"})");
  CHECK(life.earned().first == 200 + 50);  // the daily one of Wednesday, too
  CHECK(life.call("streaks.days",
                  R"({"type": "daily", "from": "2026-01-18", "to": "2026-01-18"})")["days"][0]["state"] == "missed");
  CHECK(life.call("ledger.list", R"({"event_type": "quest_complete", "from": "2026-01-18"})")["total"] == 1);
  CHECK(life.state("Marathon Focus") == "in_progress 180");
  life.at("2026-02-01T00:00:00Z");
  life.call("settings.update", R"({"theme": "light"})");
  CHECK(life.world.rows<std::string>("SELECT status FROM user_quest_progress WHERE period_key = '2026-01' AND target = "
                                     "1200") == std::vector<std::string>{"expired"});
  CHECK(life.state("Marathon Focus") == "available 0");
}

STORE_TEST("the first write of a new period claims also when it is itself refused or repeated") {
  Life life(store);
  life.focus(1500);
  life.at("2026-01-15T09:00:00Z");
  life.ann.error_of("quests.claim", with_id(life.id("Daily Focus")));  // refused: nothing is stored
  CHECK(life.earned().first == 0);
  const auto twice = [&] {
    return life.ann.answer({.operation = "habits.create", .body = R"({"name": "walk"})", .idempotency_key = "k"});
  };
  const auto first = twice();
  CHECK(life.earned().first == 50);
  CHECK(twice().body == first.body);
  CHECK(life.earned().first == 50);
}

STORE_TEST("universal quests follow their target type, whatever their title says") {
  Life life(store);
  life.world.sql("UPDATE universal_quests SET title = 'Workout Reading Habit' WHERE title = 'Daily Focus'");
  life.focus(1500);
  CHECK(life.state("Workout Reading Habit") == "completed 25");
  CHECK(life.state("Workout Week") == "available 0");
  CHECK(life.state("Bookworm") == "available 0");
}

STORE_TEST("each measure counts its own deeds") {
  Life life(store, "2026-01-14T09:00:00Z");
  const auto measure = [&](std::string_view type, int target = 100) { life.universal(type, "daily", type, target); };
  for (const char* type : {"focus_sessions", "workouts_completed", "exercise_minutes", "habits_completed",
                           "reading_minutes", "pages_read", "books_completed", "lessons_completed", "reviews_completed",
                           "milestones_completed", "goals_completed", "plan_items_completed", "level", "streak_days"}) {
    measure(type);
  }
  const auto reads = [&](std::string_view title) { return life.shared(title)["progress"].integer(); };
  life.deed(EventKind::workout_complete, keys::workout(quest_id(1)), 5 * 3600);
  CHECK(reads("workouts_completed") == 1);
  CHECK(reads("exercise_minutes") == 100);  // 120 of one workout, and no more than the target
  life.deed(EventKind::reading_session, keys::reading(quest_id(2)), 119, 42);
  CHECK(reads("reading_minutes") == 1);
  CHECK(reads("pages_read") == 42);
  life.deed(EventKind::book_complete, keys::book(quest_id(3)));
  CHECK(reads("books_completed") == 1);
  life.deed(EventKind::lesson_complete, keys::lesson(quest_id(4)));
  CHECK(reads("lessons_completed") == 1);
  life.deed(EventKind::review_complete, keys::review(LocalDate::of(2026, 1, 14)));
  CHECK(reads("reviews_completed") == 1);
  life.deed(EventKind::focus_complete, keys::focus(quest_id(5)), 1500);
  life.deed(EventKind::focus_complete, keys::focus(quest_id(6)), 899);
  CHECK(reads("focus_sessions") == 2);
  CHECK(life.state("Daily Focus") == "completed 25");
  CHECK(life.state("Focus Champion") == "in_progress 39");
  const auto goal = life.call("goals.create", R"({"title": "g", "milestones": [{"title": "m"}]})")["goal"];
  life.call("milestones.complete", with_id(goal["milestones"][0]["id"].id()));
  CHECK(reads("milestones_completed") == 1);
  CHECK(reads("goals_completed") == 1);
  const auto item = life.call("plan.add_item", R"({"title": "own"})")["item"];
  life.call("plan.complete_item", with_id(item["id"].id()));
  CHECK(reads("plan_items_completed") == 1);
  CHECK(reads("streak_days") == 1);
  CHECK(reads("habits_completed") == 0);
  CHECK(reads("level") == life.call("progress.summary")["level"].integer());
}

STORE_TEST("undoing a deed takes its progress back, and reading again changes nothing") {
  Life life(store);
  const Uuid habit = life.call("habits.create", R"({"name": "walk"})")["habit"]["id"].id();
  life.call("habits.complete", with_id(habit));
  CHECK(life.state("Habit Check") == "completed 1");
  CHECK(life.state("Habit Warrior") == "in_progress 1");
  CHECK(life.state("Habit Check") == "completed 1");
  life.call("habits.undo", with_id(habit));
  CHECK(life.state("Habit Check") == "in_progress 0");
  CHECK(life.shared("Habit Check")["completed_at"] == nullptr);
  CHECK(life.state("Habit Warrior") == "in_progress 0");
  life.call("habits.complete", with_id(habit));
  life.call("quests.claim", with_id(life.id("Habit Check")));
  life.call("habits.undo", with_id(habit));
  CHECK(life.state("Habit Check") == "claimed 1");  // what was claimed is kept
}

STORE_TEST("a tick that is taken back counts no longer, and counts again when it is set again") {
  Life life(store);
  life.universal("Planned", "daily", "plan_items_completed", 2);
  std::vector<Uuid> items;
  for (int i = 0; i < 2; ++i) items.push_back(life.call("plan.add_item", R"({"title": "a"})")["item"]["id"].id());
  const auto tick = [&](std::size_t i, bool completed) {
    life.call("plan.complete_item",
              fmt::format(R"({{"id": "{}", "completed": {}}})", items[i].text(), completed ? "true" : "false"));
  };
  tick(0, true);
  CHECK(life.state("Planned") == "in_progress 1");
  tick(0, false);
  CHECK(life.state("Planned") == "in_progress 0");
  tick(1, true);
  CHECK(life.state("Planned") == "in_progress 1");
  tick(0, true);
  CHECK(life.state("Planned") == "completed 2");
  tick(1, false);
  CHECK(life.state("Planned") == "in_progress 1");
  const std::string again =
      fmt::format(R"({{"items": [{{"id": "{}", "title": "a", "completed": true}}]}})", items[1].text());
  life.call("plan.update", again);
  CHECK(life.state("Planned") == "completed 2");
}

STORE_TEST("a day is perfect when all habits due on it are done, whatever makes it so") {
  Life life(store);
  const auto make = [&](std::string_view body) { return life.call("habits.create", body)["habit"]["id"].id(); };
  const Uuid walk = make(R"({"name": "walk"})");
  const Uuid read = make(R"({"name": "read"})");
  make(R"({"name": "weekly", "frequency": "weekly", "target_count": 3})");
  life.call("habits.complete", with_id(walk));
  CHECK(life.state("Habit Warrior") == "available 0");
  life.call("habits.archive", with_id(read));  // put away today, it is not due
  CHECK(life.state("Habit Warrior") == "in_progress 1");
  life.call("habits.restore", with_id(read));
  CHECK(life.state("Habit Warrior") == "in_progress 0");
  life.call("habits.update", with_id(read, R"("frequency": "custom", "custom_days": [1])"));  // today is Wednesday
  CHECK(life.state("Habit Warrior") == "in_progress 1");
  const Uuid late = make(R"({"name": "late"})");
  CHECK(life.state("Habit Warrior") == "in_progress 0");
  life.call("habits.delete", with_id(late, R"("permanent": true)"));
  CHECK(life.state("Habit Warrior") == "in_progress 1");
}

STORE_TEST("the daily streak of a month is its highest value on any date of the month") {
  Life life(store, "2025-12-30T12:00:00Z");
  const auto live = [&](std::string_view instant) {
    life.at(instant);
    const Uuid goal = life.call("goals.create", R"({"title": "g", "milestones": [{"title": "m"}]})")["goal"]["id"].id();
    life.call("goals.complete", with_id(goal));
  };
  live("2025-12-30T12:00:00Z");
  live("2025-12-31T12:00:00Z");
  CHECK(life.state("Perfect Month") == "in_progress 2");
  live("2026-01-01T12:00:00Z");
  CHECK(life.state("Perfect Month") == "in_progress 3");  // the run came over from December
  live("2026-01-03T12:00:00Z");                           // a new run
  CHECK(life.state("Perfect Month") == "in_progress 3");
}

STORE_TEST("a universal quest is taken up, given up for its period, and there again in the next") {
  Life life(store);
  const Uuid quest = life.id("Daily Focus");
  CHECK(life.call("quests.accept", with_id(quest))["quest"]["status"] == "in_progress");
  CHECK(life.shared("Daily Focus")["accepted_at"] == life.world.clock->now());
  CHECK(life.ann.error_of("quests.accept", with_id(quest)) == "CONFLICT invalid_state");
  CHECK(life.call("sync.badges")["active_quests"] == 1);
  CHECK(life.call("quests.abandon", with_id(quest))["quest"]["status"] == "abandoned");
  CHECK(life.state("Daily Focus") == "absent");
  CHECK(life.quest(quest)["status"] == "abandoned");
  CHECK(life.call("sync.badges")["active_quests"] == 0);
  CHECK(life.ann.error_of("quests.abandon", with_id(quest)) == "CONFLICT invalid_state");
  CHECK(life.ann.error_of("quests.accept", with_id(quest)) == "CONFLICT invalid_state");
  CHECK(life.ann.error_of("quests.claim", with_id(quest)) == "CONFLICT invalid_state");
  life.focus(1500);
  CHECK(life.state("Daily Focus") == "absent");
  life.at("2026-01-15T00:00:00Z");
  CHECK(life.state("Daily Focus") == "available 0");
  // Taking up what is done already finds it done.
  life.focus(1500);
  const Uuid late = life.universal("late", "daily", "focus_minutes", 20);
  CHECK(life.state("late") == "available 0");
  CHECK(life.call("quests.accept", with_id(late))["quest"]["status"] == "completed");
}

STORE_TEST("an administrator's edit leaves a running period as it was promised") {
  Life life(store);
  life.focus(900);
  life.world.sql(
      "UPDATE universal_quests SET xp_reward = 1, coin_reward = 1, target = 500 WHERE title = 'Daily Focus'");
  life.focus(600);
  CHECK(life.shared("Daily Focus")["xp_reward"] == 50);
  CHECK(life.state("Daily Focus") == "completed 25");
  CHECK(life.call("quests.claim", with_id(life.id("Daily Focus")))["result"]["xp_awarded"] == 50);
  life.at("2026-01-15T09:00:00Z");
  CHECK(life.shared("Daily Focus")["target"] == 500);
  life.world.sql("UPDATE universal_quests SET is_active = FALSE WHERE title = 'Daily Focus'");
  CHECK(life.state("Daily Focus") == "absent");
  CHECK(life.ann.error_of("quests.get", with_id(life.id("Daily Focus"))).code == Code::NOT_FOUND);
}

STORE_TEST("periods turn with the user's own day") {
  const Vectors vectors("progress/periods.json");
  int cases = 0;
  for (const Value c : vectors["cases"].get_array()) {
    CAPTURE(text(c, "id"));
    ++cases;
    Life life(store, text(c, "at"), fmt::format(R"({{"timezone": "{}"}})", text(c, "tz")));
    if (has(c, "day_start_hour")) {
      life.call("settings.update", fmt::format(R"({{"day_start_hour": {}}})", integer(c, "day_start_hour")));
    }
    for (const auto& [title, period] :
         {std::pair{"Daily Focus", "daily"}, {"Focus Champion", "weekly"}, {"Marathon Focus", "monthly"}}) {
      const Value expected = c["expect"][period].value();
      CHECK(life.shared(title)["period_key"] == text(expected, "key"));
      CHECK(life.shared(title)["period_ends_at"] == instant(expected, "ends_at"));
    }
  }
  CHECK(cases == 20);
}

STORE_TEST("a quest done once has its own window") {
  Life life(store);
  const Instant end = Instant::parse("2026-01-20T12:00:00Z").value();
  life.universal("soon", "one_time", "focus_minutes", 40, end);
  life.universal("now", "one_time", "focus_minutes", 40, {}, end);
  CHECK(life.state("soon") == "absent");
  life.focus(1500);
  CHECK(life.state("now") == "in_progress 25");
  CHECK(life.shared("now")["period_key"] == "once");
  CHECK(life.shared("now")["period_ends_at"] == end);
  life.at("2026-01-19T09:00:00Z");
  life.focus(1500);
  CHECK(life.state("now") == "completed 40");
  CHECK(life.call("today.get")["counts"]["active_quests"] == 5);  // Daily Focus, two longer ones, the streak, this one
  life.at("2026-01-20T12:00:00Z");
  CHECK(life.state("now") == "absent");
  CHECK(life.state("soon") == "available 0");
  const auto before = life.earned().first;
  life.call("settings.update", R"({"theme": "dark"})");
  CHECK(life.earned().first == before + 50 + 30);  // Daily Focus of the 19th, and this one
  const auto done = life.call("quests.history")["quests"];
  for (int i = 0; i < static_cast<int>(done.size()); ++i) {
    if (done[i]["title"] == "now") CHECK(done[i]["period_ends_at"] == end);
  }
  CHECK(done.size() > 1);
}

STORE_TEST("quests are listed in order, by status and by source") {
  Life life(store);
  life.make(R"({"title": "older"})");
  life.world.clock->advance(std::chrono::seconds(1));
  const Uuid newer = life.make(R"({"title": "newer"})")["id"].id();
  const auto titles = [&](std::string_view body) {
    std::string out;
    const auto page = life.call("quests.list", body);
    for (int i = 0; i < static_cast<int>(page["quests"].size()); ++i) out += page["quests"][i]["title"].text() + ", ";
    return out + std::to_string(page["total"].integer());
  };
  CHECK(titles(R"({"page_size": 50})") ==
        "Daily Focus, Habit Check, Active Minutes, Focus Champion, Habit Warrior, Workout Week, Bookworm, "
        "Marathon Focus, Perfect Month, newer, older, 11");
  CHECK(titles(R"({"page": 2, "page_size": 5})") == "Workout Week, Bookworm, Marathon Focus, Perfect Month, newer, 11");
  CHECK(titles(R"({"page": 3, "page_size": 5})") == "older, 11");
  CHECK(titles(R"({"page": 4, "page_size": 5})") == "11");
  CHECK(titles(R"({"source": "personal", "page_size": 1})") == "newer, 2");
  CHECK(titles(R"({"source": "universal", "page_size": 1})") == "Daily Focus, 9");
  life.call("quests.accept", with_id(newer));
  life.call("quests.accept", with_id(life.id("Bookworm")));
  CHECK(titles(R"({"status": "accepted"})") == "newer, 1");
  CHECK(titles(R"({"status": "in_progress"})") == "Bookworm, 1");
  CHECK(titles(R"({"status": "available", "source": "personal"})") == "older, 1");
  life.call("quests.abandon", with_id(newer));
  life.call("quests.abandon", with_id(life.id("Bookworm")));
  CHECK(titles(R"({"status": "abandoned"})") == "newer, 1");
  CHECK(life.ann.error_of("quests.list", R"({"status": "nonexistent"})").code == Code::VALIDATION_ERROR);
}

STORE_TEST("the plan takes quests up, and a quest that is done ticks its item") {
  Life life(store, "2026-01-14T09:00:00Z");
  life.world.clock->advance(std::chrono::hours(48));  // no first day any more
  life.focus(60);
  const Uuid own = life.make(R"({"title": "own"})")["id"].id();
  life.call("quests.accept", with_id(own));
  const auto plan = life.call("plan.generate")["plan"];
  std::vector<std::string> items;
  for (int i = 0; i < static_cast<int>(plan["items"].size()); ++i) {
    items.push_back(plan["items"][i]["type"].text() + " " + plan["items"][i]["title"].text());
  }
  CHECK(items ==
        std::vector<std::string>{"focus Focus Session", "quest own", "quest Daily Focus", "quest Habit Check"});
  const auto open = [&] {
    std::string out;
    const auto now = life.call("plan.get")["plan"]["items"];
    for (int i = 0; i < static_cast<int>(now.size()); ++i) {
      if (now[i]["completed"] == false) out += now[i]["title"].text() + ", ";
    }
    return out;
  };
  life.call("quests.complete", with_id(own));
  CHECK(open() == "Focus Session, Daily Focus, Habit Check, ");
  life.focus(1500);
  CHECK(open() == "Habit Check, ");  // the target of Daily Focus is reached, claimed or not
  CHECK(life.call("plan.get")["plan"]["items"][2]["item_key"] ==
        fmt::format("plan_quest_{}", life.id("Daily Focus").text()));
}

STORE_TEST("shipping quests again changes nothing that is there") {
  Life life(store);
  life.world.sql("UPDATE universal_quests SET xp_reward = 7, is_active = FALSE WHERE title = 'Daily Focus'");
  life.world.sql("DELETE FROM universal_quests WHERE title = 'Habit Check'");
  within(life.world, life.ann, [](Context& ctx) { quests::ship(ctx.db, ctx.ids, ctx.now); });
  CHECK(life.world.count("SELECT count(*) FROM universal_quests") == 9);
  CHECK(life.world.count("SELECT count(*) FROM universal_quests WHERE NOT is_active AND xp_reward = 7") == 1);
}

TEST_CASE("twenty threads claim one quest once, and complete one of one's own once") {
  Life life("file");
  life.focus(1500);
  const Uuid shared = life.id("Daily Focus");
  const Uuid own = life.make(R"({"title": "t"})")["id"].id();
  std::atomic<int> paid = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back([&, i] {
      try {
        const auto result = i % 2 == 0 ? life.ann.run(&quests::claim, {.id = shared})
                                       : life.ann.run<quests::Rewarded, ById>(&quests::complete, {.id = own});
        if (result.result.xp_awarded > 0) ++paid;
      } catch (const Error& error) {
        if (error.code() == Code::CONFLICT) ++refused;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(paid == 2);
  CHECK(refused == 18);
  CHECK(life.earned() == std::pair<std::int64_t, std::int64_t>{60, 15});
  CHECK(life.call("ledger.verify")["ok"] == true);
}

STORE_TEST("the badge and Today show the same number of quests at the same clock") {
  Life life(store);
  life.focus(600);
  const Uuid id = life.make(R"({"title": "t", "expires_at": "2026-01-14T10:00:00Z"})")["id"].id();
  life.call("quests.accept", with_id(id));
  for (const char* now : {"2026-01-14T09:30:00Z", "2026-01-14T10:00:00Z", "2026-01-15T00:00:00Z"}) {
    life.at(now);
    CHECK(life.call("today.get")["counts"]["active_quests"] == life.call("sync.badges")["active_quests"]);
    CHECK(life.call("sync.poll")["badges"]["active_quests"] == life.call("sync.badges")["active_quests"]);
  }
  life.at("2026-01-14T09:59:59Z");
  CHECK(life.call("sync.badges")["active_quests"] == 5);  // three measures of minutes, the streak, and one's own
  life.at("2026-01-14T10:00:00Z");
  CHECK(life.call("sync.badges")["active_quests"] == 4);
}

TEST_CASE("whatever is done and undone, quests show what the feed adds up to and balances are sums") {
  CHECK(rc::check("quests agree with the feed", [] {
    Life life("memory", "2026-01-26T09:00:00Z");  // a week that two months share
    std::vector<Uuid> habits;
    for (int i = 0; i < 2; ++i) {
      habits.push_back(life.call("habits.create", R"({"name": "h"})")["habit"]["id"].id());
    }
    const auto attempt = [&](std::string_view name, const std::string& body) {
      try {
        life.ann.answer({.operation = name, .body = body});
      } catch (const Error& error) {
        RC_ASSERT(error.code() != Code::INTERNAL);
      }
    };
    const auto shared = [&] {
      const auto quests = life.call("quests.list", R"({"source": "universal"})")["quests"];
      return quests[*rc::gen::inRange(0, static_cast<int>(quests.size()))]["id"].id();
    };
    for (int n = *rc::gen::inRange(1, 25); n > 0; --n) {
      life.world.clock->advance(std::chrono::hours(*rc::gen::weightedElement<int>({{6, 1}, {3, 24}, {1, 60}})));
      const Uuid habit = *rc::gen::elementOf(habits);
      switch (*rc::gen::weightedElement<int>({{4, 0}, {4, 1}, {2, 2}, {1, 3}, {1, 4}, {2, 5}, {1, 6}})) {
        case 0:
          life.focus(*rc::gen::element(60, 900, 3600));
          break;
        case 1:
          attempt("habits.complete", with_id(habit));
          break;
        case 2:
          attempt("habits.undo", with_id(habit));
          break;
        case 3:
          attempt("habits.archive", with_id(habit));
          break;
        case 4:
          attempt("habits.restore", with_id(habit));
          break;
        case 5:
          attempt("quests.claim", with_id(shared()));
          break;
        default:
          attempt("quests.accept", with_id(shared()));
      }
    }
    const auto quests = life.call("quests.list", R"({"source": "universal"})")["quests"];
    within(life.world, life.ann, [&](Context& ctx) {
      for (int i = 0; i < static_cast<int>(quests.size()); ++i) {
        const auto quest = quests[i];
        if (quest["status"] == "claimed") continue;
        const auto dates = rules::dates_of_key(quest["period_key"].text()).value();
        const auto target = quest["target"].integer();
        const auto type = quest["target_type"].text();
        std::int64_t measured = 0;
        if (type == "focus_minutes" || type == "habits_completed") {
          measured = ctx.db.one<std::int64_t>(
              Sql{"SELECT CAST(COALESCE(sum(CASE WHEN event_type = 'focus_complete' THEN duration_seconds / 60 ELSE 1 "
                  "END), 0) AS BIGINT) FROM activity_events WHERE user_id = $1 AND event_type = $2 AND activity_date "
                  "BETWEEN $3 AND $4 AND reversed_at IS NULL"},
              ctx.user, type == "focus_minutes" ? "focus_complete" : "habit_complete", dates.first, dates.last);
        } else if (type == "perfect_habit_days") {
          measured = habits::perfect_days(ctx, dates);
        } else if (type == "streak_days") {
          measured = streaks::peak(ctx, rules::StreakType::daily_activity, dates, static_cast<int>(target));
          // A run that came over from the last month counts from the first deed of this one.
          if (quest["progress"] == 0) measured = 0;
        }
        RC_ASSERT(quest["progress"].integer() == std::min(measured, target));
        RC_ASSERT((quest["status"] == "completed") == (quest["progress"].integer() == target));
      }
    });
    RC_ASSERT(life.call("ledger.verify")["ok"] == true);
  }));
}
