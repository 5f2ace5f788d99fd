#include "ignition/rules/sm2.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rules/checks.hpp"

namespace ignition::rules::sm2 {

Card review(const Card& before, fsrs::Rating rating) {
  checks::within("card.interval_days", before.interval_days, 0.0, kLongestIntervalDays);
  checks::within("card.ease_factor", before.ease_factor, kLowestEase, std::numeric_limits<double>::max());
  checks::within("card.lapses", before.lapses, 0, std::numeric_limits<int>::max() - 1);
  Card card = before;
  switch (rating) {
    case fsrs::Rating::again:
      card.interval_days = 1;
      card.ease_factor = std::max(kLowestEase, before.ease_factor - 0.20);
      ++card.lapses;
      break;
    case fsrs::Rating::hard:
      card.interval_days = std::max(1.0, 1.2 * before.interval_days);
      card.ease_factor = std::max(kLowestEase, before.ease_factor - 0.15);
      break;
    case fsrs::Rating::good:
      card.interval_days = before.interval_days < 1 ? 1 : before.interval_days * before.ease_factor;
      break;
    case fsrs::Rating::easy:
      card.interval_days = before.interval_days * before.ease_factor * 1.3;
      card.ease_factor = std::min(before.ease_factor + 0.15, std::numeric_limits<double>::max());
      break;
    default:
      checks::refuse("rating", static_cast<std::int64_t>(rating), 1, 4);
  }
  card.interval_days = std::min(card.interval_days, kLongestIntervalDays);
  return card;
}

int due_in_days(double interval_days) {
  checks::within("interval_days", interval_days, 0.0, kLongestIntervalDays);
  return static_cast<int>(std::round(interval_days));
}

}  // namespace ignition::rules::sm2
