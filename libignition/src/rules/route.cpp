#include "ignition/rules/route.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace ignition::rules {
namespace {

using namespace std::string_view_literals;

constexpr std::array kSinglePages{"focus"sv, "ignitions"sv, "wins"sv, "stats"sv, "inbox"sv, "progress"sv, "market"sv};
constexpr std::array kOpenPages{"quests"sv,   "exercise"sv,  "learn"sv,   "habits"sv,    "planner"sv,
                                "goals"sv,    "hub"sv,       "ideas"sv,   "books"sv,     "projects"sv,
                                "infobase"sv, "reference"sv, "arrange"sv, "templates"sv, "onboarding"sv};
constexpr std::array kSchemes{"javascript:"sv, "data:"sv, "vbscript:"sv};

// ASCII only: a locale must not change which links are safe.
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool equal_ignoring_case(char a, char b) { return lower(a) == lower(b); }

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  return !std::ranges::search(text, part, equal_ignoring_case).empty();
}

bool is_refused_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte == 0x7F || c == '\\';
}

// "." or "..", also when a dot is written as %2e.
bool is_dot_segment(std::string_view segment) {
  int dots = 0;
  while (!segment.empty()) {
    if (segment.front() == '.') {
      segment.remove_prefix(1);
    } else if (segment.size() >= 3 && std::ranges::equal(segment.substr(0, 3), "%2e"sv, equal_ignoring_case)) {
      segment.remove_prefix(3);
    } else {
      return false;
    }
    if (++dots > 2) return false;
  }
  return dots > 0;
}

// Checks the segments after the leading slash. An empty last segment is a trailing slash.
bool has_clean_segments(std::string_view path) {
  while (true) {
    const std::size_t slash = path.find('/');
    const std::string_view segment = path.substr(0, slash);
    const bool last = slash == std::string_view::npos;
    if ((segment.empty() && !last) || is_dot_segment(segment)) return false;
    if (last) return true;
    path.remove_prefix(slash + 1);
  }
}

std::string_view without_query(std::string_view href) { return href.substr(0, href.find_first_of("?#")); }

}  // namespace

bool is_valid_route(std::string_view href) {
  if (href.size() < 2 || href.size() > kMaxRouteBytes || href[0] != '/' || href[1] == '/') return false;
  if (std::ranges::any_of(href, is_refused_byte)) return false;
  if (std::ranges::any_of(kSchemes, [&](std::string_view s) { return contains_ignoring_case(href, s); })) return false;

  const std::string_view path = without_query(href).substr(1);
  if (!has_clean_segments(path)) return false;
  const std::string_view first = path.substr(0, path.find('/'));
  if (std::ranges::find(kOpenPages, first) != kOpenPages.end()) return true;
  return first.size() == path.size() && std::ranges::find(kSinglePages, first) != kSinglePages.end();
}

std::string_view route_path(std::string_view href) {
  std::string_view path = without_query(href);
  if (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  return path;
}

}  // namespace ignition::rules
