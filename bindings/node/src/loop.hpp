// The border between one event loop (the main thread's or a worker's) and the lanes that do its work.
#pragma once

#include <napi.h>

#include <functional>
#include <set>
#include <unordered_map>

#include "ignition/host.hpp"
#include "lane.hpp"

namespace ignition::node {

class Loop;

// An open store as its event loop knows it.
struct Store {
  Loop* loop;  // null once the event loop has ended
  std::shared_ptr<Host> host{};
  int under_way = 0;                  // calls
  std::unique_ptr<Job> last_rites{};  // closes the host when no call is under way any more
};

// What a task made for JavaScript.
struct Outcome {
  bool refused = false;
  Answer answer{};  // its body is the output as JSON or, of a refusal, that as JSON
};

// How long an operation usually takes.
class Pace {
 public:
  void took(std::chrono::nanoseconds t) { typical_ = (3 * typical_ + t.count()) / 4; }
  bool is_below(std::chrono::nanoseconds limit) const { return typical_ < limit.count(); }

 private:
  std::atomic<std::int64_t> typical_ = 0;  // a lost update does no harm
};

// One piece of work: begun on the event loop, done by a lane, settled on the event loop.
class Task final : public Job {
 public:
  using Settle = std::function<napi_value(napi_env, Outcome&)>;
  Task(Loop& loop, std::function<void(Outcome&)> work) : loop_(loop), work_(std::move(work)) {}
  void run(std::unique_ptr<Job> self) noexcept override;

  std::shared_ptr<Store> store{};  // counts as under way there
  Pace* pace = nullptr;
  Settle made{};  // what the promise is resolved with; by default the body
  Outcome outcome{};
  napi_deferred deferred = nullptr;

 private:
  friend class Loop;
  // Who of two hands the outcome over is the one who comes second to this.
  enum class State : std::uint8_t { unwatched, watched, ran };
  Loop& loop_;
  std::function<void(Outcome&)> work_;
  std::atomic<State> state_ = State::unwatched;
};

// All members are for the event loop's thread, but ran().
class Loop {
 public:
  // The event loop waits as long for a quick operation when nothing else is under way: less than a wake-up costs.
  static constexpr std::chrono::microseconds kPatience{20};
  // Answers without a turn of the event loop come at most as long after its last turn.
  static constexpr std::chrono::milliseconds kTurn{1};
  // Answers handed over in one turn of the event loop: the next turn brings the rest.
  static constexpr std::size_t kAnswersPerTurn = 64;
  static constexpr std::size_t kBytesPerTurn = 256 * 1024;

  explicit Loop(Napi::Env env);
  static Loop& of(napi_env env);

  // Begins a task; the value is what it made, when that is known within kPatience, or a promise of it. A refusal is
  // thrown, or rejects the promise.
  napi_value begin(std::unique_ptr<Task> task, Effect effect);
  // Any thread: a task has ended that nobody watches.
  void ran(std::unique_ptr<Task> task);

  Pace& pace_of(const Operation& operation) { return paces_[&operation]; }
  std::set<std::shared_ptr<Store>>& stores() { return stores_; }
  // Closes the host on a lane, after the calls that are under way. Returns the promise of it.
  napi_value close(const std::shared_ptr<Store>& store);
  // The event loop ends: calls that have not begun never will, the others end, every store is closed.
  void end();
  // Closes the host of a store that JavaScript has forgotten; called by the garbage collector.
  void forget(const std::shared_ptr<Store>& store);

 private:
  bool is_patient(const Task& task, const Lane& lane) const;
  static bool watch(Task& task);
  napi_value promise(Task& task);
  std::unique_ptr<Task> closing(Store& store);
  void deliver();
  void settle(std::unique_ptr<Task> task);
  void left(Task& task);
  static void awaken(napi_env env, napi_value, void* loop, void*);

  napi_env env_;
  Lane reads_{4};
  Lane writes_{8};                           // they wait for each other's commits, and share them
  std::set<std::shared_ptr<Store>> stores_;  // those that JavaScript knows
  std::unordered_map<const Operation*, Pace> paces_;
  Napi::FunctionReference set_immediate_;
  Napi::FunctionReference deliver_;
  bool deliver_is_set_ = false;
  bool ended_ = false;
  napi_threadsafe_function signal_ = nullptr;
  std::size_t under_way_ = 0;  // promises to be settled; keep the event loop running
  std::chrono::steady_clock::time_point turn_{};
  std::deque<std::unique_ptr<Task>> ready_;

  std::mutex mutex_;
  std::deque<std::unique_ptr<Task>> ran_;  // guarded by mutex_
};

// The JSON of a refusal as a JavaScript text, thrown; the package makes an error of it.
napi_value refuse(napi_env env, const Error& error);
napi_value text(napi_env env, std::string_view utf8);

// Runs `work` for JavaScript, which sees what it throws as the JSON of the refusal.
template <class Work>
Napi::Value guarded(Napi::Env env, Work&& work) {
  try {
    return at_border([&] { return Napi::Value(env, work()); });
  } catch (const Error& error) {
    return {env, refuse(env, error)};
  }
}

inline std::string string_of(const Napi::Value& value) {
  return value.IsString() ? value.As<Napi::String>().Utf8Value() : std::string{};
}

}  // namespace ignition::node
