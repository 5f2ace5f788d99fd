// Purchases: bought, redeemed, worn, given back.
#include <fmt/format.h>

#include <algorithm>

#include "domains/market/stored.hpp"
#include "ignition/domains/audit.hpp"
#include "ignition/domains/ledger.hpp"
#include "ignition/domains/shields.hpp"
#include "ignition/wire.hpp"

namespace ignition::market {

namespace {

constexpr std::int64_t kMostShown = 500;

// $2 now: a purchase that nobody touched since it expired is expired.
constexpr std::string_view kPurchases = R"sql(
  SELECT p.id, p.item_id, p.item_key, p.item_name, p.cost_coins, p.quantity,
         CASE WHEN p.status = 'purchased' AND p.expires_at <= $2 THEN 'expired' ELSE p.status END, p.uses_total,
         p.uses_remaining, p.purchased_at, p.purchased_on, p.redeemed_at, p.expires_at, p.refunded_at, p.refund_reason,
         p.ledger_id
    FROM user_purchases p)sql";
constexpr std::string_view kOfStatus = R"sql(
   WHERE p.user_id = $1 AND (CAST($3 AS TEXT) IS NULL
     OR CASE WHEN p.status = 'purchased' AND p.expires_at <= $2 THEN 'expired' ELSE p.status END = $3))sql";
const std::string kOneText = std::string(kPurchases) + " WHERE p.user_id = $1 AND p.id = $3";
const std::string kPageText =
    std::string(kPurchases) + std::string(kOfStatus) + " ORDER BY p.purchased_at DESC, p.id DESC LIMIT $4 OFFSET $5";
const std::string kTotalText = "SELECT count(*) FROM user_purchases p" + std::string(kOfStatus);
const std::string kUnredeemedText = std::string(kPurchases) + R"sql(
   WHERE p.user_id = $1 AND p.status = 'purchased' AND p.uses_remaining > 0
     AND (p.expires_at IS NULL OR p.expires_at > $2)
   ORDER BY p.purchased_at DESC, p.id DESC LIMIT $3)sql";
constexpr Sql kBuyer{R"sql(
  SELECT COALESCE((SELECT level FROM user_progress WHERE user_id = $1), 1),
         COALESCE((SELECT coins FROM user_wallet WHERE user_id = $1), 0),
         CAST(COALESCE(sum(CASE WHEN status <> 'refunded' THEN quantity ELSE 0 END), 0) AS BIGINT),
         CAST(COALESCE(sum(CASE WHEN status = 'purchased' AND (expires_at IS NULL OR expires_at > $3)
                                THEN uses_remaining ELSE 0 END), 0) AS BIGINT)
    FROM user_purchases WHERE user_id = $1 AND item_id = $2)sql"};
constexpr Sql kTakeStock{R"sql(
  UPDATE market_items SET remaining_stock = remaining_stock - $2, updated_at = $3
   WHERE id = $1 AND remaining_stock >= $2)sql"};
constexpr Sql kReturnStock{R"sql(
  UPDATE market_items SET remaining_stock = remaining_stock + $2, updated_at = $3
   WHERE id = $1 AND remaining_stock + $2 <= total_stock)sql"};
constexpr Sql kEffect{R"sql(SELECT effect FROM market_items WHERE id = $1)sql"};
constexpr Sql kUse{R"sql(
  UPDATE user_purchases SET uses_remaining = $3, status = $4, redeemed_at = $5, updated_at = $6
   WHERE user_id = $1 AND id = $2)sql"};
constexpr Sql kRefund{R"sql(
  UPDATE user_purchases SET status = 'refunded', refunded_at = $3, refund_reason = $4, updated_at = $3
   WHERE user_id = $1 AND id = $2)sql"};
constexpr Sql kLatestBoost{R"sql(SELECT max(ends_at) FROM user_boosts WHERE user_id = $1 AND ends_at > $2)sql"};
constexpr Sql kEverWorn{R"sql(
  SELECT count(*) FROM user_cosmetics WHERE user_id = $1 AND purchase_id = $2 AND ever_equipped)sql"};
constexpr Sql kForgetCosmetic{R"sql(DELETE FROM user_cosmetics WHERE user_id = $1 AND purchase_id = $2)sql"};
constexpr Sql kCosmetics{R"sql(
  SELECT c.item_key, p.item_name, c.slot, c.purchase_id, c.equipped, c.ever_equipped, c.acquired_at
    FROM user_cosmetics c JOIN user_purchases p ON p.user_id = c.user_id AND p.id = c.purchase_id
   WHERE c.user_id = $1 ORDER BY c.slot, c.acquired_at, c.item_key)sql"};
constexpr Sql kTakeOff{R"sql(
  UPDATE user_cosmetics SET equipped = FALSE, updated_at = $3
   WHERE user_id = $1 AND equipped AND item_key <> $2
     AND slot = (SELECT s.slot FROM user_cosmetics s WHERE s.user_id = $1 AND s.item_key = $2))sql"};
constexpr Sql kPutOn{R"sql(
  UPDATE user_cosmetics SET equipped = TRUE, ever_equipped = TRUE, updated_at = $3
   WHERE user_id = $1 AND item_key = $2)sql"};
constexpr Sql kUnequip{R"sql(
  UPDATE user_cosmetics SET equipped = FALSE, updated_at = $3 WHERE user_id = $1 AND item_key = $2)sql"};

struct NewPurchase {
  static constexpr std::string_view table = "user_purchases";
  Uuid user_id;
  Uuid id;
  Uuid item_id;
  std::string item_key;
  std::string item_name;
  std::int64_t cost_coins = 0;
  std::int64_t quantity = 1;
  rules::PurchaseStatus status = rules::PurchaseStatus::purchased;
  std::optional<std::int64_t> uses_total;
  std::optional<std::int64_t> uses_remaining;
  Instant purchased_at;
  LocalDate purchased_on;
  std::optional<Instant> expires_at;
  Uuid ledger_id;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(NewPurchase, (),
                      (user_id, id, item_id, item_key, item_name, cost_coins, quantity, status, uses_total,
                       uses_remaining, purchased_at, purchased_on, expires_at, ledger_id, created_at, updated_at))

struct NewCosmetic {
  static constexpr std::string_view table = "user_cosmetics";
  Uuid user_id;
  std::string item_key;
  rules::CosmeticSlot slot = rules::CosmeticSlot::theme;
  Uuid purchase_id;
  Instant acquired_at;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(NewCosmetic, (), (user_id, item_key, slot, purchase_id, acquired_at, created_at, updated_at))

struct NewBoost {
  static constexpr std::string_view table = "user_boosts";
  Uuid user_id;
  Uuid id;
  Uuid purchase_id;
  int multiplier_percent = 100;
  Instant starts_at;
  Instant ends_at;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(NewBoost, (),
                      (user_id, id, purchase_id, multiplier_percent, starts_at, ends_at, created_at, updated_at))

struct BuyerRow {
  std::int64_t level = 1;
  std::int64_t coins = 0;
  std::int64_t bought = 0;
  std::int64_t held = 0;
};
BOOST_DESCRIBE_STRUCT(BuyerRow, (), (level, coins, bought, held))

std::string spend_key(const Uuid& purchase) { return "purchase:" + purchase.text(); }

Error out_of_stock() { return conflict("out_of_stock", "There are not as many left."); }

void check(rules::Refusal refusal, const Item& item, const BuyerRow& buyer, std::int64_t quantity) {
  switch (refusal) {
    case rules::Refusal::none:
      return;
    case rules::Refusal::not_available:
      throw conflict("not_available", "The item is not for sale.");
    case rules::Refusal::level_required:
      throw conflict("level_required", "The item asks for a higher level.")
          .with("required", item.requires_level.value_or(1));
    case rules::Refusal::already_owned:
      throw conflict("already_owned", "The item is owned already.");
    case rules::Refusal::single_only:
      throw invalid("quantity", "single_only", "An item that is owned for ever is bought once.");
    case rules::Refusal::limit_reached:
      throw conflict("limit_reached", "The item was bought as often as one may.");
    case rules::Refusal::too_many_held:
      throw conflict("too_many_held", "As many unused ones as one may hold are held.");
    case rules::Refusal::out_of_stock:
      throw out_of_stock();
    case rules::Refusal::insufficient_coins: {
      const std::int64_t cost = item.cost_coins * quantity;
      throw conflict("insufficient_coins", fmt::format("{} coins are needed, {} are there.", cost, buyer.coins))
          .with("required", cost)
          .with("available", buyer.coins);
    }
  }
}

Purchase find(Context& ctx, const Uuid& id) {
  auto found = ctx.db.maybe<Purchase>(Sql{kOneText}, ctx.user, ctx.now, id);
  if (!found) throw not_found("purchase");
  return std::move(*found);
}

// A boost begins when the latest one ends, so that none is lost (rule R-M8).
Instant add_boost(Context& ctx, const Uuid& purchase, const rules::Effect& effect) {
  const auto latest = ctx.db.one<std::optional<Instant>>(kLatestBoost, ctx.user, ctx.now);
  const Instant starts_at = latest.value_or(ctx.now);
  const Instant ends_at = starts_at + std::chrono::seconds(effect.duration_seconds.value_or(0));
  ctx.db.insert(NewBoost{.user_id = ctx.user,
                         .id = ctx.new_id(),
                         .purchase_id = purchase,
                         .multiplier_percent = effect.multiplier_percent.value_or(100),
                         .starts_at = starts_at,
                         .ends_at = ends_at,
                         .created_at = ctx.now,
                         .updated_at = ctx.now});
  return ends_at;
}

}  // namespace

std::vector<Purchase> unredeemed(Context& ctx, std::int64_t most) {
  auto found = ctx.db.query<Purchase>(Sql{kUnredeemedText}, ctx.user, ctx.now, most);
  const auto is_shield = [](const Purchase& bought) { return bought.item_key == shields::kItemKey; };
  if (std::ranges::none_of(found, is_shield)) return found;
  const auto left = shields::left(ctx);  // time may have spent some since the last write
  for (Purchase& bought : found) {
    if (is_shield(bought)) bought.uses_remaining = std::ranges::count(left, bought.id, &shields::Held::purchase);
  }
  std::erase_if(found, [&](const Purchase& bought) { return is_shield(bought) && bought.uses_remaining == 0; });
  return found;
}

BoughtResult purchase(Context& ctx, const Buy& in) {
  Item item = visible(ctx, in.item_key);
  const std::int64_t quantity = in.quantity.value;
  const auto buyer = ctx.db.one<BuyerRow>(kBuyer, ctx.user, item.id, ctx.now);
  check(rules::refusal(offer_of(item),
                       {.level = buyer.level, .coins = buyer.coins, .bought = buyer.bought, .held = buyer.held},
                       quantity, ctx.now),
        item, buyer, quantity);
  if (item.remaining_stock) {
    if (ctx.db.execute(kTakeStock, item.id, quantity, ctx.now) == 0) throw out_of_stock();
    item.remaining_stock = *item.remaining_stock - quantity;
  }
  const Uuid id = ctx.new_id();
  const std::int64_t cost = item.cost_coins * quantity;
  const auto posted = ledger::spend(ctx, spend_key(id), id, cost, item.name);
  const auto uses = item.is_consumable ? std::optional(item.uses_per_purchase.value_or(1) * quantity) : std::nullopt;
  const auto expires =
      item.expires_after_days
          ? std::optional(rules::expires_at(ctx.calendar, ctx.today, static_cast<int>(*item.expires_after_days)))
          : std::nullopt;
  ctx.db.insert(NewPurchase{.user_id = ctx.user,
                            .id = id,
                            .item_id = item.id,
                            .item_key = item.key,
                            .item_name = item.name,
                            .cost_coins = cost,
                            .quantity = quantity,
                            .uses_total = uses,
                            .uses_remaining = uses,
                            .purchased_at = ctx.now,
                            .purchased_on = ctx.today,
                            .expires_at = expires,
                            .ledger_id = posted.id,
                            .created_at = ctx.now,
                            .updated_at = ctx.now});
  if (const auto slot = rules::slot_of(effect_of(item))) {
    ctx.db.insert(NewCosmetic{.user_id = ctx.user,
                              .item_key = item.key,
                              .slot = *slot,
                              .purchase_id = id,
                              .acquired_at = ctx.now,
                              .created_at = ctx.now,
                              .updated_at = ctx.now});
  }
  progress::record(ctx, {.kind = rules::EventKind::market_purchase,
                         .key = rules::keys::market_purchase(id),
                         .event_id = id,
                         .entity_type = "purchase",
                         .quantity = quantity});
  audit::record(ctx, {.event_type = "purchase",
                      .action = audit::Action::create,
                      .subject = ctx.user,
                      .resource_type = "purchase",
                      .resource_id = id.text()});
  return {{.purchase = find(ctx, id), .item = std::move(item), .new_balance = posted.balances.coins}};
}

RedeemedResult redeem(Context& ctx, const Redeem& in) {
  Purchase bought = find(ctx, in.purchase_id);
  if (bought.status != rules::PurchaseStatus::purchased) {
    throw conflict("not_redeemable", "The purchase cannot be redeemed any more.")
        .with("status", name_of(bought.status));
  }
  if (!bought.uses_remaining)
    throw conflict("not_consumable", "The item is owned for ever; there is nothing to redeem.");
  // Personal rewards do nothing but please.
  auto json = ctx.db.maybe<Json>(kEffect, bought.item_id).value_or(Json{R"({"type":"none"})"});
  const auto effect = from_json<rules::Effect>(json.text);
  if (effect.type == rules::EffectType::streak_shield) {
    throw conflict("not_redeemable", "Shields are spent by themselves.").with("status", name_of(bought.status));
  }
  const std::int64_t left = *bought.uses_remaining - 1;
  const bool is_last = left == 0;
  ctx.db.execute(kUse, ctx.user, bought.id, left,
                 is_last ? rules::PurchaseStatus::redeemed : rules::PurchaseStatus::purchased,
                 is_last ? std::optional(ctx.now) : bought.redeemed_at, ctx.now);
  std::string message = "Enjoy: " + bought.item_name + ".";
  if (effect.type == rules::EffectType::xp_boost) {
    message = "XP are multiplied until " + add_boost(ctx, bought.id, effect).text() + ".";
  }
  return {{.purchase = find(ctx, bought.id), .message = std::move(message), .effect = std::move(json)}};
}

RefundedResult refund(Context& ctx, const Refund& in) {
  const Purchase bought = find(ctx, in.id);
  const bool worn = ctx.db.one<std::int64_t>(kEverWorn, ctx.user, bought.id) > 0;
  if (bought.status != rules::PurchaseStatus::purchased ||
      !rules::is_refundable(bought.purchased_at, bought.uses_total, bought.uses_remaining, worn, ctx.now)) {
    throw conflict("not_refundable", "Only what was bought within 24 hours and never used is taken back.");
  }
  const auto reason = in.reason ? std::optional(in.reason->value) : std::nullopt;
  const auto posted = ledger::refund(ctx, spend_key(bought.id), reason);
  ctx.db.execute(kReturnStock, bought.item_id, bought.quantity, ctx.now);
  ctx.db.execute(kForgetCosmetic, ctx.user, bought.id);
  ctx.db.execute(kRefund, ctx.user, bought.id, ctx.now, reason);
  audit::record(
      ctx, {.event_type = "refund", .subject = ctx.user, .resource_type = "purchase", .resource_id = bought.id.text()});
  return {{.purchase = find(ctx, bought.id), .new_balance = posted.balances.coins}};
}

Purchases history(Context& ctx, const ListPurchases& in) {
  const std::int64_t size = in.page_size.value;
  const std::int64_t page = in.page.value;
  return {.purchases = ctx.db.query<Purchase>(Sql{kPageText}, ctx.user, ctx.now, in.status, size, (page - 1) * size),
          .total = ctx.db.one<std::int64_t>(Sql{kTotalText}, ctx.user, ctx.now, in.status),
          .page = page,
          .page_size = size};
}

Inventory inventory(Context& ctx, const Nothing&) {
  const auto standing = progress::summary(ctx, {});
  return {.purchases = unredeemed(ctx, kMostShown),
          .cosmetics = ctx.db.query<Cosmetic>(kCosmetics, ctx.user),
          .shields_held = standing.shields_held,
          .active_boost = standing.active_boost};
}

Cosmetics cosmetics(Context& ctx, const Nothing&) { return {ctx.db.query<Cosmetic>(kCosmetics, ctx.user)}; }

Cosmetics equip(Context& ctx, const ByKey& in) {
  ctx.db.execute(kTakeOff, ctx.user, in.key, ctx.now);
  if (ctx.db.execute(kPutOn, ctx.user, in.key, ctx.now) == 0) throw not_found("cosmetic");
  return cosmetics(ctx, {});
}

Cosmetics unequip(Context& ctx, const ByKey& in) {
  if (ctx.db.execute(kUnequip, ctx.user, in.key, ctx.now) == 0) throw not_found("cosmetic");
  return cosmetics(ctx, {});
}

}  // namespace ignition::market
