// Text that claims to be an instant, a date, an id or a zone: whatever is accepted is written and read back the same.
#include <cstdlib>
#include <string_view>

#include "ignition/time.hpp"
#include "ignition/uuid.hpp"

namespace {

template <class Value>
void expect_round_trip(std::string_view text) {
  const auto value = Value::parse(text);
  if (value && Value::parse(value->text()) != value) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  expect_round_trip<ignition::LocalDate>(text);
  expect_round_trip<ignition::Uuid>(text);
  // An offset can move an instant out of the years 0000..9999, which have no text.
  const auto instant = ignition::Instant::parse(text);
  const auto first = ignition::Instant::parse("0000-01-02T00:00:00Z");
  const auto last = ignition::Instant::parse("9999-12-31T00:00:00Z");
  if (instant && *instant >= *first && *instant < *last) expect_round_trip<ignition::Instant>(text);
  if (const auto zone = ignition::TimeZone::find(text); zone && zone->name() != text) std::abort();
  return 0;
}
