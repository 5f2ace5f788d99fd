// How often somebody may ask (rule R32): a bucket that refills evenly, and a window that slides.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/time.hpp"

namespace ignition::rules {

// `limit` requests in `period`. With a `burst`, so many at once, refilling evenly; without, the last `period` counts.
struct Rate {
  int limit = 0;  // 0 = no limit at all
  std::chrono::seconds period{0};
  int burst = 0;

  bool is_off() const { return limit == 0; }
  friend bool operator==(const Rate&, const Rate&) = default;
};

// `<limit>/<seconds>[:<burst>]` or `off`; absent for anything else. Numbers are 1 to a million, seconds to a year.
std::optional<Rate> parse_rate(std::string_view text);
std::string rate_text(const Rate& rate);

// What one more request came to.
struct Draw {
  bool allowed = false;
  std::int64_t remaining = 0;           // how many more would be allowed at this instant
  std::chrono::seconds retry_after{0};  // rounded up; of a refusal
  Instant reset;                        // when everything is allowed again
};

// What is remembered of earlier requests: the theoretical arrival time of the generic cell rate algorithm, or the
// instants of the requests that were allowed.
struct RateState {
  Instant arrival;
  std::vector<Instant> hits;
};

// Asks for one request more and remembers it when it is allowed. `rate` must not be off.
Draw draw(const Rate& rate, RateState& state, Instant now);

}  // namespace ignition::rules
