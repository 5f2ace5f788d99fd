// Values that are taken apart only where somebody looks.
#include "compat/value.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "ignition/wire.hpp"

using ignition::server::compat::Value;

namespace {

// Opens everything.
void open(Value& value) {
  for (auto& [key, member] : value.members()) open(member);
  for (auto& element : value.elements()) open(element);
}

std::string some_json(int depth) {
  const int kind = *rc::gen::inRange(0, depth > 0 ? 7 : 5);
  if (kind == 0) return "null";
  if (kind == 1) return *rc::gen::arbitrary<bool>() ? "true" : "false";
  if (kind == 2) return std::to_string(*rc::gen::arbitrary<std::int64_t>());
  if (kind == 3) return *rc::gen::element<std::string>("0.5", "-1.25e-7", "1e300", "-0.0");
  if (kind == 4) {
    std::string out;
    ignition::write_json_string(out, *rc::gen::element<std::string>("", "a", "with \"quotes\"", "[{,:}]", "ü € 🎵",
                                                                    "back\\slash", "line\nbreak\t\x01", "null"));
    return out;
  }
  std::string out = kind == 5 ? "[" : "{";
  const int n = *rc::gen::inRange(0, 4);
  for (int i = 0; i < n; ++i) {
    if (i > 0) out += ',';
    if (kind == 6) {
      ignition::write_json_string(out, *rc::gen::element<std::string>("key", "a\"b", "ü", "x.y") + std::to_string(i));
      out += ':';
    }
    out += some_json(depth - 1);
  }
  return out + (kind == 5 ? "]" : "}");
}

}  // namespace

TEST_CASE("a value that was opened to its leaves is written as it came") {
  CHECK(rc::check([] {
    const std::string json = some_json(5);
    Value value = Value::json(json);
    RC_ASSERT(value.to_json() == json);
    open(value);
    RC_ASSERT(value.to_json() == json);
  }));
}

TEST_CASE("members are found by paths, replaced, added and taken") {
  Value value = Value::json(R"({"a":{"b":[1,{"c":null}]},"d":"x"})");
  CHECK(value.find("a.b")->elements().size() == 2);
  CHECK(value.find("a.c") == nullptr);
  CHECK(value.find("d.e") == nullptr);
  CHECK(value.get("a.c").is_null());
  value.set("d", Value::number(7));
  value.find("a")->set("n", Value::truth(true));
  value.find("a.b")->append(Value::text("q\"q"));
  CHECK(value.to_json() == R"({"a":{"b":[1,{"c":null},"q\"q"],"n":true},"d":7})");
  CHECK(value.take("a")->to_json() == R"({"b":[1,{"c":null},"q\"q"],"n":true})");
  CHECK_FALSE(value.take("a").has_value());
  CHECK(value.to_json() == R"({"d":7})");
}

TEST_CASE("a copy of a value changes alone") {
  Value value = Value::json(R"({"a":{"b":1}})");
  Value copy = value;
  copy.find("a")->set("b", Value::number(2));
  CHECK(value.to_json() == R"({"a":{"b":1}})");
  CHECK(copy.to_json() == R"({"a":{"b":2}})");
}

TEST_CASE("leaves are read as what they are, and as nothing else") {
  Value value = Value::json(R"({"t":"a\"b\u00e9\n","e":"","n":-12,"r":1.5,"b":true,"z":null,"l":[],"o":{}})");
  CHECK(value.get("t").as_text() == "a\"b\u00e9\n");
  CHECK(value.get("e").as_text() == "");
  CHECK(value.get("n").as_number() == -12);
  CHECK(value.get("b").as_truth() == true);
  CHECK(value.get("z").is_null());
  CHECK(value.get("l").is_list());
  CHECK(value.get("o").is_object());
  for (const char* key : {"n", "r", "b", "z", "l", "o"}) CHECK_FALSE(value.get(key).as_text().has_value());
  for (const char* key : {"t", "e", "r", "b", "z", "l", "o"}) CHECK_FALSE(value.get(key).as_number().has_value());
  for (const char* key : {"t", "n", "z", "l"}) CHECK_FALSE(value.get(key).as_truth().has_value());
  CHECK(value.find("n")->members().empty());
  CHECK(value.find("o")->elements().empty());
}
