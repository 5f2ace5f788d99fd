// Where an answer puts a card: state, step and time to wait (rules F13 to F16), from plain numbers.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "ignition/rules/fsrs.hpp"
#include "rules/fsrs_math.hpp"

namespace ignition::rules::fsrs {

inline constexpr std::int64_t kMicrosOfMinute = 60'000'000;
inline constexpr std::int64_t kMicrosOfDay = 1440 * kMicrosOfMinute;
// The study days of the instants of reviews lie within these.
inline constexpr std::int64_t kFirstStudyDay = kEarliestReview.us / kMicrosOfDay - 2;
inline constexpr std::int64_t kLastStudyDay = kLatestReview.us / kMicrosOfDay + 2;

// Rule F11.
inline int elapsed_between(LocalDate last, LocalDate day) {
  const std::int64_t days = std::int64_t{day.days} - last.days;
  return static_cast<int>(std::clamp<std::int64_t>(days, 0, std::numeric_limits<int>::max()));
}

struct Place {
  State state = State::review;
  int step = 0;
  int wait = 0;  // days in review, minutes inside steps

  int days() const { return state == State::review ? wait : 0; }
  std::int64_t wait_us() const { return wait * (state == State::review ? kMicrosOfDay : kMicrosOfMinute); }
};

inline Place graduated(int days) { return {State::review, 0, days}; }

// Stabilities after the three passing ratings; known when a card in review was passed.
struct Passed {
  double hard, good, easy;
};

// Whole-day intervals of one card at one moment; what fuzz needs to know is kept until it is asked.
class Intervals {
 public:
  Intervals(const Scheduler& scheduler, int elapsed_days, const Uuid& id, int reps_before)
      : scheduler_(scheduler), elapsed_(elapsed_days), id_(id), count_(static_cast<std::uint64_t>(reps_before) + 1) {}

  const Scheduler& scheduler() const { return scheduler_; }
  int maximum() const { return scheduler_.maximum_interval_days(); }
  int plain(double stability) const {
    return static_cast<int>(math::limited(math::round_of(stability * scheduler_.interval_modifier()), 1.0, maximum()));
  }
  int fuzzed(double stability) const;

 private:
  const Scheduler& scheduler_;
  int elapsed_;
  const Uuid& id_;
  std::uint64_t count_;
};

// `stability` is that after the answer.
Place place(const Intervals& intervals, State before, int step, Rating rating, double stability, const Passed& passed);

}  // namespace ignition::rules::fsrs
