// When a hint of Today is done for good (rule G1).
#include "ignition/domains/today.hpp"
#include "ignition/wire.hpp"

namespace ignition::today {
namespace {

constexpr Sql kDone{R"sql(
  INSERT INTO guidance_state (user_id, step, dismiss_count, done_at, created_at, updated_at)
  VALUES ($1, $2, 0, $3, $3, $3)
  ON CONFLICT (user_id, step) DO UPDATE SET done_at = excluded.done_at, updated_at = excluded.updated_at
   WHERE guidance_state.done_at IS NULL)sql"};

}  // namespace

void end_guidance(Context& ctx, rules::GuidanceExit what) {
  for (const auto step :
       {rules::GuidanceStep::intro_start, rules::GuidanceStep::intro_capture, rules::GuidanceStep::intro_return,
        rules::GuidanceStep::intro_rules, rules::GuidanceStep::intro_review}) {
    if (rules::ends(step, what)) ctx.db.execute(kDone, ctx.user, step, ctx.now);
  }
}

}  // namespace ignition::today
