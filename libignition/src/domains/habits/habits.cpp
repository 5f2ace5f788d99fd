#include "ignition/domains/habits.hpp"

#include <algorithm>
#include <map>

#include "domains/habits/stored.hpp"
#include "ignition/domains/quests.hpp"
#include "ignition/domains/skills.hpp"
#include "ignition/rules/ordering.hpp"
#include "ignition/wire.hpp"

namespace ignition::habits {

namespace {

constexpr Sql kSchedules{R"sql(
  SELECT effective_from, frequency, target_count, custom_days FROM habit_schedules
   WHERE user_id = $1 AND habit_id = $2 ORDER BY effective_from)sql"};
constexpr Sql kPauses{R"sql(
  SELECT from_date, to_date, reason FROM habit_pauses
   WHERE user_id = $1 AND habit_id = $2 ORDER BY from_date, id)sql"};
constexpr Sql kCountActive{R"sql(SELECT count(*) FROM habits WHERE user_id = $1 AND is_active)sql"};
constexpr Sql kForgetSchedules{R"sql(
  DELETE FROM habit_schedules WHERE user_id = $1 AND habit_id = $2 AND effective_from >= $3)sql"};
constexpr Sql kRejudgeDays{R"sql(
  UPDATE habit_completions
     SET day_target = $4, done = CASE WHEN count >= $4 THEN TRUE ELSE FALSE END, updated_at = $5
   WHERE user_id = $1 AND habit_id = $2 AND completed_date >= $3)sql"};
constexpr Sql kUpdate{R"sql(
  UPDATE habits SET name = $3, description = $4, category = $5, skill_key = $6, frequency = $7, target_count = $8,
         custom_days = $9, icon = $10, color = $11, reminder_time = $12, auto_shield = $13, sort_order = $14,
         updated_at = $15
   WHERE user_id = $1 AND id = $2)sql"};
constexpr Sql kPlace{R"sql(UPDATE habits SET sort_order = $3, updated_at = $4 WHERE user_id = $1 AND id = $2)sql"};
constexpr Sql kActivate{R"sql(
  UPDATE habits SET is_active = $3, archived_at = $4, updated_at = $5 WHERE user_id = $1 AND id = $2)sql"};
constexpr Sql kEndPause{R"sql(
  UPDATE habit_pauses SET to_date = $3, updated_at = $4
   WHERE user_id = $1 AND habit_id = $2 AND reason = 'archive' AND to_date IS NULL AND from_date <= $3)sql"};
// A habit restored on the day it was archived was never away.
constexpr Sql kForgetPause{R"sql(
  DELETE FROM habit_pauses WHERE user_id = $1 AND habit_id = $2 AND reason = 'archive' AND to_date IS NULL)sql"};
constexpr Sql kForgetShields{R"sql(DELETE FROM shield_uses WHERE user_id = $1 AND habit_id = $2)sql"};
constexpr Sql kDelete{R"sql(DELETE FROM habits WHERE user_id = $1 AND id = $2)sql"};

struct NewHabit {
  static constexpr std::string_view table = "habits";
  Uuid user_id;
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
  std::int64_t sort_order = 0;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(NewHabit, (),
                      (user_id, id, name, description, category, skill_key, frequency, target_count, custom_days, icon,
                       color, start_date, reminder_time, auto_shield, is_active, sort_order, created_at, updated_at))

struct NewSchedule {
  static constexpr std::string_view table = "habit_schedules";
  Uuid user_id;
  Uuid id;
  Uuid habit_id;
  LocalDate effective_from;
  rules::Frequency frequency = rules::Frequency::daily;
  int target_count = 1;
  std::optional<std::vector<int>> custom_days;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(NewSchedule, (),
                      (user_id, id, habit_id, effective_from, frequency, target_count, custom_days, created_at,
                       updated_at))

struct NewPause {
  static constexpr std::string_view table = "habit_pauses";
  Uuid user_id;
  Uuid id;
  Uuid habit_id;
  LocalDate from_date;
  PauseReason reason = PauseReason::archive;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(NewPause, (), (user_id, id, habit_id, from_date, reason, created_at, updated_at))

constexpr std::int64_t kMostActive = 200;
constexpr int kOldestStart = 365;

// What a habit asks for, as checked input.
struct Cadence {
  rules::Frequency frequency = rules::Frequency::daily;
  int target_count = 1;
  std::optional<std::vector<int>> custom_days;
  friend bool operator==(const Cadence&, const Cadence&) = default;
};

Cadence checked(Cadence cadence) {
  constexpr int kDaysOfAWeek = 7;
  if (cadence.frequency == rules::Frequency::weekly && cadence.target_count > kDaysOfAWeek) {
    throw invalid("target_count", "out_of_range", "A week has 7 days.");
  }
  if (cadence.frequency != rules::Frequency::custom) {
    if (cadence.custom_days) throw invalid("custom_days", "not_custom", "Days are chosen with frequency custom only.");
    return cadence;
  }
  if (!cadence.custom_days) throw invalid("custom_days", "required", "Choose the days of the week.");
  const auto days = rules::weekdays_of(*cadence.custom_days);
  if (!days) throw invalid("custom_days", "repeated", "Days are distinct ISO weekdays, 1 to 7.");
  cadence.custom_days = rules::numbers_of(*days);
  return cadence;
}

std::optional<std::vector<int>> numbers(const std::optional<CustomDays>& days) {
  if (!days) return {};
  std::vector<int> out;
  for (const auto& day : *days) out.push_back(static_cast<int>(day.value()));
  return out;
}

std::optional<std::string> checked_skill(Context& ctx, const std::optional<SkillKey>& key) {
  if (!key) return {};
  return skills::checked(ctx, key->value);
}

template <class T>
std::optional<std::string> text_of(const std::optional<T>& value) {
  if (!value) return {};
  return value->value;
}

void expect_room(Context& ctx) {
  if (ctx.db.one<std::int64_t>(kCountActive, ctx.user) >= kMostActive) {
    throw conflict("habit_limit", "At most 200 habits can be active.");
  }
}

void insert_schedule(Context& ctx, const Uuid& habit, LocalDate from, const Cadence& cadence) {
  ctx.db.insert(NewSchedule{.user_id = ctx.user,
                            .id = ctx.new_id(),
                            .habit_id = habit,
                            .effective_from = from,
                            .frequency = cadence.frequency,
                            .target_count = cadence.target_count,
                            .custom_days = cadence.custom_days,
                            .created_at = ctx.now,
                            .updated_at = ctx.now});
}

// Gives the habit another cadence from the date of rule R-H10 on, and judges the days since by it.
void reschedule(Context& ctx, Stored& habit, const Cadence& cadence) {
  const rules::HabitSchedule next{.frequency = cadence.frequency,
                                  .target_count = cadence.target_count,
                                  .custom_days = weekdays_of(cadence.custom_days).value_or(rules::Weekdays{})};
  habit.schedules = rules::rescheduled(habit.schedules, next, ctx.today, ctx.calendar.week_start);
  const LocalDate from = habit.schedules.back().effective_from;
  ctx.db.execute(kForgetSchedules, ctx.user, habit.row.id, from);
  insert_schedule(ctx, habit.row.id, from, cadence);
  ctx.db.execute(kRejudgeDays, ctx.user, habit.row.id, from, rules::day_target(habit.schedules.back()), ctx.now);
  load_all_days(ctx, habit);
  const auto streak = streak_of(ctx, habit, from);
  store_streak(ctx, habit, streak);
  quests::habits_changed(ctx);
}

void set_active(Context& ctx, const Uuid& id, bool active) {
  const std::optional<Instant> archived_at = active ? std::nullopt : std::optional(ctx.now);
  ctx.db.execute(kActivate, ctx.user, id, active, archived_at, ctx.now);
}

void put_away(Context& ctx, const Uuid& id) {
  set_active(ctx, id, false);
  ctx.db.insert(NewPause{.user_id = ctx.user,
                         .id = ctx.new_id(),
                         .habit_id = id,
                         .from_date = ctx.today,
                         .created_at = ctx.now,
                         .updated_at = ctx.now});
  quests::habits_changed(ctx);
}

Habits shown(Context& ctx, std::vector<Stored> habits) {
  Habits out;
  for (Stored& habit : habits) {
    const auto streak = streak_of(ctx, habit);
    out.habits.push_back(view(ctx, habit, streak));
  }
  out.total = static_cast<std::int64_t>(out.habits.size());
  return out;
}

std::string json_of(const std::vector<Uuid>& ids) { return to_json(ids); }

}  // namespace

Habits list(Context& ctx, const ListHabits& in) { return shown(ctx, load(ctx, in.active.value)); }

Habits archived(Context& ctx, const Nothing&) { return shown(ctx, load(ctx, false)); }

HabitInFull get(Context& ctx, const ById& in) {
  return {.habit = shown(ctx, in.id),
          .schedules = ctx.db.query<Schedule>(kSchedules, ctx.user, in.id),
          .pauses = ctx.db.query<Pause>(kPauses, ctx.user, in.id)};
}

OneHabit create(Context& ctx, const CreateHabit& in) {
  const Cadence cadence = checked({.frequency = in.frequency.value,
                                   .target_count = static_cast<int>(in.target_count.value.value()),
                                   .custom_days = numbers(in.custom_days)});
  const LocalDate start = in.start_date.value_or(ctx.today);
  if (start > ctx.today || start < ctx.today - kOldestStart) {
    throw invalid("start_date", "out_of_range", "A habit begins within the last year, today at the latest.");
  }
  auto skill_key = checked_skill(ctx, in.skill_key);
  expect_room(ctx);
  const Uuid id = ctx.new_id();
  ctx.db.insert(NewHabit{.user_id = ctx.user,
                         .id = id,
                         .name = in.name,
                         .description = text_of(in.description),
                         .category = in.category,
                         .skill_key = std::move(skill_key),
                         .frequency = cadence.frequency,
                         .target_count = cadence.target_count,
                         .custom_days = cadence.custom_days,
                         .icon = text_of(in.icon),
                         .color = text_of(in.color),
                         .start_date = start,
                         .reminder_time = text_of(in.reminder_time),
                         .auto_shield = in.auto_shield,
                         .sort_order = in.sort_order.value,
                         .created_at = ctx.now,
                         .updated_at = ctx.now});
  insert_schedule(ctx, id, start, cadence);
  quests::habits_changed(ctx);
  return {shown(ctx, id)};
}

OneHabit update(Context& ctx, const UpdateHabit& in) {
  Stored habit = load_one(ctx, in.id, ctx.today);
  Row& row = habit.row;
  const Cadence before{row.frequency, row.target_count, row.custom_days};
  Cadence after = before;
  if (in.frequency) after.frequency = *in.frequency;
  if (in.target_count) after.target_count = static_cast<int>(in.target_count->value());
  if (in.custom_days.present) {
    after.custom_days = numbers(in.custom_days.value);
  } else if (after.frequency != rules::Frequency::custom) {
    after.custom_days.reset();
  }
  after = checked(std::move(after));
  if (in.name) row.name = *in.name;
  if (in.category) row.category = *in.category;
  if (in.skill_key.present) row.skill_key = checked_skill(ctx, in.skill_key.value);
  in.description.apply(row.description);
  in.icon.apply(row.icon);
  in.color.apply(row.color);
  in.reminder_time.apply(row.reminder_time);
  if (in.auto_shield) row.auto_shield = *in.auto_shield;
  if (in.sort_order) row.sort_order = *in.sort_order;
  std::optional<Json> custom_days;
  if (after.custom_days) custom_days = Json{to_json(*after.custom_days)};
  ctx.db.execute(kUpdate, ctx.user, row.id, row.name, row.description, row.category, row.skill_key, after.frequency,
                 after.target_count, custom_days, row.icon, row.color, row.reminder_time, row.auto_shield,
                 row.sort_order, ctx.now);
  if (!(after == before)) reschedule(ctx, habit, after);
  return {shown(ctx, in.id)};
}

Habits reorder(Context& ctx, const Reorder& in) {
  auto habits = load(ctx, true);
  std::vector<rules::Sibling> siblings;  // in their present order, which names decide, too
  std::map<Uuid, std::int64_t> sort_orders;
  for (const Stored& habit : habits) {
    siblings.push_back({habit.row.id, static_cast<std::int64_t>(siblings.size())});
    sort_orders.emplace(habit.row.id, habit.row.sort_order);
  }
  const rules::Reorder order = rules::reorder(siblings, in.ids, rules::kSortOrder);
  switch (order.outcome) {
    case rules::ReorderOutcome::repeated:
      throw invalid("ids", "repeated", "A habit stands twice in the order.");
    case rules::ReorderOutcome::differs:
      throw conflict("order_changed", "The habits have changed meanwhile.")
          .with_json("missing", json_of(order.missing))
          .with_json("unknown", json_of(order.unknown));
    case rules::ReorderOutcome::unchanged:
      return shown(ctx, std::move(habits));
    case rules::ReorderOutcome::reordered:
      break;
  }
  std::int64_t place = 0;
  for (const Uuid& id : in.ids) {
    if (sort_orders.at(id) != place) ctx.db.execute(kPlace, ctx.user, id, place, ctx.now);
    ++place;
  }
  return shown(ctx, load(ctx, true));
}

OneHabit archive(Context& ctx, const ById& in) {
  const Stored habit = load_one(ctx, in.id, ctx.today);
  if (!habit.row.is_active) throw conflict("already_archived", "The habit is archived already.");
  put_away(ctx, in.id);
  return {shown(ctx, in.id)};
}

OneHabit restore(Context& ctx, const ById& in) {
  const Stored habit = load_one(ctx, in.id, ctx.today);
  if (habit.row.is_active) throw conflict("not_archived", "The habit is not archived.");
  expect_room(ctx);
  set_active(ctx, in.id, true);
  ctx.db.execute(kEndPause, ctx.user, in.id, ctx.today - 1, ctx.now);
  ctx.db.execute(kForgetPause, ctx.user, in.id);
  quests::habits_changed(ctx);
  return {shown(ctx, in.id)};
}

DeletedHabit remove(Context& ctx, const DeleteHabit& in) {
  const Stored habit = load_one(ctx, in.id, ctx.today);
  if (!in.permanent) {
    if (habit.row.is_active) put_away(ctx, in.id);
    return {.id = in.id, .archived = true};
  }
  ctx.db.execute(kForgetShields, ctx.user, in.id);
  ctx.db.execute(kDelete, ctx.user, in.id);
  quests::habits_changed(ctx);
  return {.id = in.id, .deleted = true};
}

void add_operations(Catalogue& c) {
  c.add("habits.list", Get("/habits"), Access::user, Effect::read, &list, "Habits with today's state.");
  c.add("habits.archived", Get("/habits/archived"), Access::user, Effect::read, &archived, "Archived habits.");
  c.add("habits.get", Get("/habits/{id}"), Access::user, Effect::read, &get,
        "One habit with its schedules and pauses.");
  c.add("habits.create", Create("/habits"), Access::user, Effect::write, &create, "Creates a habit.");
  c.add("habits.update", Patch("/habits/{id}"), Access::user, Effect::write, &update,
        "Changes a habit; a new cadence leaves past days as they were judged.");
  c.add("habits.reorder", Put("/habits/order"), Access::user, Effect::write, &reorder,
        "Puts all active habits in this order.");
  c.add("habits.complete", Post("/habits/{id}/complete"), Access::user, Effect::write, &complete,
        "Counts repetitions of a habit; pays when the date becomes done.");
  c.add("habits.undo", Post("/habits/{id}/undo"), Access::user, Effect::write, &undo,
        "Takes one repetition back, with what it paid.");
  c.add("habits.completions", Get("/habits/{id}/completions"), Access::user, Effect::read, &completions,
        "Dates with repetitions.")
      .from_replica();
  c.add("habits.archive", Post("/habits/{id}/archive"), Access::user, Effect::write, &archive,
        "Puts a habit away; its streak is kept as it is.");
  c.add("habits.restore", Post("/habits/{id}/restore"), Access::user, Effect::write, &restore,
        "Takes an archived habit up again.");
  c.add("habits.delete", Delete("/habits/{id}"), Access::user, Effect::write, &remove,
        "Archives a habit, or removes it for good.");
  c.add("habits.analytics", Get("/habits/analytics"), Access::user, Effect::read, &analytics,
        "Completions, rates and streaks of all habits.")
      .from_replica();
  c.add("habits.stats", Get("/habits/{id}/stats"), Access::user, Effect::read, &stats,
        "Rate, weekdays, best runs and strength of one habit.")
      .from_replica();
}

}  // namespace ignition::habits
