// The feed as its user sees it.
#include <algorithm>

#include "ignition/domains/activity.hpp"
#include "ignition/rules/modules.hpp"

namespace ignition::activity {
namespace {

constexpr Sql kList{R"sql(
  SELECT id, event_type, module, entity_type, entity_id, occurred_at, activity_date, duration_seconds, quantity,
         counted, xp, coins, skill_stars, skill_key, ledger_id, metadata
    FROM activity_events
   WHERE user_id = $1 AND reversed_at IS NULL AND (CAST($2 AS TEXT) IS NULL OR event_type = $2)
     AND (CAST($3 AS TEXT) IS NULL OR module = $3) AND (CAST($4 AS DATE) IS NULL OR activity_date >= $4)
     AND (CAST($5 AS DATE) IS NULL OR activity_date <= $5)
   ORDER BY occurred_at DESC, id ASC LIMIT $6 OFFSET $7)sql"};
constexpr Sql kCount{R"sql(
  SELECT COUNT(*) FROM activity_events
   WHERE user_id = $1 AND reversed_at IS NULL AND (CAST($2 AS TEXT) IS NULL OR event_type = $2)
     AND (CAST($3 AS TEXT) IS NULL OR module = $3) AND (CAST($4 AS DATE) IS NULL OR activity_date >= $4)
     AND (CAST($5 AS DATE) IS NULL OR activity_date <= $5))sql"};
constexpr Sql kUsage{R"sql(
  SELECT module, COUNT(*), MAX(activity_date)
    FROM activity_events
   WHERE user_id = $1 AND completion AND reversed_at IS NULL AND occurred_at >= $2 AND occurred_at <= $3
     AND module IS NOT NULL
   GROUP BY module)sql"};

// The place of a module's name in the canonical order.
std::size_t place_of(const ModuleUse& use) {
  const auto module = rules::governing_module(use.module);
  return module ? static_cast<std::size_t>(*module) : rules::kModules;
}

}  // namespace

Feed list(Context& ctx, const ListEvents& in) {
  Feed out{.page = in.page.value, .page_size = in.page_size.value};
  out.total = ctx.db.one<std::int64_t>(kCount, ctx.user, in.event_type, in.module, in.from, in.to);
  out.events = ctx.db.query<FeedEvent>(kList, ctx.user, in.event_type, in.module, in.from, in.to, out.page_size,
                                       (out.page - 1) * out.page_size);
  return out;
}

Usage usage(Context& ctx, const UsageOf& in) {
  const Instant from = ctx.now - std::chrono::hours(24) * in.days.value.value();
  Usage out{ctx.db.query<ModuleUse>(kUsage, ctx.user, from, ctx.now)};
  std::ranges::sort(out.modules, [](const ModuleUse& a, const ModuleUse& b) {
    if (a.completions != b.completions) return a.completions > b.completions;
    return std::pair(place_of(a), a.module) < std::pair(place_of(b), b.module);
  });
  return out;
}

void add_operations(Catalogue& c) {
  c.add("activity.list", Get("/activity"), Access::user, Effect::read, &list, "What the user did, newest first.");
  c.add("activity.usage", Get("/activity/usage"), Access::user, Effect::read, &usage,
        "How often each part of the product was used.");
}

}  // namespace ignition::activity
