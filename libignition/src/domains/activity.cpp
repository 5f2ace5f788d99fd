#include "ignition/domains/activity.hpp"

#include "domains/today/exposures.hpp"
#include "ignition/domains/flags.hpp"
#include "ignition/domains/today.hpp"
#include "ignition/rules/gap.hpp"

namespace ignition::activity {

namespace {

constexpr Sql kEngagement{R"sql(
  SELECT e.session_id, e.session_started_at, e.session_last_event_at, COALESCE(e.completed_count, 0),
         COALESCE(e.soft_state, 'inactive'), e.soft_source, e.soft_status, e.soft_activated_at, e.soft_expires_at,
         COALESCE(e.momentum, 'pending'), COALESCE(e.reduced_dismissed, FALSE), COALESCE(e.show_full, FALSE),
         e.last_activity_at, COALESCE(e.completions_total, 0),
         COALESCE(p.telemetry_enabled, TRUE),
         (SELECT a.event_type FROM activity_events a
           WHERE a.user_id = $1 AND a.occurred_at >= $2 AND a.completion AND a.reversed_at IS NULL
           ORDER BY a.occurred_at DESC, a.id DESC LIMIT 1),
         COALESCE(p.tips_enabled, TRUE), p.gap_mode, p.gap_threshold_hours, p.gap_threshold_days,
         EXISTS (SELECT 1 FROM guidance_state g
                  WHERE g.user_id = $1 AND g.step = 'intro_start' AND g.done_at IS NOT NULL),
         EXISTS (SELECT 1 FROM guidance_state g
                  WHERE g.user_id = $1 AND g.step = 'intro_capture' AND g.done_at IS NOT NULL),
         EXISTS (SELECT 1 FROM guidance_state g
                  WHERE g.user_id = $1 AND g.step = 'intro_return'
                    AND (g.done_at IS NOT NULL OR g.dismiss_count >= 2 OR g.cooldown_until > $3)),
         EXISTS (SELECT 1 FROM decision_exposures d WHERE d.user_id = $1 AND d.shown_at >= $4)
    FROM users u
    LEFT JOIN engagement_state e ON e.user_id = u.id
    LEFT JOIN today_prefs p ON p.user_id = u.id
   WHERE u.id = $1)sql"};
constexpr Sql kStoreEngagement{R"sql(
  INSERT INTO engagement_state
         (user_id, session_id, session_started_at, session_last_event_at, completed_count, soft_state, soft_source,
          soft_status, soft_activated_at, soft_expires_at, momentum, reduced_dismissed, show_full, last_activity_at,
          completions_total, created_at, updated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)
  ON CONFLICT (user_id) DO UPDATE SET
         session_id = excluded.session_id, session_started_at = excluded.session_started_at,
         session_last_event_at = excluded.session_last_event_at, completed_count = excluded.completed_count,
         soft_state = excluded.soft_state, soft_source = excluded.soft_source, soft_status = excluded.soft_status,
         soft_activated_at = excluded.soft_activated_at, soft_expires_at = excluded.soft_expires_at,
         momentum = excluded.momentum, reduced_dismissed = excluded.reduced_dismissed,
         show_full = excluded.show_full, last_activity_at = excluded.last_activity_at,
         completions_total = excluded.completions_total, updated_at = excluded.updated_at)sql"};
constexpr Sql kInsert{R"sql(
  INSERT INTO activity_events
         (user_id, id, event_type, module, entity_type, entity_id, occurred_at, activity_date, dedupe_key,
          duration_seconds, quantity, counted, completion, xp, coins, skill_stars, skill_key, ledger_id, metadata)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
  ON CONFLICT (user_id, dedupe_key) DO NOTHING)sql"};
constexpr Sql kRevive{R"sql(
  UPDATE activity_events SET reversed_at = NULL, completion = $3
   WHERE user_id = $1 AND dedupe_key = $2 AND reversed_at IS NOT NULL
  RETURNING id)sql"};
constexpr Sql kReverse{R"sql(
  UPDATE activity_events SET reversed_at = $3
   WHERE user_id = $1 AND dedupe_key = $2 AND reversed_at IS NULL
  RETURNING event_type, activity_date, counted, completion)sql"};
constexpr Sql kUncount{R"sql(UPDATE activity_events SET completion = FALSE WHERE user_id = $1 AND id = $2)sql"};
constexpr Sql kOneLess{R"sql(
  UPDATE engagement_state SET completions_total = completions_total - 1, updated_at = $2
   WHERE user_id = $1 AND completions_total > 0)sql"};
constexpr Sql kTransition{R"sql(
  INSERT INTO action_transitions (user_id, from_key, to_key, count, last_at) VALUES ($1, $2, $3, 1, $4)
  ON CONFLICT (user_id, from_key, to_key) DO UPDATE SET count = action_transitions.count + 1,
         last_at = excluded.last_at)sql"};
constexpr Sql kNoTransition{R"sql(
  UPDATE action_transitions SET count = count - 1 WHERE user_id = $1 AND from_key = $2 AND to_key = $3 AND count > 0)sql"};

// A completion follows another one when that is at most this old.
constexpr Micros kFollowing = std::chrono::hours(4);

struct Engagement : rules::EngagementSession {
  std::optional<Instant> last_activity_at;
  std::int64_t completions_total = 0;
  bool telemetry_enabled = true;
  std::optional<std::string> previous_event;  // type of the newest completion before this call, if recent
  bool tips_enabled = true;
  std::optional<rules::GapMode> gap_mode;
  std::optional<int> gap_threshold_hours;
  std::optional<int> gap_threshold_days;
  bool start_hint_done = false;
  bool capture_hint_done = false;
  bool return_hint_closed = false;
  bool was_shown_lately = false;  // Today, so recently that this call may be credited to it
};
BOOST_DESCRIBE_STRUCT(Engagement, (rules::EngagementSession),
                      (last_activity_at, completions_total, telemetry_enabled, previous_event, tips_enabled, gap_mode,
                       gap_threshold_hours, gap_threshold_days, start_hint_done, capture_hint_done, return_hint_closed,
                       was_shown_lately))

struct OnlyId {
  Uuid id;
};
BOOST_DESCRIBE_STRUCT(OnlyId, (), (id))

}  // namespace

// The engagement state during one call. Of the completions of a call only the first in the order of the event table
// counts (rule T1), and a later deed of the call may turn out to be that one; so the state without a completion is
// kept.
struct Call {
  Engagement state;  // before any completion of this call
  Uuid session_id;   // for the session that this call may begin
  struct Counted {
    rules::EventKind kind;
    Uuid event_id;
  };
  std::optional<Counted> counted{};
};

namespace {

Call& call_of(Context& ctx) {
  if (!ctx.activity) {
    ctx.activity =
        std::make_shared<Call>(Call{.state = ctx.db.one<Engagement>(kEngagement, ctx.user, ctx.now - kFollowing,
                                                                    ctx.now, ctx.now - today::kCredited),
                                    .session_id = ctx.new_id()});
  }
  return *ctx.activity;
}

rules::EngagementSession stepped(Context& ctx, const rules::EngagementSession& from, const rules::SessionEvent& event,
                                 const Uuid& session_id) {
  return rules::after(from, event, ctx.now, ctx.calendar, ctx.config.today, session_id);
}

rules::DeedSource source_of(rules::EventKind kind) {
  return enum_of<rules::DeedSource>(rules::rule_of(kind).source).value_or(rules::DeedSource::plan);
}

void store(Context& ctx, const Call& call) {
  rules::EngagementSession s = call.state;
  std::int64_t completions = call.state.completions_total;
  if (call.counted) {
    s = stepped(ctx, s, rules::session_event::Complete{source_of(call.counted->kind)}, call.session_id);
    ++completions;
  }
  ctx.db.execute(kStoreEngagement, ctx.user, s.session_id, s.session_started_at, s.session_last_event_at,
                 s.completed_count, s.soft_state, s.soft_source, s.soft_status, s.soft_activated_at, s.soft_expires_at,
                 s.momentum, s.reduced_dismissed, s.show_full, call.state.last_activity_at, completions, ctx.now);
}

// What this completion follows, as keys of a transition.
struct Transition {
  std::string from;
  std::string to;
};
std::optional<Transition> transition_to(const Call& call, rules::EventKind kind) {
  const auto previous = rules::event_kind(call.state.previous_event.value_or(""));
  if (!call.state.telemetry_enabled || !previous) return {};
  const auto key = [](rules::EventKind one) { return "module:" + std::string(name_of(rules::ranked_module(one))); };
  return Transition{key(*previous), key(kind)};
}

// Takes the event as the completion of this call, in place of the one taken before.
void count(Context& ctx, Call& call, rules::EventKind kind, const Uuid& event_id) {
  if (call.counted) {
    ctx.db.execute(kUncount, ctx.user, call.counted->event_id);
    if (const auto t = transition_to(call, call.counted->kind)) {
      ctx.db.execute(kNoTransition, ctx.user, t->from, t->to);
    }
  }
  call.counted = {.kind = kind, .event_id = event_id};
  if (const auto t = transition_to(call, kind)) ctx.db.execute(kTransition, ctx.user, t->from, t->to, ctx.now);
}

bool is_completion(const Event& event) {
  return rules::session_step(event.kind, event.deed) == rules::SessionStep::complete && !event.deed.automatic;
}

// Whether the event would be the completion of this call.
bool would_count(Context& ctx, const Event& event) {
  if (!is_completion(event)) return false;
  const Call& call = call_of(ctx);
  return !call.counted || event.kind < call.counted->kind;
}

// Whether Today showed the hint for those who come back when this call began. Who comes back has no running session.
bool showed_return_hint(Context& ctx, const Engagement& state) {
  if (state.return_hint_closed || !state.tips_enabled) return false;
  rules::TodayPrefs prefs;
  prefs.gap_mode = state.gap_mode;
  prefs.gap_threshold_hours = state.gap_threshold_hours;
  prefs.gap_threshold_days = state.gap_threshold_days;
  const auto limit = rules::gap_limit(prefs, ctx.config.today);
  if (!rules::returning_after_gap(ctx.calendar, ctx.principal.previous_activity_at, ctx.now, limit)) return false;
  const auto seen = rules::seen_at(state, ctx.now, ctx.calendar, ctx.config.today);
  if (seen.reduced_dismissed || seen.soft_state == rules::SoftState::active) return false;
  const auto on = flags::evaluate(ctx, flags::stored_of_today(ctx));
  return on.master && on.decision_suppression && on.reduced_mode;
}

// Hints that this touch ends.
void end_hints(Context& ctx, Engagement& state, std::optional<rules::EventKind> kind) {
  const auto step = kind ? rules::session_step(*kind) : rules::SessionStep::none;
  if (!state.start_hint_done && (step == rules::SessionStep::start || step == rules::SessionStep::complete)) {
    today::end_guidance(ctx, rules::GuidanceExit::started);
    state.start_hint_done = true;
  }
  if (!state.capture_hint_done && kind == rules::EventKind::capture_saved) {
    today::end_guidance(ctx, rules::GuidanceExit::captured);
    state.capture_hint_done = true;
  }
  if (showed_return_hint(ctx, state)) {
    today::end_guidance(ctx, rules::GuidanceExit::active_again);
    state.return_hint_closed = true;
  }
}

// What an event that now stands does to the engagement state.
void engage(Context& ctx, const Event& event, const Uuid& id, bool counts) {
  if (!rules::touches(event.kind, event.deed)) return;
  Call& call = call_of(ctx);
  end_hints(ctx, call.state, event.kind);
  if (call.state.telemetry_enabled && call.state.was_shown_lately) {
    today::credit(ctx, event.kind, event.deed, event.entity_type, event.entity_id);
  }
  auto& last = call.state.last_activity_at;
  last = last ? std::max(*last, ctx.now) : ctx.now;
  if (counts) {
    count(ctx, call, event.kind, id);
  } else if (is_completion(event)) {
    return;  // stored only; the completion that counts has done the rest
  } else {
    rules::SessionEvent step = rules::session_event::Start{};
    if (rules::session_step(event.kind, event.deed) == rules::SessionStep::abandon) {
      step = rules::session_event::Abandon{source_of(event.kind)};
    }
    static_cast<rules::EngagementSession&>(call.state) = stepped(ctx, call.state, step, call.session_id);
  }
  store(ctx, call);
}

}  // namespace

Recorded record(Context& ctx, const Event& event) {
  const rules::EventRule& rule = rules::rule_of(event.kind);
  if (!rule.in_feed) throw Error(Code::INTERNAL, "Events of this kind are not kept in the feed.");
  if (rules::touches(event.kind, event.deed)) call_of(ctx);  // as it was before this event
  const bool counts = would_count(ctx, event);
  const Uuid id = ctx.new_id();
  std::optional<std::string> module;
  if (!rule.module.empty()) module = rule.module;
  const auto inserted = ctx.db.execute(kInsert, ctx.user, id, rule.name, module, event.entity_type, event.entity_id,
                                       event.occurred_at, event.activity_date, event.dedupe_key, event.duration_seconds,
                                       event.quantity, event.deed.counted, counts, event.paid.xp, event.paid.coins,
                                       event.paid.skill_stars, event.skill_key, event.ledger_id, event.metadata);
  if (inserted == 0) return revive(ctx, event);
  engage(ctx, event, id, counts);
  return Recorded::new_event;
}

Recorded revive(Context& ctx, const Event& event) {
  const bool counts = would_count(ctx, event);
  const auto revived = ctx.db.maybe<OnlyId>(kRevive, ctx.user, event.dedupe_key, counts);
  if (!revived) return Recorded::known;
  engage(ctx, event, revived->id, counts);
  return Recorded::revived;
}

std::optional<Reversed> reverse(Context& ctx, std::string_view dedupe_key) {
  auto reversed = ctx.db.maybe<Reversed>(kReverse, ctx.user, dedupe_key, ctx.now);
  if (reversed && reversed->completion) {
    ctx.db.execute(kOneLess, ctx.user, ctx.now);
    if (ctx.activity && ctx.activity->state.completions_total > 0) --ctx.activity->state.completions_total;
  }
  return reversed;
}

rules::EngagementSession apply(Context& ctx, const rules::SessionEvent& event) {
  Call& call = call_of(ctx);
  if (std::holds_alternative<rules::session_event::ShowFull>(event)) end_hints(ctx, call.state, {});
  static_cast<rules::EngagementSession&>(call.state) = stepped(ctx, call.state, event, call.session_id);
  store(ctx, call);
  return call.state;
}

rules::EngagementSession session(Context& ctx) {
  return rules::seen_at(call_of(ctx).state, ctx.now, ctx.calendar, ctx.config.today);
}

}  // namespace ignition::activity
