// Requests that another site makes a browser send (rule R29).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ignition/error.hpp"
#include "ignition/sha256.hpp"
#include "protection.hpp"

namespace ignition::server {

// What the rule reads of a request that may change something.
struct ForgeryFacts {
  std::optional<std::string_view> origin;
  std::optional<std::string_view> referer;
  std::optional<std::string_view> header_token;  // X-CSRF-Token
  std::optional<std::string_view> cookie_token;  // the cookie csrf_token
  bool by_cookie = false;                        // the caller's credential came as a cookie
  bool wants_token = true;                       // false on the unversioned surface, whose clients send none
};

// Makes and checks tokens for the double submit: `<32 hex nonce>.<64 hex mac>`, bound to a session.
class CsrfTokens {
 public:
  static constexpr std::string_view kAnonymous = "anon";  // the binding without a session
  static constexpr std::string_view kCookie = "csrf_token";

  explicit CsrfTokens(std::string auth_secret) : secret_(std::move(auth_secret)) {}

  std::string make(std::string_view binding, const std::array<std::uint8_t, 16>& nonce) const;
  // With a nonce that nobody can guess.
  std::string make(std::string_view binding) const;
  bool is_valid(std::string_view token, std::string_view binding) const;

 private:
  Sha256 mac(std::string_view binding, std::string_view nonce) const;

  const std::string secret_;
};

// Why the request is refused; nothing when it may go on. A present Origin must always be allowed.
std::optional<Error> forgery(const ForgeryFacts& facts, std::string_view binding, const CsrfTokens& tokens,
                             const Protection& protection);

// Whether a refusal's reason is one of forgery()'s.
bool is_forgery(std::string_view reason);

// 32 bytes that nobody can guess, for a process that was given no secret.
std::string random_secret();

// The value of the first cookie with this name in a Cookie field.
std::optional<std::string_view> cookie_value(std::string_view cookies, std::string_view name);

}  // namespace ignition::server
