#include "ignition/wire.hpp"

#include <doctest/doctest.h>

#include <rapidcheck.h>

using namespace ignition;

namespace wire_test {

enum class Mood { calm, break_ };
BOOST_DESCRIBE_ENUM(Mood, calm, break_)

struct Step {
  Trimmed<1, 5> title;
  std::optional<Int<1, 9>> minutes;
};
BOOST_DESCRIBE_STRUCT(Step, (), (title, minutes))

struct Plan {
  Int<60, 14400> duration;
  Or<Mood, Mood::calm> mood;
  std::optional<LocalDate> date;
  List<Step, 0, 2> steps;
  Update<Text<0, 3>> notes;
  std::optional<Json> extra;
  static constexpr Alias aliases[] = {{"length", "duration"}};
};
BOOST_DESCRIBE_STRUCT(Plan, (), (duration, mood, date, steps, notes, extra))

struct Everything {
  bool yes = false;
  std::int64_t number = 0;
  double real = 0;
  std::string text;
  Uuid id;
  Instant at;
  LocalDate date;
  std::vector<std::string> words;
  Map<bool> switches;
  std::optional<Mood> mood;
};
BOOST_DESCRIBE_STRUCT(Everything, (), (yes, number, real, text, id, at, date, words, switches, mood))

// "field code" of every refused field, comma separated.
std::string refusals(std::string_view json) {
  try {
    from_json<Plan>(json);
  } catch (const Error& error) {
    CHECK(error.code() == Code::VALIDATION_ERROR);
    std::string out;
    for (const auto& field : error.fields()) out += (out.empty() ? "" : ", ") + field.field + " " + field.code;
    return out;
  }
  return "";
}

TEST_CASE("a complete input is read and defaults fill what is absent") {
  const auto plan = from_json<Plan>(R"({"duration": 1500, "steps": [{"title": " walk "}], "notes": null})");
  CHECK(plan.duration == 1500);
  CHECK(plan.mood == Mood::calm);
  CHECK_FALSE(plan.date.has_value());
  CHECK(plan.steps.at(0).title.value == "walk");
  CHECK(plan.notes.clears());
  CHECK(from_json<Plan>(R"({"length":60,"steps":[],"mood":"break"})").mood == Mood::break_);
}

TEST_CASE("every refused field is named with its path") {
  CHECK(
      refusals(R"({"duration": 59, "steps": [{"title": ""}, {"title": "abcdef", "minutes": 10}], "x": {"y": [1]}})") ==
      "duration out_of_range, steps[0].title too_short, steps[1].title too_long, steps[1].minutes out_of_range, "
      "x unknown_field");
  CHECK(refusals(R"({"steps": [{}]})") == "steps[0].title required, duration required");
  CHECK(refusals(R"({"duration": 60.5, "steps": {}})") == "duration wrong_type, steps wrong_type");
  CHECK(refusals(R"({"duration": 99999999999999999999, "steps": []})") == "duration out_of_range");
  CHECK(refusals(R"({"duration": "60", "steps": [], "mood": "wild", "date": "2026-02-30"})") ==
        "duration wrong_type, mood not_one_of, date invalid_format");
  CHECK(refusals(R"({"duration": 60, "steps": [{"title":"a"},{"title":"b"},{"title":"c"}]})") == "steps too_many");
  CHECK(refusals(R"({"duration": 60, "steps": [], "notes": "a\u0000b"})") == "notes invalid_text");
  CHECK(refusals("") == "duration required, steps required");
}

TEST_CASE("malformed documents are refused as a whole") {
  std::string deep(kMaxJsonDepth + 1, '[');
  deep = R"({"duration":60,"steps":[],"extra":)" + deep + std::string(kMaxJsonDepth + 1, ']') + "}";
  const std::string unclosed = R"({"duration":60,"steps":[],"extra":)" + std::string(100000, '[');
  for (const std::string& bad :
       {std::string("{"), std::string("nul"), std::string("[1"), std::string("{\"duration\":60,\"steps\":[]} x"),
        std::string("{\"duration\":60,\"steps\":[],}"), std::string("{\"duration\":060,\"steps\":[]}"),
        std::string("{\"duration\":60,\"duration\":61,\"steps\":[]}"), std::string("{\"duration\":60,\"steps\":[]}}"),
        std::string("{\"duration\":60,\"steps\":[],\"extra\":{\"a\":1,\"a\":2}}"), std::string("\"text\""),
        std::string("{\"duration\":60,\"steps\":[],\"notes\":\"\xff\"}"), std::string("{'duration':60}"), deep,
        unclosed, std::string("{\"duration\":60,\"steps\":[],\"x\":nulll}"), std::string("5"), std::string("\0", 1)}) {
    CAPTURE(bad.substr(0, 80));
    CHECK(refusals(bad) == " malformed_json");
  }
}

TEST_CASE("opaque JSON is kept compact and in its own order") {
  const auto plan =
      from_json<Plan>(R"({"duration":60,"steps":[],"extra": { "b" : [ 1.50, -0, true , null], "a":"\u00e9\n" } })");
  CHECK(plan.extra->text == "{\"b\":[1.50,-0,true,null],\"a\":\"\u00e9\\n\"}");
}

TEST_CASE("parameters set fields with the same checks") {
  Plan plan;
  Reader reader;
  reader.set(type_info<Plan>, &plan, "duration", "90");
  reader.set(type_info<Plan>, &plan, "date", "2026-01-14");
  reader.set(type_info<Plan>, &plan, "duration", "91");
  reader.set(type_info<Plan>, &plan, "mood", "x");
  reader.set(type_info<Plan>, &plan, "nonsense", "x");
  reader.require(type_info<Plan>);
  CHECK(plan.duration == 90);
  CHECK(plan.date == LocalDate::of(2026, 1, 14));
  REQUIRE(reader.errors().size() == 4);
  CHECK(reader.errors()[0].code == "repeated");
  CHECK(reader.errors()[1].code == "not_one_of");
  CHECK(reader.errors()[2].code == "unknown_field");
  CHECK(reader.errors()[3].field == "steps");
}

TEST_CASE("list parameters take commas and repetition") {
  Everything value;
  Reader reader;
  reader.set(type_info<Everything>, &value, "words", "a,b");
  reader.set(type_info<Everything>, &value, "words", "c");
  CHECK(reader.errors().empty());
  CHECK(value.words == std::vector<std::string>{"a", "b", "c"});
}

TEST_CASE("strings are escaped only where JSON requires it") {
  std::string out;
  write_json_string(out, "a\"b\\c/\b\f\n\r\t\x01\x1f\x7f\u00e9");
  CHECK(out == "\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\u00e9\"");
}

TEST_CASE("an error tells its reason, fields and further details") {
  const Error error = conflict("order_changed", "Moved.").with("missing", 2).with("who", "a\"b");
  CHECK(error.json() ==
        R"({"code":"CONFLICT","message":"Moved.","details":{"reason":"order_changed","missing":2,"who":"a\"b"}})");
  CHECK(unlinked("task_id").details_json() == R"({"reason":"unknown_link","field":"task_id"})");
}

TEST_CASE("what is written is read back as it was") {
  CHECK(rc::check([](std::vector<std::string> words, std::int64_t number, bool yes, std::int32_t day, std::int64_t at) {
    Everything value{.yes = yes, .number = number, .real = static_cast<double>(number) / 8};
    for (auto& word : words) {  // arbitrary bytes are not UTF-8
      std::erase_if(word, [](char c) { return c <= 0; });
      value.words.push_back(word);
      value.text += word;
    }
    value.date = {day % 1000000};
    value.at = {at % 100000000000000000};
    if (value.date.year() < 0 || value.date.year() > 9999) value.date = {};
    if (value.at.us < -62167219200000000) value.at = {};
    value.switches.entries = {{"a", true}, {"b", false}};
    if (yes) value.mood = Mood::break_;
    const std::string json = to_json(value);
    RC_ASSERT(to_json(from_json<Everything>(json)) == json);
  }));
}

TEST_CASE("no bytes make the reader do anything but read or refuse") {
  CHECK(rc::check([](const std::string& junk) {
    for (const std::string& json :
         {junk, "{\"duration\":" + junk + "}", "{\"duration\":60,\"steps\":[" + junk + "]}"}) {
      try {
        from_json<Plan>(json);
      } catch (const Error& error) {
        RC_ASSERT(error.code() == Code::VALIDATION_ERROR);
      }
    }
  }));
}

}  // namespace wire_test
