#include "csrf.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "ignition/secrets.hpp"
#include "text.hpp"

namespace ignition::server {
namespace {

constexpr std::size_t kNonceDigits = 32;

bool is_lower_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Error refused(std::string reason, std::string message) {
  return Error(Code::FORBIDDEN, std::move(message)).because(std::move(reason));
}

}  // namespace

// The key is made with each token: a server that needs none does not load OpenSSL's providers, some 2 MiB.
Sha256 CsrfTokens::mac(std::string_view binding, std::string_view nonce) const {
  const Sha256 key = hmac_sha256(secret_, "ignition/csrf/v1");
  return hmac_sha256({reinterpret_cast<const char*>(key.data()), key.size()},
                     fmt::format("csrf:{}:{}", binding, nonce));
}

std::string CsrfTokens::make(std::string_view binding, const std::array<std::uint8_t, 16>& nonce) const {
  const std::string digits = hex_text(nonce);
  return fmt::format("{}.{}", digits, hex_text(mac(binding, digits)));
}

std::string CsrfTokens::make(std::string_view binding) const {
  std::array<std::uint8_t, 16> nonce{};
  if (::getentropy(nonce.data(), nonce.size()) != 0) {
    throw Error(Code::UNAVAILABLE, "There are no random bytes.");
  }
  return make(binding, nonce);
}

bool CsrfTokens::is_valid(std::string_view token, std::string_view binding) const {
  const auto dot = token.find('.');
  if (dot != kNonceDigits || !is_lower_hex(token.substr(0, dot))) return false;
  return same_secret(token.substr(dot + 1), hex_text(mac(binding, token.substr(0, dot))));
}

std::optional<Error> forgery(const ForgeryFacts& facts, std::string_view binding, const CsrfTokens& tokens,
                             const Protection& protection) {
  const auto foreign = [] { return refused("origin_not_allowed", "Pages of other sites may not use this server."); };
  if (facts.origin && protection.allowed_origin(*facts.origin).empty()) return foreign();
  if (!facts.by_cookie) return {};
  // Existing clients send no token, but browsers tell which page they show.
  const bool page_known = facts.origin || (facts.referer && protection.allows_page(*facts.referer));
  if (!facts.wants_token && !page_known) return foreign();
  const bool sent = facts.header_token && facts.cookie_token;
  if (!sent && facts.wants_token) return refused("csrf_missing", "X-CSRF-Token and the cookie csrf_token are needed.");
  if (!facts.header_token && !facts.wants_token) return {};
  const bool valid =
      sent && same_secret(*facts.header_token, *facts.cookie_token) && tokens.is_valid(*facts.header_token, binding);
  if (!valid) return refused("csrf_invalid", "The CSRF token is not that of this session.");
  return {};
}

bool is_forgery(std::string_view reason) {
  return reason == "csrf_missing" || reason == "csrf_invalid" || reason == "origin_not_allowed";
}

std::string random_secret() {
  std::string bytes(32, '\0');
  if (::getentropy(bytes.data(), bytes.size()) != 0) {
    throw Error(Code::UNAVAILABLE, "There are no random bytes.");
  }
  return bytes;
}

std::optional<std::string_view> cookie_value(std::string_view cookies, std::string_view name) {
  while (!cookies.empty()) {
    const auto end = cookies.find(';');
    const std::string_view pair = without_spaces(cookies.substr(0, end));
    cookies = end == std::string_view::npos ? std::string_view{} : cookies.substr(end + 1);
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
      return pair.substr(name.size() + 1);
    }
  }
  return {};
}

}  // namespace ignition::server
