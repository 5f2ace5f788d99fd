// What a program in another language opens: an engine and the clock that the program may set. The C interface and the
// language bindings are made of it.
#pragma once

#include <atomic>
#include <memory>
#include <new>
#include <string_view>

#include "ignition/engine.hpp"

namespace ignition {

// A clock that stands where it was put. Thread-safe.
class SettableClock final : public Clock {
 public:
  explicit SettableClock(Instant t) : us_(t.us) {}
  Instant now() override { return {us_.load()}; }
  void set(Instant t) { us_ = t.us; }

 private:
  std::atomic<std::int64_t> us_;
};

struct Host {
  std::shared_ptr<SettableClock> clock;  // null = the system's
  std::unique_ptr<Engine> engine;

  // Opens a store; `options` is the JSON object that ignition.h describes, "" = none. Throws Error.
  static Host open(std::string_view url, std::string_view options);
  // Throws VALIDATION_ERROR for a text that is no instant and CONFLICT for a clock that runs by itself.
  void set_now(std::string_view instant);
};

// The user with this id, as the host program says. Throws VALIDATION_ERROR for a text that is no id.
Caller user_of(std::string_view id);

// What a store says that the program has closed.
Error store_closed();

// Runs `work` for another language. What it throws is an Error: nothing else crosses the border.
template <class Work>
auto at_border(Work&& work) {
  try {
    return work();
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw Error(Code::UNAVAILABLE, "There is not enough memory.");
  } catch (const std::exception&) {
    throw Error(Code::INTERNAL, "Something went wrong inside.");
  }
}

}  // namespace ignition
