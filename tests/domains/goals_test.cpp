#include "ignition/domains/goals.hpp"

#include <map>
#include <thread>

#include "ignition/domains/ledger.hpp"
#include "support/vectors.hpp"
#include "support/world.hpp"

using namespace ignition;
using namespace ignition::test;

namespace {

Uuid make(const Person& person, std::string_view body) { return person.call("goals.create", body)["goal"]["id"].id(); }
Uuid add(const Person& person, const Uuid& goal, std::string_view title = "step") {
  return person.call("milestones.create", with_id(goal, fmt::format(R"("title": "{}")", title)))["milestone"]["id"]
      .id();
}
Answered shown(const Person& person, const Uuid& goal) { return person.call("goals.get", with_id(goal))["goal"]; }

// What the ledger has paid for goals and milestones: XP, coins, stars.
std::array<std::int64_t, 3> earned(World& world, const Person& person) {
  const auto sum = [&](const char* column) {
    return world.rows<std::int64_t>(fmt::format("SELECT CAST(COALESCE(sum({}), 0) AS BIGINT) FROM points_ledger WHERE "
                                                "user_id = $1 AND event_type IN ('goal_complete', "
                                                "'milestone_complete')",
                                                column),
                                    person.id())[0];
  };
  return {sum("xp"), sum("coins"), sum("skill_stars")};
}

// Runs the steps of a vector through the operations.
class Stepper {
 public:
  Stepper(World& world, const Person& person, const Uuid& goal) : world_(world), person_(person), goal_(goal) {}

  void run(Value step, Value expect) {
    const std::string op = text(step, "op");
    const bool on_milestone = has(step, "m");
    const std::string name = op == "add_milestone"   ? "milestones.create"
                             : on_milestone          ? "milestones." + op.substr(0, op.find('_'))
                             : op.starts_with("set") ? "goals.set_progress"
                                                     : "goals." + op;
    std::string body = with_id(goal_);
    if (op == "add_milestone") body = with_id(goal_, R"("title": "m")");
    if (on_milestone && op != "add_milestone") body = with_id(milestones_[text(step, "m")]);  // nil: unknown
    if (op == "set_progress") body = with_id(goal_, fmt::format(R"("progress": {})", integer(step, "progress")));
    if (op == "set_value") {
      body = with_id(goal_, fmt::format(R"("value": {})", step["value"].get_double().value()));
    }
    if (has(expect, "error")) {
      const auto before = shown(person_, goal_);
      CHECK(name_of(person_.error_of(name, body).code) == text(expect, "error"));
      CHECK(shown(person_, goal_) == before);
      return;
    }
    const auto answer = person_.call(name, body);
    if (op == "add_milestone") milestones_[text(step, "m")] = answer["milestone"]["id"].id();
    const auto result = answer["result"];
    if (result.exists()) {
      CHECK(result["xp_awarded"] == integer(expect, "xp_awarded"));
      CHECK(result["coins_awarded"] == integer(expect, "coins_awarded"));
      if (has(expect, "goal_completed")) CHECK(result["goal_completed"] == boolean(expect, "goal_completed"));
      if (on_milestone) CHECK(result["already_completed"] == boolean(expect, "already_completed"));
      CHECK(result["goal"] == shown(person_, goal_));
    }
    check(expect);
  }

  void check(Value expect) {
    const auto goal = shown(person_, goal_);
    CHECK(goal["status"] == text(expect, "status"));
    CHECK(goal["progress"] == integer(expect, "progress"));
    CHECK(goal["total_milestones"] == integer(expect, "total_milestones"));
    CHECK(goal["completed_milestones"] == integer(expect, "completed_milestones"));
    CHECK((goal["completed_at"] == nullptr) == (text(expect, "status") != "completed"));
    CHECK(earned(world_, person_) ==
          std::array{integer(expect, "total_xp"), integer(expect, "total_coins"), integer(expect, "stars")});
  }

 private:
  World& world_;
  const Person& person_;
  Uuid goal_;
  std::map<std::string, Uuid> milestones_;
};

}  // namespace

STORE_TEST("goals go through the states of the vectors when they are stored") {
  const Vectors vectors("progress/goals.json");
  World world(store);
  int cases = 0;
  for (const Value c : vectors["cases"].get_array()) {
    CAPTURE(text(c, "id"));
    ++cases;
    const auto ann = world.person();
    std::string body = R"({"title": "t")";
    const simdjson::dom::object given = c["goal"].get_object().value();
    for (const auto& member : given) {
      body += fmt::format(R"(, "{}": {})", member.key, std::string(simdjson::minify(member.value)));
    }
    body += '}';
    if (has(c, "expect_create_error")) {
      CHECK(name_of(ann.error_of("goals.create", body).code) == text(c, "expect_create_error"));
      continue;
    }
    Stepper stepper(world, ann, make(ann, body));
    stepper.check(c["initial"]);
    int number = 0;
    for (const Value row : c["steps"].get_array()) {
      CAPTURE(++number);
      stepper.run(row["step"], row["expect"]);
    }
    CHECK(ann.call("ledger.verify")["ok"] == true);
  }
  CHECK(cases == 33);
}

STORE_TEST("a goal is created with its milestones and shown in full") {
  World world(store);
  const auto ann = world.person();
  const auto answer = ann.answer({.operation = "goals.create", .body = R"({
      "title": "  Run a marathon ", "description": "slowly", "category": "health", "skill_key": "endurance",
      "target_date": "2026-03-15", "priority": 7,
      "milestones": [{"title": "5 km", "due_date": "2026-03-09"}, {"title": "10 km", "description": "flat"}]})"});
  CHECK(answer.status == 201);
  const auto goal = Answered(answer.body)["goal"];
  CHECK(goal["title"] == "Run a marathon");
  CHECK(goal["skill_key"] == "guts");  // the older name of it was given
  CHECK(goal["status"] == "active");
  CHECK(goal["progress_mode"] == "milestones");
  CHECK(goal["progress"] == 0);
  CHECK(goal["priority"] == 7);
  CHECK(goal["days_left"] == 5);
  CHECK(goal["is_overdue"] == false);
  CHECK(goal["total_milestones"] == 2);
  CHECK(goal["completed_milestones"] == 0);
  CHECK(goal["milestones"][0]["title"] == "5 km");
  CHECK(goal["milestones"][0]["is_overdue"] == true);
  CHECK(goal["milestones"][0]["goal_id"] == goal["id"]);
  CHECK(goal["milestones"][1]["description"] == "flat");
  CHECK(goal["milestones"][1]["sort_order"] == 1);
  CHECK(goal["started_at"] == world.clock->now());
  CHECK(shown(ann, goal["id"].id()) == goal);
}

STORE_TEST("what no goal can be is refused") {
  World world(store);
  const auto ann = world.person();
  const auto refusal = [&](std::string_view body) { return ann.error_of("goals.create", body); };
  CHECK(refusal(R"({"title": "  "})") == "VALIDATION_ERROR title:too_short");
  CHECK(refusal(R"({"title": "t", "skill_key": "juggling"})") == "VALIDATION_ERROR skill_key:unknown");
  CHECK(refusal(R"({"title": "t", "priority": 101})") == "VALIDATION_ERROR priority:out_of_range");
  CHECK(refusal(R"({"title": "t", "start_value": 5, "target_value": 5})") ==
        "VALIDATION_ERROR target_value:same_as_start");
  CHECK(refusal(R"({"title": "t", "target_value": 1e13})") == "VALIDATION_ERROR target_value:out_of_range");
  CHECK(refusal(R"({"title": "t", "progress_mode": "numeric"})") == "VALIDATION_ERROR target_value:required");
  CHECK(refusal(R"({"title": "t", "target_date": "2026-02-30"})").code == Code::VALIDATION_ERROR);
  CHECK(ann.call("goals.list")["total"] == 0);

  const Uuid numeric = make(ann, R"({"title": "weigh less", "start_value": 90, "target_value": 80})");
  const auto update = [&](std::string_view more) { return ann.error_of("goals.update", with_id(numeric, more)); };
  CHECK(update(R"("target_value": null)") == "VALIDATION_ERROR target_value:required");
  CHECK(update(R"("start_value": 80)") == "VALIDATION_ERROR target_value:same_as_start");
  CHECK(update(R"("progress_mode": "manual")").code == Code::VALIDATION_ERROR);
  const auto progress = [&](std::string_view more) {
    return ann.error_of("goals.set_progress", with_id(numeric, more));
  };
  CHECK(progress(R"("progress": 50)") == "CONFLICT wrong_mode");
  CHECK(progress(R"("progress": 101)") == "VALIDATION_ERROR progress:out_of_range");
  CHECK(progress(R"("value": 85, "progress": 50)") == "VALIDATION_ERROR value:exclusive");
  CHECK(ann.error_of("goals.set_progress", with_id(numeric)) == "VALIDATION_ERROR progress:required");
  CHECK(progress(R"("value": 1e300)") == "VALIDATION_ERROR value:out_of_range");
}

STORE_TEST("three milestones pay 70 XP, 20 coins and a star, and reopening one takes the goal's reward back") {
  World world(store);
  const auto ann = world.person();
  const Uuid goal = make(ann, R"({"title": "g", "milestones": [{"title": "a"}, {"title": "b"}, {"title": "c"}]})");
  std::vector<Uuid> steps;
  for (int i = 0; i < 3; ++i) steps.push_back(shown(ann, goal)["milestones"][i]["id"].id());
  std::vector<std::int64_t> progress;
  for (const Uuid& step : steps) {
    progress.push_back(ann.call("milestones.complete", with_id(step))["result"]["goal_progress"].integer());
  }
  CHECK(progress == std::vector<std::int64_t>{33, 66, 100});
  CHECK(earned(world, ann) == std::array<std::int64_t, 3>{70, 20, 1});
  CHECK(shown(ann, goal)["status"] == "completed");

  const auto reopened = ann.call("milestones.reopen", with_id(steps[1]))["result"];
  CHECK(reopened["goal_progress"] == 66);
  CHECK(reopened["goal"]["status"] == "active");
  CHECK(reopened["milestone"]["is_completed"] == false);
  CHECK(earned(world, ann) == std::array<std::int64_t, 3>{20, 0, 0});
  // Doing it again leaves what doing it once would have left.
  ann.call("milestones.complete", with_id(steps[1]));
  CHECK(earned(world, ann) == std::array<std::int64_t, 3>{70, 20, 1});
  CHECK(shown(ann, goal)["award_no"] == 2);
  CHECK(ann.call("ledger.verify")["ok"] == true);
}

STORE_TEST("a milestone completed twice pays once, and one added to a finished goal is refused") {
  World world(store);
  const auto ann = world.person();
  const Uuid goal = make(ann, R"({"title": "g"})");
  const Uuid only = add(ann, goal);
  const auto first = ann.call("milestones.complete", with_id(only))["result"];
  CHECK(first["xp_awarded"] == 50);
  CHECK(first["already_completed"] == false);
  const auto again = ann.call("milestones.complete", with_id(only))["result"];
  CHECK(again["already_completed"] == true);
  CHECK(again["goal_completed"] == false);
  CHECK(again["xp_awarded"] == 0);
  CHECK(ann.error_of("milestones.create", with_id(goal, R"("title": "late")")) == "CONFLICT goal_completed");
  const auto done = shown(ann, goal);
  CHECK(done["status"] == "completed");
  CHECK(done["progress"] == 100);
  CHECK(earned(world, ann) == std::array<std::int64_t, 3>{50, 20, 1});
}

STORE_TEST("a falling number is followed to its target") {
  World world(store);
  const auto ann = world.person();
  const Uuid goal = make(ann, R"({"title": "lighter", "start_value": 90, "target_value": 80, "unit": "kg"})");
  CHECK(shown(ann, goal)["current_value"] == 90.0);
  const auto half = ann.call("goals.set_progress", with_id(goal, R"("value": 86)"))["result"];
  CHECK(half["goal"]["progress"] == 40);
  CHECK(half["goal_completed"] == false);
  const auto done = ann.call("goals.set_progress", with_id(goal, R"("value": 80)"))["result"];
  CHECK(done["goal"]["status"] == "completed");
  CHECK(done["xp_awarded"] == 40);
  CHECK(done["coins_awarded"] == 20);
  CHECK(done["goal_completed"] == true);
  CHECK(ann.error_of("goals.set_progress", with_id(goal, R"("value": 79)")) == "CONFLICT not_active");
}

STORE_TEST("editing values or milestones never completes a goal") {
  World world(store);
  const auto ann = world.person();
  const Uuid numeric = make(ann, R"({"title": "n", "target_value": 10, "current_value": 12})");
  CHECK(shown(ann, numeric)["progress"] == 100);
  CHECK(shown(ann, numeric)["status"] == "active");
  const auto edited = ann.call("goals.update", with_id(numeric, R"("target_value": 24, "unit": null, "title": "N")"));
  CHECK(edited["goal"]["progress"] == 50);
  CHECK(edited["goal"]["title"] == "N");
  CHECK(edited["goal"] == shown(ann, numeric));

  const Uuid goal = make(ann, R"({"title": "m"})");
  const Uuid done = add(ann, goal, "a");
  const Uuid open = add(ann, goal, "b");
  ann.call("milestones.complete", with_id(done));
  const auto removed = ann.call("milestones.delete", with_id(open));
  CHECK(removed.json() == fmt::format(R"({{"id":"{}","goal_progress":100}})", open.text()));
  CHECK(shown(ann, goal)["status"] == "active");
  CHECK(earned(world, ann) == std::array<std::int64_t, 3>{10, 0, 0});
}

STORE_TEST("a milestone is renamed, dated and moved") {
  World world(store);
  const auto ann = world.person();
  const Uuid goal = make(ann, R"({"title": "g"})");
  const Uuid first = add(ann, goal, "first");
  const Uuid second = add(ann, goal, "second");
  const auto moved =
      ann.call("milestones.update",
               with_id(first, R"("title": "later", "due_date": "2026-03-01", "sort_order": 9)"))["milestone"];
  CHECK(moved["title"] == "later");
  CHECK(moved["is_overdue"] == true);
  const auto milestones = shown(ann, goal)["milestones"];
  CHECK(milestones[0]["id"] == second);
  CHECK(milestones[1] == moved);
  CHECK(ann.call("milestones.update", with_id(first, R"("due_date": null)"))["milestone"]["due_date"] == nullptr);
  add(ann, goal, "third");
  CHECK(shown(ann, goal)["milestones"][2]["sort_order"] == 10);
}

STORE_TEST("goals are listed by priority, and by what is asked for") {
  World world(store);
  const auto ann = world.person();
  make(ann, R"({"title": "b", "category": "health"})");
  make(ann, R"({"title": "a", "target_date": "2026-03-09"})");
  const Uuid important = make(ann, R"({"title": "z", "priority": 5, "milestones": [{"title": "x"}]})");
  const Uuid paused = make(ann, R"({"title": "c", "target_date": "2026-03-01"})");
  ann.call("goals.pause", with_id(paused));
  const auto titles = [&](std::string_view body) {
    std::string out;
    const auto page = ann.call("goals.list", body);
    for (int i = 0; i < static_cast<int>(page["goals"].size()); ++i) out += page["goals"][i]["title"].text();
    return out + " of " + std::to_string(page["total"].integer());
  };
  CHECK(titles("{}") == "zabc of 4");
  CHECK(titles(R"({"page": 2, "page_size": 3})") == "c of 4");
  CHECK(titles(R"({"status": "paused"})") == "c of 1");
  CHECK(titles(R"({"category": "health"})") == "b of 1");
  CHECK(titles(R"({"overdue": true})") == "a of 1");  // a paused goal is not overdue
  CHECK(titles(R"({"overdue": false})") == "zbc of 3");
  CHECK(ann.error_of("goals.list", R"({"status": "lost"})").code == Code::VALIDATION_ERROR);
  const auto page = ann.call("goals.list", R"({"page_size": 2})");
  CHECK(page["goals"][0] == shown(ann, important));
  CHECK(page["page"] == 1);
  CHECK(page["page_size"] == 2);
}

STORE_TEST("another user's goals and milestones do not exist") {
  World world(store);
  const auto ann = world.person();
  const auto bob = world.person();
  const Uuid goal = make(ann, R"({"title": "mine"})");
  const Uuid step = add(ann, goal);
  const auto before = shown(ann, goal);
  for (const char* operation : {"goals.get", "goals.update", "goals.complete", "goals.reopen", "goals.pause",
                                "goals.resume", "goals.abandon", "goals.delete"}) {
    CHECK(bob.error_of(operation, with_id(goal)).code == Code::NOT_FOUND);
  }
  CHECK(bob.error_of("goals.set_progress", with_id(goal, R"("progress": 1)")).code == Code::NOT_FOUND);
  CHECK(bob.error_of("milestones.create", with_id(goal, R"("title": "x")")).code == Code::NOT_FOUND);
  for (const char* operation : {"milestones.update", "milestones.complete", "milestones.reopen", "milestones.delete"}) {
    CHECK(bob.error_of(operation, with_id(step)).code == Code::NOT_FOUND);
  }
  CHECK(bob.call("goals.list")["total"] == 0);
  CHECK(shown(ann, goal) == before);
}

STORE_TEST("deleting a goal takes its milestones along and keeps what was earned") {
  World world(store);
  const auto ann = world.person();
  const Uuid goal = make(ann, R"({"title": "g"})");
  ann.call("milestones.complete", with_id(add(ann, goal)));
  CHECK(ann.call("goals.delete", with_id(goal)).json() == fmt::format(R"({{"deleted":true,"id":"{}"}})", goal.text()));
  CHECK(world.count("SELECT count(*) FROM goal_milestones") == 0);
  CHECK(earned(world, ann) == std::array<std::int64_t, 3>{50, 20, 1});
  CHECK(ann.error_of("goals.delete", with_id(goal)).code == Code::NOT_FOUND);
}

STORE_TEST("there are at most 500 goals and 100 milestones of a goal") {
  World world(store);
  const auto ann = world.person();
  const Uuid goal = make(ann, R"({"title": "g"})");
  for (int n = 0; n < 100; ++n) add(ann, goal);
  CHECK(ann.error_of("milestones.create", with_id(goal, R"("title": "one more")")) == "CONFLICT milestone_limit");
  for (int n = 1; n < 500; ++n) make(ann, R"({"title": "g"})");
  CHECK(ann.error_of("goals.create", R"({"title": "one more"})") == "CONFLICT goal_limit");
}

TEST_CASE("twenty threads complete one milestone once") {
  World world("file");
  const auto ann = world.person();
  const Uuid goal = make(ann, R"({"title": "g"})");
  const Uuid step = add(ann, goal);
  std::atomic<int> paid = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back([&] {
      if (ann.run(&milestones::complete, {.id = step}).result.xp_awarded > 0) ++paid;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(paid == 1);
  CHECK(earned(world, ann) == std::array<std::int64_t, 3>{50, 20, 1});
}

STORE_TEST("a failure between a milestone and its reward leaves neither") {
  World world(store);
  world.quiet = true;
  const auto ann = world.person();
  const Uuid goal = make(ann, R"({"title": "g"})");
  const Uuid step = add(ann, goal);
  world.sql("ALTER TABLE streak_days RENAME TO gone");
  CHECK_THROWS_AS(ann.answer({.operation = "milestones.complete", .body = with_id(step)}), Error);
  world.sql("ALTER TABLE gone RENAME TO streak_days");
  CHECK(shown(ann, goal)["completed_milestones"] == 0);
  CHECK(earned(world, ann) == std::array<std::int64_t, 3>{0, 0, 0});
  CHECK(ann.call("milestones.complete", with_id(step))["result"]["xp_awarded"] == 50);
}

STORE_TEST("Today and the badges count what goals wait for, and turn with the user's day") {
  World world(store, {}, Instant::parse("2026-03-10T09:00:00Z").value());
  const auto ann = world.person(R"({"timezone": "America/New_York"})");
  const Uuid goal = make(ann, R"({"title": "g", "target_date": "2026-03-10", "milestones": [
      {"title": "past", "due_date": "2026-03-09"}, {"title": "soon", "due_date": "2026-03-17"},
      {"title": "later", "due_date": "2026-03-18"}, {"title": "whenever"}]})");
  const auto counts = [&] { return ann.call("today.get")["counts"]; };
  CHECK(counts()["milestones_due"] == 2);
  CHECK(counts()["overdue_items"] == 1);
  CHECK(ann.call("sync.badges")["overdue_items"] == 1);
  world.clock->set(Instant::parse("2026-03-11T03:59:59Z").value());  // still the 10th in New York
  CHECK(counts()["overdue_items"] == 1);
  world.clock->set(Instant::parse("2026-03-11T04:00:00Z").value());
  CHECK(counts()["overdue_items"] == 2);
  CHECK(counts()["milestones_due"] == 3);
  CHECK(ann.call("sync.poll")["badges"]["overdue_items"] == 2);
  ann.call("milestones.complete", with_id(shown(ann, goal)["milestones"][0]["id"].id()));
  CHECK(counts()["overdue_items"] == 1);
  ann.call("goals.pause", with_id(goal));
  CHECK(counts()["overdue_items"] == 0);
  CHECK(counts()["milestones_due"] == 0);
}

STORE_TEST("a milestone counts for today, for the daily streak and as one completion of its call") {
  World world(store);
  const auto ann = world.person();
  ann.call("milestones.complete", with_id(add(ann, make(ann, R"({"title": "g"})"))));
  const auto summary = ann.call("progress.summary");
  CHECK(summary["streaks"]["daily_activity"]["current"] == 1);
  CHECK(summary["today"]["events"] == 2);  // the milestone and the goal
  CHECK(world.rows<std::int64_t>("SELECT completions_total FROM engagement_state WHERE user_id = $1", ann.id()) ==
        std::vector<std::int64_t>{1});
  CHECK(world.rows<std::string>(
            "SELECT event_type FROM activity_events WHERE user_id = $1 AND completion ORDER BY event_type", ann.id()) ==
        std::vector<std::string>{"milestone_complete"});
}
