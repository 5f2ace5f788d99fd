#include "ignition/rules/review_queue.hpp"

#include <set>

#include "rules/fsrs_support.hpp"

using namespace ignition::rules;
using fsrs::State;
using ignition::Instant;
using ignition::LocalDate;
using ignition::Uuid;
namespace test = ignition::test;

namespace {

const Instant kNow = Instant::parse("2026-01-14T12:00:00Z").value();
const LocalDate kToday = LocalDate::parse("2026-01-14").value();

Uuid id_of(int n) {
  Uuid id;
  id.bytes[14] = static_cast<std::uint8_t>(n >> 8);
  id.bytes[15] = static_cast<std::uint8_t>(n);
  return id;
}

QueueCard new_card(int n) { return {.id = id_of(n), .ordinal = n}; }
QueueCard due_card(int n, int days_late = 0) {
  return {.id = id_of(n),
          .state = State::review,
          .due_day = kToday - days_late,
          .stability = 10,
          .last_study_day = kToday - 10};
}
QueueCard learning_card(int n, int minutes_from_now) {
  return {.id = id_of(n), .state = State::learning, .due_at = kNow + std::chrono::minutes(minutes_from_now)};
}

std::vector<QueueCard> many(int count, QueueCard (*make)(int)) {
  std::vector<QueueCard> cards;
  for (int i = 1; i <= count; ++i) cards.push_back(make(i));
  return cards;
}
QueueCard due_today(int n) { return due_card(n); }

ReviewQueue queue_of(const std::vector<QueueCard>& cards, const QueueSettings& settings = {}, QueueDay day = {},
                     std::size_t limit = 100) {
  day.now = kNow;
  day.today = kToday;
  return review_queue(cards, settings, day, fsrs::Model(), limit);
}

std::vector<std::size_t> order_of(const ReviewQueue& queue) {
  std::vector<std::size_t> order;
  for (const QueuePlace& place : queue.cards) order.push_back(place.card);
  return order;
}

std::string pools_of(const ReviewQueue& queue) {
  std::string pools;
  for (const QueuePlace& place : queue.cards) pools += "LRN"[static_cast<std::size_t>(place.pool)];
  return pools;
}

}  // namespace

TEST_CASE("a fresh account with 40 new cards is shown 10") {
  const ReviewQueue queue = queue_of(many(40, new_card));
  CHECK(queue.counts == QueueCounts{0, 0, 10});
  CHECK(queue.counts.total() == 10);
  CHECK(queue.cards.size() == 10);
  CHECK(queue_of(many(40, new_card), {}, {.introduced_today = 10}).counts.total() == 0);
}

TEST_CASE("new cards share the limit of reviews unless they ignore it") {
  QueueSettings settings{.reviews_per_day = 5};
  std::vector<QueueCard> cards = many(8, due_today);
  for (int i = 0; i < 20; ++i) cards.push_back(new_card(100 + i));
  CHECK(queue_of(cards, settings).counts == QueueCounts{0, 5, 0});
  settings.new_ignores_review_limit = true;
  CHECK(queue_of(cards, settings).counts == QueueCounts{0, 5, 10});
  // Rule Q4: 190 of 200 done, 8 due, 3 of 10 introduced.
  CHECK(queue_of(cards, {}, {.reviews_done = 190, .introduced_today = 3}).counts == QueueCounts{0, 8, 2});
}

TEST_CASE("a deck's own limit holds back its new cards only") {
  std::vector<QueueCard> cards = many(4, new_card);
  for (int i = 0; i < 3; ++i) cards[static_cast<std::size_t>(i)].deck_id = id_of(999);
  const std::vector<DeckLimit> decks{{.deck_id = id_of(999), .new_cards_per_day = 3, .introduced_today = 1}};
  CHECK(order_of(queue_of(cards, {}, {.decks = decks})) == std::vector<std::size_t>{0, 1, 3});
}

TEST_CASE("four reviews and two new cards are mixed as R N R R N R") {
  std::vector<QueueCard> cards = many(4, due_today);
  cards.push_back(new_card(10));
  cards.push_back(new_card(11));
  CHECK(pools_of(queue_of(cards)) == "RNRRNR");
  CHECK(pools_of(queue_of(cards, {.new_review_order = NewReviewOrder::new_first})) == "NNRRRR");
  CHECK(pools_of(queue_of(cards, {.new_review_order = NewReviewOrder::review_first})) == "RRRRNN");
  cards.push_back(learning_card(12, -1));
  const ReviewQueue cut = queue_of(cards, {}, {}, 3);
  CHECK(pools_of(cut) == "LRN");
  CHECK(cut.counts == QueueCounts{1, 4, 2});
}

TEST_CASE("learning cards come by due time, those ahead only when nothing else is left") {
  std::vector<QueueCard> cards{learning_card(1, 5), learning_card(2, -1), learning_card(3, -9), learning_card(4, 30)};
  const ReviewQueue queue = queue_of(cards);
  CHECK(order_of(queue) == std::vector<std::size_t>{2, 1});
  CHECK(queue.next_learning_due_at == kNow + std::chrono::minutes(5));
  cards.erase(cards.begin() + 1, cards.begin() + 3);
  const ReviewQueue ahead = queue_of(cards);
  CHECK(order_of(ahead) == std::vector<std::size_t>{0});
  CHECK(ahead.counts.total() == 0);
  CHECK(queue_of(cards, {.learn_ahead_minutes = 0}).cards.empty());
  cards.push_back(new_card(9));
  CHECK(pools_of(queue_of(cards)) == "N");
}

TEST_CASE("buried cards and later days wait, but learning cannot be buried") {
  std::vector<QueueCard> cards{due_card(1), due_card(2, -1), new_card(3), learning_card(4, -1)};
  for (const std::size_t i : {0U, 2U, 3U}) cards[i].buried_on = kToday;
  CHECK(order_of(queue_of(cards)) == std::vector<std::size_t>{3});
  for (QueueCard& card : cards) card.buried_on = kToday - 1;
  CHECK(queue_of(cards).counts == QueueCounts{1, 1, 1});
}

TEST_CASE("of siblings one card is shown: learning before review before new") {
  std::vector<QueueCard> cards{new_card(1), due_card(2), learning_card(3, -1), new_card(4), new_card(5)};
  for (const std::size_t i : {0U, 1U, 2U}) cards[i].note_id = id_of(500);
  cards[3].concept_id = cards[4].concept_id = "unison";
  CHECK(are_siblings(cards[0], cards[2]));
  CHECK(are_siblings(cards[3], cards[4]));
  CHECK_FALSE(are_siblings(cards[0], cards[3]));
  cards[0].concept_id = "unison";  // has a note, so the concept does not matter
  CHECK_FALSE(are_siblings(cards[0], cards[3]));
  CHECK_FALSE(are_siblings(new_card(7), new_card(8)));

  CHECK(order_of(queue_of(cards)) == std::vector<std::size_t>{2, 3});
  CHECK(queue_of(cards, {.bury_review_siblings = false}).counts == QueueCounts{1, 1, 1});
  CHECK(queue_of(cards, {.bury_new_siblings = false}).counts == QueueCounts{1, 0, 3});
}

TEST_CASE("reviews come by due day and then in the day's random order, or by what is forgotten most") {
  std::vector<QueueCard> cards{due_card(1, 0), due_card(2, 3), due_card(3, 1)};
  CHECK(order_of(queue_of(cards)) == std::vector<std::size_t>{1, 2, 0});
  cards[0].stability = 2;
  cards[2].stability = 5;
  CHECK(order_of(queue_of(cards, {.review_order = ReviewOrder::retrievability})) == std::vector<std::size_t>{0, 2, 1});

  const std::vector<QueueCard> same_day = many(20, due_today);
  const auto order = order_of(queue_of(same_day));
  for (std::size_t i = 1; i < order.size(); ++i) {
    const auto day = static_cast<std::uint64_t>(kToday.days);
    CHECK(fsrs::fuzz_factor(same_day[order[i - 1]].id, day) < fsrs::fuzz_factor(same_day[order[i]].id, day));
  }
}

TEST_CASE("new cards come by deck, ordinal, age and id") {
  std::vector<QueueCard> cards{new_card(1), new_card(2), new_card(3), new_card(4), new_card(5)};
  cards[0].sort_order = 2;
  for (std::size_t i = 1; i < 5; ++i) cards[i].ordinal = 0;
  cards[1].ordinal = 1;
  cards[2].created_at = kNow;
  CHECK(order_of(queue_of(cards)) == std::vector<std::size_t>{3, 4, 2, 1, 0});
}

TEST_CASE("waiting cards leave out new ones and what the day no longer allows") {
  CHECK(waiting_reviews(2, 300, {}, {.reviews_done = 50}) == 152);
  CHECK(waiting_reviews(0, 5, {}, {}) == 5);
  CHECK(waiting_reviews(1, 5, {.reviews_per_day = 3}, {.reviews_done = 9}) == 1);
}

TEST_CASE("a card becomes a leech at the threshold and every half threshold after it") {
  const auto all = [](int threshold) {
    std::vector<int> lapses;
    for (int n = 0; n <= 20; ++n) {
      if (makes_leech(n, threshold)) lapses.push_back(n);
    }
    return lapses;
  };
  CHECK(all(8) == std::vector{8, 12, 16, 20});
  CHECK(all(7) == std::vector{7, 11, 15, 19});
  CHECK(all(0).empty());
  CHECK(makes_leech(5, 1));
}

TEST_CASE("minutes are estimated from the median of the last reviews, or half a minute each") {
  CHECK(estimated_minutes(7, {}) == 4);
  CHECK(estimated_minutes(7, std::vector<int>(9, 1000)) == 4);
  CHECK(estimated_minutes(60, std::vector<int>(10, 1000)) == 1);
  CHECK(estimated_minutes(61, std::vector<int>(10, 1000)) == 2);
  CHECK(estimated_minutes(1, std::vector<int>(10, 600'000)) == 1);
  std::vector<int> times(200, 10'000);
  times.resize(1000, 60'000);  // older ones
  CHECK(estimated_minutes(6, times) == 1);
  CHECK(estimated_minutes(7, times) == 2);
}

TEST_CASE("any queue keeps the limits, shows no card twice and no siblings together") {
  CHECK(rc::check([] {
    std::vector<QueueCard> cards;
    const int count = *rc::gen::inRange(0, 60);
    for (int i = 0; i < count; ++i) {
      switch (*rc::gen::inRange(0, 3)) {
        case 0:
          cards.push_back(new_card(i));
          break;
        case 1:
          cards.push_back(due_card(i, *rc::gen::inRange(-3, 10)));
          break;
        default:
          cards.push_back(learning_card(i, *rc::gen::inRange(-30, 60)));
      }
      if (*rc::gen::inRange(0, 3) == 0) cards.back().note_id = id_of(1000 + *rc::gen::inRange(0, 5));
    }
    const QueueSettings settings{.reviews_per_day = *rc::gen::inRange(0, 20),
                                 .new_cards_per_day = *rc::gen::inRange(0, 20),
                                 .new_ignores_review_limit = *rc::gen::arbitrary<bool>(),
                                 .new_review_order = static_cast<NewReviewOrder>(*rc::gen::inRange(0, 3))};
    const ReviewQueue queue = queue_of(cards, settings);
    const std::vector<std::size_t> order = order_of(queue);
    RC_ASSERT(std::set<std::size_t>(order.begin(), order.end()).size() == order.size());
    RC_ASSERT(queue.counts.review <= settings.reviews_per_day);
    RC_ASSERT(queue.counts.new_ <= settings.new_cards_per_day);
    if (!settings.new_ignores_review_limit) {
      RC_ASSERT(queue.counts.review + queue.counts.new_ <= settings.reviews_per_day);
    }
    std::set<Uuid> notes;
    for (const QueuePlace& place : queue.cards) {
      if (place.pool == ReviewPool::learning || !cards[place.card].note_id) continue;
      RC_ASSERT(notes.insert(*cards[place.card].note_id).second);
    }
  }));
}
