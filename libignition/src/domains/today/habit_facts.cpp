#include <map>

#include "domains/today/facts.hpp"
#include "ignition/rules/habits.hpp"
#include "ignition/wire.hpp"

namespace ignition::today {
namespace {

// Active habits with the cadence in force, and of this week their done days and pauses (dates as text in t2, t3).
constexpr std::string_view kSql = R"sql(
  SELECT 'habit', CAST(id AS TEXT), frequency, CAST(custom_days AS TEXT), NULL, NULL, target_count, NULL, NULL, NULL,
         NULL, NULL, NULL, start_date, NULL, NULL
    FROM habits WHERE user_id = $1 AND is_active
  UNION ALL
  SELECT 'habit_done', CAST(c.habit_id AS TEXT), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
         c.completed_date, NULL, NULL
    FROM habits h JOIN habit_completions c ON c.user_id = h.user_id AND c.habit_id = h.id
   WHERE h.user_id = $1 AND h.is_active AND c.completed_date >= $5 AND c.done
  UNION ALL
  SELECT 'habit_pause', CAST(p.habit_id AS TEXT), CAST(p.from_date AS TEXT), CAST(p.to_date AS TEXT), NULL, NULL, NULL,
         NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM habits h JOIN habit_pauses p ON p.user_id = h.user_id AND p.habit_id = h.id
   WHERE h.user_id = $1 AND h.is_active AND p.from_date <= $2 AND (p.to_date IS NULL OR p.to_date >= $5))sql";

struct Habit {
  LocalDate start_date;
  rules::HabitSchedule schedule;
  std::vector<LocalDate> done;
  std::vector<rules::DateRange> pauses;
};

Habit habit_from(const FactRow& row) {
  Habit habit{.start_date = row.d1.value_or(LocalDate{}), .schedule = {}, .done = {}, .pauses = {}};
  habit.schedule = {.effective_from = habit.start_date,
                    .frequency = enum_of<rules::Frequency>(row.t2.value_or("")).value_or(rules::Frequency::daily),
                    .target_count = static_cast<int>(row.n1.value_or(1)),
                    .custom_days = {}};
  if (row.t3) {
    habit.schedule.custom_days = rules::weekdays_of(from_json<std::vector<int>>(*row.t3)).value_or(rules::Weekdays{});
  }
  return habit;
}

bool is_pending(Habit& habit, const Context& ctx) {
  std::sort(habit.done.begin(), habit.done.end());
  return rules::is_pending(
      {.start_date = habit.start_date, .schedules = {&habit.schedule, 1}, .pauses = habit.pauses, .done = habit.done},
      ctx.today, ctx.calendar.week_start);
}

void fill(Facts& out, std::span<const FactRow> rows, const Context& ctx) {
  std::map<std::string_view, Habit> habits;
  for (const FactRow& row : rows) {
    if (row.tag == "habit") habits.emplace(*row.t1, habit_from(row));
  }
  for (const FactRow& row : rows) {
    const auto habit = habits.find(row.t1.value_or(""));
    if (habit == habits.end()) continue;
    if (row.tag == "habit_done" && row.d1) habit->second.done.push_back(*row.d1);
    if (row.tag == "habit_pause") {
      habit->second.pauses.push_back(
          {.first = LocalDate::parse(row.t2.value_or("")).value_or(ctx.today),
           .last = row.t3 ? LocalDate::parse(*row.t3).value_or(rules::kOpenEnd) : rules::kOpenEnd});
    }
  }
  for (auto& [id, habit] : habits) out.facts.counts.pending_habits += is_pending(habit, ctx) ? 1 : 0;
}

}  // namespace

extern const FactGroup kHabitFacts{"habits", kSql, fill};

}  // namespace ignition::today
