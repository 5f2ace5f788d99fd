#include "ignition/rules/workout_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ignition/error.hpp"

namespace ignition::rules {
namespace {

void check(std::optional<int> value, int min, int max, const std::string& field) {
  if (value && (*value < min || *value > max)) {
    throw invalid(field, "out_of_range", fmt::format("{} takes {} to {}.", field, min, max));
  }
}

void check(std::span<const PlannedSection> sections, int default_rest_seconds) {
  check(default_rest_seconds, 0, kMaxRestSeconds, "default_rest_seconds");
  for (std::size_t s = 0; s < sections.size(); ++s) {
    const auto field = [&](std::string_view name) { return fmt::format("sections[{}].{}", s, name); };
    check(sections[s].rounds, 0, kMaxPlannedSets, field("rounds"));
    check(sections[s].rest_seconds, 0, kMaxRestSeconds, field("rest_seconds"));
    for (std::size_t e = 0; e < sections[s].exercises.size(); ++e) {
      const PlannedExercise& exercise = sections[s].exercises[e];
      const auto own = [&](std::string_view name) { return field(fmt::format("exercises[{}].{}", e, name)); };
      check(exercise.target_sets, 0, kMaxPlannedSets, own("target_sets"));
      check(exercise.rest_seconds, 0, kMaxRestSeconds, own("rest_seconds"));
      check(exercise.default_rest_seconds, 0, kMaxRestSeconds, own("default_rest_seconds"));
      check(exercise.target_duration_seconds, 0, kMaxRestSeconds, own("target_duration_seconds"));
      check(exercise.reps_min, 0, 1000, own("reps_min"));
      check(exercise.reps_max, 0, 1000, own("reps_max"));
    }
  }
}

int rest_of(const PlannedExercise& exercise, int otherwise) {
  return exercise.rest_seconds.value_or(exercise.default_rest_seconds.value_or(otherwise));
}

// Rounds over exercises begin .. end - 1: rest only after a round, the longest of those performed in it.
void add_block(std::vector<PlannedSet>& order, const PlannedSection& section, std::size_t s, std::size_t begin,
               std::size_t end, int default_rest) {
  int rounds = 0;
  for (std::size_t e = begin; e < end; ++e) rounds = std::max(rounds, section.exercises[e].target_sets);
  for (int round = 1; round <= rounds; ++round) {
    int rest = 0;
    for (std::size_t e = begin; e < end; ++e) {
      if (section.exercises[e].target_sets < round) continue;
      order.push_back({s, e, round, 0, section.type == SectionType::warmup});
      rest = std::max(rest, rest_of(section.exercises[e], default_rest));
    }
    order.back().rest_after = rest;
  }
}

void add_circuit(std::vector<PlannedSet>& order, const PlannedSection& section, std::size_t s, int default_rest) {
  for (int round = 1; round <= section.rounds && !section.exercises.empty(); ++round) {
    for (std::size_t e = 0; e < section.exercises.size(); ++e) {
      order.push_back({s, e, round, section.exercises[e].rest_seconds.value_or(0), false});
    }
    order.back().rest_after = section.rest_seconds.value_or(default_rest);
  }
}

// The end of the block that begins at `begin`: neighbours with the same group.
std::size_t block_end(const PlannedSection& section, std::size_t begin) {
  if (section.type == SectionType::superset) return section.exercises.size();
  std::size_t end = begin + 1;
  const auto group = section.exercises[begin].superset_group;
  while (group && end < section.exercises.size() && section.exercises[end].superset_group == group) ++end;
  return end;
}

// Seconds of work in one set (rule R14).
int work_of(const PlannedExercise& exercise) {
  if (exercise.target_duration_seconds) return *exercise.target_duration_seconds;
  if (exercise.reps_min || exercise.reps_max) {
    const int low = exercise.reps_min ? *exercise.reps_min : *exercise.reps_max;
    return 3 * ((low + exercise.reps_max.value_or(low)) / 2);
  }
  return exercise.amrap ? 3 * 12 : 40;
}

}  // namespace

std::vector<PlannedSet> set_order(std::span<const PlannedSection> sections, int default_rest_seconds) {
  check(sections, default_rest_seconds);
  std::vector<PlannedSet> order;
  for (std::size_t s = 0; s < sections.size(); ++s) {
    const PlannedSection& section = sections[s];
    if (section.type == SectionType::circuit) {
      add_circuit(order, section, s, default_rest_seconds);
      continue;
    }
    for (std::size_t begin = 0; begin < section.exercises.size();) {
      const std::size_t end = block_end(section, begin);
      add_block(order, section, s, begin, end, default_rest_seconds);
      begin = end;
    }
  }
  if (!order.empty()) order.back().rest_after = 0;
  return order;
}

int estimated_minutes(std::span<const PlannedSection> sections, int default_rest_seconds) {
  std::int64_t seconds = 0;
  for (const PlannedSet& set : set_order(sections, default_rest_seconds)) {
    seconds += work_of(sections[set.section].exercises[set.exercise]) + set.rest_after;
  }
  return static_cast<int>((seconds + 59) / 60);
}

}  // namespace ignition::rules
