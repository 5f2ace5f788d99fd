// Who the caller is.
#include "ignition/domains/auth.hpp"

namespace ignition::auth {
namespace {

constexpr Sql kSession{R"sql(
  SELECT id, kind, auth_method, mfa, label, user_agent, ip_address, last_ip, created_at, last_active_at, expires_at,
         absolute_expires_at, auth_time, TRUE
    FROM sessions
   WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL)sql"};

}  // namespace

WhoIsThere session(Context& ctx, const Nothing&) {
  const Caller& caller = ctx.caller;
  if (caller.credential == Credential::none || caller.credential == Credential::system) return {};
  auto account = users::find(ctx, caller.user);
  if (!account || account->disabled_at) return {};
  WhoIsThere out{.user = std::move(account->user), .session = {}};
  if (caller.session_id) out.session = ctx.db.maybe<Session>(kSession, caller.user, *caller.session_id);
  return out;
}

users::OneUser me(Context& ctx, const Nothing& in) { return users::profile(ctx, in); }

void add_operations(Catalogue& c) {
  c.add("auth.session", Get("/auth/session"), Access::public_, Effect::read, &session,
        "The caller's account and session; both null for an anonymous caller.");
  c.add("auth.me", Get("/auth/me"), Access::any, Effect::read, &me, "The caller's account.");
}

}  // namespace ignition::auth
