#include "ignition/rules/accounts.hpp"

#include <algorithm>
#include <array>

#include "ignition/types.hpp"
#include "ignition/unicode.hpp"

namespace ignition::rules {
namespace {

constexpr auto kReserved = std::to_array<std::string_view>(
    {"admin", "root", "system", "support", "api", "me", "ignition", "null", "undefined"});

// Own entitlements of each role; the role above inherits them.
struct Grant {
  Role role;
  std::string_view entitlement;
};
constexpr auto kGrants = std::to_array<Grant>({
    {Role::user, "quests:read"},          {Role::user, "feedback:write"},      {Role::moderator, "admin:access"},
    {Role::moderator, "users:read"},      {Role::moderator, "content:update"}, {Role::moderator, "content:moderate"},
    {Role::moderator, "quests:write"},    {Role::moderator, "feedback:read"},  {Role::moderator, "feedback:admin"},
    {Role::admin, "users:update"},        {Role::admin, "users:delete"},       {Role::admin, "users:manage"},
    {Role::admin, "content:create"},      {Role::admin, "content:delete"},     {Role::admin, "market:manage"},
    {Role::admin, "market:create_items"}, {Role::admin, "analytics:view"},     {Role::admin, "admin:users"},
    {Role::admin, "admin:content"},       {Role::admin, "admin:backup"},       {Role::admin, "admin:audit"},
    {Role::admin, "quests:admin"},        {Role::super_admin, "system:admin"}, {Role::super_admin, "system:config"},
});

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_control(unsigned char c) { return c < 0x20 || c == 0x7F; }

// C1 controls are U+0080..U+009F: two bytes, C2 80..9F.
bool is_c1(std::string_view text, std::size_t at) {
  return text[at] == '\xC2' && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) <= 0x9F;
}

// Length of the character that begins at `at`.
std::size_t length_at(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
  return end - at;
}

bool has_space_or_control(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); at += length_at(text, at)) {
    if (is_control(static_cast<unsigned char>(text[at])) || is_c1(text, at)) return true;
    if (trimmed(text.substr(at, length_at(text, at))).empty()) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> normal_email(std::string_view text) {
  constexpr std::size_t kMostLocal = 64;
  constexpr std::size_t kMost = 254;
  const std::string address = nfc(trimmed(text));
  const std::size_t at = address.rfind('@');
  if (at == std::string::npos || has_space_or_control(address)) return {};
  const std::string local = lower_case(std::string_view(address).substr(0, at));
  if (local.empty() || local.size() > kMostLocal) return {};
  const auto domain = ascii_domain(std::string_view(address).substr(at + 1));
  if (!domain || domain->find('.') == std::string::npos) return {};
  std::string normal = local + '@' + *domain;
  if (normal.size() > kMost) return {};
  return normal;
}

std::optional<std::string> normal_username(std::string_view text) {
  const std::string name = lower_case(trimmed(text));
  if (name.size() < 3 || name.size() > 50) return {};
  const auto fits = [](char c) { return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-'; };
  if (!is_letter_or_digit(name.front()) || !is_letter_or_digit(name.back())) return {};
  if (!std::ranges::all_of(name, fits) || std::ranges::find(kReserved, name) != kReserved.end()) return {};
  return name;
}

std::optional<std::string> normal_name(std::string_view text) {
  std::string name;
  bool space = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = length_at(text, at);
    const std::string_view character = text.substr(at, length);
    if (trimmed(character).empty()) {
      space = true;
    } else if (!is_control(static_cast<unsigned char>(character[0])) && !is_c1(text, at)) {
      if (space && !name.empty()) name += ' ';
      space = false;
      name += character;
    }
    at += length;
  }
  if (name.empty() || code_points(name) > 100) return {};
  return name;
}

std::vector<Role> included_roles(Role role) {
  std::vector<Role> roles;
  for (const Role lower : {Role::user, Role::moderator, Role::admin}) {
    if (lower < role) roles.push_back(lower);
  }
  roles.push_back(role);
  return roles;
}

std::vector<Role> live_roles(std::span<const RoleGrant> grants, Instant now) {
  std::vector<Role> roles{Role::user};
  for (const RoleGrant& grant : grants) {
    if (!grant.expires_at || now < *grant.expires_at) roles.push_back(grant.role);
  }
  std::ranges::sort(roles);
  roles.erase(std::ranges::unique(roles).begin(), roles.end());
  return roles;
}

std::vector<std::string_view> own_entitlements(Role role) {
  std::vector<std::string_view> out;
  for (const Grant& grant : kGrants) {
    if (grant.role == role) out.push_back(grant.entitlement);
  }
  return out;
}

std::vector<std::string> entitlements_of(Role role) { return entitlements_of(std::span(&role, 1)); }

std::vector<std::string> entitlements_of(std::span<const Role> roles) {
  std::vector<std::string> out;
  for (const Role role : roles) {
    for (const Role included : included_roles(role)) {
      for (const auto entitlement : own_entitlements(included)) out.emplace_back(entitlement);
    }
  }
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  return out;
}

bool is_admin(Role role) { return role >= Role::admin; }

int rank_of(Role role) { return static_cast<int>(role) + 1; }

bool may_act_on(Role actor, Role target) { return actor == Role::super_admin || target < actor; }

}  // namespace ignition::rules
