#include "request.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

#include "text.hpp"

namespace ignition::server {
namespace {

namespace http = boost::beast::http;

// Fields that must not come twice: two readers could each believe another one.
constexpr bool is_single(Header h) {
  switch (h) {
    case Header::host:
    case Header::origin:
    case Header::authorization:
    case Header::content_type:
    case Header::idempotency_key:
    case Header::request_method:
    case Header::sec_fetch_site:
    case Header::client_ip:
      return true;
    default:
      return false;
  }
}

std::optional<Header> header_of(http::field f, std::string_view name) {
  switch (f) {
    case http::field::host:
      return Header::host;
    case http::field::origin:
      return Header::origin;
    case http::field::authorization:
      return Header::authorization;
    case http::field::content_type:
      return Header::content_type;
    case http::field::cookie:
      return Header::cookie;
    case http::field::referer:
      return Header::referer;
    case http::field::expect:
      return Header::expect;
    case http::field::if_match:
      return Header::if_match;
    case http::field::if_none_match:
      return Header::if_none_match;
    case http::field::access_control_request_method:
      return Header::request_method;
    case http::field::user_agent:
      return Header::user_agent;
    case http::field::forwarded:
      return Header::forwarded;
    case http::field::sec_fetch_site:
      return Header::sec_fetch_site;
    case http::field::unknown:
      break;
    default:
      return {};
  }
  if (equal_ignoring_case(name, "Idempotency-Key")) return Header::idempotency_key;
  if (equal_ignoring_case(name, "X-Request-Id")) return Header::request_id;
  if (equal_ignoring_case(name, "X-Forwarded-For")) return Header::forwarded_for;
  if (equal_ignoring_case(name, "X-Forwarded-Proto")) return Header::forwarded_proto;
  if (equal_ignoring_case(name, "X-CSRF-Token")) return Header::csrf_token;
  if (equal_ignoring_case(name, "X-Client-Type")) return Header::client_type;
  if (equal_ignoring_case(name, "X-Real-IP")) return Header::real_ip;
  if (equal_ignoring_case(name, "CF-Connecting-IP")) return Header::connecting_ip;
  return {};
}

}  // namespace

RequestReader::RequestReader(const Settings& settings, std::string& chunked_body)
    : settings_(settings), chunked_body_(chunked_body) {
  header_limit(static_cast<std::uint32_t>(settings.max_request_line + settings.max_header_bytes + 1024));
  body_limit(boost::none);  // a declared length is judged after the host and the client
}

bool RequestReader::advance(std::string_view buffer) {
  base_ = buffer.data();
  buffered_ = buffer.size();
  while (!is_done()) {
    if (taken_ == buffered_) return false;
    const bool in_header = !is_header_done();
    error_code ec;
    taken_ += put(boost::asio::buffer(base_ + taken_, buffered_ - taken_), ec);
    if (ec == http::error::need_more) {
      if (in_header && line_end_ == 0 && buffered_ > settings_.max_request_line) {
        error_ = ReadError::request_line_too_large;
      } else if (in_header && line_end_ != 0 && buffered_ - line_end_ > settings_.max_header_bytes) {
        error_ = ReadError::header_too_large;
      } else if (!in_header && chunked() && buffered_ - taken_ > settings_.max_header_bytes) {
        error_ = ReadError::malformed;  // an endless chunk extension or trailer
      }
      return error_ != ReadError::none;
    }
    if (ec) {
      if (ec == http::error::header_limit) error_ = ReadError::header_too_large;
      if (error_ == ReadError::none) error_ = ReadError::malformed;
      return true;
    }
    if (in_header && is_header_done()) {
      header_end_ = taken_;
      return true;
    }
  }
  return true;
}

std::string_view RequestReader::get(std::string_view buffer, Header h) const {
  const Slice& found = slices_[static_cast<std::size_t>(h)];
  return found.present ? buffer.substr(found.at, found.size) : std::string_view{};
}

std::string_view RequestReader::body(std::string_view buffer) const {
  if (chunked()) return chunked_body_;
  return buffer.substr(header_end_, static_cast<std::size_t>(declared_));
}

RequestReader::Slice RequestReader::slice(string_view text) const {
  return {static_cast<std::uint32_t>(text.data() - base_), static_cast<std::uint32_t>(text.size()), true};
}

bool RequestReader::remember(Header h, string_view value) {
  Slice& place = slices_[static_cast<std::size_t>(h)];
  if (place.present && is_single(h)) return false;
  // Of a repeated list the last line counts: what proxies near the server wrote stands there.
  place = value.empty() ? Slice{0, 0, true} : slice(value);
  return true;
}

void RequestReader::fail(ReadError why, error_code& ec) {
  error_ = why;
  ec = make_error_code(http::error::bad_field);
}

void RequestReader::on_request_impl(http::verb method, string_view, string_view target, int version, error_code& ec) {
  method_ = method;
  version_ = version;
  target_ = slice(target);
  line_end_ = target_.at + target_.size + std::size_t{11};  // " HTTP/1.1\r\n"
  if (line_end_ > settings_.max_request_line) fail(ReadError::request_line_too_large, ec);
}

void RequestReader::on_field_impl(http::field f, string_view name, string_view value, error_code& ec) {
  if (++fields_ > settings_.max_header_fields) return fail(ReadError::header_too_large, ec);
  if (is_header_done()) return;  // a trailer tells nothing that we use
  const bool folded = !value.empty() && (value.data() < base_ || value.data() >= base_ + buffered_);
  if (folded) return fail(ReadError::malformed, ec);  // RFC 9112, 5.2
  const std::size_t end = static_cast<std::size_t>(name.data() - base_) + name.size() + value.size() + 4;
  if (end - line_end_ > settings_.max_header_bytes) return fail(ReadError::header_too_large, ec);
  if (f == http::field::transfer_encoding) {
    // Anything but `chunked` alone, and any coding in HTTP/1.0, is read differently by different programs.
    if (version_ < 11 || !equal_ignoring_case({value.data(), value.size()}, "chunked")) {
      fail(ReadError::malformed, ec);
    }
    return;
  }
  if (f == http::field::content_length && value.find_first_not_of("0123456789") != string_view::npos) {
    return fail(ReadError::malformed, ec);  // a list, a sign or a space
  }
  const std::string_view own_name(name.data(), name.size());
  const bool own = !settings_.client_ip_header.empty() && equal_ignoring_case(own_name, settings_.client_ip_header);
  if (own && !remember(Header::client_ip, value)) return fail(ReadError::malformed, ec);
  const auto h = header_of(f, own_name);
  if (h && !remember(*h, value)) fail(ReadError::malformed, ec);
}

void RequestReader::on_header_impl(error_code&) {
  declared_ = 0;
  if (!chunked()) declared_ = content_length().value_or(0);
}

std::size_t RequestReader::on_chunk_body_impl(std::uint64_t, string_view body, error_code& ec) {
  if (chunked_body_.size() + body.size() > settings_.max_body_bytes) {
    fail(ReadError::body_too_large, ec);
    return 0;
  }
  chunked_body_.append(body.data(), body.size());
  return body.size();
}

}  // namespace ignition::server
