#include "ignition/domains/skills.hpp"

#include <array>

#include "ignition/rules/skills.hpp"

namespace ignition::skills {

namespace {

constexpr Sql kList{R"sql(
  SELECT id, key, name, description, color, icon, max_level, xp_base, xp_multiplier_percent, stars_per_level,
         max_star_level, sort_order, is_active, created_at, updated_at
    FROM skill_definitions WHERE is_active ORDER BY sort_order, key)sql"};
constexpr Sql kMine{R"sql(
  SELECT d.key, d.name, d.color, d.icon, d.max_level, d.xp_base, d.xp_multiplier_percent, d.stars_per_level,
         d.max_star_level, COALESCE(s.xp, 0), COALESCE(s.stars, 0),
         COALESCE((SELECT p.total_skill_stars FROM user_progress p WHERE p.user_id = $1), 0)
    FROM skill_definitions d
    LEFT JOIN user_skills s ON s.user_id = $1 AND s.skill_key = d.key
   WHERE d.is_active ORDER BY d.sort_order, d.key)sql"};
constexpr Sql kActive{R"sql(SELECT count(*) FROM skill_definitions WHERE key = $1 AND is_active)sql"};
constexpr Sql kShip{R"sql(
  INSERT INTO skill_definitions
         (id, key, name, color, icon, max_level, xp_base, xp_multiplier_percent, stars_per_level, max_star_level,
          sort_order, is_active, created_at, updated_at)
  VALUES ($1, $2, $3, $4, $5, 10, 100, 150, 10, 100, $6, TRUE, $7, $7)
  ON CONFLICT (key) DO NOTHING)sql"};

struct MineRow {
  std::string key;
  std::string name;
  std::string color;
  std::optional<std::string> icon;
  int max_level = 0;
  int xp_base = 0;
  int xp_multiplier_percent = 0;
  int stars_per_level = 0;
  int max_star_level = 0;
  std::int64_t xp = 0;
  std::int64_t stars = 0;
  std::int64_t total_stars = 0;
};
BOOST_DESCRIBE_STRUCT(MineRow, (),
                      (key, name, color, icon, max_level, xp_base, xp_multiplier_percent, stars_per_level,
                       max_star_level, xp, stars, total_stars))

// The curve of all five is the default one.
struct Shipped {
  std::string_view key;
  std::string_view name;
  std::string_view color;
  std::string_view icon;
};
constexpr std::array<Shipped, 5> kShipped{{
    {rules::skill::knowledge, "Knowledge", "#4a90d9", "book"},
    {rules::skill::guts, "Guts", "#e74c3c", "flame"},
    {rules::skill::proficiency, "Proficiency", "#f39c12", "star"},
    {rules::skill::kindness, "Kindness", "#27ae60", "clover"},
    {rules::skill::charm, "Charm", "#9b59b6", "heart"},
}};

}  // namespace

Definitions list(Context& ctx, const Nothing&) { return {ctx.db.query<Definition>(kList)}; }

Mine mine(Context& ctx, const Nothing&) {
  Mine out;
  ctx.db.each<MineRow>(
      kMine,
      [&](MineRow&& row) {
        const rules::SkillCurve curve{row.max_level, row.xp_base, row.xp_multiplier_percent, row.stars_per_level,
                                      row.max_star_level};
        const auto level = rules::skill_level(curve, row.xp);
        const auto stars = rules::star_level(curve, row.stars);
        out.skills.push_back({.key = std::move(row.key),
                              .name = std::move(row.name),
                              .color = std::move(row.color),
                              .icon = std::move(row.icon),
                              .xp = row.xp,
                              .level = level.level,
                              .max_level = row.max_level,
                              .xp_into_level = level.xp_into_level,
                              .xp_level_size = level.xp_level_size,
                              .stars = row.stars,
                              .star_level = stars.star_level,
                              .stars_into_level = stars.stars_into_level,
                              .stars_per_level = row.stars_per_level});
        out.total_stars = row.total_stars;
      },
      ctx.user);
  return out;
}

std::string checked(Context& ctx, std::string_view key) {
  const std::string_view canonical = rules::canonical_skill(key);
  if (ctx.db.one<std::int64_t>(kActive, canonical) == 0) {
    throw invalid("skill_key", "unknown", "There is no such skill.");
  }
  return std::string(canonical);
}

void add_operations(Catalogue& c) {
  c.add("skills.list", Get("/skills"), Access::user, Effect::read, &list, "The skills of the wheel.");
  c.add("skills.mine", Get("/skills/me"), Access::user, Effect::read, &mine, "Where the user stands in each skill.");
}

void ship(Transaction& db, IdSource& ids, Instant now) {
  std::int64_t sort_order = 1;
  for (const auto& skill : kShipped) {
    db.execute(kShip, ids.next(now), skill.key, skill.name, skill.color, skill.icon, sort_order++, now);
  }
}

}  // namespace ignition::skills
