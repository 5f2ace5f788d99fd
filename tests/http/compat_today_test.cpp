// Today, the daily plan and synchronisation on the unversioned surface.
#include "http/compat.hpp"

using namespace ignition;
using namespace ignition::http_test;
using std::chrono::minutes;

namespace {

void habit(ExistingClient& client, const char* name) {
  client.me().call("habits.create", fmt::format(R"({{"name":"{}"}})", name));
}

}  // namespace

STORE_TEST("Today has exactly the keys that the client reads") {
  ExistingClient client(store);
  habit(client, "Walk");
  client.post("/api/daily-plan", R"({"action":"generate"})");
  const auto today = client.get("/api/today");
  CHECK(today.status == 200);
  CHECK(has_keys(today.body, {"userState", "dynamicUIData", "planSummary", "personalization"}));
  CHECK(has_keys(today["userState"], {"planExists", "hasIncompletePlanItems", "returningAfterGap", "firstDay",
                                      "focusActive", "activeStreak"}));
  CHECK(today["userState"]["planExists"] == true);
  CHECK(today["userState"]["firstDay"] == true);
  CHECK(has_keys(today["dynamicUIData"], {"quickPicks", "resumeLast", "interestPrimer"}));
  CHECK(today["dynamicUIData"]["quickPicks"].json() ==
        R"([{"module":"habits","route":"/habits","label":"Check habits","count":1}])");
  CHECK(today["dynamicUIData"]["resumeLast"] == nullptr);
  const auto plan = today["planSummary"];
  CHECK(has_keys(plan, {"planExists", "hasIncompletePlanItems", "nextIncompleteItem", "totalCount", "completedCount"}));
  CHECK(plan["nextIncompleteItem"].json() ==
        R"({"id":"plan_focus_1","title":"Focus Session","priority":0,"actionUrl":"/focus","type":"focus"})");
  CHECK(plan["totalCount"] == 2);
  CHECK(has_keys(today["personalization"], {"interests", "moduleWeights", "nudgeIntensity", "focusDuration",
                                            "gamificationVisible", "onboardingActive", "onboardingRoute"}));
  CHECK(today["personalization"]["focusDuration"] == 25);
  CHECK(today["personalization"]["gamificationVisible"] == true);
  CHECK(today["personalization"]["onboardingRoute"] == nullptr);
}

STORE_TEST("quick picks are neither cut nor without the starter, where Today's own are") {
  ExistingClient client(store);
  habit(client, "Walk");
  client.me().call("focus.start");  // a running session leaves no picks on the versioned surface
  CHECK(client.me().call("today.get")["quick_picks"].size() == 0);
  const auto today = client.get("/api/today");
  CHECK(today["userState"]["focusActive"] == true);
  CHECK(today["dynamicUIData"]["quickPicks"].size() == 1);
}

STORE_TEST("resume carries the module's bare name: the client writes Resume before it") {
  ExistingClient client(store);
  habit(client, "Walk");
  const auto id = client.me().call("habits.list")["habits"][0]["id"].text();
  client.me().call("habits.complete", fmt::format(R"({{"id":"{}"}})", id));
  client.wait(minutes(90));
  const auto resume = client.get("/api/today")["dynamicUIData"]["resumeLast"];
  const auto whole = client.me().call("today.get")["resume_last"];
  CHECK(has_keys(resume, {"module", "route", "label", "lastUsed"}));
  CHECK(resume["label"] == "Habits");
  CHECK(whole["label"] == "Resume Habits");
  CHECK(resume["route"] == whole["route"]);
  CHECK(resume["lastUsed"] == whole["last_used"]);
}

STORE_TEST("an item of the plan has a type that the client knows") {
  ExistingClient client(store);
  client.post("/daily-plan/tasks", R"({"title":"Call Ann"})");
  const auto type = [&] { return client.get("/api/today")["planSummary"]["nextIncompleteItem"]["type"]; };
  const auto own = [&] { return client.me().call("today.get")["plan_summary"]["next_incomplete_item"]["type"]; };
  CHECK(own() == "custom");
  CHECK(type() == "focus");
  const std::vector<std::pair<const char*, const char*>> kinds = {
      {"task", "focus"}, {"reading", "learning"}, {"journal", "learning"}, {"goal", "quest"}, {"habit", "habit"}};
  for (const auto& [kind, shown] : kinds) {
    CAPTURE(kind);
    client.me().call("plan.update", fmt::format(R"({{"items":[{{"title":"One","type":"{}"}}]}})", kind));
    CHECK(own() == kind);
    CHECK(type() == shown);
  }
}

STORE_TEST("flags take their parts of Today away") {
  ExistingClient client(store);
  habit(client, "Walk");
  client.world.clock->advance(std::chrono::hours(24 * 10));
  CHECK(client.get("/api/today")["userState"]["returningAfterGap"] ==
        client.me().call("today.get")["user_state"]["returning_after_gap"].boolean());
  client.world.sql("UPDATE feature_flags SET enabled = $1 WHERE flag_name = 'TODAY_DYNAMIC_UI_V1'", false);
  client.world.sql("UPDATE feature_flags SET enabled = $1 WHERE flag_name = 'TODAY_REDUCED_MODE_V1'", false);
  client.world.sql("UPDATE catalog_versions SET version = version + 1 WHERE name = 'feature_flags'");
  const auto today = client.get("/api/today");
  CHECK(today["dynamicUIData"] == nullptr);
  CHECK(today["userState"]["returningAfterGap"] == false);
  CHECK(today["planSummary"]["planExists"] == false);
}

STORE_TEST("Today is tagged, and not sent to those who hold it") {
  ExistingClient client(store);
  const auto today = client.get("/api/today");
  const auto tag = today.raw.field("etag");
  CHECK(tag.size() > 2);
  const auto again = client.get("/api/today", "If-None-Match: " + tag + "\r\n");
  CHECK(again.status == 304);
  CHECK(again.raw.body.empty());
}

STORE_TEST("Today at the root stands under data") {
  ExistingClient client(store);
  const auto today = client.get("/today");
  CHECK(today.status == 200);
  CHECK(has_keys(today.body, {"success", "data"}));
  CHECK(today["data"] == client.get("/api/today").body);
  const auto summary = client.get("/today/summary");
  CHECK(summary["success"] == true);
  CHECK(summary["data"] == client.me().call("today.summary"));
}

STORE_TEST("the daily plan is told in both spellings, its items also at top level") {
  ExistingClient client(store);
  for (const char* path : {"/api/daily-plan", "/daily-plan"}) {
    const auto none = client.get(path);
    CHECK(none.status == 200);
    CHECK(none.body.json() == R"({"plan":null,"items":[]})");
  }
  habit(client, "Walk");
  const auto made = client.post("/api/daily-plan", R"({"action":"generate"})");
  CHECK(made.status == 200);
  CHECK(has_keys(made.body, {"success", "plan"}));
  CHECK(made["success"] == true);
  const auto plan = client.get("/api/daily-plan");
  CHECK(plan["plan"] == made["plan"]);
  CHECK(plan["items"] == plan["plan"]["items"]);
  CHECK(plan["plan"]["completed_count"] == 0);
  CHECK(plan["plan"]["completedCount"] == 0);
  CHECK(plan["plan"]["total_count"] == 2);
  CHECK(plan["plan"]["totalCount"] == 2);
  CHECK(plan["items"][0]["id"] == "plan_focus_1");
  CHECK(plan["items"][0]["action_url"] == "/focus");
  CHECK(plan["items"][0]["actionUrl"] == "/focus");
  CHECK(client.get("/daily-plan?date=2026-03-10").body == plan.body);
  CHECK(client.get("/api/daily-plan?date=2026-03-11")["plan"] == nullptr);
  CHECK(client.get("/api/daily-plan?date=tomorrow").status == 400);
}

STORE_TEST("items of the plan are completed by their key, and opened again") {
  ExistingClient client(store);
  client.post("/api/daily-plan", R"({"action":"generate","date":"2026-03-10"})");
  const auto done = client.post("/api/daily-plan", R"({"action":"complete_item","item_id":"plan_focus_1"})");
  CHECK(done.status == 200);
  CHECK(has_keys(done.body, {"success", "plan", "completedCount"}));
  CHECK(done["success"] == true);
  CHECK(done["completedCount"] == 1);
  CHECK(done["plan"]["completedCount"] == 1);
  CHECK(done["plan"]["items"][0]["completed"] == true);
  const auto open =
      client.post("/api/daily-plan",
                  R"({"action":"complete_item","item_id":"plan_focus_1","completed":false,"date":"2026-03-10"})");
  CHECK(open["completedCount"] == 0);
  const auto id = client.me().call("plan.get")["plan"]["items"][0]["id"].text();
  CHECK(client.post("/api/daily-plan",
                    fmt::format(R"({{"action":"complete_item","item_id":"{}"}})", id))["completedCount"] == 1);
  const auto other = client.post("/api/daily-plan", R"({"action":"complete_item","item_id":"nothing"})");
  CHECK(other.status == 404);
  CHECK(other["error"]["type"] == "not_found");
  CHECK(client.post("/api/daily-plan", R"({"action":"complete_item"})").status == 400);
}

STORE_TEST("a plan is written back as it was read, in either spelling, with items of one's own") {
  ExistingClient client(store);
  habit(client, "Walk");
  const auto made = client.post("/api/daily-plan", R"({"action":"generate"})");
  const auto kept = made["plan"]["items"][1]["id"].text();
  const auto updated =
      client.post("/api/daily-plan", fmt::format(R"({{"action":"update","date":"2026-03-10","notes":"calm","items":[
            {{"id":"{}","title":"Walk far","type":"habit","actionUrl":"/habits","completed":true,"priority":0}},
            {{"id":"mine-1","title":"Call Ann","type":"custom","action_url":"/inbox","unknown":1}}]}})",
                                                 kept));
  CHECK(updated.status == 200);
  CHECK(updated["success"] == true);
  CHECK(updated["plan"]["notes"] == "calm");
  CHECK(updated["plan"]["items"].size() == 2);
  CHECK(updated["plan"]["items"][0]["id"] == kept);
  CHECK(updated["plan"]["items"][0]["title"] == "Walk far");
  CHECK(updated["plan"]["items"][0]["completed"] == true);
  CHECK(updated["plan"]["items"][1]["actionUrl"] == "/inbox");
  CHECK(updated["plan"]["items"][1]["origin"] == "custom");
  const auto whole = client.get("/api/daily-plan");
  const auto again =
      client.post("/api/daily-plan", fmt::format(R"({{"action":"update","items":{}}})", whole["items"].json()));
  CHECK(again["plan"] == whole["plan"]);
  CHECK(client.post("/api/daily-plan", R"({"action":"dance"})").status == 400);
  CHECK(client.post("/api/daily-plan").status == 400);
}

STORE_TEST("a task of one's own is put first when its priority is high, else last") {
  ExistingClient client(store);
  const auto low = client.post("/daily-plan/tasks", R"({"title":"Later","priority":"low","estimated_minutes":15})");
  CHECK(low.status == 201);
  CHECK(has_keys(low.body, {"data"}));
  CHECK(low["data"]["title"] == "Later");
  CHECK(low["data"]["duration"] == 15);
  CHECK(low["data"]["type"] == "custom");
  client.post("/daily-plan/tasks", R"({"title":"Last","priority":"medium"})");
  client.post("/daily-plan/tasks", R"({"title":"First","priority":"high"})");
  const auto items = client.get("/daily-plan")["items"];
  CHECK(items[0]["title"] == "First");
  CHECK(items[1]["title"] == "Later");
  CHECK(items[2]["title"] == "Last");
  CHECK(client.post("/daily-plan/tasks", R"({"priority":"high"})").status == 400);
}

STORE_TEST("a poll tells progress by the names that the client knows") {
  ExistingClient client(store);
  const auto id = client.post("/api/focus")["id"].text();
  client.wait(minutes(25));
  client.post("/api/focus/" + id + "/complete");
  client.post("/api/focus");
  const auto poll = client.get("/api/sync/poll");
  CHECK(poll.status == 200);
  const auto v1 = client.me().call("sync.poll");
  const auto progress = poll["progress"];
  CHECK(progress["level"] == v1["progress"]["level"]);
  CHECK(progress["current_xp"] == v1["progress"]["xp_into_level"]);
  CHECK(progress["xp_to_next_level"] == v1["progress"]["xp_remaining"]);
  CHECK(progress["xp_progress_percent"] == static_cast<double>(100 * progress["current_xp"].integer()) /
                                               static_cast<double>(v1["progress"]["xp_level_size"].integer()));
  CHECK(progress["coins"] == v1["progress"]["coins"]);
  CHECK(progress["streak_days"] == 1);
  for (const char* badge : {"active_quests", "pending_habits", "overdue_items", "unread_inbox"}) {
    CHECK(poll["badges"][badge] == v1["badges"][badge]);
  }
  const auto session = poll["focus"]["active_session"];
  for (const char* key : {"id", "user_id", "mode", "duration_seconds", "started_at", "completed_at", "abandoned_at",
                          "expires_at", "paused_at", "paused_remaining_seconds", "status", "xp_awarded",
                          "coins_awarded", "task_id", "task_title", "created_at"}) {
    CAPTURE(key);
    CHECK(session[key].exists());
  }
  CHECK(session["user_id"] == kLocalUser);
  CHECK(poll["plan"]["has_plan"] == false);
  CHECK(poll["user"]["tos_accepted"] == true);
  CHECK(poll["vault_lock"]["locked_at"] == nullptr);
  CHECK(poll["server_time"].exists());
  CHECK(poll["etag"] == v1["etag"]);
  CHECK(poll.raw.field("etag") == "\"" + poll["etag"].text() + "\"");
  CHECK(client.get("/api/sync/progress").body == progress);
  CHECK(client.get("/api/sync/badges").body == poll["badges"]);
  CHECK(client.get("/api/sync/focus-status").body == poll["focus"]);
  CHECK(client.get("/api/sync/plan-status").body == poll["plan"]);
}

STORE_TEST("percents of a poll are numbers with at most two decimals (case 39)") {
  ExistingClient client(store);
  client.get("/api/sync/poll");
  client.world.sql("UPDATE user_progress SET total_xp = $1, level = $2 WHERE user_id = $3", std::int64_t{500},
                   std::int64_t{3}, kLocalUser);
  client.world.sql("UPDATE users SET revision = revision + 1");
  const auto progress = client.get("/api/sync/poll")["progress"];
  CHECK(progress["current_xp"] == 118);
  CHECK(progress["xp_to_next_level"] == 401);
  CHECK(progress["xp_progress_percent"].json() == "22.74");
}

STORE_TEST("the signed-in session and the states of sections answer bare") {
  ExistingClient client(store);
  const auto session = client.get("/api/sync/session");
  CHECK(session["session"]["user_id"] == kLocalUser);
  CHECK(session["session"]["authenticated"] == true);
  CHECK(session["session"]["created_at"].exists());
  const auto state = client.get("/sync/state");
  CHECK(state.status == 200);
  CHECK(state["versions"].size() == 7);
  CHECK(state["server_time"].exists());
  const auto same = client.post("/sync/poll", fmt::format(R"({{"client_versions":{}}})", state["versions"].json()));
  CHECK(same["updates"].size() == 0);
  CHECK(same["server_time"].exists());
  const auto all = client.post("/sync/poll", R"({"client_versions":{"focus":3,"plan":null},"include_data":true})");
  CHECK(all.status == 200);
  CHECK(all["updates"].size() == 7);
  CHECK(all["updates"]["progress"]["current_xp"] == 0);
  CHECK(client.post("/sync/poll", R"({"client_versions":7})").status == 200);
  const auto names = client.post("/sync/poll", R"({"client_versions":{},"include_data":false})");
  CHECK(names["updates"]["focus"] == true);
}
