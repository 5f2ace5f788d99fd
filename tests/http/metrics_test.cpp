// What Prometheus reads.
#include <doctest/doctest.h>

#include <sstream>
#include <thread>

#include "http/stage.hpp"
#include "protection.hpp"

using namespace ignition;
using namespace ignition::http_test;

namespace {

server::Settings measured() {
  auto settings = Stage::local();
  settings.metrics = true;
  return settings;
}

// The value of the sample with this name and these labels; "" when there is none.
std::string sample(const std::string& text, const std::string& name) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(name + " ")) return line.substr(name.size() + 1);
  }
  return {};
}

}  // namespace

TEST_CASE("nobody finds metrics that are not enabled") {
  Stage stage;
  CHECK(stage.client().get("/metrics").status == 404);
}

TEST_CASE("requests are counted by method, route and status, refusals by code") {
  Stage stage(measured());
  Client client = stage.client();
  for (int i = 0; i < 3; ++i) CHECK(client.get("/api/v1/things/secret-path-" + std::to_string(i)).status == 200);
  CHECK(client.get("/api/v1/refuse/NOT_FOUND").status == 404);
  CHECK(client.get("/api/v1/refuse/FORBIDDEN").status == 403);
  CHECK(client.get("/api/v1/secret-place?secret=1").status == 404);
  CHECK(client.ask("HEAD /api/v1/open HTTP/1.0\r\nHost: localhost\r\n\r\n").status == 200);
  const auto answer = stage.client().get("/metrics");
  CHECK(answer.status == 200);
  CHECK(answer.field("content-type") == "text/plain; version=0.0.4; charset=utf-8");
  const auto value = [&](const std::string& name) { return sample(answer.body, name); };
  CHECK(value(R"(http_requests_total{method="GET",route="/api/v1/things/{id}",status="200"})") == "3");
  CHECK(value(R"(http_requests_total{method="GET",route="/api/v1/refuse/{code}",status="404"})") == "1");
  CHECK(value(R"(http_requests_total{method="GET",route="unmatched",status="404"})") == "1");
  CHECK(value(R"(http_requests_total{method="HEAD",route="/api/v1/open",status="200"})") == "1");
  CHECK(value(R"(http_errors_total{route="/api/v1/refuse/{code}",code="FORBIDDEN"})") == "1");
  CHECK(value(R"(http_errors_total{route="unmatched",code="NOT_FOUND"})") == "1");
  CHECK(value("ignition_up") == "1");
  CHECK(value("ignition_http_in_flight") == "0");
  CHECK(answer.body.find("ignition_build_info{version=\"") != std::string::npos);
  CHECK(answer.body.find("secret") == std::string::npos);
  CHECK(answer.body.find("# TYPE http_requests_total counter") != std::string::npos);
}

TEST_CASE("durations fill the buckets from their own upwards") {
  Stage stage(measured());
  Client client = stage.client();
  CHECK(client.get("/api/v1/looks").status == 200);  // takes 40 ms
  const std::string text = client.get("/metrics").body;
  const auto bucket = [&](const char* bound) {
    return sample(text, std::string(R"(http_request_duration_seconds_bucket{method="GET",route="/api/v1/looks",le=")") +
                            bound + "\"}");
  };
  CHECK(bucket("0.005") == "0");
  CHECK(bucket("0.025") == "0");
  CHECK(bucket("10") == "1");
  CHECK(bucket("+Inf") == "1");
  const std::string labels = R"({method="GET",route="/api/v1/looks"})";
  CHECK(sample(text, "http_request_duration_seconds_count" + labels) == "1");
  CHECK(std::stod(sample(text, "http_request_duration_seconds_sum" + labels)) >= 0.04);
}

TEST_CASE("no request is lost when many threads count") {
  Stage stage(measured());
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      Client client = stage.client();
      for (int i = 0; i < 200; ++i) client.get("/api/v1/open");
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(sample(stage.client().get("/metrics").body,
               R"(http_requests_total{method="GET",route="/api/v1/open",status="200"})") == "1600");
}

TEST_CASE("with a token, metrics want it, and production wants a token") {
  auto settings = measured();
  settings.metrics_token = "scraper-token";
  Stage stage(settings);
  CHECK(stage.client().get("/metrics").status == 401);
  CHECK(stage.client().get("/metrics", "Authorization: Bearer scraper-toke\r\n").status == 401);
  CHECK(stage.client().get("/metrics", "Authorization: Bearer scraper-token\r\n").status == 200);

  server::Settings production;
  production.environment = server::Environment::production;
  production.public_url = "https://api.example";
  production.frontend_url = "https://example";
  production.allowed_origins = std::vector<std::string>{};
  production.auth_secret = "Zm9yIHRlc3RzIG9ubHksIDMyIGJ5dGVz";
  production.metrics = true;
  CHECK_THROWS_WITH_AS(server::check(production),
                       "METRICS_TOKEN: production needs it, or METRICS_BIND, with METRICS_ENABLED",
                       server::ConfigError);
  production.metrics_token = "scraper-token";
  CHECK_NOTHROW(server::check(production));
}

TEST_CASE("a listener of its own answers metrics to every host, and nothing else") {
  auto settings = measured();
  settings.metrics_bind = "127.0.0.1:0";
  Stage stage(settings);
  REQUIRE(stage.server.metrics_port() != 0);
  REQUIRE(stage.server.metrics_port() != stage.server.port());
  CHECK(stage.client().get("/metrics").status == 404);
  Client scraper(stage.server.metrics_port());
  CHECK(scraper.ask("GET /metrics HTTP/1.1\r\nHost: 10.1.2.3:9090\r\n\r\n").status == 200);
  CHECK(scraper.get("/health/live").status == 200);
  for (const char* path : {"/", "/version", "/api/v1/things/1", "/api/settings"}) {
    CHECK(scraper.get(path).status == 404);
  }
  CHECK(scraper.post("/api/v1/things", "{}").status == 404);
  CHECK(stage.engine.calls == 0);
  CHECK(stage.server.stop());

  // With a token, whoever shows it may ask the main listener, too.
  settings.metrics_token = "scraper-token";
  Stage both(settings);
  CHECK(both.client().get("/metrics").status == 401);
  CHECK(both.client().get("/metrics", "Authorization: Bearer scraper-token\r\n").status == 200);
  CHECK(Client(both.server.metrics_port()).get("/metrics").status == 200);
}

TEST_CASE("the listener for metrics is an address and a port") {
  server::Settings settings;
  for (const char* place : {"127.0.0.1:9090", "[::1]:9090", "0.0.0.0:0"}) {
    settings.metrics_bind = place;
    CHECK_NOTHROW(server::check(settings));
  }
  for (const char* place :
       {"9090", ":9090", "localhost:9090", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000", "::1:9090", "127.0.0.1:90x"}) {
    CAPTURE(place);
    settings.metrics_bind = place;
    CHECK_THROWS_AS(server::check(settings), server::ConfigError);
  }
}

TEST_CASE("what an engine has counted is told: sign-ins, sessions, the security log, statements, hashes, accounts") {
  Config config;
  config.password_memory_kib = 64;
  config.password_time = 1;
  config.auth_require_approval = false;
  config.data_encryption_key = std::string(32, 'k');
  const auto engine = Engine::open({.store_url = "sqlite::memory:", .config = config, .measures = true});
  auto settings = measured();
  settings.local_user = false;
  settings.log = std::make_shared<LogLines>();
  server::Server server(engine.get(), settings);
  server.start();
  Client client(server.port());
  const auto text = [&] { return client.get("/metrics").body; };
  const auto first = sample(text(), "ignition_users_total{state=\"active\"}");
  CHECK((first.empty() || first == "0"));  // whoever asks first does not wait for the count
  const auto answer = client.post("/api/v1/auth/register", R"({"email":"ann@x.test","password":"correct horse"})");
  REQUIRE(answer.status == 201);
  CHECK(client.post("/api/v1/auth/login", R"({"identifier":"ann@x.test","password":"wrong password"})").status == 401);
  CHECK(client.get("/api/v1/auth/me", "Authorization: Bearer sk_live_nobodys\r\n").status == 401);
  const auto value = [&](const std::string& name) { return sample(text(), name); };
  CHECK(value(R"(ignition_logins_total{method="password",outcome="success"})") == "1");
  CHECK(value(R"(ignition_logins_total{method="password",outcome="failure"})") == "1");
  CHECK(value(R"(ignition_sessions_created_total{kind="cookie"})") == "1");
  CHECK(value(R"(ignition_audit_events_total{event_type="user_created"})") == "1");
  CHECK(value(R"(ignition_audit_events_total{event_type="login_failed"})") == "1");
  CHECK(value(R"(ignition_api_key_requests_total{outcome="invalid"})") == "1");
  CHECK(value("ignition_password_hash_seconds_count") == "2");
  CHECK(std::stoi(value(R"(ignition_db_query_duration_seconds_count{operation="auth.register"})")) > 5);
  CHECK(value(R"(ignition_db_connections{state="max"})") == "8");
  CHECK(text().find("ann@") == std::string::npos);
  server.stop();
  // A server that begins counts accounts with its first scrape.
  server::Server another(engine.get(), settings);
  another.start();
  Client scraper(another.port());
  std::string told;
  for (int i = 0; i < 500 && told.find("ignition_users_total") == std::string::npos; ++i) {
    told = scraper.get("/metrics").body;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(sample(told, R"(ignition_users_total{state="active"})") == "1");
  CHECK(sample(told, R"(ignition_users_total{state="disabled"})") == "0");
  CHECK(sample(told, "ignition_active_sessions") == "1");
}
