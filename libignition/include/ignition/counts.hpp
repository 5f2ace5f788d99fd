// What has happened in this process since it began, for metrics (rule R52): events by family and label, and how long
// things took. No label names a person.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ignition {

// One event to count: `labels` are the values of the family's labels, in order.
struct Counted {
  std::string_view family;  // a name that lives as long as the program
  std::string labels;       // joined by '\n'
};

// Thread-safe.
class Counts {
 public:
  // Upper bounds of durations in microseconds; the last bucket holds what took longer.
  static constexpr std::array<std::int64_t, 11> kBounds = {100,     500,     1'000,   5'000,     10'000,   50'000,
                                                           100'000, 250'000, 500'000, 1'000'000, 5'000'000};
  struct Durations {
    std::array<std::uint64_t, kBounds.size() + 1> buckets{};  // not cumulative
    std::int64_t micros = 0;
  };
  using Name = std::pair<std::string_view, std::string>;  // family, labels

  void add(const std::vector<Counted>& events);
  void took(std::string_view family, std::string_view labels, const std::vector<std::chrono::nanoseconds>& durations);
  std::map<Name, std::uint64_t> events() const;
  std::map<Name, Durations> durations() const;

 private:
  mutable std::mutex mutex_;
  std::map<Name, std::uint64_t> events_;
  std::map<Name, Durations> durations_;
};

}  // namespace ignition
