// FSRS-6: how well a card is remembered, and when it is asked again. Rules F1 to F17, S6.
//
//   const fsrs::Scheduler scheduler;
//   fsrs::Card card{.id = id};
//   card = scheduler.review(card, fsrs::Rating::good, now).card;   // card.due_at: when it comes back
//
// Source: the pages "The Algorithm" and "The mechanism of optimization" of the fsrs4anki wiki (Open Spaced
// Repetition); J. Ye et al., KDD 2022, doi 10.1145/3534678.3539081. Everything is a value; equal input gives equal
// bits on every machine. Values that cannot be used are an Error with code VALIDATION_ERROR that names the argument.
#pragma once

#include <array>
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ignition/time.hpp"
#include "ignition/uuid.hpp"

namespace ignition::rules::fsrs {

// How an answer went. The wire's grade (0..3) plus one.
enum class Rating : std::uint8_t { again = 1, hard, good, easy };
BOOST_DESCRIBE_ENUM(Rating, again, hard, good, easy)
inline constexpr std::array kRatings{Rating::again, Rating::hard, Rating::good, Rating::easy};

// The parameters w0..w20 (rule F2).
inline constexpr std::size_t kParameterCount = 21;
using Parameters = std::array<double, kParameterCount>;
inline constexpr Parameters kDefaultParameters{0.212,  1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194,
                                               0.001,  1.8722, 0.1666, 0.796,  1.4835, 0.0614, 0.2629,
                                               1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542};
inline constexpr Parameters kLowestParameters{0.001, 0.001, 0.001, 0.001, 1, 0.001, 0.001, 0.001, 0, 0,  0.001,
                                              0.001, 0.001, 0.001, 0,     0, 1,     0,     0,     0, 0.1};
inline constexpr Parameters kHighestParameters{100, 100,  100, 100, 10, 4, 4, 0.75, 4.5, 0.8, 3.5,
                                               5,   0.25, 0.9, 4,   1,  6, 2, 2,    0.8, 0.8};

inline constexpr double kLowestStability = 0.001;  // days
inline constexpr double kHighestStability = 36500;
inline constexpr int kLongestIntervalDays = 36500;
inline constexpr double kLowestRetention = 0.70;
inline constexpr double kHighestRetention = 0.99;
inline constexpr int kMostSteps = 10;
inline constexpr int kLongestStepMinutes = 1439;
// Instants of reviews: the years 1 to 8999.
inline constexpr Instant kEarliestReview{-62'135'596'800'000'000};
inline constexpr Instant kLatestReview{221'845'391'999'999'999};

// A list of 17, 19 or 21 finite numbers, as older versions of the algorithm used them, as 21 within the bounds (rule
// F3).
Parameters parameters_from(std::span<const double> given);
// w17 and w18 limited so that several relearning steps cannot raise the stability above that before the lapse
// (rule F3); unchanged with at most one step.
Parameters limited_for_steps(const Parameters& parameters, int relearning_steps);

// What is remembered of a card: days until the probability of recall falls to 0.9, and 1 (easy) to 10 (hard).
struct Memory {
  double stability = 0;
  double difficulty = 0;
  friend bool operator==(const Memory&, const Memory&) = default;
};
BOOST_DESCRIBE_STRUCT(Memory, (), (stability, difficulty))

// What depends on the parameters alone.
struct Terms {
  Parameters w;
  double decay = 0;                  // d of rule F4
  double factor = 0;                 // f of rule F4
  std::array<Memory, 4> first{};     // by rating - 1 (rule F5)
  double easy_difficulty = 0;        // D0(4), not limited (rule F5)
  double growth = 0;                 // e^w8
  double lapse_cap = 0;              // e^(w17 w18)
  std::array<double, 4> same_day{};  // e^(w17 (G - 3 + w18)), by rating - 1
};

// The memory model of one set of parameters (rules F4 to F10). A cheap value: 60 numbers.
class Model {
 public:
  // Parameters out of the bounds of rule F2 are refused; see parameters_from. `relearning_steps` is 0..10.
  explicit Model(const Parameters& parameters = kDefaultParameters, int relearning_steps = 1);

  // The parameters in force, w17 and w18 as limited by the relearning steps.
  const Parameters& parameters() const { return terms_.w; }
  const Terms& terms() const { return terms_; }

  // Probability of recall `elapsed_days` (at least 0) study days after a review, 0..1.
  double retrievability(double stability, int elapsed_days) const;
  Memory first(Rating rating) const;
  // The state after a review `elapsed_days` after the previous one; 0 is a review on the same study day.
  Memory next(const Memory& before, int elapsed_days, Rating rating) const;
  // Days per day of stability after which recall falls to `desired_retention` (0.70..0.99; rule F13).
  double interval_modifier(double desired_retention) const;
  // The state of a card of which only its SM-2 interval (days) and ease are known, when it was scheduled for
  // `retention` (0.70..0.99; rule S6).
  Memory from_sm2(double interval_days, double ease_factor, double retention = 0.9) const;

 private:
  Terms terms_;
};

enum class State : std::uint8_t { new_, learning, review, relearning };
BOOST_DESCRIBE_ENUM(State, new_, learning, review, relearning)

// A card as the scheduler sees it. While `state` is new_, everything else but id, lapses and reps is empty.
struct Card {
  Uuid id;  // decides the fuzz, nothing else
  State state = State::new_;
  int step = 0;  // index of the learning or relearning step
  std::optional<double> stability;
  std::optional<double> difficulty;
  std::optional<Instant> due_at;
  std::optional<LocalDate> due_day;  // of state review
  int scheduled_days = 0;            // 0 inside steps
  int lapses = 0;
  int reps = 0;
  std::optional<Instant> last_reviewed_at;
  std::optional<LocalDate> last_study_day;
  friend bool operator==(const Card&, const Card&) = default;
};
BOOST_DESCRIBE_STRUCT(Card, (),
                      (id, state, step, stability, difficulty, due_at, due_day, scheduled_days, lapses, reps,
                       last_reviewed_at, last_study_day))

struct Outcome {
  Card card;
  int elapsed_days = 0;                  // study days since the previous review, 0 without one
  std::optional<double> retrievability;  // before the review; none for a new card
  friend bool operator==(const Outcome&, const Outcome&) = default;
};
BOOST_DESCRIBE_STRUCT(Outcome, (), (card, elapsed_days, retrievability))

struct Settings {
  Parameters parameters = kDefaultParameters;
  double desired_retention = 0.9;                    // 0.70..0.99
  int maximum_interval_days = kLongestIntervalDays;  // 1..36500
  std::vector<int> learning_steps{1, 10};            // minutes, 1..1439 each, at most 10
  std::vector<int> relearning_steps{10};
  bool fuzz = true;
  Calendar calendar;  // cuts time into study days
};

// The range of whole-day intervals among which fuzz chooses (rule F14).
struct FuzzRange {
  int lowest = 0;
  int highest = 0;
  friend bool operator==(const FuzzRange&, const FuzzRange&) = default;
};
// None when the interval is too short to be fuzzed. `maximum` is 1..36500, `interval` 1..maximum, `elapsed_days` >= 0.
std::optional<FuzzRange> fuzz_range(int interval, int elapsed_days, int maximum);
// 64-bit FNV-1a over an id and a count; `fuzz_factor` is the number in [0, 1) that it chooses.
std::uint64_t fuzz_hash(const Uuid& card, std::uint64_t count);
double fuzz_factor(const Uuid& card, std::uint64_t count);

// Schedules cards under fixed settings. Immutable, so any number of threads may share one; reviews allocate nothing.
class Scheduler {
 public:
  explicit Scheduler(const Settings& settings = {});

  const Model& model() const { return model_; }
  double interval_modifier() const { return modifier_; }
  int maximum_interval_days() const { return maximum_; }
  bool fuzzes() const { return fuzz_; }
  const Calendar& calendar() const { return calendar_; }
  std::span<const int> learning_steps() const { return learning_.minutes(); }
  std::span<const int> relearning_steps() const { return relearning_.minutes(); }

  LocalDate study_day(Instant at) const;
  // Probability of recall on the study day of `at`; none for a new card.
  std::optional<double> retrievability(const Card& card, Instant at) const;
  // Whole days until a card of this stability is asked again, without fuzz (rule F13).
  int interval(double stability) const;

  // The card after an answer. Refused: a card whose numbers cannot be, and an instant before its last review or
  // out of the range above.
  Outcome review(const Card& card, Rating rating, Instant at) const { return review(card, rating, at, study_day(at)); }
  // The same when the study day is known already.
  Outcome review(const Card& card, Rating rating, Instant at, LocalDate day) const;
  // What each rating would give, by rating - 1.
  std::array<Outcome, 4> preview(const Card& card, Instant at) const;

 private:
  class Steps {
   public:
    Steps(std::span<const int> minutes, const char* name);
    std::span<const int> minutes() const { return {minutes_.data(), static_cast<std::size_t>(count_)}; }

   private:
    std::array<int, kMostSteps> minutes_{};
    int count_ = 0;
  };

  Steps learning_;
  Steps relearning_;
  Model model_;
  double modifier_;
  int maximum_;
  bool fuzz_;
  bool utc_;  // the calendar's zone is UTC
  Calendar calendar_;
};

}  // namespace ignition::rules::fsrs
