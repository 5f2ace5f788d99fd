#include "ignition/rules/ranking.hpp"

#include <rapidcheck.h>

#include "ignition/describe.hpp"
#include "support/today.hpp"
#include "support/vectors.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

Instant at(std::string_view text) { return Instant::parse(text).value(); }

const Instant kNow = at("2026-01-14T18:00:00Z");

RankingInput input_for(ActionModule module, std::span<const ModuleUsage> usage,
                       std::span<const ModuleTransition> transitions, const std::optional<NewestDeed>& newest) {
  return ranking_input(module, 1, usage, transitions, newest, Calendar{}, kNow, {});
}

}  // namespace

TEST_CASE("ranking follows its vectors") {
  const test::Vectors vectors("today/ranking.json");
  std::size_t count = 0;
  for (const auto c : vectors["cases"].get_array()) {
    CAPTURE(test::text(c, "id"));
    CAPTURE(test::text(c, "about"));
    const auto in = c["input"].value();
    const auto w = in["weights"].value();
    TodayConfig weights;
    weights.weight_frequency = static_cast<int>(test::integer(w, "frequency"));
    weights.weight_recency = static_cast<int>(test::integer(w, "recency"));
    weights.weight_sequence = static_cast<int>(test::integer(w, "sequence"));
    weights.weight_context = static_cast<int>(test::integer(w, "context"));
    std::vector<RankingInput> candidates;
    for (const auto v : in["candidates"].get_array()) {
      candidates.push_back({.module = enum_of<ActionModule>(test::text(v, "module")).value(),
                            .baseline_rank = static_cast<int>(test::integer(v, "baseline_rank")),
                            .count = test::integer(v, "count"),
                            .days_since_last = test::maybe_integer(v, "days_since_last"),
                            .sequence_count = test::integer(v, "seq_num"),
                            .sequence_total = test::integer(v, "seq_den"),
                            .in_context = test::integer(v, "context") != 0});
    }
    const auto ranked = rank(candidates, weights, test::boolean(in, "sequence_disabled"));
    REQUIRE(ranked.has_value());
    const auto expected = c["expected"].get_array().value();
    REQUIRE(ranked->size() == expected.size());
    std::size_t i = 0;
    for (const auto e : expected) {
      const Ranked& r = (*ranked)[i++];
      CHECK("module:" + std::string(name_of(candidates[r.candidate].module)) == test::text(e, "action_key"));
      CHECK(r.score == test::integer(e, "score"));
      const auto parts = e["parts"].value();
      CHECK(r.parts.frequency == test::integer(parts, "frequency"));
      CHECK(r.parts.recency == test::integer(parts, "recency"));
      CHECK(r.parts.sequence == test::integer(parts, "sequence"));
      CHECK(r.parts.context == test::integer(parts, "context"));
      CHECK((r.why ? std::optional(std::string(name_of(*r.why))) : std::nullopt) == test::maybe_text(e, "why"));
    }
    ++count;
  }
  CHECK(count == 18);
}

TEST_CASE("transitions count from the newest completion while it is at most four hours old") {
  NewestDeed newest{.module = ActionModule::learn, .ranked_module = ActionModule::review, .at = kNow};
  newest.at = kNow - std::chrono::hours(4);
  CHECK(previous_module(newest, kNow) == ActionModule::review);
  newest.at = newest.at - Micros(1);
  CHECK_FALSE(previous_module(newest, kNow).has_value());
  newest.at = kNow + Micros(1);
  CHECK_FALSE(previous_module(newest, kNow).has_value());
  CHECK_FALSE(previous_module({}, kNow).has_value());
}

TEST_CASE("the sequence part takes transitions from the last module within their window, unless they are stale") {
  const NewestDeed newest{.module = ActionModule::focus, .ranked_module = ActionModule::focus, .at = kNow};
  std::vector<ModuleTransition> transitions{
      {ActionModule::focus, ActionModule::habits, 3, kNow - std::chrono::hours(6)},
      {ActionModule::focus, ActionModule::quests, 5, kNow - std::chrono::days(90)},
      {ActionModule::focus, ActionModule::inbox, 7, kNow - std::chrono::days(90) - Micros(1)},
      {ActionModule::learn, ActionModule::habits, 9, kNow},
  };
  const auto habits = input_for(ActionModule::habits, {}, transitions, newest);
  CHECK(habits.sequence_count == 3);
  CHECK(habits.sequence_total == 8);
  transitions[0].last_at = kNow - std::chrono::hours(6) - Micros(1);
  CHECK(input_for(ActionModule::habits, {}, transitions, newest).sequence_total == 0);
  CHECK(input_for(ActionModule::habits, {}, transitions, {}).sequence_total == 0);
}

TEST_CASE("context needs five completions, three fifths of them at this part of the day") {
  ModuleUsage usage{.module = ActionModule::habits,
                    .completions = 5,
                    .last_date = LocalDate::of(2026, 1, 12),
                    .morning = 1,
                    .afternoon = 1,
                    .evening = 3};
  const auto input = [&] { return input_for(ActionModule::habits, {&usage, 1}, {}, {}); };
  CHECK(input().in_context);
  CHECK(input().days_since_last == 2);
  CHECK(input().count == 5);
  usage.completions = 6;
  CHECK_FALSE(input().in_context);
  usage.completions = 4;
  CHECK_FALSE(input().in_context);
  CHECK_FALSE(input_for(ActionModule::quests, {&usage, 1}, {}, {}).days_since_last.has_value());
}

TEST_CASE("ranking refuses what cannot be a count or a weight") {
  const std::vector<RankingInput> good{{.module = ActionModule::habits, .count = 1}};
  CHECK(rank(good, {}, false).has_value());
  auto bad = good;
  bad[0].count = -1;
  CHECK_FALSE(rank(bad, {}, false).has_value());
  bad = good;
  bad[0].sequence_count = 2;
  bad[0].sequence_total = 1;
  CHECK_FALSE(rank(bad, {}, false).has_value());
  TodayConfig heavy;
  heavy.weight_context = 1;
  CHECK_FALSE(rank(good, heavy, false).has_value());
  TodayConfig negative;
  negative.weight_recency = -1;
  CHECK_FALSE(rank(good, negative, false).has_value());
}

TEST_CASE("ranking keeps every candidate, ignores the order they come in and scores within bounds") {
  CHECK(rc::check([] {
    std::vector<RankingInput> candidates;
    const int size = *rc::gen::inRange(0, 10);
    for (int i = 0; i < size; ++i) {
      const auto total = *rc::gen::inRange<std::int64_t>(0, 50);
      candidates.push_back({.module = static_cast<ActionModule>(*rc::gen::inRange(0, 16)),
                            .baseline_rank = i + 1,
                            .count = *rc::gen::inRange<std::int64_t>(0, 5),
                            .days_since_last = *rc::gen::inRange(-1, 4),
                            .sequence_count = total / 2,
                            .sequence_total = total,
                            .in_context = *rc::gen::arbitrary<bool>()});
    }
    auto reversed = candidates;
    std::ranges::reverse(reversed);
    const auto a = rank(candidates, {}, false).value();
    const auto b = rank(reversed, {}, false).value();
    RC_ASSERT(a.size() == candidates.size());
    RC_ASSERT(b.size() == candidates.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      RC_ASSERT(candidates[a[i].candidate].baseline_rank == reversed[b[i].candidate].baseline_rank);
      RC_ASSERT(a[i].score >= 0 && a[i].score <= 10000);
      if (i > 0) RC_ASSERT(a[i - 1].score >= a[i].score);
    }
  }));
}
