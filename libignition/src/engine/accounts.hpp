// The accounts of callers as a transaction sees them.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "ignition/context.hpp"

namespace ignition::accounts {

// The greatest number of accounts that one statement reads.
inline constexpr std::size_t kMostAtOnce = 64;

// Nothing for an unknown user. With everything that an operation wants to know about the account beforehand.
std::optional<Principal> find(Transaction& db, const Uuid& user);

// The same for several users, at most kMostAtOnce, with one statement; unknown ones are missing.
std::vector<Principal> find_all(Transaction& db, std::span<const Uuid> users);

// The row of the account alone, when the rest cannot be read: not Principal::is_whole.
std::optional<Principal> find_alone(Transaction& db, const Uuid& user);

}  // namespace ignition::accounts
