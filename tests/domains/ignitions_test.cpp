#include "ignition/domains/ignitions.hpp"

#include "support/world.hpp"

using namespace ignition;
using namespace ignition::test;

STORE_TEST("fifteen ignitions come with the product, in their order") {
  World world(store);
  const auto ann = world.person();
  const auto all = ann.call("ignitions.list")["ignitions"];
  CHECK(all.size() == 15);
  CHECK(all[0]["id"] == "stretch");
  CHECK(all[0]["seconds"] == 30);
  CHECK(all[4]["action_url"] == "/focus?duration=5");
  CHECK(all[4]["focus_minutes"] == 5);
  CHECK(all[14]["title"] == "Sketch something");
  const auto create = ann.call("ignitions.list", R"({"category":"create"})")["ignitions"];
  CHECK(create.size() == 4);
  CHECK(create[0]["id"] == "open-daw");
  CHECK(ann.error_of("ignitions.list", R"({"category":"sleep"})") == "VALIDATION_ERROR category:not_one_of");
}

STORE_TEST("starting an ignition tells where and is a deed, once a minute") {
  World world(store);
  const auto ann = world.person(R"({"timezone":"Asia/Tokyo"})");
  const auto first = ann.call("ignitions.start", R"({"id":"open-daw"})");
  CHECK(first["href"] == "/arrange");
  world.clock->advance(std::chrono::seconds(59));
  CHECK(ann.call("ignitions.start", R"({"id":"open-daw"})") == first);
  const auto water = ann.call("ignitions.start", R"({"id":"water"})");
  CHECK(water["href"] == "/ignitions");
  CHECK_FALSE(water["event_id"] == first["event_id"]);
  world.clock->advance(std::chrono::seconds(1));
  CHECK_FALSE(ann.call("ignitions.start", R"({"id":"open-daw"})")["event_id"] == first["event_id"]);
  const auto events = ann.call("activity.list", R"({"event_type":"ignition_started"})");
  CHECK(events["total"] == 3);
  CHECK(events["events"][0]["entity_id"] == "open-daw");
  CHECK(events["events"][0]["module"] == "ignitions");
  CHECK(world.rows<std::string>("SELECT dedupe_key FROM activity_events WHERE dedupe_key LIKE 'ignition:w%'").at(0) ==
        "ignition:water:2026-03-10T18:00");
  CHECK(world.rows<Instant>("SELECT last_activity_at FROM engagement_state").at(0) == world.clock->now());
}

STORE_TEST("an ignition that is unknown or put away cannot be started") {
  World world(store);
  const auto ann = world.person();
  CHECK(ann.error_of("ignitions.start", R"({"id":"sleep"})").code == Code::NOT_FOUND);
  world.sql("UPDATE ignitions SET is_active = FALSE WHERE id = 'water'");
  CHECK(ann.error_of("ignitions.start", R"({"id":"water"})").code == Code::NOT_FOUND);
  CHECK(ann.call("ignitions.list")["ignitions"].size() == 14);
}
