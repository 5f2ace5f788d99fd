// The text of recurrence rules: reading, checking, rewriting and writing. Rules R1 to R6.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "ignition/error.hpp"
#include "ignition/rules/recurrence.hpp"
#include "ignition/types.hpp"
#include "text.hpp"

namespace ignition::rules {
namespace {

[[noreturn]] void refuse(std::string reason, std::string message) {
  throw invalid("recurrence_rule", std::move(reason), std::move(message)).with("field", "recurrence_rule");
}

constexpr std::array<std::string_view, 7> kDays = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
constexpr std::array<std::string_view, 4> kFrequencies = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"};

struct Part {
  std::string_view name;
  std::string_view value;
};

// What RFC 5545 and RFC 7529 name. The first two groups are refused where they stand, the third after all names.
constexpr std::array<std::string_view, 12> kKnown = {"FREQ",    "INTERVAL",   "COUNT",     "UNTIL",
                                                     "BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYDAY",
                                                     "BYHOUR",  "BYMINUTE",   "BYSETPOS",  "WKST"};
constexpr std::array<std::string_view, 2> kForeignCalendars = {"RSCALE", "SKIP"};
constexpr std::array<std::string_view, 2> kTooFine = {"BYSECOND", "BYWEEKNO"};

template <std::size_t N>
std::optional<std::size_t> index_in(const std::array<std::string_view, N>& words, std::string_view word) {
  const auto found = std::ranges::find(words, word);
  if (found == words.end()) return {};
  return static_cast<std::size_t>(found - words.begin());
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::vector<Part> parts_of(std::string_view rule) {
  std::vector<Part> parts;
  for (const std::string_view piece : split_text(rule, ';')) {
    const std::size_t equals = piece.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == piece.size()) {
      refuse("syntax", "The rule is not a list of NAME=VALUE joined by semicolons.");
    }
    parts.push_back({piece.substr(0, equals), piece.substr(equals + 1)});
  }
  return parts;
}

void check_names(const std::vector<Part>& parts) {
  if (std::ranges::find(parts, "FREQ", &Part::name) == parts.end()) refuse("syntax", "The rule has no FREQ.");
  for (auto part = parts.begin(); part != parts.end(); ++part) {
    if (std::ranges::find(parts.begin(), part, part->name, &Part::name) != part) {
      refuse("duplicate_part", fmt::format("{} stands twice in the rule.", part->name));
    }
  }
  for (const Part& part : parts) {
    if (index_in(kForeignCalendars, part.name)) {
      refuse("unsupported_part", fmt::format("{} is not supported.", part.name));
    }
    if (!index_in(kKnown, part.name) && !index_in(kTooFine, part.name)) {
      refuse("unknown_part", "The rule has a part that RFC 5545 does not know.");
    }
  }
  for (const Part& part : parts) {
    if (index_in(kTooFine, part.name)) refuse("unsupported_part", fmt::format("{} is not supported.", part.name));
    const bool too_often = part.value == "SECONDLY" || part.value == "MINUTELY" || part.value == "HOURLY";
    if (part.name == "FREQ" && too_often) refuse("unsupported_freq", "Rules repeat daily or less often.");
  }
}

// An integer with or without a sign; any number of digits, cut at a value beyond all bounds.
int integer(std::string_view text, std::string_view name) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty()) refuse("syntax", fmt::format("{} needs numbers.", name));
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') refuse("syntax", fmt::format("{} needs numbers.", name));
    value = std::min(value * 10 + (c - '0'), 100'000);
  }
  return negative ? -value : value;
}

void check_range(int value, int min, int max, std::string_view name) {
  if (value < min || value > max) refuse("out_of_range", fmt::format("{} takes {} to {}.", name, min, max));
}

int number(const Part& part, int min, int max) {
  const int value = integer(part.value, part.name);
  check_range(value, min, max, part.name);
  return value;
}

template <class T>
void sort_distinct(std::vector<T>& values) {
  std::ranges::sort(values);
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

std::vector<int> numbers(const Part& part, int min, int max) {
  std::vector<int> values;
  for (const std::string_view piece : split_text(part.value, ',')) values.push_back(integer(piece, part.name));
  for (const int value : values) check_range(value, min, max, part.name);
  sort_distinct(values);
  return values;
}

// +-1..max, never 0.
std::vector<int> signed_numbers(const Part& part, int max) {
  std::vector<int> values = numbers(part, -max, max);
  if (std::ranges::find(values, 0) != values.end()) refuse("out_of_range", fmt::format("{} takes no 0.", part.name));
  return values;
}

Weekday weekday(std::string_view text, std::string_view name) {
  const auto day = index_in(kDays, text);
  if (!day) refuse("syntax", fmt::format("{} takes MO, TU, WE, TH, FR, SA, SU.", name));
  return static_cast<Weekday>(*day + 1);
}

std::vector<RuleDay> days(const Part& part, int most) {
  std::vector<RuleDay> result;
  for (const std::string_view piece : split_text(part.value, ',')) {
    if (piece.size() < 2) refuse("syntax", "BYDAY takes weekdays, with or without an ordinal.");
    const std::string_view ordinal = piece.substr(0, piece.size() - 2);
    RuleDay day{weekday(piece.substr(piece.size() - 2), part.name)};
    if (!ordinal.empty()) {
      day.ordinal = integer(ordinal, part.name);
      check_range(day.ordinal, -most, most, part.name);
      if (day.ordinal == 0) refuse("out_of_range", "BYDAY takes no ordinal 0.");
    }
    result.push_back(day);
  }
  std::ranges::sort(result, {}, [](const RuleDay& d) { return std::pair(d.weekday, d.ordinal); });
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

[[noreturn]] void refuse_until() {
  refuse("until_form", "UNTIL is YYYYMMDD or YYYYMMDDTHHMMSS, with Z when it is UTC.");
}

// Two digits at `at`, which the caller knows to exist.
int two_digits(std::string_view text, std::size_t at) {
  const char a = text[at];
  const char b = text[at + 1];
  if (a < '0' || a > '9' || b < '0' || b > '9') refuse_until();
  return (a - '0') * 10 + (b - '0');
}

Instant until_of(std::string_view text, const SeriesStart& start) {
  if (text.size() < 8) refuse_until();
  const auto date = LocalDate::parse(fmt::format("{}-{}-{}", text.substr(0, 4), text.substr(4, 2), text.substr(6, 2)));
  if (!date) refuse_until();
  WallTime wall = WallTime::at(*date, 23, 59, 59);
  const bool has_time = text.size() > 8;
  const bool utc = text.ends_with('Z');
  if (has_time) {
    if (text[8] != 'T' || text.size() != (utc ? 16U : 15U)) refuse_until();
    const int hour = two_digits(text, 9);
    const int minute = two_digits(text, 11);
    const int second = two_digits(text, 13);
    if (hour > 23 || minute > 59 || second > 59) refuse_until();
    wall = WallTime::at(*date, hour, minute, second);
  }
  if (start.all_day) return {WallTime::at(*date, 0).us};
  return has_time && utc ? Instant{wall.us} : start.zone.instant(wall);
}

bool has_ordinals(const Recurrence& rule) {
  return std::ranges::any_of(rule.by_day, [](const RuleDay& d) { return d.ordinal != 0; });
}

// The combinations of rule R3.
bool is_bad_combination(const Recurrence& rule, bool all_day) {
  const bool daily = rule.frequency == RuleFrequency::DAILY;
  const bool weekly = rule.frequency == RuleFrequency::WEEKLY;
  const bool plain = std::ranges::any_of(rule.by_day, [](const RuleDay& d) { return d.ordinal == 0; });
  const bool timed = !rule.by_hour.empty() || !rule.by_minute.empty();
  if (has_ordinals(rule) && (plain || daily || weekly || !rule.by_month_day.empty())) return true;
  if (!rule.by_month_day.empty() && (weekly || (daily && rule.interval > 1))) return true;
  const bool other_days = !rule.by_month.empty() || !rule.by_month_day.empty() || !rule.by_day.empty();
  if (!rule.by_year_day.empty() && (rule.frequency != RuleFrequency::YEARLY || other_days)) return true;
  if (!rule.by_set_pos.empty()) {
    if (daily || timed) return true;
    if (rule.by_day.empty() && rule.by_month_day.empty() && rule.by_year_day.empty()) return true;
    if (weekly && (!rule.by_month.empty() || rule.by_day.empty())) return true;
  }
  if (timed && all_day) return true;
  return std::max<std::size_t>(rule.by_hour.size(), 1) * std::max<std::size_t>(rule.by_minute.size(), 1) > 24;
}

// WEEKLY with BYSETPOS: the weekdays at the chosen places of the week.
void choose_weekdays(Recurrence& rule) {
  const auto from_week_start = [&](const RuleDay& d) {
    return (static_cast<int>(d.weekday) - static_cast<int>(rule.week_start) + 7) % 7;
  };
  std::ranges::sort(rule.by_day, {}, from_week_start);
  std::vector<RuleDay> chosen;
  const int size = static_cast<int>(rule.by_day.size());
  for (const int place : rule.by_set_pos) {
    const int at = place > 0 ? place - 1 : size + place;
    if (at >= 0 && at < size) chosen.push_back(rule.by_day[static_cast<std::size_t>(at)]);
  }
  if (chosen.empty()) refuse("no_instances", "The rule never happens.");
  std::ranges::sort(chosen, {}, &RuleDay::weekday);
  chosen.erase(std::unique(chosen.begin(), chosen.end()), chosen.end());
  rule.by_day = std::move(chosen);
  rule.by_set_pos.clear();
}

// Rule R4.
void rewrite(Recurrence& rule) {
  if (rule.frequency == RuleFrequency::DAILY && !rule.by_month_day.empty()) rule.frequency = RuleFrequency::MONTHLY;
  if (rule.frequency == RuleFrequency::YEARLY && !rule.by_month_day.empty() && rule.by_month.empty()) {
    for (int month = 1; month <= 12; ++month) rule.by_month.push_back(month);
  }
  if (rule.frequency == RuleFrequency::WEEKLY && !rule.by_set_pos.empty()) choose_weekdays(rule);
}

// Everything but UNTIL, in the order in which it stands.
void read_values(const std::vector<Part>& parts, Recurrence& rule) {
  const auto frequency = index_in(kFrequencies, std::ranges::find(parts, "FREQ", &Part::name)->value);
  if (!frequency) refuse("syntax", "FREQ is DAILY, WEEKLY, MONTHLY or YEARLY.");
  rule.frequency = static_cast<RuleFrequency>(*frequency);
  const bool in_months =
      rule.frequency == RuleFrequency::MONTHLY ||
      (rule.frequency == RuleFrequency::YEARLY && std::ranges::find(parts, "BYMONTH", &Part::name) != parts.end());
  for (const Part& part : parts) {
    if (part.name == "INTERVAL") rule.interval = number(part, 1, 999);
    if (part.name == "COUNT") rule.count = number(part, 1, 999);
    if (part.name == "BYMONTH") rule.by_month = numbers(part, 1, 12);
    if (part.name == "BYMONTHDAY") rule.by_month_day = signed_numbers(part, 31);
    if (part.name == "BYYEARDAY") rule.by_year_day = signed_numbers(part, 366);
    if (part.name == "BYDAY") rule.by_day = days(part, in_months ? 5 : 53);
    if (part.name == "BYHOUR") rule.by_hour = numbers(part, 0, 23);
    if (part.name == "BYMINUTE") rule.by_minute = numbers(part, 0, 59);
    if (part.name == "BYSETPOS") rule.by_set_pos = signed_numbers(part, 366);
    if (part.name == "WKST") rule.week_start = weekday(part.value, part.name);
  }
}

std::string day_text(const RuleDay& day) {
  const std::string_view name = kDays[static_cast<std::size_t>(day.weekday) - 1];
  return day.ordinal == 0 ? std::string(name) : fmt::format("{}{}", day.ordinal, name);
}

}  // namespace

Recurrence parse_recurrence(std::string_view text, const SeriesStart& start) {
  if (text.size() > kMaxRuleText && code_points(text) > kMaxRuleText) {
    refuse("too_long", fmt::format("A rule has at most {} characters.", kMaxRuleText));
  }
  const std::string upper_text = upper(trimmed(text));
  std::string_view rule_text = upper_text;
  if (rule_text.starts_with("RRULE:")) rule_text.remove_prefix(6);
  if (rule_text.ends_with(';')) rule_text.remove_suffix(1);

  const std::vector<Part> parts = parts_of(rule_text);
  check_names(parts);
  Recurrence rule;
  read_values(parts, rule);
  const auto until = std::ranges::find(parts, "UNTIL", &Part::name);
  if (until != parts.end()) rule.until = until_of(until->value, start);
  if (rule.count && rule.until) refuse("count_and_until", "A rule has COUNT or UNTIL, not both.");
  if (is_bad_combination(rule, start.all_day)) {
    refuse("bad_combination", "The parts of the rule do not go together.");
  }
  rewrite(rule);
  if (!series_start(rule, start)) refuse("no_instances", "The rule never happens.");
  return rule;
}

std::string text_of(const Recurrence& rule, bool all_day) {
  std::string out = fmt::format("FREQ={}", kFrequencies[static_cast<std::size_t>(rule.frequency)]);
  const auto list = [&out](std::string_view name, const std::vector<int>& values) {
    if (!values.empty()) fmt::format_to(std::back_inserter(out), ";{}={}", name, fmt::join(values, ","));
  };
  if (rule.interval != 1) fmt::format_to(std::back_inserter(out), ";INTERVAL={}", rule.interval);
  if (rule.count) fmt::format_to(std::back_inserter(out), ";COUNT={}", *rule.count);
  if (rule.until) fmt::format_to(std::back_inserter(out), ";UNTIL={}", basic_recurrence_id(*rule.until, all_day));
  list("BYMONTH", rule.by_month);
  list("BYMONTHDAY", rule.by_month_day);
  list("BYYEARDAY", rule.by_year_day);
  for (std::size_t i = 0; i < rule.by_day.size(); ++i) {
    out += i == 0 ? ";BYDAY=" : ",";
    out += day_text(rule.by_day[i]);
  }
  list("BYHOUR", rule.by_hour);
  list("BYMINUTE", rule.by_minute);
  list("BYSETPOS", rule.by_set_pos);
  if (rule.week_start != Weekday::monday) {
    fmt::format_to(std::back_inserter(out), ";WKST={}", kDays[static_cast<std::size_t>(rule.week_start) - 1]);
  }
  return out;
}

}  // namespace ignition::rules
