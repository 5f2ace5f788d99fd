// Rewards: what a deed pays and everything that follows from it, in one call inside the deed's transaction. Rules R-G4,
// R-L5, R-P1; amounts and keys are those of rules/awards.hpp.
//
//   progress::award(ctx, {.event = {.kind = EventKind::task_complete, .key = keys::task(id), .event_id = id,
//                                   .entity_type = "task"},
//                         .amounts = rules::rule_of(EventKind::task_complete).amounts});
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/domains/ledger.hpp"
#include "ignition/domains/streaks.hpp"
#include "ignition/rules/awards.hpp"
#include "ignition/rules/levels.hpp"

namespace ignition::progress {

// ---- For other domains, inside their transaction and under the user's lock ----

// A deed, said by the part whose deed it is.
struct Event {
  rules::EventKind kind;
  std::string key;  // of rules::keys; with `again` when the deed was undone before
  std::optional<Uuid> event_id{};
  std::optional<std::string> entity_type{};  // what it was about, for the feed ...
  std::optional<std::string> entity_id{};    // ... when that is not event_id
  std::optional<Instant> occurred_at{};      // now
  std::optional<LocalDate> activity_date{};  // today
  rules::Deed deed{};
  std::optional<std::int64_t> duration_seconds{};
  std::optional<std::int64_t> quantity{};
  std::optional<Json> metadata{};  // ids, enums and numbers only; at most 2 KiB
};

// A deed that writes a ledger entry.
struct Award {
  Event event;
  rules::Amounts amounts{};         // before ceiling and boost
  std::string skill_key{};          // "" = the table's
  std::int64_t earlier_attempts{};  // drills: attempts at this drill on the date before this one
  std::optional<std::string> reason{};
};

struct AwardResult {
  bool already_awarded = false;  // nothing was written; the amounts are those of the first time
  bool reward_capped = false;
  std::int64_t xp = 0;
  std::int64_t coins = 0;
  std::int64_t skill_stars = 0;
  std::int64_t new_balance = 0;
  std::int64_t total_xp = 0;
  bool leveled_up = false;
  std::int64_t new_level = 1;
  std::int64_t levels_gained = 0;  // below 0 after a reversal
  std::vector<std::string> achievements;
  std::vector<streaks::Change> streaks;
};
BOOST_DESCRIBE_STRUCT(AwardResult, (),
                      (already_awarded, reward_capped, xp, coins, skill_stars, new_balance, total_xp, leveled_up,
                       new_level, levels_gained, achievements, streaks))

struct RecordResult {
  bool already_recorded = false;
  std::vector<streaks::Change> streaks;
  std::vector<std::string> achievements;
};
BOOST_DESCRIBE_STRUCT(RecordResult, (), (already_recorded, streaks, achievements))

// Pays a deed once per key: ledger, feed, streaks, what follows, level_up. VALIDATION_ERROR for amounts out of bounds
// or an unknown skill; CONFLICT idempotency_mismatch, xp_limit.
AwardResult award(Context& ctx, const Award& award);
// Records a deed that pays nothing.
RecordResult record(Context& ctx, const Event& event);
// Takes an award back: amounts, event and the streaks' day. NOT_FOUND without such an award; nothing happens the second
// time (`already_awarded`).
AwardResult reverse(Context& ctx, std::string_view key);

// Shields moved these streaks without a deed: their followers look at them (rule R-C2).
void streaks_moved(Context& ctx, rules::StreakSet types);

// What followers of deeds are told: quests and achievements look whether something changed for them.
struct Happened {
  rules::EventKind kind;
  LocalDate activity_date;
  rules::StreakSet streaks;  // that the deed feeds
  rules::StreakSet days_of;  // those of them that gained its date, or, reversed, may have lost it
  bool reversed = false;
  bool counted = true;  // no partial deed
  std::optional<std::int64_t> duration_seconds{};
};
struct Aftermath {
  std::vector<ledger::Posted> payments;   // of the deed itself first, then what followers paid by pay()
  std::vector<std::string> achievements;  // unlocked
};
using Follower = void (*)(Context& ctx, const Happened& happened, Aftermath& aftermath);
// In the order in which they run (steps 7 and 8 of an award).
std::span<const Follower> followers();
// Entry and event of a follower's own reward, without streaks and followers.
ledger::Posted pay(Context& ctx, const Award& award);

// ---- Operations ----

struct StreakSummary {
  std::int64_t current = 0;
  std::int64_t longest = 0;
  rules::StreakStatus status = rules::StreakStatus::none;
};
BOOST_DESCRIBE_STRUCT(StreakSummary, (), (current, longest, status))

struct ActiveBoost {
  std::int64_t multiplier_percent = 100;
  Instant ends_at;
};
BOOST_DESCRIBE_STRUCT(ActiveBoost, (), (multiplier_percent, ends_at))

// Of a local date: XP and coins of deeds (spending left out), and the number of events.
struct DayTotals {
  std::int64_t xp = 0;
  std::int64_t coins = 0;
  std::int64_t events = 0;
};
BOOST_DESCRIBE_STRUCT(DayTotals, (), (xp, coins, events))

struct Summary {
  std::int64_t total_xp = 0;
  std::int64_t level = 1;
  std::int64_t xp_into_level = 0;
  std::int64_t xp_level_size = 0;
  std::int64_t xp_remaining = 0;
  std::int64_t level_progress_percent = 0;
  std::int64_t coins = 0;
  std::int64_t total_earned = 0;
  std::int64_t total_spent = 0;
  std::int64_t total_skill_stars = 0;
  std::int64_t achievement_count = 0;
  std::int64_t current_streak = 0;  // of daily_activity
  std::int64_t longest_streak = 0;
  Map<StreakSummary> streaks;
  std::int64_t shields_held = 0;
  std::optional<ActiveBoost> active_boost;
  DayTotals today;
};
BOOST_DESCRIBE_STRUCT(Summary, (),
                      (total_xp, level, xp_into_level, xp_level_size, xp_remaining, level_progress_percent, coins,
                       total_earned, total_spent, total_skill_stars, achievement_count, current_streak, longest_streak,
                       streaks, shields_held, active_boost, today))

struct HistoryOf {
  Or<Int<1, 366>, 30> days;
};
BOOST_DESCRIBE_STRUCT(HistoryOf, (), (days))

struct HistoryDay {
  LocalDate date;
  std::int64_t xp = 0;
  std::int64_t coins = 0;
  std::int64_t events = 0;
};
BOOST_DESCRIBE_STRUCT(HistoryDay, (), (date, xp, coins, events))

struct History {
  std::vector<HistoryDay> days;  // oldest first, the last one is today
};
BOOST_DESCRIBE_STRUCT(History, (), (days))

Summary summary(Context& ctx, const Nothing& in);
History history(Context& ctx, const HistoryOf& in);

void add_operations(Catalogue& catalogue);

}  // namespace ignition::progress
