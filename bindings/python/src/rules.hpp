// The pure rules: they need no store. Many values come and go as arrays, which are not copied.
#pragma once

#include <pybind11/pybind11.h>

namespace ignition::python {

// Adds the submodule `rules`.
void add_rules(pybind11::module_& module);

}  // namespace ignition::python
