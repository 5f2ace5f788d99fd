// Setting one scalar of a described value, with the checks that its type asks for. Shared by the JSON walk, the reading
// of path and query parameters and the check of values made in C++.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ignition/wire.hpp"

namespace ignition::wire {

// What a value of the type must be, in words: "an integer", "a date YYYY-MM-DD" ...
std::string_view expected(const TypeInfo& type);

// As much of what came as a message needs.
std::string_view shown(std::string_view text);

// Where a value stands; made a text only when something is refused.
struct Path {
  const Path* up = nullptr;
  std::string_view key{};
  std::size_t index = 0;

  bool is_root() const { return up == nullptr; }
  std::string text() const;
};

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

// Of a list or a map.
std::optional<Refusal> check_count(const TypeInfo& type, std::size_t count);
std::optional<Refusal> set_integer(const TypeInfo& type, std::int64_t value, void* out);
// Sets whatever stands as a string on the wire: texts, enumerators, ids, instants, dates.
std::optional<Refusal> set_string(const TypeInfo& type, std::string_view value, void* out);

}  // namespace ignition::wire
