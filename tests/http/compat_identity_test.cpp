// The account and its settings on the unversioned surface.
#include "http/compat.hpp"

using namespace ignition;
using namespace ignition::http_test;

namespace {

// The value that the list of settings has for a key; "(missing)" when there is none.
std::string listed(const Answered& settings, std::string_view key) {
  for (std::size_t i = 0; i < settings.size(); ++i) {
    const auto one = settings[static_cast<int>(i)];
    if (one["key"] == key) return one["value"].json();
  }
  return "(missing)";
}

}  // namespace

STORE_TEST("the session shows its user bare, a super administrator as administrator") {
  ExistingClient client(store);
  for (const char* path : {"/auth/session", "/api/auth/session"}) {
    CAPTURE(path);
    const auto session = client.get(path);
    CHECK(session.status == 200);
    CHECK(has_keys(session.body, {"user"}));
    CHECK(has_keys(session["user"], {"id", "email", "name", "image", "role", "entitlements", "approved", "age_verified",
                                     "tos_accepted", "is_admin"}));
    CHECK(session["user"]["id"] == kLocalUser);
    CHECK(session["user"]["role"] == "admin");
    CHECK(session["user"]["is_admin"] == true);
  }
}

TEST_CASE("nobody is signed in without a credential, and the session says so") {
  auto settings = Stage::local();
  settings.local_user = false;
  ExistingClient client("memory", settings);
  const auto session = client.get("/auth/session");
  CHECK(session.status == 200);
  CHECK(session.body.json() == R"({"user":null})");
  const auto me = client.get("/api/me");
  CHECK(me.status == 401);
  CHECK(has_keys(me.body, {"error", "message", "code", "type", "details"}));
  CHECK(me["type"] == "unauthorized");
  CHECK(me["error"] == me["message"]);
}

STORE_TEST("the user is told at top level, under user, and under data") {
  ExistingClient client(store);
  for (const char* path : {"/auth/me", "/api/auth/me", "/api/me"}) {
    CAPTURE(path);
    const auto me = client.get(path);
    CHECK(me.status == 200);
    CHECK(me["id"] == kLocalUser);
    CHECK(me["email"] == "dev@localhost");
    CHECK(me["role"] == "admin");
  }
  for (const char* path : {"/api/user/profile", "/api/user"}) {
    CAPTURE(path);
    const auto profile = client.get(path);
    CHECK(has_keys(profile.body, {"user"}));
    CHECK(profile["user"]["email"] == "dev@localhost");
  }
  const auto root = client.get("/user/profile");
  CHECK(has_keys(root.body, {"data"}));
  CHECK(root["data"]["email"] == "dev@localhost");
  CHECK(root["data"]["user"]["email"] == "dev@localhost");
  for (const char* path : {"/api/user/admin-status", "/admin-access/check"}) {
    CHECK(client.get(path).body.json() == R"({"is_admin":true})");
  }
}

STORE_TEST("settings are a list of keys and values") {
  ExistingClient client(store);
  client.patch("/api/settings", R"({"theme":"ableton-disco","beta.layout":"wide"})");
  const auto told = client.get("/api/settings");
  CHECK(told.status == 200);
  CHECK(has_keys(told.body, {"settings", "user_id"}));
  CHECK(told["user_id"] == kLocalUser);
  CHECK(listed(told["settings"], "theme") == R"("ableton-disco")");
  CHECK(listed(told["settings"], "focus_default_duration") == "1500");
  CHECK(listed(told["settings"], "beta.layout") == R"("wide")");
  CHECK(listed(told["settings"], "nothing") == "(missing)");
  const auto tag = told.raw.field("etag");
  CHECK(client.get("/api/settings", "If-None-Match: " + tag + "\r\n").status == 304);
}

STORE_TEST("settings are changed in part; what is no setting is kept under custom") {
  ExistingClient client(store);
  const auto changed = client.patch("/api/settings", R"({"theme":"dark","sidebar":{"open":true},"user_id":"x"})");
  CHECK(changed.status == 200);
  CHECK(changed["settings"]["theme"] == "dark");
  CHECK(changed["theme"] == "dark");
  CHECK(changed["settings"]["custom"].json() == R"({"sidebar":{"open":true}})");
  CHECK(client.patch("/api/settings", R"({"sidebar":null,"custom":{"other":1}})")["custom"].json() == R"({"other":1})");
  const auto wrong = client.patch("/api/settings", R"({"theme":"light","focus_default_duration":30})");
  CHECK(wrong.status == 400);
  CHECK(wrong["error"] == wrong["message"]);
  CHECK(wrong["code"] == "VALIDATION_ERROR");
  CHECK(wrong["details"]["fields"][0]["field"] == "focus_default_duration");
  CHECK(client.get("/api/settings/theme")["value"] == "dark");
}

STORE_TEST("one setting is written by key and value, or several as they are") {
  ExistingClient client(store);
  CHECK(client.post("/api/settings", R"({"key":"theme","value":"light"})").body.json() ==
        R"({"key":"theme","value":"light","updated":true})");
  CHECK(client.post("/api/settings", R"({"key":"beta.layout","value":[1,2]})").body.json() ==
        R"({"key":"beta.layout","value":[1,2],"updated":true})");
  const auto flat = client.post("/api/settings", R"({"timer_sounds":false,"mine":1})");
  CHECK(flat.status == 200);
  CHECK(flat["settings"]["timer_sounds"] == false);
  CHECK(flat["settings"]["custom"]["mine"] == 1);
  const auto easy =
      client.post("/api/settings",
                  R"({"key":"accessibility","value":{"reducedMotion":true,"highContrast":false,"largeText":true}})");
  CHECK(easy.status == 200);
  CHECK(easy["updated"] == true);
  CHECK(client.get("/api/settings/reduced_motion")["value"] == true);
  CHECK(client.get("/api/settings/high_contrast")["value"] == false);
  CHECK(client.get("/api/settings/large_text")["value"] == true);
  client.post("/api/settings", R"({"accessibility":{"largeText":false}})");
  CHECK(client.get("/api/settings/large_text")["value"] == false);
  CHECK(client.get("/api/settings/reduced_motion")["value"] == true);
  CHECK(client.post("/api/settings", R"({"key":"theme","value":7})").status == 400);
}

STORE_TEST("one setting is read and forgotten by its key") {
  ExistingClient client(store);
  client.patch("/api/settings", R"({"theme":"dark","beta.layout":"wide"})");
  CHECK(client.get("/api/settings/theme").body.json() == R"({"key":"theme","value":"dark"})");
  CHECK(client.get("/api/settings/beta.layout").body.json() == R"({"key":"beta.layout","value":"wide"})");
  const auto gone = client.remove("/api/settings/theme");
  CHECK(gone.status == 204);
  CHECK(gone.raw.body.empty());
  CHECK(client.get("/api/settings/theme")["value"] == "system");
  CHECK(client.remove("/api/settings/beta.layout").status == 204);
  const auto missing = client.get("/api/settings/beta.layout");
  CHECK(missing.status == 404);
  CHECK(missing["error"] == missing["message"]);
  CHECK(client.remove("/api/settings/beta.layout").status == 404);
}

STORE_TEST("the settings page reads and writes nine of them") {
  ExistingClient client(store);
  const auto put = client.put("/api/user/settings", R"({"theme":"ableton-mint","email_notifications":false,"odd":1})");
  CHECK(put.status == 200);
  const auto got = client.get("/api/user/settings");
  CHECK(got.body == put.body);
  CHECK(has_keys(got.body, {"settings"}));
  CHECK(has_keys(got["settings"], {"notifications_enabled", "email_notifications", "push_notifications", "theme",
                                   "timezone", "locale", "profile_public", "show_activity", "daily_reminder_time"}));
  CHECK(got["settings"]["theme"] == "ableton-mint");
  CHECK(got["settings"]["email_notifications"] == false);
  CHECK(client.me().call("settings.get")["settings"]["custom"].json() == "{}");
}

STORE_TEST("settings at the root stand under data") {
  ExistingClient client(store);
  const auto changed = client.patch("/settings", R"({"theme":"dark"})");
  CHECK(changed.status == 200);
  CHECK(has_keys(changed.body, {"data"}));
  CHECK(changed["data"]["theme"] == "dark");
  CHECK(changed["data"]["settings"]["theme"] == "dark");
  CHECK(client.get("/settings")["data"]["theme"] == "dark");
  CHECK(client.patch("/settings", R"({"theme":7})")["error"].exists());
}
