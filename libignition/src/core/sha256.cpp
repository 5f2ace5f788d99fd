// The functions that OpenSSL 3 wants instead load its configuration and providers, some 2 MiB for a program that
// otherwise needs none of it, and take a microsecond to find the algorithm.
#define OPENSSL_API_COMPAT 10100
#include <openssl/sha.h>

#include "ignition/sha256.hpp"

namespace ignition {

Sha256 sha256(std::string_view bytes) {
  Sha256 digest;
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, bytes.data(), bytes.size());
  SHA256_Final(digest.data(), &context);
  return digest;
}

std::string hex_text(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const auto byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace ignition
