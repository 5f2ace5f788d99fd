// The pure rules for languages whose values come and go as JSON: the bindings' single calls. Field names are those of
// the rules' own types; what may be left out has the same default in every language; what is refused names the field.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ignition/rules/fsrs.hpp"
#include "ignition/rules/recurrence.hpp"
#include "ignition/rules/streaks.hpp"

namespace ignition {

// Runs one rule, such as `training.one_rep_max`. Throws NOT_FOUND for a name that is none of rule_names().
std::string call_rule(std::string_view name, std::string_view json);
// In alphabetical order.
std::vector<std::string> rule_names();

// Many series in one window: `{series, from, to, limit, threads}`.
rules::OccurrencesBatch expand_series(std::string_view json);

// `{cadences}` of the streaks of many.
std::vector<rules::Cadence> read_cadences(std::string_view json);

// A scheduler of its settings, each with a default.
rules::fsrs::Scheduler read_scheduler(std::string_view json);
// `{card, rating, at}` to the outcome.
std::string review_card(const rules::fsrs::Scheduler& scheduler, std::string_view json);
// `{card, at}` to the four outcomes.
std::string preview_card(const rules::fsrs::Scheduler& scheduler, std::string_view json);
// `{card, at}` to the probability of recall, null for a new card.
std::string recall_card(const rules::fsrs::Scheduler& scheduler, std::string_view json);
// `{interval_days, ease_factor, retention}` to the memory.
std::string memory_from_sm2(const rules::fsrs::Scheduler& scheduler, std::string_view json);
// `{cards, settings, now, reviews_done, introduced_today, decks, limit}` to the cards that come next.
std::string queue_cards(const rules::fsrs::Scheduler& scheduler, std::string_view json);

}  // namespace ignition
