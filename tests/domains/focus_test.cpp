#include "ignition/domains/focus.hpp"

#include <fmt/format.h>

#include <thread>

#include "ignition/domains/streaks.hpp"
#include "support/vectors.hpp"
#include "support/within.hpp"
#include "support/world.hpp"

using namespace ignition;
using namespace ignition::test;
using namespace std::chrono_literals;

namespace {

const Instant kTen = Instant::parse("2026-01-14T10:00:00Z").value();

// A world at ten o'clock.
struct Morning : World {
  explicit Morning(std::string_view store, std::string_view person = "{}")
      : World(store, {}, kTen), ann(this->person(person)) {}

  void at(std::string_view time) { clock->set(Instant::parse(fmt::format("2026-01-14T{}Z", time)).value()); }
  Answered active() const { return ann.call("focus.active"); }
  std::int64_t version() const { return active()["version"].integer(); }
  Answered start(std::string_view body = "{}") const { return ann.call("focus.start", body); }
  Answered complete(const Answered& session) const { return ann.call("focus.complete", with_id(session)); }
  // A session of `seconds` that has run to its end and been completed.
  Answered finish(int seconds, std::string_view mode = "focus") {
    const auto session = start(fmt::format(R"({{"mode":"{}","duration_seconds":{}}})", mode, seconds));
    clock->advance(std::chrono::seconds(seconds));
    return complete(session);
  }

  Person ann;
};

std::string instant_text(std::string_view time) {
  return Instant::parse(fmt::format("2026-01-14T{}Z", time)).value().text();
}

// ---- Replaying the vectors ----

// Sessions by the names s1, s2, ... that the vectors give them.
struct Names {
  std::vector<std::string> ids;

  std::string of(const Answered& session) {
    const std::string id = session["id"].text();
    auto found = std::find(ids.begin(), ids.end(), id);
    if (found == ids.end()) found = ids.insert(ids.end(), id);
    return fmt::format("s{}", found - ids.begin() + 1);
  }
  std::string id(std::string_view name) const {
    const auto index = std::stoul(std::string(name.substr(1))) - 1;
    return index < ids.size() ? ids[index] : "01890000-0000-7000-8000-00000000dead";
  }
};

bool is_instant(std::string_view key) { return key.ends_with("_at"); }

void check_session(const Answered& session, Value expected, Names& names) {
  const simdjson::dom::object fields = expected.get_object().value();
  for (const auto [key, value] : fields) {
    CAPTURE(std::string(key));
    const Answered actual = session[key];
    if (key == "id") {
      CHECK(names.of(session) == std::string(value.get_string().value()));
    } else if (is_instant(key) && !value.is_null()) {
      CHECK(actual == instant(expected, key));
    } else {
      CHECK(actual.json() == simdjson::minify(value));
    }
  }
  CHECK(session["time_remaining_seconds"] == session["remaining_seconds"]);
}

// The input of a step as the operation takes it.
std::string input_of(Value step, const Names& names) {
  Value input;
  if (step["input"].get(input) != simdjson::SUCCESS) return "{}";
  if (has(input, "session")) return fmt::format(R"({{"id":"{}"}})", names.id(text(input, "session")));
  return simdjson::minify(input);
}

// The session that the step answers with; nothing when it refuses or none is live.
std::optional<Answered> replay(const Person& person, std::string_view op, Value step, Names& names) {
  const auto expected = step["expect"].value();
  const std::string operation = fmt::format("focus.{}", op);
  const std::string input = input_of(step, names);
  if (has(expected, "error")) {
    CHECK(std::string(name_of(person.error_of(operation, input).code)) == text(expected, "error"));
    return {};
  }
  const Answered answer = person.call(operation, input);
  if (op == "complete" || op == "active") {
    return answer["session"] == nullptr ? std::nullopt : std::optional(answer["session"]);
  }
  if (op == "pause") return person.call("focus.active")["session"];
  return answer;
}

void settle_settings(const Person& person, Value one) {
  if (has(one, "settings")) person.call("settings.update", simdjson::minify(one["settings"].value()));
}

}  // namespace

STORE_TEST("stored focus sessions follow the vectors, and the version rises whenever something changed") {
  const Vectors vectors("planning/focus.json");
  World world(store);
  std::size_t cases = 0;
  for (const auto one : vectors["cases"].get_array()) {
    CAPTURE(text(one, "id"));
    const auto person = world.person();
    settle_settings(person, one);
    Names names;
    std::int64_t version = 0;
    for (const auto step : one["steps"].get_array()) {
      CAPTURE(text(step, "at"));
      world.clock->set(instant(step, "at"));
      const auto session = replay(person, text(step, "op"), step, names);
      const auto expected = step["expect"].value();
      const auto now = person.call("focus.active")["version"].integer();
      CHECK((now > version) == boolean(expected, "state_changed"));
      version = now;
      REQUIRE(session.has_value() == has(expected, "session"));
      if (session) check_session(*session, expected["session"].value(), names);
    }
    const auto sessions = person.call("focus.list", R"({"page_size":100})")["sessions"];
    const auto last = one["final"].get_array().value();
    REQUIRE(sessions.size() == last.size());
    for (std::size_t i = 0; i < last.size(); ++i) {
      check_session(sessions[static_cast<int>(last.size() - 1 - i)], last.at(i).value(), names);
    }
    const auto paid = world.rows<std::string>(
        "SELECT COALESCE(sum(xp), 0) || ' ' || COALESCE(sum(coins), 0) FROM points_ledger"
        " WHERE user_id = $1 AND event_type IN ('focus_complete', 'break_complete')",
        person.id());
    const auto totals = one["totals"].value();
    CHECK(paid.at(0) == fmt::format("{} {}", integer(totals, "xp"), integer(totals, "coins")));
    ++cases;
  }
  CHECK(cases == 67);
}

STORE_TEST("what follows a stored session comes from the vectors") {
  const Vectors vectors("planning/focus.json");
  std::size_t cases = 0;
  for (const auto one : vectors["next_mode"].get_array()) {
    CAPTURE(cases);
    Morning morning(store);
    settle_settings(morning.ann, one);
    const auto mode = text(one, "ended_mode");
    const auto full = integer(one, "full_focus_sessions_today");
    for (std::int64_t i = 0; i < full - (mode == "focus" ? 1 : 0); ++i) morning.finish(60);
    const auto done = mode == "focus" && full == 0 ? morning.complete(morning.start()) : morning.finish(60, mode);
    CHECK(done["next"].json() == simdjson::minify(one["next"].value()));
    ++cases;
  }
  CHECK(cases == 14);
}

namespace {

// A session as the vectors of the statistics give it, and the day of the focus streak that its completion made.
void store_session(World& world, const Person& person, Value row, const Calendar& calendar) {
  static SequentialIds ids(5);
  const auto started_at = instant(row, "started_at");
  const auto ended_at = maybe_instant(row, "ended_at");
  const auto status = text(row, "status");
  const auto at = [&](std::string_view of) { return status == of ? ended_at : std::nullopt; };
  const bool full = status == "completed" && boolean(row, "full_credit");
  world.sql(
      "INSERT INTO focus_sessions (user_id, id, mode, duration_seconds, status, started_at, ends_at, expires_at,"
      " completed_at, abandoned_at, expired_at, focused_seconds, full_credit, xp_awarded, coins_awarded, created_at,"
      " updated_at) VALUES ($1, $2, $3, 1500, $4, $5, $6, $6, $7, $8, $9, $10, $11, $12, $13, $5, $5)",
      person.id(), ids.next(started_at), text(row, "mode"), status, started_at,
      ended_at.value_or(world.clock->now() + 1h), at("completed"), at("abandoned"), at("expired"),
      ended_at ? std::optional(integer(row, "focused_seconds")) : std::nullopt,
      status == "completed" ? std::optional(full) : std::nullopt, integer(row, "xp_awarded", 0),
      integer(row, "coins_awarded", 0));
  if (!full || text(row, "mode") != "focus") return;
  within(world, person, [&](Context& ctx) {
    streaks::add_day(ctx, rules::StreakSet(rules::StreakType::focus), calendar.date_of(*ended_at), *ended_at);
  });
}

}  // namespace

STORE_TEST("statistics of stored sessions follow the vectors") {
  const Vectors vectors("planning/focus_stats.json");
  std::size_t cases = 0;
  for (const auto one : vectors["cases"].get_array()) {
    CAPTURE(text(one, "id"));
    World world(store, {}, instant(one, "now"));
    const auto zone = text(one, "tzid");
    const auto week = text(one, "week_starts_on", "monday");
    const auto person = world.person();
    person.call("settings.update", fmt::format(R"({{"timezone":"{}","week_start":"{}"}})", zone, week));
    const Calendar calendar{.zone = TimeZone::find(zone).value(), .week_start = enum_of<WeekStart>(week).value()};
    for (const auto row : one["sessions"].get_array()) store_session(world, person, row, calendar);
    const auto stats = person.call("focus.stats", fmt::format(R"({{"period":"{}"}})", text(one, "period")));
    const auto expected = one["expect"].value();
    const simdjson::dom::object fields = expected.get_object().value();
    for (const auto [key, value] : fields) {
      CAPTURE(std::string(key));
      CHECK(stats[key].json() == simdjson::minify(value));
    }
    ++cases;
  }
  CHECK(cases == 15);
}

// ---- Starting ----

STORE_TEST("a start answers a fresh session whose time left counts to its end, not to its expiry") {
  Morning morning(store);
  const auto answer = morning.ann.answer({.operation = "focus.start", .body = R"({"duration":300,"mode":"focus"})"});
  CHECK(answer.status == 201);
  const Answered session(answer.body);
  CHECK(session.keys() == std::vector<std::string>{"id",
                                                   "mode",
                                                   "duration_seconds",
                                                   "status",
                                                   "started_at",
                                                   "ends_at",
                                                   "expires_at",
                                                   "paused_at",
                                                   "completed_at",
                                                   "abandoned_at",
                                                   "expired_at",
                                                   "remaining_seconds",
                                                   "time_remaining_seconds",
                                                   "focused_seconds",
                                                   "full_credit",
                                                   "xp_awarded",
                                                   "coins_awarded",
                                                   "pause_count",
                                                   "task_id",
                                                   "task_title",
                                                   "library_id",
                                                   "notes",
                                                   "created_at",
                                                   "updated_at"});
  CHECK(session["status"] == "active");
  CHECK(session["remaining_seconds"] == 300);
  CHECK(session["ends_at"] == instant_text("10:05:00"));
  CHECK(session["expires_at"] == instant_text("10:10:00"));
  CHECK(session["task_title"] == nullptr);
}

STORE_TEST("lengths have bounds by mode, unknown modes are refused") {
  Morning morning(store);
  const auto& ann = morning.ann;
  CHECK(ann.error_of("focus.start", R"({"duration_seconds":59})") == "VALIDATION_ERROR duration_seconds:out_of_range");
  CHECK(ann.error_of("focus.start", R"({"duration_seconds":-1500})") ==
        "VALIDATION_ERROR duration_seconds:out_of_range");
  CHECK(ann.error_of("focus.start", R"({"duration_seconds":14401})") ==
        "VALIDATION_ERROR duration_seconds:out_of_range");
  CHECK(ann.error_of("focus.start", R"({"mode":"break","duration_seconds":3601})") ==
        "VALIDATION_ERROR duration_seconds:out_of_range");
  CHECK(ann.error_of("focus.start", R"({"mode":"long_break","duration_seconds":7201})") ==
        "VALIDATION_ERROR duration_seconds:out_of_range");
  CHECK(ann.error_of("focus.start", R"({"duration_seconds":1500.5})").code == Code::VALIDATION_ERROR);
  CHECK(ann.error_of("focus.start", R"({"mode":"nap"})").code == Code::VALIDATION_ERROR);
  CHECK(ann.call("focus.list")["total"] == 0);
  CHECK(morning.start(R"({"mode":"long_break","duration_seconds":7200})")["duration_seconds"] == 7200);
}

STORE_TEST("without a length a session is as long as the user likes that mode") {
  Morning morning(store);
  CHECK(morning.start()["duration_seconds"] == 1500);
  CHECK(morning.start(R"({"mode":"break"})")["duration_seconds"] == 300);
  morning.ann.call("settings.update", R"({"focus_default_duration":3000,"focus_break_duration":420})");
  CHECK(morning.start()["duration_seconds"] == 3000);
  CHECK(morning.start(R"({"mode":"break","duration_seconds":null})")["duration_seconds"] == 420);
}

STORE_TEST("a session names its library and what it is for; foreign and unknown ids start nothing") {
  Morning morning(store);
  const auto bob = morning.person();
  const std::string_view insert =
      "INSERT INTO focus_libraries (user_id, id, name, name_key, created_at, updated_at) VALUES ($1, $2, 'n', 'n', $3, "
      "$3)";
  const Uuid hers = Uuid::parse("01890000-0000-7000-8000-000000000001").value();
  const Uuid his = Uuid::parse("01890000-0000-7000-8000-000000000002").value();
  morning.sql(insert, morning.ann.id(), hers, kTen);
  morning.sql(insert, bob.id(), his, kTen);
  const auto session =
      morning.start(fmt::format(R"({{"library_id":"{}","task_title":"Write the report"}})", hers.text()));
  CHECK(session["library_id"] == hers);
  CHECK(session["task_title"] == "Write the report");

  CHECK(morning.ann.error_of("focus.start", fmt::format(R"({{"library_id":"{}"}})", his.text())) ==
        "NOT_FOUND unknown_link");
  CHECK(morning.ann.error_of("focus.start", fmt::format(R"({{"task_id":"{}"}})", his.text())) ==
        "NOT_FOUND unknown_link");
  CHECK(morning.active()["session"]["id"] == session["id"]);
  CHECK(morning.ann.call("focus.list")["total"] == 1);
}

STORE_TEST("a start that fails late leaves the former session running") {
  Morning morning(store);
  const auto former = morning.start();
  const auto version = morning.version();
  if (store == "postgres") {
    morning.sql(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no more sessions'; END $$");
    morning.sql("CREATE TRIGGER no_more BEFORE INSERT ON focus_sessions EXECUTE FUNCTION refuse()");
  } else {
    morning.sql(
        "CREATE TRIGGER no_more BEFORE INSERT ON focus_sessions BEGIN SELECT RAISE(ABORT, 'no more sessions'); END");
  }
  morning.at("10:10:00");
  morning.ann.error_of("focus.start");
  morning.at("10:26:00");  // the timer is up: the failing start would have paid it
  morning.ann.error_of("focus.start");
  CHECK(morning.active()["session"]["id"] == former["id"]);
  CHECK(morning.version() == version);
  CHECK(morning.ann.call("progress.summary")["coins"] == 0);
}

STORE_TEST("with on_active reject a running session refuses the next") {
  Morning morning(store);
  morning.start();
  morning.at("10:05:00");
  CHECK(morning.ann.error_of("focus.start", R"({"on_active":"reject"})") == "CONFLICT session_active");
  CHECK(morning.active()["session"]["status"] == "active");
}

STORE_TEST("a finished session is paid by the next start, as of its end") {
  Morning morning(store);
  const auto focus = morning.start();
  morning.at("10:26:00");
  const auto rest = morning.start(R"({"mode":"break","on_active":"reject"})");
  const auto paid = morning.ann.call("focus.get", with_id(focus));
  CHECK(paid["status"] == "completed");
  CHECK(paid["completed_at"] == instant_text("10:25:00"));
  CHECK(paid["xp_awarded"] == 25);
  CHECK(paid["coins_awarded"] == 5);
  CHECK(morning.active()["session"]["id"] == rest["id"]);
  CHECK(morning.rows<Instant>("SELECT occurred_at FROM activity_events WHERE event_type = 'focus_complete'").at(0) ==
        Instant::parse("2026-01-14T10:25:00Z").value());
}

STORE_TEST("ten starts at once leave one live session and nine abandoned") {
  Morning morning(store);
  std::atomic<int> started = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] {
      try {
        morning.engine->call(morning.ann.caller(), &focus::start, {});
        ++started;
      } catch (const Error&) {
        started = -100;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(started == 12);
  CHECK(morning.count("SELECT count(*) FROM focus_sessions WHERE status = 'active'") == 1);
  CHECK(morning.count("SELECT count(*) FROM focus_sessions WHERE status = 'abandoned'") == 11);
  CHECK(morning.version() == 12 + 11);
  CHECK(morning.ann.call("progress.summary")["total_xp"] == 0);
}

// ---- The running timer ----

STORE_TEST("the live session tells its time, its pause and when to ask again") {
  Morning morning(store);
  auto active = morning.active();
  CHECK(active["session"] == nullptr);
  CHECK(active["version"] == 0);
  CHECK(active["next_poll_seconds"] == 30);
  morning.start();
  morning.at("10:10:00");
  active = morning.active();
  CHECK(active["session"]["remaining_seconds"] == 900);
  CHECK(active["session"]["focused_seconds"] == 600);
  CHECK(active["pause_state"] == nullptr);
  CHECK(active["server_time"] == instant_text("10:10:00"));
  morning.at("10:24:50");
  CHECK(morning.active()["next_poll_seconds"] == 10);
  CHECK(morning.ann.call("focus.pause_state").json() == "null");
}

STORE_TEST("a pause on one device is resumed on another without losing a second") {
  Morning morning(store);
  const auto session = morning.start();
  morning.at("10:10:00");
  const auto pause = morning.ann.call("focus.pause", R"({"time_remaining_seconds":1234.5})");
  CHECK(pause.keys() == std::vector<std::string>{"id", "session_id", "mode", "is_paused", "time_remaining_seconds",
                                                 "paused_at", "resumed_at", "expires_at", "created_at", "updated_at"});
  CHECK(pause["session_id"] == session["id"]);
  CHECK(pause["time_remaining_seconds"] == 900);
  CHECK(pause["expires_at"] == instant_text("11:10:00"));
  CHECK(pause["resumed_at"] == nullptr);
  morning.at("10:30:00");
  CHECK(morning.ann.call("focus.pause_state") == pause);
  CHECK(morning.ann.call("focus.pause") == pause);  // again
  CHECK(morning.active()["session"]["remaining_seconds"] == 900);
  CHECK(morning.version() == 2);
  morning.at("10:40:00");
  const auto resumed = morning.ann.call("focus.resume");
  CHECK(resumed["ends_at"] == instant_text("10:55:00"));
  CHECK(resumed["expires_at"] == instant_text("11:20:00"));
  CHECK(resumed["pause_count"] == 1);
  CHECK(morning.ann.call("focus.resume") == resumed);  // again
  CHECK(morning.version() == 3);
  CHECK(morning.count("SELECT count(*) FROM focus_pauses WHERE ended_by = 'resume' AND resumed_at IS NOT NULL") == 1);
}

STORE_TEST("ten pauses with fractions of seconds leave the running time exact") {
  Morning morning(store);
  const auto session = morning.start();
  for (int i = 0; i < 10; ++i) {
    morning.clock->advance(60s + 333'333us);
    morning.ann.call("focus.pause");
    morning.clock->advance(17s + 123'457us);
    morning.ann.call("focus.resume");
  }
  const Instant ends_at = kTen + 1500s + 10 * (17s + 123'457us);
  const auto now = morning.active()["session"];
  CHECK(now["ends_at"] == ends_at);
  CHECK(now["expires_at"] == ends_at + 1500s);
  CHECK(now["focused_seconds"] == 603);
  morning.clock->set(ends_at);
  CHECK(morning.complete(session)["session"]["completed_at"] == ends_at);
}

STORE_TEST("without a live session there is nothing to pause or resume, after its end nothing to pause") {
  Morning morning(store);
  CHECK(morning.ann.error_of("focus.pause") == "NOT_FOUND no_live_session");
  CHECK(morning.ann.error_of("focus.resume") == "NOT_FOUND no_live_session");
  morning.start();
  morning.at("10:25:00");
  CHECK(morning.ann.error_of("focus.pause") == "CONFLICT timer_finished");
}

STORE_TEST("a pause lasts an hour, then the session has expired for everybody at the same instant") {
  Morning morning(store);
  const auto session = morning.start();
  morning.at("10:10:00");
  morning.ann.call("focus.pause");
  morning.at("11:09:59");
  CHECK(morning.active()["session"]["status"] == "paused");
  morning.at("11:10:00");
  CHECK(morning.ann.error_of("focus.resume") == "NOT_FOUND no_live_session");
  morning.at("12:00:00");
  const auto revision = morning.revision(morning.ann);
  for (int device = 0; device < 2; ++device) {
    const auto seen = morning.ann.call("focus.get", with_id(session));
    CHECK(seen["status"] == "expired");
    CHECK(seen["expired_at"] == instant_text("11:10:00"));
    CHECK(seen["paused_at"] == nullptr);
    CHECK(seen["remaining_seconds"] == nullptr);
    CHECK(seen["focused_seconds"] == 600);
    CHECK(seen["xp_awarded"] == 0);
    CHECK(morning.active()["session"] == nullptr);
    CHECK(morning.ann.call("focus.pause_state").json() == "null");
    CHECK(morning.version() == 3);
  }
  CHECK(morning.ann.call("focus.list", R"({"status":"expired"})")["total"] == 1);
  CHECK(morning.ann.call("focus.list", R"({"status":"paused"})")["total"] == 0);
  CHECK(morning.ann.call("focus.stats")["expired_sessions"] == 1);
  CHECK(morning.revision(morning.ann) == revision);  // reads stored nothing

  morning.start();
  CHECK(morning.version() == 4);
  CHECK(morning.ann.call("focus.get", with_id(session))["expired_at"] == instant_text("11:10:00"));
  CHECK(morning.count("SELECT count(*) FROM focus_sessions WHERE status = 'expired'") == 1);
  CHECK(morning.count("SELECT count(*) FROM focus_pauses WHERE ended_by = 'expire' AND resumed_at IS NULL") == 1);
  CHECK(morning.ann.call("focus.stats")["expired_sessions"] == 1);
}

STORE_TEST("an entity tag holds until something changes, be it by time alone") {
  Morning morning(store);
  const auto ask = [&](std::string_view tag) {
    return morning.ann.answer({.operation = "focus.active", .if_none_match = tag});
  };
  CHECK(ask("").etag == "f0");
  const auto session = morning.start();
  CHECK_FALSE(ask("\"f0\"").not_modified);
  morning.at("10:10:00");
  CHECK(ask("\"f1\"").not_modified);
  CHECK(ask("\"f1\"").body.empty());
  morning.ann.call("focus.pause");
  CHECK(ask("\"f1\"").etag == "f2");
  morning.at("10:12:00");
  morning.ann.call("focus.resume");
  CHECK(Answered(ask("\"f2\"").body)["session"]["ends_at"] == instant_text("10:27:00"));
  morning.at("10:52:00");  // expired
  const auto expired = ask("\"f3\"");
  CHECK_FALSE(expired.not_modified);
  CHECK(Answered(expired.body)["session"] == nullptr);
  CHECK(expired.etag == "f4");
  CHECK(ask("\"f4\"").not_modified);
  CHECK(morning.start()["id"].text() != session["id"].text());
  CHECK(ask("\"f4\"").etag == "f5");
}

STORE_TEST("a start that settles, replaces or pays the old session raises the version by two") {
  Morning morning(store);
  morning.start();
  CHECK(morning.version() == 1);
  morning.at("10:50:00");
  morning.start();  // expired
  CHECK(morning.version() == 3);
  morning.at("10:55:00");
  morning.start();  // replaced
  CHECK(morning.version() == 5);
  morning.at("11:20:00");
  morning.start();  // completed
  CHECK(morning.version() == 7);
}

STORE_TEST("a caller who saw another version changes nothing") {
  Morning morning(store);
  const auto session = morning.start(R"({"if_version":0})");
  morning.at("10:05:00");
  morning.ann.call("focus.pause", R"({"if_version":1})");
  morning.ann.call("focus.resume", R"({"if_version":2})");
  const auto refusal = morning.ann.error_of("focus.pause", R"({"if_version":2})");
  CHECK(refusal == "CONFLICT version_mismatch");
  CHECK(refusal.details["version"] == 3);
  const auto stale = fmt::format(R"({{"id":"{}","if_version":1}})", session["id"].text());
  CHECK(morning.ann.error_of("focus.start", R"({"if_version":1})") == "CONFLICT version_mismatch");
  CHECK(morning.ann.error_of("focus.complete", stale) == "CONFLICT version_mismatch");
  CHECK(morning.ann.error_of("focus.abandon", stale) == "CONFLICT version_mismatch");
  CHECK(morning.ann.error_of("focus.resume", R"({"if_version":1})") == "CONFLICT version_mismatch");
  CHECK(morning.active()["session"]["status"] == "active");
  CHECK(morning.version() == 3);
  morning.at("12:00:00");  // whoever saw it expire saw version 4
  CHECK(morning.start(R"({"if_version":4})")["status"] == "active");
}

STORE_TEST("subscribers hear each change once, after the commit") {
  Morning morning(store);
  std::vector<std::string> heard;
  morning.engine->subscribe([&](std::string_view name, std::string_view json) {
    if (name != "focus.changed") return;
    heard.emplace_back(json);
    CHECK(Answered(json)["version"] == morning.version());
  });
  const auto session = morning.start();
  morning.ann.call("focus.resume");  // runs already
  morning.ann.call("focus.pause");
  morning.ann.call("focus.pause");
  morning.start();
  morning.ann.call("focus.abandon", with_id(session));  // was replaced
  morning.at("12:00:00");
  morning.active();
  CHECK(heard == std::vector<std::string>{R"({"version":1})", R"({"version":2})", R"({"version":4})"});
}

// ---- Ending ----

STORE_TEST("completing pays by the length, to the wallet and into the feed") {
  Morning morning(store);
  const auto session = morning.start();
  morning.at("10:25:00");
  const auto done =
      morning.ann.call("focus.complete", fmt::format(R"({{"id":"{}","notes":"good"}})", session["id"].text()));
  CHECK(done.keys() == std::vector<std::string>{"session", "xp_awarded", "coins_awarded", "leveled_up", "new_level",
                                                "already_completed", "reward_capped", "next"});
  CHECK(done["xp_awarded"] == 25);
  CHECK(done["coins_awarded"] == 5);
  CHECK(done["leveled_up"] == false);
  CHECK(done["new_level"] == 1);
  CHECK(done["already_completed"] == false);
  CHECK(done["reward_capped"] == false);
  CHECK(done["next"].json() == R"({"mode":"break","duration_seconds":300,"auto_start":false})");
  CHECK(done["session"]["notes"] == "good");
  CHECK(done["session"]["ends_at"] == nullptr);
  const auto summary = morning.ann.call("progress.summary");
  CHECK(summary["coins"] == 5);
  CHECK(summary["total_xp"] == 25);
  CHECK(summary["streaks"]["focus"]["current"] == 1);
  CHECK(morning
            .rows<std::string>("SELECT event_type || ' ' || duration_seconds || ' ' || dedupe_key"
                               " FROM activity_events WHERE event_type = 'focus_complete' AND counted")
            .at(0) == fmt::format("focus_complete 1500 focus:{}", session["id"].text()));
}

STORE_TEST("completing again tells the same and pays nothing") {
  Morning morning(store);
  for (int i = 0; i < 3; ++i) morning.finish(1500);
  const auto session = morning.start();
  morning.clock->advance(1500s);
  auto done = morning.complete(session);
  CHECK(done["leveled_up"] == true);
  CHECK(done["new_level"] == 2);
  CHECK(done["next"]["mode"] == "long_break");
  morning.finish(14'400);
  const auto version = morning.version();
  const auto again = morning.ann.call(
      "focus.complete", fmt::format(R"({{"id":"{}","notes":"late","if_version":{}}})", session["id"].text(), version));
  CHECK(again["already_completed"] == true);
  for (const auto* key :
       {"session", "xp_awarded", "coins_awarded", "leveled_up", "new_level", "reward_capped", "next"}) {
    CHECK_MESSAGE(again[key] == done[key], key);
  }
  CHECK(morning.version() == version);
  CHECK(morning.ann.call("progress.summary")["total_xp"] == 340);
}

STORE_TEST("of twenty completes at once one pays") {
  Morning morning(store);
  const auto id = morning.start()["id"].id();
  morning.at("10:25:00");
  std::atomic<int> paid = 0;
  std::atomic<int> told = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back([&] {
      try {
        const auto done = morning.engine->call(morning.ann.caller(), &focus::complete, {.id = id});
        if (!done.already_completed) ++paid;
        if (done.xp_awarded == 25 && done.coins_awarded == 5) ++told;
      } catch (const Error&) {
        paid = -100;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(paid == 1);
  CHECK(told == 20);
  const auto summary = morning.ann.call("progress.summary");
  CHECK(summary["total_xp"] == 25);
  CHECK(summary["coins"] == 5);
  CHECK(morning.count("SELECT count(*) FROM points_ledger WHERE event_type = 'focus_complete'") == 1);
  CHECK(morning.version() == 2);
}

STORE_TEST("of a complete and an abandon at once one wins") {
  Morning morning(store);
  const auto id = morning.start()["id"].id();
  morning.at("10:10:00");
  std::atomic<int> done = 0;
  std::atomic<int> refused = 0;
  const auto count = [&](auto&& work) {
    try {
      work();
      ++done;
    } catch (const Error& error) {
      if (error.code() == Code::CONFLICT) ++refused;
    }
  };
  std::thread one([&] { count([&] { morning.engine->call(morning.ann.caller(), &focus::complete, {.id = id}); }); });
  std::thread two([&] { count([&] { morning.engine->call(morning.ann.caller(), &focus::abandon, {.id = id}); }); });
  one.join();
  two.join();
  CHECK(done == 1);
  CHECK(refused == 1);
  CHECK(morning.version() == 2);
}

STORE_TEST("what was not focused is not paid, and says nothing to the feed") {
  Morning morning(store);
  const auto at_once = morning.complete(morning.start());
  CHECK(at_once["xp_awarded"] == 0);
  CHECK(at_once["reward_capped"] == false);
  CHECK(at_once["session"]["full_credit"] == false);
  CHECK(at_once["new_level"] == 1);
  morning.start();
  morning.clock->advance(2h);  // expired
  morning.ann.call("focus.abandon", with_id(morning.start()));
  CHECK(morning.count("SELECT count(*) FROM points_ledger") == 0);
  CHECK(morning.count("SELECT count(*) FROM activity_events WHERE event_type = 'focus_complete'") == 0);
  CHECK(morning.count("SELECT count(*) FROM activity_events WHERE event_type = 'focus_start'") == 3);
  CHECK(morning.count("SELECT count(*) FROM activity_events WHERE event_type = 'focus_abandon'") == 1);
}

STORE_TEST("an early finish pays the minutes spent and counts for no session, streak or goal of sessions") {
  Morning morning(store);
  const auto session = morning.start();
  morning.at("10:10:00");
  const auto done = morning.complete(session);
  CHECK(done["xp_awarded"] == 10);
  CHECK(done["coins_awarded"] == 2);
  CHECK(done["session"]["focused_seconds"] == 600);
  CHECK(morning.count("SELECT count(*) FROM activity_events WHERE event_type = 'focus_complete' AND NOT counted"
                      " AND duration_seconds = 600") == 1);
  const auto streaks = morning.ann.call("progress.summary")["streaks"];
  CHECK(streaks["focus"]["current"] == 0);
  CHECK(streaks["daily_activity"]["current"] == 1);
}

STORE_TEST("only a focus session that was completed ticks the plan's focus item off") {
  Morning morning(store);
  const auto item = morning.ann.call("plan.add_item", R"({"type":"focus","title":"Focus"})")["item"];
  CHECK(item["completed"] == false);
  const auto completed = [&] { return morning.ann.call("plan.get")["plan"]["completed_count"].integer(); };
  morning.start();
  morning.at("10:20:00");
  morning.complete(morning.start());  // the first one was replaced, this one had no time
  morning.finish(300, "break");
  CHECK(completed() == 0);
  morning.start(R"({"duration_seconds":60})");
  morning.clock->advance(61s);
  morning.start();  // claims the one before
  CHECK(completed() == 1);
}

STORE_TEST("breaks are paid but feed nothing") {
  Morning morning(store);
  CHECK(morning.finish(300, "break")["coins_awarded"] == 0);
  const auto rest = morning.finish(900, "long_break");
  CHECK(rest["xp_awarded"] == 3);
  CHECK(rest["coins_awarded"] == 1);
  CHECK(rest["next"]["mode"] == "focus");
  morning.ann.call("focus.abandon", with_id(morning.start(R"({"mode":"break"})")));
  CHECK(morning.count("SELECT count(*) FROM activity_events") == 0);
  CHECK(morning.ann.call("progress.summary")["streaks"]["daily_activity"]["current"] == 0);
  const auto stats = morning.ann.call("focus.stats", R"({"period":"day"})");
  CHECK(stats["total_focus_seconds"] == 0);
  CHECK(stats["total_break_seconds"] == 1200);
}

STORE_TEST("beyond 24 paid breaks of a local date a break completes without a reward") {
  Morning morning(store);
  for (int i = 0; i < 23; ++i) CHECK(morning.finish(60, "break")["xp_awarded"] == 2);
  CHECK(morning.finish(60, "long_break")["xp_awarded"] == 3);
  const auto session = morning.start(R"({"mode":"break","duration_seconds":60})");
  morning.clock->advance(60s);
  const auto capped = morning.complete(session);
  CHECK(capped["xp_awarded"] == 0);
  CHECK(capped["coins_awarded"] == 0);
  CHECK(capped["reward_capped"] == true);
  CHECK(capped["session"]["status"] == "completed");
  CHECK(morning.complete(session)["reward_capped"] == true);
  CHECK(morning.finish(60)["xp_awarded"] == 5);  // focus has a ceiling of its own
  morning.clock->set(kTen + 24h);
  CHECK(morning.finish(60, "break")["xp_awarded"] == 2);
}

STORE_TEST("beyond 60 paid focus sessions the day still counts them") {
  Morning morning(store);
  for (int i = 0; i < 60; ++i) CHECK(morning.finish(60)["coins_awarded"] == 2);
  const auto capped = morning.finish(60);
  CHECK(capped["reward_capped"] == true);
  CHECK(capped["session"]["full_credit"] == true);
  CHECK(capped["session"]["xp_awarded"] == 0);
  CHECK(morning.count("SELECT count(*) FROM activity_events WHERE event_type = 'focus_complete' AND counted") == 61);
}

STORE_TEST("a boost multiplies the XP that a session says it brought") {
  Morning morning(store);
  const Uuid boost = Uuid::parse("01890000-0000-7000-8000-000000000001").value();
  morning.sql(R"sql(INSERT INTO user_purchases (user_id, id, item_id, item_key, item_name, cost_coins, quantity, status,
                    purchased_at, purchased_on, ledger_id, created_at, updated_at)
                    VALUES ($1, $2, $2, 'xp_boost_1h', 'Boost', 0, 1, 'redeemed', $3, '2026-01-14', $2, $3, $3))sql",
              morning.ann.id(), boost, kTen);
  morning.sql(R"sql(INSERT INTO user_boosts (user_id, id, purchase_id, multiplier_percent, starts_at, ends_at,
                    created_at, updated_at) VALUES ($1, $2, $2, 150, $3, $4, $3, $3))sql",
              morning.ann.id(), boost, kTen, kTen + 1h);
  const auto done = morning.finish(1500);
  CHECK(done["xp_awarded"] == 37);
  CHECK(done["coins_awarded"] == 5);
  CHECK(done["session"]["xp_awarded"] == 37);
  CHECK(morning.ann.call("focus.stats")["total_xp_earned"] == 37);
}

STORE_TEST("a session that was given up stays so, one that was completed too") {
  Morning morning(store);
  const auto left = morning.start();
  morning.at("10:12:34");
  const auto abandoned = morning.ann.call("focus.abandon", with_id(left));
  CHECK(abandoned["status"] == "abandoned");
  CHECK(abandoned["abandoned_at"] == instant_text("10:12:34"));
  CHECK(abandoned["focused_seconds"] == 754);
  CHECK(abandoned["full_credit"] == nullptr);
  morning.at("10:13:00");
  CHECK(morning.ann.call("focus.abandon", with_id(left)) == abandoned);
  CHECK(morning.ann.error_of("focus.complete", with_id(left)) == "CONFLICT abandoned");
  CHECK(morning.count("SELECT count(*) FROM activity_events WHERE event_type = 'focus_abandon'") == 1);

  const auto done = morning.start();
  morning.at("10:38:00");
  morning.complete(done);
  CHECK(morning.ann.error_of("focus.abandon", with_id(done)) == "CONFLICT completed");
  const auto gone = morning.start();
  morning.at("11:30:00");
  CHECK(morning.ann.error_of("focus.complete", with_id(gone)) == "CONFLICT expired");
  CHECK(morning.ann.error_of("focus.abandon", with_id(gone)) == "CONFLICT expired");
}

STORE_TEST("a session belongs to the local date on which it was completed") {
  for (const bool berlin : {true, false}) {
    World world(store, {}, Instant::parse("2026-01-13T23:00:00Z").value());
    const auto ann = world.person(berlin ? R"({"timezone":"Europe/Berlin"})" : "{}");
    const auto session = ann.call("focus.start");
    world.clock->advance(1500s);
    ann.call("focus.complete", with_id(session));
    world.clock->set(Instant::parse("2026-01-14T09:00:00Z").value());
    const auto stats = ann.call("focus.stats", R"({"period":"day"})");
    CHECK(stats["from"] == "2026-01-14");
    CHECK(stats["completed_sessions"] == (berlin ? 1 : 0));
    CHECK(stats["current_streak_days"] == 1);
    CHECK(stats["by_day"] == nullptr);
    const auto yesterday = ann.call("focus.stats", R"({"period":"day","date":"2026-01-13"})");
    CHECK(yesterday["completed_sessions"] == (berlin ? 0 : 1));
    CHECK(world.rows<std::string>("SELECT activity_date FROM points_ledger").at(0) ==
          (berlin ? "2026-01-14" : "2026-01-13"));
  }
}

STORE_TEST("statistics add up completed sessions, breaks and sessions given up") {
  Morning morning(store);
  morning.finish(1500);
  morning.finish(300, "break");
  morning.ann.call("focus.abandon", with_id(morning.start()));
  morning.start();  // live: not counted
  const auto week = morning.ann.call("focus.stats");
  CHECK(week["period"] == "week");
  CHECK(week["from"] == "2026-01-12");
  CHECK(week["to"] == "2026-01-18");
  CHECK(week["completed_sessions"] == 2);
  CHECK(week["total_sessions"] == 3);
  CHECK(week["total_focus_seconds"] == 1500);
  CHECK(week["completion_percent"] == 67);
  CHECK(week["by_day"].size() == 3);
  CHECK(week["by_day"][2].json() == R"({"date":"2026-01-14","focus_seconds":1500,"focus_sessions":1})");
  for (const auto* period : {"day", "month", "year", "all"}) {
    CHECK(morning.ann.call("focus.stats", fmt::format(R"({{"period":"{}"}})", period))["total_sessions"] == 3);
  }
  CHECK(morning.ann.call("focus.stats", R"({"date":"2026-01-11"})")["total_sessions"] == 0);
  CHECK(morning.ann.call("focus.stats", R"({"date":"9999-12-31"})")["total_sessions"] == 0);
  CHECK(morning.ann.call("focus.stats", R"({"date":"0001-01-01","period":"year"})")["total_sessions"] == 0);
  CHECK(morning.ann.error_of("focus.stats", R"({"period":"decade"})").code == Code::VALIDATION_ERROR);
}

// ---- Reading ----

STORE_TEST("the list is paged, the newest first, and filtered by status, mode and local dates") {
  Morning morning(store, R"({"timezone":"America/New_York"})");
  morning.finish(1500);  // 14 January
  morning.finish(300, "break");
  morning.clock->set(Instant::parse("2026-01-15T04:50:00Z").value());
  const auto late = morning.finish(1500)["session"];  // begun on the 14th, ended on the 15th
  const auto live = morning.start();                  // the 15th
  const auto list = [&](std::string_view body) { return morning.ann.call("focus.list", body); };

  const auto all = list("{}");
  CHECK(all["total"] == 4);
  CHECK(all["sessions"][0]["id"] == live["id"]);
  CHECK(all["sessions"][1] == late);
  const auto page = list(R"({"page":2,"page_size":3})");
  CHECK(page["total"] == 4);
  CHECK(page["page"] == 2);
  CHECK(page["page_size"] == 3);
  CHECK(page["sessions"].size() == 1);
  CHECK(page["sessions"][0]["xp_awarded"] == 25);
  CHECK(list(R"({"page":9})")["sessions"].size() == 0);
  CHECK(list(R"({"page":9})")["total"] == 4);
  CHECK(list(R"({"status":"completed"})")["total"] == 3);
  CHECK(list(R"({"status":"active"})")["sessions"][0]["id"] == live["id"]);
  CHECK(list(R"({"mode":"break"})")["total"] == 1);
  CHECK(list(R"({"mode":"focus","status":"completed"})")["total"] == 2);
  CHECK(list(R"({"from":"2026-01-15"})")["total"] == 2);
  CHECK(list(R"({"to":"2026-01-14"})")["total"] == 2);
  CHECK(list(R"({"from":"2026-01-14","to":"2026-01-15"})")["total"] == 4);
  CHECK(list(R"({"from":"2026-01-16"})")["total"] == 0);
  CHECK(list(R"({"from":"0001-01-01","to":"9999-12-31"})")["total"] == 4);
  CHECK(list(R"({"task_id":"01890000-0000-7000-8000-000000000001"})")["total"] == 0);
  morning.clock->advance(24h);  // expired on the 15th
  CHECK(list(R"({"status":"active"})")["total"] == 0);
  CHECK(list(R"({"status":"expired","from":"2026-01-15","to":"2026-01-15"})")["total"] == 1);

  CHECK(morning.ann.error_of("focus.list", R"({"page":0})") == "VALIDATION_ERROR page:out_of_range");
  CHECK(morning.ann.error_of("focus.list", R"({"page":-1})") == "VALIDATION_ERROR page:out_of_range");
  CHECK(morning.ann.error_of("focus.list", R"({"page_size":0})") == "VALIDATION_ERROR page_size:out_of_range");
  CHECK(morning.ann.error_of("focus.list", R"({"page_size":101})") == "VALIDATION_ERROR page_size:out_of_range");
}

STORE_TEST("nobody sees or moves another's sessions") {
  Morning morning(store);
  const auto session = morning.start();
  const auto bob = morning.person();
  for (const auto* operation : {"focus.get", "focus.complete", "focus.abandon"}) {
    CHECK(bob.error_of(operation, with_id(session)) == "NOT_FOUND not_found");
  }
  CHECK(bob.call("focus.list")["total"] == 0);
  CHECK(bob.call("focus.active")["session"] == nullptr);
  CHECK(bob.call("focus.stats", R"({"period":"all"})")["total_sessions"] == 0);
  bob.call("focus.start");
  bob.call("focus.start");
  CHECK(morning.active()["session"]["id"] == session["id"]);
  CHECK(morning.version() == 1);
}

STORE_TEST("other domains read the live timer in one statement") {
  Morning morning(store);
  const auto ask = [&] {
    return within(morning, morning.ann, [](Context& ctx) {
      const auto before = ctx.db.statements();
      auto live = focus::live(ctx);
      CHECK(ctx.db.statements() - before == 1);
      CHECK(ctx.db.rows_changed() == 0);
      return live;
    });
  };
  CHECK_FALSE(ask().session);
  morning.start();
  morning.at("10:10:00");
  CHECK(ask().session->remaining_seconds == 900);
  morning.ann.call("focus.pause");
  const auto paused = ask();
  CHECK(paused.session->status == rules::FocusStatus::paused);
  CHECK(paused.pause_state->time_remaining_seconds == 900);
  CHECK(paused.version == 2);
  morning.at("11:10:00");
  CHECK_FALSE(ask().session);
  CHECK_FALSE(ask().pause_state);
  CHECK(ask().version == 3);
}

STORE_TEST("an account that is deleted leaves nothing of its timer") {
  Morning morning(store);
  morning.finish(1500);
  morning.start();
  morning.ann.call("focus.pause");
  morning.sql("DELETE FROM users WHERE id = $1", morning.ann.id());
  CHECK(morning.count("SELECT count(*) FROM focus_sessions") == 0);
  CHECK(morning.count("SELECT count(*) FROM focus_pauses") == 0);
  CHECK(morning.count("SELECT count(*) FROM focus_state") == 0);
}

TEST_CASE("a restarted program finds the timer where it was") {
  Morning morning("file");
  const auto session = morning.start();
  morning.at("10:10:00");
  morning.ann.call("focus.pause");
  morning.reopen();
  morning.at("10:40:00");
  CHECK(morning.ann.call("focus.resume")["ends_at"] == instant_text("10:55:00"));
  morning.at("10:55:00");
  CHECK(morning.complete(session)["xp_awarded"] == 25);
}
