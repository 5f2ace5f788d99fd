// Bytes that claim to be a calendar: what is read is written, and what is written is read as the same events.
#include <cstdlib>
#include <string_view>

#include "ignition/error.hpp"
#include "ignition/rules/icalendar.hpp"

namespace {

using namespace ignition;
using namespace ignition::rules;

void expect(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const TimeZone zone = TimeZone::find("America/New_York").value();
  CalendarImport first;
  try {
    first = read_icalendar(text, zone);
  } catch (const Error& error) {
    expect(error.code() == Code::VALIDATION_ERROR);
    return 0;
  }
  const CalendarImport second = read_icalendar(write_icalendar(first.events), zone);
  expect(second.skipped.empty());
  expect(second.ignored_components == 0);
  expect(second.events.size() <= first.events.size());
  for (const CalendarEvent& event : second.events) expand(event.series, whole_time(), 100);
  return 0;
}
