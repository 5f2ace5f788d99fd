// Quests on the unversioned surface.
#include "http/compat.hpp"

using namespace ignition;
using namespace ignition::http_test;

namespace {

// The first quest of a list with this value; missing when there is none.
Answered quest_with(const Answered& quests, std::string_view key, std::string_view value) {
  for (std::size_t i = 0; i < quests.size(); ++i) {
    const auto one = quests[static_cast<int>(i)];
    if (one[key] == value) return one;
  }
  return {};
}

}  // namespace

STORE_TEST("quests of both kinds are one list, universal ones by their kind") {
  ExistingClient client(store);
  client.world.with_shipped_rewards();
  const auto own = client.post("/api/quests", R"({"title":"Clean the desk"})");
  CHECK(own.status == 201);
  const auto list = client.get("/api/quests");
  CHECK(list.status == 200);
  CHECK(has_keys(list.body, {"quests", "total"}));
  CHECK(list["total"] == list["quests"].size());
  for (const char* key :
       {"id", "title", "description", "category", "difficulty", "xp_reward", "coin_reward", "status", "progress",
        "target", "is_repeatable", "streak_count", "accepted_at", "completed_at", "expires_at"}) {
    CAPTURE(key);
    CHECK(list["quests"][0][key].exists());
  }
  const auto daily = quest_with(list["quests"], "quest_type", "daily");
  CHECK(daily["category"] == "daily");
  CHECK(daily["expires_at"] == daily["period_ends_at"]);
  CHECK(daily["expires_at"] == "2026-03-11T00:00:00.000000Z");
  CHECK(quest_with(list["quests"], "source", "personal")["category"] == "special");
  CHECK(client.get("/api/quests?page=1&page_size=1")["quests"].size() == 1);
}

STORE_TEST("an unknown status finds no quests, accepted also those that are in progress (case 40)") {
  ExistingClient client(store);
  client.world.with_shipped_rewards();
  const auto none = client.get("/api/quests?status=nonexistent");
  CHECK(none.status == 200);
  CHECK(none.body.json() == R"({"quests":[],"total":0})");
  const auto daily = quest_with(client.get("/api/quests")["quests"], "quest_type", "daily")["id"].text();
  const auto taken = client.post("/api/quests/" + daily + "/accept");
  CHECK(taken.status == 200);
  CHECK(taken["quest"]["status"] == "accepted");
  CHECK(client.me().call("quests.get", fmt::format(R"({{"id":"{}"}})", daily))["quest"]["status"] == "in_progress");
  const auto own = client.post("/api/quests", R"({"title":"Clean the desk"})")["id"].text();
  client.post("/api/quests/" + own + "/accept");
  const auto accepted = client.get("/api/quests?status=accepted");
  CHECK(accepted["total"] == 2);
  CHECK(accepted["quests"][0]["id"] == daily);
  CHECK(accepted["quests"][1]["id"] == own);
  CHECK(client.get("/quests/active")["data"] == accepted.body);
}

STORE_TEST("a quest of one's own is made with what the client sends, its rewards within bounds") {
  ExistingClient client(store);
  client.world.with_shipped_rewards();
  const auto made = client.post("/api/quests", R"({"title":"Mix","description":"loud","difficulty":"hard",
      "xp_reward":100000,"coin_reward":-5,"target":3,"status":"completed","priority":9,"user_id":"x"})");
  CHECK(made.status == 201);
  CHECK(has_keys(made.body, {"quest", "id"}));
  CHECK(made["id"] == made["quest"]["id"]);
  CHECK(made["quest"]["xp_reward"] == 250);
  CHECK(made["quest"]["coin_reward"] == 0);
  CHECK(made["quest"]["category"] == "special");
  CHECK(made["quest"]["status"] == "available");
  CHECK(client.post("/api/quests", R"({"description":"no title"})").status == 400);
  const auto path = "/api/quests/" + made["id"].text();
  CHECK(client.get(path)["quest"]["title"] == "Mix");
  CHECK(client.post(path + "/progress", R"({"progress":2})")["quest"]["progress"] == 2);
  CHECK(client.post(path + "/progress").status == 400);
  const auto done = client.post(path + "/complete");
  CHECK(done.status == 200);
  CHECK(has_keys(done.body, {"result"}));
  CHECK(done["result"]["quest"]["status"] == "completed");
  CHECK(done["result"]["xp_awarded"] == 250);
  CHECK(done["result"]["leveled_up"].exists());
  CHECK(done["result"]["new_level"].exists());
  const auto again = client.post(path + "/complete");
  CHECK(again.status == 409);
  CHECK(again["error"]["type"] == "conflict");
  CHECK(client.get("/quests/completed")["data"]["quests"][0]["title"] == "Mix");
  const auto other = "/api/quests/" + client.post("/api/quests", R"({"title":"Rest"})")["id"].text();
  CHECK(client.post(other + "/abandon")["quest"]["status"] == "abandoned");
}

STORE_TEST("a universal quest keeps its own progress, and is claimed by completing it") {
  ExistingClient client(store);
  client.world.with_shipped_rewards();
  const auto daily = quest_with(client.get("/api/quests")["quests"], "quest_type", "daily");
  const auto path = "/api/quests/" + daily["id"].text();
  const auto pushed = client.post(path + "/progress", R"({"progress":999})");
  CHECK(pushed.status == 200);
  CHECK(pushed["quest"]["progress"] == 0);
  CHECK(client.post(path + "/complete").status == 409);
}

STORE_TEST("quests at the root stand under data") {
  ExistingClient client(store);
  client.world.with_shipped_rewards();
  const auto root = client.get("/quests");
  CHECK(root.status == 200);
  CHECK(has_keys(root.body, {"data"}));
  CHECK(root["data"] == client.get("/api/quests").body);
  CHECK(client.get("/quests/completed")["data"]["total"] == 0);
}
