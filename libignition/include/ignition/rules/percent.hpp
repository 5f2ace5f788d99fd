// Whole percents. Rule C3.
#pragma once

#include <algorithm>
#include <cstdint>

namespace ignition::rules {

// Share of `part` in `whole`, half rounded up, 0..100; 0 when `whole` is not positive. 1 of 8 is 13.
constexpr int percent(std::int64_t part, std::int64_t whole) {
  if (whole <= 0 || part <= 0) return 0;
  if (part >= whole) return 100;
  return static_cast<int>((200 * part + whole) / (2 * whole));
}

}  // namespace ignition::rules
