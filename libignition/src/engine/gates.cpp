#include "ignition/gates.hpp"

#include "ignition/wire.hpp"

namespace ignition {

bool age_verified(const Standing& standing, const Config& config) {
  return config.auth_min_age == 0 || standing.age_attested.value_or(0) >= config.auth_min_age;
}

bool tos_accepted(const Standing& standing, const Config& config) {
  return config.tos_current_version.empty() || standing.tos_version == config.tos_current_version;
}

std::vector<std::string> closed_gates(const Standing& standing, const Config& config) {
  std::vector<std::string> closed;
  if (standing.must_change_password) closed.emplace_back("password_change_required");
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
  return closed_gates({.must_change_password = principal.must_change_password,
                       .email_verified = principal.email_verified_at.has_value(),
                       .approved = principal.approved,
                       .age_attested = principal.age_attested,
                       .tos_version = principal.tos_version},
                      config);
}

std::vector<Role> live_roles(Role role, const std::optional<Json>& grants, Instant now) {
  if (!grants) {
    const RoleGrant only{.role = role, .expires_at = {}};
    return rules::live_roles({&only, 1}, now);
  }
  return rules::live_roles(from_json<std::vector<RoleGrant>>(grants->text), now);
}

std::vector<Role> live_roles(const Principal& principal, Instant now) {
  return live_roles(principal.role, principal.role_grants, now);
}

std::optional<Instant> next_expiry(const Principal& principal, Instant now) {
  std::optional<Instant> next;
  if (!principal.role_grants) return next;
  for (const RoleGrant& grant : from_json<std::vector<RoleGrant>>(principal.role_grants->text)) {
    const auto& end = grant.expires_at;
    if (end && now < *end && (!next || *end < *next)) next = end;
  }
  return next;
}

}  // namespace ignition
