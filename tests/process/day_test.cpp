// The main job over HTTP, from a fresh store through some days: Today answers, and changes with what one does. The
// server is started anew whenever the clock moves on.
#include <set>

#include "process/load.hpp"

namespace ignition::process_test {
namespace {

constexpr const char* kMorning = "2026-03-10T09:00:00Z";  // a Tuesday

// A server of the local user at an instant, and one connection to it.
class Site {
 public:
  Site(const Folder& folder, const std::string& now)
      : server_(folder, {"--local", "--now", now}), client_(server_.client()) {}

  http_test::Response get(std::string_view target, std::string_view fields = "") { return client_.get(target, fields); }
  http_test::Response send(std::string_view method, std::string_view target, std::string_view body = "{}",
                           std::string_view fields = "") {
    return client_.ask(http_test::request(method, target, body, fields));
  }
  // What a call that must succeed answers.
  Answered data(std::string_view method, std::string_view target, std::string_view body = "{}") {
    const auto answer = method == "GET" ? get(target) : send(method, target, body);
    REQUIRE_MESSAGE((answer.status == 200 || answer.status == 201), answer.body);
    const Answered whole(answer.body);
    CHECK(whole["success"] == true);
    CHECK(whole["error"] == nullptr);
    return whole["data"];
  }
  Answered today() { return data("GET", "/api/v1/today"); }

 private:
  Serving server_;
  Client client_;
};

std::string label(const Answered& today) { return today["starter_block"]["primary"]["label"].text(); }

std::set<std::string> operations_of(const Answered& document) {
  std::set<std::string> names;
  for (const std::string& path : document["paths"].keys()) {
    for (const std::string& method : document["paths"][path].keys()) {
      names.insert(document["paths"][path][method]["operationId"].text());
    }
  }
  return names;
}

}  // namespace

TEST_CASE("Today answers on a fresh store and follows the first day: habit, plan, focus") {
  const Folder folder;
  std::string session;
  {
    Site site(folder, kMorning);
    const auto fresh = site.get("/api/v1/today");
    REQUIRE(fresh.status == 200);
    const std::string etag = fresh.field("ETag");
    CHECK(site.get("/api/v1/today", "If-None-Match: " + etag + "\r\n").status == 304);
    Answered today = Answered(fresh.body)["data"];
    CHECK(etag == "\"" + today["etag"].text() + "\"");
    CHECK(today["local_date"] == "2026-03-10");
    CHECK(today["greeting"] == "Good morning");
    CHECK(today["resolved_state"] == "first_day");
    CHECK(today["max_ctas"] == 2);
    CHECK(label(today) == "Start Focus");
    CHECK(today["quick_picks"].size() == 0);
    CHECK(today["counts"]["pending_habits"] == 0);
    CHECK(today["momentum"]["state"] == "pending");
    CHECK(today["plan_summary"]["plan_exists"] == false);
    CHECK(today["degraded"].size() == 0);

    const Answered habit = site.data("POST", "/api/v1/habits", R"({"name":"Read ten pages"})")["habit"];
    const auto changed = site.get("/api/v1/today", "If-None-Match: " + etag + "\r\n");
    CHECK(changed.status == 200);
    CHECK(changed.field("ETag") != etag);
    today = Answered(changed.body)["data"];
    CHECK(today["counts"]["pending_habits"] == 1);
    REQUIRE(today["quick_picks"].size() == 1);
    CHECK(today["quick_picks"][0]["module"] == "habits");
    CHECK(today["quick_picks"][0]["count"] == 1);

    // The first day's plan is gentle: five minutes of focus, one habit, one quest.
    const Answered plan = site.data("POST", "/api/v1/daily-plan/generate")["plan"];
    REQUIRE(plan["items"].size() == 3);
    CHECK(plan["items"][0]["duration"] == 5);
    CHECK(plan["items"][1]["source_id"] == habit["id"]);
    CHECK(plan["items"][2]["title"] == "Daily Focus");
    today = site.today();
    CHECK(today["user_state"]["plan_exists"] == true);
    CHECK(label(today) == "Continue: Focus Session");
    CHECK(today["starter_block"]["primary"]["suggested_minutes"] == 5);

    const Answered done = site.data("POST", fmt::format("/api/v1/habits/{}/complete", habit["id"].text()))["result"];
    CHECK(done["new_streak"] == 1);
    today = site.today();
    CHECK(today["counts"]["pending_habits"] == 0);
    CHECK(today["quick_picks"].size() == 1);  // the quests that the habit advanced
    CHECK(today["quick_picks"][0]["module"] == "quests");
    CHECK(today["momentum"]["message"] == "Good start.");
    CHECK(today["soft_landing"]["active"] == false);  // habits land nobody
    CHECK(today["plan_summary"]["completed_count"] == 1);

    session = site.data("POST", "/api/v1/focus", R"({"duration_seconds":1500})")["id"].text();
    today = site.today();
    CHECK(today["resolved_state"] == "focus_active");
    CHECK(today["entry_mode"] == "reduced");
    CHECK(today["max_ctas"] == 1);
    CHECK(label(today) == "Return to Focus");
    CHECK(today["sections"]["explore"] == "hidden");
    CHECK(today["sections"]["daily_plan"] == "hidden");
    site.data("POST", "/api/v1/focus/pause");
    today = site.today();
    CHECK(today["resolved_state"] == "first_day");
    CHECK(label(today) == "Resume Focus");
    site.data("DELETE", "/api/v1/focus/pause");
  }
  Site site(folder, "2026-03-10T09:25:00Z");
  const Answered done = site.data("POST", fmt::format("/api/v1/focus/{}/complete", session));
  CHECK(done["session"]["focused_seconds"] == 1500);
  CHECK(done["xp_awarded"].integer() > 0);
  const Answered today = site.today();
  CHECK(today["resolved_state"] == "first_day");
  CHECK(today["plan_summary"]["completed_count"] == 3);  // the session, and the quest that it fulfils
  CHECK(today["plan_summary"]["percent_complete"] == 100);
  CHECK(today["user_state"]["has_incomplete_plan_items"] == false);
  CHECK(label(today) == "Start Focus");
  const Answered poll = site.data("GET", "/api/v1/sync/poll");
  CHECK(poll["today"]["today_etag"] == today["etag"]);
  CHECK(poll["plan"]["percent_complete"] == 100);
  const Answered verified = site.data("GET", "/api/v1/gamification/ledger/verify");
  CHECK(verified["ok"] == true);
  CHECK(poll["progress"]["total_xp"] == verified["sums"]["xp"]);
}

TEST_CASE("the next days: a streak, a soft landing, a gap and the way back") {
  const Folder folder;
  std::string habit;
  std::string session;
  {
    Site site(folder, kMorning);
    habit = site.data("POST", "/api/v1/habits", R"({"name":"Read ten pages"})")["habit"]["id"].text();
    site.data("POST", fmt::format("/api/v1/habits/{}/complete", habit));
  }
  {
    Site site(folder, "2026-03-11T09:00:01Z");
    Answered today = site.today();
    CHECK(today["resolved_state"] == "active_streak");
    CHECK(today["entry_mode"] == "standard");
    CHECK(today["max_ctas"] == 6);
    CHECK(today["sections"]["daily_plan"] == "visible");
    CHECK(today["sections"]["rewards"] == "visible");
    CHECK(today["counts"]["pending_habits"] == 1);
    const Answered plan = site.data("POST", "/api/v1/daily-plan/generate")["plan"];
    CHECK(plan["items"][0]["duration"] == 25);
    today = site.today();
    CHECK(today["resolved_state"] == "plan_exists");
    CHECK(today["sections"]["daily_plan"] == "collapsed");
    CHECK(today["sections"]["rewards"] == "collapsed");
    session = site.data("POST", "/api/v1/focus", R"({"duration_seconds":1500})")["id"].text();
  }
  {
    Site site(folder, "2026-03-11T09:25:01Z");
    site.data("POST", fmt::format("/api/v1/focus/{}/complete", session));
    Answered today = site.today();
    CHECK(today["soft_landing"]["active"] == true);
    CHECK(today["soft_landing"]["source"] == "focus");
    CHECK(today["soft_landing"]["expires_at"] == "2026-03-11T09:55:01.000000Z");
    CHECK(today["sections"]["daily_plan"] == "force_collapsed");
    CHECK(today["sections"]["rewards"] == "hidden");
    CHECK(today["max_ctas"] == 3);
    CHECK(today["entry_mode"] == "reduced");
  }
  {
    // Half an hour later the landing is over by time alone.
    Site site(folder, "2026-03-11T09:55:01Z");
    CHECK(site.today()["soft_landing"]["active"] == false);
  }
  {
    Site site(folder, "2026-03-13T09:25:01Z");  // 48 hours after the last deed, to the second
    Answered today = site.today();
    CHECK(today["resolved_state"] == "returning_after_gap");
    CHECK(today["entry_mode"] == "ramp");
    CHECK(today["reduced_mode"]["message"] == "Welcome back. Start small.");
    CHECK(today["reduced_mode"]["gap_hours"] == 48);
    CHECK(today["reduced_mode"]["suggestions"].size() == 2);
    CHECK(today["quick_picks"].size() == 0);
    CHECK(today["sections"]["reduced_mode_banner"] == "visible");
    for (int i = 0; i < 10; ++i) site.data("GET", "/api/v1/sync/poll");
    CHECK(site.today()["resolved_state"] == "returning_after_gap");  // looking is not doing

    site.data("POST", "/api/v1/today/reduced-mode/dismiss");
    today = site.today();
    CHECK(today["resolved_state"] == "default");
    CHECK(today["reduced_mode"]["dismissed"] == true);
    site.data("POST", fmt::format("/api/v1/habits/{}/complete", habit));
    today = site.today();
    CHECK(today["user_state"]["returning_after_gap"] == false);
    CHECK(today["resolved_state"] == "active_streak");
    CHECK(today["momentum"]["show"] == true);
  }
}

TEST_CASE("a habit made twice with one key is made once, and another request with the key is refused (A53)") {
  const Folder folder;
  Site site(folder, kMorning);
  const std::string key = "Idempotency-Key: 5a7d-once\r\n";
  const auto first = site.send("POST", "/api/v1/habits", R"({"name":"Read"})", key);
  const auto again = site.send("POST", "/api/v1/habits", R"({ "name" : "Read" })", key);
  CHECK(first.status == 201);
  CHECK(again.status == 201);
  CHECK(again.body == first.body);
  CHECK_FALSE(first.has("Idempotency-Replayed"));
  CHECK(again.field("Idempotency-Replayed") == "true");
  const auto other = site.send("POST", "/api/v1/habits", R"({"name":"Write"})", key);
  CHECK(other.status == 409);
  CHECK(other.at("error.details.reason") == "idempotency_mismatch");
  CHECK(site.data("GET", "/api/v1/habits")["total"] == 1);
  // A refusal is kept as well.
  const std::string wrong = "Idempotency-Key: 5a7d-wrong\r\n";
  const auto refused = site.send("POST", "/api/v1/focus/0194f5c0-0000-7000-8000-000000000001/complete", "{}", wrong);
  const auto repeated = site.send("POST", "/api/v1/focus/0194f5c0-0000-7000-8000-000000000001/complete", "{}", wrong);
  CHECK(refused.status == 404);
  CHECK(repeated.status == 404);
  CHECK(repeated.field("Idempotency-Replayed") == "true");
  CHECK(repeated.at("error.message") == refused.at("error.message"));
}

TEST_CASE("settings are changed as a whole or not at all (A45, A54)") {
  const Folder folder;
  Site site(folder, kMorning);
  const std::string settings = "/api/v1/settings";
  const std::string before = site.data("GET", settings).json();
  const auto both = site.send("PATCH", settings, R"({"theme":"dark","focus_default_duration":30})");
  CHECK(both.status == 400);
  CHECK(both.body.find("focus_default_duration") != std::string::npos);
  const auto zone = site.send("PATCH", settings, R"({"timezone":"Mars/Base"})");
  CHECK(zone.status == 400);
  CHECK(zone.body.find("timezone") != std::string::npos);
  CHECK(site.send("PATCH", settings, R"({"day_start_hour":24})").status == 400);
  CHECK(site.data("GET", settings).json() == before);

  CHECK(site.data("PATCH", settings, R"({"daily_reminder_time":"08:30"})")["settings"]["daily_reminder_time"] ==
        "08:30");
  CHECK(site.data("PATCH", settings, R"({"daily_reminder_time":null})")["settings"]["daily_reminder_time"] == nullptr);
  site.data("PATCH", settings, R"({"learn_new_cards_per_day":9999,"day_start_hour":23,"week_start":"saturday"})");
  const Answered now = site.data("GET", settings)["settings"];
  CHECK(now["learn_new_cards_per_day"] == 9999);
  CHECK(now["day_start_hour"] == 23);
  CHECK(now["week_start"] == "saturday");
}

TEST_CASE("the server hands out the document that the command line prints, and the system routes") {
  const Folder folder;
  Site site(folder, kMorning);
  const auto served = site.get("/api/openapi.json");
  REQUIRE(served.status == 200);
  CHECK(served.field("Content-Type") == "application/json");
  const Answered document(served.body);
  CHECK(document == output(folder, {"openapi"}));
  const std::set<std::string> described = operations_of(document);
  for (const Operation& operation : catalogue().operations()) {
    CAPTURE(operation.name);
    CHECK((described.count(operation.name) == 1) == !operation.route.path.empty());
  }
  CHECK(site.get("/api/openapi.json", "If-None-Match: " + served.field("ETag") + "\r\n").status == 304);
  for (const char* route : {"/health", "/health/live", "/health/ready", "/version"}) {
    CAPTURE(route);
    CHECK(site.get(route).status == 200);
  }
}

}  // namespace ignition::process_test
