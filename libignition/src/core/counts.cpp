#include "ignition/counts.hpp"

#include <algorithm>

namespace ignition {

void Counts::add(const std::vector<Counted>& events) {
  if (events.empty()) return;
  const std::lock_guard lock(mutex_);
  for (const Counted& event : events) ++events_[{event.family, event.labels}];
}

void Counts::took(std::string_view family, std::string_view labels,
                  const std::vector<std::chrono::nanoseconds>& durations) {
  if (durations.empty()) return;
  const std::lock_guard lock(mutex_);
  Durations& to = durations_[{family, std::string(labels)}];
  for (const auto duration : durations) {
    const std::int64_t micros = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
    const auto bound = std::ranges::lower_bound(kBounds, micros);
    ++to.buckets[static_cast<std::size_t>(bound - kBounds.begin())];
    to.micros += micros;
  }
}

std::map<Counts::Name, std::uint64_t> Counts::events() const {
  const std::lock_guard lock(mutex_);
  return events_;
}

std::map<Counts::Name, Counts::Durations> Counts::durations() const {
  const std::lock_guard lock(mutex_);
  return durations_;
}

}  // namespace ignition
