#include "ignition/domains/ignitions.hpp"

#include <array>

#include "ignition/domains/progress.hpp"

namespace ignition::ignitions {
namespace {

constexpr Sql kList{R"sql(
  SELECT id, title, hint, seconds, category, action_url, focus_minutes, sort_order
    FROM ignitions
   WHERE is_active AND (CAST($1 AS TEXT) IS NULL OR category = $1) AND (CAST($2 AS TEXT) IS NULL OR id = $2)
   ORDER BY sort_order, id)sql"};
constexpr Sql kEvent{R"sql(SELECT id FROM activity_events WHERE user_id = $1 AND dedupe_key = $2)sql"};
constexpr Sql kShip{R"sql(
  INSERT INTO ignitions (id, title, hint, seconds, category, action_url, focus_minutes, sort_order, is_active)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, TRUE)
  ON CONFLICT (id) DO NOTHING)sql"};

using Page = std::optional<std::string_view>;

struct Shipped {
  std::string_view id;
  std::string_view title;
  std::string_view hint;
  std::int64_t seconds;
  Category category;
  Page action_url{};
  std::optional<std::int64_t> focus_minutes{};
};
constexpr std::array<Shipped, 15> kShipped{{
    {"stretch", "Stretch upwards", "Arms up, a slow breath, and down again.", 30, Category::body},
    {"water", "Have a glass of water", "Fill it, drink it, put the glass back.", 60, Category::body},
    {"walk", "Stand at a window", "Look at something far away for a minute.", 60, Category::body},
    {"breathe", "Take three slow breaths", "In through the nose, out through the mouth.", 30, Category::body},
    {"focus-5", "Five minutes on one thing", "Choose one and start the timer.", 300, Category::mind,
     "/focus?duration=5", 5},
    {"write-one", "Put down a single sentence", "It may be about anything.", 120, Category::mind},
    {"list-three", "Name three options", "They do not have to be good ones.", 120, Category::mind},
    {"close-tabs", "Shut three browser tabs", "The ones you will not come back to.", 60, Category::mind},
    {"clear-surface", "Empty a table top", "Everything on it finds another place.", 180, Category::space},
    {"trash-one", "Bin one object", "The first one that nobody needs.", 60, Category::space},
    {"open-blinds", "Open the blinds", "Let the light in.", 30, Category::space},
    {"open-daw", "Open a music project", "Any of them; listening is enough.", 120, Category::create, "/arrange"},
    {"play-chord", "Sound a chord", "On whatever is within reach.", 60, Category::create},
    {"listen-30", "Hear half a minute of a track", "And notice one thing in it.", 30, Category::create, "/reference"},
    {"sketch-idea", "Sketch something", "Lines, words or notes: two minutes.", 120, Category::create},
}};

}  // namespace

Ignitions list(Context& ctx, const ListIgnitions& in) {
  return {ctx.db.query<Ignition>(kList, in.category, std::optional<std::string>())};
}

Started start(Context& ctx, const StartIgnition& in) {
  const auto found = ctx.db.maybe<Ignition>(kList, std::optional<Category>(), std::optional(in.id));
  if (!found) throw not_found("ignition");
  const WallTime wall = ctx.calendar.zone.wall(ctx.now);
  const std::string key = rules::keys::ignition(in.id, ctx.today, wall.hour(), wall.minute());
  progress::record(
      ctx, {.kind = rules::EventKind::ignition_started, .key = key, .entity_type = "ignition", .entity_id = found->id});
  return {.href = found->action_url.value_or("/ignitions"), .event_id = ctx.db.one<Uuid>(kEvent, ctx.user, key)};
}

void ship(Transaction& db) {
  std::int64_t sort_order = 0;
  for (const Shipped& one : kShipped) {
    const auto page = one.action_url ? std::optional<std::string>(*one.action_url) : std::nullopt;
    db.execute(kShip, one.id, one.title, one.hint, one.seconds, one.category, page, one.focus_minutes, ++sort_order);
  }
}

void add_operations(Catalogue& c) {
  c.add("ignitions.list", Get("/ignitions"), Access::user, Effect::read, &list, "Tiny things to begin with.");
  c.add("ignitions.start", Post("/ignitions/{id}/start"), Access::user, Effect::write, &start,
        "Begins one and tells where.");
}

}  // namespace ignition::ignitions
