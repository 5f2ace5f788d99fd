#include "ignition/domains/population.hpp"

namespace ignition::population {
namespace {

constexpr Sql kCount{R"sql(
  SELECT COUNT(CASE WHEN disabled_at IS NULL AND approved THEN 1 END) AS active,
         COUNT(CASE WHEN disabled_at IS NULL AND NOT approved THEN 1 END) AS pending_approval,
         COUNT(disabled_at) AS disabled,
         (SELECT COUNT(*) FROM sessions WHERE revoked_at IS NULL AND expires_at > $1) AS active_sessions
    FROM users)sql"};

}  // namespace

Population count(Context& ctx, const Nothing&) { return ctx.db.one<Population>(kCount, ctx.now); }

void add_operations(Catalogue& c) {
  c.add("population.count", Internal(), Access::system, Effect::read, &count,
        "How many accounts and sessions there are.");
}

}  // namespace ignition::population
