#include <cstdlib>
#include <cstring>
#include <new>

#include "ignition/host.hpp"
#include "ignition/ignition.h"
#include "ignition/version.hpp"

struct ignition_engine {
  ignition::Host host;
};

namespace {

namespace ig = ignition;

std::string_view view(const char* text) { return text == nullptr ? std::string_view{} : std::string_view(text); }

char* copied(std::string_view text) {
  char* out = static_cast<char*>(std::malloc(text.size() + 1));
  if (out == nullptr) return nullptr;
  std::memcpy(out, text.data(), text.size());
  out[text.size()] = '\0';
  return out;
}

void give(char** target, std::string_view text) {
  if (target != nullptr) *target = copied(text);
}

// Runs `work`; whatever it throws becomes a status and, in *out, the error's JSON.
template <class Work>
int guarded(char** out, Work&& work) noexcept {
  try {
    if (out != nullptr) *out = nullptr;
    ig::at_border(work);
    return 0;
  } catch (const ig::Error& error) {
    give(out, error.json());
    return ig::http_status(error.code());
  } catch (...) {
    return 500;
  }
}

ig::Caller caller_of(const char* user_id) { return user_id == nullptr ? ig::Caller::system() : ig::user_of(user_id); }

void require(const ignition_engine* handle) {
  if (handle == nullptr) throw ig::invalid("handle", "required", "must not be NULL");
}

}  // namespace

extern "C" {

int ignition_open(const char* url, const char* options, ignition_engine** out, char** error) {
  return guarded(error, [&] {
    auto handle = std::make_unique<ignition_engine>();
    handle->host = ig::Host::open(view(url), view(options));
    *out = handle.release();
  });
}

int ignition_call(ignition_engine* handle, const char* user_id, const char* operation, const char* input,
                  const char* idempotency_key, char** out) {
  return guarded(out, [&] {
    require(handle);
    const ig::Answer answer = handle->host.engine->call(
        caller_of(user_id),
        {.operation = view(operation), .body = view(input), .idempotency_key = view(idempotency_key)});
    give(out, answer.body);
  });
}

int ignition_stream(ignition_engine* handle, const char* user_id, const char* operation, const char* input,
                    int (*take)(void* context, const char* bytes, size_t size), void* context, char** error) {
  return guarded(error, [&] {
    require(handle);
    if (take == nullptr) throw ig::invalid("take", "required", "must not be NULL");
    handle->host.engine->stream(
        caller_of(user_id), {.operation = view(operation), .body = view(input)}, [&](std::string_view piece) {
          if (take(context, piece.data(), piece.size()) == 0) return;
          throw ig::Error(ig::Code::UNAVAILABLE, "The receiver gave up.").because("receiver_gave_up");
        });
  });
}

int ignition_set_now(ignition_engine* handle, const char* instant) {
  const auto set = [&] {
    require(handle);
    handle->host.set_now(view(instant));
  };
  return guarded(nullptr, set) == 0 ? 0 : 400;
}

void ignition_free(char* text) { std::free(text); }

void ignition_close(ignition_engine* handle) { delete handle; }

const char* ignition_version(void) { return ig::kVersion; }
}
