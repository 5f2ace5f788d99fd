#include "ignition/rules/visibility.hpp"

#include <algorithm>
#include <array>

namespace ignition::rules {
namespace {

struct Row {
  Visibility visibility;
  int max_ctas;
};

// Rule V2, by ResolvedState.
constexpr std::array<Row, 6> kRows{{
    {.visibility = {.show_daily_plan = false,
                    .force_daily_plan_collapsed = true,
                    .show_explore = false,
                    .force_explore_collapsed = true,
                    .hide_explore = true,
                    .show_rewards = false,
                    .max_quick_links = 0},
     .max_ctas = 1},
    {.visibility = {.show_daily_plan = false,
                    .force_daily_plan_collapsed = true,
                    .force_explore_collapsed = true,
                    .show_rewards = false},
     .max_ctas = 2},
    {.visibility = {.show_reduced_mode_banner = true,
                    .force_daily_plan_collapsed = true,
                    .force_explore_collapsed = true,
                    .show_rewards = false},
     .max_ctas = 3},
    {.visibility = {}, .max_ctas = 4},
    {.visibility = {}, .max_ctas = 6},
    {.visibility = {}, .max_ctas = 6},
}};

const Row& row_of(ResolvedState state) { return kRows[static_cast<std::size_t>(state)]; }

// Rule V3. `shape` is the state whose section rules apply.
Sections sections_of(const Visibility& v, ResolvedState shape, GamificationVisibility gamification) {
  using S = SectionState;
  const auto shown = [](bool flag) { return flag ? S::visible : S::hidden; };
  Sections s;
  s.reduced_mode_banner = shown(v.show_reduced_mode_banner);
  s.starter_block = shown(v.show_starter_block);

  if (!v.show_daily_plan) {
    s.daily_plan = S::hidden;
  } else if (v.force_daily_plan_collapsed) {
    s.daily_plan = S::force_collapsed;
  } else {
    s.daily_plan = shape == ResolvedState::active_streak ? S::visible : S::collapsed;
  }

  if (v.hide_explore || !v.show_explore) {
    s.explore = S::hidden;
  } else {
    s.explore = v.force_explore_collapsed ? S::force_collapsed : S::collapsed;
  }

  if (!v.show_rewards) {
    s.rewards = S::hidden;
  } else {
    const bool quiet = shape == ResolvedState::plan_exists || gamification == GamificationVisibility::subtle;
    s.rewards = quiet ? S::collapsed : S::visible;
  }
  return s;
}

// Rule V5.
EntryMode entry_mode_of(const Surface& surface, const Overlay& overlay, const TodayFlags& flags) {
  if (surface.resolved_state == ResolvedState::focus_active) {
    return overlay.show_full ? EntryMode::standard : EntryMode::reduced;
  }
  if (overlay.show_full) return EntryMode::standard;
  if (overlay.onboarding && flags.master) return EntryMode::onboarding;
  if (surface.resolved_state == ResolvedState::returning_after_gap) return EntryMode::ramp;
  if (surface.soft_landing_applied || surface.resolved_state == ResolvedState::first_day) return EntryMode::reduced;
  return EntryMode::standard;
}

}  // namespace

ResolvedState resolve_state(const UserState& state) {
  if (state.focus_active) return ResolvedState::focus_active;
  if (state.first_day) return ResolvedState::first_day;
  if (state.returning_after_gap) return ResolvedState::returning_after_gap;
  if (state.plan_exists && state.has_incomplete_plan_items) return ResolvedState::plan_exists;
  return state.active_streak ? ResolvedState::active_streak : ResolvedState::default_;
}

Surface surface_of(const UserState& state, const Overlay& overlay, const TodayFlags& flags) {
  Surface surface;
  if (flags.master && flags.decision_suppression) {
    UserState seen = state;
    if (!flags.reduced_mode || overlay.reduced_dismissed) seen.returning_after_gap = false;
    surface.resolved_state = resolve_state(seen);
  }

  ResolvedState shape = overlay.show_full ? ResolvedState::default_ : surface.resolved_state;
  Visibility& v = surface.visibility;
  v = row_of(shape).visibility;
  surface.max_ctas = row_of(shape).max_ctas;

  surface.soft_landing_applied = flags.master && flags.soft_landing && overlay.soft_landing && !overlay.show_full &&
                                 surface.resolved_state != ResolvedState::focus_active;
  if (surface.soft_landing_applied) {
    v.force_daily_plan_collapsed = true;
    v.force_explore_collapsed = true;
    v.show_rewards = false;
    surface.max_ctas = std::min(surface.max_ctas, 3);
  }
  if (overlay.gamification == GamificationVisibility::hidden) v.show_rewards = false;
  if (!v.show_starter_block && !v.show_daily_plan && !v.show_explore) v.show_starter_block = true;

  surface.sections = sections_of(v, shape, overlay.gamification);
  surface.entry_mode = entry_mode_of(surface, overlay, flags);
  return surface;
}

}  // namespace ignition::rules
