#include "ignition/rules/quick_picks.hpp"

#include <rapidcheck.h>

#include "ignition/describe.hpp"
#include "support/today.hpp"
#include "support/vectors.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

void check_picks(const std::vector<QuickPick>& picks, test::Value expected) {
  REQUIRE(picks.size() == expected.get_array().size());
  std::size_t i = 0;
  for (const auto e : expected.get_array()) {
    const QuickPick& pick = picks[i++];
    CHECK(name_of(pick.module) == test::text(e, "module"));
    CHECK(pick.route == test::text(e, "route"));
    CHECK(pick.label == test::text(e, "label"));
    CHECK(pick.count == test::integer(e, "count"));
    if (test::has(e, "action_key")) CHECK(pick.action_key == test::text(e, "action_key"));
    if (test::has(e, "baseline_rank")) CHECK(pick.baseline_rank == test::integer(e, "baseline_rank"));
  }
}

PickLimits limits_of(test::Value context) {
  return {.entry_mode = enum_of<EntryMode>(test::text(context, "entry_mode")).value(),
          .max_ctas = static_cast<int>(test::integer(context, "max_ctas")),
          .max_quick_links = static_cast<int>(test::integer(context, "max_quick_links")),
          .show_reduced_mode_banner = test::boolean(context, "show_reduced_mode_banner"),
          .max_quick_picks = static_cast<int>(test::integer(context, "max_quick_picks")),
          .nudge_intensity = enum_of<NudgeIntensity>(test::text(context, "nudge_intensity")).value()};
}

}  // namespace

TEST_CASE("quick picks follow their vectors, on both surfaces") {
  const test::Vectors vectors("today/quick_picks.json");
  std::size_t count = 0;
  for (const auto c : vectors["cases"].get_array()) {
    CAPTURE(test::text(c, "id"));
    CAPTURE(test::text(c, "about"));
    const auto context = c["context"].value();
    const auto expected = c["expected"].value();
    const TodayCounts counts = test::today_counts(c["counts"].value());
    TodayFlags flags;
    flags.master = test::boolean(context, "flag_master");
    flags.dynamic_ui = test::boolean(context, "flag_dynamic_ui");

    const int cap = pick_cap(limits_of(context), flags);
    CHECK(cap == test::integer(expected, "cap"));
    auto picks = pick_candidates(counts, test::text(context, "starter_href", ""),
                                 test::module_set(context["disabled_modules"].value()),
                                 test::boolean(context, "flag_quick_picks_extended"));
    picks.resize(std::min(picks.size(), static_cast<std::size_t>(cap)));
    check_picks(picks, expected["quick_picks"].value());

    CHECK(test::has(expected, "legacy_quick_picks") == (flags.master && flags.dynamic_ui));
    if (test::has(expected, "legacy_quick_picks")) {
      check_picks(legacy_quick_picks(counts), expected["legacy_quick_picks"].value());
    }
    ++count;
  }
  CHECK(count == 53);
}

TEST_CASE("the starter, the picks and the banner's suggestions never exceed the calls to action that fit") {
  CHECK(rc::check([](bool soft, bool dismissed, bool full, bool onboarding) {
    const auto bit = [bits = *rc::gen::inRange(0U, 64U)](unsigned i) { return (bits >> i & 1U) != 0; };
    const UserState state{.plan_exists = bit(0),
                          .has_incomplete_plan_items = bit(1),
                          .returning_after_gap = bit(2),
                          .first_day = bit(3),
                          .focus_active = bit(4),
                          .active_streak = bit(5)};
    TodayFlags flags;
    flags.decision_suppression = *rc::gen::arbitrary<bool>();
    flags.reduced_mode = *rc::gen::arbitrary<bool>();
    const Surface s = surface_of(
        state, {.soft_landing = soft, .reduced_dismissed = dismissed, .show_full = full, .onboarding = onboarding},
        flags);
    const bool banner = s.visibility.show_reduced_mode_banner;
    const int cap = pick_cap({.entry_mode = s.entry_mode,
                              .max_ctas = s.max_ctas,
                              .max_quick_links = s.visibility.max_quick_links,
                              .show_reduced_mode_banner = banner,
                              .max_quick_picks = *rc::gen::inRange(0, 11),
                              .nudge_intensity = *rc::gen::element(NudgeIntensity::gentle, NudgeIntensity::energetic)},
                             flags);
    RC_ASSERT(cap >= 0);
    RC_ASSERT(1 + cap + (banner ? 2 : 0) <= s.max_ctas);
    RC_ASSERT(cap <= s.visibility.max_quick_links);
  }));
}
