// Spaced repetition by name: single cards, the queue, the forecast.
#include "engine/named_rules.hpp"
#include "ignition/rules/review_queue.hpp"
#include "ignition/rules/review_stats.hpp"
#include "ignition/rules/sm2.hpp"
#include "ignition/rules_by_name.hpp"
#include "ignition/wire.hpp"

namespace ignition {
namespace named {

namespace fsrs = rules::fsrs;

struct SchedulerInput {
  Maybe<double> parameters;
  std::optional<double> desired_retention;
  Or<int, fsrs::kLongestIntervalDays> maximum_interval_days;
  Maybe<int> learning_steps;
  Maybe<int> relearning_steps;
  Or<bool, true> fuzz;
  std::optional<std::string> timezone;
  Or<int, 0> day_start_hour;
};
BOOST_DESCRIBE_STRUCT(SchedulerInput, (),
                      (parameters, desired_retention, maximum_interval_days, learning_steps, relearning_steps, fuzz,
                       timezone, day_start_hour))

struct ReviewInput {
  fsrs::Card card;
  fsrs::Rating rating = fsrs::Rating::good;
  Instant at;
};
BOOST_DESCRIBE_STRUCT(ReviewInput, (), (card, rating, at))

struct RecallInput {
  fsrs::Card card;
  Instant at;
};
BOOST_DESCRIBE_STRUCT(RecallInput, (), (card, at))

struct FromSm2Input {
  double interval_days = 0;
  double ease_factor = 0;
  std::optional<double> retention;
};
BOOST_DESCRIBE_STRUCT(FromSm2Input, (), (interval_days, ease_factor, retention))

struct Sm2Input {
  rules::sm2::Card card;
  fsrs::Rating rating = fsrs::Rating::good;
};
BOOST_DESCRIBE_STRUCT(Sm2Input, (), (card, rating))

struct Sm2Output {
  rules::sm2::Card card;
  int due_in_days = 0;
};
BOOST_DESCRIBE_STRUCT(Sm2Output, (), (card, due_in_days))

struct FuzzInput {
  Uuid id;
  std::int64_t reps = 0;
  std::int64_t interval_days = 0;
  Or<std::int64_t, 0> elapsed_days;
  Or<std::int64_t, fsrs::kLongestIntervalDays> maximum_interval_days;
};
BOOST_DESCRIBE_STRUCT(FuzzInput, (), (id, reps, interval_days, elapsed_days, maximum_interval_days))

struct FuzzOutput {
  double factor = 0;
  std::optional<int> lowest;
  std::optional<int> highest;
};
BOOST_DESCRIBE_STRUCT(FuzzOutput, (), (factor, lowest, highest))

struct ForecastCardInput {
  fsrs::State state = fsrs::State::review;
  LocalDate due;
  Or<bool, false> buried;
};
BOOST_DESCRIBE_STRUCT(ForecastCardInput, (), (state, due, buried))

struct ForecastInput {
  std::vector<ForecastCardInput> cards;
  LocalDate today;
  Or<int, 30> days;
};
BOOST_DESCRIBE_STRUCT(ForecastInput, (), (cards, today, days))

struct QueueCardInput {
  Uuid id;
  fsrs::State state = fsrs::State::new_;
  std::optional<Instant> due_at;
  std::optional<LocalDate> due_day;
  std::optional<LocalDate> buried_on;
  std::optional<double> stability;
  std::optional<LocalDate> last_study_day;
  std::optional<Uuid> note_id;
  std::optional<std::string> concept_id;
  std::optional<Uuid> deck_id;
  Or<int, 0> sort_order;
  Or<int, 0> ordinal;
  std::optional<Instant> created_at;
  // Of a card; they decide nothing here.
  std::optional<int> step;
  std::optional<double> difficulty;
  std::optional<int> scheduled_days;
  std::optional<int> lapses;
  std::optional<int> reps;
  std::optional<Instant> last_reviewed_at;
};
BOOST_DESCRIBE_STRUCT(QueueCardInput, (),
                      (id, state, due_at, due_day, buried_on, stability, last_study_day, note_id, concept_id, deck_id,
                       sort_order, ordinal, created_at, step, difficulty, scheduled_days, lapses, reps,
                       last_reviewed_at))

struct QueueSettingsInput {
  std::optional<int> reviews_per_day;
  std::optional<int> new_cards_per_day;
  std::optional<bool> new_ignores_review_limit;
  std::optional<rules::NewReviewOrder> new_review_order;
  std::optional<rules::ReviewOrder> review_order;
  std::optional<bool> bury_new_siblings;
  std::optional<bool> bury_review_siblings;
  std::optional<int> learn_ahead_minutes;
};
BOOST_DESCRIBE_STRUCT(QueueSettingsInput, (),
                      (reviews_per_day, new_cards_per_day, new_ignores_review_limit, new_review_order, review_order,
                       bury_new_siblings, bury_review_siblings, learn_ahead_minutes))

struct DeckInput {
  Uuid deck_id;
  int new_cards_per_day = 0;
  Or<int, 0> introduced_today;
};
BOOST_DESCRIBE_STRUCT(DeckInput, (), (deck_id, new_cards_per_day, introduced_today))

struct QueueInput {
  std::vector<QueueCardInput> cards;
  std::optional<QueueSettingsInput> settings;
  Instant now;
  Or<int, 0> reviews_done;
  Or<int, 0> introduced_today;
  Maybe<DeckInput> decks;
  Or<int, 100> limit;
};
BOOST_DESCRIBE_STRUCT(QueueInput, (), (cards, settings, now, reviews_done, introduced_today, decks, limit))

struct QueuePlaceOutput {
  std::int64_t index = 0;
  Uuid id;
  rules::ReviewPool pool = rules::ReviewPool::new_;
};
BOOST_DESCRIBE_STRUCT(QueuePlaceOutput, (), (index, id, pool))

struct QueueOutput {
  std::vector<QueuePlaceOutput> cards;
  rules::QueueCounts counts;
  std::optional<Instant> next_learning_due_at;
};
BOOST_DESCRIBE_STRUCT(QueueOutput, (), (cards, counts, next_learning_due_at))

namespace {

std::string sm2_review(std::string_view json) {
  const auto input = from_json<Sm2Input>(json);
  const rules::sm2::Card card = rules::sm2::review(input.card, input.rating);
  return to_json(Sm2Output{card, rules::sm2::due_in_days(card.interval_days)});
}

std::string fuzz(std::string_view json) {
  const auto input = from_json<FuzzInput>(json);
  const int reps = small(input.reps, 0, 1'000'000'000, "reps");
  const int maximum = small(input.maximum_interval_days, 1, fsrs::kLongestIntervalDays, "maximum_interval_days");
  const int interval = small(input.interval_days, 1, maximum, "interval_days");
  const auto range = fsrs::fuzz_range(interval, small(input.elapsed_days, 0, 10'000'000, "elapsed_days"), maximum);
  FuzzOutput output{
      .factor = fsrs::fuzz_factor(input.id, static_cast<std::uint64_t>(reps)), .lowest = {}, .highest = {}};
  if (range) {
    output.lowest = range->lowest;
    output.highest = range->highest;
  }
  return to_json(output);
}

std::string forecast(std::string_view json) {
  const auto input = from_json<ForecastInput>(json);
  std::vector<rules::ForecastCard> cards;
  for (const ForecastCardInput& card : input.cards) cards.push_back({card.state, card.due, card.buried});
  return to_json(rules::forecast(cards, input.today, input.days));
}

template <class T>
void take(const std::optional<T>& given, T& setting) {
  if (given) setting = *given;
}

rules::QueueSettings settings_of(const QueueSettingsInput& given) {
  rules::QueueSettings settings;
  take(given.reviews_per_day, settings.reviews_per_day);
  take(given.new_cards_per_day, settings.new_cards_per_day);
  take(given.new_ignores_review_limit, settings.new_ignores_review_limit);
  take(given.new_review_order, settings.new_review_order);
  take(given.review_order, settings.review_order);
  take(given.bury_new_siblings, settings.bury_new_siblings);
  take(given.bury_review_siblings, settings.bury_review_siblings);
  take(given.learn_ahead_minutes, settings.learn_ahead_minutes);
  small(settings.reviews_per_day, 0, kMany, "settings.reviews_per_day");
  small(settings.new_cards_per_day, 0, kMany, "settings.new_cards_per_day");
  small(settings.learn_ahead_minutes, 0, 24 * 60, "settings.learn_ahead_minutes");
  return settings;
}

std::vector<rules::DeckLimit> decks_of(const std::vector<DeckInput>& given) {
  std::vector<rules::DeckLimit> decks;
  for (const DeckInput& one : given) {
    const std::string place = fmt::format("decks[{}]", decks.size());
    decks.push_back({one.deck_id, small(one.new_cards_per_day, 0, kMany, place + ".new_cards_per_day"),
                     small(one.introduced_today, 0, kMany, place + ".introduced_today")});
  }
  return decks;
}

std::vector<rules::QueueCard> cards_of(const std::vector<QueueCardInput>& given) {
  std::vector<rules::QueueCard> cards;
  cards.reserve(given.size());
  for (const QueueCardInput& one : given) {
    const double stability = one.stability.value_or(1);
    if (!(stability >= 0 && stability <= fsrs::kHighestStability)) {
      throw invalid(fmt::format("cards[{}].stability", cards.size()), "out_of_range",
                    fmt::format("must be 0 to {}", fsrs::kHighestStability));
    }
    cards.push_back({.id = one.id,
                     .state = one.state,
                     .due_at = one.due_at,
                     .due_day = one.due_day,
                     .buried_on = one.buried_on,
                     .stability = one.stability,
                     .last_study_day = one.last_study_day,
                     .note_id = one.note_id,
                     .concept_id = one.concept_id ? std::string_view(*one.concept_id) : std::string_view(),
                     .deck_id = one.deck_id,
                     .sort_order = one.sort_order,
                     .ordinal = one.ordinal,
                     .created_at = one.created_at.value_or(Instant{})});
  }
  return cards;
}

}  // namespace

void add_learning(Rules& rules) {
  rules["sm2.review"] = sm2_review;
  rules["fsrs.fuzz"] = fuzz;
  rules["fsrs.forecast"] = forecast;
}

}  // namespace named

namespace fsrs = rules::fsrs;
using namespace named;

fsrs::Scheduler read_scheduler(std::string_view json) {
  auto input = from_json<SchedulerInput>(json);
  fsrs::Settings settings;
  if (input.parameters && !input.parameters->empty()) settings.parameters = fsrs::parameters_from(*input.parameters);
  take(input.desired_retention, settings.desired_retention);
  take(input.learning_steps, settings.learning_steps);
  take(input.relearning_steps, settings.relearning_steps);
  settings.maximum_interval_days =
      small(input.maximum_interval_days, 1, fsrs::kLongestIntervalDays, "maximum_interval_days");
  settings.fuzz = input.fuzz;
  settings.calendar = {.zone = zone_of(input.timezone),
                       .day_start_hour = small(input.day_start_hour, 0, 23, "day_start_hour")};
  return fsrs::Scheduler(settings);
}

std::string review_card(const fsrs::Scheduler& scheduler, std::string_view json) {
  const auto input = from_json<ReviewInput>(json);
  return to_json(scheduler.review(input.card, input.rating, input.at));
}

std::string preview_card(const fsrs::Scheduler& scheduler, std::string_view json) {
  const auto input = from_json<RecallInput>(json);
  const auto outcomes = scheduler.preview(input.card, input.at);
  return to_json(std::vector<fsrs::Outcome>(outcomes.begin(), outcomes.end()));
}

std::string recall_card(const fsrs::Scheduler& scheduler, std::string_view json) {
  const auto input = from_json<RecallInput>(json);
  return to_json(scheduler.retrievability(input.card, input.at));
}

std::string memory_from_sm2(const fsrs::Scheduler& scheduler, std::string_view json) {
  const auto input = from_json<FromSm2Input>(json);
  return to_json(scheduler.model().from_sm2(input.interval_days, input.ease_factor,
                                            input.retention.value_or(fsrs::Settings{}.desired_retention)));
}

std::string queue_cards(const fsrs::Scheduler& scheduler, std::string_view json) {
  const auto input = from_json<QueueInput>(json);
  const auto decks = decks_of(all_of(input.decks));
  const auto found =
      rules::review_queue(cards_of(input.cards), settings_of(input.settings.value_or(QueueSettingsInput{})),
                          {.now = input.now,
                           .today = scheduler.study_day(input.now),
                           .reviews_done = small(input.reviews_done, 0, kMany, "reviews_done"),
                           .introduced_today = small(input.introduced_today, 0, kMany, "introduced_today"),
                           .decks = decks},
                          scheduler.model(), static_cast<std::size_t>(small(input.limit, 1, kMany, "limit")));
  QueueOutput output{.cards = {}, .counts = found.counts, .next_learning_due_at = found.next_learning_due_at};
  for (const rules::QueuePlace& place : found.cards) {
    output.cards.push_back({static_cast<std::int64_t>(place.card), input.cards[place.card].id, place.pool});
  }
  return to_json(output);
}

}  // namespace ignition
