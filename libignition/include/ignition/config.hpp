// Configuration of the library: what an operator sets for all users, by the names of the environment variables.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "ignition/rules/preferences.hpp"
#include "ignition/types.hpp"

namespace ignition {

struct Config {
  std::string tos_current_version = "1.0";                       // TOS_CURRENT_VERSION; empty = no terms gate
  int auth_min_age = 16;                                         // AUTH_MIN_AGE; 0 = no age gate
  bool auth_email_verification_required = false;                 // AUTH_EMAIL_VERIFICATION_REQUIRED
  rules::TodayConfig today;                                      // IGNITION_TODAY_<KEY>
  std::map<std::string, std::string, std::less<>> forced_flags;  // text of FLAG_<name>, by name

  // Reads the settings given by name; others keep their defaults. Throws VALIDATION_ERROR naming every problem at once.
  static Config from(const Map<std::string>& settings);
};

}  // namespace ignition
