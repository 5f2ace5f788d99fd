// Items: those for everybody and the user's own rewards.
#include <algorithm>
#include <array>
#include <set>

#include "domains/market/stored.hpp"
#include "ignition/wire.hpp"

namespace ignition::market {

namespace {

constexpr std::int64_t kMostItems = 200;  // personal ones

// $2 now, $3 a key, $4 a category, $5 only personal ones or only those of everybody; null: any.
constexpr std::string_view kVisible = R"sql(
    FROM (SELECT id, key, name, description, category, cost_coins, rarity, icon, image_url, TRUE AS is_global,
                 is_available, available_from, available_until, is_consumable, uses_per_purchase, expires_after_days,
                 total_stock, remaining_stock, limit_per_user, max_held, requires_level, effect, sort_order
            FROM market_items
           WHERE is_active AND is_global AND (available_from IS NULL OR available_from <= $2)
             AND (available_until IS NULL OR available_until > $2)
          UNION ALL
          SELECT id, 'u-' || CAST(id AS TEXT), name, description, category, cost_coins, NULL, icon, NULL, FALSE, TRUE,
                 NULL, NULL, is_consumable, uses_per_purchase, expires_after_days, NULL, NULL, NULL, NULL, NULL,
                 '{"type":"none"}', sort_order
            FROM user_market_items
           WHERE user_id = $1 AND is_active) i
   WHERE (CAST($3 AS TEXT) IS NULL OR i.key = $3) AND (CAST($4 AS TEXT) IS NULL OR i.category = $4)
     AND (CAST($5 AS BOOLEAN) IS NULL OR i.is_global <> CAST($5 AS BOOLEAN)))sql";
constexpr std::string_view kColumns = R"sql(
  SELECT i.id, i.key, i.name, i.description, i.category, i.cost_coins, i.rarity, i.icon, i.image_url, i.is_global,
         i.is_available, i.available_from, i.available_until, i.is_consumable, i.uses_per_purchase,
         i.expires_after_days, i.total_stock, i.remaining_stock, i.limit_per_user, i.max_held, i.requires_level,
         i.effect, i.sort_order)sql";
const std::string kItemsText = std::string(kColumns) + std::string(kVisible) + " ORDER BY i.sort_order, i.name, i.key";
const std::string kPageText = kItemsText + " LIMIT $6 OFFSET $7";
const std::string kTotalText = "SELECT count(*)" + std::string(kVisible);
constexpr Sql kCountOwn{R"sql(SELECT count(*) FROM user_market_items WHERE user_id = $1 AND is_active)sql"};
constexpr Sql kUpdate{R"sql(
  UPDATE user_market_items SET name = $3, description = $4, category = $5, cost_coins = $6, icon = $7, updated_at = $8
   WHERE user_id = $1 AND id = $2)sql"};
constexpr Sql kRemove{R"sql(
  UPDATE user_market_items SET is_active = FALSE, updated_at = $3 WHERE user_id = $1 AND id = $2)sql"};
constexpr Sql kKeys{R"sql(SELECT key FROM market_items)sql"};

struct NewItem {
  static constexpr std::string_view table = "user_market_items";
  Uuid user_id;
  Uuid id;
  std::string name;
  std::optional<std::string> description;
  OwnCategory category = OwnCategory::custom;
  std::int64_t cost_coins = 1;
  std::optional<std::string> icon;
  bool is_active = true;
  bool is_consumable = true;
  std::int64_t uses_per_purchase = 1;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(NewItem, (),
                      (user_id, id, name, description, category, cost_coins, icon, is_active, is_consumable,
                       uses_per_purchase, created_at, updated_at))

struct ShippedRow {
  static constexpr std::string_view table = "market_items";
  Uuid id;
  std::string key;
  std::string name;
  rules::MarketCategory category = rules::MarketCategory::theme;
  std::int64_t cost_coins = 0;
  rules::Rarity rarity = rules::Rarity::common;
  std::string icon;
  bool is_global = true;
  bool is_active = true;
  bool is_available = true;
  bool is_consumable = true;
  std::optional<std::int64_t> uses_per_purchase;
  std::optional<std::int64_t> max_held;
  Json effect;
  std::int64_t sort_order = 0;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(ShippedRow, (),
                      (id, key, name, category, cost_coins, rarity, icon, is_global, is_active, is_available,
                       is_consumable, uses_per_purchase, max_held, effect, sort_order, created_at, updated_at))

struct Shipped {
  std::string_view key;
  std::string_view name;
  rules::MarketCategory category;
  std::int64_t cost_coins;
  rules::Rarity rarity;
  std::string_view icon;
  std::string_view effect;
  std::int64_t sort_order;
  std::optional<std::int64_t> max_held{};
};

using enum rules::MarketCategory;
using enum rules::Rarity;
constexpr std::array<Shipped, 10> kShipped{{
    {"theme_dark", "Dark Mode Theme", theme, 0, common, "moon", R"({"type":"theme","theme_id":"dark"})", 1},
    {"theme_ocean", "Ocean Theme", theme, 50, common, "waves", R"({"type":"theme","theme_id":"ocean"})", 2},
    {"theme_forest", "Forest Theme", theme, 50, common, "tree", R"({"type":"theme","theme_id":"forest"})", 3},
    {"theme_sunset", "Sunset Theme", theme, 100, rare, "sunset", R"({"type":"theme","theme_id":"sunset"})", 4},
    {"xp_boost_1h", "1-Hour XP Boost", boost, 25, common, "zap",
     R"({"type":"xp_boost","multiplier_percent":200,"duration_seconds":3600})", 10},
    {"xp_boost_24h", "24-Hour XP Boost", boost, 100, rare, "zap",
     R"({"type":"xp_boost","multiplier_percent":200,"duration_seconds":86400})", 11},
    {"streak_shield", "Streak Shield", boost, 150, rare, "shield", R"({"type":"streak_shield"})", 12, 3},
    {"avatar_crown", "Golden Crown", avatar, 500, epic, "crown", R"({"type":"avatar","slot":"avatar_head"})", 20},
    {"avatar_wings", "Angel Wings", avatar, 750, epic, "feather", R"({"type":"avatar","slot":"avatar_back"})", 21},
    {"avatar_halo", "Golden Halo", avatar, 1000, legendary, "star", R"({"type":"avatar","slot":"avatar_head"})", 22},
}};

template <class T>
std::optional<std::string> text_of(const std::optional<T>& value) {
  if (!value) return {};
  return value->value;
}

// An item that the user may change.
Item own(Context& ctx, std::string_view key) {
  Item found = visible(ctx, key);
  if (found.is_global) throw forbidden("read_only", "Items for everybody cannot be changed.");
  return found;
}

}  // namespace

std::vector<Item> visible(Context& ctx) {
  return ctx.db.query<Item>(Sql{kItemsText}, ctx.user, ctx.now, std::nullopt, std::nullopt, std::nullopt);
}

Item visible(Context& ctx, std::string_view key) {
  auto found = ctx.db.maybe<Item>(Sql{kItemsText}, ctx.user, ctx.now, key, std::nullopt, std::nullopt);
  if (!found) throw not_found("item");
  return std::move(*found);
}

rules::Effect effect_of(const Item& item) { return from_json<rules::Effect>(item.effect.text); }

rules::Offer offer_of(const Item& item) {
  return {.is_available = item.is_available,
          .available_from = item.available_from,
          .available_until = item.available_until,
          .is_consumable = item.is_consumable,
          .cost_coins = item.cost_coins,
          .uses_per_purchase = item.uses_per_purchase.value_or(1),
          .remaining_stock = item.remaining_stock,
          .limit_per_user = item.limit_per_user,
          .max_held = item.max_held,
          .requires_level = item.requires_level};
}

std::vector<CategoryCount> counted(const std::vector<Item>& items) {
  std::vector<CategoryCount> out;
  for (const auto category : {theme, boost, avatar, food, entertainment, selfcare, custom}) {
    const std::int64_t n = std::ranges::count(items, category, &Item::category);
    if (n > 0) out.push_back({category, n});
  }
  return out;
}

Items items(Context& ctx, const ListItems& in) {
  const std::int64_t size = in.page_size.value;
  const std::int64_t page = in.page.value;
  return {.items = ctx.db.query<Item>(Sql{kPageText}, ctx.user, ctx.now, std::nullopt, in.category, in.mine, size,
                                      (page - 1) * size),
          .total = ctx.db.one<std::int64_t>(Sql{kTotalText}, ctx.user, ctx.now, std::nullopt, in.category, in.mine),
          .page = page,
          .page_size = size};
}

OneItem item(Context& ctx, const ByKey& in) { return {visible(ctx, in.key)}; }

Categories categories(Context& ctx, const Nothing&) { return {counted(visible(ctx))}; }

OneItem create_item(Context& ctx, const CreateItem& in) {
  if (ctx.db.one<std::int64_t>(kCountOwn, ctx.user) >= kMostItems) {
    throw conflict("item_limit", "There are 200 personal rewards already.");
  }
  const Uuid id = ctx.new_id();
  ctx.db.insert(NewItem{.user_id = ctx.user,
                        .id = id,
                        .name = in.name,
                        .description = text_of(in.description),
                        .category = in.category,
                        .cost_coins = in.cost_coins,
                        .icon = text_of(in.icon),
                        .created_at = ctx.now,
                        .updated_at = ctx.now});
  return {visible(ctx, "u-" + id.text())};
}

OneItem update_item(Context& ctx, const UpdateItem& in) {
  Item found = own(ctx, in.key);
  if (in.name) found.name = *in.name;
  in.description.apply(found.description);
  const std::string_view category = in.category ? name_of(*in.category) : name_of(found.category);
  if (in.cost_coins) found.cost_coins = *in.cost_coins;
  in.icon.apply(found.icon);
  ctx.db.execute(kUpdate, ctx.user, found.id, found.name, found.description, category, found.cost_coins, found.icon,
                 ctx.now);
  return {visible(ctx, in.key)};
}

DeletedItem delete_item(Context& ctx, const ByKey& in) {
  ctx.db.execute(kRemove, ctx.user, own(ctx, in.key).id, ctx.now);
  return {.key = in.key};
}

void ship(Transaction& db, IdSource& ids, Instant now) {
  const auto present = db.query<std::string>(kKeys);
  const std::set<std::string, std::less<>> there(present.begin(), present.end());
  std::vector<ShippedRow> missing;
  for (const Shipped& one : kShipped) {
    if (there.contains(one.key)) continue;
    const bool is_consumable = one.category == boost;
    missing.push_back({.id = ids.next(now),
                       .key = std::string(one.key),
                       .name = std::string(one.name),
                       .category = one.category,
                       .cost_coins = one.cost_coins,
                       .rarity = one.rarity,
                       .icon = std::string(one.icon),
                       .is_consumable = is_consumable,
                       .uses_per_purchase = is_consumable ? std::optional<std::int64_t>(1) : std::nullopt,
                       .max_held = one.max_held,
                       .effect = Json{std::string(one.effect)},
                       .sort_order = one.sort_order,
                       .created_at = now,
                       .updated_at = now});
  }
  if (!missing.empty()) db.insert_many<ShippedRow>(missing);
}

}  // namespace ignition::market
