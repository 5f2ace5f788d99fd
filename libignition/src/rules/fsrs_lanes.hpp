// The memory model of training, many histories side by side: one review each of kLanes histories, and the derivative of
// the result by state and parameters. Rules O6, O7 and O9; nothing is rounded here.
#pragma once

#include <array>
#include <cstddef>

#include "ignition/rules/fsrs.hpp"

namespace ignition::rules::fsrs {

inline constexpr std::size_t kLanes = 64;
using Lanes = std::array<double, kLanes>;

// What depends on the parameters alone, not rounded, with the derivatives that training needs.
struct SmoothTerms {
  Parameters w{};
  double decay = 0;
  double factor = 0;
  double factor_by_decay = 0;  // d factor / d decay
  double growth = 0;           // e^w8
  double cap = 0;              // e^(-w17 w18)
  double easy_difficulty = 0;
  std::array<double, 4> first_difficulty{};  // limited; by rating - 1
  std::array<double, 4> first_raw{};         // the same, not limited
  std::array<double, 4> spread{};            // e^((G - 1) w5)
  std::array<double, 4> same_day{};          // e^(w17 (G - 3 + w18))
};
SmoothTerms smooth_terms(const Parameters& w);

// The states before a review, the review itself (days, rating; rating 0 is none and keeps the state), and what the
// forward pass worked out for the backward one.
struct alignas(64) Row {
  Lanes s, d, t, g;
  Lanes recall, log_q, log_base, power, effect, log_d;
};

// Fills the second part of `at` and the state of `next`.
void forward(const SmoothTerms& terms, Row& at, Row& next);

// Derivatives of the loss by the state, and by each parameter; `decay` and `easy_difficulty` stand for the parameters
// below them.
struct alignas(64) Adjoint {
  Lanes s, d;
};
struct alignas(64) LaneGradient {
  std::array<Lanes, kParameterCount> w;
  Lanes decay, easy_difficulty;
};
// Turns the adjoint of the state after the review into that of the state before it and adds to the gradient.
void backward(const SmoothTerms& terms, const Row& at, Adjoint& adjoint, LaneGradient& gradient);

// The last review of each history: its outcome (1 is a pass) is predicted from the state before it.
struct alignas(64) Prediction {
  Lanes days, passed, weight;  // in
  Lanes loss;                  // out: not weighted
};
// Starts the adjoint with the derivative of the weighted loss.
void predict(const SmoothTerms& terms, const Row& last, Prediction& prediction, Adjoint& adjoint,
             LaneGradient& gradient);

}  // namespace ignition::rules::fsrs
