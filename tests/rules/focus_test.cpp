#include "ignition/rules/focus.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <boost/describe/enum_to_string.hpp>
#include <string>
#include <vector>

#include "support/vectors.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

template <class E>
std::string name_of(E value) {
  std::string name = boost::describe::enum_to_string(value, "?");
  if (name.ends_with('_')) name.pop_back();
  return name;
}

std::optional<FocusMode> mode_of(std::string_view name) {
  for (const auto mode : {FocusMode::focus, FocusMode::break_, FocusMode::long_break}) {
    if (name_of(mode) == name) return mode;
  }
  return {};
}

FocusSettings settings_of(test::Value object) {
  FocusSettings settings;
  if (!test::has(object, "settings")) return settings;
  const auto given = object["settings"].value();
  const auto read = [&](std::string_view key, int& target) {
    target = static_cast<int>(test::integer(given, key, target));
  };
  read("focus_default_duration", settings.focus_default_duration);
  read("focus_break_duration", settings.focus_break_duration);
  read("focus_long_break_duration", settings.focus_long_break_duration);
  read("focus_sessions_before_long_break", settings.focus_sessions_before_long_break);
  settings.focus_auto_start_breaks = test::boolean(given, "focus_auto_start_breaks");
  settings.focus_auto_start_focus = test::boolean(given, "focus_auto_start_focus");
  return settings;
}

// What an operation answers.
struct Answer {
  std::optional<std::size_t> session;
  std::string error;
  bool changed = false;
};

// A user's sessions, driven by the rules as the stored domain drives them: settle the live one, then act.
struct Desk {
  FocusSettings settings;
  std::vector<FocusSession> sessions{};
  int xp = 0;
  int coins = 0;

  std::optional<std::size_t> live() const {
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < sessions.size(); ++i) {
      if (!sessions[i].is_live()) continue;
      REQUIRE_FALSE(found.has_value());  // never two
      found = i;
    }
    return found;
  }

  bool store(std::size_t index, const FocusStep& step) {
    sessions[index] = step.session;
    if (step.awards) {
      xp += step.session.xp_awarded;
      coins += step.session.coins_awarded;
    }
    return step.changed;
  }

  Answer answer(std::size_t index, const FocusStep& step, bool changed) {
    if (!step.refusal) return {.session = index, .error = {}, .changed = store(index, step) || changed};
    const bool missing = *step.refusal == FocusRefusal::no_live_session;
    return {.session = {}, .error = missing ? "NOT_FOUND" : "CONFLICT", .changed = changed};
  }

  Answer call(std::string_view op, test::Value call, Instant now) {
    test::Value input;
    const bool given = call["input"].get(input) == simdjson::SUCCESS;
    bool changed = false;
    auto alive = live();
    if (alive) changed = store(*alive, settle(sessions[*alive], now));
    alive = live();

    if (op == "active") return {.session = alive, .error = {}, .changed = changed};
    if (op == "pause" || op == "resume") {
      if (!alive) return {.session = {}, .error = "NOT_FOUND", .changed = changed};
      const auto& session = sessions[*alive];
      return answer(*alive, op == "pause" ? pause(session, now) : resume(session, now), changed);
    }
    if (op == "start") {
      const auto mode = mode_of(given ? test::text(input, "mode", "focus") : "focus");
      if (!mode) return {.session = {}, .error = "VALIDATION_ERROR", .changed = changed};
      const auto usual = default_length(*mode, settings);
      const auto length = given ? test::integer(input, "duration_seconds", usual) : usual;
      if (!is_allowed_length(*mode, length)) return {.session = {}, .error = "VALIDATION_ERROR", .changed = changed};
      if (alive) {
        const bool reject = given && test::text(input, "on_active", "replace") == "reject";
        const auto way = make_way(sessions[*alive], reject ? OnActive::reject : OnActive::replace, 0, now);
        if (way.refusal) return answer(*alive, way, changed);
        changed = store(*alive, way) || changed;
      }
      sessions.emplace_back();
      return answer(sessions.size() - 1, start(*mode, static_cast<int>(length), now), changed);
    }
    const auto index = std::stoul(test::text(input, "session").substr(1)) - 1;
    if (index >= sessions.size()) return {.session = {}, .error = "NOT_FOUND", .changed = changed};
    if (op == "complete") return answer(index, complete(sessions[index], 0, now), changed);
    REQUIRE(op == "abandon");
    return answer(index, abandon(sessions[index], now), changed);
  }
};

std::optional<std::int64_t> maybe_integer(test::Value object, std::string_view key) {
  if (!test::has(object, key)) return {};
  return test::integer(object, key);
}

void check_session(const FocusSession& session, test::Value expected, Instant now) {
  const auto if_live = [&](auto value) { return session.is_live() ? std::optional(value) : std::nullopt; };
  CHECK(name_of(session.mode) == test::text(expected, "mode"));
  CHECK(name_of(session.status) == test::text(expected, "status"));
  CHECK(session.duration_seconds == test::integer(expected, "duration_seconds"));
  CHECK(session.started_at == test::instant(expected, "started_at"));
  CHECK(if_live(session.ends_at) == test::maybe_instant(expected, "ends_at"));
  CHECK(if_live(session.expires_at) == test::maybe_instant(expected, "expires_at"));
  CHECK(session.paused_at == test::maybe_instant(expected, "paused_at"));
  CHECK(session.completed_at == test::maybe_instant(expected, "completed_at"));
  CHECK(session.abandoned_at == test::maybe_instant(expected, "abandoned_at"));
  CHECK(session.expired_at == test::maybe_instant(expected, "expired_at"));
  CHECK(if_live(std::int64_t(remaining_seconds(session, now))) == maybe_integer(expected, "remaining_seconds"));
  CHECK(session.focused_seconds.value_or(focused_seconds(session, now)) == test::integer(expected, "focused_seconds"));
  CHECK(session.full_credit.has_value() == test::has(expected, "full_credit"));
  CHECK(session.full_credit.value_or(false) == test::boolean(expected, "full_credit"));
  CHECK(session.xp_awarded == test::integer(expected, "xp_awarded"));
  CHECK(session.coins_awarded == test::integer(expected, "coins_awarded"));
  CHECK(session.pause_count == test::integer(expected, "pause_count"));
}

const Instant kTen = Instant::parse("2026-01-14T10:00:00Z").value();
Instant after_ten(std::int64_t seconds) { return kTen + std::chrono::seconds(seconds); }
FocusSession running(int seconds = 1500) { return start(FocusMode::focus, seconds, kTen).session; }

}  // namespace

TEST_CASE("focus sessions follow the vectors") {
  const test::Vectors vectors("planning/focus.json");
  std::size_t cases = 0;
  for (const auto one : vectors["cases"].get_array()) {
    CAPTURE(test::text(one, "id"));
    Desk desk{.settings = settings_of(one)};
    Instant now;
    for (const auto step : one["steps"].get_array()) {
      now = test::instant(step, "at");
      CAPTURE(now);
      const auto answer = desk.call(test::text(step, "op"), step, now);
      const auto expected = step["expect"].value();
      CHECK(answer.error == test::text(expected, "error", ""));
      CHECK(answer.changed == test::boolean(expected, "state_changed"));
      REQUIRE(answer.session.has_value() == test::has(expected, "session"));
      if (!answer.session) continue;
      const auto session = expected["session"].value();
      CHECK("s" + std::to_string(*answer.session + 1) == test::text(session, "id"));
      check_session(desk.sessions[*answer.session], session, now);
    }
    std::size_t index = 0;
    for (const auto last : one["final"].get_array()) {
      REQUIRE(index < desk.sessions.size());
      const auto& session = desk.sessions[index++];
      CHECK(name_of(session.mode) == test::text(last, "mode"));
      CHECK(name_of(session.status) == test::text(last, "status"));
      CHECK(session.focused_seconds.value_or(focused_seconds(session, now)) == test::integer(last, "focused_seconds"));
      CHECK(session.xp_awarded == test::integer(last, "xp_awarded"));
      CHECK(session.coins_awarded == test::integer(last, "coins_awarded"));
    }
    CHECK(index == desk.sessions.size());
    CHECK(desk.xp == test::integer(one["totals"].value(), "xp"));
    CHECK(desk.coins == test::integer(one["totals"].value(), "coins"));
    ++cases;
  }
  CHECK(cases == 67);
}

TEST_CASE("what follows a session comes from the vectors") {
  const test::Vectors vectors("planning/focus.json");
  std::size_t cases = 0;
  for (const auto one : vectors["next_mode"].get_array()) {
    CAPTURE(cases);
    const auto next = next_focus(mode_of(test::text(one, "ended_mode")).value(),
                                 static_cast<int>(test::integer(one, "full_focus_sessions_today")), settings_of(one));
    const auto expected = one["next"].value();
    CHECK(name_of(next.mode) == test::text(expected, "mode"));
    CHECK(next.duration_seconds == test::integer(expected, "duration_seconds"));
    CHECK(next.auto_start == test::boolean(expected, "auto_start"));
    ++cases;
  }
  CHECK(cases == 14);
}

TEST_CASE("beyond the daily ceiling a session completes without a reward") {
  const auto last_paid = complete(running(), 59, after_ten(1500));
  CHECK(last_paid.session.xp_awarded == 25);
  CHECK_FALSE(last_paid.reward_capped);

  const auto capped = complete(running(), 60, after_ten(1500));
  CHECK(capped.session.status == FocusStatus::completed);
  CHECK(capped.session.full_credit == true);
  CHECK(capped.session.xp_awarded == 0);
  CHECK(capped.session.coins_awarded == 0);
  CHECK(capped.reward_capped);
  CHECK(capped.awards);
  CHECK(capped.event == FocusEvent::focus_complete);

  const auto rest = start(FocusMode::long_break, 60, kTen).session;
  CHECK(complete(rest, 23, after_ten(60)).session.xp_awarded == 3);
  CHECK(complete(rest, 24, after_ten(60)).reward_capped);
}

TEST_CASE("a session that earned nothing is not called capped") {
  const auto at_once = complete(running(), 60, kTen);
  CHECK_FALSE(at_once.awards);
  CHECK_FALSE(at_once.reward_capped);
  CHECK_FALSE(at_once.event.has_value());
}

TEST_CASE("only focus raises events, and only on the user's own deeds") {
  CHECK(start(FocusMode::focus, 1500, kTen).event == FocusEvent::focus_start);
  CHECK_FALSE(start(FocusMode::break_, 300, kTen).event.has_value());
  CHECK(abandon(running(), after_ten(60)).event == FocusEvent::focus_abandon);
  CHECK_FALSE(abandon(start(FocusMode::break_, 300, kTen).session, after_ten(60)).event.has_value());
  CHECK_FALSE(make_way(running(), OnActive::replace, 0, after_ten(60)).event.has_value());
  CHECK_FALSE(settle(running(), after_ten(3000)).event.has_value());
  CHECK(complete(running(), 0, after_ten(60)).event == FocusEvent::focus_complete);
  CHECK_FALSE(complete(running(), 0, after_ten(59)).event.has_value());
  CHECK_FALSE(complete(start(FocusMode::break_, 300, kTen).session, 0, after_ten(300)).event.has_value());
}

TEST_CASE("refusals tell why") {
  const auto done = complete(running(), 0, after_ten(1500)).session;
  const auto left = abandon(running(), after_ten(10)).session;
  const auto gone = settle(running(), after_ten(3000)).session;
  CHECK(complete(left, 0, after_ten(20)).refusal == FocusRefusal::abandoned);
  CHECK(complete(gone, 0, after_ten(3000)).refusal == FocusRefusal::expired);
  CHECK(abandon(done, after_ten(1500)).refusal == FocusRefusal::completed);
  CHECK(abandon(gone, after_ten(3000)).refusal == FocusRefusal::expired);
  CHECK(pause(running(), after_ten(1500)).refusal == FocusRefusal::timer_finished);
  CHECK(pause(done, after_ten(1500)).refusal == FocusRefusal::no_live_session);
  CHECK(resume(gone, after_ten(3000)).refusal == FocusRefusal::no_live_session);
  CHECK(make_way(running(), OnActive::reject, 0, after_ten(300)).refusal == FocusRefusal::session_active);
}

TEST_CASE("every ending of a paused session closes its pause in its own way") {
  const auto paused = pause(running(), after_ten(600));
  CHECK(paused.opens_pause);
  CHECK_FALSE(paused.ends_pause.has_value());
  const auto& session = paused.session;
  const auto now = after_ten(700);
  CHECK(resume(session, now).ends_pause == PauseEnd::resume);
  CHECK(complete(session, 0, now).ends_pause == PauseEnd::complete);
  CHECK(abandon(session, now).ends_pause == PauseEnd::abandon);
  CHECK(make_way(session, OnActive::replace, 0, now).ends_pause == PauseEnd::replace);
  CHECK(settle(session, after_ten(600 + 3600)).ends_pause == PauseEnd::expire);
  CHECK_FALSE(complete(running(), 0, now).ends_pause.has_value());
}

TEST_CASE("clients poll every thirty seconds, sooner when the end is near") {
  CHECK(next_poll_seconds({}, kTen) == 30);
  CHECK(next_poll_seconds(running(), kTen) == 30);
  CHECK(next_poll_seconds(running(), after_ten(1488)) == 12);
  CHECK(next_poll_seconds(running(), after_ten(1500)) == 30);
  CHECK(next_poll_seconds(pause(running(), after_ten(1488)).session, after_ten(1489)) == 30);
}

TEST_CASE("a clock that was set back gives no time and takes none") {
  const auto early = kTen - std::chrono::seconds(5);
  CHECK(remaining_seconds(running(), early) == 1500);
  CHECK(focused_seconds(running(), early) == 0);
  const auto paused = pause(running(), after_ten(600)).session;
  CHECK(resume(paused, after_ten(590)).session.ends_at == paused.ends_at);
}

namespace {

FocusMode any_mode() { return *rc::gen::element(FocusMode::focus, FocusMode::break_, FocusMode::long_break); }

int any_length(FocusMode mode) {
  const auto bounds = lengths_of(mode);
  return *rc::gen::inRange(bounds.min, bounds.max + 1);
}

FocusSession any_running() {
  const auto mode = any_mode();
  return start(mode, any_length(mode), kTen).session;
}

Micros any_span(std::int64_t up_to_us) { return Micros(*rc::gen::inRange<std::int64_t>(0, up_to_us)); }

}  // namespace

TEST_CASE("the time left only falls while a session runs, and is 0 exactly when the timer is up") {
  CHECK(rc::check("remaining time", [] {
    const auto session = any_running();
    const auto end = 2 * std::int64_t(session.duration_seconds) * 1'000'000;
    const auto first = kTen + any_span(end);
    const auto second = first + any_span(end);
    RC_ASSERT(remaining_seconds(session, second) <= remaining_seconds(session, first));
    RC_ASSERT(focused_seconds(session, second) >= focused_seconds(session, first));
    RC_ASSERT((remaining_seconds(session, first) == 0) == is_up(session, first));
    const auto both = remaining_seconds(session, first) + focused_seconds(session, first);
    RC_ASSERT(both == session.duration_seconds);
  }));
}

TEST_CASE("pauses lose no microsecond of running time") {
  CHECK(rc::check("pause and resume", [] {
    auto session = any_running();
    auto now = kTen;
    Micros ran(0);
    Micros rested(0);
    const auto whole = std::chrono::seconds(session.duration_seconds);
    const auto pauses = *rc::gen::inRange(1, 10);
    for (int i = 0; i < pauses; ++i) {
      const auto run = any_span(5'000'000);
      if (ran + run >= whole) break;
      ran += run;
      const auto paused = pause(session, now = now + run);
      RC_ASSERT(paused.changed);
      const auto rest = any_span(3'600'000'000);
      RC_ASSERT(remaining_seconds(paused.session, now) == remaining_seconds(paused.session, now + rest));
      rested += rest;
      RC_ASSERT_FALSE(settle(paused.session, now + rest).changed);
      session = resume(paused.session, now = now + rest).session;
      RC_ASSERT(session.ends_at - now == whole - ran);
      RC_ASSERT(session.expires_at - session.ends_at == whole);
    }
    RC_ASSERT(session.ends_at == kTen + whole + rested);
    RC_ASSERT(session.paused_total_us == rested.count());
  }));
}

TEST_CASE("however often devices repeat themselves, a session is awarded at most once") {
  CHECK(rc::check("one award", [] {
    auto session = any_running();
    auto now = kTen;
    int awards = 0;
    int paid = 0;
    const auto steps = *rc::gen::inRange(1, 30);
    for (int i = 0; i < steps; ++i) {
      now = now + any_span(600'000'000);
      const auto before = session;
      const auto settled = settle(session, now);
      FocusStep step;
      switch (*rc::gen::inRange(0, 5)) {
        case 0:
          step = pause(settled.session, now);
          break;
        case 1:
          step = resume(settled.session, now);
          break;
        case 2:
          step = abandon(settled.session, now);
          break;
        case 3:
          step = make_way(settled.session, OnActive::replace, 0, now);
          break;
        default:
          step = complete(settled.session, 0, now);
      }
      RC_ASSERT_FALSE(settled.awards);
      session = step.session;
      if (step.awards) {
        ++awards;
        paid = session.xp_awarded;
      }
      if (!before.is_live()) RC_ASSERT(session == before);
      if (!step.changed) RC_ASSERT(session == settled.session);
      if (step.refusal) RC_ASSERT_FALSE(step.changed);
      const int ended =
          session.completed_at.has_value() + session.abandoned_at.has_value() + session.expired_at.has_value();
      RC_ASSERT(ended == (session.is_live() ? 0 : 1));
      RC_ASSERT(session.paused_at.has_value() == (session.status == FocusStatus::paused));
      RC_ASSERT(session.focused_seconds.has_value() == !session.is_live());
      RC_ASSERT(session.ended_at().has_value() == !session.is_live());
    }
    RC_ASSERT(awards <= 1);
    RC_ASSERT(session.xp_awarded == paid);
  }));
}

TEST_CASE("more focus never pays less, and an early finish never more than the whole") {
  CHECK(rc::check("credit", [] {
    const auto mode = any_mode();
    const auto length = any_length(mode);
    const auto less = *rc::gen::inRange(0, length + 1);
    const auto more = *rc::gen::inRange(less, length + 1);
    const auto small = credit_of(mode, length, less);
    const auto large = credit_of(mode, length, more);
    RC_ASSERT(small.xp <= large.xp);
    RC_ASSERT(small.coins <= large.coins);
    RC_ASSERT(small.credited_seconds <= large.credited_seconds);
    RC_ASSERT(large.credited_seconds <= length);
    RC_ASSERT(credit_of(mode, length, length).full);
  }));
}
