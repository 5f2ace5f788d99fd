// Text forms of training targets and of files from other programs (rules R1, R3 and R49.2 of training). Everything that
// is not one of the forms throws VALIDATION_ERROR for field `text`.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "ignition/rules/loads.hpp"
#include "ignition/time.hpp"

namespace ignition::rules {

struct TargetReps {
  std::optional<int> reps_min;  // 1..1000
  std::optional<int> reps_max;
  bool amrap = false;                   // as many as possible
  std::optional<int> duration_seconds;  // 1..86400
  friend bool operator==(const TargetReps&, const TargetReps&) = default;
};
BOOST_DESCRIBE_STRUCT(TargetReps, (), (reps_min, reps_max, amrap, duration_seconds))

// `10`, `8-12`, `8 to 12`, `8+`, `amrap`, `30s`, `1 min`, `1:30`; nothing for no target. A JSON number is given as its
// text.
TargetReps parse_target_reps(std::string_view text);
// `10`, `8-12`, `8+`, `AMRAP`; nothing for times and no target.
std::optional<std::string> text_of(const TargetReps& target);

struct TargetLoad {
  std::optional<std::int64_t> weight_g;  // of bodyweight exercises: added to the body
  std::optional<int> percent_x100;       // of the one-rep maximum: 1..120 percent
  std::optional<int> rpe_x2;             // 2..20
  friend bool operator==(const TargetLoad&, const TargetLoad&) = default;
};
BOOST_DESCRIBE_STRUCT(TargetLoad, (), (weight_g, percent_x100, rpe_x2))

// `62,5`, `135 lb`, `45#`, `75%`, `rpe 8`, `@8.5`, `bw`, `bw+10kg`; `unit` where none is written.
TargetLoad parse_target_load(std::string_view text, WeightUnit unit);

// Four phases; canonical `3-1-X-0`.
std::string parse_tempo(std::string_view text);

// `1h 5m 3s`, `45m`, `65min`, seconds, `H:MM:SS`, `M:SS`, in seconds; at most a day.
std::int64_t parse_duration(std::string_view text);

// `2026-01-15 18:30:00`, `2026-01-15 6:30 PM`, `22 Dec 2025, 08:00`, a date alone (noon), or ISO 8601 with zone. A time
// in a gap moves forward by the gap, a doubled one is the first.
Instant parse_local_time(std::string_view text, const TimeZone& zone);

enum class DistanceUnit : std::uint8_t { m, km, mi, yd, ft };
BOOST_DESCRIBE_ENUM(DistanceUnit, m, km, mi, yd, ft)

// A decimal number in a unit, in grams or millimetres, rounded half away from zero.
std::int64_t parse_weight(std::string_view text, WeightUnit unit);
std::int64_t parse_distance(std::string_view text, DistanceUnit unit);

}  // namespace ignition::rules
