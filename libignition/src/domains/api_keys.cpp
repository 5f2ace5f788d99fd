// API keys. What a scope opens: rules/scopes.hpp. Where a key is found: domains/directory.hpp.
#include "ignition/domains/api_keys.hpp"

#include <algorithm>

#include "domains/directory.hpp"
#include "ignition/domains/audit.hpp"
#include "ignition/rules/scopes.hpp"
#include "ignition/rules/sessions.hpp"
#include "ignition/secrets.hpp"
#include "ignition/wire.hpp"

namespace ignition::api_keys {
namespace {

constexpr std::string_view kKind = "api_key";  // in the directory
constexpr std::int64_t kMostLive = 25;
constexpr std::string_view kDefaultScope = "captures:write";

constexpr Sql kPage{R"sql(
  SELECT id, name, key_prefix, last_four, scopes, expires_at, last_used_at, created_at
    FROM api_keys WHERE user_id = $1 AND revoked_at IS NULL
   ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3)sql"};
constexpr Sql kCount{R"sql(SELECT COUNT(*) FROM api_keys WHERE user_id = $1 AND revoked_at IS NULL)sql"};
constexpr Sql kCountLive{R"sql(
  SELECT COUNT(*) FROM api_keys
   WHERE user_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2))sql"};
constexpr Sql kNamed{R"sql(
  SELECT COUNT(*) FROM api_keys WHERE user_id = $1 AND name = $2 AND revoked_at IS NULL)sql"};
constexpr Sql kRevoke{R"sql(
  UPDATE api_keys SET revoked_at = $3, updated_at = $3 WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL)sql"};
constexpr Sql kRevokeAll{R"sql(
  UPDATE api_keys SET revoked_at = $2, updated_at = $2 WHERE user_id = $1 AND revoked_at IS NULL)sql"};
constexpr Sql kTouch{R"sql(
  UPDATE api_keys SET last_used_at = $3, last_used_ip = $4
   WHERE user_id = $1 AND id = $2 AND revoked_at IS NULL AND (last_used_at IS NULL OR last_used_at <= $5))sql"};

constexpr Sql kScopes{R"sql(SELECT scopes FROM api_keys WHERE user_id = $1 AND id = $2)sql"};

struct Row {
  static constexpr std::string_view table = "api_keys";
  Uuid user_id;
  Uuid id;
  std::string name;
  std::string key_prefix;
  std::string last_four;
  std::string key_hash;
  std::vector<std::string> scopes;
  std::optional<Instant> expires_at;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(Row, (),
                      (user_id, id, name, key_prefix, last_four, key_hash, scopes, expires_at, created_at, updated_at))

// Each scope once, in the order of the rule's table.
std::vector<std::string> wanted_scopes(const CreateKey& in) {
  if (!in.scopes) return {std::string(kDefaultScope)};
  std::vector<std::string> out;
  for (const std::string& scope : rules::scopes()) {
    if (std::ranges::find(*in.scopes, scope, &Scope::value) != in.scopes->end()) out.push_back(scope);
  }
  return out;
}

void record(Context& ctx, std::string_view event_type, audit::Action action, const Uuid& id) {
  audit::record(ctx, {.event_type = event_type,
                      .action = action,
                      .subject = ctx.user,
                      .resource_type = "api_key",
                      .resource_id = id.text()});
}

}  // namespace

bool ScopeFormat::accepts(std::string_view text) {
  return std::ranges::find(rules::scopes(), text) != rules::scopes().end();
}

Keys list(Context& ctx, const ListKeys& in) {
  const std::int64_t page = in.page.value;
  const std::int64_t size = in.page_size.value;
  return {.api_keys = ctx.db.query<ApiKey>(kPage, ctx.user, size, (page - 1) * size),
          .total = ctx.db.one<std::int64_t>(kCount, ctx.user),
          .page = page,
          .page_size = size};
}

NewKey create(Context& ctx, const CreateKey& in) {
  if (ctx.db.one<std::int64_t>(kNamed, ctx.user, in.name.value) > 0) {
    throw conflict("name_taken", "Another key of yours has this name.");
  }
  if (ctx.db.one<std::int64_t>(kCountLive, ctx.user, ctx.now) >= kMostLive) {
    throw conflict("too_many_keys", "You have 25 keys already; revoke one first.");
  }
  const std::string key = std::string(kApiKeyPrefix) + fresh_token(ctx.random);
  Row row{.user_id = ctx.user,
          .id = ctx.new_id(),
          .name = in.name.value,
          .key_prefix = key.substr(0, 10),
          .last_four = key.substr(key.size() - 4),
          .key_hash = token_hash(key),
          .scopes = wanted_scopes(in),
          .expires_at = {},
          .created_at = ctx.now,
          .updated_at = ctx.now};
  if (in.expires_in_days) row.expires_at = ctx.now + std::chrono::hours(24) * in.expires_in_days->value();
  ctx.db.insert(row);
  directory::enter(ctx, kKind, row.key_hash, {.user_id = ctx.user, .ref_id = row.id}, row.expires_at);
  record(ctx, "api_key_created", audit::Action::create, row.id);
  return {.api_key = {.id = row.id,
                      .name = row.name,
                      .key_prefix = row.key_prefix,
                      .last_four = row.last_four,
                      .scopes = row.scopes,
                      .expires_at = row.expires_at,
                      .last_used_at = {},
                      .created_at = row.created_at},
          .key = key};
}

RevokedKey revoke(Context& ctx, const ById& in) {
  if (ctx.db.execute(kRevoke, ctx.user, in.id, ctx.now) == 0) throw not_found("API key");
  directory::forget(ctx, kKind, {.user_id = ctx.user, .ref_id = in.id});
  record(ctx, "api_key_revoked", audit::Action::delete_, in.id);
  return {};
}

LocatedKey locate(Context& ctx, const LocateKey& in) {
  const auto place = directory::find(ctx, kKind, in.key_hash.value);
  if (!place) return {};
  return {.user_id = place->user_id, .id = place->ref_id};
}

TouchedKey touch(Context& ctx, const TouchKey& in) {
  ctx.db.lock_user(in.user_id);
  const auto ip = in.ip ? std::optional(in.ip->value) : std::nullopt;
  const auto stored = ctx.db.execute(kTouch, in.user_id, in.id, in.at, ip, in.at - rules::kUseStoredEvery);
  return {.stored = stored > 0};
}

void revoke_all(Context& ctx, const Uuid& user) {
  if (ctx.db.execute(kRevokeAll, user, ctx.now) == 0) return;
  directory::forget_others(ctx, kKind, {.user_id = user, .ref_id = {}});
  audit::record(
      ctx,
      {.event_type = "api_key_revoked", .action = audit::Action::delete_, .subject = user, .resource_type = "api_key"});
}

std::vector<std::string> scopes_of(Context& ctx, const Uuid& key) {
  const auto stored = ctx.db.maybe<Json>(kScopes, ctx.user, key);
  return stored ? from_json<std::vector<std::string>>(stored->text) : std::vector<std::string>{};
}

void add_operations(Catalogue& c) {
  c.add("api_keys.locate", Internal(), Access::system, Effect::read, &locate, "Whose key this is.");
  c.add("api_keys.touch", Internal(), Access::system, Effect::write, &touch, "Notes that a key was used.");
  c.add("api_keys.list", Get("/settings/api-keys"), Access::user, Effect::read, &list,
        "Keys for outside programs, newest first.");
  c.add("api_keys.create", Create("/settings/api-keys"), Access::user_recent, Effect::write, &create,
        "Makes a key for an outside program.");
  c.add("api_keys.revoke", Delete("/settings/api-keys/{id}"), Access::user, Effect::write, &revoke, "Revokes a key.");
}

}  // namespace ignition::api_keys
