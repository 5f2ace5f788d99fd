// Training logs of other programs: reading and writing their CSV files (rules R49 and R50 of training). Nothing is
// looked up and nothing stored: a file becomes sessions with sets, ready to be written.
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
#include "ignition/rules/training_text.hpp"
#include "ignition/time.hpp"

namespace ignition::rules {

enum class TrainingFormat : std::uint8_t { hevy, strong, fitnotes };
BOOST_DESCRIBE_ENUM(TrainingFormat, hevy, strong, fitnotes)

struct LoggedSet {
  int position = 1;      // 1-based in the session
  std::string exercise;  // key of a known exercise, or the name of a new one
  int set_number = 1;    // 1-based per exercise
  std::optional<std::int64_t> weight_g;
  std::optional<int> reps;
  std::optional<int> duration_seconds;
  std::optional<std::int64_t> distance_mm;
  std::optional<int> rpe_x2;
  bool is_warmup = false;
  bool is_dropset = false;
  bool is_failure = false;
  std::optional<int> superset_group;
  std::optional<std::string> notes;
  friend bool operator==(const LoggedSet&, const LoggedSet&) = default;
};

struct LoggedSession {
  std::string title;  // as written; empty when the file has none
  Instant started_at;
  LocalDate local_date;
  std::optional<int> duration_seconds;
  std::optional<std::string> notes;
  std::vector<LoggedSet> sets;
  std::string import_key;
  friend bool operator==(const LoggedSession&, const LoggedSession&) = default;
};

// An exercise that names in a file may mean.
struct KnownExercise {
  std::string key;
  std::vector<std::string> names;  // name, aliases, export name; compared without case. The first exercise wins
  std::string export_name;
  bool is_assisted = false;  // its load helps: files write it positive, sets negative
};

struct CsvImport {
  Calendar calendar;  // zone of times without zone, and the user's day
  WeightUnit weight_unit = WeightUnit::kg;
  std::optional<DistanceUnit> distance_unit;  // none: km with kg, mi with lb
  std::optional<TrainingFormat> format;       // none: recognised by the header
  std::span<const KnownExercise> exercises;
};

struct NewExercise {
  std::string name;
  MeasuredBy measured_by = MeasuredBy::duration;
  friend bool operator==(const NewExercise&, const NewExercise&) = default;
};

// A row that was left out: `reason` rest_timer, note or empty_set; of an unreadable one `code`.
struct SkippedRow {
  int line = 0;  // 1-based line of the file on which the row begins
  std::string reason;
  friend bool operator==(const SkippedRow&, const SkippedRow&) = default;
};

struct TrainingLog {
  TrainingFormat format = TrainingFormat::hevy;
  std::vector<LoggedSession> sessions;     // in the order of the file
  std::vector<NewExercise> new_exercises;  // in the order of the file
  std::vector<SkippedRow> skipped;
  std::vector<SkippedRow> errors;  // reason VALIDATION_ERROR
};

inline constexpr std::size_t kMaxCsvBytes = 10 * 1024 * 1024;
inline constexpr std::size_t kMaxCsvRows = 200'000;

// Throws PAYLOAD_TOO_LARGE beyond the limits above, and VALIDATION_ERROR for field `csv`: not_utf8, broken (a quote
// that does not end), unknown_header.
TrainingLog read_training_csv(std::string_view csv, const CsvImport& how);

struct CsvExport {
  TrainingFormat format = TrainingFormat::hevy;  // hevy or strong
  TimeZone zone;
  WeightUnit unit = WeightUnit::kg;  // distances follow: km or miles
  std::span<const KnownExercise> exercises;
};

// One row per set, sessions in the order given. Throws VALIDATION_ERROR `format` for fitnotes.
std::string write_training_csv(std::span<const LoggedSession> sessions, const CsvExport& how);

// The key under which a session is imported once.
std::string training_import_key(TrainingFormat format, Instant started_at, std::string_view title);

}  // namespace ignition::rules
