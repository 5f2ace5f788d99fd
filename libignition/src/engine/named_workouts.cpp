// Workouts by name: the order of planned sets, and the files of other programs.
#include "engine/named_rules.hpp"
#include "ignition/rules/training_csv.hpp"
#include "ignition/rules/workout_plan.hpp"
#include "ignition/wire.hpp"

namespace ignition::named {

using rules::WeightUnit;

struct PlannedExerciseInput {
  Or<int, 1> target_sets;
  std::optional<int> rest_seconds;
  std::optional<int> default_rest_seconds;
  std::optional<int> superset_group;
  std::optional<int> target_duration_seconds;
  std::optional<int> reps_min;
  std::optional<int> reps_max;
  Or<bool, false> amrap;
};
BOOST_DESCRIBE_STRUCT(PlannedExerciseInput, (),
                      (target_sets, rest_seconds, default_rest_seconds, superset_group, target_duration_seconds,
                       reps_min, reps_max, amrap))

struct PlannedSectionInput {
  Or<rules::SectionType, rules::SectionType::main> section_type;
  Or<int, 1> rounds;
  std::optional<int> rest_seconds;
  Maybe<PlannedExerciseInput> exercises;
};
BOOST_DESCRIBE_STRUCT(PlannedSectionInput, (), (section_type, rounds, rest_seconds, exercises))

struct WorkoutInput {
  std::vector<PlannedSectionInput> sections;
  Or<int, 90> default_rest_seconds;
};
BOOST_DESCRIBE_STRUCT(WorkoutInput, (), (sections, default_rest_seconds))

struct PlannedSetOutput {
  std::int64_t section = 0;
  std::int64_t exercise = 0;
  int set = 1;
  int rest_after = 0;
  bool is_warmup = false;
};
BOOST_DESCRIBE_STRUCT(PlannedSetOutput, (), (section, exercise, set, rest_after, is_warmup))

struct WorkoutOutput {
  std::vector<PlannedSetOutput> sets;
  int estimated_minutes = 0;
};
BOOST_DESCRIBE_STRUCT(WorkoutOutput, (), (sets, estimated_minutes))

struct KnownExerciseInput {
  std::string key;
  Maybe<std::string> names;
  std::optional<std::string> export_name;
  Or<bool, false> is_assisted;
};
BOOST_DESCRIBE_STRUCT(KnownExerciseInput, (), (key, names, export_name, is_assisted))

struct ReadCsvInput {
  std::string csv;
  std::optional<std::string> timezone;
  Or<int, 0> day_start_hour;
  Or<WeightUnit, WeightUnit::kg> weight_unit;
  std::optional<rules::DistanceUnit> distance_unit;
  std::optional<rules::TrainingFormat> format;
  Maybe<KnownExerciseInput> exercises;
};
BOOST_DESCRIBE_STRUCT(ReadCsvInput, (), (csv, timezone, day_start_hour, weight_unit, distance_unit, format, exercises))

// What is read can be written again.
struct LoggedSetText {
  int position = 1;
  std::string exercise;
  Or<int, 1> set_number;
  std::optional<std::int64_t> weight_g;
  std::optional<int> reps;
  std::optional<int> duration_seconds;
  std::optional<std::int64_t> distance_mm;
  std::optional<int> rpe_x2;
  Or<bool, false> is_warmup;
  Or<bool, false> is_dropset;
  Or<bool, false> is_failure;
  std::optional<int> superset_group;
  std::optional<std::string> notes;
};
BOOST_DESCRIBE_STRUCT(LoggedSetText, (),
                      (position, exercise, set_number, weight_g, reps, duration_seconds, distance_mm, rpe_x2, is_warmup,
                       is_dropset, is_failure, superset_group, notes))

struct LoggedSessionText {
  std::string title;
  Instant started_at;
  std::optional<LocalDate> local_date;
  std::optional<int> duration_seconds;
  std::optional<std::string> notes;
  std::vector<LoggedSetText> sets;
  std::optional<std::string> import_key;
};
BOOST_DESCRIBE_STRUCT(LoggedSessionText, (), (title, started_at, local_date, duration_seconds, notes, sets, import_key))

struct NewExerciseOutput {
  std::string name;
  rules::MeasuredBy measured_by = rules::MeasuredBy::duration;
};
BOOST_DESCRIBE_STRUCT(NewExerciseOutput, (), (name, measured_by))

struct RowOutput {
  int line = 0;
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(RowOutput, (), (line, reason))

struct ReadCsvOutput {
  rules::TrainingFormat format = rules::TrainingFormat::hevy;
  std::vector<LoggedSessionText> sessions;
  std::vector<NewExerciseOutput> new_exercises;
  std::vector<RowOutput> skipped;
  std::vector<RowOutput> errors;
};
BOOST_DESCRIBE_STRUCT(ReadCsvOutput, (), (format, sessions, new_exercises, skipped, errors))

struct WriteCsvInput {
  std::vector<LoggedSessionText> sessions;
  Or<rules::TrainingFormat, rules::TrainingFormat::hevy> format;
  std::optional<std::string> timezone;
  Or<WeightUnit, WeightUnit::kg> weight_unit;
  Maybe<KnownExerciseInput> exercises;
};
BOOST_DESCRIBE_STRUCT(WriteCsvInput, (), (sessions, format, timezone, weight_unit, exercises))

namespace {

std::string set_order(std::string_view json) {
  const auto input = from_json<WorkoutInput>(json);
  std::vector<rules::PlannedSection> sections;
  for (const PlannedSectionInput& one : input.sections) {
    rules::PlannedSection section{
        .type = one.section_type, .rounds = one.rounds, .rest_seconds = one.rest_seconds, .exercises = {}};
    for (const PlannedExerciseInput& exercise : all_of(one.exercises)) {
      section.exercises.push_back({.target_sets = exercise.target_sets,
                                   .rest_seconds = exercise.rest_seconds,
                                   .default_rest_seconds = exercise.default_rest_seconds,
                                   .superset_group = exercise.superset_group,
                                   .target_duration_seconds = exercise.target_duration_seconds,
                                   .reps_min = exercise.reps_min,
                                   .reps_max = exercise.reps_max,
                                   .amrap = exercise.amrap});
    }
    sections.push_back(std::move(section));
  }
  WorkoutOutput output;
  for (const rules::PlannedSet& set : rules::set_order(sections, input.default_rest_seconds)) {
    output.sets.push_back({static_cast<std::int64_t>(set.section), static_cast<std::int64_t>(set.exercise), set.set,
                           set.rest_after, set.is_warmup});
  }
  output.estimated_minutes = rules::estimated_minutes(sections, input.default_rest_seconds);
  return to_json(output);
}

std::vector<rules::KnownExercise> known(const Maybe<KnownExerciseInput>& given) {
  std::vector<rules::KnownExercise> exercises;
  for (const KnownExerciseInput& one : all_of(given)) {
    exercises.push_back({one.key, all_of(one.names), one.export_name.value_or(one.key), one.is_assisted});
  }
  return exercises;
}

LoggedSessionText text_of(rules::LoggedSession&& session) {
  LoggedSessionText text{.title = std::move(session.title),
                         .started_at = session.started_at,
                         .local_date = session.local_date,
                         .duration_seconds = session.duration_seconds,
                         .notes = std::move(session.notes),
                         .sets = {},
                         .import_key = std::move(session.import_key)};
  for (rules::LoggedSet& set : session.sets) {
    text.sets.push_back({.position = set.position,
                         .exercise = std::move(set.exercise),
                         .set_number = {set.set_number},
                         .weight_g = set.weight_g,
                         .reps = set.reps,
                         .duration_seconds = set.duration_seconds,
                         .distance_mm = set.distance_mm,
                         .rpe_x2 = set.rpe_x2,
                         .is_warmup = {set.is_warmup},
                         .is_dropset = {set.is_dropset},
                         .is_failure = {set.is_failure},
                         .superset_group = set.superset_group,
                         .notes = std::move(set.notes)});
  }
  return text;
}

std::vector<RowOutput> rows_of(const std::vector<rules::SkippedRow>& rows) {
  std::vector<RowOutput> out;
  for (const rules::SkippedRow& row : rows) out.push_back({row.line, row.reason});
  return out;
}

std::string read_csv(std::string_view json) {
  const auto input = from_json<ReadCsvInput>(json);
  const auto exercises = known(input.exercises);
  auto log = rules::read_training_csv(
      input.csv, {.calendar = {.zone = zone_of(input.timezone),
                               .day_start_hour = small(input.day_start_hour, 0, 23, "day_start_hour")},
                  .weight_unit = input.weight_unit,
                  .distance_unit = input.distance_unit,
                  .format = input.format,
                  .exercises = exercises});
  ReadCsvOutput output{.format = log.format,
                       .sessions = {},
                       .new_exercises = {},
                       .skipped = rows_of(log.skipped),
                       .errors = rows_of(log.errors)};
  for (auto& session : log.sessions) output.sessions.push_back(text_of(std::move(session)));
  for (auto& one : log.new_exercises) output.new_exercises.push_back({std::move(one.name), one.measured_by});
  return to_json(output);
}

rules::LoggedSession session_of(const LoggedSessionText& text, std::size_t place) {
  const auto within = [&](const std::optional<int>& seconds, const std::string& field) {
    if (seconds) small(*seconds, 0, kMany, fmt::format("sessions[{}].{}", place, field));
    return seconds;
  };
  rules::LoggedSession session{.title = text.title,
                               .started_at = text.started_at,
                               .local_date = text.local_date.value_or(LocalDate{}),
                               .duration_seconds = within(text.duration_seconds, "duration_seconds"),
                               .notes = text.notes,
                               .sets = {},
                               .import_key = {}};
  for (const LoggedSetText& set : text.sets) {
    const std::string at = fmt::format("sets[{}].", session.sets.size());
    if (set.weight_g) {
      small(*set.weight_g, rules::kMinLoadGrams, rules::kMaxLoadGrams,
            fmt::format("sessions[{}].{}weight_g", place, at));
    }
    if (set.distance_mm) {
      small(*set.distance_mm, 0, rules::kMaxDistanceMm, fmt::format("sessions[{}].{}distance_mm", place, at));
    }
    session.sets.push_back({.position = set.position,
                            .exercise = set.exercise,
                            .set_number = set.set_number,
                            .weight_g = set.weight_g,
                            .reps = within(set.reps, at + "reps"),
                            .duration_seconds = within(set.duration_seconds, at + "duration_seconds"),
                            .distance_mm = set.distance_mm,
                            .rpe_x2 = within(set.rpe_x2, at + "rpe_x2"),
                            .is_warmup = set.is_warmup,
                            .is_dropset = set.is_dropset,
                            .is_failure = set.is_failure,
                            .superset_group = set.superset_group,
                            .notes = set.notes});
  }
  return session;
}

std::string write_csv(std::string_view json) {
  const auto input = from_json<WriteCsvInput>(json);
  std::vector<rules::LoggedSession> sessions;
  for (const LoggedSessionText& text : input.sessions) sessions.push_back(session_of(text, sessions.size()));
  const auto exercises = known(input.exercises);
  return to_json(rules::write_training_csv(
      sessions,
      {.format = input.format, .zone = zone_of(input.timezone), .unit = input.weight_unit, .exercises = exercises}));
}

}  // namespace

void add_workouts(Rules& rules) {
  rules["training.set_order"] = set_order;
  rules["training.read_csv"] = read_csv;
  rules["training.write_csv"] = write_csv;
}

}  // namespace ignition::named
