#include "rules.hpp"

#include <algorithm>
#include <optional>

#include "ignition/describe.hpp"
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

class CardScheduler {
 public:
  explicit CardScheduler(const py::object& settings) : scheduler_(read_scheduler(json_of(settings))) {}

  py::object review(const py::object& input) const {
    const std::string card = json_of(input);  // what Python raises there is not ours
    std::string answer = at_border([&] { return review_card(scheduler_, card); });
    return read_json(answer);
  }
  py::object preview(const py::object& input) const {
    const std::string card = json_of(input);  // what Python raises there is not ours
    std::string answer = at_border([&] { return preview_card(scheduler_, card); });
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

  py::tuple from_sm2(double interval_days, double ease_factor, double retention) const {
    const fsrs::Memory memory =
        at_border([&] { return scheduler_.model().from_sm2(interval_days, ease_factor, retention); });
    return py::make_tuple(memory.stability, memory.difficulty);
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
  m.def("expand_many", &expand_many);
  m.def("one_rep_max_many", &one_rep_max_many);
  m.def("optimize", &optimize);
  m.def("evaluate", &evaluate);
  py::class_<CardScheduler>(m, "Scheduler")
      .def(py::init<const py::object&>())
      .def("review", &CardScheduler::review)
      .def("preview", &CardScheduler::preview)
      .def("review_many", &CardScheduler::review_many)
      .def("retrievability_many", &CardScheduler::retrievability_many)
      .def("intervals_many", &CardScheduler::intervals_many)
      .def("replay_many", &CardScheduler::replay_many)
      .def("from_sm2", &CardScheduler::from_sm2);
}

}  // namespace ignition::python
