// Parameters and memory states of FSRS-6 (rules F2 to F10, F13, S6).
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "ignition/error.hpp"
#include "ignition/rules/fsrs.hpp"
#include "rules/checks.hpp"
#include "rules/fsrs_step.hpp"

namespace ignition::rules::fsrs {

namespace {

// Lists of 17 numbers knew a linear difficulty (rule F3).
void difficulty_from_17(Parameters& w) {
  const double spread = w[5];
  w[4] += 2 * spread;
  w[5] = std::log(3 * spread + 1) / 3;
  w[6] += 0.5;
}

double factor_of(double decay) { return math::r8(math::exp_of(math::log_of(0.9) / decay) - 1.0); }

// D0(G) of rule F5, not limited.
double first_difficulty(const Parameters& w, double g) { return math::r8(w[4] - math::exp_of((g - 1.0) * w[5]) + 1.0); }

double number_of(Rating rating) { return static_cast<double>(rating); }

std::size_t index_of(Rating rating) { return static_cast<std::size_t>(rating) - 1; }

void check_rating(Rating rating) { checks::within("rating", static_cast<int>(rating), 1, 4); }

}  // namespace

Parameters parameters_from(std::span<const double> given) {
  if (given.size() != 17 && given.size() != 19 && given.size() != kParameterCount) {
    checks::refuse("parameters", "length",
                   "There must be 17, 19 or 21 parameters, not " + std::to_string(given.size()) + ".");
  }
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (!std::isfinite(given[i])) checks::refuse_at("parameters", i, given[i], 0, 0);
  }
  Parameters w{};
  std::ranges::copy(given, w.begin());
  if (given.size() == 17) {
    if (w[5] <= -1.0 / 3) checks::refuse_at("parameters", 5, w[5], -1.0 / 3, kHighestParameters[5]);
    difficulty_from_17(w);
  }
  if (given.size() < kParameterCount) w[20] = 0.5;
  for (std::size_t i = 0; i < kParameterCount; ++i)
    w[i] = std::clamp(w[i], kLowestParameters[i], kHighestParameters[i]);
  return w;
}

Parameters limited_for_steps(const Parameters& parameters, int relearning_steps) {
  Parameters w = parameters;
  if (relearning_steps <= 1) return w;
  const double v =
      -(std::log(w[11]) + std::log(std::exp2(w[13]) - 1.0) + 0.3 * w[14]) / static_cast<double>(relearning_steps);
  const double limit = std::clamp(math::r8(std::sqrt(std::max(v, 0.0))), 0.01, 2.0);
  w[17] = std::min(w[17], limit);
  w[18] = std::min(w[18], limit);
  return w;
}

Model::Model(const Parameters& parameters, int relearning_steps) {
  for (std::size_t i = 0; i < kParameterCount; ++i) {
    if (!(kLowestParameters[i] <= parameters[i] && parameters[i] <= kHighestParameters[i])) {
      checks::refuse_at("parameters", i, parameters[i], kLowestParameters[i], kHighestParameters[i]);
    }
  }
  checks::within("relearning_steps", relearning_steps, 0, kMostSteps);
  const Parameters w = limited_for_steps(parameters, relearning_steps);
  terms_.w = w;
  terms_.decay = -w[20];
  terms_.factor = factor_of(terms_.decay);
  terms_.easy_difficulty = first_difficulty(w, 4.0);
  terms_.growth = math::exp_of(w[8]);
  terms_.lapse_cap = math::exp_of(w[17] * w[18]);
  for (const Rating rating : kRatings) {
    const std::size_t i = index_of(rating);
    const double g = number_of(rating);
    terms_.first[i] = {.stability = std::clamp(w[i], 0.001, 100.0),
                       .difficulty = std::clamp(first_difficulty(w, g), 1.0, 10.0)};
    terms_.same_day[i] = math::exp_of(w[17] * (g - 3.0 + w[18]));
  }
}

double Model::retrievability(double stability, int elapsed_days) const {
  checks::within("stability", stability, 0.0, kHighestStability);
  checks::within("elapsed_days", elapsed_days, 0, std::numeric_limits<int>::max());
  return recall(terms_, math::most(stability, kLowestStability), elapsed_days);
}

Memory Model::first(Rating rating) const {
  check_rating(rating);
  return terms_.first[index_of(rating)];
}

Memory Model::next(const Memory& before, int elapsed_days, Rating rating) const {
  check_rating(rating);
  checks::within("stability", before.stability, 0.0, kHighestStability);
  checks::within("difficulty", before.difficulty, 0.0, 10.0);
  checks::within("elapsed_days", elapsed_days, 0, std::numeric_limits<int>::max());
  const double s = math::most(before.stability, kLowestStability);
  const double d = math::most(before.difficulty, 1.0);
  const double g = number_of(rating);
  const Step step = single_step(terms_, s, d, elapsed_days, rating == Rating::again);
  return {.stability = next_stability(terms_, step, g), .difficulty = next_difficulty(terms_, d, g)};
}

double Model::interval_modifier(double desired_retention) const {
  checks::within("desired_retention", desired_retention, kLowestRetention, kHighestRetention);
  return math::r8((math::exp_of(math::log_of(desired_retention) / terms_.decay) - 1.0) / terms_.factor);
}

Memory Model::from_sm2(double interval_days, double ease_factor, double retention) const {
  checks::within("interval_days", interval_days, 0.0, std::numeric_limits<double>::max());
  checks::within("ease_factor", ease_factor, 0.0, std::numeric_limits<double>::max());
  checks::within("retention", retention, kLowestRetention, kHighestRetention);
  const Parameters& w = terms_.w;
  const double per_day = terms_.factor / (std::pow(retention, 1.0 / terms_.decay) - 1.0);
  const double s = std::clamp(std::max(interval_days, kLowestStability) * per_day, kLowestStability, kHighestStability);
  const double growth = std::exp(w[8]) * std::pow(s, -w[9]) * std::expm1((1.0 - retention) * w[10]);
  const double d = 11.0 - (ease_factor - 1.0) / growth;
  if (!std::isfinite(s) || !std::isfinite(d)) {
    checks::refuse("ease_factor", "not_finite", "The interval and ease lead to no finite memory state.");
  }
  return {.stability = s, .difficulty = std::clamp(d, 1.0, 10.0)};
}

}  // namespace ignition::rules::fsrs
