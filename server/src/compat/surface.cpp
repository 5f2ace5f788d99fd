#include "compat/surface.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "ignition/wire.hpp"

namespace ignition::server::compat {
namespace {

bool lies_under(std::string_view path, std::string_view prefix) {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

// The class of a refusal, as clients tell refusals apart.
std::string_view type_of(const Error& error) {
  if (error.reason() == "vault_locked") return "vault_locked";
  if (error.reason() == "origin_not_allowed") return "invalid_origin";
  if (error.reason().starts_with("csrf_")) return "csrf_violation";
  switch (error.code()) {
    case Code::VALIDATION_ERROR:
    case Code::RANGE_NOT_SATISFIABLE:
      return "validation_error";
    case Code::UNAUTHORIZED:
      return "unauthorized";
    case Code::FORBIDDEN:
      return "forbidden";
    case Code::NOT_FOUND:
      return "not_found";
    case Code::CONFLICT:
    case Code::PRECONDITION_FAILED:
      return "conflict";
    case Code::PAYLOAD_TOO_LARGE:
      return "payload_too_large";
    case Code::RATE_LIMITED:
      return "rate_limited";
    case Code::INTERNAL:
      return "internal_error";
    case Code::UNAVAILABLE:
      return "unavailable";
  }
  return "internal_error";
}

std::string said(const std::vector<Step>& steps) {
  std::vector<std::string_view> all;
  for (const Step& step : steps) {
    if (!step.says.empty()) all.push_back(step.says);
  }
  return fmt::format("{}", fmt::join(all, "; "));
}

std::string line_of(const Row& row) {
  std::string operations = fmt::format("{}", row.operation);
  for (const auto other : row.also) operations += fmt::format(", {}", other);
  std::string status = row.status == kAsOperation ? "the operation's" : std::to_string(row.status);
  for (const auto& [code, here] : row.statuses) status += fmt::format("; {} {}", here, name_of(code));
  return fmt::format("| {} {} | {} | {} | {} | {} |\n", name_of(row.method), fmt::join(row.paths, ", "), operations,
                     said(row.takes), said(row.gives), status);
}

constexpr std::string_view kIntroduction = R"(# The unversioned surface

<!-- Made of the table in server/src/compat by tests/http/compat_table_test.cpp: IGNITION_WRITE_GOLDEN=1 build/tests/test_http -->

Existing Ignition clients call paths outside `/api/v1`. The same operations answer them, through one table of small adapters
(`server/src/compat`): a row names its paths, the operation, what it changes in the request, and what it changes in the answer.

- Keys that the operation does not know, a `user_id` and empty query parameters are ignored; `Content-Type: application/json`
  may come with every request, also one without a body.
- An id that is malformed in a path is 404, in a body or query 400. What is not in the table is 404.
- `If-None-Match` and `Idempotency-Key` work as on the versioned surface.
- A refusal below `/auth`, `/api/auth`, `/admin`, `/api/admin`, `/admin-access`, `/settings`, `/api/settings`, `/user`,
  `/api/user` (but not `/api/user/inbox`), `/api/me`, `/market` and `/api/market` is
  `{"error": "<message>", "message", "code", "type", "details"}`; everywhere else it is
  `{"success": false, "error": {"code", "type", "message", "details"}, "message"}`. `code` is that of the versioned surface.

A row is added in the file of its part (`today.cpp`, `inbox.cpp`, `onboarding.cpp`, `progress.cpp`, `quests.cpp`, `market.cpp`, `planning.cpp`, `identity.cpp`,
`administration.cpp`); the words it is
made of stand in `steps.hpp`.
)";

}  // namespace

const std::vector<Part>& table() {
  static const std::vector<Part> all = {today(),  inbox(),    onboarding(), progress(),      quests(),
                                        market(), planning(), identity(),   administration()};
  return all;
}

ErrorBody error_body_of(std::string_view path) {
  static constexpr std::array<std::string_view, 12> kText = {
      "/auth",         "/api/auth", "/admin",    "/api/admin", "/admin-access", "/settings",
      "/api/settings", "/user",     "/api/user", "/api/me",    "/market",       "/api/market"};
  if (lies_under(path, "/api/v1") || !path.starts_with('/')) return ErrorBody::envelope;
  if (lies_under(path, "/api/user/inbox")) return ErrorBody::object;
  const bool text = std::ranges::any_of(kText, [&](std::string_view prefix) { return lies_under(path, prefix); });
  return text ? ErrorBody::text : ErrorBody::object;
}

std::string error_json(ErrorBody body, const Error& error) {
  std::string message;
  write_json_string(message, error.message());
  const std::string inner = fmt::format(R"("code":"{}","type":"{}","details":{})", name_of(error.code()),
                                        type_of(error), error.details_json());
  if (body == ErrorBody::text) return fmt::format(R"({{"error":{0},"message":{0},{1}}})", message, inner);
  return fmt::format(R"({{"success":false,"error":{{{1},"message":{0}}},"message":{0}}})", message, inner);
}

std::string document() {
  std::string out(kIntroduction);
  for (const Part& part : table()) {
    out += fmt::format(
        "\n## {}\n\n| Call | Operations | Of the request | Of the answer | Status |\n|---|---|---|---|---|\n",
        part.title);
    for (const Row& row : part.rows) out += line_of(row);
  }
  return out;
}

}  // namespace ignition::server::compat
