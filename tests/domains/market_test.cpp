#include "ignition/domains/market.hpp"

#include <array>
#include <set>
#include <thread>

#include "ignition/domains/streaks.hpp"
#include "support/within.hpp"

using namespace ignition;
using namespace ignition::test;

namespace {

// Gives coins and XP as an admin's gift would; the key of the gift.
std::string earn(World& world, const Person& person, std::int64_t coins, std::int64_t xp = 0) {
  static int count = 0;
  const std::string key = fmt::format("reward:{}", ++count);
  within(world, person, [&](Context& ctx) {
    return ledger::award(ctx, {.kind = rules::EventKind::reward_claimed,
                               .key = key,
                               .amounts = {.xp = xp, .coins = coins},
                               .activity_date = ctx.today});
  });
  return key;
}
std::string buy(std::string_view key, int quantity = 1) {
  return fmt::format(R"({{"item_key": "{}", "quantity": {}}})", key, quantity);
}
Answered bought(const Person& person, std::string_view key) {
  return person.call("market.purchase", buy(key))["result"]["purchase"];
}
std::string of(const Answered& purchase) { return fmt::format(R"({{"purchase_id": {}}})", purchase["id"].json()); }
std::string id_of(const Answered& purchase) { return fmt::format(R"({{"id": {}}})", purchase["id"].json()); }
std::int64_t coins(const Person& person) { return person.call("market.wallet")["coins"].integer(); }
void proven(const Person& person) { CHECK(person.call("ledger.verify")["ok"] == true); }
void focus(World& world, const Person& person) {
  const auto id = person.call("focus.start", R"({"duration_seconds": 1500})")["id"].text();
  world.clock->advance(std::chrono::seconds(1500));
  person.call("focus.complete", fmt::format(R"({{"id": "{}"}})", id));
}
// Why the operation refused; nothing when it did not.
std::string reason_of(const Person& person, std::string_view operation, const std::string& body) {
  try {
    static_cast<void>(person.answer({.operation = operation, .body = body}));
  } catch (const Error& error) {
    return error.reason();
  }
  return "";
}
// What `count` threads that do something at once say.
template <class Deed>
std::multiset<std::string> at_once(int count, const Deed& deed) {
  std::vector<std::string> said(static_cast<std::size_t>(count));
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back([&, i] { said[static_cast<std::size_t>(i)] = deed(i); });
  for (auto& thread : threads) thread.join();
  return {said.begin(), said.end()};
}

}  // namespace

STORE_TEST("the shipped items can be seen by page, category and key, and are counted by category") {
  World world(store);
  const auto ann = world.person();
  const auto page = ann.call("market.items", R"({"page_size": 3})");
  CHECK(page["total"] == 10);
  CHECK(page["items"].size() == 3);
  CHECK(page["items"][0]["key"] == "theme_dark");
  CHECK(page["items"][0]["effect"].json() == R"({"type":"theme","theme_id":"dark"})");
  CHECK(ann.call("market.items", R"({"category": "boost"})")["total"] == 3);
  const auto shield = ann.call("market.item", R"({"key": "streak_shield"})")["item"];
  CHECK(shield["cost_coins"] == 150);
  CHECK(shield["max_held"] == 3);
  CHECK(shield["rarity"] == "rare");
  CHECK(ann.error_of("market.item", R"({"key": "no_such"})") == "NOT_FOUND not_found");
  CHECK(ann.call("market.categories")["categories"].json() ==
        R"([{"category":"theme","items":4},{"category":"boost","items":3},{"category":"avatar","items":3}])");
}

STORE_TEST("a purchase spends its price in the ledger, and never twice what is owned for ever") {
  World world(store);
  const auto ann = world.person();
  earn(world, ann, 60);
  const auto result = ann.call("market.purchase", buy("theme_ocean"))["result"];
  CHECK(result["new_balance"] == 10);
  CHECK(result["purchase"]["uses_total"] == nullptr);
  CHECK(result["item"]["key"] == "theme_ocean");
  CHECK(ann.error_of("market.purchase", buy("theme_ocean")) == "CONFLICT already_owned");
  CHECK(ann.error_of("market.purchase", buy("theme_forest", 2)) == "VALIDATION_ERROR quantity:single_only");
  const auto refused = ann.error_of("market.purchase", buy("theme_forest"));
  CHECK(refused == "CONFLICT insufficient_coins");
  CHECK(refused.details["required"] == 50);
  CHECK(refused.details["available"] == 10);
  CHECK(ann.error_of("market.purchase", buy("xp_boost_1h", 0)) == "VALIDATION_ERROR quantity:out_of_range");
  CHECK(ann.error_of("market.purchase", buy("xp_boost_1h", 100)) == "VALIDATION_ERROR quantity:out_of_range");
  ann.call("market.purchase", buy("theme_dark"));  // costs nothing and leaves an entry as well
  CHECK(ann.call("ledger.list", R"({"kind": "spend"})")["total"] == 2);
  CHECK(world.count("SELECT count(*) FROM activity_events WHERE event_type = 'market_purchase'") == 2);
  proven(ann);
}

STORE_TEST("two purchases at once with coins for one: one succeeds, the other keeps its coins") {
  World world(store);
  const auto ann = world.person();
  earn(world, ann, 150);
  const auto reasons = at_once(2, [&](int) { return reason_of(ann, "market.purchase", buy("streak_shield")); });
  CHECK(reasons == std::multiset<std::string>{"", "insufficient_coins"});
  CHECK(coins(ann) == 0);
  CHECK(world.count("SELECT count(*) FROM user_purchases") == 1);
  proven(ann);
}

STORE_TEST("of an item in stock once, two buyers at once get one") {
  World world(store);
  const std::array people{world.person(), world.person()};
  for (const auto& person : people) earn(world, person, 100);
  world.sql("UPDATE market_items SET total_stock = 1, remaining_stock = 1 WHERE key = 'xp_boost_1h'");
  const auto reasons = at_once(2, [&](int i) {
    return reason_of(people.at(static_cast<std::size_t>(i)), "market.purchase", buy("xp_boost_1h"));
  });
  CHECK(reasons == std::multiset<std::string>{"", "out_of_stock"});
  CHECK(coins(people[0]) + coins(people[1]) == 175);
  CHECK(world.count("SELECT remaining_stock FROM market_items WHERE key = 'xp_boost_1h'") == 0);
  CHECK(reason_of(people[0], "market.purchase", buy("xp_boost_1h")) == "out_of_stock");
  for (const auto& person : people) proven(person);
}

STORE_TEST("the last use is redeemed once, and what is given back is paid back once, however many try at once") {
  World world(store);
  const auto ann = world.person();
  earn(world, ann, 100);
  const auto first = bought(ann, "xp_boost_1h");
  const auto redeemed = at_once(6, [&](int) { return reason_of(ann, "market.redeem", of(first)); });
  CHECK(redeemed.count("") == 1);
  CHECK(redeemed.count("not_redeemable") == 5);
  CHECK(world.count("SELECT count(*) FROM user_boosts") == 1);
  const auto second = bought(ann, "xp_boost_1h");
  const auto refunded = at_once(6, [&](int) { return reason_of(ann, "market.refund", id_of(second)); });
  CHECK(refunded.count("") == 1);
  CHECK(refunded.count("not_refundable") == 5);
  CHECK(coins(ann) == 75);
  // What is used and given back at once is one of both.
  const auto third = bought(ann, "xp_boost_1h");
  const auto either = at_once(2, [&](int i) {
    return i == 0 ? reason_of(ann, "market.redeem", of(third)) : reason_of(ann, "market.refund", id_of(third));
  });
  CHECK(either.count("") == 1);
  const bool used = world.count("SELECT count(*) FROM user_boosts") == 2;
  CHECK(coins(ann) == (used ? 50 : 75));
  proven(ann);
}

STORE_TEST("repeated with its key, a purchase is made, used and given back once, and its first answer told again") {
  World world(store);
  const auto ann = world.person();
  earn(world, ann, 200);
  const auto twice = [&](std::string_view operation, const std::string& body) {
    const Call call{.operation = operation, .body = body, .idempotency_key = "k-1"};
    const auto answers = at_once(4, [&](int) { return ann.answer(call).body; });
    CHECK(answers.size() == 4);
    CHECK(answers.count(*answers.begin()) == 4);
    CHECK(ann.answer(call).replayed);
    return Answered(*answers.begin())["result"];
  };
  world.sql("UPDATE market_items SET uses_per_purchase = 2 WHERE key = 'xp_boost_1h'");
  const auto boost = twice("market.purchase", buy("xp_boost_1h"))["purchase"];
  CHECK(coins(ann) == 175);
  CHECK(twice("market.redeem", of(boost))["purchase"]["uses_remaining"] == 1);
  CHECK(ann.call("market.history")["purchases"][0]["uses_remaining"] == 1);
  const auto theme = bought(ann, "theme_ocean");
  CHECK(twice("market.refund", id_of(theme))["new_balance"] == 175);
  CHECK(world.count("SELECT count(*) FROM points_ledger WHERE kind = 'refund'") == 1);
  CHECK(world.count("SELECT count(*) FROM user_purchases") == 2);
  CHECK(world.count("SELECT count(*) FROM user_boosts") == 1);
  proven(ann);
}

STORE_TEST("coins below zero after a reversal buy nothing, until they cover the price again") {
  World world(store);
  const auto ann = world.person();
  const auto gift = earn(world, ann, 60);
  bought(ann, "theme_ocean");
  within(world, ann, [&](Context& ctx) { return ledger::reverse(ctx, gift); });
  CHECK(coins(ann) == -50);
  CHECK(ann.error_of("market.purchase", buy("theme_forest")) == "CONFLICT insufficient_coins");
  CHECK(ann.error_of("market.purchase", buy("theme_dark")).details["available"] == -50);  // though it costs nothing
  earn(world, ann, 100);
  CHECK(ann.call("market.purchase", buy("theme_forest"))["result"]["new_balance"] == 0);
  proven(ann);
}

STORE_TEST("limits of an item are checked in order: window, level, limit, held, stock, coins") {
  World world(store);
  const auto ann = world.person();
  earn(world, ann, 1000);
  const auto set = [&](std::string_view change) {
    world.sql(fmt::format("UPDATE market_items SET {} WHERE key = 'streak_shield'", change));
  };
  const auto refused = [&](int quantity = 1) {
    return ann.error_of("market.purchase", buy("streak_shield", quantity));
  };
  ann.call("market.purchase", buy("streak_shield", 3));
  CHECK(refused() == "CONFLICT too_many_held");
  CHECK(coins(ann) == 550);
  set("limit_per_user = 3");
  CHECK(refused() == "CONFLICT limit_reached");
  set("requires_level = 9");
  CHECK(refused() == "CONFLICT level_required");
  set("is_available = FALSE");
  CHECK(refused() == "CONFLICT not_available");
  set("is_active = FALSE");
  CHECK(refused() == "NOT_FOUND not_found");
  set("is_active = TRUE, is_available = TRUE, requires_level = NULL, limit_per_user = NULL, max_held = NULL, "
      "total_stock = 2, remaining_stock = 2");
  CHECK(refused(3) == "CONFLICT out_of_stock");
  ann.call("market.purchase", buy("streak_shield", 2));
  CHECK(ann.call("market.item", R"({"key": "streak_shield"})")["item"]["remaining_stock"] == 0);
  CHECK(ann.call("market.inventory")["shields_held"] == 5);
  proven(ann);
}

STORE_TEST("a boost multiplies the XP of what comes while it runs, and boosts queue") {
  World world(store);
  world.with_shipped_rewards();
  const auto ann = world.person();
  earn(world, ann, 100);
  const auto first = bought(ann, "xp_boost_1h");
  CHECK(ann.call("market.inventory")["purchases"].size() == 1);
  const auto result = ann.call("market.redeem", of(first))["result"];
  CHECK(result["purchase"]["status"] == "redeemed");
  CHECK(result["purchase"]["uses_remaining"] == 0);
  CHECK(result["effect"]["multiplier_percent"] == 200);
  const Instant ends_at = world.clock->now() + std::chrono::hours(1);
  CHECK(ann.call("market.inventory")["active_boost"]["ends_at"] == ends_at);
  CHECK(ann.error_of("market.redeem", of(first)) == "CONFLICT not_redeemable");
  focus(world, ann);
  const auto entry = ann.call("ledger.list", R"({"event_type": "focus_complete"})")["entries"][0];
  CHECK(entry["base_xp"] == 25);
  CHECK(entry["multiplier_percent"] == 200);
  CHECK(entry["xp"] == 50);
  CHECK(entry["coins"] == 5);
  CHECK(ann.call("ledger.list", R"({"event_type": "achievement_unlocked"})")["entries"][0]["xp"] == 25);
  ann.call("market.redeem", of(bought(ann, "xp_boost_1h")));
  CHECK(world.rows<Instant>("SELECT max(ends_at) FROM user_boosts")[0] == ends_at + std::chrono::hours(1));
  CHECK(ann.call("market.overview")["active_boost"]["ends_at"] == ends_at);
  proven(ann);
}

STORE_TEST("what was never used is taken back once, within a day") {
  World world(store);
  const auto ann = world.person();
  earn(world, ann, 1000);
  const auto theme = bought(ann, "theme_sunset");
  world.clock->advance(std::chrono::hours(2));
  const auto result = ann.call("market.refund", id_of(theme))["result"];
  CHECK(result["new_balance"] == 1000);
  CHECK(result["purchase"]["status"] == "refunded");
  CHECK(ann.call("cosmetics.list")["cosmetics"].size() == 0);
  CHECK(ann.call("market.wallet")["total_spent"] == 0);
  CHECK(ann.error_of("market.refund", id_of(theme)) == "CONFLICT not_refundable");
  const auto again = bought(ann, "theme_sunset");
  ann.call("cosmetics.equip", R"({"key": "theme_sunset"})");
  ann.call("cosmetics.unequip", R"({"key": "theme_sunset"})");
  CHECK(ann.error_of("market.refund", id_of(again)) == "CONFLICT not_refundable");
  const auto late = bought(ann, "xp_boost_1h");
  world.clock->advance(std::chrono::hours(25));
  CHECK(ann.error_of("market.refund", id_of(late)) == "CONFLICT not_refundable");
  const auto bob = world.person();
  CHECK(bob.error_of("market.refund", id_of(late)) == "NOT_FOUND not_found");
  CHECK(bob.error_of("market.redeem", of(late)) == "NOT_FOUND not_found");
  proven(ann);
}

STORE_TEST("one cosmetic is worn in each slot") {
  World world(store);
  const auto ann = world.person();
  earn(world, ann, 5000);
  for (const char* key : {"avatar_crown", "avatar_halo", "avatar_wings"}) bought(ann, key);
  ann.call("cosmetics.equip", R"({"key": "avatar_wings"})");
  ann.call("cosmetics.equip", R"({"key": "avatar_crown"})");
  const auto worn = [](const Answered& answer) {
    std::string keys;
    for (int i = 0; i < static_cast<int>(answer["cosmetics"].size()); ++i) {
      if (answer["cosmetics"][i]["equipped"] == true) keys += answer["cosmetics"][i]["item_key"].text() + " ";
    }
    return keys;
  };
  CHECK(worn(ann.call("cosmetics.equip", R"({"key": "avatar_halo"})")) == "avatar_wings avatar_halo ");
  CHECK(worn(ann.call("cosmetics.equip", R"({"key": "avatar_halo"})")) == "avatar_wings avatar_halo ");
  CHECK(worn(ann.call("cosmetics.unequip", R"({"key": "avatar_wings"})")) == "avatar_halo ");
  CHECK(ann.error_of("cosmetics.equip", R"({"key": "theme_ocean"})") == "NOT_FOUND not_found");
  CHECK(world.person().error_of("cosmetics.equip", R"({"key": "avatar_halo"})") == "NOT_FOUND not_found");
}

STORE_TEST("a personal reward is its maker's alone, and purchases of it outlive it") {
  World world(store);
  const auto ann = world.person();
  const auto bob = world.person();
  earn(world, ann, 200);
  earn(world, bob, 200);
  const auto made = ann.call("market.create_item",
                             R"({"name": " Movie night ", "category": "entertainment", "cost_coins": 50})")["item"];
  CHECK(made["name"] == "Movie night");
  CHECK(made["is_global"] == false);
  CHECK(made["uses_per_purchase"] == 1);
  const std::string key = made["key"].text();
  const std::string by_key = fmt::format(R"({{"key": "{}"}})", key);
  for (const char* operation : {"market.item", "market.update_item", "market.delete_item"}) {
    CHECK(bob.error_of(operation, by_key) == "NOT_FOUND not_found");
  }
  CHECK(bob.error_of("market.purchase", buy(key)) == "NOT_FOUND not_found");
  CHECK(bob.call("market.items", R"({"page_size": 100})")["total"] == 10);
  CHECK(ann.call("market.items", R"({"mine": true})")["total"] == 1);
  CHECK(ann.call("market.items", R"({"mine": false})")["total"] == 10);
  CHECK(ann.error_of("market.update_item", R"({"key": "theme_dark", "cost_coins": 1})") == "FORBIDDEN read_only");
  CHECK(ann.error_of("market.delete_item", R"({"key": "theme_dark"})") == "FORBIDDEN read_only");
  CHECK(ann.error_of("market.create_item", R"({"name": "x", "category": "theme", "cost_coins": 5})").code ==
        Code::VALIDATION_ERROR);
  CHECK(ann.error_of("market.create_item", R"({"name": "x", "category": "food", "cost_coins": -5})").code ==
        Code::VALIDATION_ERROR);
  const auto changed = ann.call(
      "market.update_item", fmt::format(R"({{"key": "{}", "cost_coins": 60, "description": "with 'popcorn'"}})", key));
  CHECK(changed["item"]["cost_coins"] == 60);
  CHECK(changed["item"]["description"] == "with 'popcorn'");
  CHECK(changed["item"]["category"] == "entertainment");
  const auto night = bought(ann, key);
  CHECK(ann.call("market.delete_item", by_key).json() == fmt::format(R"({{"deleted":true,"key":"{}"}})", key));
  CHECK(ann.error_of("market.item", by_key) == "NOT_FOUND not_found");
  CHECK(ann.call("market.redeem", of(night))["result"]["effect"].json() == R"({"type":"none"})");
  CHECK(ann.call("market.history")["purchases"][0]["item_name"] == "Movie night");
  CHECK(coins(ann) == 140);
}

STORE_TEST("there are at most 200 personal rewards") {
  World world(store);
  const auto ann = world.person();
  const std::string body = R"({"name": "Takeout", "category": "food", "cost_coins": 100})";
  for (int i = 0; i < 200; ++i) ann.call("market.create_item", body);
  CHECK(ann.error_of("market.create_item", body) == "CONFLICT item_limit");
}

STORE_TEST("purchases expire at the start of the day after their days, and the history tells so") {
  World world(store);
  const auto ann = world.person();
  earn(world, ann, 100);
  world.clock->set(Instant::parse("2026-03-01T12:00:00Z").value());
  world.sql("UPDATE market_items SET expires_after_days = 7, uses_per_purchase = 5 WHERE key = 'xp_boost_1h'");
  const auto packs = ann.call("market.purchase", buy("xp_boost_1h", 2))["result"]["purchase"];
  CHECK(packs["uses_total"] == 10);
  CHECK(packs["expires_at"] == Instant::parse("2026-03-09T00:00:00Z").value());
  CHECK(ann.call("market.redeem", of(packs))["result"]["purchase"]["uses_remaining"] == 9);
  world.clock->set(Instant::parse("2026-03-09T00:00:00Z").value());
  const auto refused = ann.error_of("market.redeem", of(packs));
  CHECK(refused == "CONFLICT not_redeemable");
  CHECK(refused.details["status"] == "expired");
  CHECK(ann.call("market.history", R"({"status": "expired"})")["total"] == 1);
  CHECK(ann.call("market.history", R"({"status": "purchased"})")["purchases"].size() == 0);
  CHECK(ann.call("market.inventory")["purchases"].size() == 0);
  CHECK(ann.error_of("market.redeem", of(bought(ann, "theme_dark"))) == "CONFLICT not_consumable");
}

STORE_TEST("transactions are the ledger's entries with coins") {
  World world(store);
  const auto ann = world.person();
  earn(world, ann, 100);
  earn(world, ann, 0, 5);
  const auto theme = bought(ann, "theme_ocean");
  ann.call("market.refund", fmt::format(R"({{"id": {}, "reason": "not mine"}})", theme["id"].json()));
  const auto all = ann.call("market.transactions");
  CHECK(all["total"] == 3);
  CHECK(all["transactions"][0]["type"] == "refund");
  CHECK(all["transactions"][0]["reason"] == "not mine");
  CHECK(all["transactions"][0]["item_key"] == "theme_ocean");
  CHECK(all["transactions"][1]["coins_amount"] == -50);
  CHECK(all["transactions"][1]["balance_after"] == 50);
  CHECK(all["transactions"][2]["item_key"] == nullptr);
  const auto earned = ann.call("market.transactions", R"({"type": "earn"})");
  CHECK(earned["total"] == 1);
  CHECK(earned["transactions"][0]["coins_amount"] == 100);
}

STORE_TEST("a shield is recommended to who has a streak and none, then what can be paid") {
  World world(store);
  const auto ann = world.person();
  earn(world, ann, 130);
  for (int day = 0; day < 5; ++day) {
    world.clock->advance(std::chrono::hours(24));
    within(world, ann, [&](Context& ctx) {
      return streaks::add_day(ctx, rules::StreakSet(rules::StreakType::daily_activity), ctx.today, ctx.now);
    });
  }
  const auto overview = ann.call("market.overview");
  const auto list = ann.call("market.recommendations")["recommendations"];
  std::string keys;
  for (int i = 0; i < static_cast<int>(list.size()); ++i) keys += list[i]["item"]["key"].text() + " ";
  CHECK(keys == "streak_shield theme_dark xp_boost_1h theme_ocean theme_forest ");
  CHECK(list[0]["score"] == 0.9);
  CHECK(list[0]["reason"] == "protect_streak");
  CHECK(list[1]["reason"] == "affordable");
  CHECK(overview["recommendations"] == list);
  CHECK(overview["featured_items"].size() == 6);
  CHECK(overview["wallet"]["coins"] == 130);
  for (int i = 0; i < 2; ++i) bought(ann, "xp_boost_1h");
  const auto repeated = ann.call("market.recommendations")["recommendations"][1];
  CHECK(repeated["item"]["key"] == "xp_boost_1h");
  CHECK(repeated["reason"] == "repurchase");
  CHECK(repeated["score"] == 0.6);
}

STORE_TEST("a shield from the market keeps the streak, cannot be redeemed, and is not taken back once spent") {
  World world(store);
  const auto ann = world.person();
  earn(world, ann, 200);
  const auto shield = bought(ann, "streak_shield");
  CHECK(ann.error_of("market.redeem", of(shield)) == "CONFLICT not_redeemable");
  focus(world, ann);
  CHECK(ann.call("progress.summary")["shields_held"] == 1);
  CHECK(ann.call("market.inventory")["purchases"][0]["uses_remaining"] == 1);
  world.clock->advance(std::chrono::hours(48));
  CHECK(ann.call("progress.summary")["shields_held"] == 0);
  CHECK(ann.call("progress.summary")["current_streak"] == 1);
  // Nothing is stored of it yet, and still nobody is shown a shield that is not there.
  CHECK(ann.call("market.inventory")["purchases"].size() == 0);
  CHECK(ann.call("market.overview")["purchases"].size() == 0);
  CHECK(world.count("SELECT uses_remaining FROM user_purchases") == 1);
  focus(world, ann);
  CHECK(ann.call("progress.summary")["current_streak"] == 2);
  CHECK(ann.call("market.history", R"({"status": "redeemed"})")["total"] == 1);
  CHECK(ann.error_of("market.refund", id_of(shield)) == "CONFLICT not_refundable");
  proven(ann);
}
