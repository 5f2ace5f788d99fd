// Access tokens: JSON Web Tokens (RFC 7519) with HMAC-SHA256 that name a user and a session, and nothing else of either
// (rule R18). Whether the session is still good is the store's to say.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "ignition/config.hpp"
#include "ignition/time.hpp"
#include "ignition/uuid.hpp"

namespace ignition {

struct AccessClaims {
  Uuid user;
  Uuid session;
  Uuid id;            // of the token
  Instant issued_at;  // whole seconds, as the next one
  Instant expires_at;
};

class AccessTokens {
 public:
  // Of Config::public_url, jwt_secret and jwt_secret_previous.
  explicit AccessTokens(const Config& config);

  std::string sign(const AccessClaims& claims) const;
  // What a token of ours says that is good at `now`, give or take half a minute; nothing for any other text.
  std::optional<AccessClaims> verify(std::string_view token, Instant now) const;

 private:
  struct Key {
    std::string id;  // `kid`
    std::string secret;
  };
  const Key* key(std::string_view id) const;

  std::string issuer_;
  Key current_;
  std::optional<Key> previous_;
};

// Whether a bearer token may be an access token: three parts. Whether it is one is another question.
bool is_access_token(std::string_view token);

}  // namespace ignition
