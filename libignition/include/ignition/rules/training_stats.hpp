// Statistics of training: totals, volume by muscle, streaks, heat map, frequency. Rules R22 and R40 to R44 of training.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/rules/personal_records.hpp"
#include "ignition/time.hpp"

namespace ignition::rules {

// What counts in the statistics of an exercise.
struct TrainedExercise {
  MeasuredBy measured_by = MeasuredBy::weight_reps;
  LoadMode load_mode = LoadMode::external;
  std::vector<std::string> primary_muscles;
  std::vector<std::string> secondary_muscles;
};

// A set of a completed session.
struct TrainedSet {
  std::size_t exercise = 0;  // index into the exercises
  std::int64_t weight_g = 0;
  std::optional<int> reps;
  std::optional<int> duration_seconds;
  std::optional<std::int64_t> distance_mm;
  std::optional<std::int64_t> bodyweight_g;  // of the session
  bool is_warmup = false;
};

struct TrainingTotals {
  int sets_logged = 0;
  int working_sets = 0;
  std::int64_t total_reps = 0;
  std::int64_t volume_g = 0;  // gram-repetitions
  std::int64_t distance_mm = 0;
  std::int64_t duration_seconds = 0;
  int exercises = 0;
  std::vector<std::string> muscles;  // primary ones of working sets, by name
  friend bool operator==(const TrainingTotals&, const TrainingTotals&) = default;
};
BOOST_DESCRIBE_STRUCT(TrainingTotals, (),
                      (sets_logged, working_sets, total_reps, volume_g, distance_mm, duration_seconds, exercises,
                       muscles))

// Rule R40. Throws VALIDATION_ERROR naming the field (`sets[2].reps`) for numbers out of the bounds of a set or an
// exercise that is not there.
TrainingTotals training_totals(std::span<const TrainedExercise> exercises, std::span<const TrainedSet> sets);

struct MuscleVolume {
  std::string muscle;
  int direct_sets = 0;        // as a primary muscle
  int sets_x2 = 0;            // primary 2, secondary 1
  std::int64_t volume_g = 0;  // gram-repetitions, as a primary muscle
  friend bool operator==(const MuscleVolume&, const MuscleVolume&) = default;
};
BOOST_DESCRIBE_STRUCT(MuscleVolume, (), (muscle, direct_sets, sets_x2, volume_g))

// Rule R41: by name of the muscle; muscles without a set are left out.
std::vector<MuscleVolume> muscle_volume(std::span<const TrainedExercise> exercises, std::span<const TrainedSet> sets);

struct TrainingStreaks {
  int week_streak = 0;
  int longest_week_streak = 0;
  int day_streak = 0;
  int this_week = 0;
  bool goal_met = false;
  friend bool operator==(const TrainingStreaks&, const TrainingStreaks&) = default;
};
BOOST_DESCRIBE_STRUCT(TrainingStreaks, (), (week_streak, longest_week_streak, day_streak, this_week, goal_met))

// Rule R42. `session_dates`: one local date per completed session, in any order; later ones than `today` do not count.
// Throws VALIDATION_ERROR for a weekly_goal outside 1..100.
TrainingStreaks training_streaks(std::span<const LocalDate> session_dates, LocalDate today, int weekly_goal,
                                 WeekStart week_start);

// 0..4 (rule R43).
int heat_level(int sessions, std::int64_t minutes);

// Full minutes of a session, and those that earn: at most 120 (rule R22).
struct TrainingMinutes {
  std::int64_t duration_minutes = 0;
  std::int64_t active_minutes = 0;
};
TrainingMinutes training_minutes(std::int64_t duration_seconds);

// Hundredths of a session per week over the last `weeks` full weeks before that of `today` (rule R44).
int sessions_per_week_x100(std::span<const LocalDate> session_dates, LocalDate today, int weeks, WeekStart week_start);

}  // namespace ignition::rules
