#include "response.hpp"

#include <fmt/format.h>

#include <ctime>
#include <iterator>

namespace ignition::server {
namespace {

// Rule R33 and the parts of R30 that never change.
constexpr std::string_view kFixedFields =
    "\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "X-XSS-Protection: 1; mode=block\r\n"
    "Referrer-Policy: strict-origin-when-cross-origin\r\n"
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'\r\n"
    "Permissions-Policy: camera=(), geolocation=(), microphone=()\r\n"
    "Cross-Origin-Resource-Policy: same-site\r\n"
    "Vary: Origin\r\n"
    "Date: ";
constexpr std::string_view kStrictTransport = "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n";
constexpr std::string_view kExposed =
    "\r\nAccess-Control-Allow-Credentials: true\r\n"
    "Access-Control-Expose-Headers: Accept-Ranges, Content-Disposition, Content-Length, Content-Range, Content-Type, "
    "ETag, Idempotency-Replayed, Last-Modified, Retry-After, X-Blob-Category, X-Blob-Created, X-Blob-Id, X-CSRF-Token, "
    "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id\r\n";

std::string_view status_line(int status) {
  switch (status) {
    case 200:
      return "HTTP/1.1 200 OK";
    case 201:
      return "HTTP/1.1 201 Created";
    case 204:
      return "HTTP/1.1 204 No Content";
    case 304:
      return "HTTP/1.1 304 Not Modified";
    case 400:
      return "HTTP/1.1 400 Bad Request";
    case 401:
      return "HTTP/1.1 401 Unauthorized";
    case 403:
      return "HTTP/1.1 403 Forbidden";
    case 404:
      return "HTTP/1.1 404 Not Found";
    case 405:
      return "HTTP/1.1 405 Method Not Allowed";
    case 408:
      return "HTTP/1.1 408 Request Timeout";
    case 409:
      return "HTTP/1.1 409 Conflict";
    case 412:
      return "HTTP/1.1 412 Precondition Failed";
    case 413:
      return "HTTP/1.1 413 Content Too Large";
    case 416:
      return "HTTP/1.1 416 Range Not Satisfiable";
    case 429:
      return "HTTP/1.1 429 Too Many Requests";
    case 500:
      return "HTTP/1.1 500 Internal Server Error";
    case 501:
      return "HTTP/1.1 501 Not Implemented";
    case 503:
      return "HTTP/1.1 503 Service Unavailable";
    default:
      return {};
  }
}

// The present as RFC 9110, 5.6.7 wants it; made once a second.
std::string_view http_date() {
  thread_local std::time_t second = -1;
  thread_local char text[32];
  const std::time_t now = std::time(nullptr);
  if (now != second) {
    std::tm utc{};
    gmtime_r(&now, &utc);
    std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc);
    second = now;
  }
  return {text, 29};
}

}  // namespace

Response::Response(std::string& out, const ResponseFrame& frame, int status) : out_(out), frame_(frame) {
  if (const auto line = status_line(status); !line.empty()) {
    out_ += line;
  } else {
    fmt::format_to(std::back_inserter(out_), "HTTP/1.1 {} ", status);
  }
  out_ += kFixedFields;
  out_ += http_date();
  out_ += "\r\nX-Request-Id: ";
  out_ += frame.request_id;
  out_ += "\r\n";
  if (frame.secure) out_ += kStrictTransport;
  if (!frame.allowed_origin.empty()) {
    out_ += "Access-Control-Allow-Origin: ";
    out_ += frame.allowed_origin;
    out_ += kExposed;
  }
  if (frame.rate.limit > 0) {
    fmt::format_to(std::back_inserter(out_),
                   "X-RateLimit-Limit: {}\r\nX-RateLimit-Remaining: {}\r\nX-RateLimit-Reset: {}\r\n", frame.rate.limit,
                   frame.rate.remaining, frame.rate.reset);
  }
  if (frame.close) {
    out_ += "Connection: close\r\n";
  } else if (frame.tell_keep_alive) {
    out_ += "Connection: keep-alive\r\n";
  }
}

void Response::field(std::string_view name, std::string_view value) {
  out_ += name;
  out_ += ": ";
  out_ += value;
  out_ += "\r\n";
}

void Response::caching(Caching caching) {
  if (caching == Caching::no_store) out_ += "Cache-Control: no-store\r\n";
  if (caching == Caching::revalidate) out_ += "Cache-Control: private, no-cache\r\n";
}

void Response::etag(std::string_view tag) {
  out_ += "ETag: \"";
  out_ += tag;
  out_ += "\"\r\n";
}

void Response::length(std::string_view content_type, std::size_t n) {
  out_ += "Content-Type: ";
  out_ += content_type;
  out_ += "\r\nContent-Length: ";
  const fmt::format_int digits(n);
  out_.append(digits.data(), digits.size());
  out_ += "\r\n\r\n";
}

void Response::data(std::string_view json) {
  constexpr std::string_view before = R"({"success":true,"data":)";
  constexpr std::string_view after = R"(,"error":null})";
  if (json.empty()) json = "null";
  length("application/json", before.size() + json.size() + after.size());
  if (frame_.head) return;
  out_ += before;
  out_ += json;
  out_ += after;
}

void Response::error(const Error& error, compat::ErrorBody body) {
  const bool envelope = body == compat::ErrorBody::envelope;
  plain("application/json",
        envelope ? R"({"success":false,"data":null,"error":)" + error.json() + "}" : compat::error_json(body, error));
}

void Response::plain(std::string_view content_type, std::string_view body) {
  length(content_type, body.size());
  if (!frame_.head) out_ += body;
}

void Response::nothing() { out_ += "\r\n"; }

void preflight_fields(Response& response) {
  response.field("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE, OPTIONS");
  response.field("Access-Control-Allow-Headers",
                 "Accept, Accept-Language, Authorization, Content-Digest, Content-Language, Content-Type, "
                 "Idempotency-Key, If-Match, If-Modified-Since, If-None-Match, If-Range, If-Unmodified-Since, Range, "
                 "X-Blob-Metadata, X-Checksum-Sha256, X-Chunk-Crc32, X-Client-Type, X-CSRF-Token, X-Filename, "
                 "X-Request-Id");
  response.field("Access-Control-Max-Age", "600");
}

}  // namespace ignition::server
