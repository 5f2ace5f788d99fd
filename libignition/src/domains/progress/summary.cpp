#include "domains/habits/stored.hpp"
#include "ignition/domains/progress.hpp"

namespace ignition::progress {

namespace {

// One row per streak type and covered date; what belongs to the user alone is the same in all of them.
constexpr Sql kSummary{R"sql(
  SELECT COALESCE(p.total_xp, 0), COALESCE(p.total_skill_stars, 0), COALESCE(w.coins, 0), COALESCE(w.total_earned, 0),
         COALESCE(w.total_spent, 0),
         (SELECT count(*) FROM user_achievements a WHERE a.user_id = $1),
         EXISTS (SELECT 1 FROM habits a WHERE a.user_id = $1 AND a.is_active AND a.auto_shield),
         b.multiplier_percent, b.ends_at, t.xp, t.coins,
         (SELECT count(*) FROM activity_events e
           WHERE e.user_id = $1 AND e.occurred_at >= $3 AND e.activity_date = $4 AND e.reversed_at IS NULL),
         s.streak_type, COALESCE(s.current, 0), COALESCE(s.longest, 0), COALESCE(s.longest_floor, 0),
         COALESCE(s.breaks, 0), s.last_activity_date, s.last_broken_on, s.run_start, c.used_for,
         h.id, h.purchased_on, h.uses_remaining
    FROM users u
    LEFT JOIN user_progress p ON p.user_id = u.id
    LEFT JOIN user_wallet w ON w.user_id = u.id
    LEFT JOIN (SELECT CAST(COALESCE(sum(xp), 0) AS BIGINT) AS xp,
                      CAST(COALESCE(sum(CASE WHEN kind IN ('spend', 'refund') THEN 0 ELSE coins END), 0) AS BIGINT)
                        AS coins
                 FROM points_ledger
                WHERE user_id = $1 AND created_at >= $3 AND activity_date = $4) t ON TRUE
    LEFT JOIN user_boosts b ON b.user_id = u.id
          AND b.id = (SELECT x.id FROM user_boosts x
                       WHERE x.user_id = $1 AND x.starts_at <= $2 AND x.ends_at > $2
                       ORDER BY x.ends_at DESC, x.id LIMIT 1)
    LEFT JOIN user_streaks s ON s.user_id = u.id
    LEFT JOIN shield_uses c ON c.user_id = u.id AND c.habit_id IS NULL AND c.used_for > s.last_activity_date
          AND c.streak_type IN (s.streak_type, 'daily_activity')
    LEFT JOIN user_purchases h ON h.user_id = u.id AND h.item_key = 'streak_shield' AND h.status = 'purchased'
          AND h.uses_remaining > 0 AND (h.expires_at IS NULL OR h.expires_at > $2)
   WHERE u.id = $1)sql"};
constexpr Sql kHistory{R"sql(
  SELECT date, CAST(sum(xp) AS BIGINT), CAST(sum(coins) AS BIGINT), CAST(sum(events) AS BIGINT)
    FROM (SELECT activity_date AS date, xp, CASE WHEN kind IN ('spend', 'refund') THEN 0 ELSE coins END AS coins,
                 0 AS events
            FROM points_ledger
           WHERE user_id = $1 AND created_at >= $2 AND activity_date BETWEEN $3 AND $4
          UNION ALL
          SELECT activity_date, 0, 0, 1
            FROM activity_events
           WHERE user_id = $1 AND occurred_at >= $2 AND activity_date BETWEEN $3 AND $4
             AND reversed_at IS NULL) deeds
   GROUP BY date ORDER BY date)sql"};

struct SummaryRow {
  std::int64_t total_xp = 0;
  std::int64_t total_skill_stars = 0;
  std::int64_t coins = 0;
  std::int64_t total_earned = 0;
  std::int64_t total_spent = 0;
  std::int64_t achievement_count = 0;
  bool shields_habits = false;  // some habit spends shields by itself
  std::optional<std::int64_t> boost_percent;
  std::optional<Instant> boost_ends;
  std::int64_t today_xp = 0;
  std::int64_t today_coins = 0;
  std::int64_t today_events = 0;
};
BOOST_DESCRIBE_STRUCT(SummaryRow, (),
                      (total_xp, total_skill_stars, coins, total_earned, total_spent, achievement_count, shields_habits,
                       boost_percent, boost_ends, today_xp, today_coins, today_events))

struct SummaryRows : SummaryRow, streaks::Row {};
BOOST_DESCRIBE_STRUCT(SummaryRows, (SummaryRow, streaks::Row), ())

}  // namespace

Summary summary(Context& ctx, const Nothing&) {
  SummaryRow user;
  std::vector<streaks::Row> rows;
  ctx.db.each<SummaryRows>(
      kSummary,
      [&](SummaryRows&& row) {
        user = row;
        rows.push_back(row);
      },
      ctx.user, ctx.now, ledger::earliest_of(ctx.today), ctx.today);
  const auto level = rules::level_state(user.total_xp);
  auto settled = streaks::settle(rows, ctx.calendar, ctx.today);
  if (user.shields_habits && !settled.shields.empty()) habits::shield(ctx, settled.shields);
  const auto& views = settled.views;
  Summary out{.total_xp = user.total_xp,
              .level = level.level,
              .xp_into_level = level.xp_into_level,
              .xp_level_size = level.xp_level_size,
              .xp_remaining = level.xp_remaining,
              .level_progress_percent = level.level_progress_percent,
              .coins = user.coins,
              .total_earned = user.total_earned,
              .total_spent = user.total_spent,
              .total_skill_stars = user.total_skill_stars,
              .achievement_count = user.achievement_count,
              .current_streak = views.front().current,
              .longest_streak = views.front().longest,
              .shields_held = static_cast<std::int64_t>(settled.shields.size()),
              .today = {.xp = user.today_xp, .coins = user.today_coins, .events = user.today_events}};
  for (const auto& view : views) {
    out.streaks.entries.emplace_back(rules::name_of(view.streak_type),
                                     StreakSummary{view.current, view.longest, view.status});
  }
  if (user.boost_percent) out.active_boost = {*user.boost_percent, *user.boost_ends};
  return out;
}

History history(Context& ctx, const HistoryOf& in) {
  const LocalDate first = ctx.today - static_cast<int>(in.days.value.value()) + 1;
  History out;
  for (LocalDate d = first; d <= ctx.today; d = d + 1) out.days.push_back({.date = d});
  ctx.db.each<HistoryDay>(
      kHistory, [&](HistoryDay&& day) { out.days[static_cast<std::size_t>(day.date - first)] = day; }, ctx.user,
      ledger::earliest_of(first), first, ctx.today);
  return out;
}

void add_operations(Catalogue& c) {
  c.add("progress.summary", Get("/gamification/summary"), Access::user, Effect::read, &summary,
        "Level, coins, streaks and what today brought.");
  c.add("progress.history", Get("/gamification/history"), Access::user, Effect::read, &history,
        "XP, coins and number of events per local date, oldest first.")
      .from_replica();
}

}  // namespace ignition::progress
