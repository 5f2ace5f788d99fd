// Signing up and in with a password (rules R2, R3, R10 to R13).
#include "ignition/domains/passwords.hpp"

#include <thread>

#include "support/credentials.hpp"
#include "support/mails.hpp"

using namespace ignition;
using namespace ignition::test;
using std::chrono::seconds;

namespace {

// Cheap hashes, so that the tests are quick.
Config quick(bool by_mail = false) {
  Config config;
  config.password_memory_kib = 64;
  config.password_time = 1;
  config.auth_email_verification_required = by_mail;
  config.auth_require_approval = false;
  config.auth_min_age = 0;
  config.tos_current_version = "";
  config.data_encryption_key = std::string(32, 'k');
  return config;
}

constexpr std::string_view kAnn = R"({"email":"Ann@x.test","password":"correct horse","username":"Ann"})";

std::string login_of(std::string_view identifier, std::string_view password) {
  return fmt::format(R"({{"identifier":"{}","password":"{}"}})", identifier, password);
}

// The person whom an answer signed in.
Person signed_in(World& world, const Answer& answer) {
  REQUIRE(answer.cookies.size() == 1);
  return with_session(world, answer.cookies[0].value);
}

Person sign_up(World& world, std::string_view body = kAnn) {
  return signed_in(world, world.anonymous().answer({.operation = "auth.register", .body = body}));
}

std::string token_body(std::string_view token) { return fmt::format(R"({{"token":"{}"}})", token); }
std::string reset_body(std::string_view token, std::string_view password) {
  return fmt::format(R"({{"token":"{}","new_password":"{}"}})", token, password);
}
std::string change_body(std::string_view current, std::string_view next) {
  return fmt::format(R"({{"current_password":"{}","new_password":"{}"}})", current, next);
}

}  // namespace

STORE_TEST("signing up makes an account and a session, and signing in finds them again (T38)") {
  World world(store, quick());
  const auto answer = world.anonymous().answer({.operation = "auth.register", .body = kAnn});
  CHECK(answer.status == 201);
  const Answered made(answer.body);
  CHECK(made["status"] == "signed_in");
  CHECK(made["user"]["email"] == "ann@x.test");
  CHECK(made["user"]["username"] == "ann");
  CHECK(made["user"]["name"] == "User");
  CHECK(made["user"]["email_verified"] == false);
  CHECK(made["user"]["has_password"] == true);
  const auto ann = signed_in(world, answer);
  CHECK(ann.call("settings.get")["settings"]["theme"] == "system");
  for (const char* name : {"ann@x.test", " ANN@X.TEST ", "ann", "Ann"}) {
    const auto in = world.anonymous().answer({.operation = "auth.login", .body = login_of(name, "correct horse")});
    CHECK(Answered(in.body)["user"]["id"] == ann.id());
    CHECK(signed_in(world, in).call("auth.session")["session"]["auth_method"] == "password");
  }
  CHECK(ann.call("sessions.list")["total"] == 5);
  CHECK(mails(world) == std::vector<std::string>{"verify_email ann@x.test"});
  CHECK(world.count("SELECT COUNT(*) FROM audit_log WHERE event_type = 'login' AND actor_user_id IS NOT NULL") == 5);
  CHECK(world.anonymous().error_of("auth.register", R"({"email":"ann@X.test","password":"another horse"})") ==
        "CONFLICT email_taken");
  CHECK(world.anonymous().error_of("auth.register",
                                   R"({"email":"b@x.test","password":"another horse","username":"ANN"})") ==
        "CONFLICT username_taken");
}

STORE_TEST("a password is stored as a hash alone, and an old hash is made anew (A3, T1)") {
  World world(store, quick());
  const auto ann = sign_up(world);
  const auto hash = [&] { return world.rows<std::string>("SELECT hash FROM password_credentials").at(0); };
  const auto first = hash();
  CHECK(first.starts_with("$argon2id$v=19$m=64,t=1,p=1$"));
  if (store == "memory") return;
  auto config = quick();
  config.password_time = 2;
  world.reopen(config);
  world.anonymous().call("auth.login", login_of("ann", "correct horse"));
  CHECK(hash().starts_with("$argon2id$v=19$m=64,t=2,p=1$"));
  world.anonymous().call("auth.login", login_of("ann", "correct horse"));
}

STORE_TEST("weak passwords are refused by name (A12)") {
  World world(store, quick());
  const auto refused = [&](std::string_view password) {
    return world.anonymous().error_of("auth.register",
                                      fmt::format(R"({{"email":"bob.builder@x.test","password":"{}"}})", password));
  };
  CHECK(refused("qwplkjh") == "VALIDATION_ERROR password:too_short");
  CHECK(refused(std::string(129, 'a') + "b") == "VALIDATION_ERROR password:too_long");
  CHECK(refused("password") == "VALIDATION_ERROR password:common");
  CHECK(refused("Bob.Builder") == "VALIDATION_ERROR password:personal");
  CHECK(world.count("SELECT COUNT(*) FROM users") == 0);
}

STORE_TEST("unknown name, wrong password and account without one are refused alike (A15, T35)") {
  World world(store, quick());
  sign_up(world);
  world.person("{}", "nopassword@x.test");
  const auto refused = [&](std::string_view name) {
    try {
      world.anonymous().answer({.operation = "auth.login", .body = login_of(name, "wrong password")});
    } catch (const Error& error) {
      return error.json();
    }
    return std::string("let in");
  };
  const auto wrong = refused("ann@x.test");
  CHECK(wrong.find("invalid_credentials") != std::string::npos);
  for (const char* name : {"nobody@x.test", "nobody", "nopassword@x.test", "not a name", "@"}) {
    CAPTURE(name);
    CHECK(refused(name) == wrong);
  }
  CHECK(world.count("SELECT COUNT(*) FROM audit_log WHERE event_type = 'login_failed' AND status = 'failure'") == 6);
  CHECK(world.count("SELECT COUNT(*) FROM sessions") == 1);
}

STORE_TEST("a disabled account says so to the right password only") {
  World world(store, quick());
  const auto ann = sign_up(world);
  world.sql("UPDATE users SET disabled_at = $2, disabled_reason = 'admin' WHERE id = $1", ann.id(), world.clock->now());
  CHECK(world.anonymous().error_of("auth.login", login_of("ann", "correct horse")) == "FORBIDDEN account_disabled");
  CHECK(world.anonymous().error_of("auth.login", login_of("ann", "wrong horse")) == "UNAUTHORIZED invalid_credentials");
}

STORE_TEST("a sign-up that is proven by mail makes no account before, whoever has the address (A13, A14)") {
  World world(store, quick(true));
  const auto ask = [&](std::string_view password, std::string_view username) {
    const auto answer = world.anonymous().answer(
        {.operation = "auth.register",
         .body = fmt::format(R"({{"email":"v@x.test","password":"{}","username":"{}"}})", password, username)});
    CHECK(answer.status == 201);
    CHECK(answer.cookies.empty());
    CHECK(answer.body == R"({"status":"verification_sent","user":null,"tokens":null})");
    return mailed_token(world);
  };
  const auto first = ask("first password!", "victor");
  const auto second = ask("second password!", "violet");
  CHECK(world.count("SELECT COUNT(*) FROM users") == 0);
  CHECK(first != second);
  CHECK(world.rows<std::string>("SELECT params FROM mail_outbox").at(0).find(first) == std::string::npos);
  CHECK(world.count(
            fmt::format("SELECT COUNT(*) FROM verification_tokens WHERE token_hash = '{}'", token_hash(first))) == 1);

  CHECK(world.anonymous().call("auth.verify_email", token_body(first))["verified"] == true);
  CHECK(world.anonymous().error_of("auth.verify_email", token_body(second)) == "VALIDATION_ERROR token:token_invalid");
  CHECK(world.anonymous().error_of("auth.verify_email", token_body(first)) == "VALIDATION_ERROR token:token_invalid");
  CHECK(world.anonymous().error_of("auth.login", login_of("v@x.test", "second password!")) ==
        "UNAUTHORIZED invalid_credentials");
  const auto in = world.anonymous().call("auth.login", login_of("v@x.test", "first password!"));
  CHECK(in["user"]["email_verified"] == true);
  CHECK(in["user"]["username"] == "victor");

  // The owner of a taken address is told; whoever asked is not.
  const auto before = mails(world).size();
  ask("third password!", "vera");
  const auto after = mails(world);
  CHECK(after.size() == before + 1);
  CHECK(after.back() == "already_registered v@x.test");
  CHECK(world.anonymous().error_of("auth.register",
                                   R"({"email":"w@x.test","password":"third password!","username":"victor"})") ==
        "CONFLICT username_taken");
}

STORE_TEST("a user name that was taken meanwhile is dropped, and a token ends with its day") {
  World world(store, quick(true));
  const auto ask = [&](std::string_view email) {
    world.anonymous().call("auth.register",
                           fmt::format(R"({{"email":"{}","password":"long password!","username":"max"}})", email));
    return mailed_token(world);
  };
  const auto first = ask("a@x.test");
  const auto second = ask("b@x.test");
  const auto late = ask("c@x.test");
  world.anonymous().call("auth.verify_email", token_body(first));
  world.anonymous().call("auth.verify_email", token_body(second));
  CHECK(world.anonymous().call("auth.login", login_of("b@x.test", "long password!"))["user"]["username"] == nullptr);
  world.clock->advance(seconds(86'400));
  CHECK(world.anonymous().error_of("auth.verify_email", token_body(late)) == "VALIDATION_ERROR token:token_invalid");
}

STORE_TEST("an address is proven by its mail, and a newer mail voids the older one") {
  World world(store, quick());
  const auto ann = sign_up(world);
  const auto first = mailed_token(world);
  CHECK(ann.call("auth.resend_verification")["sent"] == true);
  const auto second = mailed_token(world);
  CHECK(world.anonymous().error_of("auth.verify_email", token_body(first)) == "VALIDATION_ERROR token:token_invalid");
  CHECK(world.anonymous().call("auth.verify_email", token_body(second))["verified"] == true);
  CHECK(ann.call("auth.me")["user"]["email_verified"] == true);
  CHECK(ann.error_of("auth.resend_verification") == "CONFLICT already_verified");
}

STORE_TEST("a forgotten password is reset by mail, which ends all sessions and works once (R13)") {
  World world(store, quick());
  const auto ann = sign_up(world);
  const auto other = world.anonymous().answer({.operation = "auth.login", .body = login_of("ann", "correct horse")});
  const auto pending = mailed_token(world);
  CHECK(world.anonymous().call("auth.forgot_password", R"({"email":"ann@x.test"})")["accepted"] == true);
  CHECK(world.anonymous().call("auth.forgot_password", R"({"email":"nobody@x.test"})")["accepted"] == true);
  CHECK(mails(world).back() == "reset_password ann@x.test");
  const auto token = mailed_token(world);
  CHECK(world.anonymous().error_of("auth.reset_password", reset_body(token, "short")) ==
        "VALIDATION_ERROR new_password:too_short");
  CHECK(world.anonymous().error_of("auth.reset_password", reset_body("unknown", "new long password")) ==
        "VALIDATION_ERROR token:token_invalid");
  const auto done =
      world.anonymous().answer({.operation = "auth.reset_password", .body = reset_body(token, "new long password")});
  CHECK(done.cookies.empty());
  CHECK(ann.error_of("auth.me") == "UNAUTHORIZED session_ended");
  CHECK(world.anonymous().error_of("auth.reset_password", reset_body(token, "other long password")) ==
        "VALIDATION_ERROR token:token_invalid");
  CHECK(world.anonymous().error_of("auth.verify_email", token_body(pending)) == "VALIDATION_ERROR token:token_invalid");
  CHECK(world.anonymous().error_of("auth.login", login_of("ann", "correct horse")) ==
        "UNAUTHORIZED invalid_credentials");
  CHECK(world.anonymous().call("auth.login", login_of("ann", "new long password"))["user"]["email_verified"] == true);
  CHECK(mails(world).back() == "password_changed ann@x.test");
  CHECK(world.count("SELECT COUNT(*) FROM directory WHERE kind = 'session'") == 1);
}

STORE_TEST("a token for a new password is good for an hour") {
  World world(store, quick());
  sign_up(world);
  world.anonymous().call("auth.forgot_password", R"({"email":"ann@x.test"})");
  const auto token = mailed_token(world);
  world.clock->advance(seconds(3600));
  CHECK(world.anonymous().error_of("auth.reset_password", reset_body(token, "new long password")) ==
        "VALIDATION_ERROR token:token_invalid");
}

STORE_TEST("changing the password needs the old one, ends other sessions and renews the own one") {
  World world(store, quick());
  const auto ann = sign_up(world);
  const auto other =
      signed_in(world, world.anonymous().answer({.operation = "auth.login", .body = login_of("ann", "correct horse")}));
  CHECK(ann.error_of("auth.change_password", change_body("wrong horse", "new long password")) ==
        "FORBIDDEN invalid_credentials");
  CHECK(ann.error_of("auth.change_password", R"({"new_password":"new long password"})") ==
        "VALIDATION_ERROR current_password:required");
  CHECK(ann.error_of("auth.change_password", change_body("correct horse", "correct horse")) ==
        "VALIDATION_ERROR new_password:unchanged");
  CHECK(ann.error_of("auth.change_password", change_body("correct horse", "short")) ==
        "VALIDATION_ERROR new_password:too_short");
  CHECK(other.call("auth.me")["user"]["id"] == ann.id());
  const auto answer =
      ann.answer({.operation = "auth.change_password", .body = change_body("correct horse", "new long password")});
  const auto again = signed_in(world, answer);
  CHECK(again.caller().session_id == ann.caller().session_id);
  CHECK(ann.error_of("auth.me") == "UNAUTHORIZED session_rotated");
  CHECK(other.error_of("auth.me") == "UNAUTHORIZED session_ended");
  CHECK(world.anonymous().call("auth.login", login_of("ann", "new long password"))["user"]["id"] == ann.id());
  CHECK(mails(world).back() == "password_changed ann@x.test");
}

STORE_TEST("a first password needs a fresh sign-in") {
  World world(store, quick());
  const auto bob = world.person();
  auto session = with_session(world, sign_in(world, bob));
  world.clock->advance(seconds(901));
  CHECK(session.error_of("auth.change_password", R"({"new_password":"new long password"})") ==
        "FORBIDDEN reauth_required");
  session = with_session(world, sign_in(world, bob));
  CHECK(session.call("auth.change_password", R"({"new_password":"new long password"})")["changed"] == true);
  CHECK(bob.call("auth.me")["user"]["has_password"] == true);
}

STORE_TEST("confirming with the password makes the sign-in fresh again (R15, R23)") {
  World world(store, quick());
  const auto ann = sign_up(world);
  world.clock->advance(seconds(901));
  CHECK(ann.error_of("api_keys.create", R"({"name":"k"})") == "FORBIDDEN reauth_required");
  CHECK(ann.error_of("auth.reauthenticate", R"({"password":"wrong horse"})") == "FORBIDDEN invalid_credentials");
  const auto answer = ann.answer({.operation = "auth.reauthenticate", .body = R"({"password":"correct horse"})"});
  CHECK(Answered(answer.body)["auth_time"] == world.clock->now());
  const auto again = signed_in(world, answer);
  CHECK(again.call("api_keys.create", R"({"name":"k"})")["api_key"]["name"] == "k");
  const auto bob = with_session(world, sign_in(world, world.person()));
  CHECK(bob.error_of("auth.reauthenticate", R"({"password":"x"})") == "VALIDATION_ERROR password:no_password");
}

STORE_TEST("an operator closes sign-up, or passwords altogether") {
  auto closed = quick();
  closed.auth_registration_enabled = false;
  World world(store, closed);
  CHECK(world.anonymous().error_of("auth.register", kAnn) == "FORBIDDEN registration_closed");
  CHECK(world.anonymous().call("auth.providers").json() ==
        R"({"providers":[],"password_enabled":true,"registration_enabled":false,"passkeys_enabled":false})");
  auto none = quick();
  none.auth_password_enabled = false;
  World other(store, none);
  CHECK(other.anonymous().error_of("auth.login", login_of("ann", "x")) == "FORBIDDEN passwords_disabled");
  CHECK(other.anonymous().call("auth.providers")["registration_enabled"] == false);
}

STORE_TEST("who signs up waits for approval, age and terms (R26)") {
  auto config = quick();
  config.auth_require_approval = true;
  config.auth_min_age = 16;
  config.tos_current_version = "1.0";
  World world(store, config);
  const auto ann = sign_up(world);
  CHECK(ann.error_of("settings.get").details["pending"].json() ==
        R"(["approval_pending","age_unverified","tos_unaccepted"])");
}

TEST_CASE("of two sign-ups with one address at once one wins (R10)") {
  for (const std::string store : {"file", "postgres"}) {
    World world(store, quick());
    std::atomic<int> made = 0;
    std::atomic<int> refused = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        try {
          world.engine->call(Caller::anonymous(), {.operation = "auth.register",
                                                   .body = R"({"email":"a@x.test","password":"long password!"})"});
          ++made;
        } catch (const Error& error) {
          CHECK(error.reason() == "email_taken");
          ++refused;
        }
      });
    }
    for (auto& thread : threads) thread.join();
    CHECK(made == 1);
    CHECK(refused == 3);
    CHECK(world.count("SELECT COUNT(*) FROM users") == 1);
    CHECK(world.count("SELECT COUNT(*) FROM password_credentials") == 1);
  }
}
