// Signed-in callers whose reads are answered together (rules R17, R20).
#include <functional>

#include "support/credentials.hpp"

using namespace ignition;
using namespace ignition::test;
using std::chrono::seconds;

namespace {

// Three devices of one person, another person, and somebody whom the host program knows.
struct Crowd {
  explicit Crowd(World& world_) : world(world_), ann(world.person()), ben(world.person()) {
    const auto make = [&](std::string_view scope) {
      return ann.call("api_keys.create", fmt::format(R"({{"name":"{0}","scopes":["{0}"]}})", scope))["key"].text();
    };
    callers = {with_session(world, sign_in(world, ann)).caller(),
               with_access_token(world, native_sign_in(world, ann)["access_token"].text()).caller(),
               with_key(world, make("today:read")).caller(),
               with_session(world, sign_in(world, ben)).caller(),
               ben.caller(),
               with_key(world, make("habits:read")).caller()};
    ann.call("today.get");
    ben.call("today.get");
  }

  // Who is answered from memory, as a text of 1 and 0.
  std::string answered() {
    const Call today{.operation = "today.get"};
    std::vector<KeptRead> reads;
    for (const Caller& caller : callers) reads.push_back({.caller = &caller, .call = &today});
    world.engine->answer_kept(reads);
    std::string out;
    for (const KeptRead& read : reads) {
      out += read.answer ? '1' : '0';
      if (!read.answer) continue;
      const Answer alone = world.engine->call(*read.caller, today);
      CHECK(read.answer->body == alone.body);
      REQUIRE(read.answer->use.has_value() == alone.use.has_value());
      if (!alone.use) continue;
      CHECK(read.answer->use->id == alone.use->id);
      CHECK(read.answer->use->used_at == alone.use->used_at);
      CHECK(read.answer->use->expires_at == alone.use->expires_at);
      CHECK(read.answer->use->rotates == alone.use->rotates);
    }
    return out;
  }

  World& world;
  Person ann;
  Person ben;
  std::vector<Caller> callers;
};

}  // namespace

STORE_TEST("signed-in callers are answered from memory as each would be alone; who may not is not") {
  World world(store);
  Crowd crowd(world);
  CHECK(crowd.answered() == "111110");
}

STORE_TEST("whatever ends on another server is not answered from memory any more") {
  World world(store);
  Crowd crowd(world);
  REQUIRE(crowd.answered() == "111110");
  const std::unique_ptr<Engine> other = store == "memory" ? nullptr : world.another_engine();
  Engine& elsewhere = other ? *other : *world.engine;
  const auto end_session = [&](const Caller& caller) {
    elsewhere.call(Caller::host(caller.user), {.operation = "sessions.revoke",
                                               .body = fmt::format(R"({{"id":"{}"}})", caller.session_id->text())});
    // The write raised the revision: what is kept is worked out anew by somebody who is still there.
    world.engine->call(Caller::host(caller.user), {.operation = "today.get"});
  };
  world.sql("INSERT INTO revoked_tokens (jti, user_id, expires_at, reason) VALUES ($1, $2, $3, 'logout')",
            crowd.callers[1].access_token->id, crowd.ann.id(), world.clock->now() + seconds(60));
  CHECK(crowd.answered() == "101110");
  end_session(crowd.callers[0]);
  CHECK(crowd.answered() == "001110");
  elsewhere.call(
      Caller::host(crowd.ann.id()),
      {.operation = "api_keys.revoke", .body = fmt::format(R"({{"id":"{}"}})", crowd.callers[2].api_key_id->text())});
  world.engine->call(Caller::host(crowd.ann.id()), {.operation = "today.get"});
  CHECK(crowd.answered() == "000110");
  world.sql("UPDATE users SET disabled_at = created_at, disabled_reason = 'admin' WHERE id = $1", crowd.ben.id());
  CHECK(crowd.answered() == "000000");
}

STORE_TEST("a session that is over in time, or whose token was replaced, is not answered from memory") {
  World world(store);
  Crowd crowd(world);
  world.engine->call(crowd.callers[3], {.operation = "auth.rotate_session"});
  world.engine->call(Caller::host(crowd.ben.id()), {.operation = "today.get"});
  CHECK(crowd.answered() == "111010");
  world.clock->advance(std::chrono::hours(24 * 31));
  crowd.ann.call("today.get");
  crowd.ben.call("today.get");
  CHECK(crowd.answered() == "001010");
}

STORE_TEST("forty-five callers are answered with one statement for each kind of credential") {
  World world(store);
  if (store == "memory") return;  // a second engine would not see it
  const auto ann = world.person();
  std::vector<Caller> callers;
  for (int i = 0; i < 40; ++i) callers.push_back(with_session(world, sign_in(world, ann)).caller());
  for (int i = 0; i < 5; ++i) {
    callers.push_back(with_access_token(world, native_sign_in(world, ann)["access_token"].text()).caller());
  }
  std::vector<std::string> statements;
  const auto watched = Engine::open(
      {.store_url = world.store_url(),
       .store = {.pool_min_idle = 0},
       .config = world.engine->config(),
       .clock = world.clock,
       .share_answers = false,
       .watcher = [&](std::string_view, std::string_view statement) { statements.emplace_back(statement); }});
  const Call today{.operation = "today.get"};
  watched->call(callers[0], today);
  statements.clear();
  std::vector<KeptRead> reads;
  for (const Caller& caller : callers) reads.push_back({.caller = &caller, .call = &today});
  watched->answer_kept(reads);
  CHECK(statements.size() == 1);
  for (const KeptRead& read : reads) CHECK(read.answer.has_value());
}
