// The security log, feature flags, numbers and configuration as administrators see them (rules R40 to R42, R48).
#include "support/administrators.hpp"

using namespace ignition;
using namespace ignition::test;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

bool flag(const Person& person, std::string_view name, std::string_view body = "{}") {
  return person.call("flags.get", body)["flags"][name].boolean();
}

Person local(World& world) {
  world.system().call("users.ensure_local");
  return {world, Caller::local()};
}

// Ids of the entries that a filter finds.
std::size_t found(const Person& admin, std::string_view body) {
  const auto answer = admin.call("admin.audit.list", body);
  CHECK(answer["total"] == answer["entries"].size());
  return answer["entries"].size();
}

}  // namespace

STORE_TEST("the security log is read newest first, by pages with a real total (T22)") {
  World world(store);
  const auto admin = with_role(world, "admin");
  for (int i = 0; i < 7; ++i) {
    world.clock->advance(seconds(1));
    world.person();
  }
  const auto total = world.count("SELECT COUNT(*) FROM audit_log");
  const auto first = admin.call("admin.audit.list", R"({"page_size": 4})");
  CHECK(first["total"] == total);
  CHECK(first["entries"].size() == 4);
  CHECK(first["entries"][0]["event_type"] == "user_created");
  CHECK(first["entries"][0]["created_at"] == world.clock->now());
  CHECK(first["entries"][0]["user_email"] == "person8@example.com");
  CHECK(first["entries"][3]["user_email"] == "person5@example.com");
  const auto second = admin.call("admin.audit.list", R"({"page_size": 4, "page": 2})");
  CHECK(second["entries"][0]["user_email"] == "person4@example.com");
  CHECK(second["entries"][2]["user_email"] == "person2@example.com");
}

STORE_TEST("every filter of the security log narrows it, alone and together (T24)") {
  World world(store);
  const auto admin = with_role(world, "admin");
  const auto ann = world.person("{}", "ann@x.test");
  world.clock->advance(hours(1));
  Person root(world, admin.caller());
  root.caller().origin = {.ip_address = "203.0.113.7", .user_agent = "test", .request_id = "req-1"};
  root.call("admin.users.approve", with_id(ann.id(), R"("approved": false)"));
  const auto by = [&](std::string_view key, std::string_view value) {
    return found(admin, fmt::format(R"({{"{}": "{}"}})", key, value));
  };
  CHECK(by("event_type", "user_unapproved") == 1);
  CHECK(by("event_type", "user_created") == 2);
  CHECK(by("actor_user_id", admin.id().text()) == 1);
  CHECK(by("user_id", ann.id().text()) == 2);
  CHECK(by("resource_type", "user") == 2);
  CHECK(by("resource_id", ann.id().text()) == 1);
  CHECK(by("status", "denied") == 0);
  CHECK(by("ip_address", "203.0.113.7") == 1);
  CHECK(by("request_id", "req-1") == 1);
  CHECK(by("from", "2026-03-10T10:00:00Z") == 1);
  CHECK(by("to", "2026-03-10T09:00:00Z") == 0);
  CHECK(found(admin, fmt::format(R"({{"user_id": "{}", "event_type": "user_created", "status": "success",
                                     "to": "2026-03-10T10:00:00Z"}})",
                                 ann.id().text())) == 1);
  CHECK(by("event_type", "x'; DROP TABLE users;--") == 0);
  CHECK(admin.error_of("admin.audit.list", R"({"status": "x'; DROP TABLE users;--"})") ==
        "VALIDATION_ERROR status:not_one_of");
  CHECK(world.count("SELECT COUNT(*) FROM users") == 2);
  const auto entry = admin.call("admin.audit.list", R"({"event_type": "user_unapproved"})")["entries"][0];
  CHECK(entry["actor_user_id"] == admin.id());
  CHECK(entry["user_id"] == ann.id());
  CHECK(entry["user_email"] == "ann@x.test");
  CHECK(entry["user_agent"] == "test");
  CHECK(with_role(world, "moderator").error_of("admin.audit.list") == "FORBIDDEN entitlement_required");
}

STORE_TEST("whatever is written into the security log has a type of the list (R40)") {
  World world(store);
  const auto types = with_role(world, "admin").call("admin.audit.event_types")["event_types"];
  CHECK(types.size() == 62);
  CHECK(types[0] == "account_claimed");
  std::vector<std::string> names;
  for (std::size_t i = 0; i < types.size(); ++i) names.push_back(types[static_cast<int>(i)].text());
  CHECK(std::ranges::is_sorted(names));
  for (const auto& type : world.rows<std::string>("SELECT DISTINCT event_type FROM audit_log")) {
    CHECK(std::ranges::find(names, type) != names.end());
  }
}

STORE_TEST("a flag is changed for everybody, with the next request (A46, R48)") {
  World world(store);
  const auto root = with_role(world, "super_admin");
  const auto me = local(world);
  const auto put = [&](std::string_view body) { return root.call("admin.flags.put", body)["flag"]; };
  CHECK_FALSE(flag(me, "beta_fitness", R"({"client_version": "2.0.0"})"));
  CHECK(put(R"({"name": "beta_fitness", "enabled": true})")["metadata"].json() == R"({"min_version":"2.0.0"})");
  CHECK_FALSE(flag(me, "beta_fitness", R"({"client_version": "1.9.9"})"));
  CHECK(flag(me, "beta_fitness", R"({"client_version": "2.0.0"})"));
  put(R"({"name": "social_features", "enabled": true, "metadata": {"rollout_percentage": 9}})");
  CHECK(flag(me, "social_features"));
  put(R"({"name": "social_features", "enabled": true, "metadata": {"rollout_percentage": 8}})");
  CHECK_FALSE(flag(me, "social_features"));
  CHECK(entries(world, "flag_changed") == 3);

  CHECK(put(R"({"name": "mine", "enabled": true, "description": "x", "metadata": {"a": 1}})")["is_shipped"] == false);
  CHECK(flag(me, "mine"));
  CHECK(put(R"({"name": "mine", "enabled": false, "metadata": null})")["description"] == "x");
  CHECK_FALSE(flag(me, "mine"));
  const auto refused = [&](std::string_view body) { return root.error_of("admin.flags.put", body); };
  CHECK(refused(R"({"name": "1st", "enabled": true})") == "VALIDATION_ERROR name:invalid_format");
  CHECK(refused(R"({"name": "a", "enabled": true, "metadata": {"rollout_percentage": 101}})") ==
        "VALIDATION_ERROR metadata.rollout_percentage:out_of_range");
  CHECK(refused(R"({"name": "a", "enabled": true, "metadata": {"min_version": "new"}})") ==
        "VALIDATION_ERROR metadata.min_version:invalid_format");
  CHECK(refused(R"({"name": "a", "enabled": true, "metadata": {"roles": "admin"}})") ==
        "VALIDATION_ERROR metadata.roles:wrong_type");
  CHECK(with_role(world, "admin").error_of("admin.flags.list") == "FORBIDDEN entitlement_required");
  CHECK(root.call("admin.flags.list")["flags"].size() == 19);
}

STORE_TEST("a deleted flag of the product returns as it was shipped, one of an operator's goes") {
  World world(store);
  const auto root = with_role(world, "super_admin");
  root.call("admin.flags.put", R"({"name": "ai_coach", "enabled": true, "metadata": null})");
  root.call("admin.flags.put", R"({"name": "mine", "enabled": true})");
  CHECK(flag(root, "ai_coach"));
  CHECK(root.call("admin.flags.delete", R"({"name": "ai_coach"})").json() == R"({"deleted":true,"name":"ai_coach"})");
  CHECK_FALSE(flag(root, "ai_coach"));
  CHECK(root.call("flags.get")["metadata"]["ai_coach"].json() == R"({"model":"gpt-4"})");
  root.call("admin.flags.delete", R"({"name": "mine"})");
  CHECK(root.error_of("admin.flags.delete", R"({"name": "mine"})") == "NOT_FOUND not_found");
  CHECK(root.call("admin.flags.list")["flags"].size() == 18);
}

STORE_TEST("a flag is set for one user until an instant, and Today follows") {
  World world(store);
  const auto ann = world.settled_person();
  const auto bob = world.person();
  const auto root = with_role(world, "super_admin");
  const auto body = [&](std::string_view more) {
    return fmt::format(R"({{"name": "music_analysis", "id": "{}"{}}})", ann.id().text(), more);
  };
  const auto until = world.clock->now() + hours(1);
  const auto made =
      root.call("admin.flags.set_override",
                body(fmt::format(R"(, "enabled": false, "note": "test", "expires_at": "{}")", until.text())));
  CHECK(made["override"]["enabled"] == false);
  CHECK(made["override"]["user_id"] == ann.id());
  CHECK_FALSE(flag(ann, "music_analysis"));
  CHECK(flag(bob, "music_analysis"));
  CHECK(root.call("admin.flags.list").json().find(R"("flag_name":"ai_coach")") != std::string::npos);
  world.clock->advance(hours(1));
  CHECK(flag(ann, "music_analysis"));
  CHECK(root.call("admin.flags.clear_override", body(""))["deleted"] == true);
  CHECK(root.error_of("admin.flags.clear_override", body("")) == "NOT_FOUND not_found");
  CHECK(root.error_of("admin.flags.set_override", R"({"name": "nothing", "id": ")" + ann.id().text() +
                                                      R"(", "enabled": true})") == "NOT_FOUND not_found");
  CHECK(root.error_of("admin.flags.set_override", body(R"(, "enabled": true, "expires_at": "2026-01-01T00:00:00Z")")) ==
        "VALIDATION_ERROR expires_at:in_the_past");

  const auto next_action = [&] { return ann.call("today.get")["flags"].json(); };
  const auto before = next_action();
  root.call("admin.flags.set_override", fmt::format(R"({{"name": "TODAY_FEATURES_MASTER", "id": "{}",
                                                         "enabled": false}})",
                                                    ann.id().text()));
  CHECK(next_action() != before);
}

STORE_TEST("numbers are counted, and a count that fails is null and named (T23, R42)") {
  World world(store);
  const auto admin = with_role(world, "admin");
  const auto ann = world.person();
  world.person(R"({"approved": false, "email_verified": false, "tos_accepted": false})");
  ann.call("goals.create", R"({"title": "run"})");
  const auto habit = ann.call("habits.create", R"({"name": "walk"})");
  ann.call("habits.complete", with_id(habit["habit"]));
  auto stats = admin.call("admin.stats");
  CHECK(stats["users"].json() == R"({"total_users":3,"tos_accepted":2,"admins":1,"active_7d":1,"active_30d":1,)"
                                 R"("pending_approval":1,"disabled":0,"verified":2})");
  CHECK(stats["activity"]["total_goals"] == 1);
  CHECK(stats["activity"]["habit_completions"] == 1);
  CHECK(stats["activity"]["total_events"].integer() >= 1);
  CHECK(stats["activity"]["events_24h"] == stats["activity"]["total_events"]);
  CHECK(stats["activity"]["total_books"] == nullptr);
  CHECK(stats["content"]["exercises"] == nullptr);
  CHECK(stats["content"]["market_items"] == world.count("SELECT COUNT(*) FROM market_items"));
  CHECK(stats["gamification"]["total_xp_distributed"] ==
        world.count("SELECT CAST(SUM(total_xp) AS BIGINT) FROM user_progress"));
  CHECK(stats["gamification"]["ledger_entries"] == world.count("SELECT COUNT(*) FROM points_ledger"));
  CHECK(stats["recent_users"].size() == 3);
  CHECK(stats["recent_events"].size() > 3);
  CHECK(stats["warnings"].size() == 0);

  world.clock->advance(hours(24 * 8));
  stats = world.system().call("admin.stats");
  CHECK(stats["users"]["active_7d"] == 0);
  CHECK(stats["users"]["active_30d"] == 1);
  CHECK(stats["activity"]["events_24h"] == 0);

  world.quiet = true;
  world.sql("ALTER TABLE universal_quests RENAME TO away");
  stats = world.system().call("admin.stats");
  CHECK(stats["content"]["universal_quests"] == nullptr);
  CHECK(stats["warnings"][0] == "universal_quests could not be counted");
  CHECK(stats["users"]["total_users"] == 3);

  const auto accounts = world.system().call("admin.users.stats");
  CHECK(accounts["total_users"] == 3);
  CHECK(accounts["pending"] == 1);
  CHECK(accounts["signups_7d"] == 0);
  CHECK(accounts["by_provider"].json() == R"([{"provider":"password","count":0}])");
  world.sql("ALTER TABLE away RENAME TO universal_quests");  // the database is used again
}

TEST_CASE("the configuration is shown with its sources, and of secrets only whether they are set") {
  const auto config = Config::from(Map<std::string>{
      .entries = {{"AUTH_MIN_AGE", "18"}, {"ADMIN_CLAIM_KEY", "0123456789abcdef0123456789abcdef"}, {"FLAG_x", "on"}}});
  World world("memory", config);
  const auto root = with_role(world, "super_admin");
  const auto variables = root.call("admin.config")["variables"];
  const auto shown = [&](std::string_view name) {
    for (std::size_t i = 0; i < variables.size(); ++i) {
      const auto one = variables[static_cast<int>(i)];
      if (one["name"] == name) return one.json();
    }
    return std::string("missing");
  };
  CHECK(shown("AUTH_MIN_AGE") == R"({"name":"AUTH_MIN_AGE","value":"18","source":"env"})");
  CHECK(shown("AUTH_REAUTH_SECONDS") == R"({"name":"AUTH_REAUTH_SECONDS","value":"900","source":"default"})");
  CHECK(shown("ADMIN_CLAIM_KEY") == R"({"name":"ADMIN_CLAIM_KEY","value":"set","source":"env"})");
  CHECK(shown("FLAG_x") == R"({"name":"FLAG_x","value":"on","source":"env"})");
  CHECK(with_role(world, "admin").error_of("admin.config") == "FORBIDDEN entitlement_required");
  World plain;
  CHECK(plain.system().call("admin.config").json().find(R"({"name":"ADMIN_CLAIM_KEY","value":null)") !=
        std::string::npos);
}

STORE_TEST("an account is deleted with everything in it, or not at all (A42, T20)") {
  World world(store);
  world.quiet = true;
  const auto root = with_role(world, "super_admin");
  const auto admin = with_role(world, "admin");
  const auto ann = world.person("{}", "ann@x.test");
  sign_in(world, ann);
  ann.call("habits.create", R"({"name": "walk"})");
  const auto erase = [&](const Person& by, std::string_view address) {
    return by.error_of("admin.users.delete", with_id(ann.id(), fmt::format(R"("confirm": "{}")", address)));
  };
  CHECK(erase(admin, "other@x.test") == "VALIDATION_ERROR confirm:not_confirmed");
  CHECK(admin.error_of("admin.users.delete", with_id(root.id(), R"("confirm": "person1@example.com")")) ==
        "FORBIDDEN rank_too_low");
  CHECK(admin.error_of("admin.users.delete", with_id(admin.id(), R"("confirm": "person2@example.com")")) ==
        "CONFLICT own_account");
  CHECK(world.system().error_of("admin.users.delete_unconfirmed", with_id(root.id())) == "CONFLICT last_super_admin");

  const auto gone = admin.call("admin.users.delete", with_id(ann.id(), R"("confirm": "Ann@X.test")"));
  CHECK(gone["deleted"] == true);
  CHECK(gone["rows_deleted"]["users"] == 1);
  CHECK(gone["rows_deleted"]["habits"] == 1);
  CHECK(gone["rows_deleted"]["sessions"] == 1);
  for (const char* table : {"habits", "sessions", "directory", "user_wallet", "user_progress"}) {
    CAPTURE(table);
    CHECK(world.count(fmt::format("SELECT COUNT(*) FROM {} WHERE user_id = '{}'", table, ann.id().text())) == 0);
  }
  CHECK(world.count(fmt::format("SELECT COUNT(*) FROM audit_log WHERE event_type = 'user_deleted' AND actor_user_id = "
                                "'{}' AND resource_id = '{}'",
                                admin.id().text(), ann.id().text())) == 1);
  CHECK(mails(world) == std::vector<std::string>{"account_deleted ann@x.test"});
  CHECK(admin.error_of("admin.users.get", with_id(ann.id())) == "NOT_FOUND not_found");

  world.clock->advance(hours(1));
  CHECK(admin.error_of("admin.users.delete", with_id(root.id(), R"("confirm": "x@x.test")")) ==
        "FORBIDDEN reauth_required");
}

STORE_TEST("the security log leaves as lines of JSON or as a table, whole and in order") {
  World world(store);
  const auto admin = with_role(world, "admin");
  for (int i = 0; i < 600; ++i) {
    world.sql(
        "INSERT INTO audit_log (id, event_type, action, status, resource_id, created_at) "
        "VALUES ($1, 'login_failed', 'login', 'failure', $2, $3)",
        Uuid::parse(fmt::format("0194f5c0-0000-7000-8000-{:012x}", i)).value(),
        i == 7 ? std::string("=1+1,\"x\"") : std::to_string(i), world.clock->now() - seconds(i / 3));
  }
  const auto text = admin.answer({.operation = "admin.audit.export", .body = R"({"event_type": "login_failed"})"}).body;
  CHECK(std::ranges::count(text, '\n') == 600);
  CHECK(Answered(text.substr(0, text.find('\n')))["event_type"] == "login_failed");
  for (int i = 0; i < 600; ++i) {
    const auto id = fmt::format("0194f5c0-0000-7000-8000-{:012x}", i);
    const auto at = text.find(id);
    REQUIRE(at != std::string::npos);
    CHECK(text.find(id, at + 1) == std::string::npos);
  }
  const auto table =
      admin.answer({.operation = "admin.audit.export", .body = R"({"event_type": "login_failed", "format": "csv"})"});
  CHECK(table.content_type == "text/csv; charset=utf-8");
  CHECK(table.body.starts_with("id,created_at,event_type,"));
  CHECK(table.body.find("\"'=1+1,\"\"x\"\"\"") != std::string::npos);
  CHECK(std::ranges::count(table.body, '\n') == 601);
  CHECK(world.count("SELECT COUNT(*) FROM audit_log WHERE resource_type = 'audit_log'") == 2);
}

STORE_TEST("the database tells how it is, and what would be removed (R43)") {
  World world(store);
  const auto admin = with_role(world, "admin");
  auto health = admin.call("admin.db.health");
  CHECK(health["status"] == "healthy");
  CHECK(health["backend"] == (store == "postgres" ? "postgresql" : "sqlite"));
  CHECK(health["pending_migrations"] == 0);
  CHECK(health["schema_version"].integer() > 9);
  CHECK(health["integrity"] == "ok");
  CHECK(health["size_bytes"].integer() > 0);
  CHECK(health["total_size_estimate"].text().ends_with("MB"));
  CHECK(health["tables"].size() > 50);
  for (std::size_t i = 0; i < health["tables"].size(); ++i) {
    const auto table = health["tables"][static_cast<int>(i)];
    if (table["name"] == "users") CHECK(table["row_count"] == 1);
    CHECK(table["row_count"].integer() >= 0);
  }
  CHECK(health["checks"]["active_sessions"] == 1);
  CHECK(health["checks"]["admin_users"] == 1);
  CHECK(health["checks"]["users_without_signin_method"] == 1);
  CHECK(health["issues"].size() == 0);

  world.sql("INSERT INTO directory (kind, key, user_id) VALUES ('email', 'nobody@x.test', $1)", Uuid{});
  health = world.system().call("admin.db.health");
  CHECK(health["status"] == "degraded");
  CHECK(health["checks"]["orphaned_accounts"] == 1);

  world.clock->advance(hours(24 * 121));
  const auto would = world.system().call("admin.db.cleanup");
  CHECK(would["dry_run"] == true);
  CHECK(would["removed"]["sessions"] == 1);
  CHECK(world.count("SELECT COUNT(*) FROM sessions") == 1);
  const auto did = world.system().call("admin.db.cleanup", R"({"dry_run": false})");
  CHECK(did["removed"]["sessions"] == 1);
  CHECK(world.count("SELECT COUNT(*) FROM sessions") == 0);
  CHECK(entries(world, "cleanup_run") == 1);
}
