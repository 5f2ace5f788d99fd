// The wheel of skills: shipped definitions and where the user stands. Rules R-K1 to R-K4.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"

namespace ignition::skills {

struct Definition {
  Uuid id;
  std::string key;
  std::string name;
  std::optional<std::string> description;
  std::string color;
  std::optional<std::string> icon;
  std::int64_t max_level = 10;
  std::int64_t xp_base = 100;
  std::int64_t xp_multiplier_percent = 150;
  std::int64_t stars_per_level = 10;
  std::int64_t max_star_level = 100;
  std::int64_t sort_order = 0;
  bool is_active = true;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(Definition, (),
                      (id, key, name, description, color, icon, max_level, xp_base, xp_multiplier_percent,
                       stars_per_level, max_star_level, sort_order, is_active, created_at, updated_at))

struct Definitions {
  std::vector<Definition> skills;
};
BOOST_DESCRIBE_STRUCT(Definitions, (), (skills))

struct Skill {
  std::string key;
  std::string name;
  std::string color;
  std::optional<std::string> icon;
  std::int64_t xp = 0;
  std::int64_t level = 1;
  std::int64_t max_level = 10;
  std::int64_t xp_into_level = 0;
  std::optional<std::int64_t> xp_level_size;  // null on the top level
  std::int64_t stars = 0;
  std::int64_t star_level = 0;
  std::int64_t stars_into_level = 0;
  std::int64_t stars_per_level = 10;
};
BOOST_DESCRIBE_STRUCT(Skill, (),
                      (key, name, color, icon, xp, level, max_level, xp_into_level, xp_level_size, stars, star_level,
                       stars_into_level, stars_per_level))

struct Mine {
  std::vector<Skill> skills;
  std::int64_t total_stars = 0;
};
BOOST_DESCRIBE_STRUCT(Mine, (), (skills, total_stars))

Definitions list(Context& ctx, const Nothing& in);
Mine mine(Context& ctx, const Nothing& in);

void add_operations(Catalogue& catalogue);

// For other domains: the skill that an object asks to train, by its present key; older keys are understood.
// VALIDATION_ERROR when there is no such active skill.
std::string checked(Context& ctx, std::string_view key);

// Writes the five skills of the wheel; those there already stay as they are.
void ship(Transaction& db, IdSource& ids, Instant now);

}  // namespace ignition::skills
