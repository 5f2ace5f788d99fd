// Progress, streaks, skills, habits and goals on the unversioned surface.
#include "http/compat.hpp"

using namespace ignition;
using namespace ignition::http_test;
using std::chrono::hours;

namespace {

void have_xp(ExistingClient& client, std::int64_t xp, std::int64_t level) {
  client.get("/api/sync/poll");  // the local user exists
  client.world.sql("UPDATE user_progress SET total_xp = $1, level = $2 WHERE user_id = $3", xp, level, kLocalUser);
  client.world.sql("UPDATE users SET revision = revision + 1");
}

}  // namespace

STORE_TEST("the summary stands under data, with the names that mean other things elsewhere (case 39)") {
  ExistingClient client(store);
  have_xp(client, 500, 3);
  for (const char* path : {"/api/gamification/summary", "/user/stats"}) {
    CAPTURE(path);
    const auto told = client.get(path);
    CHECK(told.status == 200);
    CHECK(has_keys(told.body, {"data"}));
    const auto summary = told["data"];
    CHECK(has_keys(summary, {"total_xp", "current_level", "xp_to_next_level", "xp_progress_percent", "coins",
                             "total_skill_stars", "achievement_count", "current_streak", "longest_streak"}));
    CHECK(summary["total_xp"] == 500);
    CHECK(summary["current_level"] == 3);
    CHECK(summary["xp_to_next_level"] == 519);
    CHECK(summary["xp_progress_percent"] == 22);
  }
}

STORE_TEST("level, XP and coins are flat on the paths that ask for them alone") {
  ExistingClient client(store);
  have_xp(client, 500, 3);
  for (const char* path : {"/api/gamification", "/api/gamification/stats", "/api/progress"}) {
    CAPTURE(path);
    CHECK(client.get(path).body.json() == R"({"level":3,"xp":500,"coins":0,"current_level":3,"total_xp":500})");
  }
  CHECK(client.get("/api/gamification/progress").body.json() == R"({"progress":{"total_xp":500,"coins":0,"level":3}})");
}

STORE_TEST("streaks and skills are bare lists") {
  ExistingClient client(store);
  const auto habit = client.post("/api/habits", R"({"name":"Walk"})")["id"].text();
  client.post("/api/habits/" + habit + "/complete");
  const auto streaks = client.get("/api/streaks");
  CHECK(streaks.status == 200);
  CHECK(streaks.body.size() == 6);
  CHECK(streaks.body[0].json() ==
        R"({"streak_type":"daily_activity","current_streak":1,"longest_streak":1,"last_activity_date":"2026-03-10"})");
  const auto inside = client.get("/api/gamification/streaks");
  CHECK(has_keys(inside.body, {"streaks"}));
  CHECK(inside["streaks"].size() == 6);
  CHECK(inside["streaks"][0]["current_streak"] == 1);
  const auto skills = client.get("/api/skills");
  CHECK(skills.body.size() == 5);
  const auto mine = client.get("/api/skills/user");
  CHECK(mine.body.size() == 5);
  for (const auto& list : {skills.body, mine.body}) {
    CHECK(list[0]["key"].exists());
    CHECK(list[0]["name"].exists());
    CHECK(list[0]["category"] == "wheel");
  }
}

STORE_TEST("achievements are bare lists, badges those that are earned, the teaser in both spellings") {
  ExistingClient client(store);
  client.world.with_shipped_rewards();
  const auto none = client.get("/api/gamification/badges");
  CHECK(none.body.json() == R"({"badges":[]})");
  const auto all = client.get("/api/achievements");
  CHECK(all.status == 200);
  REQUIRE(all.body.size() > 5);
  for (const char* key : {"id", "key", "name", "description", "icon", "reward_xp", "reward_coins"}) {
    CHECK(all.body[0][key].exists());
  }
  CHECK(client.get("/api/achievements/user").body.json() == "[]");
  const auto teaser = client.get("/api/gamification/teaser")["teaser"];
  CHECK(teaser["progressMax"] == teaser["progress_max"]);
  CHECK(teaser["progressLabel"] == teaser["progress_label"]);
  CHECK(teaser["progressLabel"].text().size() > 0);
  for (const char* key : {"id", "key", "name", "description", "icon", "reward_coins", "reward_xp"}) {
    CHECK(teaser["achievement"][key].exists());
  }
  const auto id = client.post("/api/focus")["id"].text();
  client.wait(std::chrono::minutes(25));
  client.post("/api/focus/" + id + "/complete");
  const auto badges = client.get("/api/gamification/badges")["badges"];
  REQUIRE(badges.size() > 0);
  CHECK(badges == client.get("/api/achievements/user").body);
  CHECK(client.get("/api/gamification/summary")["data"]["achievement_count"] == badges.size());
}

STORE_TEST("a habit is made with the keys of any client") {
  ExistingClient client(store);
  const auto walk = client.post("/api/habits", R"({"title":"Walk","icon":"exercise","is_active":false,"color":null})");
  CHECK(walk.status == 201);
  CHECK(has_keys(walk.body, {"habit", "id"}));
  CHECK(walk["id"] == walk["habit"]["id"]);
  CHECK(walk["habit"]["name"] == "Walk");
  CHECK(walk["habit"]["category"] == "exercise");
  CHECK(walk["habit"]["icon"] == "exercise");
  CHECK(walk["habit"]["is_active"] == true);
  const auto read = client.post("/api/habits", R"({"name":"Read","icon":"focus","category":"learning"})");
  CHECK(read["habit"]["category"] == "learning");
  CHECK(client.post("/api/habits", R"({"name":"Sing","icon":"🎵"})")["habit"]["category"] == "general");
  const auto custom = client.post("/api/habits", R"({"name":"Stretch","frequency":"custom"})");
  CHECK(custom["habit"]["custom_days"].json() == "[1,2,3,4,5,6,7]");
  const auto days = client.post("/api/habits", R"({"name":"Run","frequency":"custom","custom_days":[1,3]})");
  CHECK(days["habit"]["custom_days"].json() == "[1,3]");
  for (const char* body : {R"({"name":""})", R"({"name":"  "})", "{}", ""}) {
    const auto refused = client.post("/api/habits", body);
    CHECK(refused.status == 400);
    CHECK(refused["error"]["details"]["fields"][0]["field"] == "name");
  }
}

STORE_TEST("habits are listed bare, completed, undone and archived") {
  ExistingClient client(store);
  const auto id = client.post("/api/habits", R"({"name":"Walk","description":"Far"})")["id"].text();
  const auto list = client.get("/api/habits");
  CHECK(list.status == 200);
  CHECK(has_keys(list.body, {"habits", "total"}));
  CHECK(list["total"] == 1);
  for (const char* key :
       {"id", "name", "description", "frequency", "target_count", "custom_days", "icon", "color", "is_active",
        "current_streak", "longest_streak", "last_completed_at", "completed_today", "sort_order"}) {
    CAPTURE(key);
    CHECK(list["habits"][0][key].exists());
  }
  const auto done = client.post("/api/habits/" + id + "/complete", R"({"notes":"rain"})");
  CHECK(done.status == 200);
  CHECK(done["result"]["habit"]["completed_today"] == true);
  CHECK(done["result"]["new_streak"] == 1);
  CHECK(done["result"]["xp_awarded"].integer() > 0);
  CHECK(done["result"]["coins_awarded"].exists());
  CHECK(done["result"]["streak_bonus"] == false);
  CHECK(client.post("/api/habits/" + id + "/complete").status == 200);  // without a body, and again

  const auto undone = client.patch("/api/habits/" + id, R"({"completed_today":false})");
  CHECK(undone.status == 200);
  CHECK(has_keys(undone.body, {"habit"}));
  CHECK(undone["habit"]["completed_today"] == false);
  CHECK(client.patch("/api/habits/" + id, R"({"completed_today":false})")["habit"]["completed_today"] == false);
  CHECK(client.patch("/api/habits/" + id, R"({"completed_today":true})")["habit"]["completed_today"] == true);
  CHECK(client.patch("/api/habits/" + id, R"({"completed_today":true})")["habit"]["current_streak"] == 1);
  CHECK(client.patch("/api/habits/" + id, R"({"completed_today":"yes"})").status == 400);
  const auto renamed = client.patch("/api/habits/" + id, R"({"name":"Run","completed_today":false,"user_id":"x"})");
  CHECK(renamed["habit"]["name"] == "Run");
  CHECK(renamed["habit"]["completed_today"] == false);
  CHECK(client.patch("/api/habits/" + id, R"({"name":"Walk"})")["habit"]["name"] == "Walk");

  const auto gone = client.remove("/api/habits/" + id + "?permanent=true");
  CHECK(gone.status == 200);
  CHECK(gone.body.json() == fmt::format(R"({{"success":true,"id":"{}"}})", id));
  CHECK(client.get("/api/habits")["total"] == 0);
  CHECK(client.get("/api/habits/archived")["habits"][0]["id"] == id);
  CHECK(client.post("/api/habits/0194f5c0-0000-7000-8000-000000000009/complete").status == 404);
}

STORE_TEST("a habit with several repetitions a day is completed by one tick, and opened by one") {
  ExistingClient client(store);
  const auto id = client.post("/api/habits", R"({"name":"Water","target_count":3})")["id"].text();
  client.post("/api/habits/" + id + "/complete");
  CHECK(client.get("/api/habits")["habits"][0]["completed_today"] == false);
  const auto done = client.patch("/api/habits/" + id, R"({"completed_today":true})");
  CHECK(done["habit"]["completed_today"] == true);
  CHECK(done["habit"]["count_today"] == 3);
  CHECK(client.patch("/api/habits/" + id, R"({"completed_today":false})")["habit"]["completed_today"] == false);
}

STORE_TEST("analytics of habits have the ten numbers, rates as fractions") {
  ExistingClient client(store);
  const auto id = client.post("/api/habits", R"({"name":"Walk"})")["id"].text();
  client.post("/api/habits/" + id + "/complete");
  const auto told = client.get("/api/habits/analytics");
  CHECK(has_keys(told.body, {"analytics"}));
  CHECK(told["analytics"].size() == 11);
  CHECK(told["analytics"]["completion_rate_7_days"].exists());
  CHECK(told["analytics"]["last_completed_at"].exists());
  CHECK(told["analytics"]["completed_today"] == 1);
}

STORE_TEST("a goal is made with 200, with a deadline that is a date or an instant") {
  ExistingClient client(store);
  const auto goal = client.post("/api/goals", R"({"title":"Album","category":"creative","deadline":"2026-06-01",
      "priority":5,"target_value":12,"current_value":2,"unit":"songs","user_id":"x"})");
  CHECK(goal.status == 200);
  CHECK(has_keys(goal.body, {"goal", "id"}));
  CHECK(goal["id"] == goal["goal"]["id"]);
  CHECK(goal["goal"]["target_date"] == "2026-06-01");
  CHECK(goal["goal"]["target_value"] == 12.0);

  client.patch("/api/settings", R"({"timezone":"Asia/Tokyo"})");
  const auto late = client.post("/api/goals", R"({"title":"Late","deadline":"2026-06-01T20:00:00.000Z"})");
  CHECK(late["goal"]["target_date"] == "2026-06-02");
  client.patch("/api/settings", R"({"day_start_hour":6})");
  CHECK(client.post("/api/goals", R"({"title":"Night","target_date":"2026-06-01T20:00:00Z"})")["goal"]["target_date"] ==
        "2026-06-01");
  CHECK(client.post("/api/goals", R"({"title":"Never","deadline":"soon"})").status == 400);
  CHECK(client.post("/api/goals", R"({"title":"Open","deadline":null})").status == 200);
  CHECK(client.post("/api/goals", R"({"deadline":"2026-06-01"})").status == 400);
}

STORE_TEST("goals are read, moved and deleted; milestones are made and completed with 200") {
  ExistingClient client(store);
  const auto id = client.post("/api/goals", R"({"title":"Album","target_value":10})")["id"].text();
  CHECK(client.get("/api/goals/" + id)["goal"]["title"] == "Album");
  const auto moved = client.patch("/api/goals/" + id, R"({"current_value":4,"deadline":"2026-06-01"})");
  CHECK(moved.status == 200);
  CHECK(moved["goal"]["progress"] == 40);
  CHECK(moved["goal"]["target_date"] == "2026-06-01");
  const auto step = client.post("/api/goals/" + id + "/milestones", R"({"title":"Demo","description":"rough"})");
  CHECK(step.status == 200);
  for (const char* key : {"id", "goal_id", "title", "description", "is_completed", "completed_at", "sort_order"}) {
    CHECK(step["milestone"][key].exists());
  }
  const auto done = client.post("/api/goals/milestones/" + step["milestone"]["id"].text() + "/complete");
  CHECK(done.status == 200);
  CHECK(done["result"]["milestone"]["is_completed"] == true);
  CHECK(done["result"]["goal_progress"].exists());
  CHECK(done["result"]["goal_completed"] == false);
  const auto gone = client.remove("/api/goals/" + id);
  CHECK(gone.body.json() == fmt::format(R"({{"success":true,"id":"{}"}})", id));
  CHECK(client.get("/api/goals/" + id).status == 404);
}

STORE_TEST("all goals are listed unless a page is asked for; an unknown status finds none") {
  ExistingClient client(store);
  for (int i = 0; i < 103; ++i) {
    REQUIRE(client.post("/api/goals", fmt::format(R"({{"title":"Goal {:03}"}})", i)).status == 200);
  }
  const auto all = client.get("/api/goals");
  CHECK(has_keys(all.body, {"goals", "total"}));
  CHECK(all["total"] == 103);
  CHECK(all["goals"].size() == 103);
  CHECK(all["goals"][102]["title"] == "Goal 102");
  CHECK(client.get("/api/goals?page=6&page_size=20")["goals"].size() == 3);
  CHECK(client.get("/api/goals?status=active")["total"] == 103);
  CHECK(client.get("/api/goals?status=completed")["goals"].size() == 0);
  const auto none = client.get("/api/goals?status=nonexistent");
  CHECK(none.status == 200);
  CHECK(none.body.json() == R"({"goals":[],"total":0})");
}
