// Checks of the arrays that batch forms take. What is refused is the first bad element.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "rules/checks.hpp"
#include "rules/team.hpp"

namespace ignition::rules::arrays {

inline void sized(std::string_view name, std::size_t size, std::size_t wanted) {
  if (size != wanted) checks::refuse_size(name, size, wanted);
}
// An output that may be left out.
template <class T>
void optional_output(std::string_view name, std::span<T> out, std::size_t wanted) {
  if (!out.empty()) sized(name, out.size(), wanted);
}

inline void checked_threads(int threads) { checks::within("threads", threads, 1, kMostThreads); }

// All elements lie within the bounds; NaN does not. Blocks are looked at without jumps, and again when something is
// wrong.
template <class T, class Bound>
void within(std::string_view name, std::span<const T> values, Bound lowest, Bound highest) {
  constexpr std::size_t kBlock = 256;
  for (std::size_t begin = 0; begin < values.size(); begin += kBlock) {
    const auto block = values.subspan(begin, values.size() - begin < kBlock ? values.size() - begin : kBlock);
    bool good = true;
    for (const T value : block) good &= (lowest <= static_cast<Bound>(value)) & (static_cast<Bound>(value) <= highest);
    if (good) [[likely]]
      continue;
    for (std::size_t i = 0; i < block.size(); ++i) {
      const auto value = static_cast<Bound>(block[i]);
      if (!(lowest <= value && value <= highest)) checks::refuse_at(name, begin + i, value, lowest, highest);
    }
  }
}

// The value of card i, of an array with one element per card or one for all.
template <class T>
T one_of(std::span<const T> values, std::size_t i) {
  return values[values.size() == 1 ? 0 : i];
}

template <class T>
void put(std::span<T> out, std::size_t i, T value) {
  if (!out.empty()) out[i] = value;
}

}  // namespace ignition::rules::arrays
