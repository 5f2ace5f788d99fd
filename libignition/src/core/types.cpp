#include "ignition/types.hpp"

#include <algorithm>
#include <array>

namespace ignition {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

// Length in bytes of a white-space character at the beginning of `text`; 0 when there is none.
std::size_t leading_space(std::string_view text) {
  if (text.empty()) return 0;
  if (text[0] == ' ' || (text[0] >= '\t' && text[0] <= '\r')) return 1;
  static constexpr std::array<std::string_view, 13> kSpaces = {"\u00A0", "\u2000", "\u2001", "\u2002", "\u2003",
                                                               "\u2004", "\u2005", "\u2006", "\u2007", "\u2008",
                                                               "\u2009", "\u200A", "\u3000"};
  for (const auto space : kSpaces) {
    if (text.starts_with(space)) return space.size();
  }
  return 0;
}

std::size_t trailing_space(std::string_view text) {
  for (std::size_t length = 1; length <= std::min<std::size_t>(3, text.size()); ++length) {
    if (leading_space(text.substr(text.size() - length)) == length) return length;
  }
  return 0;
}

bool is_url(std::string_view text, std::string_view scheme) {
  if (!text.starts_with(scheme)) return false;
  const std::string_view rest = text.substr(scheme.size());
  const std::string_view host = rest.substr(0, rest.find_first_of("/?#"));
  const bool clean = std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F || c == '\\' || c == '"' || c == '<' || c == '>';
  });
  return clean && !host.empty() && host.find('@') == std::string_view::npos;
}

}  // namespace

void detail::out_of_bounds(std::int64_t min, std::int64_t max, std::int64_t value) {
  throw Error(Code::VALIDATION_ERROR, fmt::format("A number must be {}..{}, got {}.", min, max, value))
      .because("out_of_range");
}

std::size_t code_points(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string_view trimmed(std::string_view text) {
  while (const std::size_t n = leading_space(text)) text.remove_prefix(n);
  while (const std::size_t n = trailing_space(text)) text.remove_suffix(n);
  return text;
}

bool ColorFormat::accepts(std::string_view text) {
  return text.size() == 7 && text[0] == '#' && std::all_of(text.begin() + 1, text.end(), is_hex);
}

bool TimeOfDayFormat::accepts(std::string_view text) {
  if (text.size() != 5 || text[2] != ':' || !is_digit(text[0]) || !is_digit(text[1]) || !is_digit(text[3]) ||
      !is_digit(text[4])) {
    return false;
  }
  return (text[0] - '0') * 10 + (text[1] - '0') < 24 && text[3] < '6';
}

bool TimeZoneFormat::accepts(std::string_view text) { return TimeZone::find(text).has_value(); }
bool HttpsUrlFormat::accepts(std::string_view text) { return is_url(text, "https://"); }
bool WebUrlFormat::accepts(std::string_view text) { return is_url(text, "https://") || is_url(text, "http://"); }

}  // namespace ignition
