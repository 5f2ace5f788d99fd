// How long a decision stays true: single edges by value, then random worlds in which time alone passes.
#include <rapidcheck.h>

#include <algorithm>
#include <array>
#include <random>

#include "ignition/describe.hpp"
#include "ignition/rules/today.hpp"
#include "ignition/wire.hpp"
#include "support/vectors.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

Instant at(std::string_view text) { return Instant::parse(text).value(); }
Calendar calendar_of(std::string_view zone, int day_start_hour = 0) {
  return {TimeZone::find(zone).value(), day_start_hour};
}

const Instant kNow = at("2026-01-14T09:30:00Z");
const Instant kNoonInBerlin = at("2026-01-14T11:00:00Z");

// Nothing of this user changes before noon.
TodayFacts settled_user() {
  TodayFacts facts;
  facts.created_at = at("2025-06-01T12:00:00Z");
  return facts;
}

Instant until(const TodayFacts& facts, const TodayFlags& flags = {}, const TodayConfig& config = {}) {
  return valid_until(facts, calendar_of("Europe/Berlin"), kNow, config, flags);
}

}  // namespace

TEST_CASE("without anything pending a decision holds until the next part of the day or the user's day") {
  CHECK(until(settled_user()) == kNoonInBerlin);
  const auto next = [](std::string_view now, const Calendar& calendar) {
    return valid_until(settled_user(), calendar, at(now), {}, {});
  };
  const Calendar berlin = calendar_of("Europe/Berlin");
  CHECK(next("2026-01-14T11:00:00Z", berlin) == at("2026-01-14T16:00:00Z"));
  CHECK(next("2026-01-14T16:00:00Z", berlin) == at("2026-01-14T23:00:00Z"));
  CHECK(next("2026-01-14T23:00:00Z", calendar_of("Europe/Berlin", 4)) == at("2026-01-15T03:00:00Z"));
  // The clocks jump at 01:00Z; asking again then gives the next edge.
  CHECK(next("2026-03-28T23:30:00Z", berlin) == at("2026-03-29T01:00:00Z"));
  CHECK(next("2026-03-29T01:00:00Z", berlin) == at("2026-03-29T10:00:00Z"));
  // Cairo has no midnight on this date.
  CHECK(next("2024-04-25T20:00:00Z", calendar_of("Africa/Cairo")) == at("2024-04-25T22:00:00Z"));
}

TEST_CASE("every fact that ages ends the validity at its own instant") {
  TodayFacts facts = settled_user();

  SUBCASE("a focus session expires") {
    facts.focus = LiveFocus{.session_id = {}, .paused = false, .is_break = false, .expires_at = kNow + minutes(7)};
    CHECK(until(facts) == kNow + minutes(7));
  }
  SUBCASE("the gap threshold is reached") {
    facts.last_activity_at = kNow - hours(48) + minutes(20);
    CHECK(until(facts) == kNow + minutes(20));
  }
  SUBCASE("another hour of the gap is full") {
    facts.last_activity_at = kNow - hours(60) - minutes(50);
    CHECK(until(facts) == kNow + minutes(10));
  }
  SUBCASE("the first day ends 24 hours after the sign-up") {
    facts.created_at = kNow - hours(24) + minutes(3);
    CHECK(until(facts) == kNow + minutes(3));
  }
  SUBCASE("the engagement session becomes idle") {
    facts.session.session_last_event_at = kNow - minutes(239);
    CHECK(until(facts) == kNow + minutes(1));
  }
  SUBCASE("a soft landing expires") {
    facts.session.session_last_event_at = kNow - minutes(10);
    facts.session.soft_state = SoftState::active;
    facts.session.soft_expires_at = kNow + minutes(20);
    CHECK(until(facts) == kNow + minutes(20));
  }
  SUBCASE("a use becomes worth resuming, then too old") {
    facts.last_use = LastUse{ActionModule::learn, kNow - minutes(60)};
    CHECK(until(facts) == kNow + Micros(1));
    facts.last_use->at = kNow - hours(24) + minutes(5);
    CHECK(until(facts) == kNow + minutes(5) + Micros(1));
    TodayFlags quiet;
    quiet.dynamic_ui = false;
    CHECK(until(facts, quiet) == kNoonInBerlin);
  }
  SUBCASE("the oldest event leaves the usage window") {
    facts.usage.oldest_at = kNow - days(14) + minutes(2);
    CHECK(until(facts) == kNow + minutes(2) + Micros(1));
  }
  SUBCASE("a rule or routine follows a completion for two hours") {
    facts.newest_completion = NewestDeed{ActionModule::focus, ActionModule::focus, kNow - hours(2) + minutes(4)};
    CHECK(until(facts) == kNoonInBerlin);
    facts.rules = {{.id = {}, .trigger = RuleTrigger::after_completion}};
    CHECK(until(facts) == kNow + minutes(4) + Micros(1));
  }
  SUBCASE("ranking follows the newest completion for four hours and transitions for their window") {
    facts.newest_completion = NewestDeed{ActionModule::focus, ActionModule::focus, kNow - hours(4) + minutes(6)};
    facts.transitions = {{ActionModule::focus, ActionModule::habits, 1, kNow - days(90) + minutes(5)}};
    CHECK(until(facts) == kNoonInBerlin);
    TodayFlags ranking;
    ranking.ranking = true;
    CHECK(until(facts, ranking) == kNow + minutes(5) + Micros(1));
    facts.transitions.clear();
    CHECK(until(facts, ranking) == kNow + minutes(6) + Micros(1));
  }
  SUBCASE("a dismissed guidance step comes back") {
    facts.guidance.steps[4].cooldown_until = kNow + minutes(9);
    CHECK(until(facts) == kNow + minutes(9));
  }
  SUBCASE("storage names a turning point") {
    facts.turning_points = {kNow - minutes(1), kNow, kNow + minutes(8), kNow + minutes(30)};
    CHECK(until(facts) == kNow + minutes(8));
  }
}

namespace {

struct InboxItem {
  std::optional<Instant> expires_at;
  std::optional<Instant> snoozed_until;
};

// A user as stored, out of which facts are read at any instant.
struct World {
  TodayFacts stored;
  std::vector<std::pair<EventKind, Instant>> events;
  std::vector<InboxItem> inbox;
  Calendar calendar;
  TodayConfig config;
  TodayFlags flags;
};

// What storage does: counts, windows and newest rows as of `now`.
TodayFacts facts_at(const World& world, Instant now) {
  TodayFacts facts = world.stored;
  std::vector<EventUsage> usage;
  std::optional<NewestDeed> newest;
  for (const auto& [kind, when] : world.events) {
    const EventRule& rule = rule_of(kind);
    const auto module = enum_of<ActionModule>(rule.module);
    EventUsage row{.kind = kind, .last_date = world.calendar.date_of(when)};
    if (now - when <= days(world.config.usage_window_days)) {
      row.count = 1;
      row.oldest_at = when;
    }
    usage.push_back(row);
    if (module && rule.resume && (!facts.last_use || facts.last_use->at < when)) facts.last_use = {*module, when};
    if (module && rule.session == SessionStep::complete && (!newest || newest->at < when)) {
      newest = NewestDeed{*module, ranked_module(kind), when};
    }
  }
  facts.usage = usage_of(usage);
  facts.newest_completion = newest;
  for (const InboxItem& item : world.inbox) {
    const bool expired = item.expires_at && *item.expires_at <= now;
    const bool snoozed = item.snoozed_until && *item.snoozed_until > now;
    if (!expired && !snoozed) ++facts.counts.unread_inbox;
    for (const auto& edge : {item.expires_at, item.snoozed_until}) {
      if (edge && *edge > now) facts.turning_points.push_back(*edge);
    }
  }
  return facts;
}

std::string content_at(const World& world, Instant t) {
  return unstamped(to_json(decide(facts_at(world, t), world.calendar, t, world.config, world.flags, "/focus")));
}

// Draws from one seed, so that a failing world can be rebuilt from the number rapidcheck reports.
class Dice {
 public:
  explicit Dice(std::uint32_t seed) : engine_(seed) {}

  std::int64_t below(std::int64_t n) { return static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(n)); }
  bool coin() { return below(2) == 1; }
  template <class T, std::size_t N>
  T one_of(const std::array<T, N>& choices) {
    return choices[static_cast<std::size_t>(below(N))];
  }
  template <class E>
  E any() {
    return static_cast<E>(
        below(static_cast<std::int64_t>(boost::mp11::mp_size<boost::describe::describe_enumerators<E>>::value)));
  }
  // Ages at which some rule changes its mind, give or take a little.
  Micros age() {
    const std::array<Micros, 14> edges{Micros(0), minutes(60), hours(2),     hours(4), hours(6),
                                       hours(24), hours(48),   hours(60),    days(3),  days(14),
                                       days(90),  minutes(30), minutes(240), hours(30)};
    const std::array<Micros, 5> around{Micros(0), Micros(1), minutes(1), minutes(50), hours(5)};
    const Micros moved = one_of(edges) + (coin() ? one_of(around) : -one_of(around));
    return std::max(moved, Micros(0));
  }
  Micros ahead() {
    const std::array<Micros, 6> waits{Micros(1), minutes(2), minutes(20), hours(1), hours(3), hours(30)};
    return one_of(waits);
  }

 private:
  std::mt19937 engine_;
};

Instant any_now(Dice& dice) {
  const std::array<std::string_view, 10> moments{
      "2026-01-14T10:59:00Z", "2026-03-29T00:30:00Z",       "2026-10-25T00:30:00Z", "2024-04-25T21:00:00Z",
      "2026-11-01T05:10:00Z", "2009-11-01T02:30:30Z",       "2011-12-30T09:30:00Z", "2026-04-04T14:50:00Z",
      "2026-07-01T16:00:00Z", "2026-01-15T03:59:59.999999Z"};
  return at(dice.one_of(moments)) + Micros(dice.below(3'600'000'000));
}

Calendar any_calendar(Dice& dice) {
  const std::array<std::string_view, 8> zones{
      "UTC",          "Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
      "Africa/Cairo", "Pacific/Apia",  "America/St_Johns", "Asia/Kathmandu"};
  const std::array<int, 4> start_hours{0, 0, 4, 23};
  return calendar_of(dice.one_of(zones), dice.one_of(start_hours));
}

EngagementSession any_session(Dice& dice, Instant now) {
  EngagementSession s;
  if (dice.coin()) s.session_last_event_at = now - dice.age();
  s.soft_state = dice.any<SoftState>();
  if (s.soft_state != SoftState::inactive) {
    s.soft_source = dice.any<SoftSource>();
    s.soft_status = dice.any<SoftStatus>();
    s.soft_expires_at = dice.coin() ? now + dice.ahead() : now - dice.age();
  }
  s.momentum = dice.any<Momentum>();
  s.reduced_dismissed = dice.below(4) == 0;
  s.show_full = dice.below(4) == 0;
  return s;
}

TodayPlan any_plan(Dice& dice, LocalDate today) {
  const std::array<std::string_view, 4> urls{"/focus", "/goals/1", "/today", "/habits"};
  TodayPlan plan{.id = "p", .date = today, .items = {}};
  for (std::int64_t i = dice.below(4); i > 0; --i) {
    plan.items.push_back({.id = "i" + std::to_string(i),
                          .item_key = "plan_custom_" + std::to_string(i),
                          .type = "custom",
                          .title = "Title",
                          .action_url = std::string(dice.one_of(urls)),
                          .completed = dice.coin(),
                          .priority = static_cast<int>(i),
                          .duration = 10});
  }
  return plan;
}

void add_choices(Dice& dice, TodayFacts& facts) {
  facts.prefs.nudge_intensity = dice.any<NudgeIntensity>();
  facts.prefs.gamification_visibility = dice.any<GamificationVisibility>();
  facts.prefs.gap_mode = dice.any<GapMode>();
  facts.interests = {dice.any<InterestKey>(), dice.any<InterestKey>()};
  for (std::int64_t i = dice.below(4); i > 0; --i) {
    const auto module = dice.any<Module>();
    const bool known = std::ranges::any_of(facts.modules, [&](const ModuleChoice& c) { return c.module == module; });
    if (!known) facts.modules.push_back({module, static_cast<int>(dice.below(5)), dice.below(3) != 0});
  }
  if (dice.coin()) {
    facts.rules.push_back({.id = {},
                           .trigger = dice.any<RuleTrigger>(),
                           .action = RuleAction::open_module,
                           .action_module = dice.any<Module>()});
  }
  if (dice.coin()) {
    facts.routines.push_back({.id = {}, .steps = {{dice.any<Module>()}, {Module::focus}, {dice.any<Module>()}, {}}});
  }
}

World any_world(Dice& dice, Instant now) {
  World world;
  world.calendar = any_calendar(dice);
  TodayFacts& facts = world.stored;
  facts.created_at = dice.below(8) == 0 ? now + dice.ahead() : now - dice.age();
  facts.completions_total = dice.below(2);
  if (dice.below(5) != 0) facts.last_activity_at = dice.below(8) == 0 ? now + dice.ahead() : now - dice.age();
  facts.session = any_session(dice, now);
  facts.active_streak = dice.coin();
  if (dice.below(3) == 0) {
    facts.focus = LiveFocus{.session_id = {}, .paused = dice.coin(), .is_break = dice.coin(), .expires_at = {}};
    if (dice.coin()) facts.focus->expires_at = dice.coin() ? now + dice.ahead() : now;
  }
  if (dice.coin()) facts.plan = any_plan(dice, world.calendar.date_of(now));
  facts.counts = {.pending_habits = dice.below(3) - 1,
                  .active_quests = dice.below(2),
                  .unread_inbox = dice.below(12),
                  .due_reviews = dice.below(2),
                  .events_remaining = dice.below(2)};
  facts.guidance = {.started = dice.coin(),
                    .captured = dice.coin(),
                    .frequent_pair = dice.coin(),
                    .bounced_of_last_10 = static_cast<int>(dice.below(6)),
                    .exposures_of_last_10 = 10};
  facts.guidance.steps[static_cast<std::size_t>(dice.below(5))].cooldown_until = now + dice.ahead();
  facts.onboarding = {.flow_key = "flow", .status = dice.any<OnboardingStatus>()};
  if (facts.onboarding.status == OnboardingStatus::in_progress) facts.onboarding.current_step_id = Uuid{};
  add_choices(dice, facts);

  for (std::int64_t i = dice.below(12); i > 0; --i) {
    world.events.emplace_back(static_cast<EventKind>(dice.below(kEventKinds)), now - dice.age());
  }
  for (std::int64_t i = dice.below(6); i > 0 && !world.events.empty(); --i) {
    const auto& [kind, when] = world.events[static_cast<std::size_t>(dice.below(std::ssize(world.events)))];
    const std::array<ActionModule, 3> waiting{ActionModule::habits, ActionModule::quests, ActionModule::inbox};
    facts.transitions.push_back({ranked_module(kind), dice.one_of(waiting), 1 + dice.below(4), now - dice.age()});
  }
  for (std::int64_t i = dice.below(4); i > 0; --i) {
    InboxItem item;
    if (dice.coin()) item.expires_at = now + dice.ahead();
    if (dice.coin()) item.snoozed_until = now + dice.ahead();
    world.inbox.push_back(item);
  }
  world.flags.master = dice.below(8) != 0;
  world.flags.ranking = dice.coin();
  world.flags.reduced_mode = dice.below(4) != 0;
  world.flags.dynamic_ui = dice.below(4) != 0;
  world.config.weight_frequency = 3000;
  world.config.weight_context = 1000;
  return world;
}

}  // namespace

TEST_CASE("until its end of validity a decision stays the same, byte for byte") {
  constexpr int kWorldsPerSeed = 40;
  int ended_by_a_change = 0;
  CHECK(rc::check([&](std::uint32_t seed) {
    Dice dice(seed);
    for (int n = 0; n < kWorldsPerSeed; ++n) {
      const Instant now = any_now(dice);
      const World world = any_world(dice, now);
      const TodayFacts facts = facts_at(world, now);
      const Instant end = valid_until(facts, world.calendar, now, world.config, world.flags);
      RC_ASSERT(end > now);
      RC_ASSERT(end <= now + hours(24));
      const std::string content = content_at(world, now);
      RC_ASSERT(content == content_at(world, now));
      RC_ASSERT(content == content_at(world, end - Micros(1)));
      RC_ASSERT(content == content_at(world, now + Micros(dice.below((end - now).count()))));
      if (content != content_at(world, end)) ++ended_by_a_change;
    }
  }));
  // The ends are no empty promises: many of them are real changes.
  CHECK(ended_by_a_change > 100 * kWorldsPerSeed / 4);
}

TEST_CASE("in every random world the starter, the picks and the banner fit, and something can be done") {
  CHECK(rc::check([](std::uint32_t seed) {
    Dice dice(seed);
    for (int n = 0; n < 10; ++n) {
      const Instant now = any_now(dice);
      const World world = any_world(dice, now);
      const auto p = decide(facts_at(world, now), world.calendar, now, world.config, world.flags, {});
      const auto suggestions = p.quick_picks.size() + p.reduced_mode.suggestions.size() + 1;
      RC_ASSERT(suggestions <= static_cast<std::size_t>(p.max_ctas));
      RC_ASSERT(p.quick_picks.size() <= static_cast<std::size_t>(p.visibility.max_quick_links));
      RC_ASSERT(p.visibility.show_starter_block);
      RC_ASSERT(!p.starter_block.primary.href.empty());
      RC_ASSERT(!p.next_action.has_value());
      for (const QuickPick& pick : p.quick_picks) RC_ASSERT(pick.route != p.starter_block.primary.href);
    }
  }));
}
