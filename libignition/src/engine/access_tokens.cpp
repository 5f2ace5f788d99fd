#include "ignition/access_tokens.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ignition/secrets.hpp"
#include "ignition/wire.hpp"

namespace ignition {
namespace {

constexpr std::size_t kMostBytes = 4096;
constexpr std::string_view kAlgorithm = "HS256";
constexpr std::string_view kType = "JWT";
constexpr std::string_view kAudience = "ignition";
constexpr std::string_view kPurpose = "access";
constexpr std::int64_t kLeeway = 30;  // seconds that the clocks of two servers may differ

struct Header {
  std::string alg;
  std::string typ;
  std::string kid;
};
BOOST_DESCRIBE_STRUCT(Header, (), (alg, typ, kid))

struct Claims {
  std::string iss;
  std::string aud;
  Uuid sub;
  Uuid sid;
  Uuid jti;
  std::string typ;
  std::int64_t iat = 0;
  std::int64_t nbf = 0;
  std::int64_t exp = 0;
};
BOOST_DESCRIBE_STRUCT(Claims, (), (iss, aud, sub, sid, jti, typ, iat, nbf, exp))

std::string base64url_of(std::string_view text) {
  return base64url({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

std::int64_t seconds_of(Instant t) { return t.us / 1'000'000; }

// One part of a token: every key of T once, and no other.
template <class T>
std::optional<T> part(std::string_view text) {
  const auto json = from_base64url(text);
  if (!json) return {};
  try {
    return from_json<T>(*json);
  } catch (const Error&) {
    return {};
  }
}

std::string key_id(std::string_view secret) { return token_hash(secret).substr(0, 8); }

}  // namespace

AccessTokens::AccessTokens(const Config& config)
    : issuer_(config.public_url), current_{key_id(config.jwt_secret), config.jwt_secret} {
  const std::string& previous = config.jwt_secret_previous;
  if (!previous.empty()) previous_ = Key{key_id(previous), previous};
}

const AccessTokens::Key* AccessTokens::key(std::string_view id) const {
  if (id == current_.id) return &current_;
  return previous_ && id == previous_->id ? &*previous_ : nullptr;
}

std::string AccessTokens::sign(const AccessClaims& claims) const {
  const Header header{.alg = std::string(kAlgorithm), .typ = std::string(kType), .kid = current_.id};
  const std::int64_t issued = seconds_of(claims.issued_at);
  const Claims all{.iss = issuer_,
                   .aud = std::string(kAudience),
                   .sub = claims.user,
                   .sid = claims.session,
                   .jti = claims.id,
                   .typ = std::string(kPurpose),
                   .iat = issued,
                   .nbf = issued,
                   .exp = seconds_of(claims.expires_at)};
  std::string token = base64url_of(to_json(header)) + "." + base64url_of(to_json(all));
  token += "." + base64url(hmac_sha256(current_.secret, token));
  return token;
}

std::optional<AccessClaims> AccessTokens::verify(std::string_view token, Instant now) const {
  if (token.size() > kMostBytes || !is_access_token(token)) return {};
  const auto first = token.find('.');
  const auto second = token.find('.', first + 1);
  const auto header = part<Header>(token.substr(0, first));
  if (!header || header->alg != kAlgorithm || header->typ != kType) return {};
  const Key* with = key(header->kid);
  if (with == nullptr) return {};
  if (!same_secret(base64url(hmac_sha256(with->secret, token.substr(0, second))), token.substr(second + 1))) return {};
  const auto claims = part<Claims>(token.substr(first + 1, second - first - 1));
  if (!claims || claims->iss != issuer_ || claims->aud != kAudience || claims->typ != kPurpose) return {};
  const std::int64_t time = seconds_of(now);
  const bool begun = claims->iat <= time + kLeeway && claims->nbf <= time + kLeeway;
  if (!begun || claims->exp <= time - kLeeway) return {};
  return AccessClaims{.user = claims->sub,
                      .session = claims->sid,
                      .id = claims->jti,
                      .issued_at = {claims->iat * 1'000'000},
                      .expires_at = {claims->exp * 1'000'000}};
}

bool is_access_token(std::string_view token) { return std::ranges::count(token, '.') == 2; }

}  // namespace ignition
