// The market, as existing clients read it.
#include <algorithm>

#include "compat/steps.hpp"
#include "compat/surface.hpp"

namespace ignition::server::compat {
namespace {

Step item_for_clients() {
  return copies({{"price_coins", "cost_coins"}, {"available", "is_available"}, {"effect_json", "effect"}});
}

Step purchase_for_clients() { return copies({{"price_paid", "cost_coins"}}); }

Step wallet_for_clients() {
  return copies(
      {{"lifetime_earned", "total_earned"}, {"lifetime_spent", "total_spent"}, {"lifetime_coins", "total_earned"}});
}

// One page of clients shows all that is for sale and what was bought last.
Answer whole_market(Operations& operations, Scene& scene) {
  Value market = operations.output("market.overview", {});
  Scene everything{.caller = scene.caller, .request = {}, .status = scene.status};
  market.set("items",
             Value::json(whole_list("market.items", "items", "category")(operations, everything).body).get("items"));
  market.set("recent_purchases", operations.output("market.history", {}).get("purchases"));
  Answer answer;
  answer.body = market.to_json();
  return answer;
}

// What clients call a purchase that can be used.
Step status_of_clients() {
  return {"`status` active = purchased", [](Value&, Scene& scene) {
            const std::string* status = scene.request.parameter("status");
            if (status == nullptr || *status != "active") return;
            scene.request.take_parameter("status");
            scene.request.query.emplace_back("status", "purchased");
          }};
}

std::vector<Row> reads() {
  const Step items = each("items", {item_for_clients()});
  const Step purchases = each("purchases", {purchase_for_clients()});
  return {
      {.method = Method::GET,
       .paths = {"/api/market", "/market"},
       .operation = "market.overview",
       .gives = {note("`items`: all; `recent_purchases`: the newest of the history"),
                 at("wallet", {wallet_for_clients()}), each("featured_items", {item_for_clients()}), items,
                 each("recent_purchases", {purchase_for_clients()}),
                 only({"wallet", "featured_items", "categories", "items", "recent_purchases"}), data(),
                 copies({{"wallet", "data.wallet"}, {"items", "data.items"}})},
       .calls = whole_market,
       .also = {"market.items", "market.history"}},
      {.method = Method::GET,
       .paths = {"/api/market/items"},
       .operation = "market.items",
       .takes = {note("an unknown `category` finds nothing; without a page all, up to 500")},
       .gives = {items, only({"items", "total"}), data()},
       .calls = whole_list("market.items", "items", "category")},
      {.method = Method::GET,
       .paths = {"/api/market/items/{key}"},
       .operation = "market.item",
       .gives = {inside("item"), item_for_clients(), data()}},
      {.method = Method::GET,
       .paths = {"/api/market/history"},
       .operation = "market.history",
       .takes = {limit_and_offset(), status_of_clients()},
       .gives = {purchases, only({"purchases", "total"}), data()}},
      {.method = Method::GET,
       .paths = {"/api/market/wallet"},
       .operation = "market.wallet",
       .gives = {wallet_for_clients(), only({"coins", "lifetime_earned", "lifetime_spent", "lifetime_coins"}), data()}},
      {.method = Method::GET,
       .paths = {"/api/market/categories", "/market/categories"},
       .operation = "market.categories",
       .gives = {data()}},
      {.method = Method::GET,
       .paths = {"/api/market/inventory", "/market/inventory"},
       .operation = "market.inventory",
       .gives = {purchases, data()}},
      {.method = Method::GET,
       .paths = {"/api/market/user-cosmetics"},
       .operation = "cosmetics.list",
       .gives = {data()}},
  };
}

std::vector<Row> deeds() {
  return {
      {.method = Method::POST,
       .paths = {"/api/market/purchase"},
       .operation = "market.purchase",
       .takes = {rename("itemId", "item_key")},
       .gives = {inside("result"),
                 copies(
                     {{"purchase_id", "purchase.id"}, {"item_key", "item.key"}, {"price_paid", "purchase.cost_coins"}}),
                 at("purchase", {purchase_for_clients()}), at("item", {item_for_clients()}), data()},
       .statuses = {{Code::CONFLICT, 400}}},
      {.method = Method::POST,
       .paths = {"/api/market/redeem"},
       .operation = "market.redeem",
       .takes = {rename("purchaseId", "purchase_id")},
       .gives = {inside("result"),
                 copies({{"purchase_id", "purchase.id"},
                         {"item_key", "purchase.item_key"},
                         {"redeemed_at", "purchase.redeemed_at"}}),
                 at("purchase", {purchase_for_clients()}), data()},
       .statuses = {{Code::CONFLICT, 400}}},
  };
}

}  // namespace

Part market() {
  Part part{"Market", reads()};
  std::ranges::move(deeds(), std::back_inserter(part.rows));
  return part;
}

}  // namespace ignition::server::compat
