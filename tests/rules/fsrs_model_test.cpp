#include <limits>

#include "rules/fsrs_support.hpp"

using namespace ignition::rules;
namespace test = ignition::test;

TEST_CASE("memory states agree with the vectors") {
  const test::Vectors vectors("learning/fsrs_memory_state.json");
  const auto days = test::numbers(vectors["retrievability_after_days"]);
  int reviews = 0;
  for (const test::Value c : vectors["cases"].get_array()) {
    CAPTURE(test::text(c, "id"));
    const fsrs::Model model(test::parameters(c["params"].value()));
    fsrs::Memory memory;
    std::size_t row = 0;
    for (const test::Value review : c["reviews"].get_array()) {
      const test::Value expect = c["expect"].at(row).value();
      const auto elapsed = static_cast<int>(test::integer(review, "elapsed_days"));
      const auto rating = test::rating(test::integer(review, "rating"));
      if (row == 0) {
        memory = model.first(rating);
      } else {
        CHECK(test::near(model.retrievability(memory.stability, elapsed), test::number(expect, "retrievability_before"),
                         1e-6));
        memory = model.next(memory, elapsed, rating);
      }
      CHECK(test::near_relative(memory.stability, test::number(expect, "stability"), 1e-6));
      CHECK(test::near(memory.difficulty, test::number(expect, "difficulty"), 1e-6));
      const auto after = test::numbers(expect["retrievability_after"].value());
      for (std::size_t i = 0; i < after.size(); ++i) {
        CHECK(test::near(model.retrievability(memory.stability, static_cast<int>(days[i])), after[i], 1e-6));
      }
      ++row;
      ++reviews;
    }
  }
  CHECK(reviews > 1000);
}

TEST_CASE("intervals agree with the vectors") {
  const test::Vectors vectors("learning/fsrs_interval.json");
  int cases = 0;
  for (const test::Value c : vectors["cases"].get_array()) {
    CAPTURE(test::text(c, "id"));
    fsrs::Settings settings;
    settings.parameters[20] = test::number(c, "decay_w20");
    settings.desired_retention = test::number(c, "desired_retention");
    settings.maximum_interval_days = static_cast<int>(test::integer(c, "maximum_interval"));
    const fsrs::Scheduler scheduler(settings);
    const test::Value expect = c["expect"].value();
    const double stability = test::number(c, "stability");
    CHECK(test::near(scheduler.model().terms().factor, test::number(expect, "factor"), 1e-7));
    CHECK(test::near_relative(scheduler.interval_modifier(), test::number(expect, "modifier"), 1e-6));
    const int days = scheduler.interval(stability);
    CHECK(days == test::integer(expect, "interval_days"));
    CHECK(test::near(scheduler.model().retrievability(stability, days),
                     test::number(expect, "retrievability_at_interval"), 1e-6));
    ++cases;
  }
  CHECK(cases == 400);
}

TEST_CASE("memory states from SM-2 agree with the vectors") {
  const test::Vectors vectors("learning/fsrs_from_sm2.json");
  int cases = 0;
  for (const test::Value c : vectors["cases"].get_array()) {
    CAPTURE(test::text(c, "id"));
    const fsrs::Model model(test::parameters(c["params"].value()));
    const fsrs::Memory memory = model.from_sm2(test::number(c, "interval_days"), test::number(c, "ease_factor"),
                                               test::number(c, "sm2_retention"));
    CHECK(test::near_relative(memory.stability, test::number(c["expect"].value(), "stability"), 1e-6));
    CHECK(test::near(memory.difficulty, test::number(c["expect"].value(), "difficulty"), 1e-6));
    ++cases;
  }
  CHECK(cases == 60);
}

TEST_CASE("the worked example of rule F12 comes out digit by digit") {
  struct Row {
    int rating, elapsed;
    double recall, stability, difficulty;
    int interval;
  };
  const std::vector<Row> rows{{3, 0, 1, 2.3065, 2.11810397, 2},
                              {3, 0, 1, 2.3065, 2.11121424, 2},
                              {3, 2, 0.90949326, 10.97104786, 2.1043314, 11},
                              {3, 8, 0.92019932, 38.89607831, 2.09745544, 39},
                              {1, 20, 0.93899785, 2.56382928, 7.38771571, 3},
                              {3, 0, 1, 2.56382928, 7.37555636, 3},
                              {2, 3, 0.88884804, 5.43754265, 8.24300038, 5},
                              {4, 5, 0.90565903, 16.17605755, 7.64112135, 16}};
  const fsrs::Scheduler scheduler;
  const fsrs::Model& model = scheduler.model();
  fsrs::Memory memory = model.first(fsrs::Rating::good);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    if (i > 0) {
      CHECK(model.retrievability(memory.stability, row.elapsed) == row.recall);
      memory = model.next(memory, row.elapsed, test::rating(row.rating));
    }
    CHECK(memory.stability == row.stability);
    CHECK(memory.difficulty == row.difficulty);
    CHECK(scheduler.interval(memory.stability) == row.interval);
  }
}

TEST_CASE("the numbers of rules F3 to F5 and F13 hold") {
  const fsrs::Model model;
  CHECK(model.terms().factor == 0.98034649);
  CHECK(model.retrievability(10, 10) == 0.9);
  CHECK(model.retrievability(10, 30) == 0.8093881);
  CHECK(model.retrievability(10, 100) == 0.69282664);
  CHECK(model.first(fsrs::Rating::again).difficulty == 6.4133);
  CHECK(model.first(fsrs::Rating::hard).difficulty == 5.11217071);
  CHECK(model.first(fsrs::Rating::easy).difficulty == 1);
  CHECK(model.terms().easy_difficulty == -4.77163070);
  CHECK(model.interval_modifier(0.90) == 1);
  CHECK(model.interval_modifier(0.80) == 3.3159598);
  CHECK(model.interval_modifier(0.85) == 1.90642614);
  CHECK(model.interval_modifier(0.95) == 0.40255869);
  CHECK(fsrs::Model(fsrs::kDefaultParameters, 2).parameters()[17] == 0.5425);
  const auto twice = fsrs::limited_for_steps(fsrs::kHighestParameters, 2);
  CHECK(twice[17] == twice[18]);
  fsrs::Parameters high = fsrs::kDefaultParameters;
  high[17] = high[18] = 2;
  CHECK(fsrs::limited_for_steps(high, 1) == high);
  CHECK(test::near(fsrs::limited_for_steps(high, 2)[17], 0.60045935, 1e-8));
  CHECK(test::near(fsrs::limited_for_steps(high, 3)[18], 0.49027301, 1e-8));
}

TEST_CASE("parameters of older versions become 21 within the bounds") {
  const std::vector<double> nineteen(fsrs::kDefaultParameters.begin(), fsrs::kDefaultParameters.begin() + 19);
  const auto from_19 = fsrs::parameters_from(nineteen);
  CHECK(std::equal(nineteen.begin(), nineteen.end(), from_19.begin()));
  CHECK(from_19[19] == 0);
  CHECK(from_19[20] == 0.5);

  std::vector<double> seventeen(fsrs::kDefaultParameters.begin(), fsrs::kDefaultParameters.begin() + 17);
  seventeen[4] = 5;
  seventeen[5] = 1;
  seventeen[6] = 1;
  const auto from_17 = fsrs::parameters_from(seventeen);
  CHECK(from_17[4] == 7);
  CHECK(from_17[5] == doctest::Approx(std::log(4.0) / 3));
  CHECK(from_17[6] == 1.5);
  CHECK(from_17[17] == 0);
  CHECK(from_17[18] == 0);
  CHECK(from_17[20] == 0.5);

  CHECK(fsrs::parameters_from(std::vector<double>(21, 1e9)) == fsrs::kHighestParameters);
  CHECK(fsrs::parameters_from(std::vector<double>(21, -1e9)) == fsrs::kLowestParameters);
  CHECK(test::refused([] { fsrs::parameters_from(std::vector<double>(20, 1.0)); }) == "parameters");
  CHECK(test::refused([] { fsrs::parameters_from({}); }) == "parameters");
  seventeen[5] = -0.5;
  CHECK(test::refused([&] { fsrs::parameters_from(seventeen); }) == "parameters[5]");
  seventeen[3] = std::nan("");
  CHECK(test::refused([&] { fsrs::parameters_from(seventeen); }) == "parameters[3]");
}

TEST_CASE("a model refuses numbers that cannot be and names them") {
  const double infinity = std::numeric_limits<double>::infinity();
  fsrs::Parameters w = fsrs::kDefaultParameters;
  w[8] = 4.6;
  CHECK(test::refused([&] { fsrs::Model{w}; }) == "parameters[8]");
  w[8] = infinity;
  CHECK(test::refused([&] { fsrs::Model{w}; }) == "parameters[8]");
  CHECK(test::refused([] { fsrs::Model(fsrs::kDefaultParameters, -1); }) == "relearning_steps");

  const fsrs::Model model;
  CHECK(test::refused([&] { model.next({-1, 5}, 1, fsrs::Rating::good); }) == "stability");
  CHECK(test::refused([&] { model.next({infinity, 5}, 1, fsrs::Rating::good); }) == "stability");
  CHECK(test::refused([&] { model.next({1, std::nan("")}, 1, fsrs::Rating::good); }) == "difficulty");
  CHECK(test::refused([&] { model.next({1, 5}, -1, fsrs::Rating::good); }) == "elapsed_days");
  CHECK(test::refused([&] { model.next({1, 5}, 1, test::rating(0)); }) == "rating");
  CHECK(test::refused([&] { model.first(test::rating(5)); }) == "rating");
  CHECK(test::refused([&] { model.retrievability(std::nan(""), 1); }) == "stability");
  CHECK(test::refused([&] { model.interval_modifier(1.0); }) == "desired_retention");
  CHECK(test::refused([&] { model.from_sm2(infinity, 2.5); }) == "interval_days");
  CHECK(test::refused([&] { model.from_sm2(10, 2.5, 0.5); }) == "retention");
  CHECK(test::refused([&] { model.from_sm2(10, 1e308); }) == "ease_factor");
}

TEST_CASE("a state below the bounds is read as the bound") {
  const fsrs::Model model;
  CHECK(model.next({0, 0}, 3, fsrs::Rating::good) == model.next({0.001, 1}, 3, fsrs::Rating::good));
}

TEST_CASE("any review of any model keeps stability and difficulty within their bounds") {
  CHECK(rc::check([] {
    const fsrs::Model model(test::any_parameters(), *rc::gen::inRange(0, 11));
    fsrs::Memory memory = model.first(test::any_rating());
    for (const int elapsed : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 40'000))) {
      const double recall = model.retrievability(memory.stability, elapsed);
      RC_ASSERT((0 <= recall && recall <= 1));
      memory = model.next(memory, elapsed, test::any_rating());
      RC_ASSERT((fsrs::kLowestStability <= memory.stability && memory.stability <= fsrs::kHighestStability));
      RC_ASSERT((1 <= memory.difficulty && memory.difficulty <= 10));
    }
  }));
}

TEST_CASE("recall falls with time and rises with stability") {
  CHECK(rc::check([] {
    const fsrs::Model model(test::likely_parameters());
    const double stability = test::any_stability();
    const int days = *rc::gen::inRange(0, 30'000);
    const double recall = model.retrievability(stability, days);
    RC_ASSERT(model.retrievability(stability, days + *rc::gen::inRange(0, 1000)) <= recall);
    RC_ASSERT(model.retrievability(std::min(stability * 1.5, 36500.0), days) >= recall);
  }));
}

TEST_CASE("a success never lowers the stability, a failure on a later day never raises it above the cap") {
  CHECK(rc::check([] {
    const fsrs::Model model(test::likely_parameters());
    const fsrs::Memory memory{test::any_stability(), test::within(1, 10)};
    const int days = *rc::gen::inRange(0, 3000);
    const double slack = 1 + 1e-8 / memory.stability;  // one step of r8
    for (const auto rating : {fsrs::Rating::hard, fsrs::Rating::good, fsrs::Rating::easy}) {
      RC_ASSERT(model.next(memory, days, rating).stability * slack >= memory.stability);
    }
    if (days > 0) {
      RC_ASSERT(model.next(memory, days, fsrs::Rating::again).stability <= memory.stability * slack);
    }
  }));
}

TEST_CASE("a better rating leaves more stability and no more difficulty") {
  CHECK(rc::check([] {
    const fsrs::Model model(test::likely_parameters());
    const fsrs::Memory memory{test::any_stability(), test::within(1, 10)};
    const int days = *rc::gen::inRange(0, 3000);
    fsrs::Memory worse = model.next(memory, days, fsrs::Rating::again);
    for (const auto rating : {fsrs::Rating::hard, fsrs::Rating::good, fsrs::Rating::easy}) {
      const fsrs::Memory better = model.next(memory, days, rating);
      if (rating != fsrs::Rating::hard) RC_ASSERT(better.stability >= worse.stability);
      RC_ASSERT(better.difficulty <= worse.difficulty);
      worse = better;
    }
  }));
}

TEST_CASE("the SM-2 interval of a card becomes the day on which recall has fallen to the retention it was made for") {
  CHECK(rc::check([] {
    const fsrs::Model model(test::likely_parameters());
    const double retention = test::within(0.7, 0.99);
    const int interval = *rc::gen::inRange(5, 500);
    const fsrs::Memory memory = model.from_sm2(interval, test::within(1.3, 3.5), retention);
    if (memory.stability < fsrs::kHighestStability && memory.stability > 0.1) {
      RC_ASSERT(test::near(model.retrievability(memory.stability, interval), retention, 1e-6));
    }
  }));
}
