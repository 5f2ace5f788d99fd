// Access and refresh tokens over a real socket (rules R18 to R22, R29).
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

#include "http/stage.hpp"
#include "ignition/access_tokens.hpp"
#include "ignition/domains/sessions.hpp"
#include "ignition/secrets.hpp"
#include "support/postgres.hpp"

using namespace ignition;
using namespace ignition::http_test;
using std::chrono::seconds;

namespace {

constexpr const char* kNative = "X-Client-Type: native\r\n";
constexpr const char* kAnn = R"({"email":"ann@x.test","password":"correct horse"})";
constexpr const char* kLogin = R"({"identifier":"ann@x.test","password":"correct horse"})";

Config quick(WebDelivery delivery) {
  Config config;
  config.password_memory_kib = 64;
  config.password_time = 1;
  config.auth_email_verification_required = false;
  config.auth_require_approval = false;
  config.auth_min_age = 0;
  config.tos_current_version = "";
  config.auth_web_delivery = delivery;
  return config;
}

// A server where people sign up with passwords, on SQLite and on PostgreSQL.
struct House {
  explicit House(bool postgres = false, WebDelivery delivery = WebDelivery::session,
                 std::optional<std::chrono::microseconds> inline_reads = {}) {
    if (postgres) database = std::make_unique<test::MigratedDatabase>();
    engine = Engine::open({.store_url = postgres ? database->address() : "sqlite::memory:",
                           .store = {.durability = StoreOptions::Durability::off, .pool_min_idle = 0},
                           .config = quick(delivery),
                           .clock = clock});
    auto settings = Stage::local();
    settings.local_user = false;
    settings.metrics = true;
    settings.log = log;
    settings.inline_reads = inline_reads;
    server.emplace(engine.get(), settings);
    server->start();
    CHECK(client().post("/api/v1/auth/register", kAnn).status == 201);
  }
  Client client() const { return Client(server->port()); }
  Response sign_in(std::string_view more = kNative) const { return client().post("/api/v1/auth/login", kLogin, more); }
  Response refresh(std::string_view token, std::string_view more = kNative) const {
    return client().post("/api/v1/auth/refresh", fmt::format(R"({{"refresh_token":"{}"}})", token), more);
  }
  void sql(std::string_view text) const {
    const auto db = engine->store().begin(Mode::write);
    db->execute(Sql{text});
    db->commit();
  }
  std::int64_t count(std::string_view sql) const {
    return engine->store().begin(Mode::read)->one<std::int64_t>(Sql{sql});
  }

  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>(Instant::parse("2026-03-10T09:00:00Z").value());
  std::shared_ptr<LogLines> log = std::make_shared<LogLines>();
  std::unique_ptr<test::MigratedDatabase> database;
  std::unique_ptr<Engine> engine;
  std::optional<server::Server> server;
};

std::string bearer(std::string_view token) { return fmt::format("Authorization: Bearer {}\r\n", token); }

// The values of cookies, by name, as the answer sets them.
std::map<std::string, std::string> jar(const Response& response) {
  std::map<std::string, std::string> out;
  for (const auto& [name, value] : response.fields) {
    if (name != "set-cookie") continue;
    const auto equals = value.find('=');
    out[value.substr(0, equals)] = value.substr(equals + 1, value.find(';') - equals - 1);
  }
  return out;
}

std::string set_cookie(const Response& response, std::string_view name) {
  for (const auto& [field, value] : response.fields) {
    if (field == "set-cookie" && value.starts_with(std::string(name) + "=")) return value;
  }
  return {};
}

// On both stores.
void on_both(const std::function<void(bool postgres)>& work) {
  for (const bool postgres : {false, true}) {
    SUBCASE(postgres ? "postgres" : "sqlite") { work(postgres); }
  }
}

}  // namespace

TEST_CASE("a browser gets a cookie and no tokens, a native client tokens and no cookie (A17)") {
  on_both([](bool postgres) {
    House house(postgres);
    const auto web = house.sign_in("");
    CHECK(web.status == 200);
    CHECK(set_cookie(web, "session") != "");
    CHECK(web.at("data.tokens") == "null");
    const auto native = house.sign_in();
    CHECK(native.status == 200);
    CHECK_FALSE(native.has("set-cookie"));
    CHECK(native.at("data.tokens.expires_in") == "900");
    CHECK(native.at("data.tokens.token_type") == "Bearer");
    const auto me = house.client().get("/api/v1/auth/me", bearer(native.at("data.tokens.access_token")));
    CHECK(me.at("data.user.email") == "ann@x.test");
    CHECK(me.status == 200);
    CHECK(house.log->find(R"("credential":"jwt")").find(native.at("data.tokens.session_id")) != std::string::npos);
    for (const auto& line : house.log->lines()) {
      CHECK(line.find(native.at("data.tokens.access_token").substr(40, 20)) == std::string::npos);
      CHECK(line.find(native.at("data.tokens.refresh_token").substr(0, 8)) == std::string::npos);
    }
  });
}

TEST_CASE("a native client renews its tokens, and a token used twice ends the session (A19)") {
  on_both([](bool postgres) {
    House house(postgres);
    const auto first = house.sign_in();
    const std::string r0 = first.at("data.tokens.refresh_token");
    const auto second = house.refresh(r0);
    CHECK(second.status == 200);
    CHECK_FALSE(second.has("set-cookie"));
    CHECK(second.at("data.session_id") == first.at("data.tokens.session_id"));
    const auto third = house.refresh(second.at("data.refresh_token"));
    CHECK(third.status == 200);
    house.clock->advance(seconds(11));
    const auto reused = house.refresh(r0);
    CHECK(reused.status == 401);
    CHECK(reused.at("error.details.reason") == "refresh_reused");
    CHECK(house.refresh(third.at("data.refresh_token")).status == 401);
    CHECK(house.client().get("/api/v1/auth/me", bearer(third.at("data.access_token"))).status == 401);
    CHECK(house.count("SELECT COUNT(*) FROM sessions WHERE revoke_reason = 'reuse_detected'") == 1);
    CHECK(house.count("SELECT COUNT(*) FROM audit_log WHERE event_type = 'refresh_reuse' AND ip_address = '127.0.0.1'"
                      " AND request_id IS NOT NULL") == 1);
    CHECK(house.count("SELECT COUNT(*) FROM mail_outbox WHERE template = 'sessions_revoked'") == 1);
    const auto metrics = house.client().get("/metrics").body;
    CHECK(metrics.find("ignition_token_refresh_total{outcome=\"success\"} 2") != std::string::npos);
    CHECK(metrics.find("ignition_token_refresh_total{outcome=\"refused\"} 1") != std::string::npos);
    CHECK(metrics.find("ignition_token_refresh_total{outcome=\"reused\"} 1") != std::string::npos);
    CHECK(metrics.find("ignition_refresh_reuse_total 1") != std::string::npos);
  });
}

TEST_CASE("what is no access token of ours is refused, and neither token stands for the other (A21, A22, R22)") {
  House house;
  const auto tokens = house.sign_in();
  const std::string access = tokens.at("data.tokens.access_token");
  const std::string refresh = tokens.at("data.tokens.refresh_token");
  Client client = house.client();
  const auto status = [&](std::string_view token, std::string_view more = "") {
    return client.get("/api/v1/auth/me", bearer(token) + std::string(more)).status;
  };
  CHECK(status(access) == 200);
  CHECK(status(refresh) == 401);
  CHECK(house.refresh(access).status == 401);
  CHECK(status(access + "x") == 401);
  CHECK(status("a.b.c") == 401);
  const std::string header = R"({"alg":"none","typ":"JWT"})";
  const std::string none = base64url({reinterpret_cast<const std::uint8_t*>(header.data()), header.size()}) +
                           access.substr(access.find('.'), access.rfind('.') - access.find('.')) + ".";
  CHECK(status(none) == 401);
  // A refused token never falls back to a cookie that comes along.
  const auto web = jar(house.sign_in(""));
  CHECK(status(access + "x", fmt::format("Cookie: session={}\r\n", web.at("session"))) == 401);
  CHECK(client.get("/api/v1/auth/session", bearer("a.b.c")).status == 401);
  house.clock->advance(seconds(900 + 29));
  CHECK(status(access) == 200);
  house.clock->advance(seconds(2));
  CHECK(status(access) == 401);
}

TEST_CASE("a write by bearer needs no token against forgery (A31)") {
  House house;
  const auto fields = bearer(house.sign_in().at("data.tokens.access_token"));
  const auto made = house.client().post("/api/v1/habits", R"({"name":"walk"})", fields);
  CHECK(made.status == 201);
  CHECK(house.client().get("/api/v1/habits", fields).at("data.habits.0.name") == "walk");
}

TEST_CASE("signing out kills the access token, and never fails (T34)") {
  on_both([](bool postgres) {
    House house(postgres);
    const auto tokens = house.sign_in();
    const auto fields = bearer(tokens.at("data.tokens.access_token"));
    Client client = house.client();
    const auto out = client.post("/api/v1/auth/logout", "{}", fields + kNative);
    CHECK(out.status == 200);
    CHECK(out.at("data.signed_out") == "true");
    CHECK_FALSE(out.has("set-cookie"));
    CHECK(client.get("/api/v1/auth/me", fields).at("error.details.reason") == "session_ended");
    CHECK(house.refresh(tokens.at("data.tokens.refresh_token")).status == 401);
    CHECK(client.post("/api/v1/auth/logout", "{}", fields).status == 200);
    CHECK(client.post("/api/v1/auth/logout", "{}", bearer("a.b.c")).status == 200);
    CHECK(house.count("SELECT COUNT(*) FROM revoked_tokens") == 1);
  });
}

TEST_CASE("a browser keeps its tokens in cookies where the operator wants so (A18, R29)") {
  on_both([](bool postgres) {
    House house(postgres, WebDelivery::tokens);
    const auto in = house.sign_in("");
    CHECK(in.status == 200);
    auto cookies = jar(in);
    CHECK(set_cookie(in, "session") == "");
    CHECK(set_cookie(in, "access_token") ==
          fmt::format("access_token={}; Path=/; HttpOnly; Max-Age=900; SameSite=Lax", cookies.at("access_token")));
    CHECK(set_cookie(in, "refresh_token") ==
          fmt::format("refresh_token={}; Path=/api/v1/auth; HttpOnly; Max-Age=604800; SameSite=Lax",
                      cookies.at("refresh_token")));
    CHECK(in.at("data.tokens.expires_in") == "900");
    CHECK(in.at("data.tokens.access_token") == "null");
    CHECK(std::ranges::count_if(in.fields, [](const auto& field) {
            return field.first == "set-cookie" && field.second.starts_with("csrf_token=");
          }) == 1);

    Client client = house.client();
    const auto access =
        fmt::format("Cookie: access_token={}; csrf_token={}\r\n", cookies.at("access_token"), cookies.at("csrf_token"));
    const auto proof = fmt::format("X-CSRF-Token: {}\r\n", cookies.at("csrf_token"));
    CHECK(client.get("/api/v1/auth/me", access).at("data.user.email") == "ann@x.test");
    CHECK(client.get("/api/v1/auth/me", access + kNative).status == 401);
    const auto forged = client.post("/api/v1/habits", R"({"name":"walk"})", access);
    CHECK(forged.status == 403);
    CHECK(forged.at("error.details.reason") == "csrf_missing");
    CHECK(client.post("/api/v1/habits", R"({"name":"walk"})", access + proof).status == 201);
    // A fresh token against forgery is bound to the same session.
    const auto fresh = client.get("/api/v1/csrf", access).field("x-csrf-token");
    CHECK(client
              .post("/api/v1/habits", R"({"name":"run"})",
                    fmt::format("Cookie: access_token={}; csrf_token={}\r\nX-CSRF-Token: {}\r\n",
                                cookies.at("access_token"), fresh, fresh))
              .status == 201);

    // The refresh token's cookie counts as a credential, too.
    house.clock->advance(seconds(1000));
    CHECK(client.get("/api/v1/auth/me", access).status == 401);
    const auto refresh = fmt::format("Cookie: refresh_token={}; csrf_token={}\r\n", cookies.at("refresh_token"),
                                     cookies.at("csrf_token"));
    CHECK(client.post("/api/v1/auth/refresh", "{}", refresh).at("error.details.reason") == "csrf_missing");
    CHECK(client.post("/api/v1/auth/logout", "{}", refresh).at("error.details.reason") == "csrf_missing");
    CHECK(client.post("/api/v1/auth/refresh", "{}", refresh + kNative).at("error.details.reason") == "refresh_missing");
    const auto renewed = client.post("/api/v1/auth/refresh", "", refresh + proof);
    CHECK(renewed.status == 200);
    CHECK(renewed.at("data.refresh_token") == "null");
    cookies = jar(renewed);
    CHECK(
        client.get("/api/v1/auth/me", fmt::format("Cookie: access_token={}\r\n", cookies.at("access_token"))).status ==
        200);
    const auto out = client.post("/api/v1/auth/logout", "{}",
                                 fmt::format("Cookie: access_token={}; refresh_token={}; csrf_token={}\r\n"
                                             "X-CSRF-Token: {}\r\n",
                                             cookies.at("access_token"), cookies.at("refresh_token"),
                                             cookies.at("csrf_token"), cookies.at("csrf_token")));
    CHECK(out.status == 200);
    CHECK(set_cookie(out, "refresh_token").find("Max-Age=0") != std::string::npos);
    CHECK(client.get("/api/v1/auth/session", fmt::format("Cookie: access_token={}\r\n", cookies.at("access_token")))
              .at("data.user") == "null");
  });
}

TEST_CASE("signed-in readers are answered together, and signed out by the next request after an end elsewhere (R17)") {
  on_both([](bool postgres) {
    House house(postgres, WebDelivery::session, std::chrono::microseconds(0));
    const auto tokens = house.sign_in();
    const auto by_token = bearer(tokens.at("data.tokens.access_token"));
    const auto by_cookie = fmt::format("Cookie: session={}\r\n", jar(house.sign_in("")).at("session"));
    Client client = house.client();
    const auto today = client.get("/api/v1/today", by_token);
    REQUIRE(today.status == 200);
    for (int i = 0; i < 3; ++i) {
      for (const auto& fields : {by_token, by_cookie}) {
        const auto again = client.get("/api/v1/today", fields);
        CHECK(again.body == today.body);
        CHECK_FALSE(again.has("set-cookie"));
      }
    }
    CHECK(house.log->find(R"("credential":"session")") != "");
    // An administrator's change renews the cookie with the next request, whoever answers it.
    house.sql("UPDATE sessions SET rotate_required = 'role' WHERE kind = 'cookie'");
    const auto renewed = client.get("/api/v1/today", by_cookie);
    CHECK(renewed.body == today.body);
    const std::string token = jar(renewed).at("session");
    CHECK(by_cookie.find(token) == std::string::npos);
    house.sql("UPDATE sessions SET revoked_at = created_at, revoke_reason = 'admin'");
    CHECK(client.get("/api/v1/today", by_token).status == 401);
    CHECK(client.get("/api/v1/today", fmt::format("Cookie: session={}\r\n", token)).status == 401);
  });
}

TEST_CASE("an access token is no reason to sign anybody out while the store cannot be asked (T9)") {
  House house;
  const std::string access = house.sign_in().at("data.tokens.access_token");
  const auto claims = AccessTokens(house.engine->config()).verify(access, house.clock->now());
  REQUIRE(claims.has_value());
  // The same key, another store that lacks its tables.
  const auto engine = Engine::open(
      {.store_url = "sqlite::memory:", .config = house.engine->config(), .migrate = false, .clock = house.clock});
  auto settings = Stage::local();
  settings.local_user = false;
  settings.log = house.log;
  server::Server server(engine.get(), settings);
  server.start();
  CHECK(Client(server.port()).get("/api/v1/auth/me", bearer(access)).status == 503);
  CHECK(Client(server.port()).get("/api/v1/auth/me", fmt::format("Cookie: access_token={}\r\n", access)).status == 503);
}

TEST_CASE("production starts with a key of its own for access tokens only (A50, T32)") {
  server::Settings settings;
  settings.environment = server::Environment::production;
  settings.public_url = settings.frontend_url = "https://example.com";
  settings.allowed_origins = {"https://example.com"};
  settings.auth_secret = "Zm9yIHRlc3RzIG9ubHksIDMyIGJ5dGVz";
  const auto problem = [&](std::string secret) {
    Config config;
    config.jwt_secret = std::move(secret);
    try {
      server::check(settings, &config);
    } catch (const server::ConfigError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(problem("") == "JWT_SECRET: production needs it");
  CHECK(problem(settings.auth_secret) == "JWT_SECRET: production needs another one than AUTH_SECRET");
  CHECK(problem("please-change-me-please-change-me") == "JWT_SECRET: is a published sample");
  CHECK(problem("YW5vdGhlciBvbmUsIGFsc28gMzIgYnl0ZXM") == "");
  const auto engine = Engine::open({.store_url = "sqlite::memory:"});
  CHECK_THROWS_WITH_AS(server::Server(engine.get(), settings), "JWT_SECRET: production needs it", server::ConfigError);
}
