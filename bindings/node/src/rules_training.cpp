// Training: programs and the progression of loads as JSON, one-repetition maximums as arrays.
#include "ignition/rules/loads.hpp"
#include "ignition/rules/training_program.hpp"
#include "ignition/wire.hpp"
#include "rules_border.hpp"

namespace ignition::node {

struct ProgramInput {
  rules::TrainingProgram program;
  std::optional<rules::ProgramRun> run;
  std::vector<rules::SlotLog> log;
  LocalDate today;
};
BOOST_DESCRIBE_STRUCT(ProgramInput, (), (program, run, log, today))

struct ProgressInput {
  rules::ProgressionRule rule;
  rules::ProgressionState state;
  rules::ProgressionSession session;
};
BOOST_DESCRIBE_STRUCT(ProgressInput, (), (rule, state, session))

namespace {

std::string program_next(std::string_view json) {
  const auto input = from_json<ProgramInput>(json);
  return to_json(rules::program_next(input.program, input.run, input.log, input.today));
}

std::string program_adherence(std::string_view json) {
  const auto input = from_json<ProgramInput>(json);
  if (!input.run) throw invalid("run", "required", "must be given");
  return to_json(rules::program_adherence(input.program, *input.run, input.log, input.today));
}

std::string progress(std::string_view json) {
  const auto input = from_json<ProgressInput>(json);
  return to_json(rules::progress(input.rule, input.state, input.session));
}

// oneRepMaxMany(grams, repetitions, formula): promise of grams
Napi::Value one_rep_max_many(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const auto weights = doubles(info[0], "weight_g");
    auto reps = integers(info[1], "reps");
    const auto formula = enum_of<rules::OneRepFormula>(string_of(info[2]));
    if (!formula) throw invalid("formula", "unknown_value", "must be the name of a formula");
    std::vector<std::int64_t> grams(weights.size());
    for (std::size_t i = 0; i < weights.size(); ++i) {
      const double w = weights[i];
      if (!(w >= rules::kMinLoadGrams && w <= rules::kMaxLoadGrams) || w != std::floor(w)) {
        throw invalid(fmt::format("weight_g[{}]", i), "out_of_range", "must be whole grams, -500000 to 2000000");
      }
      grams[i] = static_cast<std::int64_t>(w);
    }
    return promised<std::vector<double>>(
        info.Env(),
        [grams = std::move(grams), reps = std::move(reps), formula = *formula](std::vector<double>& out) {
          std::vector<std::int64_t> maxima(grams.size());
          rules::one_rep_max(grams, reps, maxima, formula);
          out.assign(maxima.begin(), maxima.end());
        },
        typed<double>);
  });
}

}  // namespace

void add_training(JsonRules& by_name) {
  by_name["training.program_next"] = program_next;
  by_name["training.program_adherence"] = program_adherence;
  by_name["training.progress"] = progress;
}

void add_training(Napi::Object rules) { rules["oneRepMaxMany"] = Napi::Function::New(rules.Env(), one_rep_max_many); }

}  // namespace ignition::node
