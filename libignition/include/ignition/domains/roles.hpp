// Who holds which role (rules R36, R37). What roles allow: rules/accounts.hpp.
#pragma once

#include <span>
#include <vector>

#include "ignition/context.hpp"

namespace ignition::roles {

// ---- For other domains, within their transaction ----

// The grants of a user that have not expired; everybody holds `user` besides.
std::vector<RoleGrant> held(Context& ctx, const Uuid& user);

// Makes these the user's grants (`user` and expired ones are left out), and the stored role the highest of them. The
// user's lock is held. Says so in the security log when something changed.
void replace(Context& ctx, const Uuid& user, std::span<const RoleGrant> grants);
// Adds one that never expires to those held.
void grant(Context& ctx, const Uuid& user, Role role);

// Whether somebody administers everything. The local user of single-user mode does not count: nobody can sign in as it.
bool has_super_admin(Context& ctx);
// Lets changes of super administrators happen one after the other, until the end of the transaction.
void lock_super_admins(Context& ctx);
// CONFLICT `last_super_admin` when nobody but this user administers everything. The lock above is held.
void require_another_super_admin(Context& ctx, const Uuid& user);

// What the configuration's ADMIN_EMAILS give to somebody who has just signed in with a proven address. The user's lock
// is held.
void signed_in(Context& ctx, const Uuid& user);

// Stores again the highest role of everybody of whom a grant has expired, at most `most` of them. How many it were.
std::int64_t settle_expired(Context& ctx, std::int64_t most);

// Stores the roles and entitlements that come with the product.
void ship(Transaction& db, IdSource& ids, Instant now);

}  // namespace ignition::roles
