// FSRS for many cards at once, over arrays that belong to the caller: structure of arrays, nothing is copied. Each
// result equals that of the single form bit for bit, with any number of threads.
//
// Unless said otherwise, spans have one element per card. Days are int32 counted from 1970-01-01, instants int64
// microseconds; kNoDay and kNoInstant (what NumPy calls NaT) stand for "none". An output may be empty, which asks for
// nothing, and may be the input array of the same meaning. `threads` is 1..256. VALIDATION_ERROR names the argument and
// the index of its first bad element, as `stability[17]`; then nothing has been written.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "ignition/rules/fsrs.hpp"
#include "ignition/rules/fsrs_optimizer.hpp"
#include "ignition/rules/sm2.hpp"
#include "ignition/time.hpp"

namespace ignition::rules::fsrs {

inline constexpr std::int32_t kNoDay = std::numeric_limits<std::int32_t>::min();
inline constexpr std::int64_t kNoInstant = std::numeric_limits<std::int64_t>::min();

// Cards as fsrs::Card has them. Of new cards only state, lapses and reps are read.
struct CardArrays {
  std::span<const std::uint8_t> state;  // State: 0 new, 1 learning, 2 review, 3 relearning
  std::span<const std::int32_t> step;
  std::span<const double> stability;   // 0..36500 days
  std::span<const double> difficulty;  // 0..10
  std::span<const std::int64_t> last_reviewed_at;
  std::span<const std::int32_t> last_study_day;
  std::span<const std::int32_t> lapses;
  std::span<const std::int32_t> reps;
  std::span<const std::uint8_t> ids;  // 16 bytes per card; may be empty when the scheduler does not fuzz
};

struct AnswerArrays {
  std::span<const std::uint8_t> ratings;  // 1..4
  std::span<const std::int64_t> at;       // one per card, or one for all
  std::span<const std::int32_t> day;      // study days of `at`, as many; empty: by the scheduler's calendar
};

// Cards after the answer, as fsrs::Outcome has them.
struct OutcomeArrays {
  std::span<std::uint8_t> state;
  std::span<std::int32_t> step;
  std::span<double> stability;
  std::span<double> difficulty;
  std::span<std::int64_t> due_at;
  std::span<std::int32_t> due_day;  // kNoDay unless the card is in review
  std::span<std::int32_t> scheduled_days;
  std::span<std::int32_t> lapses;
  std::span<std::int32_t> reps;
  std::span<std::int32_t> study_day;  // of the answer
  std::span<std::int32_t> elapsed_days;
  std::span<double> retrievability;  // before the answer; NaN of new cards
};

// One answer for each card: Scheduler::review.
void review(const Scheduler& scheduler, const CardArrays& cards, const AnswerArrays& answers, const OutcomeArrays& out,
            int threads = 1);

// One review of each memory state: Model::next. `elapsed_days` has one element per card, or one for all.
void next(const Model& model, std::span<const double> stability, std::span<const double> difficulty,
          std::span<const std::int32_t> elapsed_days, std::span<const std::uint8_t> ratings,
          std::span<double> out_stability, std::span<double> out_difficulty, int threads = 1);

// What whole histories lead to. The first two have one element per card, NaN where it has no review; the others one per
// review: the state after it, and the probability of recall before it (NaN of a card's first).
struct ReplayArrays {
  std::span<double> stability;
  std::span<double> difficulty;
  std::span<double> review_stability;
  std::span<double> review_difficulty;
  std::span<double> review_retrievability;
};
// `reviewed_at` of the histories is not read.
void replay(const Model& model, const Histories& histories, const ReplayArrays& out, int threads = 1);

// Probability of recall some study days after each card's review: Model::retrievability. `elapsed_days` has one element
// per card, or one for all.
void retrievability(const Model& model, std::span<const double> stability, std::span<const std::int32_t> elapsed_days,
                    std::span<double> out, int threads = 1);
// The same on a study day; a last study day after it counts as that day.
void retrievability_on(const Model& model, std::span<const double> stability,
                       std::span<const std::int32_t> last_study_day, LocalDate today, std::span<double> out,
                       int threads = 1);

// Whole days until cards of these stabilities are asked again, without fuzz: Scheduler::interval.
void intervals(const Scheduler& scheduler, std::span<const double> stability, std::span<std::int32_t> out,
               int threads = 1);

}  // namespace ignition::rules::fsrs

namespace ignition::rules::sm2 {

// One answer for each card: sm2::review. The arrays of the cards are changed in place.
void review(std::span<double> interval_days, std::span<double> ease_factor, std::span<std::int32_t> lapses,
            std::span<const std::uint8_t> ratings, std::span<std::int32_t> out_due_in_days, int threads = 1);

}  // namespace ignition::rules::sm2
