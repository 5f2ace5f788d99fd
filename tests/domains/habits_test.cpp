#include "ignition/domains/habits.hpp"

#include <rapidcheck.h>

#include <algorithm>
#include <thread>

#include "ignition/domains/ledger.hpp"
#include "support/vectors.hpp"
#include "support/within.hpp"

using namespace ignition;
using namespace ignition::test;

namespace {

void at(World& world, std::string_view instant) { world.clock->set(Instant::parse(instant).value()); }

Uuid make(const Person& person, std::string_view body) {
  return person.call("habits.create", body)["habit"]["id"].id();
}

Answered complete(const Person& person, const Uuid& habit, std::string_view more = {}) {
  return person.call("habits.complete", with_id(habit, more))["result"];
}
Answered undo(const Person& person, const Uuid& habit, std::string_view more = {}) {
  return person.call("habits.undo", with_id(habit, more))["result"];
}
Answered shown(const Person& person, const Uuid& habit) { return person.call("habits.get", with_id(habit))["habit"]; }

std::string code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return std::string(name_of(error.code()));
  }
  return "";
}

// What the entries of habits add up to: XP and coins.
std::pair<std::int64_t, std::int64_t> earned(World& world, const Person& person) {
  const auto sum = [&](const char* column) {
    return world.rows<std::int64_t>(fmt::format("SELECT COALESCE(sum({}), 0) FROM points_ledger WHERE user_id = $1 AND "
                                                "event_type IN ('habit_complete', 'habit_streak_bonus')",
                                                column),
                                    person.id())[0];
  };
  return {sum("xp"), sum("coins")};
}

std::vector<habits::Due> due_on(World& world, const Person& person, LocalDate date) {
  return within(world, person, [&](Context& ctx) { return habits::due_on(ctx, date); });
}

std::string custom_days_of(Value v) {
  return has(v, "custom_days") ? R"(, "custom_days": )" + std::string(simdjson::minify(v["custom_days"].value())) : "";
}

}  // namespace

TEST_CASE("habits follow every vector step by step") {
  const Vectors vectors("progress/habits.json");
  int steps = 0;
  for (const auto item : vectors["cases"].get_array()) {
    CAPTURE(text(item, "id"));
    CAPTURE(text(item, "note"));
    World world;
    const auto ann = world.person();
    const auto habit = item["habit"].value();
    ann.call("settings.update", fmt::format(R"({{"timezone": "{}"}})", text(habit, "tz")));
    world.clock->set(instant(habit, "created_at"));
    const Uuid id =
        make(ann, fmt::format(R"({{"name": "h", "frequency": "{}", "target_count": {}, "category": "{}"{}}})",
                              text(habit, "frequency"), integer(habit, "target_count"), text(habit, "category"),
                              custom_days_of(habit)));
    for (const auto entry : item["steps"].get_array()) {
      const auto step = entry["step"].value();
      const auto expect = entry["expect"].value();
      const std::string op = text(step, "op");
      CAPTURE(op);
      CAPTURE(text(step, "at"));
      world.clock->set(instant(step, "at"));
      std::string more = fmt::format(R"("id": "{}")", id.text());
      if (has(step, "date")) more += fmt::format(R"(, "date": "{}")", text(step, "date"));
      if (has(step, "amount")) more += fmt::format(R"(, "amount": {})", integer(step, "amount"));
      if (has(step, "frequency")) more += fmt::format(R"(, "frequency": "{}")", text(step, "frequency"));
      if (has(step, "target_count")) more += fmt::format(R"(, "target_count": {})", integer(step, "target_count"));
      more += custom_days_of(step);
      const std::string name = op == "schedule" ? "habits.update" : op == "look" ? "habits.get" : "habits." + op;
      const std::string body = "{" + (op == "look" ? fmt::format(R"("id": "{}")", id.text()) : more) + "}";
      Answered result;
      const std::string error = code_of([&] {
        const Answered answered(ann.answer({.operation = name, .body = body}).body);
        result = op == "complete" || op == "undo" ? answered["result"] : answered;
      });
      CHECK(error == text(expect, "error", ""));
      const auto seen = ann.call("habits.get", with_id(id));
      const auto view = seen["habit"];
      for (const char* field :
           {"already_completed", "xp_awarded", "coins_awarded", "streak_bonus", "xp_reversed", "coins_reversed"}) {
        CAPTURE(field);
        if (has(expect, field)) CHECK(result[field].json() == simdjson::minify(expect[field].value()));
      }
      for (const char* field :
           {"count_today", "day_target", "completed_today", "current_streak", "longest_streak", "is_active"}) {
        CAPTURE(field);
        if (has(expect, field)) CHECK(view[field].json() == simdjson::minify(expect[field].value()));
      }
      if (has(expect, "status")) CHECK(view["streak_status"] == text(expect, "status"));
      if (has(expect, "total_xp")) {
        CHECK(earned(world, ann) == std::pair(integer(expect, "total_xp"), integer(expect, "total_coins")));
      }
      if (has(expect, "effective_from")) {
        CHECK(seen["schedules"][static_cast<int>(seen["schedules"].size()) - 1]["effective_from"] ==
              text(expect, "effective_from"));
      }
      ++steps;
    }
    CHECK(ann.call("ledger.verify")["ok"] == true);
  }
  CHECK(steps == 229);
}

STORE_TEST("a new habit shows what it asks for and what it pays") {
  World world(store);
  const auto ann = world.person();
  const auto habit = ann.call("habits.create", R"({"name": "  Stretch ", "category": "exercise", "frequency": "custom",
      "custom_days": [0, 2], "icon": "cat", "color": "#112233", "reminder_time": "07:30", "auto_shield": true})")
                         ["habit"];
  CHECK(habit["name"] == "Stretch");
  CHECK(habit["custom_days"].json() == "[2,7]");
  CHECK(habit["due_today"] == true);  // a Tuesday
  CHECK(habit["start_date"] == "2026-03-10");
  CHECK(habit["streak_unit"] == "day");
  CHECK(habit["streak_status"] == "none");
  CHECK(habit["xp_reward"] == 25);
  CHECK(habit["coin_reward"] == 10);
  CHECK(habit["week_done"] == nullptr);
  CHECK(ann.answer({.operation = "habits.create", .body = R"({"name": "x"})"}).status == 201);
  const auto weekly =
      ann.call("habits.create", R"({"name": "swim", "frequency": "weekly", "target_count": 3})")["habit"];
  CHECK(weekly["due_today"] == false);
  CHECK(weekly["week_done"] == 0);
  CHECK(weekly["day_target"] == 1);
  CHECK(weekly["streak_unit"] == "week");
  const auto list = ann.call("habits.list");
  CHECK(list["total"] == 3);
  CHECK(list["habits"][0]["name"] == "Stretch");
  CHECK(list["habits"][1]["name"] == "swim");
}

STORE_TEST("impossible cadences, unknown skills and dates out of range are refused") {
  World world(store);
  const auto ann = world.person();
  CHECK(ann.error_of("habits.create", R"({"name": "x", "frequency": "custom"})") ==
        "VALIDATION_ERROR custom_days:required");
  CHECK(ann.error_of("habits.create", R"({"name": "x", "frequency": "custom", "custom_days": [1, 1]})") ==
        "VALIDATION_ERROR custom_days:repeated");
  CHECK(ann.error_of("habits.create", R"({"name": "x", "frequency": "custom", "custom_days": [0, 7]})") ==
        "VALIDATION_ERROR custom_days:repeated");
  CHECK(ann.error_of("habits.create", R"({"name": "x", "frequency": "custom", "custom_days": [8]})").code ==
        Code::VALIDATION_ERROR);
  CHECK(ann.error_of("habits.create", R"({"name": "x", "custom_days": [1]})") ==
        "VALIDATION_ERROR custom_days:not_custom");
  CHECK(ann.error_of("habits.create", R"({"name": "x", "frequency": "weekly", "target_count": 8})") ==
        "VALIDATION_ERROR target_count:out_of_range");
  CHECK(ann.error_of("habits.create", R"({"name": "x", "skill_key": "juggling"})") ==
        "VALIDATION_ERROR skill_key:unknown");
  CHECK(ann.error_of("habits.create", R"({"name": "x", "start_date": "2026-03-11"})") ==
        "VALIDATION_ERROR start_date:out_of_range");
  CHECK(ann.error_of("habits.create", R"({"name": "x", "start_date": "2025-03-09"})") ==
        "VALIDATION_ERROR start_date:out_of_range");
  CHECK(ann.error_of("habits.create", R"({"name": "  "})").code == Code::VALIDATION_ERROR);
  CHECK(ann.call("habits.list")["total"] == 0);
}

STORE_TEST("the seventh day pays a bonus; undoing it and doing it again leaves the same") {
  World world(store);
  const auto ann = world.person();
  at(world, "2026-01-01T12:00:00Z");
  const Uuid habit = make(ann, R"({"name": "walk"})");
  for (int day = 1; day <= 6; ++day) {
    at(world, fmt::format("2026-01-{:02}T12:00:00Z", day));
    complete(ann, habit);
  }
  at(world, "2026-01-07T12:00:00Z");
  const auto seventh = complete(ann, habit);
  CHECK(seventh["xp_awarded"] == 17);
  CHECK(seventh["coins_awarded"] == 5);
  CHECK(seventh["streak_bonus"] == true);
  CHECK(seventh["bonus_xp"] == 7);
  CHECK(seventh["new_streak"] == 7);
  const auto before = ann.call("progress.summary").json();
  const auto undone = undo(ann, habit);
  CHECK(undone["xp_reversed"] == 17);
  CHECK(undone["coins_reversed"] == 5);
  CHECK(undone["habit"]["current_streak"] == 6);
  CHECK(undone["habit"]["completed_today"] == false);
  CHECK(undone["habit"]["last_completed_at"] == "2026-01-06T12:00:00.000000Z");
  CHECK(complete(ann, habit)["xp_awarded"] == 17);
  CHECK(ann.call("progress.summary").json() == before);
  CHECK(ann.call("ledger.verify")["ok"] == true);
  const auto entries = ann.call("ledger.list", R"({"event_type": "habit_streak_bonus"})")["entries"];
  CHECK(entries[0]["idempotency_key"] == "habit_streak:" + habit.text() + ":7:2026-01-07#2");
}

STORE_TEST("days turn at the user's midnight") {
  World world(store);
  const auto ann = world.person();
  ann.call("settings.update", R"({"timezone": "America/New_York"})");
  at(world, "2026-01-10T04:55:00Z");
  const Uuid habit = make(ann, R"({"name": "walk"})");
  CHECK(complete(ann, habit)["date"] == "2026-01-09");
  at(world, "2026-01-10T05:05:00Z");
  const auto next = complete(ann, habit);
  CHECK(next["date"] == "2026-01-10");
  CHECK(next["new_streak"] == 2);
  ann.call("settings.update", R"({"day_start_hour": 4})");
  CHECK(shown(ann, habit)["completed_today"] == true);  // it is the 9th again until four o'clock
  CHECK(shown(ann, habit)["current_streak"] == 2);
}

STORE_TEST("eight glasses pay once, at the eighth, and each one is in the feed") {
  World world(store);
  const auto ann = world.person();
  const Uuid habit = make(ann, R"({"name": "water", "target_count": 8})");
  for (int glass = 1; glass <= 7; ++glass) {
    const auto result = complete(ann, habit);
    CHECK(result["xp_awarded"] == 0);
    CHECK(result["habit"]["count_today"] == glass);
    CHECK(result["habit"]["completed_today"] == false);
  }
  CHECK(complete(ann, habit)["xp_awarded"] == 10);
  CHECK(shown(ann, habit)["completed_today"] == true);
  const auto again = complete(ann, habit);
  CHECK(again["already_completed"] == true);
  CHECK(again["xp_awarded"] == 0);
  CHECK(world.count("SELECT count(*) FROM activity_events WHERE event_type = 'habit_progress'") == 7);
  CHECK(world.count("SELECT count(*) FROM activity_events WHERE completion") == 1);
  undo(ann, habit);
  undo(ann, habit);  // the seventh glass
  CHECK(world.count("SELECT count(*) FROM activity_events WHERE reversed_at IS NULL") == 6);
  complete(ann, habit);
  CHECK(world.count("SELECT count(*) FROM activity_events WHERE reversed_at IS NULL") == 7);
  CHECK(ann.call("progress.summary")["total_xp"] == 0);
}

STORE_TEST("a second completion of a date writes nothing") {
  World world(store);
  const auto ann = world.person();
  const Uuid habit = make(ann, R"({"name": "walk"})");
  complete(ann, habit, R"("notes": "in the park")");
  const auto revision = world.revision(ann);
  const auto again = complete(ann, habit, R"("notes": "again")");
  CHECK(again["already_completed"] == true);
  CHECK(again["xp_awarded"] == 0);
  CHECK(again["new_streak"] == 1);
  CHECK(again["new_level"] == 1);
  CHECK(world.revision(ann) == revision);
  const auto days =
      ann.call("habits.completions", with_id(habit, R"("from": "2026-03-01", "to": "2026-03-31")"))["completions"];
  CHECK(days.size() == 1);
  CHECK(days[0]["notes"] == "in the park");
  CHECK(days[0]["tz"] == "UTC");
}

STORE_TEST("only the last seven days since the start can be completed or undone") {
  World world(store);
  const auto ann = world.person();
  const Uuid habit = make(ann, R"({"name": "walk", "start_date": "2026-02-01"})");
  const Uuid young = make(ann, R"({"name": "run", "start_date": "2026-03-09"})");
  CHECK(ann.error_of("habits.complete", with_id(habit, R"("date": "2026-03-02")")) ==
        "VALIDATION_ERROR date:out_of_window");
  CHECK(ann.error_of("habits.complete", with_id(habit, R"("date": "2026-03-11")")) ==
        "VALIDATION_ERROR date:out_of_window");
  CHECK(ann.error_of("habits.complete", with_id(young, R"("date": "2026-03-08")")) ==
        "VALIDATION_ERROR date:out_of_window");
  CHECK(complete(ann, habit, R"("date": "2026-03-03")")["xp_awarded"] == 10);
  CHECK(ann.error_of("habits.undo", with_id(habit, R"("date": "2026-03-04")")) == "NOT_FOUND not_found");
  CHECK(ann.error_of("habits.undo", with_id(habit, R"("date": "2026-03-02")")) ==
        "VALIDATION_ERROR date:out_of_window");
  CHECK(undo(ann, habit, R"("date": "2026-03-03")")["xp_reversed"] == 10);
  CHECK(earned(world, ann).first == 0);
}

STORE_TEST("a weekly habit keeps its streak over the week") {
  World world(store);
  const auto ann = world.person();
  at(world, "2026-03-09T09:00:00Z");  // a Monday
  const Uuid habit = make(ann, R"({"name": "swim", "frequency": "weekly", "target_count": 3})");
  complete(ann, habit);
  at(world, "2026-03-10T09:00:00Z");
  complete(ann, habit);
  at(world, "2026-03-11T09:00:00Z");
  CHECK(complete(ann, habit)["new_streak"] == 1);
  CHECK(shown(ann, habit)["week_done"] == 3);
  at(world, "2026-03-16T09:00:00Z");
  CHECK(shown(ann, habit)["current_streak"] == 1);
  CHECK(shown(ann, habit)["streak_status"] == "active");
  CHECK(shown(ann, habit)["week_done"] == 0);
  at(world, "2026-03-23T00:00:00Z");
  CHECK(shown(ann, habit)["current_streak"] == 0);
  CHECK(shown(ann, habit)["streak_status"] == "broken");
}

STORE_TEST("weeks are cut anew when the user's week begins on another day") {
  World world(store);
  const auto ann = world.person();
  at(world, "2026-03-01T09:00:00Z");
  const Uuid habit = make(ann, R"({"name": "swim", "frequency": "weekly", "target_count": 2})");
  // Sunday 1 and Monday 2 March lie in one week that begins on Sunday, in two that begin on Monday.
  complete(ann, habit);
  for (const char* day : {"2026-03-02", "2026-03-08", "2026-03-09", "2026-03-15", "2026-03-16"}) {
    at(world, std::string(day) + "T09:00:00Z");
    complete(ann, habit);
  }
  CHECK(shown(ann, habit)["current_streak"] == 2);
  ann.call("settings.update", R"({"week_start": "sunday"})");
  CHECK(shown(ann, habit)["current_streak"] == 3);
  CHECK(ann.call("habits.list")["habits"][0]["current_streak"] == 3);
  CHECK(shown(ann, habit)["week_done"] == 2);
}

STORE_TEST("archiving freezes the streak, restoring takes it up again") {
  World world(store);
  const auto ann = world.person();
  at(world, "2026-01-01T12:00:00Z");
  const Uuid habit = make(ann, R"({"name": "walk"})");
  for (int day = 1; day <= 5; ++day) {
    at(world, fmt::format("2026-01-{:02}T12:00:00Z", day));
    complete(ann, habit);
  }
  at(world, "2026-01-06T12:00:00Z");
  CHECK(ann.call("habits.archive", with_id(habit))["habit"]["is_active"] == false);
  CHECK(ann.error_of("habits.archive", with_id(habit)) == "CONFLICT already_archived");
  CHECK(ann.error_of("habits.complete", with_id(habit)) == "CONFLICT archived");
  CHECK(ann.error_of("habits.undo", with_id(habit)) == "CONFLICT archived");
  CHECK(ann.call("habits.list")["total"] == 0);
  at(world, "2026-01-16T12:00:00Z");
  CHECK(ann.call("habits.archived")["habits"][0]["current_streak"] == 5);
  CHECK(ann.call("habits.restore", with_id(habit))["habit"]["streak_status"] == "at_risk");
  CHECK(ann.error_of("habits.restore", with_id(habit)) == "CONFLICT not_archived");
  CHECK(complete(ann, habit)["new_streak"] == 6);
  CHECK(ann.call("habits.get", with_id(habit))["pauses"].json() ==
        R"([{"from_date":"2026-01-06","to_date":"2026-01-15","reason":"archive"}])");
  const auto removed = ann.call("habits.delete", with_id(habit));
  CHECK(removed["archived"] == true);
  CHECK(removed["deleted"] == false);
  ann.call("habits.restore", with_id(habit));
  CHECK(ann.call("habits.get", with_id(habit))["pauses"].size() == 1);  // away and back on one day
}

STORE_TEST("deleting for good leaves the ledger as it is") {
  World world(store);
  const auto ann = world.person();
  const Uuid habit = make(ann, R"({"name": "walk"})");
  complete(ann, habit);
  const auto removed = ann.call("habits.delete", with_id(habit, R"("permanent": true)"));
  CHECK(removed["deleted"] == true);
  CHECK(ann.error_of("habits.get", with_id(habit)) == "NOT_FOUND not_found");
  CHECK(world.count("SELECT count(*) FROM habit_completions") == 0);
  CHECK(world.count("SELECT count(*) FROM habit_schedules") == 0);
  CHECK(ann.call("progress.summary")["total_xp"] == 10);
  CHECK(ann.call("ledger.verify")["ok"] == true);
}

STORE_TEST("another user's habit is unknown to every operation") {
  World world(store);
  const auto ann = world.person();
  const auto bob = world.person();
  const Uuid habit = make(ann, R"({"name": "walk"})");
  complete(ann, habit);
  for (const char* operation : {"get", "update", "complete", "undo", "archive", "restore", "delete", "stats"}) {
    CAPTURE(operation);
    CHECK(bob.error_of(std::string("habits.") + operation, with_id(habit)) == "NOT_FOUND not_found");
  }
  CHECK(bob.error_of("habits.completions", with_id(habit, R"("from": "2026-03-01", "to": "2026-03-31")")) ==
        "NOT_FOUND not_found");
  CHECK(bob.error_of("habits.reorder", fmt::format(R"({{"ids": ["{}"]}})", habit.text())) == "CONFLICT order_changed");
  CHECK(bob.call("habits.list")["total"] == 0);
  CHECK(shown(ann, habit)["completed_today"] == true);
}

STORE_TEST("a change of cadence leaves past days as they were judged") {
  World world(store);
  const auto ann = world.person();
  at(world, "2026-03-09T09:00:00Z");
  const Uuid habit = make(ann, R"({"name": "walk"})");
  complete(ann, habit);
  at(world, "2026-03-10T09:00:00Z");
  complete(ann, habit);
  auto view =
      ann.call("habits.update", with_id(habit, R"("target_count": 3, "name": "Walk", "color": "#000000")"))["habit"];
  CHECK(view["name"] == "Walk");
  CHECK(view["completed_today"] == false);
  CHECK(view["count_today"] == 1);
  CHECK(view["current_streak"] == 1);
  CHECK(complete(ann, habit, R"("amount": 2)")["xp_awarded"] == 0);  // the date was paid already
  CHECK(shown(ann, habit)["current_streak"] == 2);
  CHECK(earned(world, ann).first == 20);
  view = ann.call("habits.update", with_id(habit, R"("frequency": "weekly", "target_count": 2)"))["habit"];
  CHECK(view["streak_unit"] == "week");
  CHECK(view["current_streak"] == 1);
  CHECK(view["week_done"] == 2);
  CHECK(ann.call("habits.get", with_id(habit))["schedules"].json() ==
        R"([{"effective_from":"2026-03-09","frequency":"weekly","target_count":2,"custom_days":null}])");
  CHECK(ann.error_of("habits.update", with_id(habit, R"("frequency": "custom")")) ==
        "VALIDATION_ERROR custom_days:required");
  view = ann.call("habits.update", with_id(habit, R"("color": null, "skill_key": "charm")"))["habit"];
  CHECK(view["color"] == nullptr);
  CHECK(view["skill_key"] == "charm");
  CHECK(ann.call("ledger.verify")["ok"] == true);
}

STORE_TEST("habits grow the skill they choose, or that of their category") {
  World world(store);
  const auto ann = world.person();
  complete(ann, make(ann, R"({"name": "a", "category": "exercise"})"));
  complete(ann, make(ann, R"({"name": "b", "skill_key": "kindness"})"));
  complete(ann, make(ann, R"({"name": "c"})"));
  const auto skills = ann.call("skills.mine")["skills"];
  CHECK(skills[1]["xp"] == 25);
  CHECK(skills[2]["xp"] == 10);
  CHECK(skills[3]["xp"] == 10);
}

STORE_TEST("habits are put in any order, as long as it names each once") {
  World world(store);
  const auto ann = world.person();
  const Uuid a = make(ann, R"({"name": "a"})");
  const Uuid b = make(ann, R"({"name": "b"})");
  const Uuid c = make(ann, R"({"name": "c"})");
  const auto order = [&](std::initializer_list<Uuid> ids) {
    std::string text;
    for (const Uuid& id : ids) text += (text.empty() ? "\"" : ",\"") + id.text() + "\"";
    return fmt::format(R"({{"ids": [{}]}})", text);
  };
  const auto names = [](const Answered& answered) {
    return answered["habits"][0]["name"].text() + answered["habits"][1]["name"].text() +
           answered["habits"][2]["name"].text();
  };
  CHECK(names(ann.call("habits.reorder", order({c, a, b}))) == "cab");
  CHECK(names(ann.call("habits.list")) == "cab");
  const auto revision = world.revision(ann);
  CHECK(names(ann.call("habits.reorder", order({c, a, b}))) == "cab");
  CHECK(world.revision(ann) == revision);
  CHECK(names(ann.call("habits.reorder", order({b, c, a}))) == "bca");
  CHECK(ann.error_of("habits.reorder", order({b, c, b})) == "VALIDATION_ERROR ids:repeated");
  const auto changed = ann.error_of("habits.reorder", order({b, c}));
  CHECK(changed == "CONFLICT order_changed");
  CHECK(changed.details["missing"][0] == a);
}

STORE_TEST("at most two hundred habits are active") {
  World world(store);
  const auto ann = world.person();
  Uuid last;
  for (int n = 0; n < 200; ++n) last = make(ann, R"({"name": "h"})");
  CHECK(ann.error_of("habits.create", R"({"name": "h"})") == "CONFLICT habit_limit");
  ann.call("habits.archive", with_id(last));
  make(ann, R"({"name": "h"})");
  CHECK(ann.error_of("habits.restore", with_id(last)) == "CONFLICT habit_limit");
}

STORE_TEST("what is due on a date and what is pending follow the cadence, pauses and the week") {
  World world(store);
  const auto ann = world.person();
  at(world, "2026-03-10T09:00:00Z");  // a Tuesday
  const Uuid daily = make(ann, R"({"name": "daily", "sort_order": 2})");
  make(ann, R"({"name": "fridays", "frequency": "custom", "custom_days": [5]})");
  const Uuid weekly = make(ann, R"({"name": "weekly", "frequency": "weekly", "target_count": 2, "sort_order": 1})");
  ann.call("habits.archive", with_id(make(ann, R"({"name": "away"})")));
  const auto names = [&](LocalDate date, bool pending) {
    std::string out;
    for (const auto& habit : due_on(world, ann, date)) {
      if (!pending || !habit.done) out += habit.name + " ";
    }
    return out;
  };
  const LocalDate today = LocalDate::of(2026, 3, 10);
  CHECK(names(today, true) == "weekly daily ");
  CHECK(names(LocalDate::of(2026, 3, 13), true) == "fridays weekly daily ");
  complete(ann, daily);
  complete(ann, weekly);
  CHECK(names(today, true) == "");
  CHECK(names(today, false) == "weekly daily ");
  at(world, "2026-03-11T09:00:00Z");
  CHECK(names(today + 1, true) == "weekly daily ");
  complete(ann, weekly);
  CHECK(names(today + 1, false) == "daily ");  // the week is satisfied
  at(world, "2026-03-12T09:00:00Z");
  CHECK(names(today + 2, true) == "daily ");
  CHECK(names(today + 6, true) == "weekly daily ");  // the next week
}

STORE_TEST("habits are listed by two statements and what is due by one, however many there are and however old") {
  World world(store);
  const auto ann = world.person();
  std::vector<Uuid> all;
  for (int n = 0; n < 5; ++n) all.push_back(make(ann, R"({"name": "h"})"));
  for (int day = 0; day < 30; ++day) {
    for (const Uuid& habit : all) complete(ann, habit);
    world.clock->advance(std::chrono::hours(24));
  }
  within(world, ann, [](Context& ctx) {
    const auto before = ctx.db.statements();
    CHECK(habits::list(ctx, {}).habits[0].current_streak == 30);
    CHECK(ctx.db.statements() - before == 2);
    CHECK(habits::due_on(ctx, ctx.today).size() == 5);
    CHECK(ctx.db.statements() - before == 3);
  });
}

STORE_TEST("completing a habit counts for today, the daily streak and the streak of habits") {
  World world(store);
  const auto ann = world.person();
  const Uuid habit = make(ann, R"({"name": "walk"})");
  complete(ann, habit);
  const auto summary = ann.call("progress.summary");
  CHECK(summary["streaks"]["habit"]["current"] == 1);
  CHECK(summary["streaks"]["daily_activity"]["current"] == 1);
  CHECK(summary["today"].json() == R"({"xp":10,"coins":5,"events":1})");
  CHECK(
      world.rows<std::string>("SELECT soft_state || ' ' || momentum || ' ' || completions_total FROM engagement_state "
                              "WHERE user_id = $1",
                              ann.id()) == std::vector<std::string>{"inactive shown 1"});  // habits land softly nowhere
  undo(ann, habit);
  CHECK(ann.call("progress.summary")["streaks"]["habit"].json() == R"({"current":0,"longest":0,"status":"none"})");
}

TEST_CASE("twenty threads complete one date of a habit once") {
  World world("file");
  const auto ann = world.person();
  const Uuid habit = make(ann, R"({"name": "walk"})");
  std::vector<std::thread> threads;
  std::atomic<int> paid = 0;
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back([&] {
      const auto result = ann.run(&habits::complete, {.id = habit}).result;
      if (result.xp_awarded > 0) ++paid;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(paid == 1);
  CHECK(ann.call("ledger.list")["total"] == 1);
  CHECK(ann.call("progress.summary")["total_xp"] == 10);
}

STORE_TEST("analytics add up all habits, rates only the active ones") {
  World world(store);
  const auto ann = world.person();
  const auto empty = ann.call("habits.analytics")["analytics"];
  CHECK(empty["total_habits"] == 0);
  CHECK(empty["completion_rate_7_days"] == 0.0);
  CHECK(empty["last_completed_at"] == nullptr);
  const Uuid habit = make(ann, R"({"name": "walk", "start_date": "2026-01-01"})");
  for (const char* date : {"2026-03-04", "2026-03-06", "2026-03-08", "2026-03-10"}) {
    complete(ann, habit, fmt::format(R"("date": "{}")", date));
  }
  const Uuid away = make(ann, R"({"name": "run"})");
  complete(ann, away);
  ann.call("habits.archive", with_id(away));
  const auto analytics = ann.call("habits.analytics")["analytics"];
  CHECK(analytics["total_habits"] == 2);
  CHECK(analytics["active_habits"] == 1);
  CHECK(analytics["completed_today"] == 1);
  CHECK(analytics["total_completions"] == 5);
  CHECK(analytics["completions_last_7_days"] == 5);
  CHECK(analytics["completion_rate_7_days"] == 0.5714);
  CHECK(analytics["active_streaks"] == 1);
  CHECK(analytics["longest_streak"] == 1);
  const auto stats = ann.call("habits.stats", with_id(habit, R"("days": 7)"))["stats"];
  CHECK(stats["done_days"] == 4);
  CHECK(stats["due_days"] == 7);
  CHECK(stats["rate"] == 0.5714);
  CHECK(stats["by_weekday"].json() == "[0,1,1,0,1,0,1]");
  CHECK(stats["best_runs"].size() == 4);
  CHECK(ann.error_of("habits.stats", with_id(habit, R"("days": 6)")) == "VALIDATION_ERROR days:out_of_range");
}

TEST_CASE("whatever is done to a habit, its streak is the walk over its days and its balances are sums") {
  CHECK(rc::check("habits agree with their rules", [] {
    World world;
    const auto ann = world.person();
    at(world, "2026-03-02T12:00:00Z");
    const auto cadence = *rc::gen::element<std::string>(
        R"("frequency": "daily")", R"("frequency": "daily", "target_count": 2)",
        R"("frequency": "weekly", "target_count": 2)", R"("frequency": "custom", "custom_days": [1, 3, 5])");
    const Uuid id = make(ann, fmt::format(R"({{"name": "h", "start_date": "2026-02-20", {}}})", cadence));
    const int steps = *rc::gen::inRange(1, 40);
    for (int n = 0; n < steps; ++n) {
      world.clock->advance(std::chrono::hours(*rc::gen::weightedElement<int>({{4, 1}, {6, 24}, {2, 48}, {1, 96}})));
      const LocalDate today = within(world, ann, [](Context& ctx) { return ctx.today; });
      const std::string date = fmt::format(
          R"("date": "{}")", (today - *rc::gen::weightedElement<int>({{8, 0}, {2, 1}, {1, 2}, {1, 6}})).text());
      const int op = *rc::gen::weightedElement<int>({{12, 0}, {3, 1}, {1, 2}, {1, 3}, {1, 4}, {1, 5}});
      try {
        const auto run = [&](std::string_view name, const std::string& body) {
          ann.answer({.operation = name, .body = body});
        };
        if (op == 0)
          run("habits.complete", with_id(id, date + fmt::format(R"(, "amount": {})", *rc::gen::inRange(1, 3))));
        if (op == 1) run("habits.undo", with_id(id, date));
        if (op == 2) run("habits.archive", with_id(id));
        if (op == 3) run("habits.restore", with_id(id));
        if (op == 4) {
          run("habits.update",
              with_id(id, *rc::gen::element<std::string>(R"("frequency": "daily", "target_count": 1)",
                                                         R"("frequency": "weekly", "target_count": 3)",
                                                         R"("frequency": "custom", "custom_days": [2, 4, 6])")));
        }
        if (op == 5) {
          run("settings.update",
              *rc::gen::element<std::string>(R"({"week_start": "sunday"})", R"({"week_start": "monday"})",
                                             R"({"timezone": "Pacific/Auckland"})", R"({"timezone": "UTC"})"));
        }
      } catch (const Error& error) {
        RC_ASSERT(error.code() != Code::INTERNAL);
      }
    }
    within(world, ann, [&](Context& ctx) {
      const auto full = habits::get(ctx, {.id = id});
      std::vector<LocalDate> done;
      std::vector<rules::DoneDay> days;
      for (const auto& c :
           habits::completions(ctx, {.id = id, .from = LocalDate::of(2026, 2, 1), .to = LocalDate::of(2027, 1, 31)})
               .completions) {
        RC_ASSERT(c.done == (c.count >= c.day_target));
        if (!c.done) continue;
        done.push_back(c.completed_date);
        days.push_back({c.completed_date, c.completed_at, c.completed_at, c.tz, c.tz});
      }
      std::vector<rules::HabitSchedule> schedules;
      for (const auto& s : full.schedules) {
        schedules.push_back({s.effective_from, s.frequency, static_cast<int>(s.target_count),
                             s.custom_days ? rules::weekdays_of(*s.custom_days).value() : rules::Weekdays{}});
      }
      std::vector<rules::DateRange> pauses;
      for (const auto& p : full.pauses) pauses.push_back({p.from_date, p.to_date.value_or(rules::kOpenEnd)});
      const rules::HabitFacts facts{.start_date = full.habit.start_date,
                                    .is_active = full.habit.is_active,
                                    .schedules = schedules,
                                    .pauses = pauses,
                                    .done = done};
      const auto walked =
          rules::habit_streak(facts, ctx.today, ctx.calendar.week_start, {}, rules::bridged_dates(days));
      RC_ASSERT(full.habit.current_streak == walked.current);
      RC_ASSERT(full.habit.longest_streak == walked.longest);
      RC_ASSERT(full.habit.streak_status == walked.status);
      RC_ASSERT(full.habit.due_today == rules::is_due(facts, ctx.today));
      if (full.habit.week_done) {
        RC_ASSERT(*full.habit.week_done == rules::week_done(facts, ctx.today, ctx.calendar.week_start));
      }
      const auto due = habits::due_on(ctx, ctx.today);
      const bool pending = std::ranges::any_of(due, [](const habits::Due& d) { return !d.done; });
      RC_ASSERT(pending == rules::is_pending(facts, ctx.today, ctx.calendar.week_start));
      RC_ASSERT(ledger::verify(ctx, {}).ok);
    });
  }));
}
