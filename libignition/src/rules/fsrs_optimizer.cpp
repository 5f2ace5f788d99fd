#include "ignition/rules/fsrs_optimizer.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <tuple>

#include "ignition/error.hpp"
#include "rules/checks.hpp"
#include "rules/fsrs_descent.hpp"
#include "rules/fsrs_items.hpp"
#include "rules/fsrs_math.hpp"

namespace ignition::rules::fsrs {

namespace {

// Fewer items than these leave the defaults, or fit the first stabilities only (rule O3).
constexpr std::size_t kFewestItems = 8;
constexpr std::size_t kFewestTrained = 64;

Parameters with_first(const std::array<double, 4>& stabilities) {
  Parameters w = kDefaultParameters;
  std::ranges::copy(stabilities, w.begin());
  return w;
}

// The fitted stabilities of ratings that occur, made monotone again (rule O10).
Parameters finished(const Parameters& w, FirstStabilities first) {
  for (const double x : w) {
    if (!std::isfinite(x)) throw Error(Code::INTERNAL, "The optimisation led to numbers that are not finite.");
  }
  for (std::size_t i = 0; i < 4; ++i) {
    if (first.stability[i]) first.stability[i] = w[i];
  }
  Parameters out = w;
  std::ranges::copy(completed(first), out.begin());
  return out;
}

// Recall predicted before each review that has one before it, for cards side by side.
class Predictions {
 public:
  Predictions(const Histories& h, const Parameters& w) : h_(h), terms_(smooth_terms(w)), recall_(h.reviews()) {}

  std::vector<double> all(int threads) && {
    std::vector<std::uint32_t> cards(h_.cards());
    std::iota(cards.begin(), cards.end(), 0U);
    std::ranges::stable_sort(cards, {}, [&](std::uint32_t card) { return length_of(card); });
    in_parts(cards.size(), kLanes, threads,
             [&](std::size_t begin, std::size_t end) { predict_cards(std::span(cards).subspan(begin, end - begin)); });
    return std::move(recall_);
  }

 private:
  std::size_t begin_of(std::uint32_t card) const { return static_cast<std::size_t>(h_.offsets[card]); }
  std::size_t length_of(std::uint32_t card) const {
    return static_cast<std::size_t>(h_.offsets[card + std::size_t{1}] - h_.offsets[card]);
  }

  // The last card is the longest.
  void predict_cards(std::span<const std::uint32_t> cards) {
    std::array<Row, 2> rows{};
    rows[1].s.fill(1);
    rows[1].d.fill(5);
    for (std::size_t lane = 0; lane < cards.size(); ++lane) {
      if (length_of(cards[lane]) == 0) continue;
      const std::size_t r = h_.ratings[begin_of(cards[lane])] - 1U;
      rows[1].s[lane] = terms_.w[r];
      rows[1].d[lane] = terms_.first_difficulty[r];
    }
    for (std::size_t k = 1; k < length_of(cards.back()); ++k) {
      Row& at = rows[k % 2];
      at.t.fill(0);
      at.g.fill(0);
      for (std::size_t lane = 0; lane < cards.size(); ++lane) {
        if (k >= length_of(cards[lane])) continue;
        at.t[lane] = h_.elapsed_days[begin_of(cards[lane]) + k];
        at.g[lane] = h_.ratings[begin_of(cards[lane]) + k];
      }
      forward(terms_, at, rows[(k + 1) % 2]);
      for (std::size_t lane = 0; lane < cards.size(); ++lane) {
        if (k < length_of(cards[lane])) recall_[begin_of(cards[lane]) + k] = at.recall[lane];
      }
    }
  }

  const Histories& h_;
  SmoothTerms terms_;
  std::vector<double> recall_;
};

// Reviews alike in interval, number and lapses (rule O11). The numbers of the rule name the bins; each stands for one
// power, and the power is enough.
using Bin = std::tuple<int, int, int>;

int power_below(double x, double base) { return static_cast<int>(std::floor(std::log(x) / std::log(base))); }

Bin bin_of(int days, int later_reviews, int lapses) {
  return {power_below(days, 3.62), power_below(later_reviews + 1, 1.89), lapses == 0 ? -1 : power_below(lapses, 1.73)};
}

// Counts of a card's reviews on later days up to each review.
struct LaterDays {
  std::vector<std::int32_t> reviews;  // this one included
  std::vector<std::int32_t> lapses;   // before this one
};

LaterDays later_days(const Histories& h) {
  LaterDays out{std::vector<std::int32_t>(h.reviews()), std::vector<std::int32_t>(h.reviews())};
  for (std::size_t card = 0; card < h.cards(); ++card) {
    std::int32_t reviews = 0;
    std::int32_t lapses = 0;
    for (auto i = static_cast<std::size_t>(h.offsets[card]); i < static_cast<std::size_t>(h.offsets[card + 1]); ++i) {
      const bool later = h.elapsed_days[i] > 0;
      out.lapses[i] = lapses;
      out.reviews[i] = reviews += later ? 1 : 0;
      lapses += later && h.ratings[i] == 1 ? 1 : 0;
    }
  }
  return out;
}

}  // namespace

std::optional<Training> optimize(const Histories& histories, const TrainingOptions& options) {
  check(histories, true);
  checks::within("relearning_steps", options.relearning_steps, 0, kMostSteps);
  checks::within("threads", options.threads, 1, kMostThreads);
  const std::vector<Item> items = items_of(histories, options.max_items);
  const Filtered filter = filtered(histories, items);
  Training out{.items = items.size(), .items_used = filter.training.size()};
  if (filter.training.size() < kFewestItems || filter.initial.empty()) return out;

  const FirstStabilities first = fitted_first(histories, filter);
  out.parameters = with_first(completed(first));
  if (filter.training.size() < kFewestTrained || filter.training.size() == filter.initial.size()) {
    out.stage = TrainingStage::initial;
    return out;
  }
  const auto w = descend(histories, filter.training, out.parameters, options);
  if (!w) return {};
  out.stage = TrainingStage::trained;
  out.parameters = finished(*w, first);
  return out;
}

Evaluation evaluate(const Histories& histories, const Parameters& parameters, int threads, std::size_t max_items) {
  check(histories, true);
  checks::within("threads", threads, 1, kMostThreads);
  const Model model(parameters);  // refuses what is out of bounds
  const std::vector<Item> items = items_of(histories, max_items);
  if (items.empty()) return {};
  const std::vector<double> recall = Predictions(histories, model.parameters()).all(threads);
  const LaterDays later = later_days(histories);
  struct Sums {
    double predicted = 0, passed = 0, weight = 0, count = 0;
  };
  std::map<Bin, Sums> bins;
  double loss = 0;
  double weights = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::size_t last = items[i].last();
    const double weight = weight_of(i, items.size());
    const bool passed = histories.ratings[last] >= 2;
    const double p = math::limited(recall[last], 1e-7, 1 - 1e-7);
    loss -= weight * math::log_of(passed ? p : 1.0 - p);
    weights += weight;
    Sums& bin = bins[bin_of(histories.elapsed_days[last], later.reviews[last], later.lapses[last])];
    bin.predicted += recall[last];
    bin.passed += passed ? 1 : 0;
    bin.weight += weight;
    bin.count += 1;
  }
  double squares = 0;
  for (const auto& [bin, sums] : bins) {
    const double error = (sums.predicted - sums.passed) / sums.count;
    squares += sums.weight * error * error;
  }
  return {.log_loss = loss / weights, .rmse_bins = std::sqrt(squares / weights), .items = items.size()};
}

}  // namespace ignition::rules::fsrs
