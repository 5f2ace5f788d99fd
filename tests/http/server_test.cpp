// The server as a whole: health, request ids, the log, starting and stopping.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "http/stage.hpp"

using namespace ignition;
using namespace ignition::http_test;
using namespace std::literals;

namespace {

constexpr const char* kThing = R"({"name":"abcd","tags":[],"nested":[]})";

bool is_request_id(const std::string& text) {
  return text.size() == 30 && text.starts_with("req_") &&
         text.find_first_not_of("0123456789ABCDEFGHJKMNPQRSTVWXYZ", 4) == std::string::npos;
}

}  // namespace

TEST_CASE("the system routes answer without envelope") {
  Stage stage;
  Client client = stage.client();
  const auto root = client.get("/");
  CHECK(root.body == "Ignition API");
  CHECK(root.field("content-type") == "text/plain; charset=utf-8");
  CHECK(client.get("/health/live").body == R"({"status":"ok"})");
  for (const char* path : {"/health/ready", "/ready"}) {
    const auto ready = client.get(path);
    CHECK(ready.status == 200);
    CHECK(ready.body == R"({"status":"ready","database":"ok"})");
  }
  const auto version = client.get("/version");
  CHECK(version.at("api_version") == "v1");
  CHECK(version.at("schema_version") == "2");
  CHECK(Instant::parse(version.at("build_timestamp")));
  CHECK(version.at("compiler") != "");
  const auto health = client.get("/health");
  CHECK(health.status == 200);
  CHECK(health.field("cache-control") == "no-store");
  CHECK(health.at("status") == "healthy");
  CHECK(health.at("schema_version") == "2");
  CHECK(health.at("services.database") == "ok");
  CHECK(health.at("services.storage") == "disabled");
  CHECK(health.at("services.mail") == "disabled");
  CHECK(health.at("services.redis") == "disabled");
  CHECK(Instant::parse(health.at("timestamp")));
}

TEST_CASE("a stopped database is told by health and readiness, not by liveness (A49)") {
  auto settings = Stage::local();
  settings.health_lifetime = 0ms;
  Stage stage(settings);
  stage.engine.database.down = true;
  Client client = stage.client();
  const auto health = client.get("/health");
  CHECK(health.status == 503);
  CHECK(health.at("status") == "unhealthy");
  CHECK(health.at("services.database") == "down");
  CHECK(client.get("/health/live").status == 200);
  const auto ready = client.get("/health/ready");
  CHECK(ready.status == 503);
  CHECK(ready.body == R"({"status":"not_ready","database":"down"})");
  stage.engine.database.down = false;
  CHECK(client.get("/health").status == 200);
}

TEST_CASE("pending migrations are not ready") {
  Stage stage;
  stage.engine.pending = 1;
  Client client = stage.client();
  CHECK(client.get("/health").status == 503);
  const auto ready = client.get("/ready");
  CHECK(ready.status == 503);
  CHECK(ready.body == R"({"status":"not_ready","database":"ok","schema":"pending"})");
}

TEST_CASE("the database is asked once within the probe's lifetime") {
  Stage stage;
  Client client = stage.client();
  for (int i = 0; i < 20; ++i) CHECK(client.get(i % 2 == 0 ? "/health" : "/ready").status == 200);
  CHECK(stage.engine.database.probes == 1);
}

TEST_CASE("a database that does not answer in time counts as down") {
  auto settings = Stage::local();
  settings.health_timeout = 100ms;
  Stage stage(settings);
  Gate stuck;
  stage.engine.database.slow = &stuck;
  const auto began = std::chrono::steady_clock::now();
  const auto health = stage.client().get("/health");
  CHECK(health.status == 503);
  CHECK(health.at("services.database") == "down");
  CHECK(std::chrono::steady_clock::now() - began < 1s);
  CHECK(stage.client().get("/api/v1/things/1").status == 200);
  stuck.open();
}

TEST_CASE("without a database only the system routes answer") {
  auto settings = Stage::local();
  settings.local_user = false;
  settings.log = std::make_shared<LogLines>();
  server::Server server(nullptr, settings);
  server.start();
  Client client(server.port());
  CHECK(client.get("/health").at("services.database") == "disabled");
  CHECK(client.get("/ready").body == R"({"status":"ready","database":"disabled"})");
  const auto answer = client.get("/api/v1/auth/session");
  CHECK(answer.status == 503);
  CHECK(answer.at("error.details.reason") == "storage_disabled");
}

TEST_CASE("the OpenAPI document has an entity tag") {
  Stage stage;
  Client client = stage.client();
  const auto document = client.get("/api/openapi.json");
  CHECK(document.status == 200);
  CHECK(document.at("openapi").starts_with("3.1"));
  CHECK(document.body.find("/things/{id}") != std::string::npos);
  const auto etag = document.field("etag");
  CHECK(etag.size() == 34);
  CHECK(client.get("/api/openapi.json", "If-None-Match: W/" + etag + "\r\n").status == 304);
  CHECK(client.get("/api/openapi.json", "If-None-Match: \"x\", " + etag + "\r\n").status == 304);
  CHECK(client.get("/api/openapi.json", "If-None-Match: *\r\n").status == 304);
  CHECK(client.get("/api/openapi.json", "If-None-Match: \"x\"\r\n").status == 200);
}

TEST_CASE("a request id is kept when it is one and the peer is near, and made otherwise") {
  Stage stage;
  Client client = stage.client();
  CHECK(client.get("/health/live", "X-Request-Id: abc-DEF_12345\r\n").field("x-request-id") == "abc-DEF_12345");
  const auto first = client.get("/health/live").field("x-request-id");
  const auto second = client.get("/health/live").field("x-request-id");
  CHECK(is_request_id(first));
  CHECK(is_request_id(second));
  CHECK(first != second);
  CHECK(first.substr(0, 10) <= second.substr(0, 10));  // the time comes first
  for (const std::string& id :
       {"short"s, std::string(65, 'a'), "has space in it"s, "semi;colon"s, "caf\xC3\xA9-long"s}) {
    CHECK(is_request_id(client.get("/health/live", "X-Request-Id: " + id + "\r\n").field("x-request-id")));
  }
}

TEST_CASE("each request leaves one line, which tells the route and no secret") {
  Stage stage;
  Client client = stage.client();
  const auto id =
      client
          .get("/api/v1/things/secret-path?token=secret-query",
               "Cookie: session=secret-cookie\r\nUser-Agent: test \"agent\" \x80\r\nX-Request-Id: log-line-1\r\n")
          .field("x-request-id");
  CHECK(id == "log-line-1");
  client.post("/api/v1/things", R"({"name":"secret-body-which-is-far-too-long"})", "X-Request-Id: log-line-2\r\n");
  client.get("/api/v1/things/1", "Authorization: Bearer secret-token\r\nX-Request-Id: log-line-3\r\n");
  client.get("/nothing/secret-path", "X-Request-Id: log-line-4\r\n");

  const auto ok = stage.log->find("log-line-1");
  for (const char* part :
       {R"("level":"info")", R"("target":"http")", R"("msg":"request")", R"("method":"GET")",
        R"("route":"/api/v1/things/{id}")", R"("status":200)", R"("client_ip":"127.0.0.1")", R"("credential":"local")",
        R"("user_id":"00000000-0000-0000-0000-000000000001")", R"("user_agent":"test \"agent\" ?")"}) {
    CAPTURE(part);
    CHECK(ok.find(part) != std::string::npos);
  }
  CHECK(ok.find("\"bytes_in\":") != std::string::npos);
  CHECK(ok.find("\"duration_ms\":") != std::string::npos);
  const auto bad = stage.log->find("log-line-2");
  CHECK(bad.find(R"("level":"warn")") != std::string::npos);
  CHECK(bad.find(R"("error_code":"VALIDATION_ERROR")") != std::string::npos);
  const auto refused = stage.log->find("log-line-3");
  CHECK(refused.find(R"("level":"info")") != std::string::npos);
  CHECK(refused.find(R"("error_reason":"invalid_credential")") != std::string::npos);
  CHECK(refused.find(R"("credential":"none")") != std::string::npos);
  const auto missing = stage.log->find("log-line-4");
  CHECK(missing.find(R"("level":"debug")") != std::string::npos);
  CHECK(missing.find(R"("route":"unmatched")") != std::string::npos);
  for (const auto& line : stage.log->lines()) {
    CAPTURE(line);
    CHECK(line.find("secret") == std::string::npos);
    CHECK(line.find("\"ts\":\"20") != std::string::npos);
  }
}

TEST_CASE("the log shows as much of an address as the operator wants") {
  auto settings = Stage::local();
  settings.log_ip = server::LogIp::prefix;
  Stage prefix(settings);
  prefix.client().get("/health/live", "X-Request-Id: prefix-1\r\n");
  CHECK(prefix.log->find("prefix-1").find(R"("client_ip":"127.0.0.0")") != std::string::npos);
  settings.log_ip = server::LogIp::off;
  Stage off(settings);
  off.client().get("/health/live", "X-Request-Id: without-1\r\n");
  CHECK(off.log->find("without-1").find("client_ip") == std::string::npos);
}

TEST_CASE("stopping answers every request that was sent, and refuses new connections") {
  Stage stage;
  std::vector<Client> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.push_back(stage.client());
    waiting.back().send(request("POST", "/api/v1/things/wait", "") + get_request("/ready"));
  }
  Client idle = stage.client();
  CHECK(idle.get("/api/v1/things/1").status == 200);
  stage.engine.gate.await_waiting(4);
  bool all_answered = false;
  std::thread stopper([&] { all_answered = stage.server.stop(); });
  CHECK(idle.rest().empty());  // nothing was asked: closed at once
  CHECK_THROWS(stage.client().get("/health/live"));
  stage.engine.gate.open();
  for (auto& client : waiting) {
    const auto answer = client.receive();
    REQUIRE(answer);
    CHECK(answer->status == 200);
    const auto ready = client.receive();
    REQUIRE(ready);
    CHECK(ready->status == 503);
    CHECK(ready->body == R"({"status":"not_ready","database":"ok"})");
    CHECK(ready->field("connection") == "close");
    CHECK(client.rest().empty());
  }
  stopper.join();
  CHECK(all_answered);
}

TEST_CASE("stopping under load answers whoever was connected") {
  Stage stage;
  std::atomic<int> sent = 0;
  std::atomic<int> answered = 0;
  std::atomic<bool> stopping = false;
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&] {
      while (!stopping) {
        Client client = stage.client();
        if (stopping) break;
        client.send(request("POST", "/api/v1/things", kThing) + get_request("/api/v1/things/1"));
        ++sent;
        if (const auto answer = client.receive(); answer && answer->status == 201) ++answered;
      }
    });
  }
  std::this_thread::sleep_for(100ms);
  stopping = true;  // each client still asks what it has connected for
  const bool all_answered = stage.server.stop();
  for (auto& client : clients) client.join();
  CHECK(all_answered);
  CHECK(sent > 10);
  CHECK(answered == sent);
}

TEST_CASE("stopping gives up after the grace period") {
  auto settings = Stage::local();
  settings.shutdown_grace = 150ms;
  Stage stage(settings);
  Client client = stage.client();
  client.send(request("POST", "/api/v1/things/wait", ""));
  stage.engine.gate.await_waiting(1);
  std::thread later([&] {
    std::this_thread::sleep_for(400ms);
    stage.engine.gate.open();  // the thread itself cannot be taken back
  });
  CHECK_FALSE(stage.server.stop());
  later.join();
  CHECK(client.rest().empty());
}

TEST_CASE("a signal stops the server with status 0; a second one ends it at once") {
  const auto run = [](bool twice) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
      StageEngine engine;
      auto settings = Stage::local();
      settings.log = std::make_shared<LogLines>();
      server::Server server(&engine, settings);
      const int status = server.run([&] {
        const std::uint16_t port = server.port();
        [[maybe_unused]] const auto written = ::write(ready[1], &port, sizeof port);
      });
      std::_Exit(status == 0 ? 0 : 9);
    }
    std::uint16_t port = 0;
    REQUIRE(::read(ready[0], &port, sizeof port) == sizeof port);
    Client client(port);
    if (twice) client.send(request("POST", "/api/v1/things/wait", ""));
    CHECK(Client(port).get("/health/live").status == 200);
    std::this_thread::sleep_for(50ms);
    ::kill(child, SIGTERM);
    if (twice) {
      std::this_thread::sleep_for(100ms);
      ::kill(child, SIGTERM);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ::close(ready[0]);
    ::close(ready[1]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  };
  CHECK(run(false) == 0);
  CHECK(run(true) == 1);
}

TEST_CASE("a Unix socket serves its owner, and a dead one does not stand in the way") {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("ignition-test-{}.sock", ::getpid());
  auto settings = Stage::local();
  settings.host = "unix:" + path.string();
  for (int i = 0; i < 2; ++i) {
    Stage stage(settings);
    struct stat found {};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    CHECK((found.st_mode & 0777) == 0600);
    CHECK(stage.server.address() == settings.host);
    CHECK(stage.server.port() == 0);
    Client client(path.string());
    CHECK(client.get("/api/v1/things/1").status == 200);
    CHECK(client.get("/api/v1/things/1", "X-Forwarded-For: 1.2.3.4\r\n").status == 401);
    client.get("/health/live", "X-Request-Id: over-unix\r\n");
    CHECK(stage.log->find("over-unix").find("client_ip") == std::string::npos);
    stage.server.stop();
    CHECK_FALSE(std::filesystem::exists(path));
    // Left behind as after a crash:
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    const int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
    REQUIRE(::bind(dead, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    ::close(dead);
  }
  std::filesystem::remove(path);
}

TEST_CASE("an address in use is an error of the start, and the server may be destroyed") {
  Stage stage;
  auto settings = Stage::local();
  settings.port = stage.server.port();
  settings.log = std::make_shared<LogLines>();
  StageEngine engine;
  server::Server second(&engine, settings);
  CHECK_THROWS_AS(second.start(), std::system_error);
}
