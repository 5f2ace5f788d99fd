// One review of the memory model on plain numbers, without branches (rules F4 to F10). The single and the batch forms
// are these functions, so they agree bit for bit.
#pragma once

#include "ignition/rules/fsrs.hpp"
#include "rules/fsrs_math.hpp"

namespace ignition::rules::fsrs {

// R(t, S) of rule F4.
[[gnu::always_inline]] inline double recall(const Terms& at, double stability, double days) {
  return math::r8(math::exp_of(at.decay * math::log_of(1.0 + at.factor * days / stability)));
}

// Rule F6. `g` is 1, 2, 3 or 4.
[[gnu::always_inline]] inline double next_difficulty(const Terms& at, double d, double g) {
  const double damped = math::r8(-at.w[6] * (g - 3.0) * (10.0 - d) / 9.0);
  return math::limited(math::r8(at.w[7] * at.easy_difficulty + (1.0 - at.w[7]) * (d + damped)), 1.0, 10.0);
}

// A review of a card with stability `s`, before it is known which success it was. Each of the two powers that the rules
// ask for is worked out once, with base and exponent of the case that applies.
struct Step {
  double retrievability;
  double s;
  bool same_day;
  double power;   // S^-w19 of rule F9
  double growth;  // of rule F7, without the factors of hard and easy
  double lapse;   // the stability after a failure (rules F8 and F9), not rounded yet
};

[[gnu::always_inline]] inline double limited_stability(double s) {
  return math::limited(s, kLowestStability, kHighestStability);
}

// `s` and `d` lie within their bounds, `t` is a whole number >= 0.
[[gnu::always_inline]] inline Step step_of(const Terms& at, double s, double d, double t, bool failed) {
  const bool same_day = t == 0.0;
  const bool lapsed = failed & !same_day;
  const double r = recall(at, s, t);
  const double forgotten = 1.0 - r;
  const double later_exponent = lapsed ? at.w[13] : -at.w[9];
  const double exponent = same_day ? -at.w[19] : later_exponent;
  const double power = math::exp_of(exponent * math::log_of(lapsed ? s + 1.0 : s));
  const double after_lapse = at.w[14] * forgotten - at.w[12] * math::log_of(d);
  const double effect = math::exp_of(lapsed ? after_lapse : at.w[10] * forgotten);

  // r8 keeps order and 0.001, so the smaller of two rounded values is the smaller one, rounded.
  const double post_lapse =
      math::least(limited_stability(at.w[11] * (power - 1.0) * effect), math::most(s / at.lapse_cap, kLowestStability));
  const double again_same_day = limited_stability(s * (power * at.same_day[0]));
  return {
      r, s, same_day, power, at.growth * (11.0 - d) * power * (effect - 1.0), same_day ? again_same_day : post_lapse};
}

// The same for one card, where a jump saves what its case does not need.
[[gnu::always_inline]] inline Step single_step(const Terms& at, double s, double d, double t, bool failed) {
  if (t == 0.0) {
    const double power = math::exp_of(-at.w[19] * math::log_of(s));
    return {1.0, s, true, power, 0.0, limited_stability(s * (power * at.same_day[0]))};
  }
  const double r = recall(at, s, t);
  const double forgotten = 1.0 - r;
  if (failed) {
    const double power = math::exp_of(at.w[13] * math::log_of(s + 1.0));
    const double effect = math::exp_of(at.w[14] * forgotten - at.w[12] * math::log_of(d));
    const double lapse = limited_stability(at.w[11] * (power - 1.0) * effect);
    return {r, s, false, power, 0.0, math::least(lapse, math::most(s / at.lapse_cap, kLowestStability))};
  }
  const double power = math::exp_of(-at.w[9] * math::log_of(s));
  const double effect = math::exp_of(at.w[10] * forgotten);
  return {r, s, false, power, at.growth * (11.0 - d) * power * (effect - 1.0), 0.0};
}

// Stability after hard, good or easy, not rounded yet: `factor` is the rating's of rule F7, `k` its of rule F9.
[[gnu::always_inline]] inline double success_of(const Step& step, double factor, double k) {
  const double later = step.s * (1.0 + step.growth * factor);
  const double soon = step.s * math::most(step.power * k, 1.0);
  return limited_stability(step.same_day ? soon : later);
}
[[gnu::always_inline]] inline double hard_of(const Terms& at, const Step& step) {
  return success_of(step, at.w[15], at.same_day[1]);
}
[[gnu::always_inline]] inline double good_of(const Terms& at, const Step& step) {
  return success_of(step, 1.0, at.same_day[2]);
}
[[gnu::always_inline]] inline double easy_of(const Terms& at, const Step& step) {
  return success_of(step, at.w[16], at.same_day[3]);
}

// Stability after rating `g`.
[[gnu::always_inline]] inline double next_stability(const Terms& at, const Step& step, double g) {
  const double good_or_easy = g == 3.0 ? good_of(at, step) : easy_of(at, step);
  const double passed = g == 2.0 ? hard_of(at, step) : good_or_easy;
  return math::r8(g == 1.0 ? step.lapse : passed);
}

}  // namespace ignition::rules::fsrs
