// What becomes of a captured thought: title and description, type, tags. Rules Q1, Q2, T1 and, for the inbox, I1. Texts
// are plain; encrypted ones (ciphertext.hpp) are never given to these functions.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ignition::rules {

enum class CaptureType : std::uint8_t { note, task, idea };
BOOST_DESCRIBE_ENUM(CaptureType, note, task, idea)

inline constexpr std::size_t kMostTitle = 4000;  // code points

struct CapturedText {
  std::string title;
  std::optional<std::string> description;

  friend bool operator==(const CapturedText&, const CapturedText&) = default;
};
BOOST_DESCRIBE_STRUCT(CapturedText, (), (title, description))

// Rule Q1: the first line and the rest, both trimmed, without control characters but line breaks and tabs. A first line
// over 4000 code points is cut there and what is left of it opens the description. Nothing when no text remains.
std::optional<CapturedText> split_capture(std::string_view content);
// The two put together again.
std::string content_of(std::string_view title, const std::optional<std::string>& description);

// Rule I1: the first tag that names a type.
std::optional<CaptureType> type_in_tags(std::span<const std::string> tags);

// Rule Q2 for a thought without a given type: by its tags, else by how it begins (`todo:`, `[ ]`, `idea:` ...).
struct CaptureOpening {
  CaptureType type = CaptureType::note;
  std::string_view content;  // without the opening that told the type
};
CaptureOpening judge_capture(std::string_view content, std::span<const std::string> tags);

// Rule T1: every tag once, letter case ignored; the first spelling and the order stay.
std::vector<std::string> distinct_tags(std::vector<std::string> tags);

// The first `most` code points of valid UTF-8.
std::string_view first_code_points(std::string_view text, std::size_t most);

}  // namespace ignition::rules
