// Test vectors: JSON files below tests/vectors, read with simdjson's DOM.
#pragma once

#include <doctest/doctest.h>
#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>

#include "ignition/time.hpp"
#include "ignition/uuid.hpp"

namespace ignition::test {

using Value = simdjson::dom::element;

// A vector file that stays in memory as long as the object lives.
class Vectors {
 public:
  explicit Vectors(std::string_view name) {
    const std::string path = std::string(IGNITION_VECTORS) + "/" + std::string(name);
    REQUIRE_MESSAGE(parser_.load(path).get(root_) == simdjson::SUCCESS, path);
  }
  Value root() const { return root_; }
  Value operator[](std::string_view key) const { return root_[key].value(); }

 private:
  simdjson::dom::parser parser_;
  Value root_;
};

inline bool has(Value object, std::string_view key) {
  Value value;
  return object[key].get(value) == simdjson::SUCCESS && !value.is_null();
}

inline std::int64_t integer(Value object, std::string_view key) { return object[key].get_int64().value(); }
inline std::int64_t integer(Value object, std::string_view key, std::int64_t otherwise) {
  return has(object, key) ? integer(object, key) : otherwise;
}
inline bool boolean(Value object, std::string_view key, bool otherwise = false) {
  return has(object, key) ? object[key].get_bool().value() : otherwise;
}
inline std::string text(Value object, std::string_view key) { return std::string(object[key].get_string().value()); }
inline std::string text(Value object, std::string_view key, std::string_view otherwise) {
  return has(object, key) ? text(object, key) : std::string(otherwise);
}
inline std::optional<std::string> maybe_text(Value object, std::string_view key) {
  if (!has(object, key)) return {};
  return text(object, key);
}
inline Instant instant(Value object, std::string_view key) { return Instant::parse(text(object, key)).value(); }
inline std::optional<Instant> maybe_instant(Value object, std::string_view key) {
  if (!has(object, key)) return {};
  return instant(object, key);
}
inline LocalDate date(Value object, std::string_view key) { return LocalDate::parse(text(object, key)).value(); }
inline std::optional<LocalDate> maybe_date(Value object, std::string_view key) {
  if (!has(object, key)) return {};
  return date(object, key);
}

}  // namespace ignition::test

// doctest shows values by their text.
template <>
struct doctest::StringMaker<ignition::Instant> {
  static String convert(const ignition::Instant& t) { return t.text().c_str(); }
};
template <>
struct doctest::StringMaker<ignition::LocalDate> {
  static String convert(const ignition::LocalDate& d) { return d.text().c_str(); }
};
template <>
struct doctest::StringMaker<ignition::Uuid> {
  static String convert(const ignition::Uuid& id) { return id.text().c_str(); }
};
