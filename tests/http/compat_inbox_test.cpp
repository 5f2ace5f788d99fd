// The inbox and captures on the unversioned surface.
#include "http/compat.hpp"

using namespace ignition;
using namespace ignition::http_test;

STORE_TEST("an item is captured with the keys of any client, and sent under data") {
  ExistingClient client(store);
  const auto plain = client.post("/api/user/inbox", R"({"title":"Milk","description":"two","tags":["home"]})");
  CHECK(plain.status == 200);
  CHECK(has_keys(plain.body, {"data"}));
  CHECK(plain["data"]["title"] == "Milk");
  CHECK(plain["data"]["description"] == "two");
  CHECK(plain["data"]["body"] == "two");
  CHECK(plain["data"]["item_type"] == "note");
  CHECK(plain["data"]["tags"].json() == R"(["home"])");
  const auto tagged = client.post("/api/user/inbox", R"({"title":"Riff","tags":["home","idea"]})");
  CHECK(tagged["data"]["item_type"] == "idea");
  CHECK(tagged["data"]["tags"].json() == R"(["home","idea"])");
  const auto typed =
      client.post("/api/user/inbox", R"({"item_type":"task","title":"Call","body":"Ann","user_id":"x"})");
  CHECK(typed["data"]["item_type"] == "task");
  CHECK(typed["data"]["description"] == "Ann");
  CHECK(typed["data"]["tags"].json() == R"(["task"])");
  const auto odd = client.post("/api/user/inbox", R"({"item_type":"reminder","title":"Sleep","tags":null})");
  CHECK(odd["data"]["item_type"] == "note");
  CHECK(odd["data"]["tags"].json() == R"(["reminder"])");
  const auto refused = client.post("/api/user/inbox", "{}");
  CHECK(refused.status == 400);
  CHECK(refused["error"]["type"] == "validation_error");  // the object, though it lies below /api/user
}

STORE_TEST("items are listed under data, 50 to a page, at most 100") {
  ExistingClient client(store);
  client.me().call("inbox.create", R"({"title":"Call","item_type":"task"})");
  client.me().call("inbox.create", R"({"title":"Note"})");
  const auto list = client.get("/api/user/inbox");
  CHECK(list.status == 200);
  CHECK(has_keys(list.body, {"data"}));
  CHECK(has_keys(list["data"], {"items", "total", "unread_count", "page", "page_size"}));
  CHECK(list["data"]["page_size"] == 50);
  CHECK(list["data"]["total"] == 2);
  CHECK(list["data"]["unread_count"] == 2);
  CHECK(list["data"]["items"][0]["tags"].json() == "[]");
  CHECK(list["data"]["items"][1]["tags"].json() == R"(["task"])");
  CHECK(list["data"]["items"][1]["body"] == nullptr);
  CHECK(client.get("/api/user/inbox?page_size=500")["data"]["page_size"] == 100);
  CHECK(client.get("/api/user/inbox?page=2&page_size=1")["data"]["items"].size() == 1);
  CHECK(client.get("/api/user/inbox?page_size=0").status == 400);
}

STORE_TEST("an item is read, changed and deleted by its id") {
  ExistingClient client(store);
  const auto id = client.post("/api/user/inbox", R"({"title":"Milk"})")["data"]["id"].text();
  const auto path = "/api/user/inbox/" + id;
  CHECK(client.get(path)["data"]["title"] == "Milk");
  const auto changed =
      client.put(path, R"({"title":"Oats","body":"one","tags":["shop"],"is_processed":true,"is_archived":true})");
  CHECK(changed.status == 200);
  CHECK(changed["data"]["title"] == "Oats");
  CHECK(changed["data"]["body"] == "one");
  CHECK(changed["data"]["is_processed"] == true);
  CHECK(client.get("/api/user/inbox")["data"]["total"] == 0);
  CHECK(client.get("/api/user/inbox?include_archived=true")["data"]["total"] == 1);
  const auto gone = client.remove(path);
  CHECK(gone.body.json() == fmt::format(R"({{"data":{{"success":true,"id":"{}"}}}})", id));
  CHECK(client.get(path).status == 404);
}

STORE_TEST("captures answer in the envelope, with the statuses of the versioned surface") {
  ExistingClient client(store);
  const auto made = client.post("/api/captures", R"({"content":"Buy strings","client_ref":"a1","unknown":1})");
  CHECK(made.status == 201);
  CHECK(has_keys(made.body, {"success", "data", "error"}));
  CHECK(made["data"]["content"] == "Buy strings");
  CHECK(client.post("/api/captures", R"({"content":"Buy strings","client_ref":"a1"})").status == 200);
  const auto id = made["data"]["id"].text();
  CHECK(client.get("/api/captures")["data"]["captures"][0]["id"] == id);
  CHECK(client.get("/api/captures/" + id)["data"]["id"] == id);
  CHECK(client.patch("/api/captures/" + id, R"({"content":"Buy reeds"})")["data"]["content"] == "Buy reeds");
  CHECK(client.post("/api/captures/" + id + "/convert", R"({"target":"habit"})")["success"] == true);
  CHECK(client.post("/api/captures/" + id + "/process")["data"]["is_processed"] == true);
  CHECK(client.post("/api/captures/bulk",
                    fmt::format(R"({{"ids":["{}"],"action":"archive"}})", id))["data"]["affected"] == 1);
  CHECK(client.remove("/api/captures/" + id)["success"] == true);
  const auto gone = client.get("/api/captures/" + id);
  CHECK(gone.status == 404);
  CHECK_FALSE(gone["data"].exists());
}
