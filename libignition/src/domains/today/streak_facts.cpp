#include "domains/today/facts.hpp"

namespace ignition::today {
namespace {

constexpr std::string_view kSql = R"sql(
  SELECT 'streak', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
         MAX(last_activity_date) FILTER (WHERE last_activity_date <= $2), NULL, NULL
    FROM user_streaks WHERE user_id = $1)sql";

// Dates after today were recorded further east; they say nothing of the days up to now.
// A streak that was kept today or yesterday runs: nothing can have been missed since. The done days of habits are days
// of a streak type of their own, so their streaks need no look (rule F6).
void fill(Facts& out, std::span<const FactRow> rows, const Context& ctx) {
  for (const FactRow& row : rows) {
    out.facts.active_streak = row.d1 && (*row.d1 == ctx.today || *row.d1 == ctx.today - 1);
  }
}

}  // namespace

extern const FactGroup kStreakFacts{"streak", kSql, fill};

}  // namespace ignition::today
