#include "ignition/rules/captures.hpp"

#include <algorithm>
#include <array>

#include "ignition/types.hpp"
#include "ignition/unicode.hpp"

namespace ignition::rules {
namespace {

// Without the control characters of ASCII and Latin-1 (U+0080..U+009F, in UTF-8 C2 80..C2 9F) but line break and tab.
std::string without_controls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool control = (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F;
    const bool latin = byte == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) >= 0x80 &&
                       static_cast<unsigned char>(text[i + 1]) <= 0x9F;
    if (latin) ++i;
    if (!control && !latin) out += text[i];
  }
  return out;
}

struct Opening {
  std::string_view text;  // lower case
  CaptureType type;
};
constexpr std::array<Opening, 5> kOpenings{{{"todo:", CaptureType::task},
                                            {"task:", CaptureType::task},
                                            {"[ ]", CaptureType::task},
                                            {"- [ ]", CaptureType::task},
                                            {"idea:", CaptureType::idea}}};

bool opens_with(std::string_view content, std::string_view opening) {
  return content.size() >= opening.size() &&
         std::equal(opening.begin(), opening.end(), content.begin(), [](char expected, char came) {
           return expected == (came >= 'A' && came <= 'Z' ? static_cast<char>(came - 'A' + 'a') : came);
         });
}

std::optional<CaptureType> type_named(std::string_view name) {
  if (name == "note") return CaptureType::note;
  if (name == "task") return CaptureType::task;
  if (name == "idea") return CaptureType::idea;
  return {};
}

}  // namespace

std::string_view first_code_points(std::string_view text, std::size_t most) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
    if (begins && count++ == most) return text.substr(0, i);
  }
  return text;
}

std::optional<CapturedText> split_capture(std::string_view content) {
  const std::string clean = without_controls(content);
  const std::string_view text = trimmed(clean);
  if (text.empty()) return {};
  const auto end = text.find('\n');
  const std::string_view line = trimmed(text.substr(0, end));
  std::string_view rest = end == std::string_view::npos ? std::string_view{} : trimmed(text.substr(end + 1));
  const std::string_view title = first_code_points(line, kMostTitle);

  std::string description(line.substr(title.size()));
  if (!description.empty() && !rest.empty()) description += '\n';
  description += rest;
  CapturedText out{.title = std::string(trimmed(title)), .description = {}};
  if (const auto kept = trimmed(description); !kept.empty()) out.description = std::string(kept);
  return out;
}

std::string content_of(std::string_view title, const std::optional<std::string>& description) {
  std::string out(title);
  if (description) out.append("\n").append(*description);
  return out;
}

std::optional<CaptureType> type_in_tags(std::span<const std::string> tags) {
  for (const auto& tag : tags) {
    if (const auto type = type_named(tag)) return type;
  }
  return {};
}

CaptureOpening judge_capture(std::string_view content, std::span<const std::string> tags) {
  if (const auto type = type_in_tags(tags)) return {.type = *type, .content = content};
  const std::string_view text = trimmed(content);
  for (const Opening& opening : kOpenings) {
    if (opens_with(text, opening.text)) return {.type = opening.type, .content = text.substr(opening.text.size())};
  }
  return {.type = CaptureType::note, .content = content};
}

std::vector<std::string> distinct_tags(std::vector<std::string> tags) {
  std::vector<std::string> seen;
  std::vector<std::string> out;
  for (auto& tag : tags) {
    auto key = lower_case(tag);
    if (std::ranges::find(seen, key) != seen.end()) continue;
    seen.push_back(std::move(key));
    out.push_back(std::move(tag));
  }
  return out;
}

}  // namespace ignition::rules
