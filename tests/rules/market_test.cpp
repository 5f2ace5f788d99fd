#include "ignition/rules/market.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <limits>

using namespace ignition;
using namespace ignition::rules;
using std::chrono::hours;

namespace {

const Instant kNow = Instant::parse("2026-03-01T12:00:00Z").value();

// What everything of an offer refuses, in the order of rule R-M2.
Offer strict() {
  return {.is_available = false,
          .available_from = {},
          .available_until = {},
          .is_consumable = true,
          .cost_coins = 10,
          .uses_per_purchase = 2,
          .remaining_stock = 0,
          .limit_per_user = 1,
          .max_held = 1,
          .requires_level = 5};
}

Candidate item(std::string key, std::int64_t cost, std::int64_t order = 0) {
  return {.cost_coins = cost, .sort_order = order, .key = std::move(key)};
}

std::string keys(const std::vector<Candidate>& candidates, const std::vector<Recommendation>& recommended) {
  std::string out;
  for (const auto& one : recommended) out += candidates[one.candidate].key + " ";
  return out;
}

}  // namespace

TEST_CASE("a purchase is refused by the first check that fails") {
  Offer offer = strict();
  const Buyer buyer{.level = 1, .coins = 0, .bought = 1, .held = 0};
  CHECK(refusal(offer, buyer, 1, kNow) == Refusal::not_available);
  offer.is_available = true;
  CHECK(refusal(offer, buyer, 1, kNow) == Refusal::level_required);
  offer.requires_level = 1;
  CHECK(refusal(offer, buyer, 1, kNow) == Refusal::limit_reached);
  offer.limit_per_user = 2;
  CHECK(refusal(offer, buyer, 1, kNow) == Refusal::too_many_held);
  offer.max_held = 2;
  CHECK(refusal(offer, buyer, 1, kNow) == Refusal::out_of_stock);
  offer.remaining_stock = 1;
  CHECK(refusal(offer, buyer, 1, kNow) == Refusal::insufficient_coins);
  CHECK(refusal(offer, {.coins = 9, .bought = 1}, 1, kNow) == Refusal::insufficient_coins);
  CHECK(refusal(offer, {.coins = 10, .bought = 1}, 1, kNow) == Refusal::none);
  CHECK(refusal(offer, {.coins = 20}, 2, kNow) == Refusal::too_many_held);
}

TEST_CASE("what is owned for ever is bought once and alone") {
  const Offer theme{.is_consumable = false, .cost_coins = 50};
  CHECK(refusal(theme, {.coins = 100}, 1, kNow) == Refusal::none);
  CHECK(refusal(theme, {.coins = 100}, 2, kNow) == Refusal::single_only);
  CHECK(refusal(theme, {.coins = 100, .bought = 1}, 2, kNow) == Refusal::already_owned);
}

TEST_CASE("the window of an item holds its first instant and not its last") {
  const auto at = [](std::optional<Instant> from, std::optional<Instant> until) {
    return refusal({.available_from = from, .available_until = until}, {}, 1, kNow);
  };
  CHECK(at(kNow, {}) == Refusal::none);
  CHECK(at(kNow + Micros{1}, {}) == Refusal::not_available);
  CHECK(at({}, kNow) == Refusal::not_available);
  CHECK(at({}, kNow + Micros{1}) == Refusal::none);
}

TEST_CASE("a price is never rounded, cut or overflown: who pays has the coins, and who has them pays") {
  CHECK(rc::check([] {
    const auto cost = *rc::gen::inRange<std::int64_t>(0, 1'000'001);
    const auto quantity = *rc::gen::inRange<std::int64_t>(1, 100);
    const auto missing = *rc::gen::inRange<std::int64_t>(-3, 4);
    const Buyer buyer{.coins = cost * quantity - missing};
    const auto answer = refusal({.cost_coins = cost}, buyer, quantity, kNow);
    RC_ASSERT((answer == Refusal::insufficient_coins) == (missing > 0));
  }));
  const Offer dearest{.cost_coins = 1'000'000};
  CHECK(refusal(dearest, {.coins = std::numeric_limits<std::int64_t>::max()}, 99, kNow) == Refusal::none);
}

TEST_CASE("a purchase expires when the day after its days begins, by the user's clock") {
  const LocalDate march = LocalDate::of(2026, 3, 1);
  CHECK(expires_at({}, march, 7) == Instant::parse("2026-03-09T00:00:00Z").value());
  const Calendar berlin{.zone = TimeZone::find("Europe/Berlin").value(), .day_start_hour = 4};
  // Clocks go ahead on 29 March.
  CHECK(expires_at(berlin, march, 27) == Instant::parse("2026-03-29T02:00:00Z").value());
  CHECK(expires_at(berlin, march, 26) == Instant::parse("2026-03-28T03:00:00Z").value());
}

TEST_CASE("a purchase is taken back for a day, unless it was used or worn") {
  CHECK(is_refundable(kNow - hours(24), 2, 2, false, kNow));
  CHECK_FALSE(is_refundable(kNow - hours(24) - Micros{1}, 2, 2, false, kNow));
  CHECK_FALSE(is_refundable(kNow, 2, 1, false, kNow));
  CHECK(is_refundable(kNow, {}, {}, false, kNow));
  CHECK_FALSE(is_refundable(kNow, {}, {}, true, kNow));
}

TEST_CASE("themes and avatar items are worn in their slot, nothing else is worn") {
  CHECK(slot_of({.type = EffectType::theme, .theme_id = "ocean"}) == CosmeticSlot::theme);
  CHECK(slot_of({.type = EffectType::avatar, .slot = CosmeticSlot::avatar_back}) == CosmeticSlot::avatar_back);
  CHECK(slot_of({.type = EffectType::xp_boost}) == std::nullopt);
  CHECK(slot_of({.type = EffectType::streak_shield}) == std::nullopt);
  CHECK(slot_of({}) == std::nullopt);
}

TEST_CASE("the shipped items are recommended as rule R-M9 tells") {
  std::vector<Candidate> shipped{item("theme_dark", 0, 1),       item("theme_ocean", 50, 2),
                                 item("theme_forest", 50, 3),    item("theme_sunset", 100, 4),
                                 item("xp_boost_1h", 25, 10),    item("xp_boost_24h", 100, 11),
                                 item("streak_shield", 150, 12), item("avatar_crown", 500, 20)};
  shipped[6].is_shield = true;
  const auto with_streak = recommendations(shipped, 130, 5, 0);
  CHECK(keys(shipped, with_streak) == "streak_shield theme_dark xp_boost_1h theme_ocean theme_forest ");
  CHECK(with_streak[0].score == 0.9);
  CHECK(with_streak[0].reason == Recommended::protect_streak);
  CHECK(with_streak[1].score == 0.4);
  CHECK(with_streak[1].reason == Recommended::affordable);
  for (const auto& none : {recommendations(shipped, 130, 2, 0), recommendations(shipped, 130, 5, 2)}) {
    CHECK(keys(shipped, none) == "theme_dark xp_boost_1h theme_ocean theme_forest theme_sunset ");
  }
  CHECK(recommendations(shipped, 130, 3, 1)[0].reason == Recommended::protect_streak);
}

TEST_CASE("what was bought twice of late is recommended above what can be paid, the more often the higher") {
  std::vector<Candidate> items{item("dear", 1000), item("often", 5000), item("once", 10), item("theme", 20)};
  items[0].bought_lately = 2;
  items[1].bought_lately = 9;
  items[2].bought_lately = 1;
  items[3].bought_lately = 4;
  items[3].is_consumable = false;
  const auto found = recommendations(items, 0, 0, 0);
  CHECK(keys(items, found) == "often dear ");
  CHECK(found[0].score == doctest::Approx(0.8));
  CHECK(found[1].score == doctest::Approx(0.6));
  CHECK(found[1].reason == Recommended::repurchase);
}

TEST_CASE("four fifths of a price are almost enough") {
  const std::vector<Candidate> items{item("a", 125), item("b", 126), item("c", 100)};
  const auto found = recommendations(items, 100, 0, 0);
  CHECK(keys(items, found) == "c a ");
  CHECK(found[1].reason == Recommended::almost_affordable);
  CHECK(found[1].score == 0.3);
}

TEST_CASE("recommendations are few, sorted, and of things that are for sale") {
  CHECK(rc::check([] {
    std::vector<Candidate> items;
    const int n = *rc::gen::inRange(0, 12);
    for (int i = 0; i < n; ++i) {
      auto one =
          item("k" + std::to_string(i), *rc::gen::inRange<std::int64_t>(0, 200), *rc::gen::inRange<std::int64_t>(0, 3));
      one.is_shield = i == 0;
      one.bought_lately = *rc::gen::inRange<std::int64_t>(0, 9);
      items.push_back(std::move(one));
    }
    const auto coins = *rc::gen::inRange<std::int64_t>(0, 200);
    const auto found =
        recommendations(items, coins, *rc::gen::inRange<std::int64_t>(0, 6), *rc::gen::inRange<std::int64_t>(0, 3));
    RC_ASSERT(found.size() <= 5U);
    for (std::size_t i = 0; i < found.size(); ++i) {
      const auto& at = items.at(found[i].candidate);
      RC_ASSERT((found[i].reason != Recommended::affordable) || at.cost_coins <= coins);
      if (i == 0) continue;
      const auto& before = items.at(found[i - 1].candidate);
      RC_ASSERT(found[i - 1].score >= found[i].score);
      RC_ASSERT(found[i - 1].score > found[i].score || before.cost_coins <= at.cost_coins);
      RC_ASSERT(before.key != at.key);
    }
  }));
}
