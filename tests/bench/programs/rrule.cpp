// What recurrence costs: reading each rule of a file and expanding it over 2026, by Ignition and by libical.
//   measure_rrule RULES
#include <libical/ical.h>

#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "ignition/rules/recurrence.hpp"
#include "measure.hpp"

namespace {

using namespace ignition;
using namespace ignition::rules;

const Window kYear{Instant::parse("2026-01-01T00:00:00Z").value(), Instant::parse("2027-01-01T00:00:00Z").value()};

std::size_t expand_all(const std::vector<std::string>& rules, const TimeZone& zone) {
  const SeriesStart start = SeriesStart::timed(WallTime::at(LocalDate::of(2024, 1, 1), 9), zone);
  std::size_t found = 0;
  for (const std::string& rule : rules) {
    found += expand(Series{.start = start, .rule = parse_recurrence(rule, start)}, kYear).starts.size();
  }
  return found;
}

std::size_t by_libical(const std::vector<std::string>& rules) {
  const icaltimetype start = icaltime_from_string("20240101T090000");
  std::size_t found = 0;
  for (const std::string& rule : rules) {
    icalrecur_iterator* iterator = icalrecur_iterator_new(icalrecurrencetype_from_string(rule.c_str()), start);
    if (iterator == nullptr) throw std::runtime_error(rule);
    for (icaltimetype t = icalrecur_iterator_next(iterator); icaltime_is_null_time(t) == 0 && t.year < 2027;
         t = icalrecur_iterator_next(iterator)) {
      if (t.year == 2026) ++found;
    }
    icalrecur_iterator_free(iterator);
  }
  return found;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  std::ifstream file(arguments[1]);
  std::vector<std::string> rules;
  for (std::string rule; file >> rule;) rules.push_back(rule);
  const double each = static_cast<double>(rules.size());
  const TimeZone berlin = TimeZone::find("Europe/Berlin").value();
  std::size_t found = 0;
  std::size_t zoned = 0;
  std::size_t peer = 0;
  const double ours = bench::median_us(501, [&] { found = expand_all(rules, TimeZone()); }) / each;
  const double in_zone = bench::median_us(501, [&] { zoned = expand_all(rules, berlin); }) / each;
  const double theirs = bench::median_us(501, [&] { peer = by_libical(rules); }) / each;
  if (zoned != found || peer != found) throw std::runtime_error("the expansions differ");
  bench::print("rules.rrule.ignition_us", ours, "us");
  bench::print("rules.rrule.ignition_zoned_us", in_zone, "us");
  bench::print("rules.rrule.libical_us", theirs, "us");
  std::printf("{\"occurrences\":%zu}\n", found);
}
