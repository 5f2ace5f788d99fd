#include "ignition/rules/ledger.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <map>
#include <string>
#include <vector>

#include "ignition/rules/levels.hpp"
#include "support/vectors.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

struct Outcome {
  bool already_awarded = false;
  Change change;
  int levels_gained = 0;
};

// A ledger in memory with the rules of keys, for one user.
struct Ledger {
  struct Entry {
    Change change;
    std::string payload;
    std::string skill;
  };
  Balances balances;
  std::vector<Entry> entries;
  std::map<std::string, std::size_t> by_key;

  Outcome write(const std::string& key, Entry entry) {
    const int level = level_of(balances.total_xp);
    balances = after(balances, entry.change);
    if (!key.empty()) by_key[key] = entries.size();
    entries.push_back(entry);
    return {false, entry.change, level_of(balances.total_xp) - level};
  }

  std::optional<Outcome> replayed(const std::string& key, const std::string& payload) const {
    const auto known = by_key.find(key);
    if (key.empty() || known == by_key.end()) return {};
    const Entry& entry = entries[known->second];
    if (entry.payload != payload) throw conflict("idempotency_mismatch", "This key was used for another amount.");
    return Outcome{true, entry.change, 0};
  }

  const Entry& find(const std::string& key) const {
    const auto known = by_key.find(key);
    if (known == by_key.end()) throw not_found("entry");
    return entries[known->second];
  }

  Outcome run(test::Value step) {
    const std::string op = test::text(step, "op");
    const std::string key = test::text(step, "key", "");
    if (op == "award") {
      const Amounts asked{test::integer(step, "base_xp"), test::integer(step, "coins"),
                          test::integer(step, "stars", 0)};
      check_award(asked);
      const std::string skill = test::text(step, "skill_key", "");
      const std::string wanted =
          payload(EntryKind::award, test::text(step, "event_type", ""), std::nullopt, asked, skill);
      if (auto replay = replayed(key, wanted)) return *replay;
      const int percent = static_cast<int>(test::integer(step, "boost_percent", 100));
      return write(key, {award(balances, asked, percent), wanted, skill});
    }
    if (op == "spend") {
      const std::int64_t coins = test::integer(step, "coins");
      check_spend(coins);
      const std::string wanted = payload(EntryKind::spend, "purchase", std::nullopt, {.coins = -coins}, "");
      if (auto replay = replayed(key, wanted)) return *replay;
      return write(key, {spend(balances, coins), wanted, ""});
    }
    const Entry& entry = find(key);
    const std::string answer = (op == "reverse" ? "reversal:" : "refund:") + key;
    if (auto replay = replayed(answer, "")) return *replay;
    return write(answer, {op == "reverse" ? reversal_of(entry.change) : refund_of(entry.change), "", entry.skill});
  }
};

void check_state(const Ledger& ledger, test::Value state) {
  const LevelState level = level_state(ledger.balances.total_xp);
  CHECK(level.total_xp == test::integer(state, "total_xp"));
  CHECK(level.level == test::integer(state, "level"));
  CHECK(level.xp_into_level == test::integer(state, "xp_into_level"));
  CHECK(level.xp_level_size == test::integer(state, "xp_level_size"));
  CHECK(level.xp_remaining == test::integer(state, "xp_remaining"));
  CHECK(level.level_progress_percent == test::integer(state, "level_progress_percent"));
  CHECK(ledger.balances.coins == test::integer(state, "coins"));
  CHECK(ledger.balances.total_earned == test::integer(state, "total_earned"));
  CHECK(ledger.balances.total_spent == test::integer(state, "total_spent"));
  CHECK(static_cast<std::int64_t>(ledger.entries.size()) == test::integer(state, "entries"));
}

void check_skills(const Ledger& ledger, test::Value skills) {
  for (const auto [key, expect] : skills.get_object()) {
    CAPTURE(key);
    std::int64_t xp = 0;
    std::int64_t stars = 0;
    for (const Ledger::Entry& entry : ledger.entries) {
      if (entry.skill != key) continue;
      xp += entry.change.xp;
      stars += entry.change.skill_stars;
    }
    const SkillLevel level = skill_level(SkillCurve{}, xp);
    CHECK(xp == test::integer(expect, "xp"));
    CHECK(stars == test::integer(expect, "stars"));
    CHECK(level.level == test::integer(expect, "level"));
    CHECK(level.xp_into_level == test::integer(expect, "xp_into_level"));
    CHECK(level.xp_level_size.value_or(-1) == test::integer(expect, "xp_level_size", -1));
  }
}

}  // namespace

TEST_CASE("awards, reversals, spends and refunds give the ledger states of the vectors") {
  const test::Vectors vectors("progress/levels.json");
  int cases = 0;
  for (const test::Value c : vectors["cases"].get_array()) {
    CAPTURE(test::text(c, "id"));
    Ledger ledger;
    ledger.balances.total_xp = test::integer(c["start"], "total_xp");
    ledger.balances.coins = ledger.balances.total_earned = test::integer(c["start"], "coins");
    for (const test::Value row : c["steps"].get_array()) {
      const test::Value expect = row["expect"];
      std::string error;
      try {
        const Outcome outcome = ledger.run(row["step"]);
        REQUIRE_FALSE(test::has(expect, "error"));
        CHECK(outcome.already_awarded == test::boolean(expect, "already_awarded"));
        CHECK(outcome.change.xp == test::integer(expect, "xp"));
        CHECK(outcome.change.coins == test::integer(expect, "coins"));
        CHECK(outcome.levels_gained == test::integer(expect, "levels_gained"));
      } catch (const Error& e) {
        error = name_of(e.code());
      }
      CHECK(error == test::text(expect, "error", ""));
      check_state(ledger, expect["state"]);
    }
    check_state(ledger, c["final"]);
    if (test::has(c, "skills")) check_skills(ledger, c["skills"]);
    ++cases;
  }
  CHECK(cases == 80);
}

TEST_CASE("a refused spend tells what is required and what there is") {
  const Balances balances{.coins = 20, .total_earned = 20};
  try {
    static_cast<void>(spend(balances, 50));
    FAIL("50 of 20 coins were spent");
  } catch (const Error& e) {
    CHECK(e.reason() == "insufficient_coins");
    CHECK(e.details_json() == R"({"reason":"insufficient_coins","required":50,"available":20})");
  }
}

TEST_CASE("an adjustment changes something and leaves no balance below 0 or above the limit") {
  const Balances balances{.total_xp = 100, .coins = -5, .total_earned = -5};
  CHECK(adjustment(balances, 5, -100) == Change{EntryKind::adjustment, -100, 5, 0});
  CHECK_THROWS_AS(adjustment(balances, 0, 0), Error);
  CHECK_THROWS_AS(adjustment(balances, 0, -101), Error);
  CHECK_THROWS_AS(adjustment(balances, -1, 0), Error);
  CHECK_THROWS_AS(adjustment(balances, 1'000'001, 0), Error);
  CHECK_THROWS_AS(adjustment({.total_xp = kXpLimit}, 0, 1), Error);
}

TEST_CASE("payloads differ whenever the request differs") {
  const Uuid id = Uuid::parse("01890a5d-ac96-774b-bcce-b302099a8057").value();
  const std::string first = payload(EntryKind::award, "goal_complete", id, {40, 20, 1}, "charm");
  CHECK(first == payload(EntryKind::award, "goal_complete", id, {40, 20, 1}, "charm"));
  CHECK(first != payload(EntryKind::award, "goal_complete", {}, {40, 20, 1}, "charm"));
  CHECK(first != payload(EntryKind::award, "goal_complete", id, {40, 20, 2}, "charm"));
  CHECK(first != payload(EntryKind::award, "goal_complete", id, {40, 20, 1}, ""));
  CHECK(first != payload(EntryKind::spend, "goal_complete", id, {40, 20, 1}, "charm"));
  CHECK(payload(EntryKind::award, "x", {}, {11, 1, 0}, "") != payload(EntryKind::award, "x", {}, {1, 11, 0}, ""));
}

TEST_CASE("balances are the sums of the entries, and taking everything back leaves nothing") {
  CHECK(rc::check([](const std::vector<std::pair<std::uint16_t, std::uint16_t>>& deeds, bool spending) {
    Balances b;
    std::vector<Change> entries;
    const auto write = [&](const Change& change) {
      b = after(b, change);
      entries.push_back(change);
    };
    for (const auto& [xp, coins] : deeds) {
      const int percent = *rc::gen::inRange(100, 301);
      write(award(b, {xp, coins, xp % 3}, percent));
      if (spending && b.coins > 0) write(spend(b, *rc::gen::inRange<std::int64_t>(0, b.coins + 1)));
    }
    Change sum;
    for (const Change& e : entries) {
      sum.xp += e.xp;
      sum.coins += e.coins;
      sum.skill_stars += e.skill_stars;
    }
    RC_ASSERT(b.total_xp == sum.xp);
    RC_ASSERT(b.coins == sum.coins);
    RC_ASSERT(b.coins == b.total_earned - b.total_spent);
    RC_ASSERT(b.coins >= 0);
    RC_ASSERT(b.total_skill_stars == sum.skill_stars);
    for (const Change& e : entries) {
      b = after(b, e.kind == EntryKind::spend ? refund_of(e) : reversal_of(e));
    }
    RC_ASSERT(b == Balances{});
  }));
}
