// The product's own operations over a real socket, on a real store.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "http/stage.hpp"

using namespace ignition;
using namespace ignition::http_test;

namespace {

struct Product {
  explicit Product(server::Settings settings = Stage::local())
      : engine(Engine::open({.store_url = "sqlite::memory:"})), server(engine.get(), quiet(std::move(settings))) {
    server.start();
  }
  static server::Settings quiet(server::Settings settings) {
    settings.log = std::make_shared<LogLines>();
    return settings;
  }
  Client client() const { return Client(server.port()); }

  std::unique_ptr<Engine> engine;
  server::Server server;
};

}  // namespace

TEST_CASE("a plain request in local mode comes from the local user (A44)") {
  Product product;
  const auto me = product.client().get("/api/v1/auth/me");
  CHECK(me.status == 200);
  CHECK(me.at("data.user.id") == "00000000-0000-0000-0000-000000000001");
  CHECK(me.at("data.user.email") == "dev@localhost");
  CHECK(me.at("data.user.name") == "Local Dev User");
}

TEST_CASE("without local mode the same request is nobody's (A44)") {
  auto settings = Stage::local();
  settings.local_user = false;
  Product product(settings);
  CHECK(product.client().get("/api/v1/auth/me").status == 401);
  CHECK(product.client().ask(request("PATCH", "/api/v1/settings", R"({"theme":"dark"})")).status == 401);
}

TEST_CASE("first requests that come together make one local user and no error (T39)") {
  Product product;
  std::vector<std::thread> threads;
  std::atomic<int> served = 0;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] { served += product.client().get("/api/v1/auth/me").status == 200 ? 1 : 0; });
  }
  for (auto& thread : threads) thread.join();
  CHECK(served == 12);
}

TEST_CASE("settings are read, changed, tagged and revalidated over HTTP") {
  Product product;
  Client client = product.client();
  const auto before = client.get("/api/v1/settings");
  CHECK(before.at("data.settings.theme") == "system");
  const auto tag = before.field("etag");
  CHECK(tag.size() > 2);
  CHECK(before.field("cache-control") == "private, no-cache");
  CHECK(client.get("/api/v1/settings", "If-None-Match: W/" + tag + "\r\n").status == 304);
  CHECK(client.ask(request("PATCH", "/api/v1/settings", R"({"theme":"light"})")).at("data.settings.theme") == "light");
  const auto after = client.get("/api/v1/settings", "If-None-Match: " + tag + "\r\n");
  CHECK(after.status == 200);
  CHECK(after.at("data.settings.theme") == "light");
}

TEST_CASE("If-Match keeps a change from undoing another that the client has not seen") {
  Product product;
  Client client = product.client();
  const auto patch = [&](const char* json, const std::string& tag) {
    return client.ask(request("PATCH", "/api/v1/settings", json, fmt::format("If-Match: {}\r\n", tag)));
  };
  const auto tag = client.get("/api/v1/settings").field("etag");
  CHECK(patch(R"({"theme":"light"})", tag).status == 200);
  const auto late = patch(R"({"theme":"dark"})", tag);
  CHECK(late.status == 409);
  CHECK(late.at("error.details.reason") == "version_mismatch");
  CHECK(patch(R"({"theme":"dark"})", "*").status == 200);
  CHECK(patch(R"({"theme":"dark","if_match":"x"})", "*").status == 400);
  CHECK(client.get("/api/v1/settings").at("data.settings.theme") == "dark");
  // Where nothing is detected, the field says nothing.
  CHECK(client.ask(request("POST", "/api/v1/focus", "{}", "If-Match: \"x\"\r\n")).status == 201);
}

TEST_CASE("the security log knows where a change came from") {
  Product product;
  Client client = product.client();
  const std::string agent(600, 'a');
  const auto fields = fmt::format("User-Agent: {}\r\nX-Request-Id: my-request-1\r\n", agent);
  CHECK(client.ask(request("PATCH", "/api/v1/user/profile", R"({"name":"Ann"})", fields)).status == 200);
  const auto db = product.engine->store().begin(Mode::read);
  const auto one = [&](const char* column) {
    const auto sql = fmt::format("SELECT {} FROM audit_log WHERE event_type = 'user_updated'", column);
    return db->one<std::string>(Sql{sql});
  };
  CHECK(one("ip_address") == "127.0.0.1");
  CHECK(one("user_agent") == agent.substr(0, 512));
  CHECK(one("request_id") == "my-request-1");
}

TEST_CASE("an idempotency key answers the same again, refusals too, and refuses another request") {
  Product product;
  Client client = product.client();
  const auto patch = [&](const char* json, const char* key) {
    return client.ask(request("PATCH", "/api/v1/settings", json, fmt::format("Idempotency-Key: {}\r\n", key)));
  };
  const auto first = patch(R"({"theme":"light"})", "one");
  CHECK(first.status == 200);
  CHECK_FALSE(first.has("idempotency-replayed"));
  CHECK(patch(R"({"theme":"dark"})", "two").at("data.settings.theme") == "dark");
  const auto again = patch(R"({"theme":"light"})", "one");
  CHECK(again.status == 200);
  CHECK(again.field("idempotency-replayed") == "true");
  CHECK(again.body == first.body);
  CHECK(client.get("/api/v1/settings").at("data.settings.theme") == "dark");
  const auto other = patch(R"({"theme":"system"})", "one");
  CHECK(other.status == 409);
  CHECK(other.at("error.details.reason") == "idempotency_mismatch");
}

TEST_CASE("inputs are judged by their fields (R47)") {
  Product product;
  Client client = product.client();
  const auto patch = [&](const char* json) { return client.ask(request("PATCH", "/api/v1/settings", json)); };
  const auto range = patch(R"({"theme":"dark","focus_default_duration":30})");
  CHECK(range.status == 400);
  CHECK(range.at("error.details.fields.0.field") == "focus_default_duration");
  CHECK(client.get("/api/v1/settings").at("data.settings.theme") == "system");
  CHECK(patch(R"({"unknown":1})").at("error.details.fields.0.field") == "unknown");
  CHECK(patch(R"({"theme":"dark","theme":"light"})").status == 400);
  CHECK(patch("{\"theme\":\"\xC3\x28\"}").status == 400);
  CHECK(patch(R"({"theme":"x'; DROP TABLE users;--"})").status == 400);
  CHECK(client.get("/api/v1/settings?nonsense=1").status == 400);
}

TEST_CASE("custom settings keep what was written, numbers of any size among it") {
  Product product;
  Client client = product.client();
  const auto patch = [&](const char* json) { return client.ask(request("PATCH", "/api/v1/settings", json)); };
  CHECK(patch(R"({"custom":{"big":99999999999999999999,"half":1.50,"list":[1, {"a":null}],"q\"k":"x"}})").status ==
        400);
  CHECK(patch(R"({"custom":{"big":99999999999999999999,"half":1.50,"list":[1, {"a":null}]}})").status == 200);
  CHECK(patch(R"({"custom":{"more":{}}})").status == 200);
  CHECK(client.get("/api/v1/settings")
            .body.find(R"("custom":{"big":99999999999999999999,"half":1.50,"list":[1,{"a":null}],"more":{}})") !=
        std::string::npos);
}

TEST_CASE("every operation with a route is reached by it, and so is every alias") {
  Product product;
  Client client = product.client();
  int routes = 0;
  for (const Operation& operation : product.engine->catalogue().operations()) {
    auto all = operation.aliases;
    all.push_back(operation.route);
    for (const Route& route : all) {
      if (route.path.empty()) continue;
      std::string path = "/api/v1" + std::string(route.path);
      for (auto open = path.find('{'); open != std::string::npos; open = path.find('{')) {
        path.replace(open, path.find('}') - open + 1, "0194f5c0-0000-7000-8000-000000000001");
      }
      CAPTURE(path);
      const auto answer = client.ask(fmt::format("OPTIONS {} HTTP/1.1\r\nHost: localhost\r\n\r\n", path));
      CHECK(answer.status == 204);
      CHECK((", " + answer.field("allow") + ",").find(fmt::format(", {},", name_of(route.method))) !=
            std::string::npos);
      ++routes;
    }
  }
  CHECK(routes >= 10);
}

TEST_CASE("writes of many clients at once are all stored") {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("ignition-http-{}.db", ::getpid());
  {
    const auto engine = Engine::open({.store_url = "sqlite:" + path.string()});
    server::Server server(engine.get(), Product::quiet(Stage::local()));
    server.start();
    std::vector<std::thread> threads;
    std::atomic<int> stored = 0;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        Client client(server.port());
        for (int n = 0; n < 10; ++n) {
          const auto json = fmt::format(R"({{"custom":{{"client-{}-{}":true}}}})", i, n);
          stored += client.ask(request("PATCH", "/api/v1/settings", json)).status == 200 ? 1 : 0;
        }
      });
    }
    for (auto& thread : threads) thread.join();
    CHECK(stored == 80);
    const auto settings = Client(server.port()).get("/api/v1/settings");
    for (int i = 0; i < 8; ++i) CHECK(settings.at(fmt::format("data.settings.custom.client-{}-9", i)) == "true");
  }
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path.string() + suffix);
}
