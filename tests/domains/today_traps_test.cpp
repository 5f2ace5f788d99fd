// What Today and the plan must never do: each test looks for one such behaviour.
#include <thread>

#include "ignition/domains/plan.hpp"
#include "support/world.hpp"

using namespace ignition;
using namespace ignition::test;

namespace {

std::optional<Instant> last_activity(World& world, const Person& person) {
  const auto found = world.rows<std::optional<Instant>>(
      "SELECT last_activity_at FROM engagement_state WHERE user_id = $1", person.id());
  return found.empty() ? std::nullopt : found.front();
}

Answered complete_habit(const Person& person, std::string_view name = "walk") {
  const auto habit = person.call("habits.create", fmt::format(R"({{"name":"{}"}})", name))["habit"];
  person.call("habits.complete", with_id(habit));
  return habit;
}

std::string starter(const Person& person) {
  const auto primary = person.call("today.get")["starter_block"]["primary"];
  return primary["href"].text() + " " + primary["label"].text();
}

}  // namespace

STORE_TEST("only deeds stamp the last activity") {
  World world(store);
  const auto ann = world.settled_person();
  const auto habit = complete_habit(ann);
  const auto item = ann.call("plan.add_item", R"({"title":"own"})")["item"];
  const auto stamped = last_activity(world, ann);
  REQUIRE(stamped == world.clock->now());
  world.clock->advance(std::chrono::hours(50));
  for (const Operation& operation : world.engine->catalogue().operations()) {
    if (operation.effect == Effect::write || operation.access == Access::system) continue;
    CAPTURE(operation.name);
    try {
      ann.answer({.operation = operation.name});
    } catch (const Error& error) {
      CHECK(error.code() != Code::INTERNAL);
    }
    CHECK(last_activity(world, ann) == stamped);
  }
  for (const auto& [operation, body] : std::vector<std::pair<const char*, std::string>>{
           {"today.activate_soft_landing", R"({"source":"focus","status":"complete"})"},
           {"today.clear_soft_landing", "{}"},
           {"today.dismiss_momentum", "{}"},
           {"today.dismiss_reduced", "{}"},
           {"today.show_full", "{}"},
           {"today.dismiss_guidance", R"({"step":"intro_return"})"},
           {"plan.generate", "{}"},
           {"plan.update", R"({"notes":"x"})"},
           {"plan.update_item", fmt::format(R"({{"id":"{}","title":"y"}})", item["id"].text())},
           {"plan.delete_item", with_id(item)},
           {"settings.update", R"({"theme":"dark"})"},
           {"habits.undo", fmt::format(R"({{"id":"{}","date":"2026-04-09"}})", habit["id"].text())},
           {"habits.update", fmt::format(R"({{"id":"{}","name":"run"}})", habit["id"].text())}}) {
    CAPTURE(operation);
    ann.call(operation, body);
    CHECK(last_activity(world, ann) == stamped);
  }
}

STORE_TEST("a deed dated earlier stamps the instant of the call") {
  World world(store);
  const auto ann = world.settled_person();
  const auto habit = complete_habit(ann);
  world.clock->advance(std::chrono::hours(72));
  CHECK(ann.call("today.get")["user_state"]["returning_after_gap"] == true);
  ann.call("habits.complete", fmt::format(R"({{"id":"{}","date":"2026-04-10"}})", habit["id"].text()));
  CHECK(last_activity(world, ann) == world.clock->now());
  CHECK(ann.call("today.get")["user_state"]["returning_after_gap"] == false);
}

STORE_TEST("a gap begins 48 hours after the last deed, to the microsecond") {
  World world(store);
  const auto ann = world.settled_person();
  complete_habit(ann);
  world.clock->advance(std::chrono::hours(48) - Micros(1));
  CHECK(ann.call("today.get")["user_state"]["returning_after_gap"] == false);
  world.clock->advance(Micros(1));
  CHECK(ann.call("today.get")["user_state"]["returning_after_gap"] == true);
}

STORE_TEST("a first day lasts 24 hours while nothing was finished, and never longer than its date otherwise") {
  World world(store, {}, Instant::parse("2026-01-14T04:50:00Z").value());  // 23:50 on the 13th in New York
  const auto ann = world.person(R"({"timezone":"America/New_York"})");
  const auto bob = world.person(R"({"timezone":"America/New_York"})");
  world.clock->set(Instant::parse("2026-01-14T15:00:00Z").value());
  CHECK(ann.call("today.get")["user_state"]["first_day"] == true);
  complete_habit(bob);
  CHECK(bob.call("today.get")["user_state"]["first_day"] == false);
  world.clock->set(Instant::parse("2026-01-15T04:49:59.999999Z").value());
  CHECK(ann.call("today.get")["user_state"]["first_day"] == true);
  world.clock->set(Instant::parse("2026-01-15T04:50:00Z").value());
  CHECK(ann.call("today.get")["user_state"]["first_day"] == false);
}

STORE_TEST("days are the user's, not those of UTC") {
  World world(store, {}, Instant::parse("2026-03-10T05:30:00Z").value());
  const auto ann = world.person(R"({"timezone":"America/Los_Angeles"})");  // the 9th, 22:30
  const auto habit = complete_habit(ann);
  ann.call("plan.generate");
  CHECK(ann.call("today.get")["local_date"] == "2026-03-09");
  CHECK(ann.call("plan.get")["plan"]["date"] == "2026-03-09");
  CHECK(ann.call("today.get")["counts"]["pending_habits"] == 0);
  world.clock->set(Instant::parse("2026-03-10T06:59:59Z").value());
  CHECK(ann.call("today.get")["counts"]["pending_habits"] == 0);
  world.clock->set(Instant::parse("2026-03-10T07:00:00Z").value());
  CHECK(ann.call("today.get")["counts"]["pending_habits"] == 1);
  CHECK(ann.call("today.get")["user_state"]["plan_exists"] == false);
  CHECK(ann.call("today.get")["user_state"]["active_streak"] == true);  // kept yesterday
  ann.call("habits.complete", with_id(habit));
  CHECK(ann.call("sync.progress")["streak_days"] == 2);
}

STORE_TEST("a streak is active today and yesterday, not later") {
  World world(store);
  const auto ann = world.settled_person();
  complete_habit(ann);
  const auto active = [&] { return ann.call("today.get")["user_state"]["active_streak"].boolean(); };
  CHECK(active());
  world.clock->advance(std::chrono::hours(24));
  CHECK(active());
  world.clock->advance(std::chrono::hours(24));
  CHECK_FALSE(active());
}

// Each group of facts that fails is named, and the rest of Today is as it was.
STORE_TEST("a group of facts that cannot be read is left out and named") {
  struct Broken {
    std::string table;
    std::string degraded;
  };
  for (const auto& [table, degraded] : std::vector<Broken>{{"habit_pauses", R"(["habits"])"},
                                                           {"inbox_items", R"(["inbox"])"},
                                                           {"action_transitions", R"(["usage"])"},
                                                           {"user_interests", R"(["personalization"])"},
                                                           {"daily_plan_items", R"(["plan"])"},
                                                           {"focus_sessions", R"(["focus"])"},
                                                           {"user_streaks", R"(["streak"])"},
                                                           {"user_onboarding_state", R"(["onboarding"])"},
                                                           {"engagement_state", R"(["engagement","gap"])"},
                                                           {"goal_milestones", R"(["extended"])"},
                                                           {"feature_flags", R"(["flags"])"}}) {
    CAPTURE(table);
    World world(store);
    world.quiet = true;
    const auto ann = world.settled_person();
    complete_habit(ann);
    ann.call("habits.create", R"({"name":"run"})");
    ann.call("plan.add_item", R"({"title":"own","action_url":"/goals"})");
    ann.call("today.get");  // no cached answer may hide the failure: the plan is written again
    ann.call("plan.update", R"({"notes":"x"})");
    const auto whole = ann.call("today.get");
    CHECK(whole["degraded"].json() == "[]");
    world.sql(fmt::format("ALTER TABLE {} RENAME TO gone", table));
    world.sql("UPDATE users SET revision = revision + 1 WHERE id = $1", ann.id());
    const auto today = ann.call("today.get");
    CHECK(today["degraded"].json() == degraded);
    CHECK(today["resolved_state"].exists());
    CHECK(today["counts"]["pending_habits"] == (table == "habit_pauses" ? 0 : 1));
    CHECK(today["plan_summary"]["plan_exists"] == (table != "daily_plan_items"));
    CHECK(ann.call("today.summary")["counts"] == today["counts"]);
    // Nothing of it is kept.
    world.sql(fmt::format("ALTER TABLE gone RENAME TO {}", table));
    const auto healed = ann.call("today.get");
    CHECK(healed["etag"] == whole["etag"]);
    CHECK(healed["degraded"].json() == "[]");
  }
}

STORE_TEST("a stored value that nobody can read costs its group only") {
  World world(store);
  const auto ann = world.settled_person();
  ann.call("habits.create", R"({"name":"walk","frequency":"custom","custom_days":[1,2]})");
  world.sql("UPDATE habits SET custom_days = '[\"x\"]'");
  const auto today = ann.call("today.get");
  CHECK(today["degraded"].json() == R"(["habits"])");
  CHECK(today["counts"]["pending_habits"] == 0);
}

STORE_TEST("a plan is not made of what could be read: it fails whole and changes nothing") {
  World world(store);
  world.quiet = true;
  const auto ann = world.settled_person();
  complete_habit(ann);
  const auto plan = ann.call("plan.generate")["plan"];
  const auto revision = world.revision(ann);
  for (const char* table : {"habit_pauses", "engagement_state", "user_interests", "feature_flags"}) {
    CAPTURE(table);
    world.sql(fmt::format("ALTER TABLE {} RENAME TO gone", table));
    CHECK(ann.error_of("plan.generate", R"({"mode":"replace"})").code == Code::INTERNAL);
    world.sql(fmt::format("ALTER TABLE gone RENAME TO {}", table));
    CHECK(ann.call("plan.get")["plan"] == plan);
    CHECK(world.revision(ann) == revision);
  }
}

STORE_TEST("habits of the same place are planned in the order of their ids, always") {
  World world(store);
  const auto ann = world.settled_person();
  for (const char* name : {"a", "b", "c", "d", "e", "f", "g"}) {
    ann.call("habits.create", fmt::format(R"({{"name":"{}"}})", name));
  }
  std::string planned;
  const auto plan = ann.call("plan.generate")["plan"];
  for (int i = 1; i < 6; ++i) planned += plan["items"][i]["title"].text();
  CHECK(planned == "abcde");
  ann.call("plan.delete");
  const auto again = ann.call("plan.generate")["plan"];
  for (int i = 0; i < 6; ++i) CHECK(again["items"][i]["title"] == plan["items"][i]["title"]);
  for (int i = 0; i < 6; ++i) CHECK(again["items"][i]["action_url"] != Answered("\"/today\""));
}

STORE_TEST("an address that should never have been stored is not offered") {
  World world(store);
  const auto ann = world.settled_person();
  ann.call("plan.add_item", R"({"title":"bad"})");
  ann.call("plan.add_item", R"({"title":"good","action_url":"/goals"})");
  for (const char* url : {"javascript:alert(1)", "//evil.test", "/today", "/focus/x\n"}) {
    CAPTURE(url);
    world.sql("UPDATE daily_plan_items SET action_url = $1 WHERE title = 'bad'", std::string_view(url));
    world.sql("UPDATE users SET revision = revision + 1");
    CHECK(starter(ann) == "/goals Continue: good");
  }
}

STORE_TEST("a paused session comes first and leaves the plan in sight") {
  World world(store);
  const auto ann = world.settled_person();
  ann.call("plan.add_item", R"({"title":"own","action_url":"/goals"})");
  ann.call("focus.start", R"({"duration_seconds":1500})");
  ann.call("focus.pause");
  CHECK(starter(ann) == "/focus Resume Focus");
  CHECK(ann.call("today.get")["resolved_state"] == "plan_exists");
  CHECK(ann.call("today.get")["visibility"]["show_daily_plan"] == true);
}

STORE_TEST("a module that the user weighs leads, one that is disabled is never suggested") {
  World world(store);
  const auto ann = world.settled_person();
  CHECK(starter(ann) == "/focus Start Focus");
  const auto weigh = [&](const char* module, int weight, bool enabled) {
    world.sql(
        "INSERT INTO user_ui_modules (user_id, module_key, enabled, weight, created_at, updated_at) "
        "VALUES ($1, $2, $3, $4, $5, $5)",
        ann.id(), std::string_view(module), enabled, weight, world.clock->now());
    world.sql("UPDATE users SET revision = revision + 1");
  };
  weigh("focus", 9, false);
  CHECK(starter(ann) == "/quests One small quest");
  weigh("ideas", 5, true);
  CHECK(starter(ann) == "/ideas Capture an idea");
}

STORE_TEST("of two deeds at the same instant the one with the smaller id is resumed, on every read") {
  World world(store);
  const auto ann = world.settled_person();
  const auto add = [&](const char* type, const char* module, std::uint8_t id) {
    world.sql(
        "INSERT INTO activity_events (user_id, id, event_type, module, occurred_at, activity_date, dedupe_key, "
        "counted) VALUES ($1, $2, $3, $4, $5, '2026-04-09', $3, TRUE)",
        ann.id(), Uuid{{id}}, std::string_view(type), std::string_view(module),
        world.clock->now() - std::chrono::hours(2));
  };
  add("lesson_complete", "learn", 2);
  add("idea_captured", "ideas", 1);
  for (int i = 0; i < 3; ++i) {
    const auto resume = ann.call("today.get")["resume_last"];
    CHECK(resume["label"] == "Resume Ideas");
    CHECK(resume["last_used"] == world.clock->now() - std::chrono::hours(2));
  }
}

STORE_TEST("a soft landing that was opened does not come back in the session, on no device") {
  World world(store);
  const auto ann = world.settled_person();
  const auto session = ann.call("focus.start", R"({"duration_seconds":1500})");
  world.clock->advance(std::chrono::minutes(25));
  ann.call("focus.complete", with_id(session));
  const auto landing = [&] {
    const auto today = ann.call("today.get");
    CHECK(ann.call("sync.poll")["today"]["soft_landing"] == today["soft_landing"]["active"]);
    CHECK(ann.call("sync.poll")["today"]["momentum"] == today["momentum"]["state"]);
    return today["soft_landing"]["state"].text() + " " + today["momentum"]["state"].text();
  };
  CHECK(landing() == "active shown");
  world.clock->advance(std::chrono::minutes(2));
  ann.call("today.clear_soft_landing", R"({"section":"explore"})");
  CHECK(landing() == "cleared shown");
  ann.call("today.dismiss_momentum");
  complete_habit(ann);
  CHECK(landing() == "cleared dismissed");  // momentum is not shown a second time either
  world.clock->advance(std::chrono::minutes(240));
  CHECK(landing() == "inactive pending");
}

STORE_TEST("one call counts one completion, whatever it finishes") {
  World world(store);
  const auto ann = world.settled_person();
  const auto habit = ann.call("habits.create", R"({"name":"walk"})")["habit"];
  ann.call("plan.generate");
  const auto total = [&] {
    return world.rows<std::int64_t>("SELECT completions_total FROM engagement_state WHERE user_id = $1", ann.id());
  };
  ann.call("habits.complete", with_id(habit));  // and its item of the plan
  CHECK(total() == std::vector<std::int64_t>{1});
  CHECK(ann.call("plan.get")["plan"]["completed_count"] == 1);
  CHECK(world.count("SELECT count(*) FROM activity_events WHERE event_type = 'plan_item_complete'") == 0);
  const auto session = ann.call("focus.start", R"({"duration_seconds":1500})");
  world.clock->advance(std::chrono::minutes(25));
  ann.call("focus.complete", with_id(session));
  CHECK(total() == std::vector<std::int64_t>{2});
  const auto item = ann.call("plan.add_item", R"({"title":"own"})")["item"];
  ann.call("plan.complete_item", with_id(item));
  CHECK(total() == std::vector<std::int64_t>{3});
  ann.call("plan.complete_item", fmt::format(R"({{"id":"{}","completed":false}})", item["id"].text()));
  CHECK(total() == std::vector<std::int64_t>{2});
  CHECK(last_activity(world, ann) == world.clock->now());
}

STORE_TEST("no word of the user's stands in the feed or the ledger") {
  World world(store);
  const auto ann = world.settled_person();
  const auto habit = complete_habit(ann, "zebra habit");
  const auto item = ann.call("plan.add_item", R"({"title":"zebra item","description":"zebra"})")["item"];
  ann.call("plan.complete_item", with_id(item));
  const auto session = ann.call("focus.start", R"({"duration_seconds":1500,"task_title":"zebra task"})");
  world.clock->advance(std::chrono::minutes(25));
  ann.call("focus.complete", with_id(session));
  CHECK(world.count("SELECT count(*) FROM activity_events WHERE CAST(metadata AS TEXT) LIKE '%zebra%' "
                    "OR dedupe_key LIKE '%zebra%' OR entity_id LIKE '%zebra%'") == 0);
  CHECK(world.count("SELECT count(*) FROM points_ledger WHERE idempotency_key LIKE '%zebra%'") == 0);
  CHECK(world.count("SELECT count(*) FROM activity_events") > 3);
}

STORE_TEST("hidden gamification leaves no number of points in Today") {
  World world(store);
  const auto ann = world.settled_person();
  complete_habit(ann);
  ann.call("settings.update", R"({"gamification_visibility":"hidden"})");
  const auto answer = ann.answer({.operation = "today.get"});
  for (const char* word : {"\"xp", "coins", "\"level", "stars", "streak_days", "current_streak"}) {
    CAPTURE(word);
    CHECK(answer.body.find(word) == std::string::npos);
  }
  CHECK(Answered(answer.body)["sections"]["rewards"] == "hidden");
}

TEST_CASE("flags read what operators write") {
  for (const auto& [text, on] : std::vector<std::pair<const char*, bool>>{
           {" TRUE ", true}, {"1", true}, {"on", true}, {"0", false}, {"off", false}, {"False", false}}) {
    CAPTURE(text);
    World world("memory", Config::from({{{"FLAG_TODAY_SOFT_LANDING_V1", text}}}));
    CHECK(world.person().call("today.flags")["flags"]["TODAY_SOFT_LANDING_V1"] == on);
  }
}

STORE_TEST("two devices that tick different items at once lose none, and one of them lands softly first") {
  World world(store);
  const auto ann = world.settled_person();
  std::vector<Uuid> items;
  for (int i = 0; i < 12; ++i) items.push_back(ann.call("plan.add_item", R"({"title":"own"})")["item"]["id"].id());
  std::vector<std::thread> devices;
  for (int device = 0; device < 4; ++device) {
    devices.emplace_back([&, device] {
      for (std::size_t i = static_cast<std::size_t>(device); i < items.size(); i += 4) {
        world.engine->call(ann.caller(), &plan::complete_item, {.id = items[i]});
      }
    });
  }
  for (auto& device : devices) device.join();
  const auto plan = ann.call("plan.get")["plan"];
  CHECK(plan["completed_count"] == 12);
  CHECK(plan["percent_complete"] == 100);
  CHECK(world.rows<std::int64_t>("SELECT completed_count FROM engagement_state").at(0) == 12);
  CHECK(world.count("SELECT count(*) FROM activity_events WHERE event_type = 'plan_item_complete'") == 12);
  CHECK(ann.call("ledger.verify")["ok"] == true);
}

STORE_TEST("generating, adding and ticking at once keep every item") {
  World world(store);
  const auto ann = world.settled_person();
  ann.call("habits.create", R"({"name":"walk"})");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { world.engine->call(ann.caller(), &plan::generate); });
    threads.emplace_back([&] { world.engine->call(ann.caller(), &plan::add_item, {.title = {"own"}}); });
  }
  for (auto& thread : threads) thread.join();
  const auto plan = ann.call("plan.get")["plan"];
  CHECK(plan["total_count"] == 6);
  CHECK(world.count("SELECT count(*) FROM daily_plans") == 1);
  CHECK(world.count("SELECT count(DISTINCT priority) FROM daily_plan_items") == 6);
}
