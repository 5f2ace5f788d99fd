// Content lines of iCalendar (RFC 5545, section 3.1): unfolding, names, parameters, components; and folding.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ignition::rules {

struct ContentLine {
  std::string name;  // upper case
  std::vector<std::pair<std::string, std::string>> parameters;
  std::string value;  // as it stands, escapes included

  std::optional<std::string_view> parameter(std::string_view wanted) const;
};

struct CalendarComponent {
  std::string name;  // upper case
  std::vector<ContentLine> lines;
  std::vector<CalendarComponent> children;

  const ContentLine* find(std::string_view wanted) const;
  std::vector<const ContentLine*> all(std::string_view wanted) const;
  std::size_t line_count() const;  // with those of its children
};

// The components of all VCALENDARs. Throws VALIDATION_ERROR `malformed` or `not_icalendar`.
std::vector<CalendarComponent> read_components(std::string_view text);

// A line without escapes as text; and text as the value of a line.
std::string unescaped(std::string_view value);
std::string escaped(std::string_view text);
// Appends a line in pieces of at most 75 octets, never cutting a character.
void append_folded(std::string& out, std::string_view line);

}  // namespace ignition::rules
