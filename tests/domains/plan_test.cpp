#include "ignition/domains/plan.hpp"

#include <thread>

#include "support/world.hpp"

using namespace ignition;
using namespace ignition::test;

namespace {

std::string of(const Answered& item) { return fmt::format(R"({{"id":"{}"}})", item["id"].text()); }

std::vector<std::string> titles(const Answered& plan) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < plan["items"].size(); ++i)
    out.push_back(plan["items"][static_cast<int>(i)]["title"].text());
  return out;
}

// A person with an account of a month, so that plans are not kept small.
Person settled_person(World& world) {
  auto person = world.person();
  world.clock->advance(std::chrono::hours(24 * 30));
  person.call("plan.add_item", R"({"title":"seed"})");
  person.call("plan.delete");
  return person;
}

}  // namespace

STORE_TEST("seven habits give one focus item and five habits, in order, again and again") {
  World world(store);
  const auto ann = settled_person(world);
  for (int i = 0; i < 7; ++i) {
    ann.call("habits.create", fmt::format(R"({{"name":"habit {}","sort_order":{}}})", i, 6 - i));
  }
  const auto plan = ann.call("plan.generate")["plan"];
  CHECK(titles(plan) ==
        std::vector<std::string>{"Focus Session", "habit 6", "habit 5", "habit 4", "habit 3", "habit 2"});
  const auto again = ann.call("plan.generate")["plan"];
  CHECK(again == plan);
  CHECK(ann.call("plan.get")["plan"] == plan);
}

STORE_TEST("generating keeps done items, edits and what the user added") {
  World world(store);
  const auto ann = settled_person(world);
  ann.call("habits.create", R"({"name":"walk"})");
  const auto plan = ann.call("plan.generate")["plan"];
  ann.call("plan.complete_item", of(plan["items"][0]));
  ann.call("plan.update_item", fmt::format(R"({{"id":"{}","title":"walk far"}})", plan["items"][1]["id"].text()));
  const auto added = ann.call("plan.add_item", R"({"title":"call Jo","duration":10})")["item"];
  CHECK(added["action_url"] == "/focus?item=" + added["id"].text());
  const auto again = ann.call("plan.generate")["plan"];
  CHECK(again["id"] == plan["id"]);
  CHECK(titles(again) == std::vector<std::string>{"Focus Session", "walk far", "call Jo"});
  CHECK(again["items"][0]["completed"] == true);
  CHECK(again["completed_count"] == 1);
  CHECK(again["percent_complete"] == 33);
  CHECK(again["next_item"]["title"] == "walk far");
  const auto replaced = ann.call("plan.generate", R"({"mode":"replace"})")["plan"];
  CHECK(titles(replaced) == std::vector<std::string>{"Focus Session", "walk"});
  CHECK(replaced["completed_count"] == 0);
}

STORE_TEST("a first day gets a short plan") {
  World world(store);
  const auto ann = world.person();
  for (const char* name : {"a", "b", "c"}) ann.call("habits.create", fmt::format(R"({{"name":"{}"}})", name));
  const auto plan = ann.call("plan.generate")["plan"];
  CHECK(titles(plan) == std::vector<std::string>{"Focus Session", "a"});
  CHECK(plan["items"][0]["duration"] == 5);
}

STORE_TEST("an item of one's own pays once, a generated one never") {
  World world(store);
  const auto ann = settled_person(world);
  ann.call("habits.create", R"({"name":"walk"})");
  ann.call("plan.generate");
  const auto own = ann.call("plan.add_item", R"({"title":"call Jo"})")["item"];
  const auto done = ann.call("plan.complete_item", of(own));
  CHECK(done["xp_awarded"] == 15);
  CHECK(done["coins_awarded"] == 5);
  CHECK(ann.call("plan.complete_item", of(own))["xp_awarded"] == 0);
  ann.call("plan.complete_item", fmt::format(R"({{"id":"{}","completed":false}})", own["id"].text()));
  CHECK(ann.call("progress.summary")["total_xp"] == 15);
  CHECK(ann.call("plan.complete_item", of(own))["xp_awarded"] == 0);
  const auto plan = ann.call("plan.get")["plan"];
  CHECK(ann.call("plan.complete_item", of(plan["items"][1]))["xp_awarded"] == 0);
  CHECK(ann.call("progress.summary")["total_xp"] == 15);
  CHECK(ann.call("habits.list")["habits"][0]["completed_today"] == false);
  CHECK(ann.call("ledger.verify")["ok"] == true);
}

STORE_TEST("deeds complete the items that stand for them") {
  World world(store);
  const auto ann = settled_person(world);
  const auto habit = ann.call("habits.create", R"({"name":"walk"})")["habit"];
  ann.call("plan.generate");
  const auto short_session = ann.call("focus.start", R"({"duration_seconds":600})");
  world.clock->advance(std::chrono::minutes(10));
  ann.call("focus.complete", of(short_session));
  CHECK(ann.call("plan.get")["plan"]["completed_count"] == 0);  // the item asks for 25 minutes
  const auto session = ann.call("focus.start", R"({"duration_seconds":1500})");
  world.clock->advance(std::chrono::minutes(25));
  ann.call("focus.complete", of(session));
  CHECK(ann.call("plan.get")["plan"]["items"][0]["completed"] == true);
  ann.call("habits.complete", of(habit));
  CHECK(ann.call("plan.get")["plan"]["completed_count"] == 2);
  CHECK(ann.call("plan.get")["plan"]["next_item"] == nullptr);
}

STORE_TEST("an update leaves what it does not name") {
  World world(store);
  const auto ann = settled_person(world);
  ann.call("habits.create", R"({"name":"walk"})");
  const auto plan = ann.call("plan.generate")["plan"];
  CHECK(ann.call("plan.update", R"({"notes":"slowly"})")["plan"]["total_count"] == 2);
  const auto items = fmt::format(
      R"({{"items":[{{"title":"read"}},{{"id":"{}","title":"walk"}},{{"item_key":"plan_focus_1","title":"Focus Session","description":"25 minutes","duration":25,"completed":true}}]}})",
      plan["items"][1]["id"].text());
  const auto updated = ann.call("plan.update", items)["plan"];
  CHECK(updated["notes"] == "slowly");
  CHECK(updated["id"] == plan["id"]);
  CHECK(titles(updated) == std::vector<std::string>{"read", "walk", "Focus Session"});
  CHECK(updated["user_ordered"] == true);
  CHECK(updated["items"][0]["origin"] == "custom");
  CHECK(updated["items"][1]["id"] == plan["items"][1]["id"]);
  CHECK(updated["items"][1]["is_edited"] == false);
  CHECK(updated["items"][2]["completed"] == true);
  CHECK(ann.call("plan.update", R"({"notes":null})")["plan"]["notes"] == nullptr);
}

STORE_TEST("a plan is put in order by hand and stays so") {
  World world(store);
  const auto ann = settled_person(world);
  ann.call("habits.create", R"({"name":"walk"})");
  const auto plan = ann.call("plan.generate")["plan"];
  const std::string first = plan["items"][0]["id"].text();
  const std::string second = plan["items"][1]["id"].text();
  const auto order = fmt::format(R"({{"item_ids":["{}","{}"]}})", second, first);
  CHECK(titles(ann.call("plan.reorder", order)["plan"]) == std::vector<std::string>{"walk", "Focus Session"});
  CHECK(titles(ann.call("plan.generate")["plan"]) == std::vector<std::string>{"walk", "Focus Session"});
  CHECK(ann.error_of("plan.reorder", fmt::format(R"({{"item_ids":["{0}","{0}"]}})", first)) ==
        "VALIDATION_ERROR item_ids:repeated");
  CHECK(ann.error_of("plan.reorder", fmt::format(R"({{"item_ids":["{}"]}})", first)) == "CONFLICT order_changed");
  const auto top = ann.call("plan.add_item", R"({"title":"now","position":0})")["plan"];
  CHECK(titles(top) == std::vector<std::string>{"now", "walk", "Focus Session"});
  CHECK(top["items"][2]["priority"] == 2);
}

STORE_TEST("plans refuse what they cannot hold") {
  World world(store);
  const auto ann = settled_person(world);
  for (const char* url : {"javascript:alert(1)", "//evil.test", "/today", "https://x.test", "/focus/../admin"}) {
    CAPTURE(url);
    CHECK(ann.error_of("plan.add_item", fmt::format(R"({{"title":"x","action_url":"{}"}})", url)) ==
          "VALIDATION_ERROR action_url:invalid_format");
  }
  CHECK(ann.error_of("plan.add_item", R"({"title":"  "})") == "VALIDATION_ERROR title:too_short");
  CHECK(ann.error_of("plan.get", R"({"date":"2030-01-01"})") == "VALIDATION_ERROR date:out_of_range");
  CHECK(ann.error_of("plan.delete", R"({"date":"2026-04-01"})") == "NOT_FOUND not_found");
  for (int i = 0; i < 50; ++i) ann.call("plan.add_item", R"({"title":"x"})");
  CHECK(ann.error_of("plan.add_item", R"({"title":"x"})") == "CONFLICT limit_reached");
  CHECK(ann.call("plan.get")["plan"]["total_count"] == 50);
}

STORE_TEST("somebody else's items do not exist") {
  World world(store);
  const auto ann = settled_person(world);
  const auto bob = world.person();
  const auto item = ann.call("plan.add_item", R"({"title":"secret"})")["item"];
  for (const char* operation : {"plan.complete_item", "plan.delete_item", "plan.update_item"}) {
    CAPTURE(operation);
    CHECK(bob.error_of(operation, of(item)) == "NOT_FOUND not_found");
  }
  CHECK(bob.call("plan.get")["plan"] == nullptr);
  const auto taken =
      bob.call("plan.update", fmt::format(R"({{"items":[{{"id":"{}","title":"mine"}}]}})", item["id"].text()));
  CHECK(taken["plan"]["items"][0]["id"] != item["id"]);
  CHECK(ann.call("plan.get")["plan"]["items"][0]["title"] == "secret");
}

STORE_TEST("plans of a range are listed with their counts, newest first") {
  World world(store);
  const auto ann = settled_person(world);
  for (int day = 0; day < 3; ++day) {
    const auto item = ann.call("plan.add_item", R"({"title":"x"})")["item"];
    if (day == 1) ann.call("plan.complete_item", of(item));
    world.clock->advance(std::chrono::hours(24));
  }
  const auto list = ann.call("plan.list", R"({"page_size":2})");
  CHECK(list["total"] == 3);
  CHECK(list["plans"].size() == 2);
  CHECK(list["plans"][1]["percent"] == 100);
  CHECK(ann.error_of("plan.list", R"({"from":"2026-01-01","to":"2026-06-01"})") == "VALIDATION_ERROR to:out_of_range");
}

STORE_TEST("plans generated at once end in one") {
  World world(store);
  const auto ann = settled_person(world);
  for (int i = 0; i < 3; ++i) ann.call("habits.create", fmt::format(R"({{"name":"h{}"}})", i));
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back([&] { world.engine->call(ann.caller(), &plan::generate); });
  for (auto& thread : threads) thread.join();
  CHECK(world.count("SELECT count(*) FROM daily_plans") == 1);
  CHECK(ann.call("plan.get")["plan"]["total_count"] == 4);
}
