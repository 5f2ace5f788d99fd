#include "ignition/domains/today.hpp"

#include "support/world.hpp"

using namespace ignition;
using namespace ignition::test;

namespace {

// The parts of an answer that a test compares at once.
std::string state(const Person& person) {
  const auto today = person.call("today.get");
  return today["resolved_state"].text() + " " + today["entry_mode"].text();
}

std::vector<std::string> picks(const Person& person) {
  std::vector<std::string> out;
  const auto today = person.call("today.get");
  for (std::size_t i = 0; i < today["quick_picks"].size(); ++i) {
    out.push_back(today["quick_picks"][static_cast<int>(i)]["module"].text());
  }
  return out;
}

}  // namespace

STORE_TEST("a new user has a first day with one obvious step") {
  World world(store);
  const auto ann = world.person();
  const auto today = ann.call("today.get");
  CHECK(today["resolved_state"] == "first_day");
  CHECK(today["starter_block"]["primary"]["href"] == "/focus");
  CHECK(today["starter_block"]["primary"]["label"] == "Start Focus");
  CHECK(today["guidance"]["step"] == "intro_start");
  CHECK(today["degraded"].size() == 0);
  CHECK(today["max_ctas"] == 2);
}

STORE_TEST("two reads with the same clock give the same bytes, and a later one keeps its entity tag") {
  World world(store);
  const auto ann = world.person();
  ann.call("habits.create", R"({"name":"walk"})");
  const auto first = ann.answer({.operation = "today.get"});
  const auto second = ann.answer({.operation = "today.get"});
  CHECK(first.body == second.body);
  CHECK(first.etag == second.etag);
  world.clock->advance(std::chrono::minutes(1));
  const auto later = ann.answer({.operation = "today.get"});
  CHECK(later.etag == first.etag);
  CHECK(later.body != first.body);  // generated_at and exposure_id
  const std::string tag = "W/\"" + first.etag + "\"";
  const auto unchanged = ann.answer({.operation = "today.get", .if_none_match = tag});
  CHECK(unchanged.not_modified);
  CHECK(unchanged.body.empty());
}

STORE_TEST("a kept answer is byte for byte what deciding again would give") {
  World world(store);
  const auto ann = world.person();
  ann.call("habits.create", R"({"name":"walk"})");
  ann.call("plan.generate");
  ann.call("today.get");
  world.clock->advance(std::chrono::minutes(7));
  const auto kept = ann.answer({.operation = "today.get"});
  // Asking from a page bypasses the cache; the only difference is next_action.
  const auto fresh = ann.answer({.operation = "today.get", .body = R"({"current_route":"/habits"})"});
  CHECK(Answered(kept.body)["generated_at"] == Answered(fresh.body)["generated_at"]);
  CHECK(Answered(kept.body)["starter_block"] == Answered(fresh.body)["starter_block"]);
  CHECK(Answered(kept.body)["counts"] == Answered(fresh.body)["counts"]);
  CHECK(Answered(kept.body)["next_action"] == nullptr);
  CHECK(Answered(fresh.body)["next_action"]["href"].exists());
}

STORE_TEST("a read of Today moves nothing that a gap is judged by") {
  World world(store);
  const auto ann = world.person();
  const auto habit = ann.call("habits.create", R"({"name":"walk"})")["habit"]["id"].text();
  ann.call("habits.complete", fmt::format(R"({{"id":"{}"}})", habit));
  world.clock->advance(std::chrono::hours(60));
  for (int i = 0; i < 20; ++i) ann.call("sync.poll");
  CHECK(state(ann) == "returning_after_gap ramp");
  CHECK(ann.call("today.get")["reduced_mode"]["message"] == "Welcome back. Start small.");
  CHECK(picks(ann).empty());
  ann.call("habits.complete", fmt::format(R"({{"id":"{}"}})", habit));
  const auto today = ann.call("today.get");
  CHECK(today["user_state"]["returning_after_gap"] == false);
  CHECK(today["momentum"]["show"] == true);
  CHECK(today["soft_landing"]["active"] == false);
}

STORE_TEST("a dismissed reduced mode stays away for the engagement session") {
  World world(store);
  const auto ann = world.person();
  const auto habit = ann.call("habits.create", R"({"name":"walk"})")["habit"]["id"].text();
  ann.call("habits.complete", fmt::format(R"({{"id":"{}"}})", habit));
  world.clock->advance(std::chrono::hours(24 * 3 - 1));  // 08:00
  CHECK(state(ann) == "returning_after_gap ramp");
  CHECK(ann.call("today.dismiss_reduced")["reduced_mode"]["active"] == false);
  CHECK(state(ann) == "default standard");
  world.clock->advance(std::chrono::minutes(239));
  CHECK(state(ann) == "default standard");
  world.clock->advance(std::chrono::minutes(1));
  CHECK(state(ann) == "returning_after_gap ramp");
}

STORE_TEST("a finished focus session lands softly, a second device sees it, opening a section ends it") {
  World world(store);
  const auto ann = world.person();
  world.clock->advance(std::chrono::hours(24 * 30));
  const auto session = ann.call("focus.start", R"({"duration_seconds":1500})");
  CHECK(state(ann) == "focus_active reduced");
  CHECK(ann.call("today.get")["starter_block"]["primary"]["label"] == "Return to Focus");
  world.clock->advance(std::chrono::minutes(25));
  ann.call("focus.complete", fmt::format(R"({{"id":"{}"}})", session["id"].text()));
  const auto today = ann.call("today.get");
  CHECK(today["soft_landing"]["active"] == true);
  CHECK(today["momentum"]["message"] == "Good start.");
  CHECK(ann.call("sync.poll")["today"]["soft_landing"] == true);
  CHECK(ann.call("today.clear_soft_landing", R"({"section":"explore"})")["soft_landing"]["active"] == false);
  CHECK(ann.call("sync.poll")["today"]["soft_landing"] == false);
  CHECK(
      ann.call("today.activate_soft_landing", R"({"source":"quest","status":"complete"})")["soft_landing"]["active"] ==
      false);  // never again in this session
}

STORE_TEST("a soft landing ends by itself after half an hour") {
  World world(store);
  const auto ann = world.person();
  CHECK(ann.call("today.activate_soft_landing",
                 R"({"source":"focus","status":"complete"})")["soft_landing"]["active"] == true);
  world.clock->advance(std::chrono::minutes(29));
  CHECK(ann.call("today.get")["soft_landing"]["active"] == true);
  world.clock->advance(std::chrono::minutes(1));
  CHECK(ann.call("today.get")["soft_landing"]["active"] == false);
  CHECK(ann.error_of("today.activate_soft_landing", R"({"source":"walk","status":"complete"})") ==
        "VALIDATION_ERROR source:not_one_of");
}

STORE_TEST("an expired focus session is active nowhere") {
  World world(store);
  const auto ann = world.person();
  world.clock->advance(std::chrono::hours(48));
  ann.call("focus.start", R"({"duration_seconds":1500})");
  CHECK(ann.call("today.get")["user_state"]["focus_active"] == true);
  world.clock->advance(std::chrono::minutes(50));
  CHECK(ann.call("today.get")["user_state"]["focus_active"] == false);
  CHECK(ann.call("sync.poll")["focus"]["active_session"] == nullptr);
}

STORE_TEST("the open plan item comes first, and habits and their plan items follow each other") {
  World world(store);
  const auto ann = world.person();
  world.clock->advance(std::chrono::hours(24 * 10));
  const auto habit = ann.call("habits.create", R"({"name":"walk"})")["habit"]["id"].text();
  const auto plan = ann.call("plan.generate")["plan"];
  CHECK(plan["total_count"] == 2);
  CHECK(state(ann) == "plan_exists standard");
  CHECK(ann.call("today.get")["starter_block"]["primary"]["label"] == "Continue: Focus Session");
  CHECK(picks(ann) == std::vector<std::string>{"habits"});
  ann.call("habits.complete", fmt::format(R"({{"id":"{}"}})", habit));
  const auto after = ann.call("plan.get")["plan"];
  CHECK(after["completed_count"] == 1);
  CHECK(after["items"][1]["completed"] == true);
  // Taking the tick back does not undo the habit.
  ann.call("plan.complete_item", fmt::format(R"({{"id":"{}","completed":false}})", after["items"][1]["id"].text()));
  CHECK(ann.call("habits.get", fmt::format(R"({{"id":"{}"}})", habit))["habit"]["completed_today"] == true);
}

STORE_TEST("the day begins at the user's own hour") {
  World world(store);
  const auto ann = world.person();
  const auto habit = ann.call("habits.create", R"({"name":"walk"})")["habit"]["id"].text();
  ann.call("settings.update", R"({"day_start_hour":4})");
  world.clock->set(Instant::parse("2026-04-15T01:30:00Z").value());
  ann.call("habits.complete", fmt::format(R"({{"id":"{}"}})", habit));
  world.clock->set(Instant::parse("2026-04-15T02:00:00Z").value());
  CHECK(ann.call("today.get")["local_date"] == "2026-04-14");
  CHECK(ann.call("today.get")["counts"]["pending_habits"] == 0);
  world.clock->set(Instant::parse("2026-04-15T04:00:00Z").value());
  CHECK(ann.call("today.get")["local_date"] == "2026-04-15");
  CHECK(ann.call("today.get")["counts"]["pending_habits"] == 1);
}

STORE_TEST("show full opens everything and says so") {
  World world(store);
  const auto ann = world.person();
  const auto full = ann.call("today.show_full");
  CHECK(full["entry_mode"] == "standard");
  CHECK(full["visibility"]["show_daily_plan"] == true);
  CHECK(ann.call("today.get")["resolved_state"] == "first_day");
  ann.call("today.show_full", R"({"on":false})");
  CHECK(ann.call("today.get")["entry_mode"] == "reduced");
}

STORE_TEST("a dismissed hint stays away for three days, the second time for good") {
  World world(store);
  const auto ann = world.person();
  CHECK(ann.call("today.dismiss_guidance", R"({"step":"intro_start"})")["guidance"] == nullptr);
  world.clock->advance(std::chrono::hours(72));
  CHECK(ann.call("today.get")["guidance"]["step"] == "intro_start");
  ann.call("today.dismiss_guidance", R"({"step":"intro_start"})");
  world.clock->advance(std::chrono::hours(24 * 90));
  CHECK(ann.call("today.get")["guidance"] == nullptr);
  CHECK(ann.error_of("today.dismiss_guidance", R"({"step":"intro_nothing"})") == "NOT_FOUND not_found");
}

STORE_TEST("hidden gamification hides the rewards") {
  World world(store);
  const auto ann = world.person();
  world.clock->advance(std::chrono::hours(24 * 10));
  CHECK(ann.call("today.get")["sections"]["rewards"] == "visible");
  ann.call("settings.update", R"({"gamification_visibility":"hidden"})");
  CHECK(ann.call("today.get")["sections"]["rewards"] == "hidden");
}

STORE_TEST("summary, next action and flags tell parts of the same decision") {
  World world(store);
  const auto ann = world.person();
  const auto summary = ann.call("today.summary");
  const auto today = ann.call("today.get");
  CHECK(summary["resolved_state"] == today["resolved_state"]);
  CHECK(summary["counts"] == today["counts"]);
  CHECK(summary["starter"] == today["starter_block"]["primary"]);
  CHECK(ann.call("today.next_action", R"({"current_route":"/focus"})")["resolved"]["href"] == "/quests");
  CHECK(ann.call("today.next_action")["starter"]["href"] == "/focus");
  CHECK(ann.call("today.flags")["active"].size() == 8);
}

TEST_CASE("a forced-off master flag shows everything and suggests nothing") {
  World world("memory", Config::from({{{"FLAG_TODAY_FEATURES_MASTER", "off"}}}));
  const auto ann = world.person();
  const auto today = ann.call("today.get");
  CHECK(today["resolved_state"] == "default");
  CHECK(today["quick_picks"].size() == 0);
  CHECK(today["flags"]["TODAY_DYNAMIC_UI_V1"] == false);
}

STORE_TEST("a poll names what changed since the last one") {
  World world(store);
  const auto ann = world.person();
  world.clock->advance(std::chrono::hours(24 * 10));
  const auto habit = ann.call("habits.create", R"({"name":"walk"})")["habit"]["id"].text();
  const auto first = ann.call("sync.poll");
  CHECK(first["changed"].size() == 7);
  CHECK(first["badges"]["pending_habits"] == 1);
  CHECK(first["vault_lock"]["locked_at"] == nullptr);
  const std::string since = fmt::format(R"({{"since":"{}"}})", first["since"].text());
  CHECK(ann.call("sync.poll", since)["changed"].size() == 0);
  ann.call("habits.complete", fmt::format(R"({{"id":"{}"}})", habit));
  const auto next = ann.call("sync.poll", since);
  CHECK(next["changed"].json() == R"(["progress","badges","today"])");
  CHECK(next["plan"] == nullptr);
  CHECK(next["badges"]["pending_habits"] == 0);
  CHECK(next["progress"]["total_xp"] == 10);
  CHECK(ann.call("sync.poll", R"({"since":"v1.nonsense"})")["changed"].size() == 7);
}

STORE_TEST("changes answers the sections that a device does not have") {
  World world(store);
  const auto ann = world.person();
  const auto state = ann.call("sync.state");
  const auto none = ann.call("sync.changes", fmt::format(R"({{"client_versions":{}}})", state["versions"].json()));
  CHECK(none["updates"].json() == "{}");
  const auto all = ann.call("sync.changes", R"({"include_data":false})");
  CHECK(all["updates"]["badges"] == true);
  CHECK(all["updates"].size() == 7);
  CHECK(ann.call("sync.badges")["unread_inbox"] == 0);
  CHECK(ann.call("sync.progress")["level"] == 1);
  CHECK(ann.call("sync.plan_status")["has_plan"] == false);
  CHECK(ann.call("sync.focus_status")["active_session"] == nullptr);
  CHECK(ann.call("sync.session")["session"]["authenticated"] == true);
}

STORE_TEST("a closed gate leaves a poll its user block and nothing else") {
  World world(store);
  const auto ann = world.person();
  ann.call("habits.create", R"({"name":"walk"})");
  const auto gated = world.session_of(ann);
  world.sql("UPDATE users SET tos_version = NULL WHERE id = $1", ann.id());
  const auto poll = gated.call("sync.poll");
  CHECK(poll["user"]["tos_accepted"] == false);
  CHECK(poll["user"]["pending_gates"].json() == R"(["tos_unaccepted"])");
  CHECK(poll["badges"]["pending_habits"] == 0);
  CHECK(poll["today"] == nullptr);
  CHECK(gated.error_of("today.get") == "FORBIDDEN tos_unaccepted");
}
