#include "ignition/domains/onboarding.hpp"

#include <algorithm>

#include "domains/onboarding/answers.hpp"
#include "ignition/domains/activity.hpp"
#include "ignition/domains/progress.hpp"
#include "ignition/wire.hpp"

namespace ignition::onboarding {
namespace {

using rules::OnboardingStatus;

// A flow with the user's state in it: the flow with the key or id $2, or that of the step $3, or the default one (rule
// O1).
constexpr Sql kFlow{R"sql(
  SELECT f.id, f.key, f.name, f.description, f.version, s.id, s.status, s.current_step_id, s.can_resume, s.started_at,
         s.completed_at, s.skipped_at, s.last_step_completed_at, f.is_default
    FROM onboarding_flows f LEFT JOIN user_onboarding_state s ON s.user_id = $1 AND s.flow_id = f.id
   WHERE f.is_active AND (CAST($2 AS TEXT) IS NULL OR f.key = $2 OR CAST(f.id AS TEXT) = $2)
     AND (CAST($3 AS UUID) IS NULL OR f.id IN (SELECT o.flow_id FROM onboarding_steps o WHERE o.id = $3))
     AND (CAST($2 AS TEXT) IS NOT NULL OR CAST($3 AS UUID) IS NOT NULL OR f.is_default)
   ORDER BY f.version DESC, f.key ASC LIMIT 1)sql"};
constexpr Sql kSteps{R"sql(
  SELECT o.id, o.step_order, o.step_type, o.title, o.description, o.target_selector, o.target_route,
         o.fallback_content, o.options, o.allows_multiple, o.required, o.action_type, o.action_config, r.response
    FROM onboarding_steps o LEFT JOIN user_onboarding_responses r ON r.user_id = $1 AND r.step_id = o.id
   WHERE o.flow_id = $2 ORDER BY o.step_order)sql"};
constexpr Sql kStoreState{R"sql(
  INSERT INTO user_onboarding_state (user_id, id, flow_id, status, current_step_id, can_resume, started_at,
                                     completed_at, skipped_at, last_step_completed_at, created_at, updated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
  ON CONFLICT (user_id, flow_id) DO UPDATE
    SET status = excluded.status, current_step_id = excluded.current_step_id, can_resume = excluded.can_resume,
        started_at = excluded.started_at, completed_at = excluded.completed_at, skipped_at = excluded.skipped_at,
        last_step_completed_at = excluded.last_step_completed_at, updated_at = excluded.updated_at)sql"};
constexpr Sql kStoreResponse{R"sql(
  INSERT INTO user_onboarding_responses (user_id, id, step_id, response, created_at, updated_at)
  VALUES ($1, $2, $3, $4, $5, $5)
  ON CONFLICT (user_id, step_id) DO UPDATE SET response = excluded.response, updated_at = excluded.updated_at)sql"};
constexpr Sql kForgetResponses{R"sql(
  DELETE FROM user_onboarding_responses
   WHERE user_id = $1 AND step_id IN (SELECT o.id FROM onboarding_steps o WHERE o.flow_id = $2))sql"};

struct FlowRow {
  Uuid id;
  std::string key;
  std::string name;
  std::optional<std::string> description;
  std::int64_t version = 1;
  std::optional<Uuid> state_id;
  std::optional<OnboardingStatus> status;
  std::optional<Uuid> current_step_id;
  std::optional<bool> can_resume;
  std::optional<Instant> started_at;
  std::optional<Instant> completed_at;
  std::optional<Instant> skipped_at;
  std::optional<Instant> last_step_completed_at;
  bool is_default = false;
};
BOOST_DESCRIBE_STRUCT(FlowRow, (),
                      (id, key, name, description, version, state_id, status, current_step_id, can_resume, started_at,
                       completed_at, skipped_at, last_step_completed_at, is_default))

struct StepRow : Step {
  std::optional<Json> response;
};
BOOST_DESCRIBE_STRUCT(StepRow, (Step), (response))

// A flow as one user stands in it.
struct Walk {
  FlowInfo flow;
  bool is_default = false;
  State state;
  bool has_state = false;
  std::vector<StepRow> steps;  // by order

  std::vector<rules::StepPlace> places() const {
    std::vector<rules::StepPlace> out;
    for (const auto& step : steps) {
      out.push_back({.id = step.id, .order = static_cast<int>(step.order), .answered = step.response.has_value()});
    }
    return out;
  }
  const StepRow* find(const std::optional<Uuid>& id) const {
    const auto found = std::ranges::find_if(steps, [&](const StepRow& step) { return id && step.id == *id; });
    return found == steps.end() ? nullptr : &*found;
  }
};

// A step that was deleted while the user stood at it is passed: on to the first without an answer, or to the end.
void pass_missing_step(Walk& walk) {
  if (walk.state.status != OnboardingStatus::in_progress || walk.find(walk.state.current_step_id) != nullptr) return;
  walk.state.current_step_id = rules::first_open_step(walk.places());
  if (walk.state.current_step_id) return;
  walk.state.status = OnboardingStatus::completed;
  walk.state.completed_at = walk.state.last_step_completed_at;
}

Walk walk_of(Context& ctx, FlowRow&& row) {
  Walk walk{.flow = {.id = row.id,
                     .key = std::move(row.key),
                     .name = std::move(row.name),
                     .description = std::move(row.description),
                     .version = row.version},
            .is_default = row.is_default,
            .state = {.flow_id = row.id,
                      .status = row.status.value_or(OnboardingStatus::not_started),
                      .current_step_id = row.current_step_id,
                      .can_resume = row.can_resume.value_or(true),
                      .started_at = row.started_at,
                      .completed_at = row.completed_at,
                      .skipped_at = row.skipped_at,
                      .last_step_completed_at = row.last_step_completed_at},
            .has_state = row.state_id.has_value(),
            .steps = ctx.db.query<StepRow>(kSteps, ctx.user, row.id)};
  walk.flow.total_steps = static_cast<std::int64_t>(walk.steps.size());
  pass_missing_step(walk);
  return walk;
}

// The named flow, else the default one; nothing when there is none. NOT_FOUND for an unknown name.
std::optional<Walk> find_walk(Context& ctx, const std::optional<FlowKey>& key) {
  auto row =
      ctx.db.maybe<FlowRow>(kFlow, ctx.user, key ? std::optional(key->value) : std::nullopt, std::optional<Uuid>());
  if (!row && key) throw not_found("onboarding flow");
  return row ? std::optional(walk_of(ctx, std::move(*row))) : std::nullopt;
}

Walk walk_to_change(Context& ctx, const std::optional<FlowKey>& key) {
  auto walk = find_walk(ctx, key);
  if (!walk) throw Error(Code::UNAVAILABLE, "There is no onboarding flow.").because("no_active_flow");
  return std::move(*walk);
}

Progress progress_of(const Walk& walk) {
  Progress out{.total_steps = static_cast<std::int64_t>(walk.steps.size())};
  for (const auto& step : walk.steps) out.completed_steps += step.response ? 1 : 0;
  out.percent_complete =
      rules::onboarding_percent(out.completed_steps, out.total_steps, walk.state.status == OnboardingStatus::completed);
  return out;
}

std::optional<Step> shown(const StepRow* step) { return step == nullptr ? std::nullopt : std::optional<Step>(*step); }

void store(Context& ctx, const Walk& walk) {
  const State& s = walk.state;
  ctx.db.execute(kStoreState, ctx.user, ctx.new_id(), s.flow_id, s.status, s.current_step_id, s.can_resume,
                 s.started_at, s.completed_at, s.skipped_at, s.last_step_completed_at, ctx.now);
}

void record(Context& ctx, const Walk& walk, rules::EventKind kind, std::string key) {
  progress::record(ctx,
                   {.kind = kind, .key = std::move(key), .event_id = walk.flow.id, .entity_type = "onboarding_flow"});
}

void complete(Context& ctx, Walk& walk) {
  walk.state.status = OnboardingStatus::completed;
  walk.state.completed_at = ctx.now;
  walk.state.current_step_id.reset();
  record(ctx, walk, rules::EventKind::onboarding_completed, rules::keys::onboarding_completed(walk.flow.id, ctx.now));
}

// Moves to a step; from the last one, completes.
void move_to(Context& ctx, Walk& walk, const std::optional<Uuid>& step) {
  walk.state.current_step_id = step;
  if (!step) complete(ctx, walk);
}

[[noreturn]] void refuse(OnboardingStatus status) {
  if (status == OnboardingStatus::completed) throw conflict("completed", "This onboarding is complete.");
  throw conflict("skipped", "This onboarding was skipped; start it to go on.");
}

// Rule O3. False when it was under way already.
bool begin(Context& ctx, Walk& walk) {
  State& state = walk.state;
  switch (state.status) {
    case OnboardingStatus::in_progress:
      return false;
    case OnboardingStatus::completed:
      refuse(state.status);
    case OnboardingStatus::skipped:
      if (!state.can_resume) refuse(state.status);
      state.skipped_at.reset();
      state.status = OnboardingStatus::in_progress;
      if (!state.started_at) state.started_at = ctx.now;
      move_to(ctx, walk, rules::first_open_step(walk.places()));
      return true;
    case OnboardingStatus::not_started:
      break;
  }
  state.status = OnboardingStatus::in_progress;
  state.started_at = ctx.now;
  move_to(ctx, walk, rules::step_after(walk.places(), 0));
  return true;
}

// The flow of a step that the user may answer: one they are in, or the default one.
Walk walk_of_step(Context& ctx, const Uuid& step_id) {
  auto row = ctx.db.maybe<FlowRow>(kFlow, ctx.user, std::optional<std::string>(), std::optional(step_id));
  if (!row) throw not_found("onboarding step");
  Walk walk = walk_of(ctx, std::move(*row));
  if (walk.state.status == OnboardingStatus::not_started && !walk.is_default) throw not_found("onboarding step");
  return walk;
}

}  // namespace

Onboarding get(Context& ctx, const OfFlow& in) {
  const auto walk = find_walk(ctx, in.flow);
  if (!walk) return {};
  const State& state = walk->state;
  const bool open = state.status == OnboardingStatus::in_progress && state.can_resume;
  Onboarding out{.needs_onboarding = state.status == OnboardingStatus::not_started || open,
                 .state = walk->has_state ? std::optional(state) : std::nullopt,
                 .progress = progress_of(*walk),
                 .flow = walk->flow,
                 .current_step = shown(walk->find(state.current_step_id)),
                 .all_steps = {},
                 .responses = {}};
  for (const auto& step : walk->steps) {
    out.all_steps.push_back({.id = step.id,
                             .order = step.order,
                             .step_type = step.step_type,
                             .title = step.title,
                             .answered = step.response.has_value()});
    if (step.response) out.responses.entries.emplace_back(step.id.text(), *step.response);
  }
  return out;
}

Started start(Context& ctx, const OfFlow& in) {
  Walk walk = walk_to_change(ctx, in.flow);
  if (begin(ctx, walk)) store(ctx, walk);
  return {.state = walk.state, .current_step = shown(walk.find(walk.state.current_step_id))};
}

Answered step(Context& ctx, const AnswerStep& in) {
  Walk walk = walk_of_step(ctx, in.step_id);
  State& state = walk.state;
  if (state.status == OnboardingStatus::completed || state.status == OnboardingStatus::skipped) refuse(state.status);
  begin(ctx, walk);
  auto& answered = *std::ranges::find(walk.steps, in.step_id, &StepRow::id);
  const StepRow* current = walk.find(state.current_step_id);
  if (current == nullptr || answered.order > current->order) {
    throw conflict("step_not_reached", "Answer the steps before this one first.");
  }
  answered.response = take_answer(ctx, answered, in.response, answered.response);
  ctx.db.execute(kStoreResponse, ctx.user, ctx.new_id(), answered.id, *answered.response, ctx.now);
  state.last_step_completed_at = ctx.now;
  if (current == &answered) move_to(ctx, walk, rules::step_after(walk.places(), static_cast<int>(answered.order)));
  store(ctx, walk);
  return {.completed = state.status == OnboardingStatus::completed,
          .next_step = shown(walk.find(state.current_step_id)),
          .progress = progress_of(walk)};
}

Skipped skip(Context& ctx, const SkipFlow& in) {
  Walk walk = walk_to_change(ctx, in.flow);
  State& state = walk.state;
  if (state.status == OnboardingStatus::completed) refuse(state.status);
  const auto landing = [&](const rules::EngagementSession& session) {
    const bool runs =
        session.soft_state == rules::SoftState::active && session.soft_source == rules::SoftSource::onboarding;
    return runs ? session.soft_expires_at : std::nullopt;
  };
  if (state.status == OnboardingStatus::skipped) {
    return {.state = state, .soft_landing_until = landing(activity::session(ctx))};
  }
  state.status = OnboardingStatus::skipped;
  state.skipped_at = ctx.now;
  state.current_step_id.reset();
  store(ctx, walk);
  record(ctx, walk, rules::EventKind::onboarding_skipped, rules::keys::onboarding_skipped(walk.flow.id, ctx.now));
  const int hours =
      in.soft_landing_hours ? static_cast<int>(in.soft_landing_hours->value()) : ctx.config.today.onboarding_skip_hours;
  const auto session = activity::apply(ctx, rules::session_event::OnboardingSkip{hours});
  return {.state = state, .soft_landing_until = landing(session)};
}

OneState reset(Context& ctx, const OfFlow& in) {
  Walk walk = walk_to_change(ctx, in.flow);
  ctx.db.execute(kForgetResponses, ctx.user, walk.flow.id);
  walk.state = {.flow_id = walk.flow.id};
  if (walk.has_state) store(ctx, walk);
  return {walk.state};
}

void add_operations(Catalogue& c) {
  constexpr auto user = Access::user;
  c.add("onboarding.get", Get("/onboarding"), user, Effect::read, &get, "Where the user is in a flow.");
  c.add("onboarding.start", Post("/onboarding/start"), user, Effect::write, &start,
        "Starts a flow or goes on with it.");
  c.add("onboarding.step", Post("/onboarding/step"), user, Effect::write, &step,
        "Answers a step; the answer takes effect at once.");
  c.add("onboarding.skip", Post("/onboarding/skip"), user, Effect::write, &skip,
        "Skips a flow; Today stays calm for a while.");
  c.add("onboarding.reset", Post("/onboarding/reset"), user, Effect::write, &reset,
        "Forgets the answers to a flow, so that it can be started anew.");
}

}  // namespace ignition::onboarding
