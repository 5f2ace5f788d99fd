#include "ignition/domains/activity.hpp"

#include "support/world.hpp"

using namespace ignition;
using namespace ignition::test;

namespace {

Answered complete_habit(const Person& person, std::string_view name) {
  const auto habit = person.call("habits.create", fmt::format(R"({{"name":"{}"}})", name))["habit"];
  person.call("habits.complete", with_id(habit));
  return habit;
}

void complete_focus(World& world, const Person& person) {
  const auto session = person.call("focus.start", R"({"duration_seconds":300})");
  world.clock->advance(std::chrono::minutes(5));
  person.call("focus.complete", with_id(session));
}

}  // namespace

STORE_TEST("the feed shows deeds newest first, without what was undone") {
  World world(store);
  const auto ann = world.person();
  const auto habit = complete_habit(ann, "secret name");
  world.clock->advance(std::chrono::minutes(1));
  complete_focus(world, ann);
  const auto all = ann.call("activity.list");
  CHECK(all["total"] == 3);
  CHECK(all["events"][0]["event_type"] == "focus_complete");
  CHECK(all["events"][0]["occurred_at"] == world.clock->now());
  CHECK(all["events"][0]["duration_seconds"] == 300);
  CHECK(all["events"][1]["event_type"] == "focus_start");
  CHECK(all["events"][2]["event_type"] == "habit_complete");
  CHECK(all["events"][2]["entity_id"] == habit["id"].text());
  CHECK(all["events"][2]["xp"].integer() > 0);
  CHECK(all.json().find("secret name") == std::string::npos);
  ann.call("habits.undo", fmt::format(R"({{"id":"{}","date":"2026-03-10"}})", habit["id"].text()));
  CHECK(ann.call("activity.list")["total"] == 2);
}

STORE_TEST("the feed is filtered by type, module and date, and paged") {
  World world(store);
  const auto ann = world.person();
  complete_habit(ann, "a");
  world.clock->advance(std::chrono::hours(24));
  complete_habit(ann, "b");
  complete_focus(world, ann);
  const auto total = [&](const char* body) { return ann.call("activity.list", body)["total"].integer(); };
  CHECK(total(R"({"module":"habits"})") == 2);
  CHECK(total(R"({"event_type":"focus_start"})") == 1);
  CHECK(total(R"({"to":"2026-03-10"})") == 1);
  CHECK(total(R"({"from":"2026-03-11"})") == 3);
  CHECK(total(R"({"from":"2026-03-10","to":"2026-03-11","module":"focus"})") == 2);
  const auto page = ann.call("activity.list", R"({"page":2,"page_size":3})");
  CHECK(page["total"] == 4);
  CHECK(page["events"].size() == 1);
  CHECK(ann.error_of("activity.list", R"({"page_size":101})") == "VALIDATION_ERROR page_size:out_of_range");
}

STORE_TEST("events of the same instant stand by id") {
  World world(store);
  const auto ann = world.person();
  for (const char* name : {"a", "b", "c"}) complete_habit(ann, name);
  const auto events = ann.call("activity.list")["events"];
  CHECK(events[0]["id"].text() < events[1]["id"].text());
  CHECK(events[1]["id"].text() < events[2]["id"].text());
}

STORE_TEST("usage counts completions by module in the days asked for") {
  World world(store);
  const auto ann = world.person();
  complete_focus(world, ann);
  world.clock->advance(std::chrono::hours(24 * 3));
  complete_habit(ann, "a");
  complete_habit(ann, "b");
  complete_focus(world, ann);
  ann.call("inbox.create", R"({"title":"x"})");
  CHECK(ann.call("activity.usage").json() ==
        R"({"modules":[{"module":"focus","completions":2,"last_date":"2026-03-13"},)"
        R"({"module":"habits","completions":2,"last_date":"2026-03-13"}]})");
  CHECK(ann.call("activity.usage", R"({"days":1})")["modules"][0]["module"] == "habits");
  CHECK(ann.call("activity.usage", R"({"days":1})")["modules"][1]["completions"] == 1);
  CHECK(ann.error_of("activity.usage", R"({"days":91})") == "VALIDATION_ERROR days:out_of_range");
}

STORE_TEST("nobody sees another user's feed") {
  World world(store);
  const auto ann = world.person();
  const auto bob = world.person();
  complete_habit(ann, "a");
  CHECK(bob.call("activity.list")["total"] == 0);
  CHECK(bob.call("activity.usage")["modules"].size() == 0);
}
