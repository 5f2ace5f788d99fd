#include "domains/habits/stored.hpp"

#include <algorithm>
#include <map>

namespace ignition::habits {

namespace {

// One habit ($2 = $3) or all ($2 and $3 the least and the greatest id) that are active or not ($4, $5).
constexpr Sql kHabits{R"sql(
  SELECT id, name, description, category, skill_key, frequency, target_count, custom_days, icon, color, start_date,
         reminder_time, auto_shield, is_active, archived_at, last_completed_at, sort_order, settled_through,
         settled_run, settled_longest, settled_run_start, settled_last_done, created_at, updated_at
    FROM habits
   WHERE user_id = $1 AND id BETWEEN $2 AND $3 AND is_active IN ($4, $5)
   ORDER BY sort_order, name, id)sql"};
// Schedules, pauses, shields, and the days from the checkpoint or from $6 on.
constexpr Sql kFacts{R"sql(
  SELECT s.habit_id, 'schedule' AS what, s.effective_from AS first, CAST(NULL AS DATE) AS last, s.target_count AS number,
         FALSE AS done, s.frequency, s.custom_days, CAST(NULL AS TIMESTAMPTZ) AS at, CAST(NULL AS TEXT) AS tz
    FROM habits h
    JOIN habit_schedules s ON s.user_id = h.user_id AND s.habit_id = h.id
   WHERE h.user_id = $1 AND h.id BETWEEN $2 AND $3 AND h.is_active IN ($4, $5)
  UNION ALL
  SELECT p.habit_id, 'pause', p.from_date, p.to_date, 0, FALSE, NULL, NULL, NULL, NULL
    FROM habits h
    JOIN habit_pauses p ON p.user_id = h.user_id AND p.habit_id = h.id
   WHERE h.user_id = $1 AND h.id BETWEEN $2 AND $3 AND h.is_active IN ($4, $5)
  UNION ALL
  SELECT u.habit_id, 'shield', u.used_for, NULL, 0, FALSE, NULL, NULL, NULL, NULL
    FROM habits h
    JOIN shield_uses u ON u.user_id = h.user_id AND u.habit_id = h.id
   WHERE h.user_id = $1 AND h.id BETWEEN $2 AND $3 AND h.is_active IN ($4, $5)
  UNION ALL
  SELECT c.habit_id, 'day', c.completed_date, NULL, c.count, c.done, NULL, NULL, c.completed_at, c.tz
    FROM habits h
    JOIN habit_completions c ON c.user_id = h.user_id AND c.habit_id = h.id
         AND c.completed_date >= CASE WHEN h.settled_through < $6 THEN h.settled_through ELSE $6 END
   WHERE h.user_id = $1 AND h.id BETWEEN $2 AND $3 AND h.is_active IN ($4, $5)
   ORDER BY 3)sql"};
constexpr Sql kAllDays{R"sql(
  SELECT completed_date, count, done, completed_at, tz FROM habit_completions
   WHERE user_id = $1 AND habit_id = $2 ORDER BY completed_date)sql"};
constexpr Sql kStoreStreak{R"sql(
  UPDATE habits SET current_streak = $3, longest_streak = $4, last_completed_at = $5, settled_through = $6,
         settled_run = $7, settled_longest = $8, settled_run_start = $9, settled_last_done = $10, updated_at = $11
   WHERE user_id = $1 AND id = $2)sql"};

constexpr Uuid kLeast{};
constexpr Uuid kGreatest = [] {
  Uuid id;
  id.bytes.fill(0xFF);
  return id;
}();

enum class What : std::uint8_t { schedule, pause, shield, day };
BOOST_DESCRIBE_ENUM(What, schedule, pause, shield, day)

struct Fact {
  Uuid habit_id;
  What what = What::day;
  LocalDate first;
  std::optional<LocalDate> last;
  int number = 0;
  bool done = false;
  std::optional<rules::Frequency> frequency;
  std::optional<std::vector<int>> custom_days;
  std::optional<Instant> at;
  std::optional<std::string> tz;
};
BOOST_DESCRIBE_STRUCT(Fact, (), (habit_id, what, first, last, number, done, frequency, custom_days, at, tz))

struct DayRow {
  LocalDate date;
  int count = 0;
  bool done = false;
  Instant completed_at;
  std::string tz;
};
BOOST_DESCRIBE_STRUCT(DayRow, (), (date, count, done, completed_at, tz))

void take(Stored& habit, Fact&& fact) {
  switch (fact.what) {
    case What::schedule:
      habit.schedules.push_back({.effective_from = fact.first,
                                 .frequency = fact.frequency.value_or(rules::Frequency::daily),
                                 .target_count = fact.number,
                                 .custom_days = weekdays_of(fact.custom_days).value_or(rules::Weekdays{})});
      break;
    case What::pause:
      habit.pauses.push_back({fact.first, fact.last.value_or(rules::kOpenEnd)});
      break;
    case What::shield:
      habit.covered.push_back(fact.first);
      break;
    case What::day:
      habit.days.push_back({fact.first, fact.number, fact.done, *fact.at, std::move(*fact.tz)});
      break;
  }
}

std::vector<Stored> load(Context& ctx, const Uuid& least, const Uuid& greatest, bool active, bool or_active,
                         LocalDate since) {
  std::vector<Stored> habits;
  std::map<Uuid, std::size_t> places;
  ctx.db.each<Row>(
      kHabits,
      [&](Row&& row) {
        places.emplace(row.id, habits.size());
        habits.push_back({.row = std::move(row)});
      },
      ctx.user, least, greatest, active, or_active);
  if (habits.empty()) return habits;
  ctx.db.each<Fact>(
      kFacts, [&](Fact&& fact) { take(habits[places.at(fact.habit_id)], std::move(fact)); }, ctx.user, least, greatest,
      active, or_active, since);
  return habits;
}

// Whether a walk may go on from the checkpoint. Weeks are cut anew when the user's week begins on another day.
bool may_go_on(const Context& ctx, const Stored& habit, std::optional<LocalDate> changed) {
  if (!habit.row.settled_through) return false;
  const LocalDate next = *habit.row.settled_through + 1;
  // The day before a changed one may have become bridged, so it must not have been judged either.
  if (changed && *changed <= next) return false;
  const bool weekly = rules::schedule_on(habit.schedules, next).frequency == rules::Frequency::weekly;
  return !weekly || ctx.calendar.week_of(next) == next;
}

rules::Streak walked(const Context& ctx, const Stored& habit, std::optional<rules::Checkpoint> from) {
  std::vector<LocalDate> done;
  std::vector<rules::DoneDay> days;
  for (const Day& day : habit.days) {
    if (!day.done) continue;
    done.push_back(day.date);
    days.push_back({day.date, day.completed_at, day.completed_at, day.tz, day.tz});
  }
  const LocalDate first = from ? from->next : done.empty() ? ctx.today : done.front();
  const auto neutral = rules::merged({habit.covered, rules::bridged_dates(days),
                                      rules::skipped_dates(ctx.calendar, {first, std::max(first, ctx.today)})});
  const auto cadences = rules::cadences_of(habit.schedules);
  return rules::walk({.done = done,
                      .cadences = cadences,
                      .today = ctx.today,
                      .week_start = ctx.calendar.week_start,
                      .neutral = neutral,
                      .paused = habit.pauses,
                      .from = from});
}

std::vector<LocalDate> done_dates(const Stored& habit) {
  std::vector<LocalDate> done;
  for (const Day& day : habit.days) {
    if (day.done) done.push_back(day.date);
  }
  return done;
}

}  // namespace

const Day* Stored::day(LocalDate date) const {
  const auto found = std::ranges::lower_bound(days, date, {}, &Day::date);
  return found != days.end() && found->date == date ? &*found : nullptr;
}

Day& Stored::day_of(LocalDate date) {
  const auto found = std::ranges::lower_bound(days, date, {}, &Day::date);
  if (found != days.end() && found->date == date) return *found;
  return *days.insert(found, {.date = date});
}

std::optional<rules::Weekdays> weekdays_of(const std::optional<std::vector<int>>& numbers) {
  if (!numbers) return {};
  return rules::weekdays_of(*numbers);
}

std::vector<Stored> load(Context& ctx, bool active) { return load(ctx, kLeast, kGreatest, active, active, ctx.today); }

Stored load_one(Context& ctx, const Uuid& id, LocalDate since) {
  auto found = load(ctx, id, id, true, false, std::min(since, ctx.today));
  if (found.empty()) throw not_found("habit");
  return std::move(found.front());
}

void load_all_days(Context& ctx, Stored& habit) {
  if (habit.has_all_days) return;
  habit.days.clear();
  ctx.db.each<DayRow>(
      kAllDays,
      [&](DayRow&& row) {
        habit.days.push_back({row.date, row.count, row.done, row.completed_at, std::move(row.tz)});
      },
      ctx.user, habit.row.id);
  habit.has_all_days = true;
}

rules::Streak streak_of(Context& ctx, Stored& habit, std::optional<LocalDate> changed) {
  const Row& row = habit.row;
  const bool never_done = !row.settled_through && !changed;
  if (may_go_on(ctx, habit, changed)) {
    return walked(ctx, habit,
                  rules::Checkpoint{.next = *row.settled_through + 1,
                                    .run = row.settled_run,
                                    .longest = row.settled_longest,
                                    .run_start = row.settled_run_start,
                                    .last_done = row.settled_last_done});
  }
  if (!never_done) load_all_days(ctx, habit);
  return walked(ctx, habit, {});
}

void store_streak(Context& ctx, Stored& habit, const rules::Streak& streak) {
  Row& row = habit.row;
  const auto kept = row.settled_last_done;
  row.settled_through.reset();
  row.settled_last_done.reset();
  const rules::Checkpoint settled = streak.settled.value_or(rules::Checkpoint{});
  if (streak.settled) {
    row.settled_through = settled.next - 1;
    for (const Day& day : habit.days) {
      if (day.done && day.date < settled.next) row.settled_last_done = day.date;
    }
    if (!row.settled_last_done && !habit.has_all_days) row.settled_last_done = kept;
  }
  row.settled_run = settled.run;
  row.settled_longest = settled.longest;
  row.settled_run_start = settled.run_start;
  row.updated_at = ctx.now;
  ctx.db.execute(kStoreStreak, ctx.user, row.id, streak.current, streak.longest, row.last_completed_at,
                 row.settled_through, row.settled_run, row.settled_longest, row.settled_run_start,
                 row.settled_last_done, ctx.now);
}

Habit view(const Context& ctx, const Stored& habit, const rules::Streak& streak) {
  const Row& row = habit.row;
  const auto done = done_dates(habit);
  const rules::HabitFacts facts{.start_date = row.start_date,
                                .is_active = row.is_active,
                                .schedules = habit.schedules,
                                .pauses = habit.pauses,
                                .done = done};
  const Day* today = habit.day(ctx.today);
  const rules::Amounts reward = rules::habit_amounts(row.category);
  Habit out{.id = row.id,
            .name = row.name,
            .description = row.description,
            .category = row.category,
            .skill_key = row.skill_key,
            .frequency = row.frequency,
            .target_count = row.target_count,
            .custom_days = row.custom_days,
            .icon = row.icon,
            .color = row.color,
            .start_date = row.start_date,
            .reminder_time = row.reminder_time,
            .auto_shield = row.auto_shield,
            .is_active = row.is_active,
            .archived_at = row.archived_at,
            .current_streak = streak.current,
            .longest_streak = streak.longest,
            .last_completed_at = row.last_completed_at,
            .sort_order = row.sort_order,
            .created_at = row.created_at,
            .updated_at = row.updated_at,
            .completed_today = today != nullptr && today->done,
            .count_today = today != nullptr ? today->count : 0,
            .day_target = rules::day_target(rules::schedule_on(habit.schedules, ctx.today)),
            .due_today = rules::is_due(facts, ctx.today),
            .streak_unit = streak.unit,
            .streak_status = streak.status,
            .xp_reward = reward.xp,
            .coin_reward = reward.coins};
  if (row.frequency == rules::Frequency::weekly) {
    out.week_done = rules::week_done(facts, ctx.today, ctx.calendar.week_start);
  }
  return out;
}

Habit shown(Context& ctx, const Uuid& id) {
  Stored habit = load_one(ctx, id, ctx.today);
  const auto streak = streak_of(ctx, habit);
  return view(ctx, habit, streak);
}

}  // namespace ignition::habits
