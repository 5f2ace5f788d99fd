#include "domains/today/facts.hpp"
#include "ignition/rules/quests.hpp"

namespace ignition::today {
namespace {

// Personal quests that are accepted, or repeatable and may be so again; and open rows of universal ones.
constexpr std::string_view kSql = R"sql(
  SELECT 'own_quest', status, repeat_frequency, NULL, NULL, NULL, NULL, NULL, NULL, expires_at, NULL, NULL, NULL,
         last_completed_date, is_repeatable, NULL
    FROM user_quests
   WHERE user_id = $1 AND (status = 'accepted' OR (status = 'completed' AND is_repeatable))
     AND (expires_at IS NULL OR expires_at > $3)
  UNION ALL
  SELECT 'quest_period', q.quest_type, p.period_key, NULL, NULL, NULL, NULL, NULL, NULL, q.ends_at, NULL, NULL, NULL,
         NULL, NULL, NULL
    FROM user_quest_progress p JOIN universal_quests q ON q.id = p.quest_id
   WHERE p.user_id = $1 AND p.status IN ('in_progress', 'completed') AND q.is_active)sql";

rules::PersonalQuest quest_from(const FactRow& row) {
  return {.status = enum_of<rules::QuestStatus>(row.t1.value_or("")).value_or(rules::QuestStatus::available),
          .is_repeatable = row.b1.value_or(false),
          .repeat = enum_of<rules::Period>(row.t2.value_or("")).value_or(rules::Period::daily),
          .expires_at = row.at1,
          .last_completed_date = row.d1};
}

// The row is of the current period, and the quest not over.
bool is_current(const FactRow& row, const Context& ctx) {
  const auto type = enum_of<rules::Period>(row.t1.value_or("")).value_or(rules::Period::one_time);
  return row.t2 == rules::period_key(type, ctx.today) && rules::is_quest_open(type, {}, row.at1, ctx.calendar, ctx.now);
}

void fill(Facts& out, std::span<const FactRow> rows, const Context& ctx) {
  for (const FactRow& row : rows) {
    const bool is_active = row.tag == "own_quest" ? rules::as_of(quest_from(row), ctx.now, ctx.today).status ==
                                                        rules::QuestStatus::accepted
                                                  : is_current(row, ctx);
    if (!is_active) continue;
    ++out.facts.counts.active_quests;
    if (row.at1 && *row.at1 > ctx.now) out.facts.turning_points.push_back(*row.at1);
  }
}

}  // namespace

extern const FactGroup kQuestFacts{"quests", kSql, fill};

}  // namespace ignition::today
