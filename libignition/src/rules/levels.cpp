#include "ignition/rules/levels.hpp"

#include <algorithm>
#include <array>
#include <bit>

namespace ignition::rules {

namespace {

// floor(sqrt(n)) by Newton's method from above.
constexpr std::uint64_t integer_sqrt(std::uint64_t n) {
  if (n < 2) return n;
  std::uint64_t root = std::uint64_t{1} << ((std::bit_width(n) + 1) / 2);
  while (true) {
    const std::uint64_t next = (root + n / root) / 2;
    if (next >= root) return root;
    root = next;
  }
}

constexpr std::int64_t size_of_level(int level) {
  const auto l = static_cast<std::uint64_t>(level);
  return static_cast<std::int64_t>(integer_sqrt(10'000 * l * l * l));
}

// The sum of floors has no closed form, so the start of every 16th level is kept and the rest is summed up.
constexpr int kStride = 16;
constexpr int kLastLevel = 14'427;
constexpr std::size_t kMarks = kLastLevel / kStride + 1;

constexpr std::array<std::int64_t, kMarks> marks() {
  std::array<std::int64_t, kMarks> starts{};
  for (std::size_t mark = 1; mark < kMarks; ++mark) {
    std::int64_t start = starts[mark - 1];
    const int first = static_cast<int>(mark - 1) * kStride + 1;
    for (int level = first; level < first + kStride; ++level) start += size_of_level(level);
    starts[mark] = start;
  }
  return starts;
}

// kStarts[i] is the start of level 16 * i + 1.
constexpr auto kStarts = marks();

struct Position {
  int level;
  std::int64_t start;
  std::int64_t size;
};

Position position_of(std::int64_t total_xp) {
  const auto above = std::upper_bound(kStarts.begin() + 1, kStarts.end(), total_xp);
  const auto mark = static_cast<int>(above - kStarts.begin()) - 1;
  Position at{mark * kStride + 1, kStarts[static_cast<std::size_t>(mark)], 0};
  for (;; ++at.level, at.start += at.size) {
    at.size = size_of_level(at.level);
    if (at.start + at.size > total_xp) return at;
  }
}

}  // namespace

std::int64_t level_size(int level) { return size_of_level(level); }

std::int64_t level_start(int level) {
  const int mark = (level - 1) / kStride;
  std::int64_t start = kStarts[static_cast<std::size_t>(mark)];
  for (int l = mark * kStride + 1; l < level; ++l) start += size_of_level(l);
  return start;
}

int level_of(std::int64_t total_xp) { return position_of(total_xp).level; }

LevelState level_state(std::int64_t total_xp) {
  const Position at = position_of(total_xp);
  const std::int64_t into = total_xp - at.start;
  return {.level = at.level,
          .total_xp = total_xp,
          .xp_into_level = into,
          .xp_level_size = at.size,
          .xp_remaining = at.size - into,
          .level_progress_percent = static_cast<int>(100 * into / at.size)};
}

}  // namespace ignition::rules
