// Reading text that people and programs wrote: pieces shared by the rules that parse files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ignition::rules {

bool is_utf8(std::string_view text);

std::vector<std::string_view> split_text(std::string_view text, char separator);

// Trimmed, ASCII letters lower-cased, runs of blanks (also no-break and narrow ones) one space, dashes hyphens.
std::string simplified(std::string_view text);

// Digits only, at most nine of them.
std::optional<std::int64_t> whole_number(std::string_view text);

// A decimal number with point or comma in millionths; digits beyond the ninth decimal are cut before rounding half away
// from zero. At most seven digits before the point.
std::optional<std::int64_t> decimal_micros(std::string_view text);

}  // namespace ignition::rules
