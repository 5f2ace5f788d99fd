// Who calls, as the store knows it: the account, and the session or API key behind the call, found together by one
// statement; and whether that lets an operation run (rules R17, R20, R23 to R25, R36).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"

namespace ignition {

struct Identified {
  Principal principal;                // empty for a caller without an account
  std::optional<CredentialUse> use;   // of a session or an API key
  std::optional<Instant> auth_time;   // of the sign-in
  std::vector<std::string> scopes{};  // of an API key
};

// Whether the call is one of an account. The host program itself needs none, also for administration.
bool has_account(const Operation& operation, const Caller& caller);
// Whether the caller names a session or an API key, which the store must vouch for.
bool has_stored_credential(const Caller& caller);

// Finds the caller's account. `alone`: without its settings, for a store that has lost them (rule F14).
// UNAUTHORIZED `not_signed_in` when there is none; `session_ended`, `session_rotated` or `key_ended` when the
// credential is not good any more.
Identified identify(Transaction& db, const Caller& caller, const Config& config, Instant now, bool alone = false);

// Finds the accounts of several callers, at most OfUsers::kMost, with one statement for those with a session,
// one for those with an API key and one for the rest. Nothing for a caller whom identify() would refuse.
std::vector<std::optional<Identified>> identify_all(Transaction& db, std::span<const Caller* const> callers,
                                                    const Config& config, Instant now);

// Whether the caller has just signed in (rule R23), or is trusted.
bool is_fresh(const Caller& caller, const Identified& identified, const Config& config, Instant now);

// Refuses callers who cannot run the operation whatever the store says.
void check_access(const Operation& operation, const Caller& caller);
// Refuses an account that may not run the operation now.
void check_account(const Operation& operation, const Caller& caller, const Identified& identified, const Config& config,
                   Instant now);

}  // namespace ignition
