// Checks of what callers pass to the numeric rules. A refusal is Code::VALIDATION_ERROR and names the argument, with
// its index when it is an array's element.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ignition::rules::checks {

[[noreturn]] void refuse(std::string_view name, double value, double lowest, double highest);
[[noreturn]] void refuse(std::string_view name, std::int64_t value, std::int64_t lowest, std::int64_t highest);
[[noreturn]] void refuse(std::string_view name, std::string_view code, std::string_view message);
// The same about the element `name[index]`.
[[noreturn]] void refuse_at(std::string_view name, std::size_t index, double value, double lowest, double highest);
[[noreturn]] void refuse_at(std::string_view name, std::size_t index, std::int64_t value, std::int64_t lowest,
                            std::int64_t highest);
[[noreturn]] void refuse_at(std::string_view name, std::size_t index, std::string_view code, std::string_view message);
[[noreturn]] void refuse_size(std::string_view name, std::size_t size, std::size_t wanted);

// NaN lies between no bounds.
inline void within(std::string_view name, double value, double lowest, double highest) {
  if (!(lowest <= value && value <= highest)) [[unlikely]]
    refuse(name, value, lowest, highest);
}
inline void within(std::string_view name, std::int64_t value, std::int64_t lowest, std::int64_t highest) {
  if (value < lowest || highest < value) [[unlikely]]
    refuse(name, value, lowest, highest);
}
inline void within(std::string_view name, int value, int lowest, int highest) {
  within(name, std::int64_t{value}, std::int64_t{lowest}, std::int64_t{highest});
}

}  // namespace ignition::rules::checks
