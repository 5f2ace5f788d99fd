// What past reviews say, and what lies ahead: retention, work, memory, forecast. Rules T2, T4, T5 and T7.
#pragma once

#include <array>
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ignition/rules/fsrs.hpp"
#include "ignition/rules/periods.hpp"
#include "ignition/time.hpp"
#include "ignition/uuid.hpp"

namespace ignition::rules {

// By the state before the review; the last two are changes by hand and count nowhere.
enum class ReviewKind : std::uint8_t { learn, review, relearn, reset, reschedule };
BOOST_DESCRIBE_ENUM(ReviewKind, learn, review, relearn, reset, reschedule)

// One graded review. Lists of them are ordered by time.
struct ReviewRecord {
  Uuid card_id;
  ReviewKind kind = ReviewKind::learn;
  fsrs::Rating rating = fsrs::Rating::good;
  LocalDate study_day{};
  int local_hour = 0;  // 0..23
  int elapsed_days = 0;
  int scheduled_days_before = 0;
  std::optional<double> retrievability;  // predicted before the review
  std::optional<int> taken_ms;
  bool introduces = false;  // the first review since the card was new
};

// A card whose interval reached this many days before the review is mature (rule T2).
inline constexpr int kMatureDays = 21;

struct PassRate {
  int passes = 0;
  int count = 0;
  std::optional<double> rate() const;
  friend bool operator==(const PassRate&, const PassRate&) = default;
};

struct Retention {
  PassRate young;
  PassRate mature;
  PassRate all;
  std::optional<double> predicted;  // mean of what was predicted for the reviews counted in `all`
};

// True retention (rule T2) of the study days in `window`: the first review of kind review per card and day, at least
// one day after the previous one. Hard is a pass.
Retention true_retention(std::span<const ReviewRecord> reviews, const DateRange& window);

// Nearest-rank figures of some values; nothing of none.
struct Spread {
  double min = 0;
  double mean = 0;
  double median = 0;
  double p90 = 0;
  double max = 0;
  friend bool operator==(const Spread&, const Spread&) = default;
};
BOOST_DESCRIBE_STRUCT(Spread, (), (min, mean, median, p90, max))
// A value that is not finite is an Error with code VALIDATION_ERROR that names its index.
std::optional<Spread> spread_of(std::span<const double> values);

// Cards by difficulty 1..10 in bins of 0.9, and by probability of recall in bins of 0.05; the last bin holds its end.
std::array<int, 10> difficulty_histogram(std::span<const double> difficulties);
std::array<int, 20> retrievability_histogram(std::span<const double> retrievabilities);

struct DayOfWork {
  LocalDate date{};
  int reviews = 0;
  int passes = 0;
  std::int64_t milliseconds = 0;  // each review counts at most a minute
  int introduced = 0;
  friend bool operator==(const DayOfWork&, const DayOfWork&) = default;
};

struct Work {
  std::vector<DayOfWork> days;  // every date of the window
  std::array<PassRate, 24> by_hour{};
  int active_days = 0;
  double reviews_per_day = 0;
  double reviews_per_active_day = 0;
};
// The window has at most 3650 dates (VALIDATION_ERROR).
Work work(std::span<const ReviewRecord> reviews, const DateRange& window);

// A visible, active, not suspended card that is not new.
struct ForecastCard {
  fsrs::State state = fsrs::State::review;
  LocalDate due{};  // of review its due_day, inside steps the study day of due_at
  bool buried = false;
};

struct ForecastDay {
  LocalDate date{};
  int review = 0;
  int learning = 0;
  int cumulative = 0;
  friend bool operator==(const ForecastDay&, const ForecastDay&) = default;
};
BOOST_DESCRIBE_STRUCT(ForecastDay, (), (date, review, learning, cumulative))
// Cards on the day they come back, from `today` on; overdue ones today, buried ones not before tomorrow. `days` is
// 1..365 (VALIDATION_ERROR).
std::vector<ForecastDay> forecast(std::span<const ForecastCard> cards, LocalDate today, int days);

}  // namespace ignition::rules
