// Which cards a learner is shown next, and how many a day allows. Rules Q2 to Q6, Q8, Q13 and C11.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ignition/rules/fsrs.hpp"
#include "ignition/time.hpp"
#include "ignition/uuid.hpp"

namespace ignition::rules {

enum class ReviewPool : std::uint8_t { learning, review, new_ };
BOOST_DESCRIBE_ENUM(ReviewPool, learning, review, new_)

enum class NewReviewOrder : std::uint8_t { mix, new_first, review_first };
BOOST_DESCRIBE_ENUM(NewReviewOrder, mix, new_first, review_first)

enum class ReviewOrder : std::uint8_t { due_day, retrievability };
BOOST_DESCRIBE_ENUM(ReviewOrder, due_day, retrievability)

// A visible, active card of no archived deck that is not suspended. Only what its state asks for is read.
struct QueueCard {
  Uuid id;
  fsrs::State state = fsrs::State::new_;
  std::optional<Instant> due_at;     // of learning and relearning
  std::optional<LocalDate> due_day;  // of review
  std::optional<LocalDate> buried_on;
  std::optional<double> stability;          // of review, for the order by retrievability
  std::optional<LocalDate> last_study_day;  // the same
  // Siblings share a note, or have none and share a concept.
  std::optional<Uuid> note_id;
  std::string_view concept_id;  // empty: none
  std::optional<Uuid> deck_id;
  int sort_order = 0;  // of the deck; without a deck, of the topic
  int ordinal = 0;
  Instant created_at{};
};

bool are_siblings(const QueueCard& a, const QueueCard& b);
// The pool of a card on a study day; none while it is buried or not due. Burying does not apply to learning.
std::optional<ReviewPool> pool_of(const QueueCard& card, LocalDate today);

struct DeckLimit {
  Uuid deck_id;
  int new_cards_per_day = 0;
  int introduced_today = 0;  // of the deck's cards
};
BOOST_DESCRIBE_STRUCT(DeckLimit, (), (deck_id, new_cards_per_day, introduced_today))

struct QueueSettings {
  int reviews_per_day = 200;
  int new_cards_per_day = 10;
  bool new_ignores_review_limit = false;
  NewReviewOrder new_review_order = NewReviewOrder::mix;
  ReviewOrder review_order = ReviewOrder::due_day;
  bool bury_new_siblings = true;
  bool bury_review_siblings = true;
  int learn_ahead_minutes = 20;
};
BOOST_DESCRIBE_STRUCT(QueueSettings, (),
                      (reviews_per_day, new_cards_per_day, new_ignores_review_limit, new_review_order, review_order,
                       bury_new_siblings, bury_review_siblings, learn_ahead_minutes))

struct QueueDay {
  Instant now{};
  LocalDate today{};         // the study day of `now`
  int reviews_done = 0;      // today's rows of kind review that are not undone
  int introduced_today = 0;  // cards first graded today
  std::span<const DeckLimit> decks;
};

// What the day still allows (rule Q4). `reviews_served` counts the review cards that will be shown.
int reviews_left(const QueueSettings& settings, const QueueDay& day);
int new_cards_left(const QueueSettings& settings, const QueueDay& day, int reviews_served);

struct QueueCounts {
  int learning = 0;  // due now
  int review = 0;
  int new_ = 0;
  int total() const { return learning + review + new_; }
  friend bool operator==(const QueueCounts&, const QueueCounts&) = default;
};
BOOST_DESCRIBE_STRUCT(QueueCounts, (), (learning, review, new_))

struct QueuePlace {
  std::size_t card = 0;  // index of the card in the input
  ReviewPool pool = ReviewPool::new_;
  friend bool operator==(const QueuePlace&, const QueuePlace&) = default;
};

struct ReviewQueue {
  std::vector<QueuePlace> cards;                // at most `limit`
  QueueCounts counts;                           // after the day's limits, before the cut to `limit`
  std::optional<Instant> next_learning_due_at;  // the earliest after now
};

// `model` gives the retrievability by which reviews may be ordered.
ReviewQueue review_queue(std::span<const QueueCard> cards, const QueueSettings& settings, const QueueDay& day,
                         const fsrs::Model& model, std::size_t limit);

// Cards that wait at an instant (rule Q13): new cards never count.
int waiting_reviews(int learning_due, int reviews_due, const QueueSettings& settings, const QueueDay& day);

// Whether this lapse makes the card a leech (rule Q8): at the threshold and every half threshold after it. Threshold 0
// is off.
bool makes_leech(int lapses, int threshold);

// Minutes that `cards` will take (rule C11). `taken_ms` are the times of the last reviews, newest first; at most 200
// are looked at, and fewer than 10 say nothing.
int estimated_minutes(int cards, std::span<const int> taken_ms);

}  // namespace ignition::rules
