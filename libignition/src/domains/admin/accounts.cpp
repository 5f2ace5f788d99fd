#include "domains/admin/accounts.hpp"

#include <fmt/format.h>

#include "ignition/gates.hpp"

namespace ignition::admin {

std::string select_accounts(std::string_view from) {
  return fmt::format(
      "SELECT {}, u.disabled_reason, u.approval_note, u.last_login_at, u.last_seen_at, e.last_activity_at, "
      "u.updated_at, x.level, x.total_xp\n    FROM {} {}\n"
      "         LEFT JOIN engagement_state e ON e.user_id = u.id\n"
      "         LEFT JOIN user_progress x ON x.user_id = u.id\n",
      users::kColumns, from, users::kJoined);
}

AdminUser view(const Context& ctx, StoredAccount&& row) {
  AdminUser out;
  out.disabled_at = row.disabled_at;
  out.disabled_reason = row.disabled_reason;
  out.approval_note = std::move(row.approval_note);
  out.last_login_at = row.last_login_at;
  out.last_seen_at = row.last_seen_at;
  out.last_activity_at = row.last_activity_at;
  out.updated_at = row.updated_at;
  out.level = row.level;
  out.total_xp = row.total_xp;
  static_cast<users::User&>(out) = users::view(ctx, std::move(row));
  return out;
}

AdminUser existing(Context& ctx, const Uuid& id) {
  static const std::string statement = select_accounts("users u") + "   WHERE u.id = $1";
  auto row = ctx.db.maybe<StoredAccount>({.text = statement}, id);
  if (!row) throw not_found("user");
  return view(ctx, std::move(*row));
}

AdminUser locked(Context& ctx, const Uuid& id) {
  ctx.db.lock_user(id);
  return existing(ctx, id);
}

Role role_of_caller(const Context& ctx) {
  if (ctx.caller.credential == Credential::system) return Role::super_admin;
  return live_roles(ctx.principal, ctx.now).back();
}

void require_rank(const Context& ctx, Role target) {
  if (rules::may_act_on(role_of_caller(ctx), target)) return;
  throw forbidden("rank_too_low", "This needs a higher rank than yours.");
}

void require_other(const Context& ctx, const Uuid& user) {
  if (ctx.user == user && !user.is_nil()) throw conflict("own_account", "Nobody does this to the own account.");
}

}  // namespace ignition::admin
