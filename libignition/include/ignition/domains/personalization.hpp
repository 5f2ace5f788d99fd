// What a user prefers about Today: preferences, interests and the modules that suggestions come from. Preferences are
// settings (rule R47) stored once; here they stand beside the rest that shapes Today.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/domains/settings.hpp"
#include "ignition/rules/modules.hpp"
#include "ignition/rules/preferences.hpp"

namespace ignition::personalization {

struct Prefs {
  rules::NudgeIntensity nudge_intensity = rules::NudgeIntensity::standard;
  std::int64_t focus_minutes = 25;
  rules::GamificationVisibility gamification_visibility = rules::GamificationVisibility::always;
  rules::PlannerVisibility planner_visibility = rules::PlannerVisibility::collapsed;
  rules::GapMode gap_mode = rules::GapMode::elapsed;  // of the gap, the effective values (rule C4)
  std::int64_t gap_threshold_hours = 48;
  std::int64_t gap_threshold_days = 2;
  bool tips_enabled = true;
  bool telemetry_enabled = true;
  WeekStart week_start = WeekStart::monday;
  std::int64_t day_start_hour = 0;
  std::optional<std::string> timezone;  // null = UTC
};
BOOST_DESCRIBE_STRUCT(Prefs, (),
                      (nudge_intensity, focus_minutes, gamification_visibility, planner_visibility, gap_mode,
                       gap_threshold_hours, gap_threshold_days, tips_enabled, telemetry_enabled, week_start,
                       day_start_hour, timezone))

struct Interest {
  rules::InterestKey key = rules::InterestKey::focus;
  std::string label;
  std::int64_t priority = 0;  // 0..100, higher first

  friend bool operator==(const Interest&, const Interest&) = default;
};
BOOST_DESCRIBE_STRUCT(Interest, (), (key, label, priority))

struct Module {
  rules::Module key = rules::Module::focus;
  std::int64_t weight = 1;  // 0..100; 0 = no preference
  bool enabled = true;      // false: never suggested
  std::optional<Instant> last_shown_at;
  std::int64_t show_count = 0;
};
BOOST_DESCRIBE_STRUCT(Module, (), (key, weight, enabled, last_shown_at, show_count))

struct Interests {
  std::vector<Interest> interests;  // by priority, then key
};
BOOST_DESCRIBE_STRUCT(Interests, (), (interests))

struct Modules {
  std::vector<Module> modules;  // all of them in canonical order, stored or default
};
BOOST_DESCRIBE_STRUCT(Modules, (), (modules))

struct Personalization {
  Prefs prefs;
  std::vector<Interest> interests;
  std::vector<Module> modules;
  Map<bool> effective_flags;
};
BOOST_DESCRIBE_STRUCT(Personalization, (), (prefs, interests, modules, effective_flags))

Personalization get(Context& ctx, const Nothing& in);

// Absent keeps, null gives the default (of gap values: the system's).
struct UpdatePrefs {
  Update<rules::NudgeIntensity> nudge_intensity;
  Update<Int<1, 180>> focus_minutes;
  Update<rules::GamificationVisibility> gamification_visibility;
  Update<rules::PlannerVisibility> planner_visibility;
  Update<rules::GapMode> gap_mode;
  Update<settings::GapHours> gap_threshold_hours;
  Update<settings::GapDays> gap_threshold_days;
  Update<bool> tips_enabled;
  Update<bool> telemetry_enabled;
  Update<WeekStart> week_start;
};
BOOST_DESCRIBE_STRUCT(UpdatePrefs, (),
                      (nudge_intensity, focus_minutes, gamification_visibility, planner_visibility, gap_mode,
                       gap_threshold_hours, gap_threshold_days, tips_enabled, telemetry_enabled, week_start))

Personalization update(Context& ctx, const UpdatePrefs& in);

struct SetInterests {
  Json interests{"[]"};  // at most 6, each a key or {key, priority}; without priorities the order decides
};
BOOST_DESCRIBE_STRUCT(SetInterests, (), (interests))

Interests set_interests(Context& ctx, const SetInterests& in);

struct GivenModule {
  rules::Module key = rules::Module::focus;
  Or<Int<0, 100>, 1> weight;
  Or<bool, true> enabled;
};
BOOST_DESCRIBE_STRUCT(GivenModule, (), (key, weight, enabled))

struct SetModules {
  List<GivenModule, 1, 15> modules;  // the others stay as they are
};
BOOST_DESCRIBE_STRUCT(SetModules, (), (modules))

Modules set_modules(Context& ctx, const SetModules& in);

void add_operations(Catalogue& catalogue);

// ---- For other domains, inside their transaction ----

// Puts these in place of all interests; label and order are filled in. Returns them as stored.
std::vector<Interest> replace_interests(Context& ctx, std::vector<Interest> interests);

}  // namespace ignition::personalization
