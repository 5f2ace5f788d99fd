#include "ignition/domains/users.hpp"

#include <thread>

#include "ignition/domains/auth.hpp"
#include "support/world.hpp"

using namespace ignition;
using namespace ignition::test;

STORE_TEST("a new account has everything that must exist from its first moment") {
  World world(store);
  const auto user = world.system().call("users.create", R"({"email": " Ann.Lee@EXAMPLE.Com ", "name": "  Ann \t Lee ",
      "username": "Ann.Lee", "timezone": "Europe/Berlin"})")["user"];
  CHECK(user["email"] == "ann.lee@example.com");
  CHECK(user["name"] == "Ann Lee");
  CHECK(user["username"] == "ann.lee");
  CHECK(user["timezone"] == "Europe/Berlin");
  CHECK(user["locale"] == "en-US");
  CHECK(user["role"] == "user");
  CHECK(user["roles"].json() == R"(["user"])");
  CHECK(user["entitlements"].json() == R"(["feedback:write","quests:read"])");
  CHECK(user["pending_gates"].json() == "[]");
  CHECK(user["approved"] == true);
  CHECK(user["age_verified"] == true);
  CHECK(user["tos_accepted"] == true);
  CHECK(user["tos_version"] == "1.0");
  CHECK(user["created_at"] == "2026-03-10T09:00:00.000000Z");
  CHECK(world.count("SELECT count(*) FROM user_progress WHERE level = 1 AND total_xp = 0") == 1);
  CHECK(world.count("SELECT count(*) FROM user_wallet WHERE coins = 0 AND ledger_seq = 0") == 1);
  CHECK(world.count("SELECT count(*) FROM audit_log WHERE event_type = 'user_created'") == 1);
  CHECK(world.count("SELECT count(*) FROM directory") == 2);
}

STORE_TEST("two spellings of an address are one account, and a user name belongs to one") {
  World world(store);
  const auto host = world.system();
  host.call("users.create", R"({"email": "a@x.test", "username": "ann"})");
  CHECK(host.error_of("users.create", R"({"email": "A@X.test"})") == "CONFLICT email_taken");
  CHECK(host.error_of("users.create", R"({"email": "b@x.test", "username": "ANN"})") == "CONFLICT username_taken");
  CHECK(world.count("SELECT count(*) FROM users") == 1);
  CHECK(world.count("SELECT count(*) FROM directory") == 2);
  CHECK(world.count("SELECT count(*) FROM user_wallet") == 1);
}

STORE_TEST("all refused fields of a new account are named") {
  World world(store);
  CHECK(world.system().error_of("users.create", R"({"email": "nobody", "name": " ", "username": "root",
      "timezone": "Mars/Base", "role": "king", "extra": 1})") ==
        "VALIDATION_ERROR email:invalid_format name:invalid_format username:invalid_format timezone:invalid_format "
        "role:not_one_of extra:unknown_field");
  CHECK(world.system().error_of("users.create") == "VALIDATION_ERROR email:required");
}

STORE_TEST("accounts are made by the host program only") {
  World world(store);
  const auto ann = world.person();
  CHECK(ann.error_of("users.create", R"({"email": "b@x.test"})") == "FORBIDDEN system_only");
  CHECK(world.anonymous().error_of("users.list") == "FORBIDDEN system_only");
}

STORE_TEST("accounts are found by id or by address in any spelling") {
  World world(store);
  const auto ann = world.person("{}", "ann@x.test");
  const auto host = world.system();
  CHECK(host.call("users.get", R"({"email": "ANN@x.test"})")["user"]["id"] == ann.id());
  CHECK(host.call("users.get", fmt::format(R"({{"id": "{}"}})", ann.id().text()))["user"]["email"] == "ann@x.test");
  CHECK(host.error_of("users.get", R"({"email": "bob@x.test"})") == "NOT_FOUND not_found");
  CHECK(host.error_of("users.get") == "VALIDATION_ERROR id:one_of");
}

STORE_TEST("the list of accounts is paged, newest first, with the real total") {
  World world(store);
  for (int i = 1; i <= 5; ++i) {
    world.person("{}", fmt::format("p{}@x.test", i));
    world.clock->advance(std::chrono::seconds(1));
  }
  const auto page = world.system().call("users.list", R"({"page": 2, "page_size": 2})");
  CHECK(page["total"] == 5);
  CHECK(page["page"] == 2);
  CHECK(page["page_size"] == 2);
  CHECK(page["users"].size() == 2);
  CHECK(page["users"][0]["email"] == "p3@x.test");
  CHECK(page["users"][1]["email"] == "p2@x.test");
  CHECK(world.system().error_of("users.list", R"({"page_size": 101})") == "VALIDATION_ERROR page_size:out_of_range");
}

STORE_TEST("the local user is made once, however many ask at the same time") {
  World world(store);
  std::vector<std::thread> threads;
  std::atomic<int> failed = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      try {
        world.engine->call(Caller::system(), &users::ensure_local);
      } catch (const Error&) {
        ++failed;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(failed == 0);
  CHECK(world.count("SELECT count(*) FROM users") == 1);
  const Person local(world, Caller::local());
  const auto user = local.call("auth.me")["user"];
  CHECK(user["id"] == "00000000-0000-0000-0000-000000000001");
  CHECK(user["email"] == "dev@localhost");
  CHECK(user["name"] == "Local Dev User");
  CHECK(user["role"] == "super_admin");
  CHECK(user["is_admin"] == true);
  CHECK(user["pending_gates"].json() == "[]");
}

STORE_TEST("the local user passes all gates also when the terms change") {
  Config config;
  config.tos_current_version = "2.0";
  World world(store, config);
  world.system().call("users.ensure_local");
  world.sql("UPDATE users SET tos_version = '1.0', age_attested = 13");
  const auto user = Person(world, Caller::local()).call("user.get")["user"];
  CHECK(user["tos_accepted"] == true);
  CHECK(user["age_verified"] == true);
  CHECK(user["pending_gates"].json() == "[]");
}

STORE_TEST("closed gates refuse product operations, in order, and let the account be seen") {
  World world(store);
  const auto ann = world.session_of(world.person(R"({"approved": false, "tos_accepted": false})"));
  const auto refusal = ann.error_of("user.update", R"({"name": "Ann"})");
  CHECK(refusal == "FORBIDDEN approval_pending");
  CHECK(refusal.details["pending"].json() == R"(["approval_pending","tos_unaccepted"])");
  const auto user = ann.call("user.get")["user"];
  CHECK(user["pending_gates"].json() == R"(["approval_pending","tos_unaccepted"])");
  CHECK(user["age_verified"] == true);
  CHECK(user["tos_version"] == nullptr);
}

STORE_TEST("raising the least age closes the age gate again") {
  Config config;
  config.auth_min_age = 18;
  World world(store, config);
  const auto ann = world.session_of(world.person());
  CHECK(ann.call("auth.me")["user"]["age_verified"] == true);
  world.sql("UPDATE users SET age_attested = 16");
  CHECK(ann.error_of("user.update", "{}") == "FORBIDDEN age_unverified");
}

STORE_TEST("an unproven address is a gate only where proof is required") {
  for (const bool required : {false, true}) {
    Config config;
    config.auth_email_verification_required = required;
    World world(store, config);
    const auto ann = world.session_of(world.person(R"({"email_verified": false})"));
    const auto user = ann.call("auth.me")["user"];
    CHECK(user["email_verified"] == false);
    CHECK(user["pending_gates"].json() == (required ? R"(["email_unverified"])" : "[]"));
  }
}

STORE_TEST("a profile changes only what is given, and its user name moves in the directory") {
  World world(store);
  const auto ann = world.person(R"({"username": "ann", "name": "Ann"})");
  const auto bob = world.person(R"({"username": "bob"})");
  auto user = ann.call("user.update", R"({"image": "https://x.test/a.png", "username": "Anna"})")["user"];
  CHECK(user["name"] == "Ann");
  CHECK(user["username"] == "anna");
  CHECK(user["image"] == "https://x.test/a.png");
  CHECK(bob.call("user.update", R"({"username": "ann"})")["user"]["username"] == "ann");
  CHECK(ann.error_of("user.update", R"({"username": "ann"})") == "CONFLICT username_taken");
  user = ann.call("user.update", R"({"username": null, "image": null, "name": "A"})")["user"];
  CHECK(user["username"] == nullptr);
  CHECK(user["image"] == nullptr);
  CHECK(ann.call("user.get")["user"] == user);
  CHECK(ann.error_of("user.update", R"({"image": "http://x.test/a.png", "name": "", "username": "me"})") ==
        "VALIDATION_ERROR image:invalid_format name:invalid_format username:invalid_format");
}

STORE_TEST("an unchanged profile is not written") {
  World world(store);
  const auto ann = world.person(R"({"name": "Ann"})");
  ann.call("user.update", R"({"name": "Ann"})");
  CHECK(world.revision(ann) == 0);
  ann.call("user.update", R"({"name": "Anna"})");
  CHECK(world.revision(ann) == 1);
  CHECK(world.count("SELECT count(*) FROM audit_log WHERE event_type = 'user_updated'") == 1);
}

STORE_TEST("the session of an anonymous or disabled caller is null, never an error") {
  World world(store);
  CHECK(world.anonymous().call("auth.session").json() == R"({"user":null,"session":null})");
  const auto ann = world.session_of(world.person());
  CHECK(ann.call("auth.session")["user"]["id"] == ann.id());
  CHECK(ann.call("auth.session")["session"] == nullptr);
  world.sql("UPDATE users SET disabled_at = created_at, disabled_reason = 'admin'");
  CHECK(ann.call("auth.session").json() == R"({"user":null,"session":null})");
  CHECK(ann.error_of("auth.me") == "UNAUTHORIZED not_signed_in");
  CHECK(world.anonymous().error_of("auth.me") == "UNAUTHORIZED not_signed_in");
}

STORE_TEST("a session is shown to its own user") {
  World world(store);
  auto ann = world.session_of(world.person());
  const auto id = Uuid::parse("0194f5c0-0000-7000-8000-000000000002").value();
  world.sql(R"(INSERT INTO sessions (user_id, id, kind, token_hash, auth_method, auth_time, expires_at,
                                     absolute_expires_at, last_active_at, label, created_at, updated_at)
               SELECT id, $1, 'cookie', 'hash', 'google', created_at, $2, $2, created_at, 'Firefox', created_at,
                      created_at FROM users)",
            id, world.clock->now() + std::chrono::hours(1));
  ann.caller().session_id = id;
  const auto session = ann.call("auth.session")["session"];
  CHECK(session["id"] == id);
  CHECK(session["label"] == "Firefox");
  CHECK(session["auth_method"] == "google");
  CHECK(session["current"] == true);
  CHECK_FALSE(session["token_hash"].exists());
  auto bob = world.session_of(world.person());
  bob.caller().session_id = id;
  CHECK(bob.error_of("auth.session") == "UNAUTHORIZED session_ended");
}

STORE_TEST("an account can be called by its functions, without JSON") {
  World world(store);
  const auto made = world.system().run(&users::create, {.email = {"ann@x.test"}, .role = {Role::admin}});
  CHECK(made.user.role == Role::admin);
  CHECK(made.user.is_admin);
  CHECK(Person(world, Caller::host(made.user.id)).run(&auth::me).user.email == "ann@x.test");
}
