// Measuring by hand where whole operations are of interest: medians of many runs, printed as one JSON object per line.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <vector>

namespace ignition::bench {

// Median time of one run in microseconds. `run` is called `times` times after a tenth as many that do not count, each
// time after `prepare`, which is not measured.
template <class Prepare, class Run>
double median_us(int times, Prepare&& prepare, Run&& run) {
  std::vector<double> each;
  each.reserve(static_cast<std::size_t>(times));
  for (int i = -times / 10; i < times; ++i) {
    prepare();
    const auto begin = std::chrono::steady_clock::now();
    run();
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    if (i >= 0) each.push_back(took.count());
  }
  std::nth_element(each.begin(), each.begin() + times / 2, each.end());
  return each[static_cast<std::size_t>(times / 2)];
}
template <class Run>
double median_us(int times, Run&& run) {
  return median_us(
      times, [] {}, run);
}

inline void print(const char* name, double value, const char* unit) {
  std::printf("{\"name\":\"%s\",\"value\":%.6f,\"unit\":\"%s\"}\n", name, value, unit);
  std::fflush(stdout);
}

}  // namespace ignition::bench
