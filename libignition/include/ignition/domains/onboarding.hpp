// Onboarding: short flows of steps that a new user, or somebody who wants to change Today, walks through. Answers take
// effect at once. Rules O1 to O9; which answers a step takes stands in rules/onboarding.hpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/rules/facts.hpp"
#include "ignition/rules/onboarding.hpp"

namespace ignition::onboarding {

using FlowKey = Text<1, 60>;

struct State {
  Uuid flow_id;
  rules::OnboardingStatus status = rules::OnboardingStatus::not_started;
  std::optional<Uuid> current_step_id;  // only while in progress
  bool can_resume = true;
  std::optional<Instant> started_at;
  std::optional<Instant> completed_at;
  std::optional<Instant> skipped_at;
  std::optional<Instant> last_step_completed_at;
};
BOOST_DESCRIBE_STRUCT(State, (),
                      (flow_id, status, current_step_id, can_resume, started_at, completed_at, skipped_at,
                       last_step_completed_at))

struct Progress {
  std::int64_t completed_steps = 0;
  std::int64_t total_steps = 0;
  std::int64_t percent_complete = 0;
};
BOOST_DESCRIBE_STRUCT(Progress, (), (completed_steps, total_steps, percent_complete))

struct FlowInfo {
  Uuid id;
  std::string key;
  std::string name;
  std::optional<std::string> description;
  std::int64_t version = 1;
  std::int64_t total_steps = 0;
};
BOOST_DESCRIBE_STRUCT(FlowInfo, (), (id, key, name, description, version, total_steps))

struct Step {
  Uuid id;
  std::int64_t order = 1;
  rules::StepType step_type = rules::StepType::welcome;
  std::string title;
  std::optional<std::string> description;
  std::optional<std::string> target_selector;
  std::optional<std::string> target_route;
  std::optional<std::string> fallback_content;
  std::optional<Json> options;  // {items: [{key, label, description}], min_select, max_select, field, max_length}
  bool allows_multiple = false;
  bool required = true;
  std::optional<rules::StepAction> action_type;
  std::optional<Json> action_config;
};
BOOST_DESCRIBE_STRUCT(Step, (),
                      (id, order, step_type, title, description, target_selector, target_route, fallback_content,
                       options, allows_multiple, required, action_type, action_config))

struct StepLine {
  Uuid id;
  std::int64_t order = 1;
  rules::StepType step_type = rules::StepType::welcome;
  std::string title;
  bool answered = false;
};
BOOST_DESCRIBE_STRUCT(StepLine, (), (id, order, step_type, title, answered))

struct OfFlow {
  std::optional<FlowKey> flow;  // key or id; default: the default flow
};
BOOST_DESCRIBE_STRUCT(OfFlow, (), (flow))

struct Onboarding {
  bool needs_onboarding = false;
  std::optional<State> state;
  Progress progress;
  std::optional<FlowInfo> flow;
  std::optional<Step> current_step;
  std::vector<StepLine> all_steps;
  Map<Json> responses;  // by step id
};
BOOST_DESCRIBE_STRUCT(Onboarding, (), (needs_onboarding, state, progress, flow, current_step, all_steps, responses))

Onboarding get(Context& ctx, const OfFlow& in);

struct Started {
  State state;
  std::optional<Step> current_step;
};
BOOST_DESCRIBE_STRUCT(Started, (), (state, current_step))

// Never goes back to the first step. CONFLICT `completed`, UNAVAILABLE `no_active_flow`.
Started start(Context& ctx, const OfFlow& in);

struct AnswerStep {
  Uuid step_id;
  std::optional<Json> response;
};
BOOST_DESCRIBE_STRUCT(AnswerStep, (), (step_id, response))

struct Answered {
  bool completed = false;  // the flow
  std::optional<Step> next_step;
  Progress progress;
};
BOOST_DESCRIBE_STRUCT(Answered, (), (completed, next_step, progress))

// Answers the current step, or an earlier one again. CONFLICT `completed`, `skipped`, `step_not_reached`.
Answered step(Context& ctx, const AnswerStep& in);

struct SkipFlow {
  std::optional<Int<1, 72>> soft_landing_hours;  // default: the system's, 24
  std::optional<FlowKey> flow;
};
BOOST_DESCRIBE_STRUCT(SkipFlow, (), (soft_landing_hours, flow))

struct Skipped {
  State state;
  std::optional<Instant> soft_landing_until;
};
BOOST_DESCRIBE_STRUCT(Skipped, (), (state, soft_landing_until))

Skipped skip(Context& ctx, const SkipFlow& in);

struct OneState {
  State state;
};
BOOST_DESCRIBE_STRUCT(OneState, (), (state))

// Forgets the answers; what they set stays.
OneState reset(Context& ctx, const OfFlow& in);

// Stores the flows that come with the product. What an operator changed stays.
void ship(Transaction& db, Instant now);

void add_operations(Catalogue& catalogue);

}  // namespace ignition::onboarding
