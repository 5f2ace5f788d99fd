#include "ignition/rules/review_queue.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>
#include <unordered_set>

#include "rules/checks.hpp"

namespace ignition::rules {

namespace {

bool is_inside_steps(const QueueCard& card) {
  return card.state == fsrs::State::learning || card.state == fsrs::State::relearning;
}

// The groups of siblings of which a card is shown already.
class Shown {
 public:
  bool has_sibling_of(const QueueCard& card) const {
    if (card.note_id) return notes_.contains(*card.note_id);
    return !card.concept_id.empty() && concepts_.contains(card.concept_id);
  }
  void insert(const QueueCard& card) {
    if (card.note_id) {
      notes_.insert(*card.note_id);
    } else if (!card.concept_id.empty()) {
      concepts_.insert(card.concept_id);
    }
  }

 private:
  std::unordered_set<Uuid> notes_;
  std::unordered_set<std::string_view> concepts_;
};

// Cards of the three pools, as indices in the order in which they are served.
class Pools {
 public:
  Pools(std::span<const QueueCard> cards, const QueueSettings& settings, const QueueDay& day, const fsrs::Model& model)
      : cards_(cards) {
    const Instant ahead = day.now + std::chrono::minutes(settings.learn_ahead_minutes);
    for (std::size_t i = 0; i < cards.size(); ++i) {
      const auto pool = pool_of(cards[i], day.today);
      if (!pool) continue;
      if (*pool == ReviewPool::review) review.push_back(i);
      if (*pool == ReviewPool::new_) fresh.push_back(i);
      if (*pool == ReviewPool::learning) place_learning(i, day.now, ahead);
    }
    const auto by_due = [&](std::size_t i) { return std::tuple(*cards_[i].due_at, cards_[i].id); };
    std::ranges::sort(learning, {}, by_due);
    std::ranges::sort(learning_ahead, {}, by_due);
    sort_reviews(settings.review_order, day.today, model);
    std::ranges::sort(fresh, {}, [&](std::size_t i) {
      const QueueCard& c = cards_[i];
      return std::tuple(c.sort_order, c.ordinal, c.created_at, c.id);
    });
  }

  std::vector<std::size_t> learning, learning_ahead, review, fresh;
  std::optional<Instant> next_learning_due_at;

 private:
  void place_learning(std::size_t i, Instant now, Instant ahead) {
    const Instant due = *cards_[i].due_at;
    if (due <= now) {
      learning.push_back(i);
      return;
    }
    if (!next_learning_due_at || due < *next_learning_due_at) next_learning_due_at = due;
    if (due <= ahead) learning_ahead.push_back(i);
  }

  void sort_reviews(ReviewOrder order, LocalDate today, const fsrs::Model& model) {
    struct Key {
      std::int64_t day;
      double number;
      Uuid id;
      std::size_t card;
      auto operator<=>(const Key&) const = default;
    };
    std::vector<Key> keys;
    keys.reserve(review.size());
    for (const std::size_t i : review) {
      const QueueCard& c = cards_[i];
      if (order == ReviewOrder::due_day) {
        keys.push_back({c.due_day->days, fsrs::fuzz_factor(c.id, static_cast<std::uint64_t>(today.days)), c.id, i});
      } else {
        const int elapsed = std::max(0, today - c.last_study_day.value_or(today));
        keys.push_back({0, model.retrievability(c.stability.value_or(fsrs::kLowestStability), elapsed), c.id, i});
      }
    }
    std::ranges::sort(keys, [](const Key& a, const Key& b) { return (a <=> b) < 0; });
    std::ranges::transform(keys, review.begin(), &Key::card);
  }

  std::span<const QueueCard> cards_;
};

// The first of `pool` that the day's limits and the siblings shown so far admit.
class Admission {
 public:
  explicit Admission(std::span<const QueueCard> cards) : cards_(cards) {}

  void show(std::size_t card) { shown_.insert(cards_[card]); }

  // `admits` decides last, so it may count.
  std::vector<std::size_t> first_of(const std::vector<std::size_t>& pool, int most, bool one_of_siblings,
                                    const std::function<bool(const QueueCard&)>& admits) {
    std::vector<std::size_t> served;
    for (const std::size_t i : pool) {
      if (static_cast<int>(served.size()) >= most) break;
      if (one_of_siblings && shown_.has_sibling_of(cards_[i])) continue;
      if (!admits(cards_[i])) continue;
      show(i);
      served.push_back(i);
    }
    return served;
  }

 private:
  std::span<const QueueCard> cards_;
  Shown shown_;
};

// New cards that each deck with a limit of its own still allows.
std::map<Uuid, int> left_by_deck(std::span<const DeckLimit> decks) {
  std::map<Uuid, int> left;
  for (const DeckLimit& deck : decks) left[deck.deck_id] = std::max(0, deck.new_cards_per_day - deck.introduced_today);
  return left;
}

// Review j of m stands at (j + 1) / (m + 1), new card i of n at (i + 1) / (n + 1); a review before a new card.
void append_mixed(std::vector<QueuePlace>& out, const std::vector<std::size_t>& reviews,
                  const std::vector<std::size_t>& fresh) {
  const std::size_t m = reviews.size();
  const std::size_t n = fresh.size();
  std::size_t j = 0;
  std::size_t i = 0;
  while (j < m || i < n) {
    const bool review_first = i == n || (j < m && (j + 1) * (n + 1) <= (i + 1) * (m + 1));
    if (review_first) {
      out.push_back({reviews[j++], ReviewPool::review});
    } else {
      out.push_back({fresh[i++], ReviewPool::new_});
    }
  }
}

void append(std::vector<QueuePlace>& out, const std::vector<std::size_t>& cards, ReviewPool pool) {
  for (const std::size_t i : cards) out.push_back({i, pool});
}

}  // namespace

bool are_siblings(const QueueCard& a, const QueueCard& b) {
  if (a.note_id || b.note_id) return a.note_id == b.note_id;
  return !a.concept_id.empty() && a.concept_id == b.concept_id;
}

std::optional<ReviewPool> pool_of(const QueueCard& card, LocalDate today) {
  if (is_inside_steps(card)) return card.due_at ? std::optional(ReviewPool::learning) : std::nullopt;
  if (card.buried_on == today) return {};
  if (card.state == fsrs::State::new_) return ReviewPool::new_;
  return card.due_day && *card.due_day <= today ? std::optional(ReviewPool::review) : std::nullopt;
}

int reviews_left(const QueueSettings& settings, const QueueDay& day) {
  return std::max(0, settings.reviews_per_day - day.reviews_done);
}

int new_cards_left(const QueueSettings& settings, const QueueDay& day, int reviews_served) {
  const int left = std::max(0, settings.new_cards_per_day - day.introduced_today);
  if (settings.new_ignores_review_limit) return left;
  return std::min(left, std::max(0, reviews_left(settings, day) - reviews_served));
}

ReviewQueue review_queue(std::span<const QueueCard> cards, const QueueSettings& settings, const QueueDay& day,
                         const fsrs::Model& model, std::size_t limit) {
  const Pools pools(cards, settings, day, model);
  Admission admission(cards);
  for (const std::size_t i : pools.learning) admission.show(i);
  const auto reviews = admission.first_of(pools.review, reviews_left(settings, day), settings.bury_review_siblings,
                                          [](const QueueCard&) { return true; });
  auto deck_left = left_by_deck(day.decks);
  const auto fresh = admission.first_of(pools.fresh, new_cards_left(settings, day, static_cast<int>(reviews.size())),
                                        settings.bury_new_siblings, [&](const QueueCard& card) {
                                          const auto deck =
                                              card.deck_id ? deck_left.find(*card.deck_id) : deck_left.end();
                                          return deck == deck_left.end() || deck->second-- > 0;
                                        });

  ReviewQueue queue;
  queue.counts = {.learning = static_cast<int>(pools.learning.size()),
                  .review = static_cast<int>(reviews.size()),
                  .new_ = static_cast<int>(fresh.size())};
  queue.next_learning_due_at = pools.next_learning_due_at;
  append(queue.cards, pools.learning, ReviewPool::learning);
  if (settings.new_review_order == NewReviewOrder::mix) {
    append_mixed(queue.cards, reviews, fresh);
  } else {
    const bool new_first = settings.new_review_order == NewReviewOrder::new_first;
    if (new_first) append(queue.cards, fresh, ReviewPool::new_);
    append(queue.cards, reviews, ReviewPool::review);
    if (!new_first) append(queue.cards, fresh, ReviewPool::new_);
  }
  if (queue.cards.empty()) append(queue.cards, pools.learning_ahead, ReviewPool::learning);
  if (queue.cards.size() > limit) queue.cards.resize(limit);
  return queue;
}

int waiting_reviews(int learning_due, int reviews_due, const QueueSettings& settings, const QueueDay& day) {
  return learning_due + std::min(reviews_due, reviews_left(settings, day));
}

bool makes_leech(int lapses, int threshold) {
  return threshold > 0 && lapses >= threshold && (lapses - threshold) % ((threshold + 1) / 2) == 0;
}

int estimated_minutes(int cards, std::span<const int> taken_ms) {
  constexpr std::size_t kMostReviews = 200;
  constexpr std::size_t kFewestReviews = 10;
  constexpr std::int64_t kUnknown = 30'000;
  std::int64_t twice_each = 2 * kUnknown;  // twice, as the median may lie between two whole numbers
  if (taken_ms.size() >= kFewestReviews) {
    const auto latest = taken_ms.first(std::min(taken_ms.size(), kMostReviews));
    std::vector<std::int64_t> times;
    times.reserve(latest.size());
    for (const int ms : latest) times.push_back(std::clamp(ms, 0, 60'000));
    std::ranges::sort(times);
    twice_each = times[(times.size() - 1) / 2] + times[times.size() / 2];
  }
  return static_cast<int>((cards * twice_each + 119'999) / 120'000);
}

}  // namespace ignition::rules
