#include "ignition/rules/ledger.hpp"

#include <array>

#include "ignition/rules/levels.hpp"

namespace ignition::rules {

namespace {

void check_bounds(std::string_view field, std::int64_t value, std::int64_t min, std::int64_t max) {
  if (min <= value && value <= max) return;
  throw invalid(std::string(field), "out_of_range",
                "The amount must lie between " + std::to_string(min) + " and " + std::to_string(max) + ".");
}

}  // namespace

Balances after(const Balances& before, const Change& change) {
  Balances b = before;
  b.total_xp += change.xp;
  b.total_skill_stars += change.skill_stars;
  b.coins += change.coins;
  const bool spending = change.kind == EntryKind::spend || change.kind == EntryKind::refund;
  if (spending) {
    b.total_spent -= change.coins;
  } else {
    b.total_earned += change.coins;
  }
  return b;
}

void check_award(const Amounts& asked) {
  check_bounds("base_xp", asked.xp, 0, kMaxAwardXp);
  check_bounds("coins", asked.coins, 0, kMaxAwardCoins);
  check_bounds("skill_stars", asked.skill_stars, 0, kMaxAwardStars);
}

Change award(const Balances& before, const Amounts& amounts, int multiplier_percent) {
  const std::int64_t xp = boosted_xp(amounts.xp, multiplier_percent);
  if (before.total_xp + xp > kXpLimit) throw conflict("xp_limit", "No more XP can be held.");
  return {.kind = EntryKind::award, .xp = xp, .coins = amounts.coins, .skill_stars = amounts.skill_stars};
}

void check_spend(std::int64_t coins) { check_bounds("coins", coins, 0, kMaxSpend); }

Change spend(const Balances& before, std::int64_t coins) {
  if (before.coins < coins) {
    throw conflict("insufficient_coins",
                   std::to_string(coins) + " coins are required, " + std::to_string(before.coins) + " are available.")
        .with("required", coins)
        .with("available", before.coins);
  }
  return {.kind = EntryKind::spend, .coins = -coins};
}

Change adjustment(const Balances& before, std::int64_t coins, std::int64_t xp) {
  check_bounds("coins", coins, -kMaxAdjustment, kMaxAdjustment);
  check_bounds("xp", xp, -kMaxAdjustment, kMaxAdjustment);
  if (coins == 0 && xp == 0) throw invalid("xp", "empty", "An adjustment changes coins or XP.");
  if (before.total_xp + xp < 0 || before.total_xp + xp > kXpLimit) {
    throw invalid("xp", "out_of_range", "The adjustment leaves the XP below 0 or above the limit.");
  }
  if (coins < 0 && before.coins + coins < 0) {
    throw invalid("coins", "out_of_range", "The adjustment leaves the coins below 0.");
  }
  return {.kind = EntryKind::adjustment, .xp = xp, .coins = coins};
}

Change reversal_of(const Change& entry) {
  return {.kind = EntryKind::reversal, .xp = -entry.xp, .coins = -entry.coins, .skill_stars = -entry.skill_stars};
}

Change refund_of(const Change& spend) { return {.kind = EntryKind::refund, .coins = -spend.coins}; }

std::string payload(EntryKind kind, std::string_view event_type, std::optional<Uuid> event_id, const Amounts& asked,
                    std::string_view skill_key) {
  static constexpr std::array<std::string_view, 5> kKinds{"award", "reversal", "spend", "refund", "adjustment"};
  std::string text(kKinds[static_cast<std::size_t>(kind)]);
  const auto add = [&](std::string_view part) {
    text += '\n';  // occurs in no part
    text += part;
  };
  add(event_type);
  add(event_id ? event_id->text() : "");
  add(std::to_string(asked.xp));
  add(std::to_string(asked.coins));
  add(skill_key);
  add(std::to_string(asked.skill_stars));
  return text;
}

}  // namespace ignition::rules
