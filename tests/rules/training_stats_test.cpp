#include "ignition/rules/training_stats.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>

#include "ignition/error.hpp"
#include "support/training.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

// The built-in exercises.
struct Catalogue {
  std::vector<TrainedExercise> exercises;
  std::map<std::string, std::size_t> by_key;

  Catalogue() {
    const test::Vectors file("exercise/exercises.json");
    for (const test::Value v : file["exercises"].get_array()) {
      const std::string measured = test::text(v, "measured_by");
      TrainedExercise exercise{.measured_by = measured == "weight_reps" ? MeasuredBy::weight_reps
                                              : measured == "reps"      ? MeasuredBy::reps
                                              : measured == "duration"  ? MeasuredBy::duration
                                                                        : MeasuredBy::distance_duration};
      if (test::text(v, "load_mode", "") == "bodyweight") exercise.load_mode = LoadMode::bodyweight;
      for (const test::Value m : v["primary_muscles"].get_array()) {
        exercise.primary_muscles.emplace_back(m.get_string().value());
      }
      for (const test::Value m : v["secondary_muscles"].get_array()) {
        exercise.secondary_muscles.emplace_back(m.get_string().value());
      }
      by_key[test::text(v, "key")] = exercises.size();
      exercises.push_back(std::move(exercise));
    }
  }
};

std::vector<LocalDate> dates_of(test::Value list) {
  std::vector<LocalDate> dates;
  for (const test::Value v : list.get_array()) dates.push_back(LocalDate::parse(v.get_string().value()).value());
  return dates;
}

WeekStart week_start_of(const std::string& name) {
  return name == "sunday" ? WeekStart::sunday : name == "saturday" ? WeekStart::saturday : WeekStart::monday;
}

}  // namespace

TEST_CASE("training streaks, minutes and heat are those of the vectors") {
  const test::Vectors vectors("exercise/stats.json");
  int cases = 0;
  for (const test::Value c : vectors["streak"].get_array()) {
    CAPTURE(test::text(c, "name"));
    const TrainingStreaks found =
        training_streaks(dates_of(c["session_dates"]), test::date(c, "today"),
                         static_cast<int>(test::integer(c, "weekly_goal")), week_start_of(test::text(c, "week_start")));
    const test::Value wanted = c["expect"];
    CHECK(found.week_streak == test::integer(wanted, "week_streak"));
    CHECK(found.longest_week_streak == test::integer(wanted, "longest_week_streak"));
    CHECK(found.day_streak == test::integer(wanted, "day_streak"));
    CHECK(found.this_week == test::integer(wanted, "this_week"));
    CHECK(found.goal_met == test::boolean(wanted, "goal_met"));
    ++cases;
  }
  for (const test::Value c : vectors["heat_level"].get_array()) {
    CHECK(heat_level(static_cast<int>(test::integer(c, "sessions")), test::integer(c, "minutes")) ==
          test::integer(c, "level"));
    ++cases;
  }
  for (const test::Value c : vectors["minutes"].get_array()) {
    const TrainingMinutes minutes = training_minutes(test::integer(c, "duration_seconds"));
    CHECK(minutes.duration_minutes == test::integer(c, "duration_minutes"));
    CHECK(minutes.active_minutes == test::integer(c, "active_minutes"));
    ++cases;
  }
  CHECK(cases == 30);
}

TEST_CASE("volume by muscle is that of the vectors") {
  const Catalogue catalogue;
  const test::Vectors vectors("exercise/stats.json");
  int cases = 0;
  for (const test::Value c : vectors["muscles"].get_array()) {
    CAPTURE(test::text(c, "name"));
    std::vector<TrainedSet> sets;
    for (const test::Value s : c["sets"].get_array()) {
      if (test::text(s, "status", "completed") != "completed") continue;  // statistics are fed completed sessions
      sets.push_back({.exercise = catalogue.by_key.at(test::text(s, "exercise")),
                      .weight_g = test::integer(s, "weight_g", 0),
                      .reps = test::maybe_int(s, "reps"),
                      .duration_seconds = test::maybe_int(s, "duration_seconds"),
                      .distance_mm = test::maybe_integer(s, "distance_mm"),
                      .bodyweight_g = test::maybe_integer(s, "bodyweight_g"),
                      .is_warmup = test::boolean(s, "is_warmup")});
    }
    std::vector<MuscleVolume> wanted;
    for (const auto [muscle, v] : c["expect"].get_object()) {
      wanted.push_back({std::string(muscle), static_cast<int>(test::integer(v, "direct_sets")),
                        static_cast<int>(test::integer(v, "sets_x2")), test::integer(v, "volume_g")});
    }
    const auto found = muscle_volume(catalogue.exercises, sets);
    CHECK(found.size() == wanted.size());
    CHECK(found == wanted);
    ++cases;
  }
  CHECK(cases == 7);
}

TEST_CASE("session totals count working sets and their loads") {
  const std::vector<TrainedExercise> exercises{
      {.primary_muscles = {"chest"}},
      {.load_mode = LoadMode::bodyweight, .primary_muscles = {"lats"}},
      {.measured_by = MeasuredBy::distance_duration, .primary_muscles = {"quadriceps"}}};
  const std::vector<TrainedSet> sets{{.weight_g = 60'000, .reps = 5, .is_warmup = true},
                                     {.weight_g = 80'000, .reps = 8},
                                     {.exercise = 1, .weight_g = -20'000, .reps = 5, .bodyweight_g = 80'000},
                                     {.exercise = 1, .weight_g = -20'000, .reps = 5},
                                     {.exercise = 2, .duration_seconds = 1500, .distance_mm = 5'000'000}};
  const TrainingTotals totals = training_totals(exercises, sets);
  CHECK(totals == TrainingTotals{.sets_logged = 5,
                                 .working_sets = 4,
                                 .total_reps = 18,
                                 .volume_g = 640'000 + 300'000,
                                 .distance_mm = 5'000'000,
                                 .duration_seconds = 1500,
                                 .exercises = 3,
                                 .muscles = {"chest", "lats", "quadriceps"}});
  CHECK_THROWS_AS(training_totals(exercises, std::vector<TrainedSet>{{.exercise = 3}}), Error);
  CHECK_THROWS_AS(muscle_volume(exercises, std::vector<TrainedSet>{{.reps = -1}}), Error);
}

TEST_CASE("frequency counts full weeks before the present one") {
  const LocalDate today = LocalDate::of(2026, 3, 11);  // Wednesday
  const std::vector<LocalDate> dates{today, today - 2, today - 3, today - 9, today - 10, today - 31, today - 29};
  // Weeks from 9 February to 8 March: the present week and 8 February do not count.
  CHECK(sessions_per_week_x100(dates, today, 4, WeekStart::monday) == 100);
  CHECK(sessions_per_week_x100(dates, today, 3, WeekStart::monday) == 100);
  CHECK(sessions_per_week_x100({}, today, 12, WeekStart::monday) == 0);
  CHECK_THROWS_AS(sessions_per_week_x100(dates, today, 0, WeekStart::monday), Error);
}
