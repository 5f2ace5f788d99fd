#include "ignition/rules/engagement.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <boost/describe/enum_from_string.hpp>
#include <boost/describe/enum_to_string.hpp>

#include "support/vectors.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

template <class E>
E enum_of(std::string_view text) {
  E value{};
  REQUIRE_MESSAGE(boost::describe::enum_from_string(std::string(text).c_str(), value), text);
  return value;
}

template <class E>
std::optional<E> maybe_enum(test::Value object, std::string_view key) {
  if (!test::has(object, key)) return {};
  return enum_of<E>(test::text(object, key));
}

const Uuid kSession = Uuid::parse("0190a000-0000-7000-8000-000000000001").value();
const Uuid kNextSession = Uuid::parse("0190a000-0000-7000-8000-000000000002").value();

SessionEvent event_of(test::Value step) {
  const auto name = test::text(step, "event");
  const auto source = [&] { return enum_of<DeedSource>(test::text(step, "source")); };
  if (name == "start") return session_event::Start{};
  if (name == "complete") return session_event::Complete{source()};
  if (name == "abandon") return session_event::Abandon{source()};
  if (name == "activate") {
    return session_event::Activate{enum_of<SoftSource>(test::text(step, "source")),
                                   enum_of<SoftStatus>(test::text(step, "status"))};
  }
  if (name == "clear") return session_event::Clear{};
  if (name == "onboarding_skip") return session_event::OnboardingSkip{static_cast<int>(test::integer(step, "hours"))};
  if (name == "dismiss_momentum") return session_event::DismissMomentum{};
  if (name == "dismiss_reduced") return session_event::DismissReduced{};
  REQUIRE(name == "show_full");
  return session_event::ShowFull{test::boolean(step, "on")};
}

void check_seen(const EngagementSession& seen, test::Value expected) {
  CHECK(seen.completed_count == test::integer(expected, "completed_count"));
  CHECK(seen.soft_state == enum_of<SoftState>(test::text(expected, "soft_state")));
  CHECK(seen.soft_source == maybe_enum<SoftSource>(expected, "soft_source"));
  CHECK(seen.soft_status == maybe_enum<SoftStatus>(expected, "soft_status"));
  CHECK(seen.soft_expires_at == test::maybe_instant(expected, "soft_expires_at"));
  CHECK(seen.momentum == enum_of<Momentum>(test::text(expected, "momentum")));
  CHECK(seen.reduced_dismissed == test::boolean(expected, "reduced_dismissed"));
  CHECK(seen.show_full == test::boolean(expected, "show_full"));
}

// A day and zone in which an hour is skipped, so that properties meet it too.
const Calendar kBerlin{.zone = TimeZone::find("Europe/Berlin").value()};
constexpr TodayConfig kConfig;

struct Moment {
  SessionEvent event;
  Instant at;
};

DeedSource any_deed() {
  return *rc::gen::element(DeedSource::focus, DeedSource::quest, DeedSource::workout, DeedSource::habit,
                           DeedSource::learn, DeedSource::plan);
}

SessionEvent any_event() {
  switch (*rc::gen::inRange(0, 9)) {
    case 0:
      return session_event::Start{};
    case 1:
      return session_event::Complete{any_deed()};
    case 2:
      return session_event::Abandon{any_deed()};
    case 3:
      return session_event::Activate{*rc::gen::element(SoftSource::focus, SoftSource::habit), SoftStatus::complete};
    case 4:
      return session_event::Clear{};
    case 5:
      return session_event::OnboardingSkip{*rc::gen::inRange(1, 73)};
    case 6:
      return session_event::DismissMomentum{};
    case 7:
      return session_event::DismissReduced{};
    default:
      return session_event::ShowFull{*rc::gen::arbitrary<bool>()};
  }
}

// Events in time order, minutes to hours apart, around a night with a clock change.
std::vector<Moment> any_day() {
  std::vector<Moment> moments;
  auto at = Instant::parse("2026-03-28T20:00:00Z").value();
  const auto count = *rc::gen::inRange(0, 25);
  for (int i = 0; i < count; ++i) {
    at = at + std::chrono::minutes(
                  *rc::gen::weightedOneOf<int>({{4, rc::gen::inRange(0, 30)}, {1, rc::gen::inRange(200, 300)}}));
    moments.push_back({any_event(), at});
  }
  return moments;
}

EngagementSession apply(const EngagementSession& state, const Moment& m, std::uint8_t number) {
  Uuid id;
  id.bytes[15] = number;
  return after(state, m.event, m.at, kBerlin, kConfig, id);
}

}  // namespace

TEST_CASE("engagement sessions follow the vectors") {
  const test::Vectors vectors("today/sessions.json");
  std::size_t cases = 0;
  for (const auto one : vectors["cases"].get_array()) {
    CAPTURE(test::text(one, "id"));
    const Calendar calendar{.zone = TimeZone::find(test::text(one, "tz")).value()};
    const auto config_of = one["config"].value();
    const TodayConfig config{
        .session_idle_minutes = static_cast<int>(test::integer(config_of, "session_idle_minutes")),
        .soft_landing_minutes = static_cast<int>(test::integer(config_of, "soft_landing_minutes"))};
    for (const auto source : {DeedSource::focus, DeedSource::quest, DeedSource::workout, DeedSource::habit,
                              DeedSource::learn, DeedSource::plan}) {
      const auto listed = [&](std::string_view key) {
        for (const auto text : config_of[key].get_array()) {
          if (text.get_string().value() == boost::describe::enum_to_string(source, "")) return true;
        }
        return false;
      };
      CHECK(lands_after_completion(source) == listed("complete_sources"));
      CHECK(lands_after_abandonment(source) == listed("abandon_sources"));
    }

    EngagementSession state;
    for (const auto step : one["trace"].get_array()) {
      const auto at = test::instant(step, "at");
      CAPTURE(at);
      if (test::text(step, "event") != "read") {
        state = after(state, event_of(step), at, calendar, config, kSession);
        CHECK(state.session_last_event_at == at);
      }
      check_seen(seen_at(state, at, calendar, config), step["expected"].value());
    }
    ++cases;
  }
  CHECK(cases == 24);
}

TEST_CASE("the first event of a session gives it its id and start, later ones keep them") {
  const auto nine = Instant::parse("2026-01-14T09:00:00Z").value();
  const auto first = after({}, session_event::Start{}, nine, {}, kConfig, kSession);
  CHECK(first.session_id == kSession);
  CHECK(first.session_started_at == nine);

  const auto ten = nine + std::chrono::hours(1);
  const auto second = after(first, session_event::Start{}, ten, {}, kConfig, kNextSession);
  CHECK(second.session_id == kSession);
  CHECK(second.session_started_at == nine);

  const auto much_later = ten + std::chrono::hours(4);
  const auto third = after(second, session_event::Start{}, much_later, {}, kConfig, kNextSession);
  CHECK(third.session_id == kNextSession);
  CHECK(third.session_started_at == much_later);
}

TEST_CASE("a session ends where the user's day begins, not at midnight") {
  const Calendar night_owl{.zone = TimeZone(), .day_start_hour = 4};
  const auto late = Instant::parse("2026-01-14T23:50:00Z").value();
  const auto state = after({}, session_event::Complete{DeedSource::habit}, late, night_owl, kConfig, kSession);
  CHECK(seen_at(state, Instant::parse("2026-01-15T03:30:00Z").value(), night_owl, kConfig).completed_count == 1);
  const auto later = after(state, session_event::Start{}, Instant::parse("2026-01-15T03:00:00Z").value(), night_owl,
                           kConfig, kNextSession);
  CHECK(seen_at(later, Instant::parse("2026-01-15T03:59:59.999999Z").value(), night_owl, kConfig).completed_count == 1);
  CHECK(seen_at(later, Instant::parse("2026-01-15T04:00:00Z").value(), night_owl, kConfig).completed_count == 0);
}

TEST_CASE("skipping onboarding lands the user also after a landing that was cleared") {
  const auto nine = Instant::parse("2026-01-14T09:00:00Z").value();
  auto state = after({}, session_event::Complete{DeedSource::focus}, nine, {}, kConfig, kSession);
  state = after(state, session_event::Clear{}, nine, {}, kConfig, kSession);
  state = after(state, session_event::OnboardingSkip{2}, nine, {}, kConfig, kSession);
  CHECK(state.soft_state == SoftState::active);
  CHECK(state.soft_source == SoftSource::onboarding);
  CHECK(state.soft_expires_at == nine + std::chrono::hours(2));

  const auto again = after(state, session_event::OnboardingSkip{72}, nine, {}, kConfig, kSession);
  CHECK(again.soft_expires_at == state.soft_expires_at);
}

TEST_CASE("return links name a source and a status") {
  const auto link = return_link("workout", "abandon");
  REQUIRE(link.has_value());
  CHECK(link->source == SoftSource::workout);
  CHECK(link->status == SoftStatus::abandon);
  for (const auto* from : {"focus", "quest", "workout", "habit", "learn"}) {
    CHECK(boost::describe::enum_to_string(return_link(from, "complete").value().source, "") == std::string(from));
  }
  CHECK_FALSE(return_link("onboarding", "complete").has_value());
  CHECK_FALSE(return_link("", "complete").has_value());
  CHECK_FALSE(return_link("focus", "skip").has_value());
}

TEST_CASE("what clients see obeys the flags, what is stored does not") {
  const auto nine = Instant::parse("2026-01-14T09:00:00Z").value();
  const auto state = after({}, session_event::Complete{DeedSource::focus}, nine, {}, kConfig, kSession);
  CHECK(soft_landing_view(state, true) == SoftLandingView{.active = true,
                                                          .state = SoftState::active,
                                                          .source = SoftSource::focus,
                                                          .status = SoftStatus::complete,
                                                          .expires_at = nine + std::chrono::minutes(30)});
  CHECK_FALSE(soft_landing_view(state, false).active);
  CHECK(soft_landing_view(state, false).state == SoftState::active);
  CHECK(momentum_view(state, true) == MomentumView{.state = Momentum::shown, .show = true, .message = "Good start."});
  CHECK(momentum_view(state, false) == MomentumView{.state = Momentum::shown, .show = false, .message = {}});
  CHECK(momentum_view({}, true) == MomentumView{});
}

TEST_CASE("within a session a cleared landing stays cleared and momentum never goes back") {
  CHECK(rc::check("transitions of a session", [] {
    EngagementSession state;
    std::uint8_t number = 0;
    for (const auto& moment : any_day()) {
      const auto before = seen_at(state, moment.at, kBerlin, kConfig);
      state = apply(state, moment, ++number);
      if (before.session_id != state.session_id) continue;
      RC_ASSERT(state.momentum >= before.momentum);
      RC_ASSERT(state.completed_count >= before.completed_count);
      RC_ASSERT(state.reduced_dismissed || !before.reduced_dismissed);
      // The user's own request for a landing of so many hours is the one exception.
      if (std::holds_alternative<session_event::OnboardingSkip>(moment.event)) continue;
      if (before.soft_state == SoftState::cleared) RC_ASSERT(state.soft_state == SoftState::cleared);
    }
  }));
}

TEST_CASE("momentum becomes visible at most once in a session, with its first completion") {
  CHECK(rc::check("momentum", [] {
    EngagementSession state;
    std::uint8_t number = 0;
    for (const auto& moment : any_day()) {
      const auto before = seen_at(state, moment.at, kBerlin, kConfig);
      state = apply(state, moment, ++number);
      if (state.momentum == Momentum::shown && before.momentum != Momentum::shown) {
        RC_ASSERT(before.momentum == Momentum::pending);
        RC_ASSERT(state.completed_count == 1);
      }
    }
  }));
}

TEST_CASE("a landing is whole or absent, and never active beyond its end") {
  CHECK(rc::check("consistent landing", [] {
    EngagementSession state;
    std::uint8_t number = 0;
    for (const auto& moment : any_day()) {
      state = apply(state, moment, ++number);
      const bool landed = state.soft_state != SoftState::inactive;
      RC_ASSERT(state.soft_source.has_value() == landed);
      RC_ASSERT(state.soft_status.has_value() == landed);
      RC_ASSERT(state.soft_activated_at.has_value() == landed);
      RC_ASSERT(state.soft_expires_at.has_value() == landed);
      const auto later = moment.at + std::chrono::minutes(*rc::gen::inRange(0, 10'000));
      const auto seen = seen_at(state, later, kBerlin, kConfig);
      if (seen.soft_state == SoftState::active) RC_ASSERT(*seen.soft_expires_at > later);
    }
  }));
}

TEST_CASE("a view is a view of itself") {
  CHECK(rc::check("seeing twice", [] {
    EngagementSession state;
    std::uint8_t number = 0;
    for (const auto& moment : any_day()) state = apply(state, moment, ++number);
    const auto now = Instant::parse("2026-03-29T00:00:00Z").value() + std::chrono::minutes(*rc::gen::inRange(0, 5000));
    const auto seen = seen_at(state, now, kBerlin, kConfig);
    RC_ASSERT(seen_at(seen, now, kBerlin, kConfig) == seen);
  }));
}
