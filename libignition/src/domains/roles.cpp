#include "ignition/domains/roles.hpp"

#include <algorithm>
#include <array>

#include "ignition/domains/audit.hpp"
#include "ignition/gates.hpp"
#include "ignition/wire.hpp"

namespace ignition::roles {
namespace {

constexpr Sql kHeld{R"sql(
  SELECT r.name, g.expires_at FROM user_roles g JOIN roles r ON r.id = g.role_id
   WHERE g.user_id = $1 AND (g.expires_at IS NULL OR g.expires_at > $2) ORDER BY r.rank)sql"};
constexpr Sql kForget{R"sql(DELETE FROM user_roles WHERE user_id = $1)sql"};
constexpr Sql kGrant{R"sql(
  INSERT INTO user_roles (user_id, role_id, granted_by, granted_at, expires_at)
  SELECT $1, r.id, $3, $4, $5 FROM roles r WHERE r.name = $2)sql"};
// The revision rises with it, for answers that depend on roles are kept by it.
constexpr Sql kStore{R"sql(
  UPDATE users SET role = $2, role_grants = $3, revision = revision + 1, updated_at = $4 WHERE id = $1)sql"};

constexpr Sql kSuperAdmins{R"sql(
  SELECT id, role_grants FROM users WHERE role = 'super_admin' AND disabled_at IS NULL ORDER BY id)sql"};
constexpr Sql kLock{R"sql(UPDATE admin_claim SET changes = changes + 1 WHERE id = 1)sql"};
constexpr Sql kExpired{R"sql(
  SELECT user_id FROM user_roles WHERE expires_at IS NOT NULL AND expires_at <= $1 ORDER BY expires_at LIMIT $2)sql"};
constexpr Sql kMail{R"sql(SELECT email, email_verified_at, approved FROM users WHERE id = $1)sql"};
constexpr Sql kApprove{R"sql(
  UPDATE users SET approved = TRUE, approved_at = $2, updated_at = $2 WHERE id = $1 AND approved = FALSE)sql"};

constexpr Sql kRoleNames{R"sql(SELECT name FROM roles)sql"};
constexpr Sql kClaim{R"sql(SELECT changes FROM admin_claim WHERE id = 1)sql"};
constexpr Sql kShipClaim{R"sql(INSERT INTO admin_claim (id) VALUES (1) ON CONFLICT (id) DO NOTHING)sql"};
constexpr Sql kShipRole{R"sql(
  INSERT INTO roles (id, name, description, parent_role_id, rank, is_system)
  VALUES ($1, $2, $3, (SELECT p.id FROM roles p WHERE p.name = $4), $5, TRUE) ON CONFLICT (name) DO NOTHING)sql"};
constexpr Sql kShipEntitlement{R"sql(
  INSERT INTO entitlements (id, name, resource, action) VALUES ($1, $2, $3, $4) ON CONFLICT (name) DO NOTHING)sql"};
constexpr Sql kShipLink{R"sql(
  INSERT INTO role_entitlements (role_id, entitlement_id, created_at)
  SELECT r.id, e.id, $3 FROM roles r, entitlements e WHERE r.name = $1 AND e.name = $2
  ON CONFLICT (role_id, entitlement_id) DO NOTHING)sql"};
// Who got a role before there were grants.
constexpr Sql kAdopt{R"sql(
  INSERT INTO user_roles (user_id, role_id, granted_at)
  SELECT u.id, r.id, $1 FROM users u JOIN roles r ON r.name = u.role WHERE u.role <> 'user'
  ON CONFLICT (user_id, role_id) DO NOTHING)sql"};

struct SuperAdmin {
  Uuid id;
  std::optional<Json> role_grants;
};
BOOST_DESCRIBE_STRUCT(SuperAdmin, (), (id, role_grants))

struct Mail {
  std::string email;
  std::optional<Instant> email_verified_at;
  bool approved = false;
};
BOOST_DESCRIBE_STRUCT(Mail, (), (email, email_verified_at, approved))

struct ShippedRole {
  Role role;
  std::string_view parent;
  std::string_view description;
};
constexpr auto kShipped = std::to_array<ShippedRole>({
    {Role::user, "", "Standard access"},
    {Role::premium, "user", "Additional features (through flags with roles)"},
    {Role::moderator, "user", "Community moderation"},
    {Role::admin, "moderator", "Full administration"},
    {Role::super_admin, "admin", "Everything"},
});

// Two entitlements have an action that is not what their name says.
std::string_view action_of(std::string_view entitlement) {
  if (entitlement == "market:create_items") return "create";
  if (entitlement == "analytics:view") return "read";
  return entitlement.substr(entitlement.find(':') + 1);
}

std::vector<Uuid> super_admins(Context& ctx) {
  std::vector<Uuid> out;
  for (const auto& row : ctx.db.query<SuperAdmin>(kSuperAdmins)) {
    const bool live = live_roles(Role::super_admin, row.role_grants, ctx.now).back() == Role::super_admin;
    if (live && row.id != kLocalUser) out.push_back(row.id);
  }
  return out;
}

std::string names_of(std::span<const RoleGrant> grants) {
  std::string out = "user";
  for (const RoleGrant& grant : grants) {
    out += ' ';
    out += name_of(grant.role);
  }
  return out;
}

// What is stored of grants beside the highest role: nothing when that says it all.
std::optional<Json> remark(std::span<const RoleGrant> grants) {
  if (grants.empty() || (grants.size() == 1 && !grants.front().expires_at)) return {};
  return Json{to_json(std::vector<RoleGrant>(grants.begin(), grants.end()))};
}

void store(Context& ctx, const Uuid& user, std::span<const RoleGrant> grants) {
  ctx.db.execute(kForget, user);
  const auto by = ctx.caller.user.is_nil() ? std::nullopt : std::optional(ctx.caller.user);
  for (const RoleGrant& grant : grants) {
    ctx.db.execute(kGrant, user, name_of(grant.role), by, ctx.now, grant.expires_at);
  }
  const Role highest = rules::live_roles(grants, ctx.now).back();
  ctx.db.execute(kStore, user, highest, remark(grants), ctx.now);
}

}  // namespace

std::vector<RoleGrant> held(Context& ctx, const Uuid& user) { return ctx.db.query<RoleGrant>(kHeld, user, ctx.now); }

void replace(Context& ctx, const Uuid& user, std::span<const RoleGrant> grants) {
  std::vector<RoleGrant> wanted(grants.begin(), grants.end());
  std::erase_if(wanted, [&](const RoleGrant& grant) {
    return grant.role == Role::user || (grant.expires_at && *grant.expires_at <= ctx.now);
  });
  std::ranges::sort(wanted, {}, &RoleGrant::role);
  const auto before = held(ctx, user);
  if (before == wanted) return;
  store(ctx, user, wanted);
  audit::record(
      ctx,
      {.event_type = "role_changed",
       .subject = user,
       .resource_type = "user",
       .resource_id = user.text(),
       .details = to_json(Map<std::string>{.entries = {{"before", names_of(before)}, {"after", names_of(wanted)}}})});
}

void grant(Context& ctx, const Uuid& user, Role role) {
  auto grants = held(ctx, user);
  std::erase_if(grants, [role](const RoleGrant& grant) { return grant.role == role; });
  grants.push_back({.role = role, .expires_at = {}});
  replace(ctx, user, grants);
}

bool has_super_admin(Context& ctx) { return !super_admins(ctx).empty(); }

void lock_super_admins(Context& ctx) { ctx.db.execute(kLock); }

void require_another_super_admin(Context& ctx, const Uuid& user) {
  const auto all = super_admins(ctx);
  if (all.empty() ? user == kLocalUser : all.size() == 1 && all.front() == user) {
    throw conflict("last_super_admin", "Nobody else could administer everything.");
  }
}

void signed_in(Context& ctx, const Uuid& user) {
  const auto& listed = ctx.config.admin_emails;
  if (listed.empty()) return;
  const auto mail = ctx.db.maybe<Mail>(kMail, user);
  if (!mail || !mail->email_verified_at || std::ranges::find(listed, mail->email) == listed.end()) return;
  const auto grants = held(ctx, user);
  const auto roles = rules::live_roles(grants, ctx.now);
  if (roles.back() != Role::super_admin) {
    lock_super_admins(ctx);
    if (!has_super_admin(ctx)) {
      grant(ctx, user, Role::super_admin);
    } else if (roles.back() < Role::admin) {
      grant(ctx, user, Role::admin);
    }
  }
  if (mail->approved) return;
  ctx.db.execute(kApprove, user, ctx.now);
  audit::record(ctx, {.event_type = "user_approved", .subject = user});
}

std::int64_t settle_expired(Context& ctx, std::int64_t most) {
  auto expired = ctx.db.query<Uuid>(kExpired, ctx.now, most);
  std::ranges::sort(expired);
  expired.erase(std::ranges::unique(expired).begin(), expired.end());
  for (const Uuid& user : expired) {
    ctx.db.lock_user(user);
    store(ctx, user, held(ctx, user));
    audit::record(ctx, {.event_type = "role_changed", .subject = user, .details = R"({"reason":"expired"})"});
  }
  return static_cast<std::int64_t>(expired.size());
}

void ship(Transaction& db, IdSource& ids, Instant now) {
  if (db.query<std::int64_t>(kClaim).empty()) db.execute(kShipClaim);
  if (db.query<std::string>(kRoleNames).size() == kShipped.size()) return;
  for (const ShippedRole& shipped : kShipped) {
    const auto name = name_of(shipped.role);
    db.execute(kShipRole, ids.next(now), name, shipped.description, shipped.parent, rules::rank_of(shipped.role));
    for (const auto entitlement : rules::own_entitlements(shipped.role)) {
      const auto resource = entitlement.substr(0, entitlement.find(':'));
      db.execute(kShipEntitlement, ids.next(now), entitlement, resource, action_of(entitlement));
      db.execute(kShipLink, name, entitlement, now);
    }
  }
  db.execute(kAdopt, now);
}

}  // namespace ignition::roles
