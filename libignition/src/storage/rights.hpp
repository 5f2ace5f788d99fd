// What a run of a statement may do; a statement that writes is refused in a read transaction.
#pragma once

#include <cstdint>

namespace ignition::storage {

enum class Rights : std::uint8_t { read, write };

}  // namespace ignition::storage
