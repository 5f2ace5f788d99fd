// Setting one scalar of a described value, with the checks that its type asks for. Shared by the JSON walk and by the
// reading of path and query parameters.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ignition/wire.hpp"

namespace ignition::wire {

// What a value of the type must be, in words: "an integer", "a date YYYY-MM-DD" ...
std::string_view expected(const TypeInfo& type);

// Absent on input without being missed.
inline bool may_be_absent(const TypeInfo& type) {
  return type.kind == Kind::optional || type.kind == Kind::update || type.kind == Kind::defaulted;
}

// The field with this name or alias, and its position; null when there is none.
const Field* find_field(const TypeInfo& object, std::string_view name, std::size_t& index);

// A whole number without fraction and exponent that fits 64 bits.
std::optional<std::int64_t> whole_number(std::string_view text);

// Why a scalar was not taken.
struct Refusal {
  std::string code;
  std::string message;
};

std::optional<Refusal> set_integer(const TypeInfo& type, std::int64_t value, void* out);
// Sets whatever stands as a string on the wire: texts, enumerators, ids, instants, dates.
std::optional<Refusal> set_string(const TypeInfo& type, std::string_view value, void* out);

}  // namespace ignition::wire
