#include "ignition/gates.hpp"

namespace ignition {

bool age_verified(const Principal& principal, const Config& config) {
  return config.auth_min_age == 0 || principal.age_attested.value_or(0) >= config.auth_min_age;
}

bool tos_accepted(const Principal& principal, const Config& config) {
  return config.tos_current_version.empty() || principal.tos_version == config.tos_current_version;
}

std::vector<std::string> pending_gates(const Caller& caller, const Principal& principal, const Config& config) {
  const bool trusted = caller.credential == Credential::local || caller.credential == Credential::host ||
                       caller.credential == Credential::system;
  std::vector<std::string> pending;
  if (trusted) return pending;
  if (!principal.approved) pending.emplace_back("approval_pending");
  if (!age_verified(principal, config)) pending.emplace_back("age_unverified");
  if (!tos_accepted(principal, config)) pending.emplace_back("tos_unaccepted");
  return pending;
}

}  // namespace ignition
