// Administration over a real socket: the first administrator, roles, and the unversioned paths (rules R36, R37).
#include <atomic>
#include <thread>

#include "http/compat.hpp"
#include "ignition/domains/sessions.hpp"

using namespace ignition;
using namespace ignition::http_test;
using std::chrono::seconds;

namespace {

constexpr std::string_view kKey = "0123456789abcdef0123456789abcdef";

server::Settings open_to_the_world(std::shared_ptr<LogLines> log) {
  auto settings = Stage::local();
  settings.local_user = false;
  settings.log = std::move(log);
  return settings;
}

Config with_key() {
  Config config;
  config.admin_claim_key = kKey;
  return config;
}

// A server with people, without local mode.
struct Town {
  explicit Town(std::string_view store) : world(store, with_key()), server(world.engine.get(), open_to_the_world(log)) {
    server.start();
  }

  struct Citizen {
    test::Person person;
    std::string token;
  };
  Citizen citizen(std::string_view fields = "{}") {
    auto person = world.person(fields);
    auto token = world.engine
                     ->call(Caller::system(), &sessions::create,
                            {.user_id = person.id(), .auth_method = {"password"}, .label = {}})
                     .token;
    return {std::move(person), std::move(token)};
  }
  // A call with a session's cookie, as a page of the frontend makes it.
  Response ask(std::string_view token, std::string_view method, std::string_view path, std::string_view json = "") {
    const auto fields =
        fmt::format("Origin: http://localhost:3000\r\nCookie: session={}\r\nX-Request-Id: request-1\r\n", token);
    return Client(server.port()).ask(request(method, path, json, fields));
  }
  Answered json(const Response& response) const { return Answered(response.body); }

  std::shared_ptr<LogLines> log = std::make_shared<LogLines>();
  test::World world;
  server::Server server;
};

std::string session_in(const Response& response) {
  for (const auto& [name, value] : response.fields) {
    if (name == "set-cookie" && value.starts_with("session=")) return value.substr(8, 43);
  }
  return {};
}

const std::string kClaim = fmt::format(R"({{"claimKey":"{}"}})", kKey);

}  // namespace

STORE_TEST("people behind every gate claim at once: one administers, the others are told so (A40, T15, T18)") {
  Town town(store);
  constexpr int kPeople = 4;
  std::vector<std::string> tokens;
  for (int i = 0; i < kPeople; ++i) {
    tokens.push_back(town.citizen(R"({"approved":false,"age_verified":false,"tos_accepted":false})").token);
  }
  const auto status = town.json(town.ask(tokens[0], "GET", "/admin-access/status"));
  CHECK(status["isAdmin"] == false);
  CHECK(status["canClaim"] == true);
  CHECK(status["can_claim"] == true);
  CHECK(status["user"].keys() == std::vector<std::string>{"id", "email", "name"});
  const auto wrong = town.ask(tokens[0], "POST", "/admin-access/claim", R"({"claimKey":"wrong-key-of-somebody"})");
  CHECK(wrong.status == 403);
  CHECK(town.json(wrong)["details"]["reason"] == "wrong_claim_key");

  std::vector<Response> told(kPeople);
  std::vector<std::thread> threads;
  for (int i = 0; i < kPeople; ++i) {
    threads.emplace_back([&, i] { told[i] = town.ask(tokens[i], "POST", "/admin-access/claim", kClaim); });
  }
  for (auto& thread : threads) thread.join();
  int claimed = 0;
  for (int i = 0; i < kPeople; ++i) {
    if (told[i].status != 200) {
      CHECK(told[i].status == 409);
      continue;
    }
    ++claimed;
    CHECK(town.json(told[i])["success"] == true);
    const auto token = session_in(told[i]);
    CHECK(token.size() == 43);
    CHECK(town.ask(tokens[i], "GET", "/api/v1/auth/me").status == 401);
    const auto me = town.json(town.ask(token, "GET", "/api/v1/auth/me"))["data"]["user"];
    CHECK(me["role"] == "super_admin");
    CHECK(me["approved"] == true);
    CHECK(town.json(town.ask(token, "GET", "/admin-access/check"))["is_admin"] == true);
  }
  CHECK(claimed == 1);
  for (const auto& line : town.log->lines()) {
    CHECK(line.find(kKey) == std::string::npos);
    CHECK(line.find("wrong-key") == std::string::npos);
  }
  CHECK(town.world.count("SELECT COUNT(*) FROM audit_log WHERE event_type = 'admin_claimed' AND ip_address = "
                         "'127.0.0.1' AND request_id = 'request-1'") == 2);
}

STORE_TEST("a changed role rotates the sessions of its owner once, and acts at once (A25)") {
  Town town(store);
  const auto root = town.citizen(R"({"role":"super_admin"})");
  const auto ann = town.citizen();
  CHECK(town.ask(ann.token, "GET", "/api/v1/admin/roles").status == 403);
  const auto changed = town.ask(root.token, "PUT", fmt::format("/api/v1/admin/users/{}/roles", ann.person.id().text()),
                                R"({"roles":[{"name":"user"},{"name":"moderator"}]})");
  CHECK(changed.status == 403);  // without the token of rule R29
  town.world.engine->call(Caller::host(root.person.id()),
                          {.operation = "admin.users.set_roles",
                           .body = fmt::format(R"({{"id":"{}","roles":[{{"name":"user"}},{{"name":"moderator"}}]}})",
                                               ann.person.id().text())});
  std::atomic<int> served = 0;
  std::atomic<int> renewed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      const auto answer = town.ask(ann.token, "GET", "/api/v1/admin/roles");
      served += answer.status == 200 ? 1 : 0;
      renewed += session_in(answer).empty() ? 0 : 1;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(served == 2);
  CHECK(renewed == 1);
  town.world.clock->advance(seconds(31));
  CHECK(town.ask(ann.token, "GET", "/api/v1/auth/me").status == 401);
}

STORE_TEST("existing clients administer under /admin and /api/admin alike") {
  ExistingClient client(store);
  const auto ann = client.world.person(R"({"approved":false,"name":"Ann"})");
  const auto id = ann.id().text();
  for (const std::string base : {"/admin", "/api/admin"}) {
    CAPTURE(base);
    const auto front = client.get(base);
    CHECK(front.status == 200);
    CHECK(has_keys(front.body, {"version", "modules", "role_required"}));
    const auto users = client.get(base + "/users");
    CHECK(users.status == 200);
    CHECK(users["total"] == 2);
    CHECK(users["users"].size() == 2);
    CHECK(users["data"] == users["users"]);
    CHECK(users["users"][0]["name"] == "Ann");
    CHECK(users["users"][0]["createdAt"] == users["users"][0]["created_at"]);
    CHECK(users["users"][0]["totalXp"] == 0);
    CHECK(users["users"][0]["tosAccepted"] == true);
    CHECK(client.get(base + "/users?page_size=5000").status == 200);
    CHECK(client.get(base + "/users/" + id)["email"] == ann.call("auth.me")["user"]["email"]);
    CHECK(client.get(base + "/users/stats")["users"]["total_users"] == 2);
    CHECK(client.get(base + "/stats")["recent_users"].size() == 2);
    const auto cleaned = client.post(base + "/users/" + id + "/cleanup");
    CHECK(cleaned["success"] == true);
    CHECK(cleaned["tables_cleaned"].json() == "{}");
    CHECK(client.get(base + "/sessions").body.json() == "[]");
    CHECK(client.get(base + "/roles").body.size() == 5);
    CHECK(client.get(base + "/entitlements").body.size() == 24);
    CHECK(client.get(base + "/feature-flags").body.size() == 18);
    CHECK(client.get(base + "/audit/event-types").body[0] == "account_claimed");
    CHECK(client.get(base + "/config")["variables"].size() > 20);
    CHECK(client.get(base + "/cleanup-users")["totalUsers"] == 2);
    CHECK(client.remove(base + "/cleanup-users")["cleaned"] == 0);
    const auto audit = client.get(base + "/audit?limit=2&offset=2");
    CHECK(has_keys(audit.body, {"entries", "total"}));
    CHECK(audit["entries"].size() == 2);
    CHECK(has_keys(audit["entries"][0], {"id", "user_id", "user_email", "event_type", "resource_type", "resource_id",
                                         "action", "status", "details", "ip_address", "created_at"}));
    CHECK(client.get(base + "/users/nobody").status == 404);
  }
  CHECK(client.post("/admin/users/" + id + "/approve", R"({"approved":true})")["approved"] == true);
  CHECK(client.world.count("SELECT COUNT(*) FROM users WHERE approved = TRUE") == 2);
  const auto session = client.world.engine->call(Caller::system(), &sessions::create,
                                                 {.user_id = ann.id(), .auth_method = {"password"}, .label = {}});
  const auto listed = client.get("/admin/sessions");
  CHECK(has_keys(listed.body[0], {"id", "user_id", "user_email", "user_name", "created_at", "last_activity_at",
                                  "expires_at", "user_agent", "ip_address"}));
  CHECK(client.remove("/admin/sessions/" + session.session.id.text())["success"] == true);
  CHECK(client.get("/admin/sessions").body.size() == 0);
}

STORE_TEST("existing paths of the administration refuse whoever does not administer") {
  Town town(store);
  const auto ann = town.citizen();
  for (const char* path : {"/admin", "/admin/users", "/api/admin/stats", "/admin/audit", "/admin/config",
                           "/api/admin/cleanup-users", "/api/v1/admin/users", "/api/v1/admin/audit"}) {
    CAPTURE(path);
    CHECK(town.ask(ann.token, "GET", path).status == 403);
    CHECK(Client(town.server.port()).get(path).status == 401);
  }
  CHECK(town.json(town.ask(ann.token, "GET", "/admin/users"))["details"]["reason"] == "entitlement_required");
}
