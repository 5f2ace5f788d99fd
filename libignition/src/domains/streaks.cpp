#include "ignition/domains/streaks.hpp"

#include <algorithm>
#include <array>

#include "domains/habits/stored.hpp"
#include "ignition/domains/progress.hpp"

namespace ignition::streaks {

namespace {

constexpr Sql kList{R"sql(
  SELECT s.streak_type, s.current, s.longest, s.longest_floor, s.breaks, s.last_activity_date, s.last_broken_on,
         s.run_start, c.used_for, h.id, h.purchased_on, h.uses_remaining
    FROM user_streaks s
    LEFT JOIN shield_uses c ON c.user_id = s.user_id AND c.habit_id IS NULL AND c.used_for > s.last_activity_date
          AND c.streak_type IN (s.streak_type, 'daily_activity')
    LEFT JOIN user_purchases h ON h.user_id = s.user_id AND h.item_key = 'streak_shield' AND h.status = 'purchased'
          AND h.uses_remaining > 0 AND (h.expires_at IS NULL OR h.expires_at > $2)
   WHERE s.user_id = $1)sql"};
// The streaks of up to two types ($2, $3), what is known of the date $4 and of the last done day, and whether a zone
// other than $5 was in force around the date.
constexpr Sql kAround{R"sql(
  SELECT t.streak_type, COALESCE(s.current, 0), COALESCE(s.longest, 0), COALESCE(s.longest_floor, 0),
         COALESCE(s.breaks, 0), s.last_activity_date, s.last_broken_on, s.run_start, NULL,
         NULL, NULL, NULL, d.contributions, d.kind, l.first_at, l.last_at, l.first_tz, l.last_tz,
         EXISTS (SELECT 1 FROM streak_days z
                  WHERE z.user_id = $1 AND z.streak_type = t.streak_type AND z.activity_date BETWEEN $6 AND $7
                    AND (z.first_tz <> $5 OR z.last_tz <> $5)),
         EXISTS (SELECT 1 FROM shield_uses a
                  WHERE a.user_id = $1 AND a.habit_id IS NULL AND a.streak_type = 'daily_activity' AND a.used_for = $4)
    FROM (SELECT CAST($2 AS TEXT) AS streak_type UNION ALL SELECT CAST($3 AS TEXT)) t
    LEFT JOIN user_streaks s ON s.user_id = $1 AND s.streak_type = t.streak_type
    LEFT JOIN streak_days d ON d.user_id = $1 AND d.streak_type = t.streak_type AND d.activity_date = $4
    LEFT JOIN streak_days l ON l.user_id = $1 AND l.streak_type = t.streak_type
          AND l.activity_date = s.last_activity_date
   WHERE t.streak_type IS NOT NULL)sql"};
constexpr Sql kAddDay{R"sql(
  INSERT INTO streak_days
         (user_id, streak_type, activity_date, kind, contributions, first_at, last_at, first_tz, last_tz)
  VALUES ($1, $2, $3, 'activity', 1, $4, $4, $5, $5)
  ON CONFLICT (user_id, streak_type, activity_date) DO UPDATE SET
         contributions = CASE WHEN streak_days.kind = 'activity' THEN streak_days.contributions + 1 ELSE 1 END,
         first_at = CASE WHEN streak_days.kind = 'activity' AND streak_days.first_at <= excluded.first_at
                         THEN streak_days.first_at ELSE excluded.first_at END,
         first_tz = CASE WHEN streak_days.kind = 'activity' AND streak_days.first_at <= excluded.first_at
                         THEN streak_days.first_tz ELSE excluded.first_tz END,
         last_at = CASE WHEN streak_days.kind = 'activity' AND streak_days.last_at > excluded.last_at
                        THEN streak_days.last_at ELSE excluded.last_at END,
         last_tz = CASE WHEN streak_days.kind = 'activity' AND streak_days.last_at > excluded.last_at
                        THEN streak_days.last_tz ELSE excluded.last_tz END,
         kind = 'activity', purchase_id = NULL)sql"};
// The day that a shield protects by hand, while nothing was done on it.
constexpr Sql kProtectDay{R"sql(
  INSERT INTO streak_days
         (user_id, streak_type, activity_date, kind, contributions, first_at, last_at, first_tz, last_tz, purchase_id)
  SELECT user_id, streak_type, used_for, 'protected', 1, created_at, created_at, $4, $4, purchase_id
    FROM shield_uses
   WHERE user_id = $1 AND streak_type = $2 AND used_for = $3 AND mode = 'manual')sql"};
constexpr Sql kLowerDay{R"sql(
  UPDATE streak_days SET contributions = contributions - 1
   WHERE user_id = $1 AND streak_type = $2 AND activity_date = $3 AND kind = 'activity' AND contributions > 1)sql"};
constexpr Sql kRemoveDay{R"sql(
  DELETE FROM streak_days
   WHERE user_id = $1 AND streak_type = $2 AND activity_date = $3 AND kind = 'activity' AND contributions = 1)sql"};
constexpr Sql kStore{R"sql(
  INSERT INTO user_streaks
         (user_id, streak_type, current, longest, breaks, last_activity_date, last_broken_on, run_start,
          settled_through, created_at, updated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $6, $9, $9)
  ON CONFLICT (user_id, streak_type) DO UPDATE SET current = excluded.current, longest = excluded.longest,
         breaks = excluded.breaks, last_activity_date = excluded.last_activity_date,
         last_broken_on = excluded.last_broken_on, run_start = excluded.run_start,
         settled_through = excluded.settled_through, updated_at = excluded.updated_at)sql"};
constexpr Sql kAllDays{R"sql(
  SELECT activity_date, first_at, last_at, first_tz, last_tz FROM streak_days
   WHERE user_id = $1 AND streak_type = $2 AND kind = 'activity' ORDER BY activity_date)sql"};
constexpr Sql kCovered{R"sql(
  SELECT DISTINCT used_for FROM shield_uses
   WHERE user_id = $1 AND habit_id IS NULL AND streak_type IN ($2, 'daily_activity') AND used_for > $3
   ORDER BY used_for)sql"};
constexpr Sql kProtected{R"sql(
  SELECT used_for FROM shield_uses
   WHERE user_id = $1 AND habit_id IS NULL AND streak_type = 'daily_activity' AND mode = 'manual'
   ORDER BY used_for)sql"};
constexpr Sql kOne{R"sql(
  SELECT streak_type, current, longest, longest_floor, breaks, last_activity_date, last_broken_on, run_start, NULL,
         NULL, NULL, NULL
    FROM user_streaks WHERE user_id = $1 AND streak_type = $2)sql"};
constexpr Sql kStored{R"sql(
  SELECT streak_type, current, longest, longest_floor, breaks, last_activity_date, last_broken_on, run_start, NULL,
         NULL, NULL, NULL
    FROM user_streaks WHERE user_id = $1 ORDER BY streak_type)sql"};
constexpr Sql kDaysBetween{R"sql(
  SELECT activity_date, first_at, last_at, first_tz, last_tz FROM streak_days
   WHERE user_id = $1 AND streak_type = $2 AND kind = 'activity' AND activity_date BETWEEN $3 AND $4
   ORDER BY activity_date)sql"};
constexpr Sql kFirstDay{R"sql(
  SELECT min(activity_date) FROM streak_days WHERE user_id = $1 AND streak_type = $2 AND kind = 'activity')sql"};
constexpr Sql kCoveredBetween{R"sql(
  SELECT used_for, mode FROM shield_uses
   WHERE user_id = $1 AND habit_id IS NULL AND streak_type IN ($2, 'daily_activity') AND used_for BETWEEN $3 AND $4
   ORDER BY used_for, mode)sql"};

struct Around : Row {
  std::optional<std::int64_t> contributions;
  std::optional<std::string> kind;
  std::optional<Instant> first_at;
  std::optional<Instant> last_at;
  std::optional<std::string> first_tz;
  std::optional<std::string> last_tz;
  bool travelled = false;
  bool shielded = false;
};
BOOST_DESCRIBE_STRUCT(Around, (Row), (contributions, kind, first_at, last_at, first_tz, last_tz, travelled, shielded))

struct DayRow {
  LocalDate activity_date;
  Instant first_at;
  Instant last_at;
  std::string first_tz;
  std::string last_tz;
};
BOOST_DESCRIBE_STRUCT(DayRow, (), (activity_date, first_at, last_at, first_tz, last_tz))

struct CoveredRow {
  LocalDate used_for;
  shields::UseMode mode = shields::UseMode::auto_;
};
BOOST_DESCRIBE_STRUCT(CoveredRow, (), (used_for, mode))

rules::DoneDay done_day(DayRow&& row) {
  return {row.activity_date, row.first_at, row.last_at, std::move(row.first_tz), std::move(row.last_tz)};
}

// A row holds the streak as of its last done day: later dates are judged by whoever reads it.
rules::Checkpoint checkpoint(const Row& row) {
  return {.next = *row.last_activity_date + 1,
          .run = static_cast<int>(row.current),
          .longest = static_cast<int>(row.longest),
          .breaks = static_cast<int>(row.breaks),
          .last_broken_on = row.last_broken_on,
          .run_start = row.run_start,
          .last_done = row.last_activity_date};
}

Row row_of(rules::StreakType type, std::int64_t longest_floor, const rules::Streak& streak) {
  return {.streak_type = type,
          .current = streak.current,
          .longest = streak.longest,
          .longest_floor = longest_floor,
          .breaks = streak.breaks,
          .last_activity_date = streak.last_done,
          .last_broken_on = streak.last_broken_on,
          .run_start = streak.run_start,
          .covered = {},
          .shield = {},
          .shield_bought = {},
          .shield_uses = {}};
}

// Dates after `from` and before `to` that neither keep nor break a streak. (Shields would be spent on what is left.)
std::vector<LocalDate> neutral_between(const Calendar& calendar, LocalDate from, LocalDate to,
                                       std::span<const LocalDate> covered, std::span<const LocalDate> bridged) {
  std::vector<LocalDate> skipped;
  if (to - from > 1) skipped = rules::skipped_dates(calendar, {from, to});
  return rules::merged({covered, bridged, skipped});
}

// The streak on `today`, when what `shields` were bought on may be spent.
rules::Streak walk_on(const Row& row, std::span<const LocalDate> covered, std::span<const LocalDate> shields,
                      const Calendar& calendar, LocalDate today) {
  const LocalDate last = *row.last_activity_date;
  const auto neutral = neutral_between(calendar, last, today, covered, {});
  return rules::walk(
      {.done = {&last, 1}, .today = today, .shields = shields, .neutral = neutral, .from = checkpoint(row)});
}

View view_of(rules::StreakType type, std::int64_t longest_floor, const rules::Streak& now) {
  return {.streak_type = type,
          .current = now.current,
          .longest = std::max<std::int64_t>(now.longest, longest_floor),
          .breaks = now.breaks,
          .status = now.status,
          .last_activity_date = now.last_done,
          .last_broken_on = now.last_broken_on,
          .run_start = now.run_start};
}

// Nothing was ever done, or only by an import.
View empty_view(rules::StreakType type, std::int64_t longest_floor) {
  return {.streak_type = type,
          .longest = longest_floor,
          .status = longest_floor > 0 ? rules::StreakStatus::broken : rules::StreakStatus::none};
}

std::vector<LocalDate> covered_after(Context& ctx, rules::StreakType type, LocalDate date) {
  return ctx.db.query<LocalDate>(kCovered, ctx.user, rules::name_of(type), date);
}

void store(Context& ctx, const Row& row) {
  ctx.db.execute(kStore, ctx.user, rules::name_of(*row.streak_type), row.current, row.longest, row.breaks,
                 row.last_activity_date, row.last_broken_on, row.run_start, ctx.now);
}

struct AllDays {
  std::vector<LocalDate> done;
  std::vector<LocalDate> bridged;
};

AllDays all_days(Context& ctx, rules::StreakType type) {
  std::vector<rules::DoneDay> days;
  ctx.db.each<DayRow>(
      kAllDays, [&](DayRow&& row) { days.push_back(done_day(std::move(row))); }, ctx.user, rules::name_of(type));
  AllDays out{.done = {}, .bridged = rules::bridged_dates(days)};
  out.done.reserve(days.size());
  for (const auto& day : days) out.done.push_back(day.date);
  return out;
}

// The streak by all its days. Only for what a checkpoint cannot tell: a day before the last one came or went.
Row full_walk(Context& ctx, rules::StreakType type, std::int64_t longest_floor) {
  const auto [done, bridged] = all_days(ctx, type);
  if (done.empty()) return row_of(type, longest_floor, {});
  const auto neutral =
      neutral_between(ctx.calendar, done.front(), done.back(), covered_after(ctx, type, done.front()), bridged);
  return row_of(type, longest_floor, rules::walk({.done = done, .today = done.back(), .neutral = neutral}));
}

constexpr shields::Target kDaily{.streak_type = rules::StreakType::daily_activity, .habit_id = {}};

// Walks all of the daily streak again with all shields that it ever spent by itself and those held: a date that became
// done gives its shield back, one that is done no longer may take one. What covers a date is neutral for every streak,
// so all are judged again when something changed. True when it did.
bool spend_again(Context& ctx) {
  const auto [done, bridged] = all_days(ctx, rules::StreakType::daily_activity);
  const auto held = shields::held(ctx);
  const auto uses = shields::uses_of(ctx, kDaily, LocalDate::of(1970, 1, 1));
  if (held.empty() && uses.empty()) return false;
  rules::Streak streak;
  const auto pool = shields::pool(uses, held);
  if (!done.empty()) {
    const auto by_hand = ctx.db.query<LocalDate>(kProtected, ctx.user);
    const auto neutral =
        neutral_between(ctx.calendar, done.front(), std::max(done.back(), ctx.today), by_hand, bridged);
    streak = rules::walk({.done = done, .today = ctx.today, .shields = pool, .neutral = neutral});
  }
  if (!shields::store(ctx, kDaily, uses, held, streak.spent).changed) return false;
  for (const Row& row : ctx.db.query<Row>(kStored, ctx.user)) {
    store(ctx, full_walk(ctx, *row.streak_type, row.longest_floor));
  }
  return true;
}

// Whether a deed of `date` can change where shields are spent.
bool moves_shields(const Context& ctx, const Around& before, LocalDate date) {
  return before.streak_type == rules::StreakType::daily_activity && (date < ctx.today || before.shielded);
}

// The streak after `date`, which is later than all its days, became done.
Row next_day(Context& ctx, const Around& before, LocalDate date, Instant at) {
  const rules::StreakType type = *before.streak_type;
  if (!before.last_activity_date) {
    return row_of(type, before.longest_floor, rules::walk({.done = {&date, 1}, .today = date}));
  }
  const LocalDate last = *before.last_activity_date;
  std::vector<LocalDate> neutral;
  if (date - last > 1) {
    const std::string& zone = ctx.calendar.zone.name();
    const std::array<rules::DoneDay, 2> days{
        {{last, *before.first_at, *before.last_at, *before.first_tz, *before.last_tz}, {date, at, at, zone, zone}}};
    neutral = neutral_between(ctx.calendar, last, date, covered_after(ctx, type, last), rules::bridged_dates(days));
  }
  const std::array<LocalDate, 2> done{last, date};
  return row_of(type, before.longest_floor,
                rules::walk({.done = done, .today = date, .neutral = neutral, .from = checkpoint(before)}));
}

// For writes, before which held shields were spent.
View settled(Context& ctx, const Row& row) {
  const rules::StreakType type = *row.streak_type;
  if (!row.last_activity_date) return empty_view(type, row.longest_floor);
  std::vector<LocalDate> covered;
  if (ctx.today - *row.last_activity_date > 1) covered = covered_after(ctx, type, *row.last_activity_date);
  return view_of(type, row.longest_floor, walk_on(row, covered, {}, ctx.calendar, ctx.today));
}

// `respent`: shields moved since `before` was read.
Change add_to(Context& ctx, const Around& before, LocalDate date, Instant at, bool& respent) {
  const rules::StreakType type = *before.streak_type;
  const std::string_view name = rules::name_of(type);
  const bool is_new = !before.contributions || before.kind != "activity";
  const bool is_last = !before.last_activity_date || date > *before.last_activity_date;
  ctx.db.execute(kAddDay, ctx.user, name, date, at, ctx.calendar.zone.name());
  if (!is_new && !before.travelled) {  // no zone changed, so the day counts as it did
    return {.type = type, .current = settled(ctx, before).current};
  }
  const View was = settled(ctx, before);
  if (is_new && moves_shields(ctx, before, date)) respent = spend_again(ctx);
  const Row row = is_last && !respent ? next_day(ctx, before, date, at) : full_walk(ctx, type, before.longest_floor);
  store(ctx, row);
  const View now = settled(ctx, row);
  return {.type = type,
          .current = now.current,
          .is_new_day = is_new,
          .streak_broken = is_new && was.status == rules::StreakStatus::broken && now.current == 1};
}

// A day on which nothing was done is kept as protected when a shield was spent on it by hand.
void show_protection(Context& ctx, rules::StreakType type, LocalDate date) {
  ctx.db.execute(kProtectDay, ctx.user, rules::name_of(type), date, ctx.calendar.zone.name());
}

// At most two streaks are fed by one deed; an absent second one is null.
std::array<Param, 2> names_of(rules::StreakSet types) {
  std::array<Param, 2> names{};
  std::size_t n = 0;
  for (std::size_t i = 0; i < rules::kStreakTypes; ++i) {
    const auto type = static_cast<rules::StreakType>(i);
    if (!types.contains(type)) continue;
    if (n == names.size()) throw Error(Code::INTERNAL, "A deed feeds more than two streaks.");
    names[n++] = rules::name_of(type);
  }
  return names;
}

std::vector<Around> around(Context& ctx, rules::StreakSet types, LocalDate date) {
  const auto names = names_of(types);
  auto rows =
      ctx.db.query<Around>(kAround, ctx.user, names[0], names[1], date, ctx.calendar.zone.name(), date - 2, date + 2);
  std::ranges::sort(rows, {}, &Around::streak_type);
  return rows;
}

rules::StreakType type_named(const std::string& name) {
  const auto type = rules::streak_type_of(name);
  if (!type) throw not_found("streak");
  return *type;
}

}  // namespace

std::vector<Change> add_day(Context& ctx, rules::StreakSet types, LocalDate date, Instant at) {
  std::vector<Change> changes;
  if (types.empty()) return changes;
  bool respent = false;
  for (const Around& before : around(ctx, types, date)) changes.push_back(add_to(ctx, before, date, at, respent));
  return changes;
}

std::vector<Change> remove_day(Context& ctx, rules::StreakSet types, LocalDate date) {
  std::vector<Change> changes;
  if (types.empty()) return changes;
  for (const Around& before : around(ctx, types, date)) {
    const rules::StreakType type = *before.streak_type;
    Row row = before;
    if (ctx.db.execute(kLowerDay, ctx.user, rules::name_of(type), date) == 0 &&
        ctx.db.execute(kRemoveDay, ctx.user, rules::name_of(type), date) > 0) {
      show_protection(ctx, type, date);
      if (moves_shields(ctx, before, date)) spend_again(ctx);
      row = full_walk(ctx, type, before.longest_floor);
      store(ctx, row);
    }
    changes.push_back({.type = type, .current = settled(ctx, row).current});
  }
  return changes;
}

int peak(Context& ctx, rules::StreakType type, const rules::DateRange& range, int most) {
  // A run of `most` days may have begun this long before; days that cost nothing (shields, pauses) may lie in it.
  constexpr int kNeutralDays = 62;
  constexpr int kCentury = 36'525;  // no run is longer, whatever a quest asks for
  const LocalDate since = range.first - std::min(most, kCentury) - kNeutralDays;
  std::vector<rules::DoneDay> days;
  std::vector<LocalDate> done;
  ctx.db.each<DayRow>(
      kDaysBetween,
      [&](DayRow&& row) {
        done.push_back(row.activity_date);
        days.push_back(done_day(std::move(row)));
      },
      ctx.user, rules::name_of(type), since, range.last);
  if (done.empty()) return 0;
  const auto neutral = neutral_between(ctx.calendar, done.front(), std::max(done.back(), ctx.today),
                                       covered_after(ctx, type, done.front()), rules::bridged_dates(days));
  const int highest = rules::walk({.done = done, .today = ctx.today, .neutral = neutral, .window = range}).window_peak;
  return std::min(highest, most);
}

Settled settle(std::span<const Row> rows, const Calendar& calendar, LocalDate today) {
  Settled out;
  std::vector<std::pair<Uuid, std::size_t>> purchases;
  for (const Row& row : rows) {
    if (!row.shield || std::ranges::any_of(purchases, [&](const auto& known) { return known.first == *row.shield; })) {
      continue;
    }
    purchases.emplace_back(*row.shield, out.shields.size());
    out.shields.insert(out.shields.end(), static_cast<std::size_t>(row.shield_uses.value_or(0)),
                       {*row.shield, row.shield_bought.value_or(today)});
  }
  std::ranges::sort(out.shields, {}, [](const shields::Held& held) { return std::pair(held.bought, held.purchase); });
  for (std::size_t i = 0; i < rules::kStreakTypes; ++i) {
    const auto type = static_cast<rules::StreakType>(i);
    const Row* found = nullptr;
    std::vector<LocalDate> covered = out.shielded;
    for (const Row& row : rows) {
      if (row.streak_type != type) continue;
      found = &row;
      if (row.covered) covered.push_back(*row.covered);
    }
    const std::int64_t floor = found == nullptr ? 0 : found->longest_floor;
    if (found == nullptr || !found->last_activity_date) {
      out.views.push_back(empty_view(type, floor));
      continue;
    }
    // Of all types the daily one, which comes first, alone spends shields by itself.
    const auto pool =
        type == rules::StreakType::daily_activity ? shields::pool({}, out.shields) : std::vector<LocalDate>{};
    const auto now = walk_on(*found, covered, pool, calendar, today);
    for (const auto& one : now.spent) out.shielded.push_back(one.used_for);
    out.shields.erase(out.shields.begin(), out.shields.begin() + static_cast<std::ptrdiff_t>(now.spent.size()));
    out.views.push_back(view_of(type, floor, now));
  }
  return out;
}

namespace {

Settled settled_now(Context& ctx) {
  return settle(ctx.db.query<Row>(kList, ctx.user, ctx.now), ctx.calendar, ctx.today);
}

}  // namespace

std::vector<shields::Held> shields_left(Context& ctx) {
  auto now = settled_now(ctx);
  return now.views.front().last_activity_date ? std::move(now.shields) : shields::held(ctx);
}

std::vector<shields::Held> spend_shields(Context& ctx, std::vector<shields::Held> held) {
  const auto row = ctx.db.maybe<Row>(kOne, ctx.user, rules::name_of(rules::StreakType::daily_activity));
  if (!row || !row->last_activity_date || ctx.today - *row->last_activity_date <= 1) return held;
  const auto covered = covered_after(ctx, rules::StreakType::daily_activity, *row->last_activity_date);
  const auto now = walk_on(*row, covered, shields::pool({}, held), ctx.calendar, ctx.today);
  return shields::store(ctx, kDaily, {}, held, now.spent).left;
}

Views list(Context& ctx, const Nothing&) { return {settled_now(ctx).views}; }

OneView get(Context& ctx, const ByType& in) {
  const auto type = type_named(in.type);
  return {list(ctx, {}).streaks[static_cast<std::size_t>(type)]};
}

Days days(Context& ctx, const DaysOf& in) {
  constexpr int kMostDays = 366;
  const auto type = type_named(in.type);
  if (in.to < in.from) throw invalid("to", "before_from", "The last day lies before the first one.");
  if (in.to - in.from >= kMostDays) throw invalid("to", "too_many", "At most 366 days can be asked for.");

  const std::string_view name = rules::name_of(type);
  std::vector<rules::DoneDay> around;  // with the days beside the range, which may show a date to be bridged
  ctx.db.each<DayRow>(
      kDaysBetween, [&](DayRow&& row) { around.push_back(done_day(std::move(row))); }, ctx.user, name, in.from - 2,
      in.to + 2);
  std::vector<LocalDate> done;
  if (const auto first = ctx.db.one<std::optional<LocalDate>>(kFirstDay, ctx.user, name)) done.push_back(*first);
  for (const auto& day : around) {
    if (done.empty() || day.date > done.front()) done.push_back(day.date);
  }
  std::vector<LocalDate> shielded;
  std::vector<LocalDate> by_hand;
  for (const auto& row : ctx.db.query<CoveredRow>(kCoveredBetween, ctx.user, name, in.from, in.to)) {
    (row.mode == shields::UseMode::manual ? by_hand : shielded).push_back(row.used_for);
  }
  const auto spent = settled_now(ctx).shielded;
  shielded = rules::merged({shielded, spent});
  const auto neutral =
      rules::merged({rules::skipped_dates(ctx.calendar, {in.from, in.to}), rules::bridged_dates(around)});
  const rules::DayFacts facts{.done = done,
                              .shielded = shielded,
                              .protected_dates = by_hand,
                              .neutral = neutral,
                              .paused = {},
                              .today = ctx.today};
  Days out;
  for (LocalDate d = in.from; d <= in.to; d = d + 1) out.days.push_back({d, rules::day_state(facts, d)});
  return out;
}

namespace {

void check(rules::Protection protection) {
  switch (protection) {
    case rules::Protection::allowed:
      return;
    case rules::Protection::too_late:
      throw conflict("too_late", "Only the last three days can be protected.");
    case rules::Protection::not_missed:
      throw conflict("not_missed", "Nothing was missed on this date.");
    case rules::Protection::no_shield:
      throw conflict("no_shield", "There is no shield left.");
  }
}

// The newest is taken: older ones reach further back.
void spend_newest(Context& ctx, const shields::Target& target, const std::vector<shields::Held>& held, LocalDate date) {
  shields::spend_by_hand(ctx, target, held.back(), date);
}

ProtectedStreak protect_type(Context& ctx, rules::StreakType type, LocalDate date,
                             const std::vector<shields::Held>& held) {
  const auto [done, bridged] = all_days(ctx, type);
  std::vector<LocalDate> neutral;
  if (!done.empty()) {
    neutral = neutral_between(ctx.calendar, done.front(), std::max(done.back(), ctx.today),
                              covered_after(ctx, type, done.front()), bridged);
  }
  const rules::StreakInput input{.done = done, .today = ctx.today, .neutral = neutral};
  check(rules::protection(input, rules::walk(input), date, static_cast<int>(held.size())));
  spend_newest(ctx, {.streak_type = type, .habit_id = {}}, held, date);
  show_protection(ctx, type, date);
  if (type == rules::StreakType::daily_activity) spend_again(ctx);  // a run that goes on may need more of them
  for (const Row& row : ctx.db.query<Row>(kStored, ctx.user)) {
    if (type == rules::StreakType::daily_activity || row.streak_type == type) {
      store(ctx, full_walk(ctx, *row.streak_type, row.longest_floor));
    }
  }
  progress::streaks_moved(ctx, rules::StreakSet(type));
  const View now = settled(ctx, *ctx.db.maybe<Row>(kOne, ctx.user, rules::name_of(type)));
  return {.streak_type = type,
          .habit_id = {},
          .current = now.current,
          .longest = now.longest,
          .breaks = now.breaks,
          .status = now.status,
          .last_activity_date = now.last_activity_date,
          .last_broken_on = now.last_broken_on,
          .run_start = now.run_start};
}

ProtectedStreak protect_habit(Context& ctx, const Uuid& id, LocalDate date, const std::vector<shields::Held>& held) {
  check(habits::protection(ctx, id, date, static_cast<int>(held.size())));
  spend_newest(ctx, {.streak_type = {}, .habit_id = id}, held, date);
  const rules::Streak now = habits::judge_again(ctx, id, date);
  return {.streak_type = {},
          .habit_id = id,
          .current = now.current,
          .longest = now.longest,
          .breaks = now.breaks,
          .status = now.status,
          .unit = now.unit,
          .last_activity_date = now.last_done,
          .last_broken_on = now.last_broken_on,
          .run_start = now.run_start};
}

}  // namespace

Protected protect(Context& ctx, const Protect& in) {
  if (in.streak_type.has_value() == in.habit_id.has_value()) {
    throw invalid(in.streak_type ? "habit_id" : "streak_type", in.streak_type ? "exclusive" : "required",
                  "Name either a streak or a habit.");
  }
  const auto held = shields::held(ctx);
  auto streak =
      in.habit_id ? protect_habit(ctx, *in.habit_id, in.date, held) : protect_type(ctx, *in.streak_type, in.date, held);
  return {std::move(streak), static_cast<std::int64_t>(shields::held(ctx).size())};
}

void add_operations(Catalogue& c) {
  c.add("streaks.list", Get("/streaks"), Access::user, Effect::read, &list, "All streaks as they stand now.");
  c.add("streaks.get", Get("/streaks/{type}"), Access::user, Effect::read, &get, "One streak; `daily` is an alias.");
  c.add("streaks.days", Get("/streaks/{type}/days"), Access::user, Effect::read, &days,
        "The dates of a streak and what became of each.")
      .from_replica();
  c.add("streaks.protect", Post("/streaks/protect"), Access::user, Effect::write, &protect,
        "Spends a shield on a missed date of a streak or of a habit.");
}

}  // namespace ignition::streaks
