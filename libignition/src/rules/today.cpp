#include "ignition/rules/today.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "ignition/rules/percent.hpp"
#include "ignition/rules/route.hpp"

namespace ignition::rules {
namespace {

constexpr int kRampMinutes = 5;

std::optional<LiveFocus> live_focus(const TodayFacts& facts, Instant now) {
  if (facts.focus && facts.focus->expires_at && *facts.focus->expires_at <= now) return {};
  return facts.focus;
}

ModuleSet disabled_modules(const TodayFacts& facts) {
  ModuleSet disabled;
  for (const ModuleChoice& choice : facts.modules) {
    if (!choice.enabled) disabled.insert(choice.module);
  }
  return disabled;
}

OnboardingView onboarding_view(const OnboardingFacts& facts) {
  const bool active = facts.status == OnboardingStatus::in_progress;
  const bool open = facts.status == OnboardingStatus::not_started || (active && facts.can_resume);
  OnboardingView view{.active = active,
                      .needed = facts.flow_key && open,
                      .status = facts.status,
                      .flow_key = facts.flow_key,
                      .current_step_id = facts.current_step_id,
                      .route = {},
                      .percent_complete = facts.percent_complete};
  if (active && facts.current_step_id) view.route = "/onboarding/" + facts.current_step_id->text();
  return view;
}

ActionPreferences action_preferences(const TodayFacts& facts, const ModuleSet& disabled, const OnboardingView& view) {
  ActionPreferences preferences{
      .weights = {}, .disabled = disabled, .onboarding_active = view.active, .onboarding_route = view.route};
  for (const ModuleChoice& choice : facts.modules) {
    if (choice.enabled) preferences.weights[static_cast<std::size_t>(choice.module)] = choice.weight;
  }
  return preferences;
}

PersonalizationView personalization_view(const TodayFacts& facts) {
  PersonalizationView view{.interests = facts.interests,
                           .module_weights = {},
                           .disabled_modules = {},
                           .nudge_intensity = facts.prefs.nudge_intensity,
                           .focus_minutes = facts.prefs.focus_minutes,
                           .gamification_visibility = facts.prefs.gamification_visibility,
                           .planner_visibility = facts.prefs.planner_visibility};
  std::array<const ModuleChoice*, kModules> stored{};
  for (const ModuleChoice& choice : facts.modules) stored[static_cast<std::size_t>(choice.module)] = &choice;
  for (const ModuleChoice* choice : stored) {
    if (!choice) continue;
    if (choice->enabled) {
      view.module_weights.entries.emplace_back(key_of(choice->module), choice->weight);
    } else {
      view.disabled_modules.push_back(choice->module);
    }
  }
  return view;
}

PlanSummary plan_summary(const std::optional<TodayPlan>& plan, const UserState& state) {
  PlanSummary summary{.plan_exists = state.plan_exists,
                      .has_incomplete_plan_items = state.has_incomplete_plan_items,
                      .next_incomplete_item = {}};
  if (!plan) return summary;
  const TodayPlanItem* next = nullptr;
  const auto priority = [](const TodayPlanItem& i) { return i.priority.value_or(std::numeric_limits<int>::max()); };
  for (const TodayPlanItem& item : plan->items) {
    ++summary.total_count;
    if (item.completed == true) ++summary.completed_count;
    if (item.completed == false && (!next || priority(item) < priority(*next))) next = &item;
  }
  summary.percent_complete = percent(summary.completed_count, summary.total_count);
  if (next) {
    summary.next_incomplete_item = OpenPlanItem{.id = next->id.value_or(""),
                                                .item_key = next->item_key,
                                                .title = next->title.value_or(""),
                                                .priority = next->priority.value_or(0),
                                                .action_url = next->action_url.value_or(""),
                                                .type = next->type.value_or("focus")};
  }
  return summary;
}

Map<bool> flag_view(const TodayFlags& flags) {
  Map<bool> view;
  for (const auto& [name, on] : named(flags)) view.entries.emplace_back(name, on);
  return view;
}

// Rule S8.
std::optional<int> suggested_minutes(const Starter& starter, EntryMode entry_mode, int focus_minutes) {
  switch (starter.action.source) {
    case ActionSource::plan:
      return starter.item_minutes;
    case ActionSource::safety_net:
      return focus_minutes;
    case ActionSource::default_:
    case ActionSource::personalised:
      if (starter.action.module != ActionModule::focus) return {};
      return entry_mode == EntryMode::ramp ? kRampMinutes : focus_minutes;
    case ActionSource::active_session:
    case ActionSource::onboarding:
      break;
  }
  return {};
}

StarterBlock starter_block(Starter starter, const Surface& surface, bool plan_exists, int focus_minutes) {
  StarterBlock block;
  block.primary.suggested_minutes = suggested_minutes(starter, surface.entry_mode, focus_minutes);
  NextAction& action = starter.action;
  block.primary.short_label = short_label(action.label);
  block.primary.href = std::move(action.href);
  block.primary.label = std::move(action.label);
  block.primary.reason = action.reason;
  block.primary.source = action.source;
  block.primary.type = std::move(action.type);
  block.primary.module = action.module;
  block.primary.entity_id = std::move(action.entity_id);
  block.primary.item_title = std::move(action.item_title);
  block.primary.action_key = std::move(action.action_key);
  if (surface.resolved_state != ResolvedState::focus_active) {
    block.secondary = SecondaryAction{
        .action_key = "capture", .href = "/inbox", .label = "Capture a thought", .module = ActionModule::inbox};
  }
  block.focus_minutes = focus_minutes;
  block.time_choices = {5, 10, 25, 45};
  block.view_plan = plan_exists;
  return block;
}

// Rule R1.
ReducedMode reduced_mode(const Surface& surface, bool dismissed, std::optional<Instant> last_activity, Instant now,
                         const ModuleSet& disabled) {
  ReducedMode mode{.active = surface.resolved_state == ResolvedState::returning_after_gap,
                   .dismissed = dismissed,
                   .gap_hours = {},
                   .message = {},
                   .suggestions = {}};
  if (mode.active && last_activity) {
    mode.gap_hours = std::chrono::duration_cast<std::chrono::hours>(now - *last_activity).count();
  }
  if (!surface.visibility.show_reduced_mode_banner) return mode;
  mode.message = "Welcome back. Start small.";
  if (!disabled.contains(Module::focus)) {
    mode.suggestions.push_back({"5 min focus", "/focus", ActionModule::focus, kRampMinutes});
  }
  if (!disabled.contains(Module::quests)) {
    mode.suggestions.push_back({"Quick quest", "/quests", ActionModule::quests, {}});
  }
  return mode;
}

// One decision in the making. Parts are filled in the order of their dependence.
struct Decision {
  const TodayFacts& facts;
  const Calendar& calendar;
  Instant now;
  const TodayConfig& config;
  const TodayFlags& flags;

  ModuleSet disabled;
  Surface surface;
  TodayPayload payload;

  std::string_view starter_href() const { return payload.starter_block.primary.href; }

  void place_in_time() {
    payload.decision_version = kDecisionVersion;
    payload.generated_at = now;
    payload.local_date = calendar.date_of(now);
    payload.timezone = calendar.zone.name();
    payload.time_of_day = part_of_day(calendar.zone, now);
    payload.greeting = greeting(payload.time_of_day);
    payload.etag = std::string(32, '0');
  }

  void resolve_surface(const EngagementSession& session) {
    payload.user_state = user_state(facts, calendar, now, config);
    surface = surface_of(payload.user_state,
                         {.soft_landing = session.soft_state == SoftState::active,
                          .reduced_dismissed = session.reduced_dismissed,
                          .show_full = session.show_full,
                          .onboarding = facts.onboarding.status == OnboardingStatus::in_progress,
                          .gamification = facts.prefs.gamification_visibility},
                         flags);
    payload.resolved_state = surface.resolved_state;
    payload.entry_mode = surface.entry_mode;
    payload.max_ctas = surface.max_ctas;
    payload.visibility = surface.visibility;
    payload.sections = surface.sections;
    payload.reduced_mode = reduced_mode(surface, session.reduced_dismissed, facts.last_activity_at, now, disabled);
    payload.soft_landing = soft_landing_view(session, flags.master && flags.soft_landing);
    payload.momentum = momentum_view(session, flags.master && flags.momentum_feedback);
    payload.autonomy.show_full = session.show_full;
  }

  void choose_next(std::optional<std::string_view> current_route) {
    payload.onboarding = onboarding_view(facts.onboarding);
    const auto preferences = action_preferences(facts, disabled, payload.onboarding);
    const auto focus = live_focus(facts, now);
    const TodayPlan* plan = facts.plan ? &*facts.plan : nullptr;
    const bool resolver_on = flags.master && flags.next_action_resolver;
    payload.starter_block = starter_block(starter_of(focus, plan, payload.local_date, preferences, resolver_on),
                                          surface, payload.user_state.plan_exists, facts.prefs.focus_minutes);
    if (current_route) payload.next_action = resolve_next_action(focus, plan, current_route, preferences);
  }

  // Rule K7: ranking that fails leaves the waterfall and is reported.
  void rank_picks(std::vector<QuickPick>& picks) {
    std::vector<RankingInput> inputs;
    inputs.reserve(picks.size());
    for (const QuickPick& pick : picks) {
      inputs.push_back(ranking_input(pick.module, pick.baseline_rank, facts.usage.modules, facts.transitions,
                                     facts.newest_completion, calendar, now, config));
    }
    if (const auto ranked = rank(inputs, config, flags.sequence_killed)) {
      reorder(picks, *ranked);
    } else {
      payload.degraded.emplace_back("ranking");
    }
  }

  void offer_picks() {
    const int cap = pick_cap({.entry_mode = surface.entry_mode,
                              .max_ctas = surface.max_ctas,
                              .max_quick_links = surface.visibility.max_quick_links,
                              .show_reduced_mode_banner = surface.visibility.show_reduced_mode_banner,
                              .max_quick_picks = config.max_quick_picks,
                              .nudge_intensity = facts.prefs.nudge_intensity},
                             flags);
    if (cap == 0) return;
    auto picks = pick_candidates(facts.counts, starter_href(), disabled, flags.master && flags.quick_picks_extended);
    if (flags.master && flags.ranking) rank_picks(picks);
    if (picks.size() > static_cast<std::size_t>(cap)) picks.resize(static_cast<std::size_t>(cap));
    payload.quick_picks = std::move(picks);
  }

  void offer_resuming() {
    if (!flags.master || !flags.dynamic_ui) return;
    const bool open = surface.resolved_state != ResolvedState::focus_active && surface.visibility.max_quick_links >= 1;
    if (open) payload.resume_last = resume_last(facts.last_use, now, starter_href(), disabled, config);
    if (surface.entry_mode == EntryMode::standard && facts.prefs.nudge_intensity != NudgeIntensity::gentle) {
      payload.interest_primer = interest_primer(facts.usage.counts, facts.interests, starter_href(), disabled, config);
    }
  }

  void suggest() {
    SuggestionFacts known{.newest_completion = {},
                          .unforced = surface.resolved_state == ResolvedState::default_ ||
                                      surface.resolved_state == ResolvedState::plan_exists ||
                                      surface.resolved_state == ResolvedState::active_streak,
                          .disabled = disabled,
                          .starter_path = route_path(starter_href())};
    if (facts.newest_completion) {
      if (const auto module = governing_module(facts.newest_completion->module)) {
        known.newest_completion = NewestCompletion{*module, facts.newest_completion->at};
      }
    }
    payload.next_suggestion = next_suggestion(facts.rules, facts.routines, known, now);
  }

  void guide() {
    const bool silent = !flags.master || !facts.prefs.tips_enabled || surface.soft_landing_applied ||
                        surface.resolved_state == ResolvedState::focus_active;
    if (silent) return;
    const auto is_enabled = [](const auto& one) { return one.enabled; };
    GuidanceFacts known{.started = facts.guidance.started,
                        .captured = facts.guidance.captured,
                        .frequent_pair = facts.guidance.frequent_pair,
                        .has_rule_or_routine = std::ranges::any_of(facts.rules, is_enabled) ||
                                               std::ranges::any_of(facts.routines, is_enabled),
                        .bounced_of_last_10 = facts.guidance.bounced_of_last_10,
                        .exposures_of_last_10 = facts.guidance.exposures_of_last_10,
                        .unread_inbox = static_cast<int>(
                            std::min<std::int64_t>(facts.counts.unread_inbox, std::numeric_limits<int>::max())),
                        .returning_after_gap = surface.resolved_state == ResolvedState::returning_after_gap,
                        .closed = {}};
    for (std::size_t i = 0; i < facts.guidance.steps.size(); ++i) {
      if (!is_open(facts.guidance.steps[i], now)) known.closed.push_back(static_cast<GuidanceStep>(i));
    }
    if (const auto step = guidance(known)) payload.guidance = guidance_view(*step);
  }

  void summarise() {
    payload.plan_summary = plan_summary(facts.plan, payload.user_state);
    payload.counts = facts.counts;
    payload.personalization = personalization_view(facts);
    payload.flags = flag_view(flags);
    payload.degraded.insert(payload.degraded.end(), facts.degraded.begin(), facts.degraded.end());
    std::ranges::sort(payload.degraded);
    const auto repeated = std::ranges::unique(payload.degraded);
    payload.degraded.erase(repeated.begin(), repeated.end());
  }
};

}  // namespace

UserState user_state(const TodayFacts& facts, const Calendar& calendar, Instant now, const TodayConfig& config) {
  const auto focus = live_focus(facts, now);
  const auto is_open = [](const TodayPlanItem& item) { return item.completed == false; };
  return {
      .plan_exists = facts.plan.has_value(),
      .has_incomplete_plan_items = facts.plan && std::ranges::any_of(facts.plan->items, is_open),
      .returning_after_gap = returning_after_gap(calendar, facts.last_activity_at, now, gap_limit(facts.prefs, config)),
      .first_day = first_day(calendar, facts.created_at, facts.completions_total, now),
      .focus_active = focus && !focus->paused,
      .active_streak = facts.active_streak};
}

TodayPayload decide(const TodayFacts& facts, const Calendar& calendar, Instant now, const TodayConfig& config,
                    const TodayFlags& flags, std::optional<std::string_view> current_route) {
  Decision decision{.facts = facts,
                    .calendar = calendar,
                    .now = now,
                    .config = config,
                    .flags = flags,
                    .disabled = disabled_modules(facts),
                    .surface = {},
                    .payload = {}};
  const EngagementSession session = seen_at(
      facts.session, now, calendar,
      {.session_idle_minutes = config.session_idle_minutes, .soft_landing_minutes = config.soft_landing_minutes});
  decision.place_in_time();
  decision.resolve_surface(session);
  decision.choose_next(current_route);
  decision.offer_picks();
  decision.offer_resuming();
  decision.suggest();
  decision.guide();
  decision.summarise();
  return std::move(decision.payload);
}

}  // namespace ignition::rules
