// What the tests of FSRS share: values of the vector files, generators, and the name in a refusal.
#pragma once

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "ignition/error.hpp"
#include "ignition/rules/fsrs.hpp"
#include "support/vectors.hpp"

namespace ignition::test {

inline double number(Value object, std::string_view key) { return object[key].get_double().value(); }

inline std::vector<double> numbers(Value array) {
  std::vector<double> all;
  for (const Value v : array.get_array()) all.push_back(v.get_double().value());
  return all;
}

// `params` is a list, or the word "default".
inline rules::fsrs::Parameters parameters(Value params) {
  rules::fsrs::Parameters w = rules::fsrs::kDefaultParameters;
  if (params.is_array()) std::ranges::copy(numbers(params), w.begin());
  return w;
}

inline rules::fsrs::Rating rating(std::int64_t number) { return static_cast<rules::fsrs::Rating>(number); }

inline bool near(double value, double expected, double tolerance) { return std::abs(value - expected) <= tolerance; }
inline bool near_relative(double value, double expected, double tolerance) {
  return near(value, expected, tolerance * std::max(std::abs(expected), 1e-3));
}

// The field that a refusal names; "" when `run` refuses nothing.
template <class Run>
std::string refused(Run&& run) {
  try {
    run();
  } catch (const Error& error) {
    REQUIRE(error.code() == Code::VALIDATION_ERROR);
    return error.fields().at(0).field;
  }
  return "";
}

// A whole number of 0..10^6 as a share of a range.
inline double within(double lowest, double highest) {
  return lowest + (highest - lowest) * (*rc::gen::inRange(0, 1'000'001) / 1e6);
}
inline rules::fsrs::Parameters any_parameters() {
  rules::fsrs::Parameters w{};
  for (std::size_t i = 0; i < w.size(); ++i) {
    w[i] = within(rules::fsrs::kLowestParameters[i], rules::fsrs::kHighestParameters[i]);
  }
  return w;
}
// Half of them the default parameters.
inline rules::fsrs::Parameters likely_parameters() {
  return *rc::gen::arbitrary<bool>() ? any_parameters() : rules::fsrs::kDefaultParameters;
}
// Small stabilities are as likely as large ones.
inline double any_stability() { return std::exp(within(std::log(0.001), std::log(36499.0))); }
inline rules::fsrs::Rating any_rating() { return rating(*rc::gen::inRange(1, 5)); }

}  // namespace ignition::test
