#include "compat/sections.hpp"

#include "ignition/time.hpp"

namespace ignition::server::compat {
namespace {

std::string camel_case(std::string_view key) {
  std::string out;
  bool capital = false;
  for (const char c : key) {
    if (c == '_') {
      capital = true;
      continue;
    }
    out += capital && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    capital = false;
  }
  return out;
}

void show_item(Value& item) {
  item.set("id", item.get("item_key"));
  item.set("actionUrl", item.get("action_url"));
}

}  // namespace

Value camel_case(Value& object, std::initializer_list<std::string_view> keys) {
  Value out = Value::object();
  for (const auto key : keys) out.set(camel_case(key), object.get(key));
  return out;
}

Step plan_item_for_clients() {
  return {"`id` = `item_key`, `actionUrl` = `action_url`", [](Value& item, Scene&) { show_item(item); }};
}

Step plan_for_clients() {
  return {"in `plan`: `completedCount`, `totalCount`; in its items: `id` = `item_key`, `actionUrl` = `action_url`",
          [](Value& value, Scene&) {
            Value* plan = value.find("plan");
            if (plan == nullptr || !plan->is_object()) return;
            plan->set("completedCount", plan->get("completed_count"));
            plan->set("totalCount", plan->get("total_count"));
            for (Value& item : plan->find("items")->elements()) show_item(item);
            if (Value* next = plan->find("next_item"); next != nullptr && next->is_object()) show_item(*next);
          }};
}

Step start_moved_by_pauses() {
  return {"`started_at` of a running session = `ends_at` - `duration_seconds`", [](Value& session, Scene&) {
            const auto ends_at = session.get("ends_at").as_text();
            const auto seconds = session.get("duration_seconds").as_number();
            if (!ends_at || !seconds || session.get("status").as_text() != "active") return;
            if (const auto end = Instant::parse(*ends_at)) {
              session.set("started_at", Value::text((*end - std::chrono::seconds(*seconds)).text()));
            }
          }};
}

Step with_user_id() {
  return {"`user_id`", [](Value& value, Scene& scene) { value.set("user_id", Value::text(scene.caller.user.text())); }};
}

}  // namespace ignition::server::compat
