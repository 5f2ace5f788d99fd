// The sets of a planned workout in the order in which they are performed, with rests, and how long it takes. Rules R13
// and R14 of training.
#pragma once

#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ignition::rules {

enum class SectionType : std::uint8_t { warmup, main, cooldown, superset, circuit };
BOOST_DESCRIBE_ENUM(SectionType, warmup, main, cooldown, superset, circuit)

struct PlannedExercise {
  int target_sets = 1;
  std::optional<int> rest_seconds;          // the plan's own
  std::optional<int> default_rest_seconds;  // the user's preference for the exercise
  std::optional<int> superset_group;
  std::optional<int> target_duration_seconds;
  std::optional<int> reps_min;
  std::optional<int> reps_max;
  bool amrap = false;
};

struct PlannedSection {
  SectionType type = SectionType::main;
  int rounds = 1;                   // of a circuit
  std::optional<int> rest_seconds;  // after a round of a circuit
  std::vector<PlannedExercise> exercises;
};

struct PlannedSet {
  std::size_t section = 0;   // index into the sections
  std::size_t exercise = 0;  // index into the section's exercises
  int set = 1;               // 1-based per exercise; in a circuit the round
  int rest_after = 0;        // seconds
  bool is_warmup = false;
  friend bool operator==(const PlannedSet&, const PlannedSet&) = default;
};

// At most this many sets of an exercise, rounds of a circuit, seconds of rest or work, repetitions of a target.
inline constexpr int kMaxPlannedSets = 100;
inline constexpr int kMaxRestSeconds = 86'400;

// Throws VALIDATION_ERROR `out_of_range` naming the field (`sections[1].exercises[0].target_sets`) for negative or
// boundless numbers.
std::vector<PlannedSet> set_order(std::span<const PlannedSection> sections, int default_rest_seconds);

// Work and rest, up to full minutes.
int estimated_minutes(std::span<const PlannedSection> sections, int default_rest_seconds);

}  // namespace ignition::rules
