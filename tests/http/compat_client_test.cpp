// A day of an existing web client, as it calls the unversioned surface.
#include "http/compat.hpp"

using namespace ignition;
using namespace ignition::http_test;
using std::chrono::minutes;
using std::chrono::seconds;

STORE_TEST("an existing client finds its way through a day") {
  ExistingClient client(store);

  // It starts, and shows nothing before it knows who is there and what there is.
  CHECK(client.get("/auth/session")["user"]["tos_accepted"] == true);
  const auto first = client.get("/api/sync/poll");
  CHECK(first.status == 200);
  CHECK(first["user"]["tos_accepted"] == true);
  CHECK(first["focus"]["active_session"] == nullptr);
  CHECK(first["progress"]["level"] == 1);

  // Settings come as a list, the theme is changed on the way.
  CHECK(client.get("/api/settings")["settings"].size() > 30);
  CHECK(client.patch("/api/settings", R"({"theme":"ableton-live-dark","timezone":"Europe/Berlin"})").status == 200);
  CHECK(client.get("/api/sync/poll")["user"]["theme"] == "ableton-live-dark");

  // Today has a first habit and a plan.
  const auto habit = client.post("/api/habits", R"({"title":"Practise","icon":"learning"})")["id"].text();
  CHECK(client.get("/api/today")["dynamicUIData"]["quickPicks"][0]["module"] == "habits");
  const auto plan = client.post("/api/daily-plan", R"({"action":"generate"})");
  CHECK(plan["plan"]["totalCount"] == 2);
  CHECK(client.get("/api/today")["planSummary"]["nextIncompleteItem"]["id"] == "plan_focus_1");

  // The habit is done: its item is ticked off, the streak and the badge follow.
  const auto done = client.post("/api/habits/" + habit + "/complete");
  CHECK(done["result"]["new_streak"] == 1);
  CHECK(client.get("/api/daily-plan")["plan"]["completedCount"] == 1);
  const auto second = client.get("/api/sync/poll");
  CHECK(second["badges"]["pending_habits"] == 0);
  CHECK(second["progress"]["streak_days"] == 1);
  CHECK(second["etag"] != first["etag"]);

  // The focus page: a resume when it opens, a session, a resume every second, a pause over coffee.
  CHECK(client.remove("/api/focus/pause").status == 404);
  const auto started = client.post("/api/focus", R"({"mode":"focus","duration_seconds":1500,"task_title":"Mix"})");
  CHECK(started.status == 201);
  const auto id = started["session"]["id"].text();
  const auto left = [&] {  // as the client computes it
    const auto session = client.get("/api/focus/active")["session"];
    return session["duration_seconds"].integer() -
           std::chrono::duration_cast<seconds>(client.world.clock->now() - session["started_at"].instant()).count();
  };
  CHECK(left() == 1500);
  for (int i = 0; i < 3; ++i) {
    client.wait(seconds(1));
    CHECK(client.remove("/api/focus/pause").status == 200);
  }
  CHECK(left() == 1497);
  const auto paused = client.post("/api/focus/pause");
  CHECK(paused["pause"]["time_remaining_seconds"] == 1497);
  client.wait(minutes(7));
  CHECK(client.post("/api/focus/pause")["pause"] == paused["pause"]);
  CHECK(client.get("/api/sync/poll")["focus"]["active_session"] == nullptr);
  CHECK(client.remove("/api/focus/pause")["session"]["status"] == "active");
  CHECK(left() == 1497);

  // Its timer shows 0 a moment before the server's; it completes, and its queue replays the call later.
  client.wait(seconds(1495));
  const auto completed = client.post("/api/focus/" + id + "/complete");
  CHECK(completed.status == 200);
  CHECK(completed["result"]["session"]["full_credit"] == true);
  const auto replayed = client.post("/api/focus/" + id + "/complete");
  CHECK(replayed.status == 200);
  CHECK(replayed["result"]["xp_awarded"] == completed["result"]["xp_awarded"]);
  CHECK(client.post("/api/focus/" + id + "/abandon").status == 400);
  CHECK(client.remove("/api/focus/pause").status == 404);

  // The day is told the same everywhere.
  CHECK(client.get("/api/daily-plan")["plan"]["completedCount"] == 2);
  CHECK(client.get("/api/today")["userState"]["hasIncompletePlanItems"] == false);
  const auto stats = client.get("/api/focus?stats=true&period=day");
  CHECK(stats["stats"]["completed_sessions"] == 1);
  const auto summary = client.get("/api/gamification/summary")["data"];
  const auto last = client.get("/api/sync/poll")["progress"];
  CHECK(summary["current_level"] == last["level"]);
  CHECK(summary["coins"] == last["coins"]);
  CHECK(summary["current_streak"] == last["streak_days"]);
  CHECK(client.get("/api/gamification")["xp"] == summary["total_xp"]);
  CHECK(summary["total_xp"] == done["result"]["xp_awarded"].integer() + completed["result"]["xp_awarded"].integer());
}
