// The one next step: the resolver (rules N1 to N6) and the starter, its safe form that Today shows (rules S1 to S8).
#pragma once

#include <array>
#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/rules/modules.hpp"
#include "ignition/time.hpp"
#include "ignition/uuid.hpp"

namespace ignition::rules {

// Where an action of Today leads: one of the modules, the planner page (governed by module plan) or onboarding.
enum class ActionModule : std::uint8_t {
  focus,
  quests,
  learn,
  ignitions,
  ideas,
  wins,
  plan,
  habits,
  exercise,
  review,
  goals,
  books,
  journal,
  inbox,
  projects,
  planner,
  onboarding,
};
BOOST_DESCRIBE_ENUM(ActionModule, focus, quests, learn, ignitions, ideas, wins, plan, habits, exercise, review, goals,
                    books, journal, inbox, projects, planner, onboarding)

constexpr ActionModule to_action_module(Module m) { return static_cast<ActionModule>(m); }
// The module by which a user weighs or disables it: planner belongs to plan, onboarding to none.
constexpr std::optional<Module> governing_module(ActionModule m) {
  if (m == ActionModule::planner) return Module::plan;
  if (m == ActionModule::onboarding) return {};
  return static_cast<Module>(m);
}

// The focus session that has not expired.
struct LiveFocus {
  Uuid session_id;
  bool paused = false;
  bool is_break = false;  // mode break or long_break
  std::optional<Instant> expires_at;
};
BOOST_DESCRIBE_STRUCT(LiveFocus, (), (session_id, paused, is_break, expires_at))

// An item of a daily plan as it came. Stored items are complete; what is missing in others is null, and the starter
// leaves such items out (rule S2).
struct TodayPlanItem {
  std::optional<std::string> id;
  std::string item_key;
  std::optional<std::string> type;
  std::optional<std::string> title;
  std::optional<std::string> action_url;
  std::optional<bool> completed;
  std::optional<int> priority;  // lower is sooner; null sorts as 999
  std::optional<int> duration;  // minutes
};
BOOST_DESCRIBE_STRUCT(TodayPlanItem, (), (id, item_key, type, title, action_url, completed, priority, duration))

struct TodayPlan {
  std::optional<std::string> id;
  std::optional<LocalDate> date;
  std::vector<TodayPlanItem> items;
};
BOOST_DESCRIBE_STRUCT(TodayPlan, (), (id, date, items))

// What a user's choices add to the next step. A weight of 0 is no preference.
struct ActionPreferences {
  std::array<int, kModules> weights{};
  ModuleSet disabled;
  bool onboarding_active = false;
  std::optional<std::string> onboarding_route;
};

enum class ActionReason : std::uint8_t { plan_incomplete_item, no_plan_fallback, active_session, noop };
BOOST_DESCRIBE_ENUM(ActionReason, plan_incomplete_item, no_plan_fallback, active_session, noop)

enum class ActionSource : std::uint8_t { active_session, onboarding, plan, personalised, default_, safety_net };
BOOST_DESCRIBE_ENUM(ActionSource, active_session, onboarding, plan, personalised, default_, safety_net)

struct NextAction {
  std::string href;
  std::string label;
  ActionReason reason = ActionReason::no_plan_fallback;
  ActionSource source = ActionSource::default_;
  std::string type;
  ActionModule module = ActionModule::focus;
  std::optional<std::string> entity_id;
  std::optional<std::string> item_title;
  std::string action_key;

  friend bool operator==(const NextAction&, const NextAction&) = default;
};
BOOST_DESCRIBE_STRUCT(NextAction, (), (href, label, reason, source, type, module, entity_id, item_title, action_key))

// The resolver: what comes next for somebody on the page `current_route`. Reason noop means: already there. Takes the
// plan as it is; the link is not checked.
NextAction resolve_next_action(const std::optional<LiveFocus>& focus, const TodayPlan* plan,
                               std::optional<std::string_view> current_route, const ActionPreferences& preferences);

struct Starter {
  NextAction action;
  std::optional<int> item_minutes;  // duration of the plan item behind it
};

// The starter: the resolver over the usable part of the plan of `today`, never noop, always a valid route. With
// `resolver_on` false (rule S7) only the plan counts.
Starter starter_of(const std::optional<LiveFocus>& focus, const TodayPlan* plan, LocalDate today,
                   const ActionPreferences& preferences, bool resolver_on = true);

// At most 40 code points, a longer label ending in an ellipsis (rule S6).
std::string short_label(std::string_view label);

}  // namespace ignition::rules
