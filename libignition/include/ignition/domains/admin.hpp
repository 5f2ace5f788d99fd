// Administration: becoming an administrator, and what administrators look at and change (rules R36, R37, R40 to R43).
// Every change, and every look at one account, stands in the security log.
#pragma once

#include <optional>
#include <string>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/domains/users.hpp"

namespace ignition::admin {

// ---- The first administrator (admin/claim.cpp) ----

struct Claimant {
  Uuid id;
  std::string email;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(Claimant, (), (id, email, name))

struct Standing {
  bool is_admin = false;
  bool can_claim = false;  // nobody administers yet, and there is a key
  Claimant user;
};
BOOST_DESCRIBE_STRUCT(Standing, (), (is_admin, can_claim, user))

Standing status(Context& ctx, const Nothing& in);

struct Claim {
  Text<1, 64> claim_key;
};
BOOST_DESCRIBE_STRUCT(Claim, (), (claim_key))

// Makes the caller the first administrator. CONFLICT `admin_exists`, FORBIDDEN `wrong_claim_key`.
users::OneUser claim(Context& ctx, const Claim& in);

struct MadeKey {
  std::optional<std::string> claim_key;  // null: none is needed, or there is one
};
BOOST_DESCRIBE_STRUCT(MadeKey, (), (claim_key))

// Makes up the claim key when nobody administers, the operator gave none and none was made up before. This is the only
// time it can be seen: its hash alone is stored.
MadeKey ensure_claim_key(Context& ctx, const Nothing& in);

// Makes somebody super administrator and lets them in: for the host program (rule R37).
users::OneUser grant(Context& ctx, const ById& in);

// All operations of the administration.
void add_operations(Catalogue& catalogue);

// ---- Roles that were given for a time (admin/users_change.cpp) ----

struct Settled {
  std::int64_t settled = 0;  // users of whom a role expired
};
BOOST_DESCRIBE_STRUCT(Settled, (), (settled))

// Stores what has expired meanwhile; for the job that does so.
Settled settle_roles(Context& ctx, const Nothing& in);

}  // namespace ignition::admin
