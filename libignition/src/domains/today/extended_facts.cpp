#include "domains/today/facts.hpp"

namespace ignition::today {
namespace {

// Milestones due within a week, and how much is overdue; both of active goals only.
constexpr std::string_view kSql = R"sql(
  SELECT 'goal', NULL, NULL, NULL, NULL, NULL, NULL, COUNT(*), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM goals WHERE user_id = $1 AND status = 'active' AND target_date < $2
  UNION ALL
  SELECT 'milestone', NULL, NULL, NULL, NULL, NULL, COUNT(*), COUNT(*) FILTER (WHERE m.due_date < $2), NULL, NULL,
         NULL, NULL, NULL, NULL, NULL, NULL
    FROM goals g JOIN goal_milestones m ON m.user_id = g.user_id AND m.goal_id = g.id
   WHERE g.user_id = $1 AND g.status = 'active' AND m.is_completed = FALSE AND m.due_date <= $6)sql";

void fill(Facts& out, std::span<const FactRow> rows, const Context&) {
  for (const FactRow& row : rows) {
    out.facts.counts.milestones_due += row.n1.value_or(0);
    out.facts.counts.overdue_items += row.n2.value_or(0);
  }
}

}  // namespace

extern const FactGroup kExtendedFacts{"extended", kSql, fill};

}  // namespace ignition::today
