#include "rules/fsrs_lanes.hpp"

#include <algorithm>
#include <cmath>

#include "rules/fsrs_math.hpp"
#include "rules/vector_clones.hpp"

namespace ignition::rules::fsrs {

namespace {

constexpr double kLowestRecall = 1e-7;  // rule O6
constexpr double kHighestRecall = 1 - 1e-7;

[[gnu::always_inline]] inline bool inside(double x, double lowest, double highest) {
  return (lowest <= x) & (x <= highest);
}

[[gnu::always_inline]] inline double success_factor(const SmoothTerms& at, double g) {
  const double good_or_easy = g == 4.0 ? at.w[16] : 1.0;
  return g == 2.0 ? at.w[15] : good_or_easy;
}

[[gnu::always_inline]] inline double same_day_factor(const SmoothTerms& at, double g) {
  const double again_or_hard = g == 1.0 ? at.same_day[0] : at.same_day[1];
  const double good_or_easy = g == 3.0 ? at.same_day[2] : at.same_day[3];
  return g <= 2.0 ? again_or_hard : good_or_easy;
}

// Rule F6 before its limit, and the part that mean reversion weighs.
[[gnu::always_inline]] inline double damped_difficulty(const SmoothTerms& at, double d, double g) {
  return d - at.w[6] * (g - 3.0) * (10.0 - d) * (1.0 / 9);
}

}  // namespace

SmoothTerms smooth_terms(const Parameters& w) {
  SmoothTerms at;
  at.w = w;
  at.decay = -w[20];
  const double base = math::exp_of(math::log_of(0.9) / at.decay);
  at.factor = base - 1.0;
  at.factor_by_decay = -math::log_of(0.9) / (at.decay * at.decay) * base;
  at.growth = math::exp_of(w[8]);
  at.cap = math::exp_of(-w[17] * w[18]);
  for (std::size_t i = 0; i < 4; ++i) {
    const auto g = static_cast<double>(i + 1);
    at.spread[i] = math::exp_of((g - 1.0) * w[5]);
    at.first_raw[i] = w[4] - at.spread[i] + 1.0;
    at.first_difficulty[i] = std::clamp(at.first_raw[i], 1.0, 10.0);
    at.same_day[i] = math::exp_of(w[17] * (g - 3.0 + w[18]));
  }
  at.easy_difficulty = at.first_raw[3];
  return at;
}

IGNITION_VECTOR_CLONES
void forward(const SmoothTerms& terms, Row& __restrict at, Row& __restrict next) {
  const SmoothTerms c = terms;
  for (std::size_t i = 0; i < kLanes; ++i) {
    const double s = at.s[i];
    const double d = at.d[i];
    const double t = at.t[i];
    const double g = at.g[i];
    const bool none = g == 0.0;
    const bool same_day = t == 0.0;
    const bool failed = g == 1.0;
    const bool lapsed = failed & !same_day;
    const double log_q = math::log_of(1.0 + c.factor * t / s);
    const double recall = math::exp_of(c.decay * log_q);
    const double forgotten = 1.0 - recall;
    const double log_base = math::log_of(lapsed ? s + 1.0 : s);
    const double later_exponent = lapsed ? c.w[13] : -c.w[9];
    const double power = math::exp_of((same_day ? -c.w[19] : later_exponent) * log_base);
    const double log_d = math::log_of(d);
    const double after_lapse = c.w[14] * forgotten - c.w[12] * log_d;
    const double effect = math::exp_of(lapsed ? after_lapse : c.w[10] * forgotten);

    const double later = s * (1.0 + c.growth * (11.0 - d) * power * (effect - 1.0) * success_factor(c, g));
    const double k = power * same_day_factor(c, g);
    const double soon = s * (failed ? k : math::most(k, 1.0));
    const double lapse =
        math::least(math::limited(c.w[11] * (power - 1.0) * effect, kLowestStability, kHighestStability),
                    math::most(s * c.cap, kLowestStability));
    const double on_later_day = failed ? lapse : later;
    const double raw = math::limited(same_day ? soon : on_later_day, kLowestStability, kHighestStability);
    const double raw_d =
        math::limited(c.w[7] * c.easy_difficulty + (1.0 - c.w[7]) * damped_difficulty(c, d, g), 1.0, 10.0);
    at.recall[i] = recall;
    at.log_q[i] = log_q;
    at.log_base[i] = log_base;
    at.power[i] = power;
    at.effect[i] = effect;
    at.log_d[i] = log_d;
    next.s[i] = none ? s : raw;
    next.d[i] = none ? d : raw_d;
  }
}

IGNITION_VECTOR_CLONES
void backward(const SmoothTerms& terms, const Row& __restrict at, Adjoint& __restrict adjoint,
              LaneGradient& __restrict sum) {
  const SmoothTerms c = terms;
  for (std::size_t i = 0; i < kLanes; ++i) {
    const double s = at.s[i];
    const double d = at.d[i];
    const double t = at.t[i];
    const double g = at.g[i];
    const double recall = at.recall[i];
    const double power = at.power[i];
    const double effect = at.effect[i];
    const double log_base = at.log_base[i];
    const bool none = g == 0.0;
    const bool same_day = t == 0.0;
    const bool failed = g == 1.0;
    const bool lapsed = failed & !same_day;
    const double by_s = none ? 0.0 : adjoint.s[i];
    const double by_d = none ? 0.0 : adjoint.d[i];

    // Difficulty (rule F6).
    const double damped = damped_difficulty(c, d, g);
    const double reverted = c.w[7] * c.easy_difficulty + (1.0 - c.w[7]) * damped;
    const double by_reverted = inside(reverted, 1.0, 10.0) ? by_d : 0.0;
    const double away = (g - 3.0) * (1.0 / 9);
    sum.w[6][i] -= by_reverted * (1.0 - c.w[7]) * away * (10.0 - d);
    sum.w[7][i] += by_reverted * (c.easy_difficulty - damped);
    sum.easy_difficulty[i] += by_reverted * c.w[7];
    double to_d = by_reverted * (1.0 - c.w[7]) * (1.0 + c.w[6] * away);

    // Success on a later day (rule F7): S' = S (1 + e^w8 (11 - D) S^-w9 (effect - 1) factor).
    const bool succeeded = !failed & !same_day;
    const double factor = success_factor(c, g);
    const double scale = s * c.growth * power;
    const double gained = scale * (11.0 - d) * (effect - 1.0);  // without factor
    const double later = s + gained * factor;
    const double by_limited = inside(later, kLowestStability, kHighestStability) ? by_s : 0.0;
    const double by_later = succeeded ? by_limited : 0.0;
    const double forgotten = 1.0 - recall;
    const double by_effect = by_later * scale * (11.0 - d) * factor * effect;
    sum.w[8][i] += by_later * gained * factor;
    sum.w[9][i] -= by_later * gained * factor * log_base;
    sum.w[10][i] += by_effect * forgotten;
    sum.w[15][i] += g == 2.0 ? by_later * gained : 0.0;
    sum.w[16][i] += g == 4.0 ? by_later * gained : 0.0;
    to_d -= by_later * scale * (effect - 1.0) * factor;
    double to_s = by_later * (1.0 + gained * factor * (1.0 - c.w[9]) / s);
    double to_recall = -by_effect * c.w[10];

    // Failure on a later day (rule F8).
    const double lapse = c.w[11] * (power - 1.0) * effect;
    const double cap = s * c.cap;
    const double limited_lapse = math::limited(lapse, kLowestStability, kHighestStability);
    const bool below_cap = limited_lapse <= math::most(cap, kLowestStability);
    const double by_failure = lapsed ? by_s : 0.0;
    const double by_inside = inside(lapse, kLowestStability, kHighestStability) ? by_failure : 0.0;
    const double by_lapse = below_cap ? by_inside : 0.0;
    const double by_high_cap = cap >= kLowestStability ? by_failure : 0.0;
    const double by_cap = below_cap ? 0.0 : by_high_cap;
    sum.w[11][i] += by_lapse * (power - 1.0) * effect;
    sum.w[12][i] -= by_lapse * lapse * at.log_d[i];
    sum.w[13][i] += by_lapse * c.w[11] * effect * power * log_base;
    sum.w[14][i] += by_lapse * lapse * forgotten;
    to_s += by_lapse * c.w[11] * effect * c.w[13] * power / (s + 1.0) + by_cap * c.cap;
    to_d -= by_lapse * lapse * c.w[12] / d;
    to_recall -= by_lapse * c.w[14] * lapse;

    // A review on the same day (rule F9).
    const double k = power * same_day_factor(c, g);
    const bool grows = failed | (k >= 1.0);
    const double soon = s * (grows ? k : 1.0);
    const double by_inside_soon = inside(soon, kLowestStability, kHighestStability) ? by_s : 0.0;
    const double by_soon = same_day ? by_inside_soon : 0.0;
    const double by_k = grows ? by_soon * s * k : 0.0;  // by ln k
    sum.w[17][i] += by_k * (g - 3.0 + c.w[18]) - by_cap * cap * c.w[18];
    sum.w[18][i] += by_k * c.w[17] - by_cap * cap * c.w[17];
    sum.w[19][i] -= by_k * log_base;
    to_s += grows ? by_soon * k * (1.0 - c.w[19]) : by_soon;

    // Recall (rule F4): q = 1 + factor t / S, R = q^decay.
    const double ratio = c.factor * t / s;  // q - 1
    const double slope = recall / (1.0 + ratio) * c.decay * ratio;
    to_s -= to_recall * slope / s;
    sum.decay[i] += to_recall * (recall * at.log_q[i] + slope * (c.factor_by_decay / c.factor));

    adjoint.s[i] = none ? adjoint.s[i] : to_s;
    adjoint.d[i] = none ? adjoint.d[i] : to_d;
  }
}

IGNITION_VECTOR_CLONES
void predict(const SmoothTerms& terms, const Row& __restrict last, Prediction& __restrict prediction,
             Adjoint& __restrict adjoint, LaneGradient& __restrict sum) {
  const SmoothTerms c = terms;
  for (std::size_t i = 0; i < kLanes; ++i) {
    const double s = last.s[i];
    const double ratio = c.factor * prediction.days[i] / s;
    const double log_q = math::log_of(1.0 + ratio);
    const double recall = math::exp_of(c.decay * log_q);
    const double limited = math::limited(recall, kLowestRecall, kHighestRecall);
    const bool passed = prediction.passed[i] != 0.0;
    const double likelihood = passed ? limited : 1.0 - limited;
    prediction.loss[i] = -math::log_of(likelihood);
    const double by_likelihood = -prediction.weight[i] / likelihood;
    const double by_limited = passed ? by_likelihood : -by_likelihood;
    const double by_recall = inside(recall, kLowestRecall, kHighestRecall) ? by_limited : 0.0;
    const double slope = recall / (1.0 + ratio) * c.decay * ratio;
    adjoint.s[i] = -by_recall * slope / s;
    adjoint.d[i] = 0.0;
    sum.decay[i] += by_recall * (recall * log_q + slope * (c.factor_by_decay / c.factor));
  }
}

}  // namespace ignition::rules::fsrs
