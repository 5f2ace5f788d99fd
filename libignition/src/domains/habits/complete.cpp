#include <algorithm>

#include "domains/habits/stored.hpp"
#include "ignition/domains/activity.hpp"
#include "ignition/domains/plan.hpp"
#include "ignition/domains/progress.hpp"

namespace ignition::habits {

namespace {

namespace keys = rules::keys;

constexpr Sql kCompletionId{R"sql(
  SELECT id FROM habit_completions WHERE user_id = $1 AND habit_id = $2 AND completed_date = $3)sql"};
constexpr Sql kStoreCompletion{R"sql(
  INSERT INTO habit_completions
         (user_id, id, habit_id, completed_date, count, day_target, done, completed_at, tz, notes, award_no, created_at,
          updated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $8, $8)
  ON CONFLICT (user_id, habit_id, completed_date) DO UPDATE SET count = excluded.count,
         day_target = excluded.day_target, done = excluded.done, completed_at = excluded.completed_at,
         tz = excluded.tz, notes = COALESCE(excluded.notes, habit_completions.notes), award_no = excluded.award_no,
         updated_at = excluded.updated_at
  RETURNING id)sql"};
constexpr Sql kLowerCompletion{R"sql(
  UPDATE habit_completions SET count = $4, done = $5, award_no = award_no + $6, updated_at = $7
   WHERE user_id = $1 AND habit_id = $2 AND completed_date = $3)sql"};
constexpr Sql kRemoveCompletion{R"sql(
  DELETE FROM habit_completions WHERE user_id = $1 AND habit_id = $2 AND completed_date = $3)sql"};
// A date is completed within the seven days after it, so the newest completion is among the eight latest dates.
constexpr Sql kNewestCompletion{R"sql(
  SELECT max(completed_at)
    FROM (SELECT completed_at FROM habit_completions
           WHERE user_id = $1 AND habit_id = $2 ORDER BY completed_date DESC LIMIT 8) latest)sql"};
constexpr Sql kTouchHabit{R"sql(
  UPDATE habits SET last_completed_at = $3, updated_at = $4 WHERE user_id = $1 AND id = $2)sql"};
// Awards with keys from $2 up to, but without, $3.
constexpr Sql kAwards{R"sql(
  SELECT e.idempotency_key, e.event_id, e.base_xp, e.activity_date,
         EXISTS (SELECT 1 FROM points_ledger r WHERE r.user_id = $1 AND r.reverses_id = e.id)
    FROM points_ledger e
   WHERE e.user_id = $1 AND e.idempotency_key >= $2 AND e.idempotency_key < $3 ORDER BY e.seq)sql"};
constexpr Sql kLevel{R"sql(SELECT COALESCE((SELECT level FROM user_progress WHERE user_id = $1), 1))sql"};
constexpr Sql kCompletions{R"sql(
  SELECT id, completed_date, count, day_target, done, completed_at, tz, notes, award_no
    FROM habit_completions
   WHERE user_id = $1 AND habit_id = $2 AND completed_date BETWEEN $3 AND $4 ORDER BY completed_date)sql"};

struct Awarded {
  std::string key;
  std::optional<Uuid> event_id;
  int base_xp = 0;
  LocalDate date;
  bool reversed = false;
};
BOOST_DESCRIBE_STRUCT(Awarded, (), (key, event_id, base_xp, date, reversed))

struct OnlyId {
  Uuid id;
};
BOOST_DESCRIBE_STRUCT(OnlyId, (), (id))

// All awards for the deed with this key: the key itself and its repetitions `key#2`, `key#3` ...
std::vector<Awarded> awards_for(Context& ctx, const std::string& key) {
  return ctx.db.query<Awarded>(kAwards, ctx.user, key, key + '$');  // '$' comes after '#'
}
// All streak bonuses of the habit. The XP before the boost are the milestone; event_id is the completion that earned
// it.
std::vector<Awarded> bonuses_of(Context& ctx, const Uuid& habit) {
  const std::string prefix = "habit_streak:" + habit.text();
  return ctx.db.query<Awarded>(kAwards, ctx.user, prefix + ':', prefix + ';');  // ';' comes after ':'
}

// The key under which the deed is paid the next time: one more than were taken back (rule R-A1).
int next_award_no(const std::vector<Awarded>& awards) {
  return 1 + static_cast<int>(std::ranges::count_if(awards, &Awarded::reversed));
}

// Refuses what may not be completed or undone (rule R-H4).
LocalDate open_date(const Context& ctx, const Row& habit, std::optional<LocalDate> asked) {
  const LocalDate date = asked.value_or(ctx.today);
  if (!habit.is_active) throw conflict("archived", "The habit is archived.");
  if (!rules::completion_window(habit.start_date, ctx.today).contains(date)) {
    throw invalid("date", "out_of_window", "The date lies within the last seven days and after the habit's start.");
  }
  return date;
}

progress::Event event(rules::EventKind kind, const Row& habit, std::string key, const Uuid& event_id, LocalDate date) {
  return {.kind = kind,
          .key = std::move(key),
          .event_id = event_id,
          .entity_type = "habit",
          .entity_id = habit.id.text(),
          .activity_date = date};
}

std::string skill_of(const Row& habit) {
  return habit.skill_key ? *habit.skill_key : std::string(rules::habit_skill(habit.category));
}

// Adds what an award really paid to the result.
void add_award(CompleteResult& result, const progress::AwardResult& award) {
  if (award.already_awarded) return;
  result.xp_awarded += award.xp;
  result.coins_awarded += award.coins;
  result.leveled_up |= award.leveled_up;
  result.new_level = award.new_level;
  result.achievements.insert(result.achievements.end(), award.achievements.begin(), award.achievements.end());
}

// Pays the milestones that the run has reached and not paid yet (rule R-H6).
void pay_bonuses(Context& ctx, const Row& habit, const Uuid& completion, const rules::Streak& streak,
                 CompleteResult& result) {
  if (streak.current < rules::kBonusMilestones.front()) return;
  const auto earlier = bonuses_of(ctx, habit.id);
  std::vector<rules::PaidBonus> paid;
  for (const Awarded& bonus : earlier) {
    if (!bonus.reversed) paid.push_back({bonus.base_xp, bonus.date});
  }
  for (const int milestone : rules::bonuses_due(streak, paid, ctx.today)) {
    const std::string key = keys::habit_streak(habit.id, milestone, ctx.today);
    const auto repetitions =
        std::ranges::count_if(earlier, [&](const Awarded& b) { return b.key == key || b.key.starts_with(key + '#'); });
    const auto award = progress::award(
        ctx, {.event = event(rules::EventKind::habit_streak_bonus, habit,
                             keys::again(key, 1 + static_cast<int>(repetitions)), completion, ctx.today),
              .amounts = {.xp = milestone},
              .skill_key = skill_of(habit)});
    result.streak_bonus = true;
    result.bonus_xp += award.xp;
    add_award(result, award);
  }
}

}  // namespace

Completed complete(Context& ctx, const CompleteHabit& in) {
  Stored habit = load_one(ctx, in.id, in.date.value_or(ctx.today));
  Row& row = habit.row;
  const LocalDate date = open_date(ctx, row, in.date);
  const Day* before = habit.day(date);
  const int target = rules::day_target(rules::schedule_on(habit.schedules, date));
  const rules::CountStep step =
      rules::counted_up(before == nullptr ? 0 : before->count, static_cast<int>(in.amount.value.value()), target);
  CompleteResult result{.date = date};
  result.already_completed = step.already_done;
  if (!step.becomes_done) result.new_level = ctx.db.one<std::int64_t>(kLevel, ctx.user);
  if (step.already_done) {
    const auto streak = streak_of(ctx, habit);
    result.new_streak = streak.current;
    result.habit = view(ctx, habit, streak);
    return {std::move(result)};
  }

  const std::string& zone = ctx.calendar.zone.name();
  const std::string key = keys::habit(row.id, date);
  const int award_no = next_award_no(awards_for(ctx, key));
  const std::optional<std::string> notes = in.notes ? std::optional(in.notes->value) : std::nullopt;
  const auto completion = ctx.db.one<OnlyId>(kStoreCompletion, ctx.user, ctx.new_id(), row.id, date, step.count, target,
                                             step.becomes_done, ctx.now, zone, notes, award_no);
  habit.day_of(date) = {date, step.count, step.becomes_done, ctx.now, zone};
  row.last_completed_at = std::max(row.last_completed_at.value_or(ctx.now), ctx.now);
  row.updated_at = ctx.now;

  rules::Streak streak;
  if (step.becomes_done) {
    if (moves_shields(ctx, habit, date)) spend_again(ctx, habit);
    streak = streak_of(ctx, habit, date);
    store_streak(ctx, habit, streak);  // quests and achievements look at it
    add_award(result, progress::award(ctx, {.event = event(rules::EventKind::habit_complete, row,
                                                           keys::again(key, award_no), row.id, date),
                                            .amounts = rules::habit_amounts(row.category),
                                            .skill_key = skill_of(row)}));
    pay_bonuses(ctx, row, completion.id, streak, result);
    plan::complete_linked(ctx, row.id, date);
  } else {
    progress::record(ctx, event(rules::EventKind::habit_progress, row, keys::habit_progress(row.id, date, step.count),
                                row.id, date));
    ctx.db.execute(kTouchHabit, ctx.user, row.id, row.last_completed_at, ctx.now);
    streak = streak_of(ctx, habit);
  }
  result.new_streak = streak.current;
  result.habit = view(ctx, habit, streak);
  return {std::move(result)};
}

Undone undo(Context& ctx, const UndoHabit& in) {
  Stored habit = load_one(ctx, in.id, in.date.value_or(ctx.today));
  Row& row = habit.row;
  const LocalDate date = open_date(ctx, row, in.date);
  const Day* before = habit.day(date);
  if (before == nullptr) throw not_found("completion");
  const int target = rules::day_target(rules::schedule_on(habit.schedules, date));
  const rules::UndoStep step = rules::counted_down(before->count, target);
  const bool still_done = step.count >= target;

  std::vector<std::string> to_take_back;
  if (step.loses_done) {
    for (const Awarded& award : awards_for(ctx, keys::habit(row.id, date))) {
      if (!award.reversed) to_take_back.push_back(award.key);
    }
    const auto completion = ctx.db.one<OnlyId>(kCompletionId, ctx.user, row.id, date);
    for (const Awarded& bonus : bonuses_of(ctx, row.id)) {
      if (!bonus.reversed && bonus.event_id == completion.id) to_take_back.push_back(bonus.key);
    }
  } else {
    activity::reverse(ctx, keys::habit_progress(row.id, date, before->count));
  }
  if (step.count == 0) {
    ctx.db.execute(kRemoveCompletion, ctx.user, row.id, date);
    std::erase_if(habit.days, [&](const Day& day) { return day.date == date; });
    row.last_completed_at = ctx.db.one<std::optional<Instant>>(kNewestCompletion, ctx.user, row.id);
  } else {
    ctx.db.execute(kLowerCompletion, ctx.user, row.id, date, step.count, still_done, step.loses_done ? 1 : 0, ctx.now);
    habit.day_of(date).count = step.count;
    habit.day_of(date).done = still_done;
  }
  auto streak = streak_of(ctx, habit, date);
  store_streak(ctx, habit, streak);
  UndoResult result;
  for (const std::string& key : to_take_back) {  // quests look at the days as they are now
    const auto reversed = progress::reverse(ctx, key);
    result.xp_reversed -= reversed.xp;
    result.coins_reversed -= reversed.coins;
  }
  // Last, for the daily streak is the first to spend shields on the date.
  if (step.loses_done && moves_shields(ctx, habit, date) && spend_again(ctx, habit)) streak = streak_of(ctx, habit);
  result.habit = view(ctx, habit, streak);
  return {std::move(result)};
}

Completions completions(Context& ctx, const CompletionsOf& in) {
  constexpr int kMostDays = 366;
  if (in.to < in.from) throw invalid("to", "before_from", "The last day lies before the first one.");
  if (in.to - in.from >= kMostDays) throw invalid("to", "too_many", "At most 366 days can be asked for.");
  load_one(ctx, in.id, ctx.today);  // the caller's own
  return {ctx.db.query<Completion>(kCompletions, ctx.user, in.id, in.from, in.to)};
}

}  // namespace ignition::habits
