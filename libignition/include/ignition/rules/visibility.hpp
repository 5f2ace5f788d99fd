// What of Today is shown: one resolved state, the flags and sections that follow from it, and how many calls to action
// fit. Rules V1 to V7. Collapsing a section never locks it: the user may always open it.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>

#include "ignition/rules/flags.hpp"
#include "ignition/rules/preferences.hpp"

namespace ignition::rules {

// The facts that the state is resolved from.
struct UserState {
  bool plan_exists = false;
  bool has_incomplete_plan_items = false;
  bool returning_after_gap = false;
  bool first_day = false;
  bool focus_active = false;
  bool active_streak = false;

  friend bool operator==(const UserState&, const UserState&) = default;
};
BOOST_DESCRIBE_STRUCT(UserState, (),
                      (plan_exists, has_incomplete_plan_items, returning_after_gap, first_day, focus_active,
                       active_streak))

// In order of priority; the last one always holds.
enum class ResolvedState : std::uint8_t {
  focus_active,
  first_day,
  returning_after_gap,
  plan_exists,
  active_streak,
  default_,
};
BOOST_DESCRIBE_ENUM(ResolvedState, focus_active, first_day, returning_after_gap, plan_exists, active_streak, default_)

ResolvedState resolve_state(const UserState& state);

enum class EntryMode : std::uint8_t { standard, reduced, ramp, onboarding };
BOOST_DESCRIBE_ENUM(EntryMode, standard, reduced, ramp, onboarding)

struct Visibility {
  bool show_starter_block = true;
  bool show_reduced_mode_banner = false;
  bool show_daily_plan = true;
  bool force_daily_plan_collapsed = false;
  bool show_explore = true;
  bool force_explore_collapsed = false;
  bool hide_explore = false;
  bool show_rewards = true;
  int max_quick_links = 3;

  friend bool operator==(const Visibility&, const Visibility&) = default;
};
BOOST_DESCRIBE_STRUCT(Visibility, (),
                      (show_starter_block, show_reduced_mode_banner, show_daily_plan, force_daily_plan_collapsed,
                       show_explore, force_explore_collapsed, hide_explore, show_rewards, max_quick_links))

// force_collapsed: starts closed whatever the client remembered.
enum class SectionState : std::uint8_t { visible, collapsed, force_collapsed, hidden };
BOOST_DESCRIBE_ENUM(SectionState, visible, collapsed, force_collapsed, hidden)

struct Sections {
  SectionState header = SectionState::visible;
  SectionState reduced_mode_banner = SectionState::hidden;
  SectionState starter_block = SectionState::visible;
  SectionState daily_plan = SectionState::collapsed;
  SectionState explore = SectionState::collapsed;
  SectionState rewards = SectionState::visible;

  friend bool operator==(const Sections&, const Sections&) = default;
};
BOOST_DESCRIBE_STRUCT(Sections, (), (header, reduced_mode_banner, starter_block, daily_plan, explore, rewards))

// What lies over the state: the engagement session, the user's wishes and running onboarding.
struct Overlay {
  bool soft_landing = false;       // the engagement session's soft landing is active
  bool reduced_dismissed = false;  // the welcome-back banner was dismissed in this session
  bool show_full = false;          // "Show full Today" is on
  bool onboarding = false;         // onboarding is in progress
  GamificationVisibility gamification = GamificationVisibility::always;
};

struct Surface {
  ResolvedState resolved_state = ResolvedState::default_;
  EntryMode entry_mode = EntryMode::standard;
  int max_ctas = 6;
  Visibility visibility;
  Sections sections;
  bool soft_landing_applied = false;

  friend bool operator==(const Surface&, const Surface&) = default;
};

// The effective surface of Today (rules V1 to V6). Always leaves at least one call to action.
Surface surface_of(const UserState& state, const Overlay& overlay, const TodayFlags& flags);

}  // namespace ignition::rules
