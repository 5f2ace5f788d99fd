// Streaks: the walk over done days, shields, pauses, travel. Rules R-S2 to R-S9, R-S11 and R-S12.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ignition/rules/periods.hpp"
#include "ignition/time.hpp"

namespace ignition::rules {

enum class Frequency : std::uint8_t { daily, weekly, custom };
BOOST_DESCRIBE_ENUM(Frequency, daily, weekly, custom)

enum class StreakUnit : std::uint8_t { day, week };
BOOST_DESCRIBE_ENUM(StreakUnit, day, week)

enum class StreakStatus : std::uint8_t { none, active, at_risk, broken };
BOOST_DESCRIBE_ENUM(StreakStatus, none, active, at_risk, broken)

// A set of weekdays.
class Weekdays {
 public:
  constexpr Weekdays() = default;
  constexpr Weekdays(std::initializer_list<Weekday> days) {
    for (const Weekday d : days) insert(d);
  }
  static constexpr Weekdays all() { return Weekdays(0xFE); }
  constexpr void insert(Weekday d) { bits_ = static_cast<std::uint8_t>(bits_ | 1U << static_cast<unsigned>(d)); }
  constexpr bool contains(Weekday d) const { return (bits_ >> static_cast<unsigned>(d) & 1U) != 0; }
  constexpr int size() const { return __builtin_popcount(bits_); }
  friend constexpr bool operator==(const Weekdays&, const Weekdays&) = default;

 private:
  explicit constexpr Weekdays(std::uint8_t bits) : bits_(bits) {}
  std::uint8_t bits_ = 0;
};

// What is asked for from a date on, until the next cadence of the list begins.
struct Cadence {
  LocalDate from{};  // the first of a list holds for the time before it as well
  Frequency frequency = Frequency::daily;
  Weekdays days = Weekdays::all();  // custom
  int per_week = 1;                 // weekly: done days needed in a full week, 1..7

  StreakUnit unit() const { return frequency == Frequency::weekly ? StreakUnit::week : StreakUnit::day; }
  // Weekly cadences are due on no particular date.
  bool due_on(LocalDate d) const {
    return frequency == Frequency::daily || (frequency == Frequency::custom && days.contains(d.weekday()));
  }
};

// Done days that a week of a weekly cadence needs when `neutral` of its dates are neutral (rule R-S5).
constexpr int needed_in_week(int per_week, int neutral) {
  return neutral >= 7 ? 0 : (per_week * (7 - neutral) + 6) / 7;
}

// End of a range of dates that is still open.
inline constexpr LocalDate kOpenEnd{std::numeric_limits<std::int32_t>::max() / 2};

// The cadence in force on `d`. `cadences` is not empty and sorted by `from`.
const Cadence& cadence_on(std::span<const Cadence> cadences, LocalDate d);

// Where a walk may go on later: the state before `next` is judged.
struct Checkpoint {
  LocalDate next;
  int run = 0;
  int longest = 0;
  int breaks = 0;
  std::optional<LocalDate> last_broken_on;
  std::optional<LocalDate> run_start;
  std::optional<LocalDate> last_done;
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

// Lists need not be sorted and may repeat dates; sorted ones are walked without a copy.
struct StreakInput {
  std::span<const LocalDate> done;
  std::span<const Cadence> cadences;  // sorted by `from`; empty means daily
  LocalDate today;
  WeekStart week_start = WeekStart::monday;
  std::span<const LocalDate> shields;  // purchase date of each use, those spent by earlier walks included
  std::span<const LocalDate> neutral;  // protected, shielded for daily_activity, skipped by the zone, bridged
  std::span<const DateRange> paused;   // both ends included
  std::optional<DateRange> window;     // the dates of which `window_peak` is asked
  bool want_runs = false;              // asks for a full walk
  // Goes on after an earlier walk: the lists then need to hold only what concerns `next` and later dates (weekly:
  // done days from `next` on), and `shields` those not spent before. A change before `next` asks for a full walk.
  std::optional<Checkpoint> from;
};

// A shield spent by the walk: `shield` is its index in the input. Of several spent on one week, the first is dated the
// week's last day and each further one a day earlier.
struct ShieldSpent {
  LocalDate used_for;
  std::size_t shield = 0;
  friend bool operator==(const ShieldSpent&, const ShieldSpent&) = default;
};

// A finished or running run: first and last period that counted (of weeks, the first day), and their number.
struct Run {
  LocalDate start;
  LocalDate end;
  int length = 0;
  friend bool operator==(const Run&, const Run&) = default;
};
BOOST_DESCRIBE_STRUCT(Run, (), (start, end, length))

struct Streak {
  int current = 0;
  int longest = 0;
  int breaks = 0;
  std::optional<LocalDate> last_broken_on;
  std::optional<LocalDate> run_start;  // of weeks, the first day
  std::optional<LocalDate> last_done;
  StreakUnit unit = StreakUnit::day;
  StreakStatus status = StreakStatus::none;

  LocalDate evaluated_on;  // the later of today and the last done day
  std::vector<ShieldSpent> spent;
  int shields_left = 0;
  int window_peak = 0;    // highest value on any date of the window
  std::vector<Run> runs;  // oldest first, when wanted
  // State at the last period whose outcome no deed of today can change any more.
  std::optional<Checkpoint> settled;
};

// Time is linear in the done days and in the missed days of running streaks, whatever lies between.
Streak walk(const StreakInput& input);

// An award restarted a broken streak (`streak_broken` of its result).
inline bool restarted(const Streak& before, const Streak& now) {
  return before.status == StreakStatus::broken && now.current == 1;
}

// A done day as recorded: its first and last event and the zones then in force.
struct DoneDay {
  LocalDate date;
  Instant first_at;
  Instant last_at;
  std::string first_tz;
  std::string last_tz;
};
// Single missing dates between done days of two zones at most 36 h apart (rule R-S8). `days` are sorted by date.
std::vector<LocalDate> bridged_dates(std::span<const DoneDay> days);
// Dates in the range that the zone left out, as Pacific/Apia 2011-12-30.
std::vector<LocalDate> skipped_dates(const Calendar& calendar, const DateRange& range);
// All dates of the lists, sorted, each once.
std::vector<LocalDate> merged(std::initializer_list<std::span<const LocalDate>> lists);

// Whether one more shield may protect `date` by hand (rule R-S11).
enum class Protection : std::uint8_t { allowed, too_late, not_missed, no_shield };
BOOST_DESCRIBE_ENUM(Protection, allowed, too_late, not_missed, no_shield)
// `streak` is the full walk of `input`, without checkpoint.
Protection protection(const StreakInput& input, const Streak& streak, LocalDate date, int shields_held);

// A date of a streak with daily cadence as shown in a calendar.
enum class DayState : std::uint8_t { done, shielded, protected_, paused, missed, open, none };
BOOST_DESCRIBE_ENUM(DayState, done, shielded, protected_, paused, missed, open, none)
// What is known of the dates shown; lists sorted, `done` from the first done day of all.
struct DayFacts {
  std::span<const LocalDate> done;
  std::span<const LocalDate> shielded;
  std::span<const LocalDate> protected_dates;
  std::span<const LocalDate> neutral;  // for other reasons: skipped by the zone, bridged
  std::span<const DateRange> paused;
  LocalDate today;
};
// `open` is today while it is not done; `none` are later dates, dates before the first done day and dates that are
// neutral for another reason.
DayState day_state(const DayFacts& facts, LocalDate date);

}  // namespace ignition::rules
