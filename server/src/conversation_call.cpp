// What a request asks for: its target, its parameters, its body.
#include "conversation.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/pct_string_view.hpp>

#include "text.hpp"

namespace ignition::server {
namespace {

using boost::beast::http::verb;

std::optional<Method> method_of(verb v) {
  switch (v) {
    case verb::get:
    case verb::head:
      return Method::GET;
    case verb::post:
      return Method::POST;
    case verb::put:
      return Method::PUT;
    case verb::patch:
      return Method::PATCH;
    case verb::delete_:
      return Method::DELETE;
    default:
      return {};
  }
}

// `application/json`, with or without parameters; a charset must be UTF-8.
bool is_json(std::string_view content_type) {
  const auto semicolon = content_type.find(';');
  if (!equal_ignoring_case(without_spaces(content_type.substr(0, semicolon)), "application/json")) return false;
  if (semicolon == std::string_view::npos) return true;
  const std::string parameters = lower_case(content_type.substr(semicolon));
  const auto charset = parameters.find("charset=");
  return charset == std::string::npos || parameters.find("utf-8", charset) != std::string::npos;
}

// `application/x-www-form-urlencoded` and `text/plain`, with or without parameters.
TextBody text_body_of(std::string_view content_type) {
  const auto type = without_spaces(content_type.substr(0, content_type.find(';')));
  if (equal_ignoring_case(type, "text/plain")) return TextBody::plain;
  if (equal_ignoring_case(type, "application/x-www-form-urlencoded")) return TextBody::form;
  return TextBody::none;
}

bool is_idempotency_key(std::string_view key) {
  return !key.empty() && key.size() <= 128 &&
         std::all_of(key.begin(), key.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

// Operations that detect lost updates take the tag that the client holds as a field of their input.
bool takes_if_match(const Operation& operation) {
  const auto fields = operation.input->fields;
  return std::any_of(fields.begin(), fields.end(), [](const Field& field) { return field.name == "if_match"; });
}

}  // namespace

bool Conversation::read_call(std::string& out) {
  const std::string_view body = reader_->body(bytes());
  if (!body.empty() && is_safe()) {
    refuse(out, Error(Code::VALIDATION_ERROR, "A GET request has no body.").because("unexpected_body"));
    return false;
  }
  const std::size_t text_bytes = exchange_.endpoint->operation->text_bytes;
  if (text_bytes > 0 && body.size() > text_bytes) {
    refuse(out, Error(Code::PAYLOAD_TOO_LARGE, "The body is too large.")
                    .because("body_too_large")
                    .with("limit", static_cast<std::int64_t>(text_bytes)));
    return false;
  }
  const TextBody text = body.empty() || text_bytes == 0 ? TextBody::none : text_body_of(header(Header::content_type));
  if (!body.empty() && text == TextBody::none && !is_json(header(Header::content_type))) {
    refuse(
        out,
        Error(Code::VALIDATION_ERROR, "The body must be application/json in UTF-8.").because("unsupported_media_type"));
    return false;
  }
  const auto key = header_if(Header::idempotency_key);
  if (key && !is_idempotency_key(*key)) {
    refuse(out, invalid("Idempotency-Key", "malformed", "must be 1 to 128 printable ASCII characters"));
    return false;
  }
  call_ = Call{.operation = exchange_.endpoint->operation->name,
               .body = text == TextBody::none ? body : std::string_view{},
               .idempotency_key = key.value_or(""),
               .if_none_match = header(Header::if_none_match)};
  return read_parameters(out) && read_text(out, text, body);
}

bool Conversation::read_text(std::string& out, TextBody text, std::string_view body) {
  if (text == TextBody::none) return true;
  bool valid = simdjson::validate_utf8(body.data(), body.size()) && body.find('\0') == std::string_view::npos;
  if (text == TextBody::plain) {
    query_pairs_.emplace_back("content", body);
  } else {
    valid = valid && read_pairs(body);
  }
  call_.query = query_pairs_;
  if (!valid) refuse(out, Error(Code::VALIDATION_ERROR, "The body is not valid UTF-8.").because("malformed_body"));
  return valid;
}

bool Conversation::read_pairs(std::string_view rest) {
  while (!rest.empty()) {
    const auto end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    const auto name = decoded(pair.substr(0, equals), true);
    const auto value = decoded(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1), true);
    if (!name || !value) return false;
    query_pairs_.emplace_back(*name, *value);
  }
  return true;
}

bool Conversation::read_parameters(std::string& out) {
  path_pairs_.clear();
  query_pairs_.clear();
  texts_.clear();
  const auto malformed = [&](std::string_view where) {
    refuse(out,
           Error(Code::VALIDATION_ERROR, fmt::format("The {} is not valid UTF-8.", where)).because("malformed_target"));
    return false;
  };
  const auto& names = exchange_.endpoint->parameters;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto value = decoded(match_.values[i], false);
    if (!value) return malformed("path");
    path_pairs_.emplace_back(names[i], *value);
  }
  if (!read_pairs(query_)) return malformed("query");
  const auto tag = header_if(Header::if_match);
  if (tag && takes_if_match(*exchange_.endpoint->operation)) query_pairs_.emplace_back("if_match", *tag);
  call_.path = path_pairs_;
  call_.query = query_pairs_;
  return true;
}

bool Conversation::parse_target() {
  host_ = header(Header::host);
  path_ = query_ = {};
  std::string_view target = reader_->target(bytes());
  if (target == "*" && reader_->method() == verb::options) {
    path_ = target;
    return true;
  }
  if (!target.starts_with('/')) {
    // The absolute form, whose host wins over the field (RFC 9112, 3.2.2).
    const auto scheme = target.find("://");
    if (scheme == std::string_view::npos) return false;
    if (const auto name = target.substr(0, scheme);
        !equal_ignoring_case(name, "http") && !equal_ignoring_case(name, "https")) {
      return false;
    }
    target.remove_prefix(scheme + 3);
    const auto slash = target.find('/');
    if (slash == std::string_view::npos) return false;
    host_ = target.substr(0, slash);
    target.remove_prefix(slash);
  }
  const auto url = boost::urls::parse_origin_form({target.data(), target.size()});
  if (!url) return false;
  const auto path = url->encoded_path();
  const auto query = url->encoded_query();
  path_ = {path.data(), path.size()};
  query_ = {query.data(), query.size()};
  return true;
}

void Conversation::route() {
  const auto method = method_of(reader_->method());
  if (!method || !target_valid_) return;
  match_ = site_.router.find(*method, path_);
  exchange_.endpoint = match_.endpoint;
}

std::optional<std::string_view> Conversation::decoded(std::string_view text, bool plus_is_space) {
  const bool encoded =
      text.find('%') != std::string_view::npos || (plus_is_space && text.find('+') != std::string_view::npos);
  if (!encoded) return text;  // ASCII: the target is well-formed
  const boost::urls::encoding_opts options(plus_is_space);
  std::string& plain =
      texts_.emplace_back(boost::urls::make_pct_string_view({text.data(), text.size()})->decode(options));
  const bool readable = plain.find('\0') == std::string::npos && simdjson::validate_utf8(plain.data(), plain.size());
  if (!readable) return {};
  return plain;
}

}  // namespace ignition::server
