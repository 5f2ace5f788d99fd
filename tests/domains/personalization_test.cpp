#include "ignition/domains/personalization.hpp"

#include "support/world.hpp"

using namespace ignition;
using namespace ignition::test;

namespace {}  // namespace

STORE_TEST("a new user's personalization has the defaults") {
  World world(store);
  const auto ann = world.person(R"({"timezone":"Europe/Berlin"})");
  const auto all = ann.call("personalization.get");
  CHECK(all["prefs"].json() ==
        R"({"nudge_intensity":"standard","focus_minutes":25,"gamification_visibility":"always",)"
        R"("planner_visibility":"collapsed","gap_mode":"elapsed","gap_threshold_hours":48,"gap_threshold_days":2,)"
        R"("tips_enabled":true,"telemetry_enabled":true,"week_start":"monday","day_start_hour":0,)"
        R"("timezone":"Europe/Berlin"})");
  CHECK(all["interests"].json() == "[]");
  CHECK(all["modules"].size() == 15);
  CHECK(all["modules"][0].json() == R"({"key":"focus","weight":1,"enabled":true,"last_shown_at":null,"show_count":0})");
  CHECK(all["modules"][14]["key"] == "projects");
  CHECK(all["effective_flags"].size() == 10);
  CHECK(all["effective_flags"]["TODAY_FEATURES_MASTER"] == true);
}

STORE_TEST("preferences are settings: changed here, seen there") {
  World world(store);
  const auto ann = world.settled_person();
  const auto changed = ann.call(
      "personalization.update",
      R"({"nudge_intensity":"gentle","focus_minutes":45,"gap_threshold_hours":72,"week_start":"sunday","tips_enabled":false})");
  CHECK(changed["prefs"]["nudge_intensity"] == "gentle");
  CHECK(changed["prefs"]["focus_minutes"] == 45);
  CHECK(changed["prefs"]["gap_threshold_hours"] == 72);
  CHECK(changed["prefs"]["week_start"] == "sunday");
  const auto settings = ann.call("settings.get")["settings"];
  CHECK(settings["focus_default_duration"] == 2700);
  CHECK(settings["gap_threshold_hours"] == 72);
  CHECK(settings["week_start"] == "sunday");
  CHECK(settings["tips_enabled"] == false);

  ann.call("settings.update", R"({"focus_default_duration":600})");
  CHECK(ann.call("personalization.get")["prefs"]["focus_minutes"] == 10);
  const auto reset = ann.call("personalization.update", R"({"gap_threshold_hours":null,"focus_minutes":null})");
  CHECK(reset["prefs"]["gap_threshold_hours"] == 48);
  CHECK(reset["prefs"]["focus_minutes"] == 25);
  CHECK(reset["prefs"]["nudge_intensity"] == "gentle");
}

STORE_TEST("a refused preference leaves all as they were") {
  World world(store);
  const auto ann = world.settled_person();
  CHECK(ann.error_of("personalization.update", R"({"nudge_intensity":"gentle","focus_minutes":181})") ==
        "VALIDATION_ERROR focus_minutes:out_of_range");
  CHECK(ann.error_of("personalization.update", R"({"gap_threshold_hours":23})") ==
        "VALIDATION_ERROR gap_threshold_hours:out_of_range");
  CHECK(ann.error_of("personalization.update", R"({"timezone":"Asia/Tokyo"})") ==
        "VALIDATION_ERROR timezone:unknown_field");
  CHECK(ann.call("personalization.get")["prefs"]["nudge_intensity"] == "standard");
  CHECK(world.count("SELECT COUNT(*) FROM today_prefs") == 0);
}

STORE_TEST("a change of preferences tells the listeners, the same values do not") {
  World world(store);
  const auto ann = world.settled_person();
  std::vector<std::string> heard;
  world.engine->subscribe([&](std::string_view name, std::string_view json) {
    heard.push_back(std::string(name) + " " + Answered(json)["keys"].json());
  });
  ann.call("personalization.update", R"({"nudge_intensity":"gentle"})");
  const auto revision = world.revision(ann);
  ann.call("personalization.update", R"({"nudge_intensity":"gentle"})");
  CHECK(heard == std::vector<std::string>{R"(settings.updated ["nudge_intensity"])"});
  CHECK(world.revision(ann) == revision);
}

STORE_TEST("interests take their order from the list, or from given priorities") {
  World world(store);
  const auto ann = world.settled_person();
  CHECK(ann.call("personalization.set_interests", R"({"interests":["music","focus"]})")["interests"].json() ==
        R"([{"key":"music","label":"Music/DAW","priority":2},{"key":"focus","label":"Focus Sessions","priority":1}])");
  CHECK(ann.call("personalization.get")["interests"][0]["key"] == "music");
  CHECK(ann.call("today.get")["personalization"]["interests"].json() == R"(["music","focus"])");

  const auto mixed = ann.call("personalization.set_interests",
                              R"({"interests":["music",{"key":"habits","priority":90},{"key":"fitness"}]})");
  CHECK(mixed["interests"][0]["key"] == "habits");
  CHECK(mixed["interests"][1]["key"] == "music");
  CHECK(mixed["interests"][1]["priority"] == 3);
  CHECK(mixed["interests"][2]["priority"] == 1);
  CHECK(ann.call("personalization.set_interests", R"({"interests":[]})")["interests"].size() == 0);
  CHECK(world.count("SELECT COUNT(*) FROM user_interests") == 0);
}

STORE_TEST("interests of equal priority stand by key") {
  World world(store);
  const auto ann = world.settled_person();
  const auto set = ann.call("personalization.set_interests",
                            R"({"interests":[{"key":"music","priority":5},{"key":"creativity","priority":5}]})");
  CHECK(set["interests"][0]["key"] == "creativity");
  CHECK(ann.call("personalization.get")["interests"] == set["interests"]);
}

STORE_TEST("wrong interests are refused with their place and nothing is stored") {
  World world(store);
  const auto ann = world.settled_person();
  ann.call("personalization.set_interests", R"({"interests":["music"]})");
  const auto refuses = [&](const char* interests, const char* error) {
    CAPTURE(interests);
    CHECK(ann.error_of("personalization.set_interests", fmt::format(R"({{"interests":{}}})", interests)) == error);
  };
  refuses(R"(["music","sleep"])", "VALIDATION_ERROR interests[1]:not_one_of");
  refuses(R"(["music","music"])", "VALIDATION_ERROR interests[1]:repeated");
  refuses(R"([{"key":"music","priority":101}])", "VALIDATION_ERROR interests[0].priority:out_of_range");
  refuses(R"([{"key":"music","why":1}])", "VALIDATION_ERROR interests[0].why:unknown_field");
  refuses(R"([7])", "VALIDATION_ERROR interests[0]:wrong_type");
  refuses(R"({"key":"music"})", "VALIDATION_ERROR interests:wrong_type");
  refuses(R"(["focus","learning","music","fitness","habits","creativity","focus"])",
          "VALIDATION_ERROR interests:out_of_range");
  CHECK(ann.call("personalization.get")["interests"].size() == 1);
}

STORE_TEST("weights choose the starter and disabled modules are never suggested") {
  World world(store);
  const auto ann = world.settled_person();
  const auto starter = [&] { return ann.call("today.get")["starter_block"]["primary"]; };
  CHECK(starter()["href"] == "/focus");  // acceptance case 8
  const auto set = ann.call("personalization.set_modules", R"({"modules":[{"key":"ideas","weight":5}]})");
  CHECK(set["modules"].size() == 15);
  CHECK(set["modules"][4]["weight"] == 5);
  CHECK(starter()["href"] == "/ideas");  // acceptance case 9
  CHECK(starter()["label"] == "Capture an idea");
  ann.call("personalization.set_modules",
           R"({"modules":[{"key":"ideas","enabled":false},{"key":"learn","weight":3},{"key":"quests","weight":3}]})");
  CHECK(starter()["href"] == "/quests");  // canonical order among equals
  const auto today = ann.call("today.get")["personalization"];
  CHECK(today["module_weights"].json() == R"({"quests":3,"learn":3})");
  CHECK(today["disabled_modules"].json() == R"(["ideas"])");
}

STORE_TEST("modules that are not mentioned stay") {
  World world(store);
  const auto ann = world.settled_person();
  ann.call("personalization.set_modules", R"({"modules":[{"key":"ideas","weight":5},{"key":"wins","enabled":false}]})");
  ann.call("personalization.set_modules", R"({"modules":[{"key":"learn","weight":0}]})");
  const auto modules = ann.call("personalization.get")["modules"];
  CHECK(modules[4]["weight"] == 5);
  CHECK(modules[5]["enabled"] == false);
  CHECK(modules[2]["weight"] == 0);
  const auto revision = world.revision(ann);
  ann.call("personalization.set_modules", R"({"modules":[{"key":"ideas","weight":5},{"key":"learn","weight":0}]})");
  CHECK(world.revision(ann) == revision);
  CHECK(ann.error_of("personalization.set_modules", R"({"modules":[{"key":"ideas"},{"key":"ideas"}]})") ==
        "VALIDATION_ERROR modules[1].key:repeated");
  CHECK(ann.error_of("personalization.set_modules", R"({"modules":[]})").code == Code::VALIDATION_ERROR);
  CHECK(ann.error_of("personalization.set_modules", R"({"modules":[{"key":"sleep"}]})") ==
        "VALIDATION_ERROR modules[0].key:not_one_of");
}

STORE_TEST("personalization of one user is not another's") {
  World world(store);
  const auto ann = world.settled_person();
  const auto bob = world.settled_person();
  ann.call("personalization.set_interests", R"({"interests":["music"]})");
  ann.call("personalization.set_modules", R"({"modules":[{"key":"ideas","weight":5}]})");
  ann.call("personalization.update", R"({"nudge_intensity":"gentle"})");
  const auto bobs = bob.call("personalization.get");
  CHECK(bobs["interests"].size() == 0);
  CHECK(bobs["modules"][4]["weight"] == 1);
  CHECK(bobs["prefs"]["nudge_intensity"] == "standard");
}

STORE_TEST("gentle nudges halve the picks and end the primer") {
  World world(store);
  const auto ann = world.settled_person();
  for (const char* name : {"a", "b"}) ann.call("habits.create", fmt::format(R"({{"name":"{}"}})", name));
  ann.call("inbox.create", R"({"title":"x"})");
  CHECK(ann.call("today.get")["quick_picks"].size() == 2);
  ann.call("personalization.set_interests", R"({"interests":["learning"]})");
  CHECK(ann.call("today.get")["interest_primer"]["route"] == "/learn");
  ann.call("personalization.update", R"({"nudge_intensity":"gentle"})");
  CHECK(ann.call("today.get")["interest_primer"] == nullptr);
}

STORE_TEST("hidden gamification hides the rewards and all numbers of them") {
  World world(store);
  const auto ann = world.settled_person();
  const auto habit = ann.call("habits.create", R"({"name":"walk"})")["habit"];
  ann.call("habits.complete", fmt::format(R"({{"id":"{}"}})", habit["id"].text()));
  world.clock->advance(std::chrono::hours(1));
  CHECK(ann.call("today.get")["sections"]["rewards"] == "visible");
  ann.call("personalization.update", R"({"gamification_visibility":"hidden"})");
  const auto today = ann.call("today.get");
  CHECK(today["sections"]["rewards"] == "hidden");
  for (const char* word : {"\"xp", "\"coins", "\"level", "streak_days"}) {
    CAPTURE(word);
    CHECK(today.json().find(word) == std::string::npos);
  }
}
