// Text that claims to be a recurrence rule, for one of a few starts: whatever is accepted is written and read back the
// same, begins, and can be expanded at once wherever one looks.
#include <cstdlib>
#include <string_view>

#include "ignition/error.hpp"
#include "ignition/rules/recurrence.hpp"

namespace {

using namespace ignition;
using namespace ignition::rules;

SeriesStart start_for(unsigned choice) {
  const LocalDate date = LocalDate::of(1990 + static_cast<int>(choice % 50), 1 + choice % 12, 1 + choice % 28);
  if (choice % 5 == 0) return SeriesStart::on(date);
  const char* zone = choice % 3 == 0 ? "Australia/Lord_Howe" : choice % 3 == 1 ? "America/New_York" : "UTC";
  return SeriesStart::timed(WallTime::at(date, static_cast<int>(choice % 24), static_cast<int>(choice % 60)),
                            TimeZone::find(zone).value());
}

void expect(bool holds) {
  if (!holds) std::abort();
}

void check(const Recurrence& rule, const SeriesStart& start) {
  const std::string text = text_of(rule, start.all_day);
  expect(parse_recurrence(text, start) == rule);
  const Occurrences first = instances(rule, start, whole_time(), 50);
  expect(!first.starts.empty() && (first.starts.size() == 50 || !first.truncated));
  for (std::size_t i = 1; i < first.starts.size(); ++i) expect(first.starts[i - 1] < first.starts[i]);
  // Entered in the middle, the same instants follow.
  const Instant middle = first.starts[first.starts.size() / 2];
  const Occurrences rest = instances(rule, start, {middle, whole_time().to}, 50);
  expect(rest.starts.front() == middle);
  for (std::size_t i = first.starts.size() / 2; i < first.starts.size(); ++i) {
    expect(rest.starts[i - first.starts.size() / 2] == first.starts[i]);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) return 0;
  const SeriesStart start = start_for(bytes[0]);
  const std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  try {
    check(parse_recurrence(text, start), start);
  } catch (const Error& error) {
    expect(error.code() == Code::VALIDATION_ERROR && error.fields()[0].field == "recurrence_rule");
  }
  return 0;
}
