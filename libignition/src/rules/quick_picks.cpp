#include "ignition/rules/quick_picks.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "ignition/rules/route.hpp"

namespace ignition::rules {
namespace {

struct Row {
  ActionModule module;
  std::string_view key;
  std::int64_t TodayCounts::*count;
  std::string_view route;
  std::string_view label;
};

// Rule Q1; the rank is the position.
using M = ActionModule;
using C = TodayCounts;
constexpr std::array<Row, 10> kWaterfall{{
    {M::habits, "habits", &C::pending_habits, "/habits", "Check habits"},
    {M::quests, "quests", &C::active_quests, "/quests", "Continue quests"},
    {M::inbox, "inbox", &C::unread_inbox, "/inbox", "Check inbox"},
    {M::review, "review", &C::due_reviews, "/learn/review", "Review cards"},
    {M::exercise, "exercise", &C::workouts_today, "/exercise", "Start workout"},
    {M::planner, "planner", &C::events_remaining, "/planner", "See today's events"},
    {M::projects, "projects", &C::tasks_due, "/projects", "Work on tasks"},
    {M::goals, "goals", &C::milestones_due, "/goals", "Next milestone"},
    {M::books, "books", &C::books_unread_today, "/books", "Keep reading"},
    {M::journal, "journal", &C::journal_missing, "/learn/journal", "Write today's entry"},
}};
constexpr std::size_t kBaseRows = 3;
constexpr int kBannerSuggestions = 2;

QuickPick pick_of(std::size_t index, const TodayCounts& counts) {
  const Row& row = kWaterfall[index];
  return {.module = row.module,
          .action_key = "module:" + std::string(row.key),
          .route = std::string(row.route),
          .label = std::string(row.label),
          .count = counts.*row.count,
          .baseline_rank = static_cast<int>(index) + 1,
          .why = {}};
}

std::string_view reason_key(RankReason reason) {
  switch (reason) {
    case RankReason::sequence:
      return "why.sequence";
    case RankReason::frequency:
      return "why.frequency";
    case RankReason::recency:
      break;
  }
  return "why.recency";
}

}  // namespace

std::vector<QuickPick> pick_candidates(const TodayCounts& counts, std::string_view starter_href,
                                       const ModuleSet& disabled, bool extended) {
  const std::string_view starter_path = route_path(starter_href);
  const std::size_t rows = extended ? kWaterfall.size() : kBaseRows;
  std::vector<QuickPick> picks;
  for (std::size_t i = 0; i < rows; ++i) {
    const Row& row = kWaterfall[i];
    const bool waits = counts.*row.count > 0;
    const bool allowed = !disabled.contains(*governing_module(row.module));
    if (waits && allowed && row.route != starter_path) picks.push_back(pick_of(i, counts));
  }
  return picks;
}

int pick_cap(const PickLimits& limits, const TodayFlags& flags) {
  if (!flags.master || !flags.dynamic_ui) return 0;
  const int beside = 1 + (limits.show_reduced_mode_banner ? kBannerSuggestions : 0);
  int cap = std::min({limits.max_quick_picks, limits.max_quick_links, limits.max_ctas - beside});
  if (limits.nudge_intensity == NudgeIntensity::gentle || limits.entry_mode == EntryMode::onboarding) {
    cap = std::min(cap, 2);
  }
  return std::max(0, cap);
}

void reorder(std::vector<QuickPick>& picks, std::span<const Ranked> ranked) {
  std::vector<QuickPick> ordered;
  ordered.reserve(ranked.size());
  for (const Ranked& r : ranked) {
    QuickPick& pick = ordered.emplace_back(std::move(picks[r.candidate]));
    if (r.why) pick.why = PickReason{std::string(reason_key(*r.why))};
  }
  picks = std::move(ordered);
}

std::vector<QuickPick> legacy_quick_picks(const TodayCounts& counts) { return pick_candidates(counts, {}, {}, false); }

}  // namespace ignition::rules
