// ID tokens of providers: their signature (RFC 7515 and 7518: RS256, and ES256 by a key that is one for it) against the
// provider's published keys (RFC 7517), and what they say. Which of them count: rules/oauth.hpp.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/rules/oauth.hpp"

namespace ignition::server {

// A token apart, with nothing of it proven.
struct SignedToken {
  std::string algorithm;  // RS256, ES256
  std::string key_id;
  std::string payload;  // JSON
  std::string signed_text;
  std::string signature;  // bytes
};

// Nothing for a text that is no such token, or one signed in another way: `none` and HS256 are no ways.
std::optional<SignedToken> parse_token(std::string_view compact);

// The public keys of a provider. Others than those for RS256 and ES256 are left out.
class PublishedKeys {
 public:
  // Nothing when the text is no set of keys.
  static std::optional<PublishedKeys> parse(std::string_view json);

  bool has(std::string_view key_id) const;
  // Whether the key that the token names has signed it.
  bool have_signed(const SignedToken& token) const;

 private:
  struct Key {
    std::string id;
    std::string algorithm;  // the one it is for
    std::shared_ptr<EVP_PKEY> key;
  };
  const Key* find(std::string_view key_id) const;
  std::vector<Key> keys_;
};

// What the payload of a token says; nothing when it is no object, or a claim has a type that it cannot have.
std::optional<rules::IdToken> claims_of(std::string_view payload);

}  // namespace ignition::server
