#include "ignition/rules/training_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "ignition/error.hpp"
#include "text.hpp"

namespace ignition::rules {
namespace {

[[noreturn]] void refuse(std::string message) { throw invalid("text", "invalid", std::move(message)); }

// The number before one of these units; nothing when there is none of them.
std::optional<std::string_view> before_unit(std::string_view text, std::initializer_list<std::string_view> units) {
  for (const std::string_view unit : units) {
    if (!text.ends_with(unit)) continue;
    text.remove_suffix(unit.size());
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
  }
  return {};
}

int bounded(std::optional<std::int64_t> value, std::int64_t min, std::int64_t max, std::string_view what) {
  if (!value || *value < min || *value > max) refuse(fmt::format("{}: {} to {}.", what, min, max));
  return static_cast<int>(*value);
}

int reps(std::string_view text) { return bounded(whole_number(text), 1, 1000, "Repetitions"); }

// Seconds of `1:30` or `1:05:30`; nothing for other text.
std::optional<std::int64_t> clock_seconds(std::string_view text) {
  const auto parts = split_text(text, ':');
  if (parts.size() < 2 || parts.size() > 3) return {};
  std::int64_t seconds = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto value = whole_number(parts[i]);
    if (!value || parts[i].size() > 5) return {};
    if (i > 0 && (parts[i].size() != 2 || *value > 59)) return {};
    seconds = seconds * 60 + *value;
  }
  return seconds;
}

std::optional<int> seconds_target(std::string_view text) {
  std::optional<std::int64_t> seconds = clock_seconds(text);
  if (!seconds) {
    if (const auto number = before_unit(text, {"seconds", "secs", "sec", "s"})) seconds = whole_number(*number);
  }
  if (!seconds) {
    if (const auto number = before_unit(text, {"minutes", "mins", "min"})) {
      seconds = whole_number(*number);
      if (seconds) seconds = *seconds * 60;
    }
  }
  if (!seconds) return {};
  return bounded(seconds, 1, 86'400, "Seconds");
}

std::int64_t checked_load(std::int64_t grams) { return bounded(grams, kMinLoadGrams, kMaxLoadGrams, "Grams"); }

// A number with or without its unit.
std::int64_t weight_with_unit(std::string_view text, WeightUnit unit) {
  if (const auto number = before_unit(text, {"kgs", "kg"})) return parse_weight(*number, WeightUnit::kg);
  if (const auto number = before_unit(text, {"lbs", "lb", "#"})) return parse_weight(*number, WeightUnit::lb);
  return parse_weight(text, unit);
}

std::string without_blanks(std::string_view text) {
  std::string out(text);
  std::erase(out, ' ');
  return out;
}

// Micros as hundredths, when no digit is lost.
std::optional<std::int64_t> exact_part(std::optional<std::int64_t> micros, std::int64_t unit) {
  if (!micros || *micros % unit != 0) return {};
  return *micros / unit;
}

constexpr std::array<std::string_view, 12> kMonths = {"january",   "february", "march",    "april",
                                                      "may",       "june",     "july",     "august",
                                                      "september", "october",  "november", "december"};

unsigned month_of(std::string_view word) {
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (word == kMonths[i] || word == kMonths[i].substr(0, 3) || (word == "sept" && i == 8)) {
      return static_cast<unsigned>(i) + 1;
    }
  }
  refuse("There is no such month.");
}

// `HH:MM[:SS][ am| pm]`
std::int64_t time_of_day(std::string_view text) {
  bool pm = false;
  bool twelve = false;
  for (const std::string_view half : {"am", "pm"}) {
    if (const auto rest = before_unit(text, {half})) {
      twelve = true;
      pm = half == "pm";
      text = *rest;
      break;
    }
  }
  const auto parts = split_text(text, ':');
  if (parts.size() < 2 || parts.size() > 3) refuse("A time is HH:MM or HH:MM:SS.");
  std::int64_t values[3] = {0, 0, 0};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].size() > 2 || (i > 0 && parts[i].size() != 2)) refuse("A time is HH:MM or HH:MM:SS.");
    values[i] = bounded(whole_number(parts[i]), 0, i == 0 ? 23 : 59, "Time");
  }
  if (twelve) {
    if (values[0] < 1 || values[0] > 12) refuse("An hour before AM or PM is 1 to 12.");
    values[0] = values[0] % 12 + (pm ? 12 : 0);
  }
  return values[0] * 3600 + values[1] * 60 + values[2];
}

// `22 dec 2025` or `2025-12-22`
LocalDate date_of(std::string_view text) {
  if (const auto date = LocalDate::parse(text)) return *date;
  const auto parts = split_text(text, ' ');
  if (parts.size() != 3 || parts[0].size() > 2 || parts[2].size() != 4) refuse("A date is 2026-01-15 or 15 Jan 2026.");
  const auto day = whole_number(parts[0]);
  const auto year = whole_number(parts[2]);
  if (!day || !year) refuse("A date is 2026-01-15 or 15 Jan 2026.");
  const auto date = LocalDate::parse(fmt::format("{:04}-{:02}-{:02}", *year, month_of(parts[1]), *day));
  if (!date) refuse("There is no such date.");
  return *date;
}

}  // namespace

TargetReps parse_target_reps(std::string_view input) {
  const std::string text = simplified(input);
  TargetReps target;
  if (text.empty()) return target;
  if (text == "amrap" || text == "max" || text == "failure" || text == "to failure") {
    target.amrap = true;
    return target;
  }
  if (text.ends_with('+')) {
    target.reps_min = reps(std::string_view(text).substr(0, text.size() - 1));
    target.amrap = true;
    return target;
  }
  if (const auto seconds = seconds_target(text)) {
    target.duration_seconds = seconds;
    return target;
  }
  if (const std::size_t to = text.find(" to "); to != std::string::npos) {
    target.reps_min = reps(std::string_view(text).substr(0, to));
    target.reps_max = reps(std::string_view(text).substr(to + 4));
  } else if (const std::string dense = without_blanks(text); dense.find('-') != std::string::npos) {
    const auto parts = split_text(dense, '-');
    if (parts.size() != 2) refuse("A range of repetitions is 8-12.");
    target.reps_min = reps(parts[0]);
    target.reps_max = reps(parts[1]);
  } else {
    // A JSON number may come as 12.0.
    target.reps_min = bounded(exact_part(decimal_micros(text), 1'000'000), 1, 1000, "Repetitions");
    target.reps_max = target.reps_min;
  }
  if (*target.reps_min > *target.reps_max) refuse("A range of repetitions begins with the smaller number.");
  return target;
}

std::optional<std::string> text_of(const TargetReps& target) {
  if (target.amrap) return target.reps_min ? fmt::format("{}+", *target.reps_min) : "AMRAP";
  if (!target.reps_min) return {};
  if (!target.reps_max || target.reps_max == target.reps_min) return fmt::format("{}", *target.reps_min);
  return fmt::format("{}-{}", *target.reps_min, *target.reps_max);
}

TargetLoad parse_target_load(std::string_view input, WeightUnit unit) {
  const std::string text = simplified(input);
  TargetLoad target;
  if (text.empty()) return target;
  if (const auto percent = before_unit(text, {"%"})) {
    target.percent_x100 = bounded(exact_part(decimal_micros(*percent), 10'000), 100, 12'000, "Percent x 100");
    return target;
  }
  if (text.starts_with("rpe") || text.starts_with('@')) {
    std::string_view number = std::string_view(text).substr(text[0] == '@' ? 1 : 3);
    if (number.starts_with(' ')) number.remove_prefix(1);
    target.rpe_x2 = bounded(exact_part(decimal_micros(number), 500'000), 2, 20, "RPE x 2");
    return target;
  }
  if (text.starts_with("bw")) {
    const std::string rest = without_blanks(std::string_view(text).substr(2));
    if (!rest.empty() && rest[0] != '+' && rest[0] != '-') refuse("Added load is bw+10 or bw-10.");
    target.weight_g = rest.empty() ? 0 : checked_load(weight_with_unit(rest, unit));
    return target;
  }
  target.weight_g = checked_load(weight_with_unit(text, unit));
  return target;
}

std::string parse_tempo(std::string_view input) {
  std::string text = simplified(input);
  std::vector<std::string> phases;
  const char separator = text.find('-') != std::string::npos ? '-' : text.find('/') != std::string::npos ? '/' : ' ';
  if (text.find(separator) == std::string::npos) {
    for (const char c : text) phases.emplace_back(1, c);
  } else {
    for (const std::string_view phase : split_text(text, separator)) phases.push_back(without_blanks(phase));
  }
  if (phases.size() == 3) phases.emplace_back("0");
  if (phases.size() != 4) refuse("A tempo has four phases: 3-1-X-0.");
  std::string out;
  for (const std::string& phase : phases) {
    if (!out.empty()) out += '-';
    if (phase == "x") {
      out += 'X';
    } else {
      out += std::to_string(bounded(phase.size() <= 2 ? whole_number(phase) : std::nullopt, 0, 99, "A phase"));
    }
  }
  return out;
}

std::int64_t parse_duration(std::string_view input) {
  const std::string text = simplified(input);
  if (text.empty()) refuse("A duration is 1h 5m, 45m, 1:05:30 or seconds.");
  std::int64_t seconds = 0;
  if (text.find(':') != std::string::npos) {
    const auto found = clock_seconds(text);
    if (!found) refuse("A duration is M:SS or H:MM:SS.");
    seconds = *found;
  } else if (const auto plain = decimal_micros(text)) {
    seconds = rounded_quotient(*plain, 1'000'000);
  } else {
    for (const std::string_view part : split_text(text, ' ')) {
      const std::size_t unit_at = part.find_first_not_of("0123456789");
      const auto value = whole_number(part.substr(0, unit_at));
      const std::string_view unit = unit_at == std::string_view::npos ? "" : part.substr(unit_at);
      const std::int64_t factor = unit == "h"                    ? 3600
                                  : unit == "m" || unit == "min" ? 60
                                  : unit == "s" || unit == "sec" ? 1
                                                                 : 0;
      if (!value || factor == 0) refuse("A duration is 1h 5m 3s.");
      seconds += std::min<std::int64_t>(*value, 100'000) * factor;
    }
  }
  return bounded(seconds, 0, 86'400, "Seconds");
}

Instant parse_local_time(std::string_view input, const TimeZone& zone) {
  std::string text = simplified(input);
  if (const auto instant = Instant::parse(text)) return *instant;
  std::int64_t seconds = 12 * 3600;
  std::string_view date = text;
  if (const std::size_t comma = text.find(", "); comma != std::string::npos) {
    date = std::string_view(text).substr(0, comma);
    seconds = time_of_day(std::string_view(text).substr(comma + 2));
  } else if (text.size() > 11 && (text[10] == ' ' || text[10] == 't')) {
    date = std::string_view(text).substr(0, 10);
    seconds = time_of_day(std::string_view(text).substr(11));
  }
  return zone.instant({WallTime::at(date_of(date), 0).us + seconds * 1'000'000});
}

std::int64_t parse_weight(std::string_view text, WeightUnit unit) {
  const auto micros = decimal_micros(text);
  // Beyond all bounds, and before a product could overflow.
  if (!micros || *micros > 20'000'000'000 || *micros < -20'000'000'000) refuse("A weight is a number.");
  if (unit == WeightUnit::kg) return rounded_quotient(*micros, 1000);
  return rounded_quotient(*micros * 45'359'237, 100'000'000'000);
}

std::int64_t parse_distance(std::string_view text, DistanceUnit unit) {
  const auto micros = decimal_micros(text);
  if (!micros || *micros < 0) refuse("A distance is a number.");
  // Tenths of a millimetre in one unit.
  static constexpr std::array<std::int64_t, 5> kTenths = {10'000, 10'000'000, 16'093'440, 9144, 3048};
  const std::int64_t tenths = kTenths[static_cast<std::size_t>(unit)];
  if (*micros > 10 * kMaxDistanceMm / tenths * 1'000'000) refuse("A distance is at most 1000 km.");
  return rounded_quotient(*micros * tenths, 10'000'000);
}

}  // namespace ignition::rules
