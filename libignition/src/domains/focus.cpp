#include "ignition/domains/focus.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "ignition/domains/plan.hpp"
#include "ignition/domains/progress.hpp"
#include "ignition/domains/settings.hpp"
#include "ignition/rules/levels.hpp"
#include "ignition/wire.hpp"

namespace ignition::focus {

namespace {

// The timer: version, the live session and the pause it is in. Without a live session the columns of the session mean
// nothing.
constexpr Sql kTimer{R"sql(
  SELECT COALESCE(s.mode, 'focus'), COALESCE(s.duration_seconds, 0), COALESCE(s.status, 'active'),
         COALESCE(s.started_at, u.created_at), COALESCE(s.ends_at, u.created_at), COALESCE(s.expires_at, u.created_at),
         s.paused_at, COALESCE(s.pause_count, 0), COALESCE(s.paused_total_us, 0), s.completed_at, s.abandoned_at,
         s.expired_at, s.focused_seconds, s.full_credit, COALESCE(s.xp_awarded, 0), COALESCE(s.coins_awarded, 0),
         u.id, COALESCE(s.id, u.id), s.task_id, s.task_title, s.library_id, s.notes,
         COALESCE(s.created_at, u.created_at), COALESCE(s.updated_at, u.created_at),
         s.id, COALESCE(f.version, 0), p.id, p.remaining_seconds, p.created_at, p.updated_at
    FROM users u
    LEFT JOIN focus_state f ON f.user_id = u.id
    LEFT JOIN focus_sessions s ON s.user_id = u.id AND s.status IN ('active', 'paused')
    LEFT JOIN focus_pauses p ON p.user_id = u.id AND p.session_id = s.id AND p.resumed_at IS NULL AND p.ended_by IS NULL
   WHERE u.id = $1)sql"};
constexpr Sql kFind{R"sql(
  SELECT mode, duration_seconds, status, started_at, ends_at, expires_at, paused_at, pause_count, paused_total_us,
         completed_at, abandoned_at, expired_at, focused_seconds, full_credit, xp_awarded, coins_awarded, user_id, id,
         task_id, task_title, library_id, notes, created_at, updated_at
    FROM focus_sessions WHERE user_id = $1 AND id = $2)sql"};
constexpr Sql kList{R"sql(
  SELECT mode, duration_seconds, status, started_at, ends_at, expires_at, paused_at, pause_count, paused_total_us,
         completed_at, abandoned_at, expired_at, focused_seconds, full_credit, xp_awarded, coins_awarded, user_id, id,
         task_id, task_title, library_id, notes, created_at, updated_at
    FROM focus_sessions
   WHERE user_id = $1 AND started_at <= $2
     AND COALESCE(completed_at, abandoned_at, expired_at, CASE WHEN expires_at <= $4 THEN expires_at ELSE started_at END)
         BETWEEN $3 AND $2
     AND (CAST($5 AS TEXT) IS NULL
          OR CASE WHEN status IN ('active', 'paused') AND expires_at <= $4 THEN 'expired' ELSE status END = $5)
     AND (CAST($6 AS TEXT) IS NULL OR mode = $6) AND (CAST($7 AS UUID) IS NULL OR task_id = $7)
   ORDER BY started_at DESC, id DESC LIMIT $8 OFFSET $9)sql"};
constexpr Sql kCount{R"sql(
  SELECT count(*) FROM focus_sessions
   WHERE user_id = $1 AND started_at <= $2
     AND COALESCE(completed_at, abandoned_at, expired_at, CASE WHEN expires_at <= $4 THEN expires_at ELSE started_at END)
         BETWEEN $3 AND $2
     AND (CAST($5 AS TEXT) IS NULL
          OR CASE WHEN status IN ('active', 'paused') AND expires_at <= $4 THEN 'expired' ELSE status END = $5)
     AND (CAST($6 AS TEXT) IS NULL OR mode = $6) AND (CAST($7 AS UUID) IS NULL OR task_id = $7))sql"};
// Without a filter an index alone tells the number.
constexpr Sql kCountAll{R"sql(SELECT count(*) FROM focus_sessions WHERE user_id = $1)sql"};
constexpr Sql kChange{R"sql(
  UPDATE focus_sessions
     SET status = $3, ends_at = $4, expires_at = $5, paused_at = $6, pause_count = $7, paused_total_us = $8,
         completed_at = $9, abandoned_at = $10, expired_at = $11, focused_seconds = $12, full_credit = $13,
         xp_awarded = $14, coins_awarded = $15, notes = $16, updated_at = $17
   WHERE user_id = $1 AND id = $2)sql"};
constexpr Sql kEndPause{R"sql(
  UPDATE focus_pauses SET resumed_at = $3, ended_by = $4, updated_at = $5
   WHERE user_id = $1 AND session_id = $2 AND resumed_at IS NULL AND ended_by IS NULL)sql"};
constexpr Sql kStoreState{R"sql(
  INSERT INTO focus_state (user_id, version, live_session_id, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)
  ON CONFLICT (user_id) DO UPDATE SET version = excluded.version, live_session_id = excluded.live_session_id,
         updated_at = excluded.updated_at)sql"};
constexpr Sql kHasLibrary{R"sql(SELECT count(*) FROM focus_libraries WHERE user_id = $1 AND id = $2)sql"};

// What a completed session brought: XP before its entry and after all that the entry set off (one call writes all its
// entries at one instant), and the full sessions of its date up to it. A range of one instant, because SQLite would
// rather read all of a user's entries by their key than those of an equal instant by the index.
constexpr Sql kOutcome{R"sql(
  SELECT COALESCE(p.total_xp, 0), e.total_xp_after - e.xp,
         (SELECT max(x.total_xp_after) FROM points_ledger x
           WHERE x.user_id = $1 AND x.created_at BETWEEN e.created_at AND e.created_at),
         (SELECT count(*) FROM focus_sessions s
           WHERE s.user_id = $1 AND s.completed_at >= $3 AND s.completed_at <= $4 AND s.mode = 'focus'
             AND s.full_credit)
    FROM users u
    LEFT JOIN user_progress p ON p.user_id = u.id
    LEFT JOIN points_ledger e ON e.user_id = u.id AND e.idempotency_key = $2
   WHERE u.id = $1)sql"};

// Sessions that ended in [$2, $3), each kind by its own index; one that expired without a write since counts as well.
constexpr Sql kEnded{R"sql(
  SELECT mode, status, completed_at, focused_seconds, full_credit, xp_awarded, coins_awarded
    FROM focus_sessions WHERE user_id = $1 AND completed_at >= $2 AND completed_at < $3
  UNION ALL
  SELECT mode, status, abandoned_at, focused_seconds, full_credit, xp_awarded, coins_awarded
    FROM focus_sessions WHERE user_id = $1 AND abandoned_at >= $2 AND abandoned_at < $3
  UNION ALL
  SELECT mode, status, expired_at, focused_seconds, full_credit, xp_awarded, coins_awarded
    FROM focus_sessions WHERE user_id = $1 AND expired_at >= $2 AND expired_at < $3
  UNION ALL
  SELECT mode, 'expired', expires_at, focused_seconds, full_credit, xp_awarded, coins_awarded
    FROM focus_sessions
   WHERE user_id = $1 AND status IN ('active', 'paused') AND expires_at <= $4 AND expires_at >= $2
     AND expires_at < $3)sql"};
// Dates with a full-credit session: one row per date, as it was dated when it was earned (rule R-D3).
constexpr Sql kFullDates{R"sql(
  SELECT activity_date FROM streak_days
   WHERE user_id = $1 AND streak_type = 'focus' AND kind = 'activity' ORDER BY activity_date)sql"};

struct Stored : rules::FocusSession {
  static constexpr std::string_view table = "focus_sessions";
  Uuid user_id;
  Uuid id;
  std::optional<Uuid> task_id;
  std::optional<std::string> task_title;
  std::optional<Uuid> library_id;
  std::optional<std::string> notes;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(Stored, (rules::FocusSession),
                      (user_id, id, task_id, task_title, library_id, notes, created_at, updated_at))

struct TimerRow : Stored {
  std::optional<Uuid> live_id;
  std::int64_t version = 0;
  std::optional<Uuid> pause_id;
  std::optional<int> pause_remaining;
  std::optional<Instant> pause_created;
  std::optional<Instant> pause_updated;
};
BOOST_DESCRIBE_STRUCT(TimerRow, (Stored), (live_id, version, pause_id, pause_remaining, pause_created, pause_updated))

struct Pause {
  static constexpr std::string_view table = "focus_pauses";
  Uuid user_id;
  Uuid id;
  Uuid session_id;
  rules::FocusMode mode = rules::FocusMode::focus;
  Instant paused_at;
  int remaining_seconds = 0;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(Pause, (), (user_id, id, session_id, mode, paused_at, remaining_seconds, created_at, updated_at))

struct OutcomeRow {
  std::int64_t total_xp = 0;
  std::optional<std::int64_t> xp_before;  // null: nothing was paid
  std::optional<std::int64_t> xp_after;
  std::int64_t full_sessions = 0;
};
BOOST_DESCRIBE_STRUCT(OutcomeRow, (), (total_xp, xp_before, xp_after, full_sessions))

struct EndedRow {
  rules::FocusMode mode = rules::FocusMode::focus;
  rules::FocusStatus status = rules::FocusStatus::completed;
  Instant ended_at;
  std::optional<int> focused_seconds;
  std::optional<bool> full_credit;
  int xp_awarded = 0;
  int coins_awarded = 0;
};
BOOST_DESCRIBE_STRUCT(EndedRow, (), (mode, status, ended_at, focused_seconds, full_credit, xp_awarded, coins_awarded))

// Payload of `focus.changed`.
struct Changed {
  std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(Changed, (), (version))

Session view(const Stored& row, Instant now) {
  Session out{.id = row.id,
              .mode = row.mode,
              .duration_seconds = row.duration_seconds,
              .status = row.status,
              .started_at = row.started_at,
              .paused_at = row.paused_at,
              .completed_at = row.completed_at,
              .abandoned_at = row.abandoned_at,
              .expired_at = row.expired_at,
              .focused_seconds = row.focused_seconds.value_or(rules::focused_seconds(row, now)),
              .full_credit = row.full_credit,
              .xp_awarded = row.xp_awarded,
              .coins_awarded = row.coins_awarded,
              .pause_count = row.pause_count,
              .task_id = row.task_id,
              .task_title = row.task_title,
              .library_id = row.library_id,
              .notes = row.notes,
              .created_at = row.created_at,
              .updated_at = row.updated_at};
  if (row.is_live()) {
    out.ends_at = row.ends_at;
    out.expires_at = row.expires_at;
    out.remaining_seconds = out.time_remaining_seconds = rules::remaining_seconds(row, now);
  }
  return out;
}

// As everybody sees it who reads now: expired when its time has come.
Session settled_view(Stored row, Instant now) {
  static_cast<rules::FocusSession&>(row) = rules::settle(row, now).session;
  return view(row, now);
}

PauseState view(const Pause& pause, const Stored& live) {
  return {.id = pause.id,
          .session_id = pause.session_id,
          .mode = pause.mode,
          .time_remaining_seconds = pause.remaining_seconds,
          .paused_at = pause.paused_at,
          .resumed_at = {},
          .expires_at = live.expires_at,
          .created_at = pause.created_at,
          .updated_at = pause.updated_at};
}

struct Timer {
  std::int64_t version = 0;
  std::optional<Stored> live;
  std::optional<Pause> pause;
  std::int64_t stored_version = 0;
};

// As stored.
Timer load(Context& ctx) {
  TimerRow row = ctx.db.one<TimerRow>(kTimer, ctx.user);
  Timer timer{.version = row.version, .live = {}, .pause = {}, .stored_version = row.version};
  if (!row.live_id) return timer;
  if (row.paused_at) {
    // A session that came paused from elsewhere may lack its row of the log.
    timer.pause = Pause{.user_id = ctx.user,
                        .id = row.pause_id.value_or(row.id),
                        .session_id = row.id,
                        .mode = row.mode,
                        .paused_at = *row.paused_at,
                        .remaining_seconds = row.pause_remaining.value_or(rules::remaining_seconds(row, ctx.now)),
                        .created_at = row.pause_created.value_or(*row.paused_at),
                        .updated_at = row.pause_updated.value_or(*row.paused_at)};
  }
  timer.live = static_cast<Stored&&>(row);
  return timer;
}

// As it stands now, stored or not.
Timer read(Context& ctx) {
  Timer timer = load(ctx);
  if (timer.live && rules::settle(*timer.live, ctx.now).changed) {
    timer.live.reset();
    timer.pause.reset();
    ++timer.version;
  }
  return timer;
}

// Stores one transition of a session; nothing when the step changed nothing. The row as it is then.
Stored store(Context& ctx, Timer& timer, Stored row, const rules::FocusStep& step) {
  if (!step.changed) return row;
  static_cast<rules::FocusSession&>(row) = step.session;
  row.updated_at = ctx.now;
  ctx.db.execute(kChange, ctx.user, row.id, row.status, row.ends_at, row.expires_at, row.paused_at, row.pause_count,
                 row.paused_total_us, row.completed_at, row.abandoned_at, row.expired_at, row.focused_seconds,
                 row.full_credit, row.xp_awarded, row.coins_awarded, row.notes, row.updated_at);
  if (step.opens_pause) {
    timer.pause = Pause{.user_id = ctx.user,
                        .id = ctx.new_id(),
                        .session_id = row.id,
                        .mode = row.mode,
                        .paused_at = row.paused_at.value_or(ctx.now),
                        .remaining_seconds = rules::remaining_seconds(row, ctx.now),
                        .created_at = ctx.now,
                        .updated_at = ctx.now};
    ctx.db.insert(*timer.pause);
  }
  if (step.ends_pause) {
    const auto resumed_at = *step.ends_pause == rules::PauseEnd::resume ? std::optional(ctx.now) : std::nullopt;
    ctx.db.execute(kEndPause, ctx.user, row.id, resumed_at, *step.ends_pause, ctx.now);
    timer.pause.reset();
  }
  ++timer.version;
  timer.live.reset();
  if (row.is_live()) timer.live = row;
  return row;
}

void expect_version(const Timer& timer, const std::optional<Version>& expected) {
  if (!expected || expected->value() == timer.version) return;
  throw conflict("version_mismatch", "The timer has changed since it was read.").with("version", timer.version);
}

// The timer under the user's lock, settled (rule F3).
Timer open(Context& ctx) {
  Timer timer = load(ctx);
  if (timer.live) {
    const Stored live = *timer.live;
    store(ctx, timer, live, rules::settle(live, ctx.now));
  }
  return timer;
}

// Writes the version, once per operation, and tells it.
void close(Context& ctx, const Timer& timer) {
  if (timer.version == timer.stored_version) return;
  const auto live = timer.live ? std::optional(timer.live->id) : std::nullopt;
  ctx.db.execute(kStoreState, ctx.user, timer.version, live, ctx.now);
  ctx.publish("focus.changed", to_json(Changed{timer.version}));
}

Stored find(Context& ctx, const Uuid& id) {
  auto row = ctx.db.maybe<Stored>(kFind, ctx.user, id);
  if (!row) throw not_found("focus session");
  return std::move(*row);
}

// The session that an operation names, when the timer is open.
Stored session_of(Context& ctx, const Timer& timer, const Uuid& id) {
  return timer.live && timer.live->id == id ? *timer.live : find(ctx, id);
}

Error no_live_session() {
  return Error(Code::NOT_FOUND, "No focus session is running or paused.").because("no_live_session");
}

void expect_allowed(const rules::FocusStep& step) {
  using enum rules::FocusRefusal;
  if (!step.refusal) return;
  std::string reason(name_of(*step.refusal));
  switch (*step.refusal) {
    case no_live_session:
      throw focus::no_live_session();
    case timer_finished:
      throw conflict(std::move(reason), "The timer is up: there is nothing left to pause.");
    case session_active:
      throw conflict(std::move(reason), "A focus session is running.");
    case completed:
      throw conflict(std::move(reason), "The focus session has been completed.");
    case abandoned:
      throw conflict(std::move(reason), "The focus session has been abandoned.");
    case expired:
      throw conflict(std::move(reason), "The focus session has expired.");
  }
}

rules::FocusSettings settings_of(Context& ctx) {
  const auto s = settings::focus(ctx);
  return {.focus_default_duration = static_cast<int>(s.default_duration),
          .focus_break_duration = static_cast<int>(s.break_duration),
          .focus_long_break_duration = static_cast<int>(s.long_break_duration),
          .focus_sessions_before_long_break = static_cast<int>(s.sessions_before_long_break),
          .focus_auto_start_breaks = s.auto_start_breaks,
          .focus_auto_start_focus = s.auto_start_focus};
}

progress::Event deed(const Stored& row, rules::EventKind kind, std::string key) {
  return {.kind = kind, .key = std::move(key), .event_id = row.id, .entity_type = "focus_session"};
}

// Pays the completion and makes the step say what was granted. The ledger judges the daily ceiling (rule R-A0), so the
// step is made as if nothing had been paid on the date.
void pay(Context& ctx, const Stored& row, rules::FocusStep& step) {
  if (!step.awards) return;
  rules::FocusSession& done = step.session;
  const auto kind = done.is_break() ? rules::EventKind::break_complete : rules::EventKind::focus_complete;
  auto event = deed(row, kind, rules::keys::focus(row.id));
  event.occurred_at = done.completed_at;
  event.activity_date = ctx.calendar.date_of(done.completed_at.value_or(ctx.now));
  event.deed.counted = done.full_credit.value_or(false);
  event.duration_seconds = done.focused_seconds;
  const auto award = progress::award(
      ctx, {.event = std::move(event), .amounts = {.xp = done.xp_awarded, .coins = done.coins_awarded}});
  done.xp_awarded = static_cast<int>(award.xp);
  done.coins_awarded = static_cast<int>(award.coins);
}

// Stores an ending with all that it brings (rule F13).
Stored end(Context& ctx, Timer& timer, const Stored& row, rules::FocusStep step) {
  pay(ctx, row, step);
  Stored ended = store(ctx, timer, row, step);
  if (step.event == rules::FocusEvent::focus_complete) {  // what is no such deed ticks no item of the plan off (P6)
    plan::complete_focus(ctx, ended.focused_seconds.value_or(0),
                         ctx.calendar.date_of(ended.completed_at.value_or(ctx.now)));
  }
  return ended;
}

// How a completed session is told, the first time and ever after (rule F8).
Completed outcome(Context& ctx, const Stored& row) {
  const Instant at = row.completed_at.value_or(ctx.now);
  const auto facts = ctx.db.one<OutcomeRow>(kOutcome, ctx.user, rules::keys::focus(row.id),
                                            ctx.calendar.start(ctx.calendar.date_of(at)), at);
  const int level = rules::level_of(facts.xp_after.value_or(facts.total_xp));
  const int level_before = facts.xp_before ? rules::level_of(*facts.xp_before) : level;
  const auto credit = rules::credit_of(row.mode, row.duration_seconds, row.focused_seconds.value_or(0));
  return {.session = view(row, ctx.now),
          .xp_awarded = row.xp_awarded,
          .coins_awarded = row.coins_awarded,
          .leveled_up = level > level_before,
          .new_level = level,
          .reward_capped = credit.pays() && row.xp_awarded == 0 && row.coins_awarded == 0,
          .next = rules::next_focus(row.mode, static_cast<int>(facts.full_sessions), settings_of(ctx))};
}

int length_of(Context& ctx, const StartSession& in) {
  if (!in.duration_seconds) return rules::default_length(in.mode, settings_of(ctx));
  const std::int64_t length = *in.duration_seconds;
  if (!rules::is_allowed_length(in.mode, length)) {
    const auto bounds = rules::lengths_of(in.mode);
    throw invalid("duration_seconds", "out_of_range",
                  fmt::format("must be between {} and {} in this mode", bounds.min, bounds.max));
  }
  return static_cast<int>(length);
}

void expect_links(Context& ctx, const StartSession& in) {
  if (in.task_id) throw unlinked("task_id");
  if (in.library_id && ctx.db.one<std::int64_t>(kHasLibrary, ctx.user, *in.library_id) == 0) {
    throw unlinked("library_id");
  }
}

std::optional<std::string> unless_empty(const auto& text) {
  return text && !text->value.empty() ? std::optional(text->value) : std::nullopt;
}

// Instants of a range of local dates, `to` exclusive. Dates beyond what a database can hold mean its first and last.
struct Span {
  Instant from;
  Instant to;
};
Span span_of(const Calendar& calendar, const std::optional<LocalDate>& from, const std::optional<LocalDate>& to) {
  static const LocalDate kFirst = LocalDate::of(1, 1, 2);
  static const LocalDate kLast = LocalDate::of(9999, 12, 30);
  return {calendar.start(std::clamp(from.value_or(kFirst), kFirst, kLast)),
          calendar.start(std::clamp(to.value_or(kLast), kFirst, kLast) + 1)};
}

}  // namespace

Session start(Context& ctx, const StartSession& in) {
  const int length = length_of(ctx, in);
  expect_links(ctx, in);
  Timer timer = open(ctx);
  expect_version(timer, in.if_version);
  if (timer.live) {
    const Stored former = *timer.live;
    auto way = rules::make_way(former, in.on_active, 0, ctx.now);
    expect_allowed(way);
    end(ctx, timer, former, std::move(way));
  }

  const auto step = rules::start(in.mode, length, ctx.now);
  Stored row;
  static_cast<rules::FocusSession&>(row) = step.session;
  row.user_id = ctx.user;
  row.id = ctx.new_id();
  row.task_title = unless_empty(in.task_title);
  row.library_id = in.library_id;
  row.created_at = row.updated_at = ctx.now;
  ctx.db.insert(row);
  timer.live = row;
  ++timer.version;
  if (step.event) {
    progress::record(ctx, deed(row, rules::EventKind::focus_start, rules::keys::focus_start(row.id)));
  }
  close(ctx, timer);
  return view(row, ctx.now);
}

Sessions list(Context& ctx, const ListSessions& in) {
  const std::int64_t page = in.page.value;
  const std::int64_t size = in.page_size.value;
  const auto [from, to] = span_of(ctx.calendar, in.from, in.to);
  const Instant last = to - Micros(1);
  Sessions out{.page = page, .page_size = size};
  ctx.db.each<Stored>(
      kList, [&](Stored&& row) { out.sessions.push_back(settled_view(std::move(row), ctx.now)); }, ctx.user, last, from,
      ctx.now, in.status, in.mode, in.task_id, size, (page - 1) * size);
  const bool filtered = in.from || in.to || in.status || in.mode || in.task_id;
  out.total = filtered ? ctx.db.one<std::int64_t>(kCount, ctx.user, last, from, ctx.now, in.status, in.mode, in.task_id)
                       : ctx.db.one<std::int64_t>(kCountAll, ctx.user);
  return out;
}

Session get(Context& ctx, const ById& in) { return settled_view(find(ctx, in.id), ctx.now); }

Live live(Context& ctx) {
  const Timer timer = read(ctx);
  Live out{.version = timer.version};
  if (timer.live) out.session = view(*timer.live, ctx.now);
  if (timer.pause) out.pause_state = view(*timer.pause, *timer.live);
  return out;
}

Active active(Context& ctx, const Nothing&) {
  const Timer timer = read(ctx);
  Active out{.server_time = ctx.now,
             .version = timer.version,
             .next_poll_seconds = rules::next_poll_seconds(timer.live, ctx.now)};
  if (ctx.tagged(fmt::format("f{}", timer.version))) return out;
  if (timer.live) out.session = view(*timer.live, ctx.now);
  if (timer.pause) out.pause_state = view(*timer.pause, *timer.live);
  return out;
}

std::optional<PauseState> pause_state(Context& ctx, const Nothing&) { return live(ctx).pause_state; }

PauseState pause(Context& ctx, const PauseLive& in) {
  Timer timer = open(ctx);
  expect_version(timer, in.if_version);
  if (!timer.live) throw no_live_session();
  const Stored running = *timer.live;
  const auto step = rules::pause(running, ctx.now);
  expect_allowed(step);
  store(ctx, timer, running, step);
  close(ctx, timer);
  return view(timer.pause.value(), *timer.live);
}

Session resume(Context& ctx, const ResumeLive& in) {
  Timer timer = open(ctx);
  expect_version(timer, in.if_version);
  if (!timer.live) throw no_live_session();
  const Stored paused = *timer.live;
  const auto step = rules::resume(paused, ctx.now);
  expect_allowed(step);
  store(ctx, timer, paused, step);
  close(ctx, timer);
  return view(*timer.live, ctx.now);
}

Completed complete(Context& ctx, const CompleteSession& in) {
  Timer timer = open(ctx);
  Stored row = session_of(ctx, timer, in.id);
  expect_version(timer, in.if_version);
  auto step = rules::complete(row, 0, ctx.now);
  expect_allowed(step);
  const bool already = !step.changed;
  if (!already) {
    if (const auto notes = unless_empty(in.notes)) row.notes = notes;
    row = end(ctx, timer, row, std::move(step));
  }
  close(ctx, timer);
  Completed out = outcome(ctx, row);
  out.already_completed = already;
  return out;
}

Session abandon(Context& ctx, const AbandonSession& in) {
  Timer timer = open(ctx);
  Stored row = session_of(ctx, timer, in.id);
  expect_version(timer, in.if_version);
  const auto step = rules::abandon(row, ctx.now);
  expect_allowed(step);
  if (step.changed) {
    row = store(ctx, timer, row, step);
    if (step.event) {
      progress::record(ctx, deed(row, rules::EventKind::focus_abandon, rules::keys::focus_abandon(row.id)));
    }
  }
  close(ctx, timer);
  return view(row, ctx.now);
}

rules::FocusStats stats(Context& ctx, const StatsOf& in) {
  const LocalDate date = in.date.value_or(ctx.today);
  const auto bounds = rules::bounds_of(in.period, date, ctx.calendar.week_start);
  const auto [from, to] =
      bounds ? span_of(ctx.calendar, bounds->first, bounds->second) : span_of(ctx.calendar, std::nullopt, std::nullopt);
  std::vector<rules::EndedFocus> ended;
  ctx.db.each<EndedRow>(
      kEnded,
      [&](EndedRow&& row) {
        ended.push_back({.mode = row.mode,
                         .status = row.status,
                         .date = ctx.calendar.date_of(row.ended_at),
                         .focused_seconds = row.focused_seconds.value_or(0),
                         .full_credit = row.full_credit.value_or(false),
                         .xp_awarded = row.xp_awarded,
                         .coins_awarded = row.coins_awarded});
      },
      ctx.user, from, to, ctx.now);
  const auto full_dates = ctx.db.query<LocalDate>(kFullDates, ctx.user);
  return rules::focus_stats(in.period, date, ctx.today, ctx.calendar.week_start, ended, full_dates);
}

void add_operations(Catalogue& c) {
  using enum Effect;
  c.add("focus.start", Create("/focus"), Access::user, write, &start, "Starts a focus session or a break.");
  c.add("focus.list", Get("/focus"), Access::user, read, &list, "Sessions, the one started last first.").from_replica();
  c.add("focus.active", Get("/focus/active"), Access::user, read, &active, "The live session and its pause.");
  c.add("focus.stats", Get("/focus/stats"), Access::user, read, &stats,
        "Statistics of a day, week, month, year or all.")
      .from_replica();
  c.add("focus.pause_state", Get("/focus/pause"), Access::user, read, &pause_state, "The pause of the live session.");
  c.add("focus.pause", Post("/focus/pause"), Access::user, write, &pause, "Pauses the live session.");
  c.add("focus.resume", Delete("/focus/pause"), Access::user, write, &resume, "Lets a paused session run on.")
      .also(Post("/focus/resume"));
  c.add("focus.get", Get("/focus/{id}"), Access::user, read, &get, "A session.");
  c.add("focus.complete", Post("/focus/{id}/complete"), Access::user, write, &complete,
        "Completes a session and pays it.");
  c.add("focus.abandon", Post("/focus/{id}/abandon"), Access::user, write, &abandon, "Gives a session up.");
}

}  // namespace ignition::focus
