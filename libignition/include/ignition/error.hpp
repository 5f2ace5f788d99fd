// The one exception type of the library. Codes form a closed set; every shell maps them once (HTTP status, Python
// class, JavaScript error, exit status).
#pragma once

#include <fmt/format.h>

#include <boost/describe/enum.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ignition {

enum class Code : unsigned char {
  VALIDATION_ERROR,
  UNAUTHORIZED,
  FORBIDDEN,
  NOT_FOUND,
  CONFLICT,
  PAYLOAD_TOO_LARGE,
  RATE_LIMITED,
  INTERNAL,
  UNAVAILABLE,
  PRECONDITION_FAILED,
  RANGE_NOT_SATISFIABLE,
};
BOOST_DESCRIBE_ENUM(Code, VALIDATION_ERROR, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, CONFLICT, PAYLOAD_TOO_LARGE,
                    RATE_LIMITED, INTERNAL, UNAVAILABLE, PRECONDITION_FAILED, RANGE_NOT_SATISFIABLE)

std::string_view name_of(Code code);
int http_status(Code code);

// One refused input field. `field` is the JSON path from the input's root, for example `milestones[2].title`.
struct FieldError {
  std::string field;
  std::string code;  // stable snake_case word
  std::string message;
};

// The rate limit that refused somebody (rule R32).
struct LimitHit {
  std::string rate_class;
  std::int64_t limit = 0;
  std::chrono::seconds retry_after{0};
};

class Error : public std::exception {
 public:
  Error(Code code, std::string message) : code_(code), message_(std::move(message)) {}

  Code code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::string& reason() const { return reason_; }
  const std::vector<FieldError>& fields() const { return fields_; }
  // Of RATE_LIMITED, when it was a limit of rule R32.
  const std::optional<LimitHit>& limit_hit() const { return limit_hit_; }
  const char* what() const noexcept override { return message_.c_str(); }

  // Stable snake_case word, `details.reason`.
  Error&& because(std::string reason) &&;
  Error&& about(std::vector<FieldError> fields) &&;
  // One more entry of `details`: a text, a number or a truth value.
  Error&& with(std::string_view key, std::string_view text) &&;
  Error&& with(std::string_view key, std::int64_t number) &&;
  // One more entry of `details`, given as JSON.
  Error&& with_json(std::string_view key, std::string json) &&;

  // The limit, which becomes entries of `details` too.
  Error&& by(LimitHit hit) &&;

  // A refusal that is answered again because its idempotency key came again.
  static Error replayed(Code code, std::string message, std::string details_json);
  bool is_replayed() const { return !replayed_details_.empty(); }

  // `details` as a JSON object; `{}` when there is nothing to tell.
  std::string details_json() const;
  // `{"code": ..., "message": ..., "details": ...}`
  std::string json() const;

 private:
  Code code_;
  std::string message_;
  std::string reason_;
  std::vector<FieldError> fields_;
  std::vector<std::pair<std::string, std::string>> details_;  // key, JSON
  std::optional<LimitHit> limit_hit_;
  std::string replayed_details_;
};

// What domains throw. Messages speak of the domain's things, never of tables, SQL or paths.
Error not_found(std::string_view what);  // "There is no such <what>."
Error unlinked(std::string_view field);  // a well-formed id in a body that is unknown or somebody else's
Error conflict(std::string reason, std::string message);
Error forbidden(std::string reason, std::string message);
Error rate_limited(LimitHit hit);
Error invalid(std::string field, std::string code, std::string message);
Error invalid(std::vector<FieldError> fields);

}  // namespace ignition
