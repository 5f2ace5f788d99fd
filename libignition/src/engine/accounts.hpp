// The accounts of callers as a transaction sees them.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ignition/context.hpp"

namespace ignition::accounts {

// The columns of Principal, of `users u`, and what else they come from; for statements that read more besides.
inline constexpr std::string_view kColumns = R"sql(
         u.id, u.revision, u.email, u.email_verified_at, u.name, u.image, u.role, u.role_grants, u.must_change_password, u.approved, u.age_attested,
         u.tos_version, u.disabled_at, u.created_at, s.theme, s.timezone, COALESCE(s.day_start_hour, 0),
         COALESCE(s.week_start, 'monday'), e.last_activity_at,
         COALESCE((SELECT version FROM catalog_versions WHERE name = 'feature_flags'), 0))sql";
inline constexpr std::string_view kJoined = R"sql(
    LEFT JOIN user_settings s ON s.user_id = u.id
    LEFT JOIN engagement_state e ON e.user_id = u.id)sql";
// Of the account alone, which needs nothing joined. No stored answer carries its version of the flags, so none is taken
// for one made of everything.
inline constexpr std::string_view kColumnsAlone = R"sql(
         u.id, u.revision, u.email, u.email_verified_at, u.name, u.image, u.role, u.role_grants, u.must_change_password, u.approved, u.age_attested,
         u.tos_version, u.disabled_at, u.created_at, NULL, NULL, 0, 'monday', NULL, -1)sql";

// Nothing for an unknown user. With everything that an operation wants to know about the account beforehand.
std::optional<Principal> find(Transaction& db, const Uuid& user);

// The same for several users, at most OfUsers::kMost, with one statement; unknown ones are missing.
std::vector<Principal> find_all(Transaction& db, std::span<const Uuid> users);

// The row of the account alone, when the rest cannot be read: not Principal::is_whole.
std::optional<Principal> find_alone(Transaction& db, const Uuid& user);

}  // namespace ignition::accounts
