// Facts of Today read from test vectors.
#pragma once

#include "ignition/describe.hpp"
#include "ignition/rules/facts.hpp"
#include "support/vectors.hpp"

namespace ignition::test {

inline rules::LiveFocus live_focus(Value v) {
  return {.session_id = Uuid::parse(text(v, "session_id")).value(),
          .paused = text(v, "status") == "paused",
          .is_break = text(v, "mode") != "focus",
          .expires_at = maybe_instant(v, "expires_at")};
}

inline rules::ModuleSet module_set(Value names) {
  rules::ModuleSet out;
  for (const auto name : names.get_array()) {
    out.insert(rules::module_of(std::string_view(name.get_string().value())).value());
  }
  return out;
}

// An integer, or null for everything else.
inline std::optional<int> maybe_integer(Value object, std::string_view key) {
  std::int64_t value = 0;
  if (object[key].get(value) != simdjson::SUCCESS) return {};
  return static_cast<int>(value);
}

inline rules::TodayPlanItem today_plan_item(Value v) {
  rules::TodayPlanItem item;
  if (v.is_null()) return item;
  item.id = maybe_text(v, "id");
  item.item_key = text(v, "item_key", "");
  item.type = maybe_text(v, "type");
  item.title = maybe_text(v, "title");
  item.action_url = maybe_text(v, "action_url");
  if (has(v, "completed")) item.completed = boolean(v, "completed");
  item.priority = maybe_integer(v, "priority");
  item.duration = maybe_integer(v, "duration");
  return item;
}

inline rules::TodayPlan today_plan(Value v) {
  rules::TodayPlan plan{.id = maybe_text(v, "id"), .date = maybe_date(v, "date"), .items = {}};
  if (!has(v, "items")) return plan;
  for (const auto item : v["items"].get_array()) plan.items.push_back(today_plan_item(item));
  return plan;
}

inline rules::TodayCounts today_counts(Value v) {
  return {.pending_habits = integer(v, "pending_habits"),
          .active_quests = integer(v, "active_quests"),
          .unread_inbox = integer(v, "unread_inbox"),
          .due_reviews = integer(v, "due_reviews"),
          .workouts_today = integer(v, "workouts_today"),
          .events_remaining = integer(v, "events_remaining"),
          .tasks_due = integer(v, "tasks_due"),
          .milestones_due = integer(v, "milestones_due"),
          .books_unread_today = integer(v, "books_unread_today"),
          .journal_missing = integer(v, "journal_missing"),
          .overdue_items = integer(v, "overdue_items", 0)};
}

template <class E>
std::optional<E> maybe_enum(Value object, std::string_view key) {
  if (!has(object, key)) return {};
  return enum_of<E>(text(object, key)).value();
}
template <class E>
E enumerator(Value object, std::string_view key) {
  return maybe_enum<E>(object, key).value();
}

inline rules::TodayPrefs today_prefs(Value v) {
  return {.nudge_intensity = enumerator<rules::NudgeIntensity>(v, "nudge_intensity"),
          .focus_minutes = static_cast<int>(integer(v, "focus_minutes")),
          .gamification_visibility = enumerator<rules::GamificationVisibility>(v, "gamification_visibility"),
          .planner_visibility = enumerator<rules::PlannerVisibility>(v, "planner_visibility"),
          .gap_mode = maybe_enum<rules::GapMode>(v, "gap_mode"),
          .gap_threshold_hours = maybe_integer(v, "gap_threshold_hours"),
          .gap_threshold_days = maybe_integer(v, "gap_threshold_days"),
          .tips_enabled = boolean(v, "tips_enabled")};
}

// The vectors give the session as it is seen at `now`: a stored session whose last event is now.
inline rules::EngagementSession session_seen(Value v, Instant now) {
  return {.session_last_event_at = now,
          .soft_state = enumerator<rules::SoftState>(v, "soft_state"),
          .soft_source = maybe_enum<rules::SoftSource>(v, "soft_source"),
          .soft_status = maybe_enum<rules::SoftStatus>(v, "soft_status"),
          .soft_expires_at = maybe_instant(v, "soft_expires_at"),
          .momentum = enumerator<rules::Momentum>(v, "momentum"),
          .reduced_dismissed = boolean(v, "reduced_dismissed"),
          .show_full = boolean(v, "show_full")};
}

inline rules::GuidanceHistory guidance_history(Value v) {
  rules::GuidanceHistory history{.started = boolean(v, "started"),
                                 .captured = boolean(v, "captured"),
                                 .frequent_pair = boolean(v, "frequent_pair"),
                                 .bounced_of_last_10 = static_cast<int>(integer(v, "bounced_of_last_10")),
                                 .exposures_of_last_10 = static_cast<int>(integer(v, "exposures_of_last_10"))};
  for (const auto closed : v["closed"].get_array()) {
    const auto step = enum_of<rules::GuidanceStep>(closed.get_string().value()).value();
    history.steps[static_cast<std::size_t>(step)].dismiss_count = 2;
  }
  return history;
}

inline std::optional<rules::LastUse> last_use(Value facts) {
  if (!has(facts, "last_event")) return {};
  const auto event = facts["last_event"].value();
  const auto& rule = rules::rule_of(rules::event_kind(text(event, "event_type")).value());
  if (!rule.resume) return {};
  return rules::LastUse{enum_of<rules::ActionModule>(rule.module).value(), instant(event, "occurred_at")};
}

inline rules::TodayFacts today_facts(Value v, Instant now) {
  rules::TodayFacts facts;
  facts.user_id = Uuid::parse(text(v["user"].value(), "id")).value();
  facts.created_at = instant(v["user"].value(), "created_at");
  facts.prefs = today_prefs(v["prefs"].value());
  for (const auto interest : v["interests"].get_array()) {
    facts.interests.push_back(enum_of<rules::InterestKey>(interest.get_string().value()).value());
  }
  for (const auto [key, choice] : v["modules"].get_object()) {
    facts.modules.push_back({.module = rules::module_of(key).value(),
                             .weight = static_cast<int>(integer(choice, "weight")),
                             .enabled = boolean(choice, "enabled")});
  }
  const auto engagement = v["engagement"].value();
  facts.last_activity_at = maybe_instant(engagement, "last_activity_at");
  facts.completions_total = integer(engagement, "completions_total");
  facts.session = session_seen(engagement, now);
  if (has(v, "focus")) facts.focus = live_focus(v["focus"].value());
  facts.active_streak = boolean(v, "active_streak");
  if (has(v, "plan")) facts.plan = today_plan(v["plan"].value());
  facts.counts = today_counts(v["counts"].value());
  const auto usage = v["usage"].value();
  facts.usage.counts = {.learn_events = integer(usage, "learn_events"),
                        .focus_events = integer(usage, "focus_events"),
                        .total_events = integer(usage, "total_events")};
  facts.last_use = last_use(v);
  facts.guidance = guidance_history(v["guidance"].value());
  const auto onboarding = v["onboarding"].value();
  facts.onboarding = {.flow_key = maybe_text(onboarding, "flow_key"),
                      .status = enumerator<rules::OnboardingStatus>(onboarding, "status"),
                      .current_step_id = Uuid::parse(text(onboarding, "current_step_id", "")),
                      .percent_complete = static_cast<int>(integer(onboarding, "percent_complete"))};
  return facts;
}

}  // namespace ignition::test
