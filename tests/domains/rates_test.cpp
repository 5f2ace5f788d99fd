// Guesses at passwords, mails that somebody orders, and counts that servers share (rule R32).
#include <random>
#include <thread>

#include "ignition/rate_store.hpp"
#include "ignition/wire.hpp"
#include "support/credentials.hpp"

using namespace ignition;
using namespace ignition::test;
using std::chrono::seconds;

namespace {

Config quick(RateLimitStore kept = RateLimitStore::memory) {
  Config config;
  config.password_memory_kib = 64;
  config.password_time = 1;
  config.auth_require_approval = false;
  config.auth_min_age = 0;
  config.tos_current_version = "";
  config.data_encryption_key = std::string(32, 'k');
  config.rate_limit_store = kept;
  return config;
}

// Somebody at an address.
Person at(World& world, std::string_view ip, Caller caller = Caller::anonymous()) {
  caller.origin.ip_address = ip;
  return {world, std::move(caller)};
}

std::string login_of(std::string_view identifier, std::string_view password) {
  return fmt::format(R"({{"identifier":"{}","password":"{}"}})", identifier, password);
}

void sign_up(World& world, std::string_view email = "ann@x.test", std::string_view username = "ann") {
  world.anonymous().call(
      "auth.register", fmt::format(R"({{"email":"{}","password":"correct horse","username":"{}"}})", email, username));
}

// What signing in comes to: "in", or the refusal.
std::string sign_in_at(World& world, std::string_view ip, std::string_view identifier, std::string_view password) {
  try {
    at(world, ip).answer({.operation = "auth.login", .body = login_of(identifier, password)});
    return "in";
  } catch (const Error& error) {
    if (!error.limit_hit()) return error.reason();
    return fmt::format("{} {}", error.limit_hit()->rate_class, error.limit_hit()->retry_after.count());
  }
}

const std::string kWrong = "invalid_credentials";

}  // namespace

STORE_TEST("five wrong passwords shut an address out of an account for a quarter of an hour (A16)") {
  for (const auto kept : {RateLimitStore::memory, RateLimitStore::database}) {
    World world(store, quick(kept));
    sign_up(world);
    for (int i = 0; i < 5; ++i) {
      CHECK(sign_in_at(world, "203.0.113.7", i % 2 == 0 ? "ann@x.test" : " ANN", "wrong password") == kWrong);
      world.clock->advance(seconds(12));
    }
    CHECK(sign_in_at(world, "203.0.113.7", "ann@x.test", "correct horse") == "login_failure 840");
    CHECK(sign_in_at(world, "203.0.113.8", "ann@x.test", "correct horse") == "in");
    world.clock->advance(seconds(839));
    CHECK(sign_in_at(world, "203.0.113.7", "ann@x.test", "correct horse") == "login_failure 1");
    world.clock->advance(seconds(1));
    CHECK(sign_in_at(world, "203.0.113.7", "ann@x.test", "correct horse") == "in");
    // Success forgets the failures.
    for (int i = 0; i < 5; ++i) CHECK(sign_in_at(world, "203.0.113.7", "ann", "wrong password") == kWrong);
    CHECK(sign_in_at(world, "203.0.113.7", "ann", "wrong password") == "login_failure 900");
  }
}

STORE_TEST("a name that nobody has is limited like one that somebody has (T35)") {
  World world(store, quick());
  sign_up(world);
  for (const char* name : {"ann@x.test", "nobody@x.test", "nobody"}) {
    CAPTURE(name);
    for (int i = 0; i < 5; ++i) CHECK(sign_in_at(world, "203.0.113.7", name, "wrong password") == kWrong);
    CHECK(sign_in_at(world, "203.0.113.7", name, "wrong password") == "login_failure 900");
  }
  CHECK(sign_in_at(world, "203.0.113.7", "Nobody@X.test ", "wrong password") == "login_failure 900");
  CHECK(sign_in_at(world, "203.0.113.7", "somebody", "wrong password") == kWrong);
}

STORE_TEST("an IPv6 network guesses as one") {
  World world(store, quick());
  sign_up(world);
  for (int i = 0; i < 5; ++i) {
    CHECK(sign_in_at(world, fmt::format("2001:db8:1:2::{}", i + 1), "ann", "wrong password") == kWrong);
  }
  CHECK(sign_in_at(world, "2001:db8:1:2:ffff::9", "ann", "wrong password") == "login_failure 900");
  CHECK(sign_in_at(world, "2001:db8:1:3::1", "ann", "correct horse") == "in");
}

STORE_TEST("thirty wrong passwords from everywhere shut strangers out, not who is signed in where she asks from") {
  for (const auto kept : {RateLimitStore::memory, RateLimitStore::database}) {
    World world(store, quick(kept));
    sign_up(world);
    CHECK(sign_in_at(world, "198.51.100.1", "ann", "correct horse") == "in");
    for (int i = 0; i < 30; ++i) {
      CHECK(sign_in_at(world, fmt::format("203.0.113.{}", i / 3), "ann", "wrong password") == kWrong);
    }
    CHECK(sign_in_at(world, "203.0.113.99", "ann", "correct horse") == "account_failure 3600");
    // Where she is signed in she may still guess, as often as one address may.
    CHECK(sign_in_at(world, "198.51.100.1", "ann", "wrong password") == kWrong);
    CHECK(sign_in_at(world, "198.51.100.1", "ann", "correct horse") == "in");
    world.sql("UPDATE sessions SET revoked_at = expires_at, revoke_reason = 'user'");
    CHECK(sign_in_at(world, "198.51.100.1", "ann", "correct horse") == "account_failure 3600");
    // What one limit refused the other does not count.
    for (int i = 0; i < 6; ++i) CHECK(sign_in_at(world, "192.0.2.1", "ann", "correct horse") == "account_failure 3600");
    world.clock->advance(seconds(3600));
    CHECK(sign_in_at(world, "192.0.2.1", "ann", "correct horse") == "in");
  }
}

STORE_TEST("right passwords are no failures, however many there are") {
  World world(store, quick());
  sign_up(world);
  for (int i = 0; i < 40; ++i) CHECK(sign_in_at(world, "203.0.113.7", "ann", "correct horse") == "in");
}

STORE_TEST("guesses made at once are no more than those made one after the other (T37)") {
  for (const auto kept : {RateLimitStore::memory, RateLimitStore::database}) {
    World world(store, quick(kept));
    sign_up(world);
    std::atomic<int> guessed = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 12; ++t) {
      threads.emplace_back([&] {
        if (sign_in_at(world, "203.0.113.7", "ann", "wrong password") == kWrong) ++guessed;
      });
    }
    for (auto& thread : threads) thread.join();
    CHECK(guessed == 5);
  }
}

STORE_TEST("who is signed in guesses the password as seldom") {
  World world(store, quick());
  sign_up(world);
  const auto signed_in =
      world.anonymous().answer({.operation = "auth.login", .body = login_of("ann", "correct horse")});
  Caller caller = with_session(world, signed_in.cookies.at(0).value).caller();
  const auto me = at(world, "203.0.113.7", caller);
  const std::string body = R"({"password":"wrong password"})";
  for (int i = 0; i < 3; ++i) CHECK(me.error_of("auth.reauthenticate", body) == "FORBIDDEN invalid_credentials");
  const std::string change = R"({"current_password":"wrong password","new_password":"another horse"})";
  for (int i = 0; i < 2; ++i) CHECK(me.error_of("auth.change_password", change) == "FORBIDDEN invalid_credentials");
  CHECK(me.error_of("auth.reauthenticate", R"({"password":"correct horse"})") == "RATE_LIMITED rate_limited");
  CHECK(me.error_of("auth.change_password", change) == "RATE_LIMITED rate_limited");
}

STORE_TEST("three mails an hour go to an address, ten an hour are ordered by one client; the answer is the same") {
  World world(store, quick());
  sign_up(world, "ann@x.test", "ann");
  const auto mails = [&] { return world.count("SELECT COUNT(*) FROM mail_outbox WHERE template = 'reset_password'"); };
  const auto forget = [&](std::string_view ip, std::string_view email) {
    return at(world, ip).call("auth.forgot_password", fmt::format(R"({{"email":"{}"}})", email)).json();
  };
  const auto answer = forget("203.0.113.1", "nobody@x.test");
  // Signing up ordered the first mail.
  CHECK(forget("203.0.113.1", "ann@x.test") == answer);
  CHECK(forget("203.0.113.2", "Ann@X.test") == answer);
  CHECK(mails() == 2);
  CHECK(forget("203.0.113.3", "ann@x.test") == answer);
  CHECK(mails() == 2);
  const auto tokens = world.count("SELECT COUNT(*) FROM verification_tokens");
  CHECK(forget("203.0.113.3", "ann@x.test") == answer);
  CHECK(world.count("SELECT COUNT(*) FROM verification_tokens") == tokens);
  for (int i = 0; i < 9; ++i) CHECK(forget("198.51.100.1", fmt::format("p{}@x.test", i)) == answer);
  sign_up(world, "bob@x.test", "bob");
  CHECK(forget("198.51.100.1", "bob@x.test") == answer);
  CHECK(mails() == 3);
  CHECK(forget("198.51.100.1", "bob@x.test") == answer);
  CHECK(mails() == 3);
  world.clock->advance(seconds(3600));
  CHECK(forget("198.51.100.1", "ann@x.test") == answer);
  CHECK(mails() == 4);
}

STORE_TEST("who asks too often for the mail that proves the address is told") {
  World world(store, quick());
  const auto made = world.anonymous().answer(
      {.operation = "auth.register", .body = R"({"email":"ann@x.test","password":"correct horse"})"});
  const auto ann = with_session(world, made.cookies.at(0).value);
  ann.call("auth.resend_verification");
  ann.call("auth.resend_verification");
  CHECK(ann.error_of("auth.resend_verification") == "RATE_LIMITED rate_limited");
}

STORE_TEST("a sign-up beyond the mails of its client answers the same, without mail") {
  auto config = quick();
  config.auth_email_verification_required = true;
  World world(store, config);
  const auto sign_up_at = [&](int i) {
    return at(world, "203.0.113.1")
        .call("auth.register", fmt::format(R"({{"email":"p{}@x.test","password":"correct horse"}})", i))
        .json();
  };
  const auto answer = sign_up_at(0);
  for (int i = 1; i < 12; ++i) CHECK(sign_up_at(i) == answer);
  CHECK(world.count("SELECT COUNT(*) FROM mail_outbox") == 10);
  CHECK(world.count("SELECT COUNT(*) FROM verification_tokens") == 10);
}

STORE_TEST("the table counts as the memory does") {
  World world(store, quick(RateLimitStore::database));
  MemoryRates memory;
  RateStore& table = world.engine->rates();
  CHECK(table.waits());
  std::minstd_rand random(20261121);
  const auto up_to = [&](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
  const std::vector<rules::Rate> rates{{.limit = 10, .period = seconds(60), .burst = 5},
                                       {.limit = 3, .period = seconds(7), .burst = 1},
                                       {.limit = 5, .period = seconds(30)},
                                       {.limit = 1, .period = seconds(4)}};
  Instant now = world.clock->now();
  std::vector<Instant> drawn;
  for (int i = 0; i < 400; ++i) {
    const auto which = static_cast<std::size_t>(up_to(3));
    const RateKey key = RateKey::of_text(std::to_string(up_to(1)));
    const std::string_view name = std::array<std::string_view, 4>{"a", "b", "c", "d"}[which];
    now = Instant{now.us + up_to(4'000'000)};
    const auto expected = memory.draw(name, key, rates[which], now);
    const auto got = table.draw(name, key, rates[which], now);
    CAPTURE(i);
    CHECK(got.allowed == expected.allowed);
    CHECK(got.remaining == expected.remaining);
    CHECK(got.retry_after == expected.retry_after);
    CHECK(got.reset == expected.reset);
    if (rates[which].burst == 0 && up_to(4) == 0) {
      memory.take_back(name, key, now);
      table.take_back(name, key, now);
    }
    if (up_to(40) == 0) {
      memory.forget(name, key);
      table.forget(name, key);
    }
  }
}

STORE_TEST("of a hundred draws at once by two servers, a limit of five allows exactly five (T37)") {
  if (store == "memory") return;
  World world(store, quick(RateLimitStore::database));
  const auto other = world.another_engine();
  const auto now = world.clock->now();
  for (const rules::Rate rate : {rules::Rate{.limit = 5, .period = seconds(3600), .burst = 5},
                                 rules::Rate{.limit = 5, .period = seconds(3600)}}) {
    std::atomic<int> allowed = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 10; ++t) {
      threads.emplace_back([&, t] {
        RateStore& rates = t % 2 == 0 ? world.engine->rates() : other->rates();
        for (int i = 0; i < 10; ++i) {
          if (rates.draw(rate.burst > 0 ? "even" : "window", {}, rate, now).allowed) ++allowed;
        }
      });
    }
    for (auto& thread : threads) thread.join();
    CHECK(allowed == 5);
  }
}

STORE_TEST("the table names nobody") {
  World world(store, quick(RateLimitStore::database));
  sign_up(world);
  CHECK(sign_in_at(world, "203.0.113.7", "ann@x.test", "wrong password") == kWrong);
  for (const auto& key : world.rows<std::string>("SELECT key FROM rate_limit_buckets")) {
    CAPTURE(key);
    CHECK(key.find("ann") == std::string::npos);
    CHECK(key.find("203.0.113") == std::string::npos);
    CHECK(key.size() <= 50);
  }
  CHECK(world.count("SELECT COUNT(*) FROM rate_limit_buckets") == 3);
}
