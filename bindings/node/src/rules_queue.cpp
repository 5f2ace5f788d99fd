// Which cards come next, as JSON.
#include "ignition/rules/review_queue.hpp"
#include "ignition/wire.hpp"
#include "rules_border.hpp"

namespace ignition::node {

struct QueueCardInput {
  Uuid id;
  rules::fsrs::State state = rules::fsrs::State::new_;
  std::optional<Instant> due_at;
  std::optional<LocalDate> due_day;
  std::optional<LocalDate> buried_on;
  std::optional<double> stability;
  std::optional<LocalDate> last_study_day;
  std::optional<Uuid> note_id;
  std::optional<std::string> concept_id;
  std::optional<Uuid> deck_id;
  std::optional<int> sort_order;
  std::optional<int> ordinal;
  std::optional<Instant> created_at;
};
BOOST_DESCRIBE_STRUCT(QueueCardInput, (),
                      (id, state, due_at, due_day, buried_on, stability, last_study_day, note_id, concept_id, deck_id,
                       sort_order, ordinal, created_at))

struct QueueInput {
  std::vector<QueueCardInput> cards;
  rules::QueueSettings settings;
  Instant now;
  int reviews_done = 0;
  int introduced_today = 0;
  std::vector<rules::DeckLimit> decks;
  int limit = 0;
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

constexpr int kMany = 1'000'000;

void check(const QueueInput& input) {
  const rules::QueueSettings& settings = input.settings;
  small(settings.reviews_per_day, 0, kMany, "settings.reviews_per_day");
  small(settings.new_cards_per_day, 0, kMany, "settings.new_cards_per_day");
  small(settings.learn_ahead_minutes, 0, 24 * 60, "settings.learn_ahead_minutes");
  small(input.reviews_done, 0, kMany, "reviews_done");
  small(input.introduced_today, 0, kMany, "introduced_today");
  small(input.limit, 1, kMany, "limit");
  for (std::size_t i = 0; i < input.decks.size(); ++i) {
    const rules::DeckLimit& deck = input.decks[i];
    small(deck.new_cards_per_day, 0, kMany, fmt::format("decks[{}].new_cards_per_day", i));
    small(deck.introduced_today, 0, kMany, fmt::format("decks[{}].introduced_today", i));
  }
  for (std::size_t i = 0; i < input.cards.size(); ++i) {
    const double stability = input.cards[i].stability.value_or(1);
    if (!(stability >= 0 && stability <= rules::fsrs::kHighestStability)) {
      throw invalid(fmt::format("cards[{}].stability", i), "out_of_range",
                    fmt::format("must be 0 to {}", rules::fsrs::kHighestStability));
    }
  }
}

std::vector<rules::QueueCard> cards_of(const QueueInput& input) {
  std::vector<rules::QueueCard> cards;
  cards.reserve(input.cards.size());
  for (const QueueCardInput& one : input.cards) {
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
                     .sort_order = one.sort_order.value_or(0),
                     .ordinal = one.ordinal.value_or(0),
                     .created_at = one.created_at.value_or(Instant{})});
  }
  return cards;
}

// queue(scheduler, input as JSON): the queue as JSON
Napi::Value queue(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const auto input = from_json<QueueInput>(string_of(info[1]));
    check(input);
    const rules::fsrs::Scheduler& scheduler = *scheduler_of(info[0]);
    const auto found = rules::review_queue(cards_of(input), input.settings,
                                           {.now = input.now,
                                            .today = scheduler.study_day(input.now),
                                            .reviews_done = input.reviews_done,
                                            .introduced_today = input.introduced_today,
                                            .decks = input.decks},
                                           scheduler.model(), static_cast<std::size_t>(input.limit));
    QueueOutput output{.cards = {}, .counts = found.counts, .next_learning_due_at = found.next_learning_due_at};
    for (const rules::QueuePlace& place : found.cards) {
      output.cards.push_back({static_cast<std::int64_t>(place.card), input.cards[place.card].id, place.pool});
    }
    return text(info.Env(), to_json(output));
  });
}

}  // namespace

void add_queue(Napi::Object rules) { rules["queue"] = Napi::Function::New(rules.Env(), queue); }

}  // namespace ignition::node
