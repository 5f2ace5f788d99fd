#include "ignition/rules/outcomes.hpp"

#include <doctest/doctest.h>

using namespace ignition;
using namespace ignition::rules;

namespace {

const Instant kShown = Instant::parse("2026-03-10T10:00:00Z").value();
constexpr Micros kTick{1};

}  // namespace

TEST_CASE("what is started within five minutes is credited to what was shown") {
  const auto at = [](Micros age) { return attribution(OutcomeAction::started, kShown, kShown + age); };
  CHECK(at(std::chrono::minutes(5)) == Attribution{true, false});
  CHECK(at(std::chrono::minutes(5) + kTick) == Attribution{false, false});
}

TEST_CASE("what is completed within an hour is credited to what was shown") {
  const auto at = [](Micros age) { return attribution(OutcomeAction::completed, kShown, kShown + age); };
  CHECK(at(std::chrono::minutes(60)) == Attribution{false, true});
  CHECK(at(std::chrono::minutes(60) + kTick) == Attribution{false, false});
  CHECK(attribution(OutcomeAction::dismissed, kShown, kShown) == Attribution{false, false});
}

TEST_CASE("older spellings of actions are understood") {
  CHECK(outcome_action("click") == OutcomeAction::started);
  CHECK(outcome_action("start") == OutcomeAction::started);
  CHECK(outcome_action("next_action_started") == OutcomeAction::started);
  CHECK(outcome_action("complete") == OutcomeAction::completed);
  CHECK(outcome_action("completed_action") == OutcomeAction::completed);
  CHECK(outcome_action("dismiss") == OutcomeAction::dismissed);
  CHECK(outcome_action("bounced") == OutcomeAction::bounced);
  CHECK_FALSE(outcome_action("Started"));
  CHECK_FALSE(outcome_action(""));
}

TEST_CASE("what nothing became of for two minutes was passed over") {
  const Instant limit = kShown + std::chrono::minutes(2);
  CHECK(bounces_at(kShown) == limit);
  CHECK_FALSE(is_bounced(kShown, {}, limit));
  CHECK(is_bounced(kShown, {}, limit + kTick));
  CHECK_FALSE(is_bounced(kShown, limit, limit + std::chrono::hours(1)));
  CHECK(is_bounced(kShown, limit + kTick, limit + std::chrono::hours(1)));
}
