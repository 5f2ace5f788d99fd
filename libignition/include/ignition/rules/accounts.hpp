// Names of people and what their roles allow: normalisation (rule R1), roles and entitlements (rule R36, section 5).
#pragma once

#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ignition {

// Lowest rank first.
enum class Role : std::uint8_t { user, premium, moderator, admin, super_admin };
BOOST_DESCRIBE_ENUM(Role, user, premium, moderator, admin, super_admin)

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

// What the role allows, inherited entitlements included, sorted.
std::vector<std::string> entitlements_of(Role role);

// May enter the administration.
bool is_admin(Role role);

}  // namespace ignition::rules
