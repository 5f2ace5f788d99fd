// Access and refresh tokens of clients that keep no session's cookie: families of refresh tokens, each of which is used
// once (rules R18 to R21). A family is a session of kind `token`; sessions.hpp begins and ends it. Access tokens
// themselves: access_tokens.hpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"

namespace ignition::tokens {

// What a client gets. The two tokens are null when they come as cookies.
struct Tokens {
  std::optional<std::string> access_token;
  std::optional<std::string> refresh_token;
  std::string token_type = "Bearer";
  std::int64_t expires_in = 0;          // seconds, of the access token
  std::int64_t refresh_expires_in = 0;  // the same, of the refresh token
  Uuid session_id;
};
BOOST_DESCRIBE_STRUCT(Tokens, (), (access_token, refresh_token, token_type, expires_in, refresh_expires_in, session_id))

struct Refresh {
  std::optional<Text<1, 4096>> refresh_token;  // absent: the one of the client's jar
};
BOOST_DESCRIBE_STRUCT(Refresh, (), (refresh_token))

// New tokens for a refresh token, which is used up. UNAUTHORIZED `refresh_missing`, `refresh_invalid`, and
// `refresh_reused` for one that was used up before: then its whole family has ended.
Tokens refresh(Context& ctx, const Refresh& in);

struct Locate {
  Text<64, 64> token_hash;
};
BOOST_DESCRIBE_STRUCT(Locate, (), (token_hash))

// Null when nobody has such a refresh token.
struct Located {
  std::optional<Uuid> user_id;
  std::optional<Uuid> session_id;
};
BOOST_DESCRIBE_STRUCT(Located, (), (user_id, session_id))

Located locate(Context& ctx, const Locate& in);

// ---- For other domains, within their transaction; the user's lock is held ----

// A session of kind `token`.
struct Family {
  Uuid user;
  Uuid session;
  Instant absolute_end;
};

// When a refresh token made now ends, in a session that ends for good at `absolute_end`.
Instant refresh_end(const Context& ctx, Instant absolute_end);

// The first tokens of a session. Clients that keep tokens themselves find them in the answer, others in their jar.
Tokens begin(Context& ctx, const Family& family);

// Kills the caller's access token before its time.
void revoke_shown(Context& ctx);

// The session of a refresh token that a client shows in the body, or else in its jar; nothing when it shows none that
// we know.
struct Shown {
  Uuid user;
  Uuid session;
};
std::optional<Shown> shown_family(Context& ctx, const std::optional<Text<1, 4096>>& in_body);

void add_operations(Catalogue& catalogue);

}  // namespace ignition::tokens
