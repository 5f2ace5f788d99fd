// How many accounts and sessions there are, for a scrape that must not wait: counted behind the scenes, at most every
// so often however often somebody asks.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>

#include "credentials.hpp"
#include "ignition/domains/population.hpp"
#include "ignition/engine.hpp"

namespace ignition::server {

class Headcount {
 public:
  static constexpr std::chrono::seconds kKept{30};

  // `engine` may be null: then nobody is counted.
  Headcount(Engine* engine, Callers& callers) : engine_(engine), callers_(callers) {}

  // As counted last; nothing before the first count. Has it counted anew when that is old.
  std::optional<population::Population> latest();

 private:
  Engine* const engine_;
  Callers& callers_;
  // What is counted behind the scenes may come when this object is gone.
  struct Counted {
    std::mutex mutex;
    std::optional<population::Population> population;
  };
  const std::shared_ptr<Counted> counted_ = std::make_shared<Counted>();
  std::mutex mutex_;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace ignition::server
