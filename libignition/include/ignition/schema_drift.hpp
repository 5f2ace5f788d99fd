// Whether a database still has the schema that its migrations made.
#pragma once

#include <string>
#include <vector>

#include "ignition/storage.hpp"

namespace ignition {

// What differs from the schema that the applied migrations make of an empty database, one line each:
// `- habits: index habits_user_id_ix (user_id)` is missing, `+ habits: extra INT` is there besides. Empty: nothing.
// Throws as Store::migrations does.
std::vector<std::string> schema_drift(Store& store);

}  // namespace ignition
