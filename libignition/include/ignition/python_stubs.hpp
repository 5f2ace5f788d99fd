// Python's view of a catalogue: what type checkers and editors know about the package `ignition`.
#pragma once

#include <string>

#include "ignition/catalogue.hpp"

namespace ignition {

// Source of `ignition/types.py`: a TypedDict for every object and a Literal for every enumeration on the wire.
std::string python_types(const Catalogue& catalogue);
// Source of `ignition/operations.pyi`: a class for every namespace of operations, a method for every operation.
std::string python_operations(const Catalogue& catalogue);

}  // namespace ignition
