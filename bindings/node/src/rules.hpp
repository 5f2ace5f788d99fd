// The pure rules for JavaScript: single values at once, batches and the optimiser on a lane.
#pragma once

#include <napi.h>

namespace ignition::node {

// The functions of `exports.rules`. All throw the JSON of a refusal.
Napi::Object rules_of(Napi::Env env);

}  // namespace ignition::node
