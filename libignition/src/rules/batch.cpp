#include "ignition/rules/batch.hpp"

#include <algorithm>

#include "rules/arrays.hpp"

namespace ignition::rules {

namespace {

constexpr std::int64_t kFarthestDay = 1'000'000;

void check_offsets(std::span<const std::int64_t> offsets, std::size_t elements) {
  if (offsets.empty()) checks::refuse("offsets", "length", "offsets must have one element more than there are users.");
  const auto end = static_cast<std::int64_t>(elements);
  if (offsets[0] != 0) checks::refuse_at("offsets", 0, offsets[0], 0, 0);
  for (std::size_t i = 1; i < offsets.size(); ++i) {
    if (offsets[i] < offsets[i - 1] || end < offsets[i]) {
      checks::refuse_at("offsets", i, offsets[i], offsets[i - 1], end);
    }
  }
  if (offsets.back() != end) checks::refuse_at("offsets", offsets.size() - 1, offsets.back(), end, end);
}

void check_cadences(std::span<const Cadence> cadences) {
  for (std::size_t i = 0; i < cadences.size(); ++i) {
    const int per_week = cadences[i].per_week;
    if (per_week < 1 || per_week > 7) checks::refuse_at("cadences", i, std::int64_t{per_week}, 1, 7);
    if (i > 0 && cadences[i].from < cadences[i - 1].from) {
      checks::refuse_at("cadences", i, "not_sorted", "Cadences must be sorted by the date they begin.");
    }
  }
}

}  // namespace

void level_states(std::span<const std::int64_t> total_xp, const LevelArrays& out, int threads) {
  const std::size_t count = total_xp.size();
  arrays::checked_threads(threads);
  arrays::optional_output("out.level", out.level, count);
  arrays::optional_output("out.xp_into_level", out.xp_into_level, count);
  arrays::optional_output("out.xp_level_size", out.xp_level_size, count);
  arrays::optional_output("out.xp_remaining", out.xp_remaining, count);
  arrays::optional_output("out.level_progress_percent", out.level_progress_percent, count);
  arrays::within("total_xp", total_xp, std::int64_t{0}, kXpLimit);
  in_parts(count, 4096, threads, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const LevelState state = level_state(total_xp[i]);
      arrays::put(out.level, i, state.level);
      arrays::put(out.xp_into_level, i, state.xp_into_level);
      arrays::put(out.xp_level_size, i, state.xp_level_size);
      arrays::put(out.xp_remaining, i, state.xp_remaining);
      arrays::put(out.level_progress_percent, i, state.level_progress_percent);
    }
  });
}

void streaks(std::span<const std::int64_t> offsets, std::span<const std::int32_t> days,
             std::span<const std::int32_t> today, std::span<const Cadence> cadences, WeekStart week_start,
             const StreakArrays& out, int threads) {
  arrays::checked_threads(threads);
  check_offsets(offsets, days.size());
  const std::size_t count = offsets.size() - 1;
  if (today.size() != 1) arrays::sized("today", today.size(), count);
  arrays::optional_output("out.current", out.current, count);
  arrays::optional_output("out.longest", out.longest, count);
  arrays::optional_output("out.breaks", out.breaks, count);
  arrays::optional_output("out.status", out.status, count);
  arrays::within("days", days, -kFarthestDay, kFarthestDay);
  arrays::within("today", today, -kFarthestDay, kFarthestDay);
  check_cadences(cadences);
  in_parts(count, 256, threads, [&](std::size_t begin, std::size_t end) {
    std::vector<LocalDate> done;
    for (std::size_t i = begin; i < end; ++i) {
      done.clear();
      for (auto at = static_cast<std::size_t>(offsets[i]); at < static_cast<std::size_t>(offsets[i + 1]); ++at) {
        done.push_back({days[at]});
      }
      const Streak streak =
          walk({.done = done, .cadences = cadences, .today = {arrays::one_of(today, i)}, .week_start = week_start});
      arrays::put(out.current, i, streak.current);
      arrays::put(out.longest, i, streak.longest);
      arrays::put(out.breaks, i, streak.breaks);
      arrays::put(out.status, i, static_cast<std::uint8_t>(streak.status));
    }
  });
}

}  // namespace ignition::rules
