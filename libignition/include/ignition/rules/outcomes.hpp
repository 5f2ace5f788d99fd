// What became of what Today showed. Rules T4 and T8.
#pragma once

#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "ignition/time.hpp"

namespace ignition::rules {

enum class OutcomeAction : std::uint8_t { started, completed, dismissed, expanded, skipped, bounced };
BOOST_DESCRIBE_ENUM(OutcomeAction, started, completed, dismissed, expanded, skipped, bounced)

// An action by its name or one of the spellings of older clients (rule T8); nothing for other texts.
std::optional<OutcomeAction> outcome_action(std::string_view name);

// Whether an action at `at` is credited to what was shown at `shown`.
struct Attribution {
  bool within_primary = false;    // started, up to 5 minutes
  bool within_secondary = false;  // completed, up to 60 minutes

  friend bool operator==(const Attribution&, const Attribution&) = default;
};
Attribution attribution(OutcomeAction action, Instant shown, Instant at);

// The instant at which what was shown counts as passed over, unless something became of it before.
Instant bounces_at(Instant shown);
// Whether it was passed over. `first_outcome`: when the first thing became of it.
bool is_bounced(Instant shown, std::optional<Instant> first_outcome, Instant now);

}  // namespace ignition::rules
