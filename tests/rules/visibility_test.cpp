#include "ignition/rules/visibility.hpp"

#include <rapidcheck.h>

#include <array>
#include <map>

#include "ignition/describe.hpp"
#include "support/vectors.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

UserState state_of(test::Value v) {
  return {.plan_exists = test::boolean(v, "plan_exists"),
          .has_incomplete_plan_items = test::boolean(v, "has_incomplete_plan_items"),
          .returning_after_gap = test::boolean(v, "returning_after_gap"),
          .first_day = test::boolean(v, "first_day"),
          .focus_active = test::boolean(v, "focus_active"),
          .active_streak = test::boolean(v, "active_streak")};
}

UserState state_of(unsigned bits) {
  return {.plan_exists = (bits & 1U) != 0,
          .has_incomplete_plan_items = (bits & 2U) != 0,
          .returning_after_gap = (bits & 4U) != 0,
          .first_day = (bits & 8U) != 0,
          .focus_active = (bits & 16U) != 0,
          .active_streak = (bits & 32U) != 0};
}

Visibility visibility_of(test::Value v) {
  return {.show_starter_block = test::boolean(v, "show_starter_block"),
          .show_reduced_mode_banner = test::boolean(v, "show_reduced_mode_banner"),
          .show_daily_plan = test::boolean(v, "show_daily_plan"),
          .force_daily_plan_collapsed = test::boolean(v, "force_daily_plan_collapsed"),
          .show_explore = test::boolean(v, "show_explore"),
          .force_explore_collapsed = test::boolean(v, "force_explore_collapsed"),
          .hide_explore = test::boolean(v, "hide_explore"),
          .show_rewards = test::boolean(v, "show_rewards"),
          .max_quick_links = static_cast<int>(test::integer(v, "max_quick_links"))};
}

Sections sections_of(test::Value v) {
  const auto section = [&](std::string_view key) { return enum_of<SectionState>(test::text(v, key)).value(); };
  return {.header = section("header"),
          .reduced_mode_banner = section("reduced_mode_banner"),
          .starter_block = section("starter_block"),
          .daily_plan = section("daily_plan"),
          .explore = section("explore"),
          .rewards = section("rewards")};
}

void check_surface(const Surface& surface, test::Value expected) {
  CHECK(name_of(surface.resolved_state) == test::text(expected, "resolved_state"));
  CHECK(name_of(surface.entry_mode) == test::text(expected, "entry_mode"));
  CHECK(surface.max_ctas == test::integer(expected, "max_ctas"));
  CHECK(surface.visibility == visibility_of(expected["visibility"].value()));
  CHECK(surface.sections == sections_of(expected["sections"].value()));
}

}  // namespace

TEST_CASE("all 64 states resolve to their surface") {
  const test::Vectors vectors("today/visibility.json");
  std::size_t count = 0;
  for (const auto c : vectors["cases"].get_array()) {
    CAPTURE(test::text(c, "id"));
    check_surface(surface_of(state_of(c["state"].value()), {}, {}), c["expected"].value());
    ++count;
  }
  CHECK(count == 64);
}

TEST_CASE("overlays change the surface as their vectors say") {
  const test::Vectors vectors("today/visibility.json");
  std::size_t count = 0;
  for (const auto c : vectors["overlay_cases"].get_array()) {
    CAPTURE(test::text(c, "id"));
    CAPTURE(test::text(c, "about"));
    const auto o = c["overlay"].value();
    const Overlay overlay{
        .soft_landing = test::boolean(o, "soft_landing_active"),
        .reduced_dismissed = test::boolean(o, "reduced_mode_dismissed"),
        .show_full = test::boolean(o, "show_full"),
        .onboarding = test::boolean(o, "onboarding_active"),
        .gamification = enum_of<GamificationVisibility>(test::text(o, "gamification_visibility", "always")).value()};
    TodayFlags flags;
    flags.master = test::boolean(o, "flag_master", true);
    flags.decision_suppression = test::boolean(o, "flag_decision_suppression", true);
    flags.reduced_mode = test::boolean(o, "flag_reduced_mode", true);
    flags.soft_landing = test::boolean(o, "flag_soft_landing", true);
    check_surface(surface_of(state_of(c["state"].value()), overlay, flags), c["expected"].value());
    ++count;
  }
  CHECK(count == 30);
}

TEST_CASE("the 64 states spread over the resolved states as counted") {
  std::map<ResolvedState, int> counts;
  for (unsigned bits = 0; bits < 64; ++bits) ++counts[resolve_state(state_of(bits))];
  CHECK(counts == std::map<ResolvedState, int>{{ResolvedState::focus_active, 32},
                                               {ResolvedState::first_day, 16},
                                               {ResolvedState::returning_after_gap, 8},
                                               {ResolvedState::plan_exists, 2},
                                               {ResolvedState::active_streak, 3},
                                               {ResolvedState::default_, 3}});
}

TEST_CASE("no state, overlay and flags leave Today without a call to action") {
  CHECK(rc::check([](bool soft, bool dismissed, bool full, bool onboarding, bool master, bool suppression, bool reduced,
                     bool soft_flag) {
    const auto state = state_of(*rc::gen::inRange(0U, 64U));
    const Overlay overlay{
        .soft_landing = soft,
        .reduced_dismissed = dismissed,
        .show_full = full,
        .onboarding = onboarding,
        .gamification = *rc::gen::element(GamificationVisibility::always, GamificationVisibility::subtle,
                                          GamificationVisibility::hidden)};
    TodayFlags flags;
    flags.master = master;
    flags.decision_suppression = suppression;
    flags.reduced_mode = reduced;
    flags.soft_landing = soft_flag;
    const Surface s = surface_of(state, overlay, flags);
    RC_ASSERT(s == surface_of(state, overlay, flags));
    RC_ASSERT(s.visibility.show_starter_block || s.visibility.show_daily_plan || s.visibility.show_explore);
    RC_ASSERT(s.max_ctas >= 1);
    // The banner's two suggestions and the starter fit by themselves.
    RC_ASSERT(!s.visibility.show_reduced_mode_banner || s.max_ctas >= 3);
    RC_ASSERT(!full || s.max_ctas == 6);
    RC_ASSERT(overlay.gamification != GamificationVisibility::hidden || s.sections.rewards == SectionState::hidden);
  }));
}
