// Spaced repetition: single cards as JSON, collections as arrays, the optimiser.
#include <algorithm>
#include <atomic>

#include "ignition/rules/fsrs_batch.hpp"
#include "ignition/rules_by_name.hpp"
#include "ignition/wire.hpp"
#include "rules_border.hpp"

namespace ignition::node {

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

struct EvaluateInput {
  std::vector<double> parameters;
  std::int64_t max_items = 0;
  std::int64_t threads = 1;
};
BOOST_DESCRIBE_STRUCT(EvaluateInput, (), (parameters, max_items, threads))

struct EvaluateOutput {
  double log_loss = 0;
  double rmse_bins = 0;
  std::int64_t items = 0;
};
BOOST_DESCRIBE_STRUCT(EvaluateOutput, (), (log_loss, rmse_bins, items))

namespace {

namespace fsrs = rules::fsrs;

// ---- Single values ----

// None given: the default ones.
fsrs::Parameters parameters_of(const std::vector<double>& given) {
  return given.empty() ? fsrs::kDefaultParameters : fsrs::parameters_from(given);
}

// scheduler(settings as JSON): a handle
Napi::Value scheduler(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    auto made =
        std::make_unique<SchedulerHandle>(std::make_shared<const fsrs::Scheduler>(read_scheduler(string_of(info[0]))));
    return Napi::External<SchedulerHandle>::New(info.Env(), made.release(),
                                                [](napi_env, SchedulerHandle* handle) { delete handle; });
  });
}

// A rule of single values: (handle, input as JSON): the output as JSON
template <auto kRule>
Napi::Value card_rule(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] { return text(info.Env(), kRule(*scheduler_of(info[0]), string_of(info[1]))); });
}

// ---- Arrays ----

// Reads a column of an object by its name, and says which one is not what it must be.
struct Reading {
  Napi::Object from;

  void operator()(const char* name, std::vector<double>& column) const { column = doubles(from.Get(name), name); }
  void operator()(const char* name, std::vector<std::int32_t>& column) const {
    column = integers(from.Get(name), name);
  }
  void operator()(const char* name, std::vector<std::uint8_t>& column) const { column = bytes(from.Get(name), name); }
};

// Makes a column a property of an object.
struct Writing {
  Napi::Object to;

  template <class T>
  void operator()(const char* name, std::vector<T>& column) const {
    to.Set(name, Napi::Value(to.Env(), typed(to.Env(), column)));
  }
};

template <class Columns>
napi_value object_of(napi_env env, Columns& columns) {
  auto object = Napi::Object::New(env);
  columns.each(Writing{object});
  return object;
}

// Times are milliseconds here: they are converted where the work is done.
struct Cards {
  std::vector<std::uint8_t> state;
  std::vector<std::int32_t> step;
  std::vector<double> stability, difficulty, last_reviewed_at;
  std::vector<std::int32_t> last_study_day, lapses, reps;
  std::vector<std::uint8_t> ids;

  explicit Cards(const Napi::Object& object) {
    const Reading read{object};
    read("state", state);
    read("step", step);
    read("stability", stability);
    read("difficulty", difficulty);
    read("last_reviewed_at", last_reviewed_at);
    read("last_study_day", last_study_day);
    read("lapses", lapses);
    read("reps", reps);
    if (!object.Get("ids").IsUndefined()) read("ids", ids);
  }
};

struct Answers {
  std::vector<std::uint8_t> ratings;
  std::vector<double> at;

  explicit Answers(const Napi::Object& object) {
    const Reading read{object};
    read("ratings", ratings);
    read("at", at);
  }
};

struct Outcomes {
  std::vector<std::uint8_t> state;
  std::vector<std::int32_t> step;
  std::vector<double> stability, difficulty, due_at;
  std::vector<std::int32_t> due_day, scheduled_days, lapses, reps, study_day, elapsed_days;
  std::vector<double> retrievability;

  template <class Visit>
  void each(Visit visit) {
    visit("state", state);
    visit("step", step);
    visit("stability", stability);
    visit("difficulty", difficulty);
    visit("due_at", due_at);
    visit("due_day", due_day);
    visit("scheduled_days", scheduled_days);
    visit("lapses", lapses);
    visit("reps", reps);
    visit("last_study_day", study_day);
    visit("elapsed_days", elapsed_days);
    visit("retrievability", retrievability);
  }
};

void review_all(const fsrs::Scheduler& scheduler, const Cards& cards, const Answers& answers, Outcomes& out,
                int threads) {
  const auto last = microseconds(cards.last_reviewed_at, "last_reviewed_at");
  const auto at = microseconds(answers.at, "at");
  const std::size_t count = cards.state.size();
  out.each([count](const char*, auto& column) { column.resize(count); });
  std::vector<std::int64_t> due(count);
  fsrs::review(scheduler,
               {cards.state, cards.step, cards.stability, cards.difficulty, last, cards.last_study_day, cards.lapses,
                cards.reps, cards.ids},
               {answers.ratings, at, {}},
               {out.state, out.step, out.stability, out.difficulty, due, out.due_day, out.scheduled_days, out.lapses,
                out.reps, out.study_day, out.elapsed_days, out.retrievability},
               threads);
  std::ranges::transform(due, out.due_at.begin(), [](std::int64_t us) { return milliseconds(Instant{us}); });
}

// reviewMany(handle, cards, answers, threads): promise of the outcomes
Napi::Value review_many(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    return promised<Outcomes>(
        info.Env(),
        [held = scheduler_of(info[0]), cards = Cards(info[1].As<Napi::Object>()),
         answers = Answers(info[2].As<Napi::Object>()),
         threads = threads_of(info[3])](Outcomes& out) { review_all(*held, cards, answers, out, threads); },
        object_of<Outcomes>);
  });
}

// retrievabilityMany(handle, stability, days since the review, threads): promise of probabilities
Napi::Value retrievability_many(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    return promised<std::vector<double>>(
        info.Env(),
        [held = scheduler_of(info[0]), stability = doubles(info[1], "stability"),
         elapsed = integers(info[2], "elapsed_days"), threads = threads_of(info[3])](std::vector<double>& out) {
          out.resize(stability.size());
          fsrs::retrievability(held->model(), stability, elapsed, out, threads);
        },
        typed<double>);
  });
}

// intervalsMany(handle, stability, threads): promise of days
Napi::Value intervals_many(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    return promised<std::vector<std::int32_t>>(
        info.Env(),
        [held = scheduler_of(info[0]), stability = doubles(info[1], "stability"),
         threads = threads_of(info[2])](std::vector<std::int32_t>& out) {
          out.resize(stability.size());
          fsrs::intervals(*held, stability, out, threads);
        },
        typed<std::int32_t>);
  });
}

// Reviews, card after card.
struct ReviewColumns {
  std::vector<std::int32_t> offsets;
  std::vector<std::uint8_t> ratings;
  std::vector<std::int32_t> elapsed_days;
  std::vector<double> reviewed_at;

  // `timed` asks for the times of the reviews.
  ReviewColumns(const Napi::Object& object, bool timed)
      : offsets(integers(object.Get("offsets"), "offsets")),
        ratings(bytes(object.Get("ratings"), "ratings")),
        elapsed_days(integers(object.Get("elapsedDays"), "elapsed_days")) {
    if (timed) reviewed_at = doubles(object.Get("reviewedAt"), "reviewed_at");
  }

  // Calls `work` with them as the rules take them.
  template <class Work>
  auto with(Work&& work) const {
    const std::vector<std::int64_t> places(offsets.begin(), offsets.end());
    const auto times = microseconds(reviewed_at, "reviewed_at");
    return work(fsrs::Histories{places, ratings, elapsed_days, times});
  }
};

struct Replayed {
  std::vector<double> stability, difficulty, review_stability, review_difficulty, review_retrievability;

  template <class Visit>
  void each(Visit visit) {
    visit("stability", stability);
    visit("difficulty", difficulty);
    visit("review_stability", review_stability);
    visit("review_difficulty", review_difficulty);
    visit("review_retrievability", review_retrievability);
  }
  fsrs::ReplayArrays of(const fsrs::Histories& histories) {
    for (auto* column : {&stability, &difficulty}) column->resize(histories.cards());
    for (auto* column : {&review_stability, &review_difficulty, &review_retrievability}) {
      column->resize(histories.reviews());
    }
    return {stability, difficulty, review_stability, review_difficulty, review_retrievability};
  }
};

// replayMany(handle, histories, threads): promise of the memory that they lead to
Napi::Value replay_many(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    return promised<Replayed>(
        info.Env(),
        [held = scheduler_of(info[0]), columns = ReviewColumns(info[1].As<Napi::Object>(), false),
         threads = threads_of(info[2])](Replayed& out) {
          columns.with([&](const fsrs::Histories& histories) {
            fsrs::check(histories, false);
            fsrs::replay(held->model(), histories, out.of(histories), threads);
          });
        },
        object_of<Replayed>);
  });
}

struct Sm2Cards {
  std::vector<double> interval_days, ease_factor;
  std::vector<std::int32_t> lapses, due_in_days;

  template <class Visit>
  void each(Visit visit) {
    visit("interval_days", interval_days);
    visit("ease_factor", ease_factor);
    visit("lapses", lapses);
    visit("due_in_days", due_in_days);
  }
};

// reviewManySm2(cards, ratings, threads): promise of the cards after their answers
Napi::Value review_many_sm2(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    Sm2Cards cards;
    const Reading read{info[0].As<Napi::Object>()};
    read("interval_days", cards.interval_days);
    read("ease_factor", cards.ease_factor);
    read("lapses", cards.lapses);
    return promised<Sm2Cards>(
        info.Env(),
        [cards = std::move(cards), ratings = bytes(info[1], "ratings"), threads = threads_of(info[2])](Sm2Cards& out) {
          out = cards;
          out.due_in_days.resize(cards.interval_days.size());
          rules::sm2::review(out.interval_days, out.ease_factor, out.lapses, ratings, out.due_in_days, threads);
        },
        object_of<Sm2Cards>);
  });
}

// ---- Parameters ----

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

std::size_t max_items_of(std::int64_t given) {
  return static_cast<std::size_t>(small(given, 1, 1'000'000'000, "max_items"));
}

// optimize(optimization, options as JSON, histories): promise of the outcome as JSON, or of null when it was stopped
Napi::Value optimize(const Napi::CallbackInfo& info) {
  using Result = std::optional<std::string>;
  return guarded(info.Env(), [&] {
    const auto input = from_json<OptimizeInput>(string_of(info[1]));
    fsrs::TrainingOptions options{.short_term = input.short_term,
                                  .relearning_steps = small(input.relearning_steps, 0, 10, "relearning_steps"),
                                  .max_items = max_items_of(input.max_items),
                                  .threads = small(input.threads, 1, 256, "threads"),
                                  .progress = [watched = optimization_of(info[0])](const fsrs::TrainingProgress& done) {
                                    watched->step = done.step;
                                    watched->steps = done.steps;
                                    return !watched->stopped;
                                  }};
    return promised<Result>(
        info.Env(),
        [columns = ReviewColumns(info[2].As<Napi::Object>(), true), options](Result& result) {
          const auto training =
              columns.with([&](const fsrs::Histories& histories) { return fsrs::optimize(histories, options); });
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

// evaluate(options as JSON, histories): promise of the evaluation as JSON
Napi::Value evaluate(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const auto input = from_json<EvaluateInput>(string_of(info[0]));
    const int threads = small(input.threads, 1, 256, "threads");
    return promised<std::string>(
        info.Env(),
        [columns = ReviewColumns(info[1].As<Napi::Object>(), true), parameters = parameters_of(input.parameters),
         max_items = max_items_of(input.max_items), threads](std::string& result) {
          const fsrs::Evaluation found = columns.with([&](const fsrs::Histories& histories) {
            return fsrs::evaluate(histories, parameters, threads, max_items);
          });
          result = to_json(EvaluateOutput{found.log_loss, found.rmse_bins, static_cast<std::int64_t>(found.items)});
        },
        [](napi_env env, const std::string& result) { return text(env, result); });
  });
}

}  // namespace

void add_fsrs(Napi::Object rules) {
  using Function = Napi::Value (*)(const Napi::CallbackInfo&);
  constexpr std::pair<const char*, Function> kFunctions[] = {
      {"scheduler", scheduler},
      {"review", card_rule<review_card>},
      {"preview", card_rule<preview_card>},
      {"retrievability", card_rule<recall_card>},
      {"fromSm2", card_rule<memory_from_sm2>},
      {"queue", card_rule<queue_cards>},
      {"reviewMany", review_many},
      {"retrievabilityMany", retrievability_many},
      {"intervalsMany", intervals_many},
      {"replayMany", replay_many},
      {"reviewManySm2", review_many_sm2},
      {"optimization", optimization},
      {"progress", progress},
      {"stop", stop},
      {"optimize", optimize},
      {"evaluate", evaluate},
  };
  for (const auto& [name, function] : kFunctions) rules[name] = Napi::Function::New(rules.Env(), function);
}

}  // namespace ignition::node
