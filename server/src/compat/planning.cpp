// The focus timer, as existing clients read it.
#include <fmt/format.h>

#include "compat/sections.hpp"
#include "compat/surface.hpp"

namespace ignition::server::compat {
namespace {

// What clients of this surface start sessions with.
std::vector<Step> start_of_clients() {
  return {{"`duration_minutes` × 60 → `duration_seconds`",
           [](Value& body, Scene&) {
             const auto minutes = body.take("duration_minutes");
             if (!minutes || minutes->is_null() || body.find("duration_seconds") != nullptr) return;
             const auto n = minutes->as_number();
             if (!n || *n < 0 || *n > 1'440) {
               throw invalid("duration_minutes", "out_of_range", "must be a whole number of minutes, 1..240");
             }
             body.set("duration_seconds", Value::number(*n * 60));
           }},
          rename("task_description", "task_title"),
          {"`status`, when sent, must be active", [](Value& body, Scene&) {
             const auto status = body.take("status");
             if (status && !status->is_null() && status->as_text() != "active") {
               throw invalid("status", "not_one_of", "must be active");
             }
           }}};
}

std::vector<Step> session_mirrored() { return {under("session"), spread("session")}; }

// Counts of ended sessions, and, for clients that count it, the live one.
Answer stats_with_live(Operations& operations, Request& request) {
  if (request.parameter("period") == nullptr) request.query.emplace_back("period", "all");
  Answer answer = operations.call("focus.stats", request);
  Value stats = Value::json(std::move(answer.body));
  const bool lives = operations.output("focus.active", {}).get("session").is_object();
  Value shown = Value::object();
  shown.set("stats", stats);
  shown.set("totalSessions", Value::number(stats.get("total_sessions").as_number().value_or(0) + (lives ? 1 : 0)));
  shown.set("completedSessions", stats.get("completed_sessions"));
  shown.set("abandonedSessions", stats.get("abandoned_sessions"));
  shown.set("totalFocusTime", stats.get("total_focus_seconds"));
  answer.body = shown.to_json();
  return answer;
}

Answer list_or_stats(Operations& operations, Scene& scene) {
  const auto stats = scene.request.take_parameter("stats");
  if (stats == "true" || stats == "1") return stats_with_live(operations, scene.request);
  return operations.call("focus.list", scene.request);
}

Step items_of_sessions() {
  return {"`items` = `sessions`", [](Value& value, Scene&) {
            if (value.find("sessions") != nullptr) value.set("items", value.get("sessions"));
          }};
}

constexpr std::string_view kStatsSays =
    "`stats`, `totalSessions` (with the live one), `completedSessions`, `abandonedSessions`, `totalFocusTime`";

// Ended otherwise is a bad request here, not a conflict.
const std::vector<std::pair<Code, int>> kNoConflicts = {{Code::CONFLICT, 400}};

// The paths at the root, which tests call: input of this surface, envelope of the versioned one.
Row at_root(Method method, std::string_view path, std::string_view operation, std::vector<Step> takes = {}) {
  return {.method = method,
          .paths = {path},
          .operation = operation,
          .takes = std::move(takes),
          .gives = {envelope()},
          .statuses = method == Method::GET ? std::vector<std::pair<Code, int>>{} : kNoConflicts};
}

std::vector<Row> focus() {
  return {
      {.method = Method::GET,
       .paths = {"/api/focus", "/api/focus/sessions"},
       .operation = "focus.list",
       .takes = {limit_and_offset(), note("`stats=true`: as /api/focus/stats")},
       .gives = {items_of_sessions()},
       .calls = list_or_stats,
       .also = {"focus.stats", "focus.active"}},
      {.method = Method::GET,
       .paths = {"/api/focus/stats"},
       .operation = "focus.stats",
       .takes = {note("`period` = all when absent")},
       .gives = {note(kStatsSays)},
       .calls = [](Operations& operations, Scene& scene) { return stats_with_live(operations, scene.request); },
       .also = {"focus.active"}},
      {.method = Method::POST,
       .paths = {"/api/focus", "/api/focus/start", "/api/focus/sessions"},
       .operation = "focus.start",
       .takes = start_of_clients(),
       .gives = session_mirrored(),
       .status = 201},
      {.method = Method::GET,
       .paths = {"/api/focus/sessions/{id}"},
       .operation = "focus.get",
       .gives = session_mirrored()},
      {.method = Method::GET,
       .paths = {"/api/focus/active"},
       .operation = "focus.active",
       .gives = {at("session", {start_moved_by_pauses()}),
                 {"`active` {`session`, `pause_state`}, the same at top level",
                  [](Value& value, Scene&) {
                    Value active = Value::object();
                    active.set("session", value.get("session"));
                    active.set("pause_state", value.get("pause_state"));
                    value.set("active", std::move(active));
                  }},
                 {"`session_active`: it runs",
                  [](Value& value, Scene&) {
                    value.set("session_active", Value::truth(value.get("session.status").as_text() == "active"));
                  }}}},
      {.method = Method::GET,
       .paths = {"/api/focus/pause"},
       .operation = "focus.pause_state",
       .gives = {under("pause"), copy("pause", "pause_state")}},
      {.method = Method::POST,
       .paths = {"/api/focus/pause"},
       .operation = "focus.pause",
       .takes = {without({"time_remaining_seconds"})},
       .gives = {under("pause"), copy("pause", "pause_state")}},
      {.method = Method::DELETE,
       .paths = {"/api/focus/pause"},
       .operation = "focus.resume",
       .gives = {under("session")}},
      {.method = Method::POST,
       .paths = {"/api/focus/{id}/complete"},
       .operation = "focus.complete",
       .gives = {under("result")},
       .statuses = kNoConflicts},
      {.method = Method::POST,
       .paths = {"/api/focus/{id}/abandon"},
       .operation = "focus.abandon",
       .gives = {under("session")},
       .statuses = kNoConflicts},

      at_root(Method::GET, "/focus", "focus.list", {limit_and_offset()}),
      at_root(Method::POST, "/focus", "focus.start", start_of_clients()),
      at_root(Method::GET, "/focus/active", "focus.active"),
      at_root(Method::GET, "/focus/stats", "focus.stats"),
      at_root(Method::GET, "/focus/pause", "focus.pause_state"),
      at_root(Method::POST, "/focus/pause", "focus.pause"),
      at_root(Method::DELETE, "/focus/pause", "focus.resume"),
      at_root(Method::GET, "/focus/{id}", "focus.get"),
      at_root(Method::POST, "/focus/{id}/complete", "focus.complete"),
      at_root(Method::POST, "/focus/{id}/abandon", "focus.abandon"),
  };
}

}  // namespace

Part planning() { return {"Focus", focus()}; }

}  // namespace ignition::server::compat
