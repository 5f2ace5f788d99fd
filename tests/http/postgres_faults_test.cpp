// What clients see while the database is away, cut off, slow, read-only or out of connections, and after it.
#include <fmt/format.h>

#include <functional>
#include <optional>
#include <pqxx/transaction>
#include <thread>

#include "http/client.hpp"
#include "ignition/engine.hpp"
#include "ignition/server.hpp"
#include "support/postgres.hpp"
#include "support/tcp_proxy.hpp"

namespace ignition::http_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using test::postgres_server;

// As promised.
constexpr milliseconds kRecovery{1000};

constexpr const char* kHabit = R"({"name":"walk"})";

// A server of the local user whose database is behind a network.
struct Site {
  Site() : proxy(postgres_server().folder() + "/.s.PGSQL.5432") {
    engine = Engine::open({.store_url = address(), .store = options()});
    http.emplace(engine.get(), settings());
    http->start();
    REQUIRE(client().get("/api/v1/today").status == 200);
    REQUIRE(client().post("/api/v1/habits", kHabit).status == 201);
    REQUIRE(client().get("/health/ready").status == 200);
  }
  Client client() const { return Client(http->port()); }
  std::string address() const {
    const std::string database = migrated.address();
    return fmt::format("host=127.0.0.1 port={} sslmode=disable user=visitor {}", proxy.port(),
                       database.substr(database.find("dbname=")));
  }
  static StoreOptions options() {
    StoreOptions options = test::quick_postgres();
    options.statement_timeout_ms = 500;
    options.lock_timeout_ms = 300;
    options.pool_wait = milliseconds(1000);
    options.log = [](std::string_view) {};
    return options;
  }
  static server::Settings settings() {
    server::Settings settings;
    settings.port = 0;
    settings.local_user = true;
    settings.health_lifetime = milliseconds(100);
    settings.log_level = spdlog::level::off;
    return settings;
  }
  // Runs SQL beside the operations.
  static void sql(const std::string& text) { postgres_server().sql(text); }

  struct Visitor {
    Visitor() {
      sql("DROP ROLE IF EXISTS visitor");
      sql("CREATE ROLE visitor SUPERUSER LOGIN");
    }
  } visitor;
  test::MigratedDatabase migrated;
  test::TcpProxy proxy;
  std::unique_ptr<Engine> engine;
  std::optional<server::Server> http;
};

// A refusal that says when to come again, within the time.
void check_unavailable(const Response& answer, steady_clock::time_point asked, milliseconds within) {
  CHECK(steady_clock::now() - asked < within);
  CHECK(answer.status == 503);
  CHECK(answer.at("error.code") == "UNAVAILABLE");
  CHECK(answer.field("retry-after") == "1");
}

// How long it takes until both a write and readiness succeed.
milliseconds time_to_recover(const Site& site) {
  const auto start = steady_clock::now();
  const auto succeeds = [&](const std::function<int()>& ask) {
    while (ask() >= 300 && steady_clock::now() - start < std::chrono::seconds(20)) {
      std::this_thread::sleep_for(milliseconds(10));
    }
  };
  succeeds([&] { return site.client().post("/api/v1/habits", kHabit).status; });
  succeeds([&] { return site.client().get("/health/ready").status; });
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
}

}  // namespace

TEST_CASE("a network that swallows everything is told within the time limits, and forgotten within a second") {
  Site site;
  site.proxy.swallow(true);
  auto asked = steady_clock::now();
  check_unavailable(site.client().get("/api/v1/today"), asked, milliseconds(4000));
  asked = steady_clock::now();
  check_unavailable(site.client().post("/api/v1/habits", kHabit), asked, milliseconds(8000));
  CHECK(site.client().get("/health/ready").status == 503);
  site.proxy.cut();
  site.proxy.swallow(false);
  CHECK(time_to_recover(site) < kRecovery);
}

TEST_CASE("connections that are cut between requests are replaced unnoticed") {
  Site site;
  site.proxy.cut();
  std::this_thread::sleep_for(milliseconds(20));
  CHECK(site.client().get("/api/v1/today").status == 200);
}

TEST_CASE("a database that is stopped or killed is told soon, and used again within a second of its return") {
  Site site;
  for (const char* mode : {"fast", "immediate"}) {
    CAPTURE(mode);
    postgres_server().stop(mode);
    auto asked = steady_clock::now();
    check_unavailable(site.client().get("/api/v1/today"), asked, milliseconds(8000));
    asked = steady_clock::now();
    check_unavailable(site.client().post("/api/v1/habits", kHabit), asked, milliseconds(8000));
    CHECK(site.client().get("/health/ready").status == 503);
    CHECK(site.client().get("/health/live").status == 200);
    postgres_server().start();
    CHECK(time_to_recover(site) < kRecovery);
  }
}

TEST_CASE("a row that somebody else holds keeps a writer waiting for a while only, and readers not at all") {
  Site site;
  pqxx::connection other(site.address());
  {
    pqxx::work holder(other);
    holder.exec("SELECT 1 FROM users FOR UPDATE");
    const auto asked = steady_clock::now();
    check_unavailable(site.client().post("/api/v1/habits", kHabit), asked, milliseconds(3000));
    CHECK(site.client().get("/api/v1/today").status == 200);
    CHECK(site.client().get("/health/ready").status == 200);
  }
  CHECK(site.client().post("/api/v1/habits", kHabit).status == 201);
}

TEST_CASE("a database that may only be read answers readers and refuses writers") {
  Site site;
  const auto change = [&](const char* to) {
    Site::sql(fmt::format("ALTER SYSTEM SET default_transaction_read_only = {}", to));
    Site::sql("SELECT pg_reload_conf()");
    std::this_thread::sleep_for(milliseconds(200));
  };
  change("on");
  const auto asked = steady_clock::now();
  check_unavailable(site.client().post("/api/v1/habits", kHabit), asked, milliseconds(3000));
  CHECK(site.client().get("/api/v1/today").status == 200);
  postgres_server().sql("SET default_transaction_read_only = off");
  change("off");
  CHECK(time_to_recover(site) < kRecovery);
}

TEST_CASE("a database without a free connection is told, and used again once there is one") {
  Site site;
  Site::sql("ALTER ROLE visitor NOSUPERUSER CONNECTION LIMIT 0");
  Site::sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'visitor'");
  const auto asked = steady_clock::now();
  check_unavailable(site.client().get("/api/v1/today"), asked, milliseconds(8000));
  CHECK(site.client().get("/health/ready").status == 503);
  Site::sql("ALTER ROLE visitor SUPERUSER CONNECTION LIMIT -1");
  CHECK(time_to_recover(site) < kRecovery);
}

}  // namespace ignition::http_test
