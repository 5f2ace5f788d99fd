// One-repetition maximums as arrays.
#include "ignition/describe.hpp"
#include "ignition/rules/loads.hpp"
#include "rules_border.hpp"

namespace ignition::node {

namespace {

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

void add_training(Napi::Object rules) { rules["oneRepMaxMany"] = Napi::Function::New(rules.Env(), one_rep_max_many); }

}  // namespace ignition::node
