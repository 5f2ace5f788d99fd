// `ignition demo`: a plausible past for one user, made through the operations themselves with a moving clock.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "shell.hpp"

namespace ignition::cli {

struct DemoOptions {
  int days = 90;
  std::uint64_t seed = 1;
  std::string timezone;  // "" = the system's
  Instant until;         // where the story ends, as a rule now
  bool force = false;    // also for a user who has data already
  std::function<void(int day, int days)> progress = [](int, int) {};
};

struct DemoSummary {
  std::int64_t operations = 0;
  std::string user_id;
  std::string email;
};

// Fills the store for the user of the global options (made when missing). The same seed, zone and end give the same
// store. Throws CONFLICT reason has_data when the user has habits or focus sessions already.
DemoSummary fill_demo(const GlobalOptions& global, const DemoOptions& options);

// IANA name of the system's time zone; "UTC" when it cannot be told.
std::string system_timezone();

}  // namespace ignition::cli
