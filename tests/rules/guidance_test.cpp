#include "ignition/rules/guidance.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <array>

using namespace ignition;
using namespace ignition::rules;

namespace {
constexpr auto kAll = {GuidanceStep::intro_start, GuidanceStep::intro_capture, GuidanceStep::intro_return,
                       GuidanceStep::intro_rules, GuidanceStep::intro_review};
const GuidanceFacts kNothingToSay{.started = true, .captured = true};
}  // namespace

TEST_CASE("a new user is shown how to start, then how to capture") {
  CHECK(guidance({}) == GuidanceStep::intro_start);
  CHECK(guidance({.started = true}) == GuidanceStep::intro_capture);
  CHECK_FALSE(guidance(kNothingToSay).has_value());
  CHECK(guidance({.captured = true}) == GuidanceStep::intro_start);
}

TEST_CASE("coming back goes before every other hint") {
  CHECK(guidance({.returning_after_gap = true}) == GuidanceStep::intro_return);
  CHECK(guidance({.returning_after_gap = true, .closed = {GuidanceStep::intro_return}}) == GuidanceStep::intro_start);
}

TEST_CASE("rules are offered for a frequent pair unless the user leaves at once most of the time") {
  auto facts = kNothingToSay;
  facts.frequent_pair = true;
  CHECK_FALSE(guidance(facts).has_value());  // no exposure yet
  facts.exposures_of_last_10 = 10;
  facts.bounced_of_last_10 = 4;
  CHECK(guidance(facts) == GuidanceStep::intro_rules);
  facts.bounced_of_last_10 = 5;
  CHECK_FALSE(guidance(facts).has_value());
  facts.bounced_of_last_10 = 0;
  facts.has_rule_or_routine = true;
  CHECK_FALSE(guidance(facts).has_value());
}

TEST_CASE("an inbox of ten asks for a review") {
  auto facts = kNothingToSay;
  facts.unread_inbox = 9;
  CHECK_FALSE(guidance(facts).has_value());
  facts.unread_inbox = 10;
  CHECK(guidance(facts) == GuidanceStep::intro_review);
}

TEST_CASE("a dismissed step is hidden for three days, a twice dismissed one for ever") {
  const auto monday = Instant::parse("2026-01-12T09:00:00Z").value();
  const auto once = dismissed({}, monday, 72);
  CHECK_FALSE(is_open(once, monday));
  CHECK_FALSE(is_open(once, Instant::parse("2026-01-15T08:59:59.999999Z").value()));
  CHECK(is_open(once, Instant::parse("2026-01-15T09:00:00Z").value()));
  const auto twice = dismissed(once, Instant::parse("2026-01-15T09:00:00Z").value(), 72);
  CHECK_FALSE(is_open(twice, Instant::parse("2036-01-15T09:00:00Z").value()));
  CHECK(dismissed(twice, monday, 72).dismiss_count == 2);
}

TEST_CASE("a finished step never opens again and keeps the instant it was finished at") {
  const auto monday = Instant::parse("2026-01-12T09:00:00Z").value();
  const auto done = finished({}, monday);
  CHECK_FALSE(is_open(done, monday + std::chrono::hours(10'000)));
  CHECK(finished(done, monday + std::chrono::hours(1)).done_at == monday);
}

TEST_CASE("every step has exactly one exit of its own") {
  constexpr std::array exits{GuidanceExit::started, GuidanceExit::captured, GuidanceExit::active_again,
                             GuidanceExit::rule_or_routine_created, GuidanceExit::inbox_processed};
  auto exit = exits.begin();
  for (const auto step : kAll) {
    for (const auto what : exits) CHECK(ends(step, what) == (what == *exit));
    ++exit;
  }
}

TEST_CASE("the message key names the step") {
  CHECK(guidance_view(GuidanceStep::intro_review) ==
        GuidanceView{.step = GuidanceStep::intro_review, .message_key = "guidance.intro_review", .dismissible = true});
}

TEST_CASE("a closed step is never shown, and closing one never hides another") {
  CHECK(rc::check("closed steps", [] {
    GuidanceFacts facts{.started = *rc::gen::arbitrary<bool>(),
                        .captured = *rc::gen::arbitrary<bool>(),
                        .frequent_pair = *rc::gen::arbitrary<bool>(),
                        .has_rule_or_routine = *rc::gen::arbitrary<bool>(),
                        .bounced_of_last_10 = *rc::gen::inRange(0, 11),
                        .exposures_of_last_10 = 10,
                        .unread_inbox = *rc::gen::inRange(0, 20),
                        .returning_after_gap = *rc::gen::arbitrary<bool>()};
    const auto open = guidance(facts);
    for (const auto step : kAll) {
      auto fewer = facts;
      fewer.closed = {step};
      RC_ASSERT(guidance(fewer) != step);
      if (open != step) RC_ASSERT(guidance(fewer) == open);
    }
  }));
}
