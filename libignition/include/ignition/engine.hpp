// The one entry point: opens a store and runs operations by name, for any shell, or by function, for C++ programs.
//
//   auto ignition = ignition::Engine::open({.store_url = "sqlite:ignition.db"});
//   auto me = ignition::Caller::host(user_id);
//   auto session = ignition->call(me, &ignition::focus::start, {.duration_seconds = 1500});
//
// An Engine is thread-safe. Writes of one user run one after the other.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/config.hpp"
#include "ignition/context.hpp"
#include "ignition/rate_store.hpp"
#include "ignition/storage.hpp"
#include "ignition/wire.hpp"

namespace ignition {

struct EngineOptions {
  std::string store_url = "sqlite:ignition.db";
  StoreOptions store{};
  // A copy of the store that follows it, for operations that say so (Operation::from_replica); "" = none. It may lag or
  // be away: what it does not know yet is read from the store.
  std::string replica_url{};
  Config config{};
  bool migrate = true;                     // bring the schema up to date when opening
  std::shared_ptr<Clock> clock{};          // null = the system's
  std::shared_ptr<IdSource> ids{};         // null = random
  RandomBytes random{};                    // of tokens and salts; empty = the system's
  bool measures = false;                   // how long statements and hashes take is counted too
  std::size_t answers_in_memory = 20'000;  // the greatest number that is kept
  // Whether engines on this store keep for each other what is costly to work out; null = if it is a server's.
  std::optional<bool> share_answers{};
  // Told every statement that an operation runs, before it runs. Called on many threads at once.
  std::function<void(std::string_view operation, std::string_view statement)> watcher{};
};

// A call by name. Views must outlive the call.
struct Call {
  std::string_view operation;
  std::string_view body{};                                                // JSON object; "" = none
  std::span<const std::pair<std::string_view, std::string_view>> path{};  // decoded; a malformed id is NOT_FOUND
  std::span<const std::pair<std::string_view, std::string_view>> query{};
  std::string_view idempotency_key{};
  std::string_view if_none_match{};
  UnknownKeys unknown_keys = UnknownKeys::refuse;
  // The caller's account, when it was read for this call already (KeptRead::account): a read does not look for it
  // again.
  const Principal* account = nullptr;
};

struct Answer {
  int status = 200;
  std::string body;  // the output as JSON; empty when not_modified
  std::string etag;  // without quotes; "" = none
  bool not_modified = false;
  bool replayed = false;  // answered from an idempotency key
  std::vector<CookieOrder> cookies{};
  std::string location{};              // where to send a browser instead of showing the output; "" = nowhere
  std::optional<CredentialUse> use{};  // of a caller with a session or an API key
  std::string content_type{};          // of a streamed operation; "" = JSON
  std::string file_name{};             // under which its answer is best kept; "" = none
};

// One of several reads that are asked for together.
struct KeptRead {
  const Caller* caller = nullptr;
  const Call* call = nullptr;
  std::optional<Answer> answer{};
  std::optional<Principal> account{};  // of the caller, when there is no answer; for call()
};

class Engine {
 public:
  static std::unique_ptr<Engine> open(EngineOptions options);
  virtual ~Engine() = default;

  // Runs an operation by name. Throws Error; NOT_FOUND for an unknown name.
  virtual Answer call(const Caller& caller, const Call& call) = 0;

  // Runs an operation and gives its output to `sink` piece by piece, on this thread and before it returns; the answer's
  // own body is empty. Operations that stream (Operation::is_streamed) need little memory for it. When this throws,
  // what the sink got is not the whole. call() collects the pieces of such an operation.
  virtual Answer stream(const Caller& caller, const Call& what, const Sink& sink) {
    Answer answer = call(caller, what);
    sink(answer.body);
    answer.body.clear();
    return answer;
  }

  // Answers those reads whose answer is kept in memory (Operation::kept) and still the right one, as call() would.
  // Their users' accounts, which tell, are read with one statement for all. The others stay without an answer: they are
  // for call(). Throws what says that the store cannot be reached.
  virtual void answer_kept(std::span<KeptRead> reads) { static_cast<void>(reads); }

  // Runs an operation by its function, without JSON; the input is checked as JSON would be.
  template <class Output, class Input>
  Output call(const Caller& caller, Output (*function)(Context&, const Input&),
              const std::type_identity_t<Input>& input = {}) {
    Input checked = input;
    check(type_info<Input>, &checked);
    Output output{};
    run(catalogue().of(reinterpret_cast<Operation::Function>(function)), caller, &checked, &output);
    return output;
  }

  virtual const Catalogue& catalogue() const = 0;
  virtual const Config& config() const = 0;
  virtual Store& store() = 0;
  virtual Clock& clock() = 0;
  // What has happened in this engine, for metrics.
  const Counts& counts() const { return counts_; }
  // What callers have drawn of rate limits, as Config::rate_limit_store says.
  virtual RateStore& rates() = 0;
  // The migrations that the store still lacks; operations are UNAVAILABLE while there are any.
  virtual int pending_migrations() = 0;

  // `listener(event name, JSON)` runs after the commit of each call that publishes, on the caller's thread, and may
  // call the engine. What it throws is logged and changes nothing. Returns a number for unsubscribe.
  virtual int subscribe(std::function<void(std::string_view, std::string_view)> listener) = 0;
  virtual void unsubscribe(int listener) = 0;

 protected:
  virtual void run(const Operation& operation, const Caller& caller, const void* input, void* output) = 0;
  Counts counts_;
};

// The catalogue of the whole product.
const Catalogue& catalogue();

}  // namespace ignition
