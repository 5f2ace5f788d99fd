#include "ignition/config.hpp"

#include <charconv>

namespace ignition {

Config Config::from(const Map<std::string>& settings) {
  Config config;
  std::vector<FieldError> problems;
  for (const auto& [name, value] : settings.entries) {
    if (value.empty() || value == "undefined") continue;
    if (name == "TOS_CURRENT_VERSION") config.tos_current_version = value;
    if (name == "AUTH_MIN_AGE") {
      int age = -1;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), age);
      if (error != std::errc() || end != value.data() + value.size() || age < 0 || age > 21) {
        problems.push_back({name, "out_of_range", fmt::format("must be 0..21, got {}", value)});
      } else {
        config.auth_min_age = age;
      }
    }
    if (name.starts_with("FLAG_")) config.forced_flags.emplace(name.substr(5), value);
  }
  if (!problems.empty()) throw invalid(std::move(problems));
  return config;
}

}  // namespace ignition
