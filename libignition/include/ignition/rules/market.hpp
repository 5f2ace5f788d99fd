// The market: what may be bought, what a purchase is worth, what is recommended. Rules R-M2, R-M3, R-M5, R-M6, R-M8
// and R-M9.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ignition/time.hpp"

namespace ignition::rules {

enum class MarketCategory : std::uint8_t { theme, boost, avatar, food, entertainment, selfcare, custom };
BOOST_DESCRIBE_ENUM(MarketCategory, theme, boost, avatar, food, entertainment, selfcare, custom)

enum class Rarity : std::uint8_t { common, rare, epic, legendary };
BOOST_DESCRIBE_ENUM(Rarity, common, rare, epic, legendary)

enum class PurchaseStatus : std::uint8_t { purchased, redeemed, refunded, expired };
BOOST_DESCRIBE_ENUM(PurchaseStatus, purchased, redeemed, refunded, expired)

enum class EffectType : std::uint8_t { none, xp_boost, streak_shield, theme, avatar };
BOOST_DESCRIBE_ENUM(EffectType, none, xp_boost, streak_shield, theme, avatar)

enum class CosmeticSlot : std::uint8_t { theme, avatar_head, avatar_back };
BOOST_DESCRIBE_ENUM(CosmeticSlot, theme, avatar_head, avatar_back)

// What redeeming or wearing an item does.
struct Effect {
  EffectType type = EffectType::none;
  std::optional<int> multiplier_percent;  // xp_boost: 101..300
  std::optional<int> duration_seconds;    // xp_boost: 60..604800
  std::optional<std::string> theme_id;    // theme
  std::optional<CosmeticSlot> slot;       // avatar
};
BOOST_DESCRIBE_STRUCT(Effect, (), (type, multiplier_percent, duration_seconds, theme_id, slot))

// The slot in which an item of this effect is worn; none for what is not worn.
std::optional<CosmeticSlot> slot_of(const Effect& effect);

// What decides about a purchase, besides whether the item is visible.
struct Offer {
  bool is_available = true;
  std::optional<Instant> available_from;
  std::optional<Instant> available_until;
  bool is_consumable = true;
  std::int64_t cost_coins = 0;
  std::int64_t uses_per_purchase = 1;
  std::optional<std::int64_t> remaining_stock;
  std::optional<std::int64_t> limit_per_user;
  std::optional<std::int64_t> max_held;
  std::optional<std::int64_t> requires_level;
};
struct Buyer {
  std::int64_t level = 1;
  std::int64_t coins = 0;
  std::int64_t bought = 0;  // quantities of this item, refunded ones excluded
  std::int64_t held = 0;    // unused uses of this item
};

enum class Refusal : std::uint8_t {
  none,
  not_available,
  level_required,
  already_owned,
  single_only,  // more than one of what is owned for ever
  limit_reached,
  too_many_held,
  out_of_stock,
  insufficient_coins
};
// The first check of rule R-M2 that refuses.
Refusal refusal(const Offer& offer, const Buyer& buyer, std::int64_t quantity, Instant now);

// When a purchase of `on` expires: with the day after `days` further days (rule R-M3).
Instant expires_at(const Calendar& calendar, LocalDate on, int days);

// Whether the user may give a purchase back: within 24 h, nothing used (rule R-M6).
bool is_refundable(Instant purchased_at, std::optional<std::int64_t> uses_total,
                   std::optional<std::int64_t> uses_remaining, bool ever_worn, Instant now);

enum class Recommended : std::uint8_t { protect_streak, repurchase, affordable, almost_affordable };
BOOST_DESCRIBE_ENUM(Recommended, protect_streak, repurchase, affordable, almost_affordable)

// An item that may be bought but for its price.
struct Candidate {
  std::int64_t cost_coins = 0;
  std::int64_t sort_order = 0;
  std::string key;
  bool is_shield = false;
  bool is_consumable = true;
  std::int64_t bought_lately = 0;  // purchases within 90 days
};
struct Recommendation {
  std::size_t candidate = 0;
  double score = 0;
  Recommended reason = Recommended::affordable;
};
// At most five, best first (rule R-M9). `streak` is the current daily one.
std::vector<Recommendation> recommendations(const std::vector<Candidate>& candidates, std::int64_t coins,
                                            std::int64_t streak, std::int64_t shields_held);

}  // namespace ignition::rules
