#include "compat/row.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ignition::server::compat {
namespace {

using Texts = std::vector<std::pair<std::string, std::string>>;
using Views = std::vector<std::pair<std::string_view, std::string_view>>;

Views views(const Texts& texts) { return {texts.begin(), texts.end()}; }

// Existing clients send ids of users, which nobody may choose, and parameters that they have no value for.
Request request_of(const Call& call) {
  Request request;
  if (call.body.find_first_not_of(" \t\r\n") != std::string_view::npos) {
    request.body = Value::json(compact_json(call.body).text);
    if (!request.body.is_object()) throw invalid("", "wrong_type", "the body must be an object");
  }
  request.body.take("user_id");
  for (const auto& [name, value] : call.path) {
    request.path.emplace_back(name, value);
    request.body.take(name);
  }
  for (const auto& [name, value] : call.query) {
    if (!value.empty() && name != "user_id") request.query.emplace_back(name, value);
  }
  return request;
}

Caller as_confirmed(const Row& row, Caller caller) {
  caller.confirmed = caller.confirmed || row.confirmed;
  return caller;
}

}  // namespace

const std::string* Request::parameter(std::string_view name) const {
  const auto at = std::ranges::find(query, name, &std::pair<std::string, std::string>::first);
  return at == query.end() ? nullptr : &at->second;
}

std::optional<std::string> Request::take_parameter(std::string_view name) {
  const auto at = std::ranges::find(query, name, &std::pair<std::string, std::string>::first);
  if (at == query.end()) return {};
  std::string value = std::move(at->second);
  query.erase(at);
  return value;
}

Answer Operations::call(std::string_view operation, const Request& request) {
  const std::string body = request.body.to_json();
  const Views path = views(request.path);
  const Views query = views(request.query);
  return engine_.call(caller_, {.operation = operation,
                                .body = body,
                                .path = path,
                                .query = query,
                                .idempotency_key = call_.idempotency_key,
                                .if_none_match = call_.if_none_match,
                                .unknown_keys = UnknownKeys::ignore});
}

Value Operations::output(std::string_view operation, const Request& request) {
  const std::string body = request.body.to_json();
  const Views path = views(request.path);
  const Views query = views(request.query);
  return Value::json(
      engine_
          .call(
              caller_,
              {.operation = operation, .body = body, .path = path, .query = query, .unknown_keys = UnknownKeys::ignore})
          .body);
}

const Operation& Operations::find(std::string_view operation) const {
  const Operation* found = engine_.catalogue().find(operation);
  if (found == nullptr) throw Error(Code::INTERNAL, "the table names an operation that there is not");
  return *found;
}

int Row::status_of(const Error& error) const {
  for (const auto& [code, status_here] : statuses) {
    if (code == error.code()) return status_here;
  }
  return http_status(error.code());
}

Answer stream(const Row& row, Engine& engine, const Caller& caller, const Call& call, const Sink& sink) {
  const Request request = request_of(call);
  const std::string body = request.body.to_json();
  const Views path = views(request.path);
  const Views query = views(request.query);
  bool begun = false;
  const Sink inside = [&](std::string_view piece) {
    if (!std::exchange(begun, true)) sink(fmt::format(R"({{"{}":)", row.inside));
    sink(piece);
  };
  Answer answer = engine.stream(
      as_confirmed(row, caller),
      {.operation = row.operation, .body = body, .path = path, .query = query, .unknown_keys = UnknownKeys::ignore},
      inside);
  sink("}");
  answer.status = row.status;
  return answer;
}

Answer answer(const Row& row, Engine& engine, const Caller& shown, const Call& call) {
  const Caller caller = as_confirmed(row, shown);
  const Operation* operation = engine.catalogue().find(row.operation);
  const bool open = operation == nullptr || operation->access == Access::public_;
  // Who may not call is not told what is wrong with the request.
  if (caller.credential == Credential::none && !open) engine.call(caller, {.operation = row.operation});

  Scene scene{.caller = caller, .request = request_of(call), .status = row.status};
  for (const Step& step : row.takes) step.apply(scene.request.body, scene);
  Operations operations(engine, caller, call);
  Answer answer = row.calls ? row.calls(operations, scene) : operations.call(row.operation, scene.request);
  if (scene.status == kAsOperation) scene.status = answer.status;
  if (!answer.not_modified) {
    Value output = Value::json(std::move(answer.body));
    for (const Step& step : row.gives) step.apply(output, scene);
    answer.body = scene.status == 204 ? std::string() : output.to_json();
  }
  answer.status = scene.status;
  return answer;
}

}  // namespace ignition::server::compat
