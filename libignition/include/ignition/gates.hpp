// Conditions on an account that keep product operations closed although the caller is authenticated (rule R25).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ignition/config.hpp"
#include "ignition/context.hpp"

namespace ignition {

// What the gates look at.
struct Standing {
  bool must_change_password = false;
  bool email_verified = false;
  bool approved = false;
  std::optional<std::int64_t> age_attested;
  std::optional<std::string> tos_version;
};

bool age_verified(const Standing& standing, const Config& config);
bool tos_accepted(const Standing& standing, const Config& config);

// Names of the closed gates, in the order in which a user should open them.
std::vector<std::string> closed_gates(const Standing& standing, const Config& config);

// The gates closed for this caller: none for trusted ones (the host program and the local user).
std::vector<std::string> pending_gates(const Caller& caller, const Principal& principal, const Config& config);

// The roles that an account holds now, lowest first (rule R36): what has expired counts nowhere. `grants`: the column
// users.role_grants.
std::vector<Role> live_roles(Role role, const std::optional<Json>& grants, Instant now);
std::vector<Role> live_roles(const Principal& principal, Instant now);
// The instant at which the next of them expires.
std::optional<Instant> next_expiry(const Principal& principal, Instant now);

}  // namespace ignition
