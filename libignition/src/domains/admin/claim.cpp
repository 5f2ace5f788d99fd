// The first administrator (rule R37). Those whom the configuration names: roles::signed_in.
#include <array>

#include "domains/admin/parts.hpp"
#include "ignition/domains/admin.hpp"
#include "ignition/domains/audit.hpp"
#include "ignition/domains/roles.hpp"
#include "ignition/domains/sessions.hpp"
#include "ignition/gates.hpp"
#include "ignition/secrets.hpp"

namespace ignition::admin {
namespace {

constexpr Sql kKey{R"sql(SELECT key_hash, used_at FROM admin_claim WHERE id = 1)sql"};
constexpr Sql kStoreKey{R"sql(UPDATE admin_claim SET key_hash = $1 WHERE id = 1)sql"};
constexpr Sql kUseKey{R"sql(UPDATE admin_claim SET key_hash = NULL, used_at = $1 WHERE id = 1)sql"};
constexpr Sql kApprove{R"sql(
  UPDATE users SET approved = TRUE, approved_at = $2, updated_at = $2
   WHERE id = $1 AND approved = FALSE)sql"};

struct Key {
  std::optional<std::string> key_hash;
  std::optional<Instant> used_at;
};
BOOST_DESCRIBE_STRUCT(Key, (), (key_hash, used_at))

// The hash of the key that is good; nothing when there is none, or it has been used.
std::optional<std::string> key_hash(Context& ctx) {
  const Key stored = ctx.db.one<Key>(kKey);
  if (stored.used_at) return {};
  if (!ctx.config.admin_claim_key.empty()) return token_hash(ctx.config.admin_claim_key);
  return stored.key_hash;
}

// 32 letters and digits, each as likely as any other.
std::string made_up_key(const RandomBytes& random) {
  constexpr std::string_view kSigns = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  constexpr std::size_t kFair = 256 / kSigns.size() * kSigns.size();
  std::string key;
  std::array<std::uint8_t, 64> bytes{};
  while (key.size() < 32) {
    random(bytes);
    for (const std::uint8_t byte : bytes) {
      if (byte < kFair && key.size() < 32) key += kSigns[byte % kSigns.size()];
    }
  }
  return key;
}

}  // namespace

Standing status(Context& ctx, const Nothing&) {
  const Principal& caller = ctx.principal;
  const bool admin = rules::is_admin(live_roles(caller, ctx.now).back());
  return {.is_admin = admin,
          .can_claim = !admin && !roles::has_super_admin(ctx) && key_hash(ctx).has_value(),
          .user = {.id = caller.user_id, .email = caller.email, .name = caller.name}};
}

users::OneUser claim(Context& ctx, const Claim& in) {
  roles::lock_super_admins(ctx);
  if (roles::has_super_admin(ctx)) throw conflict("admin_exists", "There is an administrator already.");
  const auto hash = key_hash(ctx);
  if (!hash || !same_secret(token_hash(in.claim_key.value), *hash)) {
    audit::record_refusal(ctx, {.event_type = "admin_claimed",
                                .action = audit::Action::deny,
                                .status = audit::Status::denied,
                                .subject = ctx.user});
    throw forbidden("wrong_claim_key", "This is not the claim key.");
  }
  ctx.db.execute(kUseKey, ctx.now);
  ctx.db.execute(kApprove, ctx.user, ctx.now);
  roles::grant(ctx, ctx.user, Role::super_admin);
  audit::record(ctx, {.event_type = "admin_claimed", .subject = ctx.user});
  sessions::rotate(ctx);
  return users::profile(ctx, {});
}

users::OneUser grant(Context& ctx, const ById& in) {
  ctx.db.lock_user(in.id);
  if (!users::find(ctx, in.id)) throw not_found("user");
  roles::lock_super_admins(ctx);
  ctx.db.execute(kApprove, in.id, ctx.now);
  roles::grant(ctx, in.id, Role::super_admin);
  return {users::find(ctx, in.id).value().user};
}

MadeKey ensure_claim_key(Context& ctx, const Nothing&) {
  const auto is_needed = [&ctx] {
    const Key stored = ctx.db.one<Key>(kKey);
    return !stored.key_hash && !stored.used_at && !roles::has_super_admin(ctx);
  };
  if (!ctx.config.admin_claim_key.empty() || !is_needed()) return {};
  roles::lock_super_admins(ctx);
  if (!is_needed()) return {};
  auto key = made_up_key(ctx.random);
  ctx.db.execute(kStoreKey, token_hash(key));
  return {std::move(key)};
}

void add_claim_operations(Catalogue& c) {
  c.add("admin.status", Get("/admin/status"), Access::any, Effect::read, &status,
        "Whether the caller administers, or may claim to.");
  c.add("admin.claim", Post("/admin/claim"), Access::any, Effect::write, &claim,
        "Makes the caller the first administrator.");
  c.add("admin.grant", Internal(), Access::system, Effect::write, &grant,
        "Makes somebody super administrator, and lets them in.");
  c.add("admin.ensure_claim_key", Internal(), Access::system, Effect::write, &ensure_claim_key,
        "Makes up the key of the first administrator when it is needed; shown only now.");
}

}  // namespace ignition::admin
