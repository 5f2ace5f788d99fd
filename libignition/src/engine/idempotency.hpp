// Answers kept for 24 hours so that a repeated write is answered, not run again (rule R57).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ignition/engine.hpp"

namespace ignition::idempotency {

struct Request {
  std::string_view operation;
  std::string_view key;  // 1..128 printable ASCII characters
  std::string hash;      // of the operation's name and its input in canonical form
};

// False for operations of which nothing may be kept, since a secret goes in or comes out: their keys are ignored.
bool may_be_kept(const Operation& operation);

// Throws VALIDATION_ERROR when the key is not 1..128 printable ASCII characters.
Request request(const Operation& operation, std::string_view key, const void* input);

// The stored answer; throws the stored refusal, or CONFLICT when the key came with another request.
std::optional<Answer> find(Context& context, const Request& request);
// `output` is what the answer was written from.
void store(Context& context, const Request& request, const Answer& answer, const TypeInfo& type, const void* output);
// Keeps refusals that would be the same next time: 4xx but not 409 and 429.
void store(Context& context, const Request& request, const Error& error);

}  // namespace ignition::idempotency
