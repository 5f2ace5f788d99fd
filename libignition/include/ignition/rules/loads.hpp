// Loads, units and one-repetition maximums in integers: grams, millimetres, hundredths of a pound. Rules R1, R2, R4, R5
// of training. Every rounding is half away from zero. Functions throw VALIDATION_ERROR `out_of_range` naming the
// argument when a load lies outside -500 000..2 000 000 g (a one-rep maximum: 0..72 000 000 g).
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ignition::rules {

enum class WeightUnit : std::uint8_t { kg, lb };
BOOST_DESCRIBE_ENUM(WeightUnit, kg, lb)

inline constexpr std::int64_t kMinLoadGrams = -500'000;
inline constexpr std::int64_t kMaxLoadGrams = 2'000'000;
// The longest distance: 1000 km.
inline constexpr std::int64_t kMaxDistanceMm = 1'000'000'000;

// a / b, b > 0, half away from zero.
constexpr std::int64_t rounded_quotient(std::int64_t a, std::int64_t b) {
  const std::int64_t whole = a / b;
  const std::int64_t rest = a % b;
  if (rest >= 0) return whole + (rest >= b - rest ? 1 : 0);
  return whole - (-rest >= b + rest ? 1 : 0);
}

// Hundredths of a pound to grams and back; a trip from pounds returns what went in.
std::int64_t grams_of_pounds(std::int64_t pounds_x100);
std::int64_t pounds_of_grams(std::int64_t grams);

// Nearest multiple of the step in the user's unit, back in grams. The step is in hundredths of the unit, 1..10 000.
std::int64_t round_load(std::int64_t grams, WeightUnit unit, std::int64_t step_x100);

enum class OneRepFormula : std::uint8_t { auto_, brzycki, epley, oconner, lombardi };
BOOST_DESCRIBE_ENUM(OneRepFormula, auto_, brzycki, epley, oconner, lombardi)
enum class Confidence : std::uint8_t { exact, high, medium, low };
BOOST_DESCRIBE_ENUM(Confidence, exact, high, medium, low)

struct OneRepMax {
  std::int64_t one_rep_max_g = 0;
  std::optional<Confidence> confidence;  // of the formula auto
  bool counts_for_record = false;        // of the formula auto
  friend bool operator==(const OneRepMax&, const OneRepMax&) = default;
};
BOOST_DESCRIBE_STRUCT(OneRepMax, (), (one_rep_max_g, confidence, counts_for_record))

// The estimate from one set (rule R4): Brzycki 1993 to ten repetitions, Epley 1985 to fifteen; a named formula as far
// as it goes. Nothing without a load or repetitions that the formula takes. For bodyweight exercises `grams` is the
// body's weight and the added one together.
std::optional<OneRepMax> one_rep_max(std::int64_t grams, std::int64_t reps,
                                     OneRepFormula formula = OneRepFormula::auto_);

// Many sets: out[i] is the maximum in grams, 0 where there is none. Throws VALIDATION_ERROR when the lengths differ
// (`reps`, `out`) or naming the element (`grams[3]`).
void one_rep_max(std::span<const std::int64_t> grams, std::span<const std::int32_t> reps, std::span<std::int64_t> out,
                 OneRepFormula formula = OneRepFormula::auto_);

// The load for a number of repetitions, 1..15, from a maximum (rule R5); nothing outside.
std::optional<std::int64_t> load_for_reps(std::int64_t one_rep_max_g, std::int64_t reps);
// A percentage of a maximum, 100..12 000 hundredths of a percent, rounded to plates.
std::int64_t percent_load(std::int64_t one_rep_max_g, std::int64_t percent_x100, WeightUnit unit,
                          std::int64_t step_x100);

// load x intensity (1/10 000), rounded to plates (rule R36); nothing without a base.
std::optional<std::int64_t> prescribed_load(std::optional<std::int64_t> base_g, std::int64_t intensity_bp,
                                            WeightUnit unit, std::int64_t step_x100);

}  // namespace ignition::rules
