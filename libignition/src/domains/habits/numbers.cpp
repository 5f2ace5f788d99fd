// Habits in numbers: what is due, rates over all of them, the history of one.
#include <algorithm>
#include <map>

#include "domains/habits/stored.hpp"

namespace ignition::habits {

namespace {

constexpr Sql kAllCompletions{R"sql(SELECT count(*) FROM habit_completions WHERE user_id = $1 AND done)sql"};
constexpr Sql kRecentDays{R"sql(
  SELECT habit_id, completed_date FROM habit_completions
   WHERE user_id = $1 AND completed_date >= $2 AND done ORDER BY completed_date)sql"};

// Of all habits, also those put away: schedules, pauses, and the days done from $2 to $3.
constexpr Sql kDaysAndRules{R"sql(
  SELECT h.id, h.start_date, s.effective_from AS first, CAST(NULL AS DATE) AS last, s.target_count AS number,
         s.frequency, s.custom_days, FALSE AS done
    FROM habits h JOIN habit_schedules s ON s.user_id = h.user_id AND s.habit_id = h.id
   WHERE h.user_id = $1
  UNION ALL
  SELECT h.id, h.start_date, p.from_date, p.to_date, 0, NULL, NULL, FALSE
    FROM habits h JOIN habit_pauses p ON p.user_id = h.user_id AND p.habit_id = h.id
   WHERE h.user_id = $1
  UNION ALL
  SELECT h.id, h.start_date, c.completed_date, NULL, 0, NULL, NULL, TRUE
    FROM habits h JOIN habit_completions c ON c.user_id = h.user_id AND c.habit_id = h.id
   WHERE h.user_id = $1 AND c.completed_date BETWEEN $2 AND $3 AND c.done
   ORDER BY 3)sql"};

// A schedule (with a frequency), a done day, or else a pause.
struct DayOrRule {
  Uuid id;
  LocalDate start_date;
  LocalDate first;
  std::optional<LocalDate> last;
  int number = 0;
  std::optional<rules::Frequency> frequency;
  std::optional<std::vector<int>> custom_days;
  bool done = false;
};
BOOST_DESCRIBE_STRUCT(DayOrRule, (), (id, start_date, first, last, number, frequency, custom_days, done))

struct RecentDay {
  Uuid habit_id;
  LocalDate date;
};
BOOST_DESCRIBE_STRUCT(RecentDay, (), (habit_id, date))

rules::HabitFacts facts_of(const Stored& habit, std::span<const LocalDate> done, const rules::Streak& streak) {
  return {.start_date = habit.row.start_date,
          .is_active = habit.row.is_active,
          .schedules = habit.schedules,
          .pauses = habit.pauses,
          .done = done,
          .current_streak = streak.current,
          .longest_streak = streak.longest,
          .last_completed_at = habit.row.last_completed_at};
}

}  // namespace

Analytics analytics(Context& ctx, const Nothing&) {
  constexpr int kWindow = 30;
  std::map<Uuid, std::vector<LocalDate>> done;
  ctx.db.each<RecentDay>(
      kRecentDays, [&](RecentDay&& day) { done[day.habit_id].push_back(day.date); }, ctx.user, ctx.today - kWindow);
  auto habits = load(ctx, true);
  auto put_away = load(ctx, false);
  std::ranges::move(put_away, std::back_inserter(habits));
  std::vector<rules::HabitFacts> facts;
  for (Stored& habit : habits) {
    const auto streak = streak_of(ctx, habit);
    facts.push_back(facts_of(habit, done[habit.row.id], streak));
  }
  Analytics out{rules::habit_analytics(facts, ctx.today)};
  out.analytics.total_completions = ctx.db.one<int>(kAllCompletions, ctx.user);  // of all times
  return out;
}

Stats stats(Context& ctx, const StatsOf& in) {
  Stored habit = load_one(ctx, in.id, ctx.today);
  load_all_days(ctx, habit);
  std::vector<LocalDate> done;
  for (const Day& day : habit.days) {
    if (day.done) done.push_back(day.date);
  }
  return {rules::habit_stats(facts_of(habit, done, {}), ctx.today, ctx.calendar.week_start,
                             static_cast<int>(in.days.value.value()))};
}

int perfect_days(Context& ctx, const rules::DateRange& range) {
  struct Facts {
    LocalDate start_date;
    std::vector<rules::HabitSchedule> schedules;
    std::vector<rules::DateRange> pauses;
    std::vector<LocalDate> done;
  };
  std::map<Uuid, Facts> habits;
  ctx.db.each<DayOrRule>(
      kDaysAndRules,
      [&](DayOrRule&& row) {
        Facts& habit = habits[row.id];
        habit.start_date = row.start_date;
        if (row.frequency) {
          habit.schedules.push_back({.effective_from = row.first,
                                     .frequency = *row.frequency,
                                     .target_count = row.number,
                                     .custom_days = weekdays_of(row.custom_days).value_or(rules::Weekdays{})});
        } else if (row.done) {
          habit.done.push_back(row.first);
        } else {
          habit.pauses.push_back({row.first, row.last.value_or(rules::kOpenEnd)});
        }
      },
      ctx.user, range.first, range.last);
  std::vector<rules::HabitFacts> facts;
  for (const auto& [id, habit] : habits) {
    facts.push_back(
        {.start_date = habit.start_date, .schedules = habit.schedules, .pauses = habit.pauses, .done = habit.done});
  }
  return rules::perfect_days(facts, range, ctx.today);
}

std::vector<Due> due_on(std::span<const DueRow> rows, LocalDate date, WeekStart week_start) {
  struct Facts {
    const DueRow* row = nullptr;
    std::vector<LocalDate> done;
    std::vector<rules::DateRange> pauses;
  };
  std::map<Uuid, Facts> habits;
  for (const DueRow& row : rows) {
    Facts& habit = habits[row.id];
    habit.row = &row;
    if (row.done_on) habit.done.push_back(*row.done_on);
    if (row.paused_from) habit.pauses.push_back({*row.paused_from, row.paused_to.value_or(rules::kOpenEnd)});
  }
  std::vector<Due> due;
  for (auto& [id, habit] : habits) {
    habit.done = rules::merged({habit.done});
    const rules::HabitSchedule schedule{.effective_from = habit.row->start_date,
                                        .frequency = habit.row->frequency,
                                        .target_count = habit.row->target_count,
                                        .custom_days = weekdays_of(habit.row->custom_days).value_or(rules::Weekdays{})};
    const rules::HabitFacts facts{
        .start_date = habit.row->start_date, .schedules = {&schedule, 1}, .pauses = habit.pauses, .done = habit.done};
    if (!rules::asks_for_something(facts, date, week_start)) continue;
    due.push_back(
        {.id = id, .name = habit.row->name, .sort_order = habit.row->sort_order, .done = rules::is_done(facts, date)});
  }
  std::ranges::stable_sort(due, {}, &Due::sort_order);  // the map has them by id
  return due;
}

std::vector<Due> due_on(Context& ctx, LocalDate date) {
  const LocalDate week = ctx.calendar.week_of(date);
  return due_on(ctx.db.query<DueRow>(kDue, ctx.user, date, week, week + 6), date, ctx.calendar.week_start);
}

}  // namespace ignition::habits
