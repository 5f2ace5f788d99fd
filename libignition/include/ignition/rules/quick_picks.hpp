// Quick picks: up to a few things that wait, beside the starter. Rules Q1 to Q6.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/rules/flags.hpp"
#include "ignition/rules/next_action.hpp"
#include "ignition/rules/ranking.hpp"
#include "ignition/rules/visibility.hpp"

namespace ignition::rules {

// What waits for the user, each number as the part that owns it defines it (rule F9).
struct TodayCounts {
  std::int64_t pending_habits = 0;
  std::int64_t active_quests = 0;
  std::int64_t unread_inbox = 0;
  std::int64_t due_reviews = 0;
  std::int64_t workouts_today = 0;
  std::int64_t events_remaining = 0;
  std::int64_t tasks_due = 0;
  std::int64_t milestones_due = 0;
  std::int64_t books_unread_today = 0;
  std::int64_t journal_missing = 0;
  std::int64_t overdue_items = 0;
};
BOOST_DESCRIBE_STRUCT(TodayCounts, (),
                      (pending_habits, active_quests, unread_inbox, due_reviews, workouts_today, events_remaining,
                       tasks_due, milestones_due, books_unread_today, journal_missing, overdue_items))

// Why a pick stands where it does: `why.sequence`, `why.frequency` or `why.recency`.
struct PickReason {
  std::string key;
};
BOOST_DESCRIBE_STRUCT(PickReason, (), (key))

struct QuickPick {
  ActionModule module = ActionModule::habits;
  std::string action_key;
  std::string route;
  std::string label;
  std::int64_t count = 0;
  int baseline_rank = 0;  // from 1
  std::optional<PickReason> why;
};
BOOST_DESCRIBE_STRUCT(QuickPick, (), (module, action_key, route, label, count, baseline_rank, why))

// What waits, in waterfall order, without the starter's own page and without disabled modules (rules Q1 to Q4).
std::vector<QuickPick> pick_candidates(const TodayCounts& counts, std::string_view starter_href,
                                       const ModuleSet& disabled, bool extended);

// What limits the number of picks.
struct PickLimits {
  EntryMode entry_mode = EntryMode::standard;
  int max_ctas = 6;
  int max_quick_links = 3;
  bool show_reduced_mode_banner = false;
  int max_quick_picks = 3;
  NudgeIntensity nudge_intensity = NudgeIntensity::standard;
};
// How many picks fit, so that with the starter and the banner's two suggestions all stay within max_ctas (rules Q6,
// V7).
int pick_cap(const PickLimits& limits, const TodayFlags& flags);

// Puts the candidates into ranked order and says why.
void reorder(std::vector<QuickPick>& picks, std::span<const Ranked> ranked);

// What the unversioned Today shows: the first three ranks, neither de-duplicated nor capped.
std::vector<QuickPick> legacy_quick_picks(const TodayCounts& counts);

}  // namespace ignition::rules
