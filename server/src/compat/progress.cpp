// Progress, streaks, skills, achievements, habits and goals, as existing clients read them.
#include <algorithm>

#include "compat/sections.hpp"
#include "compat/surface.hpp"
#include "ignition/describe.hpp"
#include "ignition/rules/awards.hpp"
#include "ignition/time.hpp"

namespace ignition::server::compat {
namespace {

Step summary_for_clients() {
  return copies({{"current_level", "level"},
                 {"xp_to_next_level", "xp_level_size"},
                 {"xp_progress_percent", "level_progress_percent"}});
}

Step streak_for_clients() { return copies({{"current_streak", "current"}, {"longest_streak", "longest"}}); }

std::vector<Row> rewards() {
  return {
      {.method = Method::GET,
       .paths = {"/api/gamification/summary", "/user/stats"},
       .operation = "progress.summary",
       .gives = {summary_for_clients(),
                 only({"total_xp", "current_level", "xp_to_next_level", "xp_progress_percent", "coins",
                       "total_skill_stars", "achievement_count", "current_streak", "longest_streak"}),
                 data()}},
      {.method = Method::GET,
       .paths = {"/api/gamification", "/api/gamification/stats", "/api/progress"},
       .operation = "progress.summary",
       .gives = {copies({{"xp", "total_xp"}, {"current_level", "level"}}),
                 only({"level", "xp", "coins", "current_level", "total_xp"})}},
      {.method = Method::GET,
       .paths = {"/api/gamification/progress"},
       .operation = "progress.summary",
       .gives = {only({"total_xp", "coins", "level"}), under("progress")}},
      {.method = Method::GET,
       .paths = {"/api/gamification/streaks"},
       .operation = "streaks.list",
       .gives = {each("streaks", {streak_for_clients()})}},
      {.method = Method::GET,
       .paths = {"/api/streaks"},
       .operation = "streaks.list",
       .gives = {inside("streaks"), each("", {streak_for_clients(), only({"streak_type", "current_streak",
                                                                          "longest_streak", "last_activity_date"})})}},
      {.method = Method::GET,
       .paths = {"/api/skills"},
       .operation = "skills.list",
       .gives = {inside("skills"), each("", {constant("category", R"("wheel")")})}},
      {.method = Method::GET,
       .paths = {"/api/skills/user"},
       .operation = "skills.mine",
       .gives = {inside("skills"), each("", {constant("category", R"("wheel")")})}},
  };
}

std::vector<Row> achievements() {
  return {
      {.method = Method::GET,
       .paths = {"/api/gamification/teaser"},
       .operation = "progress.teaser",
       .gives = {at("teaser", {copies({{"progressMax", "progress_max"}, {"progressLabel", "progress_label"}})})}},
      {.method = Method::GET,
       .paths = {"/api/gamification/badges"},
       .operation = "achievements.mine",
       .gives = {rename("achievements", "badges")}},
      {.method = Method::GET,
       .paths = {"/api/achievements"},
       .operation = "achievements.list",
       .gives = {inside("achievements")}},
      {.method = Method::GET,
       .paths = {"/api/achievements/user"},
       .operation = "achievements.mine",
       .gives = {inside("achievements")}},
  };
}

// ---- Habits ----

// Clients choose a category by its icon, and mean every day by a custom schedule without days.
Step habit_of_clients() {
  return {"an `icon` that is a category sets `category`; `frequency` custom without `custom_days` = all seven days",
          [](Value& body, Scene&) {
            const auto is_missing = [&](std::string_view key) {
              const Value* value = body.find(key);
              return value == nullptr || value->is_null();
            };
            const auto icon = body.get("icon").as_text();
            if (icon && is_missing("category") && enum_of<rules::HabitCategory>(*icon)) {
              body.set("category", Value::text(*icon));
            }
            if (body.get("frequency").as_text() == "custom" && is_missing("custom_days")) {
              body.set("custom_days", Value::json("[1,2,3,4,5,6,7]"));
            }
          }};
}

// The state of today's completion that a client asks for is reached by completing or undoing what is missing.
Answer set_completed(Operations& operations, const Request& request, bool completed) {
  Value view = operations.output("habits.get", request);
  Value& habit = *view.find("habit");
  if (habit.get("completed_today").as_truth() == completed) {
    Answer unchanged;
    unchanged.body = habit.to_json();
    return unchanged;
  }
  Request deed;
  deed.path = request.path;
  if (completed) {
    const auto missing =
        habit.get("day_target").as_number().value_or(1) - habit.get("count_today").as_number().value_or(0);
    deed.body.set("amount", Value::number(std::max<std::int64_t>(1, missing)));
  }
  Answer answer = operations.call(completed ? "habits.complete" : "habits.undo", deed);
  answer.body = Value::json(std::move(answer.body)).get("result.habit").to_json();
  return answer;
}

Answer change_habit(Operations& operations, Scene& scene) {
  Request& request = scene.request;
  const auto completed = request.body.take("completed_today");
  if (!completed || completed->is_null()) {
    Answer answer = operations.call("habits.update", request);
    answer.body = Value::json(std::move(answer.body)).get("habit").to_json();
    return answer;
  }
  if (!completed->as_truth()) throw invalid("completed_today", "wrong_type", "must be true or false");
  if (!request.body.members().empty()) operations.output("habits.update", request);
  request.body = Value::object();
  return set_completed(operations, request, *completed->as_truth());
}

std::vector<Row> habits() {
  return {
      {.method = Method::GET, .paths = {"/api/habits"}, .operation = "habits.list"},
      {.method = Method::GET, .paths = {"/api/habits/archived"}, .operation = "habits.archived"},
      {.method = Method::POST,
       .paths = {"/api/habits"},
       .operation = "habits.create",
       .takes = {rename("title", "name"), habit_of_clients()},
       .gives = {copy("habit.id", "id")},
       .status = 201},
      {.method = Method::POST, .paths = {"/api/habits/{id}/complete"}, .operation = "habits.complete"},
      {.method = Method::PATCH,
       .paths = {"/api/habits/{id}"},
       .operation = "habits.update",
       .takes = {note("`completed_today` true completes, false undoes today")},
       .gives = {under("habit")},
       .calls = change_habit,
       .also = {"habits.get", "habits.complete", "habits.undo"}},
      {.method = Method::DELETE,
       .paths = {"/api/habits/{id}"},
       .operation = "habits.delete",
       .takes = {{"archives, also with `permanent`",
                  [](Value& body, Scene& scene) {
                    body.take("permanent");
                    scene.request.take_parameter("permanent");
                  }}},
       .gives = {only({"id"}), success()}},
      {.method = Method::GET, .paths = {"/api/habits/analytics"}, .operation = "habits.analytics"},
  };
}

// ---- Goals ----

// An instant means its date for the user, whose days are cut by zone and hour.
void as_local_date(Operations& operations, Value& body) {
  const auto text = body.get("target_date").as_text();
  if (!text || LocalDate::parse(*text)) return;
  const auto instant = Instant::parse(*text);
  if (!instant) throw invalid("target_date", "invalid_format", "must be a date YYYY-MM-DD or an RFC 3339 instant");
  Value settings = operations.output("settings.get", {}).get("settings");
  const Calendar calendar{.zone = TimeZone::or_utc(settings.get("timezone").as_text()),
                          .day_start_hour = static_cast<int>(settings.get("day_start_hour").as_number().value_or(0))};
  body.set("target_date", Value::text(calendar.date_of(*instant).text()));
}

std::function<Answer(Operations&, Scene&)> with_local_date(std::string_view operation) {
  return [operation](Operations& operations, Scene& scene) {
    as_local_date(operations, scene.request.body);
    return operations.call(operation, scene.request);
  };
}

std::vector<Row> goals() {
  const Step deadline = rename("deadline", "target_date");
  const Step instants = note("`target_date`: an instant means its local date");
  return {
      {.method = Method::GET,
       .paths = {"/api/goals"},
       .operation = "goals.list",
       .takes = {note("an unknown `status` finds nothing; without a page all, up to 500")},
       .calls = whole_list("goals.list", "goals", "status")},
      {.method = Method::POST,
       .paths = {"/api/goals"},
       .operation = "goals.create",
       .takes = {deadline, instants},
       .gives = {copy("goal.id", "id")},
       .calls = with_local_date("goals.create"),
       .also = {"settings.get"}},
      {.method = Method::GET, .paths = {"/api/goals/{id}"}, .operation = "goals.get"},
      {.method = Method::PATCH,
       .paths = {"/api/goals/{id}"},
       .operation = "goals.update",
       .takes = {deadline, instants},
       .calls = with_local_date("goals.update"),
       .also = {"settings.get"}},
      {.method = Method::DELETE,
       .paths = {"/api/goals/{id}"},
       .operation = "goals.delete",
       .gives = {only({"id"}), success()}},
      {.method = Method::POST,
       .paths = {"/api/goals/{id}/milestones"},
       .operation = "milestones.create",
       .gives = {copy("milestone.id", "id")}},
      {.method = Method::POST, .paths = {"/api/goals/milestones/{id}/complete"}, .operation = "milestones.complete"},
  };
}

}  // namespace

Part progress() {
  Part part{"Progress", rewards()};
  for (auto rows : {achievements(), habits(), goals()}) std::ranges::move(rows, std::back_inserter(part.rows));
  return part;
}

}  // namespace ignition::server::compat
