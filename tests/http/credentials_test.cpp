// Sessions and API keys over a real socket (rules R14 to R17, R22, R24).
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "http/stage.hpp"
#include "ignition/domains/api_keys.hpp"
#include "ignition/domains/captures.hpp"
#include "ignition/domains/sessions.hpp"
#include "ignition/domains/users.hpp"
#include "ignition/secrets.hpp"

using namespace ignition;
using namespace ignition::http_test;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

// A server with accounts, without local mode.
struct House {
  explicit House(server::Settings settings = open_to_the_world())
      : engine(Engine::open({.store_url = "sqlite::memory:", .clock = clock})), server(engine.get(), settings) {
    server.start();
  }
  static server::Settings open_to_the_world() {
    auto settings = Stage::local();
    settings.local_user = false;
    settings.log = std::make_shared<LogLines>();
    return settings;
  }
  Client client() const { return Client(server.port()); }

  Uuid person(std::string_view fields = "") {
    const auto made = engine->call(
        Caller::system(),
        {.operation = "users.create", .body = fmt::format(R"({{"email":"p{}@example.com"{}}})", ++people, fields)});
    return Uuid::parse(made.body.substr(made.body.find(R"("id":")") + 6, 36)).value();
  }
  std::string sign_in(const Uuid& user) {
    return engine
        ->call(Caller::system(), &sessions::create, {.user_id = user, .auth_method = {"password"}, .label = {}})
        .token;
  }
  std::string key(const Uuid& user, std::vector<std::string> scopes) {
    api_keys::CreateKey wanted{.name = {"key"}, .scopes = {}, .expires_in_days = {}};
    wanted.scopes.emplace();
    for (auto& scope : scopes) wanted.scopes->push_back({scope});
    return engine->call(Caller::host(user), &api_keys::create, wanted).key;
  }
  template <class Row>
  std::vector<Row> rows(std::string_view sql) {
    return engine->store().begin(Mode::read)->query<Row>(Sql{sql});
  }
  void sql(std::string_view text) {
    const auto db = engine->store().begin(Mode::write);
    db->execute(Sql{text});
    db->commit();
  }

  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>(Instant::parse("2026-03-10T09:00:00Z").value());
  std::unique_ptr<Engine> engine;
  server::Server server;
  int people = 0;
};

std::string cookie(std::string_view token) { return fmt::format("Cookie: session={}\r\n", token); }
std::string bearer(std::string_view token) { return fmt::format("Authorization: Bearer {}\r\n", token); }

// All Set-Cookie fields.
std::vector<std::string> set_cookies(const Response& response) {
  std::vector<std::string> out;
  for (const auto& [name, value] : response.fields) {
    if (name == "set-cookie" && !value.starts_with("csrf_token=")) out.push_back(value);
  }
  return out;
}

// The token in the one Set-Cookie field of a session.
std::string token_in(const Response& response) {
  const auto cookies = set_cookies(response);
  REQUIRE(cookies.size() == 1);
  REQUIRE(cookies[0].starts_with("session="));
  return cookies[0].substr(8, 43);
}

struct SessionId {
  Uuid id;
};
BOOST_DESCRIBE_STRUCT(SessionId, (), (id))

const char* const kAcceptTerms = R"({"accepted":true,"version":"1.0"})";

}  // namespace

TEST_CASE("a session cookie says who calls, and the log who called") {
  auto settings = House::open_to_the_world();
  auto log = std::make_shared<LogLines>();
  settings.log = log;
  House house(settings);
  const auto ann = house.person();
  const auto me = house.client().get("/api/v1/auth/me", cookie(house.sign_in(ann)));
  CHECK(me.status == 200);
  CHECK(me.at("data.user.id") == ann.text());
  CHECK(set_cookies(me).empty());
  const auto line = log->find("/api/v1/auth/me");
  CHECK(line.find(fmt::format(R"("user_id":"{}")", ann.text())) != std::string::npos);
  CHECK(line.find(R"("credential":"session")") != std::string::npos);
  const auto sessions = house.rows<SessionId>("SELECT id FROM sessions");
  REQUIRE(sessions.size() == 1);
  CHECK(line.find(fmt::format(R"("session_id":"{}")", sessions[0].id.text())) != std::string::npos);
}

TEST_CASE(
    "no log line holds a token, a key, an address of a person or a text of theirs, nor their beginnings (T1, T30)") {
  auto settings = House::open_to_the_world();
  auto log = std::make_shared<LogLines>();
  settings.log = log;
  settings.log_level = spdlog::level::trace;
  House house(settings);
  const auto ann = house.person();
  const std::string session = house.sign_in(ann);
  const std::string key = house.key(ann, {"captures:write"});
  Client client = house.client();
  const auto tokens = client.get("/api/v1/csrf", cookie(session));
  const std::string csrf = tokens.field("x-csrf-token");
  REQUIRE(csrf.size() == 97);
  const std::string shown =
      fmt::format("Cookie: session={}; csrf_token={}\r\nX-CSRF-Token: {}\r\n", session, csrf, csrf);
  client.get("/api/v1/auth/me", cookie(session));
  client.post("/api/v1/auth/accept-tos", R"({"accepted":true,"version":"1.0","canary-in-body":1})", shown);
  const auto rotated = client.post("/api/v1/auth/accept-tos", kAcceptTerms, shown);
  const std::string renewed = token_in(rotated);
  client.post("/api/v1/auth/accept-tos", kAcceptTerms, shown);
  client.ask(request("POST", "/api/v1/captures", R"({"content":"canary-in-body"})", bearer(key)));
  client.get("/api/v1/settings?q=canary-in-query", bearer(key));
  client.get("/canary-in-path", bearer(key + "x"));
  client.post("/api/v1/auth/logout", "{}", cookie(renewed));
  REQUIRE(log->find("/api/v1/auth/logout") != "");
  CHECK(log->lines().size() >= 9);
  for (const auto& line : log->lines()) {
    CAPTURE(line);
    for (const std::string& secret : {session, renewed, key.substr(8), csrf, csrf.substr(33)}) {
      CHECK(line.find(secret.substr(0, 8)) == std::string::npos);
    }
    CHECK(line.find("canary") == std::string::npos);
    CHECK(line.find("example.com") == std::string::npos);
  }
}

TEST_CASE("a cookie that is no session counts as absent, and of several the good one counts (R14, R22)") {
  House house;
  const auto ann = house.person();
  const auto token = house.sign_in(ann);
  const std::string wrong = fresh_token(system_random());
  Client client = house.client();
  CHECK(client.get("/api/v1/auth/me", cookie(wrong)).status == 401);
  CHECK(client.get("/api/v1/auth/me", cookie("short")).status == 401);
  CHECK(client.get("/api/v1/auth/session", cookie(wrong)).at("data.user") == "null");
  const auto several = fmt::format("Cookie: a=b; session={}; session=x; session={}; xsession=y\r\n", wrong, token);
  CHECK(client.get("/api/v1/auth/me", several).at("data.user.id") == ann.text());
}

TEST_CASE("whoever keeps tokens itself is not known by a cookie (A31)") {
  House house;
  const auto fields = cookie(house.sign_in(house.person())) + "X-Client-Type: Native\r\n";
  CHECK(house.client().get("/api/v1/auth/me", fields).status == 401);
}

TEST_CASE("an immediate rotation brings the new cookie and ends the old one (A24, T6)") {
  House house;
  const auto old_token = house.sign_in(house.person(R"(,"tos_accepted":false)"));
  Client client = house.client();
  const auto before = client.get("/api/v1/auth/session", cookie(old_token));
  const auto accepted = client.ask(
      request("POST", "/auth/accept-tos", kAcceptTerms, cookie(old_token) + "Origin: http://localhost:3000\r\n"));
  CHECK(accepted.status == 200);
  const auto token = token_in(accepted);
  CHECK(set_cookies(accepted)[0] == fmt::format("session={}; Path=/; HttpOnly; Max-Age=2592000; SameSite=Lax", token));
  CHECK(client.get("/api/v1/auth/session", cookie(old_token)).at("data.user") == "null");
  const auto refused = client.get("/api/v1/auth/me", cookie(old_token));
  CHECK(refused.status == 401);
  CHECK(refused.at("error.details.reason") == "session_rotated");
  CHECK(set_cookies(refused).empty());
  const auto after = client.get("/api/v1/auth/session", cookie(token));
  CHECK(after.at("data.user.tos_accepted") == "true");
  CHECK(after.at("data.session.id") == before.at("data.session.id"));
  CHECK(after.at("data.session.created_at") == before.at("data.session.created_at"));
}

TEST_CASE("existing clients attest 13 years, which is less than 16 (A37)") {
  House house;
  const auto ann = house.person(R"(,"age_verified":false)");
  const auto answer = house.client().ask(request("POST", "/auth/verify-age", R"({"is_13_or_older":true})",
                                                 cookie(house.sign_in(ann)) + "Origin: http://localhost:3000\r\n"));
  CHECK(answer.status == 200);
  CHECK(answer.at("user.age_verified") == "false");
  CHECK(house.rows<std::int64_t>("SELECT age_attested FROM users") == std::vector<std::int64_t>{13});
}

TEST_CASE("a page of another site cannot use the cookie (A29, A30)") {
  House house;
  const auto token = house.sign_in(house.person());
  const auto answer = house.client().ask(
      request("POST", "/auth/signout", "", cookie(token) + "Origin: https://localhost:3000.evil.test\r\n"));
  CHECK(answer.status == 403);
  CHECK(house.client().get("/api/v1/auth/me", cookie(token)).status == 200);
}

TEST_CASE("a write by cookie needs the token of its own session (A29)") {
  House house;
  const auto ann = house.person();
  const auto token = house.sign_in(ann);
  Client client = house.client();
  const auto csrf_of = [&](const std::string& fields) {
    return client.get("/api/v1/csrf", fields).at("data.csrf_token");
  };
  const auto write = [&](const std::string& header, const std::string& in_cookie, const std::string& more = "") {
    auto fields = fmt::format("Cookie: session={}{}\r\n", token, in_cookie.empty() ? "" : "; csrf_token=" + in_cookie);
    if (!header.empty()) fields += fmt::format("X-CSRF-Token: {}\r\n", header);
    return client.ask(request("PATCH", "/api/v1/user/profile", R"({"name":"X"})", fields + more));
  };
  const auto right = csrf_of(cookie(token));
  const auto other = csrf_of(cookie(house.sign_in(ann)));
  CHECK(write("", "").at("error.details.reason") == "csrf_missing");
  CHECK(write(right, other).at("error.details.reason") == "csrf_invalid");
  CHECK(write(other, other).at("error.details.reason") == "csrf_invalid");
  CHECK(write(csrf_of(""), csrf_of("")).at("error.details.reason") == "csrf_invalid");
  CHECK(write(right, right, "Origin: https://evil.test\r\n").at("error.details.reason") == "origin_not_allowed");
  CHECK(write(right, right).status == 200);
  // With a key no token is needed (A31).
  const auto key = house.key(ann, {"settings:write"});
  CHECK(client.ask(request("PATCH", "/api/v1/settings", R"({"theme":"dark"})", bearer(key))).status == 200);
  // A rotation brings the token for what follows.
  const auto rotated = client.ask(
      request("POST", "/api/v1/auth/rotate-session", "",
              fmt::format("Cookie: session={}; csrf_token={}\r\nX-CSRF-Token: {}\r\n", token, right, right)));
  CHECK(rotated.status == 200);
  CHECK(rotated.field("x-csrf-token").size() == 97);
}

TEST_CASE("who is signed in has limits of their own (T36)") {
  House house;
  const auto fields = cookie(house.sign_in(house.person()));
  Client client = house.client();
  client.get("/api/v1/auth/session", fields);
  int passed = 0;
  for (int i = 0; i < 70; ++i) passed += client.get("/api/v1/auth/session", fields).status == 200 ? 1 : 0;
  CHECK(passed == 70);
}

TEST_CASE("existing clients read which terms there are") {
  House house;
  const auto ann = house.person(R"(,"tos_accepted":false)");
  const auto terms = house.client().get("/auth/accept-tos", cookie(house.sign_in(ann)));
  CHECK(terms.body == R"({"accepted":false,"version":null,"current":"1.0"})");
}

TEST_CASE("signing out clears the cookies one by one and ends the session; without one it is well too (A23, T44)") {
  House house;
  const auto token = house.sign_in(house.person());
  Client client = house.client();
  const auto out =
      client.ask(request("POST", "/auth/signout", "", cookie(token) + "Origin: http://localhost:3000\r\n"));
  CHECK(out.status == 200);
  CHECK(set_cookies(out) ==
        std::vector<std::string>{"session=; Path=/; HttpOnly; Max-Age=0; SameSite=Lax",
                                 "access_token=; Path=/; HttpOnly; Max-Age=0; SameSite=Lax",
                                 "refresh_token=; Path=/api/v1/auth; HttpOnly; Max-Age=0; SameSite=Lax"});
  CHECK(client.get("/api/v1/auth/me", cookie(token)).status == 401);
  CHECK(client.get("/auth/session", cookie(token)).at("user") == "null");
  const auto again =
      client.ask(request("POST", "/auth/signout", "", cookie(token) + "Origin: http://localhost:3000\r\n"));
  CHECK(again.status == 200);
  CHECK(client.ask(request("POST", "/api/v1/auth/logout", "")).status == 200);
}

TEST_CASE("behind https cookies are secure") {
  auto settings = House::open_to_the_world();
  settings.public_url = "https://api.example.com";
  settings.cookie_domain = "example.com";
  House house(settings);
  const auto out = house.client().ask(request("POST", "/api/v1/auth/logout", ""));
  CHECK(set_cookies(out).at(0) == "session=; Path=/; HttpOnly; Max-Age=0; SameSite=Lax; Secure; Domain=example.com");
}

TEST_CASE("cookies that could not work stop the start (R14)") {
  const auto problem = [](const std::function<void(server::Settings&)>& change) {
    auto settings = House::open_to_the_world();
    change(settings);
    try {
      server::check(settings);
    } catch (const server::ConfigError& error) {
      return error.problems().at(0);
    }
    return std::string();
  };
  CHECK(problem([](server::Settings&) {}).empty());
  CHECK(problem([](server::Settings& s) { s.cookie_same_site = server::SameSite::none; }) ==
        "AUTH_COOKIE_SAMESITE: none needs an https SERVER_PUBLIC_URL");
  CHECK(problem([](server::Settings& s) { s.cookie_domain = "example.org"; }) ==
        "AUTH_COOKIE_DOMAIN: example.org does not cover the host localhost");
}

TEST_CASE("of two requests after an administrator's change one brings the new cookie, and both are answered (A25)") {
  House house;
  const auto old_token = house.sign_in(house.person());
  house.sql("UPDATE sessions SET rotate_required = 'role_change'");
  std::atomic<int> served = 0;
  std::atomic<int> renewed = 0;
  std::vector<std::string> tokens(2);
  std::vector<std::thread> threads;
  for (auto& token : tokens) {
    threads.emplace_back([&] {
      const auto answer = house.client().get("/api/v1/auth/me", cookie(old_token));
      served += answer.status == 200 ? 1 : 0;
      if (set_cookies(answer).empty()) return;
      ++renewed;
      token = token_in(answer);
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(served == 2);
  CHECK(renewed == 1);
  const auto token = tokens[0].empty() ? tokens[1] : tokens[0];
  Client client = house.client();
  CHECK(client.get("/api/v1/auth/me", cookie(token)).status == 200);
  house.clock->advance(seconds(31));
  CHECK(client.get("/api/v1/auth/me", cookie(old_token)).status == 401);
  CHECK(client.get("/api/v1/auth/me", cookie(token)).status == 200);
}

TEST_CASE("a session that slides sends its cookie again, with the stored end (R16, T7)") {
  House house;
  const auto token = house.sign_in(house.person());
  Client client = house.client();
  house.clock->advance(hours(24 * 16));
  const auto answer = client.get("/api/v1/auth/me", cookie(token));
  CHECK(token_in(answer) == token);
  CHECK(set_cookies(answer)[0].ends_with("Max-Age=2592000; SameSite=Lax"));
  const auto end = (house.clock->now() + hours(24 * 30)).text();
  for (int i = 0; i < 200; ++i) {
    if (client.get("/api/v1/auth/session", cookie(token)).at("data.session.expires_at") == end) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  const auto after = client.get("/api/v1/auth/session", cookie(token));
  CHECK(after.at("data.session.expires_at") == end);
  CHECK(after.at("data.session.last_active_at") == house.clock->now().text());
  CHECK(after.at("data.session.last_ip") == "127.0.0.1");
  CHECK(set_cookies(after).empty());
}

TEST_CASE("a revoked session is refused by the next request, though its place is remembered (R17)") {
  House house;
  const auto ann = house.person();
  const auto token = house.sign_in(ann);
  Client client = house.client();
  CHECK(client.get("/api/v1/auth/me", cookie(token)).status == 200);
  house.engine->call(Caller::host(ann), &sessions::revoke_others);
  CHECK(client.get("/api/v1/auth/me", cookie(token)).status == 401);
}

TEST_CASE("a key opens what its scopes say, and nothing once it is revoked (A38)") {
  House house;
  const auto ann = house.person();
  const auto key = house.key(ann, {"captures:write"});
  Client client = house.client();
  const auto made = client.ask(request("POST", "/api/v1/captures", R"({"content":"buy strings"})", bearer(key)));
  CHECK(made.status == 201);
  CHECK(made.at("data.title") == "buy strings");
  CHECK(client.get("/api/v1/captures", bearer(key)).status == 403);
  CHECK(client.get("/api/v1/settings", bearer(key)).at("error.details.reason") == "scope_required");
  house.sql("UPDATE users SET disabled_at = created_at, disabled_reason = 'admin'");
  CHECK(client.ask(request("POST", "/api/v1/captures", R"({"content":"x"})", bearer(key))).status == 401);
  house.sql("UPDATE users SET disabled_at = NULL, disabled_reason = NULL");
  house.sql("UPDATE api_keys SET revoked_at = created_at");
  CHECK(client.ask(request("POST", "/api/v1/captures", R"({"content":"x"})", bearer(key))).status == 401);
}

TEST_CASE("an Authorization field that proves nothing is refused, whatever cookie comes with it (R22)") {
  House house;
  const auto session = cookie(house.sign_in(house.person()));
  Client client = house.client();
  for (const char* value : {"Bearer sk_live_unknown", "Bearer x", "Basic eDp5", "Bearer a.b.c", "Bearer "}) {
    CAPTURE(value);
    const auto answer = client.get("/api/v1/auth/me", session + fmt::format("Authorization: {}\r\n", value));
    CHECK(answer.status == 401);
    CHECK(answer.at("error.details.reason") == "invalid_credential");
  }
}

TEST_CASE("a phone captures plain text, forms and JSON (Q3)") {
  House house;
  const auto ann = house.person();
  const auto key = house.key(ann, {"captures:write"});
  Client client = house.client();
  const auto send = [&](const char* type, const std::string& body, const std::string& more = "") {
    return client.ask(
        fmt::format("POST /api/v1/captures/external HTTP/1.1\r\nHost: localhost\r\nContent-Type: {}\r\n"
                    "Content-Length: {}\r\n{}{}\r\n{}",
                    type, body.size(), bearer(key), more, body));
  };
  const auto plain = send("text/plain; charset=utf-8", "todo: buy strings");
  CHECK(plain.status == 201);
  CHECK(plain.at("data.type") == "task");
  CHECK(plain.at("data.title") == "buy strings");
  CHECK(plain.at("data.duplicate") == "false");
  CHECK(send("text/plain", "https://example.com/a", "User-Agent: BackgroundShortcuts CFNetwork/1\r\n").status == 201);
  CHECK(send("application/x-www-form-urlencoded", "text=caf%C3%A9+noir&tags=a,b&client_ref=r1").at("data.title") ==
        "caf\xC3\xA9 noir");
  const auto again = send("application/json", R"({"content":"another","client_ref":"r1"})");
  CHECK(again.status == 200);
  CHECK(again.at("data.duplicate") == "true");
  CHECK(again.at("data.title") == "null");
  CHECK(send("application/json", "{}").at("error.details.fields.0.field") == "content");
  CHECK(send("application/xml", "<a/>").at("error.details.reason") == "unsupported_media_type");
  CHECK(send("text/plain", "\xC3\x28").status == 400);
  const auto large = send("text/plain", std::string(65'537, 'x'));
  CHECK(large.status == 413);
  CHECK(large.at("error.details.limit") == "65536");
  CHECK(send("text/plain", std::string(40'001, 'x')).status == 400);
  // Other operations take JSON only.
  CHECK(client
            .ask("POST /api/v1/captures HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
                 "Content-Length: 1\r\n" +
                 bearer(key) + "\r\nx")
            .status == 400);

  const auto stored = house.engine->call(Caller::host(ann), &captures::list);
  REQUIRE(stored.total == 3);
  CHECK(stored.captures[0].tags == std::vector<std::string>{"a", "b"});
  CHECK(stored.captures[1].url == "https://example.com/a");
  CHECK(stored.captures[1].source == inbox::Source::ios_shortcut);
  CHECK(stored.captures[2].source == inbox::Source::api);
}

TEST_CASE("a double tap within a minute is one capture (Q4)") {
  House house;
  const auto ann = house.person();
  const auto key = house.key(ann, {"inbox:write"});
  Client client = house.client();
  const auto tap = [&] {
    return client.ask(request("POST", "/api/v1/captures/external", R"({"content":"idea: x"})", bearer(key)));
  };
  const auto first = tap();
  CHECK(first.status == 201);
  house.clock->advance(seconds(59));
  const auto second = tap();
  CHECK(second.status == 200);
  CHECK(second.at("data.id") == first.at("data.id"));
  CHECK(second.at("data.title") == "x");
  house.clock->advance(seconds(2));
  CHECK(tap().status == 201);
  CHECK(house.rows<std::int64_t>("SELECT COUNT(*) FROM inbox_items") == std::vector<std::int64_t>{2});
}

TEST_CASE("in local mode a session wins over the local user, and a dead one leaves it (R44)") {
  auto settings = Stage::local();
  settings.log = std::make_shared<LogLines>();
  House house(settings);
  const auto ann = house.person();
  const auto token = house.sign_in(ann);
  Client client = house.client();
  CHECK(client.get("/api/v1/auth/me", cookie(token)).at("data.user.id") == ann.text());
  CHECK(client.get("/api/v1/auth/me", bearer(house.key(ann, {"all:read"}))).status == 403);
  house.engine->call(Caller::host(ann), &sessions::revoke_others);
  CHECK(client.get("/api/v1/auth/me", cookie(token)).at("data.user.id") == kLocalUser.text());
}

TEST_CASE("a store that cannot be asked is no reason to sign anybody out (T9)") {
  auto settings = House::open_to_the_world();
  const auto engine = Engine::open({.store_url = "sqlite::memory:", .migrate = false});
  server::Server server(engine.get(), settings);
  server.start();
  Client client(server.port());
  CHECK(client.get("/api/v1/auth/me", cookie(fresh_token(system_random()))).status == 503);
  CHECK(client.get("/api/v1/auth/me", bearer("sk_live_" + fresh_token(system_random()))).status == 503);
}
