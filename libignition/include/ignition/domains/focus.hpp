// The focus timer: one session at a time that runs, pauses and ends, on all of a user's devices at once. Rules F1 to
// F15; the arithmetic is in rules/focus.hpp and rules/focus_stats.hpp.
//
// A session that time has ended is expired for every reader at once; the row says so from the user's next write on.
// Each stored change raises the timer's version by 1 and is published as `focus.changed` {"version"}.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/rules/focus.hpp"
#include "ignition/rules/focus_stats.hpp"

namespace ignition::focus {

// A session as it stands now. Exactly one of completed_at, abandoned_at and expired_at is set on one that has ended.
struct Session {
  Uuid id;
  rules::FocusMode mode = rules::FocusMode::focus;
  std::int64_t duration_seconds = 0;  // planned
  rules::FocusStatus status = rules::FocusStatus::active;
  Instant started_at;
  std::optional<Instant> ends_at;     // null when ended
  std::optional<Instant> expires_at;  // null when ended
  std::optional<Instant> paused_at;
  std::optional<Instant> completed_at;
  std::optional<Instant> abandoned_at;
  std::optional<Instant> expired_at;
  std::optional<std::int64_t> remaining_seconds;       // null when ended
  std::optional<std::int64_t> time_remaining_seconds;  // the same
  std::int64_t focused_seconds = 0;                    // so far; the credited seconds of a completed session
  std::optional<bool> full_credit;                     // of a completed session
  std::int64_t xp_awarded = 0;
  std::int64_t coins_awarded = 0;
  std::int64_t pause_count = 0;
  std::optional<Uuid> task_id;
  std::optional<std::string> task_title;
  std::optional<Uuid> library_id;
  std::optional<std::string> notes;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(Session, (),
                      (id, mode, duration_seconds, status, started_at, ends_at, expires_at, paused_at, completed_at,
                       abandoned_at, expired_at, remaining_seconds, time_remaining_seconds, focused_seconds,
                       full_credit, xp_awarded, coins_awarded, pause_count, task_id, task_title, library_id, notes,
                       created_at, updated_at))

// The pause that the live session is in.
struct PauseState {
  Uuid id;
  Uuid session_id;
  rules::FocusMode mode = rules::FocusMode::focus;
  bool is_paused = true;
  std::int64_t time_remaining_seconds = 0;
  Instant paused_at;
  std::optional<Instant> resumed_at;  // always null
  Instant expires_at;                 // the session's, unless it is resumed before
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(PauseState, (),
                      (id, session_id, mode, is_paused, time_remaining_seconds, paused_at, resumed_at, expires_at,
                       created_at, updated_at))

// The version that the caller saw: CONFLICT `version_mismatch` with details.version when the timer has another one.
using Version = Int<0, std::numeric_limits<std::int64_t>::max()>;

struct StartSession {
  Or<rules::FocusMode, rules::FocusMode::focus> mode;
  std::optional<Int<60, 14'400>> duration_seconds;  // by mode: break to 3600, long_break to 7200; absent: the setting
  std::optional<Uuid> task_id;
  std::optional<Text<0, 300>> task_title;
  std::optional<Uuid> library_id;
  Or<rules::OnActive, rules::OnActive::replace> on_active;
  std::optional<Version> if_version;

  static constexpr Alias aliases[] = {{"duration", "duration_seconds"}};
};
BOOST_DESCRIBE_STRUCT(StartSession, (),
                      (mode, duration_seconds, task_id, task_title, library_id, on_active, if_version))

struct ListSessions {
  Or<Int<1, 1'000'000>, 1> page;
  Or<Int<1, 100>, 20> page_size;
  std::optional<rules::FocusStatus> status;
  std::optional<rules::FocusMode> mode;
  std::optional<LocalDate> from;  // local dates on which sessions ended or, if live, started; both included
  std::optional<LocalDate> to;
  std::optional<Uuid> task_id;
};
BOOST_DESCRIBE_STRUCT(ListSessions, (), (page, page_size, status, mode, from, to, task_id))

struct Sessions {
  std::vector<Session> sessions;  // started last first
  std::int64_t total = 0;
  std::int64_t page = 1;
  std::int64_t page_size = 20;
};
BOOST_DESCRIBE_STRUCT(Sessions, (), (sessions, total, page, page_size))

struct Active {
  std::optional<Session> session;
  std::optional<PauseState> pause_state;
  Instant server_time;
  std::int64_t version = 0;
  std::int64_t next_poll_seconds = 30;
};
BOOST_DESCRIBE_STRUCT(Active, (), (session, pause_state, server_time, version, next_poll_seconds))

struct PauseLive {
  std::optional<Version> if_version;
  std::optional<double> time_remaining_seconds;  // what the caller's clock says; the time left is the server's (F4)
};
BOOST_DESCRIBE_STRUCT(PauseLive, (), (if_version, time_remaining_seconds))

struct ResumeLive {
  std::optional<Version> if_version;
};
BOOST_DESCRIBE_STRUCT(ResumeLive, (), (if_version))

struct CompleteSession {
  Uuid id;
  std::optional<Text<0, 2'000>> notes;
  std::optional<Version> if_version;
};
BOOST_DESCRIBE_STRUCT(CompleteSession, (), (id, notes, if_version))

struct Completed {
  Session session;
  std::int64_t xp_awarded = 0;
  std::int64_t coins_awarded = 0;
  bool leveled_up = false;
  std::int64_t new_level = 1;
  bool already_completed = false;  // all else is as it was told the first time
  bool reward_capped = false;      // nothing was paid because of the daily ceiling
  rules::NextFocus next;
};
BOOST_DESCRIBE_STRUCT(Completed, (),
                      (session, xp_awarded, coins_awarded, leveled_up, new_level, already_completed, reward_capped,
                       next))

struct AbandonSession {
  Uuid id;
  std::optional<Version> if_version;
};
BOOST_DESCRIBE_STRUCT(AbandonSession, (), (id, if_version))

struct StatsOf {
  Or<rules::FocusPeriod, rules::FocusPeriod::week> period;
  std::optional<LocalDate> date;  // any date of the period; default today
};
BOOST_DESCRIBE_STRUCT(StatsOf, (), (period, date))

// A session that lives already is completed when its timer is up, otherwise abandoned. VALIDATION_ERROR for a length
// out of the mode's bounds; NOT_FOUND unknown_link; CONFLICT `session_active` (with on_active reject).
Session start(Context& ctx, const StartSession& in);
Sessions list(Context& ctx, const ListSessions& in);
Session get(Context& ctx, const ById& in);
// With entity tag `f<version>`.
Active active(Context& ctx, const Nothing& in);
std::optional<PauseState> pause_state(Context& ctx, const Nothing& in);
// Both do nothing when it is so already. NOT_FOUND without a live session; CONFLICT `timer_finished`.
PauseState pause(Context& ctx, const PauseLive& in);
Session resume(Context& ctx, const ResumeLive& in);
// Pays the session, once. CONFLICT `abandoned`, `expired`.
Completed complete(Context& ctx, const CompleteSession& in);
// CONFLICT `completed`, `expired`.
Session abandon(Context& ctx, const AbandonSession& in);
rules::FocusStats stats(Context& ctx, const StatsOf& in);

void add_operations(Catalogue& catalogue);

// ---- For other domains, inside their transaction ----

// The timer as it stands now; stores nothing. One statement.
struct Live {
  std::optional<Session> session;  // active or paused
  std::optional<PauseState> pause_state;
  std::int64_t version = 0;
};
Live live(Context& ctx);

}  // namespace ignition::focus
