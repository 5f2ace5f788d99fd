// Ranked quick picks: an integer score of how often, how recently and in which sequence a module is used. Rules K1 to
// K7. Ranking only orders; it never adds a candidate, raises the cap or changes what is visible.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ignition/rules/gap.hpp"
#include "ignition/rules/next_action.hpp"
#include "ignition/rules/preferences.hpp"

namespace ignition::rules {

// How a module was used. Here, unlike elsewhere in Today, a review_session event counts for module review, not learn.
struct ModuleUsage {
  ActionModule module = ActionModule::focus;
  std::int64_t completions = 0;        // within the usage window
  std::optional<LocalDate> last_date;  // local date of the last completion
  // The completions by part of the day; needed only while the context weight is not 0.
  std::int64_t morning = 0;
  std::int64_t afternoon = 0;
  std::int64_t evening = 0;
};
BOOST_DESCRIBE_STRUCT(ModuleUsage, (), (module, completions, last_date, morning, afternoon, evening))

// The newest completion, by the module of its event and by the one that ranking counts it for.
struct NewestDeed {
  ActionModule module = ActionModule::focus;
  ActionModule ranked_module = ActionModule::focus;
  Instant at;
};
BOOST_DESCRIBE_STRUCT(NewestDeed, (), (module, ranked_module, at))

// How often completions in one module were followed by one in another.
struct ModuleTransition {
  ActionModule from = ActionModule::focus;
  ActionModule to = ActionModule::focus;
  std::int64_t count = 0;
  Instant last_at;
};
BOOST_DESCRIBE_STRUCT(ModuleTransition, (), (from, to, count, last_at))

struct RankingInput {
  ActionModule module = ActionModule::habits;
  int baseline_rank = 0;
  std::int64_t count = 0;              // completions in the usage window
  std::optional<int> days_since_last;  // local days; below 0 counts as today
  std::int64_t sequence_count = 0;     // of sequence_total transitions from the last module, those that led here
  std::int64_t sequence_total = 0;
  bool in_context = false;  // typically done at this part of the day
};

// Parts of 10000 each.
struct ScoreParts {
  int frequency = 0;
  int recency = 0;
  int sequence = 0;
  int context = 0;

  friend bool operator==(const ScoreParts&, const ScoreParts&) = default;
};
BOOST_DESCRIBE_STRUCT(ScoreParts, (), (frequency, recency, sequence, context))

enum class RankReason : std::uint8_t { sequence, frequency, recency };
BOOST_DESCRIBE_ENUM(RankReason, sequence, frequency, recency)

struct Ranked {
  std::size_t candidate = 0;  // index in the input
  int score = 0;              // 0..10000
  ScoreParts parts;
  std::optional<RankReason> why;  // the part that weighs most; nothing when all are 0
};

// The candidates, best first. Nothing when an input is out of its domain (a negative count, more transitions to a
// module than there are at all, weights out of bounds): then the given order stands.
std::optional<std::vector<Ranked>> rank(std::span<const RankingInput> candidates, const TodayConfig& weights,
                                        bool sequence_killed);

// The module whose transitions count now: that of the newest completion while it is at most four hours old.
std::optional<ActionModule> previous_module(const std::optional<NewestDeed>& newest, Instant now);

// What `rank` needs to know about one candidate (rules K1, K2, K6).
RankingInput ranking_input(ActionModule module, int baseline_rank, std::span<const ModuleUsage> usage,
                           std::span<const ModuleTransition> transitions, const std::optional<NewestDeed>& newest,
                           const Calendar& calendar, Instant now, const TodayConfig& config);

}  // namespace ignition::rules
