#include "headcount.hpp"

namespace ignition::server {

std::optional<population::Population> Headcount::latest() {
  if (engine_ == nullptr || engine_->catalogue().find("population.count") == nullptr) return {};
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (now >= next_) {
    next_ = now + kKept;
    callers_.later([engine = engine_, counted = counted_] {
      const auto population = engine->call(Caller::system(), &population::count);
      const std::lock_guard counted_lock(counted->mutex);
      counted->population = population;
    });
  }
  const std::lock_guard counted_lock(counted_->mutex);
  return counted_->population;
}

}  // namespace ignition::server
