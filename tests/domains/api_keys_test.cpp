// API keys and their scopes (rule R24).
#include "ignition/domains/api_keys.hpp"

#include <algorithm>

#include "support/credentials.hpp"

using namespace ignition;
using namespace ignition::test;
using std::chrono::hours;
using std::chrono::seconds;

STORE_TEST("a key is shown once; the store has its hash, its beginning and its end (A39, T1)") {
  World world(store);
  const auto ann = world.person();
  const auto made = ann.call("api_keys.create", R"({"name":" Phone "})");
  const auto key = made["key"].text();
  CHECK(key.size() == 51);
  CHECK(key.starts_with("sk_live_"));
  CHECK(key.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 8) ==
        std::string::npos);
  CHECK(made["api_key"]["name"] == "Phone");
  CHECK(made["api_key"]["key_prefix"] == key.substr(0, 10));
  CHECK(made["api_key"]["last_four"] == key.substr(47));
  CHECK(made["api_key"]["scopes"].json() == R"(["captures:write"])");
  CHECK(made["api_key"]["expires_at"] == nullptr);
  const auto listed = ann.call("api_keys.list");
  CHECK(listed["total"] == 1);
  CHECK(listed["api_keys"][0] == made["api_key"]);
  CHECK(listed.json().find(key) == std::string::npos);
  CHECK(world.rows<std::string>("SELECT key_hash FROM api_keys WHERE user_id = $1", ann.id()) ==
        std::vector{token_hash(key)});
  CHECK(world.rows<std::string>("SELECT key FROM directory WHERE kind = 'api_key'") == std::vector{token_hash(key)});
}

STORE_TEST("a key for captures creates and reads nothing, and ends with itself or its owner (A38)") {
  World world(store);
  const auto ann = world.person();
  const auto made = ann.call("api_keys.create", R"({"name":"Phone"})");
  const auto phone = with_key(world, made["key"].text());
  CHECK(phone.id() == ann.id());
  CHECK(phone.call("captures.create", R"({"content":"buy strings"})")["title"] == "buy strings");
  CHECK(phone.error_of("captures.list") == "FORBIDDEN scope_required");
  CHECK(phone.error_of("settings.get") == "FORBIDDEN scope_required");
  CHECK(phone.error_of("api_keys.list") == "FORBIDDEN scope_required");
  CHECK(phone.error_of("auth.session") == "FORBIDDEN scope_required");

  world.sql("UPDATE users SET disabled_at = $2, disabled_reason = 'admin' WHERE id = $1", ann.id(), world.clock->now());
  CHECK(phone.error_of("captures.create", R"({"content":"x"})") == "UNAUTHORIZED not_signed_in");
  world.sql("UPDATE users SET disabled_at = NULL, disabled_reason = NULL WHERE id = $1", ann.id());

  CHECK(ann.call("api_keys.revoke", fmt::format(R"({{"id":"{}"}})", made["api_key"]["id"].text()))["revoked"] == true);
  CHECK(phone.error_of("captures.create", R"({"content":"x"})") == "UNAUTHORIZED key_ended");
  CHECK(ann.call("api_keys.list")["total"] == 0);
  CHECK(world.count("SELECT COUNT(*) FROM directory WHERE kind = 'api_key'") == 0);
}

STORE_TEST("a key reads and writes what its scopes say") {
  World world(store);
  const auto ann = world.person();
  const auto made =
      ann.call("api_keys.create", R"({"name":"k","scopes":["habits:write","today:read","habits:write"]})");
  CHECK(made["api_key"]["scopes"].json() == R"(["today:read","habits:write"])");
  const auto key = with_key(world, made["key"].text());
  CHECK(key.call("habits.create", R"({"name":"walk"})")["habit"]["name"] == "walk");
  CHECK(key.call("habits.list")["total"] == 1);
  CHECK(key.call("sync.state").exists());
  CHECK(key.error_of("goals.list") == "FORBIDDEN scope_required");
  CHECK(ann.error_of("api_keys.create", R"({"name":"x","scopes":["habits:admin"]})").code == Code::VALIDATION_ERROR);
  CHECK(ann.error_of("api_keys.create", R"({"name":"x","scopes":[]})").code == Code::VALIDATION_ERROR);
}

STORE_TEST("a key passes its owner's gates even where the owner need not") {
  World world(store);
  const auto ann = world.person();
  const auto key =
      with_key(world, ann.call("api_keys.create", R"({"name":"k","scopes":["profile:read"]})")["key"].text());
  CHECK(key.call("user.get")["user"]["id"] == ann.id());
  world.sql("UPDATE users SET tos_version = NULL WHERE id = $1", ann.id());
  CHECK(ann.call("user.get")["user"]["tos_accepted"] == false);
  CHECK(key.error_of("user.get") == "FORBIDDEN tos_unaccepted");
}

STORE_TEST("a key with an end ends then") {
  World world(store);
  const auto ann = world.person();
  const auto made = ann.call("api_keys.create", R"({"name":"k","scopes":["all:read"],"expires_in_days":2})");
  CHECK(made["api_key"]["expires_at"] == world.clock->now() + hours(48));
  const auto key = with_key(world, made["key"].text());
  world.clock->advance(hours(48) - seconds(1));
  CHECK(key.call("habits.list")["total"] == 0);
  world.clock->advance(seconds(1));
  CHECK(key.error_of("habits.list") == "UNAUTHORIZED key_ended");
}

STORE_TEST("a person has at most twenty-five keys, each with a name of its own, and nobody else's") {
  World world(store);
  const auto ann = world.person();
  const auto bob = world.person();
  for (int i = 0; i < 25; ++i) {
    ann.call("api_keys.create", fmt::format(R"({{"name":"key {}","expires_in_days":1}})", i));
  }
  CHECK(ann.error_of("api_keys.create", R"({"name":"one more"})") == "CONFLICT too_many_keys");
  CHECK(ann.error_of("api_keys.create", R"({"name":"key 3"})") == "CONFLICT name_taken");
  CHECK(bob.call("api_keys.create", R"({"name":"key 3"})")["api_key"]["name"] == "key 3");
  const auto second = ann.call("api_keys.list", R"({"page":2,"page_size":10})");
  CHECK(second["total"] == 25);
  CHECK(second["api_keys"].size() == 10);
  const auto id = second["api_keys"][0]["id"].text();
  CHECK(bob.error_of("api_keys.revoke", fmt::format(R"({{"id":"{}"}})", id)) == "NOT_FOUND not_found");
  // Those that ended by themselves do not count.
  world.clock->advance(hours(24));
  CHECK(ann.call("api_keys.create", R"({"name":"one more"})")["api_key"]["name"] == "one more");
}

STORE_TEST("use of a key is stored once a minute, with the address") {
  World world(store);
  const auto ann = world.person();
  const auto made = ann.call("api_keys.create", R"({"name":"k","scopes":["all:read"]})");
  const auto key = with_key(world, made["key"].text());
  const auto use = key.answer({.operation = "habits.list"}).use;
  REQUIRE(use.has_value());
  CHECK(use->credential == Credential::api_key);
  CHECK_FALSE(use->used_at.has_value());
  const auto touched = [&] {
    return world.engine
        ->call(Caller::system(), &api_keys::touch,
               {.user_id = use->user, .id = use->id, .at = world.clock->now(), .ip = {{"9.9.9.9"}}})
        .stored;
  };
  CHECK(touched());
  CHECK_FALSE(touched());
  world.clock->advance(seconds(60));
  CHECK(touched());
  CHECK(ann.call("api_keys.list")["api_keys"][0]["last_used_at"] == world.clock->now());
  CHECK(world.rows<std::string>("SELECT last_used_ip FROM api_keys") == std::vector<std::string>{"9.9.9.9"});
}

STORE_TEST("a key is kept nowhere, though an idempotency key came with the wish for it (T1)") {
  World world(store);
  const auto ann = world.person();
  const auto answer =
      ann.answer({.operation = "api_keys.create", .body = R"({"name":"k"})", .idempotency_key = "once"});
  CHECK(answer.status == 201);
  CHECK(world.count("SELECT COUNT(*) FROM idempotency_keys") == 0);
}

STORE_TEST("what a key does is told to the security log as the key's") {
  World world(store);
  const auto ann = world.person();
  const auto made = ann.call("api_keys.create", R"({"name":"k"})");
  CHECK(world.rows<std::string>("SELECT resource_id FROM audit_log WHERE event_type = 'api_key_created'") ==
        std::vector{made["api_key"]["id"].text()});
}
