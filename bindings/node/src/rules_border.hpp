// What the files of the rules share: arguments as JavaScript gives them, results as it takes them.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "ignition/rules/fsrs_batch.hpp"
#include "loop.hpp"

namespace ignition::node {

// Rules of arrays and handles, as functions.
void add_fsrs(Napi::Object rules);
void add_training(Napi::Object rules);

// What a scheduler is for JavaScript.
using SchedulerHandle = std::shared_ptr<const rules::fsrs::Scheduler>;
inline const SchedulerHandle& scheduler_of(const Napi::Value& value) {
  return *value.As<Napi::External<SchedulerHandle>>().Data();
}

inline int small(std::int64_t value, std::int64_t min, std::int64_t max, std::string_view field) {
  if (value < min || value > max) {
    throw invalid(std::string(field), "out_of_range", fmt::format("must be {} to {}", min, max));
  }
  return static_cast<int>(value);
}

inline int threads_of(const Napi::Value& value) {
  const double threads = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : 0;
  if (!(threads >= 1 && threads <= 256)) throw invalid("threads", "out_of_range", "must be 1 to 256");
  return static_cast<int>(threads);
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
inline std::vector<double> doubles(const Napi::Value& value, const char* field) {
  return elements<double>(value, napi_float64_array, field, "a Float64Array");
}
inline std::vector<std::int32_t> integers(const Napi::Value& value, const char* field) {
  return elements<std::int32_t>(value, napi_int32_array, field, "an Int32Array");
}
inline std::vector<std::uint8_t> bytes(const Napi::Value& value, const char* field) {
  return elements<std::uint8_t>(value, napi_uint8_array, field, "a Uint8Array");
}

// Instants are milliseconds since 1970 in JavaScript, as its Date counts them, and NaN for none.
inline double milliseconds(Instant t) { return static_cast<double>(t.us) / 1000.0; }
inline std::vector<std::int64_t> microseconds(const std::vector<double>& ms, const char* field) {
  std::vector<std::int64_t> us(ms.size());
  for (std::size_t i = 0; i < ms.size(); ++i) {
    if (std::abs(ms[i]) > 8.64e15) {
      throw invalid(fmt::format("{}[{}]", field, i), "out_of_range", "must be milliseconds");
    }
    us[i] = std::isnan(ms[i]) ? rules::fsrs::kNoInstant : static_cast<std::int64_t>(std::round(ms[i] * 1000.0));
  }
  return us;
}

// A typed array that takes the values over.
template <class T>
napi_value typed(napi_env env, std::vector<T>& values) {
  using Array = Napi::TypedArrayOf<T>;
  if (values.empty()) return Array::New(env, 0);
  auto held = std::make_unique<std::vector<T>>(std::move(values));
  const std::size_t count = held->size();
  auto buffer = Napi::ArrayBuffer::New(
      env, held->data(), count * sizeof(T), [](Napi::Env, void*, std::vector<T>* owner) { delete owner; }, held.get());
  held.release();
  return Array::New(env, count, buffer, 0);
}

// Does `work` on a lane, and gives JavaScript a promise of what `made` makes of its result.
template <class Result, class Made>
napi_value promised(napi_env env, std::function<void(Result&)> work, Made made) {
  Loop& loop = Loop::of(env);
  const auto result = std::make_shared<Result>();
  auto task = std::make_unique<Task>(loop, [result, work = std::move(work)](Outcome&) { work(*result); });
  task->made = [result, made](napi_env to, Outcome&) -> napi_value { return made(to, *result); };
  return loop.begin(std::move(task), Effect::read);
}

}  // namespace ignition::node
