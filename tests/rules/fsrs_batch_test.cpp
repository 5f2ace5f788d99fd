#include "ignition/rules/fsrs_batch.hpp"

#include <bit>
#include <limits>

#include "rules/fsrs_support.hpp"

using namespace ignition::rules;
using ignition::Instant;
using ignition::LocalDate;
namespace test = ignition::test;

namespace {

constexpr std::int64_t kDay = 86'400'000'000;
const Instant kNow = Instant::parse("2026-03-29T01:30:00Z").value();

// Columns that own their arrays.
struct Columns {
  std::vector<std::uint8_t> state;
  std::vector<std::int32_t> step;
  std::vector<double> stability, difficulty;
  std::vector<std::int64_t> last_reviewed_at;
  std::vector<std::int32_t> last_study_day, lapses, reps;
  std::vector<std::uint8_t> ids;
  std::vector<std::uint8_t> ratings;
  std::vector<std::int64_t> at;

  void add(const fsrs::Card& card, fsrs::Rating rating, Instant when) {
    state.push_back(static_cast<std::uint8_t>(card.state));
    step.push_back(card.step);
    stability.push_back(card.stability.value_or(0));
    difficulty.push_back(card.difficulty.value_or(0));
    last_reviewed_at.push_back(card.last_reviewed_at ? card.last_reviewed_at->us : fsrs::kNoInstant);
    last_study_day.push_back(card.last_study_day ? card.last_study_day->days : fsrs::kNoDay);
    lapses.push_back(card.lapses);
    reps.push_back(card.reps);
    ids.insert(ids.end(), card.id.bytes.begin(), card.id.bytes.end());
    ratings.push_back(static_cast<std::uint8_t>(rating));
    at.push_back(when.us);
  }
  fsrs::CardArrays cards() const {
    return {state, step, stability, difficulty, last_reviewed_at, last_study_day, lapses, reps, ids};
  }
  fsrs::AnswerArrays answers() const { return {ratings, at, {}}; }
};

struct Outcomes {
  explicit Outcomes(std::size_t n)
      : state(n),
        step(n),
        stability(n),
        difficulty(n),
        due_at(n),
        due_day(n),
        scheduled_days(n),
        lapses(n),
        reps(n),
        study_day(n),
        elapsed_days(n),
        retrievability(n) {}

  std::vector<std::uint8_t> state;
  std::vector<std::int32_t> step;
  std::vector<double> stability, difficulty;
  std::vector<std::int64_t> due_at;
  std::vector<std::int32_t> due_day, scheduled_days, lapses, reps, study_day, elapsed_days;
  std::vector<double> retrievability;

  fsrs::OutcomeArrays arrays() {
    return {state,          step,   stability, difficulty, due_at,       due_day,
            scheduled_days, lapses, reps,      study_day,  elapsed_days, retrievability};
  }
  bool equals(std::size_t i, const fsrs::Outcome& out) const {
    const fsrs::Card& c = out.card;
    return state[i] == static_cast<std::uint8_t>(c.state) && step[i] == c.step && stability[i] == c.stability &&
           difficulty[i] == c.difficulty && due_at[i] == c.due_at->us &&
           due_day[i] == (c.due_day ? c.due_day->days : fsrs::kNoDay) && scheduled_days[i] == c.scheduled_days &&
           lapses[i] == c.lapses && reps[i] == c.reps && study_day[i] == c.last_study_day->days &&
           elapsed_days[i] == out.elapsed_days &&
           (out.retrievability ? retrievability[i] == *out.retrievability : std::isnan(retrievability[i]));
  }
};

fsrs::Card any_card(const fsrs::Scheduler& scheduler) {
  fsrs::Card card;
  for (auto& byte : card.id.bytes) byte = *rc::gen::arbitrary<std::uint8_t>();
  card.state = static_cast<fsrs::State>(*rc::gen::inRange(0, 4));
  card.lapses = *rc::gen::inRange(0, 100);
  card.reps = *rc::gen::inRange(0, 1000);
  if (card.state == fsrs::State::new_) return card;
  card.step = *rc::gen::inRange(0, 4);
  card.stability = *rc::gen::inRange(0, 20) == 0 ? 0.0 : test::any_stability();
  card.difficulty = test::within(0, 10);
  if (*rc::gen::inRange(0, 10) == 0) return card;  // scheduled by hand
  card.last_reviewed_at =
      Instant{kNow.us - *rc::gen::element<std::int64_t>(0, 1, 30) * kDay - *rc::gen::inRange<std::int64_t>(0, kDay)};
  card.last_study_day = scheduler.study_day(*card.last_reviewed_at);
  return card;
}

fsrs::Scheduler any_scheduler() {
  fsrs::Settings settings;
  settings.parameters = test::likely_parameters();
  settings.desired_retention = test::within(0.7, 0.99);
  settings.maximum_interval_days = *rc::gen::element(3, 365, 36500);
  settings.learning_steps = *rc::gen::element(std::vector<int>{}, std::vector{1, 10}, std::vector{5});
  settings.relearning_steps = *rc::gen::element(std::vector<int>{}, std::vector{10}, std::vector{5, 60});
  settings.fuzz = *rc::gen::arbitrary<bool>();
  settings.calendar.day_start_hour = *rc::gen::inRange(0, 24);
  if (*rc::gen::arbitrary<bool>()) settings.calendar.zone = ignition::TimeZone::find("Europe/Berlin").value();
  return fsrs::Scheduler(settings);
}

bool same_bits(std::span<const double> a, std::span<const double> b) {
  return std::ranges::equal(
      a, b, {}, [](double x) { return std::bit_cast<std::uint64_t>(x); },
      [](double x) { return std::bit_cast<std::uint64_t>(x); });
}

// Histories of some cards, the first without a review.
struct Reviews {
  std::vector<std::int64_t> offsets{0, 0};
  std::vector<std::uint8_t> ratings;
  std::vector<std::int32_t> elapsed;
  fsrs::Histories view() const { return {offsets, ratings, elapsed, {}}; }
};

Reviews any_reviews() {
  Reviews out;
  const int cards = *rc::gen::inRange(0, 200);
  for (int card = 0; card < cards; ++card) {
    const int reviews = *rc::gen::inRange(0, 12);
    for (int i = 0; i < reviews; ++i) {
      out.ratings.push_back(static_cast<std::uint8_t>(*rc::gen::inRange(1, 5)));
      out.elapsed.push_back(i == 0 ? 0 : std::max(0, *rc::gen::inRange(-20, 100)));
    }
    out.offsets.push_back(static_cast<std::int64_t>(out.ratings.size()));
  }
  return out;
}

}  // namespace

TEST_CASE("a batch of reviews is the single reviews bit for bit, with any number of threads and in place") {
  CHECK(rc::check([] {
    const fsrs::Scheduler scheduler = any_scheduler();
    Columns in;
    std::vector<fsrs::Outcome> singles;
    const int count = *rc::gen::inRange(0, 300);
    for (int i = 0; i < count; ++i) {
      const fsrs::Card card = any_card(scheduler);
      const fsrs::Rating rating = test::any_rating();
      const Instant at{kNow.us + *rc::gen::inRange<std::int64_t>(0, 3 * kDay)};
      in.add(card, rating, at);
      singles.push_back(scheduler.review(card, rating, at));
    }
    for (const int threads : {1, 2, 5}) {
      Outcomes out(singles.size());
      fsrs::review(scheduler, in.cards(), in.answers(), out.arrays(), threads);
      for (std::size_t i = 0; i < singles.size(); ++i) RC_ASSERT(out.equals(i, singles[i]));
    }
    Outcomes apart(singles.size());
    fsrs::OutcomeArrays arrays = apart.arrays();
    arrays.state = in.state;
    arrays.step = in.step;
    arrays.stability = in.stability;
    arrays.difficulty = in.difficulty;
    arrays.lapses = in.lapses;
    arrays.reps = in.reps;
    fsrs::review(scheduler, in.cards(), in.answers(), arrays);
    for (std::size_t i = 0; i < singles.size(); ++i) {
      RC_ASSERT(in.stability[i] == singles[i].card.stability);
      RC_ASSERT(in.reps[i] == singles[i].card.reps);
      RC_ASSERT(in.lapses[i] == singles[i].card.lapses);
    }
  }));
}

TEST_CASE("ten thousand reviews cross the parts of several threads and stay equal to the single ones") {
  const fsrs::Scheduler scheduler;
  Columns in;
  std::vector<fsrs::Card> cards;
  for (int i = 0; i < 10'000; ++i) {
    fsrs::Card card{.state = static_cast<fsrs::State>(i % 4), .reps = i};
    card.id.bytes[3] = static_cast<std::uint8_t>(i % 251);
    if (card.state != fsrs::State::new_) {
      card.stability = 0.01 + i * 0.37;
      card.difficulty = 1 + i % 9;
      card.last_reviewed_at = Instant{kNow.us - (i % 60) * kDay};
      card.last_study_day = scheduler.study_day(*card.last_reviewed_at);
    }
    cards.push_back(card);
    in.add(card, test::rating(1 + i % 4), kNow);
  }
  for (const int threads : {1, 3}) {
    Outcomes out(cards.size());
    fsrs::review(scheduler, in.cards(), {in.ratings, std::span(&kNow.us, 1), {}}, out.arrays(), threads);
    int wrong = 0;
    for (std::size_t i = 0; i < cards.size(); ++i) {
      wrong += out.equals(i, scheduler.review(cards[i], test::rating(in.ratings[i]), kNow)) ? 0 : 1;
    }
    CHECK(wrong == 0);
  }
}

TEST_CASE("memory, recall and intervals of many cards are those of single ones bit for bit") {
  CHECK(rc::check([] {
    const fsrs::Scheduler scheduler = any_scheduler();
    const fsrs::Model& model = scheduler.model();
    const auto count = static_cast<std::size_t>(*rc::gen::inRange(0, 200));
    std::vector<double> s(count), d(count), out_s(count), out_d(count), recall(count), recall_on(count);
    std::vector<std::int32_t> days(count), last(count), intervals(count);
    std::vector<std::uint8_t> ratings(count);
    for (std::size_t i = 0; i < count; ++i) {
      s[i] = test::any_stability();
      d[i] = test::within(1, 10);
      days[i] = std::max(0, *rc::gen::inRange(-1000, 3000));
      last[i] = 20'000 - days[i];
      ratings[i] = static_cast<std::uint8_t>(test::any_rating());
    }
    const int threads = *rc::gen::inRange(1, 4);
    fsrs::next(model, s, d, days, ratings, out_s, out_d, threads);
    fsrs::retrievability(model, s, days, recall, threads);
    fsrs::retrievability_on(model, s, last, LocalDate{20'000}, recall_on, threads);
    fsrs::intervals(scheduler, s, intervals, threads);
    for (std::size_t i = 0; i < count; ++i) {
      RC_ASSERT((model.next({s[i], d[i]}, days[i], test::rating(ratings[i])) == fsrs::Memory{out_s[i], out_d[i]}));
      RC_ASSERT(model.retrievability(s[i], days[i]) == recall[i]);
      RC_ASSERT(scheduler.interval(s[i]) == intervals[i]);
    }
    RC_ASSERT(same_bits(recall, recall_on));
    fsrs::next(model, s, d, days, ratings, s, d);
    RC_ASSERT(same_bits(s, out_s));
    RC_ASSERT(same_bits(d, out_d));
  }));
}

TEST_CASE("a replay is the single reviews one after another bit for bit") {
  CHECK(rc::check([] {
    const fsrs::Model model(test::likely_parameters());
    const Reviews in = any_reviews();
    const std::size_t cards = in.view().cards();
    const std::size_t reviews = in.view().reviews();
    std::vector<double> s(cards), d(cards), each_s(reviews), each_d(reviews), recall(reviews);
    fsrs::replay(model, in.view(), {s, d, each_s, each_d, recall}, *rc::gen::inRange(1, 4));
    for (std::size_t card = 0; card < cards; ++card) {
      fsrs::Memory memory{std::nan(""), std::nan("")};
      for (auto i = static_cast<std::size_t>(in.offsets[card]); i < static_cast<std::size_t>(in.offsets[card + 1]);
           ++i) {
        const bool first = static_cast<std::int64_t>(i) == in.offsets[card];
        if (first) {
          RC_ASSERT(std::isnan(recall[i]));
          memory = model.first(test::rating(in.ratings[i]));
        } else {
          RC_ASSERT(recall[i] == model.retrievability(memory.stability, in.elapsed[i]));
          memory = model.next(memory, in.elapsed[i], test::rating(in.ratings[i]));
        }
        RC_ASSERT(each_s[i] == memory.stability);
        RC_ASSERT(each_d[i] == memory.difficulty);
      }
      RC_ASSERT((s[card] == memory.stability || (std::isnan(s[card]) && std::isnan(memory.stability))));
      RC_ASSERT((d[card] == memory.difficulty || (std::isnan(d[card]) && std::isnan(memory.difficulty))));
    }
  }));
}

TEST_CASE("the memory states of the vectors come out of one replay") {
  const test::Vectors vectors("learning/fsrs_memory_state.json");
  Reviews in;
  in.offsets = {0};
  std::vector<std::pair<double, double>> wanted;
  for (const test::Value c : vectors["cases"].get_array()) {
    if (c["params"].value().is_array()) continue;
    test::Value last;
    for (const test::Value review : c["reviews"].get_array()) {
      in.ratings.push_back(static_cast<std::uint8_t>(test::integer(review, "rating")));
      in.elapsed.push_back(static_cast<std::int32_t>(test::integer(review, "elapsed_days")));
    }
    for (const test::Value expect : c["expect"].get_array()) last = expect;
    wanted.emplace_back(test::number(last, "stability"), test::number(last, "difficulty"));
    in.offsets.push_back(static_cast<std::int64_t>(in.ratings.size()));
  }
  std::vector<double> s(wanted.size()), d(wanted.size());
  fsrs::replay(fsrs::Model(), in.view(), {.stability = s, .difficulty = d}, 2);
  CHECK(wanted.size() > 100);
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    CHECK(test::near_relative(s[i], wanted[i].first, 1e-6));
    CHECK(test::near(d[i], wanted[i].second, 1e-6));
  }
}

TEST_CASE("batches refuse bad elements by argument and index and write nothing") {
  const fsrs::Scheduler scheduler;
  const auto of = [&](auto change, int threads = 2) {
    Columns in;
    const fsrs::Card card = scheduler.review({}, fsrs::Rating::easy, Instant{kNow.us - kDay}).card;
    for (int i = 0; i < 5000; ++i) in.add(card, fsrs::Rating::good, kNow);
    change(in);
    Outcomes out(5000);
    const std::string name =
        test::refused([&] { fsrs::review(scheduler, in.cards(), in.answers(), out.arrays(), threads); });
    if (!name.empty()) CHECK(std::ranges::all_of(out.reps, [](int reps) { return reps == 0; }));
    return name;
  };
  CHECK(of([](Columns&) {}) == "");
  CHECK(of([](Columns& c) { c.stability[4711] = -1; }) == "stability[4711]");
  CHECK(of([](Columns& c) { c.stability[300] = c.stability[301] = std::nan(""); }) == "stability[300]");
  CHECK(of([](Columns& c) { c.stability[300] = std::numeric_limits<double>::infinity(); }) == "stability[300]");
  CHECK(of([](Columns& c) { c.difficulty[17] = 10.1; }) == "difficulty[17]");
  CHECK(of([](Columns& c) { c.state[3] = 4; }) == "state[3]");
  CHECK(of([](Columns& c) { c.step[3] = -1; }) == "step[3]");
  CHECK(of([](Columns& c) { c.reps[3] = -1; }) == "reps[3]");
  CHECK(of([](Columns& c) { c.lapses[3] = std::numeric_limits<std::int32_t>::max(); }) == "lapses[3]");
  CHECK(of([](Columns& c) { c.ratings[9] = 0; }) == "ratings[9]");
  CHECK(of([](Columns& c) { c.ratings[9] = 5; }) == "ratings[9]");
  CHECK(of([](Columns& c) { c.at[9] = kNow.us - 2 * kDay; }) == "at[9]");
  CHECK(of([](Columns& c) { c.at[9] = fsrs::kNoInstant; }) == "at[9]");
  CHECK(of([](Columns& c) { c.at.pop_back(); }) == "at");
  CHECK(of([](Columns& c) { c.ids.pop_back(); }) == "ids");
  CHECK(of([](Columns& c) { c.ids.clear(); }) == "ids");
  CHECK(of([](Columns& c) { c.difficulty.clear(); }) == "difficulty");
  CHECK(of([](Columns&) {}, 0) == "threads");

  const fsrs::Model model;
  std::vector<double> two(2, 1.0), three(3, 5.0);
  std::vector<std::int32_t> days{1, -1};
  const std::vector<std::uint8_t> good(2, 3);
  CHECK(test::refused([&] { fsrs::retrievability(model, two, days, two); }) == "elapsed_days[1]");
  CHECK(test::refused([&] { fsrs::retrievability(model, two, {}, two); }) == "elapsed_days");
  CHECK(test::refused([&] { fsrs::retrievability(model, two, std::span(days).first(1), three); }) == "out");
  CHECK(test::refused([&] { fsrs::next(model, two, three, days, good, {}, {}); }) == "difficulty");
  CHECK(test::refused([&] { fsrs::next(model, two, two, days, good, three, {}); }) == "out_stability");
  Reviews in;
  in.ratings = {3, 3};
  in.elapsed = {0, 1};
  in.offsets = {0, 2};
  CHECK(test::refused([&] { fsrs::replay(model, in.view(), {.stability = two}); }) == "out.stability");
  in.ratings[1] = 9;
  CHECK(test::refused([&] { fsrs::replay(model, in.view(), {}); }) == "ratings[1]");
}

TEST_CASE("a batch of SM-2 answers is the single answers") {
  CHECK(rc::check([] {
    const auto count = static_cast<std::size_t>(*rc::gen::inRange(0, 100));
    std::vector<double> interval(count), ease(count);
    std::vector<std::int32_t> lapses(count), due(count);
    std::vector<std::uint8_t> ratings(count);
    std::vector<sm2::Card> singles;
    for (std::size_t i = 0; i < count; ++i) {
      interval[i] = test::within(0, 36500);
      ease[i] = test::within(1.3, 4);
      lapses[i] = *rc::gen::inRange(0, 10);
      ratings[i] = static_cast<std::uint8_t>(test::any_rating());
      singles.push_back(sm2::review({interval[i], ease[i], lapses[i]}, test::rating(ratings[i])));
    }
    sm2::review(interval, ease, lapses, ratings, due, 2);
    for (std::size_t i = 0; i < count; ++i) {
      RC_ASSERT((singles[i] == sm2::Card{interval[i], ease[i], lapses[i]}));
      RC_ASSERT(due[i] == sm2::due_in_days(interval[i]));
    }
  }));
  std::vector<double> interval{1, 1}, ease{2.5, 1.2};
  std::vector<std::int32_t> lapses(2);
  CHECK(test::refused([&] {
          sm2::review(interval, ease, lapses, std::vector<std::uint8_t>{3, 3}, {});
        }) == "ease_factor[1]");
}
