// Configuration of the library: values that an operator sets for all users.
#pragma once

#include <string>

namespace ignition {

struct Config {
  std::string tos_current_version = "1.0";  // empty = no terms gate
  int auth_min_age = 16;                    // 0 = no age gate
};

}  // namespace ignition
