// Signing in with a provider over real sockets, and all that may go wrong on the way (rules R5 to R9, T2 to T5).
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <optional>
#include <thread>

#include "http/provider.hpp"
#include "http/stage.hpp"
#include "ignition/domains/sessions.hpp"
#include "ignition/secrets.hpp"
#include "support/postgres.hpp"

using namespace ignition;
using namespace ignition::http_test;
using std::chrono::seconds;

namespace {

const std::string kTenant = "11111111-2222-4333-8444-555555555555";
const std::string kKeysPath = "/oauth2/v3/certs";

// Expensive to make.
const SigningKey& rsa() {
  static const SigningKey key("RS256", "rsa-1");
  return key;
}
const SigningKey& other_rsa() {
  static const SigningKey key("RS256", "rsa-2");
  return key;
}
const SigningKey& ec() {
  static const SigningKey key("ES256", "ec-1");
  return key;
}

std::string keys_of(std::initializer_list<const SigningKey*> keys) {
  std::string list;
  for (const auto* key : keys) list += (list.empty() ? "" : ",") + key->jwk();
  return R"({"keys":[)" + list + "]}";
}

// What the address says of this parameter, decoded as far as the tests need it.
std::string parameter(const std::string& url, const std::string& name) {
  const auto at = url.find(name + "=");
  if (at == std::string::npos) return "<none>";
  const auto begin = at + name.size() + 1;
  return url.substr(begin, url.find('&', begin) - begin);
}

std::vector<std::string> set_cookies(const Response& response, std::string_view name) {
  std::vector<std::string> out;
  for (const auto& [field, value] : response.fields) {
    if (field == "set-cookie" && value.starts_with(std::string(name) + "=")) out.push_back(value);
  }
  return out;
}

std::string cookie_of(const Response& response, std::string_view name) {
  const auto all = set_cookies(response, name);
  if (all.empty()) return {};
  return all[0].substr(0, all[0].find(';'));
}

// A browser on its way through one sign-in.
struct Flow {
  std::string state;
  std::string nonce;
  std::string cookie;
};

// A server with accounts, whose providers are ours.
struct House {
  explicit House(const std::string& store, const std::function<void(Config&)>& change = {}) {
    Config config;
    config.public_url = "https://api.example.com";
    config.frontend_url = "https://app.example.com";
    config.allowed_origins = {"https://app.example.com"};
    config.auth_min_age = 0;
    config.tos_current_version = "";
    config.oauth_google_client_id = "our-id";
    config.oauth_google_client_secret = "our secret";
    config.oauth_google_issuer_url = provider.url();
    config.oauth_azure_client_id = "our-id";
    config.oauth_azure_client_secret = "our secret";
    config.oauth_azure_tenant_id = "common";
    config.oauth_azure_base_url = provider.url();
    if (change) change(config);
    if (store == "postgres") database.emplace();
    engine = Engine::open({.store_url = database ? database->address() : "sqlite::memory:",
                           .store = test::quick_postgres(),
                           .config = config,
                           .clock = clock});
    auto settings = Stage::local();
    settings.local_user = false;
    settings.public_url = config.public_url;
    settings.frontend_url = config.frontend_url;
    settings.log = log;
    settings.log_level = spdlog::level::trace;
    settings.metrics = true;
    for (const auto rate_class : {server::RateClass::ip_ceiling, server::RateClass::auth_start,
                                  server::RateClass::anonymous, server::RateClass::auth_credential}) {
      settings.rate_limits[rate_class] = {};
    }
    server.emplace(engine.get(), settings);
    server->start();
    provider.says(kKeysPath, keys_of({&rsa(), &ec()}));
    provider.says("/common/discovery/v2.0/keys", keys_of({&rsa()}));
  }

  Response get(const std::string& target, const std::string& fields = {}) const {
    return Client(server->port()).get(target, fields);
  }

  Flow begin(const std::string& target = "/api/v1/auth/signin/google", const std::string& fields = {}) const {
    const auto answer = get(target, fields);
    REQUIRE(answer.status == 302);
    const auto location = answer.field("location");
    return {.state = parameter(location, "state"),
            .nonce = parameter(location, "nonce"),
            .cookie = cookie_of(answer, "ignition_oauth")};
  }

  // What a sane provider says of ann.
  Claims claims(const Flow& flow) const {
    const auto now = clock->now().us / 1'000'000;
    return {{"iss", fmt::format(R"("{}")", provider.url())},
            {"sub", R"("ann-1")"},
            {"aud", R"("our-id")"},
            {"nonce", fmt::format(R"("{}")", flow.nonce)},
            {"iat", std::to_string(now)},
            {"exp", std::to_string(now + 3600)},
            {"email", R"("ann@x.test")"},
            {"email_verified", "true"},
            {"name", R"("Ann Lee")"}};
  }
  Claims azure_claims(const Flow& flow) const {
    auto all = claims(flow);
    all["iss"] = fmt::format(R"("{}/{}/v2.0")", provider.url(), kTenant);
    all["tid"] = fmt::format(R"("{}")", kTenant);
    all["oid"] = R"("ann-o")";
    all.erase("email_verified");
    return all;
  }
  void gives(const std::string& id_token, const std::string& path = "/token") {
    provider.says(path, fmt::format(R"({{"id_token":"{}","access_token":"at","token_type":"Bearer"}})", id_token));
  }

  Response finish(const Flow& flow, const std::string& more_cookies = {}, const std::string& provider_name = "google",
                  const std::string& more = {}) const {
    return get(fmt::format("/auth/callback/{}?code=the-code&state={}{}", provider_name, flow.state, more),
               fmt::format("Cookie: {}{}\r\nUser-Agent: Browser/1\r\n", flow.cookie, more_cookies));
  }
  // The whole way, with a token made by `make`.
  Response sign_in(const std::function<std::string(Claims)>& make) {
    const auto flow = begin();
    gives(make(claims(flow)));
    return finish(flow);
  }
  Response sign_in() {
    return sign_in([](const Claims& claims) { return rsa().token(json_of(claims)); });
  }

  template <class Row>
  std::vector<Row> rows(std::string_view sql) const {
    return engine->store().begin(Mode::read)->query<Row>(Sql{sql});
  }
  std::int64_t count(std::string_view table) const {
    return rows<std::int64_t>(fmt::format("SELECT COUNT(*) FROM {}", table)).at(0);
  }

  Provider provider;
  std::shared_ptr<ManualClock> clock = std::make_shared<ManualClock>(Instant::parse("2026-03-10T09:00:00Z").value());
  std::shared_ptr<LogLines> log = std::make_shared<LogLines>();
  std::optional<test::MigratedDatabase> database;
  std::unique_ptr<Engine> engine;
  std::optional<server::Server> server;
};

// The code of the error page, or where else the browser was sent.
std::string error_of(const Response& answer) {
  CHECK(answer.status == 302);
  const auto location = answer.field("location");
  if (!location.starts_with("https://app.example.com/auth/error?")) return location;
  CHECK(parameter(location, "code").starts_with("req_"));
  CHECK(set_cookies(answer, "session").empty());
  return parameter(location, "error");
}

}  // namespace

TEST_CASE("a sign-in with Google leads to a session and to the page that was asked for (A1, A2)") {
  for (const char* store : {"memory", "postgres"}) {
    CAPTURE(store);
    House house(store);
    const auto began = house.get("/api/v1/auth/signin/google?redirect_uri=https%3A%2F%2Fapp.example.com%2Ffocus");
    REQUIRE(began.status == 302);
    CHECK(began.field("location").starts_with(house.provider.url() + "/o/oauth2/v2/auth?"));
    CHECK(began.field("cache-control") == "no-store");
    const auto cookies = set_cookies(began, "ignition_oauth");
    REQUIRE(cookies.size() == 1);
    CHECK(cookies[0].substr(58) == "; Path=/; HttpOnly; Max-Age=600; SameSite=Lax; Secure");
    const Flow flow{.state = parameter(began.field("location"), "state"),
                    .nonce = parameter(began.field("location"), "nonce"),
                    .cookie = cookie_of(began, "ignition_oauth")};
    house.gives(rsa().token(json_of(house.claims(flow))));
    const auto done = house.finish(flow);
    CHECK(done.status == 302);
    CHECK(done.field("location") == "https://app.example.com/focus");
    const auto session = set_cookies(done, "session");
    REQUIRE(session.size() == 1);
    CHECK(session[0].substr(51) == "; Path=/; HttpOnly; Max-Age=2592000; SameSite=Lax; Secure");
    CHECK(set_cookies(done, "ignition_oauth").at(0).starts_with("ignition_oauth=; Path=/; HttpOnly; Max-Age=0"));
    // What the provider was told.
    const auto form = house.provider.last_form();
    CHECK(parameter(form, "grant_type") == "authorization_code");
    CHECK(parameter(form, "code") == "the-code");
    CHECK(parameter(form, "client_secret") == "our%20secret");
    CHECK(parameter(form, "redirect_uri") == "https%3A%2F%2Fapi.example.com%2Fauth%2Fcallback%2Fgoogle");
    CHECK(parameter(form, "code_verifier").size() == 43);
    // Who is there now.
    const auto me = house.get("/api/v1/auth/me", fmt::format("Cookie: {}\r\n", cookie_of(done, "session")));
    CHECK(me.at("data.user.email") == "ann@x.test");
    CHECK(me.at("data.user.role") == "user");
    CHECK(me.at("data.user.approved") == "false");
    CHECK(me.at("data.user.name") == "Ann Lee");
    CHECK(house.count("users") == 1);
    CHECK(house.count("oauth_states") == 0);
    CHECK(house.rows<std::string>("SELECT event_type FROM audit_log WHERE ip_address = '127.0.0.1' AND user_agent = "
                                  "'Browser/1' AND request_id IS NOT NULL AND event_type IN ('user_created', 'login') "
                                  "ORDER BY event_type") == std::vector<std::string>{"login", "user_created"});
    const std::string token = session[0].substr(8, 43);
    CHECK(house.rows<std::string>("SELECT token_hash FROM sessions").at(0) == token_hash(token));
    // Again: the same account; and the code of the first time signs nobody in (A5).
    CHECK(house.sign_in().field("location") == "https://app.example.com/today");
    CHECK(house.count("users") == 1);
    CHECK(house.count("sessions") == 2);
    CHECK(error_of(house.finish(flow)) == "OAuthCallback");
    for (const auto& line : house.log->lines()) {
      for (const std::string& secret : {flow.state, token, std::string("the-code"), std::string("ann@x")}) {
        CHECK(line.find(secret) == std::string::npos);
      }
    }
  }
}

TEST_CASE("an answer that another browser, another provider or nobody has begun signs nobody in (A4, A6, A7, T3)") {
  for (const char* store : {"memory", "postgres"}) {
    CAPTURE(store);
    House house(store);
    const auto ready = [&] {
      const auto flow = house.begin();
      house.gives(rsa().token(json_of(house.claims(flow))));
      return flow;
    };
    auto flow = ready();
    const auto good = flow;
    flow.cookie.clear();
    CHECK(error_of(house.finish(flow)) == "OAuthCallback");
    CHECK(house.count("oauth_states") == 0);
    CHECK(error_of(house.finish(good)) == "OAuthCallback");
    flow = ready();
    flow.cookie = house.begin().cookie;
    CHECK(error_of(house.finish(flow)) == "OAuthCallback");
    flow = ready();
    flow.state = "unknown";
    CHECK(error_of(house.finish(flow)) == "OAuthCallback");
    flow.state = std::string(300, 'x');
    CHECK(error_of(house.finish(flow)) == "OAuthCallback");
    CHECK(error_of(house.finish(ready(), "", "azure")) == "OAuthCallback");
    flow = ready();
    house.clock->advance(seconds(600));
    CHECK(error_of(house.finish(flow)) == "OAuthCallback");
    CHECK(error_of(house.finish(ready(), "", "google", "&iss=https%3A%2F%2Fevil.test")) == "OAuthCallback");
    CHECK(house.provider.asked("/token") == 0);

    CHECK(house.get("/auth/callback/google").status == 400);
    CHECK(house.get("/auth/callback/google?state=x").status == 400);
    CHECK(house.get("/auth/callback/github?code=x&state=y").status == 404);
    flow = house.begin();
    CHECK(error_of(house.get("/auth/callback/google?error=access_denied&state=" + flow.state)) == "AccessDenied");
    CHECK(error_of(house.get("/auth/callback/google?error=server_error")) == "OAuthCallback");
    CHECK(house.count("users") == 0);
  }
}

TEST_CASE("a token that is not the provider's, not for us or not of this sign-in counts for nothing") {
  House house("memory");
  const auto with = [&](const std::string& claim, const std::string& value) {
    return error_of(house.sign_in([&](Claims claims) {
      claims[claim] = value;
      return rsa().token(json_of(claims));
    }));
  };
  const auto now = house.clock->now().us / 1'000'000;
  CHECK(with("nonce", R"("another")") == "OAuthCallback");
  CHECK(with("aud", R"("another")") == "OAuthCallback");
  CHECK(with("aud", R"(["our-id","another"])") == "OAuthCallback");
  CHECK(with("aud", "7") == "OAuthCallback");
  CHECK(with("exp", std::to_string(now - 61)) == "OAuthCallback");
  CHECK(with("nbf", std::to_string(now + 61)) == "OAuthCallback");
  CHECK(with("iss", R"("https://accounts.google.com")") == "OAuthCallback");
  CHECK(with("sub", R"("")") == "OAuthCallback");
  CHECK(with("email", R"("")") == "OAuthCallback");
  CHECK(with("email", R"("no address")") == "OAuthCallback");

  const auto token = [&](const std::function<std::string(const std::string&)>& make) {
    return error_of(house.sign_in([&](const Claims& claims) { return make(json_of(claims)); }));
  };
  // Signed by somebody else who claims the key.
  CHECK(token([](const std::string& p) { return other_rsa().token(p, R"({"alg":"RS256","kid":"rsa-1"})"); }) ==
        "OAuthCallback");
  CHECK(token([](const std::string& p) {
          auto made = rsa().token(p);
          made[made.size() / 2] = made[made.size() / 2] == 'A' ? 'B' : 'A';
          return made;
        }) == "OAuthCallback");
  CHECK(token([](const std::string& p) {
          return base64url_text(R"({"alg":"none","kid":"rsa-1"})") + "." + base64url_text(p) + ".";
        }) == "OAuthCallback");
  CHECK(token([](const std::string& p) {
          return base64url_text(R"({"alg":"none","kid":"rsa-1"})") + "." + base64url_text(p) + ".AAAA";
        }) == "OAuthCallback");
  CHECK(token([](const std::string& p) {
          const auto text = base64url_text(R"({"alg":"HS256","kid":"rsa-1"})") + "." + base64url_text(p);
          return text + "." + base64url(hmac_sha256(rsa().pem(), text));
        }) == "OAuthCallback");
  // A key for one algorithm, used for the other.
  CHECK(token([](const std::string& p) { return ec().token(p, R"({"alg":"ES256","kid":"rsa-1"})"); }) ==
        "OAuthCallback");
  CHECK(token([](const std::string& p) { return rsa().token(p, R"({"alg":"RS256"})"); }) == "OAuthCallback");
  CHECK(token([](const std::string& p) { return rsa().token(p, R"({"alg":"RS256","kid":"rsa-1","crit":["b64"]})"); }) ==
        "OAuthCallback");
  CHECK(token([](const std::string& p) { return rsa().token(p) + ".x"; }) == "OAuthCallback");
  CHECK(token([](const std::string&) { return std::string(); }) == "OAuthCallback");
  CHECK(token([](const std::string&) { return rsa().token("[]"); }) == "OAuthCallback");
  CHECK(house.count("users") == 0);

  CHECK(token([](const std::string& p) { return ec().token(p); }) == "https://app.example.com/today");
  CHECK(house.count("users") == 1);
}

TEST_CASE("keys are kept for an hour, and asked for again when a token names another one") {
  House house("memory");
  const auto signed_by = [&](const SigningKey& key) {
    return house.sign_in([&](const Claims& claims) { return key.token(json_of(claims)); }).field("location");
  };
  const std::string good = "https://app.example.com/today";
  CHECK(signed_by(rsa()) == good);
  CHECK(signed_by(rsa()) == good);
  CHECK(house.provider.asked(kKeysPath) == 1);
  house.provider.says(kKeysPath, keys_of({&other_rsa()}));
  CHECK(signed_by(rsa()) == good);  // still kept
  CHECK(signed_by(other_rsa()) == good);
  CHECK(house.provider.asked(kKeysPath) == 2);
  // A key that nobody has is asked for once in a while only.
  for (int i = 0; i < 3; ++i) CHECK(signed_by(rsa()) != good);
  CHECK(house.provider.asked(kKeysPath) == 2);
  house.clock->advance(seconds(31));
  CHECK(signed_by(rsa()) != good);
  CHECK(house.provider.asked(kKeysPath) == 3);
  house.clock->advance(seconds(3600));
  CHECK(signed_by(other_rsa()) == good);
  CHECK(house.provider.asked(kKeysPath) == 4);
  // Nothing of this kind is a set of keys.
  house.clock->advance(seconds(3600));
  for (const char* nonsense : {"", "[]", R"({"keys":7})", R"({"keys":[7,{"kty":"oct","kid":"rsa-2","k":"AAAA"}]})"}) {
    house.provider.says(kKeysPath, nonsense);
    CHECK(signed_by(other_rsa()) != good);
  }
}

TEST_CASE("a provider that is down, refuses or says too much ends on the error page") {
  House house("memory");
  const auto ended = [&] { return error_of(house.finish(house.begin())); };
  house.provider.says("/token", R"({"error":"invalid_grant"})", 400);
  CHECK(ended() == "OAuthCallback");
  house.provider.says("/token", "<html>");
  CHECK(ended() == "OAuthCallback");
  house.provider.says("/token", R"({"id_token":")" + std::string(100 * 1024, 'x') + R"("})");
  CHECK(ended() == "OAuthCallback");
  house.provider.says("/token", "", 302);
  CHECK(ended() == "OAuthCallback");
  CHECK(house.provider.asked("/elsewhere") == 0);
  const auto line = house.log->find("more than 64 KiB");
  CHECK(line.find("a sign-in with google failed") != std::string::npos);
  house.provider.close();
  CHECK(ended() == "OAuthCallback");
}

TEST_CASE("while a provider is slow, everybody else is served") {
  House house("memory");
  const auto flow = house.begin();
  house.gives(rsa().token(json_of(house.claims(flow))));
  house.provider.delay_ms = 2000;
  Response done;
  std::atomic<bool> waits = true;
  std::thread waiting([&] {
    done = house.finish(flow);
    waits = false;
  });
  int served = 0;
  for (int i = 0; i < 50; ++i) served += house.get("/api/v1/auth/session").status == 200 ? 1 : 0;
  const bool still_waiting = waits;
  waiting.join();
  CHECK(served == 50);
  CHECK(still_waiting);
  CHECK(done.field("location") == "https://app.example.com/today");
}

TEST_CASE("Microsoft: whose address is proven, and where it comes from (A9)") {
  for (const char* store : {"memory", "postgres"}) {
    CAPTURE(store);
    House house(store);
    house.engine->call(Caller::system(), {.operation = "users.create", .body = R"({"email":"ann@x.test"})"});
    const auto sign_in = [&](const std::function<void(Claims&)>& change) {
      const auto flow = house.begin("/auth/azure");
      auto claims = house.azure_claims(flow);
      change(claims);
      house.gives(rsa().token(json_of(claims)), "/common/oauth2/v2.0/token");
      return error_of(house.finish(flow, "", "azure"));
    };
    CHECK(sign_in([](Claims&) {}) == "OAuthAccountNotLinked");
    CHECK(sign_in([](Claims& c) { c["email_verified"] = "true"; }) == "OAuthAccountNotLinked");
    CHECK(house.count("accounts") == 0);
    CHECK(sign_in([](Claims& c) { c["tid"] = R"("22222222-2222-4333-8444-555555555555")"; }) == "OAuthCallback");
    CHECK(sign_in([](Claims& c) { c["xms_edov"] = "true"; }) == "https://app.example.com/today");
    CHECK(house.count("accounts") == 1);
    // Without an address in the token, Graph has one.
    house.provider.says("/v1.0/me", R"({"mail":"bob@x.test","userPrincipalName":"upn@x.test"})");
    CHECK(sign_in([](Claims& c) { c.erase("email"), c["oid"] = R"("bob-o")"; }) == "https://app.example.com/today");
    CHECK(house.rows<std::string>("SELECT email_at_link FROM accounts ORDER BY email_at_link") ==
          std::vector<std::string>{"ann@x.test", "bob@x.test"});
    CHECK(house.provider.asked("/v1.0/me") == 1);
  }
}

TEST_CASE("no address that is not ours is ever a target, whatever Host says (A8, T2)") {
  House house("memory");
  for (const char* evil : {"https%3A%2F%2Fapp.example.com.evil.test%2F", "%2F%2Fevil.test", "%2F%5Cevil.test",
                           "javascript%3Aalert(1)", "https%3A%2F%2Fapp.example.com%40evil.test%2F", "%2Fa%0D%0Ab",
                           "http%3A%2F%2Fapp.example.com%2F", "ignition%3A%2F%2Fx"}) {
    CAPTURE(evil);
    const auto refused = house.get(fmt::format("/api/v1/auth/signin/google?redirect_uri={}", evil));
    CHECK(refused.status == 400);
    CHECK(refused.at("error.details.reason") == "not_allowed");
    // Existing clients arrive at the usual page (A8).
    const auto flow = house.begin(fmt::format("/auth/signin/google?redirect_uri={}", evil));
    house.gives(rsa().token(json_of(house.claims(flow))));
    CHECK(house.finish(flow).field("location") == "https://app.example.com/today");
  }
  const auto answer = house.get("/auth/google", "X-Forwarded-Host: evil.test\r\n");
  CHECK(answer.field("location").find("evil") == std::string::npos);
  CHECK(house.get("/api/v1/auth/signin/google?unknown=1").status == 400);
  CHECK(house.get("/api/v1/auth/signin/github").status == 404);
  CHECK(house.get("/auth/providers").body == R"([{"id":"google","name":"Google","enabled":true},)"
                                             R"({"id":"azure","name":"Microsoft","enabled":true}])");
}

TEST_CASE("a provider that is not configured says so to programs and shows its page to people") {
  House house("memory", [](Config& config) { config.oauth_azure_tenant_id.clear(); });
  const auto refused = house.get("/api/v1/auth/signin/azure");
  CHECK(refused.status == 503);
  CHECK(refused.at("error.details.reason") == "oauth_not_configured");
  const auto shown = house.get("/auth/signin/microsoft");
  CHECK(error_of(shown) == "OAuthNotConfigured");
  CHECK(parameter(shown.field("location"), "provider") == "Azure");
}

TEST_CASE("an application that keeps its tokens gets them by way of a code (R7, R19)") {
  for (const char* store : {"memory", "postgres"}) {
    CAPTURE(store);
    House house(store);
    const std::string start =
        "/api/v1/auth/signin/google?redirect_uri=ignition%3A%2F%2Fdone&code_challenge="
        "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    const auto flow = house.begin(start);
    house.gives(rsa().token(json_of(house.claims(flow))));
    const auto done = house.finish(flow);
    const auto location = done.field("location");
    CHECK(location.starts_with("ignition://done?code="));
    CHECK(set_cookies(done, "session").empty());
    CHECK(house.count("sessions") == 0);
    const auto body = fmt::format(R"({{"code":"{}","code_verifier":"dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"}})",
                                  parameter(location, "code"));
    const auto exchange = [&] {
      return Client(house.server->port()).post("/api/v1/auth/oauth/exchange", body, "X-Client-Type: native\r\n");
    };
    const auto tokens = exchange();
    CHECK(tokens.status == 200);
    CHECK(tokens.at("data.token_type") == "Bearer");
    CHECK_FALSE(tokens.has("set-cookie"));
    CHECK(exchange().status == 401);
    const auto me =
        house.get("/api/v1/auth/me", fmt::format("Authorization: Bearer {}\r\n", tokens.at("data.access_token")));
    CHECK(me.at("data.user.email") == "ann@x.test");
    // It hears of failures at its own address.
    const auto failed = house.begin(start);
    CHECK(house.get("/auth/callback/google?error=access_denied&state=" + failed.state).field("location") ==
          "ignition://done?error=AccessDenied");
  }
}

TEST_CASE("linking and confirming need the session that began them (R7 step 9)") {
  for (const char* store : {"memory", "postgres"}) {
    CAPTURE(store);
    House house(store);
    const auto made =
        house.engine->call(Caller::system(), {.operation = "users.create", .body = R"({"email":"bob@x.test"})"});
    const auto bob = Uuid::parse(made.body.substr(made.body.find(R"("id":")") + 6, 36)).value();
    const auto token =
        house.engine
            ->call(Caller::system(), &sessions::create, {.user_id = bob, .auth_method = {"password"}, .label = {}})
            .token;
    const auto fields = fmt::format("Cookie: session={}\r\n", token);
    const std::string link = "/api/v1/auth/signin/google?purpose=link";
    CHECK(house.get(link).status == 401);
    auto flow = house.begin(link, fields);
    house.gives(rsa().token(json_of(house.claims(flow))));
    CHECK(error_of(house.finish(flow)) == "OAuthCallback");
    flow = house.begin(link, fields);
    house.gives(rsa().token(json_of(house.claims(flow))));
    const auto linked = house.finish(flow, "; session=" + token);
    CHECK(error_of(linked) == "https://app.example.com/today");
    CHECK(set_cookies(linked, "session").empty());
    CHECK(house.get("/api/v1/user/accounts", fields).at("data.accounts.0.provider") == "google");

    house.clock->advance(seconds(901));
    CHECK(house.get(link, fields).status == 403);
    const std::string confirm = "/api/v1/auth/signin/google?purpose=reauth";
    // A sign-in of before does not confirm anything now.
    flow = house.begin(confirm, fields);
    auto claims = house.claims(flow);
    house.gives(rsa().token(json_of(claims)));
    CHECK(error_of(house.finish(flow, "; session=" + token)) == "OAuthCallback");
    flow = house.begin(confirm, fields);
    claims = house.claims(flow);
    claims["auth_time"] = std::to_string(house.clock->now().us / 1'000'000);
    house.gives(rsa().token(json_of(claims)));
    const auto confirmed = house.finish(flow, "; session=" + token);
    CHECK(error_of(confirmed) == "https://app.example.com/today");
    const auto renewed = cookie_of(confirmed, "session");
    REQUIRE(renewed.size() == 51);
    CHECK(house.get("/api/v1/auth/me", fields).status == 401);
    CHECK(house.get(link, fmt::format("Cookie: {}\r\n", renewed)).status == 302);
    // Somebody else's account confirms nothing.
    flow = house.begin(confirm, fmt::format("Cookie: {}\r\n", renewed));
    claims = house.claims(flow);
    claims["auth_time"] = std::to_string(house.clock->now().us / 1'000'000);
    claims["sub"] = R"("carl")";
    house.gives(rsa().token(json_of(claims)));
    CHECK(error_of(house.finish(flow, "; " + renewed)) == "AccessDenied");
  }
}
