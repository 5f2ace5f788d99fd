// Python values to JSON and back.
#pragma once

#include <pybind11/pybind11.h>

#include <string>
#include <string_view>

namespace ignition::python {

// To be called once, before the functions below: they must not import modules while they hold a lock.
void prepare_values();

// Appends a Python value as JSON. Takes None, bool, int, float, str, UUID, date, datetime with a time zone, Enum (by
// its value), mappings with text keys and sequences of these. Throws VALIDATION_ERROR naming the field for anything
// else, for numbers that are not finite and for nesting deeper than kMaxJsonDepth.
void write_json(std::string& out, PyObject* value);

// The text of a str, or of a UUID. Throws VALIDATION_ERROR naming `field` for anything else.
std::string text_of(const pybind11::object& value, std::string_view field);

// A JSON document as Python values. `json` may be given more capacity, but keeps its content.
pybind11::object read_json(std::string& json);

}  // namespace ignition::python
