// What administrators do to accounts.
#include <algorithm>

#include "domains/admin/accounts.hpp"
#include "domains/admin/parts.hpp"
#include "domains/mail.hpp"
#include "ignition/domains/admin.hpp"
#include "ignition/domains/audit.hpp"
#include "ignition/domains/passwords.hpp"
#include "ignition/domains/roles.hpp"
#include "ignition/domains/sessions.hpp"
#include "ignition/wire.hpp"

namespace ignition::admin {

struct Approve {
  Uuid id;
  bool approved = false;
  std::optional<Trimmed<1, 500>> note;  // shown to the user when approval is denied
};
BOOST_DESCRIBE_STRUCT(Approve, (), (id, approved, note))

enum class Reason : std::uint8_t { admin, abuse };
BOOST_DESCRIBE_ENUM(Reason, admin, abuse)

struct Disable {
  Uuid id;
  Or<Reason, Reason::admin> reason;
};
BOOST_DESCRIBE_STRUCT(Disable, (), (id, reason))

struct WantedRole {
  Role name = Role::user;
  std::optional<Instant> expires_at;
};
BOOST_DESCRIBE_STRUCT(WantedRole, (), (name, expires_at))

struct SetRoles {
  Uuid id;
  List<WantedRole, 1, 5> roles;  // `user` among them
};
BOOST_DESCRIBE_STRUCT(SetRoles, (), (id, roles))

struct SignedOut {
  std::int64_t revoked_sessions = 0;
  std::int64_t revoked_tokens = 0;  // of those, the families of refresh tokens
};
BOOST_DESCRIBE_STRUCT(SignedOut, (), (revoked_sessions, revoked_tokens))

struct Flagged {
  std::int64_t flagged_sessions = 0;
};
BOOST_DESCRIBE_STRUCT(Flagged, (), (flagged_sessions))

struct Removed {
  Map<std::int64_t> removed;  // rows by table
};
BOOST_DESCRIBE_STRUCT(Removed, (), (removed))

struct Mailed {
  bool mailed = true;
};
BOOST_DESCRIBE_STRUCT(Mailed, (), (mailed))

namespace {

constexpr Sql kApprove{R"sql(
  UPDATE users SET approved = $2, approved_at = $3, approved_by = $4, approval_note = $5, revision = revision + 1,
         updated_at = $6 WHERE id = $1)sql"};
constexpr Sql kDisable{R"sql(
  UPDATE users SET disabled_at = $2, disabled_reason = $3, revision = revision + 1, updated_at = $2 WHERE id = $1)sql"};
constexpr Sql kEnable{R"sql(
  UPDATE users SET disabled_at = NULL, disabled_reason = NULL, delete_after = NULL, revision = revision + 1,
         updated_at = $2 WHERE id = $1)sql"};
constexpr Sql kRevokeKeys{R"sql(
  UPDATE api_keys SET revoked_at = $2, updated_at = $2 WHERE user_id = $1 AND revoked_at IS NULL)sql"};
constexpr Sql kForgetKeys{R"sql(DELETE FROM directory WHERE user_id = $1 AND kind = 'api_key')sql"};
constexpr Sql kLiveTokens{R"sql(
  SELECT COUNT(*) FROM sessions WHERE user_id = $1 AND kind = 'token' AND revoked_at IS NULL AND expires_at > $2)sql"};

// Of one user: what has ended or expired, and what nothing refers to any more. Never what the user made.
struct Sweep {
  std::string_view table;
  Sql statement;
};
constexpr Sweep kSweeps[] = {
    {"sessions", {"DELETE FROM sessions WHERE user_id = $1 AND (expires_at <= $2 OR revoked_at <= $2)"}},
    {"directory", {"DELETE FROM directory WHERE user_id = $1 AND expires_at <= $2"}},
    {"verification_tokens",
     {"DELETE FROM verification_tokens WHERE user_id = $1 AND (expires_at <= $2 OR consumed_at <= $2)"}},
    {"idempotency_keys", {"DELETE FROM idempotency_keys WHERE user_id = $1 AND expires_at <= $2"}},
    {"feature_flag_overrides", {"DELETE FROM feature_flag_overrides WHERE user_id = $1 AND expires_at <= $2"}},
};

void record(Context& ctx, std::string_view event_type, const Uuid& user, std::string details = {}) {
  audit::record(ctx, {.event_type = event_type,
                      .subject = user,
                      .resource_type = "user",
                      .resource_id = user.text(),
                      .details = std::move(details)});
}

std::string detail(std::string_view key, std::string_view value) {
  return to_json(Map<std::string>{.entries = {{std::string(key), std::string(value)}}});
}

void check_roles(const Context& ctx, const SetRoles& in) {
  for (std::size_t i = 0; i < in.roles.size(); ++i) {
    const WantedRole& wanted = in.roles[i];
    const auto field = [i](std::string_view name) { return fmt::format("roles[{}].{}", i, name); };
    if (std::count_if(in.roles.begin(), in.roles.end(), [&](const auto& r) { return r.name == wanted.name; }) > 1) {
      throw invalid(field("name"), "repeated", "stands in the list twice");
    }
    if (!wanted.expires_at) continue;
    if (wanted.name == Role::user) throw invalid(field("expires_at"), "not_allowed", "everybody is a user for ever");
    if (*wanted.expires_at <= ctx.now) throw invalid(field("expires_at"), "in_the_past", "must be in the future");
  }
  const bool has_user = std::ranges::find(in.roles, Role::user, &WantedRole::name) != in.roles.end();
  if (!has_user) throw invalid("roles", "user_missing", "must contain user");
}

bool holds(const std::vector<RoleGrant>& grants, const RoleGrant& grant) {
  return std::ranges::find(grants, grant) != grants.end();
}

// Every role that comes, goes or gets another end must be one that the caller may give.
void require_ranks(const Context& ctx, const std::vector<RoleGrant>& before, const std::vector<RoleGrant>& after) {
  for (const RoleGrant& grant : before) {
    if (!holds(after, grant)) require_rank(ctx, grant.role);
  }
  for (const RoleGrant& grant : after) {
    if (!holds(before, grant)) require_rank(ctx, grant.role);
  }
}

SignedOut end_sessions(Context& ctx, const AdminUser& user, std::string_view reason) {
  SignedOut out;
  out.revoked_tokens = ctx.db.one<std::int64_t>(kLiveTokens, user.id, ctx.now);
  out.revoked_sessions = sessions::end_others(ctx, user.id, {}, reason);
  if (out.revoked_sessions > 0) mail::order(ctx, {.to = user.email, .template_name = "sessions_revoked"});
  return out;
}

}  // namespace

OneAdminUser approve(Context& ctx, const Approve& in) {
  const AdminUser before = locked(ctx, in.id);
  if (!in.approved) {
    require_other(ctx, in.id);
    require_rank(ctx, before.role);
  }
  auto note = in.approved || !in.note ? std::nullopt : std::optional(in.note->value);
  if (before.approved == in.approved && (in.approved || before.approval_note == note)) return {before};
  const auto by = ctx.caller.user.is_nil() ? std::nullopt : std::optional(ctx.caller.user);
  ctx.db.execute(kApprove, in.id, in.approved, in.approved ? std::optional(ctx.now) : std::nullopt,
                 in.approved ? by : std::nullopt, note, ctx.now);
  if (before.approved != in.approved) sessions::want_rotation(ctx, in.id, "approval_change");
  mail::order(ctx, {.to = before.email, .template_name = in.approved ? "approval_granted" : "approval_denied"});
  record(ctx, in.approved ? "user_approved" : "user_unapproved", in.id);
  return {existing(ctx, in.id)};
}

OneAdminUser disable(Context& ctx, const Disable& in) {
  require_other(ctx, in.id);
  const AdminUser before = locked(ctx, in.id);
  require_rank(ctx, before.role);
  if (before.role == Role::super_admin) {
    roles::lock_super_admins(ctx);
    roles::require_another_super_admin(ctx, in.id);
  }
  const auto reason = name_of(in.reason.value);
  if (before.disabled_at && before.disabled_reason && name_of(*before.disabled_reason) == reason) return {before};
  ctx.db.execute(kDisable, in.id, ctx.now, reason);
  end_sessions(ctx, before, "disabled");
  if (ctx.db.execute(kRevokeKeys, in.id, ctx.now) > 0) {
    ctx.db.execute(kForgetKeys, in.id);
    record(ctx, "api_key_revoked", in.id, detail("reason", "disabled"));
  }
  record(ctx, "user_disabled", in.id, detail("reason", reason));
  return {existing(ctx, in.id)};
}

OneAdminUser enable(Context& ctx, const ById& in) {
  const AdminUser before = locked(ctx, in.id);
  if (!before.disabled_at) return {before};
  require_rank(ctx, before.role);
  ctx.db.execute(kEnable, in.id, ctx.now);
  record(ctx, "user_enabled", in.id);
  return {existing(ctx, in.id)};
}

OneAdminUser set_roles(Context& ctx, const SetRoles& in) {
  check_roles(ctx, in);
  require_other(ctx, in.id);
  const AdminUser account = locked(ctx, in.id);
  require_rank(ctx, account.role);
  std::vector<RoleGrant> wanted;
  for (const WantedRole& role : in.roles) {
    if (role.name != Role::user) wanted.push_back({.role = role.name, .expires_at = role.expires_at});
  }
  const auto before = roles::held(ctx, in.id);
  require_ranks(ctx, before, wanted);
  const bool stays = holds(wanted, {.role = Role::super_admin, .expires_at = {}});
  if (account.role == Role::super_admin && !stays) {
    roles::lock_super_admins(ctx);
    roles::require_another_super_admin(ctx, in.id);
  }
  roles::replace(ctx, in.id, wanted);
  if (std::ranges::is_permutation(before, wanted)) return {account};
  sessions::want_rotation(ctx, in.id, "role_change");
  return {existing(ctx, in.id)};
}

SignedOut sign_out(Context& ctx, const ById& in) {
  const AdminUser account = locked(ctx, in.id);
  const SignedOut out = end_sessions(ctx, account, "admin");
  record(ctx, "admin_action", in.id, detail("what", "sign_out"));
  return out;
}

Flagged rotate_sessions(Context& ctx, const ById& in) {
  locked(ctx, in.id);
  const Flagged out{.flagged_sessions = sessions::want_rotation(ctx, in.id, "admin")};
  record(ctx, "admin_action", in.id, detail("what", "rotate_sessions"));
  return out;
}

Removed clean_up(Context& ctx, const ById& in) {
  locked(ctx, in.id);
  Removed out;
  for (const Sweep& sweep : kSweeps) {
    const auto removed = ctx.db.execute(sweep.statement, in.id, ctx.now);
    if (removed > 0) out.removed.entries.emplace_back(sweep.table, removed);
  }
  record(ctx, "cleanup_run", in.id, to_json(out));
  return out;
}

Mailed reset_password(Context& ctx, const ById& in) {
  const AdminUser account = locked(ctx, in.id);
  require_rank(ctx, account.role);
  if (!account.has_password) throw conflict("no_password", "This account has no password.");
  passwords::require_new(ctx, in.id, account.email);
  end_sessions(ctx, account, "admin");
  record(ctx, "password_reset_requested", in.id);
  return {};
}

Settled settle_roles(Context& ctx, const Nothing&) {
  constexpr std::int64_t kMost = 1000;
  return {roles::settle_expired(ctx, kMost)};
}

void add_user_changes(Catalogue& c) {
  const auto add = [&c](std::string_view name, Route route, auto function, std::string_view summary) -> Operation& {
    return c.add(name, route, Access::admin, Effect::write, function, summary);
  };
  add("admin.users.approve", Post("/admin/users/{id}/approve"), &approve, "Lets an account in, or denies it.")
      .needs("users:manage");
  add("admin.users.disable", Post("/admin/users/{id}/disable"), &disable,
      "Closes an account: its sessions and keys end at once.")
      .needs("users:manage");
  add("admin.users.enable", Post("/admin/users/{id}/enable"), &enable, "Opens a closed account again.")
      .needs("users:manage");
  add("admin.users.set_roles", Put("/admin/users/{id}/roles"), &set_roles, "Gives an account exactly these roles.")
      .needs("users:manage");
  add("admin.users.sign_out", Post("/admin/users/{id}/sign-out"), &sign_out, "Ends all sessions of an account.")
      .needs("admin:users");
  add("admin.users.rotate_sessions", Post("/admin/users/{id}/rotate-sessions"), &rotate_sessions,
      "Lets every session of an account take a new token.")
      .needs("admin:users");
  add("admin.users.cleanup", Post("/admin/users/{id}/cleanup"), &clean_up,
      "Removes what has ended or expired of one account, never what its owner made.")
      .needs("admin:users");
  add("admin.users.reset_password", Post("/admin/users/{id}/reset-password"), &reset_password,
      "Mails an account a token for a new password, which it must set.")
      .needs("users:manage");
  c.add("admin.settle_roles", Internal(), Access::system, Effect::write, &settle_roles,
        "Stores again the highest role of everybody of whom one has expired.");
}

}  // namespace ignition::admin
