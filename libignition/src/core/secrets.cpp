#include "ignition/secrets.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "ignition/error.hpp"

namespace ignition {

namespace {

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

void require(int result) {
  if (result != 1) throw Error(Code::INTERNAL, "The cipher failed.");
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
int length_of(std::string_view text) { return static_cast<int>(text.size()); }

// Ready for a text, with the context taken in.
Cipher cipher(std::string_view key, std::string_view nonce, std::string_view context, bool encrypts) {
  if (key.size() != kSealKeyBytes) throw Error(Code::INTERNAL, "The key has a wrong length.");
  Cipher made(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  if (!made) throw Error(Code::UNAVAILABLE, "There is not enough memory.");
  require(EVP_CipherInit_ex(made.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key), bytes_of(nonce), encrypts ? 1 : 0));
  int length = 0;
  require(EVP_CipherUpdate(made.get(), nullptr, &length, bytes_of(context), length_of(context)));
  return made;
}

}  // namespace

std::optional<std::string> from_base64(std::string_view text) {
  if (text.empty() || text.size() % 4 != 0) return {};
  std::string out(text.size() / 4 * 3, '\0');
  if (EVP_DecodeBlock(bytes_of(out), bytes_of(text), length_of(text)) < 0) return {};
  for (std::size_t padding = 0; padding < 2 && text.ends_with('='); ++padding) {
    text.remove_suffix(1);
    out.pop_back();
  }
  return out;
}

std::string seal(std::string_view key, std::string_view context, std::string_view text, const RandomBytes& random) {
  std::string out(kNonceBytes + text.size() + kTagBytes, '\0');
  random({bytes_of(out), kNonceBytes});
  const Cipher made = cipher(key, std::string_view(out).substr(0, kNonceBytes), context, true);
  int length = 0;
  require(EVP_CipherUpdate(made.get(), bytes_of(out) + kNonceBytes, &length, bytes_of(text), length_of(text)));
  require(EVP_CipherFinal_ex(made.get(), bytes_of(out) + kNonceBytes + text.size(), &length));
  require(EVP_CIPHER_CTX_ctrl(made.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes, bytes_of(out) + kNonceBytes + text.size()));
  return base64({bytes_of(out), out.size()});
}

std::optional<std::string> unseal(std::string_view key, std::string_view context, std::string_view sealed) {
  auto bytes = from_base64(sealed);
  if (!bytes || bytes->size() < kNonceBytes + kTagBytes) return {};
  const std::size_t size = bytes->size() - kNonceBytes - kTagBytes;
  const Cipher made = cipher(key, std::string_view(*bytes).substr(0, kNonceBytes), context, false);
  std::string text(size + 1, '\0');
  int length = 0;
  require(
      EVP_CipherUpdate(made.get(), bytes_of(text), &length, bytes_of(*bytes) + kNonceBytes, static_cast<int>(size)));
  require(EVP_CIPHER_CTX_ctrl(made.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, bytes_of(*bytes) + kNonceBytes + size));
  if (EVP_CipherFinal_ex(made.get(), bytes_of(text) + size, &length) != 1) return {};
  text.resize(size);
  return text;
}

RandomBytes system_random() {
  return [](std::span<std::uint8_t> bytes) {
    constexpr std::size_t kMostAtOnce = 256;  // of getentropy
    while (!bytes.empty()) {
      const auto part = bytes.first(std::min(bytes.size(), kMostAtOnce));
      if (::getentropy(part.data(), part.size()) != 0) {
        throw Error(Code::UNAVAILABLE, "The system has no random bytes.");
      }
      bytes = bytes.subspan(part.size());
    }
  };
}

std::string base64(std::span<const std::uint8_t> bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');  // OpenSSL writes a null behind it
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes.data(), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

std::string base64url(std::span<const std::uint8_t> bytes) {
  std::string out = base64(bytes);
  out.erase(std::min(out.find('='), out.size()));
  std::ranges::replace(out, '+', '-');
  std::ranges::replace(out, '/', '_');
  return out;
}

std::optional<std::string> from_base64url(std::string_view text) {
  const auto is_digit = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  if (!std::ranges::all_of(text, is_digit)) return {};
  std::string padded(text);
  std::ranges::replace(padded, '-', '+');
  std::ranges::replace(padded, '_', '/');
  padded.append((4 - padded.size() % 4) % 4, '=');
  auto bytes = from_base64(padded);
  // The last digit may have bits that say nothing.
  if (!bytes || base64url({bytes_of(*bytes), bytes->size()}) != text) return {};
  return bytes;
}

Sha256 hmac_sha256(std::string_view key, std::string_view message) {
  Sha256 mac{};
  unsigned size = 0;
  if (HMAC(EVP_sha256(), key.data(), length_of(key), bytes_of(message), message.size(), mac.data(), &size) == nullptr) {
    throw Error(Code::UNAVAILABLE, "There is no message authentication.");
  }
  return mac;
}

std::string fresh_token(const RandomBytes& random, std::size_t bytes) {
  std::vector<std::uint8_t> secret(bytes);
  random(secret);
  std::string token = base64url(secret);
  OPENSSL_cleanse(secret.data(), secret.size());
  return token;
}

std::string token_hash(std::string_view token) { return hex_text(sha256(token)); }

bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace ignition
