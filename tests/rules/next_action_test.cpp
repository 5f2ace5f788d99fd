#include "ignition/rules/next_action.hpp"

#include <rapidcheck.h>

#include "ignition/describe.hpp"
#include "ignition/rules/route.hpp"
#include "support/today.hpp"
#include "support/vectors.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

std::optional<LiveFocus> focus_of(test::Value in) {
  if (!test::has(in, "focus")) return {};
  return test::live_focus(in["focus"].value());
}

ActionPreferences preferences_of(test::Value in) {
  ActionPreferences out;
  if (!test::has(in, "personalization")) return out;
  const auto p = in["personalization"].value();
  for (const auto [key, weight] : p["module_weights"].get_object()) {
    if (const auto module = module_of(key)) {
      out.weights[static_cast<std::size_t>(*module)] = static_cast<int>(weight.get_int64().value());
    }
  }
  out.disabled = test::module_set(p["disabled_modules"].value());
  out.onboarding_active = test::boolean(p, "onboarding_active");
  out.onboarding_route = test::maybe_text(p, "onboarding_route");
  return out;
}

void check_action(const NextAction& action, test::Value expected) {
  CHECK(action.href == test::text(expected, "href"));
  CHECK(action.label == test::text(expected, "label"));
  CHECK(name_of(action.reason) == test::text(expected, "reason"));
  CHECK(name_of(action.source) == test::text(expected, "source"));
  CHECK(action.type == test::text(expected, "type"));
  CHECK(name_of(action.module) == test::text(expected, "module"));
  CHECK(action.entity_id == test::maybe_text(expected, "entity_id"));
  CHECK(action.item_title == test::maybe_text(expected, "item_title"));
  CHECK(action.action_key == test::text(expected, "action_key"));
}

TodayPlanItem open_item(std::string id, std::string url, int priority) {
  return {.id = std::move(id),
          .item_key = "plan_custom_1",
          .type = "custom",
          .title = "Title",
          .action_url = std::move(url),
          .completed = false,
          .priority = priority,
          .duration = 15};
}

}  // namespace

TEST_CASE("the resolver and the starter follow their vectors") {
  const test::Vectors vectors("today/next_action.json");
  std::size_t count = 0;
  for (const auto c : vectors["cases"].get_array()) {
    CAPTURE(test::text(c, "id"));
    CAPTURE(test::text(c, "about"));
    const auto in = c["input"].value();
    const auto focus = focus_of(in);
    std::optional<TodayPlan> plan;
    if (test::has(in, "plan")) plan = test::today_plan(in["plan"].value());
    const TodayPlan* given = plan ? &*plan : nullptr;
    const auto route = test::maybe_text(in, "current_route");
    const auto preferences = preferences_of(in);

    check_action(resolve_next_action(focus, given, route, preferences), c["resolved"].value());
    const auto starter = starter_of(focus, given, test::date(in, "local_date"), preferences);
    const auto expected = c["starter"].value();
    check_action(starter.action, expected);
    CHECK(short_label(starter.action.label) == test::text(expected, "short_label"));
    ++count;
  }
  CHECK(count == 93);
}

TEST_CASE("action modules begin with the modules, under the same names") {
  for (std::size_t i = 0; i < kModules; ++i) {
    const auto module = static_cast<Module>(i);
    CHECK(name_of(to_action_module(module)) == key_of(module));
  }
}

TEST_CASE("without the resolver the starter knows only the plan") {
  const LocalDate today = LocalDate::of(2026, 1, 14);
  const LiveFocus focus{.session_id = Uuid{}, .paused = true};
  ActionPreferences preferences;
  preferences.weights[static_cast<std::size_t>(Module::learn)] = 9;
  preferences.onboarding_active = true;
  preferences.onboarding_route = "/onboarding/x";
  const TodayPlan plan{.id = "p", .date = today, .items = {open_item("a", "/goals", 1)}};

  const auto from_plan = starter_of(focus, &plan, today, preferences, false);
  CHECK(from_plan.action.href == "/goals");
  CHECK(from_plan.item_minutes == 15);
  const auto fallback = starter_of(focus, nullptr, today, preferences, false);
  CHECK(fallback.action.href == "/focus");
  CHECK(fallback.action.label == "Start Focus");
  CHECK(fallback.action.source == ActionSource::default_);
  CHECK_FALSE(fallback.item_minutes.has_value());
}

TEST_CASE("short labels count code points and lose trailing spaces before the ellipsis") {
  CHECK(short_label("") == "");
  CHECK(short_label(std::string(40, 'x')) == std::string(40, 'x'));
  CHECK(short_label(std::string(41, 'x')) == std::string(39, 'x') + "\u2026");
  CHECK(short_label(std::string(36, 'x') + "   yy") == std::string(36, 'x') + "\u2026");
  CHECK(short_label(std::string(37, 'x') + "\u3000\u00A0yy") == std::string(37, 'x') + "\u2026");
  std::string wide;
  for (int i = 0; i < 41; ++i) wide += "\U0001F3B9";
  CHECK(short_label(wide) == wide.substr(0, std::size_t{39} * 4) + "\u2026");
}

TEST_CASE("whatever the plan holds, the starter is a valid route and never noop") {
  CHECK(rc::check([] {
    const LocalDate today = LocalDate::of(2026, 1, 14);
    TodayPlan plan{.id = "p", .date = *rc::gen::element(today, today - 1), .items = {}};
    const int size = *rc::gen::inRange(0, 6);
    for (int i = 0; i < size; ++i) {
      auto item = open_item(*rc::gen::element<std::string>("", "a", "b"),
                            *rc::gen::element<std::string>("", "/focus", "/today", "//x", "javascript:1", "/goals/1",
                                                           "/quests/..", "https://x", "/habits"),
                            *rc::gen::inRange(-2, 3));
      item.completed = *rc::gen::element<std::optional<bool>>(true, false, std::nullopt);
      item.type = *rc::gen::element<std::optional<std::string>>("custom", "meeting", std::nullopt);
      plan.items.push_back(item);
    }
    ActionPreferences preferences;
    for (int& weight : preferences.weights) weight = *rc::gen::inRange(-1, 3);
    for (std::size_t i = 0; i < kModules; ++i) {
      if (*rc::gen::arbitrary<bool>()) preferences.disabled.insert(static_cast<Module>(i));
    }
    preferences.onboarding_active = *rc::gen::arbitrary<bool>();
    preferences.onboarding_route = *rc::gen::element<std::string>("", "/onboarding/a", "https://evil.example");

    const auto starter = starter_of({}, &plan, today, preferences, *rc::gen::arbitrary<bool>());
    RC_ASSERT(is_valid_route(starter.action.href));
    RC_ASSERT(starter.action.reason != ActionReason::noop);
    RC_ASSERT(!starter.action.label.empty());
    if (starter.action.source == ActionSource::personalised) {
      const auto module = module_of(name_of(starter.action.module));
      RC_ASSERT(!preferences.disabled.contains(*module));
    }
  }));
}
