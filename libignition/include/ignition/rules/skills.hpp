// Skills: levels by XP, mastery by stars, old keys. Rules R-K1, R-K3, R-K4.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ignition::rules {

// The five skills of the wheel.
namespace skill {
inline constexpr std::string_view knowledge = "knowledge";
inline constexpr std::string_view guts = "guts";
inline constexpr std::string_view proficiency = "proficiency";
inline constexpr std::string_view kindness = "kindness";
inline constexpr std::string_view charm = "charm";
}  // namespace skill

struct SkillCurve {
  int max_level = 10;               // 2..15
  int xp_base = 100;                // 10..10000
  int xp_multiplier_percent = 150;  // 100..200
  int stars_per_level = 10;         // 1..1000
  int max_star_level = 100;         // 1..1000
};

// XP that lead from skill level `level` (1..14) to the next one.
std::int64_t skill_level_size(const SkillCurve& curve, int level);

struct SkillLevel {
  int level = 1;
  std::int64_t xp_into_level = 0;
  std::optional<std::int64_t> xp_level_size;  // null on the top level

  friend bool operator==(const SkillLevel&, const SkillLevel&) = default;
};
BOOST_DESCRIBE_STRUCT(SkillLevel, (), (level, xp_into_level, xp_level_size))

SkillLevel skill_level(const SkillCurve& curve, std::int64_t xp);

struct StarLevel {
  int star_level = 0;
  std::int64_t stars_into_level = 0;

  friend bool operator==(const StarLevel&, const StarLevel&) = default;
};
BOOST_DESCRIBE_STRUCT(StarLevel, (), (star_level, stars_into_level))

StarLevel star_level(const SkillCurve& curve, std::int64_t stars);

// The skill meant by a key of the older catalogue; every other key is returned as it came.
std::string_view canonical_skill(std::string_view key);

}  // namespace ignition::rules
