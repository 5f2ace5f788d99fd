#include "ignition/rules/loads.hpp"

#include <fmt/format.h>

#include <cmath>

#include "ignition/error.hpp"

namespace ignition::rules {
namespace {

constexpr std::int64_t kPound = 45'359'237;  // 10^-5 g
constexpr std::int64_t kMaxOneRepGrams = 36 * kMaxLoadGrams;

void check(std::int64_t value, std::int64_t min, std::int64_t max, std::string_view name) {
  if (value < min || value > max) {
    throw invalid(std::string(name), "out_of_range", fmt::format("{} takes {} to {}.", name, min, max));
  }
}

void check_load(std::int64_t grams, std::string_view name = "grams") {
  check(grams, kMinLoadGrams, kMaxLoadGrams, name);
}
void check_maximum(std::int64_t grams) { check(grams, 0, kMaxOneRepGrams, "one_rep_max_g"); }

std::int64_t to_plates(std::int64_t grams, WeightUnit unit, std::int64_t step_x100) {
  check(step_x100, 1, 10'000, "step_x100");
  if (unit == WeightUnit::kg) return rounded_quotient(grams, step_x100 * 10) * step_x100 * 10;
  return rounded_quotient(
      rounded_quotient(rounded_quotient(grams * 10'000'000, kPound), step_x100) * step_x100 * kPound, 10'000'000);
}

std::optional<OneRepMax> estimate(std::int64_t w, std::int64_t r, OneRepFormula formula) {
  if (w <= 0 || r < 1) return {};
  const bool automatic = formula == OneRepFormula::auto_;
  if (r == 1) return OneRepMax{w, automatic ? std::optional(Confidence::exact) : std::nullopt, automatic};
  switch (formula) {
    case OneRepFormula::auto_:
      if (r > 15) return {};
      if (r > 10) return OneRepMax{rounded_quotient(w * (30 + r), 30), Confidence::low, false};
      return OneRepMax{rounded_quotient(36 * w, 37 - r), r <= 5 ? Confidence::high : Confidence::medium, true};
    case OneRepFormula::brzycki:
      if (r > 36) return {};
      return OneRepMax{rounded_quotient(36 * w, 37 - r)};
    case OneRepFormula::epley:
      return OneRepMax{rounded_quotient(w * (30 + r), 30)};
    case OneRepFormula::oconner:
      return OneRepMax{rounded_quotient(w * (40 + r), 40)};
    case OneRepFormula::lombardi:
      return OneRepMax{
          static_cast<std::int64_t>(std::floor(static_cast<double>(w) * std::pow(static_cast<double>(r), 0.10) + 0.5))};
  }
  return {};
}

// Repetitions of a set; a formula without an upper bound of its own must not overflow.
constexpr std::int64_t kMaxReps = 1000;

}  // namespace

std::int64_t grams_of_pounds(std::int64_t pounds_x100) {
  check(pounds_x100, -500'000'000, 500'000'000, "pounds_x100");
  return rounded_quotient(pounds_x100 * kPound, 10'000'000);
}

std::int64_t pounds_of_grams(std::int64_t grams) {
  check(grams, -2'000'000'000, 2'000'000'000, "grams");
  return rounded_quotient(grams * 10'000'000, kPound);
}

std::int64_t round_load(std::int64_t grams, WeightUnit unit, std::int64_t step_x100) {
  check(grams, -kMaxOneRepGrams, kMaxOneRepGrams, "grams");
  return to_plates(grams, unit, step_x100);
}

std::optional<OneRepMax> one_rep_max(std::int64_t grams, std::int64_t reps, OneRepFormula formula) {
  check_load(grams);
  if (reps > kMaxReps) check(reps, 0, kMaxReps, "reps");
  return estimate(grams, reps, formula);
}

void one_rep_max(std::span<const std::int64_t> grams, std::span<const std::int32_t> reps, std::span<std::int64_t> out,
                 OneRepFormula formula) {
  const auto check_length = [&](std::size_t length, std::string_view name) {
    if (length != grams.size()) {
      throw invalid(std::string(name), "length", fmt::format("{} must be as long as grams: {}.", name, grams.size()));
    }
  };
  check_length(reps.size(), "reps");
  check_length(out.size(), "out");
  for (std::size_t i = 0; i < grams.size(); ++i) {
    if (grams[i] < kMinLoadGrams || grams[i] > kMaxLoadGrams) check_load(grams[i], fmt::format("grams[{}]", i));
    if (reps[i] > kMaxReps) check(reps[i], 0, kMaxReps, fmt::format("reps[{}]", i));
    const auto found = estimate(grams[i], reps[i], formula);
    out[i] = found ? found->one_rep_max_g : 0;
  }
}

std::optional<std::int64_t> load_for_reps(std::int64_t one_rep_max_g, std::int64_t reps) {
  check_maximum(one_rep_max_g);
  if (one_rep_max_g == 0 || reps < 1 || reps > 15) return {};
  if (reps <= 10) return rounded_quotient(one_rep_max_g * (37 - reps), 36);
  return rounded_quotient(30 * one_rep_max_g, 30 + reps);
}

std::int64_t percent_load(std::int64_t one_rep_max_g, std::int64_t percent_x100, WeightUnit unit,
                          std::int64_t step_x100) {
  check_maximum(one_rep_max_g);
  check(percent_x100, 100, 12'000, "percent_x100");
  return to_plates(rounded_quotient(one_rep_max_g * percent_x100, 10'000), unit, step_x100);
}

std::optional<std::int64_t> prescribed_load(std::optional<std::int64_t> base_g, std::int64_t intensity_bp,
                                            WeightUnit unit, std::int64_t step_x100) {
  check(intensity_bp, 0, 22'500, "intensity_bp");
  if (!base_g) return {};
  check(*base_g, kMinLoadGrams, kMaxOneRepGrams, "base_g");
  return to_plates(rounded_quotient(*base_g * intensity_bp, 10'000), unit, step_x100);
}

}  // namespace ignition::rules
