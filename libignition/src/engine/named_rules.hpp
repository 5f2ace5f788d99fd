// The rules by name, in files by what they are about. Public: ignition/rules_by_name.hpp.
//
// Inputs are described structs of this folder or of the rules: what may be left out is optional or an Or<>, so that all
// languages have the same defaults and the same bounds.
#pragma once

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/error.hpp"
#include "ignition/time.hpp"
#include "ignition/types.hpp"

namespace ignition::named {

// A rule takes and gives JSON.
using Rules = std::map<std::string, std::string (*)(std::string_view), std::less<>>;

void add_learning(Rules& rules);
void add_training(Rules& rules);
void add_workouts(Rules& rules);
void add_planning(Rules& rules);
void add_series(Rules& rules);
void add_progress(Rules& rules);

inline constexpr int kMany = 1'000'000;

// VALIDATION_ERROR for a number out of its bounds.
inline int small(std::int64_t value, std::int64_t min, std::int64_t max, std::string_view field) {
  if (value < min || value > max) {
    throw invalid(std::string(field), "out_of_range", fmt::format("must be {} to {}, got {}", min, max, value));
  }
  return static_cast<int>(value);
}

// UTC when there is none. VALIDATION_ERROR for a name that is no time zone.
inline TimeZone zone_of(const std::optional<std::string>& name) {
  const auto zone = name ? TimeZone::find(*name) : TimeZone();
  if (!zone) throw invalid("timezone", "unknown_timezone", "must be a time zone");
  return *zone;
}

// A list that may be left out.
template <class T>
using Maybe = std::optional<std::vector<T>>;
template <class T>
std::vector<T> all_of(Maybe<T>&& list) {
  return list ? std::move(*list) : std::vector<T>();
}
template <class T>
std::vector<T> all_of(const Maybe<T>& list) {
  return list.value_or(std::vector<T>());
}

}  // namespace ignition::named
