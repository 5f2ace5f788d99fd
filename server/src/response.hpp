// Writes HTTP responses into a connection's output.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "compat/surface.hpp"
#include "ignition/error.hpp"

namespace ignition::server {

// What a limited client may still do; of the tightest of its limits.
struct RateHeaders {
  int limit = 0;  // 0 = not limited
  std::int64_t remaining = 0;
  std::int64_t reset = 0;  // Unix seconds
};

// What every response of one exchange shares.
struct ResponseFrame {
  std::string_view request_id;
  std::string_view allowed_origin;  // "" = the origin is foreign, or there is none
  bool secure = false;              // the client speaks TLS
  bool head = false;                // the client wants no body
  bool close = false;
  RateHeaders rate{};
  bool tell_keep_alive = false;  // an HTTP/1.0 client that wants to go on
};

enum class Caching : std::uint8_t { none, no_store, revalidate };

// One response: `begin`, any of the fields, then exactly one ending. Throws nothing but std::bad_alloc.
class Response {
 public:
  Response(std::string& out, const ResponseFrame& frame, int status);

  void field(std::string_view name, std::string_view value);
  void caching(Caching caching);
  void etag(std::string_view tag);  // without quotes

  // Endings.
  void data(std::string_view json);  // in the envelope
  void error(const Error& error, compat::ErrorBody body);
  void plain(std::string_view content_type, std::string_view body);
  void nothing();                                             // 204 and 304
  void length(std::string_view content_type, std::size_t n);  // a body of n bytes follows

 private:
  std::string& out_;
  const ResponseFrame& frame_;
};

inline constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// Answers to a preflight request (rule R30), for an allowed origin.
void preflight_fields(Response& response);

}  // namespace ignition::server
