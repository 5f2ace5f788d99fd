#include "engine/standing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "engine/accounts.hpp"
#include "ignition/gates.hpp"
#include "ignition/rules/scopes.hpp"
#include "ignition/rules/sessions.hpp"
#include "ignition/wire.hpp"

namespace ignition {
namespace {

constexpr std::string_view kSessionColumns =
    "x.token_hash, x.previous_token_hash, x.previous_valid_until, x.rotate_required, x.auth_time, x.expires_at, "
    "x.absolute_expires_at, x.last_active_at, x.revoked_at";
constexpr std::string_view kSession = "LEFT JOIN sessions x ON x.user_id = u.id AND x.id = $2";
constexpr std::string_view kKeyColumns = "k.key_hash, k.scopes, k.expires_at, k.last_used_at, k.revoked_at";
constexpr std::string_view kKey = "LEFT JOIN api_keys k ON k.user_id = u.id AND k.id = $2";

// The account with the credential.
std::string statement(std::string_view columns, std::string_view credential, bool alone) {
  return fmt::format("SELECT {}, {}\n    FROM users u {}\n    {}\n   WHERE u.id = $1",
                     alone ? accounts::kColumnsAlone : accounts::kColumns, columns,
                     alone ? std::string_view{} : accounts::kJoined, credential);
}

Sql by_session_statement(bool alone) {
  static const std::string kTexts[] = {statement(kSessionColumns, kSession, false),
                                       statement(kSessionColumns, kSession, true)};
  return {.text = kTexts[alone ? 1 : 0]};
}

Sql by_key_statement(bool alone) {
  static const std::string kTexts[] = {statement(kKeyColumns, kKey, false), statement(kKeyColumns, kKey, true)};
  return {.text = kTexts[alone ? 1 : 0]};
}

// All null when there is no such session.
struct BySession : Principal {
  std::optional<std::string> token_hash;
  std::optional<std::string> previous_token_hash;
  std::optional<Instant> previous_valid_until;
  std::optional<std::string> rotate_required;
  std::optional<Instant> auth_time;
  std::optional<Instant> expires_at;
  std::optional<Instant> absolute_expires_at;
  std::optional<Instant> last_active_at;
  std::optional<Instant> revoked_at;
};
BOOST_DESCRIBE_STRUCT(BySession, (Principal),
                      (token_hash, previous_token_hash, previous_valid_until, rotate_required, auth_time, expires_at,
                       absolute_expires_at, last_active_at, revoked_at))

struct ByKey : Principal {
  std::optional<std::string> key_hash;
  std::optional<Json> scopes;
  std::optional<Instant> expires_at;
  std::optional<Instant> last_used_at;
  std::optional<Instant> revoked_at;
};
BOOST_DESCRIBE_STRUCT(ByKey, (Principal), (key_hash, scopes, expires_at, last_used_at, revoked_at))

Error not_signed_in() { return Error(Code::UNAUTHORIZED, "There is no such account.").because("not_signed_in"); }

Error session_ended() { return Error(Code::UNAUTHORIZED, "This session has ended.").because("session_ended"); }

template <class Row>
Row found(std::optional<Row>&& row) {
  if (!row) throw not_signed_in();
  return std::move(*row);
}

Identified by_session(BySession&& row, const Caller& caller, const Config& config, Instant now) {
  if (!row.expires_at || row.revoked_at) throw session_ended();
  if (!rules::is_within(*row.expires_at, *row.last_active_at, now, config.auth_session_idle)) throw session_ended();
  bool current = true;
  if (!caller.token_hash.empty()) {
    const auto standing = rules::standing_of(caller.token_hash, row.token_hash.value_or(""), row.previous_token_hash,
                                             row.previous_valid_until, now);
    if (standing == rules::TokenStanding::unknown) throw session_ended();
    if (standing == rules::TokenStanding::rotated) {
      throw Error(Code::UNAUTHORIZED, "This session has a newer token.").because("session_rotated");
    }
    current = standing == rules::TokenStanding::current;
  }
  CredentialUse use{.credential = caller.credential,
                    .user = row.user_id,
                    .id = *caller.session_id,
                    .used_at = row.last_active_at,
                    .expires_at = *row.expires_at,
                    .absolute_expires_at = *row.absolute_expires_at,
                    .rotates = current && row.rotate_required.has_value(),
                    .newest = current};
  const auto auth_time = row.auth_time;
  return {.principal = std::move(row), .use = use, .auth_time = auth_time};
}

Identified by_key(ByKey&& row, const Caller& caller, Instant now) {
  const bool good = row.key_hash == caller.token_hash && !row.revoked_at && (!row.expires_at || now < *row.expires_at);
  if (!good) throw Error(Code::UNAUTHORIZED, "This key is not valid any more.").because("key_ended");
  CredentialUse use{.credential = Credential::api_key,
                    .user = row.user_id,
                    .id = *caller.api_key_id,
                    .used_at = row.last_used_at,
                    .expires_at = {},
                    .absolute_expires_at = {}};
  auto scopes = from_json<std::vector<std::string>>(row.scopes->text);
  return {.principal = std::move(row), .use = use, .auth_time = {}, .scopes = std::move(scopes)};
}

bool is_trusted(const Caller& caller) {
  return caller.credential == Credential::local || caller.credential == Credential::host;
}

void check_scope(const Operation& operation, const Identified& identified) {
  if (rules::opens(identified.scopes, operation.name, operation.effect == Effect::write)) return;
  throw forbidden("scope_required", "The key has no scope for this operation.");
}

}  // namespace

bool has_account(Access access) { return access != Access::public_ && access != Access::system; }

bool has_stored_credential(const Caller& caller) {
  return caller.session_id.has_value() || caller.api_key_id.has_value();
}

bool is_fresh(const Caller& caller, const Identified& identified, const Config& config, Instant now) {
  if (is_trusted(caller) || caller.confirmed) return true;
  return identified.auth_time && now - *identified.auth_time <= config.auth_reauth;
}

Identified identify(Transaction& db, const Caller& caller, const Config& config, Instant now, bool alone) {
  if (caller.api_key_id) {
    return by_key(found(db.maybe<ByKey>(by_key_statement(alone), caller.user, *caller.api_key_id)), caller, now);
  }
  if (caller.session_id) {
    return by_session(found(db.maybe<BySession>(by_session_statement(alone), caller.user, *caller.session_id)), caller,
                      config, now);
  }
  return {.principal = found(alone ? accounts::find_alone(db, caller.user) : accounts::find(db, caller.user)),
          .use = {},
          .auth_time = caller.auth_time};
}

void check_access(const Operation& operation, const Caller& caller) {
  if (caller.credential == Credential::api_key && !rules::is_open_to_keys(operation.name)) {
    throw forbidden("scope_required", "No key can call this operation.");
  }
  if (operation.access == Access::public_) return;
  if (operation.access == Access::system) {
    if (caller.credential == Credential::system) return;
    throw forbidden("system_only", "Only the host program may call this operation.");
  }
  if (caller.credential == Credential::none || caller.credential == Credential::system) {
    throw Error(Code::UNAUTHORIZED, "Sign in first.").because("not_signed_in");
  }
}

void check_account(const Operation& operation, const Caller& caller, const Identified& identified, const Config& config,
                   Instant now) {
  const Principal& principal = identified.principal;
  if (principal.disabled_at) throw Error(Code::UNAUTHORIZED, "This account is disabled.").because("not_signed_in");
  if (!has_account(operation.access)) return;
  const bool key = caller.credential == Credential::api_key;
  if (key) check_scope(operation, identified);
  // A key passes gates even where its owner need not.
  if (key || (operation.access != Access::any && operation.access != Access::any_recent)) {
    const auto pending = pending_gates(caller, principal, config);
    if (!pending.empty()) {
      throw forbidden(pending.front(), "The account is not ready yet.").with_json("pending", to_json(pending));
    }
  }
  const bool recent = operation.access == Access::any_recent || operation.access == Access::user_recent;
  if (recent && !is_fresh(caller, identified, config, now)) {
    throw forbidden("reauth_required", "Confirm who you are first.");
  }
  if (operation.access == Access::admin) {
    const auto held = rules::entitlements_of(principal.role);
    const auto has = [&operation](const std::vector<std::string>& list) {
      return std::ranges::find(list, operation.entitlement) != list.end();
    };
    const bool allowed = caller.credential == Credential::local || has(held) || has(caller.entitlements);
    if (!allowed) {
      throw forbidden("entitlement_required", "This needs an administrator's entitlement.")
          .with("entitlement", operation.entitlement);
    }
  }
}

}  // namespace ignition
