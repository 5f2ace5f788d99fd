// Recurrence: the text of rules (rules R1 to R6), and the instants of a series in a window (rules R7 to R10).
// The grammar is the part of RFC 5545 RRULE that people plan with: DAILY to YEARLY, no week numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/time.hpp"

namespace ignition::rules {

enum class RuleFrequency : std::uint8_t { DAILY, WEEKLY, MONTHLY, YEARLY };

// One entry of BYDAY. Ordinal 0: every such weekday; n: the n-th of the month or year; -n: the n-th from its end.
struct RuleDay {
  Weekday weekday = Weekday::monday;
  int ordinal = 0;
  friend bool operator==(const RuleDay&, const RuleDay&) = default;
};

// A rule in canonical form: rewritten (rule R4), lists sorted and without repetitions (rule R5).
struct Recurrence {
  RuleFrequency frequency = RuleFrequency::DAILY;
  int interval = 1;
  std::optional<int> count;
  std::optional<Instant> until;  // inclusive; of an all-day series: midnight UTC of the last date
  std::vector<int> by_month;
  std::vector<int> by_month_day;
  std::vector<int> by_year_day;
  std::vector<RuleDay> by_day;
  std::vector<int> by_hour;
  std::vector<int> by_minute;
  std::vector<int> by_set_pos;
  Weekday week_start = Weekday::monday;

  bool is_finite() const { return count || until; }
  friend bool operator==(const Recurrence&, const Recurrence&) = default;
};

// Where a series begins. A timed series is a wall time in a zone. An all-day series lies on dates wherever one is: its
// `wall` is the midnight that begins the first date, its zone UTC, and every instant of it is midnight UTC of a date.
struct SeriesStart {
  WallTime wall;
  TimeZone zone;
  bool all_day = false;

  static SeriesStart timed(WallTime wall, TimeZone zone) { return {wall, zone, false}; }
  static SeriesStart on(LocalDate date) { return {WallTime::at(date, 0), TimeZone(), true}; }
  friend bool operator==(const SeriesStart&, const SeriesStart&) = default;
};

// Series begin in these years and are expanded up to the end of the last one.
inline constexpr int kFirstSeriesYear = 1900;
inline constexpr int kLastSeriesYear = 2199;
// A series has its first instance at most this many days after its start (rule R10).
inline constexpr int kStartSearchDays = 3296;
inline constexpr std::size_t kMaxRuleText = 512;
// The most instants that one expansion may be asked for.
inline constexpr std::size_t kMaxOccurrences = 1'000'000;

// Reads a rule as a client may send it. Throws VALIDATION_ERROR for field `recurrence_rule` with the first of these
// reasons that applies: too_long, syntax, duplicate_part, unknown_part, unsupported_part, unsupported_freq,
// out_of_range, until_form, count_and_until, bad_combination, no_instances.
Recurrence parse_recurrence(std::string_view text, const SeriesStart& start);

// The canonical text (rule R5); UNTIL is a date when `all_day`. Reading it again gives the same rule.
std::string text_of(const Recurrence& rule, bool all_day);

// The first instance of the rule at or after the start (rule R10); nothing when there is none within kStartSearchDays
// or the first one lies after UNTIL. Throws VALIDATION_ERROR `out_of_range` for a start outside the years above.
std::optional<WallTime> series_start(const Recurrence& rule, const SeriesStart& start);

// The instances of `rule`, without those in `exdates`, together with `rdates`. Both lists in any order. Without a rule:
// the start itself and the rdates.
struct Series {
  SeriesStart start;
  std::optional<Recurrence> rule;
  std::vector<Instant> exdates;
  std::vector<Instant> rdates;
};

// Instants t with from <= t < to.
struct Window {
  Instant from;
  Instant to;
};

// Everything that the library's years hold.
Window whole_time();

struct Occurrences {
  std::vector<Instant> starts;  // ascending, distinct
  bool truncated = false;       // there are more in the window than were asked for
  friend bool operator==(const Occurrences&, const Occurrences&) = default;
};

// The starts of the series in the window (rules R7 to R9), at most `limit`. A rule without COUNT is entered at the
// window, not walked from its start; work is bounded by the window, the limit and the years above, also for rules that
// never match. Throws VALIDATION_ERROR for a start outside the years, a window that ends before it begins (`to`) or a
// limit outside 1..kMaxOccurrences (`limit`).
Occurrences expand(const Series& series, Window window, std::size_t limit = 5000);

// The instances of the rule in the window before exdates and rdates (rules R7 and R8).
Occurrences instances(const Recurrence& rule, const SeriesStart& start, Window window, std::size_t limit = 5000);

// The wall time by which the rule makes instant `t`: in a gap of the zone not what the clock reads. Nothing when no
// wall time of the rule, COUNT and UNTIL aside, stands for `t`.
std::optional<WallTime> wall_of_instance(const Recurrence& rule, const SeriesStart& start, Instant t);

// How many wall times of the rule lie before `end`: what COUNT counts. Two of them may stand for one instant.
int wall_times_before(const Recurrence& rule, const SeriesStart& start, WallTime end);

// Many series in one window. Series i has starts[offsets[i]] .. starts[offsets[i + 1] - 1].
struct OccurrencesBatch {
  std::vector<std::size_t> offsets;  // one more than there are series
  std::vector<Instant> starts;
  std::vector<std::uint8_t> truncated;  // one per series: 0 or 1
  friend bool operator==(const OccurrencesBatch&, const OccurrencesBatch&) = default;
};

// As expand() for each series, on `threads` threads (1..64); the answer does not depend on their number. `limit` holds
// for each series. Errors name the series: `series[3].start`.
OccurrencesBatch expand(std::span<const Series> series, Window window, std::size_t limit = 5000, unsigned threads = 1);

// A series as text, as it comes from files and other languages.
struct SeriesText {
  std::string start;  // `YYYY-MM-DDTHH:MM:SS` on the clock of the zone, or `YYYY-MM-DD` for all-day
  std::string timezone = "UTC";
  std::string recurrence_rule;       // empty: a single event
  std::vector<std::string> exdates;  // instants, or dates for all-day
  std::vector<std::string> rdates;
};

// Throws VALIDATION_ERROR naming the field: start, timezone, recurrence_rule, exdates[i], rdates[i].
Series read_series(const SeriesText& text);

// As read_series() and expand() for each; errors name `series[i].<field>`.
OccurrencesBatch expand(std::span<const SeriesText> series, Window window, std::size_t limit = 5000,
                        unsigned threads = 1);

// `YYYY-MM-DDTHH:MM:SSZ`, or `YYYY-MM-DD` for all-day: names one instance of a series.
std::string recurrence_id(Instant start, bool all_day);
std::optional<Instant> parse_recurrence_id(std::string_view text, bool all_day);
// The basic form that ends an occurrence's id: `20260316T130000Z` or `20260316`.
std::string basic_recurrence_id(Instant start, bool all_day);

}  // namespace ignition::rules
