#include "ignition/rules_by_name.hpp"

#include <map>
#include <unordered_map>

#include "ignition/rules/focus.hpp"
#include "ignition/rules/loads.hpp"
#include "ignition/rules/personal_records.hpp"
#include "ignition/rules/sm2.hpp"
#include "ignition/rules/training_stats.hpp"
#include "ignition/wire.hpp"

namespace ignition {

// What comes as JSON: the bindings fill in what their callers leave out.
struct SeriesInput {
  std::string start;
  std::string timezone;
  std::string recurrence_rule;
  std::vector<std::string> exdates;
  std::vector<std::string> rdates;
};
BOOST_DESCRIBE_STRUCT(SeriesInput, (), (start, timezone, recurrence_rule, exdates, rdates))

struct ExpandInput {
  std::vector<SeriesInput> series;
  Instant from;
  Instant to;
  std::int64_t limit = 0;
  std::int64_t threads = 1;
};
BOOST_DESCRIBE_STRUCT(ExpandInput, (), (series, from, to, limit, threads))

struct ExpandOutput {
  std::vector<std::string> starts;
  bool truncated = false;
};
BOOST_DESCRIBE_STRUCT(ExpandOutput, (), (starts, truncated))

struct ParseOutput {
  std::string recurrence_rule;
  std::string series_start;
};
BOOST_DESCRIBE_STRUCT(ParseOutput, (), (recurrence_rule, series_start))

struct OneRepMaxInput {
  std::int64_t weight_g = 0;
  std::int64_t reps = 0;
  rules::OneRepFormula formula = rules::OneRepFormula::auto_;
};
BOOST_DESCRIBE_STRUCT(OneRepMaxInput, (), (weight_g, reps, formula))

struct RecordSessionInput {
  std::string id;
  Instant started_at;
  std::optional<rules::TrainingStatus> status;
  std::optional<std::int64_t> bodyweight_g;
};
BOOST_DESCRIBE_STRUCT(RecordSessionInput, (), (id, started_at, status, bodyweight_g))

struct RecordSetInput {
  std::string id;
  std::string session_id;
  int position = 0;
  Instant performed_at;
  std::optional<std::int64_t> weight_g;
  std::optional<int> reps;
  std::optional<int> duration_seconds;
  std::optional<std::int64_t> distance_mm;
  std::optional<bool> is_warmup;
};
BOOST_DESCRIBE_STRUCT(RecordSetInput, (),
                      (id, session_id, position, performed_at, weight_g, reps, duration_seconds, distance_mm,
                       is_warmup))

struct RecordsInput {
  rules::MeasuredBy measured_by = rules::MeasuredBy::weight_reps;
  rules::LoadMode load_mode = rules::LoadMode::external;
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
  rules::MeasuredBy measured_by = rules::MeasuredBy::weight_reps;
  rules::LoadMode load_mode = rules::LoadMode::external;
  std::vector<std::string> primary_muscles;
  std::vector<std::string> secondary_muscles;
};
BOOST_DESCRIBE_STRUCT(TrainedExerciseInput, (), (key, measured_by, load_mode, primary_muscles, secondary_muscles))

struct TrainedSetInput {
  std::string exercise;
  std::optional<std::int64_t> weight_g;
  std::optional<int> reps;
  std::optional<int> duration_seconds;
  std::optional<std::int64_t> distance_mm;
  std::optional<std::int64_t> bodyweight_g;
  std::optional<bool> is_warmup;
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
  WeekStart week_start = WeekStart::monday;
};
BOOST_DESCRIBE_STRUCT(StreaksInput, (), (session_dates, today, weekly_goal, week_start))

struct FocusStartInput {
  rules::FocusMode mode = rules::FocusMode::focus;
  std::int64_t duration_seconds = 0;
  Instant now;
};
BOOST_DESCRIBE_STRUCT(FocusStartInput, (), (mode, duration_seconds, now))

struct FocusStepInput {
  rules::FocusSession session;
  std::int64_t paid_before = 0;
  Instant now;
};
BOOST_DESCRIBE_STRUCT(FocusStepInput, (), (session, paid_before, now))

struct FocusStepOutput {
  rules::FocusSession session;
  bool changed = false;
  std::optional<rules::FocusRefusal> refusal;
  bool reward_capped = false;
};
BOOST_DESCRIBE_STRUCT(FocusStepOutput, (), (session, changed, refusal, reward_capped))

struct SchedulerInput {
  std::vector<double> parameters;
  double desired_retention = 0.9;
  std::int64_t maximum_interval_days = 0;
  std::vector<int> learning_steps;
  std::vector<int> relearning_steps;
  bool fuzz = true;
  std::string timezone;
  std::int64_t day_start_hour = 0;
};
BOOST_DESCRIBE_STRUCT(SchedulerInput, (),
                      (parameters, desired_retention, maximum_interval_days, learning_steps, relearning_steps, fuzz,
                       timezone, day_start_hour))

struct ReviewInput {
  rules::fsrs::Card card;
  rules::fsrs::Rating rating = rules::fsrs::Rating::good;
  Instant at;
};
BOOST_DESCRIBE_STRUCT(ReviewInput, (), (card, rating, at))

struct Sm2Input {
  rules::sm2::Card card;
  rules::fsrs::Rating rating = rules::fsrs::Rating::good;
};
BOOST_DESCRIBE_STRUCT(Sm2Input, (), (card, rating))

struct Sm2Output {
  rules::sm2::Card card;
  int due_in_days = 0;
};
BOOST_DESCRIBE_STRUCT(Sm2Output, (), (card, due_in_days))

struct FuzzInput {
  Uuid id;
  std::int64_t reps = 0;
  std::int64_t interval_days = 0;
  std::int64_t elapsed_days = 0;
  std::int64_t maximum_interval_days = 0;
};
BOOST_DESCRIBE_STRUCT(FuzzInput, (), (id, reps, interval_days, elapsed_days, maximum_interval_days))

struct FuzzOutput {
  double factor = 0;
  std::optional<int> lowest;
  std::optional<int> highest;
};
BOOST_DESCRIBE_STRUCT(FuzzOutput, (), (factor, lowest, highest))

namespace {

namespace fsrs = rules::fsrs;

int small(std::int64_t value, std::int64_t min, std::int64_t max, const char* field) {
  if (value < min || value > max) {
    throw invalid(field, "out_of_range", fmt::format("must be {} to {}, got {}", min, max, value));
  }
  return static_cast<int>(value);
}

std::vector<rules::SeriesText> series_of(ExpandInput& input) {
  std::vector<rules::SeriesText> series;
  series.reserve(input.series.size());
  for (SeriesInput& one : input.series) {
    series.push_back({std::move(one.start), std::move(one.timezone), std::move(one.recurrence_rule),
                      std::move(one.exdates), std::move(one.rdates)});
  }
  return series;
}

std::size_t limit_of(const ExpandInput& input) {
  return static_cast<std::size_t>(small(input.limit, 1, static_cast<std::int64_t>(rules::kMaxOccurrences), "limit"));
}

std::string expand(std::string_view json) {
  auto input = from_json<ExpandInput>(json);
  if (input.series.size() != 1) throw invalid("series", "invalid", "must be one series");
  const rules::Series series = rules::read_series(series_of(input)[0]);
  const rules::Occurrences found = rules::expand(series, {input.from, input.to}, limit_of(input));
  ExpandOutput output{.starts = {}, .truncated = found.truncated};
  output.starts.reserve(found.starts.size());
  for (const Instant t : found.starts) output.starts.push_back(rules::recurrence_id(t, series.start.all_day));
  return to_json(output);
}

std::string parse(std::string_view json) {
  const auto input = from_json<SeriesInput>(json);
  const rules::Series series = rules::read_series({input.start, input.timezone, input.recurrence_rule, {}, {}});
  if (!series.rule) throw invalid("recurrence_rule", "syntax", "must be a rule");
  const bool all_day = series.start.all_day;
  const std::string wall = Instant{rules::series_start(*series.rule, series.start)->us}.text();
  return to_json(ParseOutput{rules::text_of(*series.rule, all_day), wall.substr(0, all_day ? 10 : 19)});
}

std::string one_rep_max(std::string_view json) {
  const auto input = from_json<OneRepMaxInput>(json);
  small(input.weight_g, rules::kMinLoadGrams, rules::kMaxLoadGrams, "weight_g");
  return to_json(rules::one_rep_max(input.weight_g, input.reps, input.formula));
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
  if (found == places.end())
    throw invalid(fmt::format("sets[{}].{}", set, field), "unknown", "must be one of those given");
  return found->second;
}

std::string personal_records(std::string_view json) {
  const auto input = from_json<RecordsInput>(json);
  const auto places = places_of(input.sessions, &RecordSessionInput::id, "sessions");
  std::vector<rules::TrainingSession> sessions;
  for (const RecordSessionInput& one : input.sessions) {
    sessions.push_back(
        {one.id, one.started_at, one.status.value_or(rules::TrainingStatus::completed), one.bodyweight_g});
  }
  std::vector<rules::TrainingSet> sets;
  for (std::size_t i = 0; i < input.sets.size(); ++i) {
    const RecordSetInput& one = input.sets[i];
    sets.push_back({one.id, place_of(places, one.session_id, i, "session_id"), one.position, one.performed_at,
                    one.weight_g.value_or(0), one.reps, one.duration_seconds, one.distance_mm,
                    one.is_warmup.value_or(false)});
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
    exercises.push_back({one.measured_by, one.load_mode, one.primary_muscles, one.secondary_muscles});
  }
  std::vector<rules::TrainedSet> sets;
  for (std::size_t i = 0; i < input.sets.size(); ++i) {
    const TrainedSetInput& one = input.sets[i];
    sets.push_back({place_of(places, one.exercise, i, "exercise"), one.weight_g.value_or(0), one.reps,
                    one.duration_seconds, one.distance_mm, one.bodyweight_g, one.is_warmup.value_or(false)});
  }
  return to_json(VolumeOutput{rules::training_totals(exercises, sets), rules::muscle_volume(exercises, sets)});
}

std::string streaks(std::string_view json) {
  const auto input = from_json<StreaksInput>(json);
  return to_json(rules::training_streaks(input.session_dates, input.today,
                                         small(input.weekly_goal, 1, 100, "weekly_goal"), input.week_start));
}

// A session as its caller may have made it up: the transitions rely on what belongs together.
const rules::FocusSession& checked(const rules::FocusSession& session) {
  using rules::FocusStatus;
  const auto refuse_session = [](const char* field) {
    throw invalid(fmt::format("session.{}", field), "invalid", "does not go with the session's status");
  };
  if (session.paused_at.has_value() != (session.status == FocusStatus::paused)) refuse_session("paused_at");
  if (session.completed_at.has_value() != (session.status == FocusStatus::completed)) refuse_session("completed_at");
  if (session.abandoned_at.has_value() != (session.status == FocusStatus::abandoned)) refuse_session("abandoned_at");
  if (session.expired_at.has_value() != (session.status == FocusStatus::expired)) refuse_session("expired_at");
  if (!rules::is_allowed_length(session.mode, session.duration_seconds)) refuse_session("duration_seconds");
  if (session.started_at > session.ends_at) refuse_session("ends_at");
  if (session.ends_at > session.expires_at) refuse_session("expires_at");
  return session;
}

std::string answer_of(const rules::FocusStep& step) {
  return to_json(FocusStepOutput{step.session, step.changed, step.refusal, step.reward_capped});
}

std::string focus_start(std::string_view json) {
  const auto input = from_json<FocusStartInput>(json);
  const rules::FocusLengths lengths = rules::lengths_of(input.mode);
  const int seconds = small(input.duration_seconds, lengths.min, lengths.max, "duration_seconds");
  return answer_of(rules::start(input.mode, seconds, input.now));
}

// A transition of a session that is settled first.
template <class Transition>
std::string focus_step(std::string_view json, Transition&& transition) {
  const auto input = from_json<FocusStepInput>(json);
  const rules::FocusStep settled = rules::settle(checked(input.session), input.now);
  rules::FocusStep step = transition(settled.session, small(input.paid_before, 0, 1'000'000, "paid_before"), input.now);
  step.changed = step.changed || settled.changed;
  return answer_of(step);
}

std::string focus_settle(std::string_view json) {
  const auto input = from_json<FocusStepInput>(json);
  return answer_of(rules::settle(checked(input.session), input.now));
}
std::string focus_pause(std::string_view json) {
  return focus_step(json, [](const auto& session, int, Instant now) { return rules::pause(session, now); });
}
std::string focus_resume(std::string_view json) {
  return focus_step(json, [](const auto& session, int, Instant now) { return rules::resume(session, now); });
}
std::string focus_complete(std::string_view json) {
  return focus_step(json,
                    [](const auto& session, int paid, Instant now) { return rules::complete(session, paid, now); });
}
std::string focus_abandon(std::string_view json) {
  return focus_step(json, [](const auto& session, int, Instant now) { return rules::abandon(session, now); });
}

std::string sm2_review(std::string_view json) {
  const auto input = from_json<Sm2Input>(json);
  const rules::sm2::Card card = rules::sm2::review(input.card, input.rating);
  return to_json(Sm2Output{card, rules::sm2::due_in_days(card.interval_days)});
}

std::string fuzz(std::string_view json) {
  const auto input = from_json<FuzzInput>(json);
  const int reps = small(input.reps, 0, 1'000'000'000, "reps");
  const int maximum = small(input.maximum_interval_days, 1, fsrs::kLongestIntervalDays, "maximum_interval_days");
  const int interval = small(input.interval_days, 1, maximum, "interval_days");
  const auto range = fsrs::fuzz_range(interval, small(input.elapsed_days, 0, 10'000'000, "elapsed_days"), maximum);
  FuzzOutput output{
      .factor = fsrs::fuzz_factor(input.id, static_cast<std::uint64_t>(reps)), .lowest = {}, .highest = {}};
  if (range) {
    output.lowest = range->lowest;
    output.highest = range->highest;
  }
  return to_json(output);
}

}  // namespace

std::string call_rule(std::string_view name, std::string_view json) {
  static const std::map<std::string, std::string (*)(std::string_view), std::less<>> kRules = {
      {"recurrence.expand", expand},
      {"recurrence.parse", parse},
      {"training.one_rep_max", one_rep_max},
      {"training.personal_records", personal_records},
      {"training.volume", volume},
      {"training.streaks", streaks},
      {"focus.start", focus_start},
      {"focus.settle", focus_settle},
      {"focus.pause", focus_pause},
      {"focus.resume", focus_resume},
      {"focus.complete", focus_complete},
      {"focus.abandon", focus_abandon},
      {"sm2.review", sm2_review},
      {"fsrs.fuzz", fuzz},
  };
  const auto found = kRules.find(name);
  if (found == kRules.end()) throw not_found("rule");
  return found->second(json);
}

rules::OccurrencesBatch expand_series(std::string_view json) {
  auto input = from_json<ExpandInput>(json);
  const auto threads = static_cast<unsigned>(small(input.threads, 1, 64, "threads"));
  return rules::expand(series_of(input), {input.from, input.to}, limit_of(input), threads);
}

fsrs::Scheduler read_scheduler(std::string_view json) {
  const auto input = from_json<SchedulerInput>(json);
  const auto zone = TimeZone::find(input.timezone);
  if (!zone) throw invalid("timezone", "unknown_timezone", "must be a time zone");
  fsrs::Settings settings{
      .desired_retention = input.desired_retention,
      .maximum_interval_days =
          small(input.maximum_interval_days, 1, fsrs::kLongestIntervalDays, "maximum_interval_days"),
      .learning_steps = input.learning_steps,
      .relearning_steps = input.relearning_steps,
      .fuzz = input.fuzz,
      .calendar = {.zone = *zone, .day_start_hour = small(input.day_start_hour, 0, 23, "day_start_hour")}};
  if (!input.parameters.empty()) settings.parameters = fsrs::parameters_from(input.parameters);
  return fsrs::Scheduler(settings);
}

std::string review_card(const fsrs::Scheduler& scheduler, std::string_view json) {
  const auto input = from_json<ReviewInput>(json);
  return to_json(scheduler.review(input.card, input.rating, input.at));
}

std::string preview_card(const fsrs::Scheduler& scheduler, std::string_view json) {
  const auto input = from_json<ReviewInput>(json);
  const auto outcomes = scheduler.preview(input.card, input.at);
  return to_json(std::vector<fsrs::Outcome>(outcomes.begin(), outcomes.end()));
}

}  // namespace ignition
