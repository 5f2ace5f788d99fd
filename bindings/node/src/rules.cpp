#include "rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>

#include "ignition/rules/focus.hpp"
#include "ignition/rules/fsrs_batch.hpp"
#include "ignition/rules/loads.hpp"
#include "ignition/rules/recurrence.hpp"
#include "ignition/wire.hpp"
#include "loop.hpp"

namespace ignition::node {

// What comes as JSON: the package fills in what its caller left out.
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

struct OptimizeInput {
  bool short_term = true;
  std::int64_t relearning_steps = 1;
  std::int64_t max_items = 0;
  std::int64_t threads = 1;
};
BOOST_DESCRIBE_STRUCT(OptimizeInput, (), (short_term, relearning_steps, max_items, threads))

struct OptimizeOutput {
  rules::fsrs::TrainingStage stage = rules::fsrs::TrainingStage::default_;
  std::vector<double> parameters;
  std::int64_t items = 0;
  std::int64_t items_used = 0;
};
BOOST_DESCRIBE_STRUCT(OptimizeOutput, (), (stage, parameters, items, items_used))

namespace {

namespace fsrs = rules::fsrs;

int small(std::int64_t value, std::int64_t min, std::int64_t max, const char* field) {
  if (value < min || value > max) {
    throw invalid(field, "out_of_range", fmt::format("must be {} to {}", min, max));
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
  ExpandOutput output{.truncated = found.truncated};
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
  return to_json(rules::one_rep_max(input.weight_g, input.reps, input.formula));
}

// A session as JavaScript may have made it up: the transitions rely on what belongs together.
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
  if (!rules::is_allowed_length(input.mode, input.duration_seconds)) {
    const rules::FocusLengths lengths = rules::lengths_of(input.mode);
    small(input.duration_seconds, lengths.min, lengths.max, "duration_seconds");
  }
  return answer_of(rules::start(input.mode, static_cast<int>(input.duration_seconds), input.now));
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

// call(name, input as JSON): the output as JSON
Napi::Value call(const Napi::CallbackInfo& info) {
  static const std::map<std::string, std::string (*)(std::string_view), std::less<>> kRules = {
      {"recurrence.expand", expand},  {"recurrence.parse", parse},        {"training.oneRepMax", one_rep_max},
      {"focus.start", focus_start},   {"focus.settle", focus_settle},     {"focus.pause", focus_pause},
      {"focus.resume", focus_resume}, {"focus.complete", focus_complete}, {"focus.abandon", focus_abandon},
  };
  return guarded(info.Env(), [&] { return text(info.Env(), kRules.at(string_of(info[0]))(string_of(info[1]))); });
}

// The elements of a typed array, copied: JavaScript may change its own meanwhile.
template <class T>
std::vector<T> elements(const Napi::Value& value, napi_typedarray_type type, const char* field, const char* kind) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != type) {
    throw invalid(field, "wrong_type", fmt::format("must be {}", kind));
  }
  const auto array = value.As<Napi::TypedArrayOf<T>>();
  return {array.Data(), array.Data() + array.ElementLength()};
}
std::vector<double> doubles(const Napi::Value& value, const char* field) {
  return elements<double>(value, napi_float64_array, field, "a Float64Array");
}
std::vector<std::int32_t> integers(const Napi::Value& value, const char* field) {
  return elements<std::int32_t>(value, napi_int32_array, field, "an Int32Array");
}

napi_value typed(napi_env env, const std::vector<double>& values) {
  auto array = Napi::Float64Array::New(env, values.size());
  std::ranges::copy(values, array.Data());
  return array;
}

// Milliseconds since 1970, as JavaScript's Date counts them.
double milliseconds(Instant t) { return static_cast<double>(t.us) / 1000.0; }

// Does `work` on a lane, and gives JavaScript a promise of what `made` makes of its result.
template <class Result>
napi_value promised(napi_env env, std::function<void(Result&)> work, napi_value (*made)(napi_env, const Result&)) {
  Loop& loop = Loop::of(env);
  const auto result = std::make_shared<Result>();
  auto task = std::make_unique<Task>(loop, [result, work = std::move(work)](Outcome&) { work(*result); });
  task->made = [result, made](napi_env to, Outcome&) { return made(to, *result); };
  return loop.begin(std::move(task), Effect::read);
}

// expandMany(input as JSON): promise of [offsets, starts in milliseconds, truncated]
Napi::Value expand_many(const Napi::CallbackInfo& info) {
  using Batch = rules::OccurrencesBatch;
  return guarded(info.Env(), [&] {
    return promised<Batch>(
        info.Env(),
        [json = string_of(info[0])](Batch& batch) {
          auto input = from_json<ExpandInput>(json);
          const unsigned threads = static_cast<unsigned>(small(input.threads, 1, 64, "threads"));
          batch = rules::expand(series_of(input), {input.from, input.to}, limit_of(input), threads);
        },
        [](napi_env env, const Batch& batch) -> napi_value {
          auto offsets = Napi::Uint32Array::New(env, batch.offsets.size());
          std::ranges::transform(batch.offsets, offsets.Data(),
                                 [](std::size_t n) { return static_cast<std::uint32_t>(n); });
          auto starts = Napi::Float64Array::New(env, batch.starts.size());
          std::ranges::transform(batch.starts, starts.Data(), milliseconds);
          auto truncated = Napi::Uint8Array::New(env, batch.truncated.size());
          std::ranges::copy(batch.truncated, truncated.Data());
          auto all = Napi::Array::New(env, 3);
          all.Set(0U, offsets);
          all.Set(1U, starts);
          all.Set(2U, truncated);
          return all;
        });
  });
}

// oneRepMaxMany(grams, repetitions, formula as JSON): promise of grams
Napi::Value one_rep_max_many(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const auto weights = doubles(info[0], "weight_g");
    auto reps = integers(info[1], "reps");
    const auto formula = from_json<OneRepMaxInput>(string_of(info[2])).formula;
    std::vector<std::int64_t> grams(weights.size());
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double w = weights[i];
      if (!(w >= -1e9 && w <= 1e9) || w != std::floor(w)) {
        throw invalid(fmt::format("weight_g[{}]", i), "out_of_range", "must be whole grams");
      }
      grams[i] = static_cast<std::int64_t>(w);
    }
    return promised<std::vector<double>>(
        info.Env(),
        [grams = std::move(grams), reps = std::move(reps), formula](std::vector<double>& out) {
          std::vector<std::int64_t> maxima(grams.size());
          rules::one_rep_max(grams, reps, maxima, formula);
          out.assign(maxima.begin(), maxima.end());
        },
        typed);
  });
}

using SchedulerHandle = std::shared_ptr<const fsrs::Scheduler>;

// scheduler(settings as JSON): a handle
Napi::Value scheduler(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const auto input = from_json<SchedulerInput>(string_of(info[0]));
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
    return Napi::External<SchedulerHandle>::New(info.Env(),
                                                new SchedulerHandle(std::make_shared<const fsrs::Scheduler>(settings)),
                                                [](napi_env, SchedulerHandle* handle) { delete handle; });
  });
}

const SchedulerHandle& scheduler_of(const Napi::Value& value) {
  return *value.As<Napi::External<SchedulerHandle>>().Data();
}

// review(handle, input as JSON): the outcome as JSON
Napi::Value review(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const auto input = from_json<ReviewInput>(string_of(info[1]));
    return text(info.Env(), to_json(scheduler_of(info[0])->review(input.card, input.rating, input.at)));
  });
}

// preview(handle, input as JSON, whose rating does not count): the four outcomes as JSON
Napi::Value preview(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const auto input = from_json<ReviewInput>(string_of(info[1]));
    const auto outcomes = scheduler_of(info[0])->preview(input.card, input.at);
    return text(info.Env(), to_json(std::vector<fsrs::Outcome>(outcomes.begin(), outcomes.end())));
  });
}

// retrievabilityMany(handle, stability, days since the review, threads): promise of probabilities
Napi::Value retrievability_many(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const double threads = info[3].IsNumber() ? info[3].As<Napi::Number>().DoubleValue() : 0;
    if (!(threads >= 1 && threads <= 256)) throw invalid("threads", "out_of_range", "must be 1 to 256");
    return promised<std::vector<double>>(
        info.Env(),
        [held = scheduler_of(info[0]), stability = doubles(info[1], "stability"),
         elapsed = integers(info[2], "elapsed_days"), count = static_cast<int>(threads)](std::vector<double>& out) {
          out.resize(stability.size());
          fsrs::retrievability(held->model(), stability, elapsed, out, count);
        },
        typed);
  });
}

// An optimisation that JavaScript watches and may stop.
struct Optimization {
  std::atomic<std::size_t> step = 0;
  std::atomic<std::size_t> steps = 0;
  std::atomic<bool> stopped = false;
};
using OptimizationHandle = std::shared_ptr<Optimization>;

const OptimizationHandle& optimization_of(const Napi::Value& value) {
  return *value.As<Napi::External<OptimizationHandle>>().Data();
}

Napi::Value optimization(const Napi::CallbackInfo& info) {
  return Napi::External<OptimizationHandle>::New(info.Env(), new OptimizationHandle(std::make_shared<Optimization>()),
                                                 [](napi_env, OptimizationHandle* handle) { delete handle; });
}

Napi::Value progress(const Napi::CallbackInfo& info) {
  const Optimization& watched = *optimization_of(info[0]);
  auto both = Napi::Array::New(info.Env(), 2);
  both.Set(0U, static_cast<double>(watched.step));
  both.Set(1U, static_cast<double>(watched.steps));
  return both;
}

Napi::Value stop(const Napi::CallbackInfo& info) {
  optimization_of(info[0])->stopped = true;
  return info.Env().Undefined();
}

struct ReviewColumns {
  std::vector<std::int64_t> offsets;
  std::vector<std::uint8_t> ratings;
  std::vector<std::int32_t> elapsed_days;
  std::vector<std::int64_t> reviewed_at;
};

ReviewColumns columns_of(const Napi::CallbackInfo& info) {
  ReviewColumns columns;
  const auto offsets = integers(info[2], "offsets");
  columns.offsets.assign(offsets.begin(), offsets.end());
  columns.ratings = elements<std::uint8_t>(info[3], napi_uint8_array, "ratings", "a Uint8Array");
  columns.elapsed_days = integers(info[4], "elapsed_days");
  for (const double ms : doubles(info[5], "reviewed_at")) {
    if (!(std::abs(ms) <= 8.64e15)) {
      throw invalid(fmt::format("reviewed_at[{}]", columns.reviewed_at.size()), "out_of_range", "must be milliseconds");
    }
    columns.reviewed_at.push_back(static_cast<std::int64_t>(std::floor(ms * 1000.0)));
  }
  return columns;
}

// optimize(optimization, options as JSON, offsets, ratings, elapsed days, milliseconds): promise of the outcome as
// JSON, or of null when it was stopped
Napi::Value optimize(const Napi::CallbackInfo& info) {
  using Result = std::optional<std::string>;
  return guarded(info.Env(), [&] {
    const auto input = from_json<OptimizeInput>(string_of(info[1]));
    fsrs::TrainingOptions options{
        .short_term = input.short_term,
        .relearning_steps = small(input.relearning_steps, 0, 10, "relearning_steps"),
        .max_items = static_cast<std::size_t>(small(input.max_items, 1, 1'000'000'000, "max_items")),
        .threads = small(input.threads, 1, 256, "threads"),
        .progress = [watched = optimization_of(info[0])](const fsrs::TrainingProgress& done) {
          watched->step = done.step;
          watched->steps = done.steps;
          return !watched->stopped;
        }};
    return promised<Result>(
        info.Env(),
        [columns = columns_of(info), options](Result& result) {
          const auto training =
              fsrs::optimize({columns.offsets, columns.ratings, columns.elapsed_days, columns.reviewed_at}, options);
          if (!training) return;
          result = to_json(OptimizeOutput{training->stage,
                                          {training->parameters.begin(), training->parameters.end()},
                                          static_cast<std::int64_t>(training->items),
                                          static_cast<std::int64_t>(training->items_used)});
        },
        [](napi_env env, const Result& result) -> napi_value {
          return result ? text(env, *result) : static_cast<napi_value>(Napi::Env(env).Null());
        });
  });
}

}  // namespace

Napi::Object rules_of(Napi::Env env) {
  auto rules = Napi::Object::New(env);
  rules["call"] = Napi::Function::New(env, call);
  rules["expandMany"] = Napi::Function::New(env, expand_many);
  rules["oneRepMaxMany"] = Napi::Function::New(env, one_rep_max_many);
  rules["scheduler"] = Napi::Function::New(env, scheduler);
  rules["review"] = Napi::Function::New(env, review);
  rules["preview"] = Napi::Function::New(env, preview);
  rules["retrievabilityMany"] = Napi::Function::New(env, retrievability_many);
  rules["optimization"] = Napi::Function::New(env, optimization);
  rules["progress"] = Napi::Function::New(env, progress);
  rules["stop"] = Napi::Function::New(env, stop);
  rules["optimize"] = Napi::Function::New(env, optimize);
  return rules;
}

}  // namespace ignition::node
