// Onboarding and the feed of deeds, as existing clients read them.
#include <algorithm>
#include <array>

#include "compat/sections.hpp"
#include "compat/surface.hpp"

namespace ignition::server::compat {
namespace {

// Clients know fewer kinds of steps.
void show_kind(Value& step) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kLegacy = {
      {{"explain", "welcome"}, {"choice", "multi_select"}, {"preference", "input"}}};
  const auto kind = step.get("step_type").as_text().value_or("");
  const auto at = std::ranges::find(kLegacy, kind, &std::pair<std::string_view, std::string_view>::first);
  if (at != kLegacy.end()) step.set("step_type", Value::text(at->second));
}

Step step_for_clients() {
  return {"`step_type` explain, choice, preference = welcome, multi_select, input; `options` = its items",
          [](Value& step, Scene&) {
            show_kind(step);
            if (Value items = step.get("options.items"); items.is_list()) step.set("options", std::move(items));
          }};
}

Step message(std::string_view text) {
  return {"`message`", [text](Value& value, Scene&) { value.set("message", Value::text(text)); }};
}

Step state_for_clients() { return only({"status", "started_at", "completed_at", "skipped_at", "can_resume"}); }

// A flow that there is not is no reason not to start: the default one is.
Answer start(Operations& operations, Scene& scene) {
  const auto named = scene.request.body.get("flowId").as_text();
  scene.request.body = Value::object();
  if (named && !named->empty()) {
    Request flow = scene.request;
    flow.body.set("flow", Value::text(*named));
    try {
      return operations.call("onboarding.start", flow);
    } catch (const Error& error) {
      if (error.code() != Code::NOT_FOUND && error.code() != Code::VALIDATION_ERROR) throw;
    }
  }
  return operations.call("onboarding.start", scene.request);
}

// As many of the newest deeds as the client wants, at most 500.
Answer newest_deeds(Operations& operations, Scene& scene) {
  const auto limit = scene.request.take_parameter("limit");
  const auto wanted = limit ? whole_number(*limit) : std::optional<std::int64_t>(500);
  if (!wanted || *wanted < 1) throw invalid("limit", "out_of_range", "must be a whole number from 1");
  scene.request.take_parameter("page");
  scene.request.take_parameter("page_size");
  Answer answer = whole_list("activity.list", "events", "")(operations, scene);
  Value events = Value::json(std::move(answer.body)).get("events");
  auto& all = events.elements();
  if (all.size() > static_cast<std::size_t>(*wanted)) all.resize(static_cast<std::size_t>(*wanted));
  answer.body = events.to_json();
  return answer;
}

std::vector<Row> rows() {
  return {
      {.method = Method::GET,
       .paths = {"/api/onboarding"},
       .operation = "onboarding.get",
       .gives = {at("state", {state_for_clients()}),
                 at("flow", {only({"id", "name", "total_steps"})}),
                 at("current_step", {step_for_clients()}),
                 {"",
                  [](Value& value, Scene&) { std::ranges::for_each(value.find("all_steps")->elements(), show_kind); }},
                 only({"needs_onboarding", "state", "progress", "flow", "current_step", "all_steps"}),
                 data()}},
      {.method = Method::POST,
       .paths = {"/api/onboarding/start"},
       .operation = "onboarding.start",
       .takes = {note("`flowId`: key or id; one that is unknown means the default flow")},
       .gives = {at("state", {state_for_clients()}), at("current_step", {step_for_clients()}), success(), data()},
       .calls = start},
      {.method = Method::POST,
       .paths = {"/api/onboarding/step"},
       .operation = "onboarding.step",
       .takes = {rename("stepId", "step_id"), rename("data", "response")},
       .gives = {at("next_step", {step_for_clients()}), success(), data()}},
      {.method = Method::POST,
       .paths = {"/api/onboarding/skip"},
       .operation = "onboarding.skip",
       .takes = {rename("softLandingHours", "soft_landing_hours")},
       .gives = {message("Onboarding was skipped."), only({"message", "soft_landing_until"}), success(), data()}},
      {.method = Method::POST,
       .paths = {"/api/onboarding/reset"},
       .operation = "onboarding.reset",
       .gives = {message("Onboarding begins anew."), only({"message"}), success()}},

      {.method = Method::GET,
       .paths = {"/api/activity"},
       .operation = "activity.list",
       .takes = {note("`limit` at most 500")},
       .gives = {each("", {copies({{"xp_earned", "xp"}, {"coins_earned", "coins"}})})},
       .calls = newest_deeds},
      {.method = Method::POST,
       .paths = {"/api/activity"},
       .operation = "activity.list",
       .gives = {note("always 404: deeds are recorded by what does them")},
       .status = 404,
       .calls = [](Operations&, Scene&) -> Answer { throw not_found("path"); }},
  };
}

}  // namespace

Part onboarding() { return {"Onboarding, deeds", rows()}; }

}  // namespace ignition::server::compat
