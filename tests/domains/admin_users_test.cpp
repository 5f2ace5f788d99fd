// Administration of accounts and sessions (rules R36, R40, R41).
#include <thread>

#include "support/administrators.hpp"

using namespace ignition;
using namespace ignition::test;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

std::string roles_body(const Person& person, std::string_view roles) {
  return fmt::format(R"({{"id":"{}","roles":[{}]}})", person.id().text(), roles);
}
constexpr std::string_view kUser = R"({"name":"user"})";
std::string role(std::string_view name) { return fmt::format(R"({},{{"name":"{}"}})", kUser, name); }

Config quick() {
  Config config;
  config.password_memory_kib = 64;
  config.password_time = 1;
  config.auth_require_approval = false;
  config.auth_min_age = 0;
  config.tos_current_version = "";
  config.data_encryption_key = std::string(32, 'k');
  return config;
}

}  // namespace

STORE_TEST("administration needs the entitlement, whoever asks") {
  World world(store);
  const auto user = with_role(world, "user");
  const auto moderator = with_role(world, "moderator");
  const auto admin = with_role(world, "admin");
  CHECK(user.error_of("admin.users.list") == "FORBIDDEN entitlement_required");
  CHECK(user.error_of("admin.roles.list") == "FORBIDDEN entitlement_required");
  CHECK(moderator.call("admin.roles.list")["roles"].size() == 5);
  CHECK(moderator.error_of("admin.users.list") == "FORBIDDEN entitlement_required");
  CHECK(admin.call("admin.users.list")["total"] == 3);
  CHECK(admin.error_of("admin.config") == "FORBIDDEN entitlement_required");
  CHECK(world.anonymous().error_of("admin.users.list") == "UNAUTHORIZED not_signed_in");
  CHECK(world.system().call("admin.users.list")["total"] == 3);
  for (const Operation& operation : catalogue().operations()) {
    CAPTURE(operation.name);
    if (is_administration(operation.access)) CHECK_FALSE(operation.entitlement.empty());
    if (!operation.entitlement.empty()) CHECK(operation.name.starts_with("admin."));
  }
}

STORE_TEST("accounts are listed by pages, with real totals, filters, a search and in three orders (T22, T24)") {
  World world(store);
  const auto admin = with_role(world, "admin");
  for (int i = 0; i < 5; ++i) {
    world.clock->advance(seconds(1));
    world.person(fmt::format(R"({{"name": "Person {}", "username": "user{}"}})", i, i),
                 fmt::format("{}@z.test", 9 - i));
  }
  const auto odd = world.person(R"({"name": "50%_off!", "approved": false, "email_verified": false})", "odd@z.test");
  const auto list = [&](std::string_view body) { return admin.call("admin.users.list", body); };

  auto page = list(R"({"page": 2, "page_size": 3})");
  CHECK(page["total"] == 7);
  CHECK(page["users"].size() == 3);
  CHECK(page["users"][0]["name"] == "Person 2");
  CHECK(list(R"({"page": 3, "page_size": 3})")["users"].size() == 1);
  CHECK(list(R"({"sort": "email", "order": "asc"})")["users"][0]["email"] == "5@z.test");
  CHECK(list(R"({"sort": "email"})")["users"][0]["email"] == admin.call("auth.me")["user"]["email"]);
  world.sql("UPDATE users SET last_seen_at = $2 WHERE id = $1", odd.id(), world.clock->now());
  CHECK(list(R"({"sort": "last_seen_at"})")["users"][0]["email"] == "odd@z.test");
  CHECK(list(R"({"sort": "last_seen_at", "order": "asc"})")["users"][6]["email"] == "odd@z.test");
  CHECK(list(R"({"order": "asc"})")["users"][0]["role"] == "admin");

  CHECK(list(R"({"search": "PERSON"})")["total"] == 6);
  CHECK(list(R"({"search": "user3"})")["users"][0]["name"] == "Person 3");
  CHECK(list(R"({"search": "%_off!"})")["total"] == 1);
  CHECK(list(R"({"search": "x'; DROP TABLE users;--"})")["total"] == 0);
  CHECK(list(R"({"role": "admin"})")["total"] == 1);
  CHECK(list(R"({"approved": false})")["total"] == 1);
  CHECK(list(R"({"pending": true})")["users"][0]["email"] == "odd@z.test");
  CHECK(list(R"({"email_verified": false})")["total"] == 1);
  CHECK(list(R"({"disabled": true})")["total"] == 0);
  CHECK(list(R"({"disabled": false, "approved": true, "search": "z.test"})")["total"] == 5);
  const auto one = list(R"({"search": "odd"})")["users"][0];
  CHECK(one["approval_note"] == nullptr);
  CHECK(one["last_seen_at"] == world.clock->now());
  CHECK(one["level"] == 1);
  CHECK(one["total_xp"] == 0);
  CHECK(admin.error_of("admin.users.list", R"({"sort": "id; DROP TABLE users"})") ==
        "VALIDATION_ERROR sort:not_one_of");
}

STORE_TEST("a look at one account counts what it holds, and is noted") {
  World world(store);
  const auto admin = with_role(world, "admin");
  const auto ann = world.person();
  sign_in(world, ann);
  ann.call("habits.create", R"({"name": "walk"})");
  const auto user = admin.call("admin.users.get", with_id(ann.id()))["user"];
  CHECK(user["id"] == ann.id());
  CHECK(user["session_count"] == 1);
  CHECK(user["counts"]["habits"] == 1);
  CHECK(user["counts"]["goals"] == 0);
  CHECK(world.count(fmt::format("SELECT COUNT(*) FROM audit_log WHERE event_type = 'admin_action' AND action = "
                                "'access' AND subject_user_id = '{}' AND actor_user_id = '{}'",
                                ann.id().text(), admin.id().text())) == 1);
  CHECK(admin.error_of("admin.users.get", with_id(Uuid{})) == "NOT_FOUND not_found");
}

STORE_TEST("approval opens the gate, mails the person once, and rotates their sessions (R26)") {
  World world(store);
  const auto admin = with_role(world, "admin");
  const auto person = world.person(R"({"approved": false})", "ann@x.test");
  const auto ann = with_session(world, sign_in(world, person));
  CHECK(ann.error_of("settings.get") == "FORBIDDEN approval_pending");
  const auto approve = [&](std::string_view more) {
    return admin.call("admin.users.approve", with_id(ann.id(), more))["user"];
  };
  auto user = approve(R"("approved": true)");
  CHECK(user["approved"] == true);
  CHECK(user["pending_gates"].size() == 0);
  CHECK(ann.call("settings.get")["settings"]["theme"] == "system");
  approve(R"("approved": true)");
  CHECK(mails(world) == std::vector<std::string>{"approval_granted ann@x.test"});
  CHECK(entries(world, "user_approved") == 1);
  CHECK(world.rows<std::string>("SELECT rotate_required FROM sessions WHERE rotate_required IS NOT NULL") ==
        std::vector<std::string>{"approval_change"});

  user = approve(R"("approved": false, "note": "Not yet")");
  CHECK(user["approval_note"] == "Not yet");
  CHECK(ann.error_of("settings.get") == "FORBIDDEN approval_pending");
  CHECK(ann.call("auth.session")["user"]["approved"] == false);
  CHECK(mails(world).size() == 2);
  CHECK(entries(world, "user_unapproved") == 1);
  CHECK(admin.call("admin.users.list", R"({"pending": true})")["total"] == 0);
  CHECK(admin.error_of("admin.users.approve", with_id(admin.id(), R"("approved": false)")) == "CONFLICT own_account");
}

STORE_TEST("a disabled account has no credential that works, until it is enabled") {
  World world(store);
  const auto admin = with_role(world, "admin");
  const auto person = world.person("{}", "ann@x.test");
  const auto ann = with_session(world, sign_in(world, person));
  const auto key = person.call("api_keys.create", R"({"name": "k", "scopes": ["all:read"]})")["key"].text();
  const auto by_key = with_key(world, key);
  CHECK(by_key.call("settings.get")["settings"]["theme"] == "system");

  const auto user = admin.call("admin.users.disable", with_id(ann.id(), R"("reason": "abuse")"))["user"];
  CHECK(user["disabled_reason"] == "abuse");
  CHECK(user["disabled_at"] == world.clock->now());
  CHECK(ann.error_of("auth.me").code == Code::UNAUTHORIZED);
  CHECK(by_key.error_of("settings.get").code == Code::UNAUTHORIZED);
  CHECK(world.rows<std::string>("SELECT revoke_reason FROM sessions WHERE revoked_at IS NOT NULL") ==
        std::vector<std::string>{"disabled"});
  CHECK(world.count("SELECT COUNT(*) FROM api_keys WHERE revoked_at IS NULL") == 0);
  CHECK(mails(world) == std::vector<std::string>{"sessions_revoked ann@x.test"});
  CHECK(entries(world, "user_disabled") == 1);
  admin.call("admin.users.disable", with_id(ann.id(), R"("reason": "abuse")"));
  CHECK(entries(world, "user_disabled") == 1);

  CHECK(admin.call("admin.users.enable", with_id(ann.id()))["user"]["disabled_at"] == nullptr);
  CHECK(person.call("auth.me")["user"]["email"] == "ann@x.test");
  CHECK(ann.error_of("auth.me").code == Code::UNAUTHORIZED);
  CHECK(entries(world, "user_enabled") == 1);
}

STORE_TEST("ranks limit who acts on whom, and the last super administrator stays (A41)") {
  World world(store);
  const auto root = with_role(world, "super_admin");
  const auto admin = with_role(world, "admin");
  const auto other = with_role(world, "admin");
  const auto ann = with_role(world, "user");
  const auto set = [](const Person& by, const Person& of, const std::string& roles) {
    return by.call("admin.users.set_roles", roles_body(of, roles))["user"];
  };
  const auto refused = [](const Person& by, const Person& of, const std::string& roles) {
    return by.error_of("admin.users.set_roles", roles_body(of, roles));
  };
  CHECK(refused(admin, ann, role("admin")) == "FORBIDDEN rank_too_low");
  CHECK(refused(admin, ann, role("super_admin")) == "FORBIDDEN rank_too_low");
  CHECK(refused(admin, other, std::string(kUser)) == "FORBIDDEN rank_too_low");
  CHECK(refused(admin, root, std::string(kUser)) == "FORBIDDEN rank_too_low");
  CHECK(refused(admin, admin, std::string(kUser)) == "CONFLICT own_account");
  CHECK(refused(root, root, std::string(kUser)) == "CONFLICT own_account");
  CHECK(admin.error_of("admin.users.disable", with_id(admin.id())) == "CONFLICT own_account");
  CHECK(admin.error_of("admin.users.disable", with_id(other.id())) == "FORBIDDEN rank_too_low");
  CHECK(admin.error_of("admin.users.disable", with_id(root.id())) == "FORBIDDEN rank_too_low");
  CHECK(admin.error_of("admin.users.reset_password", with_id(root.id())) == "FORBIDDEN rank_too_low");
  CHECK(admin.error_of("admin.users.approve", with_id(root.id(), R"("approved": false)")) == "FORBIDDEN rank_too_low");
  CHECK(refused(world.system(), root, std::string(kUser)) == "CONFLICT last_super_admin");
  CHECK(world.system().error_of("admin.users.disable", with_id(root.id())) == "CONFLICT last_super_admin");

  CHECK(set(admin, ann, role("moderator"))["role"] == "moderator");
  CHECK(set(root, ann, role("admin"))["is_admin"] == true);
  CHECK(set(root, ann, role("super_admin"))["role"] == "super_admin");
  CHECK(set(ann, root, role("admin"))["role"] == "admin");
  CHECK(refused(root, ann, std::string(kUser)) == "FORBIDDEN rank_too_low");
  CHECK(entries(world, "role_changed") == 4 + 3);  // those of making them among it
}

STORE_TEST("of two super administrators who demote each other at once one stays") {
  if (store == "memory") return;
  for (int round = 0; round < 5; ++round) {
    World world(store);
    world.quiet = true;
    const auto ann = with_role(world, "super_admin");
    const auto bob = with_role(world, "super_admin");
    const auto demote = [&](const Person& by, const Person& of) {
      try {
        by.answer({.operation = "admin.users.set_roles", .body = roles_body(of, std::string(kUser))});
      } catch (const Error&) {  // that one of them is refused is what is checked
      }
    };
    std::thread first([&] { demote(ann, bob); });
    std::thread second([&] { demote(bob, ann); });
    first.join();
    second.join();
    CHECK(world.count("SELECT COUNT(*) FROM users WHERE role = 'super_admin'") == 1);
  }
}

STORE_TEST("roles are given until an instant, and the stored role follows by the job (R36)") {
  World world(store);
  const auto admin = with_role(world, "admin");
  const auto person = world.person();
  const auto ann = with_session(world, sign_in(world, person));
  const auto user = admin.call("admin.users.set_roles", roles_body(ann, R"({"name":"user"},{"name":"premium"},
                                          {"name":"moderator","expires_at":"2026-03-10T10:00:00Z"})"))["user"];
  CHECK(user["roles"].json() == R"(["user","premium","moderator"])");
  CHECK(ann.call("admin.roles.list")["roles"].size() == 5);
  CHECK(world.count("SELECT COUNT(*) FROM user_roles WHERE granted_by IS NOT NULL") == 2);
  CHECK(world.rows<std::string>("SELECT rotate_required FROM sessions WHERE rotate_required IS NOT NULL") ==
        std::vector<std::string>{"role_change"});

  world.clock->advance(hours(1));
  CHECK(ann.error_of("admin.roles.list") == "FORBIDDEN entitlement_required");
  CHECK(ann.call("auth.me")["user"]["role"] == "premium");
  CHECK(world.system().call("admin.settle_roles")["settled"] == 1);
  CHECK(world.system().call("admin.settle_roles")["settled"] == 0);
  CHECK(world.rows<std::string>("SELECT role FROM users WHERE role = 'premium'").size() == 1);
  CHECK(world.count("SELECT COUNT(*) FROM users WHERE role_grants IS NOT NULL") == 0);
  CHECK(world.count(fmt::format("SELECT COUNT(*) FROM user_roles WHERE user_id = '{}'", ann.id().text())) == 1);
}

STORE_TEST("a list of roles is checked before anything is changed") {
  World world(store);
  const auto admin = with_role(world, "admin");
  const auto ann = with_role(world, "user");
  const auto refused = [&](std::string_view roles) {
    return admin.error_of("admin.users.set_roles", roles_body(ann, roles));
  };
  CHECK(refused("") == "VALIDATION_ERROR roles:too_few");
  CHECK(refused(R"({"name":"premium"})") == "VALIDATION_ERROR roles:user_missing");
  CHECK(refused(R"({"name":"user"},{"name":"king"})") == "VALIDATION_ERROR roles[1].name:not_one_of");
  CHECK(refused(R"({"name":"user"},{"name":"premium"},{"name":"premium"})") ==
        "VALIDATION_ERROR roles[1].name:repeated");
  CHECK(refused(R"({"name":"user"},{"name":"premium","expires_at":"2026-03-10T09:00:00Z"})") ==
        "VALIDATION_ERROR roles[1].expires_at:in_the_past");
  CHECK(refused(R"({"name":"user","expires_at":"2027-01-01T00:00:00Z"})") ==
        "VALIDATION_ERROR roles[0].expires_at:not_allowed");
  CHECK(ann.call("auth.me")["user"]["role"] == "user");
}

STORE_TEST("an administrator ends sessions of others, all or one, and lets them rotate") {
  World world(store);
  const auto admin = with_role(world, "admin");
  const auto person = world.person("{}", "ann@x.test");
  const auto first = with_session(world, sign_in(world, person));
  world.clock->advance(seconds(1));
  const auto second = with_session(world, sign_in(world, person));

  const auto all = admin.call("admin.sessions.list");
  CHECK(all["total"] == 3);
  CHECK(all["sessions"][0]["user_email"] == "ann@x.test");
  CHECK(all["sessions"][2]["current"] == true);
  const auto hers = admin.call("admin.sessions.list",
                               fmt::format(R"({{"user_id":"{}","page_size":1,"page":2}})", person.id().text()));
  CHECK(hers["total"] == 2);
  CHECK(hers["sessions"].size() == 1);
  CHECK(hers["sessions"][0]["id"] == *first.caller().session_id);

  CHECK(admin.call("admin.users.rotate_sessions", with_id(person.id()))["flagged_sessions"] == 2);
  CHECK(admin.call("admin.sessions.revoke", with_id(*first.caller().session_id))["revoked"] == true);
  CHECK(first.error_of("auth.me") == "UNAUTHORIZED session_ended");
  CHECK(second.call("auth.me")["user"]["email"] == "ann@x.test");
  CHECK(admin.call("admin.users.sign_out", with_id(person.id()))["revoked_sessions"] == 1);
  CHECK(second.error_of("auth.me") == "UNAUTHORIZED session_ended");
  CHECK(admin.call("admin.users.sign_out", with_id(person.id()))["revoked_sessions"] == 0);
  CHECK(mails(world) == std::vector<std::string>{"sessions_revoked ann@x.test"});
  CHECK(admin.error_of("admin.sessions.revoke", with_id(Uuid{})) == "NOT_FOUND not_found");
  CHECK(entries(world, "session_revoked") == 2);
}

STORE_TEST("a cleanup removes what has ended, and nothing that anybody made (T21)") {
  World world(store);
  const auto admin = with_role(world, "admin");
  const auto ann = world.person();
  const auto bob = world.person();
  ann.call("habits.create", R"({"name": "walk"})");
  sign_in(world, ann);
  sign_in(world, bob);
  admin.call("admin.users.sign_out", with_id(ann.id()));
  sign_in(world, ann);
  const auto removed = admin.call("admin.users.cleanup", with_id(ann.id()))["removed"];
  CHECK(removed.json() == R"({"sessions":1})");
  CHECK(world.count("SELECT COUNT(*) FROM sessions") == 3);
  CHECK(ann.call("habits.list")["habits"].size() == 1);
  CHECK(admin.call("admin.users.cleanup", with_id(ann.id()))["removed"].size() == 0);
  CHECK(entries(world, "cleanup_run") == 2);
}

STORE_TEST("a reset lets nothing through but a new password") {
  World world(store, quick());
  const auto admin = with_role(world, "admin");
  const auto sign_up = world.anonymous().answer(
      {.operation = "auth.register", .body = R"({"email":"ann@x.test","password":"correct horse"})"});
  const auto ann = with_session(world, sign_up.cookies.at(0).value);
  const auto without = world.person();
  CHECK(admin.error_of("admin.users.reset_password", with_id(without.id())) == "CONFLICT no_password");
  CHECK(admin.call("admin.users.reset_password", with_id(ann.id()))["mailed"] == true);
  CHECK(ann.error_of("auth.me") == "UNAUTHORIZED session_ended");
  CHECK(mails(world) == std::vector<std::string>{"verify_email ann@x.test", "reset_password ann@x.test",
                                                 "sessions_revoked ann@x.test"});
  const auto in = world.anonymous().answer(
      {.operation = "auth.login", .body = R"({"identifier":"ann@x.test","password":"correct horse"})"});
  const auto again = with_session(world, in.cookies.at(0).value);
  CHECK(again.error_of("settings.get") == "FORBIDDEN password_change_required");
  CHECK(again.call("auth.me")["user"]["pending_gates"].json() == R"(["password_change_required"])");
  again.call("auth.change_password", R"({"current_password":"correct horse","new_password":"another horse"})");
  CHECK(world.count("SELECT COUNT(*) FROM users WHERE must_change_password = TRUE") == 0);
}

STORE_TEST("what an administrator changes stands or falls with its trace (T19)") {
  if (store != "file") return;
  World world(store);
  world.quiet = true;
  const auto admin = with_role(world, "admin");
  const auto ann = with_role(world, "user");
  world.sql("CREATE TRIGGER no_log BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'no'); END");
  for (const auto& [operation, body] : std::vector<std::pair<std::string, std::string>>{
           {"admin.users.approve", R"("approved": false)"},
           {"admin.users.disable", R"("reason": "abuse")"},
           {"admin.users.set_roles", R"("roles": [{"name":"user"},{"name":"premium"}])"},
           {"admin.users.sign_out", ""}}) {
    CAPTURE(operation);
    CHECK(admin.error_of(operation, with_id(ann.id(), body)).code == Code::INTERNAL);
  }
  CHECK(world.count("SELECT COUNT(*) FROM users WHERE approved = FALSE OR disabled_at IS NOT NULL") == 0);
  CHECK(world.count("SELECT COUNT(*) FROM sessions WHERE revoked_at IS NOT NULL") == 0);
  CHECK(world.count("SELECT COUNT(*) FROM user_roles") == 1);
  CHECK(world.count("SELECT COUNT(*) FROM mail_outbox") == 0);
}
