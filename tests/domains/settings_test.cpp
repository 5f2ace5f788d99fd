#include "ignition/domains/settings.hpp"

#include <algorithm>
#include <thread>

#include "support/within.hpp"

using namespace ignition;
using namespace ignition::test;

namespace {

// The list of rule R47 with its defaults; units as the default locale has them.
constexpr std::string_view kDefaults =
    R"({"theme":"system","waveform_mode":"ableton","locale":"en-US","timezone":null,"day_start_hour":0,)"
    R"("week_start":"monday","time_format":"h24","keyboard_layout":"mac","selected_product":null,)"
    R"("reduced_motion":false,"high_contrast":false,"large_text":false,"ui_collapse_state":{},)"
    R"("notifications_enabled":true,"email_notifications":true,"push_notifications":false,)"
    R"("browser_notifications":true,"timer_sounds":true,"daily_reminder_time":null,"quiet_hours_start":null,)"
    R"("quiet_hours_end":null,"profile_public":false,"show_activity":true,"focus_break_duration":300,)"
    R"("focus_long_break_duration":900,"focus_sessions_before_long_break":4,"focus_auto_start_breaks":false,)"
    R"("focus_auto_start_focus":false,"learn_synth_preference":"both","learn_daily_review_target":20,)"
    R"("learn_new_cards_per_day":10,"learn_daily_lesson_target":1,"learn_show_both_mappings":false,)"
    R"("learn_session_reminder_time":null,"custom":{},"focus_default_duration":1500,"nudge_intensity":"standard",)"
    R"("gamification_visibility":"always","planner_visibility":"collapsed","gap_mode":null,)"
    R"("gap_threshold_hours":null,"gap_threshold_days":null,"tips_enabled":true,"telemetry_enabled":true,)"
    R"("weight_unit":"lb","distance_unit":"mi","module_weights":{},"soft_landing_until":null})";

}  // namespace

STORE_TEST("a user without rows has every setting at its default") {
  World world(store);
  const auto view = world.person().call("settings.get");
  CHECK(view["settings"] == Answered(kDefaults));
  CHECK(view["updated_at"] == nullptr);
}

STORE_TEST("a patch changes what it names and null gives the default again") {
  World world(store);
  const auto ann = world.person();
  auto settings =
      ann.call("settings.update", R"({"theme": "dark", "daily_reminder_time": "08:30", "timer_sounds": false,
      "learn_new_cards_per_day": 9999, "day_start_hour": 23, "week_start": "saturday"})")["settings"];
  CHECK(settings["theme"] == "dark");
  CHECK(settings["daily_reminder_time"] == "08:30");
  CHECK(settings["timer_sounds"] == false);
  CHECK(settings["learn_new_cards_per_day"] == 9999);
  CHECK(settings["day_start_hour"] == 23);
  CHECK(settings["week_start"] == "saturday");
  CHECK(settings["focus_default_duration"] == 1500);
  world.clock->advance(std::chrono::minutes(1));
  const auto view =
      ann.call("settings.update", R"({"daily_reminder_time": null, "timer_sounds": null, "theme": null})");
  CHECK(view["settings"]["daily_reminder_time"] == nullptr);
  CHECK(view["settings"]["timer_sounds"] == true);
  CHECK(view["settings"]["theme"] == "system");
  CHECK(view["settings"]["day_start_hour"] == 23);
  CHECK(view["updated_at"] == "2026-03-10T09:01:00.000000Z");
  CHECK(ann.call("settings.get") == view);
}

STORE_TEST("one refused key keeps the whole patch out, and all refused keys are named") {
  World world(store);
  const auto ann = world.person();
  CHECK(ann.error_of("settings.update", R"({"theme": "dark", "focus_default_duration": 30})") ==
        "VALIDATION_ERROR focus_default_duration:out_of_range");
  CHECK(ann.error_of("settings.update", R"({"timezone": "Mars/Base", "day_start_hour": 24, "theme": "Dark Mode",
      "quiet_hours_start": "24:00", "week_start": "sun", "gap_threshold_days": 31, "colour": 1,
      "waveform_mode": "low-contrast", "locale": "e"})") ==
        "VALIDATION_ERROR timezone:invalid_format day_start_hour:out_of_range theme:invalid_format "
        "quiet_hours_start:invalid_format week_start:not_one_of gap_threshold_days:out_of_range colour:unknown_field "
        "waveform_mode:invalid_format locale:invalid_format");
  CHECK(ann.error_of("settings.update", R"({"theme": "dark", "focus_default_duration": 90,
      "quiet_hours_start": "22:00", "module_weights": {}, "soft_landing_until": null, "ui_collapse_state": [1]})") ==
        "VALIDATION_ERROR module_weights:read_only soft_landing_until:read_only "
        "focus_default_duration:not_a_multiple quiet_hours_start:incomplete ui_collapse_state:wrong_type");
  CHECK(ann.call("settings.get")["settings"] == Answered(kDefaults));
  CHECK(world.revision(ann) == 0);
}

STORE_TEST("the bounds of every number are inclusive") {
  struct Bound {
    std::string_view key;
    int min;
    int max;
    int step = 1;
  };
  constexpr Bound kBounds[] = {{"day_start_hour", 0, 23},
                               {"focus_default_duration", 60, 10'800, 60},
                               {"focus_break_duration", 60, 3'600},
                               {"focus_long_break_duration", 60, 7'200},
                               {"focus_sessions_before_long_break", 1, 12},
                               {"gap_threshold_hours", 24, 720},
                               {"gap_threshold_days", 1, 30},
                               {"learn_daily_review_target", 5, 50},
                               {"learn_new_cards_per_day", 0, 9'999},
                               {"learn_daily_lesson_target", 0, 5}};
  World world(store);
  const auto ann = world.person();
  for (const auto& [key, min, max, step] : kBounds) {
    CAPTURE(key);
    for (const int good : {min, max}) {
      CHECK(ann.call("settings.update", fmt::format(R"({{"{}": {}}})", key, good))["settings"][key] == good);
    }
    for (const int bad : {min - step, max + step}) {
      CHECK(ann.error_of("settings.update", fmt::format(R"({{"{}": {}}})", key, bad)) ==
            fmt::format("VALIDATION_ERROR {}:out_of_range", key));
    }
  }
}

STORE_TEST("the length of a focus session is one value, whoever shows it") {
  World world(store);
  const auto ann = world.person();
  ann.call("settings.update", R"({"focus_default_duration": 2700, "nudge_intensity": "gentle"})");
  CHECK(world.count("SELECT focus_minutes FROM today_prefs") == 45);
  CHECK(world.count("SELECT count(*) FROM user_settings") == 0);
  world.sql("UPDATE today_prefs SET focus_minutes = 10");
  const auto settings = ann.call("settings.get")["settings"];
  CHECK(settings["focus_default_duration"] == 600);
  CHECK(settings["nudge_intensity"] == "gentle");
  ann.call("settings.update", R"({"focus_default_duration": null})");
  CHECK(world.count("SELECT focus_minutes FROM today_prefs") == 25);
}

STORE_TEST("quiet hours begin and end together and may cross midnight") {
  World world(store);
  const auto ann = world.person();
  ann.call("settings.update", R"({"quiet_hours_start": "22:00", "quiet_hours_end": "06:30"})");
  CHECK(ann.error_of("settings.update", R"({"quiet_hours_end": null})") ==
        "VALIDATION_ERROR quiet_hours_end:incomplete");
  CHECK(ann.call("settings.update", R"({"quiet_hours_start": "23:15"})")["settings"]["quiet_hours_end"] == "06:30");
  const auto settings = ann.call("settings.reset", R"({"key": "quiet_hours_end"})")["settings"];
  CHECK(settings["quiet_hours_start"] == nullptr);
  CHECK(settings["quiet_hours_end"] == nullptr);
}

STORE_TEST("visible gamification is another word for always, invisible for subtle") {
  World world(store);
  const auto ann = world.person();
  const auto after = [&](std::string_view body) {
    return ann.call("settings.update", body)["settings"]["gamification_visibility"];
  };
  CHECK(after(R"({"gamification_visible": false})") == "subtle");
  CHECK(after(R"({"gamification_visible": true})") == "always");
  CHECK(after(R"({"gamification_visible": true, "gamification_visibility": "hidden"})") == "hidden");
}

STORE_TEST("custom values are merged by key, and a null inside removes one") {
  World world(store);
  const auto ann = world.person();
  ann.call("settings.update", R"({"custom": {"a.b": 1, "c": {"d": [1, 2.50, "\u00e9\n"]}}})");
  ann.call("settings.update", R"({"custom": {"a.b": null, "e": "x", "none": null}})");
  CHECK(ann.call("settings.get")["settings"]["custom"].json() == R"({"c":{"d":[1,2.5,"é\n"]},"e":"x"})");
  CHECK(ann.error_of("settings.update", R"({"custom": {"bad key": 1}})") ==
        "VALIDATION_ERROR custom.bad key:invalid_key");
  CHECK(ann.error_of("settings.update", R"({"custom": []})") == "VALIDATION_ERROR custom:wrong_type");
  CHECK(ann.error_of("settings.update", fmt::format(R"({{"custom": {{"long": "{}"}}}})", std::string(16'400, 'x'))) ==
        "VALIDATION_ERROR custom:too_long");
  CHECK(ann.error_of("settings.update",
                     fmt::format(R"({{"ui_collapse_state": {{"long": "{}"}}}})", std::string(8'200, 'x'))) ==
        "VALIDATION_ERROR ui_collapse_state:too_long");
  CHECK(ann.call("settings.update", R"({"custom": null})")["settings"]["custom"].json() == "{}");
}

STORE_TEST("a document setting that looks like a number stays a document") {
  World world(store);
  const auto ann = world.person();
  const auto settings = ann.call("settings.update", R"({"ui_collapse_state": {"12": 1e5, "x": true}})")["settings"];
  CHECK(settings["ui_collapse_state"]["x"] == true);
  CHECK(ann.call("settings.get")["settings"]["ui_collapse_state"] == settings["ui_collapse_state"]);
}

STORE_TEST("units follow the locale until they are chosen") {
  World world(store);
  const auto ann = world.person();
  auto settings = ann.call("settings.update", R"({"locale": "de-DE"})")["settings"];
  CHECK(settings["weight_unit"] == "kg");
  CHECK(settings["distance_unit"] == "km");
  CHECK(world.count("SELECT count(*) FROM fitness_settings") == 0);
  settings = ann.call("settings.update", R"({"weight_unit": "lb"})")["settings"];
  CHECK(settings["weight_unit"] == "lb");
  CHECK(settings["distance_unit"] == "km");
  CHECK(world.count("SELECT load_step_x100 FROM fitness_settings") == 500);
  settings = ann.call("settings.update", R"({"locale": "en-US"})")["settings"];
  CHECK(settings["distance_unit"] == "km");
  CHECK(ann.call("settings.reset", R"({"key": "distance_unit"})")["settings"]["distance_unit"] == "mi");
}

STORE_TEST("what other parts own is shown but not written") {
  World world(store);
  const auto ann = world.person();
  world.sql(R"(INSERT INTO user_ui_modules (user_id, module_key, enabled, weight, created_at, updated_at)
               SELECT id, 'focus', TRUE, 7, created_at, created_at FROM users)");
  world.sql(R"(INSERT INTO user_ui_modules (user_id, module_key, enabled, weight, created_at, updated_at)
               SELECT id, 'books', FALSE, 3, created_at, created_at FROM users)");
  world.sql(R"(INSERT INTO engagement_state (user_id, soft_state, soft_expires_at, created_at, updated_at)
               SELECT id, 'active', $1, created_at, created_at FROM users)",
            Instant::parse("2026-03-10T09:30:00Z").value());
  auto settings = ann.call("settings.get")["settings"];
  CHECK(settings["module_weights"].json() == R"({"focus":7})");
  CHECK(settings["soft_landing_until"] == "2026-03-10T09:30:00.000000Z");
  world.clock->advance(std::chrono::minutes(30));
  CHECK(ann.call("settings.get")["settings"]["soft_landing_until"] == nullptr);
}

STORE_TEST("a key is reset by its name") {
  World world(store);
  const auto ann = world.person();
  ann.call("settings.update", R"({"theme": "ableton-mint", "gap_mode": "local_days"})");
  CHECK(ann.call("settings.reset", R"({"key": "theme"})")["settings"]["theme"] == "system");
  CHECK(ann.call("settings.reset", R"({"key": "gap_mode"})")["settings"] == Answered(kDefaults));
  CHECK(ann.error_of("settings.reset", R"({"key": "colour"})") == "NOT_FOUND not_found");
  CHECK(ann.error_of("settings.reset", R"({"key": "module_weights"})") == "VALIDATION_ERROR key:read_only");
}

STORE_TEST("an entity tag stands for the settings and detects a lost update") {
  World world(store);
  const auto ann = world.person();
  const auto first = ann.answer({.operation = "settings.get"});
  CHECK(first.etag.size() == 32);
  const auto changed = ann.answer({.operation = "settings.update", .body = R"({"theme": "dark"})"});
  CHECK(changed.etag != first.etag);
  CHECK(ann.answer({.operation = "settings.get"}).etag == changed.etag);
  CHECK(ann.answer({.operation = "settings.get", .if_none_match = "\"" + changed.etag + "\""}).not_modified);
  const auto conditional = [](std::string_view tag) {
    return fmt::format(R"({{"theme": "light", "if_match": "{}"}})", tag);
  };
  const auto refusal = ann.error_of("settings.update", conditional(first.etag));
  CHECK(refusal == "CONFLICT version_mismatch");
  CHECK(refusal.details["current_etag"] == changed.etag);
  CHECK(ann.call("settings.get")["settings"]["theme"] == "dark");
  const auto list = fmt::format(R"(\"{}\", W/\"{}\")", first.etag, changed.etag);
  CHECK(ann.call("settings.update", conditional(list))["settings"]["theme"] == "light");
  CHECK(ann.call("settings.update", conditional("*"))["settings"]["theme"] == "light");
}

STORE_TEST("only a change is stored, raises the revision and is told to subscribers") {
  World world(store);
  const auto ann = world.person();
  std::vector<std::string> heard;
  const int listener = world.engine->subscribe([&](std::string_view name, std::string_view json) {
    heard.push_back(std::string(name) + " " + std::string(json));
  });
  ann.call("settings.update", R"({"theme": "system", "timezone": null})");
  CHECK(world.revision(ann) == 0);
  CHECK(heard.empty());
  ann.call("settings.update", R"({"theme": "dark", "tips_enabled": false})");
  CHECK(world.revision(ann) == 1);
  CHECK(heard == std::vector<std::string>{fmt::format(
                     R"(settings.updated {{"user_id":"{}","keys":["theme","tips_enabled"]}})", ann.id().text())});
  world.engine->unsubscribe(listener);
}

STORE_TEST("settings of one user are not those of another") {
  World world(store);
  const auto ann = world.person();
  const auto bob = world.person();
  ann.call("settings.update", R"({"theme": "dark", "focus_default_duration": 600, "weight_unit": "kg"})");
  CHECK(bob.call("settings.get")["settings"] == Answered(kDefaults));
}

STORE_TEST("parallel patches of one user lose nothing") {
  World world(store);
  const auto ann = world.person();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      ann.answer({.operation = "settings.update", .body = fmt::format(R"({{"custom": {{"k{}": {}}}}})", i, i)});
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(ann.call("settings.get")["settings"]["custom"].size() == 8);
  CHECK(world.revision(ann) == 8);
}

STORE_TEST("the user's day moves with zone and day start from the next call on") {
  World world(store, {}, Instant::parse("2026-03-10T23:30:00Z").value());
  const auto ann = world.person(R"({"timezone": "Europe/Berlin"})");
  CHECK(ann.call("settings.get")["settings"]["timezone"] == "Europe/Berlin");
  CHECK(ann.call("user.get")["user"]["timezone"] == "Europe/Berlin");
}

STORE_TEST("other domains read how a user focuses in one statement") {
  World world(store);
  const auto ann = world.person();
  const auto focus = [&] {
    return within(world, ann, [](Context& ctx) {
      const auto before = ctx.db.statements();
      const auto found = settings::focus(ctx);
      CHECK(ctx.db.statements() - before == 1);
      return found;
    });
  };
  CHECK(to_json(focus()) == to_json(settings::FocusSettings{}));
  ann.call("settings.update", R"({"focus_default_duration": 3000, "focus_break_duration": 360,
      "focus_long_break_duration": 1200, "focus_sessions_before_long_break": 3, "focus_auto_start_breaks": true})");
  CHECK(to_json(focus()) == R"({"default_duration":3000,"break_duration":360,"long_break_duration":1200,)"
                            R"("sessions_before_long_break":3,"auto_start_breaks":true,"auto_start_focus":false})");
}

STORE_TEST("a repeated patch under one idempotency key runs once") {
  World world(store);
  const auto ann = world.person();
  const auto patch = [&](std::string_view body) {
    return ann.answer({.operation = "settings.update", .body = body, .idempotency_key = "k1"});
  };
  const auto first = patch(R"({"theme": "dark"})");
  ann.call("settings.update", R"({"theme": "light"})");
  const auto again = patch(R"({"theme": "dark"})");
  CHECK(again.replayed);
  CHECK(again.body == first.body);
  CHECK(ann.call("settings.get")["settings"]["theme"] == "light");
  CHECK_THROWS_AS(patch(R"({"theme": "system"})"), Error);
}
