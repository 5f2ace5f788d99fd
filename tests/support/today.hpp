// Facts of Today read from test vectors.
#pragma once

#include "ignition/rules/next_action.hpp"
#include "ignition/rules/quick_picks.hpp"
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

}  // namespace ignition::test
