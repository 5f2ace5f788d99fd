// The engagement session: the server's stand-in for a browser session, so that soft landing and momentum are the same
// on every device. Rules L1 to L6.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "ignition/rules/preferences.hpp"
#include "ignition/time.hpp"
#include "ignition/uuid.hpp"

namespace ignition::rules {

enum class SoftState : std::uint8_t { inactive, active, cleared };
BOOST_DESCRIBE_ENUM(SoftState, inactive, active, cleared)

enum class SoftSource : std::uint8_t { focus, quest, workout, habit, learn, onboarding };
BOOST_DESCRIBE_ENUM(SoftSource, focus, quest, workout, habit, learn, onboarding)

enum class SoftStatus : std::uint8_t { complete, abandon, skip };
BOOST_DESCRIBE_ENUM(SoftStatus, complete, abandon, skip)

enum class Momentum : std::uint8_t { pending, shown, dismissed };
BOOST_DESCRIBE_ENUM(Momentum, pending, shown, dismissed)

// What a completion or an abandonment came from.
enum class DeedSource : std::uint8_t { focus, quest, workout, habit, learn, plan };
BOOST_DESCRIBE_ENUM(DeedSource, focus, quest, workout, habit, learn, plan)

// Fields as in the row. A default value is a fresh session that nothing has happened in yet; its session_id is given by
// the first event.
struct EngagementSession {
  std::optional<Uuid> session_id;
  std::optional<Instant> session_started_at;
  std::optional<Instant> session_last_event_at;
  int completed_count = 0;
  SoftState soft_state = SoftState::inactive;
  std::optional<SoftSource> soft_source;
  std::optional<SoftStatus> soft_status;
  std::optional<Instant> soft_activated_at;
  std::optional<Instant> soft_expires_at;
  Momentum momentum = Momentum::pending;
  bool reduced_dismissed = false;
  bool show_full = false;

  friend bool operator==(const EngagementSession&, const EngagementSession&) = default;
};
BOOST_DESCRIBE_STRUCT(EngagementSession, (),
                      (session_id, session_started_at, session_last_event_at, completed_count, soft_state, soft_source,
                       soft_status, soft_activated_at, soft_expires_at, momentum, reduced_dismissed, show_full))

// The events of rule L1. Reads are none.
namespace session_event {
struct Start {};  // a touch event that neither completes nor abandons
struct Complete {
  DeedSource source;
};
struct Abandon {
  DeedSource source;
};
struct Activate {  // source is not onboarding; status is complete or abandon
  SoftSource source;
  SoftStatus status;
};
struct Clear {};
struct OnboardingSkip {
  int hours;
};
struct DismissMomentum {};
struct DismissReduced {};
struct ShowFull {
  bool on;
};
}  // namespace session_event

using SessionEvent =
    std::variant<session_event::Start, session_event::Complete, session_event::Abandon, session_event::Activate,
                 session_event::Clear, session_event::OnboardingSkip, session_event::DismissMomentum,
                 session_event::DismissReduced, session_event::ShowFull>;

// Whether a completion (an abandonment) from this source can start a soft landing.
bool lands_after_completion(DeedSource source);
bool lands_after_abandonment(DeedSource source);

// Rule L2: the session as it is seen at `now`. A session ends after the idle time or with the user's day; then a fresh
// one is seen, into which only a running soft landing from onboarding is carried over. Storing the view is not needed.
EngagementSession seen_at(const EngagementSession& stored, Instant now, const Calendar& calendar,
                          const TodayConfig& config);

// Rule L3: the session to store after an event. `new_session_id` is taken when the event begins a session.
EngagementSession after(const EngagementSession& stored, const SessionEvent& event, Instant now,
                        const Calendar& calendar, const TodayConfig& config, const Uuid& new_session_id);

// Rule L6: the event meant by a return link `/today?mode=soft&from=<source>&status=<status>`; nothing for an unknown
// source or status.
std::optional<session_event::Activate> return_link(std::string_view from, std::string_view status);

// What clients see (rule L4). `flag` is the effective value of the soft-landing (momentum) flag.
struct SoftLandingView {
  bool active = false;
  SoftState state = SoftState::inactive;
  std::optional<SoftSource> source;
  std::optional<SoftStatus> status;
  std::optional<Instant> expires_at;

  friend bool operator==(const SoftLandingView&, const SoftLandingView&) = default;
};
BOOST_DESCRIBE_STRUCT(SoftLandingView, (), (active, state, source, status, expires_at))
SoftLandingView soft_landing_view(const EngagementSession& seen, bool flag);

struct MomentumView {
  Momentum state = Momentum::pending;
  bool show = false;
  std::optional<std::string> message;

  friend bool operator==(const MomentumView&, const MomentumView&) = default;
};
BOOST_DESCRIBE_STRUCT(MomentumView, (), (state, show, message))
MomentumView momentum_view(const EngagementSession& seen, bool flag);

}  // namespace ignition::rules
