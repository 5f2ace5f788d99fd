// How often a client may ask, over the wire.
#include "rates.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "http/stage.hpp"
#include "ignition/host.hpp"
#include "ignition/variables.hpp"

using namespace ignition;
using namespace ignition::http_test;
using rules::Rate;
using server::key_of;
using server::RateClass;
using std::chrono::seconds;

namespace {

constexpr Rate kTenAMinute{.limit = 10, .period = seconds(60), .burst = 5};

// A server for strangers, whose clock stands.
struct Limited {
  explicit Limited(std::map<RateClass, Rate> rates, std::vector<std::string> proxies = {})
      : stage(settings(std::move(rates), std::move(proxies))), client(stage.client()) {
    stage.engine.other_clock = &clock;
  }
  static server::Settings settings(std::map<RateClass, Rate> rates, std::vector<std::string> proxies) {
    auto out = Stage::local();
    out.local_user = false;
    out.trusted_proxies = std::move(proxies);
    for (const auto& [rate_class, rate] : rates) out.rate_limits[rate_class] = rate;
    return out;
  }
  void second(double t) { clock.set({static_cast<std::int64_t>(t * 1e6)}); }
  Response ask(std::string_view fields = "") { return client.get("/api/v1/open", fields); }

  SettableClock clock{Instant{}};
  Stage stage;
  Client client;
};

}  // namespace

TEST_CASE("ten a minute, five at once, over the wire (A34)") {
  Limited limited({{RateClass::anonymous, kTenAMinute}});
  limited.second(100);
  for (const char* remaining : {"4", "3", "2", "1", "0"}) {
    const auto answer = limited.ask();
    CHECK(answer.status == 200);
    CHECK(answer.field("x-ratelimit-limit") == "10");
    CHECK(answer.field("x-ratelimit-remaining") == remaining);
    CHECK_FALSE(answer.has("retry-after"));
  }
  const auto refused = [&] {
    const auto answer = limited.ask();
    CHECK(answer.status == 429);
    CHECK(answer.at("error.code") == "RATE_LIMITED");
    CHECK(answer.at("error.details.class") == "anonymous");
    CHECK(answer.at("error.details.limit") == "10");
    CHECK(answer.at("error.details.retry_after") == answer.field("retry-after"));
    CHECK(answer.field("x-ratelimit-remaining") == "0");
    return answer.field("retry-after");
  };
  CHECK(refused() == "6");
  limited.second(106);
  CHECK(limited.ask().field("x-ratelimit-reset") == "136");
  CHECK(refused() == "6");
  limited.second(118);
  CHECK(limited.ask().status == 200);
  CHECK(limited.ask().status == 200);
  CHECK(refused() == "6");
  CHECK(limited.stage.engine.calls == 8);
}

TEST_CASE("of a hundred calls at once, a limit of five lets exactly five pass (T37)") {
  Limited limited({{RateClass::anonymous, {.limit = 5, .period = seconds(3600), .burst = 5}}});
  std::atomic<int> passed = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 100; ++i) {
    threads.emplace_back([&] {
      if (limited.stage.client().get("/api/v1/open").status == 200) ++passed;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(passed == 5);
}

TEST_CASE("limits see the client behind a trusted proxy, and no address that it made up (T37)") {
  constexpr Rate kOne{.limit = 1, .period = seconds(60), .burst = 1};
  Limited limited({{RateClass::anonymous, kOne}}, {"127.0.0.1"});
  CHECK(limited.ask("X-Forwarded-For: 203.0.113.1\r\n").status == 200);
  CHECK(limited.ask("X-Forwarded-For: 203.0.113.1\r\n").status == 429);
  CHECK(limited.ask("X-Forwarded-For: 203.0.113.2\r\n").status == 200);
  CHECK(limited.ask("X-Forwarded-For: 8.8.8.8, 203.0.113.2\r\n").status == 429);
  CHECK(limited.ask("X-Forwarded-For: 2001:db8:1:2::1\r\n").status == 200);
  CHECK(limited.ask("X-Forwarded-For: 2001:db8:1:2:ffff::9\r\n").status == 429);
  CHECK(limited.ask("X-Forwarded-For: 2001:db8:1:3::1\r\n").status == 200);
  Limited untrusting({{RateClass::anonymous, kOne}});
  CHECK(untrusting.ask("X-Forwarded-For: 203.0.113.1\r\n").status == 200);
  CHECK(untrusting.ask("X-Forwarded-For: 203.0.113.2\r\n").status == 429);
}

TEST_CASE("the ceiling of an address holds for everything but health") {
  Limited limited({{RateClass::ip_ceiling, {.limit = 2, .period = seconds(3600), .burst = 2}}});
  CHECK(limited.ask().status == 200);
  CHECK(limited.client.get("/api/v1/nothing").status == 404);
  CHECK(limited.client.get("/version").status == 429);
  CHECK(limited.client.ask("OPTIONS /api/v1/open HTTP/1.1\r\nHost: localhost\r\n\r\n").status == 429);
  const auto compat = limited.client.get("/api/settings");
  CHECK(compat.status == 429);
  CHECK(compat.at("type") == "rate_limited");
  for (const char* path : {"/health", "/health/live", "/health/ready", "/ready"}) {
    CHECK(limited.client.get(path).status == 200);
  }
}

TEST_CASE("of two limits the tighter one is told") {
  Limited limited({{RateClass::ip_ceiling, {.limit = 3, .period = seconds(60), .burst = 3}},
                   {RateClass::anonymous, {.limit = 100, .period = seconds(60), .burst = 100}}});
  const auto answer = limited.ask();
  CHECK(answer.field("x-ratelimit-limit") == "3");
  CHECK(answer.field("x-ratelimit-remaining") == "2");
}

TEST_CASE("sixty calls a minute by a stranger pass as shipped, no more at once (T36)") {
  server::Settings settings;
  settings.port = 0;
  Stage stage(settings);
  Client client = stage.client();
  for (int i = 0; i < 60; ++i) CHECK(client.get("/api/v1/open").status == 200);
  CHECK(client.get("/api/v1/open").status == 429);
}

TEST_CASE("the local user is limited only when the operator says so") {
  server::Settings settings;
  settings.port = 0;
  settings.local_user = true;
  {
    Stage stage(settings);
    Client client = stage.client();
    for (int i = 0; i < 150; ++i) CHECK(client.get("/api/v1/things/1").status == 200);
    CHECK_FALSE(client.get("/api/v1/things/1").has("x-ratelimit-limit"));
  }
  settings.rate_limits[RateClass::user] = {.limit = 1, .period = seconds(3600), .burst = 1};
  Stage stage(settings);
  CHECK(stage.client().get("/api/v1/things/1").status == 200);
  const auto refused = stage.client().get("/api/v1/things/1");
  CHECK(refused.status == 429);
  CHECK(refused.at("error.details.class") == "user");
}

TEST_CASE("memory for limits is bounded; who asked last is remembered") {
  server::Settings settings;
  settings.rate_limits[RateClass::anonymous] = {.limit = 1, .period = seconds(3600), .burst = 1};
  server::RateLimiter limiter(settings, 320);
  const auto asks = [&](std::uint32_t address) {
    return limiter.draw(RateClass::anonymous, key_of(boost::asio::ip::make_address_v4(address)), Instant{})->allowed;
  };
  for (std::uint32_t address = 0; address < 10'000; ++address) CHECK(asks(address));
  CHECK(limiter.keys() <= 320);
  CHECK(limiter.keys() > 300);
  CHECK_FALSE(asks(9'999));
  CHECK(asks(0));
}

TEST_CASE("limits are variables of the classes that something draws on") {
  const auto read = [](VariableReader::Values values) {
    VariableReader reader(std::move(values));
    server::Settings settings;
    reader.read(server::variables(), settings);
    reader.finish();
    return settings.rate_limits;
  };
  CHECK(read({{"RATE_LIMIT_ANON", "10/60:5"}})[RateClass::anonymous] == kTenAMinute);
  CHECK(read({{"RATE_LIMIT_USER", "7/60"}})[RateClass::user].burst == 7);
  CHECK(read({{"RATE_LIMIT_IP", "off"}})[RateClass::ip_ceiling].is_off());
  CHECK_THROWS_WITH(read({{"RATE_LIMIT_IP", "many"}}), "RATE_LIMIT_IP: must be <limit>/<seconds>[:<burst>] or off");
  for (const auto& row : server::rate_rows()) {
    const std::string name = fmt::format("RATE_LIMIT_{}", row.variable);
    CAPTURE(name);
    const bool listed =
        std::ranges::any_of(server::variables().rows(), [&](const Variable& v) { return v.name == name; });
    CHECK(listed == server::is_in_use(row.rate_class, catalogue()));
  }
  CHECK_FALSE(server::is_in_use(RateClass::auth_credential, Catalogue()));
}

TEST_CASE("production keeps the limit of credentials") {
  server::Settings settings;
  settings.environment = server::Environment::production;
  settings.public_url = "https://api.example";
  settings.frontend_url = "https://example";
  settings.allowed_origins = std::vector<std::string>{};
  settings.auth_secret = "Zm9yIHRlc3RzIG9ubHksIDMyIGJ5dGVz";
  CHECK_NOTHROW(server::check(settings));
  settings.rate_limits[RateClass::auth_credential] = {};
  CHECK_THROWS_WITH_AS(server::check(settings), "RATE_LIMIT_AUTH: production may not switch it off",
                       server::ConfigError);
  settings.rate_limits.clear();
  Config library;
  library.jwt_secret = "b25seSBmb3IgdGVzdHMsIDMyIGJ5dGVz";
  CHECK_NOTHROW(server::check(settings, &library));
  library.login_failure = {};
  CHECK_THROWS_WITH_AS(server::check(settings, &library), "RATE_LIMIT_LOGIN_FAILURE: production may not switch it off",
                       server::ConfigError);
}

namespace {

// A server with accounts, on a database.
struct Household {
  explicit Household(Config config, server::Settings settings = open())
      : engine(Engine::open({.store_url = "sqlite::memory:", .config = quick(std::move(config)), .clock = clock})),
        server(engine.get(), settings) {
    server.start();
  }
  static server::Settings open() {
    auto settings = Stage::local();
    settings.local_user = false;
    settings.log = std::make_shared<LogLines>();
    return settings;
  }
  static Config quick(Config config) {
    config.password_memory_kib = 64;
    config.password_time = 1;
    config.auth_require_approval = false;
    config.data_encryption_key = std::string(32, 'k');
    return config;
  }
  Client client() const { return Client(server.port()); }
  Response login(std::string_view password) const {
    return client().post("/api/v1/auth/login",
                         fmt::format(R"({{"identifier":"ann@x.test","password":"{}"}})", password));
  }
  std::int64_t entries(std::string_view event_type) {
    static constexpr Sql kCount{"SELECT COUNT(*) FROM audit_log WHERE event_type = $1"};
    return engine->store().begin(Mode::read)->one<std::int64_t>(kCount, event_type);
  }
  // Entries are made behind the scenes.
  std::int64_t entries_soon(std::string_view event_type, std::int64_t expected) {
    for (int i = 0; i < 300 && entries(event_type) < expected; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return entries(event_type);
  }

  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>(Instant::parse("2026-03-10T09:00:00Z").value());
  std::unique_ptr<Engine> engine;
  server::Server server;
};

}  // namespace

TEST_CASE("five wrong passwords, then the right one is told when to come back (A16)") {
  for (const auto kept : {RateLimitStore::memory, RateLimitStore::database}) {
    Config config;
    config.rate_limit_store = kept;
    Household house(config);
    REQUIRE(
        house.client().post("/api/v1/auth/register", R"({"email":"ann@x.test","password":"correct horse"})").status ==
        201);
    for (int i = 0; i < 5; ++i) {
      CHECK(house.login("wrong password").status == 401);
      house.clock->advance(seconds(12));
    }
    const auto refused = house.login("correct horse");
    CHECK(refused.status == 429);
    CHECK(refused.field("retry-after") == "840");
    CHECK(refused.field("x-ratelimit-limit") == "5");
    CHECK(refused.field("x-ratelimit-remaining") == "0");
    CHECK(refused.field("x-ratelimit-reset") == std::to_string(house.clock->now().us / 1'000'000 + 840));
    CHECK(refused.at("error.details.class") == "login_failure");
    CHECK(refused.at("error.details.retry_after") == "840");
    house.clock->advance(seconds(840));
    CHECK(house.login("correct horse").status == 200);
  }
}

TEST_CASE("servers that share a database share their limits") {
  Config config;
  config.rate_limit_store = RateLimitStore::database;
  auto settings = Household::open();
  settings.rate_limits[RateClass::anonymous] = {.limit = 5, .period = seconds(3600), .burst = 5};
  settings.rate_limits[RateClass::ip_ceiling] = {.limit = 1'000, .period = seconds(1), .burst = 1'000};
  Household house(config, settings);
  server::Server other(house.engine.get(), settings);
  other.start();
  std::atomic<int> passed = 0;
  std::atomic<int> refused = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 10; ++t) {
    threads.emplace_back([&, t] {
      Client client(t % 2 == 0 ? house.server.port() : other.port());
      for (int i = 0; i < 10; ++i) {
        const auto answer = client.get("/api/v1/auth/session");
        if (answer.status == 200) ++passed;
        if (answer.status == 429 && answer.field("retry-after") == "720" && answer.field("x-ratelimit-limit") == "5") {
          ++refused;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(passed == 5);
  CHECK(refused == 95);
  // What comes after the limit runs as ever, on both ways through the server.
  house.clock->advance(seconds(3600));
  const auto answer = house.client().get("/api/v1/auth/session");
  CHECK(answer.status == 200);
  CHECK(answer.field("x-ratelimit-remaining") == "4");
  CHECK(house.client().get("/api/v1/nothing").status == 404);
  CHECK(house.client().post("/api/v1/auth/login", "{}", "Origin: https://evil.test\r\n").status == 403);
  CHECK(house.client().post("/api/v1/auth/login", "{").status == 400);
  for (int i = 0; i < 5; ++i) house.client().get("/api/v1/auth/session");
  CHECK(house.client().get("/api/v1/auth/session").status == 429);
}

TEST_CASE("refusals are in the security log once a minute for each client and kind, with where they came from (T8)") {
  auto settings = Household::open();
  settings.trusted_proxies = {"127.0.0.1"};
  settings.rate_limits[RateClass::anonymous] = {.limit = 1, .period = seconds(3600), .burst = 1};
  Household house({}, settings);
  const auto ask = [&](std::string_view client, std::string_view more = "") {
    return house.client().get("/api/v1/auth/session", fmt::format("X-Forwarded-For: {}\r\n{}", client, more)).status;
  };
  CHECK(ask("203.0.113.1") == 200);
  for (int i = 0; i < 20; ++i) CHECK(ask("203.0.113.1", "User-Agent: curl/8\r\n") == 429);
  CHECK(ask("203.0.113.2") == 200);
  CHECK(ask("203.0.113.2") == 429);
  CHECK(house.entries_soon("rate_limited", 2) == 2);
  for (int i = 0; i < 20; ++i) {
    house.client().post("/api/v1/auth/login", "{}", "X-Forwarded-For: 203.0.113.9\r\nOrigin: https://evil.test\r\n");
  }
  CHECK(house.entries_soon("csrf_violation", 1) == 1);
  house.clock->advance(seconds(60));
  CHECK(ask("203.0.113.1") == 429);
  CHECK(house.entries_soon("rate_limited", 3) == 3);
  CHECK(house.entries("csrf_violation") == 1);
  static constexpr Sql kPlace{
      "SELECT ip_address || ' ' || user_agent || ' ' || details FROM audit_log "
      "WHERE event_type = 'rate_limited' AND request_id IS NOT NULL ORDER BY id LIMIT 1"};
  CHECK(house.engine->store().begin(Mode::read)->one<std::string>(kPlace) ==
        R"(203.0.113.1 curl/8 {"why":"anonymous","route":"/api/v1/auth/session"})");
}

TEST_CASE("nobody fills the security log, from however many addresses he asks") {
  auto settings = Household::open();
  settings.trusted_proxies = {"127.0.0.1"};
  Household house({}, settings);
  Client client = house.client();
  for (int i = 0; i < 1'000; ++i) {
    client.post("/api/v1/auth/login", "{}",
                fmt::format("X-Forwarded-For: 198.18.{}.{}\r\nOrigin: https://evil.test\r\n", i / 250, i % 250));
  }
  CHECK(house.entries_soon("csrf_violation", 60) == 60);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  CHECK(house.entries("csrf_violation") == 60);
}
