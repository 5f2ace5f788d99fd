// The market on the unversioned surface.
#include "http/compat.hpp"

using namespace ignition;
using namespace ignition::http_test;

namespace {

// Coins as an admin's gift would bring them.
void have_coins(ExistingClient& client, std::int64_t coins) {
  client.get("/api/sync/poll");  // the local user exists
  client.world.sql("UPDATE user_wallet SET coins = $1, total_earned = $1 WHERE user_id = $2", coins, kLocalUser);
  client.world.sql("UPDATE users SET revision = revision + 1");
}

}  // namespace

STORE_TEST("the market is one page: wallet and items stand under data and at top level") {
  ExistingClient client(store);
  have_coins(client, 100);
  client.post("/api/market/purchase", R"({"item_key":"xp_boost_1h"})");
  for (const char* path : {"/api/market", "/market"}) {
    CAPTURE(path);
    const auto told = client.get(path);
    CHECK(told.status == 200);
    CHECK(has_keys(told.body, {"data", "wallet", "items"}));
    const auto data = told["data"];
    CHECK(has_keys(data, {"wallet", "featured_items", "categories", "items", "recent_purchases"}));
    CHECK(told["wallet"] == data["wallet"]);
    CHECK(told["items"] == data["items"]);
    CHECK(data["wallet"]["coins"] == 75);
    CHECK(data["wallet"]["lifetime_spent"] == 25);
    CHECK(data["featured_items"].size() == 6);
    CHECK(data["featured_items"][1]["price_coins"] == 50);
    CHECK(data["items"].size() == 10);
    CHECK(data["items"][0]["available"] == true);
    CHECK(data["recent_purchases"].size() == 1);
    CHECK(data["recent_purchases"][0]["price_paid"] == 25);
  }
}

STORE_TEST("items carry the names of both generations of clients") {
  ExistingClient client(store);
  const auto boosts = client.get("/api/market/items?category=boost");
  CHECK(boosts.status == 200);
  CHECK(has_keys(boosts.body, {"data"}));
  CHECK(has_keys(boosts["data"], {"items", "total"}));
  CHECK(boosts["data"]["total"] == 3);
  CHECK(client.get("/api/market/items?category=").body["data"]["total"] == 10);
  CHECK(client.get("/api/market/items?category=swords").body.json() == R"({"data":{"items":[],"total":0}})");
  const auto told = client.get("/api/market/items/streak_shield");
  CHECK(has_keys(told.body, {"data"}));
  const auto shield = told["data"];
  CHECK(shield["cost_coins"] == 150);
  CHECK(shield["price_coins"] == 150);
  CHECK(shield["is_available"] == true);
  CHECK(shield["available"] == true);
  CHECK(shield["limit_per_user"] == nullptr);
  CHECK(shield["requires_level"] == nullptr);
  CHECK(shield["effect_json"]["type"] == "streak_shield");
  const auto unknown = client.get("/api/market/items/sword");
  CHECK(unknown.status == 404);
  CHECK(unknown["error"] == unknown["message"]);
}

STORE_TEST("an item is bought and redeemed with the keys of any client") {
  ExistingClient client(store);
  have_coins(client, 100);
  const auto bought = client.post("/api/market/purchase", R"({"itemId":"xp_boost_1h","quantity":2})");
  CHECK(bought.status == 200);
  CHECK(has_keys(bought.body, {"data"}));
  CHECK(has_keys(bought["data"], {"purchase", "new_balance", "item", "purchase_id", "item_key", "price_paid"}));
  CHECK(bought["data"]["new_balance"] == 50);
  CHECK(bought["data"]["price_paid"] == 50);
  CHECK(bought["data"]["item_key"] == "xp_boost_1h");
  CHECK(bought["data"]["item"]["price_coins"] == 25);
  CHECK(bought["data"]["purchase_id"] == bought["data"]["purchase"]["id"]);
  const std::string id = bought["data"]["purchase_id"].text();
  const auto used = client.post("/api/market/redeem", fmt::format(R"({{"purchaseId":"{}"}})", id));
  CHECK(used.status == 200);
  CHECK(has_keys(used["data"], {"purchase", "message", "effect", "purchase_id", "item_key", "redeemed_at"}));
  CHECK(used["data"]["redeemed_at"] == nullptr);  // one use is left
  CHECK(used["data"]["effect"]["multiplier_percent"] == 200);
  const auto last = client.post("/api/market/redeem", fmt::format(R"({{"purchase_id":"{}"}})", id));
  CHECK(last["data"]["redeemed_at"] == last["data"]["purchase"]["redeemed_at"]);
  CHECK(last["data"]["redeemed_at"].text() == client.world.clock->now().text());
  const auto refused = client.post("/api/market/redeem", fmt::format(R"({{"purchase_id":"{}"}})", id));
  CHECK(refused.status == 400);
  CHECK(refused["code"] == "CONFLICT");
  CHECK(refused["details"]["reason"] == "not_redeemable");
  CHECK(client.post("/api/market/redeem", R"({"purchase_id":"0194f5c0-0000-7000-8000-000000000001"})").status == 404);
}

STORE_TEST("what cannot be bought is 400, with a message that names the coins needed and those there") {
  ExistingClient client(store);
  have_coins(client, 60);
  const auto poor = client.post("/api/market/purchase", R"({"item_key":"streak_shield"})");
  CHECK(poor.status == 400);
  CHECK(poor["error"] == "150 coins are needed, 60 are there.");
  CHECK(poor["details"]["required"] == 150);
  CHECK(poor["details"]["available"] == 60);
  CHECK(client.post("/api/market/purchase", R"({"item_key":"theme_ocean"})").status == 200);
  CHECK(client.post("/api/market/purchase", R"({"item_key":"theme_ocean"})")["details"]["reason"] == "already_owned");
  client.world.sql("UPDATE market_items SET total_stock = 1, remaining_stock = 0 WHERE key = 'xp_boost_1h'");
  const auto gone = client.post("/api/market/purchase", R"({"item_key":"xp_boost_1h"})");
  CHECK(gone.status == 400);
  CHECK(gone["details"]["reason"] == "out_of_stock");
  CHECK(client.post("/api/market/purchase", R"({"item_key":"sword"})").status == 404);
  CHECK(client.get("/api/market/wallet")["data"]["coins"] == 10);
}

STORE_TEST("history, wallet, categories, inventory and cosmetics stand under data") {
  ExistingClient client(store);
  have_coins(client, 200);
  client.post("/api/market/purchase", R"({"item_key":"theme_ocean"})");
  client.wait(std::chrono::minutes(1));
  const auto boost = client.post("/api/market/purchase", R"({"item_key":"xp_boost_1h"})")["data"]["purchase_id"].text();
  const auto all = client.get("/api/market/history")["data"];
  CHECK(has_keys(all, {"purchases", "total"}));
  CHECK(all["total"] == 2);
  CHECK(client.get("/api/market/history?limit=1")["data"]["purchases"].size() == 1);
  CHECK(client.get("/api/market/history?limit=0").status == 400);
  CHECK(client.get("/api/market/history?limit=101").status == 400);
  const auto newest = all["purchases"][0];
  for (const char* key : {"id", "item_id", "item_key", "item_name", "cost_coins", "price_paid", "quantity",
                          "purchased_at", "redeemed_at", "expires_at", "status", "uses_remaining"}) {
    CAPTURE(key);
    CHECK(newest[key].exists());
  }
  CHECK(newest["item_key"] == "xp_boost_1h");
  CHECK(newest["price_paid"] == 25);
  client.post("/api/market/redeem", fmt::format(R"({{"purchase_id":"{}"}})", boost));
  CHECK(client.get("/api/market/history?status=active")["data"]["total"] == 1);
  CHECK(client.get("/api/market/history?status=redeemed")["data"]["total"] == 1);
  CHECK(client.get("/api/market/wallet").body.json() ==
        R"({"data":{"coins":125,"lifetime_earned":200,"lifetime_spent":75,"lifetime_coins":200}})");
  for (const char* path : {"/api/market/categories", "/market/categories"}) {
    CHECK(client.get(path)["data"]["categories"][0].json() == R"({"category":"theme","items":4})");
  }
  for (const char* path : {"/api/market/inventory", "/market/inventory"}) {
    const auto told = client.get(path);
    CHECK(has_keys(told["data"], {"purchases", "cosmetics", "shields_held", "active_boost"}));
    CHECK(told["data"]["cosmetics"].size() == 1);
    CHECK(told["data"]["active_boost"]["multiplier_percent"] == 200);
  }
  CHECK(client.get("/api/market/user-cosmetics")["data"]["cosmetics"][0]["item_key"] == "theme_ocean");
}
