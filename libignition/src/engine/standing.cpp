#include "engine/standing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <tuple>

#include "engine/accounts.hpp"
#include "engine/of_users.hpp"
#include "ignition/gates.hpp"
#include "ignition/rules/scopes.hpp"
#include "ignition/rules/sessions.hpp"
#include "ignition/wire.hpp"

namespace ignition {
namespace {

constexpr std::string_view kSessionColumns =
    "x.token_hash, x.previous_token_hash, x.previous_valid_until, x.rotate_required, x.auth_time, x.expires_at, "
    "x.absolute_expires_at, x.last_active_at, x.revoked_at, FALSE";
constexpr std::string_view kTokenColumns =
    "x.token_hash, x.previous_token_hash, x.previous_valid_until, x.rotate_required, x.auth_time, x.expires_at, "
    "x.absolute_expires_at, x.last_active_at, x.revoked_at, "
    "EXISTS (SELECT 1 FROM revoked_tokens t WHERE t.jti = $3)";
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

Sql by_token_statement(bool alone) {
  static const std::string kTexts[] = {statement(kTokenColumns, kSession, false),
                                       statement(kTokenColumns, kSession, true)};
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
  bool is_listed = false;  // the access token was killed before its time
};
BOOST_DESCRIBE_STRUCT(BySession, (Principal),
                      (token_hash, previous_token_hash, previous_valid_until, rotate_required, auth_time, expires_at,
                       absolute_expires_at, last_active_at, revoked_at, is_listed))

struct ByKey : Principal {
  std::optional<std::string> key_hash;
  std::optional<Json> scopes;
  std::optional<Instant> expires_at;
  std::optional<Instant> last_used_at;
  std::optional<Instant> revoked_at;
};
BOOST_DESCRIBE_STRUCT(ByKey, (Principal), (key_hash, scopes, expires_at, last_used_at, revoked_at))

// ---- Several callers at once ----

// One row for each session of the users that was asked for, or more: one for each of the user's access tokens asked for
// that was killed.
struct SessionOfMany : BySession {
  std::optional<Uuid> session;
  std::optional<Uuid> listed;
};
BOOST_DESCRIBE_STRUCT(SessionOfMany, (BySession), (session, listed))

struct KeyOfMany : ByKey {
  std::optional<Uuid> key;
};
BOOST_DESCRIBE_STRUCT(KeyOfMany, (ByKey), (key))

// `$from, ... $to`, as many as there are callers, for the `nth` list of ids.
std::string list_of(std::size_t callers, std::size_t nth) {
  std::string list;
  for (std::size_t i = 1; i <= callers; ++i) list += fmt::format("{}${}", i == 1 ? "" : ", ", nth * callers + i);
  return list;
}

std::string sessions_of_many(std::size_t callers) {
  return fmt::format(R"sql(SELECT {}, {}, x.id, t.jti
    FROM users u {}
    LEFT JOIN sessions x ON x.user_id = u.id AND x.id IN ({})
    LEFT JOIN revoked_tokens t ON t.user_id = u.id AND t.jti IN ({})
   WHERE u.id IN ({}))sql",
                     accounts::kColumns, kSessionColumns, accounts::kJoined, list_of(callers, 1), list_of(callers, 2),
                     list_of(callers, 0));
}

std::string keys_of_many(std::size_t callers) {
  return fmt::format(R"sql(SELECT {}, {}, k.id
    FROM users u {}
    LEFT JOIN api_keys k ON k.user_id = u.id AND k.id IN ({})
   WHERE u.id IN ({}))sql",
                     accounts::kColumns, kKeyColumns, accounts::kJoined, list_of(callers, 1), list_of(callers, 0));
}

using Callers = std::span<const Caller* const>;
using IdOf = Uuid (*)(const Caller&);

// A few sizes of statement serve all: those without a caller of their own repeat the last one.
template <class Row, std::size_t size, std::size_t lists>
std::vector<Row> read(Transaction& db, Callers callers, std::string (*statement)(std::size_t),
                      const IdOf (&ids_of)[lists]) {
  static const std::string kText = statement(size);
  std::array<Uuid, size * lists> ids;
  for (std::size_t list = 0; list < lists; ++list) {
    for (std::size_t i = 0; i < size; ++i) {
      ids[list * size + i] = ids_of[list](*callers[std::min(i, callers.size() - 1)]);
    }
  }
  return std::apply([&](const auto&... id) { return db.query<Row>({.text = kText, .alone = false}, id...); }, ids);
}

template <class Row, std::size_t lists>
std::vector<Row> read(Transaction& db, Callers callers, std::string (*statement)(std::size_t),
                      const IdOf (&ids_of)[lists]) {
  static_assert(OfUsers::kMost == 64);
  if (callers.size() == 1) return read<Row, 1>(db, callers, statement, ids_of);
  if (callers.size() <= 8) return read<Row, 8>(db, callers, statement, ids_of);
  return read<Row, 64>(db, callers, statement, ids_of);
}

constexpr IdOf kUserOf = [](const Caller& caller) { return caller.user; };
constexpr IdOf kSessionOf = [](const Caller& caller) { return *caller.session_id; };
constexpr IdOf kTokenOf = [](const Caller& caller) { return caller.access_token ? caller.access_token->id : Uuid{}; };
constexpr IdOf kKeyOf = [](const Caller& caller) { return *caller.api_key_id; };

Error not_signed_in() { return Error(Code::UNAUTHORIZED, "There is no such account.").because("not_signed_in"); }

Error session_ended() { return Error(Code::UNAUTHORIZED, "This session has ended.").because("session_ended"); }

template <class Row>
Row found(std::optional<Row>&& row) {
  if (!row) throw not_signed_in();
  return std::move(*row);
}

Identified by_session(BySession&& row, const Caller& caller, const Config& config, Instant now) {
  if (!row.expires_at || row.revoked_at || row.is_listed) throw session_ended();
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

// What the rows of several callers say of one of them; nothing when it is not good.
std::optional<Identified> session_among(const std::vector<SessionOfMany>& rows, const Caller& caller,
                                        const Config& config, Instant now) {
  const SessionOfMany* own = nullptr;
  for (const SessionOfMany& row : rows) {
    if (row.user_id != caller.user || row.session != caller.session_id) continue;
    own = &row;
    if (caller.access_token && row.listed == caller.access_token->id) return {};
  }
  if (own == nullptr) return {};
  try {
    return by_session(BySession(*own), caller, config, now);
  } catch (const Error&) {
    return {};
  }
}

std::optional<Identified> key_among(const std::vector<KeyOfMany>& rows, const Caller& caller, Instant now) {
  const auto own = std::ranges::find_if(
      rows, [&](const KeyOfMany& row) { return row.user_id == caller.user && row.key == caller.api_key_id; });
  if (own == rows.end()) return {};
  try {
    return by_key(ByKey(*own), caller, now);
  } catch (const Error&) {
    return {};
  }
}

std::optional<Identified> account_among(const std::vector<Principal>& rows, const Caller& caller) {
  const auto own = std::ranges::find(rows, caller.user, &Principal::user_id);
  if (own == rows.end()) return {};
  return Identified{.principal = *own, .use = {}, .auth_time = caller.auth_time};
}

bool is_trusted(const Caller& caller) {
  return caller.credential == Credential::local || caller.credential == Credential::host;
}

void check_scope(const Operation& operation, const Identified& identified) {
  if (rules::opens(identified.scopes, operation.name, operation.effect == Effect::write)) return;
  throw forbidden("scope_required", "The key has no scope for this operation.");
}

}  // namespace

bool has_account(const Operation& operation, const Caller& caller) {
  if (is_administration(operation.access)) return caller.credential != Credential::system;
  return operation.access != Access::public_ && operation.access != Access::system;
}

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
  if (caller.session_id && caller.access_token) {
    return by_session(
        found(db.maybe<BySession>(by_token_statement(alone), caller.user, *caller.session_id, caller.access_token->id)),
        caller, config, now);
  }
  if (caller.session_id) {
    return by_session(found(db.maybe<BySession>(by_session_statement(alone), caller.user, *caller.session_id)), caller,
                      config, now);
  }
  return {.principal = found(alone ? accounts::find_alone(db, caller.user) : accounts::find(db, caller.user)),
          .use = {},
          .auth_time = caller.auth_time};
}

std::vector<std::optional<Identified>> identify_all(Transaction& db, Callers callers, const Config& config,
                                                    Instant now) {
  std::vector<const Caller*> by_sessions;
  std::vector<const Caller*> by_keys;
  std::vector<Uuid> others;
  for (const Caller* caller : callers) {
    if (caller->api_key_id) {
      by_keys.push_back(caller);
    } else if (caller->session_id) {
      by_sessions.push_back(caller);
    } else {
      others.push_back(caller->user);
    }
  }
  std::ranges::sort(others);
  others.erase(std::ranges::unique(others).begin(), others.end());
  std::vector<SessionOfMany> sessions;
  std::vector<KeyOfMany> keys;
  std::vector<Principal> accounts;
  if (!by_sessions.empty()) {
    sessions = read<SessionOfMany>(db, by_sessions, &sessions_of_many, {kUserOf, kSessionOf, kTokenOf});
  }
  if (!by_keys.empty()) keys = read<KeyOfMany>(db, by_keys, &keys_of_many, {kUserOf, kKeyOf});
  if (!others.empty()) accounts = accounts::find_all(db, others);
  std::vector<std::optional<Identified>> out;
  out.reserve(callers.size());
  for (const Caller* caller : callers) {
    out.push_back(caller->api_key_id   ? key_among(keys, *caller, now)
                  : caller->session_id ? session_among(sessions, *caller, config, now)
                                       : account_among(accounts, *caller));
  }
  return out;
}

void check_access(const Operation& operation, const Caller& caller) {
  if (caller.credential == Credential::api_key && !rules::is_open_to_keys(operation.name)) {
    throw forbidden("scope_required", "No key can call this operation.");
  }
  if (operation.access == Access::public_) return;
  if (is_administration(operation.access) && caller.credential == Credential::system) return;
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
  if (!has_account(operation, caller)) return;
  const bool key = caller.credential == Credential::api_key;
  if (key) check_scope(operation, identified);
  // A key passes gates even where its owner need not.
  if (key || (operation.access != Access::any && operation.access != Access::any_recent)) {
    const auto pending = pending_gates(caller, principal, config);
    if (!pending.empty()) {
      throw forbidden(pending.front(), "The account is not ready yet.").with_json("pending", to_json(pending));
    }
  }
  if (is_administration(operation.access)) {
    const auto held = rules::entitlements_of(live_roles(principal, now));
    const auto has = [&operation](const std::vector<std::string>& list) {
      return std::ranges::find(list, operation.entitlement) != list.end();
    };
    const bool allowed = caller.credential == Credential::local || has(held) || has(caller.entitlements);
    if (!allowed) {
      throw forbidden("entitlement_required", "This needs an administrator's entitlement.")
          .with("entitlement", operation.entitlement);
    }
  }
  const bool recent = operation.access == Access::any_recent || operation.access == Access::user_recent ||
                      operation.access == Access::admin_recent;
  if (recent && !is_fresh(caller, identified, config, now)) {
    throw forbidden("reauth_required", "Confirm who you are first.");
  }
}

}  // namespace ignition
