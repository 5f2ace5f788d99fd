// The Today decision: facts, calendar, clock, configuration and flags in, the whole payload out. The same inputs give
// the same bytes everywhere. Rules E1, E2, E4, E5.
#pragma once

#include <boost/describe/class.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/rules/facts.hpp"
#include "ignition/rules/flags.hpp"
#include "ignition/rules/gap.hpp"
#include "ignition/rules/visibility.hpp"
#include "ignition/sha256.hpp"
#include "ignition/types.hpp"

namespace ignition::rules {

inline constexpr std::string_view kDecisionVersion = "1.0.0";

// The fields of every type below stand in the order in which they are written.

// The starter as Today shows it (rules S6, S8).
struct StarterAction {
  std::string href;
  std::string label;
  std::string short_label;
  ActionReason reason = ActionReason::no_plan_fallback;
  ActionSource source = ActionSource::default_;
  std::string type;
  ActionModule module = ActionModule::focus;
  std::optional<std::string> entity_id;
  std::optional<std::string> item_title;
  std::string action_key;
  std::optional<int> suggested_minutes;
};
BOOST_DESCRIBE_STRUCT(StarterAction, (),
                      (href, label, short_label, reason, source, type, module, entity_id, item_title, action_key,
                       suggested_minutes))

struct SecondaryAction {
  std::string action_key;
  std::string href;
  std::string label;
  ActionModule module = ActionModule::inbox;
};
BOOST_DESCRIBE_STRUCT(SecondaryAction, (), (action_key, href, label, module))

struct StarterBlock {
  StarterAction primary;
  std::optional<SecondaryAction> secondary;
  int micro_start_minutes = 2;
  int focus_minutes = 25;
  std::vector<int> time_choices;
  bool view_plan = false;
};
BOOST_DESCRIBE_STRUCT(StarterBlock, (),
                      (primary, secondary, micro_start_minutes, focus_minutes, time_choices, view_plan))

struct ReducedSuggestion {
  std::string label;
  std::string href;
  ActionModule module = ActionModule::focus;
  std::optional<int> minutes;
};
BOOST_DESCRIBE_STRUCT(ReducedSuggestion, (), (label, href, module, minutes))

struct ReducedMode {
  bool active = false;
  bool dismissed = false;
  std::optional<std::int64_t> gap_hours;
  std::optional<std::string> message;
  std::vector<ReducedSuggestion> suggestions;
};
BOOST_DESCRIBE_STRUCT(ReducedMode, (), (active, dismissed, gap_hours, message, suggestions))

struct Autonomy {
  bool show_full_available = true;
  bool show_full = false;
  std::string personalization_scope = "today";
};
BOOST_DESCRIBE_STRUCT(Autonomy, (), (show_full_available, show_full, personalization_scope))

struct OpenPlanItem {
  std::string id;
  std::string item_key;
  std::string title;
  int priority = 0;
  std::string action_url;
  std::string type;
};
BOOST_DESCRIBE_STRUCT(OpenPlanItem, (), (id, item_key, title, priority, action_url, type))

struct PlanSummary {
  bool plan_exists = false;
  bool has_incomplete_plan_items = false;
  std::optional<OpenPlanItem> next_incomplete_item;
  int total_count = 0;
  int completed_count = 0;
  int percent_complete = 0;
};
BOOST_DESCRIBE_STRUCT(PlanSummary, (),
                      (plan_exists, has_incomplete_plan_items, next_incomplete_item, total_count, completed_count,
                       percent_complete))

struct PersonalizationView {
  std::vector<InterestKey> interests;
  Map<int> module_weights;  // stored and enabled modules, canonical order
  std::vector<Module> disabled_modules;
  NudgeIntensity nudge_intensity = NudgeIntensity::standard;
  int focus_minutes = 25;
  GamificationVisibility gamification_visibility = GamificationVisibility::always;
  PlannerVisibility planner_visibility = PlannerVisibility::collapsed;
};
BOOST_DESCRIBE_STRUCT(PersonalizationView, (),
                      (interests, module_weights, disabled_modules, nudge_intensity, focus_minutes,
                       gamification_visibility, planner_visibility))

struct OnboardingView {
  bool active = false;
  bool needed = false;
  OnboardingStatus status = OnboardingStatus::not_started;
  std::optional<std::string> flow_key;
  std::optional<Uuid> current_step_id;
  std::optional<std::string> route;
  int percent_complete = 0;
};
BOOST_DESCRIBE_STRUCT(OnboardingView, (), (active, needed, status, flow_key, current_step_id, route, percent_complete))

struct TodayPayload {
  std::string decision_version;
  Instant generated_at;
  LocalDate local_date;
  std::string timezone;
  PartOfDay time_of_day = PartOfDay::morning;
  std::string greeting;
  Uuid exposure_id;  // nil until sealed
  std::string etag;  // 32 zeros until sealed
  UserState user_state;
  ResolvedState resolved_state = ResolvedState::default_;
  EntryMode entry_mode = EntryMode::standard;
  int max_ctas = 6;
  Visibility visibility;
  Sections sections;
  StarterBlock starter_block;
  std::optional<NextAction> next_action;
  ReducedMode reduced_mode;
  SoftLandingView soft_landing;
  MomentumView momentum;
  Autonomy autonomy;
  std::vector<QuickPick> quick_picks;
  std::optional<ResumeLast> resume_last;
  std::optional<InterestPrimer> interest_primer;
  std::optional<Suggestion> next_suggestion;
  std::optional<GuidanceView> guidance;
  PlanSummary plan_summary;
  TodayCounts counts;
  PersonalizationView personalization;
  OnboardingView onboarding;
  Map<bool> flags;
  std::vector<std::string> degraded;
};
BOOST_DESCRIBE_STRUCT(TodayPayload, (),
                      (decision_version, generated_at, local_date, timezone, time_of_day, greeting, exposure_id, etag,
                       user_state, resolved_state, entry_mode, max_ctas, visibility, sections, starter_block,
                       next_action, reduced_mode, soft_landing, momentum, autonomy, quick_picks, resume_last,
                       interest_primer, next_suggestion, guidance, plan_summary, counts, personalization, onboarding,
                       flags, degraded))

// Decides Today. `current_route` is the page the client is on; it feeds next_action only.
TodayPayload decide(const TodayFacts& facts, const Calendar& calendar, Instant now, const TodayConfig& config,
                    const TodayFlags& flags, std::optional<std::string_view> current_route);

// The facts that the resolved state follows from (rules F1 to F6).
UserState user_state(const TodayFacts& facts, const Calendar& calendar, Instant now, const TodayConfig& config);

// The earliest instant after `now` at which time alone could change anything but generated_at and exposure_id of the
// payload. Until then an answer decided at `now` may be given again.
Instant valid_until(const TodayFacts& facts, const Calendar& calendar, Instant now, const TodayConfig& config,
                    const TodayFlags& flags);

// The payload's JSON without generated_at, exposure_id and etag: what its content hash is taken of.
std::string unstamped(std::string_view payload_json);

// Version 8 (RFC 9562); the same for the same user, clock and content.
Uuid exposure_id(const Sha256& content, const Uuid& user_id, Instant now);

struct Seal {
  Uuid exposure_id;
  std::string etag;  // 32 hexadecimal digits, the same for the same content
  Sha256 content{};  // of the unstamped payload
};
Seal seal_of(std::string_view unstamped_json, const Uuid& user_id, Instant now);

// Writes exposure_id and etag into the JSON of a payload as `decide` made it.
Seal seal(std::string& payload_json, const Uuid& user_id, Instant now);

// The sealed JSON with the same content as decided at another instant.
std::string restamped(std::string_view sealed_json, const Sha256& content, const Uuid& user_id, Instant now);

}  // namespace ignition::rules
