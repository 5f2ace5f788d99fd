#include "ignition/rules/skills.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace ignition::rules {

// 10000 * 200^13 needs 113 bits.
__extension__ using Wide = unsigned __int128;

std::int64_t skill_level_size(const SkillCurve& curve, int level) {
  Wide numerator = static_cast<Wide>(curve.xp_base);
  Wide denominator = 1;
  for (int i = 1; i < level; ++i) {
    numerator *= static_cast<Wide>(curve.xp_multiplier_percent);
    denominator *= 100;
  }
  return static_cast<std::int64_t>(numerator / denominator);
}

SkillLevel skill_level(const SkillCurve& curve, std::int64_t xp) {
  std::int64_t into = std::max<std::int64_t>(xp, 0);
  for (int level = 1; level < curve.max_level; ++level) {
    const std::int64_t size = skill_level_size(curve, level);
    if (into < size) return {.level = level, .xp_into_level = into, .xp_level_size = size};
    into -= size;
  }
  return {.level = curve.max_level, .xp_into_level = into, .xp_level_size = {}};
}

StarLevel star_level(const SkillCurve& curve, std::int64_t stars) {
  const std::int64_t held = std::max<std::int64_t>(stars, 0);
  const std::int64_t level = std::min<std::int64_t>(curve.max_star_level, held / curve.stars_per_level);
  return {.star_level = static_cast<int>(level), .stars_into_level = held - level * curve.stars_per_level};
}

std::string_view canonical_skill(std::string_view key) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kOlderKeys{{
      {"focus", skill::knowledge},
      {"discipline", skill::proficiency},
      {"strength", skill::guts},
      {"endurance", skill::guts},
      {"creativity", skill::proficiency},
  }};
  const auto older = std::ranges::find(kOlderKeys, key, &std::pair<std::string_view, std::string_view>::first);
  return older == kOlderKeys.end() ? key : older->second;
}

}  // namespace ignition::rules
