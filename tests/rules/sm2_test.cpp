#include "ignition/rules/sm2.hpp"

#include "rules/fsrs_support.hpp"

using namespace ignition::rules;
namespace test = ignition::test;

TEST_CASE("SM-2 agrees with the vectors") {
  const test::Vectors vectors("learning/sm2.json");
  int cases = 0;
  for (const test::Value c : vectors["cases"].get_array()) {
    CAPTURE(test::text(c, "id"));
    const test::Value start = c["start"].value();
    sm2::Card card{test::number(start, "interval_days"), test::number(start, "ease_factor"),
                   static_cast<int>(test::integer(start, "lapses"))};
    std::size_t row = 0;
    for (const test::Value grade : c["grades"].get_array()) {
      const test::Value expect = c["expect"].at(row++).value();
      card = sm2::review(card, test::rating(grade.get_int64().value() + 1));
      CHECK(test::near_relative(card.interval_days, test::number(expect, "interval_days"), 1e-9));
      CHECK(test::near(card.ease_factor, test::number(expect, "ease_factor"), 1e-9));
      CHECK(card.lapses == test::integer(expect, "lapses"));
      CHECK(sm2::due_in_days(card.interval_days) == test::integer(expect, "due_in_days"));
    }
    ++cases;
  }
  CHECK(cases == 120);
}

TEST_CASE("a new card answered good, good, again, good by SM-2 waits 3, 6, 1 and 2 days") {
  using fsrs::Rating;
  sm2::Card card;
  std::vector<int> days;
  for (const Rating rating : {Rating::good, Rating::good, Rating::again, Rating::good}) {
    card = sm2::review(card, rating);
    days.push_back(sm2::due_in_days(card.interval_days));
  }
  CHECK(days == std::vector{3, 6, 1, 2});
  CHECK(card == sm2::Card{2.3, 2.3, 1});
  CHECK(sm2::due_in_days(2.5) == 3);
}

TEST_CASE("SM-2 keeps any card within its bounds") {
  CHECK(rc::check([] {
    sm2::Card card;
    for (const int rating : *rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 5))) {
      card = sm2::review(card, test::rating(rating));
      RC_ASSERT((1 <= card.interval_days && card.interval_days <= sm2::kLongestIntervalDays));
      RC_ASSERT(card.ease_factor >= sm2::kLowestEase);
    }
  }));
}

TEST_CASE("SM-2 refuses numbers that cannot be and names them") {
  const auto review = [](sm2::Card card, int rating = 3) {
    return test::refused([&] { sm2::review(card, test::rating(rating)); });
  };
  CHECK(review({-1, 2.5, 0}) == "card.interval_days");
  CHECK(review({std::nan(""), 2.5, 0}) == "card.interval_days");
  CHECK(review({1, 1.2, 0}) == "card.ease_factor");
  CHECK(review({1, 2.5, -1}) == "card.lapses");
  CHECK(review({}, 0) == "rating");
  CHECK(review({}, 5) == "rating");
  CHECK(test::refused([] { sm2::due_in_days(1e9); }) == "interval_days");
}
