// How far a user is towards what triggers ask for. Each number is read once, and no further than it is asked for.
#pragma once

#include <map>
#include <optional>
#include <utility>

#include "ignition/context.hpp"
#include "ignition/rules/achievements.hpp"
#include "ignition/rules/ledger.hpp"

namespace ignition::achievements {

class Measures {
 public:
  // With `shown`, streaks are those that run now; without, the longest ones.
  Measures(Context& ctx, bool shown) : ctx_(ctx), shown_(shown) {}

  // Deeds of a kind are counted up to the largest count that was announced for it.
  void announce(const rules::Trigger& trigger);
  std::int64_t of(const rules::Trigger& trigger);

  // What an award just said, so that it need not be read.
  void know(const rules::Balances& balances);
  // Balances and numbers of achievements have changed.
  void forget_balances();

 private:
  struct Standing {
    std::int64_t total_xp = 0;
    std::int64_t coins_earned = 0;
    std::int64_t total_stars = 0;
  };
  using Deeds = std::pair<rules::EventKind, std::int64_t>;  // kind, shortest duration

  std::int64_t deeds(const rules::Trigger& trigger);
  std::int64_t streak(rules::StreakType type);
  std::int64_t habit_streak();
  std::int64_t metric(const rules::Trigger& trigger);
  const Standing& standing();

  Context& ctx_;
  const bool shown_;
  std::map<Deeds, std::int64_t> asked_;
  std::map<Deeds, std::int64_t> deeds_;
  std::optional<std::map<rules::StreakType, std::int64_t>> streaks_;
  std::optional<std::int64_t> habit_streak_;
  std::optional<Standing> standing_;
};

}  // namespace ignition::achievements
