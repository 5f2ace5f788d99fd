#include "ignition/domains/market.hpp"

#include <limits>
#include <map>

#include "domains/market/stored.hpp"
#include "ignition/domains/shields.hpp"

namespace ignition::market {

namespace {

constexpr Sql kWallet{R"sql(SELECT coins, total_earned, total_spent FROM user_wallet WHERE user_id = $1)sql"};
// $2: one type.
constexpr Sql kTransactions{R"sql(
  SELECT t.id, t.type, t.coins, t.reason, p.item_key, t.coins_after, t.created_at
    FROM (SELECT id, CASE WHEN kind IN ('spend', 'refund') THEN kind ELSE 'earn' END AS type, coins, reason, event_id,
                 coins_after, created_at, seq
            FROM points_ledger WHERE user_id = $1 AND coins <> 0) t
    LEFT JOIN user_purchases p ON p.user_id = $1 AND p.id = t.event_id AND t.type IN ('spend', 'refund')
   WHERE (CAST($2 AS TEXT) IS NULL OR t.type = $2)
   ORDER BY t.seq DESC LIMIT $3 OFFSET $4)sql"};
constexpr Sql kCountTransactions{R"sql(
  SELECT count(*) FROM points_ledger
   WHERE user_id = $1 AND coins <> 0
     AND (CAST($2 AS TEXT) IS NULL OR CASE WHEN kind IN ('spend', 'refund') THEN kind ELSE 'earn' END = $2))sql"};
// Of every item what the user bought, holds at $2 and bought since $3.
constexpr Sql kBought{R"sql(
  SELECT item_id, CAST(sum(CASE WHEN status <> 'refunded' THEN quantity ELSE 0 END) AS BIGINT),
         CAST(sum(CASE WHEN status = 'purchased' AND (expires_at IS NULL OR expires_at > $2)
                       THEN COALESCE(uses_remaining, 0) ELSE 0 END) AS BIGINT),
         CAST(sum(CASE WHEN status <> 'refunded' AND purchased_at >= $3 THEN 1 ELSE 0 END) AS BIGINT)
    FROM user_purchases WHERE user_id = $1 GROUP BY item_id)sql"};

struct BoughtRow {
  Uuid item_id;
  std::int64_t bought = 0;
  std::int64_t held = 0;
  std::int64_t lately = 0;
};
BOOST_DESCRIBE_STRUCT(BoughtRow, (), (item_id, bought, held, lately))

std::vector<RecommendedItem> recommended(Context& ctx, const std::vector<Item>& items,
                                         const progress::Summary& standing) {
  std::map<Uuid, BoughtRow> bought;
  ctx.db.each<BoughtRow>(
      kBought, [&](BoughtRow&& row) { bought.emplace(row.item_id, row); }, ctx.user, ctx.now,
      ctx.now - std::chrono::hours(90 * 24));
  std::vector<rules::Candidate> candidates;
  std::vector<const Item*> of;
  for (const Item& item : items) {
    const BoughtRow& before = bought[item.id];
    const bool is_shield = item.key == shields::kItemKey;
    const rules::Buyer buyer{.level = standing.level,
                             .coins = std::numeric_limits<std::int64_t>::max(),
                             .bought = before.bought,
                             .held = is_shield ? standing.shields_held : before.held};
    if (rules::refusal(offer_of(item), buyer, 1, ctx.now) != rules::Refusal::none) continue;
    of.push_back(&item);
    candidates.push_back({.cost_coins = item.cost_coins,
                          .sort_order = item.sort_order,
                          .key = item.key,
                          .is_shield = is_shield,
                          .is_consumable = item.is_consumable,
                          .bought_lately = before.lately});
  }
  std::vector<RecommendedItem> out;
  for (const auto& one :
       rules::recommendations(candidates, standing.coins, standing.current_streak, standing.shields_held)) {
    out.push_back({*of[one.candidate], one.score, one.reason});
  }
  return out;
}

}  // namespace

Wallet wallet(Context& ctx, const Nothing&) { return ctx.db.maybe<Wallet>(kWallet, ctx.user).value_or(Wallet{}); }

Transactions transactions(Context& ctx, const ListTransactions& in) {
  const std::int64_t size = in.page_size.value;
  const std::int64_t page = in.page.value;
  return {.transactions = ctx.db.query<CoinTransaction>(kTransactions, ctx.user, in.type, size, (page - 1) * size),
          .total = ctx.db.one<std::int64_t>(kCountTransactions, ctx.user, in.type),
          .page = page,
          .page_size = size};
}

Recommendations recommendations(Context& ctx, const Nothing&) {
  return {recommended(ctx, visible(ctx), progress::summary(ctx, {}))};
}

Overview overview(Context& ctx, const Nothing&) {
  constexpr std::size_t kFeatured = 6;
  constexpr std::int64_t kUnredeemed = 20;
  const auto items = visible(ctx);
  const auto standing = progress::summary(ctx, {});
  Overview out{.wallet = {standing.coins, standing.total_earned, standing.total_spent},
               .featured_items = {},
               .categories = counted(items),
               .purchases = unredeemed(ctx, kUnredeemed),
               .recommendations = recommended(ctx, items, standing),
               .active_boost = standing.active_boost};
  const auto featured = std::min(items.size(), kFeatured);
  out.featured_items.assign(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(featured));
  return out;
}

void add_operations(Catalogue& c) {
  constexpr auto read = Effect::read;
  constexpr auto write = Effect::write;
  constexpr auto user = Access::user;
  c.add("market.overview", Get("/market"), user, read, &overview,
        "Wallet, items to begin with and what is unredeemed.");
  c.add("market.items", Get("/market/items"), user, read, &items, "Items for everybody and personal rewards.");
  c.add("market.item", Get("/market/items/{key}"), user, read, &item, "One item.");
  c.add("market.categories", Get("/market/categories"), user, read, &categories, "Categories with their items.");
  c.add("market.create_item", Create("/market/items"), user, write, &create_item, "Makes a personal reward.");
  c.add("market.update_item", Patch("/market/items/{key}"), user, write, &update_item, "Changes a personal reward.");
  c.add("market.delete_item", Delete("/market/items/{key}"), user, write, &delete_item, "Removes a personal reward.");
  c.add("market.purchase", Post("/market/purchase"), user, write, &purchase, "Buys an item with coins.");
  c.add("market.redeem", Post("/market/redeem"), user, write, &redeem, "Uses a purchase once.");
  c.add("market.refund", Post("/market/purchases/{id}/refund"), user, write, &refund,
        "Gives an unused purchase back within a day.");
  c.add("market.history", Get("/market/history"), user, read, &history, "All purchases, newest first.");
  c.add("market.inventory", Get("/market/inventory"), user, read, &inventory,
        "What can be used or worn, shields and the running boost.");
  c.add("market.wallet", Get("/market/wallet"), user, read, &wallet, "The coins.");
  c.add("market.transactions", Get("/market/transactions"), user, read, &transactions, "Coins earned and spent.");
  c.add("market.recommendations", Get("/market/recommendations"), user, read, &recommendations,
        "At most five items that may be of use now.");
  c.add("cosmetics.list", Get("/market/cosmetics"), user, read, &cosmetics, "Themes and avatar items that are owned.");
  c.add("cosmetics.equip", Post("/market/cosmetics/{key}/equip"), user, write, &equip, "Wears a cosmetic.");
  c.add("cosmetics.unequip", Post("/market/cosmetics/{key}/unequip"), user, write, &unequip, "Takes a cosmetic off.");
}

}  // namespace ignition::market
