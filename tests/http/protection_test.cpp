// Who may ask: hosts, origins, client addresses, the local user, and settings that must not start a server.
#include <doctest/doctest.h>

#include "http/stage.hpp"
#include "protection.hpp"

using namespace ignition;
using namespace ignition::http_test;
using server::ConfigError;
using server::Environment;
using server::Forwarding;
using server::Peer;
using server::Protection;
using server::Settings;

namespace {

Peer peer(const char* address) { return Peer::of(boost::asio::ip::make_address(address)); }

std::string client_ip(const Protection& protection, const char* from, std::string_view forwarded_for) {
  return protection.client_ip(peer(from), Forwarding{.forwarded_for = forwarded_for}).to_string();
}

std::vector<std::string> problems_of(const Settings& settings) {
  try {
    const Protection protection(settings);
    return {};
  } catch (const ConfigError& error) {
    return error.problems();
  }
}

}  // namespace

TEST_CASE("a host must be ours, compared whole") {
  Stage stage;
  const auto status = [&](const std::string& host) {
    return stage.client().ask("GET /api/v1/open HTTP/1.1\r\nHost: " + host + "\r\n\r\n").status;
  };
  for (const char* host :
       {"localhost", "LOCALHOST", "localhost:8080", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:80"}) {
    CAPTURE(host);
    CHECK(status(host) == 200);
  }
  for (const char* host : {"localhost.evil.test", "evil.test", "evil-localhost", "localhost:", "localhost:80x",
                           "localhost:808080", "127.0.0.1.evil.test", "127.0.0.2", "[::1", "::1", "",
                           "localhost@evil.test", "localhost,evil.test", "localhost."}) {
    CAPTURE(host);
    if (std::string(host) == "localhost:") {
      CHECK(status(host) == 200);  // an empty port is the usual one (RFC 3986, 3.2.3)
      continue;
    }
    CHECK(status(host) == 400);
  }
  CHECK(stage.client().ask("GET /api/v1/open HTTP/1.1\r\n\r\n").status == 400);
  const auto refusal = stage.client().ask("GET /api/v1/open HTTP/1.1\r\nHost: evil.test\r\n\r\n");
  CHECK(refusal.at("error.details.reason") == "host_not_allowed");
  CHECK(refusal.at("error.details.fields.0.field") == "Host");
  // Load balancers ask by address.
  CHECK(stage.client().ask("GET /health/live HTTP/1.1\r\nHost: 10.1.2.3\r\n\r\n").status == 200);
  CHECK(stage.client().ask("GET /version HTTP/1.1\r\nHost: 10.1.2.3\r\n\r\n").status == 400);
}

TEST_CASE("the public host and the hosts of the list are ours too; loopback names only on a loopback listener") {
  Settings settings;
  settings.host = "0.0.0.0";
  settings.public_url = "https://API.example.com:8443/base";
  settings.allowed_hosts = {"Internal.example"};
  const Protection protection(settings);
  CHECK(protection.allows_host("api.example.com"));
  CHECK(protection.allows_host("api.example.com:443"));
  CHECK(protection.allows_host("internal.example:80"));
  CHECK_FALSE(protection.allows_host("localhost"));
  CHECK_FALSE(protection.allows_host("example.com"));
  CHECK_FALSE(protection.allows_host("xapi.example.com"));
  CHECK_FALSE(protection.allows_host("api.example.com.evil.test"));
}

TEST_CASE("pages of allowed origins are let in, others get no CORS field at all") {
  Stage stage;
  const auto answer = stage.client().get("/api/v1/things/1", "Origin: http://localhost:3000\r\n");
  CHECK(answer.status == 200);
  CHECK(answer.field("access-control-allow-origin") == "http://localhost:3000");
  CHECK(answer.field("access-control-allow-credentials") == "true");
  CHECK(answer.field("access-control-expose-headers").find("Idempotency-Replayed") != std::string::npos);
  CHECK(answer.field("vary") == "Origin");
  const auto error = stage.client().get("/api/v1/nothing", "Origin: http://localhost:3000\r\n");
  CHECK(error.field("access-control-allow-origin") == "http://localhost:3000");
  for (const char* origin : {"http://localhost:3000.evil.test", "https://localhost:3000", "http://localhost:30000",
                             "null", "http://localhost:3000/", "HTTP://LOCALHOST:3000"}) {
    const auto foreign = stage.client().get("/api/v1/open", std::string("Origin: ") + origin + "\r\n");
    CAPTURE(origin);
    CHECK_FALSE(foreign.has("access-control-allow-origin"));
    CHECK_FALSE(foreign.has("access-control-allow-credentials"));
    CHECK(foreign.field("vary") == "Origin");
  }
}

TEST_CASE("a preflight is answered without credential, with fields for allowed origins only") {
  auto settings = Stage::local();
  settings.local_user = false;
  settings.admin_url = "https://admin.example:8443";
  settings.allowed_origins = std::vector<std::string>{"https://web.example"};
  Stage stage(settings);
  const auto preflight = [&](const char* origin) {
    return stage.client().ask(std::string("OPTIONS /api/v1/things/1 HTTP/1.1\r\nHost: localhost\r\nOrigin: ") + origin +
                              "\r\nAccess-Control-Request-Method: DELETE\r\n\r\n");
  };
  // The list, the front end and the admin site; rule R30's development list only when there is no list.
  for (const char* origin : {"https://web.example", "http://localhost:3000", "https://admin.example:8443"}) {
    const auto answer = preflight(origin);
    CAPTURE(origin);
    CHECK(answer.status == 204);
    CHECK(answer.body.empty());
    CHECK(answer.field("access-control-allow-origin") == origin);
    CHECK(answer.field("access-control-allow-methods") == "GET, POST, PUT, PATCH, DELETE, OPTIONS");
    CHECK(answer.field("access-control-allow-headers").find("Idempotency-Key, If-Match") != std::string::npos);
    CHECK(answer.field("access-control-max-age") == "600");
  }
  for (const char* origin : {"http://localhost:3001", "https://evil.test"}) {
    const auto answer = preflight(origin);
    CHECK(answer.status == 204);
    CHECK_FALSE(answer.has("access-control-allow-origin"));
    CHECK_FALSE(answer.has("access-control-allow-methods"));
  }
  CHECK(stage.engine.calls == 0);
}

TEST_CASE("the local user is whoever asks from this machine, unless something speaks against it") {
  Stage stage;
  const auto answer = [&](const std::string& fields) { return stage.client().get("/api/v1/things/1", fields); };
  for (const char* fields :
       {"", "Origin: http://localhost:3000\r\n", "Origin: http://localhost:9999\r\n", "Origin: http://127.0.0.1\r\n",
        "Origin: https://[::1]:8443\r\n", "Sec-Fetch-Site: none\r\n", "Sec-Fetch-Site: same-origin\r\n",
        "Sec-Fetch-Site: same-site\r\n", "X-Dev-User-Id: 7\r\nCookie: session=dead\r\n"}) {
    CAPTURE(fields);
    CHECK(answer(fields).status == 200);
  }
  for (const char* fields :
       {"X-Forwarded-For: 127.0.0.1\r\n", "Forwarded: for=127.0.0.1\r\n", "X-Real-IP: 127.0.0.1\r\n",
        "CF-Connecting-IP: 127.0.0.1\r\n", "Authorization: Bearer guess\r\n", "Authorization: Basic dXNlcjpwYXNz\r\n",
        "Authorization: \r\n"}) {
    CAPTURE(fields);
    CHECK(answer(fields).status == 401);
  }
  for (const char* fields :
       {"Origin: https://evil.test\r\n", "Origin: null\r\n", "Origin: http://localhost.evil.test\r\n",
        "Origin: http://127.0.0.1.evil.test:3000\r\n", "Sec-Fetch-Site: cross-site\r\n",
        "Origin: http://localhost:3000\r\nSec-Fetch-Site: cross-site\r\n"}) {
    CAPTURE(fields);
    const auto foreign = answer(fields);
    CHECK(foreign.status == 403);
    CHECK(foreign.at("error.details.reason") == "origin_not_allowed");
  }
  CHECK(stage.client().post("/api/v1/things", "{}", "Origin: https://evil.test\r\n").status == 403);
  CHECK(stage.log->find("local_mode_refused") != "");
  CHECK(stage.log->find("the local user is signed in without password") != "");
}

TEST_CASE("a host that only begins like a loopback name is refused before anything else (A44)") {
  Stage stage;
  CHECK(stage.client().ask("GET /api/v1/things/1 HTTP/1.1\r\nHost: localhost.evil.test\r\n\r\n").status == 400);
}

TEST_CASE("the public host may ask, but is no loopback name: nobody is signed in") {
  auto settings = Stage::local();
  settings.public_url = "http://ignition.example";
  Stage stage(settings);
  CHECK(stage.client().ask("GET /api/v1/open HTTP/1.1\r\nHost: ignition.example\r\n\r\n").status == 200);
  CHECK(stage.client().ask("GET /api/v1/things/1 HTTP/1.1\r\nHost: ignition.example\r\n\r\n").status == 401);
}

TEST_CASE("with a local token the local user must show it") {
  auto settings = Stage::local();
  settings.local_token = "a-long-token";
  Stage stage(settings);
  const auto status = [&](const char* fields) { return stage.client().get("/api/v1/things/1", fields).status; };
  CHECK(status("") == 401);
  CHECK(status("Authorization: Bearer a-long-token\r\n") == 200);
  CHECK(status("Authorization: bearer a-long-token\r\n") == 200);
  CHECK(status("Authorization: Bearer a-long-toke\r\n") == 401);
  CHECK(status("Authorization: Bearer a-long-token2\r\n") == 401);
  CHECK(status("Authorization: a-long-token\r\n") == 401);
  CHECK(status("Authorization: Bearer a-long-token\r\nX-Forwarded-For: 1.2.3.4\r\n") == 401);
  CHECK(status("Authorization: Bearer a-long-token\r\nOrigin: https://evil.test\r\n") == 403);
}

TEST_CASE("an invalid Authorization field is refused even where no credential is needed") {
  auto settings = Stage::local();
  settings.local_user = false;
  Stage stage(settings);
  const auto answer = stage.client().get("/api/v1/open", "Authorization: Bearer x.y.z\r\n");
  CHECK(answer.status == 401);
  CHECK(answer.at("error.details.reason") == "invalid_credential");
  CHECK(stage.engine.calls == 0);
}

TEST_CASE("the local user makes no server start that others can reach (A43)") {
  Settings settings;
  settings.local_user = true;
  CHECK(problems_of(settings).empty());
  settings.host = "0.0.0.0";
  CHECK(problems_of(settings).size() == 1);
  settings.environment = Environment::staging;
  CHECK(problems_of(settings).size() == 2);
  settings.host = "127.0.0.1";
  CHECK(problems_of(settings).size() == 1);
  for (const Environment environment : {Environment::development, Environment::test, Environment::local}) {
    settings.environment = environment;
    CHECK(problems_of(settings).empty());
  }
  settings.host = "::1";
  CHECK(problems_of(settings).empty());
  settings.host = "unix:/tmp/x.sock";
  CHECK(problems_of(settings).empty());
  settings.host = "::";
  CHECK(problems_of(settings).size() == 1);
  StageEngine engine;
  CHECK_THROWS_AS(server::Server(&engine, settings), ConfigError);
}

TEST_CASE("all problems of settings are told together") {
  Settings settings;
  settings.host = "localhost:80";
  settings.public_url = "ftp://x";
  settings.frontend_url = "nothing";
  settings.trusted_proxies = {"10.0.0.0/8", "10.0.0.0/33", "::1/129", "example.com", "10.0.0.0/"};
  settings.allowed_origins = std::vector<std::string>{"*"};
  CHECK(problems_of(settings).size() == 8);
  Settings production;
  production.environment = Environment::production;
  CHECK(problems_of(production).size() == 4);  // two URLs without https, no origins, no secret
  production.auth_secret = "please-change-me-please-change-me";
  CHECK(problems_of(production).size() == 4);
  production.auth_secret = "Zm9yIHRlc3RzIG9ubHksIDMyIGJ5dGVz";
  production.public_url = "https://api.example";
  production.frontend_url = "https://example";
  production.allowed_origins = std::vector<std::string>{};
  CHECK(problems_of(production).empty());
  production.allowed_origins = std::vector<std::string>{"http://example"};
  CHECK(problems_of(production).size() == 1);
}

TEST_CASE("the client's address is the first that no trusted proxy vouches for") {
  Settings settings;
  settings.trusted_proxies = {"10.0.0.0/8", "fd00::/8", "192.168.1.1"};
  const Protection protection(settings);
  CHECK(client_ip(protection, "10.0.0.5", "1.2.3.4, 9.9.9.9, 10.0.0.7") == "9.9.9.9");
  CHECK(client_ip(protection, "10.0.0.5", "1.2.3.4") == "1.2.3.4");
  CHECK(client_ip(protection, "10.0.0.5", "10.0.0.9, 10.0.0.7") == "10.0.0.9");
  CHECK(client_ip(protection, "10.0.0.5", "9.9.9.9, what, 10.0.0.7") == "10.0.0.7");
  CHECK(client_ip(protection, "10.0.0.5", "what") == "10.0.0.5");
  CHECK(client_ip(protection, "10.0.0.5", "") == "10.0.0.5");
  CHECK(client_ip(protection, "11.0.0.5", "1.2.3.4") == "11.0.0.5");
  CHECK(client_ip(protection, "::ffff:10.0.0.5", "1.2.3.4") == "1.2.3.4");
  CHECK(client_ip(protection, "fd12::1", "2001:db8::1, ::ffff:10.0.0.2") == "2001:db8::1");
  CHECK(client_ip(protection, "192.168.1.2", "1.2.3.4") == "192.168.1.2");
}

TEST_CASE("a named field tells the client's address when a trusted proxy sends it") {
  auto settings = Stage::local();
  settings.trusted_proxies = {"127.0.0.0/8"};
  settings.client_ip_header = "X-Client-Address";
  settings.local_user = false;
  Stage stage(settings);
  stage.client().get("/api/v1/open",
                     "x-client-address: 203.0.113.9\r\nX-Forwarded-For: 8.8.8.8\r\nX-Request-Id: named-field\r\n");
  CHECK(stage.log->find("named-field").find("\"client_ip\":\"203.0.113.9\"") != std::string::npos);
  stage.client().get("/api/v1/open", "X-Forwarded-For: 8.8.8.8\r\nX-Request-Id: usual-field\r\n");
  CHECK(stage.log->find("usual-field").find("\"client_ip\":\"8.8.8.8\"") != std::string::npos);
}

TEST_CASE("strict transport security is asked for over https only, as a trusted proxy tells it") {
  auto settings = Stage::local();
  settings.trusted_proxies = {"127.0.0.1"};
  Stage stage(settings);
  CHECK(stage.client().get("/health/live", "X-Forwarded-Proto: https\r\n").field("strict-transport-security") ==
        "max-age=31536000; includeSubDomains");
  CHECK_FALSE(stage.client().get("/health/live", "X-Forwarded-Proto: http\r\n").has("strict-transport-security"));
  Stage untrusting;
  CHECK_FALSE(untrusting.client().get("/health/live", "X-Forwarded-Proto: https\r\n").has("strict-transport-security"));
}
