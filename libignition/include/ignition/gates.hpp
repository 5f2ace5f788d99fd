// Conditions on an account that keep product operations closed although the caller is authenticated (rule R25).
#pragma once

#include <string>
#include <vector>

#include "ignition/config.hpp"
#include "ignition/context.hpp"

namespace ignition {

bool age_verified(const Principal& principal, const Config& config);
bool tos_accepted(const Principal& principal, const Config& config);

// Names of the closed gates, in the order in which a user should open them; none for trusted callers (the host program
// and the local user).
std::vector<std::string> pending_gates(const Caller& caller, const Principal& principal, const Config& config);

}  // namespace ignition
