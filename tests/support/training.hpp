// Numbers of the training vectors that may be missing, and their units.
#pragma once

#include <optional>
#include <string_view>

#include "ignition/rules/loads.hpp"
#include "support/vectors.hpp"

namespace ignition::test {

template <class T>
std::optional<T> maybe_number(Value v, std::string_view key) {
  if (!has(v, key)) return {};
  return static_cast<T>(integer(v, key));
}
inline std::optional<std::int64_t> maybe_integer(Value v, std::string_view key) {
  return maybe_number<std::int64_t>(v, key);
}
inline std::optional<int> maybe_int(Value v, std::string_view key) { return maybe_number<int>(v, key); }

inline rules::WeightUnit weight_unit(Value v, std::string_view key) {
  return text(v, key) == "kg" ? rules::WeightUnit::kg : rules::WeightUnit::lb;
}

}  // namespace ignition::test
