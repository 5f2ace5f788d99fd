#include "ignition/rules/streaks.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

namespace ignition::rules {

namespace {

constexpr std::array<Cadence, 1> kDaily{};

// A list in order; copies only what is not.
class Dates {
 public:
  explicit Dates(std::span<const LocalDate> dates) : dates_(dates) {
    if (std::ranges::adjacent_find(dates, std::ranges::greater_equal{}) == dates.end()) return;
    copy_.assign(dates.begin(), dates.end());
    std::ranges::sort(copy_);
    copy_.erase(std::unique(copy_.begin(), copy_.end()), copy_.end());
    dates_ = copy_;
  }
  Dates(const Dates&) = delete;
  Dates& operator=(const Dates&) = delete;

  bool empty() const { return dates_.empty(); }
  LocalDate front() const { return dates_.front(); }
  LocalDate back() const { return dates_.back(); }
  // The first date not before `d`. Dates asked for one after another cost no search.
  std::optional<LocalDate> next(LocalDate d) {
    if (at_ > 0 && dates_[at_ - 1] >= d) {
      at_ = static_cast<std::size_t>(std::ranges::lower_bound(dates_, d) - dates_.begin());
    }
    while (at_ < dates_.size() && dates_[at_] < d) ++at_;
    if (at_ == dates_.size()) return {};
    return dates_[at_];
  }
  bool contains(LocalDate d) { return next(d) == d; }
  // How many of the dates d, d + 1, ... up to `last` follow each other without a gap.
  int unbroken(LocalDate d, LocalDate last) {
    if (!contains(d) || last < d) return 0;
    const auto following = dates_.subspan(at_, std::min(dates_.size() - at_, static_cast<std::size_t>(last - d) + 1));
    // Dates ascend by at least one, so none after a gap is as early as its place from `d`.
    const auto gap = std::ranges::partition_point(
        following, [&](const LocalDate& date) { return date - d == static_cast<int>(&date - following.data()); });
    return static_cast<int>(gap - following.begin());
  }
  // Number of dates in [first, end).
  int count(LocalDate first, LocalDate end) {
    static_cast<void>(next(first));
    std::size_t i = at_;
    while (i < dates_.size() && dates_[i] < end) ++i;
    return static_cast<int>(i - at_);
  }

 private:
  std::span<const LocalDate> dates_;
  std::vector<LocalDate> copy_;
  std::size_t at_ = 0;
};

class Ranges {
 public:
  explicit Ranges(std::span<const DateRange> ranges) : ranges_(ranges) {
    if (std::ranges::is_sorted(ranges, {}, &DateRange::first)) return;
    copy_.assign(ranges.begin(), ranges.end());
    std::ranges::sort(copy_, {}, &DateRange::first);
    ranges_ = copy_;
  }
  Ranges(const Ranges&) = delete;
  Ranges& operator=(const Ranges&) = delete;

  bool empty() const { return ranges_.empty(); }
  bool contains(LocalDate d) {
    if (d < last_asked_) at_ = 0;
    last_asked_ = d;
    while (at_ < ranges_.size() && ranges_[at_].last < d) ++at_;
    return at_ < ranges_.size() && ranges_[at_].first <= d;
  }

 private:
  std::span<const DateRange> ranges_;
  std::vector<DateRange> copy_;
  std::size_t at_ = 0;
  LocalDate last_asked_{std::numeric_limits<std::int32_t>::min()};
};

// Held shields, oldest purchase first.
class Shields {
 public:
  explicit Shields(std::span<const LocalDate> bought) : bought_(bought), order_(bought.size()) {
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    std::ranges::stable_sort(order_, {}, [&](std::size_t i) { return bought[i]; });
  }
  // Indices of the `count` oldest shields when so many were bought on or before `date`; else nothing.
  std::span<const std::size_t> take(int count, LocalDate date) {
    const auto wanted = static_cast<std::size_t>(count);
    if (order_.size() - used_ < wanted || bought_[order_[used_ + wanted - 1]] > date) return {};
    used_ += wanted;
    return std::span(order_).subspan(used_ - wanted, wanted);
  }
  int left() const { return static_cast<int>(order_.size() - used_); }

 private:
  std::span<const LocalDate> bought_;
  std::vector<std::size_t> order_;
  std::size_t used_ = 0;
};

class Walker {
 public:
  explicit Walker(const StreakInput& input)
      : input_(input),
        cadences_(input.cadences.empty() ? std::span<const Cadence>(kDaily) : input.cadences),
        done_(input.done),
        neutral_(input.neutral),
        paused_(input.paused),
        shields_(input.shields) {}

  Streak result() {
    Streak out;
    if (input_.from) {
      state_ = *input_.from;
    } else if (!done_.empty()) {
      state_.next = done_.front();
    }
    if (!done_.empty()) state_.last_done = std::max(state_.last_done.value_or(done_.back()), done_.back());
    evaluation_ = std::max(input_.today, state_.last_done.value_or(input_.today));
    if (state_.last_done) {
      enter_segment();
      // A date is settled when the one after it is over too: that one could still show it to be bridged.
      advance(evaluation_ - 2);
      out.settled = state_;
      advance(evaluation_);
      end_run();
    }
    out.current = state_.run;
    out.longest = state_.longest;
    out.breaks = state_.breaks;
    out.last_broken_on = state_.last_broken_on;
    out.run_start = state_.run_start;
    out.last_done = state_.last_done;
    out.unit = cadence_on(cadences_, evaluation_).unit();
    out.status = status();
    out.evaluated_on = evaluation_;
    out.spent = std::move(spent_);
    out.shields_left = shields_.left();
    out.window_peak = peak_;
    out.runs = std::move(runs_);
    return out;
  }

 private:
  const Cadence& segment() const { return cadences_[segment_]; }
  LocalDate segment_end() const {
    return segment_ + 1 < cadences_.size() ? cadences_[segment_ + 1].from - 1 : kOpenEnd;
  }

  // The segment of the last date judged so far, or of the first date to judge.
  void enter_segment() {
    const LocalDate at = input_.from ? state_.next - 1 : state_.next;
    segment_ = static_cast<std::size_t>(&cadence_on(cadences_, at) - cadences_.data());
  }

  void next_segment() {
    const StreakUnit before = segment().unit();
    state_.next = segment_end() + 1;
    ++segment_;
    if (segment().unit() == before) return;
    end_run();
    state_.run = 0;
    state_.longest = 0;
    state_.run_start.reset();
  }

  // Judges the periods that end on or before `limit`; with the evaluation date as limit, also the one that holds it.
  void advance(LocalDate limit) {
    while (true) {
      const LocalDate end = segment_end();
      if (segment().frequency == Frequency::weekly) {
        weeks(std::min(limit, end), end);
      } else {
        days(std::min(limit, end));
      }
      if (end >= limit) return;
      next_segment();
    }
  }

  void days(LocalDate last) {
    const Cadence& cadence = segment();
    LocalDate& d = state_.next;
    for (; d <= last; d = d + 1) {
      if (state_.run == 0) {  // nothing counts before the next done day
        const auto done = done_.next(d);
        d = done ? std::min(*done, last + 1) : last + 1;
        if (d > last) return;
      }
      if (cadence.frequency == Frequency::daily && !input_.window) {
        if (const int counted = done_.unbroken(d, last); counted > 0) {
          count(d, counted);
          d = d + (counted - 1);
          continue;
        }
      }
      look_at_window(d);
      if (cadence.due_on(d)) judge_day(d);
      look_at_window(d);
    }
  }

  void judge_day(LocalDate d) {
    if (done_.contains(d)) {
      count(d, 1);
    } else if (d != evaluation_ && state_.run > 0 && !is_neutral(d) && !spend(1, d)) {
      lose(d);
    }
  }

  void weeks(LocalDate last, LocalDate segment_last) {
    LocalDate w = week_start_of(state_.next, input_.week_start);
    while (w + 6 <= segment_last && (w + 6 <= last || (last == evaluation_ && w <= last))) {
      if (state_.run == 0) {
        const auto done = done_.next(w);
        if (!done || *done > last) break;
        w = week_start_of(*done, input_.week_start);
        if (w + 6 > segment_last || (w + 6 > last && last != evaluation_)) break;
      }
      look_at_week(w);
      judge_week(w);
      look_at_week(w);
      w = w + 7;
    }
    state_.next = std::max(state_.next, std::min(w, segment_last + 1));
  }

  struct Week {
    int done = 0;
    int needed = 0;
  };
  Week week(LocalDate w) {
    Week out{.done = done_.count(w, w + 7)};
    int neutral = 0;
    for (LocalDate d = w; d < w + 7 && !(neutral_.empty() && paused_.empty()); d = d + 1) {
      if (!done_.contains(d) && is_neutral(d)) ++neutral;
    }
    out.needed = needed_in_week(segment().per_week, neutral);
    return out;
  }

  void judge_week(LocalDate w) {
    const Week at = week(w);
    const bool running = evaluation_ <= w + 6;
    if (at.needed > 0 && at.done >= at.needed) {
      count(w, 1);
    } else if (!running && at.needed > 0 && state_.run > 0 && !spend(at.needed - at.done, w + 6)) {
      lose(w + 6);
    }
  }

  // `periods` done days in a row from `first` on, or one week.
  void count(LocalDate first, int periods) {
    if (state_.run == 0) state_.run_start = first;
    run_end_ = first + (periods - 1);
    state_.run += periods;
    state_.longest = std::max(state_.longest, state_.run);
  }

  void lose(LocalDate date) {
    end_run();
    ++state_.breaks;
    state_.last_broken_on = date;
    state_.run = 0;
    state_.run_start.reset();
  }

  void end_run() {
    if (!input_.want_runs || state_.run == 0 || !state_.run_start) return;
    runs_.push_back({*state_.run_start, run_end_, state_.run});
  }

  bool spend(int count, LocalDate date) {
    const auto taken = shields_.take(count, date);
    for (std::size_t i = 0; i < taken.size(); ++i) spent_.push_back({date - static_cast<int>(i), taken[i]});
    return !taken.empty();
  }

  bool is_neutral(LocalDate d) { return neutral_.contains(d) || paused_.contains(d); }

  // A date has two values: the one it begins with, which a missed date keeps until it is over, and the one it ends
  // with.
  void look_at_window(LocalDate d) {
    if (input_.window && input_.window->contains(d)) peak_ = std::max(peak_, state_.run);
  }
  void look_at_week(LocalDate w) {
    for (int i = 0; i < 7 && input_.window; ++i) look_at_window(w + i);
  }

  StreakStatus status() {
    if (state_.longest == 0) return StreakStatus::none;
    if (state_.run == 0) return StreakStatus::broken;
    const Cadence& cadence = cadence_on(cadences_, evaluation_);
    const bool at_risk = cadence.unit() == StreakUnit::week
                             ? no_slack(week_start_of(evaluation_, input_.week_start))
                             : cadence.due_on(evaluation_) && !done_.contains(evaluation_) && !is_neutral(evaluation_);
    return at_risk ? StreakStatus::at_risk : StreakStatus::active;
  }

  // As many done days are missing as dates are left to do them.
  bool no_slack(LocalDate w) {
    const Week at = week(w);
    if (at.done >= at.needed) return false;
    int left = 0;
    for (LocalDate d = evaluation_; d < w + 7; d = d + 1) {
      if (!is_neutral(d) && !done_.contains(d)) ++left;
    }
    return at.needed - at.done >= left;
  }

  const StreakInput& input_;
  std::span<const Cadence> cadences_;
  Dates done_;
  Dates neutral_;
  Ranges paused_;
  Shields shields_;
  LocalDate evaluation_;
  std::size_t segment_ = 0;
  Checkpoint state_;
  LocalDate run_end_;
  std::vector<ShieldSpent> spent_;
  int peak_ = 0;
  std::vector<Run> runs_;
};

}  // namespace

const Cadence& cadence_on(std::span<const Cadence> cadences, LocalDate d) {
  const auto later = std::ranges::upper_bound(cadences, d, {}, &Cadence::from);
  return later == cadences.begin() ? cadences.front() : *(later - 1);
}

Streak walk(const StreakInput& input) { return Walker(input).result(); }

std::vector<LocalDate> bridged_dates(std::span<const DoneDay> days) {
  constexpr Micros kLongestJourney = std::chrono::hours(36);
  std::vector<LocalDate> bridges;
  for (std::size_t i = 1; i < days.size(); ++i) {
    const DoneDay& before = days[i - 1];
    const DoneDay& after = days[i];
    if (after.date - before.date == 2 && before.last_tz != after.first_tz &&
        after.first_at - before.last_at <= kLongestJourney) {
      bridges.push_back(before.date + 1);
    }
  }
  return bridges;
}

std::vector<LocalDate> skipped_dates(const Calendar& calendar, const DateRange& range) {
  // A zone leaves a date out by moving its clock ahead by a day, so a year over which the offset rises less holds none.
  constexpr int kYear = 365;
  constexpr Micros kAlmostADay = std::chrono::hours(20);
  std::vector<LocalDate> skipped;
  for (LocalDate d = range.first; d <= range.last; d = d + kYear) {
    const LocalDate end = std::min(d + kYear, range.last + 1);
    const Micros rise =
        calendar.zone.offset_at(calendar.start(end)) - calendar.zone.offset_at(calendar.start(d) - Micros{1});
    if (rise < kAlmostADay) continue;
    for (LocalDate date = d; date < end; date = date + 1) {
      if (calendar.start(date) == calendar.start(date + 1)) skipped.push_back(date);
    }
  }
  return skipped;
}

std::vector<LocalDate> merged(std::initializer_list<std::span<const LocalDate>> lists) {
  std::vector<LocalDate> all;
  for (const auto& list : lists) all.insert(all.end(), list.begin(), list.end());
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

Protection protection(const StreakInput& input, const Streak& streak, LocalDate date, int shields_held) {
  constexpr int kDaysBack = 3;
  if (date < input.today - kDaysBack) return Protection::too_late;
  const std::span<const Cadence> cadences = input.cadences.empty() ? std::span<const Cadence>(kDaily) : input.cadences;
  const bool started = std::ranges::any_of(input.done, [&](LocalDate d) { return d < date; });
  const bool done = std::ranges::find(input.done, date) != input.done.end();
  const bool neutral = std::ranges::find(input.neutral, date) != input.neutral.end() ||
                       std::ranges::any_of(input.paused, [&](const DateRange& r) { return r.contains(date); }) ||
                       std::ranges::find(streak.spent, date, &ShieldSpent::used_for) != streak.spent.end();
  if (date >= input.today || !started || done || neutral || !cadence_on(cadences, date).due_on(date)) {
    return Protection::not_missed;
  }
  return shields_held > 0 ? Protection::allowed : Protection::no_shield;
}

DayState day_state(const DayFacts& facts, LocalDate date) {
  const auto among = [&](std::span<const LocalDate> dates) { return std::ranges::binary_search(dates, date); };
  if (among(facts.done)) return DayState::done;
  if (among(facts.shielded)) return DayState::shielded;
  if (among(facts.protected_dates)) return DayState::protected_;
  if (std::ranges::any_of(facts.paused, [&](const DateRange& r) { return r.contains(date); })) return DayState::paused;
  if (facts.done.empty() || date < facts.done.front() || date > facts.today || among(facts.neutral)) {
    return date == facts.today ? DayState::open : DayState::none;
  }
  return date == facts.today ? DayState::open : DayState::missed;
}

}  // namespace ignition::rules
