#include "ignition/rules/market.hpp"

#include <algorithm>
#include <tuple>

namespace ignition::rules {

std::optional<CosmeticSlot> slot_of(const Effect& effect) {
  if (effect.type == EffectType::theme) return CosmeticSlot::theme;
  if (effect.type == EffectType::avatar) return effect.slot;
  return {};
}

Refusal refusal(const Offer& offer, const Buyer& buyer, std::int64_t quantity, Instant now) {
  const bool open = (!offer.available_from || *offer.available_from <= now) &&
                    (!offer.available_until || now < *offer.available_until);
  if (!offer.is_available || !open) return Refusal::not_available;
  if (offer.requires_level && buyer.level < *offer.requires_level) return Refusal::level_required;
  if (!offer.is_consumable) {
    if (buyer.bought > 0) return Refusal::already_owned;
    if (quantity > 1) return Refusal::single_only;
  }
  if (offer.limit_per_user && buyer.bought + quantity > *offer.limit_per_user) return Refusal::limit_reached;
  if (offer.max_held && buyer.held + quantity * offer.uses_per_purchase > *offer.max_held) {
    return Refusal::too_many_held;
  }
  if (offer.remaining_stock && *offer.remaining_stock < quantity) return Refusal::out_of_stock;
  if (buyer.coins < offer.cost_coins * quantity) return Refusal::insufficient_coins;
  return Refusal::none;
}

Instant expires_at(const Calendar& calendar, LocalDate on, int days) { return calendar.start(on + days + 1); }

bool is_refundable(Instant purchased_at, std::optional<std::int64_t> uses_total,
                   std::optional<std::int64_t> uses_remaining, bool ever_worn, Instant now) {
  return now - purchased_at <= std::chrono::hours(24) && uses_total == uses_remaining && !ever_worn;
}

namespace {

std::optional<Recommendation> judged(const Candidate& item, std::int64_t coins, std::int64_t streak,
                                     std::int64_t shields_held) {
  if (item.is_shield && streak >= 3 && shields_held < 2) return Recommendation{0, 0.9, Recommended::protect_streak};
  if (item.is_consumable && item.bought_lately >= 2) {
    const double times = static_cast<double>(std::min<std::int64_t>(item.bought_lately, 6));
    return Recommendation{0, 0.5 + 0.05 * times, Recommended::repurchase};
  }
  if (coins >= item.cost_coins) return Recommendation{0, 0.4, Recommended::affordable};
  if (coins * 10 >= item.cost_coins * 8) return Recommendation{0, 0.3, Recommended::almost_affordable};
  return {};
}

}  // namespace

std::vector<Recommendation> recommendations(const std::vector<Candidate>& candidates, std::int64_t coins,
                                            std::int64_t streak, std::int64_t shields_held) {
  constexpr std::size_t kMost = 5;
  std::vector<Recommendation> out;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (auto one = judged(candidates[i], coins, streak, shields_held)) {
      one->candidate = i;
      out.push_back(*one);
    }
  }
  std::ranges::sort(out, [&](const Recommendation& a, const Recommendation& b) {
    const auto rank = [&](const Recommendation& one) {
      const Candidate& item = candidates[one.candidate];
      return std::tuple(-one.score, item.cost_coins, item.sort_order, item.key);
    };
    return rank(a) < rank(b);
  });
  if (out.size() > kMost) out.resize(kMost);
  return out;
}

}  // namespace ignition::rules
