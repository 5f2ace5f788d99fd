// Guidance: at most one small hint on Today, dismissed twice for good. Rule G1.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ignition/time.hpp"

namespace ignition::rules {

// In the order in which they are considered; intro_return goes before all of them.
enum class GuidanceStep : std::uint8_t { intro_start, intro_capture, intro_return, intro_rules, intro_review };
BOOST_DESCRIBE_ENUM(GuidanceStep, intro_start, intro_capture, intro_return, intro_rules, intro_review)

// Stored per step; a missing row is the default value.
struct GuidanceProgress {
  int dismiss_count = 0;
  std::optional<Instant> cooldown_until;
  std::optional<Instant> done_at;

  friend bool operator==(const GuidanceProgress&, const GuidanceProgress&) = default;
};
BOOST_DESCRIBE_STRUCT(GuidanceProgress, (), (dismiss_count, cooldown_until, done_at))

bool is_open(const GuidanceProgress& progress, Instant now);
// After one dismissal at `now`: hidden for the cooldown, and for ever from the second one on.
GuidanceProgress dismissed(GuidanceProgress progress, Instant now, int cooldown_hours);
// After the step's exit condition was met; the first instant is kept.
GuidanceProgress finished(GuidanceProgress progress, Instant now);

struct GuidanceFacts {
  bool started = false;              // there is a start or a completion event
  bool captured = false;             // there is a capture_saved event
  bool frequent_pair = false;        // some transition pair has a count of 3 or more
  bool has_rule_or_routine = false;  // an enabled one
  int bounced_of_last_10 = 0;        // exposures without any outcome, of the newest ten
  int exposures_of_last_10 = 0;      // how many of those ten exist
  int unread_inbox = 0;
  bool returning_after_gap = false;  // the resolved state, not the raw fact
  std::vector<GuidanceStep> closed;  // the steps that are not open
};

// The step to show, or nothing. The caller asks only while the master flag and tips_enabled are on, no soft landing
// applies and the resolved state is not focus_active.
std::optional<GuidanceStep> guidance(const GuidanceFacts& facts);

// What can end a step for good.
enum class GuidanceExit : std::uint8_t {
  started,                  // a start or completion event
  captured,                 // a capture_saved event
  active_again,             // any touch event, or show_full, while intro_return is shown
  rule_or_routine_created,  // by the user
  inbox_processed,          // all at once, or the open items fell below five
};
bool ends(GuidanceStep step, GuidanceExit what);

struct GuidanceView {
  GuidanceStep step;
  std::string message_key;  // `guidance.<step>`
  bool dismissible = true;

  friend bool operator==(const GuidanceView&, const GuidanceView&) = default;
};
BOOST_DESCRIBE_STRUCT(GuidanceView, (), (step, message_key, dismissible))
GuidanceView guidance_view(GuidanceStep step);

}  // namespace ignition::rules
