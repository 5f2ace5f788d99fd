#include "ignition/rules/percent.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cmath>
#include <string>

using ignition::rules::percent_with_decimals;

TEST_CASE("a percent with decimals is written short, half rounded up") {
  CHECK(percent_with_decimals(118, 519) == "22.74");
  CHECK(percent_with_decimals(1, 2) == "50");
  CHECK(percent_with_decimals(1, 8) == "12.5");
  CHECK(percent_with_decimals(1, 1'000) == "0.1");
  CHECK(percent_with_decimals(1, 2'000) == "0.05");
  CHECK(percent_with_decimals(1, 20'000) == "0.01");
  CHECK(percent_with_decimals(1, 20'001) == "0");
  CHECK(percent_with_decimals(19'999, 20'000) == "100");
}

TEST_CASE("a percent with decimals lies between 0 and 100, whatever it is of") {
  CHECK(percent_with_decimals(5, 0) == "0");
  CHECK(percent_with_decimals(5, -1) == "0");
  CHECK(percent_with_decimals(-5, 10) == "0");
  CHECK(percent_with_decimals(11, 10) == "100");
}

TEST_CASE("a percent with decimals is within half a hundredth of the share") {
  CHECK(rc::check([] {
    const auto whole = *rc::gen::inRange<std::int64_t>(1, 1'000'000'000);
    const auto part = *rc::gen::inRange<std::int64_t>(0, whole + 1);
    const double exact = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
    RC_ASSERT(std::abs(std::stod(percent_with_decimals(part, whole)) - exact) <= 0.005 + 1e-9);
  }));
}
