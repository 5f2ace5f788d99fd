// A row of the table of the unversioned surface: which calls it answers, which operation they mean, how what came
// becomes the operation's input, and how its output becomes what existing clients read.
//
//   {.method = Method::GET, .paths = {"/api/focus", "/api/focus/sessions"}, .operation = "focus.list",
//    .takes = {limit_and_offset()}, .gives = {copy("sessions", "items")}},
//
// Steps say in words what they do: docs/compat.md is made of the table.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compat/value.hpp"
#include "ignition/engine.hpp"

namespace ignition::server::compat {

// What came, on its way to becoming an operation's input.
struct Request {
  Value body = Value::object();
  std::vector<std::pair<std::string, std::string>> path;
  std::vector<std::pair<std::string, std::string>> query;  // without empty values

  const std::string* parameter(std::string_view name) const;  // of the query; null when it did not come
  std::optional<std::string> take_parameter(std::string_view name);
};

// One call of the surface, while it is answered.
struct Scene {
  const Caller& caller;
  Request request;
  int status;  // of the answer
};

// One change of what came (`value` is then the request's body) or of what goes back. `says` tells it in Markdown; "" =
// goes without saying.
struct Step {
  std::string says;
  std::function<void(Value& value, Scene& scene)> apply;
};

// Runs operations for one call of the surface.
class Operations {
 public:
  Operations(Engine& engine, const Caller& caller, const Call& call) : engine_(engine), caller_(caller), call_(call) {}

  // The operation's answer. Entity tag and idempotency key of the call go with it.
  Answer call(std::string_view operation, const Request& request);
  // The output of an operation that only prepares or completes the row's own.
  Value output(std::string_view operation, const Request& request);
  const Operation& find(std::string_view operation) const;

 private:
  Engine& engine_;
  const Caller& caller_;
  const Call& call_;
};

// The status of a success is the operation's own.
inline constexpr int kAsOperation = 0;

struct Row {
  Method method;
  std::vector<std::string_view> paths;  // the first is the one that the client uses most
  std::string_view operation;
  std::vector<Step> takes{};  // in order
  std::vector<Step> gives{};
  int status = 200;  // of a success
  // Refusals that have another status here than on the versioned surface.
  std::vector<std::pair<Code, int>> statuses{};
  // In place of one call of `operation`, when a row needs more than one: makes the output that `gives` shape.
  std::function<Answer(Operations&, Scene&)> calls{};
  std::vector<std::string_view> also{};  // the other operations that `calls` runs

  bool confirmed = false;     // the client's page asks whether they mean it, so that no recent sign-in is wanted
  std::string_view inside{};  // the key under which a streamed answer stands; of such operations alone

  int status_of(const Error& error) const;
};

// The same for a row whose operation streams.
Answer stream(const Row& row, Engine& engine, const Caller& caller, const Call& call, const Sink& sink);

// Answers a call of the surface: `call` as for the versioned one, without an operation. Throws what the engine throws.
Answer answer(const Row& row, Engine& engine, const Caller& caller, const Call& call);

}  // namespace ignition::server::compat
