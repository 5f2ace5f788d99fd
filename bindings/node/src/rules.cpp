#include "rules.hpp"

#include <algorithm>

#include "ignition/rules_by_name.hpp"
#include "rules_border.hpp"

namespace ignition::node {
namespace {

JsonRules own_rules() {
  JsonRules own;
  add_fsrs(own);
  add_training(own);
  return own;
}

// call(name, input as JSON): the output as JSON
Napi::Value call(const Napi::CallbackInfo& info) {
  static const JsonRules kOwn = own_rules();
  return guarded(info.Env(), [&] {
    const std::string name = string_of(info[0]);
    const std::string json = string_of(info[1]);
    const auto own = kOwn.find(name);
    return text(info.Env(), own != kOwn.end() ? own->second(json) : call_rule(name, json));
  });
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
  rules["expandMany"] = Napi::Function::New(env, expand_many);
  add_fsrs(rules);
  add_queue(rules);
  add_training(rules);
  return rules;
}

}  // namespace ignition::node
