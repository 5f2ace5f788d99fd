// Onboarding and the feed of deeds on the unversioned surface.
#include "http/compat.hpp"

using namespace ignition;
using namespace ignition::http_test;
using std::chrono::minutes;

STORE_TEST("onboarding is walked with the keys of any client, under data") {
  ExistingClient client(store);
  const auto before = client.get("/api/onboarding");
  CHECK(before.status == 200);
  CHECK(has_keys(before.body, {"data"}));
  CHECK(has_keys(before["data"], {"needs_onboarding", "state", "progress", "flow", "current_step", "all_steps"}));
  CHECK(before["data"]["needs_onboarding"] == true);
  CHECK(has_keys(before["data"]["flow"], {"id", "name", "total_steps"}));
  CHECK(before["data"]["flow"]["total_steps"] == 5);

  const auto started = client.post("/api/onboarding/start");
  CHECK(started.status == 200);
  CHECK(has_keys(started["data"], {"success", "state", "current_step"}));
  CHECK(started["data"]["success"] == true);
  CHECK(started["data"]["state"]["status"] == "in_progress");
  const auto step = started["data"]["current_step"];
  for (const char* key :
       {"id", "order", "step_type", "title", "description", "target_selector", "target_route", "fallback_content",
        "options", "allows_multiple", "required", "action_type", "action_config"}) {
    CAPTURE(key);
    CHECK(step[key].exists());
  }
  CHECK(step["step_type"] == "welcome");
  const auto now = client.get("/api/onboarding")["data"];
  CHECK(has_keys(now["state"], {"status", "started_at", "completed_at", "skipped_at", "can_resume"}));

  const auto answered = client.post("/api/onboarding/step", fmt::format(R"({{"stepId":{}}})", step["id"].json()));
  CHECK(answered.status == 200);
  CHECK(has_keys(answered["data"], {"success", "completed", "next_step", "progress"}));
  CHECK(answered["data"]["completed"] == false);
  const auto interests = answered["data"]["next_step"];
  CHECK(interests["step_type"] == "multi_select");
  CHECK(interests["options"].size() == 6);  // the bare items
  CHECK(interests["options"][0]["key"].exists());
  const auto chosen =
      client.post("/api/onboarding/step",
                  fmt::format(R"({{"step_id":{},"data":{{"interests":["music"]}}}})", interests["id"].json()));
  CHECK(chosen.status == 200);
  CHECK(chosen["data"]["next_step"]["title"] == "Set your first goal");
  CHECK(client.get("/api/today")["personalization"]["interests"].json() == R"(["music"])");
  CHECK(client.get("/api/today")["personalization"]["onboardingActive"] == true);
  CHECK(client.post("/api/onboarding/step", R"({"step_id":"none"})").status == 400);
}

STORE_TEST("a flow is started by its id or its key; an unknown one means the default flow") {
  const auto first_kind = [&](const char* body) {
    ExistingClient client(store);
    const auto started = client.post("/api/onboarding/start", body);
    CHECK(started.status == 200);
    return started["data"]["current_step"]["title"].text();
  };
  CHECK(first_kind(R"({"flowId":"a0000000-0000-4000-8000-000000000002"})") == "Choose your modules");
  CHECK(first_kind(R"({"flowId":"flow_personalize_v1"})") == "Choose your modules");
  CHECK(first_kind(R"({"flowId":"a0000000-0000-4000-8000-000000000009"})") == "Welcome to Ignition");
  CHECK(first_kind(R"({"flowId":"nothing"})") == "Welcome to Ignition");
  CHECK(first_kind(R"({"flowId":null})") == "Welcome to Ignition");
}

STORE_TEST("steps have the kinds that clients know") {
  ExistingClient client(store);
  const auto started = client.post("/api/onboarding/start", R"({"flowId":"flow_personalize_v1"})");
  CHECK(client.me().call("onboarding.get", R"({"flow":"flow_personalize_v1"})")["current_step"]["step_type"] ==
        "preference");
  CHECK(started["data"]["current_step"]["step_type"] == "input");
  CHECK(started["data"]["current_step"]["options"].size() > 3);
  const auto all = client.get("/api/onboarding?flow=flow_personalize_v1")["data"]["all_steps"];
  CHECK(all[0]["step_type"] == "input");
  CHECK(all[5]["step_type"] == "action");
}

STORE_TEST("onboarding is skipped and begun anew") {
  ExistingClient client(store);
  const auto skipped = client.post("/api/onboarding/skip", R"({"softLandingHours":3})");
  CHECK(skipped.status == 200);
  CHECK(has_keys(skipped["data"], {"success", "message", "soft_landing_until"}));
  CHECK(skipped["data"]["soft_landing_until"] == client.world.clock->now() + std::chrono::hours(3));
  CHECK(client.get("/api/onboarding")["data"]["needs_onboarding"] == false);
  const auto reset = client.post("/api/onboarding/reset");
  CHECK(reset.status == 200);
  CHECK(has_keys(reset.body, {"success", "message"}));
  CHECK(client.get("/api/onboarding")["data"]["needs_onboarding"] == true);
  CHECK(client.post("/api/onboarding/skip").status == 200);
}

STORE_TEST("deeds are a bare list, newest first, as many as wanted") {
  ExistingClient client(store);
  for (int i = 0; i < 3; ++i) {
    const auto id = client.post("/api/focus", R"({"duration_seconds":60})")["id"].text();
    client.wait(minutes(1));
    client.post("/api/focus/" + id + "/complete");
    client.wait(minutes(1));
  }
  const auto all = client.get("/api/activity");
  CHECK(all.status == 200);
  REQUIRE(all.body.size() >= 6);
  CHECK(all.body[0]["event_type"] == "focus_complete");
  CHECK(all.body[0]["xp_earned"] == all.body[0]["xp"]);
  CHECK(all.body[0]["coins_earned"] == all.body[0]["coins"]);
  CHECK(all.body[0]["occurred_at"].instant() > all.body[2]["occurred_at"].instant());
  const auto two = client.get("/api/activity?limit=2");
  CHECK(two.body.size() == 2);
  CHECK(two.body[1] == all.body[1]);
  CHECK(client.get("/api/activity?limit=100000").body.size() == all.body.size());
  CHECK(client.get("/api/activity?limit=0").status == 400);
  CHECK(client.get("/api/activity?limit=some").status == 400);
  const auto logged = client.post("/api/activity", R"({"event_type":"focus_complete"})");
  CHECK(logged.status == 404);
  CHECK(logged["error"]["type"] == "not_found");
}
