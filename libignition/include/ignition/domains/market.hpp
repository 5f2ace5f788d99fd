// The market: items for everybody and personal rewards, bought with coins, redeemed, worn or given back. Rules R-M1 to
// R-M10, the arithmetic in rules/market.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/domains/progress.hpp"
#include "ignition/rules/market.hpp"

namespace ignition::market {

struct Item {
  Uuid id;
  std::string key;  // of a personal item `u-{id}`
  std::string name;
  std::optional<std::string> description;
  rules::MarketCategory category = rules::MarketCategory::custom;
  std::int64_t cost_coins = 0;
  std::optional<rules::Rarity> rarity;
  std::optional<std::string> icon;
  std::optional<std::string> image_url;
  bool is_global = true;
  bool is_available = true;
  std::optional<Instant> available_from;
  std::optional<Instant> available_until;
  bool is_consumable = true;
  std::optional<std::int64_t> uses_per_purchase;
  std::optional<std::int64_t> expires_after_days;
  std::optional<std::int64_t> total_stock;
  std::optional<std::int64_t> remaining_stock;
  std::optional<std::int64_t> limit_per_user;
  std::optional<std::int64_t> max_held;
  std::optional<std::int64_t> requires_level;
  Json effect;
  std::int64_t sort_order = 0;
};
BOOST_DESCRIBE_STRUCT(Item, (),
                      (id, key, name, description, category, cost_coins, rarity, icon, image_url, is_global,
                       is_available, available_from, available_until, is_consumable, uses_per_purchase,
                       expires_after_days, total_stock, remaining_stock, limit_per_user, max_held, requires_level,
                       effect, sort_order))

struct OneItem {
  Item item;
};
BOOST_DESCRIBE_STRUCT(OneItem, (), (item))

struct ListItems {
  Or<Int<1, 1'000'000>, 1> page;
  Or<Int<1, 100>, 20> page_size;
  std::optional<rules::MarketCategory> category;
  std::optional<bool> mine;  // only personal ones, or only those of everybody
};
BOOST_DESCRIBE_STRUCT(ListItems, (), (page, page_size, category, mine))

struct Items {
  std::vector<Item> items;
  std::int64_t total = 0;
  std::int64_t page = 1;
  std::int64_t page_size = 20;
};
BOOST_DESCRIBE_STRUCT(Items, (), (items, total, page, page_size))

struct ByKey {
  std::string key;
};
BOOST_DESCRIBE_STRUCT(ByKey, (), (key))

struct CategoryCount {
  rules::MarketCategory category = rules::MarketCategory::custom;
  std::int64_t items = 0;
};
BOOST_DESCRIBE_STRUCT(CategoryCount, (), (category, items))

struct Categories {
  std::vector<CategoryCount> categories;
};
BOOST_DESCRIBE_STRUCT(Categories, (), (categories))

// What personal rewards may be of.
enum class OwnCategory : std::uint8_t { food, entertainment, selfcare, custom };
BOOST_DESCRIBE_ENUM(OwnCategory, food, entertainment, selfcare, custom)

using Name = Trimmed<1, 100>;
using Description = Text<0, 500>;
using Icon = Text<0, 64>;
using Price = Int<1, 100'000>;

struct CreateItem {
  Name name;
  std::optional<Description> description;
  OwnCategory category = OwnCategory::custom;
  Price cost_coins;
  std::optional<Icon> icon;
};
BOOST_DESCRIBE_STRUCT(CreateItem, (), (name, description, category, cost_coins, icon))

struct UpdateItem {
  std::string key;
  std::optional<Name> name;
  Update<Description> description;
  std::optional<OwnCategory> category;
  std::optional<Price> cost_coins;
  Update<Icon> icon;
};
BOOST_DESCRIBE_STRUCT(UpdateItem, (), (key, name, description, category, cost_coins, icon))

struct DeletedItem {
  bool deleted = true;
  std::string key;
};
BOOST_DESCRIBE_STRUCT(DeletedItem, (), (deleted, key))

struct Purchase {
  Uuid id;
  Uuid item_id;
  std::string item_key;
  std::string item_name;
  std::int64_t cost_coins = 0;  // of all of them
  std::int64_t quantity = 1;
  rules::PurchaseStatus status = rules::PurchaseStatus::purchased;
  std::optional<std::int64_t> uses_total;
  std::optional<std::int64_t> uses_remaining;
  Instant purchased_at;
  LocalDate purchased_on;
  std::optional<Instant> redeemed_at;
  std::optional<Instant> expires_at;
  std::optional<Instant> refunded_at;
  std::optional<std::string> refund_reason;
  Uuid ledger_id;
};
BOOST_DESCRIBE_STRUCT(Purchase, (),
                      (id, item_id, item_key, item_name, cost_coins, quantity, status, uses_total, uses_remaining,
                       purchased_at, purchased_on, redeemed_at, expires_at, refunded_at, refund_reason, ledger_id))

struct Buy {
  std::string item_key;
  Or<Int<1, 99>, 1> quantity;
};
BOOST_DESCRIBE_STRUCT(Buy, (), (item_key, quantity))

struct Bought {
  Purchase purchase;
  Item item;
  std::int64_t new_balance = 0;
};
BOOST_DESCRIBE_STRUCT(Bought, (), (purchase, item, new_balance))
struct BoughtResult {
  Bought result;
};
BOOST_DESCRIBE_STRUCT(BoughtResult, (), (result))

struct Redeem {
  Uuid purchase_id;
};
BOOST_DESCRIBE_STRUCT(Redeem, (), (purchase_id))

struct Redeemed {
  Purchase purchase;
  std::string message;
  Json effect;
};
BOOST_DESCRIBE_STRUCT(Redeemed, (), (purchase, message, effect))
struct RedeemedResult {
  Redeemed result;
};
BOOST_DESCRIBE_STRUCT(RedeemedResult, (), (result))

struct Refund {
  Uuid id;
  std::optional<Text<1, 200>> reason;
};
BOOST_DESCRIBE_STRUCT(Refund, (), (id, reason))

struct Refunded {
  Purchase purchase;
  std::int64_t new_balance = 0;
};
BOOST_DESCRIBE_STRUCT(Refunded, (), (purchase, new_balance))
struct RefundedResult {
  Refunded result;
};
BOOST_DESCRIBE_STRUCT(RefundedResult, (), (result))

struct ListPurchases {
  Or<Int<1, 1'000'000>, 1> page;
  Or<Int<1, 100>, 20> page_size;
  std::optional<rules::PurchaseStatus> status;
};
BOOST_DESCRIBE_STRUCT(ListPurchases, (), (page, page_size, status))

struct Purchases {
  std::vector<Purchase> purchases;
  std::int64_t total = 0;
  std::int64_t page = 1;
  std::int64_t page_size = 20;
};
BOOST_DESCRIBE_STRUCT(Purchases, (), (purchases, total, page, page_size))

struct Cosmetic {
  std::string item_key;
  std::string name;
  rules::CosmeticSlot slot = rules::CosmeticSlot::theme;
  Uuid purchase_id;
  bool equipped = false;
  bool ever_equipped = false;
  Instant acquired_at;
};
BOOST_DESCRIBE_STRUCT(Cosmetic, (), (item_key, name, slot, purchase_id, equipped, ever_equipped, acquired_at))

struct Cosmetics {
  std::vector<Cosmetic> cosmetics;
};
BOOST_DESCRIBE_STRUCT(Cosmetics, (), (cosmetics))

struct Inventory {
  std::vector<Purchase> purchases;  // with uses left, newest first, at most 500
  std::vector<Cosmetic> cosmetics;
  std::int64_t shields_held = 0;
  std::optional<progress::ActiveBoost> active_boost;
};
BOOST_DESCRIBE_STRUCT(Inventory, (), (purchases, cosmetics, shields_held, active_boost))

struct Wallet {
  std::int64_t coins = 0;
  std::int64_t total_earned = 0;
  std::int64_t total_spent = 0;
};
BOOST_DESCRIBE_STRUCT(Wallet, (), (coins, total_earned, total_spent))

enum class TransactionType : std::uint8_t { earn, spend, refund };
BOOST_DESCRIBE_ENUM(TransactionType, earn, spend, refund)

struct CoinTransaction {
  Uuid id;
  TransactionType type = TransactionType::earn;
  std::int64_t coins_amount = 0;
  std::optional<std::string> reason;
  std::optional<std::string> item_key;
  std::int64_t balance_after = 0;
  Instant created_at;
};
BOOST_DESCRIBE_STRUCT(CoinTransaction, (), (id, type, coins_amount, reason, item_key, balance_after, created_at))

struct ListTransactions {
  Or<Int<1, 1'000'000>, 1> page;
  Or<Int<1, 100>, 20> page_size;
  std::optional<TransactionType> type;
};
BOOST_DESCRIBE_STRUCT(ListTransactions, (), (page, page_size, type))

struct Transactions {
  std::vector<CoinTransaction> transactions;
  std::int64_t total = 0;
  std::int64_t page = 1;
  std::int64_t page_size = 20;
};
BOOST_DESCRIBE_STRUCT(Transactions, (), (transactions, total, page, page_size))

struct RecommendedItem {
  Item item;
  double score = 0;
  rules::Recommended reason = rules::Recommended::affordable;
};
BOOST_DESCRIBE_STRUCT(RecommendedItem, (), (item, score, reason))

struct Recommendations {
  std::vector<RecommendedItem> recommendations;
};
BOOST_DESCRIBE_STRUCT(Recommendations, (), (recommendations))

struct Overview {
  Wallet wallet;
  std::vector<Item> featured_items;
  std::vector<CategoryCount> categories;
  std::vector<Purchase> purchases;  // unredeemed, newest first, at most 20
  std::vector<RecommendedItem> recommendations;
  std::optional<progress::ActiveBoost> active_boost;
};
BOOST_DESCRIBE_STRUCT(Overview, (), (wallet, featured_items, categories, purchases, recommendations, active_boost))

Overview overview(Context& ctx, const Nothing& in);
Items items(Context& ctx, const ListItems& in);
OneItem item(Context& ctx, const ByKey& in);
Categories categories(Context& ctx, const Nothing& in);
OneItem create_item(Context& ctx, const CreateItem& in);
OneItem update_item(Context& ctx, const UpdateItem& in);
DeletedItem delete_item(Context& ctx, const ByKey& in);
BoughtResult purchase(Context& ctx, const Buy& in);
// Not idempotent by nature: clients send an Idempotency-Key.
RedeemedResult redeem(Context& ctx, const Redeem& in);
RefundedResult refund(Context& ctx, const Refund& in);
Purchases history(Context& ctx, const ListPurchases& in);
Inventory inventory(Context& ctx, const Nothing& in);
Wallet wallet(Context& ctx, const Nothing& in);
Transactions transactions(Context& ctx, const ListTransactions& in);
Recommendations recommendations(Context& ctx, const Nothing& in);
Cosmetics cosmetics(Context& ctx, const Nothing& in);
Cosmetics equip(Context& ctx, const ByKey& in);
Cosmetics unequip(Context& ctx, const ByKey& in);

void add_operations(Catalogue& catalogue);
// Brings in the items for everybody; those that are there stay as they are.
void ship(Transaction& db, IdSource& ids, Instant now);

}  // namespace ignition::market
