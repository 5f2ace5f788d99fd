#include "ignition/error.hpp"

#include "ignition/describe.hpp"
#include "ignition/wire.hpp"

namespace ignition {

std::string_view name_of(Code code) { return name_of<Code>(code); }

int http_status(Code code) {
  switch (code) {
    case Code::VALIDATION_ERROR:
      return 400;
    case Code::UNAUTHORIZED:
      return 401;
    case Code::FORBIDDEN:
      return 403;
    case Code::NOT_FOUND:
      return 404;
    case Code::CONFLICT:
      return 409;
    case Code::PRECONDITION_FAILED:
      return 412;
    case Code::PAYLOAD_TOO_LARGE:
      return 413;
    case Code::RANGE_NOT_SATISFIABLE:
      return 416;
    case Code::RATE_LIMITED:
      return 429;
    case Code::INTERNAL:
      return 500;
    case Code::UNAVAILABLE:
      return 503;
  }
  return 500;
}

Error&& Error::because(std::string reason) && {
  reason_ = std::move(reason);
  return std::move(*this);
}

Error&& Error::about(std::vector<FieldError> fields) && {
  fields_ = std::move(fields);
  if (reason_.empty() && !fields_.empty()) reason_ = fields_.front().code;
  return std::move(*this);
}

Error&& Error::with(std::string_view key, std::string_view text) && {
  std::string json;
  write_json_string(json, text);
  details_.emplace_back(key, std::move(json));
  return std::move(*this);
}

Error&& Error::with(std::string_view key, std::int64_t number) && {
  details_.emplace_back(key, std::to_string(number));
  return std::move(*this);
}

Error&& Error::with_json(std::string_view key, std::string json) && {
  details_.emplace_back(key, std::move(json));
  return std::move(*this);
}

Error&& Error::by(LimitHit hit) && {
  details_.emplace_back("class", '"' + hit.rate_class + '"');
  details_.emplace_back("limit", std::to_string(hit.limit));
  details_.emplace_back("retry_after", std::to_string(hit.retry_after.count()));
  limit_hit_ = std::move(hit);
  return std::move(*this);
}

Error Error::replayed(Code code, std::string message, std::string details_json) {
  Error error(code, std::move(message));
  error.replayed_details_ = std::move(details_json);
  return error;
}

std::string Error::details_json() const {
  if (is_replayed()) return replayed_details_;
  std::string out = "{";
  const auto key = [&out](std::string_view name) {
    if (out.size() > 1) out += ',';
    write_json_string(out, name);
    out += ':';
  };
  if (!reason_.empty()) {
    key("reason");
    write_json_string(out, reason_);
  }
  if (!fields_.empty()) {
    key("fields");
    out += '[';
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      out += i == 0 ? "{\"field\":" : ",{\"field\":";
      write_json_string(out, fields_[i].field);
      out += ",\"code\":";
      write_json_string(out, fields_[i].code);
      out += ",\"message\":";
      write_json_string(out, fields_[i].message);
      out += '}';
    }
    out += ']';
  }
  for (const auto& [name, json] : details_) {
    key(name);
    out += json;
  }
  out += '}';
  return out;
}

std::string Error::json() const {
  std::string out = "{\"code\":\"";
  out += name_of(code_);
  out += "\",\"message\":";
  write_json_string(out, message_);
  out += ",\"details\":";
  out += details_json();
  out += '}';
  return out;
}

Error not_found(std::string_view what) {
  return Error(Code::NOT_FOUND, fmt::format("There is no such {}.", what)).because("not_found");
}

Error unlinked(std::string_view field) {
  return Error(Code::NOT_FOUND, fmt::format("What {} points to does not exist.", field))
      .because("unknown_link")
      .with("field", field);
}

Error conflict(std::string reason, std::string message) {
  return Error(Code::CONFLICT, std::move(message)).because(std::move(reason));
}

Error forbidden(std::string reason, std::string message) {
  return Error(Code::FORBIDDEN, std::move(message)).because(std::move(reason));
}

Error rate_limited(LimitHit hit) {
  return Error(Code::RATE_LIMITED, "Too many requests; try again later.").because("rate_limited").by(std::move(hit));
}

Error invalid(std::string field, std::string code, std::string message) {
  return invalid({{std::move(field), std::move(code), std::move(message)}});
}

Error invalid(std::vector<FieldError> fields) {
  std::string message = fields.size() == 1 ? fields.front().field + ": " + fields.front().message
                                           : fmt::format("{} fields were refused.", fields.size());
  return Error(Code::VALIDATION_ERROR, std::move(message)).about(std::move(fields));
}

}  // namespace ignition
