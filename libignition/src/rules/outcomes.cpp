#include "ignition/rules/outcomes.hpp"

#include <array>
#include <utility>

namespace ignition::rules {
namespace {

constexpr auto kPrimary = std::chrono::minutes(5);
constexpr auto kSecondary = std::chrono::minutes(60);
constexpr auto kPatience = std::chrono::minutes(2);

constexpr std::array<std::pair<std::string_view, OutcomeAction>, 12> kSpellings{{
    {"started", OutcomeAction::started},
    {"completed", OutcomeAction::completed},
    {"dismissed", OutcomeAction::dismissed},
    {"expanded", OutcomeAction::expanded},
    {"skipped", OutcomeAction::skipped},
    {"bounced", OutcomeAction::bounced},
    {"click", OutcomeAction::started},
    {"start", OutcomeAction::started},
    {"next_action_started", OutcomeAction::started},
    {"complete", OutcomeAction::completed},
    {"completed_action", OutcomeAction::completed},
    {"dismiss", OutcomeAction::dismissed},
}};

}  // namespace

std::optional<OutcomeAction> outcome_action(std::string_view name) {
  for (const auto& [spelling, action] : kSpellings) {
    if (spelling == name) return action;
  }
  return {};
}

Attribution attribution(OutcomeAction action, Instant shown, Instant at) {
  const auto age = at - shown;
  return {.within_primary = action == OutcomeAction::started && age <= kPrimary,
          .within_secondary = action == OutcomeAction::completed && age <= kSecondary};
}

Instant bounces_at(Instant shown) { return shown + kPatience; }

bool is_bounced(Instant shown, std::optional<Instant> first_outcome, Instant now) {
  const Instant limit = bounces_at(shown);
  return now > limit && (!first_outcome || *first_outcome > limit);
}

}  // namespace ignition::rules
