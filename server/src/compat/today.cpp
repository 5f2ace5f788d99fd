// Today, the daily plan and what other devices need to know, as existing clients read them.
#include <algorithm>
#include <array>
#include <cmath>

#include "compat/sections.hpp"
#include "compat/surface.hpp"
#include "ignition/rules/daily_plan.hpp"
#include "ignition/rules/percent.hpp"
#include "ignition/rules/today.hpp"
#include "ignition/wire.hpp"

namespace ignition::server::compat {
namespace {

bool is_on(Value& today, std::string_view flag) {
  Value* flags = today.find("flags");
  return flags != nullptr && flags->get(flag).as_truth() == true;
}

// The types that clients of this surface know.
std::string legacy_type(std::string_view type) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kLegacy = {
      {{"task", "focus"}, {"custom", "focus"}, {"reading", "learning"}, {"journal", "learning"}, {"goal", "quest"}}};
  const auto at = std::ranges::find(kLegacy, type, &std::pair<std::string_view, std::string_view>::first);
  return std::string(at == kLegacy.end() ? type : at->second);
}

Value legacy_user_state(Value& today) {
  Value state =
      camel_case(*today.find("user_state"), {"plan_exists", "has_incomplete_plan_items", "returning_after_gap",
                                             "first_day", "focus_active", "active_streak"});
  if (!is_on(today, "TODAY_REDUCED_MODE_V1")) state.set("returningAfterGap", Value::truth(false));
  return state;
}

Value legacy_picks(Value& today) {
  const auto counts = from_json<rules::TodayCounts>(today.get("counts").to_json());
  Value picks = Value::list();
  for (const rules::QuickPick& pick : rules::legacy_quick_picks(counts)) {
    Value one = Value::object();
    one.set("module", Value::text(name_of(pick.module)));
    one.set("route", Value::text(pick.route));
    one.set("label", Value::text(pick.label));
    one.set("count", Value::number(pick.count));
    picks.append(std::move(one));
  }
  return picks;
}

// With the bare name of the module: the client writes "Resume" before it.
Value legacy_resume(Value& today) {
  Value* resume = today.find("resume_last");
  if (!resume->is_object()) return {};
  Value shown = camel_case(*resume, {"module", "route", "label", "last_used"});
  const auto module = enum_of<rules::ActionModule>(resume->get("module").as_text().value_or(""));
  if (const auto name = module ? rules::resume_name(*module) : std::nullopt) shown.set("label", Value::text(*name));
  return shown;
}

Value legacy_dynamic(Value& today) {
  if (!is_on(today, "TODAY_FEATURES_MASTER") || !is_on(today, "TODAY_DYNAMIC_UI_V1")) return {};
  Value shown = Value::object();
  shown.set("quickPicks", legacy_picks(today));
  shown.set("resumeLast", legacy_resume(today));
  Value* primer = today.find("interest_primer");
  shown.set("interestPrimer", primer->is_object() ? camel_case(*primer, {"type", "route", "label"}) : Value());
  return shown;
}

Value legacy_plan_summary(Value& today) {
  Value* summary = today.find("plan_summary");
  Value shown = camel_case(
      *summary, {"plan_exists", "has_incomplete_plan_items", "next_incomplete_item", "total_count", "completed_count"});
  Value* next = summary->find("next_incomplete_item");
  if (!next->is_object()) return shown;
  Value item = camel_case(*next, {"item_key", "title", "priority", "action_url", "type"});
  Value named = Value::object();
  named.set("id", *item.take("itemKey"));
  for (auto& [key, value] : item.members()) named.set(key, std::move(value));
  named.set("type", Value::text(legacy_type(next->get("type").as_text().value_or(""))));
  shown.set("nextIncompleteItem", std::move(named));
  return shown;
}

Value legacy_personalization(Value& today) {
  Value* choices = today.find("personalization");
  Value shown = camel_case(*choices, {"interests", "module_weights", "nudge_intensity"});
  shown.set("focusDuration", choices->get("focus_minutes"));
  shown.set("gamificationVisible", Value::truth(choices->get("gamification_visibility").as_text() == "always"));
  shown.set("onboardingActive", today.get("onboarding.active"));
  shown.set("onboardingRoute", today.get("onboarding.route"));
  return shown;
}

Step legacy_today() {
  return {"`userState`, `dynamicUIData`, `planSummary`, `personalization` in camel case", [](Value& today, Scene&) {
            Value shown = Value::object();
            shown.set("userState", legacy_user_state(today));
            shown.set("dynamicUIData", legacy_dynamic(today));
            shown.set("planSummary", legacy_plan_summary(today));
            shown.set("personalization", legacy_personalization(today));
            today = std::move(shown);
          }};
}

// ---- Daily plan ----

// Clients name items by their key; an id of ours is understood, too.
void name_by_key(Value& item) {
  if (auto page = item.take("actionUrl"); page && item.find("action_url") == nullptr) {
    item.set("action_url", std::move(*page));
  }
  const auto id = item.get("id").as_text();
  if (id && Uuid::parse(*id)) return;
  item.take("id");
  if (id && !id->empty()) item.set("item_key", Value::text(*id));
}

Request of_date(const Request& request) {
  Request plan;
  Value body = request.body;
  if (const auto date = body.get("date").as_text()) plan.query.emplace_back("date", *date);
  return plan;
}

// The id of the item that a client names by key or id.
std::string item_id(Operations& operations, const Request& request, const std::string& named) {
  Value plan = operations.output("plan.get", of_date(request));
  Value* items = plan.find("plan.items");
  if (items != nullptr) {
    for (Value& item : items->elements()) {
      if (item.get("item_key").as_text() == named) return item.get("id").as_text().value_or("");
    }
  }
  if (Uuid::parse(named)) return named;
  throw not_found("plan item");
}

Answer complete_item(Operations& operations, Request& request) {
  const auto named = request.body.get("item_id").as_text();
  if (!named) throw invalid("item_id", "required", "is required");
  Request deed;
  deed.path.emplace_back("id", item_id(operations, request, *named));
  if (auto completed = request.body.take("completed")) deed.body.set("completed", std::move(*completed));
  Answer answer = operations.call("plan.complete_item", deed);
  Value plan = operations.output("plan.get", of_date(request));
  plan.set("completedCount", plan.get("plan.completed_count"));
  answer.body = plan.to_json();
  return answer;
}

Answer act_on_plan(Operations& operations, Scene& scene) {
  Request& request = scene.request;
  const std::string action = request.body.get("action").as_text().value_or("");
  request.body.take("action");
  if (action == "complete_item") return complete_item(operations, request);
  if (action == "generate") {
    request.body.take("mode");
    return operations.call("plan.generate", request);
  }
  if (action == "update") {
    if (Value* items = request.body.find("items")) std::ranges::for_each(items->elements(), name_by_key);
    return operations.call("plan.update", request);
  }
  throw invalid("action", "not_one_of", "must be one of generate, update, complete_item");
}

Step place_by_priority() {
  return {"`priority` high = first, else last", [](Value& body, Scene&) {
            const auto word = body.get("priority").as_text().value_or("");
            body.take("priority");
            if (rules::legacy_position(word, 1) == 0) body.set("position", Value::number(0));
          }};
}

Row daily_plan(std::vector<std::string_view> paths) {
  return {.method = Method::GET,
          .paths = std::move(paths),
          .operation = "plan.get",
          .gives = {plan_for_clients(),
                    copy("plan.items", "items"),
                    note("`items`: [] without a plan"),
                    {"", [](Value& value, Scene&) {
                       if (!value.find("items")->is_list()) value.set("items", Value::list());
                     }}}};
}

// ---- Sync ----

Step progress_for_clients() {
  return {
      "`current_xp` = `xp_into_level`, `xp_to_next_level` = `xp_remaining`, `xp_progress_percent` with two decimals",
      [](Value& progress, Scene&) {
        progress.set("current_xp", progress.get("xp_into_level"));
        progress.set("xp_to_next_level", progress.get("xp_remaining"));
        const auto into = progress.get("xp_into_level").as_number().value_or(0);
        const auto size = progress.get("xp_level_size").as_number().value_or(0);
        progress.set("xp_progress_percent", Value::json(rules::percent_with_decimals(into, size)));
      }};
}

// Clients show any session that is there as running, so a paused one is not there.
Step focus_for_clients() {
  return {
      "`active_session`: null while paused, `started_at` of a running one = `ends_at` - `duration_seconds`; `user_id`",
      [](Value& focus, Scene& scene) {
        const Value user = Value::text(scene.caller.user.text());
        Value* session = focus.find("active_session");
        Value* pause = focus.find("pause_state");
        if (pause != nullptr && pause->is_object()) {
          pause->set("user_id", user);
          *session = Value();
        }
        if (session == nullptr || !session->is_object()) return;
        start_moved_by_pauses().apply(*session, scene);
        session->set("user_id", user);
        session->set("paused_remaining_seconds", Value());
      }};
}

// Clients may hold versions of another make; what is no text of ours counts as unknown.
Step versions_as_texts() {
  return {"versions that are no texts count as unknown", [](Value& body, Scene&) {
            Value* versions = body.find("client_versions");
            if (versions == nullptr) return;
            if (!versions->is_object()) {
              body.take("client_versions");
              return;
            }
            std::erase_if(versions->members(), [](const auto& member) { return !member.value.as_text(); });
          }};
}

}  // namespace

Part today() {
  return {
      "Today, daily plan, sync",
      {
          {.method = Method::GET, .paths = {"/api/today"}, .operation = "today.get", .gives = {legacy_today()}},
          {.method = Method::GET,
           .paths = {"/today"},
           .operation = "today.get",
           .gives = {legacy_today(), data(), success()}},
          {.method = Method::GET,
           .paths = {"/today/summary"},
           .operation = "today.summary",
           .gives = {data(), success()}},

          daily_plan({"/api/daily-plan", "/daily-plan"}),
          {.method = Method::POST,
           .paths = {"/api/daily-plan"},
           .operation = "plan.generate",
           .takes = {note("`action` generate {`date`?}, update {`date`?, `items`, `notes`?; items named by `id` = "
                          "`item_key`, with `action_url` or `actionUrl`} or complete_item {`item_id`, `completed`?, "
                          "`date`?}")},
           .gives = {plan_for_clients(), success(), note("complete_item: `completedCount`")},
           .calls = act_on_plan,
           .also = {"plan.update", "plan.complete_item", "plan.get"}},
          {.method = Method::POST,
           .paths = {"/daily-plan/tasks"},
           .operation = "plan.add_item",
           .takes = {rename("estimated_minutes", "duration"), place_by_priority(), without({"type"})},
           .gives = {inside("item"), plan_item_for_clients(), data()},
           .status = 201},

          {.method = Method::GET,
           .paths = {"/api/sync/poll"},
           .operation = "sync.poll",
           .gives = {at("progress", {progress_for_clients()}), at("focus", {focus_for_clients()})}},
          {.method = Method::GET,
           .paths = {"/api/sync/progress"},
           .operation = "sync.progress",
           .gives = {progress_for_clients()}},
          {.method = Method::GET, .paths = {"/api/sync/badges"}, .operation = "sync.badges"},
          {.method = Method::GET,
           .paths = {"/api/sync/focus-status"},
           .operation = "sync.focus_status",
           .gives = {focus_for_clients()}},
          {.method = Method::GET, .paths = {"/api/sync/plan-status"}, .operation = "sync.plan_status"},
          {.method = Method::GET, .paths = {"/api/sync/session"}, .operation = "sync.session"},
          {.method = Method::GET, .paths = {"/sync/state"}, .operation = "sync.state"},
          {.method = Method::POST,
           .paths = {"/sync/poll"},
           .operation = "sync.changes",
           .takes = {versions_as_texts()},
           .gives = {at("updates.progress", {progress_for_clients()}), at("updates.focus", {focus_for_clients()})}},
      },
  };
}

}  // namespace ignition::server::compat
