#include "ignition/rules/training_text.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <string>

#include "ignition/error.hpp"
#include "support/training.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

// Texts as they are, numbers as they are written, null as nothing.
std::string input_of(test::Value v) {
  const test::Value input = v["input"];
  if (input.is_null()) return "";
  if (input.is_string()) return std::string(input.get_string().value());
  return simdjson::to_string(input);
}

template <class Call>
void check_refused(Call&& call) {
  try {
    call();
    FAIL_CHECK("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == Code::VALIDATION_ERROR);
    CHECK(error.fields()[0].field == "text");
  }
}

}  // namespace

TEST_CASE("targets and times are read as in the vectors") {
  const test::Vectors vectors("exercise/parsing.json");
  int cases = 0;
  const auto each = [&](const char* list, auto&& accept, auto&& read) {
    for (const test::Value v : vectors[list].get_array()) {
      const std::string input = input_of(v);
      CAPTURE(input);
      if (test::has(v, "error")) {
        check_refused([&] { read(input, v); });
      } else {
        accept(input, v);
      }
      ++cases;
    }
  };
  const auto reps = [](const std::string& input, test::Value) { return parse_target_reps(input); };
  each(
      "reps",
      [&](const std::string& input, test::Value v) {
        const TargetReps found = reps(input, v);
        CHECK(found == TargetReps{test::maybe_int(v, "reps_min"), test::maybe_int(v, "reps_max"),
                                  test::boolean(v, "amrap"), test::maybe_int(v, "duration_seconds")});
        CHECK(text_of(found) == test::maybe_text(v, "text"));
      },
      reps);
  const auto load = [](const std::string& input, test::Value v) {
    return parse_target_load(input, test::weight_unit(v, "unit"));
  };
  each(
      "weight",
      [&](const std::string& input, test::Value v) {
        std::optional<int> rpe;
        if (test::has(v, "rpe")) rpe = static_cast<int>(v["rpe"].get_double().value() * 2);
        CHECK(load(input, v) ==
              TargetLoad{test::maybe_integer(v, "weight_g"), test::maybe_int(v, "percent_x100"), rpe});
      },
      load);
  const auto tempo = [](const std::string& input, test::Value) { return parse_tempo(input); };
  each(
      "tempo", [&](const std::string& input, test::Value v) { CHECK(tempo(input, v) == test::text(v, "tempo")); },
      tempo);
  const auto duration = [](const std::string& input, test::Value) { return parse_duration(input); };
  each(
      "duration",
      [&](const std::string& input, test::Value v) { CHECK(duration(input, v) == test::integer(v, "seconds")); },
      duration);
  const auto time = [](const std::string& input, test::Value v) {
    return parse_local_time(input, TimeZone::find(test::text(v, "time_zone")).value());
  };
  each(
      "local_time", [&](const std::string& input, test::Value v) { CHECK(time(input, v) == test::instant(v, "utc")); },
      time);
  CHECK(cases == 94);
}

TEST_CASE("distances are those of the vectors") {
  const test::Vectors vectors("exercise/units.json");
  int cases = 0;
  for (const test::Value v : vectors["distance"].get_array()) {
    const std::string unit = test::text(v, "unit");
    const DistanceUnit kind = unit == "km"   ? DistanceUnit::km
                              : unit == "mi" ? DistanceUnit::mi
                              : unit == "yd" ? DistanceUnit::yd
                              : unit == "ft" ? DistanceUnit::ft
                                             : DistanceUnit::m;
    CHECK(parse_distance(test::text(v, "value"), kind) == test::integer(v, "mm"));
    ++cases;
  }
  CHECK(cases == 8);
  check_refused([] { parse_distance("9999999", DistanceUnit::mi); });
  check_refused([] { parse_distance("-1", DistanceUnit::m); });
  check_refused([] { parse_weight("9999999", WeightUnit::lb); });
}

TEST_CASE("any text is read or refused, and a shown target reads back") {
  CHECK(rc::check([] {
    std::string text;
    for (int i = *rc::gen::inRange(0, 12); i > 0; --i) {
      text += *rc::gen::element<std::string>("1", "8", "0", "12", "-", "+", " ", ":", "to", "s", "min", "x", "%", "@",
                                             "rpe", "bw", "kg", "lb", ".", ",", "h", "m", "\xE2\x80\x93", "\xFF");
    }
    const auto attempt = [&](auto&& call) {
      try {
        call();
      } catch (const Error& error) {
        RC_ASSERT(error.code() == Code::VALIDATION_ERROR);
      }
    };
    attempt([&] {
      const TargetReps target = parse_target_reps(text);
      if (const auto shown = text_of(target)) RC_ASSERT(parse_target_reps(*shown) == target);
    });
    attempt([&] { parse_target_load(text, WeightUnit::lb); });
    attempt([&] {
      const std::string tempo = parse_tempo(text);
      RC_ASSERT(parse_tempo(tempo) == tempo);
    });
    attempt([&] { RC_ASSERT(parse_duration(text) <= 86'400); });
    attempt([&] { parse_local_time(text, TimeZone()); });
  }));
}
