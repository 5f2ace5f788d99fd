// Text that a client has encrypted: a JSON object with exactly the texts `iv`, `salt`, `cipher` and `version`. It is
// opaque: stored and returned byte for byte, never trimmed, split, searched or logged.
#pragma once

#include <string_view>

namespace ignition {

bool is_ciphertext(std::string_view text);

}  // namespace ignition
