// Every key of the settings with its bounds and its default, on both surfaces alike (rule R47, A45, A54, T27).
#include "http/compat.hpp"

using namespace ignition;
using namespace ignition::http_test;

namespace {

struct Key {
  std::string name;
  std::string standard;           // what null gives
  std::vector<std::string> good;  // as JSON
  std::vector<std::string> bad;
};

std::string text(std::size_t n) { return '"' + std::string(n, 'a') + '"'; }

Key truth(const char* name, const char* standard) {
  return {name, standard, {"true", "false"}, {"1", R"("true")", R"("yes")", "[]"}};
}

Key choice(const char* name, const char* standard, std::vector<std::string> good) {
  return {name, standard, std::move(good), {R"("odd")", R"("")", "1", "true"}};
}

Key number(const char* name, const char* standard, int least, int most) {
  return {name,
          standard,
          {std::to_string(least), std::to_string(most)},
          {std::to_string(least - 1), std::to_string(most + 1), R"("3")", "3.5", "true", "99999999999999999999"}};
}

Key time_of_day(const char* name) {
  return {name, "null", {R"("00:00")", R"("08:30")", R"("23:59")"}, {R"("24:00")", R"("8:30")", R"("08:60")", "830"}};
}

// The table of rule R47; quiet hours, `custom` and what is read only have their own cases below.
std::vector<Key> keys() {
  return {
      {"theme",
       R"("system")",
       {R"("dark")", R"("ableton-live-dark")", R"("x1")", text(64)},
       {R"("")", R"("Dark")", R"("-a")", R"("a b")", text(65), "5"}},
      choice("waveform_mode", R"("ableton")", {R"("high-contrast")"}),
      {"locale",
       R"("en-US")",
       {R"("de-DE")", R"("zh-Hant-TW")"},
       {R"("")", R"("e")", R"("en_US")", R"("en-")", R"("aa-aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaaaa")"}},
      {"timezone", "null", {R"("Europe/Berlin")", R"("UTC")"}, {R"("Mars/Base")", R"("")", "1"}},
      number("day_start_hour", "0", 0, 23),
      choice("week_start", R"("monday")", {R"("sunday")", R"("saturday")"}),
      choice("time_format", R"("h24")", {R"("h12")"}),
      choice("weight_unit", R"("lb")", {R"("kg")", R"("lb")"}),    // of the locale en-US
      choice("distance_unit", R"("mi")", {R"("km")", R"("mi")"}),  // the same
      choice("keyboard_layout", R"("mac")", {R"("windows")"}),
      {"selected_product", "null", {text(64), R"("daw")"}, {text(65), "1"}},
      truth("reduced_motion", "false"),
      truth("high_contrast", "false"),
      truth("large_text", "false"),
      {"ui_collapse_state", "{}", {R"({"left":true})"}, {"[]", "1", R"({"a":")" + std::string(8'192, 'a') + R"("})"}},
      truth("notifications_enabled", "true"),
      truth("email_notifications", "true"),
      truth("push_notifications", "false"),
      truth("browser_notifications", "true"),
      truth("timer_sounds", "true"),
      time_of_day("daily_reminder_time"),
      truth("profile_public", "false"),
      truth("show_activity", "true"),
      {"focus_default_duration", "1500", {"60", "10800"}, {"0", "59", "30", "90", "10860", R"("60")"}},
      number("focus_break_duration", "300", 60, 3600),
      number("focus_long_break_duration", "900", 60, 7200),
      number("focus_sessions_before_long_break", "4", 1, 12),
      truth("focus_auto_start_breaks", "false"),
      truth("focus_auto_start_focus", "false"),
      choice("nudge_intensity", R"("standard")", {R"("gentle")", R"("energetic")"}),
      choice("gamification_visibility", R"("always")", {R"("subtle")", R"("hidden")"}),
      choice("planner_visibility", R"("collapsed")", {R"("visible")", R"("hidden")"}),
      choice("gap_mode", "null", {R"("elapsed")", R"("local_days")"}),
      number("gap_threshold_hours", "null", 24, 720),
      number("gap_threshold_days", "null", 1, 30),
      truth("tips_enabled", "true"),
      truth("telemetry_enabled", "true"),
      choice("learn_synth_preference", R"("both")", {R"("serum")", R"("vital")"}),
      number("learn_daily_review_target", "20", 5, 50),
      number("learn_new_cards_per_day", "10", 0, 9999),
      number("learn_daily_lesson_target", "1", 0, 5),
      truth("learn_show_both_mappings", "false"),
      time_of_day("learn_session_reminder_time"),
  };
}

// One of the two surfaces.
struct Surface {
  const char* path;
  bool enveloped;

  Answered settings(const Answered& body) const { return enveloped ? body["data"]["settings"] : body; }
  std::string refused_field(const Answered& body) const {
    const auto fields = enveloped ? body["error"]["details"]["fields"] : body["details"]["fields"];
    return fields.exists() && fields.size() > 0 ? fields[0]["field"].text() : "(none)";
  }
};
constexpr Surface kSurfaces[] = {{"/api/v1/settings", true}, {"/api/settings", false}};

std::string stored(ExistingClient& client, const std::string& key) {
  return client.me().call("settings.get")["settings"][key].json();
}

std::string patch_of(const std::string& key, const std::string& value) {
  return fmt::format(R"({{"{}":{}}})", key, value);
}

}  // namespace

STORE_TEST(
    "every key takes what lies within its bounds, refuses the rest, and null gives its default, on both surfaces") {
  ExistingClient client(store);
  for (const Surface& surface : kSurfaces) {
    for (const Key& key : keys()) {
      CAPTURE(surface.path);
      CAPTURE(key.name);
      for (const auto& value : key.good) {
        CAPTURE(value);
        const auto told = client.patch(surface.path, patch_of(key.name, value));
        CHECK(told.status == 200);
        CHECK(surface.settings(told.body)[key.name].json() == value);
        CHECK(stored(client, key.name) == value);
      }
      const std::string before = stored(client, key.name);
      for (const auto& value : key.bad) {
        CAPTURE(value.substr(0, 80));
        const auto told = client.patch(surface.path, patch_of(key.name, value));
        CHECK(told.status == 400);
        CHECK(surface.refused_field(told.body) == key.name);
        CHECK(stored(client, key.name) == before);
      }
      CHECK(client.patch(surface.path, patch_of(key.name, "null")).status == 200);
      CHECK(stored(client, key.name) == key.standard);
    }
  }
}

TEST_CASE("the table above holds every key there is, and the defaults of a new user") {
  ExistingClient client;
  std::vector<std::string> expected{"quiet_hours_start", "quiet_hours_end", "custom", "module_weights",
                                    "soft_landing_until"};
  const auto settings = client.me().call("settings.get")["settings"];
  for (const Key& key : keys()) {
    CAPTURE(key.name);
    expected.push_back(key.name);
    CHECK(settings[key.name].json() == key.standard);
  }
  CHECK(has_keys(settings, expected));
}

STORE_TEST("one refused key keeps all others out, and every refused key is named (A45, A54)") {
  ExistingClient client(store);
  const auto one = client.patch("/api/v1/settings", R"({"theme":"dark","focus_default_duration":30})");
  CHECK(one.status == 400);
  CHECK(one["error"]["details"]["fields"].size() == 1);
  CHECK(one["error"]["details"]["fields"][0]["field"] == "focus_default_duration");
  CHECK(stored(client, "theme") == R"("system")");
  for (const Surface& surface : kSurfaces) {
    const auto all = client.patch(surface.path, R"({"theme":"Dark","day_start_hour":24,"timezone":"Mars/Base",
                                                    "week_start":"friday","high_contrast":true})");
    CHECK(all.status == 400);
    const auto fields = surface.enveloped ? all["error"]["details"]["fields"] : all["details"]["fields"];
    CHECK(fields.size() == 4);
    CHECK(stored(client, "high_contrast") == "false");
  }
  CHECK(
      client
          .patch("/api/v1/settings", R"({"learn_new_cards_per_day":9999,"day_start_hour":23,"week_start":"saturday"})")
          .status == 200);
  CHECK(client.patch("/api/v1/settings", R"({"day_start_hour":24})").status == 400);
  CHECK(stored(client, "day_start_hour") == "23");
}

STORE_TEST("what other parts own is read only on both surfaces, and quiet hours go in pairs") {
  ExistingClient client(store);
  for (const Surface& surface : kSurfaces) {
    CAPTURE(surface.path);
    for (const char* body : {R"({"module_weights":{"habits":1}})", R"({"soft_landing_until":"2026-03-10T09:00:00Z"})",
                             R"({"quiet_hours_start":"22:00"})", R"({"quiet_hours_end":"07:00"})",
                             R"({"quiet_hours_start":"22:00","quiet_hours_end":"25:00"})"}) {
      CAPTURE(body);
      CHECK(client.patch(surface.path, body).status == 400);
    }
    CHECK(client.patch(surface.path, R"({"quiet_hours_start":"22:00","quiet_hours_end":"07:00"})").status == 200);
    CHECK(stored(client, "quiet_hours_end") == R"("07:00")");
    CHECK(client.patch(surface.path, R"({"quiet_hours_start":null})").status == 400);
    CHECK(client.patch(surface.path, R"({"quiet_hours_start":null,"quiet_hours_end":null})").status == 200);
    CHECK(stored(client, "quiet_hours_start") == "null");
  }
}

STORE_TEST("the theme has one home, which the poll of other devices shows (T27)") {
  ExistingClient client(store);
  for (const auto& [path, theme] : {std::pair{"/api/v1/settings", "dark"}, {"/api/settings", "ableton-mint"}}) {
    CHECK(client.patch(path, fmt::format(R"({{"theme":"{}"}})", theme)).status == 200);
    CHECK(client.me().call("sync.poll").json().find(fmt::format(R"("{}")", theme)) != std::string::npos);
  }
  CHECK(client.put("/api/user/settings", R"({"theme":"light"})").status == 200);
  CHECK(client.me().call("sync.poll").json().find(R"("light")") != std::string::npos);
}

STORE_TEST("each key is reset by its name on both surfaces, and an unknown one is not found") {
  ExistingClient client(store);
  for (const char* prefix : {"/api/v1/settings/", "/api/settings/"}) {
    for (const Key& key : keys()) {
      CAPTURE(key.name);
      client.me().call("settings.update", patch_of(key.name, key.good.front()));
      const auto told = client.remove(prefix + key.name);
      CHECK(told.status / 100 == 2);
      CHECK(stored(client, key.name) == key.standard);
    }
    CHECK(client.remove(std::string(prefix) + "no_such_key").status == 404);
  }
  CHECK(client.remove("/api/v1/settings/module_weights").status == 400);
}
