// Everything about a user that one Today decision reads, as a plain value. Storage fills it, each group from one flat
// query result; a group that could not be read keeps its default and is named in `degraded`. Rules F1 to F14.
#pragma once

#include <array>
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ignition/rules/awards.hpp"
#include "ignition/rules/engagement.hpp"
#include "ignition/rules/guidance.hpp"
#include "ignition/rules/next_action.hpp"
#include "ignition/rules/preferences.hpp"
#include "ignition/rules/quick_picks.hpp"
#include "ignition/rules/ranking.hpp"
#include "ignition/rules/resume.hpp"
#include "ignition/rules/suggestions.hpp"
#include "ignition/time.hpp"
#include "ignition/uuid.hpp"

namespace ignition::rules {

// A stored choice about a module. Modules without a row are enabled and have no preference.
struct ModuleChoice {
  Module module = Module::focus;
  int weight = 1;  // 0..100; 0 = no preference
  bool enabled = true;
};
BOOST_DESCRIBE_STRUCT(ModuleChoice, (), (module, weight, enabled))

// One event type's activity that is not reversed.
struct EventUsage {
  EventKind kind = EventKind::focus_start;
  bool counted = true;                 // false: no completion of its call, such as the claim of a universal quest
  std::int64_t count = 0;              // within [now - usage_window_days, now]
  std::optional<Instant> oldest_at;    // of the counted ones
  std::optional<LocalDate> last_date;  // activity_date of the newest, also of one before the window
};

// Use of the product in the usage window.
struct Usage {
  UsageCounts counts;
  std::vector<ModuleUsage> modules;  // without parts of the day
  std::optional<Instant> oldest_at;  // the first event that will leave the window
};
BOOST_DESCRIBE_STRUCT(Usage, (), (counts, modules, oldest_at))
// Sums event types up by module; review_session counts for module review.
Usage usage_of(std::span<const EventUsage> events);
// The module that ranking counts a completion for.
ActionModule ranked_module(EventKind kind);

struct GuidanceHistory {
  bool started = false;        // there is a start or a completion event
  bool captured = false;       // there is a capture_saved event
  bool frequent_pair = false;  // some transition pair has a count of 3 or more
  int bounced_of_last_10 = 0;
  int exposures_of_last_10 = 0;
  std::array<GuidanceProgress, 5> steps;  // by GuidanceStep
};
BOOST_DESCRIBE_STRUCT(GuidanceHistory, (),
                      (started, captured, frequent_pair, bounced_of_last_10, exposures_of_last_10, steps))

enum class OnboardingStatus : std::uint8_t { not_started, in_progress, completed, skipped };
BOOST_DESCRIBE_ENUM(OnboardingStatus, not_started, in_progress, completed, skipped)

struct OnboardingFacts {
  std::optional<std::string> flow_key;  // nothing when there is no active flow
  OnboardingStatus status = OnboardingStatus::not_started;
  bool can_resume = true;
  std::optional<Uuid> current_step_id;  // only while in progress
  int percent_complete = 0;
};
BOOST_DESCRIBE_STRUCT(OnboardingFacts, (), (flow_key, status, can_resume, current_step_id, percent_complete))

struct TodayFacts {
  Uuid user_id;
  Instant created_at;  // of the account
  TodayPrefs prefs;
  std::vector<InterestKey> interests;  // in the user's order
  std::vector<ModuleChoice> modules;   // stored rows, in any order

  // The engagement row as stored; the decision looks at it through rule L2.
  std::optional<Instant> last_activity_at;
  std::int64_t completions_total = 0;
  EngagementSession session;

  std::optional<LiveFocus> focus;
  bool active_streak = false;     // rule F6, settled at the decision's instant
  std::optional<TodayPlan> plan;  // of the local date
  TodayCounts counts;             // at the decision's instant

  Usage usage;
  std::optional<LastUse> last_use;
  std::optional<NewestDeed> newest_completion;
  std::vector<ModuleTransition> transitions;  // those from the newest completion's ranked module suffice
  std::vector<UserRule> rules;
  std::vector<UserRoutine> routines;
  GuidanceHistory guidance;
  OnboardingFacts onboarding;

  // Instants at which facts from storage change by time alone before the user's day ends: end of a snooze, expiry of an
  // inbox item or quest, end of a calendar event, a card falling due, an exposure becoming a bounce. Past ones are
  // ignored, so the next one of each kind suffices.
  std::vector<Instant> turning_points;
  std::vector<std::string> degraded;  // names of the groups that could not be read
};
// Without the user, whom whoever reads the rest knows.
BOOST_DESCRIBE_STRUCT(TodayFacts, (),
                      (created_at, prefs, interests, modules, last_activity_at, completions_total, session, focus,
                       active_streak, plan, counts, usage, last_use, newest_completion, transitions, rules, routines,
                       guidance, onboarding, turning_points, degraded))

}  // namespace ignition::rules
