#include "rules.hpp"

#include <algorithm>

#include "ignition/rules_by_name.hpp"
#include "rules_border.hpp"

namespace ignition::node {
namespace {

// call(name, input as JSON): the output as JSON
Napi::Value call(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] { return text(info.Env(), call_rule(string_of(info[0]), string_of(info[1]))); });
}

// names(): the rules that call() knows
Napi::Value names(const Napi::CallbackInfo& info) {
  auto all = Napi::Array::New(info.Env());
  for (const std::string& name : rule_names()) all[all.Length()] = name;
  return all;
}

// expandMany(input as JSON): promise of [offsets, starts in milliseconds, truncated]
Napi::Value expand_many(const Napi::CallbackInfo& info) {
  using Batch = rules::OccurrencesBatch;
  return guarded(info.Env(), [&] {
    return promised<Batch>(
        info.Env(), [json = string_of(info[0])](Batch& batch) { batch = expand_series(json); },
        [](napi_env env, Batch& batch) -> napi_value {
          std::vector<std::uint32_t> offsets(batch.offsets.size());
          std::ranges::transform(batch.offsets, offsets.begin(),
                                 [](std::size_t n) { return static_cast<std::uint32_t>(n); });
          std::vector<double> starts(batch.starts.size());
          std::ranges::transform(batch.starts, starts.begin(), milliseconds);
          auto all = Napi::Array::New(env, 3);
          all.Set(0U, typed(env, offsets));
          all.Set(1U, typed(env, starts));
          all.Set(2U, typed(env, batch.truncated));
          return all;
        });
  });
}

}  // namespace

Napi::Object rules_of(Napi::Env env) {
  auto rules = Napi::Object::New(env);
  rules["call"] = Napi::Function::New(env, call);
  rules["names"] = Napi::Function::New(env, names);
  rules["expandMany"] = Napi::Function::New(env, expand_many);
  add_fsrs(rules);
  add_training(rules);
  return rules;
}

}  // namespace ignition::node
