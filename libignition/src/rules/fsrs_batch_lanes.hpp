// The memory model of one review each of kBatchLanes cards side by side, rounded as the single form (rules F4 to F10).
#pragma once

#include <array>
#include <cstddef>

#include "ignition/rules/fsrs.hpp"

namespace ignition::rules::fsrs {

inline constexpr std::size_t kBatchLanes = 64;
using BatchLane = std::array<double, kBatchLanes>;

struct alignas(64) ReviewLanes {
  BatchLane s, d, t, g;              // in: within their bounds; rating 0 is no review and keeps the state
  BatchLane recall, next_s, next_d;  // out
  BatchLane hard, good, easy;        // out of with_buttons: stabilities after each, unless g is 1
};

// A state that nothing is asked of.
void clear(ReviewLanes& lanes);
void advance(const Terms& terms, ReviewLanes& lanes);
void advance_with_buttons(const Terms& terms, ReviewLanes& lanes);
// Fills `recall` alone.
void recall_of(const Terms& terms, ReviewLanes& lanes);

}  // namespace ignition::rules::fsrs
