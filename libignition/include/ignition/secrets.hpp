// Tokens and other secrets: how they are made, written, stored and compared. Only the SHA-256 of a token is stored, for
// it has 256 random bits and needs no slow hash.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/sha256.hpp"

namespace ignition {

// Fills bytes with ones that nobody can guess.
using RandomBytes = std::function<void(std::span<std::uint8_t>)>;

// The random bytes of the system. Throws UNAVAILABLE when it has none.
RandomBytes system_random();

// Without padding (RFC 4648, section 5).
std::string base64url(std::span<const std::uint8_t> bytes);
// The bytes of such a text; nothing when it is empty or not the one text of its bytes.
std::optional<std::string> from_base64url(std::string_view text);
// With padding (RFC 4648, section 4).
std::string base64(std::span<const std::uint8_t> bytes);
// The bytes of such a text; nothing when it is empty or none.
std::optional<std::string> from_base64(std::string_view text);

// A new token of so many random bytes, as base64url: 43 characters for 32 bytes.
std::string fresh_token(const RandomBytes& random, std::size_t bytes = 32);

// What is stored of a token: 64 lower-case hexadecimal digits.
std::string token_hash(std::string_view token);

// HMAC-SHA256 (RFC 2104). Throws UNAVAILABLE when the system has none.
Sha256 hmac_sha256(std::string_view key, std::string_view message);

// Whether two secrets are equal, in a time that depends on their lengths only.
bool same_secret(std::string_view a, std::string_view b);

// Encrypts a text with AES-256-GCM: a random nonce, the ciphertext and the tag, as base64. `context` says what the text
// belongs to, and must be the same when it is read. The key has kSealKeyBytes bytes.
std::string seal(std::string_view key, std::string_view context, std::string_view text, const RandomBytes& random);
// Nothing when the key or the context is another one, or the text was changed.
std::optional<std::string> unseal(std::string_view key, std::string_view context, std::string_view sealed);
inline constexpr std::size_t kSealKeyBytes = 32;

// Begins every API key, so that it can be told from other tokens.
inline constexpr std::string_view kApiKeyPrefix = "sk_live_";

}  // namespace ignition
