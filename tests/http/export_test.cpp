// Streamed answers over a real socket, by the example of the export of a user's data (rule R50).
#include <thread>

#include "http/compat.hpp"
#include "support/credentials.hpp"
#include "support/filled_tables.hpp"

using namespace ignition;
using namespace ignition::http_test;

namespace {

constexpr const char* kPath = "/api/v1/user/export";

// Some megabytes for the local user, who must have called before.
void fill_inbox(ExistingClient& client, int rows) {
  std::vector<Table> inbox = tables_of(client.world.engine->store());
  std::erase_if(inbox, [](const Table& table) { return table.name != "inbox_items"; });
  test::BackDoor(client.world.store_url()).fill(inbox, kLocalUser, 0, rows);
}

}  // namespace

STORE_TEST("an export is a file of its own, not in an envelope, and the connection goes on behind it") {
  ExistingClient client(store);
  client.post("/api/v1/habits", R"({"name":"walk"})");
  Client socket(client.server.port());
  const auto got = socket.get(kPath);
  CHECK(got.status == 200);
  CHECK(got.field("content-type") == "application/json");
  CHECK(got.field("content-disposition") == R"(attachment; filename="ignition-export-2026-03-10.json")");
  CHECK(got.field("cache-control") == "no-store");
  CHECK(got.field("x-content-type-options") == "nosniff");
  CHECK(got.field("content-length") == std::to_string(got.body.size()));
  const Answered document(got.body);
  CHECK(document["user_id"] == kLocalUser);
  CHECK(document["data"]["habits"][0]["name"] == "walk");
  CHECK(socket.get("/api/v1/auth/me").status == 200);
  // The trace of it is in the next one, so that both differ by it alone.
  socket.send("HEAD /api/v1/user/export HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto head = socket.receive(true);
  REQUIRE(head);
  CHECK(head->status == 200);
  CHECK(std::stoul(head->field("content-length")) > got.body.size());
  CHECK(head->body.empty());
  CHECK(socket.get("/api/v1/auth/me").status == 200);
}

STORE_TEST("existing clients find the export under its key, without a recent sign-in") {
  ExistingClient client(store);
  const auto told = client.get("/api/user/export");
  CHECK(told.status == 200);
  CHECK(told.body.keys() == std::vector<std::string>{"export"});
  CHECK(told["export"]["user_id"] == kLocalUser);
  CHECK(told["export"]["email"] == "dev@localhost");
  CHECK(told["export"]["data"]["users"].size() == 1);

  const auto ann = client.world.person();
  const std::string cookie = "Cookie: session=" + test::sign_in(client.world, ann) + "\r\n";
  client.world.clock->advance(std::chrono::seconds(901));
  CHECK(Client(client.server.port()).get("/api/user/export", cookie).at("export.user_id") == ann.id().text());
  CHECK(Client(client.server.port()).get(kPath, cookie).at("error.details.reason") == "reauth_required");
}

STORE_TEST("the trace of an export tells from where it was asked for") {
  ExistingClient client(store);
  const auto ann = client.world.person();
  const std::string fields = "Cookie: session=" + test::sign_in(client.world, ann) + "\r\nUser-Agent: Firefox\r\n";
  CHECK(Client(client.server.port()).get(kPath, fields).status == 200);
  CHECK(client.world.count("SELECT count(*) FROM audit_log WHERE event_type = 'data_export' AND "
                           "ip_address = '127.0.0.1' AND user_agent = 'Firefox' AND request_id IS NOT NULL AND "
                           "session_id IS NOT NULL") == 1);
}

TEST_CASE("an export of megabytes arrives whole, also where its client dawdles and others want something") {
  for (const char* store : {"file", "postgres"}) {
    CAPTURE(store);
    auto settings = Stage::local();
    settings.workers = 1;
    ExistingClient client(store, settings);
    client.get("/api/v1/auth/me");
    fill_inbox(client, 20'000);
    Client slow(client.server.port());
    slow.send(get_request(kPath));
    std::this_thread::sleep_for(std::chrono::milliseconds(1500));
    // The only worker is free again although nobody has taken the export yet.
    Client other(client.server.port());
    const auto began = std::chrono::steady_clock::now();
    CHECK(other.post("/api/v1/habits", R"({"name":"walk"})").status == 201);
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(5));
    const auto got = slow.receive();
    REQUIRE(got);
    CHECK(got->body.size() > 5'000'000);
    const Answered document(got->body);
    CHECK(document["data"]["inbox_items"].size() == 20'000);
    CHECK(document["manifest"]["tables"]["inbox_items"] == 20'000);
    CHECK(slow.get("/api/v1/auth/me").status == 200);
  }
}

TEST_CASE("a client that leaves in the middle of an export takes nothing with it") {
  ExistingClient client("file");
  client.get("/api/v1/auth/me");
  fill_inbox(client, 20'000);
  for (int i = 0; i < 5; ++i) {
    Client leaves(client.server.port());
    leaves.send(get_request(kPath));
    if (i > 0) std::this_thread::sleep_for(std::chrono::milliseconds(100 * i));
    leaves.close();
  }
  CHECK(Client(client.server.port()).get("/api/v1/auth/me").status == 200);
  CHECK(Client(client.server.port()).get(kPath).body.size() > 5'000'000);
}

TEST_CASE("an export that fails late is refused as a whole") {
  ExistingClient client("file");
  client.world.quiet = true;
  client.get("/api/v1/auth/me");
  fill_inbox(client, 2'000);
  test::BackDoor(client.world.store_url()).run("UPDATE user_wallet SET coins = x'01'");
  Client socket(client.server.port());
  const auto got = socket.get(kPath);
  CHECK(got.status == 500);
  CHECK(got.at("error.code") == "INTERNAL");
  CHECK(got.body.size() < 1000);
  CHECK_FALSE(got.has("content-disposition"));
  CHECK(socket.get("/api/v1/auth/me").status == 200);
}
