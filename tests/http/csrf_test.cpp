// Requests that another site makes a browser send.
#include "csrf.hpp"

#include <doctest/doctest.h>

#include "http/stage.hpp"

using namespace ignition;
using namespace ignition::http_test;
using server::CsrfTokens;
using server::ForgeryFacts;

namespace {

constexpr std::string_view kSecret = "0123456789abcdef0123456789abcdef";
constexpr std::string_view kSession = "0194f5c0-0000-7000-8000-000000000002";

server::Settings settings() {
  server::Settings out;
  out.public_url = "https://api.example.com";
  out.frontend_url = "https://app.example.com";
  out.allowed_origins = std::vector<std::string>{};
  return out;
}

// The reason of the refusal; "" when the request may go on.
std::string judged(const ForgeryFacts& facts) {
  static const server::Protection protection(settings());
  static const CsrfTokens tokens{std::string(kSecret)};
  const auto why = server::forgery(facts, kSession, tokens, protection);
  if (why) CHECK(why->code() == Code::FORBIDDEN);
  return why ? why->reason() : "";
}

}  // namespace

TEST_CASE("a token is the one of the vector, and good for its session only") {
  std::array<std::uint8_t, 16> nonce{};
  for (std::uint8_t i = 0; i < 16; ++i) nonce[i] = i;
  const CsrfTokens tokens{std::string(kSecret)};
  const std::string token = tokens.make(kSession, nonce);
  CHECK(token == "000102030405060708090a0b0c0d0e0f.eda605ed76baed765ae7e81a35480528516c4a94f326a85c189eafb0e3a221d1");
  CHECK(tokens.is_valid(token, kSession));
  CHECK_FALSE(tokens.is_valid(token, CsrfTokens::kAnonymous));
  CHECK_FALSE(tokens.is_valid(token, "0194f5c0-0000-7000-8000-000000000003"));
  CHECK_FALSE(CsrfTokens("another secret of 32 bytes......").is_valid(token, kSession));
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == '0' ? '1' : '0';
    CHECK_FALSE(tokens.is_valid(changed, kSession));
  }
  for (const std::string& text : {std::string(), std::string("."), token + "0", token.substr(1), token.substr(0, 33)}) {
    CHECK_FALSE(tokens.is_valid(text, kSession));
  }
  const std::string fresh = tokens.make(kSession);
  CHECK(fresh.size() == 97);
  CHECK(fresh != tokens.make(kSession));
  CHECK(tokens.is_valid(fresh, kSession));
}

TEST_CASE("a write by cookie needs the token of its session twice (A29)") {
  const CsrfTokens tokens{std::string(kSecret)};
  const std::string right = tokens.make(kSession);
  const std::string other = tokens.make("0194f5c0-0000-7000-8000-000000000009");
  const auto with = [](std::optional<std::string_view> header, std::optional<std::string_view> cookie,
                       std::optional<std::string_view> origin) {
    return judged({.origin = origin, .header_token = header, .cookie_token = cookie, .by_cookie = true});
  };
  CHECK(with({}, {}, {}) == "csrf_missing");
  CHECK(with(right, {}, {}) == "csrf_missing");
  CHECK(with({}, right, {}) == "csrf_missing");
  CHECK(with(right, tokens.make(kSession), {}) == "csrf_invalid");
  CHECK(with(other, other, {}) == "csrf_invalid");
  CHECK(with(right, right, "https://evil.test") == "origin_not_allowed");
  CHECK(with(right, right, "null") == "origin_not_allowed");
  CHECK(with(right, right, {}) == "");
  CHECK(with(right, right, "https://app.example.com") == "");
}

TEST_CASE("an existing client shows its page instead of a token (A30)") {
  const auto with = [](std::optional<std::string_view> origin, std::optional<std::string_view> referer) {
    return judged({.origin = origin, .referer = referer, .by_cookie = true, .wants_token = false});
  };
  CHECK(with("https://app.example.com", {}) == "");
  CHECK(with({}, "https://app.example.com/settings?tab=1") == "");
  CHECK(with({}, "https://app.example.com.evil.test/") == "origin_not_allowed");
  CHECK(with({}, "https://app.example.com@evil.test/") == "origin_not_allowed");
  CHECK(with({}, "not a page") == "origin_not_allowed");
  CHECK(with({}, {}) == "origin_not_allowed");
  CHECK(with("https://evil.test", "https://app.example.com/") == "origin_not_allowed");
  // A token that is sent must be right all the same.
  CHECK(judged({.origin = "https://app.example.com",
                .header_token = "wrong",
                .cookie_token = "wrong",
                .by_cookie = true,
                .wants_token = false}) == "csrf_invalid");
}

TEST_CASE("without a cookie for a credential only a foreign page is refused") {
  CHECK(judged({}) == "");
  CHECK(judged({.origin = "https://app.example.com"}) == "");
  CHECK(judged({.origin = "https://evil.test"}) == "origin_not_allowed");
  CHECK(judged({.referer = "https://evil.test/"}) == "");
}

TEST_CASE("a cookie is found by its whole name") {
  CHECK(server::cookie_value("a=1; csrf_token=xyz; b=2", "csrf_token") == "xyz");
  CHECK(server::cookie_value("xcsrf_token=1;csrf_token=", "csrf_token") == "");
  CHECK_FALSE(server::cookie_value("csrf_tokens=1; my=csrf_token", "csrf_token").has_value());
  CHECK_FALSE(server::cookie_value("", "csrf_token").has_value());
}

TEST_CASE("a stranger's write from a foreign page is refused before anything runs") {
  auto local = Stage::local();
  local.local_user = false;
  Stage stage(local);
  const auto foreign = stage.client().post("/api/v1/things", "{}", "Origin: https://evil.test\r\n");
  CHECK(foreign.status == 403);
  CHECK(foreign.at("error.details.reason") == "origin_not_allowed");
  CHECK(stage.engine.calls == 0);
  CHECK(stage.client().get("/api/v1/open", "Origin: https://evil.test\r\n").status == 200);
  CHECK(stage.client().post("/api/v1/things", "{}", "Origin: http://localhost:3000\r\n").status == 401);
}

TEST_CASE("GET /csrf gives a token in body, field and cookie") {
  Stage stage;
  const auto answer = stage.client().get("/api/v1/csrf");
  CHECK(answer.status == 200);
  const std::string token = answer.at("data.csrf_token");
  CHECK(token.size() == 97);
  CHECK(answer.field("x-csrf-token") == token);
  CHECK(answer.field("set-cookie") == "csrf_token=" + token + "; Path=/; SameSite=Lax");
  CHECK(answer.field("cache-control") == "no-store");
}
