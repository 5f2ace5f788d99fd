// Habits as stored: the row, what its rules look at, and the streak that follows from both.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "ignition/domains/habits.hpp"
#include "ignition/domains/shields.hpp"

namespace ignition::habits {

struct Row {
  Uuid id;
  std::string name;
  std::optional<std::string> description;
  rules::HabitCategory category = rules::HabitCategory::general;
  std::optional<std::string> skill_key;
  rules::Frequency frequency = rules::Frequency::daily;
  int target_count = 1;
  std::optional<std::vector<int>> custom_days;
  std::optional<std::string> icon;
  std::optional<std::string> color;
  LocalDate start_date;
  std::optional<std::string> reminder_time;
  bool auto_shield = false;
  bool is_active = true;
  std::optional<Instant> archived_at;
  std::optional<Instant> last_completed_at;
  std::int64_t sort_order = 0;
  // The streak through a day that can hardly change any more; readers walk on from the next one.
  std::optional<LocalDate> settled_through;
  int settled_run = 0;
  int settled_longest = 0;
  std::optional<LocalDate> settled_run_start;
  std::optional<LocalDate> settled_last_done;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(Row, (),
                      (id, name, description, category, skill_key, frequency, target_count, custom_days, icon, color,
                       start_date, reminder_time, auto_shield, is_active, archived_at, last_completed_at, sort_order,
                       settled_through, settled_run, settled_longest, settled_run_start, settled_last_done, created_at,
                       updated_at))

// A date with repetitions.
struct Day {
  LocalDate date;
  int count = 0;
  bool done = false;
  Instant completed_at;
  std::string tz;
};

// A date, and the purchase of the shield that was spent on it.
struct Shielded {
  LocalDate used_for;
  LocalDate bought;
  Uuid purchase;
};

struct Stored {
  Row row;
  std::vector<rules::HabitSchedule> schedules;  // sorted, at least one
  std::vector<rules::DateRange> pauses;
  std::vector<LocalDate> covered;   // by shields spent by hand
  std::vector<Shielded> shielded;   // by shields that were spent by themselves
  std::vector<LocalDate> to_spend;  // purchase dates of held shields that may be spent, though that is not stored yet
  std::vector<Day> days;            // sorted; from `settled_through` or the date asked for on, or all
  bool has_all_days = false;

  const Day* day(LocalDate date) const;
  // The day, made when there is none.
  Day& day_of(LocalDate date);
};

// Habits with what is needed to show them, by sort_order, name, id.
std::vector<Stored> load(Context& ctx, bool active);
// The habit with its days from `since` (or earlier) on. NOT_FOUND, also for somebody else's.
Stored load_one(Context& ctx, const Uuid& id, LocalDate since);
void load_all_days(Context& ctx, Stored& habit);

// The streak as of now. Walks on from the checkpoint, or over all days when `changed` (a date whose outcome changed)
// lies too far back for it.
rules::Streak streak_of(Context& ctx, Stored& habit, std::optional<LocalDate> changed = {});
// Takes from `left` the shields that habits spend by themselves, in their order; by habit, when those were bought.
std::map<Uuid, std::vector<LocalDate>> shield(Context& ctx, std::vector<shields::Held>& left);
// Walks all of the habit again with all shields that it ever spent by itself and those held, and stores where they are
// spent now: a date that became done gives its shield back. True when something changed; the streak is then stored.
bool spend_again(Context& ctx, Stored& habit);
// Whether a change of `date` can change where shields are spent.
bool moves_shields(const Context& ctx, const Stored& habit, LocalDate date);
// Whether one more shield may protect the date by hand. NOT_FOUND for an unknown habit.
rules::Protection protection(Context& ctx, const Uuid& id, LocalDate date, int shields_held);
// Judges `date` and what follows anew, and stores the streak.
rules::Streak judge_again(Context& ctx, const Uuid& id, LocalDate date);

// Stores the streak and its checkpoint.
void store_streak(Context& ctx, Stored& habit, const rules::Streak& streak);

Habit view(const Context& ctx, const Stored& habit, const rules::Streak& streak);
// The habit by what is stored of it now.
Habit shown(Context& ctx, const Uuid& id);

std::optional<rules::Weekdays> weekdays_of(const std::optional<std::vector<int>>& numbers);

}  // namespace ignition::habits
