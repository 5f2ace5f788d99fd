// Accounts as they are stored, for statements that read more of them besides.
#pragma once

#include <string_view>

#include "ignition/domains/users.hpp"

namespace ignition::users {

// The columns of Stored, of `users u`, and what else they come from.
inline constexpr std::string_view kColumns = R"sql(
         u.id, u.email, u.email_verified_at, u.username, u.name, u.image, u.role, u.role_grants,
         u.must_change_password, u.approved, u.age_attested, u.tos_version, u.disabled_at, u.created_at, s.timezone,
         s.locale, CASE WHEN p.user_id IS NULL THEN FALSE ELSE TRUE END)sql";
inline constexpr std::string_view kJoined = R"sql(
         LEFT JOIN user_settings s ON s.user_id = u.id
         LEFT JOIN password_credentials p ON p.user_id = u.id)sql";

struct Stored {
  Uuid id;
  std::string email;
  std::optional<Instant> email_verified_at;
  std::optional<std::string> username;
  std::string name;
  std::optional<std::string> image;
  Role role = Role::user;
  std::optional<Json> role_grants;
  bool must_change_password = false;
  bool approved = false;
  std::optional<std::int64_t> age_attested;
  std::optional<std::string> tos_version;
  std::optional<Instant> disabled_at;
  Instant created_at;
  std::optional<std::string> timezone;
  std::optional<std::string> locale;
  bool has_password = false;
};
BOOST_DESCRIBE_STRUCT(Stored, (),
                      (id, email, email_verified_at, username, name, image, role, role_grants, must_change_password,
                       approved, age_attested, tos_version, disabled_at, created_at, timezone, locale, has_password))

// The account as its owner sees it.
User view(const Context& ctx, Stored&& row);

}  // namespace ignition::users
