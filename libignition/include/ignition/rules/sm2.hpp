// SM-2 as Ignition uses it: the scheduler for who chooses it, and the interval and ease that existing clients read.
// Rules S1 to S3. Background: P. A. Wozniak, "Application of a computer to improve the results obtained in working
// with the SuperMemo method" (1990).
#pragma once

#include <boost/describe/class.hpp>

#include "ignition/rules/fsrs.hpp"

namespace ignition::rules::sm2 {

inline constexpr double kLowestEase = 1.3;
inline constexpr double kLongestIntervalDays = 36500;

// A card never reviewed has these values.
struct Card {
  double interval_days = 1;  // not rounded, 0..36500
  double ease_factor = 2.5;  // at least 1.3
  int lapses = 0;
  friend bool operator==(const Card&, const Card&) = default;
};
BOOST_DESCRIBE_STRUCT(Card, (), (interval_days, ease_factor, lapses))

// The card after an answer. The new interval uses the ease before it. VALIDATION_ERROR names a field out of its range.
Card review(const Card& before, fsrs::Rating rating);

// Whole days until a card of this interval is asked again; halves are rounded away from zero.
int due_in_days(double interval_days);

}  // namespace ignition::rules::sm2
