// XP and levels: the level is a function of lifetime XP alone. Rules R-L1 to R-L6. Integers only.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>

namespace ignition::rules {

// Lifetime XP never exceeds this (rule R-L6); it is reached on level 14427.
inline constexpr std::int64_t kXpLimit = 1'000'000'000'000;

// XP that lead from `level` to the next one: floor(100 * level^1.5). `level` is 1..100000.
std::int64_t level_size(int level);
// Lifetime XP at which `level` begins; 0 for level 1. `level` is 1..14428, the levels within the limit and one more.
std::int64_t level_start(int level);
// The largest level whose start is at most `total_xp` (0..kXpLimit).
int level_of(std::int64_t total_xp);

struct LevelState {
  int level = 1;
  std::int64_t total_xp = 0;
  std::int64_t xp_into_level = 0;  // 0 <= xp_into_level < xp_level_size
  std::int64_t xp_level_size = 0;
  std::int64_t xp_remaining = 0;   // at least 1
  int level_progress_percent = 0;  // 0..99

  friend bool operator==(const LevelState&, const LevelState&) = default;
};
BOOST_DESCRIBE_STRUCT(LevelState, (),
                      (level, total_xp, xp_into_level, xp_level_size, xp_remaining, level_progress_percent))

LevelState level_state(std::int64_t total_xp);

}  // namespace ignition::rules
