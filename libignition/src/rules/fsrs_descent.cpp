#include "rules/fsrs_descent.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "rules/fsrs_math.hpp"

namespace ignition::rules::fsrs {

namespace {

constexpr std::size_t kBatch = 512;
constexpr std::size_t kEpochs = 5;
constexpr std::uint32_t kLongestItem = 256;
constexpr double kRate = 0.04;
constexpr double kLowestW19 = 0.01;  // while training

// How far each parameter may be expected to lie from its start (rule O7).
constexpr Parameters kSpread{6.43, 9.66, 17.58, 27.85, 0.57, 0.28, 0.6,  0.12, 0.39, 0.18, 0.33,
                             0.3,  0.09, 0.16,  0.57,  0.25, 1.03, 0.31, 0.32, 0.14, 0.27};

// SplitMix64 from a fixed state.
class Shuffle {
 public:
  void operator()(std::vector<std::size_t>& order) {
    for (std::size_t i = order.size(); i-- > 1;) {
      const auto j = static_cast<std::size_t>(next() * static_cast<double>(i + 1));
      std::swap(order[i], order[j]);
    }
  }

 private:
  double next() {
    state_ += 0x9E3779B97F4A7C15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EB;
    z ^= z >> 31U;
    return static_cast<double>(z >> 11U) * 0x1p-53;
  }

  std::uint64_t state_ = 2023;
};

// Adam with a rate that falls along half a cosine.
class Adam {
 public:
  explicit Adam(std::size_t steps) : steps_(static_cast<double>(steps)) {}

  void step(Parameters& w, const Parameters& gradient) {
    const double rate = kRate * (1.0 + std::cos(std::numbers::pi * taken_ / steps_)) / 2;
    taken_ += 1;
    const double mean_bias = 1.0 - std::pow(kBeta1, taken_);
    const double square_bias = 1.0 - std::pow(kBeta2, taken_);
    for (std::size_t i = 0; i < w.size(); ++i) {
      mean_[i] = kBeta1 * mean_[i] + (1.0 - kBeta1) * gradient[i];
      square_[i] = kBeta2 * square_[i] + (1.0 - kBeta2) * gradient[i] * gradient[i];
      w[i] -= rate * (mean_[i] / mean_bias) / (std::sqrt(square_[i] / square_bias) + 1e-8);
    }
  }

 private:
  static constexpr double kBeta1 = 0.9;
  static constexpr double kBeta2 = 0.999;
  Parameters mean_{};
  Parameters square_{};
  double steps_;
  double taken_ = 0;
};

void limit(Parameters& w, const TrainingOptions& options) {
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = std::clamp(w[i], kLowestParameters[i], kHighestParameters[i]);
  if (options.short_term) w[19] = std::max(w[19], kLowestW19);
  w = limited_for_steps(w, options.relearning_steps);
}

// The items that training goes through, shortest first, with the weights of their recency.
std::vector<WeightedItem> weighted(std::span<const Item> training) {
  std::vector<WeightedItem> items;
  items.reserve(training.size());
  for (std::size_t i = 0; i < training.size(); ++i) {
    if (training[i].length <= kLongestItem) items.push_back({training[i], weight_of(i, training.size())});
  }
  std::ranges::stable_sort(items, {}, [](const WeightedItem& w) { return w.item.length; });
  return items;
}

void add_regularisation(BatchLoss& batch, const Parameters& w, const Parameters& start, double share) {
  for (std::size_t i = 0; i < w.size(); ++i) {
    batch.gradient[i] += share * 2.0 * (w[i] - start[i]) / (kSpread[i] * kSpread[i]);
  }
}

}  // namespace

// What one thread works in.
struct BatchGradient::Workspace {
  explicit Workspace(std::uint32_t longest) : rows(longest) {}

  // Lays items side by side; lanes without one hold a review of no weight. Row 1 is the first after the first review.
  void load(const Histories& h, std::span<const WeightedItem> items) {
    length = 2;
    for (const WeightedItem& w : items) length = std::max<std::size_t>(length, w.item.length);
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      if (lane < items.size()) {
        load_item(h, items[lane], lane);
      } else {
        first[lane] = 3;
        prediction.days[lane] = 1;
        prediction.passed[lane] = 1;
        prediction.weight[lane] = 0;
        load_nothing(1, lane);
      }
    }
  }

  void begin(const SmoothTerms& terms) {
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      rows[1].s[lane] = terms.w[first[lane] - 1U];
      rows[1].d[lane] = terms.first_difficulty[first[lane] - 1U];
    }
  }

  std::vector<Row> rows;
  std::size_t length = 2;
  std::array<std::uint8_t, kLanes> first{};  // first ratings
  Prediction prediction{};
  Adjoint adjoint{};
  LaneGradient gradient{};

 private:
  void load_item(const Histories& h, const WeightedItem& w, std::size_t lane) {
    const Item& item = w.item;
    first[lane] = h.ratings[item.begin];
    for (std::size_t k = 1; k + 1 < item.length; ++k) {
      rows[k].t[lane] = h.elapsed_days[item.begin + k];
      rows[k].g[lane] = h.ratings[item.begin + k];
    }
    load_nothing(item.length - 1, lane);
    prediction.days[lane] = h.elapsed_days[item.last()];
    prediction.passed[lane] = h.ratings[item.last()] >= 2 ? 1.0 : 0.0;
    prediction.weight[lane] = w.weight;
  }

  void load_nothing(std::size_t from, std::size_t lane) {
    for (std::size_t k = from; k < length; ++k) {
      rows[k].t[lane] = 0;
      rows[k].g[lane] = 0;
    }
  }
};

BatchGradient::BatchGradient(const Histories& histories, std::uint32_t longest, Team& team)
    : histories_(histories), team_(team) {
  for (int i = 0; i < team.size(); ++i) spaces_.push_back(std::make_unique<Workspace>(std::max(longest, 2U)));
}

BatchGradient::~BatchGradient() = default;

BatchLoss BatchGradient::lanes_loss(const SmoothTerms& terms, std::span<const WeightedItem> items,
                                    Workspace& space) const {
  space.load(histories_, items);
  space.begin(terms);
  space.gradient = {};
  const std::size_t last = space.length - 1;
  for (std::size_t k = 1; k < last; ++k) forward(terms, space.rows[k], space.rows[k + 1]);
  predict(terms, space.rows[last], space.prediction, space.adjoint, space.gradient);
  for (std::size_t k = last; k-- > 1;) backward(terms, space.rows[k], space.adjoint, space.gradient);

  BatchLoss out;
  for (std::size_t lane = 0; lane < items.size(); ++lane) {
    out.loss += space.prediction.weight[lane] * space.prediction.loss[lane];
    const std::size_t r = space.first[lane] - 1U;
    out.gradient[r] += space.adjoint.s[lane];
    if (1.0 <= terms.first_raw[r] && terms.first_raw[r] <= 10.0) {
      out.gradient[4] += space.adjoint.d[lane];
      out.gradient[5] -= space.adjoint.d[lane] * static_cast<double>(r) * terms.spread[r];
    }
  }
  const auto total = [](const Lanes& lanes) { return std::accumulate(lanes.begin(), lanes.end(), 0.0); };
  for (std::size_t i = 6; i < 20; ++i) out.gradient[i] += total(space.gradient.w[i]);
  out.gradient[20] -= total(space.gradient.decay);
  const double easy = total(space.gradient.easy_difficulty);  // D0(4) = w4 - e^(3 w5) + 1
  out.gradient[4] += easy;
  out.gradient[5] -= easy * 3.0 * terms.spread[3];
  return out;
}

BatchLoss BatchGradient::operator()(const Parameters& w, std::span<const WeightedItem> batch) {
  const SmoothTerms terms = smooth_terms(w);
  const std::size_t count = (batch.size() + kLanes - 1) / kLanes;
  parts_.assign(count, {});
  team_.run(count, [&](std::size_t part, int worker) {
    const auto items = batch.subspan(part * kLanes, std::min(kLanes, batch.size() - part * kLanes));
    parts_[part] = lanes_loss(terms, items, *spaces_[static_cast<std::size_t>(worker)]);
  });
  BatchLoss sum;
  for (const BatchLoss& part : parts_) {
    sum.loss += part.loss;
    for (std::size_t i = 0; i < kParameterCount; ++i) sum.gradient[i] += part.gradient[i];
  }
  return sum;
}

std::optional<Parameters> descend(const Histories& histories, std::span<const Item> training, const Parameters& start,
                                  const TrainingOptions& options) {
  const std::vector<WeightedItem> items = weighted(training);
  const double count = static_cast<double>(items.size());
  Team team(options.threads);
  BatchGradient gradient(histories, items.empty() ? 2 : items.back().item.length, team);
  std::vector<std::size_t> order((items.size() + kBatch - 1) / kBatch);
  std::iota(order.begin(), order.end(), std::size_t{0});
  Shuffle shuffle;
  Adam adam((items.size() / kBatch + 1) * kEpochs);
  Parameters w = start;
  if (!options.short_term) w[17] = w[18] = w[19] = 0;
  limit(w, options);
  TrainingProgress progress{.step = 0, .steps = order.size() * kEpochs};
  for (std::size_t epoch = 0; epoch < kEpochs; ++epoch) {
    shuffle(order);
    for (const std::size_t i : order) {
      const auto batch = std::span(items).subspan(i * kBatch, std::min(kBatch, items.size() - i * kBatch));
      BatchLoss loss = gradient(w, batch);
      add_regularisation(loss, w, start, static_cast<double>(batch.size()) / count);
      if (!options.short_term) {
        for (const std::size_t frozen : {0U, 1U, 2U, 3U, 17U, 18U, 19U}) loss.gradient[frozen] = 0;
      }
      adam.step(w, loss.gradient);
      limit(w, options);
      ++progress.step;
      if (options.progress && !options.progress(progress)) return {};
    }
  }
  return w;
}

}  // namespace ignition::rules::fsrs
