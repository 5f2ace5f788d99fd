// The points ledger: XP, coins and stars of every deed, append-only, and the caches that must equal its sums. Rules
// R-G1 to R-G9; the arithmetic is in rules/ledger.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/rules/awards.hpp"
#include "ignition/rules/ledger.hpp"

namespace ignition::ledger {

// An entry as users see it.
struct Entry {
  Uuid id;
  std::int64_t seq = 0;
  rules::EntryKind kind = rules::EntryKind::award;
  std::string event_type;
  std::optional<Uuid> event_id;
  std::int64_t xp = 0;
  std::int64_t coins = 0;
  std::optional<std::string> skill_key;
  std::int64_t skill_stars = 0;
  std::int64_t base_xp = 0;
  std::int64_t multiplier_percent = 100;
  std::string idempotency_key;
  std::optional<Uuid> reverses_id;
  std::optional<std::string> reason;
  LocalDate activity_date;
  std::int64_t coins_after = 0;
  std::int64_t total_xp_after = 0;
  Instant created_at;
};
BOOST_DESCRIBE_STRUCT(Entry, (),
                      (id, seq, kind, event_type, event_id, xp, coins, skill_key, skill_stars, base_xp,
                       multiplier_percent, idempotency_key, reverses_id, reason, activity_date, coins_after,
                       total_xp_after, created_at))

struct ListEntries {
  Or<Int<1, 1'000'000>, 1> page;
  Or<Int<1, 100>, 20> page_size;
  std::optional<rules::EntryKind> kind;
  std::optional<Text<1, 50>> event_type;
  std::optional<LocalDate> from;  // activity dates, both included
  std::optional<LocalDate> to;
};
BOOST_DESCRIBE_STRUCT(ListEntries, (), (page, page_size, kind, event_type, from, to))

struct Entries {
  std::vector<Entry> entries;
  std::int64_t total = 0;
  std::int64_t page = 1;
  std::int64_t page_size = 20;
};
BOOST_DESCRIBE_STRUCT(Entries, (), (entries, total, page, page_size))

// Newest first.
Entries list(Context& ctx, const ListEntries& in);

struct Sums {
  std::int64_t coins = 0;
  std::int64_t xp = 0;
  std::int64_t skill_stars = 0;
};
BOOST_DESCRIBE_STRUCT(Sums, (), (coins, xp, skill_stars))

struct StoredBalances {
  std::int64_t coins = 0;
  std::int64_t total_earned = 0;
  std::int64_t total_spent = 0;
  std::int64_t total_xp = 0;
  std::int64_t level = 1;
  std::int64_t total_skill_stars = 0;
  std::int64_t ledger_seq = 0;
};
BOOST_DESCRIBE_STRUCT(StoredBalances, (),
                      (coins, total_earned, total_spent, total_xp, level, total_skill_stars, ledger_seq))

// `field` is a balance, `skills.<key>.<xp|stars|level|star_level>`, or
// `entries.<seq>.<coins_after|total_xp_after|seq>`.
struct Mismatch {
  std::string field;
  std::int64_t stored = 0;
  std::int64_t computed = 0;
};
BOOST_DESCRIBE_STRUCT(Mismatch, (), (field, stored, computed))

struct Verified {
  bool ok = true;
  std::int64_t entries = 0;
  Sums sums;
  StoredBalances balances;
  std::vector<Mismatch> mismatches;  // at most the first 100 of the entries
};
BOOST_DESCRIBE_STRUCT(Verified, (), (ok, entries, sums, balances, mismatches))

// Proves every balance by the entries (rule R-G8).
Verified verify(Context& ctx, const Nothing& in);

void add_operations(Catalogue& catalogue);

// ---- For other domains, inside their transaction and under the user's lock ----

// An award as requested. The amounts are those of the table of events.
struct Asked {
  rules::EventKind kind;
  std::string key;
  std::optional<Uuid> event_id{};
  rules::Amounts amounts{};
  std::string skill_key{};  // "" = none; older keys are understood
  LocalDate activity_date;
  std::int64_t earlier_attempts = 0;  // drills: attempts at this drill on the date before this one
  std::optional<std::string> reason{};
};

// What an entry did to the balances, or, `already`, what it did when it was written.
struct Posted {
  bool already = false;
  bool reversed = false;       // `already`: the entry was taken back since
  bool reward_capped = false;  // a ceiling left less than was asked for
  Uuid id;
  std::int64_t seq = 0;
  rules::Change change;    // as stored, signed
  std::string event_type;  // of the entry, or of the one that it takes back
  LocalDate activity_date;
  std::optional<std::string> skill_key;
  std::int64_t total_xp_before = 0;  // now, when `already`
  rules::Balances balances;          // after
};

// Steps (1) to (4) of an award. VALIDATION_ERROR for amounts out of bounds or an unknown skill; CONFLICT
// idempotency_mismatch when the key stands for another award, xp_limit.
Posted award(Context& ctx, const Asked& asked);
// Takes back the entry of this key. NOT_FOUND without one; `already` when it was taken back before (the amounts are
// then those of the reversal).
Posted reverse(Context& ctx, std::string_view key);
// Pays `coins` for a purchase. VALIDATION_ERROR out of bounds; CONFLICT insufficient_coins, idempotency_mismatch.
Posted spend(Context& ctx, std::string_view key, const Uuid& purchase, std::int64_t coins,
             std::optional<std::string> reason = {});
// Gives back what the entry of this key spent. NOT_FOUND without one; `already` when it was refunded before.
Posted refund(Context& ctx, std::string_view spend_key, std::optional<std::string> reason = {});

// No entry or event of a local date, in whatever zone, is older than this: the bound by which the indexes on time find
// those of a date.
Instant earliest_of(LocalDate date);

}  // namespace ignition::ledger
