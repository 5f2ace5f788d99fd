#include "ignition/domains/onboarding.hpp"

#include "support/world.hpp"

using namespace ignition;
using namespace ignition::test;

namespace {

std::string step_id(int number) { return fmt::format("b0000000-0000-4000-8000-0000000000{:02}", number); }

std::string answer_body(int number, std::string_view response) {
  return fmt::format(R"({{"step_id":"{}","response":{}}})", step_id(number), response);
}

Answered answer(const Person& person, int number, std::string_view response = "{}") {
  return person.call("onboarding.step", answer_body(number, response));
}

Refused refusal(const Person& person, int number, std::string_view response = "{}") {
  return person.error_of("onboarding.step", answer_body(number, response));
}

Answered walk_to(const Person& person, int number) {
  person.call("onboarding.start");
  const std::vector<std::string> responses{"{}", R"({"interests":["music","focus"]})", R"({"goal_title":"run"})", "{}"};
  for (int i = 1; i < number; ++i) answer(person, i, responses[static_cast<std::size_t>(i - 1)]);
  return person.call("onboarding.get");
}

const char* const kPersonalize = R"({"flow":"flow_personalize_v1"})";

void personalize_to(const Person& person, int number) {
  person.call("onboarding.start", kPersonalize);
  for (int i = 11; i < number; ++i) answer(person, i, R"({"skipped":true})");
}

}  // namespace

STORE_TEST("a new user needs onboarding and sees the whole flow") {
  World world(store);
  const auto ann = world.person();
  const auto all = ann.call("onboarding.get");
  CHECK(all["needs_onboarding"] == true);
  CHECK(all["state"] == nullptr);
  CHECK(all["progress"].json() == R"({"completed_steps":0,"total_steps":5,"percent_complete":0})");
  CHECK(all["flow"]["id"] == "a0000000-0000-4000-8000-000000000001");
  CHECK(all["flow"]["key"] == "flow_main_v1");
  CHECK(all["flow"]["total_steps"] == 5);
  CHECK(all["all_steps"].size() == 5);
  CHECK(all["all_steps"][1].json() ==
        R"({"id":"b0000000-0000-4000-8000-000000000002","order":2,"step_type":"multi_select",)"
        R"("title":"What are your interests?","answered":false})");
  CHECK(all["responses"].json() == "{}");
  CHECK(ann.error_of("onboarding.get", R"({"flow":"nothing"})").code == Code::NOT_FOUND);
  const auto today = ann.call("today.get")["onboarding"];
  CHECK(today["needed"] == true);
  CHECK(today["active"] == false);
}

STORE_TEST("the main flow is walked from welcome to completion, and its answers take effect") {
  World world(store);
  const auto ann = world.person();
  const auto started = ann.call("onboarding.start");
  CHECK(started["state"]["status"] == "in_progress");
  CHECK(started["state"]["started_at"] == world.clock->now());
  CHECK(started["current_step"]["title"] == "Welcome to Ignition");
  CHECK(ann.call("today.get")["onboarding"]["route"] == "/onboarding/" + step_id(1));
  CHECK(ann.call("today.get")["starter_block"]["primary"]["label"] == "Continue setup");
  CHECK(ann.call("today.get")["entry_mode"] == "onboarding");

  CHECK(answer(ann, 1)["next_step"]["id"] == step_id(2));
  const auto second = answer(ann, 2, R"({"interests":["music","focus"]})");
  CHECK(second["progress"].json() == R"({"completed_steps":2,"total_steps":5,"percent_complete":40})");
  CHECK(second["next_step"]["options"]["field"] == "goal_title");
  CHECK(ann.call("today.get")["personalization"]["interests"].json() == R"(["music","focus"])");
  answer(ann, 3, R"({"goal_title":"  run a mile "})");
  CHECK(ann.call("goals.list")["goals"][0]["title"] == "run a mile");
  answer(ann, 4);
  CHECK(ann.call("today.get")["onboarding"]["percent_complete"] == 80);
  world.clock->advance(std::chrono::minutes(1));
  const auto last = answer(ann, 5);
  CHECK(last["completed"] == true);
  CHECK(last["next_step"] == nullptr);
  CHECK(last["progress"]["percent_complete"] == 100);

  const auto all = ann.call("onboarding.get");
  CHECK(all["needs_onboarding"] == false);
  CHECK(all["state"]["status"] == "completed");
  CHECK(all["state"]["completed_at"] == world.clock->now());
  CHECK(all["responses"][step_id(2)]["interests"][0] == "music");
  CHECK(ann.call("activity.list", R"({"event_type":"onboarding_completed"})")["total"] == 1);
  CHECK(ann.error_of("onboarding.start") == "CONFLICT completed");
  CHECK(ann.error_of("onboarding.skip") == "CONFLICT completed");
  CHECK(refusal(ann, 5) == "CONFLICT completed");
}

STORE_TEST("starting again goes on where the user is") {
  World world(store);
  const auto ann = world.person();
  walk_to(ann, 3);
  const auto again = ann.call("onboarding.start");
  CHECK(again["current_step"]["id"] == step_id(3));  // acceptance case 24
  CHECK(ann.call("onboarding.get")["progress"]["completed_steps"] == 2);
}

STORE_TEST("a refused answer stores nothing and moves nobody") {
  World world(store);
  const auto ann = world.person();
  walk_to(ann, 2);
  const auto refused = refusal(ann, 2, R"({"interests":["music","focus","fitness","habits"]})");
  CHECK(refused == "VALIDATION_ERROR response:too_many");  // acceptance case 25
  CHECK(refusal(ann, 2, R"({"interests":["sleep"]})") == "VALIDATION_ERROR response:not_one_of");
  CHECK(refusal(ann, 2, R"({"interests":["music","music"]})") == "VALIDATION_ERROR response:repeated");
  CHECK(refusal(ann, 2, R"({"interests":[]})") == "VALIDATION_ERROR response:too_few");
  CHECK(refusal(ann, 2, R"({"interests":7})") == "VALIDATION_ERROR response:wrong_type");
  CHECK(refusal(ann, 2) == "VALIDATION_ERROR response:required");
  CHECK(refusal(ann, 2, "[]") == "VALIDATION_ERROR response:wrong_type");
  CHECK(refusal(ann, 2, fmt::format(R"({{"interests":["music"],"x":"{}"}})", std::string(9000, 'a'))) ==
        "VALIDATION_ERROR response:too_long");
  CHECK(world.count("SELECT COUNT(*) FROM user_interests") == 0);
  CHECK(ann.call("onboarding.get")["current_step"]["id"] == step_id(2));
}

STORE_TEST("later steps, steps of other flows and unknown steps are refused") {
  World world(store);
  const auto ann = world.person();
  walk_to(ann, 2);
  CHECK(refusal(ann, 5) == "CONFLICT step_not_reached");  // acceptance case 26
  CHECK(refusal(ann, 12, R"({"value":"gentle"})").code == Code::NOT_FOUND);
  CHECK(refusal(ann, 99).code == Code::NOT_FOUND);
  CHECK(world.count("SELECT COUNT(*) FROM user_onboarding_responses") == 1);
}

STORE_TEST("an earlier step may be answered again without moving; the goal is renamed") {
  World world(store);
  const auto ann = world.person();
  walk_to(ann, 4);
  const auto again = answer(ann, 3, R"({"goal":"swim"})");
  CHECK(again["next_step"]["id"] == step_id(4));
  CHECK(again["progress"]["completed_steps"] == 3);
  const auto goals = ann.call("goals.list");
  CHECK(goals["total"] == 1);
  CHECK(goals["goals"][0]["title"] == "swim");
  CHECK(answer(ann, 3, R"({"goal":"swim"})") == again);

  ann.call("goals.delete", fmt::format(R"({{"id":"{}"}})", goals["goals"][0]["id"].text()));
  answer(ann, 3, R"({"value":"climb"})");
  CHECK(ann.call("goals.list")["goals"][0]["title"] == "climb");
}

STORE_TEST("answering without a state starts the default flow first") {
  World world(store);
  const auto ann = world.person();
  CHECK(answer(ann, 1)["next_step"]["id"] == step_id(2));
  CHECK(ann.call("onboarding.get")["state"]["status"] == "in_progress");
}

STORE_TEST("skipping keeps Today calm until the hours are over") {
  World world(store);
  const auto ann = world.person();
  world.clock->advance(std::chrono::hours(24 * 30));  // 2026-04-09T09:00Z
  const auto skipped = ann.call("onboarding.skip");
  CHECK(skipped["state"]["status"] == "skipped");
  CHECK(skipped["state"]["skipped_at"] == world.clock->now());
  CHECK(skipped["soft_landing_until"] == "2026-04-10T09:00:00.000000Z");
  CHECK(ann.call("onboarding.skip", R"({"soft_landing_hours":72})") == skipped);
  CHECK(ann.call("onboarding.get")["needs_onboarding"] == false);
  CHECK(ann.call("activity.list", R"({"event_type":"onboarding_skipped"})")["total"] == 1);
  const auto landing = [&] { return ann.call("today.get")["soft_landing"]["active"]; };
  world.clock->set(Instant::parse("2026-04-10T08:59:00Z").value());
  CHECK(landing() == true);  // acceptance case 27
  world.clock->set(Instant::parse("2026-04-10T09:00:00Z").value());
  CHECK(landing() == false);
}

STORE_TEST("who skipped goes on at the first step without an answer") {
  World world(store);
  const auto ann = world.person();
  walk_to(ann, 3);
  ann.call("onboarding.skip", R"({"soft_landing_hours":1})");
  CHECK(refusal(ann, 3, R"({"goal_title":"x"})") == "CONFLICT skipped");
  const auto resumed = ann.call("onboarding.start");
  CHECK(resumed["state"]["status"] == "in_progress");
  CHECK(resumed["state"]["skipped_at"] == nullptr);
  CHECK(resumed["current_step"]["id"] == step_id(3));
}

STORE_TEST("skipping is no deed that ends a gap, completing is one") {
  World world(store);
  const auto ann = world.person();
  ann.call("onboarding.skip");
  CHECK(world.rows<std::optional<Instant>>("SELECT last_activity_at FROM engagement_state").at(0) == std::nullopt);
  ann.call("onboarding.start");
  walk_to(ann, 5);
  answer(ann, 5);
  CHECK(world.rows<std::optional<Instant>>("SELECT last_activity_at FROM engagement_state").at(0) ==
        world.clock->now());
}

STORE_TEST("a reset forgets the answers and keeps what they set") {
  World world(store);
  const auto ann = world.person();
  CHECK(ann.call("onboarding.reset")["state"]["status"] == "not_started");
  CHECK(world.count("SELECT COUNT(*) FROM user_onboarding_state") == 0);
  walk_to(ann, 4);
  const auto reset = ann.call("onboarding.reset")["state"];
  CHECK(reset["status"] == "not_started");
  CHECK(reset["started_at"] == nullptr);
  CHECK(reset["last_step_completed_at"] == nullptr);
  const auto all = ann.call("onboarding.get");
  CHECK(all["progress"]["completed_steps"] == 0);
  CHECK(all["needs_onboarding"] == true);
  CHECK(ann.call("personalization.get")["interests"].size() == 2);
  CHECK(ann.call("goals.list")["total"] == 1);
}

STORE_TEST("preferences take their canonical and their older spellings") {
  World world(store);
  const auto ann = world.person();
  const auto prefs = [&] { return ann.call("personalization.get")["prefs"]; };
  personalize_to(ann, 12);
  answer(ann, 12, R"({"nudge_intensity":"gentle"})");
  CHECK(prefs()["nudge_intensity"] == "gentle");
  answer(ann, 12, R"({"intensity":"energetic"})");
  CHECK(prefs()["nudge_intensity"] == "energetic");
  CHECK(refusal(ann, 12, R"({"intensity":"loud"})") == "VALIDATION_ERROR response:not_one_of");
  for (const auto& [response, minutes] :
       std::vector<std::pair<const char*, int>>{{R"({"focus_minutes":45})", 45},
                                                {R"({"focus_duration":1500})", 25},
                                                {R"({"duration":"10"})", 10},
                                                {R"({"duration":"custom","customDuration":"33"})", 33},
                                                {R"({"duration":"custom","customDuration":2700})", 45},
                                                {R"({"value":"5"})", 5}}) {
    CAPTURE(response);
    answer(ann, 13, response);
    CHECK(prefs()["focus_minutes"] == minutes);
  }
  CHECK(refusal(ann, 13, R"({"duration":"long"})") == "VALIDATION_ERROR response:out_of_range");
  CHECK(refusal(ann, 13, R"({"focus_minutes":100000})") == "VALIDATION_ERROR response:out_of_range");
  answer(ann, 14, R"({"gamification_visible":false})");
  CHECK(prefs()["gamification_visibility"] == "subtle");
  answer(ann, 14, R"({"visibility":"hidden"})");
  CHECK(prefs()["gamification_visibility"] == "hidden");
  answer(ann, 15, R"({"planner":"visible"})");
  CHECK(prefs()["planner_visibility"] == "visible");
  CHECK(refusal(ann, 16, R"({"x":1})") == "VALIDATION_ERROR response:required");
  CHECK(answer(ann, 16, R"({"action_completed":true})")["next_step"]["title"] == "Saved");
  CHECK(answer(ann, 17)["completed"] == true);
  CHECK(ann.call("onboarding.get")["needs_onboarding"] == true);  // the main flow is another one
}

STORE_TEST("modules are taken as a list or as weights by key") {
  World world(store);
  const auto ann = world.person();
  const auto weights = [&] { return ann.call("today.get")["personalization"]["module_weights"].json(); };
  personalize_to(ann, 11);
  answer(ann, 11, R"({"modules":[{"key":"learn","weight":3},{"key":"wins","enabled":false}]})");
  CHECK(weights() == R"({"learn":3})");
  CHECK(ann.call("today.get")["personalization"]["disabled_modules"].json() == R"(["wins"])");
  answer(ann, 11, R"({"modules":{"focus":1,"learn":2}})");
  CHECK(weights() == R"({"focus":1,"learn":2})");
  CHECK(refusal(ann, 11, R"({"modules":{"focus":101}})") == "VALIDATION_ERROR response:not_one_of");
  CHECK(refusal(ann, 11, R"({"modules":{"habits":1}})") == "VALIDATION_ERROR response:not_one_of");
  answer(ann, 11, R"({"modules":[]})");
  CHECK(weights() == R"({"focus":1,"learn":2})");
}

STORE_TEST("who stood at a step that was deleted goes on at the next open one, or is done") {
  World world(store);
  const auto ann = world.person();
  walk_to(ann, 4);
  world.sql("UPDATE user_onboarding_state SET current_step_id = NULL");
  world.sql("DELETE FROM onboarding_steps WHERE id = $1", Uuid::parse(step_id(4)).value());
  CHECK(ann.call("onboarding.get")["current_step"]["id"] == step_id(5));
  CHECK(ann.call("today.get")["onboarding"]["current_step_id"] == step_id(5));
  CHECK(ann.call("today.get")["starter_block"]["primary"]["href"] == "/onboarding/" + step_id(5));
  CHECK(answer(ann, 5)["completed"] == true);

  const auto bob = world.person();
  walk_to(bob, 4);
  world.sql("UPDATE user_onboarding_state SET current_step_id = NULL");
  world.sql("DELETE FROM onboarding_steps WHERE id = $1", Uuid::parse(step_id(5)).value());
  CHECK(bob.call("onboarding.get")["state"]["status"] == "completed");
  CHECK(bob.call("onboarding.get")["progress"]["percent_complete"] == 100);
  CHECK(bob.call("today.get")["onboarding"]["status"] == "completed");
}

STORE_TEST("without a flow nothing is needed and nothing can be started") {
  World world(store);
  const auto ann = world.person();
  world.sql("UPDATE onboarding_flows SET is_active = FALSE");
  const auto all = ann.call("onboarding.get");
  CHECK(all["needs_onboarding"] == false);
  CHECK(all["flow"] == nullptr);
  CHECK(ann.error_of("onboarding.start") == "UNAVAILABLE no_active_flow");
  CHECK(refusal(ann, 1).code == Code::NOT_FOUND);
  CHECK(ann.call("today.get")["onboarding"]["needed"] == false);
}

STORE_TEST("onboarding of one user is not another's") {
  World world(store);
  const auto ann = world.person();
  const auto bob = world.person();
  walk_to(ann, 3);
  CHECK(bob.call("onboarding.get")["state"] == nullptr);
  CHECK(bob.call("onboarding.get")["responses"].json() == "{}");
  bob.call("onboarding.reset");
  CHECK(ann.call("onboarding.get")["progress"]["completed_steps"] == 2);
}
