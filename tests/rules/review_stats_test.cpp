#include "ignition/rules/review_stats.hpp"

#include "rules/fsrs_support.hpp"

using namespace ignition::rules;
using fsrs::Rating;
using fsrs::State;
using ignition::LocalDate;
using ignition::Uuid;
namespace test = ignition::test;

namespace {

const LocalDate kToday = LocalDate::parse("2026-01-14").value();

ReviewRecord review(std::uint8_t card, int rating, int days_ago = 0) {
  ReviewRecord r{
      .kind = ReviewKind::review, .rating = test::rating(rating), .study_day = kToday - days_ago, .elapsed_days = 5};
  r.card_id.bytes[15] = card;
  return r;
}

}  // namespace

TEST_CASE("true retention counts hard as a pass") {
  const std::vector<ReviewRecord> reviews{review(1, 3), review(2, 1), review(3, 2), review(4, 4)};
  const Retention retention = true_retention(reviews, {kToday, kToday});
  CHECK(retention.all == PassRate{3, 4});
  CHECK(retention.all.rate() == 0.75);
  CHECK_FALSE(retention.mature.rate().has_value());
  CHECK_FALSE(retention.predicted.has_value());
}

TEST_CASE("true retention takes the first review of a card's day, not learning, not the same day") {
  std::vector<ReviewRecord> reviews{review(1, 1), review(1, 3), review(2, 3), review(3, 3), review(1, 3, -1)};
  reviews[2].kind = ReviewKind::learn;
  reviews[3].elapsed_days = 0;
  CHECK(true_retention(reviews, {kToday, kToday}).all == PassRate{0, 1});
  CHECK(true_retention(reviews, {kToday, kToday + 1}).all == PassRate{1, 2});
  CHECK(true_retention(reviews, {kToday + 2, kToday + 3}).all == PassRate{});
}

TEST_CASE("true retention tells young from mature cards and reports what was predicted") {
  std::vector<ReviewRecord> reviews{review(1, 3), review(2, 1), review(3, 3)};
  reviews[0].scheduled_days_before = 20;
  reviews[1].scheduled_days_before = 21;
  reviews[2].scheduled_days_before = 100;
  reviews[0].retrievability = 0.9;
  reviews[1].retrievability = 0.7;
  const Retention retention = true_retention(reviews, {kToday, kToday});
  CHECK(retention.young == PassRate{1, 1});
  CHECK(retention.mature == PassRate{1, 2});
  CHECK(retention.predicted == doctest::Approx(0.8));
}

TEST_CASE("a spread has the values of the nearest ranks") {
  std::vector<double> values;
  for (int i = 10; i >= 1; --i) values.push_back(i);
  CHECK(spread_of(values) == Spread{1, 5.5, 5, 9, 10});
  CHECK(spread_of(std::vector{3.0}) == Spread{3, 3, 3, 3, 3});
  CHECK_FALSE(spread_of({}).has_value());
  values[4] = std::nan("");
  CHECK(test::refused([&] { spread_of(values); }) == "values[4]");
}

TEST_CASE("histograms put a value on a bin's lower end into that bin and the highest into the last") {
  const auto difficulty = difficulty_histogram(std::vector{1.0, 1.9, 2.8, 10.0, 9.99});
  CHECK(difficulty == std::array<int, 10>{1, 1, 1, 0, 0, 0, 0, 0, 0, 2});
  const auto recall = retrievability_histogram(std::vector{0.15, 0.149, 1.0, 0.0});
  CHECK(recall[3] == 1);
  CHECK(recall[2] == 1);
  CHECK(recall[19] == 1);
  CHECK(recall[0] == 1);
  CHECK(test::refused([] { retrievability_histogram(std::vector<double>{0.1, INFINITY}); }) == "retrievabilities[1]");
}

TEST_CASE("work is summed by day and by hour") {
  std::vector<ReviewRecord> reviews{review(1, 3, 2), review(2, 1, 2), review(3, 4), review(4, 4), review(5, 4, 9)};
  reviews[0].taken_ms = 90'000;
  reviews[1].taken_ms = 5'000;
  reviews[0].introduces = true;
  reviews[0].local_hour = reviews[1].local_hour = 8;
  reviews[2].local_hour = 23;
  reviews[3].kind = ReviewKind::reset;
  const Work w = work(reviews, {kToday - 3, kToday});
  REQUIRE(w.days.size() == 4);
  CHECK(w.days[0] == DayOfWork{kToday - 3, 0, 0, 0, 0});
  CHECK(w.days[1] == DayOfWork{kToday - 2, 2, 1, 65'000, 1});
  CHECK(w.days[3] == DayOfWork{kToday, 1, 1, 0, 0});
  CHECK(w.by_hour[8] == PassRate{1, 2});
  CHECK(w.by_hour[23] == PassRate{1, 1});
  CHECK(w.active_days == 2);
  CHECK(w.reviews_per_day == 0.75);
  CHECK(w.reviews_per_active_day == 1.5);
  CHECK(test::refused([&] { work(reviews, {kToday, kToday - 1}); }) == "window");
}

TEST_CASE("the forecast shows overdue cards today and buried ones tomorrow") {
  const std::vector<ForecastCard> due{{State::review, kToday - 1, false},
                                      {State::review, kToday, false},
                                      {State::review, kToday + 1, false},
                                      {State::review, kToday + 1, false}};
  CHECK(forecast(due, kToday, 3) ==
        std::vector<ForecastDay>{{kToday, 2, 0, 2}, {kToday + 1, 2, 0, 4}, {kToday + 2, 0, 0, 4}});

  const std::vector<ForecastCard> others{{State::review, kToday, true},
                                         {State::learning, kToday - 1, true},
                                         {State::relearning, kToday + 1, false},
                                         {State::new_, kToday, false},
                                         {State::review, kToday + 2, false}};
  CHECK(forecast(others, kToday, 2) == std::vector<ForecastDay>{{kToday, 0, 1, 1}, {kToday + 1, 1, 1, 3}});
  CHECK(test::refused([&] { forecast(others, kToday, 366); }) == "days");
  CHECK(test::refused([&] { forecast(others, kToday, 0); }) == "days");
}
