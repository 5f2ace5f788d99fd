// States, steps, intervals and fuzz of FSRS-6 (rules F11 to F16).
#include <algorithm>
#include <limits>

#include "ignition/error.hpp"
#include "ignition/rules/fsrs.hpp"
#include "rules/checks.hpp"
#include "rules/fsrs_place.hpp"
#include "rules/fsrs_step.hpp"

namespace ignition::rules::fsrs {

namespace {

std::size_t index_of(Rating rating) { return static_cast<std::size_t>(rating) - 1; }

// The part of x between two bounds.
double part(double x, double from, double to) { return std::max(std::min(x, to) - from, 0.0); }

std::uint64_t mixed(std::uint64_t z) {
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EB;
  return z ^ (z >> 31U);
}

void check_card(const Card& card, Instant at) {
  checks::within("card.state", static_cast<int>(card.state), 0, 3);
  checks::within("card.step", card.step, 0, std::numeric_limits<int>::max());
  checks::within("card.lapses", card.lapses, 0, std::numeric_limits<int>::max() - 1);
  checks::within("card.reps", card.reps, 0, std::numeric_limits<int>::max() - 1);
  if (card.state == State::new_) return;
  if (!card.stability) checks::refuse("card.stability", "missing", "A card that is not new has a stability.");
  if (!card.difficulty) checks::refuse("card.difficulty", "missing", "A card that is not new has a difficulty.");
  checks::within("card.stability", *card.stability, 0.0, kHighestStability);
  checks::within("card.difficulty", *card.difficulty, 0.0, 10.0);
  if (card.last_reviewed_at && at < *card.last_reviewed_at) {
    checks::refuse("at", "before_last_review", "A review cannot lie before the card's last review.");
  }
}

void check_instant(Instant at) { checks::within("at", at.us, kEarliestReview.us, kLatestReview.us); }

}  // namespace

std::optional<FuzzRange> fuzz_range(int interval, int elapsed_days, int maximum) {
  checks::within("maximum", maximum, 1, kLongestIntervalDays);
  checks::within("interval", interval, 1, maximum);
  checks::within("elapsed_days", elapsed_days, 0, std::numeric_limits<int>::max());
  const double i = interval;
  if (i < 2.5) return {};
  const double delta = 1.0 + 0.15 * part(i, 2.5, 7) + 0.10 * part(i, 7, 20) + 0.05 * part(i, 20, i);
  int lowest = std::max(2, static_cast<int>(math::round_of(i - delta)));
  const int highest = std::min(static_cast<int>(math::round_of(i + delta)), maximum);
  if (interval > elapsed_days) lowest = std::max(lowest, elapsed_days + 1);
  return FuzzRange{.lowest = std::min(lowest, highest), .highest = highest};
}

std::uint64_t fuzz_hash(const Uuid& card, std::uint64_t count) {
  constexpr std::uint64_t kPrime = 0x100000001b3;
  std::uint64_t h = 0xcbf29ce484222325;
  for (const std::uint8_t byte : card.bytes) h = (h ^ byte) * kPrime;
  for (unsigned i = 0; i < 64; i += 8) h = (h ^ (count >> i & 0xFFU)) * kPrime;
  return h;
}

double fuzz_factor(const Uuid& card, std::uint64_t count) {
  return static_cast<double>(mixed(fuzz_hash(card, count) + 0x9E3779B97F4A7C15) >> 11U) * 0x1p-53;
}

Scheduler::Steps::Steps(std::span<const int> minutes, const char* name) : count_(static_cast<int>(minutes.size())) {
  if (minutes.size() > static_cast<std::size_t>(kMostSteps)) {
    checks::refuse(name, "length", "There may be at most 10 steps.");
  }
  for (std::size_t i = 0; i < minutes.size(); ++i) {
    if (minutes[i] < 1 || kLongestStepMinutes < minutes[i]) {
      checks::refuse_at(name, i, std::int64_t{minutes[i]}, 1, kLongestStepMinutes);
    }
    minutes_[i] = minutes[i];
  }
}

Scheduler::Scheduler(const Settings& settings)
    : learning_(settings.learning_steps, "learning_steps"),
      relearning_(settings.relearning_steps, "relearning_steps"),
      model_(settings.parameters, static_cast<int>(settings.relearning_steps.size())),
      modifier_(model_.interval_modifier(settings.desired_retention)),
      maximum_(settings.maximum_interval_days),
      fuzz_(settings.fuzz),
      utc_(settings.calendar.zone == TimeZone()),
      calendar_(settings.calendar) {
  checks::within("maximum_interval_days", maximum_, 1, kLongestIntervalDays);
  checks::within("calendar.day_start_hour", calendar_.day_start_hour, 0, 23);
}

LocalDate Scheduler::study_day(Instant at) const {
  check_instant(at);
  if (!utc_) return calendar_.date_of(at);
  const std::int64_t us = at.us - calendar_.day_start_hour * 60 * kMicrosOfMinute;
  return {static_cast<std::int32_t>(us / kMicrosOfDay - (us % kMicrosOfDay < 0 ? 1 : 0))};
}

int Scheduler::interval(double stability) const {
  checks::within("stability", stability, 0.0, kHighestStability);
  return Intervals(*this, 0, {}, 0).plain(stability);
}

namespace {

// Hard, good and easy keep their order (rule F16).
int ordered_interval(const Intervals& intervals, Rating rating, const Passed& passed) {
  const int maximum = intervals.maximum();
  const int b = intervals.fuzzed(passed.good);
  const int a = std::min(intervals.fuzzed(passed.hard), b);
  if (rating == Rating::hard) return std::min(a, maximum);
  const int good = std::max(b, a + 1);
  if (rating == Rating::good) return std::min(good, maximum);
  return std::min(std::max(intervals.fuzzed(passed.easy), good + 1), maximum);
}

// The rows of rule F15 for cards inside steps.
Place place_in_steps(const Intervals& intervals, std::span<const int> steps, State inside, int step, Rating rating,
                     double stability) {
  const int n = static_cast<int>(steps.size());
  const auto minutes = [&](int i) { return steps[static_cast<std::size_t>(i)]; };
  if (n == 0 || rating == Rating::easy) return graduated(intervals.fuzzed(stability));
  if (rating == Rating::again) return {inside, 0, minutes(0)};
  const int at = std::min(step, n - 1);
  if (rating == Rating::hard) {
    return {inside, at, n == 1 ? (3 * minutes(0) + 1) / 2 : (minutes(0) + minutes(1) + 1) / 2};
  }
  if (at + 1 < n) return {inside, at + 1, minutes(at + 1)};
  return graduated(intervals.fuzzed(stability));
}

}  // namespace

int Intervals::fuzzed(double stability) const {
  const int interval = plain(stability);
  if (!scheduler_.fuzzes()) return interval;
  const auto range = fuzz_range(interval, elapsed_, maximum());
  if (!range) return interval;
  const double u = fuzz_factor(id_, count_);
  return static_cast<int>(u * (range->highest - range->lowest + 1) + range->lowest);
}

Place place(const Intervals& intervals, State before, int step, Rating rating, double stability, const Passed& passed) {
  const Scheduler& scheduler = intervals.scheduler();
  switch (before) {
    case State::new_:
      return place_in_steps(intervals, scheduler.learning_steps(), State::learning, 0, rating, stability);
    case State::learning:
      return place_in_steps(intervals, scheduler.learning_steps(), State::learning, step, rating, stability);
    case State::relearning:
      return place_in_steps(intervals, scheduler.relearning_steps(), State::relearning, step, rating, stability);
    case State::review:
      break;
  }
  if (rating != Rating::again) return graduated(ordered_interval(intervals, rating, passed));
  const auto steps = scheduler.relearning_steps();
  if (!steps.empty()) return {State::relearning, 0, steps[0]};
  return graduated(intervals.plain(stability));
}

namespace {

// One card at one moment: what each rating makes of it.
class Moment {
 public:
  Moment(const Scheduler& scheduler, const Card& card, Instant at, LocalDate day)
      : scheduler_(scheduler), before_(card), at_(at), day_(day) {
    check_instant(at);
    checks::within("day", std::int64_t{day.days}, kFirstStudyDay, kLastStudyDay);
    check_card(card, at);
    if (card.state == State::new_) return;
    s_ = math::most(*card.stability, kLowestStability);
    d_ = math::most(*card.difficulty, 1.0);
    if (card.last_study_day) elapsed_ = elapsed_between(*card.last_study_day, day);
  }

  Outcome after(Rating rating) const {
    Outcome out{.card = before_, .elapsed_days = elapsed_};
    Passed passed{};
    if (before_.state == State::new_) {
      const Memory& first = terms().first[index_of(rating)];
      out.card.stability = first.stability;
      out.card.difficulty = first.difficulty;
    } else {
      remember(out, passed, rating);
    }
    const Intervals intervals(scheduler_, elapsed_, before_.id, before_.reps);
    put(out.card, place(intervals, before_.state, before_.step, rating, *out.card.stability, passed), rating);
    return out;
  }

 private:
  const Terms& terms() const { return scheduler_.model().terms(); }

  void remember(Outcome& out, Passed& passed, Rating rating) const {
    const auto g = static_cast<double>(rating);
    const Step step = single_step(terms(), s_, d_, elapsed_, rating == Rating::again);
    out.retrievability = step.retrievability;
    out.card.stability = next_stability(terms(), step, g);
    out.card.difficulty = next_difficulty(terms(), d_, g);
    if (before_.state == State::review && rating != Rating::again) {
      passed = {math::r8(hard_of(terms(), step)), math::r8(good_of(terms(), step)), math::r8(easy_of(terms(), step))};
    }
  }

  void put(Card& card, const Place& place, Rating rating) const {
    card.state = place.state;
    card.step = place.step;
    card.scheduled_days = place.days();
    card.due_at = Instant{at_.us + place.wait_us()};
    card.due_day.reset();
    if (place.state == State::review) card.due_day = day_ + place.days();
    card.lapses += before_.state == State::review && rating == Rating::again ? 1 : 0;
    ++card.reps;
    card.last_reviewed_at = at_;
    card.last_study_day = day_;
  }

  const Scheduler& scheduler_;
  const Card& before_;
  Instant at_;
  LocalDate day_;
  int elapsed_ = 0;
  double s_ = 0;
  double d_ = 0;
};

}  // namespace

std::optional<double> Scheduler::retrievability(const Card& card, Instant at) const {
  if (card.state == State::new_) return {};
  check_card(card, at);
  const LocalDate day = study_day(at);
  return model_.retrievability(*card.stability, elapsed_between(card.last_study_day.value_or(day), day));
}

Outcome Scheduler::review(const Card& card, Rating rating, Instant at, LocalDate day) const {
  checks::within("rating", static_cast<int>(rating), 1, 4);
  return Moment(*this, card, at, day).after(rating);
}

std::array<Outcome, 4> Scheduler::preview(const Card& card, Instant at) const {
  const Moment moment(*this, card, at, study_day(at));
  return {moment.after(Rating::again), moment.after(Rating::hard), moment.after(Rating::good),
          moment.after(Rating::easy)};
}

}  // namespace ignition::rules::fsrs
