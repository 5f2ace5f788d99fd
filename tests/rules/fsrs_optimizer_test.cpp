#include "ignition/rules/fsrs_optimizer.hpp"

#include <algorithm>
#include <map>

#include "rules/fsrs_descent.hpp"
#include "rules/fsrs_support.hpp"

using namespace ignition::rules;
namespace test = ignition::test;

namespace {

// Histories that own their arrays.
struct Collection {
  std::vector<std::int64_t> offsets{0};
  std::vector<std::uint8_t> ratings;
  std::vector<std::int32_t> elapsed_days;
  std::vector<std::int64_t> reviewed_at;

  void add(std::int64_t day, int rating, int elapsed) {
    ratings.push_back(static_cast<std::uint8_t>(rating));
    elapsed_days.push_back(elapsed);
    reviewed_at.push_back(day * 86'400'000'000);
  }
  void end_card() { offsets.push_back(static_cast<std::int64_t>(ratings.size())); }
  fsrs::Histories view() const { return {offsets, ratings, elapsed_days, reviewed_at}; }
};

// Reviews are [rating, days since the previous one].
void add_reviews(Collection& out, std::int64_t day, test::Value reviews) {
  for (const test::Value review : reviews.get_array()) {
    const auto elapsed = static_cast<int>(review.at(1).get_int64().value());
    day += elapsed;
    out.add(day, static_cast<int>(review.at(0).get_int64().value()), elapsed);
  }
  out.end_card();
}

Collection collection_of(test::Value dataset) {
  Collection out;
  for (const test::Value card : dataset["cards"].get_array()) {
    add_reviews(out, test::integer(card, "first_day"), card["reviews"].value());
  }
  return out;
}

// Cards answered by a learner whose memory follows known parameters.
Collection simulated(int cards, std::uint64_t seed) {
  Collection out;
  const fsrs::Scheduler scheduler(fsrs::Settings{.fuzz = false});
  ignition::Uuid id;
  std::uint64_t drawn = seed * 1'000'000;
  const auto draw = [&] { return fsrs::fuzz_factor(id, drawn++); };
  fsrs::Parameters truth = fsrs::kDefaultParameters;
  truth[0] = 1;
  truth[2] = 5;
  truth[8] = 1.2;
  truth[20] = 0.3;
  const fsrs::Model learner(truth);
  for (int card = 0; card < cards; ++card) {
    std::int64_t day = card / 4;
    const int first = 1 + static_cast<int>(draw() * 4);
    out.add(day, first, 0);
    fsrs::Memory memory = learner.first(test::rating(first));
    const int reviews = 2 + static_cast<int>(draw() * 9);
    for (int i = 1; i < reviews; ++i) {
      const int elapsed = draw() < 0.1 ? 0 : 1 + static_cast<int>(draw() * memory.stability * 2);
      const bool recalled = draw() < learner.retrievability(memory.stability, elapsed);
      const int rating = recalled ? 2 + static_cast<int>(draw() * 2.5) : 1;
      day += elapsed;
      out.add(day, rating, elapsed);
      memory = learner.next(memory, elapsed, test::rating(rating));
    }
    out.end_card();
  }
  return out;
}

void check_stage(fsrs::TrainingStage stage, const std::string& expected) {
  const std::map<std::string, fsrs::TrainingStage> stages{{"default", fsrs::TrainingStage::default_},
                                                          {"initial", fsrs::TrainingStage::initial},
                                                          {"trained", fsrs::TrainingStage::trained}};
  CHECK(stage == stages.at(expected));
}

}  // namespace

TEST_CASE("items, filter, initial stability and losses agree with the vectors, and training meets its loss") {
  const test::Vectors vectors("learning/fsrs_optimizer.json");
  int datasets = 0;
  for (const test::Value dataset : vectors["datasets"].get_array()) {
    CAPTURE(test::text(dataset, "id"));
    const Collection collection = collection_of(dataset);
    const fsrs::Histories histories = collection.view();
    const test::Value expect = dataset["expect"].value();

    const auto items = fsrs::items_of(histories, 200'000);
    CHECK(static_cast<std::int64_t>(items.size()) == test::integer(expect, "items"));
    const auto filter = fsrs::filtered(histories, items);
    CHECK(static_cast<std::int64_t>(filter.training.size()) == test::integer(expect, "items_after_filter"));
    CHECK(static_cast<std::int64_t>(filter.initial.size()) == test::integer(expect, "initial_stability_items"));
    for (std::size_t i = 0; i < 4; ++i) {
      std::set<std::int32_t> removed;
      for (const double days : test::numbers(expect["removed_first_intervals"][std::to_string(i + 1)].value())) {
        removed.insert(static_cast<std::int32_t>(days));
      }
      CHECK(filter.removed[i] == removed);
    }
    if (test::has(expect, "average_recall")) {
      CHECK(test::near(fsrs::average_recall(histories, filter.training), test::number(expect, "average_recall"), 1e-6));
    }
    fsrs::Parameters initial = fsrs::kDefaultParameters;
    if (test::has(expect, "initial_stability")) {
      const auto fitted = fsrs::completed(fsrs::fitted_first(histories, filter));
      const auto wanted = test::numbers(expect["initial_stability"].value());
      for (std::size_t i = 0; i < 4; ++i) CHECK(test::near_relative(fitted[i], wanted[i], 1e-3));
      std::ranges::copy(fitted, initial.begin());
    }
    const auto before = fsrs::evaluate(histories, fsrs::kDefaultParameters);
    CHECK(before.items == items.size());
    CHECK(test::near(before.log_loss, test::number(expect, "log_loss_default"), 1e-5));
    CHECK(test::near(before.rmse_bins, test::number(expect, "rmse_bins_default"), 1e-4));
    CHECK(test::near(fsrs::evaluate(histories, initial).log_loss, test::number(expect, "log_loss_initial"), 1e-5));

    const auto training = fsrs::optimize(histories);
    REQUIRE(training.has_value());
    check_stage(training->stage, test::text(expect, "stage"));
    CHECK(training->items_used == filter.training.size());
    const double after = fsrs::evaluate(histories, training->parameters).log_loss;
    CAPTURE(after);
    CHECK(after <= test::number(expect, "max_log_loss"));
    ++datasets;
  }
  CHECK(datasets == 11);
}

TEST_CASE("loss and gradient agree with the vectors") {
  const test::Vectors vectors("learning/fsrs_optimizer.json");
  int cases = 0;
  for (const test::Value c : vectors["gradient_cases"].get_array()) {
    CAPTURE(test::text(c, "id"));
    Collection collection;
    for (const test::Value item : c["items"].get_array()) add_reviews(collection, 0, item);
    std::vector<fsrs::WeightedItem> items;
    std::uint32_t longest = 2;
    for (std::size_t i = 0; i + 1 < collection.offsets.size(); ++i) {
      const auto begin = static_cast<std::size_t>(collection.offsets[i]);
      const auto length = static_cast<std::uint32_t>(collection.offsets[i + 1] - collection.offsets[i]);
      items.push_back({.item = {.begin = begin, .length = length}, .weight = 1});
      longest = std::max(longest, length);
    }
    const fsrs::Histories histories = collection.view();
    Team team(1);
    fsrs::BatchGradient gradient(histories, longest, team);
    const fsrs::BatchLoss out = gradient(test::parameters(c["params"].value()), items);
    const test::Value expect = c["expect"].value();
    CHECK(test::near_relative(out.loss, test::number(expect, "loss_sum"), 1e-6));
    const auto wanted = test::numbers(expect["gradient"].value());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      CAPTURE(i);
      CHECK(test::near(out.gradient[i], wanted[i], 1e-4 * std::max(1.0, std::abs(wanted[i]))));
    }
    ++cases;
  }
  CHECK(cases == 12);
}

TEST_CASE("first stabilities are made monotone and completed as in the examples of rule O5") {
  const auto of = [](const std::map<std::size_t, std::pair<double, std::size_t>>& known) {
    fsrs::FirstStabilities first;
    for (const auto& [rating, value] : known) {
      first.stability[rating - 1] = value.first;
      first.items[rating - 1] = value.second;
    }
    return fsrs::completed(first);
  };
  const auto check = [](const std::array<double, 4>& got, const std::array<double, 4>& wanted) {
    for (std::size_t i = 0; i < 4; ++i) CHECK(test::near_relative(got[i], wanted[i], 1e-6));
  };
  check(of({{1, {0.4, 1}}, {3, {2.3, 1}}, {4, {10.9, 1}}}), {0.4, 1.1227008, 2.3, 10.9});
  check(of({{2, {0.35, 1}}}), {0.0573815, 0.35, 0.6242943, 2.2453484});
  check(of({{1, {3, 10}}, {2, {2, 50}}, {3, {5, 40}}, {4, {4, 5}}}), {2, 2, 5, 5});
  // Only the outer two: both relations hold at once.
  const auto both = of({{1, {0.5, 1}}, {4, {20, 1}}});
  CHECK(std::log(both[1]) == doctest::Approx(0.41 * std::log(both[0]) + 0.59 * std::log(both[2])));
  CHECK(std::log(both[2]) == doctest::Approx(0.46 * std::log(both[1]) + 0.54 * std::log(both[3])));
}

TEST_CASE("weights rise with recency") {
  CHECK(fsrs::weight_of(0, 5) == 0.25);
  CHECK(fsrs::weight_of(1, 5) == 0.26171875);
  CHECK(fsrs::weight_of(2, 5) == 0.34375);
  CHECK(fsrs::weight_of(3, 5) == 0.56640625);
  CHECK(fsrs::weight_of(4, 5) == 1);
  CHECK(fsrs::weight_of(0, 1) == 0.25);
}

TEST_CASE("training gives the same bits with any number of threads and the second time") {
  const Collection collection = simulated(500, 1);
  const auto once = fsrs::optimize(collection.view()).value();
  CHECK(once.stage == fsrs::TrainingStage::trained);
  for (const int threads : {1, 2, 3, 8}) {
    CHECK(fsrs::optimize(collection.view(), {.threads = threads}).value().parameters == once.parameters);
    const auto evaluation = fsrs::evaluate(collection.view(), once.parameters, threads);
    CHECK(evaluation.log_loss == fsrs::evaluate(collection.view(), once.parameters).log_loss);
  }
}

TEST_CASE("training finds parameters that predict a learner better than the defaults") {
  const Collection collection = simulated(800, 2);
  const auto training = fsrs::optimize(collection.view()).value();
  const double before = fsrs::evaluate(collection.view(), fsrs::kDefaultParameters).log_loss;
  const double after = fsrs::evaluate(collection.view(), training.parameters).log_loss;
  CHECK(after < 0.985 * before);
  for (std::size_t i = 0; i < fsrs::kParameterCount; ++i) {
    CHECK(fsrs::kLowestParameters[i] <= training.parameters[i]);
    CHECK(training.parameters[i] <= fsrs::kHighestParameters[i]);
  }
}

TEST_CASE("without short-term memory the parameters of the same day are zero") {
  const Collection collection = simulated(300, 3);
  const auto training = fsrs::optimize(collection.view(), {.short_term = false}).value();
  REQUIRE(training.stage == fsrs::TrainingStage::trained);
  CHECK(training.parameters[17] == 0);
  CHECK(training.parameters[18] == 0);
  CHECK(training.parameters[19] == 0);
}

TEST_CASE("progress is told after every batch and can stop the training") {
  const Collection collection = simulated(300, 4);
  fsrs::TrainingProgress last;
  std::size_t calls = 0;
  fsrs::TrainingOptions options{.progress = [&](const fsrs::TrainingProgress& p) {
    last = p;
    ++calls;
    return true;
  }};
  CHECK(fsrs::optimize(collection.view(), options).has_value());
  CHECK(last.step == last.steps);
  CHECK(calls == last.steps);
  options.progress = [&](const fsrs::TrainingProgress& p) { return p.step < 3; };
  CHECK_FALSE(fsrs::optimize(collection.view(), options).has_value());
}

TEST_CASE("only the newest items are used when there are more") {
  const Collection collection = simulated(300, 5);
  const auto all = fsrs::items_of(collection.view(), 200'000);
  const auto newest = fsrs::items_of(collection.view(), 100);
  REQUIRE(newest.size() == 100);
  CHECK(std::equal(newest.begin(), newest.end(), all.end() - 100));
  CHECK(fsrs::optimize(collection.view(), {.max_items = 100}).value().items == 100);
}

TEST_CASE("the loss along the gradient changes as the gradient says") {
  const Collection collection = simulated(60, 6);
  const fsrs::Histories histories = collection.view();
  std::vector<fsrs::WeightedItem> items;
  std::uint32_t longest = 2;
  for (const fsrs::Item& item : fsrs::items_of(histories, 1000)) {
    items.push_back({item, 0.5});
    longest = std::max(longest, item.length);
  }
  Team team(2);
  fsrs::BatchGradient gradient(histories, longest, team);
  fsrs::Parameters w = fsrs::kDefaultParameters;
  w[7] = 0.1;
  const fsrs::BatchLoss at = gradient(w, items);
  for (std::size_t i = 0; i < w.size(); ++i) {
    CAPTURE(i);
    constexpr double kStep = 1e-6;
    fsrs::Parameters above = w;
    fsrs::Parameters below = w;
    above[i] += kStep;
    below[i] -= kStep;
    const double slope = (gradient(above, items).loss - gradient(below, items).loss) / (2 * kStep);
    CHECK(test::near(at.gradient[i], slope, 1e-4 * std::max(1.0, std::abs(slope))));
  }
}

TEST_CASE("histories that cannot be are refused by argument and index") {
  const auto of = [](auto change) {
    return test::refused([&] {
      Collection c = simulated(5, 7);
      change(c);
      static_cast<void>(fsrs::optimize(c.view()));
    });
  };
  CHECK(of([](auto&) {}) == "");
  CHECK(of([](auto& c) { c.ratings[3] = 0; }) == "ratings[3]");
  CHECK(of([](auto& c) { c.ratings[3] = 5; }) == "ratings[3]");
  CHECK(of([](auto& c) { c.elapsed_days[1] = -1; }) == "elapsed_days[1]");
  CHECK(of([](auto& c) { c.elapsed_days[0] = 1; }) == "elapsed_days[0]");
  CHECK(of([](auto& c) { c.elapsed_days.pop_back(); }) == "elapsed_days");
  CHECK(of([](auto& c) { c.reviewed_at.pop_back(); }) == "reviewed_at");
  CHECK(of([](auto& c) { c.reviewed_at[1] = c.reviewed_at[0] - 1; }) == "reviewed_at[1]");
  CHECK(of([](auto& c) { c.offsets.clear(); }) == "offsets");
  CHECK(of([](auto& c) { c.offsets[0] = 1; }) == "offsets[0]");
  CHECK(of([](auto& c) { c.offsets[2] = c.offsets[1] - 1; }) == "offsets[2]");
  CHECK(of([](auto& c) { c.offsets.back() += 1; }) == "offsets[5]");
  CHECK(of([](auto& c) { c.offsets.back() -= 1; }) == "offsets[5]");
  const Collection c = simulated(5, 7);
  CHECK(test::refused([&] { static_cast<void>(fsrs::optimize(c.view(), {.threads = 0})); }) == "threads");
  CHECK(test::refused([&] { static_cast<void>(fsrs::optimize(c.view(), {.relearning_steps = 11})); }) ==
        "relearning_steps");
  fsrs::Parameters w = fsrs::kDefaultParameters;
  w[4] = 11;
  CHECK(test::refused([&] { fsrs::evaluate(c.view(), w); }) == "parameters[4]");
}

TEST_CASE("a history without reviews on later days teaches nothing") {
  Collection c;
  CHECK(fsrs::optimize(c.view()).value().stage == fsrs::TrainingStage::default_);
  CHECK(fsrs::evaluate(c.view(), fsrs::kDefaultParameters).items == 0);
  c.end_card();
  c.add(0, 3, 0);
  c.add(0, 3, 0);
  c.end_card();
  const auto training = fsrs::optimize(c.view()).value();
  CHECK(training.items == 0);
  CHECK(training.parameters == fsrs::kDefaultParameters);
}
