#include "ignition/rules/fsrs_batch.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "ignition/error.hpp"
#include "rules/arrays.hpp"
#include "rules/fsrs_batch_lanes.hpp"
#include "rules/fsrs_place.hpp"
#include "rules/fsrs_step.hpp"

namespace ignition::rules::fsrs {

namespace {

// Cards that one thread takes at a time; a multiple of kBatchLanes.
constexpr std::size_t kGrain = 64 * kBatchLanes;
constexpr double kNotANumber = std::numeric_limits<double>::quiet_NaN();
constexpr auto kMostDays = std::int64_t{std::numeric_limits<std::int32_t>::max()};

// Calls `block(begin, size)` for blocks of at most kBatchLanes of 0..count.
template <class Block>
void in_blocks(std::size_t count, int threads, const Block& block) {
  in_parts(count, kGrain, threads, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; i += kBatchLanes) block(i, std::min(kBatchLanes, end - i));
  });
}

void check_one_or(std::string_view name, std::size_t size, std::size_t count) {
  if (size != 1) arrays::sized(name, size, count);
}

void check_stability(std::span<const double> stability) {
  arrays::within("stability", stability, 0.0, kHighestStability);
}
void check_difficulty(std::span<const double> difficulty) { arrays::within("difficulty", difficulty, 0.0, 10.0); }
void check_elapsed(std::span<const std::int32_t> days) {
  arrays::within("elapsed_days", days, std::int64_t{0}, kMostDays);
}
void check_ratings(std::span<const std::uint8_t> ratings) {
  arrays::within("ratings", ratings, std::int64_t{1}, std::int64_t{4});
}

void check_cards(const CardArrays& cards, std::size_t count, bool fuzzes) {
  arrays::sized("step", cards.step.size(), count);
  arrays::sized("stability", cards.stability.size(), count);
  arrays::sized("difficulty", cards.difficulty.size(), count);
  arrays::sized("last_reviewed_at", cards.last_reviewed_at.size(), count);
  arrays::sized("last_study_day", cards.last_study_day.size(), count);
  arrays::sized("lapses", cards.lapses.size(), count);
  arrays::sized("reps", cards.reps.size(), count);
  if (fuzzes || !cards.ids.empty()) arrays::sized("ids", cards.ids.size(), 16 * count);
  arrays::within("state", cards.state, std::int64_t{0}, std::int64_t{3});
  arrays::within("lapses", cards.lapses, std::int64_t{0}, kMostDays - 1);
  arrays::within("reps", cards.reps, std::int64_t{0}, kMostDays - 1);
}

void check_outcome(const OutcomeArrays& out, std::size_t count) {
  arrays::optional_output("out.state", out.state, count);
  arrays::optional_output("out.step", out.step, count);
  arrays::optional_output("out.stability", out.stability, count);
  arrays::optional_output("out.difficulty", out.difficulty, count);
  arrays::optional_output("out.due_at", out.due_at, count);
  arrays::optional_output("out.due_day", out.due_day, count);
  arrays::optional_output("out.scheduled_days", out.scheduled_days, count);
  arrays::optional_output("out.lapses", out.lapses, count);
  arrays::optional_output("out.reps", out.reps, count);
  arrays::optional_output("out.study_day", out.study_day, count);
  arrays::optional_output("out.elapsed_days", out.elapsed_days, count);
  arrays::optional_output("out.retrievability", out.retrievability, count);
}

// What only cards that are not new need.
void check_known(const CardArrays& cards, const AnswerArrays& answers) {
  for (std::size_t i = 0; i < cards.state.size(); ++i) {
    if (cards.state[i] == 0) continue;
    const double s = cards.stability[i];
    const double d = cards.difficulty[i];
    if (!(0.0 <= s && s <= kHighestStability)) checks::refuse_at("stability", i, s, 0.0, kHighestStability);
    if (!(0.0 <= d && d <= 10.0)) checks::refuse_at("difficulty", i, d, 0.0, 10.0);
    if (cards.step[i] < 0) checks::refuse_at("step", i, std::int64_t{cards.step[i]}, 0, kMostDays);
    if (arrays::one_of(answers.at, i) < cards.last_reviewed_at[i]) {
      checks::refuse_at("at", answers.at.size() == 1 ? 0 : i, "before_last_review",
                        "A review cannot lie before the card's last review.");
    }
  }
}

// Study days of answers; those that follow each other often lie on one day, whose ends are kept.
class StudyDays {
 public:
  StudyDays(const Scheduler& scheduler, const AnswerArrays& answers)
      : scheduler_(scheduler), answers_(answers), utc_(scheduler.calendar().zone == TimeZone()) {}

  LocalDate operator[](std::size_t i) {
    if (!answers_.day.empty()) return {arrays::one_of(answers_.day, i)};
    const Instant at{arrays::one_of(answers_.at, i)};
    if (begin_ <= at && at < end_) return day_;
    day_ = scheduler_.study_day(at);
    if (utc_) return day_;  // a division, cheaper than to look up the ends
    begin_ = scheduler_.calendar().start(day_);
    end_ = scheduler_.calendar().start(day_ + 1);
    return day_;
  }

 private:
  const Scheduler& scheduler_;
  const AnswerArrays& answers_;
  bool utc_;
  LocalDate day_{};
  Instant begin_{0};
  Instant end_{0};
};

class BatchReview {
 public:
  BatchReview(const Scheduler& scheduler, const CardArrays& cards, const AnswerArrays& answers,
              const OutcomeArrays& out)
      : scheduler_(scheduler), cards_(cards), answers_(answers), out_(out) {}

  void operator()(std::size_t begin, std::size_t size) const {
    ReviewLanes lanes;
    clear(lanes);
    std::array<LocalDate, kBatchLanes> days;
    StudyDays study_days(scheduler_, answers_);
    for (std::size_t lane = 0; lane < size; ++lane) {
      days[lane] = study_days[begin + lane];
      load(lanes, begin + lane, lane, days[lane]);
    }
    advance_with_buttons(scheduler_.model().terms(), lanes);
    for (std::size_t lane = 0; lane < size; ++lane) store(lanes, begin + lane, lane, days[lane]);
  }

 private:
  void load(ReviewLanes& lanes, std::size_t i, std::size_t lane, LocalDate day) const {
    lanes.g[lane] = answers_.ratings[i];
    if (cards_.state[i] == 0) return;
    lanes.s[lane] = math::most(cards_.stability[i], kLowestStability);
    lanes.d[lane] = math::most(cards_.difficulty[i], 1.0);
    const std::int32_t last = cards_.last_study_day[i];
    lanes.t[lane] = last == kNoDay ? 0 : elapsed_between({last}, day);
  }

  void store(const ReviewLanes& lanes, std::size_t i, std::size_t lane, LocalDate day) const {
    const auto state = static_cast<State>(cards_.state[i]);
    const auto rating = static_cast<Rating>(answers_.ratings[i]);
    const bool fresh = state == State::new_;
    const Memory& first = scheduler_.model().terms().first[answers_.ratings[i] - 1U];
    const double s = fresh ? first.stability : lanes.next_s[lane];
    const double d = fresh ? first.difficulty : lanes.next_d[lane];
    const auto elapsed = static_cast<std::int32_t>(lanes.t[lane]);
    Uuid id;
    if (!cards_.ids.empty())
      std::copy_n(cards_.ids.begin() + static_cast<std::ptrdiff_t>(16 * i), 16, id.bytes.begin());
    const std::int32_t reps = cards_.reps[i];
    const std::int32_t lapses = cards_.lapses[i];
    const Place to = place(Intervals(scheduler_, elapsed, id, reps), state, cards_.step[i], rating, s,
                           {lanes.hard[lane], lanes.good[lane], lanes.easy[lane]});
    arrays::put(out_.state, i, static_cast<std::uint8_t>(to.state));
    arrays::put(out_.step, i, to.step);
    arrays::put(out_.stability, i, s);
    arrays::put(out_.difficulty, i, d);
    arrays::put(out_.due_at, i, arrays::one_of(answers_.at, i) + to.wait_us());
    arrays::put(out_.due_day, i, to.state == State::review ? (day + to.days()).days : kNoDay);
    arrays::put(out_.scheduled_days, i, to.days());
    arrays::put(out_.lapses, i, lapses + (state == State::review && rating == Rating::again ? 1 : 0));
    arrays::put(out_.reps, i, reps + 1);
    arrays::put(out_.study_day, i, day.days);
    arrays::put(out_.elapsed_days, i, elapsed);
    arrays::put(out_.retrievability, i, fresh ? kNotANumber : lanes.recall[lane]);
  }

  const Scheduler& scheduler_;
  const CardArrays& cards_;
  const AnswerArrays& answers_;
  const OutcomeArrays& out_;
};

// Cards of about the same number of reviews side by side, review after review.
class Replay {
 public:
  Replay(const Model& model, const Histories& histories, const ReplayArrays& out)
      : terms_(model.terms()), h_(histories), out_(out), order_(histories.cards()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::ranges::stable_sort(order_, {}, [&](std::size_t card) { return length_of(card); });
  }

  void operator()(std::size_t begin, std::size_t size) const {
    const auto cards = std::span(order_).subspan(begin, size);
    ReviewLanes lanes;
    clear(lanes);
    for (std::size_t lane = 0; lane < size; ++lane) start(lanes, cards[lane], lane);
    for (std::size_t k = 1; k < length_of(cards.back()); ++k) {
      for (std::size_t lane = 0; lane < size; ++lane) {
        const bool more = k < length_of(cards[lane]);
        lanes.t[lane] = more ? h_.elapsed_days[begin_of(cards[lane]) + k] : 0;
        lanes.g[lane] = more ? h_.ratings[begin_of(cards[lane]) + k] : 0;
      }
      advance(terms_, lanes);
      for (std::size_t lane = 0; lane < size; ++lane) {
        if (k < length_of(cards[lane])) {
          put_review(begin_of(cards[lane]) + k, lanes.next_s[lane], lanes.next_d[lane], lanes.recall[lane]);
        }
      }
      lanes.s = lanes.next_s;
      lanes.d = lanes.next_d;
    }
    for (std::size_t lane = 0; lane < size; ++lane) {
      const bool any = length_of(cards[lane]) > 0;
      arrays::put(out_.stability, cards[lane], any ? lanes.s[lane] : kNotANumber);
      arrays::put(out_.difficulty, cards[lane], any ? lanes.d[lane] : kNotANumber);
    }
  }

 private:
  std::size_t begin_of(std::size_t card) const { return static_cast<std::size_t>(h_.offsets[card]); }
  std::size_t length_of(std::size_t card) const {
    return static_cast<std::size_t>(h_.offsets[card + 1] - h_.offsets[card]);
  }

  void start(ReviewLanes& lanes, std::size_t card, std::size_t lane) const {
    if (length_of(card) == 0) return;
    const Memory& first = terms_.first[h_.ratings[begin_of(card)] - 1U];
    lanes.s[lane] = first.stability;
    lanes.d[lane] = first.difficulty;
    put_review(begin_of(card), first.stability, first.difficulty, kNotANumber);
  }

  void put_review(std::size_t i, double s, double d, double recall) const {
    arrays::put(out_.review_stability, i, s);
    arrays::put(out_.review_difficulty, i, d);
    arrays::put(out_.review_retrievability, i, recall);
  }

  const Terms& terms_;
  const Histories& h_;
  const ReplayArrays& out_;
  std::vector<std::size_t> order_;
};

// Recall of blocks of cards; `days(i)` are those since card i's review.
template <class Days>
void recall_blocks(const Model& model, std::span<const double> stability, std::span<double> out, int threads,
                   const Days& days) {
  in_blocks(stability.size(), threads, [&](std::size_t begin, std::size_t size) {
    ReviewLanes lanes;
    clear(lanes);
    for (std::size_t lane = 0; lane < size; ++lane) {
      lanes.s[lane] = math::most(stability[begin + lane], kLowestStability);
      lanes.t[lane] = days(begin + lane);
    }
    recall_of(model.terms(), lanes);
    std::copy_n(lanes.recall.begin(), size, out.begin() + static_cast<std::ptrdiff_t>(begin));
  });
}

}  // namespace

void review(const Scheduler& scheduler, const CardArrays& cards, const AnswerArrays& answers, const OutcomeArrays& out,
            int threads) {
  const std::size_t count = cards.state.size();
  arrays::checked_threads(threads);
  check_cards(cards, count, scheduler.fuzzes());
  arrays::sized("ratings", answers.ratings.size(), count);
  check_one_or("at", answers.at.size(), count);
  if (!answers.day.empty()) arrays::sized("day", answers.day.size(), answers.at.size());
  check_outcome(out, count);
  check_ratings(answers.ratings);
  arrays::within("at", answers.at, kEarliestReview.us, kLatestReview.us);
  arrays::within("day", answers.day, kFirstStudyDay, kLastStudyDay);
  check_known(cards, answers);
  in_blocks(count, threads, BatchReview(scheduler, cards, answers, out));
}

void next(const Model& model, std::span<const double> stability, std::span<const double> difficulty,
          std::span<const std::int32_t> elapsed_days, std::span<const std::uint8_t> ratings,
          std::span<double> out_stability, std::span<double> out_difficulty, int threads) {
  const std::size_t count = stability.size();
  arrays::checked_threads(threads);
  arrays::sized("difficulty", difficulty.size(), count);
  check_one_or("elapsed_days", elapsed_days.size(), count);
  arrays::sized("ratings", ratings.size(), count);
  arrays::optional_output("out_stability", out_stability, count);
  arrays::optional_output("out_difficulty", out_difficulty, count);
  check_stability(stability);
  check_difficulty(difficulty);
  check_elapsed(elapsed_days);
  check_ratings(ratings);
  in_blocks(count, threads, [&](std::size_t begin, std::size_t size) {
    ReviewLanes lanes;
    clear(lanes);
    for (std::size_t lane = 0; lane < size; ++lane) {
      lanes.s[lane] = math::most(stability[begin + lane], kLowestStability);
      lanes.d[lane] = math::most(difficulty[begin + lane], 1.0);
      lanes.t[lane] = arrays::one_of(elapsed_days, begin + lane);
      lanes.g[lane] = ratings[begin + lane];
    }
    advance(model.terms(), lanes);
    const auto place = static_cast<std::ptrdiff_t>(begin);
    if (!out_stability.empty()) std::copy_n(lanes.next_s.begin(), size, out_stability.begin() + place);
    if (!out_difficulty.empty()) std::copy_n(lanes.next_d.begin(), size, out_difficulty.begin() + place);
  });
}

void replay(const Model& model, const Histories& histories, const ReplayArrays& out, int threads) {
  arrays::checked_threads(threads);
  check(histories, false);
  arrays::optional_output("out.stability", out.stability, histories.cards());
  arrays::optional_output("out.difficulty", out.difficulty, histories.cards());
  arrays::optional_output("out.review_stability", out.review_stability, histories.reviews());
  arrays::optional_output("out.review_difficulty", out.review_difficulty, histories.reviews());
  arrays::optional_output("out.review_retrievability", out.review_retrievability, histories.reviews());
  in_blocks(histories.cards(), threads, Replay(model, histories, out));
}

void retrievability(const Model& model, std::span<const double> stability, std::span<const std::int32_t> elapsed_days,
                    std::span<double> out, int threads) {
  arrays::checked_threads(threads);
  check_one_or("elapsed_days", elapsed_days.size(), stability.size());
  arrays::sized("out", out.size(), stability.size());
  check_stability(stability);
  check_elapsed(elapsed_days);
  recall_blocks(model, stability, out, threads, [&](std::size_t i) { return arrays::one_of(elapsed_days, i); });
}

void retrievability_on(const Model& model, std::span<const double> stability,
                       std::span<const std::int32_t> last_study_day, LocalDate today, std::span<double> out,
                       int threads) {
  arrays::checked_threads(threads);
  arrays::sized("last_study_day", last_study_day.size(), stability.size());
  arrays::sized("out", out.size(), stability.size());
  check_stability(stability);
  recall_blocks(model, stability, out, threads,
                [&](std::size_t i) { return elapsed_between({last_study_day[i]}, today); });
}

void intervals(const Scheduler& scheduler, std::span<const double> stability, std::span<std::int32_t> out,
               int threads) {
  arrays::checked_threads(threads);
  arrays::sized("out", out.size(), stability.size());
  check_stability(stability);
  const Uuid none;
  const Intervals each(scheduler, 0, none, 0);
  in_parts(stability.size(), kGrain, threads, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) out[i] = each.plain(stability[i]);
  });
}

}  // namespace ignition::rules::fsrs

namespace ignition::rules::sm2 {

void review(std::span<double> interval_days, std::span<double> ease_factor, std::span<std::int32_t> lapses,
            std::span<const std::uint8_t> ratings, std::span<std::int32_t> out_due_in_days, int threads) {
  const std::size_t count = interval_days.size();
  arrays::checked_threads(threads);
  arrays::sized("ease_factor", ease_factor.size(), count);
  arrays::sized("lapses", lapses.size(), count);
  arrays::sized("ratings", ratings.size(), count);
  arrays::optional_output("out_due_in_days", out_due_in_days, count);
  arrays::within("interval_days", std::span<const double>(interval_days), 0.0, kLongestIntervalDays);
  arrays::within("ease_factor", std::span<const double>(ease_factor), kLowestEase, std::numeric_limits<double>::max());
  arrays::within("lapses", std::span<const std::int32_t>(lapses), std::int64_t{0},
                 std::int64_t{std::numeric_limits<std::int32_t>::max() - 1});
  arrays::within("ratings", ratings, std::int64_t{1}, std::int64_t{4});
  in_parts(count, 4096, threads, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const Card card = review({interval_days[i], ease_factor[i], lapses[i]}, static_cast<fsrs::Rating>(ratings[i]));
      interval_days[i] = card.interval_days;
      ease_factor[i] = card.ease_factor;
      lapses[i] = card.lapses;
      arrays::put(out_due_in_days, i, due_in_days(card.interval_days));
    }
  });
}

}  // namespace ignition::rules::sm2
