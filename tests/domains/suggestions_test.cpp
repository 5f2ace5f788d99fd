#include "ignition/domains/suggestions.hpp"

#include "support/world.hpp"

using namespace ignition;
using namespace ignition::test;

namespace {

void complete_focus(World& world, const Person& person) {
  const auto session = person.call("focus.start", R"({"duration_seconds":300})");
  world.clock->advance(std::chrono::minutes(5));
  person.call("focus.complete", with_id(session));
}

Answered suggestion(const Person& person) { return person.call("today.get")["next_suggestion"]; }

}  // namespace

STORE_TEST("a routine suggests its next step for two hours") {
  World world(store);
  const auto ann = world.settled_person();
  const auto made = ann.answer(
      {.operation = "routines.create", .body = R"({"name":"morning","steps":["module:focus","module:exercise"]})"});
  CHECK(made.status == 201);
  CHECK(Answered(made.body)["routine"]["steps"].json() == R"(["module:focus","module:exercise"])");
  CHECK(suggestion(ann) == nullptr);
  complete_focus(world, ann);
  world.clock->advance(std::chrono::minutes(30));
  CHECK(
      suggestion(ann).json() ==
      R"({"action_key":"module:exercise","href":"/exercise","label":"Move a little","source":"routine","minutes":null})");
  world.clock->advance(std::chrono::minutes(90));
  CHECK(suggestion(ann)["href"] == "/exercise");
  world.clock->advance(std::chrono::minutes(1));
  CHECK(suggestion(ann) == nullptr);
}

STORE_TEST("a rule suggests when Today is opened, a disabled or deleted one does not") {
  World world(store);
  const auto ann = world.settled_person();
  const auto rule =
      ann.call("rules.create",
               R"({"name":"start","trigger":"today_open","action":"open_module","action_module":"wins"})")["rule"];
  CHECK(rule["minutes"] == 2);
  CHECK(rule["enabled"] == true);
  CHECK(suggestion(ann)["href"] == "/wins");
  CHECK(suggestion(ann)["source"] == "rule");
  ann.call("rules.update", with_id(rule, R"("enabled":false)"));
  CHECK(suggestion(ann) == nullptr);
  ann.call("rules.update", with_id(rule, R"("enabled":true,"action":"capture","action_module":null)"));
  CHECK(suggestion(ann)["label"] == "Capture a thought");
  CHECK(ann.call("rules.delete", with_id(rule))["deleted"] == true);
  CHECK(suggestion(ann) == nullptr);
}

STORE_TEST("a suggestion of a disabled module, or that the starter makes already, is passed over") {
  World world(store);
  const auto ann = world.settled_person();
  const auto rule = [&](const char* module, int priority) {
    ann.call("rules.create",
             fmt::format(R"({{"name":"r","trigger":"today_open","action":"open_module","action_module":"{}",)"
                         R"("priority":{}}})",
                         module, priority));
  };
  rule("focus", 9);  // the starter
  rule("ideas", 8);
  rule("wins", 7);
  CHECK(suggestion(ann)["href"] == "/ideas");
  ann.call("personalization.set_modules", R"({"modules":[{"key":"ideas","enabled":false}]})");
  CHECK(suggestion(ann)["href"] == "/wins");
}

STORE_TEST("rules are listed by priority and changed field by field") {
  World world(store);
  const auto ann = world.person();
  const auto low = ann.call("rules.create", R"({"name":"low","trigger":"today_open","action":"capture"})")["rule"];
  const auto high = ann.call(
      "rules.create",
      R"({"name":"high","trigger":"after_completion","trigger_module":"focus","action":"micro_start","minutes":5,"priority":3})")
                        ["rule"];
  CHECK(ann.call("rules.list")["rules"][0] == high);
  CHECK(ann.call("rules.list")["rules"][1] == low);
  world.clock->advance(std::chrono::seconds(1));
  const auto changed = ann.call("rules.update", with_id(low, R"("name":"lower","minutes":60,"priority":0)"))["rule"];
  CHECK(changed["name"] == "lower");
  CHECK(changed["trigger"] == "today_open");
  CHECK(changed["minutes"] == 60);
  CHECK(changed["updated_at"] == world.clock->now());
  const auto revision = world.revision(ann);
  CHECK(ann.call("rules.update", with_id(low, R"("name":"lower")"))["rule"] == changed);
  CHECK(world.revision(ann) == revision);
  CHECK(ann.call("rules.update", with_id(high, R"("trigger_module":null)"))["rule"]["trigger_module"] == nullptr);
}

STORE_TEST("rules that say nothing are refused") {
  World world(store);
  const auto ann = world.person();
  const auto refuses = [&](const char* fields, const char* error) {
    CAPTURE(fields);
    CHECK(ann.error_of("rules.create", fmt::format(R"({{"name":"r",{}}})", fields)) == error);
  };
  refuses(R"("trigger":"today_open","trigger_module":"focus","action":"capture")",
          "VALIDATION_ERROR trigger_module:not_applicable");
  refuses(R"("trigger":"today_open","action":"open_module")", "VALIDATION_ERROR action_module:required");
  refuses(R"("trigger":"today_open","action":"capture","action_module":"focus")",
          "VALIDATION_ERROR action_module:not_applicable");
  refuses(R"("trigger":"today_open","action":"micro_start","minutes":61)", "VALIDATION_ERROR minutes:out_of_range");
  refuses(R"("trigger":"sometimes","action":"capture")", "VALIDATION_ERROR trigger:not_one_of");
  CHECK(ann.call("rules.list")["rules"].size() == 0);
}

STORE_TEST("there are at most twenty rules and twenty routines") {
  World world(store);
  const auto ann = world.person();
  const char* rule = R"({"name":"r","trigger":"today_open","action":"capture"})";
  const char* routine = R"({"name":"r","steps":["capture","module:focus"]})";
  for (int i = 0; i < 20; ++i) {
    ann.call("rules.create", rule);
    ann.call("routines.create", routine);
  }
  CHECK(ann.error_of("rules.create", rule) == "CONFLICT limit_reached");
  CHECK(ann.error_of("routines.create", routine) == "CONFLICT limit_reached");
  ann.call("rules.delete", with_id(ann.call("rules.list")["rules"][0]));
  ann.call("rules.create", rule);
}

STORE_TEST("routines are changed and lose their steps with themselves") {
  World world(store);
  const auto ann = world.person();
  const auto made = ann.call(
      "routines.create", R"({"name":"a","priority":1,"steps":["module:focus","capture","module:wins"]})")["routine"];
  ann.call("routines.create", R"({"name":"b","priority":2,"steps":["capture","module:focus"]})");
  CHECK(ann.call("routines.list")["routines"][0]["name"] == "b");
  CHECK(ann.call("routines.list")["routines"][1] == made);
  const auto kept = ann.call("routines.update", with_id(made, R"("name":"c","enabled":false)"))["routine"];
  CHECK(kept["steps"] == made["steps"]);
  const auto changed =
      ann.call("routines.update", with_id(made, R"("steps":["module:learn","module:review"])"))["routine"];
  CHECK(changed["steps"].json() == R"(["module:learn","module:review"])");
  CHECK(changed["name"] == "c");
  CHECK(ann.call("routines.list")["routines"][1] == changed);
  const auto revision = world.revision(ann);
  world.clock->advance(std::chrono::seconds(1));
  const char* same = R"("name":"c","priority":1,"steps":["module:learn","module:review"])";
  CHECK(ann.call("routines.update", with_id(made, same))["routine"] == changed);
  CHECK(world.revision(ann) == revision);
  CHECK(ann.error_of("routines.create", R"({"name":"x","steps":["capture"]})").code == Code::VALIDATION_ERROR);
  CHECK(ann.error_of("routines.create", R"({"name":"x","steps":["capture","module:sleep"]})") ==
        "VALIDATION_ERROR steps[1]:invalid_format");
  CHECK(ann.call("routines.delete", with_id(made))["deleted"] == true);
  CHECK(world.count("SELECT COUNT(*) FROM user_routine_steps") == 2);
}

STORE_TEST("another user's rules and routines do not exist") {
  World world(store);
  const auto ann = world.person();
  const auto bob = world.person();
  const auto rule = ann.call("rules.create", R"({"name":"r","trigger":"today_open","action":"capture"})")["rule"];
  const auto routine = ann.call("routines.create", R"({"name":"r","steps":["capture","module:focus"]})")["routine"];
  CHECK(bob.error_of("rules.update", with_id(rule, R"("name":"x")")).code == Code::NOT_FOUND);
  CHECK(bob.error_of("rules.delete", with_id(rule)).code == Code::NOT_FOUND);
  CHECK(bob.error_of("routines.update", with_id(routine, R"("name":"x")")).code == Code::NOT_FOUND);
  CHECK(bob.error_of("routines.delete", with_id(routine)).code == Code::NOT_FOUND);
  CHECK(bob.call("rules.list")["rules"].size() == 0);
  CHECK(bob.call("routines.list")["routines"].size() == 0);
  CHECK(suggestion(bob) == nullptr);
}

STORE_TEST("the hint to make a rule comes with a frequent pair and ends with the first rule") {
  World world(store);
  const auto ann = world.settled_person();
  ann.call("inbox.create", R"({"title":"x"})");
  const auto habit = [&](int i) { return ann.call("habits.create", fmt::format(R"({{"name":"{}"}})", i))["habit"]; };
  for (int i = 0; i < 4; ++i) {
    ann.call("habits.complete", with_id(habit(i)));
    world.clock->advance(std::chrono::minutes(1));
  }
  world.sql(
      "INSERT INTO decision_exposures (user_id, id, shown_at, decision_version, entry_mode, resolved_state, "
      "reduced_mode, soft_landing, time_of_day, candidates) VALUES ($1, $2, $3, '1.0.0', 'standard', 'default', FALSE, "
      "FALSE, 'morning', '[]')",
      ann.id(), Uuid::parse("0194f5c0-0000-8000-8000-00000000aaaa").value(), world.clock->now());
  world.sql(
      "INSERT INTO decision_outcomes (user_id, id, exposure_id, action, action_key, time_to_action_ms, source, "
      "within_primary, within_secondary, created_at) VALUES ($1, $2, $2, 'expanded', 'x', 1, 'client', FALSE, FALSE, "
      "$3)",
      ann.id(), Uuid::parse("0194f5c0-0000-8000-8000-00000000aaaa").value(), world.clock->now());
  world.clock->advance(std::chrono::minutes(3));
  const auto guidance = [&] { return ann.call("today.get")["guidance"]; };
  CHECK(guidance()["step"] == "intro_rules");
  const auto rule = ann.call("rules.create", R"({"name":"r","trigger":"today_open","action":"capture"})")["rule"];
  CHECK(guidance() == nullptr);
  ann.call("rules.delete", with_id(rule));
  CHECK(guidance() == nullptr);
}
