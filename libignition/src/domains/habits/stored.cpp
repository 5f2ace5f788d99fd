#include "domains/habits/stored.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "ignition/domains/streaks.hpp"

namespace ignition::habits {

namespace {

// Of a habit's own columns, in the order of Row, of the habits chosen by $2.
constexpr std::string_view kHabits = R"sql(
  SELECT h.id, h.name, h.description, h.category, h.skill_key, h.frequency, h.target_count, h.custom_days, h.icon,
         h.color, h.start_date, h.reminder_time, h.auto_shield, h.is_active, h.archived_at, h.last_completed_at,
         h.sort_order, h.settled_through, h.settled_run, h.settled_longest, h.settled_run_start, h.settled_last_done,
         h.created_at, h.updated_at
    FROM habits h
   WHERE h.user_id = $1 AND {0}
   ORDER BY h.sort_order, h.name, h.id)sql";
// Schedules, pauses, shields, and the days from the checkpoint or from $3 on, of the habits chosen by $2. The cross
// joins make SQLite begin with the habits, so that it reads of each only the days since its own checkpoint.
constexpr std::string_view kFacts = R"sql(
  SELECT s.habit_id, 'schedule' AS what, s.effective_from AS first, CAST(NULL AS DATE) AS last, s.target_count AS number,
         FALSE AS done, s.frequency, s.custom_days, CAST(NULL AS TIMESTAMPTZ) AS at, CAST(NULL AS TEXT) AS tz,
         CAST(NULL AS UUID) AS purchase
    FROM habits h CROSS JOIN habit_schedules s
   WHERE h.user_id = $1 AND {0} AND s.user_id = $1 AND s.habit_id = h.id
  UNION ALL
  SELECT p.habit_id, 'pause', p.from_date, p.to_date, 0, FALSE, NULL, NULL, NULL, NULL, NULL
    FROM habits h CROSS JOIN habit_pauses p
   WHERE h.user_id = $1 AND {0} AND p.user_id = $1 AND p.habit_id = h.id
  UNION ALL
  SELECT u.habit_id, 'shield', u.used_for, CASE WHEN u.mode = 'auto' THEN b.purchased_on END, 0, FALSE, NULL, NULL,
         NULL, NULL, u.purchase_id
    FROM habits h CROSS JOIN shield_uses u CROSS JOIN user_purchases b
   WHERE h.user_id = $1 AND {0} AND u.user_id = $1 AND u.habit_id = h.id AND b.user_id = $1 AND b.id = u.purchase_id
  UNION ALL
  SELECT c.habit_id, 'day', c.completed_date, NULL, c.count, c.done, NULL, NULL, c.completed_at, c.tz, NULL
    FROM habits h CROSS JOIN habit_completions c
   WHERE h.user_id = $1 AND {0} AND c.user_id = $1 AND c.habit_id = h.id
     AND c.completed_date >= CASE WHEN h.settled_through < $3 THEN h.settled_through ELSE $3 END
   ORDER BY 3)sql";
const std::string kAllHabitsText = fmt::format(kHabits, "h.is_active = $2");
const std::string kOneHabitText = fmt::format(kHabits, "h.id = $2");
const std::string kShieldedText = fmt::format(kHabits, "h.is_active = $2 AND h.auto_shield");
const std::string kFactsOfShieldedText = fmt::format(kFacts, "h.is_active = $2 AND h.auto_shield");
const std::string kFactsOfAllText = fmt::format(kFacts, "h.is_active = $2");
const std::string kFactsOfOneText = fmt::format(kFacts, "h.id = $2");
constexpr Sql kAllDays{R"sql(
  SELECT completed_date, count, done, completed_at, tz FROM habit_completions
   WHERE user_id = $1 AND habit_id = $2 ORDER BY completed_date)sql"};
constexpr Sql kStoreStreak{R"sql(
  UPDATE habits SET current_streak = $3, longest_streak = $4, last_completed_at = $5, settled_through = $6,
         settled_run = $7, settled_longest = $8, settled_run_start = $9, settled_last_done = $10, updated_at = $11
   WHERE user_id = $1 AND id = $2)sql"};

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
  std::optional<Uuid> purchase;
};
BOOST_DESCRIBE_STRUCT(Fact, (), (habit_id, what, first, last, number, done, frequency, custom_days, at, tz, purchase))

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
      if (fact.last) {
        habit.shielded.push_back({fact.first, *fact.last, *fact.purchase});
      } else {
        habit.covered.push_back(fact.first);
      }
      break;
    case What::day:
      habit.days.push_back({fact.first, fact.number, fact.done, *fact.at, std::move(*fact.tz)});
      break;
  }
}

// The habits chosen by two statements and their $2.
template <class Choice>
std::vector<Stored> load(Context& ctx, const std::string& rows, const std::string& facts, const Choice& choice,
                         LocalDate since) {
  std::vector<Stored> habits;
  std::map<Uuid, std::size_t> places;
  ctx.db.each<Row>(
      Sql{rows},
      [&](Row&& row) {
        places.emplace(row.id, habits.size());
        habits.push_back({.row = std::move(row)});
      },
      ctx.user, choice);
  if (habits.empty()) return habits;
  ctx.db.each<Fact>(
      Sql{facts}, [&](Fact&& fact) { take(habits[places.at(fact.habit_id)], std::move(fact)); }, ctx.user, choice,
      since);
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

// What a walk over a habit looks at.
struct Walked {
  std::vector<LocalDate> done;
  std::vector<LocalDate> neutral;
  std::vector<rules::Cadence> cadences;
  std::vector<LocalDate> shields;
  rules::StreakInput input;

  Walked(const Context& ctx, const Stored& habit, const std::optional<rules::Checkpoint>& from) {
    std::vector<rules::DoneDay> days;
    for (const Day& day : habit.days) {
      if (!day.done) continue;
      done.push_back(day.date);
      days.push_back({day.date, day.completed_at, day.completed_at, day.tz, day.tz});
    }
    const LocalDate first = from ? from->next : done.empty() ? ctx.today : done.front();
    neutral = rules::merged({habit.covered, rules::bridged_dates(days),
                             rules::skipped_dates(ctx.calendar, {first, std::max(first, ctx.today)})});
    cadences = rules::cadences_of(habit.schedules);
    // Shields that were spent are spent again by the walk: of weeks they say more than that a date is neutral.
    for (const Shielded& shield : habit.shielded) {
      if (!from || shield.used_for >= from->next) shields.push_back(shield.bought);
    }
    shields.insert(shields.end(), habit.to_spend.begin(), habit.to_spend.end());
    input = {.done = done,
             .cadences = cadences,
             .today = ctx.today,
             .week_start = ctx.calendar.week_start,
             .shields = shields,
             .neutral = neutral,
             .paused = habit.pauses,
             .from = from};
  }
  Walked(const Walked&) = delete;
  Walked& operator=(const Walked&) = delete;
};

rules::Streak walked(const Context& ctx, const Stored& habit, std::optional<rules::Checkpoint> from) {
  return rules::walk(Walked(ctx, habit, from).input);
}

// Active habits that spend shields by themselves, first come first served (rule R-S10).
std::vector<Stored> shielded_habits(Context& ctx) {
  auto habits = load(ctx, kShieldedText, kFactsOfShieldedText, true, ctx.today);
  std::ranges::sort(habits, {}, [](const Stored& habit) { return std::pair(habit.row.created_at, habit.row.id); });
  return habits;
}

// The indices of `held`, all of which the walk could spend, that it spent.
std::vector<std::size_t> newly_spent(const rules::Streak& streak, std::size_t held) {
  const std::size_t all = streak.spent.size() + static_cast<std::size_t>(streak.shields_left);
  std::vector<std::size_t> out;
  for (const auto& one : streak.spent) {
    if (one.shield >= all - held) out.push_back(one.shield - (all - held));
  }
  std::ranges::sort(out);
  return out;
}

// What the walk left of the shields that it could spend: those spent before, from its checkpoint on, and those held. An
// older one that became free takes the place of one that was spent before, which is held again.
std::vector<shields::Held> unspent(const Stored& habit, const rules::Streak& streak,
                                   std::span<const shields::Held> held) {
  const std::size_t all = streak.spent.size() + static_cast<std::size_t>(streak.shields_left);
  std::vector<shields::Held> pool;
  for (auto i = habit.shielded.end() - static_cast<std::ptrdiff_t>(all - held.size()); i != habit.shielded.end(); ++i) {
    pool.push_back({i->purchase, i->bought});
  }
  pool.insert(pool.end(), held.begin(), held.end());
  std::vector<shields::Held> left;
  for (std::size_t i = 0; i < pool.size(); ++i) {
    if (std::ranges::find(streak.spent, i, &rules::ShieldSpent::shield) == streak.spent.end()) left.push_back(pool[i]);
  }
  std::ranges::sort(left, {}, [](const shields::Held& one) { return std::pair(one.bought, one.purchase); });
  return left;
}

// What a read sees: held shields are spent, though that is not stored. A write has stored it before.
void shield_for_read(Context& ctx, std::vector<Stored>& habits) {
  const auto by_itself = [](const Stored& habit) { return habit.row.auto_shield && habit.row.is_active; };
  if (!ctx.is_snapshot() || std::ranges::none_of(habits, by_itself)) return;
  auto left = streaks::shields_left(ctx);
  if (left.empty()) return;
  auto spent = shield(ctx, left);
  for (Stored& habit : habits) habit.to_spend = std::move(spent[habit.row.id]);
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

std::vector<Stored> load(Context& ctx, bool active) {
  auto habits = load(ctx, kAllHabitsText, kFactsOfAllText, active, ctx.today);
  shield_for_read(ctx, habits);
  return habits;
}

Stored load_one(Context& ctx, const Uuid& id, LocalDate since) {
  auto found = load(ctx, kOneHabitText, kFactsOfOneText, id, std::min(since, ctx.today));
  if (found.empty()) throw not_found("habit");
  shield_for_read(ctx, found);
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

std::map<Uuid, std::vector<LocalDate>> shield(Context& ctx, std::vector<shields::Held>& left) {
  std::map<Uuid, std::vector<LocalDate>> spent;
  for (Stored& habit : shielded_habits(ctx)) {
    if (left.empty()) break;
    habit.to_spend = shields::pool({}, left);
    const auto streak = streak_of(ctx, habit);
    auto& bought = spent[habit.row.id];
    for (const std::size_t i : newly_spent(streak, left.size())) bought.push_back(left[i].bought);
    if (!bought.empty()) left = unspent(habit, streak, left);
  }
  return spent;
}

bool spend_again(Context& ctx, Stored& habit) {
  const LocalDate kEver = LocalDate::of(1970, 1, 1);
  const shields::Target target{.streak_type = {}, .habit_id = habit.row.id};
  const auto held = habit.row.auto_shield ? shields::held(ctx) : std::vector<shields::Held>{};
  const auto uses = shields::uses_of(ctx, target, kEver);
  if (held.empty() && uses.empty()) return false;
  load_all_days(ctx, habit);
  const auto know = [&](const std::vector<shields::Use>& stored) {
    habit.shielded.clear();
    for (const auto& use : stored) habit.shielded.push_back({use.used_for, use.bought, use.purchase});
  };
  know(uses);
  habit.to_spend = shields::pool({}, held);
  const auto streak = walked(ctx, habit, {});
  habit.to_spend.clear();
  if (!shields::store(ctx, target, uses, held, streak.spent).changed) return false;
  know(shields::uses_of(ctx, target, kEver));
  store_streak(ctx, habit, streak);
  return true;
}

bool moves_shields(const Context& ctx, const Stored& habit, LocalDate date) {
  return date < ctx.today || std::ranges::find(habit.shielded, date, &Shielded::used_for) != habit.shielded.end();
}

void spend_shields(Context& ctx, std::vector<shields::Held> held) {
  for (Stored& habit : shielded_habits(ctx)) {
    if (held.empty()) return;
    habit.to_spend = shields::pool({}, held);
    if (newly_spent(streak_of(ctx, habit), held.size()).empty()) continue;
    spend_again(ctx, habit);
    held = shields::held(ctx);
  }
}

rules::Protection protection(Context& ctx, const Uuid& id, LocalDate date, int shields_held) {
  Stored habit = load_one(ctx, id, ctx.today);
  load_all_days(ctx, habit);
  const Walked walked(ctx, habit, {});
  return rules::protection(walked.input, rules::walk(walked.input), date, shields_held);
}

rules::Streak judge_again(Context& ctx, const Uuid& id, LocalDate date) {
  Stored habit = load_one(ctx, id, ctx.today);
  load_all_days(ctx, habit);
  spend_again(ctx, habit);
  const auto streak = streak_of(ctx, habit, date);
  store_streak(ctx, habit, streak);
  return streak;
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
