#include "ignition/rules/today.hpp"

#include "ignition/describe.hpp"
#include "ignition/packed.hpp"
#include "ignition/wire.hpp"
#include "support/today.hpp"
#include "support/vectors.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

Instant at(std::string_view text) { return Instant::parse(text).value(); }

const Instant kNow = at("2026-01-14T09:30:00Z");
const Calendar kBerlin{TimeZone::find("Europe/Berlin").value()};

TodayFlags flags_of(test::Value overrides) {
  return today_flags([&](std::string_view name) {
    bool shipped = false;
    for (const ShippedFlag& flag : shipped_flags()) {
      if (flag.name == name) shipped = flag.enabled;
    }
    return test::boolean(overrides, name, shipped);
  });
}

TodayFacts ordinary_user() {
  TodayFacts facts;
  facts.created_at = at("2025-06-01T12:00:00Z");
  facts.last_activity_at = at("2026-01-14T06:00:00Z");
  facts.completions_total = 40;
  facts.guidance.started = facts.guidance.captured = true;
  facts.onboarding = {.flow_key = "flow_main_v1", .status = OnboardingStatus::completed, .percent_complete = 100};
  return facts;
}

TodayPayload decided(const TodayFacts& facts, const TodayFlags& flags = {}, const TodayConfig& config = {}) {
  return decide(facts, kBerlin, kNow, config, flags, {});
}

std::vector<ActionModule> modules_of(const std::vector<QuickPick>& picks) {
  std::vector<ActionModule> modules;
  for (const QuickPick& pick : picks) modules.push_back(pick.module);
  return modules;
}

}  // namespace

TEST_CASE("whole payloads are written byte for byte as their vectors") {
  const test::Vectors vectors("today/payload.json");
  std::size_t count = 0;
  for (const auto c : vectors["cases"].get_array()) {
    CAPTURE(test::text(c, "id"));
    CAPTURE(test::text(c, "about"));
    const Instant now = test::instant(c, "now");
    const TodayFacts facts = test::today_facts(c["facts"].value(), now);
    const Calendar calendar{TimeZone::or_utc(test::maybe_text(c["facts"]["user"].value(), "timezone"))};
    const auto payload =
        decide(facts, calendar, now, {}, flags_of(c["flags"].value()), test::maybe_text(c, "current_route"));
    std::string json = to_json(payload);
    const Seal made = seal(json, facts.user_id, now);

    const auto expected = c["expected"].value();
    CHECK(json == test::text(expected, "bytes"));
    CHECK(made.exposure_id.text() == test::text(expected, "exposure_id"));
    CHECK(made.etag == test::text(expected, "etag"));

    std::string stored;
    pack(stored, facts);
    auto read = unpacked<TodayFacts>(stored);
    REQUIRE(read);
    read->user_id = facts.user_id;
    std::string again =
        to_json(decide(*read, calendar, now, {}, flags_of(c["flags"].value()), test::maybe_text(c, "current_route")));
    seal(again, facts.user_id, now);
    CHECK(again == json);
    ++count;
  }
  CHECK(count == 9);
}

TEST_CASE("the content hash leaves out the clock, the exposure and itself, nothing else") {
  std::string json = to_json(decided(ordinary_user()));
  const std::string core = unstamped(json);
  CHECK(core.starts_with(R"({"decision_version":"1.0.0","local_date":"2026-01-14","timezone":"Europe/Berlin",)"
                         R"("time_of_day":"morning","greeting":"Good morning","user_state":{)"));
  const Seal made = seal(json, Uuid{}, kNow);
  CHECK(unstamped(json) == core);
  CHECK(json.find(made.etag) != std::string::npos);
  CHECK(seal_of(core, Uuid{}, kNow + Micros(1)).etag == made.etag);
  CHECK(seal_of(core, Uuid{}, kNow + Micros(1)).exposure_id != made.exposure_id);
}

TEST_CASE("stamping a sealed payload anew gives what sealing it at that instant gives") {
  TodayPayload payload = decided(ordinary_user());
  std::string sealed = to_json(payload);
  const Seal made = seal(sealed, Uuid{}, kNow);
  const Instant later = kNow + std::chrono::minutes(7);
  payload.generated_at = later;
  std::string expected = to_json(payload);
  seal(expected, Uuid{}, later);
  CHECK(restamped(sealed, made.content, Uuid{}, later) == expected);
}

TEST_CASE("empty facts still give a payload with a way forward") {
  const auto payload = decide({}, Calendar{}, kNow, {}, {}, {});
  CHECK(payload.resolved_state == ResolvedState::default_);
  CHECK(payload.starter_block.primary.href == "/focus");
  CHECK_FALSE(payload.onboarding.needed);
  CHECK(payload.timezone == "UTC");
}

TEST_CASE("a focus session counts until it expires, a paused one only suggests") {
  TodayFacts facts = ordinary_user();
  facts.focus = LiveFocus{.session_id = Uuid{}, .paused = false, .is_break = true, .expires_at = kNow + Micros(1)};
  CHECK(decided(facts).resolved_state == ResolvedState::focus_active);
  CHECK(decided(facts).starter_block.primary.label == "Return to break");
  CHECK_FALSE(decided(facts).starter_block.secondary.has_value());
  facts.focus->expires_at = kNow;
  CHECK(decided(facts).resolved_state == ResolvedState::default_);
  CHECK(decided(facts).starter_block.primary.label == "Start Focus");
  facts.focus = LiveFocus{.session_id = Uuid{}, .paused = true, .is_break = false, .expires_at = kNow + Micros(1)};
  CHECK(decided(facts).resolved_state == ResolvedState::default_);
  CHECK(decided(facts).starter_block.primary.label == "Resume Focus");
}

TEST_CASE("after a gap Today offers five minutes, the banner's suggestions and no picks, until dismissed") {
  TodayFacts facts = ordinary_user();
  facts.last_activity_at = kNow - std::chrono::minutes(75 * 60 + 20);
  facts.counts.pending_habits = 3;
  auto payload = decided(facts);
  CHECK(payload.entry_mode == EntryMode::ramp);
  CHECK(payload.reduced_mode.gap_hours == 75);
  CHECK(payload.reduced_mode.suggestions.size() == 2);
  CHECK(payload.starter_block.primary.suggested_minutes == 5);
  CHECK(payload.quick_picks.empty());

  facts.modules = {{.module = Module::quests, .weight = 1, .enabled = false}};
  payload = decided(facts);
  REQUIRE(payload.reduced_mode.suggestions.size() == 1);
  CHECK(payload.reduced_mode.suggestions[0].label == "5 min focus");

  facts.session.session_last_event_at = kNow;
  facts.session.reduced_dismissed = true;
  payload = decided(facts);
  CHECK(payload.resolved_state == ResolvedState::default_);
  CHECK(payload.user_state.returning_after_gap);
  CHECK_FALSE(payload.reduced_mode.active);
  CHECK(payload.reduced_mode.dismissed);
  CHECK(modules_of(payload.quick_picks) == std::vector{ActionModule::habits});
}

TEST_CASE("show full opens everything and keeps reporting the state") {
  TodayFacts facts = ordinary_user();
  facts.last_activity_at = kNow - std::chrono::hours(60);
  facts.session.session_last_event_at = kNow;
  facts.session.show_full = true;
  const auto payload = decided(facts);
  CHECK(payload.resolved_state == ResolvedState::returning_after_gap);
  CHECK(payload.entry_mode == EntryMode::standard);
  CHECK(payload.max_ctas == 6);
  CHECK(payload.reduced_mode.active);
  CHECK_FALSE(payload.reduced_mode.message.has_value());
  CHECK(payload.reduced_mode.suggestions.empty());
  CHECK(payload.autonomy.show_full);
}

TEST_CASE("ranking reorders the picks, says why, and gives way to the waterfall when it cannot work") {
  TodayFacts facts = ordinary_user();
  facts.counts.pending_habits = 1;
  facts.counts.active_quests = 1;
  const LocalDate today = LocalDate::of(2026, 1, 14);
  facts.usage.modules = {{.module = ActionModule::habits, .completions = 2, .last_date = today},
                         {.module = ActionModule::quests, .completions = 10, .last_date = today}};
  CHECK(modules_of(decided(facts).quick_picks) == std::vector{ActionModule::habits, ActionModule::quests});

  TodayFlags ranking;
  ranking.ranking = true;
  auto payload = decided(facts, ranking);
  CHECK(modules_of(payload.quick_picks) == std::vector{ActionModule::quests, ActionModule::habits});
  CHECK(payload.quick_picks[0].why->key == "why.frequency");
  CHECK(payload.quick_picks[1].why->key == "why.recency");
  CHECK(payload.degraded.empty());

  facts.usage.modules[0].completions = -2;
  facts.degraded = {"streak", "habits", "streak"};
  payload = decided(facts, ranking);
  CHECK(modules_of(payload.quick_picks) == std::vector{ActionModule::habits, ActionModule::quests});
  CHECK(payload.degraded == std::vector<std::string>{"habits", "ranking", "streak"});
}

TEST_CASE("a disabled module is neither a pick nor resumed nor suggested; plan also disables the planner") {
  TodayFacts facts = ordinary_user();
  facts.modules = {{.module = Module::plan, .weight = 5, .enabled = false},
                   {.module = Module::focus, .weight = 5, .enabled = false}};
  facts.counts.events_remaining = 2;
  facts.counts.tasks_due = 1;
  facts.last_use = LastUse{ActionModule::planner, kNow - std::chrono::hours(2)};
  facts.rules = {{.id = Uuid{}, .action = RuleAction::open_module, .action_module = Module::plan}};
  const auto payload = decided(facts);
  CHECK(modules_of(payload.quick_picks) == std::vector{ActionModule::projects});
  CHECK_FALSE(payload.resume_last.has_value());
  CHECK_FALSE(payload.next_suggestion.has_value());
  CHECK(payload.starter_block.primary.href == "/quests");
  CHECK(payload.personalization.disabled_modules == std::vector{Module::focus, Module::plan});
  CHECK(payload.personalization.module_weights.entries.empty());
}

TEST_CASE("the user's routine suggests the next step beside the starter") {
  TodayFacts facts = ordinary_user();
  facts.routines = {{.id = Uuid{}, .steps = {{Module::focus}, {Module::exercise}}}};
  facts.newest_completion = NewestDeed{ActionModule::focus, ActionModule::focus, kNow - std::chrono::minutes(30)};
  const auto payload = decided(facts);
  REQUIRE(payload.next_suggestion.has_value());
  CHECK(payload.next_suggestion->href == "/exercise");
  CHECK(payload.next_suggestion->source == SuggestionSource::routine);
  CHECK(payload.starter_block.primary.href == "/focus");
}

TEST_CASE("guidance is silent while tips are off, a soft landing applies or focus runs") {
  TodayFacts facts = ordinary_user();
  facts.guidance.captured = false;
  CHECK(decided(facts).guidance->step == GuidanceStep::intro_capture);
  facts.guidance.steps[1].cooldown_until = kNow + Micros(1);
  CHECK_FALSE(decided(facts).guidance.has_value());
  facts.guidance.steps[1] = {};
  facts.prefs.tips_enabled = false;
  CHECK_FALSE(decided(facts).guidance.has_value());
  facts.prefs.tips_enabled = true;
  facts.session.session_last_event_at = kNow;
  facts.session.soft_state = SoftState::active;
  CHECK_FALSE(decided(facts).guidance.has_value());
  TodayFlags hard;
  hard.soft_landing = false;
  CHECK(decided(facts, hard).guidance.has_value());
}

TEST_CASE("an event type counts for its module, review sessions for review") {
  const LocalDate monday = LocalDate::of(2026, 1, 12);
  const std::vector<EventUsage> events{
      {.kind = EventKind::focus_start, .count = 4, .oldest_at = kNow - std::chrono::hours(3)},
      {.kind = EventKind::focus_complete, .count = 3, .oldest_at = kNow - std::chrono::hours(2), .last_date = monday},
      {.kind = EventKind::review_session, .count = 2, .oldest_at = kNow - std::chrono::hours(9), .last_date = monday},
      {.kind = EventKind::lesson_complete, .count = 1, .oldest_at = kNow, .last_date = monday + 1},
      {.kind = EventKind::quest_complete, .counted = false, .count = 7, .last_date = monday},
      {.kind = EventKind::level_up, .count = 1},
  };
  const Usage usage = usage_of(events);
  CHECK(usage.counts.total_events == 18);
  CHECK(usage.counts.focus_events == 7);
  CHECK(usage.counts.learn_events == 3);
  CHECK(usage.oldest_at == kNow - std::chrono::hours(9));
  REQUIRE(usage.modules.size() == 3);
  CHECK(usage.modules[0].module == ActionModule::focus);
  CHECK(usage.modules[0].completions == 3);
  CHECK(usage.modules[1].module == ActionModule::review);
  CHECK(usage.modules[1].completions == 2);
  CHECK(usage.modules[2].module == ActionModule::learn);
  CHECK(usage.modules[2].last_date == monday + 1);
}
