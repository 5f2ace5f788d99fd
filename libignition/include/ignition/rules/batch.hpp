// Levels and streaks of many users at once, over arrays that belong to the caller. Results equal those of the single
// forms, with any number of threads (1..256). VALIDATION_ERROR names the argument and the index of its first bad
// element; then nothing has been written. Outputs have one element per user, or are empty when not wanted.
#pragma once

#include <cstdint>
#include <span>

#include "ignition/rules/levels.hpp"
#include "ignition/rules/streaks.hpp"

namespace ignition::rules {

struct LevelArrays {
  std::span<std::int32_t> level;
  std::span<std::int64_t> xp_into_level;
  std::span<std::int64_t> xp_level_size;
  std::span<std::int64_t> xp_remaining;
  std::span<std::int32_t> level_progress_percent;
};
// level_state of each total (0..kXpLimit).
void level_states(std::span<const std::int64_t> total_xp, const LevelArrays& out, int threads = 1);

struct StreakArrays {
  std::span<std::int32_t> current;
  std::span<std::int32_t> longest;
  std::span<std::int32_t> breaks;
  std::span<std::uint8_t> status;  // StreakStatus
};
// walk of each user's done days: user i has days[offsets[i]] to days[offsets[i + 1]], days since 1970-01-01 within
// +-10^6, in any order. `today` has one element per user, or one for all. `cadences` and `week_start` hold for all.
void streaks(std::span<const std::int64_t> offsets, std::span<const std::int32_t> days,
             std::span<const std::int32_t> today, std::span<const Cadence> cadences, WeekStart week_start,
             const StreakArrays& out, int threads = 1);

}  // namespace ignition::rules
