// The focus timer on the unversioned surface.
#include "http/compat.hpp"

using namespace ignition;
using namespace ignition::http_test;
using std::chrono::minutes;
using std::chrono::seconds;

STORE_TEST("a session is started with the keys of any client, and mirrored at top level") {
  ExistingClient client(store);
  const auto first = client.post("/api/focus");
  CHECK(first.status == 201);
  CHECK(first["session"]["duration_seconds"] == 1500);
  CHECK(first["session"]["status"] == "active");
  CHECK(first["id"] == first["session"]["id"]);
  CHECK(first["duration_seconds"] == 1500);
  CHECK_FALSE(first["data"].exists());
  CHECK_FALSE(first["success"].exists());

  const auto second = client.post("/api/focus/sessions", R"({"duration_minutes":10,"task_description":"Write",
      "user_id":"somebody","status":"active","unknown":{"a":[1]}})");
  CHECK(second.status == 201);
  CHECK(second["session"]["duration_seconds"] == 600);
  CHECK(second["task_title"] == "Write");

  const auto third = client.post("/api/focus/start", R"({"mode":"break","duration_seconds":300,"task_id":null})");
  CHECK(third["session"]["mode"] == "break");
  CHECK(client.post("/api/focus", R"({"status":"completed"})").status == 400);
  CHECK(client.post("/api/focus", R"({"duration_minutes":"ten"})").status == 400);
  CHECK(client.post("/api/focus", R"({"duration_seconds":5})").status == 400);
}

STORE_TEST("sessions are listed bare, by page or by limit and offset") {
  ExistingClient client(store);
  for (int i = 0; i < 5; ++i) {
    client.post("/api/focus");
    client.wait(minutes(1));
  }
  const auto all = client.get("/api/focus");
  CHECK(all.status == 200);
  CHECK(has_keys(all.body, {"sessions", "items", "total", "page", "page_size"}));
  CHECK(all["total"] == 5);
  CHECK(all["page_size"] == 20);
  CHECK(all["items"] == all["sessions"]);
  const auto part = client.get("/api/focus/sessions?limit=2&offset=2");
  CHECK(part["page"] == 2);
  CHECK(part["page_size"] == 2);
  CHECK(part["sessions"][0]["id"] == all["sessions"][2]["id"]);
  CHECK(client.get("/api/focus?page=2&page_size=3")["sessions"].size() == 2);
  CHECK(client.get("/api/focus?limit=many").status == 400);
  CHECK(client.get("/api/focus?offset=-1").status == 400);
  CHECK(client.get("/api/focus?page=&user_id=somebody&unknown=1").status == 200);
}

STORE_TEST("statistics count ended sessions, and the live one in the mirrored total") {
  ExistingClient client(store);
  const auto done = client.post("/api/focus");
  client.wait(minutes(25));
  CHECK(client.post("/api/focus/" + done["id"].text() + "/complete").status == 200);
  client.post("/api/focus");
  for (const char* path : {"/api/focus?stats=true", "/api/focus/stats", "/api/focus/stats?period=day"}) {
    CAPTURE(path);
    const auto stats = client.get(path);
    CHECK(stats.status == 200);
    CHECK(stats["stats"]["completed_sessions"] == 1);
    CHECK(stats["stats"]["abandoned_sessions"] == 0);
    CHECK(stats["stats"]["total_sessions"] == 1);
    CHECK(stats["stats"]["total_focus_seconds"] == 1500);
    CHECK(stats["stats"]["total_xp_earned"].integer() > 0);
    CHECK(stats["stats"]["total_coins_earned"].exists());
    CHECK(stats["totalSessions"] == 2);
    CHECK(stats["completedSessions"] == 1);
    CHECK(stats["abandonedSessions"] == 0);
    CHECK(stats["totalFocusTime"] == 1500);
    CHECK_FALSE(stats["data"].exists());
  }
  CHECK(client.get("/api/focus?stats=true")["stats"]["period"] == "all");
  CHECK(client.get("/api/focus?stats=true&period=week")["stats"]["period"] == "week");
  CHECK(client.get("/api/focus/stats?period=decade").status == 400);
}

STORE_TEST("one session is found by its id, and 404 for any other text") {
  ExistingClient client(store);
  const auto started = client.post("/api/focus");
  const auto found = client.get("/api/focus/sessions/" + started["id"].text());
  CHECK(found.status == 200);
  CHECK(found["session"]["id"] == started["id"]);
  CHECK(found["id"] == started["id"]);
  CHECK(client.get("/api/focus/sessions/0194f5c0-0000-7000-8000-000000000009").status == 404);
  CHECK(client.get("/api/focus/sessions/nonsense").status == 404);
}

STORE_TEST("a running session reports the start that its end tells, after a pause of ten minutes (case 13)") {
  ExistingClient client(store);
  const auto started = client.post("/api/focus");
  const Instant began = started["started_at"].instant();
  CHECK(client.get("/api/focus/active")["session"]["started_at"] == began);
  client.wait(minutes(5));
  client.post("/api/focus/pause");
  client.wait(minutes(10));
  CHECK(client.remove("/api/focus/pause").status == 200);
  const auto active = client.get("/api/focus/active");
  CHECK(active["session"]["started_at"] == began + minutes(10));
  CHECK(active["active"]["session"] == active["session"]);
  CHECK(active["active"]["pause_state"] == nullptr);
  CHECK(active["pause_state"] == nullptr);
  CHECK(active["session_active"] == true);
  CHECK_FALSE(active["data"].exists());
  const auto poll = client.get("/api/sync/poll");
  CHECK(poll["focus"]["active_session"]["started_at"] == began + minutes(10));
  CHECK(client.get("/api/focus/sessions/" + started["id"].text())["session"]["started_at"] == began);
}

STORE_TEST("a paused session is not there for those who would show it as running (case 14)") {
  ExistingClient client(store);
  client.post("/api/focus", R"({"duration_seconds":1500})");
  client.wait(minutes(5));
  const auto paused = client.post("/api/focus/pause", R"({"time_remaining_seconds":17})");
  CHECK(paused.status == 200);
  CHECK(paused["pause"]["mode"] == "focus");
  CHECK(paused["pause"]["time_remaining_seconds"] == 1200);
  CHECK(paused["pause_state"] == paused["pause"]);
  for (const char* path : {"/api/sync/poll", "/api/sync/focus-status"}) {
    CAPTURE(path);
    const auto told = client.get(path);
    const auto focus = std::string(path).ends_with("poll") ? told["focus"] : told.body;
    CHECK(focus["active_session"] == nullptr);
    CHECK(focus["pause_state"]["time_remaining_seconds"] == 1200);
    CHECK(focus["pause_state"]["user_id"] == kLocalUser);
  }
  CHECK(client.get("/api/focus/pause")["pause"]["time_remaining_seconds"] == 1200);
  const auto active = client.get("/api/focus/active");
  CHECK(active["session"]["status"] == "paused");
  CHECK(active["session_active"] == false);
  CHECK(active["pause_state"]["time_remaining_seconds"] == 1200);
}

STORE_TEST("pausing and resuming may come again and again, and do nothing without a session (notes 1 to 4)") {
  ExistingClient client(store);
  const auto revision = [&] { return client.world.revision(client.me()); };
  CHECK(client.post("/api/focus/pause").status == 404);
  CHECK(client.remove("/api/focus/pause").status == 404);
  CHECK(client.get("/api/focus/pause")["pause"] == nullptr);
  CHECK(client.get("/api/focus/pause")["pause_state"] == nullptr);
  CHECK(client.get("/api/focus/active")["session_active"] == false);

  const auto started = client.post("/api/focus");
  const auto before = revision();
  for (int i = 0; i < 5; ++i) {  // once a second, as the focus page does
    client.wait(seconds(1));
    const auto resumed = client.remove("/api/focus/pause");
    CHECK(resumed.status == 200);
    CHECK(resumed["session"]["status"] == "active");
    CHECK(resumed["session"]["started_at"] == started["started_at"]);
  }
  CHECK(revision() == before);

  const auto paused = client.post("/api/focus/pause");
  client.wait(seconds(30));
  const auto again = client.post("/api/focus/pause");
  CHECK(again.status == 200);
  CHECK(again["pause"] == paused["pause"]);
  CHECK(client.remove("/api/focus/pause")["session"]["status"] == "active");
}

STORE_TEST("a session is completed once, and the second time tells the same") {
  ExistingClient client(store);
  const auto id = client.post("/api/focus")["id"].text();
  client.wait(minutes(25) + seconds(3));
  const auto first = client.post("/api/focus/" + id + "/complete", R"({"actual_focus_time_minutes":25,"notes":"ok"})");
  CHECK(first.status == 200);
  CHECK(has_keys(first.body, {"result"}));
  CHECK(first["result"]["session"]["status"] == "completed");
  CHECK(first["result"]["xp_awarded"].integer() > 0);
  CHECK(first["result"]["coins_awarded"].exists());
  CHECK(first["result"]["leveled_up"].exists());
  CHECK(first["result"]["new_level"].exists());
  const auto second = client.post("/api/focus/" + id + "/complete");
  CHECK(second.status == 200);
  CHECK(second["result"]["xp_awarded"] == first["result"]["xp_awarded"]);
  CHECK(client.me().call("progress.summary")["total_xp"] == first["result"]["xp_awarded"]);
  CHECK(client.post("/api/focus/" + id + "/abandon").status == 400);
  CHECK(client.post("/api/focus/nonsense/complete").status == 404);
}

STORE_TEST("what has ended otherwise is a bad request, not a conflict") {
  ExistingClient client(store);
  const auto id = client.post("/api/focus")["id"].text();
  const auto abandoned = client.post("/api/focus/" + id + "/abandon");
  CHECK(abandoned.status == 200);
  CHECK(abandoned["session"]["status"] == "abandoned");
  const auto completed = client.post("/api/focus/" + id + "/complete");
  CHECK(completed.status == 400);
  CHECK(completed["error"]["code"] == "CONFLICT");
  CHECK(completed["error"]["details"]["reason"] == "abandoned");
}

STORE_TEST("the paths at the root answer in the envelope, creations with 200") {
  ExistingClient client(store);
  const auto started = client.post("/focus", R"({"duration_minutes":25,"task_description":"Write","library_id":null})");
  CHECK(started.status == 200);
  CHECK(has_keys(started.body, {"success", "data", "error"}));
  CHECK(started["success"] == true);
  CHECK(started["data"]["status"] == "active");
  CHECK(started["data"]["task_title"] == "Write");
  const auto id = started["data"]["id"].text();
  CHECK(client.get("/focus")["data"]["sessions"][0]["id"] == id);
  CHECK(client.get("/focus/active")["data"]["session"]["id"] == id);
  CHECK(client.get("/focus/" + id)["data"]["id"] == id);
  CHECK(client.get("/focus/stats")["data"]["total_sessions"] == 0);
  CHECK(client.post("/focus/pause").status == 200);
  CHECK(client.get("/focus/pause")["data"]["is_paused"] == true);
  CHECK(client.remove("/focus/pause")["data"]["status"] == "active");
  CHECK(client.post("/focus/" + id + "/complete").status == 200);
  CHECK(client.post("/focus/" + id + "/abandon").status == 400);
  CHECK(client.post("/focus/pause").status == 404);
}
