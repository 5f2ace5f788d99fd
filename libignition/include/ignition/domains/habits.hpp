// Habits: recurring intentions, their completions, streaks and schedules. Rules R-H1 to R-H11; the arithmetic is in
// rules/habits.hpp and rules/streaks.hpp, the amounts in rules/awards.hpp.
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
#include "ignition/rules/habits.hpp"

namespace ignition::habits {

// A habit as it stands now, with everything that time alone has changed.
struct Habit {
  Uuid id;
  std::string name;
  std::optional<std::string> description;
  rules::HabitCategory category = rules::HabitCategory::general;
  std::optional<std::string> skill_key;  // null = the category's
  rules::Frequency frequency = rules::Frequency::daily;
  std::int64_t target_count = 1;
  std::optional<std::vector<int>> custom_days;  // ISO numbers, with custom only
  std::optional<std::string> icon;
  std::optional<std::string> color;
  LocalDate start_date;
  std::optional<std::string> reminder_time;
  bool auto_shield = false;
  bool is_active = true;
  std::optional<Instant> archived_at;
  std::int64_t current_streak = 0;
  std::int64_t longest_streak = 0;
  std::optional<Instant> last_completed_at;
  std::int64_t sort_order = 0;
  Instant created_at;
  Instant updated_at;
  bool completed_today = false;
  std::int64_t count_today = 0;
  std::int64_t day_target = 1;
  bool due_today = false;
  std::optional<std::int64_t> week_done;  // weekly: done days of this week
  rules::StreakUnit streak_unit = rules::StreakUnit::day;
  rules::StreakStatus streak_status = rules::StreakStatus::none;
  std::int64_t xp_reward = 0;
  std::int64_t coin_reward = 0;
};
BOOST_DESCRIBE_STRUCT(Habit, (),
                      (id, name, description, category, skill_key, frequency, target_count, custom_days, icon, color,
                       start_date, reminder_time, auto_shield, is_active, archived_at, current_streak, longest_streak,
                       last_completed_at, sort_order, created_at, updated_at, completed_today, count_today, day_target,
                       due_today, week_done, streak_unit, streak_status, xp_reward, coin_reward))

struct OneHabit {
  Habit habit;
};
BOOST_DESCRIBE_STRUCT(OneHabit, (), (habit))

struct Habits {
  std::vector<Habit> habits;
  std::int64_t total = 0;
};
BOOST_DESCRIBE_STRUCT(Habits, (), (habits, total))

struct ListHabits {
  Or<bool, true> active;
};
BOOST_DESCRIBE_STRUCT(ListHabits, (), (active))

// By sort_order, name, id.
Habits list(Context& ctx, const ListHabits& in);
Habits archived(Context& ctx, const Nothing& in);

struct Schedule {
  LocalDate effective_from;
  rules::Frequency frequency = rules::Frequency::daily;
  std::int64_t target_count = 1;
  std::optional<std::vector<int>> custom_days;
};
BOOST_DESCRIBE_STRUCT(Schedule, (), (effective_from, frequency, target_count, custom_days))

enum class PauseReason : std::uint8_t { archive, pause };
BOOST_DESCRIBE_ENUM(PauseReason, archive, pause)

struct Pause {
  LocalDate from_date;
  std::optional<LocalDate> to_date;  // null: still open
  PauseReason reason = PauseReason::pause;
};
BOOST_DESCRIBE_STRUCT(Pause, (), (from_date, to_date, reason))

struct HabitInFull {
  Habit habit;
  std::vector<Schedule> schedules;
  std::vector<Pause> pauses;
};
BOOST_DESCRIBE_STRUCT(HabitInFull, (), (habit, schedules, pauses))

HabitInFull get(Context& ctx, const ById& in);

using Name = Trimmed<1, 100>;
using Description = Text<0, 1000>;
using SkillKey = Text<1, 40>;
using CustomDays = List<Int<0, 7>, 1, 7>;  // ISO numbers; 0 means Sunday, too
using Icon = Text<1, 64>;
using SortOrder = Int<-1'000'000, 1'000'000>;

struct CreateHabit {
  Name name;
  std::optional<Description> description;
  Or<rules::HabitCategory, rules::HabitCategory::general> category;
  std::optional<SkillKey> skill_key;
  Or<rules::Frequency, rules::Frequency::daily> frequency;
  Or<Int<1, 1000>, 1> target_count;
  std::optional<CustomDays> custom_days;
  std::optional<Icon> icon;
  std::optional<Color> color;
  std::optional<LocalDate> start_date;  // a year ago .. today, the default
  std::optional<TimeOfDay> reminder_time;
  Or<bool, false> auto_shield;
  Or<SortOrder, 0> sort_order;
};
BOOST_DESCRIBE_STRUCT(CreateHabit, (),
                      (name, description, category, skill_key, frequency, target_count, custom_days, icon, color,
                       start_date, reminder_time, auto_shield, sort_order))

OneHabit create(Context& ctx, const CreateHabit& in);

struct UpdateHabit {
  Uuid id;
  std::optional<Name> name;
  Update<Description> description;
  std::optional<rules::HabitCategory> category;
  Update<SkillKey> skill_key;
  std::optional<rules::Frequency> frequency;
  std::optional<Int<1, 1000>> target_count;
  Update<CustomDays> custom_days;
  Update<Icon> icon;
  Update<Color> color;
  Update<TimeOfDay> reminder_time;
  std::optional<bool> auto_shield;
  std::optional<SortOrder> sort_order;
};
BOOST_DESCRIBE_STRUCT(UpdateHabit, (),
                      (id, name, description, category, skill_key, frequency, target_count, custom_days, icon, color,
                       reminder_time, auto_shield, sort_order))

// A change of cadence holds from today, or from the first day of this week when weeks are involved (rule R-H10).
OneHabit update(Context& ctx, const UpdateHabit& in);

struct Reorder {
  List<Uuid, 0, 200> ids;  // every active habit once
};
BOOST_DESCRIBE_STRUCT(Reorder, (), (ids))

Habits reorder(Context& ctx, const Reorder& in);

struct CompleteHabit {
  Uuid id;
  std::optional<LocalDate> date;  // today
  Or<Int<1, 1000>, 1> amount;     // repetitions
  std::optional<Text<0, 2000>> notes;
};
BOOST_DESCRIBE_STRUCT(CompleteHabit, (), (id, date, amount, notes))

struct CompleteResult {
  Habit habit;
  LocalDate date;
  bool already_completed = false;
  std::int64_t new_streak = 0;
  std::int64_t xp_awarded = 0;  // with bonus and boost
  std::int64_t coins_awarded = 0;
  bool streak_bonus = false;
  std::int64_t bonus_xp = 0;
  bool leveled_up = false;
  std::int64_t new_level = 1;
  std::vector<std::string> achievements;
};
BOOST_DESCRIBE_STRUCT(CompleteResult, (),
                      (habit, date, already_completed, new_streak, xp_awarded, coins_awarded, streak_bonus, bonus_xp,
                       leveled_up, new_level, achievements))

struct Completed {
  CompleteResult result;
};
BOOST_DESCRIBE_STRUCT(Completed, (), (result))

Completed complete(Context& ctx, const CompleteHabit& in);

struct UndoHabit {
  Uuid id;
  std::optional<LocalDate> date;  // today
};
BOOST_DESCRIBE_STRUCT(UndoHabit, (), (id, date))

struct UndoResult {
  Habit habit;
  std::int64_t xp_reversed = 0;
  std::int64_t coins_reversed = 0;
};
BOOST_DESCRIBE_STRUCT(UndoResult, (), (habit, xp_reversed, coins_reversed))

struct Undone {
  UndoResult result;
};
BOOST_DESCRIBE_STRUCT(Undone, (), (result))

// Takes one repetition back.
Undone undo(Context& ctx, const UndoHabit& in);

struct CompletionsOf {
  Uuid id;
  LocalDate from;
  LocalDate to;  // at most 366 days
};
BOOST_DESCRIBE_STRUCT(CompletionsOf, (), (id, from, to))

struct Completion {
  Uuid id;
  LocalDate completed_date;
  std::int64_t count = 1;
  std::int64_t day_target = 1;
  bool done = false;
  Instant completed_at;  // of the last repetition
  std::string tz;
  std::optional<std::string> notes;
  std::int64_t award_no = 1;
};
BOOST_DESCRIBE_STRUCT(Completion, (), (id, completed_date, count, day_target, done, completed_at, tz, notes, award_no))

struct Completions {
  std::vector<Completion> completions;  // oldest first
};
BOOST_DESCRIBE_STRUCT(Completions, (), (completions))

Completions completions(Context& ctx, const CompletionsOf& in);

OneHabit archive(Context& ctx, const ById& in);
OneHabit restore(Context& ctx, const ById& in);

struct DeleteHabit {
  Uuid id;
  Or<bool, false> permanent;
};
BOOST_DESCRIBE_STRUCT(DeleteHabit, (), (id, permanent))

struct DeletedHabit {
  Uuid id;
  bool deleted = false;
  bool archived = false;
};
BOOST_DESCRIBE_STRUCT(DeletedHabit, (), (id, deleted, archived))

// Archives, unless `permanent`: then the habit and its completions are gone; the ledger stays.
DeletedHabit remove(Context& ctx, const DeleteHabit& in);

struct Analytics {
  rules::HabitAnalytics analytics;
};
BOOST_DESCRIBE_STRUCT(Analytics, (), (analytics))

Analytics analytics(Context& ctx, const Nothing& in);

struct StatsOf {
  Uuid id;
  Or<Int<7, 366>, 90> days;
};
BOOST_DESCRIBE_STRUCT(StatsOf, (), (id, days))

struct Stats {
  rules::HabitStats stats;
};
BOOST_DESCRIBE_STRUCT(Stats, (), (stats))

Stats stats(Context& ctx, const StatsOf& in);

void add_operations(Catalogue& catalogue);

// ---- For other domains ----

// What decides whether active habits are due on a date: $1 the user, $2 the date, $3 and $4 the first and the last day
// of its week. A habit has a row per done date and pause of that week, at least one.
inline constexpr Sql kDue{R"sql(
  SELECT h.id, h.name, h.sort_order, h.start_date, s.frequency, s.target_count, s.custom_days, c.completed_date,
         p.from_date, p.to_date
    FROM habits h
    JOIN habit_schedules s ON s.user_id = h.user_id AND s.habit_id = h.id
         AND s.effective_from = (SELECT max(x.effective_from) FROM habit_schedules x
                                  WHERE x.user_id = $1 AND x.habit_id = h.id AND x.effective_from <= $2)
    LEFT JOIN habit_completions c ON c.user_id = h.user_id AND c.habit_id = h.id AND c.done
         AND c.completed_date BETWEEN $3 AND $4 AND (c.completed_date = $2 OR s.frequency = 'weekly')
    LEFT JOIN habit_pauses p ON p.user_id = h.user_id AND p.habit_id = h.id AND p.from_date <= $4
         AND (p.to_date IS NULL OR p.to_date >= $3)
   WHERE h.user_id = $1 AND h.is_active AND h.start_date <= $2)sql"};
struct DueRow {
  Uuid id;
  std::string name;
  std::int64_t sort_order = 0;
  LocalDate start_date;
  rules::Frequency frequency = rules::Frequency::daily;
  int target_count = 1;
  std::optional<std::vector<int>> custom_days;
  std::optional<LocalDate> done_on;
  std::optional<LocalDate> paused_from;
  std::optional<LocalDate> paused_to;
};
BOOST_DESCRIBE_STRUCT(DueRow, (),
                      (id, name, sort_order, start_date, frequency, target_count, custom_days, done_on, paused_from,
                       paused_to))

// A habit that asks for something on a date.
struct Due {
  Uuid id;
  std::string name;
  std::int64_t sort_order = 0;
  bool done = false;  // on that date; the others are pending (badge pending_habits, rule R-H1)
};
// Judges the rows of kDue. By sort_order, id (rule P1).
std::vector<Due> due_on(std::span<const DueRow> rows, LocalDate date, WeekStart week_start);
// Reads and judges.
std::vector<Due> due_on(Context& ctx, LocalDate date);
// Dates of the range, up to today, on which daily or custom habits were due and all of them done.
int perfect_days(Context& ctx, const rules::DateRange& range);

// Spends held shields, all that the user has, on missed dates of the habits with auto_shield.
void spend_shields(Context& ctx, std::vector<shields::Held> held);

}  // namespace ignition::habits
