#include "ignition/rules/focus.hpp"

#include <algorithm>

namespace ignition::rules {

namespace {

using std::chrono::seconds;

constexpr auto kPauseLimit = seconds(3600);
constexpr std::int64_t kSecond = 1'000'000;
constexpr int kPollSeconds = 30;
constexpr int kPaidFocusSessions = 60;
constexpr int kPaidBreaks = 24;
constexpr int kShortestEventSeconds = 60;

// Microseconds left on the timer, not below 0. While paused, time stands still.
std::int64_t left_us(const FocusSession& live, Instant now) {
  return std::max<std::int64_t>(0, (live.ends_at - live.paused_at.value_or(now)).count());
}

std::int64_t duration_us(const FocusSession& session) { return session.duration_seconds * kSecond; }

FocusStep unchanged(const FocusSession& session) { return {.session = session}; }

FocusStep refused(const FocusSession& session, FocusRefusal why) { return {.session = session, .refusal = why}; }

FocusRefusal refusal_of(FocusStatus ended) {
  if (ended == FocusStatus::completed) return FocusRefusal::completed;
  if (ended == FocusStatus::abandoned) return FocusRefusal::abandoned;
  return FocusRefusal::expired;
}

// A step that ends the live session and closes its pause, if there is one.
FocusStep ending(const FocusSession& live, FocusStatus status, PauseEnd how, int focused) {
  FocusStep step{.session = live, .changed = true};
  step.session.status = status;
  step.session.focused_seconds = focused;
  if (live.paused_at) step.ends_pause = how;
  step.session.paused_at.reset();
  return step;
}

FocusStep completing(const FocusSession& live, int paid_before, Instant now) {
  const auto credit = credit_of(live.mode, live.duration_seconds, focused_seconds(live, now));
  auto step = ending(live, FocusStatus::completed, PauseEnd::complete, credit.credited_seconds);
  auto& session = step.session;
  session.completed_at = completion_instant(live, now);
  session.full_credit = credit.full;
  step.awards = credit.pays();
  step.reward_capped = credit.pays() && paid_before >= paid_ceiling(live.mode);
  if (!step.reward_capped) {
    session.xp_awarded = credit.xp;
    session.coins_awarded = credit.coins;
  }
  if (!session.is_break() && credit.credited_seconds >= kShortestEventSeconds) {
    step.event = FocusEvent::focus_complete;
  }
  return step;
}

FocusStep abandoning(const FocusSession& live, PauseEnd how, Instant now) {
  auto step = ending(live, FocusStatus::abandoned, how, focused_seconds(live, now));
  step.session.abandoned_at = now;
  return step;
}

}  // namespace

std::optional<Instant> FocusSession::ended_at() const {
  if (completed_at) return completed_at;
  return abandoned_at ? abandoned_at : expired_at;
}

FocusLengths lengths_of(FocusMode mode) {
  switch (mode) {
    case FocusMode::break_:
      return {60, 3600};
    case FocusMode::long_break:
      return {60, 7200};
    case FocusMode::focus:
      break;
  }
  return {60, 14400};
}

bool is_allowed_length(FocusMode mode, std::int64_t length) {
  const auto bounds = lengths_of(mode);
  return length >= bounds.min && length <= bounds.max;
}

int default_length(FocusMode mode, const FocusSettings& settings) {
  switch (mode) {
    case FocusMode::break_:
      return settings.focus_break_duration;
    case FocusMode::long_break:
      return settings.focus_long_break_duration;
    case FocusMode::focus:
      break;
  }
  return settings.focus_default_duration;
}

int remaining_seconds(const FocusSession& live, Instant now) {
  const auto rounded_up = (left_us(live, now) + kSecond - 1) / kSecond;
  return static_cast<int>(std::min<std::int64_t>(rounded_up, live.duration_seconds));
}

int focused_seconds(const FocusSession& live, Instant now) {
  return static_cast<int>(std::max<std::int64_t>(0, duration_us(live) - left_us(live, now)) / kSecond);
}

bool is_up(const FocusSession& session, Instant now) {
  return session.status == FocusStatus::active && now >= session.ends_at;
}

int next_poll_seconds(const std::optional<FocusSession>& live, Instant now) {
  if (!live || live->status != FocusStatus::active || is_up(*live, now)) return kPollSeconds;
  return std::min(kPollSeconds, remaining_seconds(*live, now));
}

FocusCredit credit_of(FocusMode mode, int duration_seconds, int focused) {
  const int grace = std::min(30, duration_seconds / 20);
  const bool full = focused >= duration_seconds - grace;
  FocusCredit credit{.credited_seconds = full ? duration_seconds : focused, .full = full};
  switch (mode) {
    case FocusMode::focus:
      credit.xp = full ? std::max(5, duration_seconds / 60) : focused / 60;
      credit.coins = full ? std::max(2, duration_seconds / 300) : focused / 300;
      break;
    case FocusMode::break_:
      credit.xp = full ? 2 : 0;
      break;
    case FocusMode::long_break:
      credit.xp = full ? 3 : 0;
      credit.coins = full ? 1 : 0;
      break;
  }
  return credit;
}

int paid_ceiling(FocusMode mode) { return mode == FocusMode::focus ? kPaidFocusSessions : kPaidBreaks; }

FocusStep settle(const FocusSession& session, Instant now) {
  if (!session.is_live() || now < session.expires_at) return unchanged(session);
  auto step = ending(session, FocusStatus::expired, PauseEnd::expire, focused_seconds(session, session.expires_at));
  step.session.expired_at = session.expires_at;
  return step;
}

FocusStep start(FocusMode mode, int duration_seconds, Instant now) {
  FocusStep step{.session = {.mode = mode,
                             .duration_seconds = duration_seconds,
                             .status = FocusStatus::active,
                             .started_at = now,
                             .ends_at = now + seconds(duration_seconds),
                             .expires_at = now + seconds(2 * duration_seconds)},
                 .changed = true};
  if (mode == FocusMode::focus) step.event = FocusEvent::focus_start;
  return step;
}

FocusStep make_way(const FocusSession& live, OnActive on_active, int paid_before, Instant now) {
  if (!live.is_live()) return unchanged(live);
  // A finished session is paid whatever the caller wants: a lost call must not cost a finished timer.
  if (is_up(live, now)) return completing(live, paid_before, now);
  if (on_active == OnActive::reject) return refused(live, FocusRefusal::session_active);
  return abandoning(live, PauseEnd::replace, now);
}

FocusStep pause(const FocusSession& session, Instant now) {
  if (!session.is_live()) return refused(session, FocusRefusal::no_live_session);
  if (session.status == FocusStatus::paused) return unchanged(session);
  if (is_up(session, now)) return refused(session, FocusRefusal::timer_finished);

  FocusStep step{.session = session, .changed = true, .opens_pause = true};
  step.session.status = FocusStatus::paused;
  step.session.paused_at = now;
  step.session.expires_at = now + kPauseLimit;
  ++step.session.pause_count;
  return step;
}

FocusStep resume(const FocusSession& session, Instant now) {
  if (!session.is_live()) return refused(session, FocusRefusal::no_live_session);
  if (session.status == FocusStatus::active) return unchanged(session);

  FocusStep step{.session = session, .changed = true, .ends_pause = PauseEnd::resume};
  // Never negative: a clock that was set back takes no time away.
  const auto length = std::max(Micros(0), now - session.paused_at.value_or(now));
  step.session.status = FocusStatus::active;
  step.session.paused_at.reset();
  step.session.paused_total_us += length.count();
  step.session.ends_at = session.ends_at + length;
  step.session.expires_at = step.session.ends_at + seconds(session.duration_seconds);
  return step;
}

Instant completion_instant(const FocusSession& live, Instant now) {
  return live.status == FocusStatus::active ? std::min(now, live.ends_at) : now;
}

FocusStep complete(const FocusSession& session, int paid_before, Instant now) {
  if (session.status == FocusStatus::completed) return unchanged(session);
  if (!session.is_live()) return refused(session, refusal_of(session.status));
  return completing(session, paid_before, now);
}

FocusStep abandon(const FocusSession& session, Instant now) {
  if (session.status == FocusStatus::abandoned) return unchanged(session);
  if (!session.is_live()) return refused(session, refusal_of(session.status));
  auto step = abandoning(session, PauseEnd::abandon, now);
  if (!session.is_break()) step.event = FocusEvent::focus_abandon;
  return step;
}

NextFocus next_focus(FocusMode ended, int full_sessions_today, const FocusSettings& settings) {
  auto mode = FocusMode::focus;
  if (ended == FocusMode::focus) {
    const bool long_one =
        full_sessions_today > 0 && full_sessions_today % std::max(1, settings.focus_sessions_before_long_break) == 0;
    mode = long_one ? FocusMode::long_break : FocusMode::break_;
  }
  return {.mode = mode,
          .duration_seconds = default_length(mode, settings),
          .auto_start = mode == FocusMode::focus ? settings.focus_auto_start_focus : settings.focus_auto_start_breaks};
}

}  // namespace ignition::rules
