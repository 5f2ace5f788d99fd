// The account and its settings, as existing clients read them.
#include <algorithm>

#include "compat/sections.hpp"
#include "compat/surface.hpp"

namespace ignition::server::compat {
namespace {

// Clients know one role above users.
Step role_for_clients() {
  return {"`role` super_admin = admin", [](Value& user, Scene&) {
            if (user.get("role").as_text() == "super_admin") user.set("role", Value::text("admin"));
          }};
}

// The page asks for the word itself and does not send it.
Step word_of_the_page() {
  return {"", [](Value& body, Scene&) { body.set("confirm", Value::text("DELETE")); }};
}

Step deletion_result() {
  return {"`result` {`success`, `message`}", [](Value& value, Scene&) {
            const bool later = !value.get("purge_at").is_null();
            Value result = Value::object();
            result.set("success", Value::truth(true));
            result.set("message", Value::text(later ? "Your account is closed and will be deleted."
                                                    : "Your account has been deleted."));
            value = Value::object();
            value.set("result", std::move(result));
          }};
}

std::vector<Row> account() {
  return {
      {.method = Method::GET,
       .paths = {"/auth/session", "/api/auth/session"},
       .operation = "auth.session",
       .gives = {only({"user"}), at("user", {only({"id", "email", "name", "image", "role", "entitlements", "approved",
                                                   "age_verified", "tos_accepted", "is_admin"}),
                                             role_for_clients()})}},
      {.method = Method::GET,
       .paths = {"/auth/me", "/api/auth/me", "/api/me"},
       .operation = "auth.me",
       .gives = {inside("user"), role_for_clients()}},
      {.method = Method::GET,
       .paths = {"/api/user/profile", "/api/user"},
       .operation = "user.get",
       .gives = {at("user", {role_for_clients()})}},
      {.method = Method::GET,
       .paths = {"/user/profile"},
       .operation = "user.get",
       .gives = {at("user", {role_for_clients()}), spread("user"), data()}},
      {.method = Method::GET,
       .paths = {"/api/user/export"},
       .operation = "user.export",
       .gives = {note("`export`: the document")},
       .confirmed = true,
       .inside = "export"},
      {.method = Method::DELETE,
       .paths = {"/api/user/delete"},
       .operation = "user.delete",
       .takes = {word_of_the_page()},
       .gives = {deletion_result()},
       .confirmed = true},
      {.method = Method::GET,
       .paths = {"/api/user/admin-status", "/admin-access/check"},
       .operation = "auth.me",
       .gives = {inside("user"), only({"is_admin"})}},
  };
}

// ---- Signing in with a provider ----

Step provider_in_path(std::string_view provider) {
  return {"", [provider](Value&, Scene& scene) { scene.request.path.emplace_back("provider", provider); }};
}

std::vector<Row> providers() {
  const Step says = note("a bad `redirect_uri` = the usual page; a provider that is not configured → the error page");
  return {
      {.method = Method::GET,
       .paths = {"/auth/providers", "/api/auth/providers"},
       .operation = "auth.providers",
       .gives = {inside("providers"), each("", {only({"id", "name", "enabled"})})}},
      {.method = Method::GET,
       .paths = {"/auth/signin/{provider}", "/api/auth/signin/{provider}"},
       .operation = "auth.signin_from_page",
       .takes = {says}},
      {.method = Method::GET,
       .paths = {"/auth/google"},
       .operation = "auth.signin_from_page",
       .takes = {provider_in_path("google"), says}},
      {.method = Method::GET,
       .paths = {"/auth/azure"},
       .operation = "auth.signin_from_page",
       .takes = {provider_in_path("azure"), says}},
  };
}

// ---- Signing out, and the gates that people open ----

// Clients ask whether somebody is 13, or as old as the product wants.
Step age_asked() {
  return {"`is_13_or_older` (13) or `is_of_age`", [](Value& body, Scene&) {
            const auto thirteen = body.take("is_13_or_older");
            if (!thirteen) return;
            body.set("is_of_age", *thirteen);
            body.set("age", Value::number(13));
          }};
}

Step first_terms() {
  return {"`version` = 1.0 when absent", [](Value& body, Scene&) {
            if (body.find("version") == nullptr) body.set("version", Value::text("1.0"));
          }};
}

std::vector<Row> gates() {
  const std::vector<Step> user = {only({"user"}), at("user", {role_for_clients()})};
  return {
      {.method = Method::POST,
       .paths = {"/auth/signout", "/auth/logout", "/api/auth/signout"},
       .operation = "auth.logout"},
      {.method = Method::POST, .paths = {"/auth/rotate-session"}, .operation = "auth.rotate_session"},
      {.method = Method::POST,
       .paths = {"/auth/verify-age", "/api/auth/verify-age"},
       .operation = "auth.attest_age",
       .takes = {age_asked()},
       .gives = user},
      {.method = Method::GET, .paths = {"/auth/accept-tos"}, .operation = "auth.terms"},
      {.method = Method::POST,
       .paths = {"/auth/accept-tos", "/api/auth/accept-tos"},
       .operation = "auth.accept_tos_with_age",
       .takes = {first_terms()},
       .gives = user},
  };
}

// ---- Settings ----

const TypeInfo& choices(Operations& operations) { return *operations.find("settings.update").input; }

bool is_choice(const TypeInfo& choices, std::string_view key) {
  return key != "if_match" &&
         std::ranges::any_of(choices.fields, [key](const Field& field) { return field.name == key; });
}

// What a client calls accessibility is three settings of ours.
void spread_accessibility(Value& body) {
  auto accessibility = body.take("accessibility");
  if (!accessibility) return;
  const std::pair<std::string_view, std::string_view> keys[] = {
      {"reducedMotion", "reduced_motion"}, {"highContrast", "high_contrast"}, {"largeText", "large_text"}};
  for (const auto& [theirs, ours] : keys) {
    if (auto value = accessibility->take(theirs)) body.set(ours, std::move(*value));
  }
}

// A key that is no setting of ours is kept under `custom`.
void keep_unknown_as_custom(const TypeInfo& choices, Value& body) {
  Value sent = std::move(body);
  body = Value::object();
  Value custom = Value::object();
  for (auto& [key, value] : sent.members()) {
    if (key == "custom" && value.is_object()) {
      for (auto& [name, content] : value.members()) custom.set(name, std::move(content));
    } else if (is_choice(choices, key)) {
      body.set(key, std::move(value));
    } else {
      custom.set(key, std::move(value));
    }
  }
  if (!custom.members().empty()) body.set("custom", std::move(custom));
}

Answer change_settings(Operations& operations, Scene& scene) {
  Value& body = scene.request.body;
  spread_accessibility(body);
  keep_unknown_as_custom(choices(operations), body);
  return operations.call("settings.update", scene.request);
}

// The member of `settings`, or of its custom ones, with this key; looked up member by member, as keys may have dots.
Value* setting(Value& settings, std::string_view key) {
  const auto named = [key](const Value::Member& member) { return member.key == key; };
  auto& own = settings.members();
  if (const auto at = std::ranges::find_if(own, named); at != own.end()) return &at->value;
  Value* custom = settings.find("custom");
  if (custom == nullptr) return nullptr;
  auto& others = custom->members();
  const auto at = std::ranges::find_if(others, named);
  return at == others.end() ? nullptr : &at->value;
}

Value key_and_value(std::string_view key, Value value) {
  Value pair = Value::object();
  pair.set("key", Value::text(key));
  pair.set("value", std::move(value));
  return pair;
}

Answer post_settings(Operations& operations, Scene& scene) {
  Value& body = scene.request.body;
  const auto key = body.get("key").as_text();
  if (!key) return change_settings(operations, scene);
  const Value value = body.take("value").value_or(Value());
  body = Value::object();
  body.set(*key, value);
  Answer answer = change_settings(operations, scene);
  Value settings = Value::json(std::move(answer.body)).get("settings");
  const Value* stored = setting(settings, *key);
  Value told = key_and_value(*key, stored != nullptr ? *stored : value);
  told.set("updated", Value::truth(true));
  answer.body = told.to_json();
  return answer;
}

Answer one_setting(Operations& operations, Scene& scene) {
  const std::string key = scene.request.path.front().second;
  scene.request.path.clear();
  Answer answer = operations.call("settings.get", scene.request);
  if (answer.not_modified) return answer;
  Value settings = Value::json(std::move(answer.body)).get("settings");
  Value* found = setting(settings, key);
  if (found == nullptr) throw not_found("setting");
  answer.body = key_and_value(key, *found).to_json();
  return answer;
}

Answer reset_setting(Operations& operations, Scene& scene) {
  const std::string key = scene.request.path.front().second;
  Value custom = operations.output("settings.get", {}).get("settings.custom");
  const bool is_custom = std::ranges::any_of(custom.members(), [&](const auto& member) { return member.key == key; });
  if (!is_custom) return operations.call("settings.reset", scene.request);
  Value forgotten = Value::object();
  forgotten.set(key, Value());
  scene.request.path.clear();
  scene.request.body = Value::object();
  scene.request.body.set("custom", std::move(forgotten));
  return operations.call("settings.update", scene.request);
}

Step settings_as_list() {
  return {"`settings` [{`key`, `value`}], custom ones behind", [](Value& value, Scene&) {
            Value settings = value.get("settings");
            Value list = Value::list();
            for (auto& [key, content] : settings.members()) list.append(key_and_value(key, content));
            if (Value* custom = settings.find("custom")) {
              for (auto& [key, content] : custom->members()) list.append(key_and_value(key, content));
            }
            value = Value::object();
            value.set("settings", std::move(list));
          }};
}

std::vector<Row> settings() {
  const Step unknown = note(
      "unknown keys → `custom`; `accessibility` {`reducedMotion`, `highContrast`, `largeText`} → "
      "`reduced_motion`, `high_contrast`, `large_text`");
  const Step nine =
      at("settings", {only({"notifications_enabled", "email_notifications", "push_notifications", "theme", "timezone",
                            "locale", "profile_public", "show_activity", "daily_reminder_time"})});
  return {
      {.method = Method::GET,
       .paths = {"/api/settings"},
       .operation = "settings.get",
       .gives = {settings_as_list(), with_user_id()}},
      {.method = Method::PATCH,
       .paths = {"/api/settings"},
       .operation = "settings.update",
       .takes = {unknown},
       .gives = {spread("settings")},
       .calls = change_settings},
      {.method = Method::POST,
       .paths = {"/api/settings"},
       .operation = "settings.update",
       .takes = {note("{`key`, `value`} or any of the settings"), unknown},
       .gives = {note("{`key`, `value`, `updated`: `true`} or {`settings`}")},
       .calls = post_settings},
      {.method = Method::GET,
       .paths = {"/api/settings/{key}"},
       .operation = "settings.get",
       .gives = {note("{`key`, `value`}")},
       .calls = one_setting},
      {.method = Method::DELETE,
       .paths = {"/api/settings/{key}"},
       .operation = "settings.reset",
       .gives = {note("nothing")},
       .status = 204,
       .calls = reset_setting,
       .also = {"settings.get", "settings.update"}},
      {.method = Method::GET,
       .paths = {"/api/user/settings"},
       .operation = "settings.get",
       .gives = {nine, only({"settings"})}},
      {.method = Method::PUT,
       .paths = {"/api/user/settings"},
       .operation = "settings.update",
       .gives = {nine, only({"settings"})}},
      {.method = Method::GET,
       .paths = {"/settings"},
       .operation = "settings.get",
       .gives = {spread("settings"), data()}},
      {.method = Method::PATCH,
       .paths = {"/settings"},
       .operation = "settings.update",
       .takes = {unknown},
       .gives = {spread("settings"), data()},
       .calls = change_settings},
  };
}

}  // namespace

Part identity() {
  Part part{"Account and settings", account()};
  std::ranges::move(providers(), std::back_inserter(part.rows));
  std::ranges::move(gates(), std::back_inserter(part.rows));
  std::ranges::move(settings(), std::back_inserter(part.rows));
  return part;
}

}  // namespace ignition::server::compat
