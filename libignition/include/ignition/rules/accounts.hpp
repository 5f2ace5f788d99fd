// Names of people and what their roles allow: normalisation (rule R1), roles and entitlements (rule R36, section 5).
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/time.hpp"

namespace ignition {

// Lowest rank first.
enum class Role : std::uint8_t { user, premium, moderator, admin, super_admin };
BOOST_DESCRIBE_ENUM(Role, user, premium, moderator, admin, super_admin)

// A role that somebody holds.
struct RoleGrant {
  Role role = Role::user;
  std::optional<Instant> expires_at;  // null: never

  friend bool operator==(const RoleGrant&, const RoleGrant&) = default;
};
BOOST_DESCRIBE_STRUCT(RoleGrant, (), (role, expires_at))

}  // namespace ignition

namespace ignition::rules {

// Normalised e-mail address; nothing when it is no valid one. ` Ann.Lee@EXAMPLE.Com ` -> `ann.lee@example.com`. Dots
// and
// `+` are kept: two spellings of one mailbox stay two addresses.
std::optional<std::string> normal_email(std::string_view text);

// Normalised user name: 3..50 of `a-z 0-9 . _ -`, a letter or digit at both ends, not reserved.
std::optional<std::string> normal_username(std::string_view text);

// Normalised display name: 1..100 characters, without control characters, white space collapsed.
std::optional<std::string> normal_name(std::string_view text);

// The role and all that it inherits, lowest first: premium and moderator both inherit user, neither the other.
std::vector<Role> included_roles(Role role);

// The roles that are held at an instant, lowest first: `user`, which everybody holds, and the grants that have not
// expired.
std::vector<Role> live_roles(std::span<const RoleGrant> grants, Instant now);

// What the role allows itself, without what it inherits, in the order of the shipped records.
std::vector<std::string_view> own_entitlements(Role role);
// What the role allows, inherited entitlements included, sorted.
std::vector<std::string> entitlements_of(Role role);
// What the roles allow together.
std::vector<std::string> entitlements_of(std::span<const Role> roles);

// May enter the administration.
bool is_admin(Role role);

// 1 for `user` to 5 for `super_admin`.
int rank_of(Role role);
// Whether somebody whose highest role is `actor` may grant, revoke, disable, delete or reset what has the role
// `target`: lower ranks only, and every rank for super administrators.
bool may_act_on(Role actor, Role target);

}  // namespace ignition::rules
