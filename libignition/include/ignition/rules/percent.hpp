// Percents: whole ones (rule C3), and with decimals where a client reads them so.
#pragma once

#include <cstdint>
#include <string>

namespace ignition::rules {

// Share of `part` in `whole`, half rounded up, 0..100; 0 when `whole` is not positive. 1 of 8 is 13.
constexpr int percent(std::int64_t part, std::int64_t whole) {
  if (whole <= 0 || part <= 0) return 0;
  if (part >= whole) return 100;
  return static_cast<int>((200 * part + whole) / (2 * whole));
}

// The same with at most two decimals, as the number is written: "22.74" for 118 of 519, "50", "12.5". Half rounded up.
std::string percent_with_decimals(std::int64_t part, std::int64_t whole);

}  // namespace ignition::rules
