#include "domains/today/facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ranges>
#include <unordered_map>

#include "ignition/domains/flags.hpp"
#include "ignition/gates.hpp"
#include "ignition/rules/onboarding.hpp"
#include "ignition/rules/outcomes.hpp"

namespace ignition::today {
namespace {

// No rows; gives the union its column types and uses every parameter, so that a group can also be read alone.
constexpr std::string_view kColumns = R"sql(
  SELECT CAST('' AS TEXT) AS tag, CAST('' AS TEXT) AS t1, CAST('' AS TEXT) AS t2, CAST('' AS TEXT) AS t3,
         CAST('' AS TEXT) AS t4, CAST('' AS TEXT) AS t5, CAST(0 AS BIGINT) AS n1, CAST(0 AS BIGINT) AS n2,
         CAST(0 AS BIGINT) AS n3, u.created_at AS at1, u.created_at AS at2, u.created_at AS at3, u.created_at AS at4,
         h.start_date AS d1, u.approved AS b1, u.approved AS b2
    FROM users u JOIN habits h ON h.user_id = u.id
   WHERE u.id = $1 AND u.approved <> u.approved AND h.start_date = $2 AND u.updated_at IN ($3, $4)
     AND h.start_date IN ($5, $6))sql";

constexpr std::string_view kEngagement = R"sql(
  SELECT 'engagement', CAST(session_id AS TEXT), soft_state, soft_source, soft_status, momentum, completions_total,
         completed_count, NULL, session_started_at, session_last_event_at, soft_activated_at, soft_expires_at, NULL,
         reduced_dismissed, show_full
    FROM engagement_state WHERE user_id = $1)sql";

constexpr std::string_view kPlan = R"sql(
  SELECT 'plan', CAST(p.id AS TEXT), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, p.date, NULL, NULL
    FROM daily_plans p WHERE p.user_id = $1 AND p.date = $2
  UNION ALL
  SELECT 'plan_item', CAST(i.id AS TEXT), i.item_key, i.type, i.title, i.action_url, i.priority, i.duration, NULL,
         NULL, NULL, NULL, NULL, NULL, i.completed, NULL
    FROM daily_plans p JOIN daily_plan_items i ON i.user_id = p.user_id AND i.plan_id = p.id
   WHERE p.user_id = $1 AND p.date = $2)sql";

constexpr std::string_view kFocus = R"sql(
  SELECT 'focus', CAST(id AS TEXT), status, mode, NULL, NULL, NULL, NULL, NULL, expires_at, NULL, NULL, NULL, NULL,
         NULL, NULL
    FROM focus_sessions WHERE user_id = $1 AND status IN ('active', 'paused') AND expires_at > $3)sql";

constexpr std::string_view kInbox = R"sql(
  SELECT 'inbox', NULL, NULL, NULL, NULL, NULL, COUNT(*), NULL, NULL, NULL, MIN(expires_at), NULL, NULL, NULL, NULL, NULL
    FROM inbox_items
   WHERE user_id = $1 AND is_processed = FALSE AND is_archived = FALSE AND (expires_at IS NULL OR expires_at > $3)
     AND (snoozed_until IS NULL OR snoozed_until <= $3)
  UNION ALL
  SELECT 'snoozed', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, MIN(snoozed_until), NULL, NULL, NULL, NULL, NULL, NULL
    FROM inbox_items
   WHERE user_id = $1 AND is_processed = FALSE AND is_archived = FALSE AND (expires_at IS NULL OR expires_at > $3)
     AND snoozed_until > $3)sql";

// What became of the last showings (some of which are too new to count), what was used how often, the newest deed that
// can be resumed, the newest completion, whether anything was ever started or captured, and when the next deed comes
// into sight (a clock that was put back leaves deeds ahead of it). The orders of the last two make SQLite walk the
// index on the type.
constexpr std::string_view kUsage = R"sql(
  SELECT 'usage', event_type, NULL, NULL, NULL, NULL, COUNT(*), NULL, NULL, MIN(occurred_at), NULL, NULL, NULL,
         MAX(activity_date), completion, NULL
    FROM activity_events
   WHERE user_id = $1 AND occurred_at >= $4 AND occurred_at <= $3 AND reversed_at IS NULL
   GROUP BY event_type, completion
  UNION ALL
  SELECT 'resume', event_type, NULL, NULL, NULL, NULL, NULL, NULL, NULL, occurred_at, NULL, NULL, NULL, NULL, NULL, NULL
    FROM (
    SELECT event_type, occurred_at
      FROM activity_events
     WHERE user_id = $1 AND occurred_at <= $3 AND reversed_at IS NULL
       AND event_type IN ('focus_start', 'focus_complete', 'workout_start', 'workout_complete', 'lesson_start',
                          'lesson_complete', 'review_session', 'drill_complete', 'habit_complete', 'habit_progress',
                          'quest_complete', 'milestone_complete', 'goal_complete', 'planner_task_complete',
                          'task_complete', 'reading_session', 'book_complete', 'journal_entry', 'idea_captured')
     ORDER BY occurred_at DESC, id ASC LIMIT 1) AS newest_resume
  UNION ALL
  SELECT 'completion', event_type, NULL, NULL, NULL, NULL, NULL, NULL, NULL, occurred_at, NULL, NULL, NULL, NULL, NULL,
         NULL
    FROM (
    SELECT event_type, occurred_at
      FROM activity_events
     WHERE user_id = $1 AND occurred_at <= $3 AND reversed_at IS NULL
       AND completion
     ORDER BY occurred_at DESC, id ASC LIMIT 1) AS newest_completion
  UNION ALL
  SELECT 'started', event_type, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM (
    SELECT event_type
      FROM activity_events
     WHERE user_id = $1 AND reversed_at IS NULL
       AND event_type IN ('focus_start', 'workout_start', 'lesson_start', 'habit_progress', 'idea_captured',
                          'ignition_started')
     ORDER BY event_type, activity_date LIMIT 1) AS any_start
  UNION ALL
  SELECT 'captured', event_type, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM (
    SELECT event_type
      FROM activity_events
     WHERE user_id = $1 AND reversed_at IS NULL AND event_type = 'capture_saved'
     ORDER BY activity_date LIMIT 1) AS any_capture
  UNION ALL
  SELECT 'upcoming', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, MIN(occurred_at), NULL, NULL, NULL, NULL, NULL,
         NULL
    FROM activity_events WHERE user_id = $1 AND occurred_at > $3 AND reversed_at IS NULL
  UNION ALL
  SELECT 'exposure', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, shown_at, answered_at, NULL, NULL, NULL, NULL, NULL
    FROM (
    SELECT e.shown_at,
           (SELECT MIN(o.created_at) FROM decision_outcomes o
             WHERE o.user_id = $1 AND o.exposure_id = e.id) AS answered_at
      FROM decision_exposures e WHERE e.user_id = $1 AND e.shown_at <= $3
     ORDER BY e.shown_at DESC, e.id ASC LIMIT 40) AS last_exposures
  UNION ALL
  SELECT 'transition', from_key, to_key, NULL, NULL, NULL, count, NULL, NULL, last_at, NULL, NULL, NULL, NULL, NULL, NULL
    FROM action_transitions WHERE user_id = $1)sql";

constexpr std::string_view kPersonalization = R"sql(
  SELECT 'prefs', nudge_intensity, gamification_visibility, planner_visibility, gap_mode, NULL, focus_minutes,
         gap_threshold_hours, gap_threshold_days, NULL, NULL, NULL, NULL, NULL, tips_enabled, telemetry_enabled
    FROM today_prefs WHERE user_id = $1
  UNION ALL
  SELECT 'interest', interest_key, NULL, NULL, NULL, NULL, priority, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
    FROM user_interests WHERE user_id = $1
  UNION ALL
  SELECT 'module', module_key, NULL, NULL, NULL, NULL, weight, NULL, NULL, NULL, NULL, NULL, NULL, NULL, enabled, NULL
    FROM user_ui_modules WHERE user_id = $1
  UNION ALL
  SELECT 'guidance', step, NULL, NULL, NULL, NULL, dismiss_count, NULL, NULL, cooldown_until, done_at, NULL, NULL,
         NULL, NULL, NULL
    FROM guidance_state WHERE user_id = $1
  UNION ALL
  SELECT 'rule', CAST(id AS TEXT), trigger, trigger_module, action, action_module, minutes, priority, NULL, NULL, NULL,
         NULL, NULL, NULL, enabled, NULL
    FROM user_rules WHERE user_id = $1
  UNION ALL
  SELECT 'routine_step', CAST(r.id AS TEXT), s.action_key, NULL, NULL, NULL, s.idx, r.priority, NULL, NULL, NULL, NULL,
         NULL, NULL, r.enabled, NULL
    FROM user_routines r JOIN user_routine_steps s ON s.user_id = r.user_id AND s.routine_id = r.id
   WHERE r.user_id = $1)sql";

// The flow a user is in, or would start: the active default one with the highest version. Where the user stood at a
// step that is no longer there, the first one without an answer.
constexpr std::string_view kOnboarding = R"sql(
  SELECT 'onboarding', key, status, step, NULL, NULL, steps, answered, NULL, NULL, NULL, NULL, NULL, NULL, can_resume,
         NULL
    FROM (
    SELECT f.key, s.status,
           CAST(COALESCE(s.current_step_id,
                         (SELECT o.id FROM onboarding_steps o
                           WHERE o.flow_id = f.id AND s.status = 'in_progress'
                             AND NOT EXISTS (SELECT 1 FROM user_onboarding_responses r
                                              WHERE r.user_id = $1 AND r.step_id = o.id)
                           ORDER BY o.step_order LIMIT 1)) AS TEXT) AS step,
           (SELECT COUNT(*) FROM onboarding_steps o WHERE o.flow_id = f.id) AS steps,
           (SELECT COUNT(*) FROM user_onboarding_responses r JOIN onboarding_steps o ON o.id = r.step_id
             WHERE r.user_id = $1 AND o.flow_id = f.id) AS answered,
           s.can_resume
      FROM onboarding_flows f LEFT JOIN user_onboarding_state s ON s.user_id = $1 AND s.flow_id = f.id
     WHERE f.is_active AND f.is_default
     ORDER BY f.version DESC, f.key ASC LIMIT 1) AS flow)sql";

void fill_engagement(Facts& out, std::span<const FactRow> rows, const Context&) {
  for (const FactRow& row : rows) {
    auto& session = out.facts.session;
    out.facts.completions_total = row.n1.value_or(0);
    session.session_id = row.t1 ? Uuid::parse(*row.t1) : std::nullopt;
    session.session_started_at = row.at1;
    session.session_last_event_at = row.at2;
    session.completed_count = static_cast<int>(row.n2.value_or(0));
    session.soft_state = enum_of<rules::SoftState>(row.t2.value_or("")).value_or(rules::SoftState::inactive);
    session.soft_source = enum_of<rules::SoftSource>(row.t3.value_or(""));
    session.soft_status = enum_of<rules::SoftStatus>(row.t4.value_or(""));
    session.soft_activated_at = row.at3;
    session.soft_expires_at = row.at4;
    session.momentum = enum_of<rules::Momentum>(row.t5.value_or("")).value_or(rules::Momentum::pending);
    session.reduced_dismissed = row.b1.value_or(false);
    session.show_full = row.b2.value_or(false);
  }
}

void fill_plan(Facts& out, std::span<const FactRow> rows, const Context&) {
  for (const FactRow& row : rows) {
    if (row.tag == "plan") out.facts.plan = rules::TodayPlan{.id = row.t1, .date = row.d1, .items = {}};
  }
  if (!out.facts.plan) return;
  auto& items = out.facts.plan->items;
  for (const FactRow& row : rows) {
    if (row.tag != "plan_item") continue;
    items.push_back({.id = row.t1,
                     .item_key = row.t2.value_or(""),
                     .type = row.t3,
                     .title = row.t4,
                     .action_url = row.t5,
                     .completed = row.b1,
                     .priority = static_cast<int>(row.n1.value_or(0)),
                     .duration = row.n2 ? std::optional(static_cast<int>(*row.n2)) : std::nullopt});
  }
  std::sort(items.begin(), items.end(),
            [](const auto& a, const auto& b) { return std::tie(a.priority, a.id) < std::tie(b.priority, b.id); });
}

void fill_focus(Facts& out, std::span<const FactRow> rows, const Context&) {
  for (const FactRow& row : rows) {
    out.facts.focus = rules::LiveFocus{.session_id = Uuid::parse(row.t1.value_or("")).value_or(Uuid{}),
                                       .paused = row.t2 == "paused",
                                       .is_break = row.t3 != "focus",
                                       .expires_at = row.at1};
  }
}

void fill_inbox(Facts& out, std::span<const FactRow> rows, const Context&) {
  for (const FactRow& row : rows) {
    if (row.tag == "inbox") out.facts.counts.unread_inbox = row.n1.value_or(0);
    for (const auto& at : {row.at1, row.at2}) {
      if (at) out.facts.turning_points.push_back(*at);
    }
  }
}

// A showing of Today and the first that became of it.
using Showing = std::pair<Instant, std::optional<Instant>>;

// The last ten showings. One counts from the instant at which it would be passed over, so that nobody sees another
// Today just for having looked, however soon what they saw is stored.
void fill_showings(rules::TodayFacts& facts, std::vector<Showing> showings, Instant now) {
  constexpr int kLast = 10;
  auto& guidance = facts.guidance;
  std::ranges::sort(showings, std::greater<>(), &Showing::first);
  std::vector<Instant> awaited{rules::bounces_at(now)};  // this one
  for (const auto& [shown, first_outcome] : showings) {
    if (now <= rules::bounces_at(shown)) {
      awaited.push_back(rules::bounces_at(shown));
    } else if (guidance.exposures_of_last_10 < kLast) {
      ++guidance.exposures_of_last_10;
      if (rules::is_bounced(shown, first_outcome, now)) ++guidance.bounced_of_last_10;
    }
  }
  const auto& hint = guidance.steps[static_cast<std::size_t>(rules::GuidanceStep::intro_rules)];
  if (!guidance.frequent_pair || hint.done_at || hint.dismiss_count >= 2) return;
  for (const Instant at : awaited) facts.turning_points.push_back(at + Micros(1));
}

rules::ActionModule module_of_event(rules::EventKind kind) {
  return enum_of<rules::ActionModule>(rules::rule_of(kind).module).value_or(rules::ActionModule::focus);
}

// The module named by `module:<key>`.
rules::ActionModule module_of_key(std::string_view key) {
  return enum_of<rules::ActionModule>(key.substr(key.find(':') + 1)).value_or(rules::ActionModule::focus);
}

void fill_usage(Facts& out, std::span<const FactRow> rows, const Context& ctx) {
  std::vector<rules::EventUsage> events;
  std::vector<Showing> showings;
  for (const FactRow& row : rows) {
    if (row.tag == "exposure") {
      if (row.at1) showings.emplace_back(*row.at1, row.at2);
      continue;
    }
    if (row.tag == "transition") {
      const std::int64_t count = row.n1.value_or(0);
      out.facts.transitions.push_back({.from = module_of_key(row.t1.value_or("")),
                                       .to = module_of_key(row.t2.value_or("")),
                                       .count = count,
                                       .last_at = row.at1.value_or(Instant{})});
      out.facts.guidance.frequent_pair = out.facts.guidance.frequent_pair || count >= 3;
      continue;
    }
    if (row.tag == "upcoming" && row.at1) out.facts.turning_points.push_back(*row.at1);
    const auto kind = rules::event_kind(row.t1.value_or(""));
    if (!kind) continue;
    if (row.tag == "usage") {
      events.push_back({.kind = *kind,
                        .counted = row.b1.value_or(false),
                        .count = row.n1.value_or(0),
                        .oldest_at = row.at1,
                        .last_date = row.d1});
    } else if (row.tag == "resume") {
      out.facts.last_use = rules::LastUse{.module = module_of_event(*kind), .at = row.at1.value_or(Instant{})};
    } else if (row.tag == "completion") {
      out.facts.newest_completion = rules::NewestDeed{.module = module_of_event(*kind),
                                                      .ranked_module = rules::ranked_module(*kind),
                                                      .at = row.at1.value_or(Instant{})};
    }
    if (row.tag == "completion" || row.tag == "started") out.facts.guidance.started = true;
    if (row.tag == "captured") out.facts.guidance.captured = out.facts.guidance.started = true;
  }
  out.facts.usage = rules::usage_of(events);
  fill_showings(out.facts, std::move(showings), ctx.now);
}

void fill_prefs(rules::TodayPrefs& prefs, const FactRow& row) {
  const auto number = [](const std::optional<std::int64_t>& n) {
    return n ? std::optional(static_cast<int>(*n)) : std::nullopt;
  };
  prefs.nudge_intensity = enum_of<rules::NudgeIntensity>(row.t1.value_or("")).value_or(prefs.nudge_intensity);
  prefs.gamification_visibility =
      enum_of<rules::GamificationVisibility>(row.t2.value_or("")).value_or(prefs.gamification_visibility);
  prefs.planner_visibility = enum_of<rules::PlannerVisibility>(row.t3.value_or("")).value_or(prefs.planner_visibility);
  prefs.gap_mode = enum_of<rules::GapMode>(row.t4.value_or(""));
  prefs.focus_minutes = number(row.n1).value_or(prefs.focus_minutes);
  prefs.gap_threshold_hours = number(row.n2);
  prefs.gap_threshold_days = number(row.n3);
  prefs.tips_enabled = row.b1.value_or(true);
  prefs.telemetry_enabled = row.b2.value_or(true);
}

rules::UserRule rule_from(const FactRow& row) {
  const auto module = [](const std::optional<std::string>& key) { return key ? rules::module_of(*key) : std::nullopt; };
  return {.id = Uuid::parse(row.t1.value_or("")).value_or(Uuid{}),
          .trigger = enum_of<rules::RuleTrigger>(row.t2.value_or("")).value_or(rules::RuleTrigger::today_open),
          .trigger_module = module(row.t3),
          .action = enum_of<rules::RuleAction>(row.t4.value_or("")).value_or(rules::RuleAction::micro_start),
          .action_module = module(row.t5),
          .minutes = static_cast<int>(row.n1.value_or(2)),
          .priority = static_cast<int>(row.n2.value_or(0)),
          .enabled = row.b1.value_or(true)};
}

// Collects the steps of routines, which come in any order.
void fill_routines(std::vector<rules::UserRoutine>& routines, std::vector<const FactRow*> steps) {
  std::sort(steps.begin(), steps.end(),
            [](const FactRow* a, const FactRow* b) { return std::tie(a->t1, a->n1) < std::tie(b->t1, b->n1); });
  for (const FactRow* row : steps) {
    const Uuid id = Uuid::parse(row->t1.value_or("")).value_or(Uuid{});
    if (routines.empty() || routines.back().id != id) {
      routines.push_back({.id = id,
                          .priority = static_cast<int>(row->n2.value_or(0)),
                          .enabled = row->b1.value_or(true),
                          .steps = {}});
    }
    if (const auto step = rules::routine_step_of(row->t2.value_or(""))) routines.back().steps.push_back(*step);
  }
}

void fill_personalization(Facts& out, std::span<const FactRow> rows, const Context&) {
  std::vector<std::pair<std::int64_t, rules::InterestKey>> interests;  // minus priority, key
  std::vector<const FactRow*> steps;
  for (const FactRow& row : rows) {
    if (row.tag == "prefs") fill_prefs(out.facts.prefs, row);
    if (row.tag == "rule") out.facts.rules.push_back(rule_from(row));
    if (row.tag == "routine_step") steps.push_back(&row);
    if (row.tag == "interest") {
      if (const auto key = enum_of<rules::InterestKey>(row.t1.value_or(""))) {
        interests.emplace_back(-row.n1.value_or(0), *key);
      }
    }
    if (row.tag == "module") {
      if (const auto module = rules::module_of(row.t1.value_or(""))) {
        out.facts.modules.push_back(
            {.module = *module, .weight = static_cast<int>(row.n1.value_or(1)), .enabled = row.b1.value_or(true)});
      }
    }
    if (row.tag == "guidance") {
      if (const auto step = enum_of<rules::GuidanceStep>(row.t1.value_or(""))) {
        out.facts.guidance.steps[static_cast<std::size_t>(*step)] = {
            .dismiss_count = static_cast<int>(row.n1.value_or(0)), .cooldown_until = row.at1, .done_at = row.at2};
      }
    }
  }
  std::sort(interests.begin(), interests.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first, name_of(a.second)) < std::pair(b.first, name_of(b.second));
  });
  for (const auto& [priority, key] : interests) out.facts.interests.push_back(key);
  fill_routines(out.facts.routines, std::move(steps));
}

void fill_onboarding(Facts& out, std::span<const FactRow> rows, const Context&) {
  for (const FactRow& row : rows) {
    auto& onboarding = out.facts.onboarding;
    onboarding.flow_key = row.t1;
    onboarding.status =
        enum_of<rules::OnboardingStatus>(row.t2.value_or("")).value_or(rules::OnboardingStatus::not_started);
    onboarding.current_step_id = row.t3 ? Uuid::parse(*row.t3) : std::nullopt;
    onboarding.can_resume = row.b1.value_or(true);
    if (onboarding.status == rules::OnboardingStatus::in_progress && !onboarding.current_step_id) {
      onboarding.status = rules::OnboardingStatus::completed;  // the last steps were deleted
    }
    onboarding.percent_complete = rules::onboarding_percent(row.n2.value_or(0), row.n1.value_or(0),
                                                            onboarding.status == rules::OnboardingStatus::completed);
  }
}

void fill_gap(Facts& out, std::span<const FactRow>, const Context& ctx) {
  if (!ctx.principal.is_whole()) throw Error(Code::INTERNAL, "The last activity could not be read.");
  out.facts.last_activity_at = ctx.principal.previous_activity_at;
}

// What the facts were read at: they belong to the account as it was read before only if it says the same.
constexpr std::string_view kVersions = R"sql(
  SELECT 'versions', NULL, NULL, NULL, NULL, NULL, revision,
         COALESCE((SELECT version FROM catalog_versions WHERE name = 'feature_flags'), 0), NULL, NULL, NULL, NULL, NULL,
         NULL, NULL, NULL
    FROM users WHERE id = $1)sql";

std::string flags_statement() {
  return fmt::format(R"sql(
  SELECT 'flag', f.flag_name, CAST(f.metadata AS TEXT), NULL, NULL, NULL, NULL, NULL, NULL, o.expires_at, NULL, NULL,
         NULL, NULL, f.enabled, o.enabled
    FROM feature_flags f
    LEFT JOIN feature_flag_overrides o ON o.user_id = $1 AND o.flag_name = f.flag_name
   WHERE f.flag_name IN ({}))sql",
                     flags::kNamesOfToday);
}

using Rows = std::vector<FactRow>;

// Whether all rows and the account are of one moment. In a write its lock sees to that.
bool fits(const Rows& rows, const Context& ctx) {
  if (!ctx.is_snapshot()) return true;
  const auto versions = std::ranges::find(rows, "versions", &FactRow::tag);
  if (versions == rows.end() || versions->n1 != ctx.principal.revision) return false;
  return !ctx.principal.is_whole() || versions->n2 == ctx.principal.flags_version;
}

std::vector<flags::StoredFlag> stored_flags(const Rows& rows) {
  std::vector<flags::StoredFlag> stored;
  for (const FactRow& row : rows) {
    if (row.tag != "flag") continue;
    stored.push_back({.name = row.t1.value_or(""),
                      .enabled = row.b1.value_or(false),
                      .metadata = row.t2 ? std::optional(Json{*row.t2}) : std::nullopt,
                      .override_enabled = row.b2,
                      .override_expires_at = row.at1});
  }
  return stored;
}

Rows read(Context& ctx, Sql sql) {
  const Instant window = ctx.now - std::chrono::hours(24) * ctx.config.today.usage_window_days;
  return ctx.db.query<FactRow>(sql, ctx.user, ctx.today, ctx.now, window, ctx.calendar.week_of(ctx.today),
                               ctx.today + 7);
}

std::string joined(std::span<const FactGroup> groups) {
  std::string sql(kColumns);
  for (const FactGroup& group : groups) {
    if (!group.sql.empty()) sql.append("\n  UNION ALL").append(group.sql);
  }
  return sql;
}

// The groups whose statements give the tags, which belong to one group each.
const std::unordered_map<std::string_view, std::size_t>& groups_of_tags() {
  static const auto groups = [] {
    constexpr std::string_view kTag = "SELECT '";
    std::unordered_map<std::string_view, std::size_t> found;
    for (std::size_t group = 0; group < fact_groups().size(); ++group) {
      const std::string_view sql = fact_groups()[group].sql;
      for (auto at = sql.find(kTag); at != std::string_view::npos; at = sql.find(kTag, at)) {
        at += kTag.size();
        found.emplace(sql.substr(at, sql.find('\'', at) - at), group);
      }
    }
    return found;
  }();
  return groups;
}

// The rows of each group.
std::vector<Rows> by_group(Rows rows) {
  std::vector<Rows> out(fact_groups().size());
  for (FactRow& row : rows) {
    const auto group = groups_of_tags().find(row.tag);
    if (group != groups_of_tags().end()) out[group->second].push_back(std::move(row));
  }
  return out;
}

// Within a handler: what another run of the operation may get through is not worked around.
void pass_on_if_again(const std::exception& error) {
  const auto* known = dynamic_cast<const Error*>(&error);
  if (known != nullptr && may_run_again(*known)) throw;
}

// Reads a group by itself; a failure leaves it empty.
void fill_alone(Facts& out, const FactGroup& group, Context& ctx) {
  static const std::vector<std::string> statements = [] {
    std::vector<std::string> made;
    for (const FactGroup& one : fact_groups()) made.push_back(joined({&one, 1}));
    return made;
  }();
  try {
    Rows rows;
    const auto index = static_cast<std::size_t>(&group - fact_groups().data());
    ctx.db.attempt([&] { rows = read(ctx, Sql{statements[index]}); });
    Facts filled = out;
    group.fill(filled, rows, ctx);
    out = std::move(filled);
  } catch (const std::exception& error) {
    pass_on_if_again(error);
    out.facts.degraded.emplace_back(group.name);
  }
}

}  // namespace

std::span<const FactGroup> fact_groups() {
  static const std::array kGroups = {
      FactGroup{"engagement", kEngagement, fill_engagement},
      kExtendedFacts,
      FactGroup{"focus", kFocus, fill_focus},
      FactGroup{"gap", "", fill_gap},
      kHabitFacts,
      FactGroup{"inbox", kInbox, fill_inbox},
      FactGroup{"onboarding", kOnboarding, fill_onboarding},
      FactGroup{"personalization", kPersonalization, fill_personalization},
      FactGroup{"plan", kPlan, fill_plan},
      kQuestFacts,
      kStreakFacts,
      FactGroup{"usage", kUsage, fill_usage},
  };
  return kGroups;
}

namespace {

Facts no_facts(const Context& ctx) {
  Facts out;
  out.facts.user_id = ctx.user;
  out.facts.created_at = ctx.principal.created_at;
  return out;
}

void judge_flags(Facts& out, std::span<const flags::StoredFlag> stored, const Context& ctx) {
  out.flags = flags::evaluate(ctx, stored);
  if (const auto at = flags::next_change(stored, ctx.now)) out.facts.turning_points.push_back(*at);
  if (const auto at = next_expiry(ctx.principal, ctx.now)) out.facts.turning_points.push_back(*at);
}

// All groups and the flags with one statement; nothing when anything fails. Throws `write_conflict` when they are newer
// than the account.
std::optional<Facts> read_at_once(Context& ctx) {
  static const std::string statement =
      fmt::format("{}\n  UNION ALL{}\n  UNION ALL{}", joined(fact_groups()), kVersions, flags_statement());
  Rows rows;
  try {
    ctx.db.attempt([&] { rows = read(ctx, {.text = statement, .alone = true}); });
  } catch (const std::exception& error) {
    pass_on_if_again(error);
    return {};
  }
  if (!fits(rows, ctx)) throw write_conflict();
  try {
    Facts out = no_facts(ctx);
    judge_flags(out, stored_flags(rows), ctx);
    const auto sorted = by_group(std::move(rows));
    for (std::size_t i = 0; i < sorted.size(); ++i) fact_groups()[i].fill(out, sorted[i], ctx);
    return out;
  } catch (const std::exception&) {
    return {};
  }
}

Facts read_one_by_one(Context& ctx) {
  Facts out = no_facts(ctx);
  for (const FactGroup& group : fact_groups()) fill_alone(out, group, ctx);
  std::vector<flags::StoredFlag> stored;
  try {
    ctx.db.attempt([&] { stored = flags::stored_of_today(ctx); });
  } catch (const std::exception& error) {
    pass_on_if_again(error);
    out.facts.degraded.emplace_back("flags");  // they have the values they were shipped with
  }
  judge_flags(out, stored, ctx);
  std::sort(out.facts.degraded.begin(), out.facts.degraded.end());
  return out;
}

}  // namespace

Facts read_facts(Context& ctx) {
  auto facts = read_at_once(ctx);
  return facts ? std::move(*facts) : read_one_by_one(ctx);
}

}  // namespace ignition::today
