#include "rules.hpp"

#include <algorithm>
#include <optional>

#include "ignition/describe.hpp"
#include "ignition/rules/batch.hpp"
#include "ignition/rules/fsrs_batch.hpp"
#include "ignition/rules/loads.hpp"
#include "ignition/rules_by_name.hpp"
#include "rules_arrays.hpp"
#include "values.hpp"
#include "work.hpp"

namespace ignition::python {
namespace {

namespace py = pybind11;
namespace fsrs = rules::fsrs;

std::string json_of(const py::object& value) {
  std::string json;
  write_json(json, value.ptr());
  return json;
}

// Long work while other threads run; the interpreter's end waits for it.
template <class Work>
auto at_work(Work&& work) {
  if (exiting) throw Error(Code::UNAVAILABLE, "The interpreter is ending.");
  const UnderWay under_way;
  return without_gil(std::forward<Work>(work));
}

std::int64_t integer_of(const py::object& value, const char* field, std::int64_t lowest, std::int64_t highest) {
  int overflow = 0;
  if (!PyLong_Check(value.ptr()) || PyBool_Check(value.ptr())) throw invalid(field, "wrong_type", "must be an int");
  const long long number = PyLong_AsLongLongAndOverflow(value.ptr(), &overflow);
  if (overflow != 0 || number < lowest || number > highest) {
    throw invalid(field, "out_of_range", fmt::format("must be {} to {}", lowest, highest));
  }
  return number;
}

int threads_of(const py::object& value) { return static_cast<int>(integer_of(value, "threads", 1, 256)); }

// A column, or one number for all.
template <class T>
class Each {
 public:
  Each(const py::object& value, const char* field)
      : is_one_(PyLong_Check(value.ptr())),
        one_(is_one_ ? static_cast<T>(
                           integer_of(value, field, std::numeric_limits<T>::min(), std::numeric_limits<T>::max()))
                     : T{}),
        column_(is_one_ ? py::object(py::none()) : value, field) {}
  operator std::span<const T>() const { return is_one_ ? std::span<const T>(&one_, 1) : column_.all(); }

 private:
  bool is_one_;
  T one_;
  Column<T> column_;
};

py::object call(const std::string& name, const py::object& input) {
  const std::string json = json_of(input);
  std::string answer = at_work([&] { return call_rule(name, json); });
  return read_json(answer);
}

py::tuple expand_many(const py::object& input) {
  const std::string json = json_of(input);
  const rules::OccurrencesBatch batch = at_work([&] { return expand_series(json); });
  const Result<std::int64_t> offsets(batch.offsets.size());
  const Result<std::int64_t> starts(batch.starts.size());
  const Result<std::uint8_t> truncated(batch.truncated.size());
  std::ranges::transform(batch.offsets, offsets.all().begin(), [](std::size_t n) { return std::int64_t(n); });
  std::ranges::transform(batch.starts, starts.all().begin(), [](Instant t) { return t.us; });
  std::ranges::copy(batch.truncated, truncated.all().begin());
  return py::make_tuple(offsets.object(), starts.object(), truncated.object());
}

py::object one_rep_max_many(const py::object& weight_g, const py::object& reps, const std::string& formula) {
  const auto chosen = enum_of<rules::OneRepFormula>(formula);
  if (!chosen) throw invalid("formula", "invalid", "must be one of the formulas");
  const Column<std::int64_t> grams(weight_g, "weight_g");
  const Column<std::int32_t> repetitions(reps, "reps");
  const Result<std::int64_t> maxima(grams.all().size());
  at_work([&] {
    for (std::size_t i = 0; i < grams.all().size(); ++i) {
      const std::int64_t g = grams.all()[i];
      if (g < rules::kMinLoadGrams || g > rules::kMaxLoadGrams) {
        throw invalid(fmt::format("weight_g[{}]", i), "out_of_range",
                      fmt::format("must be {} to {}", rules::kMinLoadGrams, rules::kMaxLoadGrams));
      }
    }
    rules::one_rep_max(grams.all(), repetitions.all(), maxima.all(), *chosen);
  });
  return maxima.object();
}

// The arrays of reviews, card after card.
class Reviews {
 public:
  explicit Reviews(const py::object& reviews)
      : offsets_(reviews[py::str("offsets")], "offsets"),
        ratings_(reviews[py::str("ratings")], "ratings"),
        elapsed_days_(reviews[py::str("elapsed_days")], "elapsed_days"),
        reviewed_at_(reviews[py::str("reviewed_at")], "reviewed_at") {}
  fsrs::Histories all() const { return {offsets_, ratings_, elapsed_days_, reviewed_at_}; }

 private:
  Column<std::int64_t> offsets_;
  Column<std::uint8_t> ratings_;
  Column<std::int32_t> elapsed_days_;
  Column<std::int64_t> reviewed_at_;
};

// Results that are wanted, by name; of the others nothing is computed.
class Results {
 public:
  Results(const py::object& wanted, std::size_t count) : wanted_(wanted), count_(count) {}

  template <class T>
  std::span<T> add(const char* name) {
    if (!wanted_.contains(name)) return {};
    const Result<T> result(count_);
    all_[name] = result.object();
    return result.all();  // the memory is the array's
  }
  const py::dict& all() const { return all_; }

 private:
  py::object wanted_;
  std::size_t count_;
  py::dict all_;
};

py::dict review_many_sm2(const py::object& cards, const py::object& ratings, const py::object& threads) {
  const Column<double> intervals(cards[py::str("interval_days")], "interval_days"),
      eases(cards[py::str("ease_factor")], "ease_factor");
  const Column<std::int32_t> lapses(cards[py::str("lapses")], "lapses");
  const Column<std::uint8_t> answers(ratings, "ratings");
  const int count = threads_of(threads);
  const Result<double> interval_days(intervals.all().size()), ease_factor(eases.all().size());
  const Result<std::int32_t> lapses_after(lapses.all().size()), due_in_days(intervals.all().size());
  at_work([&] {
    std::ranges::copy(intervals.all(), interval_days.all().begin());
    std::ranges::copy(eases.all(), ease_factor.all().begin());
    std::ranges::copy(lapses.all(), lapses_after.all().begin());
    rules::sm2::review(interval_days, ease_factor, lapses_after, answers, due_in_days, count);
  });
  py::dict out;
  out["interval_days"] = interval_days.object();
  out["ease_factor"] = ease_factor.object();
  out["lapses"] = lapses_after.object();
  out["due_in_days"] = due_in_days.object();
  return out;
}

py::dict level_states(const py::object& total_xp, const py::object& columns, const py::object& threads) {
  const Column<std::int64_t> totals(total_xp, "total_xp");
  const int count = threads_of(threads);
  Results out(columns, totals.all().size());
  const rules::LevelArrays states{.level = out.add<std::int32_t>("level"),
                                  .xp_into_level = out.add<std::int64_t>("xp_into_level"),
                                  .xp_level_size = out.add<std::int64_t>("xp_level_size"),
                                  .xp_remaining = out.add<std::int64_t>("xp_remaining"),
                                  .level_progress_percent = out.add<std::int32_t>("level_progress_percent")};
  at_work([&] { rules::level_states(totals, states, count); });
  return out.all();
}

py::dict streaks_many(const py::object& offsets, const py::object& days, const py::object& today,
                      const py::object& cadences, const std::string& week_start, const py::object& threads) {
  const Column<std::int64_t> places(offsets, "offsets");
  const Column<std::int32_t> done(days, "days");
  const Each<std::int32_t> now(today, "today");
  const auto first_day = enum_of<WeekStart>(week_start);
  if (!first_day) throw invalid("week_start", "unknown_value", "must be a day on which weeks begin");
  const auto asked = read_cadences(json_of(cadences));
  const int count = threads_of(threads);
  const std::size_t users = places.all().empty() ? 0 : places.all().size() - 1;
  Results out(py::make_tuple("current", "longest", "breaks", "status"), users);
  const rules::StreakArrays streaks{.current = out.add<std::int32_t>("current"),
                                    .longest = out.add<std::int32_t>("longest"),
                                    .breaks = out.add<std::int32_t>("breaks"),
                                    .status = out.add<std::uint8_t>("status")};
  at_work([&] { rules::streaks(places, done, now, asked, *first_day, streaks, count); });
  return out.all();
}

class CardScheduler {
 public:
  explicit CardScheduler(const py::object& settings) : scheduler_(read_scheduler(json_of(settings))) {}

  // A rule of one card, as JSON.
  using Rule = std::string (*)(const fsrs::Scheduler& scheduler, std::string_view json);
  template <Rule kRule>
  py::object run(const py::object& input) const {
    const std::string card = json_of(input);  // what Python raises there is not ours
    std::string answer = at_border([&] { return kRule(scheduler_, card); });
    return read_json(answer);
  }

  py::dict review_many(const py::object& cards, const py::object& ratings, const py::object& at, const py::object& day,
                       const py::object& columns, const py::object& threads) const {
    const auto column = [&](const char* name) { return py::object(cards[py::str(name)]); };
    const Column<std::uint8_t> state(column("state"), "state"), answers(ratings, "ratings");
    const Column<std::int32_t> step(column("step"), "step"), last_study_day(column("last_study_day"), "last_study_day"),
        lapses(column("lapses"), "lapses"), reps(column("reps"), "reps"), days(day, "day");
    const Column<double> stability(column("stability"), "stability"), difficulty(column("difficulty"), "difficulty");
    const Column<std::int64_t> last_reviewed_at(column("last_reviewed_at"), "last_reviewed_at");
    const Column<std::uint8_t> ids(column("ids"), "ids", true);
    const Each<std::int64_t> instants(at, "at");
    const int count = threads_of(threads);
    Results out(columns, state.all().size());
    const fsrs::OutcomeArrays outcomes{.state = out.add<std::uint8_t>("state"),
                                       .step = out.add<std::int32_t>("step"),
                                       .stability = out.add<double>("stability"),
                                       .difficulty = out.add<double>("difficulty"),
                                       .due_at = out.add<std::int64_t>("due_at"),
                                       .due_day = out.add<std::int32_t>("due_day"),
                                       .scheduled_days = out.add<std::int32_t>("scheduled_days"),
                                       .lapses = out.add<std::int32_t>("lapses"),
                                       .reps = out.add<std::int32_t>("reps"),
                                       .study_day = out.add<std::int32_t>("study_day"),
                                       .elapsed_days = out.add<std::int32_t>("elapsed_days"),
                                       .retrievability = out.add<double>("retrievability")};
    at_work([&] {
      fsrs::review(scheduler_,
                   {state, step, stability, difficulty, last_reviewed_at, last_study_day, lapses, reps, ids},
                   {answers, instants, days}, outcomes, count);
    });
    return out.all();
  }

  py::object retrievability_many(const py::object& stability, const py::object& elapsed_days,
                                 const py::object& threads) const {
    const Column<double> stabilities(stability, "stability");
    const Each<std::int32_t> elapsed(elapsed_days, "elapsed_days");
    const int count = threads_of(threads);
    const Result<double> out(stabilities.all().size());
    at_work([&] { fsrs::retrievability(scheduler_.model(), stabilities, elapsed, out, count); });
    return out.object();
  }

  py::object intervals_many(const py::object& stability, const py::object& threads) const {
    const Column<double> stabilities(stability, "stability");
    const int count = threads_of(threads);
    const Result<std::int32_t> out(stabilities.all().size());
    at_work([&] { fsrs::intervals(scheduler_, stabilities, out, count); });
    return out.object();
  }

  py::dict replay_many(const py::object& reviews, bool each_review, const py::object& threads) const {
    const Reviews histories(reviews);
    const int count = threads_of(threads);
    Results of_cards(py::make_tuple("stability", "difficulty"), histories.all().cards());
    const auto stability = of_cards.add<double>("stability");
    const auto difficulty = of_cards.add<double>("difficulty");
    const py::tuple wanted =
        each_review ? py::make_tuple("review_stability", "review_difficulty", "review_retrievability") : py::tuple();
    Results of_reviews(wanted, histories.all().reviews());
    const fsrs::ReplayArrays out{.stability = stability,
                                 .difficulty = difficulty,
                                 .review_stability = of_reviews.add<double>("review_stability"),
                                 .review_difficulty = of_reviews.add<double>("review_difficulty"),
                                 .review_retrievability = of_reviews.add<double>("review_retrievability")};
    at_work([&] { fsrs::replay(scheduler_.model(), histories.all(), out, count); });
    const py::dict all = of_cards.all();
    for (const auto& [name, array] : of_reviews.all()) all[name] = array;
    return all;
  }

 private:
  fsrs::Scheduler scheduler_;
};

// Tells the progress, and looks whether the user wants to stop. False leaves a Python exception set.
bool goes_on(const py::object& progress, const fsrs::TrainingProgress& done) {
  const py::gil_scoped_acquire gil;
  if (PyErr_CheckSignals() != 0) return false;
  if (exiting) {
    PyErr_SetString(PyExc_KeyboardInterrupt, "the interpreter is ending");
    return false;
  }
  if (progress.is_none()) return true;
  PyObject* const said = PyObject_CallFunction(progress.ptr(), "nn", static_cast<Py_ssize_t>(done.step),
                                               static_cast<Py_ssize_t>(done.steps));
  Py_XDECREF(said);
  return said != nullptr;
}

py::dict optimize(const py::object& reviews, bool short_term, const py::object& relearning_steps,
                  const py::object& max_items, const py::object& threads, const py::object& progress) {
  const Reviews histories(reviews);
  const fsrs::TrainingOptions options{
      .short_term = short_term,
      .relearning_steps = static_cast<int>(integer_of(relearning_steps, "relearning_steps", 0, fsrs::kMostSteps)),
      .max_items = static_cast<std::size_t>(integer_of(max_items, "max_items", 1, 1'000'000'000)),
      .threads = threads_of(threads),
      .progress = [&](const fsrs::TrainingProgress& done) { return goes_on(progress, done); }};
  const auto training = at_work([&] { return fsrs::optimize(histories.all(), options); });
  if (!training) throw py::error_already_set();
  const Result<double> parameters(fsrs::kParameterCount);
  std::ranges::copy(training->parameters, parameters.all().begin());
  constexpr const char* kStages[] = {"default", "initial", "trained"};
  py::dict out;
  out["stage"] = kStages[static_cast<int>(training->stage)];
  out["parameters"] = parameters.object();
  out["items"] = training->items;
  out["items_used"] = training->items_used;
  return out;
}

py::dict evaluate(const py::object& reviews, const py::object& parameters, const py::object& max_items,
                  const py::object& threads) {
  const Reviews histories(reviews);
  const Column<double> given(parameters, "parameters");
  const int count = threads_of(threads);
  const auto newest = static_cast<std::size_t>(integer_of(max_items, "max_items", 1, 1'000'000'000));
  const fsrs::Evaluation found = at_work([&] {
    const auto values = given.all().empty() ? fsrs::kDefaultParameters : fsrs::parameters_from(given.all());
    return fsrs::evaluate(histories.all(), values, count, newest);
  });
  py::dict out;
  out["log_loss"] = found.log_loss;
  out["rmse_bins"] = found.rmse_bins;
  out["items"] = found.items;
  return out;
}

}  // namespace

void add_rules(py::module_& module) {
  auto m = module.def_submodule("rules");
  m.def("call", &call);
  m.def("names", [] { return py::cast(rule_names()); });
  m.def("expand_many", &expand_many);
  m.def("one_rep_max_many", &one_rep_max_many);
  m.def("review_many_sm2", &review_many_sm2);
  m.def("level_states", &level_states);
  m.def("streaks_many", &streaks_many);
  m.def("optimize", &optimize);
  m.def("evaluate", &evaluate);
  py::class_<CardScheduler>(m, "Scheduler")
      .def(py::init<const py::object&>())
      .def("review", &CardScheduler::run<review_card>)
      .def("preview", &CardScheduler::run<preview_card>)
      .def("retrievability", &CardScheduler::run<recall_card>)
      .def("from_sm2", &CardScheduler::run<memory_from_sm2>)
      .def("queue", &CardScheduler::run<queue_cards>)
      .def("review_many", &CardScheduler::review_many)
      .def("retrievability_many", &CardScheduler::retrievability_many)
      .def("intervals_many", &CardScheduler::intervals_many)
      .def("replay_many", &CardScheduler::replay_many);
}

}  // namespace ignition::python
