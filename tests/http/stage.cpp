#include "http/stage.hpp"

#include <fmt/format.h>

#include <chrono>
#include <set>
#include <stdexcept>
#include <thread>

#include "rates.hpp"

namespace ignition::http_test {
namespace {

struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())
struct Nested {
  std::vector<Nested> inside;
};
BOOST_DESCRIBE_STRUCT(Nested, (), (inside))
struct NewThing {
  Text<1, 20> name;
  std::vector<std::string> tags;
  std::vector<Nested> nested;
};
BOOST_DESCRIBE_STRUCT(NewThing, (), (name, tags, nested))

Nothing nothing(Context&, const Nothing&) { return {}; }
Nothing create(Context&, const NewThing&) { return {}; }

std::string json_of(std::span<const std::pair<std::string_view, std::string_view>> pairs) {
  std::string out = "{";
  for (const auto& [name, value] : pairs) {
    if (out.size() > 1) out += ',';
    write_json_string(out, name);
    out += ':';
    write_json_string(out, value);
  }
  return out + "}";
}

}  // namespace

void Gate::wait() {
  std::unique_lock lock(mutex_);
  ++waiting_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return open_; });
  --waiting_;
}

void Gate::open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  changed_.notify_all();
}

void Gate::await_waiting(int n) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, std::chrono::seconds(10), [&] { return waiting_ >= n; })) {
    throw std::runtime_error("the operations did not begin");
  }
}

std::unique_ptr<Transaction> StageStore::begin(Mode) { throw Error(Code::UNAVAILABLE, "The stage has no tables."); }

std::vector<Migration> StageStore::migrations() {
  return {{.version = 1, .name = "first", .applied = true}, {.version = 2, .name = "second", .applied = true}};
}

void StageStore::ping() {
  ++probes;
  if (slow != nullptr) slow->wait();
  if (down) throw Error(Code::UNAVAILABLE, "The database does not answer.");
}

StageEngine::StageEngine() {
  const auto add = [this](std::string_view name, Route route, Access access, Effect effect) -> Operation& {
    return catalogue_.add(name, route, access, effect, &nothing, "A test operation.");
  };
  add("things.get", Get("/things/{id}"), Access::user, Effect::read).also(Get("/stuff/{id}"));
  add("things.mine", Get("/things/mine"), Access::user, Effect::read);
  add("things.part", Get("/things/{id}/parts/{part}"), Access::user, Effect::read);
  add("things.tagged", Get("/things/{id}/tagged"), Access::user, Effect::read);
  add("things.delete", Delete("/things/{id}"), Access::user, Effect::write);
  add("things.wait", Post("/things/wait"), Access::user, Effect::write);
  add("things.look", Get("/looks"), Access::user, Effect::read);
  add("things.kept", Get("/kept/{id}"), Access::user, Effect::read).from_memory();
  add("things.large", Get("/large"), Access::user, Effect::read);
  add("things.crash", Get("/crash"), Access::user, Effect::read);
  add("things.refuse", Get("/refuse/{code}"), Access::user, Effect::read);
  add("things.open", Get("/open"), Access::public_, Effect::read);
  add("things.inside", Internal(), Access::system, Effect::write);
  catalogue_.add("things.create", Create("/things"), Access::user, Effect::write, &create, "A test operation.");
}

Answer StageEngine::call(const Caller& caller, const Call& call) {
  ++calls;
  const Operation& operation = *catalogue_.find(call.operation);
  if (operation.access == Access::user && caller.credential == Credential::none) {
    throw Error(Code::UNAUTHORIZED, "Sign in first.").because("not_signed_in");
  }
  const std::string_view name = call.operation;
  if (name == "things.create") {
    const auto thing = from_json<NewThing>(call.body, call.unknown_keys);
    return {.status = 201, .body = to_json(thing), .replayed = call.idempotency_key == "seen before"};
  }
  if (name == "things.wait") gate.wait();
  if (name == "things.look") std::this_thread::sleep_for(std::chrono::milliseconds(40));
  if (name == "things.large") return {.body = fmt::format("\"{:x>2000000}\"", "")};
  if (name == "things.crash") throw std::runtime_error("SELECT secret FROM vault");
  if (name == "things.refuse") {
    throw Error(enum_of<Code>(call.path[0].second).value(), "Refused on demand.").because("on_demand");
  }
  if (name == "things.tagged") {
    Answer answer{.body = "{}", .etag = "v1"};
    answer.not_modified = call.if_none_match.find("\"v1\"") != std::string_view::npos || call.if_none_match == "*";
    return answer;
  }
  return {.body = fmt::format(R"({{"operation":"{}","path":{},"query":{}}})", name, json_of(call.path),
                              json_of(call.query))};
}

void StageEngine::answer_kept(std::span<KeptRead> reads) {
  ++batches;
  if (Gate* const gate_of_memory = slow_memory) gate_of_memory->wait();
  if (database.down) throw Error(Code::UNAVAILABLE, "The database does not answer.");
  if (!remembers) return;
  for (KeptRead& read : reads) {
    if (read.call->operation == "things.kept") read.answer = Answer{.body = R"({"kept":true})"};
  }
}

std::vector<std::string> LogLines::lines() {
  const std::lock_guard lock(mutex_);
  return lines_;
}

std::string LogLines::find(std::string_view text) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  while (std::chrono::steady_clock::now() < end) {
    for (const auto& line : lines()) {
      if (line.find(text) != std::string::npos) return line;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return {};
}

server::Settings Stage::local() {
  server::Settings settings;
  settings.port = 0;
  settings.local_user = true;
  settings.environment = server::Environment::test;
  settings.io_threads = 2;
  settings.workers = 4;
  for (const auto& row : server::rate_rows()) settings.rate_limits[row.rate_class] = {};
  return settings;
}

namespace {

server::Settings logging_to(server::Settings settings, std::shared_ptr<LogLines> log) {
  settings.log = std::move(log);
  settings.log_level = spdlog::level::debug;
  return settings;
}

}  // namespace

Stage::Stage(server::Settings settings) : server(&engine, logging_to(std::move(settings), log)) { server.start(); }

}  // namespace ignition::http_test
