#include "rules/checks.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string>

#include "ignition/error.hpp"

namespace ignition::rules::checks {

namespace {

std::string element(std::string_view name, std::size_t index) { return fmt::format("{}[{}]", name, index); }

}  // namespace

void refuse(std::string_view name, double value, double lowest, double highest) {
  if (!std::isfinite(value)) {
    throw invalid(std::string(name), "not_finite", fmt::format("{} must be a finite number.", name));
  }
  throw invalid(std::string(name), "out_of_range",
                fmt::format("{} must lie between {} and {}.", name, lowest, highest));
}

void refuse(std::string_view name, std::int64_t, std::int64_t lowest, std::int64_t highest) {
  throw invalid(std::string(name), "out_of_range",
                fmt::format("{} must lie between {} and {}.", name, lowest, highest));
}

void refuse(std::string_view name, std::string_view code, std::string_view message) {
  throw invalid(std::string(name), std::string(code), std::string(message));
}

void refuse_at(std::string_view name, std::size_t index, double value, double lowest, double highest) {
  refuse(element(name, index), value, lowest, highest);
}

void refuse_at(std::string_view name, std::size_t index, std::int64_t value, std::int64_t lowest,
               std::int64_t highest) {
  refuse(element(name, index), value, lowest, highest);
}

void refuse_at(std::string_view name, std::size_t index, std::string_view code, std::string_view message) {
  refuse(element(name, index), code, message);
}

void refuse_size(std::string_view name, std::size_t size, std::size_t wanted) {
  throw invalid(std::string(name), "length", fmt::format("{} must have {} elements, it has {}.", name, wanted, size));
}

}  // namespace ignition::rules::checks
