// Accounts as administrators see them, and who may do what to whom (rule R36).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domains/users_stored.hpp"
#include "ignition/context.hpp"

namespace ignition::admin {

enum class DisabledReason : std::uint8_t { admin, deleted, abuse };
BOOST_DESCRIBE_ENUM(DisabledReason, admin, deleted, abuse)

struct AdminUser : users::User {
  std::optional<Instant> disabled_at;  // set: no credential of this account works
  std::optional<DisabledReason> disabled_reason;
  std::optional<std::string> approval_note;  // why approval was denied
  std::optional<Instant> last_login_at;
  std::optional<Instant> last_seen_at;      // presence
  std::optional<Instant> last_activity_at;  // the last deed that counts
  Instant updated_at;
  std::optional<std::int64_t> level;
  std::optional<std::int64_t> total_xp;
};
BOOST_DESCRIBE_STRUCT(AdminUser, (users::User),
                      (disabled_at, disabled_reason, approval_note, last_login_at, last_seen_at, last_activity_at,
                       updated_at, level, total_xp))

struct OneAdminUser {
  AdminUser user;
};
BOOST_DESCRIBE_STRUCT(OneAdminUser, (), (user))

// What AdminUser is read from.
struct StoredAccount : users::Stored {
  std::optional<DisabledReason> disabled_reason;
  std::optional<std::string> approval_note;
  std::optional<Instant> last_login_at;
  std::optional<Instant> last_seen_at;
  std::optional<Instant> last_activity_at;
  Instant updated_at;
  std::optional<std::int64_t> level;
  std::optional<std::int64_t> total_xp;
};
BOOST_DESCRIBE_STRUCT(StoredAccount, (users::Stored),
                      (disabled_reason, approval_note, last_login_at, last_seen_at, last_activity_at, updated_at, level,
                       total_xp))

// `SELECT <columns of StoredAccount> FROM <from> <joined>`, where `from` names `users u`.
std::string select_accounts(std::string_view from);
AdminUser view(const Context& ctx, StoredAccount&& row);

// NOT_FOUND when there is none.
AdminUser existing(Context& ctx, const Uuid& id);
// The same, with the account's lock held.
AdminUser locked(Context& ctx, const Uuid& id);

// The highest role of the caller; of the host program itself the highest there is.
Role role_of_caller(const Context& ctx);
// FORBIDDEN `rank_too_low` unless the caller may act on what has this role.
void require_rank(const Context& ctx, Role target);
// CONFLICT `own_account`.
void require_other(const Context& ctx, const Uuid& user);

}  // namespace ignition::admin
