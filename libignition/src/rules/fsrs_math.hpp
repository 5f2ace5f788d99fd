// The arithmetic below FSRS: exponential, logarithm and rounding that give the same bits on every machine, written
// without branches and calls so that loops over them become vector code.
#pragma once

#include <bit>
#include <cstdint>

namespace ignition::rules::fsrs {

namespace math {

// Added to a double below 2^51, it leaves no place for a fraction: the sum is rounded to the nearest whole number.
inline constexpr double kWhole = 6755399441055744.0;  // 1.5 * 2^52

[[gnu::always_inline]] inline double floor_of(double x) {
  const double nearest = (x + kWhole) - kWhole;
  return nearest - (nearest > x ? 1.0 : 0.0);
}
// round and r8 of rule F1, for results below 2^51.
[[gnu::always_inline]] inline double round_of(double x) { return floor_of(x + 0.5); }
[[gnu::always_inline]] inline double r8(double x) { return floor_of(x * 1e8 + 0.5) / 1e8; }

[[gnu::always_inline]] inline double least(double a, double b) { return b < a ? b : a; }
[[gnu::always_inline]] inline double most(double a, double b) { return a < b ? b : a; }
[[gnu::always_inline]] inline double limited(double x, double lowest, double highest) {
  return least(most(x, lowest), highest);
}

// ln 2 in two parts; multiples of the first up to 2^11 are exact.
inline constexpr double kLn2High = 0x1.62e42fee00000p-1;
inline constexpr double kLn2Low = 0x1.a39ef35793c76p-33;

// e^x for |x| <= 700, to about one unit in the last place: x = n ln 2 + r, the series of e^r up to r^13 / 13!.
[[gnu::always_inline]] inline double exp_of(double x) {
  const double shifted = x * 0x1.71547652b82fep+0 + kWhole;  // the lowest bits are n
  const double n = shifted - kWhole;
  const double r = (x - n * kLn2High) - n * kLn2Low;
  const double r2 = r * r;
  const double r4 = r2 * r2;
  const double low = (1.0 / 2 + r * (1.0 / 6)) + r2 * (1.0 / 24 + r * (1.0 / 120));
  const double middle = (1.0 / 720 + r * (1.0 / 5040)) + r2 * (1.0 / 40320 + r * (1.0 / 362880));
  const double high = (1.0 / 3628800 + r * (1.0 / 39916800)) + r2 * (1.0 / 479001600 + r * (1.0 / 6227020800.0));
  const double sum = 1.0 + (r + r2 * (low + r4 * (middle + r4 * high)));
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(sum) + (std::bit_cast<std::uint64_t>(shifted) << 52U));
}

// Natural logarithm of a normal x > 0, to about one unit in the last place: x = 2^n m with m in [1 / sqrt 2, sqrt 2),
// and ln m = 2 artanh s with s = (m - 1) / (m + 1), by its series up to s^21 / 21.
[[gnu::always_inline]] inline double log_of(double x) {
  const auto bits = std::bit_cast<std::uint64_t>(x);
  constexpr std::uint64_t kRootHalf = 0x3FE6A09E667F3BCD;
  constexpr std::uint64_t kBias = std::uint64_t{1023} << 52U;
  const std::uint64_t exponent = (bits - kRootHalf + kBias) >> 52U;  // n + 1023
  // As the mantissa of 2^52 the exponent becomes a double without a conversion, which vector units lack.
  const double n = std::bit_cast<double>(exponent | 0x4330000000000000U) - (4503599627370496.0 + 1023.0);
  const double m = std::bit_cast<double>(bits - (exponent << 52U) + kBias);
  const double f = m - 1.0;
  const double s = f / (m + 1.0);
  const double z = s * s;
  const double z2 = z * z;
  const double z4 = z2 * z2;
  const double low = (2.0 / 3 + z * (2.0 / 5)) + z2 * (2.0 / 7 + z * (2.0 / 9));
  const double middle = (2.0 / 11 + z * (2.0 / 13)) + z2 * (2.0 / 15 + z * (2.0 / 17));
  const double series = z * (low + z4 * (middle + z4 * (2.0 / 19 + z * (2.0 / 21))));
  // 2 s = f - s f, so the rounding of s weighs little.
  return n * kLn2High + (f - (s * (f - series) - n * kLn2Low));
}

}  // namespace math

}  // namespace ignition::rules::fsrs
