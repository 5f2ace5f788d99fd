#include <limits>
#include <string_view>

#include "rules/fsrs_support.hpp"

using namespace ignition::rules;
using ignition::Instant;
using ignition::LocalDate;
using ignition::Micros;
namespace test = ignition::test;

namespace {

constexpr std::int64_t kDay = 86'400'000'000;
const Instant kNoon = Instant::parse("2026-01-01T12:00:00Z").value();

fsrs::Settings plain() { return {.fuzz = false}; }

std::vector<int> minutes(test::Value config, std::string_view key) {
  std::vector<int> all;
  for (const test::Value v : config[key].get_array()) all.push_back(static_cast<int>(v.get_int64().value()));
  return all;
}

std::string_view name_of(fsrs::State state) {
  constexpr std::array<std::string_view, 4> names{"new", "learning", "review", "relearning"};
  return names[static_cast<std::size_t>(state)];
}

void check_view(const fsrs::Card& card, test::Value expect) {
  CHECK(name_of(card.state) == test::text(expect, "state"));
  CHECK(card.step == test::integer(expect, "step"));
  CHECK(card.scheduled_days == test::integer(expect, "scheduled_days"));
  CHECK(card.due_at == test::instant(expect, "due"));
}

void check_trace(test::Value c) {
  const test::Value config = c["config"].value();
  const fsrs::Scheduler scheduler({
      .parameters = test::parameters(config["params"].value()),
      .desired_retention = test::number(config, "desired_retention"),
      .maximum_interval_days = static_cast<int>(test::integer(config, "maximum_interval")),
      .learning_steps = minutes(config, "learning_steps_minutes"),
      .relearning_steps = minutes(config, "relearning_steps_minutes"),
      .fuzz = false,
  });
  fsrs::Card card;
  std::size_t row = 0;
  for (const test::Value review : c["reviews"].get_array()) {
    CAPTURE(row);
    const test::Value expect = c["expect"].at(row++).value();
    const Instant at = test::instant(review, "at");
    if (test::has(expect, "preview")) {
      const auto preview = scheduler.preview(card, at);
      constexpr std::array<std::string_view, 4> names{"again", "hard", "good", "easy"};
      for (std::size_t i = 0; i < names.size(); ++i) check_view(preview[i].card, expect["preview"][names[i]].value());
    }
    const fsrs::Outcome out = scheduler.review(card, test::rating(test::integer(review, "rating")), at);
    card = out.card;
    CHECK(out.elapsed_days == test::integer(expect, "elapsed_days"));
    CHECK(out.retrievability.has_value() == test::has(expect, "retrievability_before"));
    if (out.retrievability) {
      CHECK(test::near(*out.retrievability, test::number(expect, "retrievability_before"), 1e-6));
    }
    check_view(card, expect);
    CHECK(test::near_relative(*card.stability, test::number(expect, "stability"), 1e-6));
    CHECK(test::near(*card.difficulty, test::number(expect, "difficulty"), 1e-6));
    CHECK(card.reps == test::integer(expect, "reps"));
    CHECK(card.lapses == test::integer(expect, "lapses"));
  }
}

fsrs::Card any_card(fsrs::State state) {
  fsrs::Card card;
  for (auto& byte : card.id.bytes) byte = *rc::gen::arbitrary<std::uint8_t>();
  card.state = state;
  card.step = *rc::gen::inRange(0, 12);
  card.reps = *rc::gen::inRange(0, 1000);
  if (card.state == fsrs::State::new_) return card;
  card.stability = test::any_stability();
  card.difficulty = test::within(1, 10);
  card.last_reviewed_at = Instant{kNoon.us - *rc::gen::inRange<std::int64_t>(0, 1000 * kDay)};
  card.last_study_day = LocalDate{static_cast<std::int32_t>(card.last_reviewed_at->us / kDay)};
  return card;
}

fsrs::Settings any_settings() {
  fsrs::Settings settings;
  settings.parameters = test::likely_parameters();
  settings.desired_retention = test::within(0.7, 0.99);
  settings.maximum_interval_days = *rc::gen::element(1, 2, 30, 365, 36500);
  settings.learning_steps = *rc::gen::resize(10, rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 1440)));
  settings.relearning_steps = *rc::gen::resize(3, rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 1440)));
  settings.fuzz = *rc::gen::arbitrary<bool>();
  return settings;
}

}  // namespace

TEST_CASE("schedules agree with the vectors, previews included") {
  const test::Vectors vectors("learning/fsrs_schedule.json");
  int cases = 0;
  for (const test::Value c : vectors["cases"].get_array()) {
    CAPTURE(test::text(c, "id"));
    check_trace(c);
    ++cases;
  }
  CHECK(cases == 240);
}

TEST_CASE("fuzz agrees with the vectors") {
  const test::Vectors vectors("learning/fsrs_fuzz.json");
  int cases = 0;
  for (const test::Value c : vectors["cases"].get_array()) {
    CAPTURE(test::text(c, "id"));
    const auto id = ignition::Uuid::parse(test::text(c, "card_id")).value();
    const auto reps = static_cast<std::uint64_t>(test::integer(c, "reps"));
    const auto interval = static_cast<int>(test::integer(c, "interval"));
    const auto maximum = static_cast<int>(test::integer(c, "maximum_interval"));
    const test::Value expect = c["expect"].value();
    CHECK(fsrs::fuzz_hash(id, reps) == std::stoull(test::text(expect, "hash"), nullptr, 16));
    const double u = fsrs::fuzz_factor(id, reps);
    CHECK(u == test::number(expect, "factor"));
    const auto range = fsrs::fuzz_range(interval, static_cast<int>(test::integer(c, "elapsed_days")), maximum);
    REQUIRE(range.has_value() == test::has(expect, "range"));
    int days = interval;
    if (range) {
      const auto wanted = test::numbers(expect["range"].value());
      CHECK(*range == fsrs::FuzzRange{static_cast<int>(wanted[0]), static_cast<int>(wanted[1])});
      days = static_cast<int>(std::floor(u * (range->highest - range->lowest + 1) + range->lowest));
    }
    CHECK(days == test::integer(expect, "interval_days"));
    ++cases;
  }
  CHECK(cases == 150);
}

TEST_CASE("the card of rule F17 shows the buttons of its example") {
  const fsrs::Scheduler scheduler(plain());
  const auto days_of = [](const std::array<fsrs::Outcome, 4>& preview) {
    return std::array{preview[1].card.scheduled_days, preview[2].card.scheduled_days, preview[3].card.scheduled_days};
  };
  fsrs::Card card = scheduler.review({}, fsrs::Rating::good, kNoon).card;
  CHECK(card.state == fsrs::State::learning);
  CHECK(card.due_at == kNoon + std::chrono::minutes(10));
  CHECK_FALSE(card.due_day.has_value());
  card = scheduler.review(card, fsrs::Rating::good, *card.due_at).card;
  CHECK(card.state == fsrs::State::review);
  CHECK(card.due_day == LocalDate::parse("2026-01-03"));

  auto preview = scheduler.preview(card, *card.due_at);
  CHECK(days_of(preview) == std::array{8, 11, 19});
  CHECK(preview[0].card.due_at == *card.due_at + std::chrono::minutes(10));
  card = preview[2].card;

  const Instant nine_days_later{card.last_reviewed_at->us + 9 * kDay};
  preview = scheduler.preview(card, nine_days_later);
  CHECK(days_of(preview) == std::array{29, 41, 68});
  card = preview[0].card;
  CHECK(card.state == fsrs::State::relearning);
  CHECK(*card.stability == 1.50588649);
  CHECK(*card.difficulty == 7.38997579);
  CHECK(card.lapses == 1);
  preview = scheduler.preview(card, *card.due_at);
  CHECK(preview[0].card.due_at == *card.due_at + std::chrono::minutes(10));
  CHECK(preview[1].card.due_at == *card.due_at + std::chrono::minutes(15));
  CHECK(preview[2].card.scheduled_days == 2);
  CHECK(preview[3].card.scheduled_days == 3);
}

TEST_CASE("the fuzzed card of rule F14 has the range and number of its example") {
  const auto id = ignition::Uuid::parse("0190a956-86bb-78be-bca9-50672ddc6367").value();
  CHECK(fsrs::fuzz_factor(id, 16) == 0.3260198220104429);
  CHECK(fsrs::fuzz_range(10, 4, 36500) == fsrs::FuzzRange{8, 12});
  const fsrs::Scheduler scheduler(fsrs::Settings{.learning_steps = {}});
  // A new card with 15 reviews before its reset graduates at once, its interval 8 made one of 6..10: 6 + floor(5 u).
  fsrs::Card card{.id = id, .reps = 15};
  CHECK(scheduler.review(card, fsrs::Rating::easy, kNoon).card.scheduled_days == 7);
}

TEST_CASE("without steps every card is in review, and a lapse counts") {
  fsrs::Settings settings = plain();
  settings.learning_steps = {};
  settings.relearning_steps = {};
  const fsrs::Scheduler scheduler(settings);
  fsrs::Card card = scheduler.review({}, fsrs::Rating::again, kNoon).card;
  CHECK(card.state == fsrs::State::review);
  CHECK(card.scheduled_days == 1);
  CHECK(card.lapses == 0);
  card = scheduler.review(card, fsrs::Rating::again, *card.due_at).card;
  CHECK(card.state == fsrs::State::review);
  CHECK(card.lapses == 1);
}

TEST_CASE("hard on a single step waits one and a half of it, rounded") {
  fsrs::Settings settings = plain();
  settings.learning_steps = {5};
  const fsrs::Card card = fsrs::Scheduler(settings).review({}, fsrs::Rating::hard, kNoon).card;
  CHECK(card.step == 0);
  CHECK(card.due_at == kNoon + std::chrono::minutes(8));
}

TEST_CASE("days are the user's study days") {
  fsrs::Settings settings = plain();
  settings.calendar = {ignition::TimeZone::find("America/New_York").value(), 4};
  const fsrs::Scheduler scheduler(settings);
  const auto day = [&](std::string_view at) { return scheduler.study_day(Instant::parse(at).value()).text(); };
  CHECK(day("2026-01-15T08:30:00Z") == "2026-01-14");
  CHECK(day("2026-01-15T09:00:00Z") == "2026-01-15");
  CHECK(day("2026-03-08T07:30:00Z") == "2026-03-07");
  CHECK(day("2026-03-08T08:00:00Z") == "2026-03-08");

  const auto late = Instant::parse("2026-01-16T04:50:00Z").value();  // 23:50
  const fsrs::Card card = scheduler.review({}, fsrs::Rating::good, late).card;
  CHECK(scheduler.review(card, fsrs::Rating::good, late + std::chrono::minutes(20)).elapsed_days == 0);
  settings.calendar.day_start_hour = 0;
  const fsrs::Scheduler midnight(settings);
  CHECK(midnight.review(card, fsrs::Rating::good, late + std::chrono::minutes(20)).elapsed_days == 1);
}

TEST_CASE("UTC days from any hour are those of the calendar") {
  CHECK(rc::check([] {
    const ignition::Calendar calendar{{}, *rc::gen::inRange(0, 24)};
    const Instant at{*rc::gen::inRange<std::int64_t>(-4'000'000'000'000'000, 4'000'000'000'000'000)};
    RC_ASSERT(fsrs::Scheduler({.calendar = calendar}).study_day(at) == calendar.date_of(at));
  }));
}

TEST_CASE("a study day that goes backwards with the zone counts as no time") {
  const fsrs::Scheduler scheduler(plain());
  const fsrs::Card card = scheduler.review({}, fsrs::Rating::easy, kNoon, LocalDate::parse("2026-01-02").value()).card;
  const auto out = scheduler.review(card, fsrs::Rating::good, kNoon, LocalDate::parse("2026-01-01").value());
  CHECK(out.elapsed_days == 0);
  CHECK(out.retrievability == 1.0);
}

TEST_CASE("a scheduler refuses settings, cards and instants that cannot be and names them") {
  const auto of = [](auto change) {
    return test::refused([&] {
      fsrs::Settings settings;
      change(settings);
      fsrs::Scheduler{settings};
    });
  };
  CHECK(of([](auto& s) { s.desired_retention = 0.5; }) == "desired_retention");
  CHECK(of([](auto& s) { s.desired_retention = std::nan(""); }) == "desired_retention");
  CHECK(of([](auto& s) { s.maximum_interval_days = 0; }) == "maximum_interval_days");
  CHECK(of([](auto& s) { s.learning_steps = {1, 1440}; }) == "learning_steps[1]");
  CHECK(of([](auto& s) { s.relearning_steps = {0}; }) == "relearning_steps[0]");
  CHECK(of([](auto& s) { s.learning_steps.assign(11, 1); }) == "learning_steps");
  CHECK(of([](auto& s) { s.parameters[20] = 0.05; }) == "parameters[20]");
  CHECK(of([](auto& s) { s.calendar.day_start_hour = 24; }) == "calendar.day_start_hour");

  const fsrs::Scheduler scheduler;
  const fsrs::Card good = scheduler.review({}, fsrs::Rating::easy, kNoon).card;
  const auto review = [&](auto change, Instant at = kNoon) {
    return test::refused([&] {
      fsrs::Card card = good;
      change(card);
      scheduler.review(card, fsrs::Rating::good, at);
    });
  };
  const auto nothing = [](auto&) {};
  CHECK(review(nothing) == "");
  CHECK(review([](auto& c) { c.stability = -1; }) == "card.stability");
  CHECK(review([](auto& c) { c.stability.reset(); }) == "card.stability");
  CHECK(review([](auto& c) { c.stability = std::numeric_limits<double>::infinity(); }) == "card.stability");
  CHECK(review([](auto& c) { c.difficulty = 10.5; }) == "card.difficulty");
  CHECK(review([](auto& c) { c.step = -1; }) == "card.step");
  CHECK(review([](auto& c) { c.reps = -1; }) == "card.reps");
  CHECK(review([](auto& c) { c.lapses = std::numeric_limits<int>::max(); }) == "card.lapses");
  CHECK(review([](auto& c) { c.state = static_cast<fsrs::State>(7); }) == "card.state");
  CHECK(review(nothing, Instant{kNoon.us - 1}) == "at");
  CHECK(review(nothing, Instant{std::numeric_limits<std::int64_t>::max()}) == "at");
  CHECK(test::refused([&] { scheduler.review(good, test::rating(0), kNoon); }) == "rating");
  CHECK(test::refused([&] { scheduler.review(good, fsrs::Rating::good, kNoon, LocalDate{2'000'000'000}); }) == "day");
  CHECK(test::refused([&] { fsrs::fuzz_range(40'000, 0, 36500); }) == "interval");
}

TEST_CASE("the buttons of a card in review differ and stay in order, with fuzz as without") {
  CHECK(rc::check([] {
    const fsrs::Scheduler scheduler(any_settings());
    const fsrs::Card card = any_card(fsrs::State::review);
    const auto preview = scheduler.preview(card, kNoon);
    const int maximum = scheduler.maximum_interval_days();
    for (std::size_t i = 1; i < 4; ++i) {
      const int days = preview[i].card.scheduled_days;
      RC_ASSERT((1 <= days && days <= maximum));
      if (i > 1) RC_ASSERT(days > preview[i - 1].card.scheduled_days || days == maximum);
    }
  }));
}

TEST_CASE("an answer is what the preview showed, and its due time is after it") {
  CHECK(rc::check([] {
    const fsrs::Scheduler scheduler(any_settings());
    const fsrs::Card card = any_card(static_cast<fsrs::State>(*rc::gen::inRange(0, 4)));
    const auto preview = scheduler.preview(card, kNoon);
    for (const auto rating : fsrs::kRatings) {
      const fsrs::Outcome out = scheduler.review(card, rating, kNoon);
      RC_ASSERT(out == preview[static_cast<std::size_t>(rating) - 1]);
      RC_ASSERT(*out.card.due_at > kNoon);
      RC_ASSERT(out.card.reps == card.reps + 1);
      RC_ASSERT(out.card.due_day.has_value() == (out.card.state == fsrs::State::review));
      RC_ASSERT((out.card.scheduled_days > 0) == (out.card.state == fsrs::State::review));
      RC_ASSERT(out.retrievability == scheduler.retrievability(card, kNoon));
    }
  }));
}

TEST_CASE("fuzz chooses every day of its range and none outside") {
  CHECK(rc::check([] {
    const int maximum = *rc::gen::inRange(3, 36501);
    const int interval = *rc::gen::inRange(3, maximum + 1);
    const int elapsed = *rc::gen::inRange(0, 2 * interval);
    const auto range = fsrs::fuzz_range(interval, elapsed, maximum).value();
    RC_ASSERT(2 <= range.lowest);
    RC_ASSERT(range.lowest <= range.highest);
    RC_ASSERT(range.highest <= maximum);
    if (interval > elapsed) RC_ASSERT((range.lowest <= interval && interval <= range.highest));
  }));
}
