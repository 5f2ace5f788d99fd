// Personal records as a replay of sets (rules R24 to R28 of training): the same sets always give the same records,
// after any edit or deletion.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ignition/time.hpp"

namespace ignition::rules {

enum class MeasuredBy : std::uint8_t { weight_reps, reps, duration, distance_duration };
BOOST_DESCRIBE_ENUM(MeasuredBy, weight_reps, reps, duration, distance_duration)
// external: the weight is the load. bodyweight: it is added to the body's weight, or taken from it.
enum class LoadMode : std::uint8_t { external, bodyweight };
BOOST_DESCRIBE_ENUM(LoadMode, external, bodyweight)

enum class RecordType : std::uint8_t {
  max_weight,
  estimated_1rm,
  max_set_volume,
  max_reps_at_weight,
  max_session_volume,
  max_reps,
  max_distance,
  max_duration,
  best_pace,
};
BOOST_DESCRIBE_ENUM(RecordType, max_weight, estimated_1rm, max_set_volume, max_reps_at_weight, max_session_volume,
                    max_reps, max_distance, max_duration, best_pace)

enum class TrainingStatus : std::uint8_t { in_progress, completed, abandoned };
BOOST_DESCRIBE_ENUM(TrainingStatus, in_progress, completed, abandoned)

struct TrainingSession {
  std::string id;
  Instant started_at;
  TrainingStatus status = TrainingStatus::completed;
  std::optional<std::int64_t> bodyweight_g;
};

// A set of the exercise whose records are asked for.
struct TrainingSet {
  std::string id;
  std::size_t session = 0;  // index into the sessions
  int position = 0;         // within the session
  Instant performed_at;
  std::int64_t weight_g = 0;
  std::optional<int> reps;
  std::optional<int> duration_seconds;
  std::optional<std::int64_t> distance_mm;
  bool is_warmup = false;
};

// Values: grams, gram-repetitions, repetitions, millimetres, seconds, milliseconds per kilometre (less is better).
struct RecordEvent {
  RecordType record_type = RecordType::max_weight;
  std::optional<std::int64_t> bucket_weight_g;  // of max_reps_at_weight
  std::int64_t value = 0;
  std::string set_id;
  std::string session_id;
  Instant achieved_at;
  std::optional<std::int64_t> previous_value;
  bool is_baseline = false;  // nothing comparable in an earlier session
  friend bool operator==(const RecordEvent&, const RecordEvent&) = default;
};
BOOST_DESCRIBE_STRUCT(RecordEvent, (),
                      (record_type, bucket_weight_g, value, set_id, session_id, achieved_at, previous_value,
                       is_baseline))

// What a completed session improved.
struct RecordImprovement {
  RecordType record_type = RecordType::max_weight;
  std::optional<std::int64_t> bucket_weight_g;
  std::int64_t value = 0;
  std::int64_t previous_value = 0;
  std::int64_t improvement = 0;
  std::string set_id;  // the earliest that reached the value
  friend bool operator==(const RecordImprovement&, const RecordImprovement&) = default;
};
BOOST_DESCRIBE_STRUCT(RecordImprovement, (), (record_type, bucket_weight_g, value, previous_value, improvement, set_id))

struct SessionSummary {
  std::string session_id;
  std::vector<RecordImprovement> records;
};

struct PersonalRecords {
  std::vector<RecordEvent> current;       // by type, then weight
  std::vector<RecordEvent> events;        // in the order of the sets
  std::vector<SessionSummary> summaries;  // of completed sessions with an improvement, in their order
};

// Replays all sets of one exercise, given in any order. Throws VALIDATION_ERROR naming the field (`sets[3].reps`) for a
// session that is not there or a number outside the bounds of a set: -500 000..2 000 000 g, 0..1000 repetitions,
// 0..86 400 s, 0..10^9 mm, a body of 0..500 000 g.
PersonalRecords personal_records(MeasuredBy measured_by, LoadMode load_mode, std::span<const TrainingSession> sessions,
                                 std::span<const TrainingSet> sets);

}  // namespace ignition::rules
