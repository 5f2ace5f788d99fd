// The points ledger: what is posted, refused, listed and proven.
#include <array>

#include "support/rewards.hpp"
#include "support/vectors.hpp"

using namespace ignition;
using namespace ignition::test;
using namespace ignition::test::deeds;
namespace keys = rules::keys;

STORE_TEST("a key that stands for other amounts is refused, and keys belong to their user") {
  World world(store);
  const auto ann = world.person();
  const auto bob = world.person();
  award(world, ann, plain("k", 10, 1));
  CHECK(refusal([&] { award(world, ann, plain("k", 11, 1)); }) == "CONFLICT idempotency_mismatch");
  CHECK(refusal([&] { award(world, ann, plain("k", 10, 2)); }) == "CONFLICT idempotency_mismatch");
  CHECK_FALSE(award(world, bob, plain("k", 10, 1)).already_awarded);
  CHECK(ann.call("progress.summary")["coins"] == 1);
  CHECK(bob.call("progress.summary")["coins"] == 1);
}

STORE_TEST("amounts out of bounds, unknown skills and stars without skill are refused") {
  World world(store);
  const auto ann = world.person();
  CHECK(refusal([&] { award(world, ann, plain("k", -1)); }) == "VALIDATION_ERROR base_xp:out_of_range");
  CHECK(refusal([&] { award(world, ann, plain("k", 1'000'001)); }) == "VALIDATION_ERROR base_xp:out_of_range");
  CHECK(refusal([&] { award(world, ann, plain("k", 1, -5)); }) == "VALIDATION_ERROR coins:out_of_range");
  auto wrong = plain("k", 1);
  wrong.skill_key = "juggling";
  CHECK(refusal([&] { award(world, ann, wrong); }) == "VALIDATION_ERROR skill_key:unknown");
  auto stars = plain("k", 1);
  stars.amounts.skill_stars = 1;
  CHECK(refusal([&] { award(world, ann, stars); }) == "VALIDATION_ERROR skill_key:required");
  CHECK(refusal([&] { award(world, ann, plain(std::string(201, 'k'), 1)); }) ==
        "VALIDATION_ERROR idempotency_key:length");
  CHECK(world.count("SELECT count(*) FROM points_ledger") == 0);
}

TEST_CASE("the ledger reproduces every sequence of awards, reversals, spends and refunds") {
  const Vectors vectors("progress/levels.json");
  int steps = 0;
  for (const auto item : vectors["cases"].get_array()) {
    World world;
    const auto ann = world.person();
    const auto start = item["start"].value();
    world.sql("UPDATE user_progress SET total_xp = $2, level = $3 WHERE user_id = $1", ann.id(),
              integer(start, "total_xp"), rules::level_of(integer(start, "total_xp")));
    world.sql("UPDATE user_wallet SET coins = $2, total_earned = $2 WHERE user_id = $1", ann.id(),
              integer(start, "coins"));
    int n = 0;
    for (const auto entry : item["steps"].get_array()) {
      ++n;
      CAPTURE(text(item, "id"));
      CAPTURE(n);
      const auto step = entry["step"].value();
      const auto expect = entry["expect"].value();
      const std::string op = text(step, "op");
      const std::string key = text(step, "key", "step:" + std::to_string(n));
      world.sql("DELETE FROM user_boosts WHERE user_id = $1", ann.id());
      if (has(step, "boost_percent")) {
        run_boost(world, ann, "2026-03-10T08:30:00.000000Z", "2026-03-10T09:30:00.000000Z",
                  integer(step, "boost_percent"));
      }
      std::string error;
      bool already = false;
      std::array<std::int64_t, 3> got{};  // XP, coins, levels
      try {
        if (op == "award" || op == "reverse") {
          const progress::Award deed{
              .event = {.kind = rules::event_kind(text(step, "event_type", "habit_complete")).value(), .key = key},
              .amounts = {.xp = integer(step, "base_xp", 0),
                          .coins = integer(step, "coins", 0),
                          .skill_stars = integer(step, "stars", 0)},
              .skill_key = text(step, "skill_key", "")};
          const auto result = op == "award" ? award(world, ann, deed) : reverse(world, ann, key);
          already = result.already_awarded;
          got = {result.xp, result.coins, result.levels_gained};
        } else {
          const auto posted = within(world, ann, [&](Context& ctx) {
            return op == "spend" ? ledger::spend(ctx, key, object(1), integer(step, "coins"))
                                 : ledger::refund(ctx, key);
          });
          already = posted.already;
          got = {posted.change.xp, posted.change.coins, 0};
        }
      } catch (const Error& e) {
        error = name_of(e.code());
      }
      CHECK(error == text(expect, "error", ""));
      if (error.empty()) {
        CHECK(already == boolean(expect, "already_awarded"));
        CHECK(got == std::array<std::int64_t, 3>{integer(expect, "xp"), integer(expect, "coins"),
                                                 integer(expect, "levels_gained")});
      }
      const auto state = expect["state"].value();
      const auto summary = ann.call("progress.summary");
      for (const char* field : {"total_xp", "level", "xp_into_level", "xp_level_size", "xp_remaining",
                                "level_progress_percent", "coins", "total_earned", "total_spent"}) {
        CAPTURE(field);
        CHECK(summary[field] == integer(state, field));
      }
      CHECK(ann.call("ledger.list")["total"] == integer(state, "entries"));
      ++steps;
    }
    if (has(item, "skills")) {
      const auto mine = ann.call("skills.mine");
      for (const auto wanted : item["skills"].get_object()) {
        for (std::size_t i = 0; i < mine["skills"].size(); ++i) {
          const auto skill = mine["skills"][static_cast<int>(i)];
          if (!(skill["key"] == std::string_view(wanted.key))) continue;
          for (const auto field : wanted.value.get_object()) {
            CAPTURE(field.key);
            CHECK(skill[field.key].json() == simdjson::minify(field.value));
          }
        }
      }
    }
  }
  CHECK(steps == 149);
}

STORE_TEST("coins that were spent already may be owed after an undo, and nothing is bought until they are back") {
  World world(store);
  const auto ann = world.person();
  award(world, ann, plain("k", 0, 50));
  within(world, ann, [&](Context& ctx) { return ledger::spend(ctx, "purchase:1", object(1), 40); });
  CHECK(reverse(world, ann, "k").new_balance == -40);
  CHECK(refusal([&] {
          within(world, ann, [&](Context& ctx) { return ledger::spend(ctx, "purchase:2", object(2), 1); });
        }) == "CONFLICT insufficient_coins");
  CHECK(ann.call("ledger.verify")["ok"] == true);
  CHECK(ann.call("progress.summary")["coins"] == -40);
}

STORE_TEST("a balance that is not the sum of the entries is reported") {
  World world(store);
  const auto ann = world.person();
  award(world, ann, focus(1));
  world.sql("UPDATE user_wallet SET coins = 7 WHERE user_id = $1", ann.id());
  world.sql("UPDATE user_progress SET level = 2 WHERE user_id = $1", ann.id());
  world.sql("UPDATE user_skills SET xp = 24 WHERE user_id = $1", ann.id());
  const auto proof = ann.call("ledger.verify");
  CHECK(proof["ok"] == false);
  CHECK(proof["entries"] == 1);
  CHECK(proof["sums"].json() == R"({"coins":5,"xp":25,"skill_stars":0})");
  CHECK(proof["mismatches"].json() ==
        R"([{"field":"coins","stored":7,"computed":5},{"field":"level","stored":2,"computed":1},)"
        R"({"field":"skills.knowledge.xp","stored":24,"computed":25}])");
}

STORE_TEST("entries of the ledger cannot be changed or deleted") {
  World world(store);
  const auto ann = world.person();
  award(world, ann, focus(1));
  CHECK(refusal([&] { world.sql("UPDATE points_ledger SET coins = 500 WHERE user_id = $1", ann.id()); }) != "done");
  CHECK(refusal([&] { world.sql("DELETE FROM points_ledger WHERE user_id = $1", ann.id()); }) != "done");
  CHECK(ann.call("ledger.list")["entries"][0]["coins"] == 5);
}

STORE_TEST("the ledger is listed newest first, by kind, event and date") {
  World world(store);
  const auto ann = world.person();
  const auto bob = world.person();
  award(world, bob, focus(9));
  award(world, ann, focus(1));
  award(world, ann, task(1));
  at(world, "2026-03-11T09:00:00Z");
  award(world, ann, task(2));
  reverse(world, ann, keys::task(object(2)));
  const auto all = ann.call("ledger.list", R"({"page_size": 3})");
  CHECK(all["total"] == 4);
  CHECK(all["entries"].size() == 3);
  CHECK(all["entries"][0]["kind"] == "reversal");
  CHECK(all["entries"][0]["seq"] == 4);
  CHECK(all["entries"][0]["reverses_id"] == all["entries"][1]["id"]);
  CHECK(ann.call("ledger.list", R"({"page_size": 3, "page": 2})")["entries"][0]["seq"] == 1);
  CHECK(ann.call("ledger.list", R"({"kind": "award"})")["total"] == 3);
  CHECK(ann.call("ledger.list", R"({"event_type": "task_complete"})")["total"] == 3);
  CHECK(ann.call("ledger.list", R"({"from": "2026-03-11"})")["total"] == 2);
  CHECK(ann.call("ledger.list", R"({"to": "2026-03-10"})")["total"] == 2);
  CHECK(ann.error_of("ledger.list", R"({"kind": "gift"})") == "VALIDATION_ERROR kind:not_one_of");
}
