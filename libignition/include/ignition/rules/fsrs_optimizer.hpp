// Parameters of FSRS-6 fitted to review histories. Rules O1 to O11.
//
//   const auto training = fsrs::optimize(histories, {.threads = 2});
//   const fsrs::Model model(training->parameters);
//
// Source: the wiki page "The mechanism of optimization" (Open Spaced Repetition); D. Kingma, J. Ba, "Adam"
// (arXiv 1412.6980); I. Loshchilov, F. Hutter, "SGDR" (arXiv 1608.03983). The same input gives the same bits with any
// number of threads.
#pragma once

#include <array>
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "ignition/rules/fsrs.hpp"

namespace ignition::rules::fsrs {

// The reviews of N cards, card after card, each in the order of time: card i has the reviews offsets[i] to
// offsets[i + 1]. Nothing is copied. A card's first review makes it known; what is before it is not looked at.
struct Histories {
  std::span<const std::int64_t> offsets;       // N + 1, begins with 0, never falls, ends with the number of reviews
  std::span<const std::uint8_t> ratings;       // 1..4
  std::span<const std::int32_t> elapsed_days;  // study days since the card's previous review; of its first one, 0
  // Microseconds, not falling within a card: the order in which the reviews happened. Only training needs it.
  std::span<const std::int64_t> reviewed_at;

  std::size_t cards() const { return offsets.empty() ? 0 : offsets.size() - 1; }
  std::size_t reviews() const { return ratings.size(); }
};

// Refuses histories that cannot be (VALIDATION_ERROR naming argument and index, as `ratings[17]`). `timed` asks for
// `reviewed_at`.
void check(const Histories& histories, bool timed);

enum class TrainingStage : std::uint8_t { default_, initial, trained };
BOOST_DESCRIBE_ENUM(TrainingStage, default_, initial, trained)

struct TrainingProgress {
  std::size_t step = 0;   // batches done
  std::size_t steps = 0;  // batches in all
};

struct TrainingOptions {
  bool short_term = true;           // false: no memory of reviews on the same day, w17..w19 are 0
  int relearning_steps = 1;         // 0..10, for the limit of rule F3
  std::size_t max_items = 200'000;  // the newest are used
  int threads = 1;                  // 1..256
  // Called by the calling thread after every batch; false stops.
  std::function<bool(const TrainingProgress&)> progress;
};

struct Training {
  TrainingStage stage = TrainingStage::default_;
  Parameters parameters = kDefaultParameters;
  std::size_t items = 0;       // predictions that the histories allow, at most max_items
  std::size_t items_used = 0;  // those left after the filter of rule O2
};

// None when `progress` stopped it. INTERNAL when the descent left the finite numbers.
std::optional<Training> optimize(const Histories& histories, const TrainingOptions& options = {});

struct Evaluation {
  double log_loss = 0;   // weighted by recency; 0 without items
  double rmse_bins = 0;  // prediction error over bins of similar reviews; 0 without items
  std::size_t items = 0;
};
BOOST_DESCRIBE_STRUCT(Evaluation, (), (log_loss, rmse_bins, items))

// How well parameters predict the newest `max_items` reviews on later days (rule O11).
Evaluation evaluate(const Histories& histories, const Parameters& parameters, int threads = 1,
                    std::size_t max_items = 200'000);

}  // namespace ignition::rules::fsrs
