// The points ledger as arithmetic: what an entry of each kind may change, and the balances after it. Rules R-L6 and
// R-G3 to R-G7. Keys, sequence numbers and locks are the stored ledger's part.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ignition/error.hpp"
#include "ignition/rules/awards.hpp"
#include "ignition/uuid.hpp"

namespace ignition::rules {

enum class EntryKind : std::uint8_t { award, reversal, spend, refund, adjustment };
BOOST_DESCRIBE_ENUM(EntryKind, award, reversal, spend, refund, adjustment)

inline constexpr std::int64_t kMaxAwardXp = 1'000'000;  // before the boost
inline constexpr std::int64_t kMaxAwardCoins = 1'000'000;
inline constexpr std::int64_t kMaxAwardStars = 100;
inline constexpr std::int64_t kMaxSpend = 1'000'000'000;
inline constexpr std::int64_t kMaxAdjustment = 1'000'000;

struct Balances {
  std::int64_t total_xp = 0;
  std::int64_t total_skill_stars = 0;
  std::int64_t coins = 0;         // below 0 only after a reversal; always total_earned - total_spent
  std::int64_t total_earned = 0;  // coins of awards, reversals and adjustments
  std::int64_t total_spent = 0;   // minus the coins of spends and refunds

  friend bool operator==(const Balances&, const Balances&) = default;
};
BOOST_DESCRIBE_STRUCT(Balances, (), (total_xp, total_skill_stars, coins, total_earned, total_spent))

// The amounts of one entry, signed as stored.
struct Change {
  EntryKind kind = EntryKind::award;
  std::int64_t xp = 0;
  std::int64_t coins = 0;
  std::int64_t skill_stars = 0;

  friend bool operator==(const Change&, const Change&) = default;
};

Balances after(const Balances& before, const Change& change);

// Refuses amounts out of bounds with VALIDATION_ERROR; step (1) of an award, before its key is looked up.
void check_award(const Amounts& asked);
// The entry of an award; CONFLICT xp_limit when total_xp would pass the limit.
Change award(const Balances& before, const Amounts& amounts, int multiplier_percent);
// VALIDATION_ERROR out of 0..kMaxSpend; CONFLICT insufficient_coins with required and available.
void check_spend(std::int64_t coins);
Change spend(const Balances& before, std::int64_t coins);
// VALIDATION_ERROR when both are 0 or out of bounds, or a balance would fall below 0 or pass the limit.
Change adjustment(const Balances& before, std::int64_t coins, std::int64_t xp);
// Takes an award or adjustment back, as it was stored.
Change reversal_of(const Change& entry);
// Gives the coins of a spend back.
Change refund_of(const Change& spend);

// What a replay is compared by: the entry as requested, before ceiling and boost. The stored payload_hash is the
// SHA-256 of this text.
std::string payload(EntryKind kind, std::string_view event_type, std::optional<Uuid> event_id, const Amounts& asked,
                    std::string_view skill_key);

}  // namespace ignition::rules
