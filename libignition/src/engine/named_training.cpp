// Training by name: loads and texts, records and volume, programs and progression.
#include <unordered_map>

#include "engine/named_rules.hpp"
#include "ignition/rules/loads.hpp"
#include "ignition/rules/personal_records.hpp"
#include "ignition/rules/training_program.hpp"
#include "ignition/rules/training_stats.hpp"
#include "ignition/rules/training_text.hpp"
#include "ignition/wire.hpp"

namespace ignition::named {

using rules::LoadMode;
using rules::MeasuredBy;
using rules::WeightUnit;

struct OneRepMaxInput {
  std::int64_t weight_g = 0;
  std::int64_t reps = 0;
  Or<rules::OneRepFormula, rules::OneRepFormula::auto_> formula;
};
BOOST_DESCRIBE_STRUCT(OneRepMaxInput, (), (weight_g, reps, formula))

struct LoadForRepsInput {
  std::int64_t one_rep_max_g = 0;
  std::int64_t reps = 0;
};
BOOST_DESCRIBE_STRUCT(LoadForRepsInput, (), (one_rep_max_g, reps))

struct PercentLoadInput {
  std::int64_t one_rep_max_g = 0;
  std::int64_t percent_x100 = 0;
  Or<WeightUnit, WeightUnit::kg> unit;
  Or<std::int64_t, 250> step_x100;
};
BOOST_DESCRIBE_STRUCT(PercentLoadInput, (), (one_rep_max_g, percent_x100, unit, step_x100))

struct RoundLoadInput {
  std::int64_t weight_g = 0;
  Or<WeightUnit, WeightUnit::kg> unit;
  Or<std::int64_t, 250> step_x100;
};
BOOST_DESCRIBE_STRUCT(RoundLoadInput, (), (weight_g, unit, step_x100))

struct PoundsInput {
  std::int64_t weight_lb_x100 = 0;
};
BOOST_DESCRIBE_STRUCT(PoundsInput, (), (weight_lb_x100))

struct GramsInput {
  std::int64_t weight_g = 0;
};
BOOST_DESCRIBE_STRUCT(GramsInput, (), (weight_g))

struct TextInput {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(TextInput, (), (text))

struct WeightTextInput {
  std::string text;
  Or<WeightUnit, WeightUnit::kg> unit;
};
BOOST_DESCRIBE_STRUCT(WeightTextInput, (), (text, unit))

struct DistanceTextInput {
  std::string text;
  rules::DistanceUnit unit = rules::DistanceUnit::m;
};
BOOST_DESCRIBE_STRUCT(DistanceTextInput, (), (text, unit))

struct TimeTextInput {
  std::string text;
  std::optional<std::string> timezone;
};
BOOST_DESCRIBE_STRUCT(TimeTextInput, (), (text, timezone))

struct TargetRepsOutput : rules::TargetReps {
  std::optional<std::string> text;
};
BOOST_DESCRIBE_STRUCT(TargetRepsOutput, (rules::TargetReps), (text))

struct RecordSessionInput {
  std::string id;
  Instant started_at;
  Or<rules::TrainingStatus, rules::TrainingStatus::completed> status;
  std::optional<std::int64_t> bodyweight_g;
};
BOOST_DESCRIBE_STRUCT(RecordSessionInput, (), (id, started_at, status, bodyweight_g))

struct RecordSetInput {
  std::string id;
  std::string session_id;
  Or<int, 0> position;
  Instant performed_at;
  Or<std::int64_t, 0> weight_g;
  std::optional<int> reps;
  std::optional<int> duration_seconds;
  std::optional<std::int64_t> distance_mm;
  Or<bool, false> is_warmup;
};
BOOST_DESCRIBE_STRUCT(RecordSetInput, (),
                      (id, session_id, position, performed_at, weight_g, reps, duration_seconds, distance_mm,
                       is_warmup))

struct RecordsInput {
  Or<MeasuredBy, MeasuredBy::weight_reps> measured_by;
  Or<LoadMode, LoadMode::external> load_mode;
  std::vector<RecordSessionInput> sessions;
  std::vector<RecordSetInput> sets;
};
BOOST_DESCRIBE_STRUCT(RecordsInput, (), (measured_by, load_mode, sessions, sets))

struct SummaryOutput {
  std::string session_id;
  std::vector<rules::RecordImprovement> records;
};
BOOST_DESCRIBE_STRUCT(SummaryOutput, (), (session_id, records))

struct RecordsOutput {
  std::vector<rules::RecordEvent> current;
  std::vector<rules::RecordEvent> events;
  std::vector<SummaryOutput> summaries;
};
BOOST_DESCRIBE_STRUCT(RecordsOutput, (), (current, events, summaries))

struct TrainedExerciseInput {
  std::string key;
  Or<MeasuredBy, MeasuredBy::weight_reps> measured_by;
  Or<LoadMode, LoadMode::external> load_mode;
  Maybe<std::string> primary_muscles;
  Maybe<std::string> secondary_muscles;
};
BOOST_DESCRIBE_STRUCT(TrainedExerciseInput, (), (key, measured_by, load_mode, primary_muscles, secondary_muscles))

struct TrainedSetInput {
  std::string exercise;
  Or<std::int64_t, 0> weight_g;
  std::optional<int> reps;
  std::optional<int> duration_seconds;
  std::optional<std::int64_t> distance_mm;
  std::optional<std::int64_t> bodyweight_g;
  Or<bool, false> is_warmup;
};
BOOST_DESCRIBE_STRUCT(TrainedSetInput, (),
                      (exercise, weight_g, reps, duration_seconds, distance_mm, bodyweight_g, is_warmup))

struct VolumeInput {
  std::vector<TrainedExerciseInput> exercises;
  std::vector<TrainedSetInput> sets;
};
BOOST_DESCRIBE_STRUCT(VolumeInput, (), (exercises, sets))

struct VolumeOutput {
  rules::TrainingTotals totals;
  std::vector<rules::MuscleVolume> muscles;
};
BOOST_DESCRIBE_STRUCT(VolumeOutput, (), (totals, muscles))

struct StreaksInput {
  std::vector<LocalDate> session_dates;
  LocalDate today;
  std::int64_t weekly_goal = 0;
  Or<WeekStart, WeekStart::monday> week_start;
};
BOOST_DESCRIBE_STRUCT(StreaksInput, (), (session_dates, today, weekly_goal, week_start))

struct ProgramDayInput {
  std::string id;
  std::optional<int> weekday;
  std::optional<int> order_index;  // none: its place in the list
  Or<int, 10'000> intensity_bp;
};
BOOST_DESCRIBE_STRUCT(ProgramDayInput, (), (id, weekday, order_index, intensity_bp))

struct ProgramWeekInput {
  Or<bool, false> is_deload;
  std::optional<int> intensity_bp;
  Maybe<ProgramDayInput> days;
};
BOOST_DESCRIBE_STRUCT(ProgramWeekInput, (), (is_deload, intensity_bp, days))

struct TrainingProgramInput {
  rules::ProgramMode mode = rules::ProgramMode::calendar;
  std::vector<ProgramWeekInput> weeks;
  Or<bool, false> repeat;
  Or<int, 2> catch_up_days;
  Or<int, 0> min_rest_days;
  Or<int, 3> days_per_week;
};
BOOST_DESCRIBE_STRUCT(TrainingProgramInput, (), (mode, weeks, repeat, catch_up_days, min_rest_days, days_per_week))

struct ProgramRunInput {
  rules::RunStatus status = rules::RunStatus::active;
  LocalDate started_on;
  Or<int, 0> offset_days;
  std::optional<LocalDate> paused_on;
};
BOOST_DESCRIBE_STRUCT(ProgramRunInput, (), (status, started_on, offset_days, paused_on))

struct ProgramInput {
  TrainingProgramInput program;
  std::optional<ProgramRunInput> run;
  Maybe<rules::SlotLog> log;
  LocalDate today;
};
BOOST_DESCRIBE_STRUCT(ProgramInput, (), (program, run, log, today))

struct ProgressionRuleInput {
  rules::ProgressionType type = rules::ProgressionType::none;
  Or<int, 1> sets;
  Or<int, 1> reps;
  Or<int, 1> reps_min;
  Or<int, 1> reps_max;
  Or<std::int64_t, 0> increment_g;
  Or<std::int64_t, 250> step_x100;
  Or<WeightUnit, WeightUnit::kg> unit;
  Or<int, 1> successes_before_increase;
  Or<int, 3> failures_before_deload;
  Or<int, 90> deload_to_percent;
  Maybe<int> percent_by_week;
};
BOOST_DESCRIBE_STRUCT(ProgressionRuleInput, (),
                      (type, sets, reps, reps_min, reps_max, increment_g, step_x100, unit, successes_before_increase,
                       failures_before_deload, deload_to_percent, percent_by_week))

struct ProgressionStateInput {
  std::optional<std::int64_t> weight_g;
  std::optional<int> reps;
  Or<std::int64_t, 0> training_max_g;
  Or<int, 0> successes;
  Or<int, 0> failures;
};
BOOST_DESCRIBE_STRUCT(ProgressionStateInput, (), (weight_g, reps, training_max_g, successes, failures))

struct WorkingSetInput {
  std::int64_t weight_g = 0;
  int reps = 0;
  Or<bool, false> is_warmup;
};
BOOST_DESCRIBE_STRUCT(WorkingSetInput, (), (weight_g, reps, is_warmup))

struct ProgressionSessionInput {
  Maybe<WorkingSetInput> sets;
  Or<bool, false> is_deload;
  std::optional<std::int64_t> prescribed_weight_g;
};
BOOST_DESCRIBE_STRUCT(ProgressionSessionInput, (), (sets, is_deload, prescribed_weight_g))

struct ProgressInput {
  ProgressionRuleInput rule;
  ProgressionStateInput state;
  ProgressionSessionInput session;
};
BOOST_DESCRIBE_STRUCT(ProgressInput, (), (rule, state, session))

namespace {

std::string one_rep_max(std::string_view json) {
  const auto input = from_json<OneRepMaxInput>(json);
  small(input.weight_g, rules::kMinLoadGrams, rules::kMaxLoadGrams, "weight_g");
  return to_json(rules::one_rep_max(input.weight_g, input.reps, input.formula));
}

std::string load_for_reps(std::string_view json) {
  const auto input = from_json<LoadForRepsInput>(json);
  return to_json(rules::load_for_reps(input.one_rep_max_g, input.reps));
}

std::string percent_load(std::string_view json) {
  const auto input = from_json<PercentLoadInput>(json);
  return to_json(rules::percent_load(input.one_rep_max_g, input.percent_x100, input.unit, input.step_x100));
}

std::string round_load(std::string_view json) {
  const auto input = from_json<RoundLoadInput>(json);
  small(input.weight_g, rules::kMinLoadGrams, rules::kMaxLoadGrams, "weight_g");
  return to_json(rules::round_load(input.weight_g, input.unit, input.step_x100));
}

std::string grams_of_pounds(std::string_view json) {
  return to_json(rules::grams_of_pounds(from_json<PoundsInput>(json).weight_lb_x100));
}

std::string pounds_of_grams(std::string_view json) {
  return to_json(rules::pounds_of_grams(from_json<GramsInput>(json).weight_g));
}

std::string parse_reps(std::string_view json) {
  const rules::TargetReps target = rules::parse_target_reps(from_json<TextInput>(json).text);
  return to_json(TargetRepsOutput{target, rules::text_of(target)});
}

std::string parse_load(std::string_view json) {
  const auto input = from_json<WeightTextInput>(json);
  return to_json(rules::parse_target_load(input.text, input.unit));
}

std::string parse_weight(std::string_view json) {
  const auto input = from_json<WeightTextInput>(json);
  return to_json(rules::parse_weight(input.text, input.unit));
}

std::string parse_distance(std::string_view json) {
  const auto input = from_json<DistanceTextInput>(json);
  return to_json(rules::parse_distance(input.text, input.unit));
}

std::string parse_tempo(std::string_view json) { return to_json(rules::parse_tempo(from_json<TextInput>(json).text)); }

std::string parse_duration(std::string_view json) {
  return to_json(rules::parse_duration(from_json<TextInput>(json).text));
}

std::string parse_local_time(std::string_view json) {
  const auto input = from_json<TimeTextInput>(json);
  return to_json(rules::parse_local_time(input.text, zone_of(input.timezone)));
}

// Places of things that others speak of by their key.
template <class Things>
std::unordered_map<std::string_view, std::size_t> places_of(const Things& things, std::string Things::value_type::*key,
                                                            const char* list) {
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < things.size(); ++i) {
    if (!places.emplace(things[i].*key, i).second) {
      throw invalid(fmt::format("{}[{}]", list, i), "duplicate", "must not come twice");
    }
  }
  return places;
}

std::size_t place_of(const std::unordered_map<std::string_view, std::size_t>& places, const std::string& key,
                     std::size_t set, const char* field) {
  const auto found = places.find(key);
  if (found == places.end()) {
    throw invalid(fmt::format("sets[{}].{}", set, field), "unknown", "must be one of those given");
  }
  return found->second;
}

std::string personal_records(std::string_view json) {
  const auto input = from_json<RecordsInput>(json);
  const auto places = places_of(input.sessions, &RecordSessionInput::id, "sessions");
  std::vector<rules::TrainingSession> sessions;
  for (const RecordSessionInput& one : input.sessions) {
    sessions.push_back({one.id, one.started_at, one.status, one.bodyweight_g});
  }
  std::vector<rules::TrainingSet> sets;
  for (std::size_t i = 0; i < input.sets.size(); ++i) {
    const RecordSetInput& one = input.sets[i];
    sets.push_back({one.id, place_of(places, one.session_id, i, "session_id"), one.position, one.performed_at,
                    one.weight_g, one.reps, one.duration_seconds, one.distance_mm, one.is_warmup});
  }
  auto found = rules::personal_records(input.measured_by, input.load_mode, sessions, sets);
  RecordsOutput output{std::move(found.current), std::move(found.events), {}};
  for (auto& summary : found.summaries) {
    output.summaries.push_back({std::move(summary.session_id), std::move(summary.records)});
  }
  return to_json(output);
}

std::string volume(std::string_view json) {
  const auto input = from_json<VolumeInput>(json);
  const auto places = places_of(input.exercises, &TrainedExerciseInput::key, "exercises");
  std::vector<rules::TrainedExercise> exercises;
  for (const TrainedExerciseInput& one : input.exercises) {
    exercises.push_back({one.measured_by, one.load_mode, all_of(one.primary_muscles), all_of(one.secondary_muscles)});
  }
  std::vector<rules::TrainedSet> sets;
  for (std::size_t i = 0; i < input.sets.size(); ++i) {
    const TrainedSetInput& one = input.sets[i];
    sets.push_back({place_of(places, one.exercise, i, "exercise"), one.weight_g, one.reps, one.duration_seconds,
                    one.distance_mm, one.bodyweight_g, one.is_warmup});
  }
  return to_json(VolumeOutput{rules::training_totals(exercises, sets), rules::muscle_volume(exercises, sets)});
}

std::string streaks(std::string_view json) {
  const auto input = from_json<StreaksInput>(json);
  return to_json(rules::training_streaks(input.session_dates, input.today,
                                         small(input.weekly_goal, 1, 100, "weekly_goal"), input.week_start));
}

rules::TrainingProgram program_of(const TrainingProgramInput& given) {
  rules::TrainingProgram program{.mode = given.mode,
                                 .weeks = {},
                                 .repeat = given.repeat,
                                 .catch_up_days = given.catch_up_days,
                                 .min_rest_days = given.min_rest_days,
                                 .days_per_week = given.days_per_week};
  for (const ProgramWeekInput& one : given.weeks) {
    rules::ProgramWeek week{.is_deload = one.is_deload, .intensity_bp = one.intensity_bp, .days = {}};
    for (const ProgramDayInput& day : all_of(one.days)) {
      const int place = static_cast<int>(week.days.size());
      week.days.push_back({day.id, day.weekday, day.order_index.value_or(place), day.intensity_bp});
    }
    program.weeks.push_back(std::move(week));
  }
  return program;
}

std::optional<rules::ProgramRun> run_of(const std::optional<ProgramRunInput>& given) {
  if (!given) return {};
  return rules::ProgramRun{given->status, given->started_on, given->offset_days, given->paused_on};
}

std::string program_next(std::string_view json) {
  const auto input = from_json<ProgramInput>(json);
  return to_json(rules::program_next(program_of(input.program), run_of(input.run), all_of(input.log), input.today));
}

std::string program_adherence(std::string_view json) {
  const auto input = from_json<ProgramInput>(json);
  const auto run = run_of(input.run);
  if (!run) throw invalid("run", "required", "must be given");
  return to_json(rules::program_adherence(program_of(input.program), *run, all_of(input.log), input.today));
}

std::string progress(std::string_view json) {
  const auto input = from_json<ProgressInput>(json);
  const ProgressionRuleInput& rule = input.rule;
  rules::ProgressionSession session{
      .sets = {}, .is_deload = input.session.is_deload, .prescribed_weight_g = input.session.prescribed_weight_g};
  for (const WorkingSetInput& set : all_of(input.session.sets)) {
    session.sets.push_back({set.weight_g, set.reps, set.is_warmup});
  }
  return to_json(rules::progress(
      {.type = rule.type,
       .sets = rule.sets,
       .reps = rule.reps,
       .reps_min = rule.reps_min,
       .reps_max = rule.reps_max,
       .increment_g = rule.increment_g,
       .step_x100 = rule.step_x100,
       .unit = rule.unit,
       .successes_before_increase = rule.successes_before_increase,
       .failures_before_deload = rule.failures_before_deload,
       .deload_to_percent = rule.deload_to_percent,
       .percent_by_week = all_of(rule.percent_by_week)},
      {input.state.weight_g, input.state.reps, input.state.training_max_g, input.state.successes, input.state.failures},
      session));
}

}  // namespace

void add_training(Rules& rules) {
  rules["training.one_rep_max"] = one_rep_max;
  rules["training.load_for_reps"] = load_for_reps;
  rules["training.percent_load"] = percent_load;
  rules["training.round_load"] = round_load;
  rules["training.grams_of_pounds"] = grams_of_pounds;
  rules["training.pounds_of_grams"] = pounds_of_grams;
  rules["training.parse_reps"] = parse_reps;
  rules["training.parse_load"] = parse_load;
  rules["training.parse_weight"] = parse_weight;
  rules["training.parse_distance"] = parse_distance;
  rules["training.parse_tempo"] = parse_tempo;
  rules["training.parse_duration"] = parse_duration;
  rules["training.parse_local_time"] = parse_local_time;
  rules["training.personal_records"] = personal_records;
  rules["training.volume"] = volume;
  rules["training.streaks"] = streaks;
  rules["training.program_next"] = program_next;
  rules["training.program_adherence"] = program_adherence;
  rules["training.progress"] = progress;
}

}  // namespace ignition::named
