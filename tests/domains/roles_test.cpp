// Roles, their entitlements, and how the first administrator comes in (rules R36, R37).
#include "ignition/domains/roles.hpp"

#include <thread>

#include "ignition/domains/admin.hpp"
#include "support/credentials.hpp"

using namespace ignition;
using namespace ignition::test;
using std::chrono::hours;

namespace {

constexpr std::string_view kKey = "0123456789abcdef0123456789abcdef";

Config with_key() {
  Config config;
  config.admin_claim_key = kKey;
  return config;
}

std::string key_body(std::string_view key) { return fmt::format(R"({{"claim_key":"{}"}})", key); }

// Somebody who has just signed up: signed in, and behind every gate.
Person newcomer(World& world, std::string_view email = {}) {
  const auto person = world.person(R"({"approved": false, "age_verified": false, "tos_accepted": false})", email);
  return with_session(world, sign_in(world, person));
}

void grant(World& world, const Person& person, Role role, std::optional<Instant> expires_at) {
  world.sql(R"(INSERT INTO user_roles (user_id, role_id, granted_at, expires_at)
               SELECT $1, id, $3, $4 FROM roles WHERE name = $2)",
            person.id(), name_of(role), world.clock->now(), expires_at);
}

}  // namespace

STORE_TEST("the shipped roles stand in the store once, with what each allows itself") {
  World world(store);
  const auto rows = world.rows<std::string>("SELECT name FROM roles ORDER BY rank");
  CHECK(rows == std::vector<std::string>{"user", "premium", "moderator", "admin", "super_admin"});
  CHECK(world.count("SELECT COUNT(*) FROM entitlements") == 24);
  CHECK(world.count("SELECT COUNT(*) FROM role_entitlements") == 24);
  CHECK(world.rows<std::string>("SELECT p.name FROM roles r JOIN roles p ON p.id = r.parent_role_id "
                                "ORDER BY r.rank") == std::vector<std::string>{"user", "user", "moderator", "admin"});
  CHECK(world.rows<std::string>("SELECT resource || ' ' || action FROM entitlements WHERE name LIKE 'market:%' "
                                "ORDER BY name") == std::vector<std::string>{"market create", "market manage"});
  if (store == "memory") return;
  world.reopen();
  CHECK(world.count("SELECT COUNT(*) FROM roles") == 5);
}

TEST_CASE("who had a role before there were grants keeps it") {
  World world("file");
  const auto ann = world.person(R"({"role": "moderator"})");
  world.sql("DELETE FROM user_roles");
  world.sql("DELETE FROM role_entitlements");
  world.sql("DELETE FROM roles WHERE name = 'super_admin'");
  world.reopen();
  CHECK(world.count("SELECT COUNT(*) FROM user_roles") == 1);
  CHECK(ann.call("auth.me")["user"]["roles"].json() == R"(["user","moderator"])");
}

STORE_TEST("a grant that has expired counts nowhere, also before a job has noticed (T17)") {
  World world(store);
  const auto ann = world.person();
  grant(world, ann, Role::premium, {});
  grant(world, ann, Role::moderator, world.clock->now() + hours(1));
  world.sql(
      "UPDATE users SET role = 'moderator', role_grants = '[{\"role\":\"premium\",\"expires_at\":null},"
      "{\"role\":\"moderator\",\"expires_at\":\"2026-03-10T10:00:00Z\"}]' WHERE id = $1",
      ann.id());
  auto me = ann.call("auth.me")["user"];
  CHECK(me["role"] == "moderator");
  CHECK(me["roles"].json() == R"(["user","premium","moderator"])");
  CHECK(me["entitlements"].size() == 9);
  CHECK(me["is_admin"] == false);

  world.clock->advance(hours(1));
  me = ann.call("auth.me")["user"];
  CHECK(me["role"] == "premium");
  CHECK(me["roles"].json() == R"(["user","premium"])");
  CHECK(me["entitlements"].json() == R"(["feedback:write","quests:read"])");
}

STORE_TEST("the claim key makes the first administrator, whom every check lets in (T15, T16)") {
  World world(store, with_key());
  const auto ann = newcomer(world);
  CHECK(ann.error_of("settings.get") == "FORBIDDEN approval_pending");
  auto status = ann.call("admin.status");
  CHECK(status["is_admin"] == false);
  CHECK(status["can_claim"] == true);
  CHECK(status["user"]["id"] == ann.id());

  CHECK(ann.error_of("admin.claim", key_body("0123456789abcdef0123456789abcdeX")) == "FORBIDDEN wrong_claim_key");
  CHECK(ann.error_of("admin.claim", key_body("short")) == "FORBIDDEN wrong_claim_key");
  CHECK(world.count("SELECT COUNT(*) FROM audit_log WHERE event_type = 'admin_claimed' AND status = 'denied'") == 2);

  const auto answer = ann.answer({.operation = "admin.claim", .body = key_body(kKey)});
  const auto user = Answered(answer.body)["user"];
  CHECK(user["role"] == "super_admin");
  CHECK(user["is_admin"] == true);
  CHECK(user["approved"] == true);
  CHECK(user["entitlements"].size() == 24);
  REQUIRE(answer.cookies.size() == 1);
  CHECK(ann.error_of("auth.me") == "UNAUTHORIZED session_rotated");
  const auto again = with_session(world, answer.cookies[0].value);
  status = again.call("admin.status");
  CHECK(status["is_admin"] == true);
  CHECK(status["can_claim"] == false);
  CHECK(again.call("auth.me")["user"]["pending_gates"].json() == R"(["age_unverified","tos_unaccepted"])");

  const auto bob = newcomer(world);
  CHECK(bob.call("admin.status")["can_claim"] == false);
  CHECK(bob.error_of("admin.claim", key_body(kKey)) == "CONFLICT admin_exists");
  for (const auto& row : world.rows<std::string>("SELECT COALESCE(CAST(details AS TEXT), '') FROM audit_log")) {
    CHECK(row.find(kKey) == std::string::npos);
  }
}

STORE_TEST("of people who claim at once one becomes administrator (A40, T18)") {
  if (store == "memory") return;
  World world(store, with_key());
  constexpr int kPeople = 6;
  std::vector<Person> people;
  for (int i = 0; i < kPeople; ++i) people.push_back(newcomer(world));
  std::vector<std::string> told(kPeople);
  std::vector<std::thread> threads;
  for (int i = 0; i < kPeople; ++i) {
    threads.emplace_back([&, i] {
      try {
        people[i].answer({.operation = "admin.claim", .body = key_body(kKey)});
        told[i] = "claimed";
      } catch (const Error& error) {
        told[i] = refused(error).summary;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(std::ranges::count(told, "claimed") == 1);
  CHECK(std::ranges::count(told, "CONFLICT admin_exists") == kPeople - 1);
  CHECK(world.count("SELECT COUNT(*) FROM users WHERE role = 'super_admin'") == 1);
  CHECK(world.count("SELECT COUNT(*) FROM user_roles") == 1);
}

STORE_TEST("a claim key is made up once, outlives a restart as a hash, and is void after the claim (T18)") {
  if (store == "memory") return;
  World world(store);
  const auto key = world.system().call("admin.ensure_claim_key")["claim_key"].text();
  CHECK(key.size() == 32);
  CHECK(std::ranges::all_of(key, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }));
  CHECK(world.system().call("admin.ensure_claim_key")["claim_key"] == nullptr);
  CHECK(world.rows<std::string>("SELECT key_hash FROM admin_claim").at(0) == token_hash(key));
  world.reopen();
  CHECK(world.system().call("admin.ensure_claim_key")["claim_key"] == nullptr);
  const auto ann = newcomer(world);
  CHECK(ann.call("admin.status")["can_claim"] == true);
  CHECK(Answered(ann.answer({.operation = "admin.claim", .body = key_body(key)}).body)["user"]["is_admin"] == true);
  world.sql("UPDATE users SET role = 'user'");
  const auto bob = newcomer(world);
  CHECK(bob.call("admin.status")["can_claim"] == false);
  CHECK(bob.error_of("admin.claim", key_body(key)) == "FORBIDDEN wrong_claim_key");
  CHECK(world.system().call("admin.ensure_claim_key")["claim_key"] == nullptr);
}

STORE_TEST("people whom the operator named administer as soon as they sign in with a proven address") {
  Config config;
  config.admin_emails = {"ann@x.test", "bob@x.test", "eve@x.test"};
  World world(store, config);
  const auto eve = world.person(R"({"email_verified": false, "approved": false})", "eve@x.test");
  sign_in(world, eve);
  CHECK(eve.call("auth.me")["user"]["role"] == "user");
  CHECK(eve.call("auth.me")["user"]["approved"] == false);

  const auto ann = newcomer(world, "ann@x.test").call("auth.me")["user"];
  CHECK(ann["role"] == "super_admin");
  CHECK(ann["approved"] == true);
  CHECK(ann["pending_gates"].json() == R"(["age_unverified","tos_unaccepted"])");
  const auto bob = newcomer(world, "bob@x.test").call("auth.me")["user"];
  CHECK(bob["role"] == "admin");
  CHECK(bob["approved"] == true);
  const auto other = newcomer(world, "other@x.test").call("auth.me")["user"];
  CHECK(other["role"] == "user");
  CHECK(other["approved"] == false);
  CHECK(world.count("SELECT COUNT(*) FROM audit_log WHERE event_type = 'role_changed'") == 2);
}

STORE_TEST("the local user of single-user mode does not stand in the way of the first administrator") {
  World world(store, with_key());
  world.system().call("users.ensure_local");
  CHECK(newcomer(world).call("admin.status")["can_claim"] == true);
  const auto local = Person(world, Caller::local()).call("admin.status");
  CHECK(local["is_admin"] == true);
  CHECK(local["can_claim"] == false);
}
