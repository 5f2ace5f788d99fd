// Keys for outside programs (rule R24). A key is shown once, when it is made; only its hash is stored. What a scope
// opens: rules/scopes.hpp.
//
// The operations `api_keys.locate` and `.touch` are for shells.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"

namespace ignition::api_keys {

struct ApiKey {
  Uuid id;
  std::string name;
  std::string key_prefix;
  std::string last_four;
  std::vector<std::string> scopes;
  std::optional<Instant> expires_at;
  std::optional<Instant> last_used_at;
  Instant created_at;
};
BOOST_DESCRIBE_STRUCT(ApiKey, (), (id, name, key_prefix, last_four, scopes, expires_at, last_used_at, created_at))

struct ListKeys {
  Or<Int<1, 1'000'000>, 1> page;
  Or<Int<1, 100>, 20> page_size;
};
BOOST_DESCRIBE_STRUCT(ListKeys, (), (page, page_size))

struct Keys {
  std::vector<ApiKey> api_keys;  // those that are not revoked, newest first
  std::int64_t total = 0;
  std::int64_t page = 1;
  std::int64_t page_size = 20;
};
BOOST_DESCRIBE_STRUCT(Keys, (), (api_keys, total, page, page_size))

struct ScopeFormat {
  static constexpr std::string_view name = "a scope such as habits:read, captures:write or all:read";
  static constexpr std::size_t max = 40;
  static bool accepts(std::string_view text);
};
using Scope = Formatted<ScopeFormat>;

struct CreateKey {
  Trimmed<1, 100> name;
  std::optional<List<Scope, 1, 50>> scopes;  // absent: captures:write
  std::optional<Int<1, 3650>> expires_in_days;
};
BOOST_DESCRIBE_STRUCT(CreateKey, (), (name, scopes, expires_in_days))

struct NewKey {
  ApiKey api_key;
  std::string key;  // the whole key, only here
};
BOOST_DESCRIBE_STRUCT(NewKey, (), (api_key, key))

struct RevokedKey {
  bool revoked = true;
};
BOOST_DESCRIBE_STRUCT(RevokedKey, (), (revoked))

struct LocateKey {
  Text<64, 64> key_hash;
};
BOOST_DESCRIBE_STRUCT(LocateKey, (), (key_hash))

// Null when there is no such key.
struct LocatedKey {
  std::optional<Uuid> user_id;
  std::optional<Uuid> id;
};
BOOST_DESCRIBE_STRUCT(LocatedKey, (), (user_id, id))

struct TouchKey {
  Uuid user_id;
  Uuid id;
  Instant at;
  std::optional<Text<1, 45>> ip;
};
BOOST_DESCRIBE_STRUCT(TouchKey, (), (user_id, id, at, ip))

struct TouchedKey {
  bool stored = false;
};
BOOST_DESCRIBE_STRUCT(TouchedKey, (), (stored))

Keys list(Context& ctx, const ListKeys& in);
// CONFLICT `name_taken`, `too_many_keys` beyond 25.
NewKey create(Context& ctx, const CreateKey& in);
RevokedKey revoke(Context& ctx, const ById& in);
LocatedKey locate(Context& ctx, const LocateKey& in);
// Notes that the key was used, not more often than every 60 s.
TouchedKey touch(Context& ctx, const TouchKey& in);

// For other domains, within their transaction: all keys of a user are dead.
void revoke_all(Context& ctx, const Uuid& user);
// The same: what a key of the caller may do.
std::vector<std::string> scopes_of(Context& ctx, const Uuid& key);

void add_operations(Catalogue& catalogue);

}  // namespace ignition::api_keys
