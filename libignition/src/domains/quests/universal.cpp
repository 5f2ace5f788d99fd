#include <algorithm>
#include <array>
#include <map>

#include "domains/quests/stored.hpp"
#include "ignition/domains/habits.hpp"
#include "ignition/domains/plan.hpp"
#include "ignition/domains/streaks.hpp"

namespace ignition::quests {

namespace {

using rules::QuestStatus;
using rules::QuestTarget;

// Shared quests with the user's row of the periods $2 (day), $3 (week) and $4 (month).
constexpr std::string_view kQuests = R"sql(
  SELECT q.id, q.key, q.title, q.description, q.quest_type, q.category, q.difficulty, q.target_type,
         COALESCE(p.target, q.target), COALESCE(p.xp_reward, q.xp_reward), COALESCE(p.coin_reward, q.coin_reward),
         CASE WHEN p.id IS NULL THEN q.skill_key ELSE p.skill_key END,
         COALESCE(p.skill_star_reward, q.skill_star_reward), q.starts_at, q.ends_at, q.sort_order, p.id, p.status,
         COALESCE(p.progress, 0), p.accepted_at, p.completed_at, p.claimed_at
    FROM universal_quests q
    LEFT JOIN user_quest_progress p ON p.user_id = $1 AND p.quest_id = q.id
          AND p.period_key = CASE q.quest_type WHEN 'daily' THEN CAST($2 AS TEXT) WHEN 'weekly' THEN CAST($3 AS TEXT)
                                               WHEN 'monthly' THEN CAST($4 AS TEXT) ELSE 'once' END
   WHERE q.is_active)sql";
const std::string kAllText = std::string(kQuests);
const std::string kOneText = std::string(kQuests) + " AND q.id = $5";
// Those that a change of up to four measures may move.
const std::string kFedText = std::string(kQuests) +
                             " AND q.target_type IN ($5, $6, $7, $8) AND (p.status IS NULL OR p.status IN "
                             "('in_progress', 'completed'))";
constexpr Sql kUpdate{R"sql(
  UPDATE user_quest_progress SET status = $3, progress = $4, completed_at = $5, claimed_at = $6, updated_at = $7
   WHERE user_id = $1 AND id = $2)sql"};
// A deed's minutes are whole ones, and of one deed at most $5 seconds count.
constexpr Sql kTallies{R"sql(
  SELECT activity_date, count(*), count(*) FILTER (WHERE counted),
         CAST(COALESCE(sum(CASE WHEN duration_seconds > CAST($5 AS BIGINT) THEN CAST($5 AS BIGINT)
                                ELSE duration_seconds END / 60), 0) AS BIGINT),
         CAST(COALESCE(sum(quantity), 0) AS BIGINT)
    FROM activity_events
   WHERE user_id = $1 AND event_type = $2 AND activity_date BETWEEN $3 AND $4 AND reversed_at IS NULL
   GROUP BY activity_date)sql"};
constexpr Sql kLevel{R"sql(SELECT COALESCE((SELECT level FROM user_progress WHERE user_id = $1), 1))sql"};
// Open rows of periods that ended before the day $2, the week $3, the month $4 or the instant $5: the length of a key
// tells its kind.
constexpr Sql kEnded{R"sql(
  SELECT p.id, p.quest_id, p.period_key, p.status, p.progress, p.xp_reward, p.coin_reward, p.skill_key,
         p.skill_star_reward, q.ends_at, p.completed_at
    FROM user_quest_progress p JOIN universal_quests q ON q.id = p.quest_id
   WHERE p.user_id = $1 AND p.status IN ('in_progress', 'completed')
     AND CASE length(p.period_key) WHEN 10 THEN p.period_key < CAST($2 AS TEXT)
                                   WHEN 8 THEN p.period_key < CAST($3 AS TEXT)
                                   WHEN 7 THEN p.period_key < CAST($4 AS TEXT)
                                   ELSE q.ends_at <= $5 END
   ORDER BY p.created_at, p.id)sql"};

struct NewRow {
  static constexpr std::string_view table = "user_quest_progress";
  Uuid user_id;
  Uuid id;
  Uuid quest_id;
  std::string period_key;
  QuestStatus status = QuestStatus::in_progress;
  std::int64_t progress = 0;
  std::int64_t target = 1;
  std::int64_t xp_reward = 0;
  std::int64_t coin_reward = 0;
  std::optional<std::string> skill_key;
  std::int64_t skill_star_reward = 0;
  std::optional<Instant> accepted_at;
  std::optional<Instant> completed_at;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(NewRow, (),
                      (user_id, id, quest_id, period_key, status, progress, target, xp_reward, coin_reward, skill_key,
                       skill_star_reward, accepted_at, completed_at, created_at, updated_at))

struct Ended {
  Uuid id;
  Uuid quest_id;
  std::string period_key;
  QuestStatus status = QuestStatus::in_progress;
  std::int64_t progress = 0;
  std::int64_t xp_reward = 0;
  std::int64_t coin_reward = 0;
  std::optional<std::string> skill_key;
  std::int64_t skill_star_reward = 0;
  std::optional<Instant> ends_at;
  std::optional<Instant> completed_at;
};
BOOST_DESCRIBE_STRUCT(Ended, (),
                      (id, quest_id, period_key, status, progress, xp_reward, coin_reward, skill_key, skill_star_reward,
                       ends_at, completed_at))

// The keys of the periods that hold a date.
struct Keys {
  std::string day;
  std::string week;
  std::string month;
  explicit Keys(LocalDate date)
      : day(rules::period_key(rules::Period::daily, date)),
        week(rules::period_key(rules::Period::weekly, date)),
        month(rules::period_key(rules::Period::monthly, date)) {}
};

template <class... Args>
std::vector<Universal> read(Context& ctx, const std::string& sql, LocalDate date, const Args&... args) {
  const Keys keys(date);
  const Instant at = date == ctx.today ? ctx.now : ctx.calendar.start(date);
  auto quests = ctx.db.query<Universal>(Sql{sql}, ctx.user, keys.day, keys.week, keys.month, args...);
  std::erase_if(quests, [&](const Universal& quest) {
    return !rules::is_quest_open(quest.quest_type, quest.starts_at, quest.ends_at, ctx.calendar, at);
  });
  return quests;
}

rules::DateRange dates_of(const Context& ctx, const Universal& quest) {
  return rules::quest_dates(quest.quest_type, quest.starts_at, quest.ends_at, ctx.calendar, ctx.today);
}

// Measures quests, reading the deeds of one kind once for all of them.
class Measures {
 public:
  Measures(Context& ctx, std::span<const Universal> quests) : ctx_(ctx) {
    for (const Universal& quest : quests) {
      const auto kind = rules::counted_deeds(quest.target_type);
      if (!kind) continue;
      const auto dates = dates_of(ctx, quest);
      auto& range = ranges_.try_emplace(*kind, dates).first->second;
      range = {std::min(range.first, dates.first), std::max(range.last, dates.last)};
    }
  }

  std::int64_t of(const Universal& quest) {
    const auto dates = dates_of(ctx_, quest);
    const int most = static_cast<int>(quest.target);
    switch (quest.target_type) {
      case QuestTarget::perfect_habit_days:
        return habits::perfect_days(ctx_, dates);
      case QuestTarget::streak_days:
        return streaks::peak(ctx_, rules::StreakType::daily_activity, dates, most);
      case QuestTarget::level:
        return ctx_.db.one<std::int64_t>(kLevel, ctx_.user);
      default:
        break;
    }
    const auto kind = rules::counted_deeds(quest.target_type);
    return kind ? rules::measured(quest.target_type, tallies(*kind), dates) : 0;
  }

 private:
  std::span<const rules::DayTally> tallies(rules::EventKind kind) {
    const auto [place, is_new] = tallies_.try_emplace(kind);
    if (is_new) {
      const auto& range = ranges_.at(kind);
      constexpr std::int64_t kNoLimit = 1'000'000'000;
      const bool is_workout = kind == rules::EventKind::workout_complete;
      place->second = ctx_.db.query<rules::DayTally>(kTallies, ctx_.user, rules::name_of(kind), range.first, range.last,
                                                     is_workout ? rules::kLongestWorkout : kNoLimit);
    }
    return place->second;
  }

  Context& ctx_;
  std::map<rules::EventKind, rules::DateRange> ranges_;
  std::map<rules::EventKind, std::vector<rules::DayTally>> tallies_;
};

// Writes the rows of the current period.
void store(Context& ctx, std::span<Universal> quests) {
  std::vector<NewRow> rows;
  for (Universal& quest : quests) {
    if (quest.row_id) {
      ctx.db.execute(kUpdate, ctx.user, *quest.row_id, quest.status(), quest.progress, quest.completed_at,
                     quest.claimed_at, ctx.now);
      continue;
    }
    quest.row_id = ctx.new_id();
    rows.push_back({.user_id = ctx.user,
                    .id = *quest.row_id,
                    .quest_id = quest.id,
                    .period_key = rules::period_key(quest.quest_type, ctx.today),
                    .status = quest.status(),
                    .progress = quest.progress,
                    .target = quest.target,
                    .xp_reward = quest.xp_reward,
                    .coin_reward = quest.coin_reward,
                    .skill_key = quest.skill_key,
                    .skill_star_reward = quest.skill_star_reward,
                    .accepted_at = quest.accepted_at,
                    .completed_at = quest.completed_at,
                    .created_at = ctx.now,
                    .updated_at = ctx.now});
  }
  if (!rows.empty()) ctx.db.insert_many<NewRow>(rows);
}

void store(Context& ctx, Universal& quest) { store(ctx, std::span(&quest, 1)); }

// Takes a measured value over. True when the row changed.
bool advance(const Context& ctx, Universal& quest, std::int64_t measured) {
  const std::int64_t progress = std::clamp<std::int64_t>(measured, 0, quest.target);
  if (progress == quest.progress) return false;
  quest.progress = progress;
  const bool reached = progress >= quest.target;
  quest.row_status = reached ? QuestStatus::completed : QuestStatus::in_progress;
  if (!reached) quest.completed_at.reset();
  if (reached && !quest.completed_at) quest.completed_at = ctx.now;
  return true;
}

// The item on today's plan that stands for a quest is done with it.
void tell_plan(Context& ctx, const Universal& quest) {
  if (quest.status() == QuestStatus::completed) plan::complete_linked(ctx, quest.id, ctx.today);
}

// Measures the open quests with one of these targets anew. Deeds that were not taken back cannot lower a measure, so
// they leave completed quests alone.
void evaluate(Context& ctx, std::span<const QuestTarget> targets, bool may_fall) {
  std::array<std::string_view, 4> names{};
  if (targets.empty()) return;
  if (targets.size() > names.size()) throw Error(Code::INTERNAL, "A deed feeds more than four measures of quests.");
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = name_of(targets[std::min(i, targets.size() - 1)]);
  auto quests = read(ctx, kFedText, ctx.today, names[0], names[1], names[2], names[3]);
  if (!may_fall) std::erase_if(quests, [](const Universal& quest) { return !quest.is_unfinished(); });
  Measures measures(ctx, quests);
  std::vector<Universal> moved;
  for (Universal& quest : quests) {
    if (advance(ctx, quest, measures.of(quest))) moved.push_back(std::move(quest));
  }
  store(ctx, moved);
  for (const Universal& quest : moved) tell_plan(ctx, quest);
}

// `late`: claimed by the library, as of this instant of the period that is over.
progress::AwardResult pay(Context& ctx, const Uuid& quest, const std::string& period_key, const rules::Amounts& amounts,
                          const std::optional<std::string>& skill_key, std::optional<Instant> late = {}) {
  return progress::award(ctx, {.event = {.kind = rules::EventKind::quest_complete,
                                         .key = rules::keys::quest(quest, period_key),
                                         .event_id = quest,
                                         .entity_type = "quest",
                                         .occurred_at = late,
                                         .activity_date = late ? ctx.calendar.date_of(*late) : ctx.today,
                                         .deed = {.personal = false, .automatic = late.has_value()}},
                               .amounts = amounts,
                               .skill_key = skill_key.value_or("")});
}

// The last instant of a period that is over.
Instant last_instant(const Context& ctx, const Ended& row) {
  const auto dates = rules::dates_of_key(row.period_key);
  const Instant end = dates ? rules::instants_of(*dates, ctx.calendar).ends_at : row.ends_at.value_or(ctx.now);
  return std::min(end, ctx.now) - Micros(1);
}

void settle(Context& ctx, const Ended& row) {
  if (row.status == QuestStatus::in_progress) {
    ctx.db.execute(kUpdate, ctx.user, row.id, QuestStatus::expired, row.progress, row.completed_at, std::nullopt,
                   ctx.now);
    return;
  }
  ctx.db.execute(kUpdate, ctx.user, row.id, QuestStatus::claimed, row.progress, row.completed_at, ctx.now, ctx.now);
  pay(ctx, row.quest_id, row.period_key,
      {.xp = row.xp_reward, .coins = row.coin_reward, .skill_stars = row.skill_star_reward}, row.skill_key,
      last_instant(ctx, row));
}

Error wrong_state() { return conflict("invalid_state", "The quest's state does not allow this."); }

}  // namespace

std::vector<Universal> open_universal(Context& ctx, LocalDate date) {
  auto quests = read(ctx, kAllText, date);
  std::ranges::sort(quests, {}, [](const Universal& q) { return std::tie(q.quest_type, q.sort_order, q.title, q.id); });
  return quests;
}

std::optional<Universal> find_universal(Context& ctx, const Uuid& id) {
  auto found = read(ctx, kOneText, ctx.today, id);
  if (found.empty()) return {};
  return std::move(found.front());
}

Quest view(const Context& ctx, const Universal& quest) {
  const auto dates = rules::period_dates(quest.quest_type, ctx.today);
  return {.id = quest.id,
          .source = Source::universal,
          .key = quest.key,
          .title = quest.title,
          .description = quest.description,
          .category = quest.category,
          .quest_type = quest.quest_type,
          .difficulty = quest.difficulty,
          .xp_reward = quest.xp_reward,
          .coin_reward = quest.coin_reward,
          .skill_key = quest.skill_key,
          .skill_star_reward = quest.skill_star_reward,
          .status = quest.status(),
          .progress = quest.progress,
          .target = quest.target,
          .target_type = quest.target_type,
          .period_key = rules::period_key(quest.quest_type, ctx.today),
          .period_ends_at = dates ? std::optional(rules::instants_of(*dates, ctx.calendar).ends_at) : quest.ends_at,
          .is_repeatable = quest.quest_type != rules::Period::one_time,
          .streak_count = 0,
          .accepted_at = quest.accepted_at,
          .completed_at = quest.completed_at,
          .claimed_at = quest.claimed_at,
          .expires_at = {}};
}

void accept(Context& ctx, Universal& quest) {
  if (quest.status() != QuestStatus::available) throw wrong_state();
  quest.row_status = QuestStatus::in_progress;
  quest.accepted_at = ctx.now;
  advance(ctx, quest, Measures(ctx, {&quest, 1}).of(quest));
  store(ctx, quest);
  tell_plan(ctx, quest);
}

void abandon(Context& ctx, Universal& quest) {
  if (!quest.is_unfinished() && quest.status() != QuestStatus::completed) throw wrong_state();
  quest.row_status = QuestStatus::abandoned;
  store(ctx, quest);
}

progress::AwardResult claim(Context& ctx, Universal& quest) {
  if (quest.status() == QuestStatus::claimed) throw conflict("already_claimed", "The reward is claimed already.");
  if (quest.is_unfinished()) throw conflict("target_not_reached", "The quest is not done yet.");
  if (quest.status() != QuestStatus::completed) throw wrong_state();
  quest.row_status = QuestStatus::claimed;
  quest.claimed_at = ctx.now;
  store(ctx, quest);
  return pay(ctx, quest.id, rules::period_key(quest.quest_type, ctx.today),
             {.xp = quest.xp_reward, .coins = quest.coin_reward, .skill_stars = quest.skill_star_reward},
             quest.skill_key);
}

void follow(Context& ctx, const progress::Happened& happened, progress::Aftermath&) {
  evaluate(ctx, rules::targets_fed(happened.kind, happened.days_of), happened.reversed);
}

void follow_rewards(Context& ctx, const progress::Happened&, progress::Aftermath& aftermath) {
  constexpr std::array kTargets{QuestTarget::level};
  if (!aftermath.achievements.empty()) evaluate(ctx, kTargets, false);
}

void recount(Context& ctx, rules::EventKind kind) { evaluate(ctx, rules::targets_fed(kind, {}), true); }

void habits_changed(Context& ctx) {
  constexpr std::array kTargets{QuestTarget::perfect_habit_days};
  evaluate(ctx, kTargets, true);
}

void settle(Context& ctx) {
  const Keys keys(ctx.today);
  for (const Ended& row : ctx.db.query<Ended>(kEnded, ctx.user, keys.day, keys.week, keys.month, ctx.now)) {
    try {
      ctx.db.attempt([&] { settle(ctx, row); });
    } catch (const Error& error) {
      if (error.code() != Code::CONFLICT) throw;  // a reward that cannot be paid now must not stop the user's writes
    }
  }
}

}  // namespace ignition::quests
