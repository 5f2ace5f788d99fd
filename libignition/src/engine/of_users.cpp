#include "engine/of_users.hpp"

#include <fmt/format.h>

namespace ignition {

OfUsers::OfUsers(std::string_view text) {
  constexpr std::array<std::size_t, 4> kSizes{1, 4, 16, kMost};
  for (std::size_t size = 0; size < kSizes.size(); ++size) {
    std::string list;
    for (std::size_t i = 1; i <= kSizes[size]; ++i) list += fmt::format("{}${}", i == 1 ? "" : ", ", i);
    texts_[size] = fmt::format("{} IN ({})", text, list);
  }
}

}  // namespace ignition
