// Sessions and the gates that their owners open (rules R14 to R17, R23, R25 to R27).
#include "ignition/domains/sessions.hpp"

#include <set>
#include <thread>

#include "ignition/domains/auth.hpp"
#include "support/credentials.hpp"

using namespace ignition;
using namespace ignition::test;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

// The one new token that a call orders into the client's jar.
std::string new_token(const Answer& answer) {
  REQUIRE(answer.cookies.size() == 1);
  CHECK(answer.cookies[0].jar == CookieOrder::Jar::session);
  return answer.cookies[0].value;
}

constexpr std::string_view kAcceptTerms = R"({"accepted":true,"version":"1.0"})";

}  // namespace

STORE_TEST("a session is found by its token, of which only the hash is stored (A2, T1)") {
  World world(store);
  const auto ann = world.person();
  const auto token = sign_in(world, ann);
  CHECK(token.size() == 43);
  const auto me = with_session(world, token);
  CHECK(me.id() == ann.id());
  CHECK(me.call("auth.me")["user"]["id"] == ann.id());
  const auto there = me.call("auth.session");
  CHECK(there["user"]["id"] == ann.id());
  CHECK(there["session"]["current"] == true);
  CHECK(there["session"]["kind"] == "cookie");
  CHECK(there["session"]["auth_method"] == "password");
  CHECK(there["session"]["auth_time"] == world.clock->now());
  CHECK(world.rows<std::string>("SELECT token_hash FROM sessions WHERE user_id = $1", ann.id()) ==
        std::vector{token_hash(token)});
  CHECK(world.rows<std::string>("SELECT key FROM directory WHERE kind = 'session'") == std::vector{token_hash(token)});
}

STORE_TEST("a token that nobody has leads nowhere") {
  World world(store);
  const auto nobody = world.engine->call(Caller::system(), &sessions::locate, {.token_hash = {token_hash("anything")}});
  CHECK_FALSE(nobody.user_id.has_value());
  CHECK_FALSE(nobody.id.has_value());
}

STORE_TEST("a rotation kills the old token at once and keeps the session, its age and its end (A24, T7)") {
  World world(store);
  const auto ann = world.person(R"({"tos_accepted":false})");
  const auto old_token = sign_in(world, ann);
  const auto old_me = with_session(world, old_token);
  const auto before = old_me.call("auth.session")["session"];
  world.clock->advance(hours(1));

  const auto answer = old_me.answer({.operation = "auth.accept_tos", .body = kAcceptTerms});
  const auto token = new_token(answer);
  CHECK(token != old_token);
  // The cookie lives as long as the session: 30 days less the hour.
  CHECK(answer.cookies[0].max_age == hours(24 * 30 - 1));
  CHECK(old_me.error_of("auth.me") == "UNAUTHORIZED session_rotated");
  const auto me = with_session(world, token);
  const auto after = me.call("auth.session")["session"];
  for (const char* key : {"id", "created_at", "expires_at", "absolute_expires_at", "auth_time"}) {
    CAPTURE(key);
    CHECK(after[key] == before[key]);
  }
  world.clock->advance(seconds(61));
  CHECK(old_me.error_of("auth.me") == "UNAUTHORIZED session_ended");
  CHECK(me.call("auth.me")["user"]["tos_accepted"] == true);
  CHECK(world.count("SELECT rotation_count FROM sessions") == 1);
}

STORE_TEST("rotating on request needs a session of a cookie") {
  World world(store);
  const auto ann = world.person();
  const auto me = with_session(world, sign_in(world, ann));
  const auto answer = me.answer({.operation = "auth.rotate_session"});
  CHECK(with_session(world, new_token(answer)).call("auth.me")["user"]["id"] == ann.id());
  CHECK(me.error_of("auth.me") == "UNAUTHORIZED session_rotated");
  CHECK(ann.error_of("auth.rotate_session") == "CONFLICT no_cookie_session");
}

STORE_TEST("a session slides with use, never beyond its cap (A26)") {
  World world(store, {}, Instant::parse("2026-01-01T12:00:00Z").value());
  const auto ann = world.person();
  const auto token = sign_in(world, ann);
  const auto me = with_session(world, token);
  const auto id = *me.caller().session_id;
  const auto used = [&](const char* date) {
    const Instant at = Instant::parse(std::string(date) + "T12:00:00Z").value();
    world.clock->set(at);
    world.engine->call(Caller::system(), &sessions::touch, {.user_id = ann.id(), .id = id, .at = at, .ip = {}});
    return me.call("auth.session")["session"]["expires_at"].text().substr(0, 10);
  };
  CHECK(used("2026-01-01") == "2026-01-31");
  CHECK(used("2026-01-10") == "2026-01-31");
  CHECK(used("2026-01-20") == "2026-02-19");
  CHECK(used("2026-02-15") == "2026-03-17");
  CHECK(used("2026-03-10") == "2026-04-01");
  CHECK(used("2026-03-25") == "2026-04-01");
  world.clock->set(Instant::parse("2026-04-01T12:00:00Z").value());
  CHECK(me.error_of("auth.me") == "UNAUTHORIZED session_ended");
}

STORE_TEST("use is stored once a minute, as presence too, and moves neither the revision nor the gap (T40)") {
  World world(store);
  const auto ann = world.person();
  const auto me = with_session(world, sign_in(world, ann));
  const auto revision = world.revision(ann);
  const auto touched = [&] {
    return world.engine
        ->call(Caller::system(), &sessions::touch,
               {.user_id = ann.id(), .id = *me.caller().session_id, .at = world.clock->now(), .ip = {{"9.9.9.9"}}})
        .stored;
  };
  CHECK_FALSE(touched());
  world.clock->advance(seconds(59));
  CHECK_FALSE(touched());
  world.clock->advance(seconds(1));
  CHECK(touched());
  CHECK_FALSE(touched());
  CHECK(world.revision(ann) == revision);
  const auto session = me.call("auth.session")["session"];
  CHECK(session["last_active_at"] == world.clock->now());
  CHECK(session["last_ip"] == "9.9.9.9");
  CHECK(session["ip_address"] == nullptr);
  CHECK(world.rows<Instant>("SELECT last_seen_at FROM users WHERE id = $1", ann.id()).at(0) == world.clock->now());
  CHECK(world.count("SELECT COUNT(*) FROM engagement_state WHERE last_activity_at IS NOT NULL") == 0);
}

STORE_TEST("with an idle limit, a session that was not used is dead") {
  World world(store, {.auth_session_idle = seconds(600)});
  const auto ann = world.person();
  const auto me = with_session(world, sign_in(world, ann));
  world.clock->advance(seconds(600));
  CHECK(me.call("sessions.list")["total"] == 1);
  world.clock->advance(seconds(1));
  CHECK(me.error_of("auth.me") == "UNAUTHORIZED session_ended");
  CHECK(ann.call("sessions.list")["total"] == 0);
}

STORE_TEST("of fifty-one sign-ins the device used least recently is signed out (A27)") {
  World world(store);
  const auto ann = world.person();
  std::vector<std::string> tokens;
  for (int i = 0; i < 50; ++i) {
    tokens.push_back(sign_in(world, ann));
    world.clock->advance(seconds(60));
  }
  // The first one is used again, so that the second is the one to go.
  const auto first = with_session(world, tokens[0]);
  world.engine->call(Caller::system(), &sessions::touch,
                     {.user_id = ann.id(), .id = *first.caller().session_id, .at = world.clock->now(), .ip = {}});
  const auto second = with_session(world, tokens[1]);
  CHECK(ann.call("sessions.list")["total"] == 50);
  tokens.push_back(sign_in(world, ann));
  CHECK(ann.call("sessions.list")["total"] == 50);
  CHECK(second.error_of("auth.me") == "UNAUTHORIZED session_ended");
  CHECK(first.call("auth.me")["user"]["id"] == ann.id());
  CHECK(world.rows<std::string>("SELECT revoke_reason FROM sessions WHERE revoked_at IS NOT NULL") ==
        std::vector<std::string>{"limit"});
  CHECK(world.count("SELECT COUNT(*) FROM directory WHERE kind = 'session'") == 50);
}

STORE_TEST("devices are listed by last use, named and signed out, one's own only (A28)") {
  World world(store);
  const auto ann = world.person();
  const auto bob = world.person();
  const auto bobs = with_session(world, sign_in(world, bob));
  const auto old_device = with_session(world, sign_in(world, ann));
  world.clock->advance(seconds(5));
  const auto me = with_session(world, sign_in(world, ann));
  const auto listed = me.call("sessions.list");
  CHECK(listed["total"] == 2);
  CHECK(listed["page_size"] == 20);
  CHECK(listed["sessions"][0]["id"] == *me.caller().session_id);
  CHECK(listed["sessions"][0]["current"] == true);
  CHECK(listed["sessions"][1]["current"] == false);
  CHECK(me.call("sessions.list", R"({"page":2,"page_size":1})")["sessions"][0]["id"] ==
        *old_device.caller().session_id);

  const auto by_id = [](const Person& person, std::string_view more = "") {
    return fmt::format(R"({{"id":"{}"{}}})", person.caller().session_id->text(), more);
  };
  CHECK(me.call("sessions.rename", by_id(me, R"(,"label":" Desk ")"))["session"]["label"] == "Desk");
  CHECK(me.error_of("sessions.rename", by_id(bobs, R"(,"label":"x")")) == "NOT_FOUND not_found");
  CHECK(me.error_of("sessions.revoke", by_id(bobs)) == "NOT_FOUND not_found");
  CHECK(bobs.call("auth.me")["user"]["id"] == bob.id());

  CHECK(me.call("sessions.revoke", by_id(old_device))["revoked"] == true);
  CHECK(old_device.error_of("auth.me") == "UNAUTHORIZED session_ended");
  CHECK(me.call("sessions.revoke", by_id(old_device))["revoked"] == true);
  const auto own = me.answer({.operation = "sessions.revoke", .body = by_id(me)});
  CHECK(own.cookies.size() == 3);
  CHECK(own.cookies[0].value.empty());
  CHECK(me.error_of("auth.me") == "UNAUTHORIZED session_ended");
}

STORE_TEST("all other devices are signed out at once") {
  World world(store);
  const auto ann = world.person();
  const auto other = with_session(world, sign_in(world, ann));
  sign_in(world, ann);
  const auto me = with_session(world, sign_in(world, ann));
  CHECK(me.call("sessions.revoke_others")["revoked_count"] == 2);
  CHECK(me.call("sessions.revoke_others")["revoked_count"] == 0);
  CHECK(other.error_of("auth.me") == "UNAUTHORIZED session_ended");
  CHECK(me.call("sessions.list")["total"] == 1);
  CHECK(world.count("SELECT COUNT(*) FROM directory WHERE kind = 'session'") == 1);
}

STORE_TEST("signing out ends the session in the store and never fails (A23, T34)") {
  World world(store);
  const auto ann = world.person();
  const auto me = with_session(world, sign_in(world, ann));
  const auto answer = me.answer({.operation = "auth.logout"});
  CHECK(answer.body == R"({"signed_out":true})");
  CHECK(answer.cookies.size() == 3);
  CHECK(me.error_of("auth.session") == "UNAUTHORIZED session_ended");
  CHECK(world.anonymous().call("auth.logout")["signed_out"] == true);
  CHECK(ann.call("auth.logout")["signed_out"] == true);
  CHECK(world.count("SELECT COUNT(*) FROM directory WHERE kind = 'session'") == 0);
  CHECK(world.count("SELECT COUNT(*) FROM audit_log WHERE event_type = 'logout'") == 1);
}

STORE_TEST("no session of a disabled account works") {
  World world(store);
  const auto ann = world.person();
  const auto me = with_session(world, sign_in(world, ann));
  world.sql("UPDATE users SET disabled_at = $2, disabled_reason = 'admin' WHERE id = $1", ann.id(), world.clock->now());
  CHECK(me.error_of("auth.me") == "UNAUTHORIZED not_signed_in");
  CHECK(me.error_of("auth.session") == "UNAUTHORIZED not_signed_in");
}

STORE_TEST("what an administrator changes rotates once, with the next use, and spares requests under way (A25)") {
  World world(store);
  const auto ann = world.person();
  const auto old_me = with_session(world, sign_in(world, ann));
  world.sql("UPDATE sessions SET rotate_required = 'role_change' WHERE user_id = $1", ann.id());
  const auto use = old_me.answer({.operation = "auth.me"}).use;
  REQUIRE(use.has_value());
  CHECK(use->rotates);
  const auto renew = [&] {
    return world.engine->call(Caller::system(), &sessions::renew,
                              {.user_id = ann.id(), .id = *old_me.caller().session_id});
  };
  std::vector<std::optional<std::string>> tokens(2);
  if (store == "memory") {
    for (auto& token : tokens) token = renew().token;
  } else {
    std::vector<std::thread> threads;
    for (auto& token : tokens) threads.emplace_back([&] { token = renew().token; });
    for (auto& thread : threads) thread.join();
  }
  CHECK(tokens[0].has_value() != tokens[1].has_value());
  const auto me = with_session(world, tokens[0] ? *tokens[0] : *tokens[1]);
  CHECK_FALSE(me.answer({.operation = "auth.me"}).use->rotates);
  world.clock->advance(seconds(29));
  const auto late = old_me.answer({.operation = "auth.me"});
  CHECK(late.status == 200);
  CHECK_FALSE(late.use->rotates);
  world.clock->advance(seconds(2));
  CHECK(old_me.error_of("auth.me") == "UNAUTHORIZED session_rotated");
  CHECK(me.call("auth.me")["user"]["id"] == ann.id());
}

STORE_TEST("a sign-in is fresh for fifteen minutes (rule R23)") {
  World world(store);
  const auto ann = world.person();
  const auto me = with_session(world, sign_in(world, ann));
  world.clock->advance(seconds(900));
  CHECK(me.call("api_keys.create", R"({"name":"one"})")["api_key"]["name"] == "one");
  world.clock->advance(seconds(1));
  CHECK(me.error_of("api_keys.create", R"({"name":"two"})") == "FORBIDDEN reauth_required");
}

STORE_TEST("gates open one by one, in their order (A35, T29)") {
  World world(store);
  const auto ann = world.person(R"({"approved":false,"age_verified":false,"tos_accepted":false})");
  const auto pending = [&](const std::string& token) {
    return with_session(world, token).error_of("settings.get").details["pending"].json();
  };
  auto token = sign_in(world, ann);
  CHECK(with_session(world, token).error_of("settings.get") == "FORBIDDEN approval_pending");
  CHECK(pending(token) == R"(["approval_pending","age_unverified","tos_unaccepted"])");
  world.sql("UPDATE users SET approved = TRUE WHERE id = $1", ann.id());
  CHECK(pending(token) == R"(["age_unverified","tos_unaccepted"])");
  token =
      new_token(with_session(world, token).answer({.operation = "auth.verify_age", .body = R"({"is_of_age":true})"}));
  CHECK(pending(token) == R"(["tos_unaccepted"])");
  token = new_token(with_session(world, token).answer({.operation = "auth.accept_tos", .body = kAcceptTerms}));
  CHECK(with_session(world, token).call("settings.get")["settings"]["theme"] == "system");
  CHECK(ann.call("auth.me")["user"]["pending_gates"].size() == 0);
}

STORE_TEST("who is too young is refused; the log keeps that, the account does not (rule R27)") {
  World world(store);
  const auto ann = world.person(R"({"age_verified":false})");
  const auto me = with_session(world, sign_in(world, ann));
  CHECK(me.error_of("auth.verify_age", R"({"is_of_age":false})") == "FORBIDDEN under_age");
  CHECK(ann.call("auth.me")["user"]["age_verified"] == false);
  CHECK(world.rows<std::string>("SELECT status FROM audit_log WHERE event_type = 'age_denied'") ==
        std::vector<std::string>{"denied"});
  CHECK(world.rows<Uuid>("SELECT session_id FROM audit_log WHERE event_type = 'age_denied'").at(0) ==
        *me.caller().session_id);
  CHECK(me.call("auth.me")["user"]["id"] == ann.id());
  me.call("auth.verify_age", R"({"is_of_age":true})");
  CHECK(world.count("SELECT age_attested FROM users WHERE age_attested IS NOT NULL") == 16);
}

STORE_TEST("only the current terms can be accepted") {
  World world(store, {.tos_current_version = "2.0"});
  const auto ann = world.person(R"({"tos_accepted":false})");
  CHECK(ann.error_of("auth.accept_tos", R"({"accepted":false,"version":"2.0"})") ==
        "VALIDATION_ERROR accepted:must_be_true");
  const auto refused = ann.error_of("auth.accept_tos", kAcceptTerms);
  CHECK(refused == "CONFLICT version_not_current");
  CHECK(refused.details["current"] == "2.0");
  CHECK(ann.call("auth.accept_tos", R"({"accepted":true,"version":"2.0"})")["user"]["tos_accepted"] == true);
  CHECK(world.rows<std::string>("SELECT details FROM audit_log WHERE event_type = 'tos_accepted'") ==
        std::vector<std::string>{R"({"version":"2.0"})"});
}

STORE_TEST("accepting in an existing client attests the age too, unless the operator says no (rule R27)") {
  for (const bool implies : {true, false}) {
    World world(store, {.auth_tos_implies_age = implies});
    const auto ann = world.person(R"({"age_verified":false,"tos_accepted":false})");
    CHECK(ann.call("auth.accept_tos_with_age", kAcceptTerms)["user"]["age_verified"] == implies);
    CHECK(ann.call("auth.me")["user"]["tos_accepted"] == true);
  }
}

TEST_CASE("a session is named after its device, and remembers where it was made (T8)") {
  World world;
  const auto ann = world.person();
  Caller caller = Caller::system();
  caller.origin = {.ip_address = "1.2.3.4",
                   .user_agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
                   .request_id = "request-1"};
  const auto made =
      world.engine->call(caller, &sessions::create, {.user_id = ann.id(), .auth_method = {"google"}, .label = {}});
  CHECK(made.session.label == "Firefox on Linux");
  CHECK(made.session.ip_address == "1.2.3.4");
  CHECK(made.session.last_ip == "1.2.3.4");
  CHECK(made.session.user_agent == caller.origin.user_agent);
  CHECK(world.rows<std::string>("SELECT request_id FROM audit_log WHERE event_type = 'session_created'") ==
        std::vector<std::string>{"request-1"});
  CHECK_THROWS_AS(
      world.engine->call(caller, &sessions::create, {.user_id = ann.id(), .auth_method = {"magic"}, .label = {}}),
      Error);
}

TEST_CASE("tokens never repeat") {
  World world;
  const auto ann = world.person();
  std::set<std::string> tokens;
  for (int i = 0; i < 20; ++i) tokens.insert(sign_in(world, ann));
  CHECK(tokens.size() == 20);
}
