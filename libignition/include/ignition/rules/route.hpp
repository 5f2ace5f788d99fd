// Which texts Today and plans may use as links. Rule S1.
#pragma once

#include <string_view>

namespace ignition::rules {

inline constexpr std::size_t kMaxRouteBytes = 512;

// True for a path inside the product that a suggestion may lead to: one of the known pages, no scheme, no other host,
// no control characters, no dot segments. Case matters.
bool is_valid_route(std::string_view href);

// The link without query, fragment and one trailing slash, by which suggestions are compared (rule Q3). "/" stays.
std::string_view route_path(std::string_view href);

}  // namespace ignition::rules
