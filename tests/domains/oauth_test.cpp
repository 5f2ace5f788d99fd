// Whose account a person at a provider is, and how a sign-in begins and ends (rules R5, R8).
#include "ignition/domains/oauth.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "ignition/wire.hpp"
#include "support/credentials.hpp"
#include "support/mails.hpp"

using namespace ignition;
using namespace ignition::test;
using std::chrono::seconds;

namespace {

Config with_google() {
  Config config;
  config.password_memory_kib = 64;
  config.password_time = 1;
  config.auth_require_approval = false;
  config.auth_min_age = 0;
  config.tos_current_version = "";
  config.data_encryption_key = std::string(32, 'k');
  config.public_url = "https://api.example.com";
  config.frontend_url = "https://app.example.com";
  config.allowed_origins = {"https://app.example.com"};
  config.oauth_google_client_id = "our-id";
  config.oauth_google_client_secret = "our-secret";
  return config;
}

oauth::Person google(std::string account_id, std::string email, bool verified = true) {
  return {.provider = rules::OAuthProvider::google,
          .issuer = "https://accounts.google.com",
          .account_id = std::move(account_id),
          .email = std::move(email),
          .email_verified = verified,
          .name = "Ann Lee",
          .image = "https://pictures.test/ann",
          .scope = "openid email profile"};
}

oauth::Person azure(std::string account_id, std::string email, bool verified) {
  auto person = google(std::move(account_id), std::move(email), verified);
  person.provider = rules::OAuthProvider::azure;
  person.issuer = "https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555/v2.0";
  return person;
}

Answer sign_in(World& world, const oauth::Person& person, std::optional<std::string> challenge = {}) {
  const auto body = to_json(oauth::SignInAs{.person = person, .client_challenge = std::move(challenge)});
  return world.system().answer({.operation = "oauth.sign_in", .body = body});
}

Person signed_in(World& world, const oauth::Person& person) {
  const auto answer = sign_in(world, person);
  REQUIRE(answer.cookies.size() == 1);
  return with_session(world, answer.cookies[0].value);
}

Refused refusal(World& world, const oauth::Person& person) {
  return world.system().error_of("oauth.sign_in", to_json(oauth::SignInAs{.person = person, .client_challenge = {}}));
}

std::vector<std::string> events(World& world) {
  return world.rows<std::string>("SELECT event_type FROM audit_log WHERE status = 'success' ORDER BY id");
}

bool has(const std::vector<std::string>& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

constexpr std::string_view kVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
constexpr std::string_view kChallenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

std::string parameter(const std::string& url, const std::string& name) {
  const auto at = url.find(name + "=");
  REQUIRE_MESSAGE(at != std::string::npos, url);
  const auto begin = at + name.size() + 1;
  return url.substr(begin, url.find('&', begin) - begin);
}

std::string take(std::string_view state, std::string_view provider = "google") {
  return fmt::format(R"({{"state":"{}","provider":"{}"}})", state, provider);
}

// Runs `work` in so many threads at once; what they threw.
std::vector<std::string> at_once(int threads, const std::function<void(int)>& work) {
  std::atomic<bool> go = false;
  std::vector<std::string> failures(static_cast<std::size_t>(threads));
  std::vector<std::thread> all;
  for (int i = 0; i < threads; ++i) {
    all.emplace_back([&, i] {
      while (!go) std::this_thread::yield();
      try {
        work(i);
      } catch (const Error& error) {
        failures[static_cast<std::size_t>(i)] = error.json();
      }
    });
  }
  go = true;
  for (auto& thread : all) thread.join();
  std::erase(failures, "");
  for (const auto& failure : failures) MESSAGE(failure);
  return failures;
}

}  // namespace

TEST_CASE("the challenge of a verifier is that of RFC 7636") { CHECK(oauth::code_challenge(kVerifier) == kChallenge); }

TEST_CASE("what a server must not be started with") {
  Config config = with_google();
  CHECK(oauth::problems(config, true).empty());
  config.oauth_google_issuer_url = "http://127.0.0.1:99";
  CHECK(oauth::problems(config, false).empty());
  CHECK(oauth::problems(config, true).size() == 1);
  config.oauth_google_issuer_url = "http://127.0.0.1.evil.test";
  CHECK(oauth::problems(config, false).size() == 1);
  config.oauth_google_issuer_url = "https://sign-in.example.com";
  config.oauth_google_redirect_uri = "https://api.example.com/auth/callback/google";
  CHECK(oauth::problems(config, true).empty());
  config.oauth_azure_redirect_uri = "https://api.example.com/auth/callback/google";
  CHECK(oauth::problems(config, false) ==
        std::vector<std::string>{"AUTH_OAUTH_AZURE_REDIRECT_URI: must be https://api.example.com/auth/callback/azure, "
                                 "which follows from SERVER_PUBLIC_URL"});
}

STORE_TEST("the ways to sign in name the providers that are configured") {
  auto config = with_google();
  config.oauth_azure_client_id = config.oauth_azure_client_secret = "x";
  config.oauth_azure_tenant_id = "no tenant";
  World world(store, config);
  const auto ways = world.anonymous().call("auth.providers")["providers"];
  CHECK(
      ways.json() ==
      R"([{"id":"google","name":"Google","enabled":true,"signin_url":"https://api.example.com/api/v1/auth/signin/google"},)"
      R"({"id":"azure","name":"Microsoft","enabled":false,"signin_url":"https://api.example.com/api/v1/auth/signin/azure"}])");
  World plain(store);
  CHECK(plain.anonymous().call("auth.providers")["providers"].size() == 0);
}

STORE_TEST("a sign-in sends the browser to the provider with what ties the answer to it (R5)") {
  World world(store, with_google());
  const auto answer = world.anonymous().answer(
      {.operation = "auth.signin", .body = R"({"provider":"google","redirect_uri":"/focus"})"});
  const std::string& url = answer.location;
  CHECK(url.starts_with("https://accounts.google.com/o/oauth2/v2/auth?response_type=code&client_id=our-id&"));
  CHECK(parameter(url, "redirect_uri") == "https%3A%2F%2Fapi.example.com%2Fauth%2Fcallback%2Fgoogle");
  CHECK(parameter(url, "scope") == "openid%20email%20profile");
  CHECK(parameter(url, "prompt") == "select_account");
  CHECK(parameter(url, "code_challenge_method") == "S256");
  CHECK(url.find("max_age") == std::string::npos);
  REQUIRE(answer.cookies.size() == 1);
  CHECK(answer.cookies[0].jar == CookieOrder::Jar::oauth);
  CHECK(answer.cookies[0].max_age == seconds(600));

  const std::string state = parameter(url, "state");
  CHECK(state.size() == 43);
  CHECK(world.count("SELECT COUNT(*) FROM oauth_states") == 1);
  CHECK(world.rows<std::string>("SELECT state_hash FROM oauth_states").at(0) == token_hash(state));
  const auto taken = world.system().call("oauth.take_state", take(state))["state"];
  CHECK(taken["redirect_uri"] == "https://app.example.com/focus");
  CHECK(taken["nonce"] == parameter(url, "nonce"));
  CHECK(taken["browser_hash"] == token_hash(answer.cookies[0].value));
  CHECK(oauth::code_challenge(taken["pkce_verifier"].text()) == parameter(url, "code_challenge"));
  CHECK(taken["user_id"] == nullptr);
  // Once, and never again (A5).
  CHECK(world.system().call("oauth.take_state", take(state))["state"] == nullptr);
}

STORE_TEST("a state counts for its provider and for ten minutes, and is gone whatever comes of it (A6, T3)") {
  World world(store, with_google());
  const auto begin = [&] {
    return parameter(
        world.anonymous().answer({.operation = "auth.signin", .body = R"({"provider":"google"})"}).location, "state");
  };
  auto state = begin();
  CHECK(world.system().call("oauth.take_state", take(state, "azure"))["state"] == nullptr);
  CHECK(world.system().call("oauth.take_state", take(state))["state"] == nullptr);
  state = begin();
  world.clock->advance(seconds(600));
  CHECK(world.system().call("oauth.take_state", take(state))["state"] == nullptr);
  state = begin();
  world.clock->advance(seconds(599));
  CHECK(world.system().call("oauth.take_state", take(state))["state"]["redirect_uri"] ==
        "https://app.example.com/today");
  CHECK(world.count("SELECT COUNT(*) FROM oauth_states") == 0);
  CHECK(world.system().call("oauth.take_state", take("unknown"))["state"] == nullptr);
}

STORE_TEST("a sign-in that cannot begin says why (A8)") {
  World world(store, with_google());
  const auto refused = [&](std::string_view body) { return world.anonymous().error_of("auth.signin", body); };
  CHECK(refused(R"({"provider":"github"})") == "NOT_FOUND not_found");
  CHECK(refused(R"({"provider":"azure"})") == "UNAVAILABLE oauth_not_configured");
  CHECK(refused(R"({"provider":"google","redirect_uri":"https://app.example.com.evil.test/"})") ==
        "VALIDATION_ERROR redirect_uri:not_allowed");
  CHECK(refused(R"({"provider":"google","code_challenge":"short"})") == "VALIDATION_ERROR code_challenge:malformed");
  CHECK(refused(R"({"provider":"google","purpose":"link"})") == "UNAUTHORIZED not_signed_in");
  CHECK(refused(R"({"provider":"google","purpose":"reauth"})") == "UNAUTHORIZED not_signed_in");
  // Existing clients are sent on.
  const auto from_page = [&](std::string_view body) {
    return world.anonymous().answer({.operation = "auth.signin_from_page", .body = body}).location;
  };
  CHECK(from_page(R"({"provider":"azure"})") ==
        "https://app.example.com/auth/error?error=OAuthNotConfigured&provider=Azure&code=");
  const auto state =
      parameter(from_page(R"({"provider":"google","redirect_uri":"https://app.example.com.evil.test/"})"), "state");
  CHECK(world.system().call("oauth.take_state", take(state))["state"]["redirect_uri"] ==
        "https://app.example.com/today");
}

STORE_TEST("a person whom nobody knows gets an account, and the same one again (A1, R8 steps 1 and 3)") {
  World world(store, with_google());
  const auto ann = signed_in(world, google("g1", "Ann@X.test"));
  const auto me = ann.call("auth.session");
  CHECK(me["user"]["email"] == "ann@x.test");
  CHECK(me["user"]["email_verified"] == true);
  CHECK(me["user"]["name"] == "Ann Lee");
  CHECK(me["user"]["image"] == "https://pictures.test/ann");
  CHECK(me["user"]["has_password"] == false);
  CHECK(me["session"]["auth_method"] == "google");
  CHECK(has(events(world), "user_created"));
  CHECK(has(events(world), "login"));
  CHECK(ann.call("settings.get")["settings"]["theme"] == "system");

  world.clock->advance(seconds(60));
  // Another address at the provider moves nothing (T48).
  const auto again = signed_in(world, google("g1", "new@x.test"));
  CHECK(again.id() == ann.id());
  CHECK(again.call("auth.me")["user"]["email"] == "ann@x.test");
  const auto accounts = again.call("accounts.list")["accounts"];
  CHECK(accounts.size() == 1);
  CHECK(accounts[0]["provider"] == "google");
  CHECK(accounts[0]["email_at_link"] == "ann@x.test");
  CHECK(accounts[0]["last_used_at"] == world.clock->now());
  // The same id at another provider is another person.
  CHECK(signed_in(world, azure("g1", "bob@x.test", true)).id() != ann.id());
  CHECK(world.count("SELECT COUNT(*) FROM accounts WHERE access_token_enc IS NOT NULL") == 0);
}

STORE_TEST("an address that a provider has not proven makes an account that must prove it, and links none (A9, 2c)") {
  auto config = with_google();
  config.auth_email_verification_required = true;
  World world(store, config);
  const auto bob = signed_in(world, azure("a1", "bob@x.test", false));
  CHECK(bob.call("auth.me")["user"]["email_verified"] == false);
  CHECK(mails(world) == std::vector<std::string>{"verify_email bob@x.test"});
  world.person("{}", "ann@x.test");
  CHECK(refusal(world, azure("a2", "ann@x.test", false)) == "FORBIDDEN account_not_linked");
  CHECK(world.count("SELECT COUNT(*) FROM accounts") == 1);
  CHECK(world.count("SELECT COUNT(*) FROM audit_log WHERE event_type = 'login_failed' AND status = 'denied'") == 1);
  CHECK(refusal(world, google("g9", "")) == "FORBIDDEN email_missing");
  CHECK(refusal(world, google("g9", "not an address")) == "FORBIDDEN email_missing");
}

STORE_TEST("an address that both have proven links, and its owner is told (2a)") {
  World world(store, with_google());
  const auto ann = world.person(R"({"name":"Annabel"})", "ann@x.test");
  CHECK(signed_in(world, google("g1", "ann@x.test")).id() == ann.id());
  CHECK(mails(world) == std::vector<std::string>{"account_linked ann@x.test"});
  CHECK(has(events(world), "account_linked"));
  const auto me = ann.call("auth.me")["user"];
  CHECK(me["name"] == "Annabel");
  CHECK(me["image"] == "https://pictures.test/ann");
}

STORE_TEST("the owner of an address takes over the account that a stranger made for it (A10, 2b, T5)") {
  World world(store, with_google());
  const auto made = world.anonymous().answer(
      {.operation = "auth.register", .body = R"({"email":"v@x.test","password":"stranger's own"})"});
  REQUIRE(made.cookies.size() == 1);
  const auto stranger = with_session(world, made.cookies[0].value);
  const auto key = with_key(world, stranger.call("api_keys.create", R"({"name":"k"})")["key"].text());
  const auto identity = azure("stranger", "v@x.test", false);
  stranger.run(&oauth::link, identity);
  const auto code = Answered(sign_in(world, identity, std::string(kChallenge)).body)["code"].text();

  const auto owner = signed_in(world, google("g1", "v@x.test"));
  CHECK(owner.id() == stranger.id());
  CHECK(owner.call("auth.me")["user"]["email_verified"] == true);
  CHECK(owner.call("auth.me")["user"]["has_password"] == false);
  CHECK(stranger.error_of("auth.me") == "UNAUTHORIZED session_ended");
  CHECK(key.error_of("captures.create", R"({"content":"x"})") == "UNAUTHORIZED key_ended");
  CHECK(world.anonymous().error_of("auth.login", R"({"identifier":"v@x.test","password":"stranger's own"})") ==
        "UNAUTHORIZED invalid_credentials");
  CHECK(refusal(world, identity) == "FORBIDDEN account_not_linked");
  CHECK(world.count("SELECT COUNT(*) FROM oauth_exchange_codes") == 0);
  CHECK(world.count("SELECT COUNT(*) FROM verification_tokens WHERE consumed_at IS NULL") == 0);
  CHECK(owner.call("accounts.list")["accounts"].size() == 1);
  CHECK(owner.call("sessions.list")["total"] == 1);
  CHECK(has(events(world), "account_claimed"));
  CHECK(code.size() == 43);
}

STORE_TEST("nobody signs up where registration is closed, and a disabled account stays out (step 4)") {
  auto config = with_google();
  config.auth_registration_enabled = false;
  World world(store, config);
  CHECK(refusal(world, google("g1", "ann@x.test")) == "FORBIDDEN registration_closed");
  CHECK(world.count("SELECT COUNT(*) FROM users") == 0);
  const auto ann = world.person("{}", "ann@x.test");
  signed_in(world, google("g1", "ann@x.test"));
  world.sql("UPDATE users SET disabled_at = created_at, disabled_reason = 'admin' WHERE id = $1", ann.id());
  CHECK(refusal(world, google("g1", "ann@x.test")) == "FORBIDDEN account_disabled");
  CHECK(refusal(world, azure("a1", "ann@x.test", true)) == "FORBIDDEN account_disabled");
  CHECK(world.count("SELECT COUNT(*) FROM accounts") == 1);
}

STORE_TEST("somebody signed in links an account at a provider, and confirms with it who calls (steps 0, 0')") {
  World world(store, with_google());
  const auto ann = world.person("{}", "ann@x.test");
  const auto here = with_session(world, sign_in(world, ann));
  here.run(&oauth::link, google("g1", "other@x.test"));
  here.run(&oauth::link, google("g1", "other@x.test"));
  CHECK(here.call("accounts.list")["accounts"].size() == 1);
  CHECK(mails(world) == std::vector<std::string>{"account_linked ann@x.test"});
  CHECK(signed_in(world, google("g1", "third@x.test")).id() == ann.id());

  const auto bob = world.person("{}", "bob@x.test");
  const auto there = with_session(world, sign_in(world, bob));
  CHECK(there.error_of("oauth.link", to_json(google("g1", "bob@x.test"))) == "FORBIDDEN account_not_linked");
  CHECK(there.error_of("oauth.confirm", to_json(google("g1", "bob@x.test"))) == "FORBIDDEN other_account");
  // A host program has seen neither session nor token.
  CHECK(bob.error_of("oauth.link", to_json(google("g2", "bob@x.test"))) == "FORBIDDEN session_required");

  world.clock->advance(seconds(901));
  CHECK(here.error_of("accounts.unlink", with_id(here.call("accounts.list")["accounts"][0])) ==
        "FORBIDDEN reauth_required");
  const auto begun = [&](std::string_view purpose) {
    return here
        .answer({.operation = "auth.signin", .body = fmt::format(R"({{"provider":"google","purpose":"{}"}})", purpose)})
        .location;
  };
  CHECK(here.error_of("auth.signin", R"({"provider":"google","purpose":"link"})") == "FORBIDDEN reauth_required");
  const auto url = begun("reauth");
  CHECK(parameter(url, "prompt") == "login");
  CHECK(parameter(url, "max_age") == "0");
  const auto taken = world.system().call("oauth.take_state", take(parameter(url, "state")))["state"];
  CHECK(taken["purpose"] == "reauth");
  CHECK(taken["user_id"] == ann.id());
  const auto confirmed = here.answer({.operation = "oauth.confirm", .body = to_json(google("g1", "x@x.test"))});
  REQUIRE(confirmed.cookies.size() == 1);
  CHECK(here.error_of("auth.me") == "UNAUTHORIZED session_rotated");
  const auto fresh = with_session(world, confirmed.cookies[0].value);
  CHECK(fresh.call("auth.session")["session"]["auth_time"] == world.clock->now());
  CHECK(has(events(world), "reauthenticated"));
}

STORE_TEST("the last way to sign in cannot be unlinked") {
  World world(store, with_google());
  const auto ann = signed_in(world, google("g1", "ann@x.test"));
  const auto only = ann.call("accounts.list")["accounts"][0];
  CHECK(ann.error_of("accounts.unlink", with_id(only)) == "CONFLICT last_sign_in_method");
  ann.run(&oauth::link, azure("a1", "ann@x.test", true));
  CHECK(ann.call("accounts.unlink", with_id(only))["unlinked"] == true);
  CHECK(ann.error_of("accounts.unlink", with_id(only)) == "NOT_FOUND not_found");
  CHECK(ann.call("accounts.list")["accounts"][0]["provider"] == "azure");
  CHECK(has(events(world), "account_unlinked"));
  // The identity is free again: whoever has the address links it anew.
  CHECK(signed_in(world, google("g1", "bob@x.test")).id() != ann.id());
  const auto bob = world.person("{}", "carl@x.test");
  CHECK(bob.error_of("accounts.unlink", with_id(ann.call("accounts.list")["accounts"][0])) == "NOT_FOUND not_found");
}

STORE_TEST("an application gets tokens for its code once, within a minute, and only who began (R7)") {
  World world(store, with_google());
  const auto code = [&] {
    const auto answer = sign_in(world, google("g1", "ann@x.test"), std::string(kChallenge));
    CHECK(answer.cookies.empty());
    return Answered(answer.body)["code"].text();
  };
  auto app = world.anonymous();
  app.caller().origin.native = true;
  const auto body = [](const std::string& text, std::string_view verifier = kVerifier) {
    return fmt::format(R"({{"code":"{}","code_verifier":"{}"}})", text, verifier);
  };
  const auto first = code();
  CHECK(world.count("SELECT COUNT(*) FROM sessions") == 0);
  CHECK(world.anonymous().error_of("auth.oauth_exchange", body(first)) == "FORBIDDEN native_only");
  const auto tokens = app.call("auth.oauth_exchange", body(first));
  CHECK(tokens["token_type"] == "Bearer");
  CHECK(tokens["refresh_token"].text().size() == 86);
  CHECK(world.rows<std::string>("SELECT auth_method FROM sessions").at(0) == "google");
  CHECK(app.error_of("auth.oauth_exchange", body(first)) == "UNAUTHORIZED invalid_code");
  // A wrong verifier uses the code up.
  const auto second = code();
  CHECK(app.error_of("auth.oauth_exchange", body(second, std::string(43, 'x'))) == "UNAUTHORIZED invalid_code");
  CHECK(app.error_of("auth.oauth_exchange", body(second)) == "UNAUTHORIZED invalid_code");
  const auto third = code();
  world.clock->advance(seconds(60));
  CHECK(app.error_of("auth.oauth_exchange", body(third)) == "UNAUTHORIZED invalid_code");
  const auto fourth = code();
  world.sql("UPDATE users SET disabled_at = created_at, disabled_reason = 'admin'");
  CHECK(app.error_of("auth.oauth_exchange", body(fourth)) == "UNAUTHORIZED invalid_code");
}

STORE_TEST("first sign-ins of one person at once make one account (A11)") {
  World world(store, with_google());
  const auto failures = at_once(8, [&](int) { sign_in(world, google("g1", "ann@x.test")); });
  CHECK(failures == std::vector<std::string>{});
  CHECK(world.count("SELECT COUNT(*) FROM users") == 1);
  CHECK(world.count("SELECT COUNT(*) FROM accounts") == 1);
  CHECK(world.count("SELECT COUNT(*) FROM sessions") == 8);
}

STORE_TEST("first sign-ins with one address by two providers at once make one account with both") {
  World world(store, with_google());
  const auto failures = at_once(
      6, [&](int i) { sign_in(world, i % 2 == 0 ? google("g1", "ann@x.test") : azure("a1", "ann@x.test", true)); });
  CHECK(failures == std::vector<std::string>{});
  CHECK(world.count("SELECT COUNT(*) FROM users") == 1);
  CHECK(world.count("SELECT COUNT(*) FROM accounts") == 2);
  CHECK(world.count("SELECT COUNT(*) FROM directory WHERE kind = 'identity'") == 2);
}
