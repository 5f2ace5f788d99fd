// The end of accounts (rule R46, A42, T20).
#include "ignition/domains/deletion.hpp"

#include "ignition/domains/export.hpp"
#include "ignition/jobs.hpp"
#include "support/credentials.hpp"
#include "support/filled_tables.hpp"

namespace ignition::test {
namespace {

constexpr const char* kDelete = R"({"confirm":"DELETE"})";

// Rows that name the user, by table.
std::map<std::string, std::int64_t> rows_of(World& world, const std::vector<Table>& tables, const Uuid& user) {
  std::map<std::string, std::int64_t> out;
  for (const Table& table : tables) {
    for (const std::string_view column : user_columns(table)) {
      out[table.name] +=
          world.rows<std::int64_t>(fmt::format("SELECT count(*) FROM {} WHERE {} = $1", table.name, column), user)
              .at(0);
    }
  }
  return out;
}

// Refuses to lose a row of user_wallet, which is the last table by its name.
void guard_last_table(World& world, BackDoor& door) {
  if (world.engine->store().backend() == "sqlite") {
    door.run("CREATE TRIGGER guard BEFORE DELETE ON user_wallet BEGIN SELECT RAISE(ABORT, 'kept'); END");
    return;
  }
  door.run("CREATE FUNCTION guard() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'kept'; END $$ LANGUAGE plpgsql");
  door.run("CREATE TRIGGER guard BEFORE DELETE ON user_wallet FOR EACH ROW EXECUTE FUNCTION guard()");
}

void unguard(World& world, BackDoor& door) {
  door.run(world.engine->store().backend() == "sqlite" ? "DROP TRIGGER guard" : "DROP FUNCTION guard CASCADE");
}

}  // namespace

TEST_CASE("nothing that names a deleted user is left in any table, and others keep all they have (A42)") {
  for (const char* store : {"file", "postgres"}) {
    CAPTURE(store);
    World world(store);
    world.quiet = true;
    const auto ann = world.person("{}", "ann@example.com");
    const auto bob = world.person();
    for (const auto& person : {ann, bob}) person.call("settings.update", R"({"theme":"dark"})");
    const auto tables = tables_of(world.engine->store());
    BackDoor door(world.store_url());
    door.fill(tables, ann.id(), 0, 3);
    door.fill(tables, bob.id(), 100, 3);
    door.run("UPDATE audit_log SET details = '{\"email\":\"ann@example.com\"}' WHERE details IS NOT NULL");
    const auto before = rows_of(world, tables, ann.id());
    const auto of_bob = rows_of(world, tables, bob.id());
    int filled = 0;
    for (const auto& [table, n] : before) {
      CAPTURE(table);
      CHECK(n > 0);
      ++filled;
    }
    CHECK(filled > 45);
    const std::int64_t log_lines = world.count("SELECT count(*) FROM audit_log");

    // The rows are none that the product could read: nobody signs in with them, but the account can end.
    world.sql("UPDATE users SET disabled_at = $1, disabled_reason = 'deleted', delete_after = $1 WHERE id = $2",
              world.clock->now(), ann.id());
    const Call end{.operation = "users.purge_one"};
    guard_last_table(world, door);
    CHECK_THROWS_AS(world.system().answer(end), Error);
    CHECK(rows_of(world, tables, ann.id()) == before);
    unguard(world, door);

    CHECK(world.system().answer(end).body == R"({"users":1})");
    for (const auto& [table, n] : rows_of(world, tables, ann.id())) CHECK_MESSAGE(n == 0, table);
    CHECK(rows_of(world, tables, bob.id()) == of_bob);
    // The log keeps its lines, says that an account went, and knows no address any more.
    CHECK(world.count("SELECT count(*) FROM audit_log") == log_lines + 1);
    CHECK(world.count("SELECT count(*) FROM audit_log WHERE CAST(details AS TEXT) LIKE '%ann@%' AND "
                      "subject_user_id IS NULL") == 0);
    CHECK(world.rows<std::string>("SELECT resource_id FROM audit_log WHERE event_type = 'user_deleted'") ==
          std::vector{ann.id().text()});
  }
}

STORE_TEST("an account goes with what its user did, and its name and address are free again") {
  World world(store);
  const auto ann = world.person(R"({"username":"ann"})", "ann@example.com");
  const auto token = sign_in(world, ann);
  auto browser = with_session(world, token);
  const auto key = browser.call("api_keys.create", R"({"name":"mine"})")["key"].text();
  const auto program = with_key(world, key);
  const auto habit = browser.call("habits.create", R"({"name":"walk"})")["habit"];
  browser.call("habits.complete", with_id(habit));
  const Answer done = browser.answer({.operation = "user.delete", .body = kDelete});
  CHECK(done.body == R"({"deleted":true,"purge_at":null})");
  CHECK(world.rows<std::string>("SELECT to_address FROM mail_outbox WHERE template = 'account_deleted'") ==
        std::vector<std::string>{"ann@example.com"});
  REQUIRE(done.cookies.size() >= 1);
  CHECK(done.cookies[0].value.empty());
  for (const auto& caller : {ann, browser, program}) {
    CHECK(caller.error_of("captures.create", R"({"content":"x"})").code == Code::UNAUTHORIZED);
  }
  const auto again = world.person(R"({"username":"ann"})", "ann@example.com");
  CHECK(again.call("habits.list")["habits"].size() == 0);
}

STORE_TEST("deleting wants its word, a recent sign-in, and no key") {
  World world(store);
  const auto ann = world.person();
  for (const char* body : {"{}", R"({"confirm":"delete"})", R"({"confirm":"DELETE "})", R"({"confirm":null})"}) {
    CAPTURE(body);
    CHECK(ann.error_of("user.delete", body).code == Code::VALIDATION_ERROR);
  }
  auto session = world.session_of(ann);
  world.clock->advance(std::chrono::seconds(901));
  CHECK(session.error_of("user.delete", kDelete) == "FORBIDDEN reauth_required");
  const auto key = ann.call("api_keys.create", R"({"name":"all","scopes":["all:write"]})")["key"].text();
  CHECK(with_key(world, key).error_of("user.delete", kDelete) == "FORBIDDEN scope_required");
  CHECK(ann.call("user.get")["user"]["id"] == ann.id());
}

STORE_TEST("deleting with an idempotency key is no reason to fail") {
  World world(store);
  const auto ann = world.person();
  CHECK(ann.answer({.operation = "user.delete", .body = kDelete, .idempotency_key = "once"}).status == 200);
  CHECK_THROWS_AS(ann.answer({.operation = "user.delete", .body = kDelete, .idempotency_key = "once"}), Error);
}

TEST_CASE("no answer out of memory outlives its user, here or on another server") {
  for (const char* store : {"file", "postgres"}) {
    CAPTURE(store);
    World world(store);
    const auto ann = world.person();
    const auto other = world.another_engine();
    const Call today{.operation = "today.get"};
    for (int i = 0; i < 3; ++i) {
      CHECK(ann.answer(today).status == 200);
      CHECK(other->call(ann.caller(), today).status == 200);
    }
    ann.call("user.delete", kDelete);
    for (Engine* engine : {world.engine.get(), other.get()}) {
      CHECK_THROWS_AS(engine->call(ann.caller(), today), Error);
      KeptRead read{.caller = &ann.caller(), .call = &today};
      engine->answer_kept({&read, 1});
      CHECK_FALSE(read.answer.has_value());
    }
  }
}

STORE_TEST("who deleted an account takes it back with its password while there is time") {
  Config config;
  config.password_memory_kib = 64;
  config.password_time = 1;
  config.auth_require_approval = false;
  config.auth_min_age = 0;
  config.tos_current_version = "";
  config.account_delete_grace_days = 1;
  World world(store, config);
  constexpr const char* kAnn = R"({"email":"ann@x.test","password":"correct horse"})";
  const auto made = world.anonymous().answer({.operation = "auth.register", .body = kAnn});
  const auto ann = with_session(world, made.cookies.at(0).value);
  const auto again = [&](const char* body) { return world.anonymous().error_of("user.restore", body); };
  CHECK(again(kAnn) == "UNAUTHORIZED invalid_credentials");  // there is nothing to take back
  ann.call("habits.create", R"({"name":"walk"})");
  ann.call("user.delete", kDelete);
  CHECK(again(R"({"email":"ann@x.test","password":"wrong horse"})") == "UNAUTHORIZED invalid_credentials");
  CHECK(again(R"({"email":"bob@x.test","password":"correct horse"})") == "UNAUTHORIZED invalid_credentials");
  world.clock->advance(std::chrono::hours(24) - std::chrono::seconds(1));
  const Answer restored = world.anonymous().answer({.operation = "user.restore", .body = kAnn});
  CHECK(Answered(restored.body)["user"]["id"] == ann.id());
  CHECK(restored.cookies.empty());
  CHECK(world.count("SELECT count(*) FROM audit_log WHERE event_type = 'user_restored'") == 1);
  const auto in = world.anonymous().answer(
      {.operation = "auth.login", .body = R"({"identifier":"ann@x.test","password":"correct horse"})"});
  const auto back = with_session(world, in.cookies.at(0).value);
  CHECK(back.call("habits.list")["habits"].size() == 1);
  back.call("user.delete", kDelete);
  world.clock->advance(std::chrono::hours(24));
  CHECK(again(kAnn) == "UNAUTHORIZED invalid_credentials");  // although nobody has purged it yet
  CHECK(world.system().call("users.purge_one")["users"] == 1);
  // An account that an administrator closed is not the owner's to open.
  world.anonymous().answer({.operation = "auth.register", .body = kAnn});
  world.sql("UPDATE users SET disabled_at = $1, disabled_reason = 'admin'", world.clock->now());
  CHECK(again(kAnn) == "UNAUTHORIZED invalid_credentials");
}

STORE_TEST("with a grace period the account is closed at once and ends when the time is over") {
  Config config;
  config.account_delete_grace_days = 14;
  World world(store, config);
  const auto ann = world.person();
  const auto bob = world.person();
  const auto token = sign_in(world, ann);
  const auto browser = with_session(world, token);
  const Answered done = browser.call("user.delete", kDelete);
  CHECK(done["purge_at"] == world.clock->now() + std::chrono::hours(24 * 14));
  CHECK(browser.error_of("user.get").code == Code::UNAUTHORIZED);
  CHECK(ann.error_of("user.get").code == Code::UNAUTHORIZED);
  CHECK(world.count("SELECT count(*) FROM users WHERE disabled_reason = 'deleted'") == 1);
  CHECK(world.count("SELECT count(*) FROM sessions WHERE revoked_at IS NULL") == 0);
  CHECK(world.count("SELECT count(*) FROM mail_outbox WHERE template = 'account_deleted'") == 1);
  world.clock->advance(std::chrono::hours(24 * 14) - std::chrono::seconds(1));
  CHECK(world.system().call("users.purge_one")["users"] == 0);
  world.clock->advance(std::chrono::seconds(1));
  const JobReport purge = Jobs(*world.engine).run("purge");
  CHECK(purge.outcome == JobOutcome::done);
  CHECK(to_json(purge.counts) == R"({"users":1})");
  CHECK(world.count("SELECT count(*) FROM users") == 1);
  CHECK(bob.call("user.get")["user"]["id"] == bob.id());
}

}  // namespace ignition::test
