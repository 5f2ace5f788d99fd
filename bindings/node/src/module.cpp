// The addon: stores, calls by name, the catalogue. The package around it is JavaScript, which sees to it that arguments
// are of the right kind.
#include <napi.h>

#include "ignition/version.hpp"
#include "loop.hpp"
#include "rules.hpp"

namespace ignition::node {
namespace {

using Handle = std::shared_ptr<Store>;

const Handle& store_of(const Napi::Value& value) { return *value.As<Napi::External<Handle>>().Data(); }

napi_value handle_of(napi_env env, const Handle& store) {
  return Napi::External<Handle>::New(env, new Handle(store), [](napi_env, Handle* handle) {
    if ((*handle)->loop != nullptr) (*handle)->loop->forget(*handle);
    delete handle;
  });
}

// open(url, options as JSON) -> promise of a handle
Napi::Value open(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    Loop& loop = Loop::of(info.Env());
    const auto store = std::make_shared<Store>(Store{.loop = &loop});
    auto task = std::make_unique<Task>(
        loop, [opened = store, url = string_of(info[0]), options = string_of(info[1])](Outcome&) {
          opened->host = std::make_shared<Host>(Host::open(url, options));
        });
    task->made = [&loop, store](napi_env env, Outcome&) {
      loop.stores().insert(store);
      return handle_of(env, store);
    };
    return loop.begin(std::move(task), Effect::write);
  });
}

Caller caller_of(const Napi::Value& user) { return user.IsString() ? user_of(string_of(user)) : Caller::system(); }

// [output, status, entity tag, not modified, replayed]
napi_value described(napi_env env, Outcome& outcome) {
  const Answer& answer = outcome.answer;
  auto all = Napi::Array::New(env, 5);
  all.Set(0U, Napi::Value(env, text(env, answer.body)));
  all.Set(1U, answer.status);
  all.Set(2U, answer.etag.empty() ? Napi::Env(env).Null() : Napi::Value(env, text(env, answer.etag)));
  all.Set(3U, answer.not_modified);
  all.Set(4U, answer.replayed);
  return all;
}

// call(handle, user id, operation, input as JSON, idempotency key, entity tag or undefined): the output as JSON, or
// with an entity tag (which may be "") what described() says; or a promise of it
Napi::Value call(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    Loop& loop = Loop::of(info.Env());
    const Handle& store = store_of(info[0]);
    if (!store->host) throw store_closed();
    std::string name = string_of(info[2]);
    const Operation* const operation = catalogue().find(name);
    auto task = std::make_unique<Task>(loop, [host = store->host, caller = caller_of(info[1]), name = std::move(name),
                                              body = string_of(info[3]), key = string_of(info[4]),
                                              tag = string_of(info[5])](Outcome& outcome) {
      outcome.answer =
          host->engine->call(caller, {.operation = name, .body = body, .idempotency_key = key, .if_none_match = tag});
    });
    task->store = store;
    if (operation != nullptr) task->pace = &loop.pace_of(*operation);
    if (info[5].IsString()) task->made = described;
    return loop.begin(std::move(task), operation != nullptr ? operation->effect : Effect::read);
  });
}

// close(handle) -> promise
Napi::Value close(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] { return Loop::of(info.Env()).close(store_of(info[0])); });
}

Napi::Value set_now(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] {
    const Handle& store = store_of(info[0]);
    if (!store->host) throw store_closed();
    store->host->set_now(string_of(info[1]));
    return info.Env().Undefined();
  });
}

// userId(text): the id as it is written; throws when it is none
Napi::Value user_id(const Napi::CallbackInfo& info) {
  return guarded(info.Env(), [&] { return text(info.Env(), caller_of(info[0]).user.text()); });
}

// invalid(field, code, message): the refusal of a value
Napi::Value refuse_value(const Napi::CallbackInfo& info) {
  return {info.Env(), text(info.Env(), invalid(string_of(info[0]), string_of(info[1]), string_of(info[2])).json())};
}

Napi::Object begin(Napi::Env env, Napi::Object exports) {
  new Loop(env);
  exports["open"] = Napi::Function::New(env, open);
  exports["call"] = Napi::Function::New(env, call);
  exports["close"] = Napi::Function::New(env, close);
  exports["setNow"] = Napi::Function::New(env, set_now);
  exports["end"] = Napi::Function::New(env, [](const Napi::CallbackInfo& info) { Loop::of(info.Env()).end(); });
  exports["userId"] = Napi::Function::New(env, user_id);
  exports["invalid"] = Napi::Function::New(env, refuse_value);
  auto operations = Napi::Array::New(env);
  for (const Operation& operation : catalogue().operations()) operations.Set(operations.Length(), operation.name);
  exports["operations"] = operations;
  exports["version"] = kVersion;
  exports["localUser"] = kLocalUser.text();
  exports["maxDepth"] = kMaxJsonDepth;
  exports["rules"] = rules_of(env);
  return exports;
}

}  // namespace

NODE_API_MODULE(ignition, begin)

}  // namespace ignition::node
