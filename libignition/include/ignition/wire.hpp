// JSON in (strict, simdjson) and out of described values.
#pragma once

#include <bitset>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/describe.hpp"

namespace ignition {

// What a reader does with keys that the type does not have. The versioned surface refuses them.
enum class UnknownKeys : std::uint8_t { refuse, ignore };

// Deepest nesting of arrays and objects that a reader accepts.
inline constexpr int kMaxJsonDepth = 32;

// Appends `value` as compact JSON: keys in described order, every key present (but an Update that was not given),
// strings escaped only where JSON requires it (`"`, `\`, code points below U+0020).
void write_json(std::string& out, const TypeInfo& type, const void* value);
template <class T>
void write_json(std::string& out, const T& value) {
  write_json(out, type_info<T>, &value);
}
template <class T>
std::string to_json(const T& value) {
  std::string out;
  write_json(out, type_info<T>, &value);
  return out;
}
// Appends `text` as a JSON string with its quotes.
void write_json_string(std::string& out, std::string_view text);

// Positions of fields within an object.
using FieldSet = std::bitset<256>;

// Fills a value that was default-constructed, remembering every refused field.
class Reader {
 public:
  explicit Reader(UnknownKeys unknown = UnknownKeys::refuse) : unknown_(unknown) {}

  // Reads a JSON document of the given type into `out`; an empty document counts as `{}`. Malformed JSON throws at
  // once; refused fields are remembered.
  void read(std::string_view json, const TypeInfo& type, void* out);
  // Sets one field of an object from a text (path and query parameters). A repeated list field appends; a list also
  // takes comma-separated elements. An unknown name is remembered as refused.
  void set(const TypeInfo& object, void* out, std::string_view name, std::string_view text);
  // Remembers every field of `object` that is required and was not set by the calls before.
  void require(const TypeInfo& object);
  // Throws VALIDATION_ERROR with all that was remembered.
  void finish() const;

  const std::vector<FieldError>& errors() const { return errors_; }

  // Used by the JSON walk.
  void refuse(std::string field, std::string code, std::string message);
  UnknownKeys unknown() const { return unknown_; }
  void mark(std::size_t field) { seen_.set(field); }
  bool has(std::size_t field) const { return seen_.test(field); }

 private:
  UnknownKeys unknown_;
  std::vector<FieldError> errors_;
  FieldSet seen_;  // fields of the root object that came
};

// Reads one complete value; throws VALIDATION_ERROR naming every refused field.
template <class T>
T from_json(std::string_view json, UnknownKeys unknown = UnknownKeys::refuse) {
  T value{};
  Reader reader(unknown);
  reader.read(json, type_info<T>, &value);
  if (type_info<T>.kind == Kind::object) reader.require(type_info<T>);
  reader.finish();
  return value;
}

// Does to a value made in C++ what reading does to JSON: trims texts and checks lengths, formats and counts. Throws
// VALIDATION_ERROR naming every refused field.
void check(const TypeInfo& type, void* value);

// Compacts and checks a JSON document (depth, duplicate keys, UTF-8). Throws VALIDATION_ERROR.
Json compact_json(std::string_view json);

}  // namespace ignition
