#include "ignition/gates.hpp"

namespace ignition {

bool age_verified(const Standing& standing, const Config& config) {
  return config.auth_min_age == 0 || standing.age_attested.value_or(0) >= config.auth_min_age;
}

bool tos_accepted(const Standing& standing, const Config& config) {
  return config.tos_current_version.empty() || standing.tos_version == config.tos_current_version;
}

std::vector<std::string> closed_gates(const Standing& standing, const Config& config) {
  std::vector<std::string> closed;
  if (config.auth_email_verification_required && !standing.email_verified) closed.emplace_back("email_unverified");
  if (!standing.approved) closed.emplace_back("approval_pending");
  if (!age_verified(standing, config)) closed.emplace_back("age_unverified");
  if (!tos_accepted(standing, config)) closed.emplace_back("tos_unaccepted");
  return closed;
}

std::vector<std::string> pending_gates(const Caller& caller, const Principal& principal, const Config& config) {
  const bool trusted = caller.credential == Credential::local || caller.credential == Credential::host ||
                       caller.credential == Credential::system;
  if (trusted) return {};
  return closed_gates({.email_verified = principal.email_verified_at.has_value(),
                       .approved = principal.approved,
                       .age_attested = principal.age_attested,
                       .tos_version = principal.tos_version},
                      config);
}

}  // namespace ignition
