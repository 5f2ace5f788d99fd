// Quests, as existing clients read them.
#include <fmt/format.h>

#include <algorithm>

#include "compat/sections.hpp"
#include "compat/surface.hpp"
#include "ignition/domains/quests.hpp"

namespace ignition::server::compat {
namespace {

// Clients know no period of a universal quest but its kind and end, and only one word for what was taken up.
Step quest_for_clients() {
  return {
      "`status` in_progress = accepted; of a universal quest `category` = `quest_type`, `expires_at` = "
      "`period_ends_at`",
      [](Value& quest, Scene&) {
        if (quest.get("source").as_text() == "universal") {
          quest.set("category", quest.get("quest_type"));
          quest.set("expires_at", quest.get("period_ends_at"));
        }
        if (quest.get("status").as_text() == "in_progress") quest.set("status", Value::text("accepted"));
      }};
}

// A number beyond the bounds of T is the bound.
template <class T>
Step clamped(std::string_view key) {
  const TypeInfo& bounds = type_info<T>;
  return {fmt::format("`{}` beyond {}..{} is the bound", key, bounds.min, bounds.max), [key](Value& body, Scene&) {
            const auto number = body.get(key).as_number();
            if (number) body.set(key, Value::number(std::clamp(*number, type_info<T>.min, type_info<T>.max)));
          }};
}

// Universal quests that are under way and personal ones that were accepted are one thing to clients.
Answer list_quests(Operations& operations, Scene& scene) {
  const auto list = whole_list("quests.list", "quests", "status");
  const std::string* status = scene.request.parameter("status");
  if (status == nullptr || *status != "accepted") return list(operations, scene);
  Value whole = Value::object();
  whole.set("quests", Value::list());
  std::int64_t total = 0;
  for (const auto* word : {"in_progress", "accepted"}) {
    Scene part{.caller = scene.caller, .request = {}, .status = scene.status};
    part.request.query.emplace_back("status", word);
    Value found = Value::json(list(operations, part).body);
    for (Value& quest : found.find("quests")->elements()) whole.find("quests")->append(std::move(quest));
    total += found.get("total").as_number().value_or(0);
  }
  whole.set("total", Value::number(total));
  Answer answer;
  answer.body = whole.to_json();
  return answer;
}

Answer active_quests(Operations& operations, Scene& scene) {
  scene.request.query = {{"status", "accepted"}};
  return list_quests(operations, scene);
}

// A quest that advances by itself keeps its own progress, whatever the client says.
Answer set_progress(Operations& operations, Scene& scene) {
  try {
    return operations.call("quests.progress", scene.request);
  } catch (const Error& error) {
    if (error.reason() != "automatic") throw;
  }
  scene.request.body = Value::object();
  return operations.call("quests.get", scene.request);
}

std::vector<Row> rows() {
  const Step all_of_them = each("quests", {quest_for_clients()});
  const Step one = at("quest", {quest_for_clients()});
  return {
      {.method = Method::GET,
       .paths = {"/api/quests"},
       .operation = "quests.list",
       .takes = {note(
           "an unknown `status` finds nothing, accepted also what is in progress; without a page all, up to 500")},
       .gives = {all_of_them},
       .calls = list_quests},
      {.method = Method::POST,
       .paths = {"/api/quests"},
       .operation = "quests.create",
       .takes = {clamped<quests::XpReward>("xp_reward"), clamped<quests::CoinReward>("coin_reward")},
       .gives = {one, copy("quest.id", "id")},
       .status = 201},
      {.method = Method::GET, .paths = {"/api/quests/{id}"}, .operation = "quests.get", .gives = {one}},
      {.method = Method::POST, .paths = {"/api/quests/{id}/accept"}, .operation = "quests.accept", .gives = {one}},
      {.method = Method::POST, .paths = {"/api/quests/{id}/abandon"}, .operation = "quests.abandon", .gives = {one}},
      {.method = Method::POST,
       .paths = {"/api/quests/{id}/progress"},
       .operation = "quests.progress",
       .takes = {note("a quest that advances by itself stays as it is")},
       .gives = {one},
       .calls = set_progress,
       .also = {"quests.get"}},
      {.method = Method::POST,
       .paths = {"/api/quests/{id}/complete"},
       .operation = "quests.complete",
       .gives = {at("result", {one})}},
      {.method = Method::GET,
       .paths = {"/quests"},
       .operation = "quests.list",
       .gives = {all_of_them, data()},
       .calls = list_quests},
      {.method = Method::GET,
       .paths = {"/quests/active"},
       .operation = "quests.list",
       .takes = {note("those that are accepted or in progress")},
       .gives = {all_of_them, data()},
       .calls = active_quests},
      {.method = Method::GET,
       .paths = {"/quests/completed"},
       .operation = "quests.history",
       .gives = {all_of_them, data()},
       .calls = whole_list("quests.history", "quests", "status")},
  };
}

}  // namespace

Part quests() { return {"Quests", rows()}; }

}  // namespace ignition::server::compat
