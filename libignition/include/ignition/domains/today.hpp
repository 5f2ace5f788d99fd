// Today: the one dashboard that says what to do next. The decision itself is pure and stands in rules/today.hpp; here
// are its facts, its cache and the calls that move the engagement session.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/rules/outcomes.hpp"
#include "ignition/rules/today.hpp"

namespace ignition::today {

struct GetToday {
  std::optional<Text<0, 512>> current_route;  // the page the client is on; feeds next_action only
};
BOOST_DESCRIBE_STRUCT(GetToday, (), (current_route))

Rendered<rules::TodayPayload> get(Context& ctx, const GetToday& in);

struct PlanShare {
  bool exists = false;
  int total = 0;
  int completed = 0;
  int percent = 0;
};
BOOST_DESCRIBE_STRUCT(PlanShare, (), (exists, total, completed, percent))

struct Summary {
  LocalDate local_date;
  rules::ResolvedState resolved_state = rules::ResolvedState::default_;
  rules::EntryMode entry_mode = rules::EntryMode::standard;
  PlanShare plan;
  rules::TodayCounts counts;
  rules::StarterAction starter;
};
BOOST_DESCRIBE_STRUCT(Summary, (), (local_date, resolved_state, entry_mode, plan, counts, starter))

Summary summary(Context& ctx, const Nothing& in);

struct NextStep {
  rules::NextAction resolved;  // as the resolver sees it from the client's page; may be noop
  rules::StarterAction starter;
};
BOOST_DESCRIBE_STRUCT(NextStep, (), (resolved, starter))

NextStep next_action(Context& ctx, const GetToday& in);

enum class LandingSource : std::uint8_t { focus, quest, workout, habit, learn };
BOOST_DESCRIBE_ENUM(LandingSource, focus, quest, workout, habit, learn)
enum class LandingStatus : std::uint8_t { complete, abandon };
BOOST_DESCRIBE_ENUM(LandingStatus, complete, abandon)

struct ActivateSoftLanding {
  LandingSource source = LandingSource::focus;
  LandingStatus status = LandingStatus::complete;
};
BOOST_DESCRIBE_STRUCT(ActivateSoftLanding, (), (source, status))

struct Landing {
  rules::SoftLandingView soft_landing;
  rules::MomentumView momentum;
};
BOOST_DESCRIBE_STRUCT(Landing, (), (soft_landing, momentum))

Landing activate_soft_landing(Context& ctx, const ActivateSoftLanding& in);

enum class OpenedSection : std::uint8_t { daily_plan, explore, other };
BOOST_DESCRIBE_ENUM(OpenedSection, daily_plan, explore, other)

struct ClearSoftLanding {
  Or<OpenedSection, OpenedSection::other> section;
};
BOOST_DESCRIBE_STRUCT(ClearSoftLanding, (), (section))

struct ClearedLanding {
  rules::SoftLandingView soft_landing;
};
BOOST_DESCRIBE_STRUCT(ClearedLanding, (), (soft_landing))

ClearedLanding clear_soft_landing(Context& ctx, const ClearSoftLanding& in);

struct DismissedMomentum {
  rules::MomentumView momentum;
};
BOOST_DESCRIBE_STRUCT(DismissedMomentum, (), (momentum))

DismissedMomentum dismiss_momentum(Context& ctx, const Nothing& in);

struct DismissedReduced {
  rules::ReducedMode reduced_mode;
};
BOOST_DESCRIBE_STRUCT(DismissedReduced, (), (reduced_mode))

DismissedReduced dismiss_reduced(Context& ctx, const Nothing& in);

struct ShowFull {
  Or<bool, true> on;
};
BOOST_DESCRIBE_STRUCT(ShowFull, (), (on))

struct Surface {
  rules::EntryMode entry_mode = rules::EntryMode::standard;
  rules::Visibility visibility;
  rules::Sections sections;
};
BOOST_DESCRIBE_STRUCT(Surface, (), (entry_mode, visibility, sections))

Surface show_full(Context& ctx, const ShowFull& in);

struct DismissGuidance {
  std::string step;
};
BOOST_DESCRIBE_STRUCT(DismissGuidance, (), (step))

struct Guidance {
  std::optional<rules::GuidanceView> guidance;  // the next one, if any
};
BOOST_DESCRIBE_STRUCT(Guidance, (), (guidance))

Guidance dismiss_guidance(Context& ctx, const DismissGuidance& in);

struct ActionNameFormat {
  static constexpr std::string_view name =
      "started, completed, dismissed, expanded, skipped, bounced, or an older spelling of these";
  static constexpr std::size_t max = 40;
  static bool accepts(std::string_view text) { return rules::outcome_action(text).has_value(); }
};

// A key or an id, so that no words of the user come into telemetry.
struct KeyFormat {
  static constexpr std::string_view name = "a key of a-z A-Z 0-9 : . _ -";
  static constexpr std::size_t max = 80;
  static bool accepts(std::string_view text);
};
using Key = Formatted<KeyFormat>;

struct GivenOutcome {
  Uuid exposure_id;
  Formatted<ActionNameFormat> action;
  Key action_key;  // "" for bounced
  std::optional<Key> target_id;
  Int<0, 86'400'000> time_to_action_ms;
};
BOOST_DESCRIBE_STRUCT(GivenOutcome, (), (exposure_id, action, action_key, target_id, time_to_action_ms))

struct RecordOutcomes {
  List<GivenOutcome, 1, 50> outcomes;
};
BOOST_DESCRIBE_STRUCT(RecordOutcomes, (), (outcomes))

struct RecordedOutcomes {
  std::int64_t recorded = 0;
  std::int64_t duplicates = 0;  // known already
  std::int64_t ignored = 0;     // of showings that are unknown, somebody else's or too old
};
BOOST_DESCRIBE_STRUCT(RecordedOutcomes, (), (recorded, duplicates, ignored))

// Stores what a client saw become of what Today showed.
RecordedOutcomes record_outcomes(Context& ctx, const RecordOutcomes& in);

struct Switches {
  Map<bool> flags;                  // effective values, full names
  std::vector<std::string> active;  // short names of those that are on
};
BOOST_DESCRIBE_STRUCT(Switches, (), (flags, active))

Switches flags(Context& ctx, const Nothing& in);

// For other domains, within their transaction.

// The decision as of now with its entity tag, and the earliest instant at which time alone may change it (now: unknown).
struct Decision {
  rules::TodayPayload payload;
  std::string etag;
  Instant until;
};
Decision decision(Context& ctx);

// What decisions are made from: an answer that holds these facts alone.
const SharedView& shared_facts();

// The hints that this ends are done for good (rule G1). One statement for each of them; nothing is written twice.
void end_guidance(Context& ctx, rules::GuidanceExit what);

void add_operations(Catalogue& catalogue);

}  // namespace ignition::today
