// TypeScript's view of a catalogue: what type checkers and editors know about the package `@ignition/node`.
#pragma once

#include <string>

#include "ignition/catalogue.hpp"

namespace ignition {

// Source of `operations.d.ts`: an interface for every object and every namespace of operations, a union for every
// enumeration, and `Calls`, which tells input and output of every operation by its name.
std::string typescript(const Catalogue& catalogue);

}  // namespace ignition
