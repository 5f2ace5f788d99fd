// What an API key may do: scopes `<domain>:read` and `<domain>:write`, and the operations that each domain covers
// (rule R24).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ignition::rules {

// All scopes there are, in the order of the table: "profile:read", "settings:read" ...
const std::vector<std::string>& scopes();

// Whether some scope opens the operation; one that none opens is never reachable with a key.
bool is_open_to_keys(std::string_view operation);

// Whether one of the scopes opens the operation. `changes`: the operation writes.
bool opens(std::span<const std::string> held, std::string_view operation, bool changes);

}  // namespace ignition::rules
