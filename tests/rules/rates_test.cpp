#include "ignition/rules/rates.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace ignition;
using rules::Draw;
using rules::Rate;
using rules::RateState;
using std::chrono::seconds;

namespace {

Instant at(double second) { return {static_cast<std::int64_t>(second * 1e6)}; }

constexpr Rate kTenAMinute{.limit = 10, .period = seconds(60), .burst = 5};

}  // namespace

TEST_CASE("ten a minute, five at once: the timeline of rule R32 (A34)") {
  RateState state;
  for (const int remaining : {4, 3, 2, 1, 0}) {
    const Draw one = rules::draw(kTenAMinute, state, at(100));
    CHECK(one.allowed);
    CHECK(one.remaining == remaining);
  }
  const auto refused = [&](double second) {
    const Draw one = rules::draw(kTenAMinute, state, at(second));
    CHECK_FALSE(one.allowed);
    CHECK(one.remaining == 0);
    return one.retry_after.count();
  };
  CHECK(refused(100) == 6);
  CHECK(refused(100) == 6);  // asking in vain costs nothing
  CHECK(rules::draw(kTenAMinute, state, at(106)).allowed);
  CHECK(refused(106) == 6);
  CHECK(rules::draw(kTenAMinute, state, at(118)).allowed);
  const Draw last = rules::draw(kTenAMinute, state, at(118));
  CHECK(last.allowed);
  CHECK(last.reset == at(148));
  CHECK(refused(118) == 6);
  CHECK(refused(123.999) == 1);
  CHECK(rules::draw(kTenAMinute, state, at(124)).allowed);
}

TEST_CASE("a window lets the next one in when the oldest leaves it") {
  constexpr Rate kFailures{.limit = 5, .period = seconds(900)};
  RateState state;
  for (int i = 0; i < 5; ++i) {
    const Draw one = rules::draw(kFailures, state, at(i * 15.0));
    CHECK(one.allowed);
    CHECK(one.remaining == 4 - i);
    CHECK(one.reset == at(i * 15.0 + 900));
  }
  const Draw sixth = rules::draw(kFailures, state, at(60.5));
  CHECK_FALSE(sixth.allowed);
  CHECK(sixth.retry_after == seconds(840));
  CHECK_FALSE(rules::draw(kFailures, state, at(899.999)).allowed);
  CHECK(rules::draw(kFailures, state, at(900)).allowed);
  CHECK_FALSE(rules::draw(kFailures, state, at(900)).allowed);
}

TEST_CASE("no stretch of time sees more than the burst and what refilled in it") {
  CHECK(rc::check([] {
    const Rate rate{.limit = *rc::gen::inRange(1, 100), .period = seconds(60), .burst = *rc::gen::inRange(1, 20)};
    const auto pauses = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 3'000'000));
    const std::int64_t interval = 60'000'000 / rate.limit;
    RateState state;
    std::vector<std::int64_t> allowed;
    std::int64_t now = 1'000'000'000;
    for (const int pause : pauses) {
      now += pause;
      if (rules::draw(rate, state, {now}).allowed) allowed.push_back(now);
    }
    for (std::size_t i = 0; i < allowed.size(); ++i) {
      for (std::size_t j = i; j < allowed.size(); ++j) {
        const auto count = static_cast<std::int64_t>(j - i) + 1;
        RC_ASSERT(count <= rate.burst + (allowed[j] - allowed[i]) / interval);
      }
    }
  }));
}

TEST_CASE("who waits as long as told is let in, and not before") {
  CHECK(rc::check([] {
    const bool even = *rc::gen::arbitrary<bool>();
    const Rate rate{.limit = *rc::gen::inRange(1, 20),
                    .period = seconds(*rc::gen::inRange(1, 100)),
                    .burst = even ? *rc::gen::inRange(1, 10) : 0};
    RateState state;
    Instant now = at(1'000);
    Draw one = rules::draw(rate, state, now);
    while (one.allowed) {
      now.us += *rc::gen::inRange(0, 1'000);
      one = rules::draw(rate, state, now);
    }
    RateState early = state;
    RC_ASSERT(rules::draw(rate, state, {now.us + one.retry_after.count() * 1'000'000}).allowed);
    RC_ASSERT(!rules::draw(rate, early, {now.us + (one.retry_after.count() - 1) * 1'000'000}).allowed);
  }));
}

TEST_CASE("a rate is read and written as an operator writes it") {
  CHECK(rules::parse_rate("10/60:5") == kTenAMinute);
  CHECK(rules::parse_rate("5/900") == Rate{.limit = 5, .period = seconds(900)});
  CHECK(rules::parse_rate("off") == Rate{});
  for (const char* text : {"10/60:5", "5/900", "off", "1000000/1:1"}) {
    CHECK(rules::rate_text(rules::parse_rate(text).value()) == text);
  }
  for (const char* text : {"", "10", "/60", "10/", "10/60:", "0/60", "10/0", "10/60:0", "-1/60", "10/60:5:5", "10/60s",
                           "1000001/60", "10 /60", "OFF", "10/60/5"}) {
    CAPTURE(text);
    CHECK_FALSE(rules::parse_rate(text).has_value());
  }
}
