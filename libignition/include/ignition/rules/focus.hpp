// The focus timer: one session at a time that runs, pauses and ends. All arithmetic is in microseconds, so pauses lose
// no fractions; only what people read is rounded. Rules F1 to F14.
//
// Each function is one transition of one session. The stored domain settles the live session first, then acts, and
// writes what the transition says in one transaction.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>

#include "ignition/time.hpp"

namespace ignition::rules {

enum class FocusMode : std::uint8_t { focus, break_, long_break };
BOOST_DESCRIBE_ENUM(FocusMode, focus, break_, long_break)

enum class FocusStatus : std::uint8_t { active, paused, completed, abandoned, expired };
BOOST_DESCRIBE_ENUM(FocusStatus, active, paused, completed, abandoned, expired)

// How a row of the pause log was closed.
enum class PauseEnd : std::uint8_t { resume, complete, abandon, expire, replace };
BOOST_DESCRIBE_ENUM(PauseEnd, resume, complete, abandon, expire, replace)

// What a start does about a session that is still running.
enum class OnActive : std::uint8_t { replace, reject };
BOOST_DESCRIBE_ENUM(OnActive, replace, reject)

// The user's settings of the same names.
struct FocusSettings {
  int focus_default_duration = 1500;
  int focus_break_duration = 300;
  int focus_long_break_duration = 900;
  int focus_sessions_before_long_break = 4;
  bool focus_auto_start_breaks = false;
  bool focus_auto_start_focus = false;
};
BOOST_DESCRIBE_STRUCT(FocusSettings, (),
                      (focus_default_duration, focus_break_duration, focus_long_break_duration,
                       focus_sessions_before_long_break, focus_auto_start_breaks, focus_auto_start_focus))

// The part of a stored session that time and transitions change. Exactly one of completed_at, abandoned_at and
// expired_at is set on a session that has ended.
struct FocusSession {
  FocusMode mode = FocusMode::focus;
  int duration_seconds = 0;
  FocusStatus status = FocusStatus::active;
  Instant started_at;
  Instant ends_at;     // end of the timer; moves by the length of every pause
  Instant expires_at;  // when a live session becomes expired
  std::optional<Instant> paused_at;
  int pause_count = 0;
  std::int64_t paused_total_us = 0;
  std::optional<Instant> completed_at;
  std::optional<Instant> abandoned_at;
  std::optional<Instant> expired_at;
  std::optional<int> focused_seconds;  // of an ended session; the credited seconds of a completed one
  std::optional<bool> full_credit;     // of a completed session
  int xp_awarded = 0;
  int coins_awarded = 0;

  bool is_live() const { return status == FocusStatus::active || status == FocusStatus::paused; }
  bool is_break() const { return mode != FocusMode::focus; }
  std::optional<Instant> ended_at() const;

  friend bool operator==(const FocusSession&, const FocusSession&) = default;
};
BOOST_DESCRIBE_STRUCT(FocusSession, (),
                      (mode, duration_seconds, status, started_at, ends_at, expires_at, paused_at, pause_count,
                       paused_total_us, completed_at, abandoned_at, expired_at, focused_seconds, full_credit,
                       xp_awarded, coins_awarded))

// Planned lengths (rule F1), in seconds, bounds inclusive.
struct FocusLengths {
  int min;
  int max;
};
FocusLengths lengths_of(FocusMode mode);
bool is_allowed_length(FocusMode mode, std::int64_t seconds);
int default_length(FocusMode mode, const FocusSettings& settings);

// Time left, rounded up, and time spent running, rounded down (rule F6). Of a live session.
int remaining_seconds(const FocusSession& live, Instant now);
int focused_seconds(const FocusSession& live, Instant now);
// True for a running session whose timer is up and which nobody has completed yet.
bool is_up(const FocusSession& session, Instant now);
// Seconds until a client should ask again (rule F14).
int next_poll_seconds(const std::optional<FocusSession>& live, Instant now);

// What completing after `focused` seconds is worth (rule F7), before the daily ceilings.
struct FocusCredit {
  int credited_seconds = 0;
  bool full = false;
  int xp = 0;
  int coins = 0;

  bool pays() const { return xp > 0 || coins > 0; }
  friend bool operator==(const FocusCredit&, const FocusCredit&) = default;
};
FocusCredit credit_of(FocusMode mode, int duration_seconds, int focused);

// Paid sessions per local date of completed_at: focus sessions, and breaks of both kinds together (rule F8).
int paid_ceiling(FocusMode mode);

// Why a transition does not take place; nothing is written then. Wire: no_live_session is NOT_FOUND, all others are
// CONFLICT with this word as reason.
enum class FocusRefusal : std::uint8_t {
  no_live_session,
  timer_finished,
  session_active,
  completed,
  abandoned,
  expired
};
BOOST_DESCRIBE_ENUM(FocusRefusal, no_live_session, timer_finished, session_active, completed, abandoned, expired)

// Activity events of this domain, for sessions of mode focus only (rule F13). focus_complete carries the credited
// seconds and counts only with full credit.
enum class FocusEvent : std::uint8_t { focus_start, focus_complete, focus_abandon };
BOOST_DESCRIBE_ENUM(FocusEvent, focus_start, focus_complete, focus_abandon)

// The session after a transition and what has to be written with it.
struct FocusStep {
  FocusSession session;
  bool changed = false;  // false: nothing is written, `session` is the answer. Each true raises the version by 1
  std::optional<FocusRefusal> refusal;
  bool opens_pause = false;            // a pause row begins at session.paused_at
  std::optional<PauseEnd> ends_pause;  // the open pause row is closed like this
  std::optional<FocusEvent> event;
  bool awards = false;         // a ledger entry of xp_awarded and coins_awarded is due, also when a ceiling made them 0
  bool reward_capped = false;  // a ceiling made the award 0
};

// Rule F3: a live session that has reached expires_at becomes expired as of that instant. Without a reward.
FocusStep settle(const FocusSession& session, Instant now);

// Rule F2. The length must be allowed.
FocusStep start(FocusMode mode, int duration_seconds, Instant now);

// The following take a settled session, which may have ended.

// Rule F10: what a start does to the session that is still live. A session whose timer is up is completed in full; any
// other is abandoned, or refuses the start (session_active) by `on_active`. `paid_before` as for complete().
FocusStep make_way(const FocusSession& live, OnActive on_active, int paid_before, Instant now);

// Rules F4 and F5.
FocusStep pause(const FocusSession& session, Instant now);
FocusStep resume(const FocusSession& session, Instant now);

// The instant at which completing now would put completed_at; its local date is the one whose ceiling counts.
Instant completion_instant(const FocusSession& live, Instant now);
// Rule F8. `paid_before`: paid sessions of the same kind (focus, or any break) on the local date of
// completion_instant().
FocusStep complete(const FocusSession& session, int paid_before, Instant now);

// Rule F9.
FocusStep abandon(const FocusSession& session, Instant now);

// What is proposed after a session of `ended` mode (rule F11). `full_sessions_today`: full-credit focus sessions
// completed on the local date, the ended one included.
struct NextFocus {
  FocusMode mode = FocusMode::focus;
  int duration_seconds = 0;
  bool auto_start = false;

  friend bool operator==(const NextFocus&, const NextFocus&) = default;
};
BOOST_DESCRIBE_STRUCT(NextFocus, (), (mode, duration_seconds, auto_start))
NextFocus next_focus(FocusMode ended, int full_sessions_today, const FocusSettings& settings);

}  // namespace ignition::rules
