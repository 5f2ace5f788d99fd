// What Today showed and what became of it.
#include <algorithm>
#include <thread>

#include "ignition/domains/today.hpp"
#include "support/world.hpp"

using namespace ignition;
using namespace ignition::test;

namespace {

std::string by_id(const Answered& object) { return fmt::format(R"({{"id":"{}"}})", object["id"].text()); }

Person settled(World& world) {
  auto person = world.person();
  world.clock->advance(std::chrono::hours(24 * 30));
  return person;
}

struct Shown {
  Uuid id;
  Instant shown_at;
  std::string entry_mode;
  std::string resolved_state;
  std::optional<std::string> last_action_type;
  std::string time_of_day;
  Json candidates;
};
BOOST_DESCRIBE_STRUCT(Shown, (), (id, shown_at, entry_mode, resolved_state, last_action_type, time_of_day, candidates))

// What is stored of showings, once all of it is.
std::vector<Shown> shown(World& world, const Person& person) {
  person.call("today.clear_soft_landing");  // a write waits for what is still to be stored
  return world.rows<Shown>(
      "SELECT id, shown_at, entry_mode, resolved_state, last_action_type, time_of_day, candidates "
      "FROM decision_exposures WHERE user_id = $1 ORDER BY shown_at",
      person.id());
}

struct Outcome {
  std::string action;
  std::string action_key;
  std::string source;
  bool within_primary = false;
  bool within_secondary = false;
  std::int64_t time_to_action_ms = 0;
};
BOOST_DESCRIBE_STRUCT(Outcome, (), (action, action_key, source, within_primary, within_secondary, time_to_action_ms))

std::vector<Outcome> outcomes(World& world) {
  return world.rows<Outcome>(
      "SELECT action, action_key, source, within_primary, within_secondary, time_to_action_ms FROM decision_outcomes "
      "ORDER BY created_at, action");
}

std::string outcome(const Answered& today, std::string_view action, std::string_view key = "module:focus") {
  return fmt::format(
      R"({{"outcomes":[{{"exposure_id":"{}","action":"{}","action_key":"{}","time_to_action_ms":1500}}]}})",
      today["exposure_id"].text(), action, key);
}

}  // namespace

STORE_TEST("what Today shows is remembered, without raising the revision") {
  World world(store);
  const auto ann = settled(world);
  ann.call("inbox.create", R"({"title":"secret"})");
  const auto revision = world.revision(ann);
  const auto today = ann.call("today.get");
  CHECK(world.revision(ann) == revision);
  const auto all = shown(world, ann);
  REQUIRE(all.size() == 1);
  CHECK(all[0].id == today["exposure_id"].id());
  CHECK(all[0].shown_at == world.clock->now());
  CHECK(all[0].entry_mode == "standard");
  CHECK(all[0].resolved_state == "default");
  CHECK(all[0].last_action_type == "capture_saved");
  CHECK(Answered(all[0].candidates.text).json() ==
        R"([{"action_key":"module:focus","kind":"starter","position":1},)"
        R"({"action_key":"module:inbox","kind":"quick_pick","position":2}])");
  CHECK(all[0].candidates.text.find("secret") == std::string::npos);
}

STORE_TEST("every answer is a showing, an unchanged one that the client holds is none") {
  World world(store);
  const auto ann = settled(world);
  const auto first = ann.answer({.operation = "today.get"});
  ann.answer({.operation = "today.get"});  // the same instant: the same showing
  world.clock->advance(std::chrono::minutes(1));
  const auto unchanged = ann.answer({.operation = "today.get", .if_none_match = first.etag});
  CHECK(unchanged.not_modified);  // acceptance case 17
  const auto second = ann.call("today.get");
  ann.call("today.summary");
  ann.call("sync.poll");
  const auto all = shown(world, ann);
  REQUIRE(all.size() == 2);
  CHECK(all[1].id == second["exposure_id"].id());
  CHECK(all[1].candidates.text == all[0].candidates.text);
}

STORE_TEST("without telemetry nothing is remembered and Today is the same") {
  World world(store);
  const auto ann = settled(world);
  const auto with = ann.call("today.get");
  ann.call("personalization.update", R"({"telemetry_enabled":false})");
  const auto without = ann.call("today.get");
  CHECK(without == with);  // acceptance case 36
  world.clock->advance(std::chrono::minutes(1));
  const auto later = ann.call("today.get");
  CHECK(shown(world, ann).size() == 1);
  CHECK(ann.call("today.record_outcomes", outcome(with, "started"))["ignored"] == 1);
  CHECK(ann.call("today.record_outcomes", outcome(later, "started"))["ignored"] == 1);
  ann.call("focus.start", R"({"duration_seconds":300})");
  CHECK(outcomes(world).empty());
}

STORE_TEST("a showing is stored soon even when nobody calls again") {
  World world(store);
  const auto ann = settled(world);
  ann.call("today.get");
  for (int i = 0; i < 200 && world.count("SELECT COUNT(*) FROM decision_exposures") == 0; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  CHECK(world.count("SELECT COUNT(*) FROM decision_exposures") == 1);
}

STORE_TEST("one decision, answered again and again, is remembered four times in ten seconds") {
  World world(store);
  const auto ann = settled(world);
  world.clock->advance(std::chrono::seconds(1));
  REQUIRE(world.clock->now().us % 10'000'000 == 1'000'000);
  std::vector<Instant> expected;
  for (int second = 1; second <= 12; ++second) {
    if (second <= 4 || second >= 10) expected.push_back(world.clock->now());
    ann.answer({.operation = "today.get"});
    world.clock->advance(std::chrono::seconds(1));
  }
  std::vector<Instant> told;
  for (const auto& one : shown(world, ann)) told.push_back(one.shown_at);
  CHECK(told == expected);
}

STORE_TEST("who asks on many threads at one instant is shown one decision") {
  World world(store);
  const auto ann = settled(world);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) ann.answer({.operation = "today.get"});
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(shown(world, ann).size() == 1);
}

STORE_TEST("an answer that needs no store is a showing, too") {
  World world(store);
  const auto ann = settled(world);
  ann.call("today.get");
  world.clock->advance(std::chrono::seconds(30));
  const Call call{.operation = "today.get"};
  KeptRead read{.caller = &ann.caller(), .call = &call};
  world.engine->answer_kept({&read, 1});
  REQUIRE(read.answer.has_value());
  const auto all = shown(world, ann);
  REQUIRE(all.size() == 2);
  CHECK(all[1].id == Answered(read.answer->body)["exposure_id"].id());
}

STORE_TEST("what Today showed last is stored when the engine is closed") {
  if (store == "memory") return;  // is gone then
  World world(store);
  const auto ann = settled(world);
  const auto today = ann.call("today.get");
  world.reopen();
  CHECK(world.count("SELECT COUNT(*) FROM decision_exposures") == 1);
  CHECK(ann.call("today.record_outcomes", outcome(today, "started"))["recorded"] == 1);
}

STORE_TEST("outcomes are stored once and credited by the time between") {
  World world(store);
  const auto ann = settled(world);
  const auto today = ann.call("today.get");
  world.clock->advance(std::chrono::minutes(5));
  CHECK(ann.call("today.record_outcomes", outcome(today, "click")).json() ==
        R"({"recorded":1,"duplicates":0,"ignored":0})");
  CHECK(ann.call("today.record_outcomes", outcome(today, "started")).json() ==
        R"({"recorded":0,"duplicates":1,"ignored":0})");  // acceptance case 35
  world.clock->advance(std::chrono::seconds(1));
  ann.call("today.record_outcomes", outcome(today, "started", "module:inbox"));
  world.clock->advance(std::chrono::seconds(1));
  ann.call("today.record_outcomes", outcome(today, "completed_action"));
  world.clock->advance(std::chrono::seconds(1));
  ann.call("today.record_outcomes", outcome(today, "bounced", "anything"));
  const auto all = outcomes(world);
  REQUIRE(all.size() == 4);
  CHECK(all[0].action == "started");
  CHECK(all[0].source == "client");
  CHECK(all[0].within_primary);
  CHECK(all[0].time_to_action_ms == 1500);
  CHECK_FALSE(all[1].within_primary);
  CHECK(all[2].within_secondary);
  CHECK(all[3].action_key.empty());
}

STORE_TEST("outcomes of others' showings, of unknown and of old ones are ignored") {
  World world(store);
  const auto ann = settled(world);
  const auto bob = settled(world);
  const auto today = ann.call("today.get");
  CHECK(bob.call("today.record_outcomes", outcome(today, "started"))["ignored"] == 1);
  CHECK(ann.call("today.record_outcomes",
                 R"({"outcomes":[{"exposure_id":"0194f5c0-0000-8000-8000-00000000ffff","action":"started",)"
                 R"("action_key":"module:focus","time_to_action_ms":0}]})")["ignored"] == 1);
  world.clock->advance(std::chrono::hours(24 * 30) + Micros(1));
  CHECK(ann.call("today.record_outcomes", outcome(today, "started"))["ignored"] == 1);
  CHECK(outcomes(world).empty());
}

STORE_TEST("outcomes with words, unknown actions or too many at once are refused") {
  World world(store);
  const auto ann = settled(world);
  const auto today = ann.call("today.get");
  CHECK(ann.error_of("today.record_outcomes", outcome(today, "looked")) ==
        "VALIDATION_ERROR outcomes[0].action:invalid_format");
  CHECK(ann.error_of("today.record_outcomes", outcome(today, "started", "Call Ann at ten")) ==
        "VALIDATION_ERROR outcomes[0].action_key:invalid_format");
  CHECK(ann.error_of("today.record_outcomes", R"({"outcomes":[]})").code == Code::VALIDATION_ERROR);
}

STORE_TEST("a deed credits the newest showing that suggested it") {
  World world(store);
  const auto ann = settled(world);
  ann.call("today.get");
  world.clock->advance(std::chrono::minutes(2));
  ann.call("today.get");
  world.clock->advance(std::chrono::minutes(3));
  const auto session = ann.call("focus.start", R"({"duration_seconds":300})");
  world.clock->advance(std::chrono::minutes(5));
  ann.call("focus.complete", by_id(session));
  const auto all = outcomes(world);
  REQUIRE(all.size() == 2);
  CHECK(all[0].action == "started");
  CHECK(all[0].action_key == "module:focus");
  CHECK(all[0].source == "server");
  CHECK(all[0].within_primary);
  CHECK(all[0].time_to_action_ms == 180'000);
  CHECK(all[1].action == "completed");
  CHECK(all[1].within_secondary);
}

STORE_TEST("a deed that was not suggested, or over an hour ago, credits nothing") {
  World world(store);
  const auto ann = settled(world);
  const auto habit = ann.call("habits.create", R"({"name":"walk"})")["habit"];
  ann.call("personalization.set_modules", R"({"modules":[{"key":"habits","enabled":false}]})");
  ann.call("today.get");
  ann.call("habits.complete", by_id(habit));
  CHECK(outcomes(world).empty());
  world.clock->advance(std::chrono::minutes(60) + Micros(1));
  ann.call("focus.start", R"({"duration_seconds":300})");
  CHECK(outcomes(world).empty());
}

STORE_TEST("showings older than thirty days are forgotten with their outcomes") {
  World world(store);
  const auto ann = settled(world);
  const auto today = ann.call("today.get");
  ann.call("today.record_outcomes", outcome(today, "started"));
  const Uuid old = today["exposure_id"].id();
  world.clock->advance(std::chrono::hours(24 * 31));
  const auto is_known = [&] {
    const auto all = shown(world, ann);
    return std::ranges::any_of(all, [&](const Shown& one) { return one.id == old; });
  };
  CHECK(is_known());
  for (int i = 0; i < 200 && is_known(); ++i) {  // a later showing clears up, one of sixteen
    world.clock->advance(std::chrono::seconds(10));
    ann.call("today.get");
  }
  CHECK_FALSE(is_known());
  CHECK(outcomes(world).empty());
}

STORE_TEST("having looked at Today does not change what the same instant shows") {
  World world(store);
  const auto ann = settled(world);
  const auto first = ann.answer({.operation = "today.get"}).body;
  for (int i = 0; i < 12; ++i) CHECK(ann.answer({.operation = "today.get"}).body == first);
}

STORE_TEST("showings that nobody acts on keep the hint about rules away") {
  World world(store);
  const auto ann = settled(world);
  ann.call("inbox.create", R"({"title":"x"})");
  for (int i = 0; i < 4; ++i) {
    ann.call("habits.complete", by_id(ann.call("habits.create", fmt::format(R"({{"name":"{}"}})", i))["habit"]));
  }
  const auto hint = [&] { return ann.call("today.get")["guidance"]; };
  const auto look = [&] {  // and act on it
    world.clock->advance(std::chrono::minutes(3));
    const auto today = ann.call("today.get");
    world.clock->advance(std::chrono::seconds(30));
    ann.call("today.record_outcomes", outcome(today, "expanded"));
    return today["guidance"];
  };
  CHECK(hint() == nullptr);  // nothing was shown before
  world.clock->advance(std::chrono::hours(5));
  CHECK(hint() == nullptr);  // the one showing was passed over
  CHECK(look() == nullptr);
  CHECK(look() == nullptr);
  CHECK(look() == nullptr);                // 2 of 4 were passed over
  CHECK(look()["step"] == "intro_rules");  // 2 of 5
}
