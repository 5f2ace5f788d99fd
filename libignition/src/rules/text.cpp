#include "text.hpp"

#include <algorithm>

#include "ignition/rules/loads.hpp"

namespace ignition::rules {
namespace {

// Length of the code point that begins `text`; 0 when it is none (Unicode 15, table 3-7).
std::size_t code_point_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                             : (first & 0xF0) == 0xE0         ? 3
                             : first >= 0xF0 && first <= 0xF4 ? 4
                                                              : 0;
  if (length == 0 || text.size() < length) return 0;
  const unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  return length;
}

// Blanks and dashes beyond ASCII: no-break, narrow no-break and thin space; hyphens, en and em dash, minus.
struct Replacement {
  std::string_view from;
  char to;
};
constexpr Replacement kReplacements[] = {
    {"\xC2\xA0", ' '},     {"\xE2\x80\xAF", ' '}, {"\xE2\x80\x89", ' '}, {"\xE2\x80\x90", '-'},
    {"\xE2\x80\x91", '-'}, {"\xE2\x80\x93", '-'}, {"\xE2\x80\x94", '-'}, {"\xE2\x88\x92", '-'},
};

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = code_point_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::vector<std::string_view> split_text(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  for (std::size_t begin = 0;;) {
    const std::size_t end = text.find(separator, begin);
    pieces.push_back(text.substr(begin, end == std::string_view::npos ? end : end - begin));
    if (end == std::string_view::npos) return pieces;
    begin = end + 1;
  }
}

std::string simplified(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    char c = text[i];
    std::size_t length = 1;
    for (const Replacement& r : kReplacements) {
      if (text.substr(i).starts_with(r.from)) {
        c = r.to;
        length = r.from.size();
      }
    }
    i += length;
    if (c == '\t' || c == '\n' || c == '\r') c = ' ';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
    out += c;
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  if (text.empty() || text.size() > 9) return {};
  std::int64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return {};
    value = value * 10 + (c - '0');
  }
  return value;
}

std::optional<std::int64_t> decimal_micros(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const std::size_t point = text.find_first_of(".,");
  const std::string_view whole_text = text.substr(0, point);
  const auto whole = whole_number(whole_text);
  if (!whole || whole_text.size() > 7) return {};
  std::int64_t nanos = 0;
  if (point != std::string_view::npos) {
    std::string_view fraction = text.substr(point + 1);
    const bool digits = std::ranges::all_of(fraction, [](char c) { return c >= '0' && c <= '9'; });
    if (fraction.empty() || !digits) return {};
    for (std::size_t i = 0; i < 9; ++i) nanos = nanos * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
  }
  const std::int64_t micros = *whole * 1'000'000 + rounded_quotient(nanos, 1000);
  return negative ? -micros : micros;
}

}  // namespace ignition::rules
