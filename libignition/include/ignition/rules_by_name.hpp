// The pure rules for languages whose values come and go as JSON: the bindings' single calls. Field names are those of
// the rules' own types; what is refused names the field.
#pragma once

#include <string>
#include <string_view>

#include "ignition/rules/fsrs.hpp"
#include "ignition/rules/recurrence.hpp"

namespace ignition {

// Runs one rule: `recurrence.parse`, `recurrence.expand`, `training.one_rep_max`, `training.personal_records`,
// `training.volume`, `training.streaks`, `focus.start` and the other transitions, `sm2.review`, `fsrs.fuzz`. Throws
// NOT_FOUND for another name.
std::string call_rule(std::string_view name, std::string_view json);

// Many series in one window: `{series, from, to, limit, threads}`.
rules::OccurrencesBatch expand_series(std::string_view json);

// A scheduler of all its settings; `parameters` may be empty for the defaults.
rules::fsrs::Scheduler read_scheduler(std::string_view json);
// `{card, rating, at}` to the outcome; of preview() the rating does not count, and there are four outcomes.
std::string review_card(const rules::fsrs::Scheduler& scheduler, std::string_view json);
std::string preview_card(const rules::fsrs::Scheduler& scheduler, std::string_view json);

}  // namespace ignition
