// Access and refresh tokens (rules R18 to R21).
#include "ignition/domains/tokens.hpp"

#include <atomic>
#include <thread>

#include "ignition/access_tokens.hpp"
#include "ignition/domains/auth.hpp"
#include "support/credentials.hpp"

using namespace ignition;
using namespace ignition::test;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

constexpr std::string_view kKey = "0123456789abcdef0123456789abcdef";

Config keyed(std::string_view secret = kKey) {
  Config config;
  config.public_url = "https://api.example.test";
  config.jwt_secret = secret;
  return config;
}

Uuid numbered(int n) { return Uuid::parse(fmt::format("0194f5c0-0000-7000-8000-{:012}", n)).value(); }

const AccessClaims kClaims{.user = numbered(1),
                           .session = numbered(2),
                           .id = numbered(3),
                           .issued_at = {1'767'225'600'000'000},
                           .expires_at = {1'767'226'500'000'000}};

std::string base64url_of(std::string_view text) {
  return base64url({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

// A token whose signature is right, whatever it says.
std::string signed_text(std::string_view header, std::string_view claims, std::string_view key = kKey) {
  std::string token = base64url_of(header) + "." + base64url_of(claims);
  return token + "." + base64url(hmac_sha256(key, token));
}

constexpr std::string_view kHeader = R"({"alg":"HS256","typ":"JWT","kid":"3eb1bd43"})";

std::string claims_with(std::string_view iss = R"("https://api.example.test")", std::string_view aud = R"("ignition")",
                        std::string_view typ = R"("access")", std::int64_t exp = 1'767'226'500,
                        std::int64_t iat = 1'767'225'600) {
  return fmt::format(R"({{"iss":{},"aud":{},"sub":"{}","sid":"{}","jti":"{}","typ":{},"iat":{},"nbf":{},"exp":{}}})",
                     iss, aud, numbered(1).text(), numbered(2).text(), numbered(3).text(), typ, iat, iat, exp);
}

bool is_good(std::string_view token, Instant now = kClaims.issued_at) {
  return AccessTokens(keyed()).verify(token, now).has_value();
}

// ---- Families ----

Answered tokens_of(World& world, const Person& person) { return native_sign_in(world, person); }

std::string body_of(std::string_view refresh) { return fmt::format(R"({{"refresh_token":"{}"}})", refresh); }

// The next tokens; throws what the operation throws.
Answered next(Engine& engine, std::string_view refresh) {
  Caller caller = Caller::anonymous();
  caller.origin.native = true;
  return Answered(engine.call(caller, {.operation = "auth.refresh", .body = body_of(refresh)}).body);
}
std::string next_refresh(World& world, std::string_view refresh) {
  return next(*world.engine, refresh)["refresh_token"].text();
}

Person bearer(World& world, const Answered& tokens) { return with_access_token(world, tokens["access_token"].text()); }

std::string refusal(World& world, std::string_view refresh) {
  return world.anonymous().error_of("auth.refresh", body_of(refresh)).summary;
}

}  // namespace

TEST_CASE("an access token is the text that the rule writes down (R18)") {
  const std::string token = AccessTokens(keyed()).sign(kClaims);
  CHECK(token == signed_text(kHeader, claims_with()));
  CHECK(token.ends_with(".5HvxDhU610QGSCLh0ec9_rWw-sJ3MiG0nPt46M-YKQU"));
  const auto read = AccessTokens(keyed()).verify(token, kClaims.issued_at);
  REQUIRE(read.has_value());
  CHECK(read->user == kClaims.user);
  CHECK(read->session == kClaims.session);
  CHECK(read->id == kClaims.id);
  CHECK(read->issued_at == kClaims.issued_at);
  CHECK(read->expires_at == kClaims.expires_at);
}

TEST_CASE("a token is good from half a minute before its time to half a minute after (A21)") {
  const std::string token = AccessTokens(keyed()).sign(kClaims);
  CHECK(is_good(token, kClaims.issued_at - seconds(30)));
  CHECK_FALSE(is_good(token, kClaims.issued_at - seconds(31)));
  CHECK(is_good(token, kClaims.expires_at + seconds(29)));
  CHECK_FALSE(is_good(token, kClaims.expires_at + seconds(30)));
  CHECK_FALSE(is_good(token, kClaims.expires_at + seconds(31)));
}

TEST_CASE("a token that says anything else is none, though its signature be right (A21, T32)") {
  REQUIRE(is_good(signed_text(kHeader, claims_with())));
  for (const std::string_view header :
       {R"({"alg":"none","typ":"JWT","kid":"3eb1bd43"})", R"({"alg":"hs256","typ":"JWT","kid":"3eb1bd43"})",
        R"({"alg":"HS512","typ":"JWT","kid":"3eb1bd43"})", R"({"alg":"RS256","typ":"JWT","kid":"3eb1bd43"})",
        R"({"alg":"HS256","typ":"JWE","kid":"3eb1bd43"})", R"({"alg":"HS256","typ":"JWT","kid":"00000000"})",
        R"({"alg":"HS256","typ":"JWT"})", R"({"alg":"HS256","alg":"HS256","typ":"JWT","kid":"3eb1bd43"})",
        R"({"alg":"HS256","typ":"JWT","kid":"3eb1bd43","crit":["exp"]})", "[]", "", "{"}) {
    CAPTURE(header);
    CHECK_FALSE(is_good(signed_text(header, claims_with())));
  }
  CHECK_FALSE(is_good(signed_text(kHeader, claims_with(R"("https://api.example.test.evil")"))));
  CHECK_FALSE(is_good(signed_text(kHeader, claims_with(R"("https://api.example.test")", R"("other")"))));
  CHECK_FALSE(is_good(signed_text(kHeader, claims_with(R"("https://api.example.test")", R"(["ignition"])"))));
  CHECK_FALSE(
      is_good(signed_text(kHeader, claims_with(R"("https://api.example.test")", R"("ignition")", R"("refresh")"))));
  const std::string claims = claims_with();
  for (const std::string_view more : {R"(,"sub":"0194f5c0-0000-7000-8000-000000000009"})", R"(,"role":"admin"})"}) {
    CAPTURE(more);
    CHECK_FALSE(is_good(signed_text(kHeader, claims.substr(0, claims.size() - 1) + std::string(more))));
  }
}

TEST_CASE("a token whose signature is not ours is none, however it is cut (R18)") {
  const std::string token = AccessTokens(keyed()).sign(kClaims);
  CHECK_FALSE(is_good(signed_text(kHeader, claims_with(), "another key of thirty-two bytes.")));
  CHECK_FALSE(is_good(token.substr(0, token.rfind('.') + 1)));
  CHECK_FALSE(is_good(token.substr(0, token.size() - 1)));
  CHECK_FALSE(is_good(token + "="));
  CHECK_FALSE(is_good(token + "."));
  CHECK_FALSE(is_good(" " + token));
  CHECK_FALSE(is_good(token + "\n"));
  CHECK_FALSE(is_good(""));
  CHECK_FALSE(is_good(".."));
  // The last digit of the signature has two bits that say nothing: only one of four texts is the signature.
  for (char& c : std::string("PTVXYZabcdefghijklmnopqrst")) {
    if (c == token.back()) continue;
    CHECK_FALSE(is_good(token.substr(0, token.size() - 1) + c));
  }
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(is_good(changed));
  }
  CHECK_FALSE(is_good(signed_text(kHeader, claims_with() + std::string(4096, ' '))));
}

TEST_CASE("while the key changes, tokens of the old one are good and new ones are of the new one") {
  Config changed = keyed("another key of thirty-two bytes.");
  const std::string old_token = AccessTokens(keyed()).sign(kClaims);
  CHECK_FALSE(AccessTokens(changed).verify(old_token, kClaims.issued_at).has_value());
  changed.jwt_secret_previous = kKey;
  CHECK(AccessTokens(changed).verify(old_token, kClaims.issued_at).has_value());
  const std::string new_token = AccessTokens(changed).sign(kClaims);
  CHECK(AccessTokens(changed).verify(new_token, kClaims.issued_at).has_value());
  CHECK_FALSE(is_good(new_token));
}

TEST_CASE("without a key an engine makes one of its own") {
  World one;
  World two;
  CHECK(one.engine->config().jwt_secret.size() == 32);
  CHECK(one.engine->config().jwt_secret_is_made_up);
  CHECK(one.engine->config().jwt_secret != two.engine->config().jwt_secret);
}

STORE_TEST(
    "a client that keeps tokens gets an access token and a refresh token, of which the hash is stored (R19, T1)") {
  World world(store);
  const auto ann = world.person();
  const auto tokens = tokens_of(world, ann);
  CHECK(tokens["token_type"] == "Bearer");
  CHECK(tokens["expires_in"] == 900);
  CHECK(tokens["refresh_expires_in"] == 604'800);
  const std::string refresh = tokens["refresh_token"].text();
  CHECK(refresh.size() == 86);
  CHECK(world.rows<std::string>("SELECT token_hash FROM refresh_tokens") == std::vector{token_hash(refresh)});
  CHECK(world.count("SELECT COUNT(*) FROM sessions WHERE kind = 'token' AND token_hash IS NULL") == 1);
  const auto me = bearer(world, tokens);
  CHECK(me.call("auth.me")["user"]["id"] == ann.id());
  const auto session = me.call("auth.session")["session"];
  CHECK(session["id"] == tokens["session_id"]);
  CHECK(session["kind"] == "token");
  CHECK(session["ip_address"] == "9.9.9.9");
  CHECK(session["expires_at"] == world.clock->now() + hours(24 * 7));
}

STORE_TEST("one refresh token gives the next; using one twice ends them all (R21, A19)") {
  World world(store);
  const auto ann = world.person(R"({})", "ann@x.test");
  const auto tokens = tokens_of(world, ann);
  const auto me = bearer(world, tokens);
  const std::string r0 = tokens["refresh_token"].text();
  const std::string r1 = next_refresh(world, r0);
  CHECK(r1 != r0);
  world.clock->advance(seconds(6));
  const std::string again = next_refresh(world, r0);  // its answer was lost, or another tab had it
  CHECK(again != r1);
  CHECK(me.call("auth.me")["user"]["id"] == ann.id());
  world.clock->advance(seconds(14));
  const std::string r2 = next_refresh(world, r1);
  world.clock->advance(seconds(1));
  CHECK(refusal(world, r0) == "UNAUTHORIZED refresh_reused");
  CHECK(refusal(world, again) == "UNAUTHORIZED refresh_invalid");
  CHECK(refusal(world, r2) == "UNAUTHORIZED refresh_invalid");
  CHECK(me.error_of("auth.me") == "UNAUTHORIZED session_ended");
  CHECK(world.rows<std::string>("SELECT revoke_reason FROM sessions") == std::vector<std::string>{"reuse_detected"});
  CHECK(world.rows<std::string>("SELECT status FROM audit_log WHERE event_type = 'refresh_reuse'") ==
        std::vector<std::string>{"denied"});
  CHECK(world.rows<std::string>("SELECT template || ' ' || to_address FROM mail_outbox") ==
        std::vector<std::string>{"sessions_revoked ann@x.test"});
  // What is dead is not told again.
  CHECK(refusal(world, r0) == "UNAUTHORIZED refresh_invalid");
  CHECK(world.count("SELECT COUNT(*) FROM mail_outbox") == 1);
}

STORE_TEST("within the grace, a token whose child was used is a stolen one (R21)") {
  World world(store);
  const auto tokens = tokens_of(world, world.person());
  const std::string r0 = tokens["refresh_token"].text();
  const std::string r1 = next_refresh(world, r0);
  const std::string r2 = next_refresh(world, r1);
  world.clock->advance(seconds(1));
  CHECK(refusal(world, r0) == "UNAUTHORIZED refresh_reused");
  CHECK(refusal(world, r2) == "UNAUTHORIZED refresh_invalid");
}

STORE_TEST("the grace ends to the microsecond, and may be none") {
  World world(store);
  const auto ann = world.person();
  const std::string r0 = tokens_of(world, ann)["refresh_token"].text();
  next_refresh(world, r0);
  world.clock->advance(seconds(10));
  next_refresh(world, r0);
  world.clock->set({world.clock->now().us + 1});
  CHECK(refusal(world, r0) == "UNAUTHORIZED refresh_reused");

  World strict(store, {.auth_refresh_grace = seconds(0)});
  const std::string s0 = tokens_of(strict, strict.person())["refresh_token"].text();
  next_refresh(strict, s0);
  strict.clock->set({strict.clock->now().us + 1});
  CHECK(refusal(strict, s0) == "UNAUTHORIZED refresh_reused");
}

STORE_TEST("of two that use a token at once both go on, in one session (A20)") {
  World world(store);
  const auto ann = world.person();
  const std::string r0 = tokens_of(world, ann)["refresh_token"].text();
  std::array<std::string, 2> made;
  if (store == "memory") {
    for (auto& token : made) token = next_refresh(world, r0);
  } else {
    std::vector<std::thread> threads;
    for (auto& token : made) threads.emplace_back([&] { token = next_refresh(world, r0); });
    for (auto& thread : threads) thread.join();
  }
  CHECK(made[0] != made[1]);
  CHECK(world.count("SELECT COUNT(*) FROM sessions") == 1);
  CHECK(world.count("SELECT COUNT(*) FROM refresh_tokens WHERE consumed_at IS NOT NULL") == 1);
  CHECK(world.count("SELECT COUNT(*) FROM refresh_tokens WHERE parent_id IS NOT NULL") == 2);
}

STORE_TEST("a crash before the new token is stored loses neither the old one nor the session (T33)") {
  World world(store);
  const auto ann = world.person();
  const std::string r0 = tokens_of(world, ann)["refresh_token"].text();
  if (store == "memory") return;  // nothing is left of it after a crash
  std::atomic<int> calls = 0;
  {
    // Dies where the old token is used up and the new one is being made.
    const auto dying = Engine::open({.store_url = world.store_url(),
                                     .store = {.pool_min_idle = 0},
                                     .config = world.engine->config(),
                                     .clock = world.clock,
                                     .random = [&](std::span<std::uint8_t>) {
                                       ++calls;
                                       throw Error(Code::UNAVAILABLE, "The power is gone.");
                                     }});
    CHECK_THROWS_AS(next(*dying, r0), Error);
  }
  CHECK(calls == 1);
  CHECK(world.count("SELECT COUNT(*) FROM refresh_tokens WHERE consumed_at IS NOT NULL") == 0);
  world.clock->advance(hours(24));
  const std::string r1 = next_refresh(world, r0);
  CHECK(world.count("SELECT COUNT(*) FROM refresh_tokens") == 2);
  // After the answer was stored, but lost, the old token is good once more.
  world.clock->advance(seconds(9));
  CHECK(next_refresh(world, r0) != r1);
}

STORE_TEST("a refresh token is good for a week and never outlives its session") {
  World world(store, {.auth_session_absolute = hours(24 * 8)});
  const auto ann = world.person();
  const auto first = tokens_of(world, ann);
  world.clock->advance(hours(24 * 7));
  CHECK(refusal(world, first["refresh_token"].text()) == "UNAUTHORIZED refresh_invalid");
  const auto tokens = tokens_of(world, ann);
  world.clock->advance(hours(24 * 7) - seconds(1));
  const auto second = next(*world.engine, tokens["refresh_token"].text());
  CHECK(second["refresh_expires_in"] == 24 * 3600 + 1);
  CHECK(second["session_id"] == tokens["session_id"]);
  CHECK(bearer(world, second).call("auth.session")["session"]["absolute_expires_at"] ==
        world.clock->now() + hours(24) + seconds(1));
  world.clock->advance(hours(24) + seconds(1));
  CHECK(refusal(world, second["refresh_token"].text()) == "UNAUTHORIZED refresh_invalid");
}

STORE_TEST("every end of a session ends its tokens with the next call of any engine (R17, R20)") {
  World world(store);
  const auto ann = world.person();
  const std::unique_ptr<Engine> other = store == "memory" ? nullptr : world.another_engine();
  Engine& elsewhere = other ? *other : *world.engine;
  const auto ended = [&](std::string_view how, const std::function<void(const Person&)>& end) {
    CAPTURE(how);
    const auto tokens = tokens_of(world, ann);
    const auto me = bearer(world, tokens);
    CHECK(elsewhere.call(me.caller(), {.operation = "auth.me"}).status == 200);
    end(me);
    std::string why;
    try {
      elsewhere.call(me.caller(), {.operation = "auth.me"});
    } catch (const Error& error) {
      why = std::string(name_of(error.code())) + " " + error.reason();
    }
    CHECK_THROWS_AS(next(elsewhere, tokens["refresh_token"].text()), Error);
    return why;
  };
  CHECK(ended("logout", [](const Person& me) { me.call("auth.logout"); }) == "UNAUTHORIZED session_ended");
  CHECK(world.count("SELECT COUNT(*) FROM revoked_tokens") == 1);
  CHECK(ended("revoke", [&](const Person& me) {
          ann.call("sessions.revoke", fmt::format(R"({{"id":"{}"}})", me.caller().session_id->text()));
        }) == "UNAUTHORIZED session_ended");
  CHECK(ended("revoke others", [&](const Person&) { ann.call("sessions.revoke_others"); }) ==
        "UNAUTHORIZED session_ended");
  CHECK(ended("disabled", [&](const Person&) {
          world.sql("UPDATE users SET disabled_at = created_at, disabled_reason = 'admin' WHERE id = $1", ann.id());
        }) == "UNAUTHORIZED not_signed_in");
}

STORE_TEST("an access token that was listed is dead though its session lives (R20)") {
  World world(store);
  const auto tokens = tokens_of(world, world.person());
  const auto me = bearer(world, tokens);
  world.sql("INSERT INTO revoked_tokens (jti, user_id, expires_at, reason) VALUES ($1, $2, $3, 'logout')",
            me.caller().access_token->id, me.id(), world.clock->now());
  CHECK(me.error_of("auth.me") == "UNAUTHORIZED session_ended");
  CHECK(bearer(world, next(*world.engine, tokens["refresh_token"].text())).call("auth.me")["user"]["id"] == me.id());
}

STORE_TEST("whoever shows a refresh token when signing out ends its session, and nobody else's") {
  World world(store);
  const auto ann = world.person();
  const auto tokens = tokens_of(world, ann);
  const auto kept = tokens_of(world, ann);
  CHECK(world.anonymous().call("auth.logout", body_of("unknown"))["signed_out"] == true);
  CHECK(world.anonymous().call("auth.logout", body_of(tokens["refresh_token"].text()))["signed_out"] == true);
  CHECK(world.anonymous().call("auth.logout", body_of(tokens["refresh_token"].text()))["signed_out"] == true);
  CHECK(refusal(world, tokens["refresh_token"].text()) == "UNAUTHORIZED refresh_invalid");
  CHECK(bearer(world, kept).call("auth.me")["user"]["id"] == ann.id());
  CHECK(world.rows<std::string>("SELECT revoke_reason FROM sessions WHERE revoked_at IS NOT NULL") ==
        std::vector<std::string>{"logout"});
}

STORE_TEST("what is no refresh token of ours gives none (A22)") {
  World world(store);
  const auto tokens = tokens_of(world, world.person());
  CHECK(world.anonymous().error_of("auth.refresh") == "UNAUTHORIZED refresh_missing");
  CHECK(refusal(world, "unknown") == "UNAUTHORIZED refresh_invalid");
  CHECK(world.anonymous().error_of("auth.refresh", body_of(std::string(4097, 'x'))).code == Code::VALIDATION_ERROR);
  CHECK(world.count("SELECT COUNT(*) FROM refresh_tokens WHERE consumed_at IS NOT NULL") == 0);
}

STORE_TEST("use of a session of tokens does not lengthen it, and confirming who calls makes it fresh (R16, R23)") {
  World world(store);
  const auto ann = world.person();
  const auto tokens = tokens_of(world, ann);
  const auto me = bearer(world, tokens);
  const auto before = me.call("auth.session")["session"]["expires_at"].text();
  world.clock->advance(seconds(901));
  world.engine->call(Caller::system(), &sessions::touch,
                     {.user_id = ann.id(), .id = *me.caller().session_id, .at = world.clock->now(), .ip = {}});
  const auto session = me.call("auth.session")["session"];
  CHECK(session["last_active_at"] == world.clock->now());
  CHECK(session["expires_at"] == before);
  CHECK(me.error_of("api_keys.create", R"({"name":"one"})") == "FORBIDDEN reauth_required");
}

STORE_TEST("a browser gets its tokens as cookies where the operator wants so (A18)") {
  World world(store, {.auth_web_delivery = WebDelivery::tokens});
  const auto ann = world.person();
  const auto made = world.engine->call(
      Caller::system(), {.operation = "sessions.create",
                         .body = fmt::format(R"({{"user_id":"{}","auth_method":"password"}})", ann.id().text())});
  using Jar = CookieOrder::Jar;
  REQUIRE(made.cookies.size() == 2);
  CHECK(made.cookies[0].jar == Jar::access_token);
  CHECK(made.cookies[0].max_age == seconds(900));
  CHECK(made.cookies[1].jar == Jar::refresh_token);
  CHECK(made.cookies[1].max_age == seconds(604'800));
  // The host program may see them, too.
  CHECK(Answered(made.body)["tokens"]["access_token"] == made.cookies[0].value);
  CHECK(Answered(made.body)["tokens"]["refresh_token"] == made.cookies[1].value);
  CHECK(Answered(made.body)["tokens"]["expires_in"] == 900);
  // A token that came as a cookie is answered by one, one from a body in the body.
  Caller browser = Caller::anonymous();
  browser.origin.refresh_cookie = made.cookies[1].value;
  const auto by_cookie = world.engine->call(browser, {.operation = "auth.refresh"});
  REQUIRE(by_cookie.cookies.size() == 2);
  CHECK(Answered(by_cookie.body)["refresh_token"] == nullptr);
  const auto by_body = world.engine->call(Caller::anonymous(),
                                          {.operation = "auth.refresh", .body = body_of(by_cookie.cookies[1].value)});
  CHECK(by_body.cookies.empty());
  CHECK(Answered(by_body.body)["refresh_token"].text().size() == 86);
}

STORE_TEST("a call by access token or session asks the store once who calls (R18)") {
  World world(store);
  if (store == "memory") return;  // a second engine would not see it
  const auto ann = world.person();
  const auto by_token = bearer(world, tokens_of(world, ann));
  const auto by_cookie = with_session(world, sign_in(world, ann));
  std::vector<std::string> statements;
  const auto watched = Engine::open({.store_url = world.store_url(),
                                     .store = {.pool_min_idle = 0},
                                     .config = world.engine->config(),
                                     .clock = world.clock,
                                     .watcher = [&](std::string_view operation, std::string_view statement) {
                                       if (operation == "auth.terms") statements.emplace_back(statement);
                                     }});
  for (const Person& me : {by_token, by_cookie}) {
    watched->call(me.caller(), {.operation = "auth.terms"});
    CHECK(statements.size() == 1);
    statements.clear();
  }
}
