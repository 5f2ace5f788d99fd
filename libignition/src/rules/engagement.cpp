#include "ignition/rules/engagement.hpp"

namespace ignition::rules {

namespace {

using std::chrono::hours;
using std::chrono::minutes;

bool has_ended(const EngagementSession& stored, Instant now, const Calendar& calendar, const TodayConfig& config) {
  if (!stored.session_last_event_at) return true;
  const auto last = *stored.session_last_event_at;
  return now - last >= minutes(config.session_idle_minutes) || calendar.date_of(now) != calendar.date_of(last);
}

bool lands_from_onboarding(const EngagementSession& s) {
  return s.soft_state == SoftState::active && s.soft_source == SoftSource::onboarding;
}

void carry_landing(const EngagementSession& from, EngagementSession& to) {
  to.soft_state = from.soft_state;
  to.soft_source = from.soft_source;
  to.soft_status = from.soft_status;
  to.soft_activated_at = from.soft_activated_at;
  to.soft_expires_at = from.soft_expires_at;
}

void clear(EngagementSession& s) {
  if (s.soft_state == SoftState::active) s.soft_state = SoftState::cleared;
}

// Only sources that can land are asked for.
SoftSource soft_source_of(DeedSource source) {
  switch (source) {
    case DeedSource::quest:
      return SoftSource::quest;
    case DeedSource::workout:
      return SoftSource::workout;
    case DeedSource::habit:
      return SoftSource::habit;
    case DeedSource::learn:
      return SoftSource::learn;
    case DeedSource::focus:
    case DeedSource::plan:
      break;
  }
  return SoftSource::focus;
}

// The transition of one event on a session that is already seen at `now`.
struct Transition {
  EngagementSession& s;
  Instant now;
  const TodayConfig& config;

  void activate(SoftSource source, SoftStatus status, Micros length) const {
    s.soft_state = SoftState::active;
    s.soft_source = source;
    s.soft_status = status;
    s.soft_activated_at = now;
    s.soft_expires_at = now + length;
  }

  void operator()(session_event::Start) const {}

  void operator()(session_event::Complete e) const {
    ++s.completed_count;
    if (s.completed_count == 1) {
      if (s.soft_state == SoftState::inactive && lands_after_completion(e.source)) {
        activate(soft_source_of(e.source), SoftStatus::complete, minutes(config.soft_landing_minutes));
      }
    } else if (s.soft_source != SoftSource::onboarding) {
      clear(s);
    }
    if (s.momentum == Momentum::pending) s.momentum = Momentum::shown;
  }

  void operator()(session_event::Abandon e) const {
    if (s.soft_state == SoftState::inactive && lands_after_abandonment(e.source)) {
      activate(soft_source_of(e.source), SoftStatus::abandon, minutes(config.soft_landing_minutes));
    }
  }

  void operator()(session_event::Activate e) const {
    if (s.soft_state == SoftState::inactive) activate(e.source, e.status, minutes(config.soft_landing_minutes));
  }

  void operator()(session_event::Clear) const { clear(s); }

  // The user asked for this landing and its length, so it replaces any other one, a cleared one included.
  void operator()(session_event::OnboardingSkip e) const {
    if (!lands_from_onboarding(s)) activate(SoftSource::onboarding, SoftStatus::skip, hours(e.hours));
  }

  void operator()(session_event::DismissMomentum) const { s.momentum = Momentum::dismissed; }
  void operator()(session_event::DismissReduced) const { s.reduced_dismissed = true; }

  void operator()(session_event::ShowFull e) const {
    if (e.on) clear(s);
    s.show_full = e.on;
  }
};

}  // namespace

bool lands_after_completion(DeedSource source) {
  return source == DeedSource::focus || source == DeedSource::quest || source == DeedSource::workout ||
         source == DeedSource::learn;
}

bool lands_after_abandonment(DeedSource source) { return source == DeedSource::focus; }

EngagementSession seen_at(const EngagementSession& stored, Instant now, const Calendar& calendar,
                          const TodayConfig& config) {
  const bool expired = stored.soft_expires_at && *stored.soft_expires_at <= now;
  if (has_ended(stored, now, calendar, config)) {
    EngagementSession fresh;
    if (lands_from_onboarding(stored) && !expired) carry_landing(stored, fresh);
    return fresh;
  }
  auto seen = stored;
  if (expired) clear(seen);
  return seen;
}

EngagementSession after(const EngagementSession& stored, const SessionEvent& event, Instant now,
                        const Calendar& calendar, const TodayConfig& config, const Uuid& new_session_id) {
  auto session = seen_at(stored, now, calendar, config);
  if (!session.session_id) {
    session.session_id = new_session_id;
    session.session_started_at = now;
  }
  std::visit(Transition{session, now, config}, event);
  session.session_last_event_at = now;
  return session;
}

std::optional<session_event::Activate> return_link(std::string_view from, std::string_view status) {
  session_event::Activate event{};
  if (from == "focus") {
    event.source = SoftSource::focus;
  } else if (from == "quest") {
    event.source = SoftSource::quest;
  } else if (from == "workout") {
    event.source = SoftSource::workout;
  } else if (from == "habit") {
    event.source = SoftSource::habit;
  } else if (from == "learn") {
    event.source = SoftSource::learn;
  } else {
    return {};
  }
  if (status == "complete") {
    event.status = SoftStatus::complete;
  } else if (status == "abandon") {
    event.status = SoftStatus::abandon;
  } else {
    return {};
  }
  return event;
}

SoftLandingView soft_landing_view(const EngagementSession& seen, bool flag) {
  return {.active = flag && seen.soft_state == SoftState::active,
          .state = seen.soft_state,
          .source = seen.soft_source,
          .status = seen.soft_status,
          .expires_at = seen.soft_expires_at};
}

MomentumView momentum_view(const EngagementSession& seen, bool flag) {
  MomentumView view{.state = seen.momentum, .show = flag && seen.momentum == Momentum::shown, .message = {}};
  if (view.show) view.message = "Good start.";
  return view;
}

}  // namespace ignition::rules
