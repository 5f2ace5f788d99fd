// From a rule to instants: periods, dates, times, zones. Rules R7 to R10.
//
// The set is built as rule R7 defines it, period by period: one function makes the dates of the k-th period, so a
// window far from the start is entered by arithmetic. The days of a month are bits of one word.
#include "ignition/rules/recurrence.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <exception>
#include <mutex>
#include <thread>

#include "ignition/error.hpp"
#include "ignition/offset_span.hpp"

namespace ignition::rules {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;
// No wall time is further than this from its instant read as UTC, a skipped date included.
constexpr std::int64_t kZoneReach = 2 * kDay;

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// Bit n (1..31) is the n-th day of a month.
using MonthDays = std::uint32_t;

struct Month {
  LocalDate first;
  int length = 0;

  static Month of(std::int64_t months_since_year_0) {
    const auto begin = [](std::int64_t m) {
      return LocalDate::of(static_cast<int>(floor_div(m, 12)), static_cast<unsigned>(m - floor_div(m, 12) * 12 + 1), 1);
    };
    Month month{begin(months_since_year_0)};
    month.length = begin(months_since_year_0 + 1) - month.first;
    return month;
  }
};

// The date with the n-th `weekday` (from the end with n < 0) of the `length` days from `first` on; nothing outside.
std::optional<int> nth_weekday(LocalDate first, int length, const RuleDay& day) {
  const int to_first = (static_cast<int>(day.weekday) - static_cast<int>(first.weekday()) + 7) % 7;
  const int last = to_first + (length - 1 - to_first) / 7 * 7;
  const int at = day.ordinal > 0 ? to_first + (day.ordinal - 1) * 7 : last + (day.ordinal + 1) * 7;
  if (at < 0 || at >= length) return {};
  return at;
}

// A rule with its defaults taken from the start (rule R7.2), as sets that are quick to ask.
class Plan {
 public:
  Plan(const Recurrence& rule, const SeriesStart& start) : rule_(rule), start_(start.wall), first_(start.wall.date()) {
    for (const int month : rule.by_month) months_ |= 1U << month;
    for (const int day : rule.by_month_day) (day > 0 ? month_days_ : month_days_back_) |= 1U << std::abs(day);
    for (const RuleDay& day : rule.by_day) {
      if (day.ordinal == 0) weekdays_ |= 1U << static_cast<unsigned>(day.weekday);
    }
    ordinals_ = !rule.by_day.empty() && weekdays_ == 0;
    take_defaults();
    times_ = times_of(rule, start.wall);
    week_ = first_ - (static_cast<int>(first_.weekday()) - static_cast<int>(rule.week_start) + 7) % 7;
    month_ = std::int64_t{12} * first_.year() + first_.month() - 1;
    year_ = first_.year();
  }

  // First date that the k-th period (0 holds the start) can have.
  LocalDate period_begin(std::int64_t k) const {
    const std::int64_t step = k * rule_.interval;
    switch (rule_.frequency) {
      case RuleFrequency::DAILY:
        return first_ + static_cast<int>(step);
      case RuleFrequency::WEEKLY:
        return week_ + static_cast<int>(7 * step);
      case RuleFrequency::MONTHLY:
        return Month::of(month_ + step).first;
      case RuleFrequency::YEARLY:
        return LocalDate::of(year_ + static_cast<int>(step), 1, 1);
    }
    return first_;
  }

  // The last period that does not begin after `date`; 0 for dates before the start.
  std::int64_t period_at(LocalDate date) const {
    if (date <= first_) return 0;
    std::int64_t units = 0;
    switch (rule_.frequency) {
      case RuleFrequency::DAILY:
        units = date - first_;
        break;
      case RuleFrequency::WEEKLY:
        units = (date - week_) / 7;
        break;
      case RuleFrequency::MONTHLY:
        units = std::int64_t{12} * date.year() + date.month() - 1 - month_;
        break;
      case RuleFrequency::YEARLY:
        units = date.year() - year_;
        break;
    }
    return units / rule_.interval;
  }

  // Calls visit(wall time) with the wall times from the start on, ascending, from period k on and in periods that begin
  // up to `last`, until it returns false.
  template <class Visit>
  void walk(std::int64_t k, LocalDate last, Visit&& visit) const {
    std::vector<LocalDate> dates;
    for (;; ++k) {
      const LocalDate begin = period_begin(k);
      if (begin > last) return;
      dates.clear();
      collect(begin, dates);
      if (!rule_.by_set_pos.empty()) keep_places(dates);
      for (const LocalDate date : dates) {
        if (date < first_) continue;
        for (const std::int64_t time : times_) {
          const WallTime wall{date.days * kDay + time};
          if (wall >= start_ && !visit(wall)) return;
        }
      }
    }
  }

 private:
  void take_defaults() {
    const bool no_days = rule_.by_day.empty() && rule_.by_month_day.empty() && rule_.by_year_day.empty();
    if (!no_days) return;
    if (rule_.frequency == RuleFrequency::WEEKLY) weekdays_ = 1U << static_cast<unsigned>(first_.weekday());
    if (rule_.frequency == RuleFrequency::MONTHLY || rule_.frequency == RuleFrequency::YEARLY)
      month_days_ = 1U << first_.day();
    if (rule_.frequency == RuleFrequency::YEARLY && months_ == 0) months_ = 1U << first_.month();
  }

  static std::vector<std::int64_t> times_of(const Recurrence& rule, WallTime start) {
    const std::vector<int> hours = rule.by_hour.empty() ? std::vector{start.hour()} : rule.by_hour;
    const std::vector<int> minutes = rule.by_minute.empty() ? std::vector{start.minute()} : rule.by_minute;
    const std::int64_t rest = start.us - floor_div(start.us, 60 * kSecond) * 60 * kSecond;
    std::vector<std::int64_t> times;
    for (const int hour : hours) {
      for (const int minute : minutes) times.push_back((hour * 60 + minute) * 60 * kSecond + rest);
    }
    return times;
  }

  bool has_month(unsigned month) const { return months_ == 0 || (months_ >> month & 1U) != 0; }
  bool has_weekday(LocalDate date) const { return (weekdays_ >> static_cast<unsigned>(date.weekday()) & 1U) != 0; }

  void collect(LocalDate begin, std::vector<LocalDate>& dates) const {
    switch (rule_.frequency) {
      case RuleFrequency::DAILY:
        if ((months_ == 0 || has_month(begin.month())) && (weekdays_ == 0 || has_weekday(begin))) {
          dates.push_back(begin);
        }
        return;
      case RuleFrequency::WEEKLY:
        for (int i = 0; i < 7; ++i) {
          const LocalDate date = begin + i;
          if (has_weekday(date) && (months_ == 0 || has_month(date.month()))) dates.push_back(date);
        }
        return;
      case RuleFrequency::MONTHLY:
        if (has_month(begin.month())) {
          collect_month(Month::of(std::int64_t{12} * begin.year() + begin.month() - 1), dates);
        }
        return;
      case RuleFrequency::YEARLY:
        collect_year(begin, dates);
        return;
    }
  }

  void collect_year(LocalDate begin, std::vector<LocalDate>& dates) const {
    const int year = begin.year();
    if (!rule_.by_year_day.empty() || (ordinals_ && months_ == 0)) {
      const int length = LocalDate::of(year + 1, 1, 1) - begin;
      for (const int day : rule_.by_year_day) {
        const int at = day > 0 ? day - 1 : length + day;
        if (at >= 0 && at < length) dates.push_back(begin + at);
      }
      for (const RuleDay& day : rule_.by_day) {
        if (const auto at = nth_weekday(begin, length, day)) dates.push_back(begin + *at);
      }
      std::ranges::sort(dates);
      dates.erase(std::unique(dates.begin(), dates.end()), dates.end());
      return;
    }
    for (unsigned month = 1; month <= 12; ++month) {
      if (has_month(month)) collect_month(Month::of(std::int64_t{12} * year + month - 1), dates);
    }
  }

  void collect_month(const Month& month, std::vector<LocalDate>& dates) const {
    for (MonthDays days = days_in(month); days != 0; days &= days - 1) {
      dates.push_back(month.first + (std::countr_zero(days) - 1));
    }
  }

  // The days that satisfy every part present.
  MonthDays days_in(const Month& month) const {
    MonthDays days = ((1U << month.length) - 1) << 1;
    if (month_days_ != 0 || month_days_back_ != 0) {
      MonthDays wanted = month_days_;
      for (MonthDays back = month_days_back_; back != 0; back &= back - 1) {
        const int day = month.length + 1 - std::countr_zero(back);
        if (day >= 1) wanted |= 1U << day;
      }
      days &= wanted;
    }
    if (weekdays_ != 0) {
      const unsigned skip = static_cast<unsigned>(month.first.weekday());
      const unsigned week = weekdays_ >> 1;  // bit 0 is Monday
      const unsigned from_first = ((week >> (skip - 1)) | (week << (8 - skip))) & 0x7FU;
      std::uint64_t every = 0;
      for (unsigned shift = 1; shift < 32; shift += 7) every |= std::uint64_t{from_first} << shift;
      days &= static_cast<MonthDays>(every);
    }
    if (ordinals_) {
      MonthDays wanted = 0;
      for (const RuleDay& day : rule_.by_day) {
        if (const auto at = nth_weekday(month.first, month.length, day)) wanted |= 2U << *at;
      }
      days &= wanted;
    }
    return days;
  }

  // BYSETPOS: the chosen places of the period, ascending, each once.
  void keep_places(std::vector<LocalDate>& dates) const {
    std::vector<std::size_t> places;
    const auto size = static_cast<std::ptrdiff_t>(dates.size());
    for (const int place : rule_.by_set_pos) {
      const std::ptrdiff_t at = place > 0 ? place - 1 : size + place;
      if (at >= 0 && at < size) places.push_back(static_cast<std::size_t>(at));
    }
    std::ranges::sort(places);
    places.erase(std::unique(places.begin(), places.end()), places.end());
    for (std::size_t i = 0; i < places.size(); ++i) dates[i] = dates[places[i]];
    dates.resize(places.size());
  }

  const Recurrence& rule_;
  WallTime start_;
  LocalDate first_;
  unsigned months_ = 0;  // bit 1..12; none: every month
  MonthDays month_days_ = 0;
  MonthDays month_days_back_ = 0;  // bit n: the n-th day from the end
  unsigned weekdays_ = 0;          // bit 1..7: plain weekdays
  bool ordinals_ = false;
  std::vector<std::int64_t> times_;  // of the day, ascending
  LocalDate week_;
  std::int64_t month_ = 0;  // since the year 0
  int year_ = 0;
};

// Reads many wall times of one zone: away from jumps the offset of the last answer holds.
class WallClock {
 public:
  explicit WallClock(const TimeZone& zone) : zone_(zone) {}

  Instant operator()(WallTime wall) {
    const Instant quick{wall.us - span_.offset.count()};
    if (quick.us >= span_.begin.us + kZoneReach && quick.us < span_.end.us - kZoneReach) return quick;
    const Instant t = zone_.instant(wall);
    span_ = offset_span(zone_, t);
    return t;
  }

 private:
  const TimeZone& zone_;
  OffsetSpan span_;
};

// Puts `t` into an ascending list, unless it is there. New instants come nearly in order: only in a gap of the zone
// does a later wall time stand for an earlier instant.
void insert(std::vector<Instant>& sorted, Instant t) {
  if (sorted.empty() || sorted.back() < t) {
    sorted.push_back(t);
    return;
  }
  const auto at = std::ranges::lower_bound(sorted, t);
  if (*at != t) sorted.insert(at, t);
}

Instant end_of_years() { return {WallTime::at(LocalDate::of(kLastSeriesYear + 1, 1, 1), 0).us}; }

void check_start(const SeriesStart& start) {
  // Compared as microseconds: a far wall time has no date.
  const Instant first{WallTime::at(LocalDate::of(kFirstSeriesYear, 1, 1), 0).us};
  if (start.wall.us < first.us || start.wall.us >= end_of_years().us) {
    throw invalid("start", "out_of_range",
                  fmt::format("A series begins in the years {} to {}.", kFirstSeriesYear, kLastSeriesYear));
  }
}

void check_request(Window window, std::size_t limit) {
  if (window.to < window.from) throw invalid("to", "to_before_from", "The window ends before it begins.");
  if (limit < 1 || limit > kMaxOccurrences) {
    throw invalid("limit", "out_of_range", fmt::format("The limit is 1 to {}.", kMaxOccurrences));
  }
}

// The part of the window in which wall times and their dates are safe to compute with.
Window within_years(Window window) {
  const Instant first{WallTime::at(LocalDate::of(kFirstSeriesYear, 1, 1), 0).us - kZoneReach};
  const Instant last{end_of_years().us + kZoneReach};
  return {std::clamp(window.from, first, last), std::clamp(window.to, first, last)};
}

// The first `most` instants of the rule in the window, ascending and distinct. The start is checked.
std::vector<Instant> first_instances(const Recurrence& rule, const SeriesStart& start, Window window,
                                     std::size_t most) {
  std::vector<Instant> found;
  const Plan plan(rule, start);
  WallClock clock(start.zone);
  const WallTime low{window.from.us - kZoneReach};
  WallTime high{std::min(window.to.us + kZoneReach, end_of_years().us - 1)};
  if (rule.until) high.us = std::min(high.us, rule.until->us + kZoneReach);
  int left = rule.count.value_or(0);
  plan.walk(rule.count ? 0 : plan.period_at(low.date()), high.date(), [&](WallTime wall) {
    if (wall > high) return false;
    const bool last = rule.count && --left == 0;
    if (wall >= low) {
      const Instant t = clock(wall);
      if (t >= window.from && t < window.to && (!rule.until || t <= *rule.until)) insert(found, t);
      // Wall times up to the reach of a zone can still come before the last one.
      if (found.size() >= most) high.us = std::min(high.us, wall.us + kZoneReach);
    }
    return !last;
  });
  return found;
}

Occurrences cut(std::vector<Instant> starts, std::size_t limit) {
  Occurrences result{std::move(starts), false};
  result.truncated = result.starts.size() > limit;
  if (result.truncated) result.starts.resize(limit);
  return result;
}

Occurrences expand_checked(const Series& series, Window window, std::size_t limit) {
  std::vector<Instant> starts;
  if (series.rule) {
    starts = first_instances(*series.rule, series.start, window, limit + series.exdates.size() + 1);
  } else if (const Instant t = series.start.zone.instant(series.start.wall); t >= window.from && t < window.to) {
    starts.push_back(t);
  }
  if (!series.rdates.empty()) {
    std::ranges::copy_if(series.rdates, std::back_inserter(starts),
                         [&](Instant t) { return t >= window.from && t < window.to; });
    std::ranges::sort(starts);
    starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
  }
  if (!series.exdates.empty()) {
    std::vector<Instant> excluded = series.exdates;
    std::ranges::sort(excluded);
    std::erase_if(starts, [&](Instant t) { return std::ranges::binary_search(excluded, t); });
  }
  return cut(std::move(starts), limit);
}

Error named(const Error& error, std::size_t index) {
  std::vector<FieldError> fields = error.fields();
  for (FieldError& field : fields) field.field = fmt::format("series[{}].{}", index, field.field);
  return Error(error.code(), error.message()).because(error.reason()).about(std::move(fields));
}

// Calls work(i) for each i below `count` on `threads` threads; the error of the lowest i that fails is thrown.
template <class Work>
void for_each_index(std::size_t count, unsigned threads, Work&& work) {
  if (threads < 1 || threads > 64) throw invalid("threads", "out_of_range", "Between 1 and 64 threads work.");
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::optional<std::pair<std::size_t, std::exception_ptr>> failure;
  constexpr std::size_t kChunk = 64;
  const auto run = [&] {
    for (std::size_t begin; (begin = next.fetch_add(kChunk)) < count;) {
      for (std::size_t i = begin; i < std::min(begin + kChunk, count); ++i) {
        try {
          work(i);
        } catch (const Error& error) {
          const std::lock_guard lock(mutex);
          if (!failure || i < failure->first) failure.emplace(i, std::make_exception_ptr(named(error, i)));
          break;
        } catch (...) {
          const std::lock_guard lock(mutex);
          if (!failure || i < failure->first) failure.emplace(i, std::current_exception());
          break;
        }
      }
    }
  };
  {
    std::vector<std::jthread> others;
    const std::size_t useful = std::min<std::size_t>(threads, (count + kChunk - 1) / kChunk);
    for (std::size_t i = 1; i < useful; ++i) others.emplace_back(run);
    run();
  }
  if (failure) std::rethrow_exception(failure->second);
}

template <class Each>
OccurrencesBatch expand_each(std::size_t count, Window window, std::size_t limit, unsigned threads, Each&& each) {
  check_request(window, limit);
  std::vector<Occurrences> all(count);
  for_each_index(count, threads, [&](std::size_t i) { all[i] = each(i); });
  OccurrencesBatch batch;
  batch.offsets.reserve(count + 1);
  batch.truncated.reserve(count);
  batch.offsets.push_back(0);
  for (const Occurrences& one : all) {
    batch.offsets.push_back(batch.offsets.back() + one.starts.size());
    batch.truncated.push_back(one.truncated ? 1 : 0);
  }
  batch.starts.reserve(batch.offsets.back());
  for (const Occurrences& one : all) batch.starts.insert(batch.starts.end(), one.starts.begin(), one.starts.end());
  return batch;
}

WallTime read_wall(const std::string& text) {
  const auto as_utc = text.size() == 19 && text[10] == 'T' ? Instant::parse(text + "Z") : std::nullopt;
  if (!as_utc) throw invalid("start", "invalid", "A start is YYYY-MM-DDTHH:MM:SS, or YYYY-MM-DD for all-day.");
  return {as_utc->us};
}

std::vector<Instant> read_keys(const std::vector<std::string>& texts, bool all_day, std::string_view field) {
  std::vector<Instant> keys;
  keys.reserve(texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto key = parse_recurrence_id(texts[i], all_day);
    if (!key) {
      throw invalid(fmt::format("{}[{}]", field, i), "invalid",
                    all_day ? "An instance of an all-day series is a date." : "An instance is an instant.");
    }
    keys.push_back(*key);
  }
  return keys;
}

}  // namespace

Window whole_time() {
  return {{WallTime::at(LocalDate::of(kFirstSeriesYear, 1, 1), 0).us - kZoneReach}, {end_of_years().us + kZoneReach}};
}

std::optional<WallTime> series_start(const Recurrence& rule, const SeriesStart& start) {
  check_start(start);
  const WallTime last{std::min(start.wall.us + kStartSearchDays * kDay, end_of_years().us - 1)};
  std::optional<WallTime> first;
  Plan(rule, start).walk(0, last.date(), [&](WallTime wall) {
    if (wall <= last) first = wall;
    return false;
  });
  if (first && rule.until && start.zone.instant(*first) > *rule.until) return {};
  return first;
}

Occurrences instances(const Recurrence& rule, const SeriesStart& start, Window window, std::size_t limit) {
  check_start(start);
  check_request(window, limit);
  return cut(first_instances(rule, start, within_years(window), limit + 1), limit);
}

Occurrences expand(const Series& series, Window window, std::size_t limit) {
  check_start(series.start);
  check_request(window, limit);
  return expand_checked(series, within_years(window), limit);
}

std::optional<WallTime> wall_of_instance(const Recurrence& rule, const SeriesStart& start, Instant t) {
  check_start(start);
  std::optional<WallTime> found;
  if (within_years({t, t}).from != t) return found;
  const Plan plan(rule, start);
  plan.walk(plan.period_at(WallTime{t.us - kZoneReach}.date()), WallTime{t.us + kZoneReach}.date(), [&](WallTime wall) {
    if (start.zone.instant(wall) == t) found = wall;
    return !found && wall.us <= t.us + kZoneReach;
  });
  return found;
}

int wall_times_before(const Recurrence& rule, const SeriesStart& start, WallTime end) {
  check_start(start);
  end.us = std::min(end.us, end_of_years().us);
  int count = 0;
  Plan(rule, start).walk(0, end.date(), [&](WallTime wall) {
    if (wall >= end || count == rule.count) return false;
    ++count;
    return true;
  });
  return count;
}

OccurrencesBatch expand(std::span<const Series> series, Window window, std::size_t limit, unsigned threads) {
  return expand_each(series.size(), window, limit, threads,
                     [&](std::size_t i) { return expand(series[i], window, limit); });
}

OccurrencesBatch expand(std::span<const SeriesText> series, Window window, std::size_t limit, unsigned threads) {
  return expand_each(series.size(), window, limit, threads,
                     [&](std::size_t i) { return expand(read_series(series[i]), window, limit); });
}

Series read_series(const SeriesText& text) {
  Series series;
  if (const auto date = LocalDate::parse(text.start)) {
    series.start = SeriesStart::on(*date);
  } else {
    const auto zone = TimeZone::find(text.timezone);
    if (!zone) throw invalid("timezone", "unknown_timezone", "There is no such time zone.");
    series.start = SeriesStart::timed(read_wall(text.start), *zone);
  }
  check_start(series.start);
  if (!text.recurrence_rule.empty()) series.rule = parse_recurrence(text.recurrence_rule, series.start);
  series.exdates = read_keys(text.exdates, series.start.all_day, "exdates");
  series.rdates = read_keys(text.rdates, series.start.all_day, "rdates");
  return series;
}

std::string recurrence_id(Instant start, bool all_day) {
  const std::string text = start.text();
  return all_day ? text.substr(0, 10) : text.substr(0, 19) + "Z";
}

std::optional<Instant> parse_recurrence_id(std::string_view text, bool all_day) {
  if (!all_day) return Instant::parse(text);
  const auto date = LocalDate::parse(text);
  if (!date) return {};
  return Instant{WallTime::at(*date, 0).us};
}

std::string basic_recurrence_id(Instant start, bool all_day) {
  std::string text = recurrence_id(start, all_day);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

}  // namespace ignition::rules
