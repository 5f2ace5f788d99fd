#include "ignition/rules/training_stats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "ignition/error.hpp"
#include "ignition/rules/loads.hpp"

namespace ignition::rules {
namespace {

void check(std::span<const TrainedExercise> exercises, std::span<const TrainedSet> sets) {
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const auto check_number = [&](std::optional<std::int64_t> value, std::int64_t min, std::int64_t max,
                                  const char* name) {
      if (!value || (*value >= min && *value <= max)) return;
      throw invalid(fmt::format("sets[{}].{}", i, name), "out_of_range",
                    fmt::format("{} takes {} to {}.", name, min, max));
    };
    if (sets[i].exercise >= exercises.size()) {
      throw invalid(fmt::format("sets[{}].exercise", i), "unknown_exercise", "There is no such exercise.");
    }
    check_number(sets[i].weight_g, kMinLoadGrams, kMaxLoadGrams, "weight_g");
    check_number(sets[i].reps, 0, 1000, "reps");
    check_number(sets[i].duration_seconds, 0, 86'400, "duration_seconds");
    check_number(sets[i].distance_mm, 0, kMaxDistanceMm, "distance_mm");
    check_number(sets[i].bodyweight_g, 0, 500'000, "bodyweight_g");
  }
}

// Gram-repetitions of a working set.
std::int64_t volume_of(const TrainedExercise& exercise, const TrainedSet& set) {
  if (exercise.measured_by != MeasuredBy::weight_reps) return 0;
  std::int64_t load = set.weight_g;
  if (exercise.load_mode == LoadMode::bodyweight && set.bodyweight_g) load += *set.bodyweight_g;
  return std::max<std::int64_t>(load, 0) * set.reps.value_or(0);
}

bool did_something(const TrainedSet& set) {
  return set.reps.value_or(0) >= 1 || set.duration_seconds.value_or(0) > 0 || set.distance_mm.value_or(0) > 0;
}

}  // namespace

TrainingTotals training_totals(std::span<const TrainedExercise> exercises, std::span<const TrainedSet> sets) {
  check(exercises, sets);
  TrainingTotals totals;
  std::set<std::size_t> trained;
  std::set<std::string> muscles;
  for (const TrainedSet& set : sets) {
    ++totals.sets_logged;
    trained.insert(set.exercise);
    if (set.is_warmup) continue;
    ++totals.working_sets;
    totals.total_reps += set.reps.value_or(0);
    totals.volume_g += volume_of(exercises[set.exercise], set);
    totals.distance_mm += set.distance_mm.value_or(0);
    totals.duration_seconds += set.duration_seconds.value_or(0);
    muscles.insert(exercises[set.exercise].primary_muscles.begin(), exercises[set.exercise].primary_muscles.end());
  }
  totals.exercises = static_cast<int>(trained.size());
  totals.muscles.assign(muscles.begin(), muscles.end());
  return totals;
}

std::vector<MuscleVolume> muscle_volume(std::span<const TrainedExercise> exercises, std::span<const TrainedSet> sets) {
  check(exercises, sets);
  std::map<std::string, MuscleVolume> by_name;
  for (const TrainedSet& set : sets) {
    if (set.is_warmup || !did_something(set)) continue;
    const TrainedExercise& exercise = exercises[set.exercise];
    for (const std::string& muscle : exercise.primary_muscles) {
      MuscleVolume& volume = by_name[muscle];
      ++volume.direct_sets;
      volume.sets_x2 += 2;
      volume.volume_g += volume_of(exercise, set);
    }
    for (const std::string& muscle : exercise.secondary_muscles) ++by_name[muscle].sets_x2;
  }
  std::vector<MuscleVolume> result;
  for (auto& [name, volume] : by_name) {
    volume.muscle = name;
    result.push_back(std::move(volume));
  }
  return result;
}

TrainingStreaks training_streaks(std::span<const LocalDate> session_dates, LocalDate today, int weekly_goal,
                                 WeekStart week_start) {
  if (weekly_goal < 1 || weekly_goal > 100) throw invalid("weekly_goal", "out_of_range", "A goal is 1 to 100.");
  std::map<LocalDate, int> by_week;
  std::set<LocalDate> dates;
  for (const LocalDate date : session_dates) {
    if (date > today) continue;
    ++by_week[week_start_of(date, week_start)];
    dates.insert(date);
  }
  TrainingStreaks result;
  const LocalDate this_week = week_start_of(today, week_start);
  int run = 0;
  LocalDate last;
  for (const auto& [week, sessions] : by_week) {
    if (sessions < weekly_goal) continue;
    run = run > 0 && week == last + 7 ? run + 1 : 1;
    last = week;
    result.longest_week_streak = std::max(result.longest_week_streak, run);
  }
  // The running week does not break a streak.
  if (run > 0 && last >= this_week - 7) result.week_streak = run;
  if (const auto found = by_week.find(this_week); found != by_week.end()) result.this_week = found->second;
  result.goal_met = result.this_week >= weekly_goal;
  LocalDate day = dates.contains(today) ? today : today - 1;
  for (; dates.contains(day); day = day - 1) ++result.day_streak;
  return result;
}

int heat_level(int sessions, std::int64_t minutes) {
  if (sessions <= 0) return 0;
  return minutes < 20 ? 1 : minutes < 40 ? 2 : minutes < 60 ? 3 : 4;
}

TrainingMinutes training_minutes(std::int64_t duration_seconds) {
  if (duration_seconds < 0 || duration_seconds > 86'400) {
    throw invalid("duration_seconds", "out_of_range", "A session lasts 0 to 86400 seconds.");
  }
  return {duration_seconds / 60, std::min<std::int64_t>(duration_seconds / 60, 120)};
}

int sessions_per_week_x100(std::span<const LocalDate> session_dates, LocalDate today, int weeks, WeekStart week_start) {
  if (weeks < 1 || weeks > 5200) throw invalid("weeks", "out_of_range", "Between 1 and 5200 weeks are counted.");
  const LocalDate end = week_start_of(today, week_start);
  const LocalDate begin = end - 7 * weeks;
  const auto count = std::ranges::count_if(session_dates, [&](LocalDate d) { return begin <= d && d < end; });
  return static_cast<int>(rounded_quotient(100 * static_cast<std::int64_t>(count), weeks));
}

}  // namespace ignition::rules
