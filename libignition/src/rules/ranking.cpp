#include "ignition/rules/ranking.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <tuple>

namespace ignition::rules {
namespace {

constexpr std::int64_t kWhole = 10000;
// Counts beyond this are no counts of deeds; below it, the products of rule K2 fit into 64 bits.
constexpr std::int64_t kGreatestCount = 1'000'000'000'000;
constexpr auto kSequenceAge = std::chrono::hours(4);
constexpr std::int64_t kContextCompletions = 5;

bool is_count(std::int64_t n) { return n >= 0 && n <= kGreatestCount; }

bool is_sound(const RankingInput& c) {
  return is_count(c.count) && is_count(c.sequence_count) && is_count(c.sequence_total) &&
         c.sequence_count <= c.sequence_total;
}

bool are_weights(const TodayConfig& w) {
  const std::array weights{w.weight_frequency, w.weight_recency, w.weight_sequence, w.weight_context};
  std::int64_t sum = 0;
  for (const int weight : weights) {
    if (weight < 0) return false;
    sum += weight;
  }
  return sum <= kWhole;
}

// Rule K2.
ScoreParts parts_of(const RankingInput& c, std::int64_t largest, bool sequence_killed) {
  ScoreParts parts;
  if (largest > 0) parts.frequency = static_cast<int>(kWhole * c.count / largest);
  if (c.days_since_last) parts.recency = static_cast<int>(kWhole / (std::int64_t{1} + std::max(0, *c.days_since_last)));
  if (c.sequence_total > 0 && !sequence_killed) {
    parts.sequence = static_cast<int>(kWhole * c.sequence_count / c.sequence_total);
  }
  if (c.in_context) parts.context = static_cast<int>(kWhole);
  return parts;
}

// Rule K5: on ties sequence, then frequency, then recency.
std::optional<RankReason> reason_of(const ScoreParts& parts, const TodayConfig& w) {
  const std::array weighted{
      std::pair{RankReason::sequence, std::int64_t{w.weight_sequence} * parts.sequence},
      std::pair{RankReason::frequency, std::int64_t{w.weight_frequency} * parts.frequency},
      std::pair{RankReason::recency, std::int64_t{w.weight_recency} * parts.recency},
  };
  const auto largest = std::ranges::max_element(weighted, {}, [](const auto& part) { return part.second; });
  if (largest->second == 0) return {};
  return largest->first;
}

int score_of(const ScoreParts& parts, const TodayConfig& w) {
  const std::int64_t sum =
      std::int64_t{w.weight_frequency} * parts.frequency + std::int64_t{w.weight_recency} * parts.recency +
      std::int64_t{w.weight_sequence} * parts.sequence + std::int64_t{w.weight_context} * parts.context;
  return static_cast<int>(sum / kWhole);
}

// Habits and quests go before equals, focus after them: it is the starter's usual place.
int type_priority(ActionModule module) {
  switch (module) {
    case ActionModule::habits:
      return 0;
    case ActionModule::quests:
      return 1;
    case ActionModule::focus:
      return 3;
    default:
      return 2;
  }
}

const ModuleUsage* usage_of(std::span<const ModuleUsage> usage, ActionModule module) {
  const auto found = std::ranges::find(usage, module, &ModuleUsage::module);
  return found == usage.end() ? nullptr : &*found;
}

// Rule K6: at least five completions, three of five of them at this part of the day.
bool fits_context(const ModuleUsage& usage, PartOfDay part) {
  const std::array by_part{usage.morning, usage.afternoon, usage.evening};
  return usage.completions >= kContextCompletions &&
         5 * by_part[static_cast<std::size_t>(part)] >= 3 * usage.completions;
}

// Rule K2: the transitions from `previous` that still count; the whole part is void when they ended long before the
// newest completion.
void count_sequence(RankingInput& input, std::span<const ModuleTransition> transitions, ActionModule previous,
                    const NewestDeed& newest, Instant now, const TodayConfig& config) {
  const Micros window = std::chrono::days(config.sequence_window_days);
  std::optional<Instant> last;
  std::int64_t to = 0;
  std::int64_t total = 0;
  for (const ModuleTransition& t : transitions) {
    if (t.from != previous || now - t.last_at > window) continue;
    total += t.count;
    if (t.to == input.module) to += t.count;
    if (!last || *last < t.last_at) last = t.last_at;
  }
  if (!last || newest.at - *last > std::chrono::hours(config.sequence_stale_hours)) return;
  input.sequence_count = to;
  input.sequence_total = total;
}

}  // namespace

std::optional<std::vector<Ranked>> rank(std::span<const RankingInput> candidates, const TodayConfig& weights,
                                        bool sequence_killed) {
  if (!are_weights(weights) || !std::ranges::all_of(candidates, is_sound)) return {};
  std::int64_t largest = 0;
  for (const RankingInput& c : candidates) largest = std::max(largest, c.count);

  std::vector<Ranked> ranked;
  ranked.reserve(candidates.size());
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const ScoreParts parts = parts_of(candidates[i], largest, sequence_killed);
    ranked.push_back(
        {.candidate = i, .score = score_of(parts, weights), .parts = parts, .why = reason_of(parts, weights)});
  }
  // Rule K4. No two candidates share a baseline rank, so the order of equal action keys cannot matter.
  const auto key = [&](const Ranked& r) {
    const RankingInput& c = candidates[r.candidate];
    return std::tuple{-r.score, -c.count, type_priority(c.module), c.baseline_rank};
  };
  std::ranges::stable_sort(ranked, {}, key);
  return ranked;
}

std::optional<ActionModule> previous_module(const std::optional<NewestDeed>& newest, Instant now) {
  if (!newest || newest->at > now || now - newest->at > kSequenceAge) return {};
  return newest->ranked_module;
}

RankingInput ranking_input(ActionModule module, int baseline_rank, std::span<const ModuleUsage> usage,
                           std::span<const ModuleTransition> transitions, const std::optional<NewestDeed>& newest,
                           const Calendar& calendar, Instant now, const TodayConfig& config) {
  RankingInput input{.module = module, .baseline_rank = baseline_rank};
  if (const ModuleUsage* used = usage_of(usage, module)) {
    input.count = used->completions;
    if (used->last_date) input.days_since_last = calendar.date_of(now) - *used->last_date;
    input.in_context = fits_context(*used, part_of_day(calendar.zone, now));
  }
  if (const auto previous = previous_module(newest, now)) {
    count_sequence(input, transitions, *previous, *newest, now, config);
  }
  return input;
}

}  // namespace ignition::rules
