#include "domains/directory.hpp"

namespace ignition::directory {
namespace {

constexpr Sql kFind{R"sql(
  SELECT user_id, ref_id FROM directory WHERE kind = $1 AND key = $2 AND ref_id IS NOT NULL)sql"};
constexpr Sql kEnter{R"sql(
  INSERT INTO directory (kind, key, user_id, ref_id, expires_at) VALUES ($1, $2, $3, $4, $5))sql"};
constexpr Sql kForget{R"sql(DELETE FROM directory WHERE user_id = $1 AND kind = $2 AND ref_id = $3)sql"};
constexpr Sql kForgetOthers{R"sql(DELETE FROM directory WHERE user_id = $1 AND kind = $2 AND ref_id <> $3)sql"};

}  // namespace

std::optional<Place> find(Context& ctx, std::string_view kind, std::string_view key) {
  return ctx.db.maybe<Place>(kFind, kind, key);
}

void enter(Context& ctx, std::string_view kind, std::string_view key, const Place& place,
           std::optional<Instant> expires_at) {
  ctx.db.execute(kEnter, kind, key, place.user_id, place.ref_id, expires_at);
}

void forget(Context& ctx, std::string_view kind, const Place& place) {
  ctx.db.execute(kForget, place.user_id, kind, place.ref_id);
}

void forget_others(Context& ctx, std::string_view kind, const Place& kept) {
  ctx.db.execute(kForgetOthers, kept.user_id, kind, kept.ref_id);
}

}  // namespace ignition::directory
