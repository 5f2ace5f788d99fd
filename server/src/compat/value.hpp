// A JSON value that is taken apart only where an adapter looks: what nobody opens stays the text that came.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ignition::server::compat {

class Value {
 public:
  struct Member;
  using Members = std::vector<Member>;
  using Elements = std::vector<Value>;

  Value();  // null
  // Defined where members are complete.
  Value(const Value& other);
  Value(Value&& other) noexcept;
  Value& operator=(const Value& other);
  Value& operator=(Value&& other) noexcept;
  ~Value();
  // The text of one well-formed JSON value without white space, as the engine writes it and compact_json makes it.
  static Value json(std::string compact);
  static Value text(std::string_view text);
  static Value number(std::int64_t number);
  static Value truth(bool value);
  static Value object() { return json("{}"); }
  static Value list() { return json("[]"); }

  bool is_null() const;
  bool is_object() const;
  bool is_list() const;

  // The content of a string, a whole number, a truth value; nothing of any other value.
  std::optional<std::string> as_text() const;
  std::optional<std::int64_t> as_number() const;
  std::optional<bool> as_truth() const;

  // What is inside, in order. A value that is no object has no members, one that is no list no elements.
  Members& members();
  Elements& elements();

  // The member at a path of keys, `session.started_at` (keys with a dot are not found); null when there is none.
  Value* find(std::string_view path);
  // A copy of it; null when there is none.
  Value get(std::string_view path);
  // Puts a member in place of the one with this key, or behind the others. An object only.
  void set(std::string_view key, Value value);
  // Takes a member out; nothing when there is none.
  std::optional<Value> take(std::string_view key);
  void append(Value element);  // a list only

  void write(std::string& out) const;
  std::string to_json() const;

 private:
  std::variant<std::string, Members, Elements> state_;  // a string while nobody has opened it
};

struct Value::Member {
  std::string key;
  Value value;
};

}  // namespace ignition::server::compat
