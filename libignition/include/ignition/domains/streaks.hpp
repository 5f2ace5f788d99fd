// The user's streaks: days on which something of a kind was done, and the runs they form. Rules R-S1 to R-S12; the walk
// is in rules/streaks.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/domains/shields.hpp"
#include "ignition/rules/awards.hpp"
#include "ignition/rules/streaks.hpp"

namespace ignition::streaks {

// A streak as it stands now, with everything that time alone has changed.
struct View {
  rules::StreakType streak_type = rules::StreakType::daily_activity;
  std::int64_t current = 0;
  std::int64_t longest = 0;
  std::int64_t breaks = 0;
  rules::StreakStatus status = rules::StreakStatus::none;
  std::optional<LocalDate> last_activity_date;
  std::optional<LocalDate> last_broken_on;
  std::optional<LocalDate> run_start;
};
BOOST_DESCRIBE_STRUCT(View, (),
                      (streak_type, current, longest, breaks, status, last_activity_date, last_broken_on, run_start))

struct Views {
  std::vector<View> streaks;
};
BOOST_DESCRIBE_STRUCT(Views, (), (streaks))

struct ByType {
  std::string type;  // `daily` means daily_activity
};
BOOST_DESCRIBE_STRUCT(ByType, (), (type))

struct OneView {
  View streak;
};
BOOST_DESCRIBE_STRUCT(OneView, (), (streak))

struct DaysOf {
  std::string type;
  LocalDate from;
  LocalDate to;  // at most 366 days
};
BOOST_DESCRIBE_STRUCT(DaysOf, (), (type, from, to))

struct Day {
  LocalDate date;
  rules::DayState state = rules::DayState::none;
};
BOOST_DESCRIBE_STRUCT(Day, (), (date, state))

struct Days {
  std::vector<Day> days;
};
BOOST_DESCRIBE_STRUCT(Days, (), (days))

struct Protect {
  std::optional<rules::StreakType> streak_type;  // exactly one of the two
  std::optional<Uuid> habit_id;
  LocalDate date;  // one of the last three days
};
BOOST_DESCRIBE_STRUCT(Protect, (), (streak_type, habit_id, date))

// The streak of a type or of a habit.
struct ProtectedStreak {
  std::optional<rules::StreakType> streak_type;
  std::optional<Uuid> habit_id;
  std::int64_t current = 0;
  std::int64_t longest = 0;
  std::int64_t breaks = 0;
  rules::StreakStatus status = rules::StreakStatus::none;
  rules::StreakUnit unit = rules::StreakUnit::day;
  std::optional<LocalDate> last_activity_date;
  std::optional<LocalDate> last_broken_on;
  std::optional<LocalDate> run_start;
};
BOOST_DESCRIBE_STRUCT(ProtectedStreak, (),
                      (streak_type, habit_id, current, longest, breaks, status, unit, last_activity_date,
                       last_broken_on, run_start))

struct Protected {
  ProtectedStreak streak;
  std::int64_t shields_left = 0;
};
BOOST_DESCRIBE_STRUCT(Protected, (), (streak, shields_left))

Views list(Context& ctx, const Nothing& in);
OneView get(Context& ctx, const ByType& in);
Days days(Context& ctx, const DaysOf& in);
// Spends a held shield on a missed date. CONFLICT too_late, not_missed, no_shield.
Protected protect(Context& ctx, const Protect& in);

void add_operations(Catalogue& catalogue);

// ---- For other domains, inside their transaction ----

// What a deed did to one streak.
struct Change {
  rules::StreakType type = rules::StreakType::daily_activity;
  std::int64_t current = 0;
  bool is_new_day = false;     // the date was not done before
  bool streak_broken = false;  // a broken streak begins again at 1
};
BOOST_DESCRIBE_STRUCT(Change, (), (type, current, is_new_day, streak_broken))

// Adds a deed of `date`, done at `at`, to the streaks, and evaluates them again.
std::vector<Change> add_day(Context& ctx, rules::StreakSet types, LocalDate date, Instant at);
// Takes one deed of `date` back.
std::vector<Change> remove_day(Context& ctx, rules::StreakSet types, LocalDate date);

// The highest value that a streak had on any date of the range, as far as it is below `most`.
int peak(Context& ctx, rules::StreakType type, const rules::DateRange& range, int most);

// Spends held shields, all that the user has, on missed dates of the daily streak; what is left. For writes.
std::vector<shields::Held> spend_shields(Context& ctx, std::vector<shields::Held> held);
// As a read sees it: what the daily streak leaves of the shields held.
std::vector<shields::Held> shields_left(Context& ctx);

// A row of user_streaks, as of its last done day, with a date covered by a shield after it and a purchase of held
// shields (a streak type has a row for each pair). What another domain reads in a statement of its own to show streaks.
struct Row {
  std::optional<rules::StreakType> streak_type;  // null: nothing was ever done
  std::int64_t current = 0;
  std::int64_t longest = 0;
  std::int64_t longest_floor = 0;
  std::int64_t breaks = 0;
  std::optional<LocalDate> last_activity_date;
  std::optional<LocalDate> last_broken_on;
  std::optional<LocalDate> run_start;
  std::optional<LocalDate> covered;
  std::optional<Uuid> shield;
  std::optional<LocalDate> shield_bought;
  std::optional<std::int64_t> shield_uses;
};
BOOST_DESCRIBE_STRUCT(Row, (),
                      (streak_type, current, longest, longest_floor, breaks, last_activity_date, last_broken_on,
                       run_start, covered, shield, shield_bought, shield_uses))

struct Settled {
  std::vector<View> views;             // in the order of rules::StreakType
  std::vector<LocalDate> shielded;     // dates on which held shields were spent, though that is not stored yet
  std::vector<shields::Held> shields;  // left of those held, oldest purchase first
};

// All six streaks, as settled on `today`.
//
// Fact F6 of Today needs none of this: some streak runs and was kept today or yesterday exactly when some row of
// user_streaks has one of the two dates as last_activity_date. (The done days of habits are days of the type `habit`.)
Settled settle(std::span<const Row> rows, const Calendar& calendar, LocalDate today);

}  // namespace ignition::streaks
