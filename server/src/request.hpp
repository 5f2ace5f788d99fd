// Reads HTTP/1.x requests out of a buffer, without copying: what it remembers are places in that buffer.
#pragma once

#include <array>
#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ignition/server.hpp"

namespace ignition::server {

// Header fields that the server looks at.
enum class Header : std::uint8_t {
  host,
  origin,
  authorization,
  content_type,
  cookie,
  expect,
  idempotency_key,
  if_match,
  if_none_match,
  request_method,  // Access-Control-Request-Method
  user_agent,
  request_id,
  sec_fetch_site,
  forwarded,
  forwarded_for,
  forwarded_proto,
  real_ip,
  connecting_ip,
  referer,
  csrf_token,   // X-CSRF-Token
  client_type,  // X-Client-Type
  client_ip,    // the one named by CLIENT_IP_HEADER
  count_,
};

// Why a request cannot be read; the connection ends after the answer.
enum class ReadError : std::uint8_t {
  none,
  malformed,
  request_line_too_large,
  header_too_large,
  body_too_large,
};

class RequestReader final : public boost::beast::http::basic_parser<true> {
 public:
  // Chunked bodies are collected in `chunked_body`; both must outlive the reader.
  RequestReader(const Settings& settings, std::string& chunked_body);

  // Takes bytes from `buffer`, in which the request begins at 0 and the first `taken()` bytes were taken by earlier
  // calls. Stops at the end of the header, then at the end of the body. False when it needs more bytes; look at error()
  // when true.
  bool advance(std::string_view buffer);

  std::size_t taken() const { return taken_; }
  // After the buffer lost its first `n` bytes behind the header.
  void dropped(std::size_t n) { taken_ -= n; }

  ReadError error() const { return error_; }
  bool header_complete() const { return header_end_ != 0; }
  bool complete() const { return is_done(); }
  std::size_t header_end() const { return header_end_; }

  int version() const { return version_; }  // 10 or 11
  boost::beast::http::verb method() const { return method_; }
  std::string_view target(std::string_view buffer) const { return buffer.substr(target_.at, target_.size); }
  bool has(Header h) const { return slices_[static_cast<std::size_t>(h)].present; }
  // The field's value; "" when it did not come. Of a field that came more than once, the last.
  std::string_view get(std::string_view buffer, Header h) const;
  // The declared or collected body.
  std::string_view body(std::string_view buffer) const;
  std::size_t body_size() const { return chunked() ? chunked_body_.size() : static_cast<std::size_t>(declared_); }
  std::uint64_t declared_length() const { return declared_; }
  bool announces_body() const { return declared_ > 0 || chunked(); }

 private:
  using error_code = boost::beast::error_code;
  using string_view = boost::beast::string_view;
  struct Slice {
    std::uint32_t at = 0;
    std::uint32_t size = 0;
    bool present = false;
  };

  Slice slice(string_view text) const;
  bool remember(Header h, string_view value);
  void fail(ReadError why, error_code& ec);

  void on_request_impl(boost::beast::http::verb method, string_view method_text, string_view target, int version,
                       error_code& ec) override;
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(boost::beast::http::field f, string_view name, string_view value, error_code& ec) override;
  void on_header_impl(error_code& ec) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view body, error_code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t remain, string_view body, error_code& ec) override;
  void on_finish_impl(error_code&) override {}

  const Settings& settings_;
  std::string& chunked_body_;
  const char* base_ = nullptr;
  std::size_t buffered_ = 0;
  std::size_t taken_ = 0;
  std::size_t line_end_ = 0;
  std::size_t header_end_ = 0;
  std::size_t fields_ = 0;
  std::uint64_t declared_ = 0;
  int version_ = 11;
  boost::beast::http::verb method_ = boost::beast::http::verb::unknown;
  ReadError error_ = ReadError::none;
  Slice target_;
  std::array<Slice, static_cast<std::size_t>(Header::count_)> slices_{};
};

}  // namespace ignition::server
