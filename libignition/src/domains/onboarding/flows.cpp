// The flows that come with the product (section 5.4).
#include <array>

#include "ignition/domains/onboarding.hpp"

namespace ignition::onboarding {
namespace {

constexpr Sql kDefaults{R"sql(SELECT COUNT(*) FROM onboarding_flows WHERE is_default AND is_active)sql"};
constexpr Sql kShipFlow{R"sql(
  INSERT INTO onboarding_flows (id, key, name, description, version, is_active, is_default, created_at, updated_at)
  VALUES ($1, $2, $2, $3, 1, TRUE, $4, $5, $5)
  ON CONFLICT (key) DO NOTHING)sql"};
constexpr Sql kShipStep{R"sql(
  INSERT INTO onboarding_steps (id, flow_id, step_order, step_type, title, description, fallback_content,
                                target_selector, target_route, options, allows_multiple, required, action_type,
                                created_at, updated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14))sql"};

using Maybe = std::optional<std::string_view>;

struct ShippedStep {
  std::string_view id;  // the last two digits
  rules::StepType type = rules::StepType::welcome;
  std::string_view title;
  std::string_view description;
  bool required = true;
  std::optional<rules::StepAction> action{};
  Maybe options{};
  bool allows_multiple = false;
  Maybe target_route{};
  Maybe target_selector{};
  Maybe fallback{};
};

constexpr std::string_view kInterests =
    R"({"items":[{"key":"focus","label":"Focus Sessions","description":"Work on one thing with a timer"},)"
    R"({"key":"learning","label":"Learning","description":"Lessons, cards and notes"},)"
    R"({"key":"music","label":"Music/DAW","description":"Make and hear music"},)"
    R"({"key":"fitness","label":"Fitness","description":"Workouts and movement"},)"
    R"({"key":"habits","label":"Habit Building","description":"Small things, again and again"},)"
    R"({"key":"creativity","label":"Creativity","description":"Ideas worth keeping"}],"min_select":1,"max_select":3})";
constexpr std::string_view kModules =
    R"({"items":[{"key":"focus","label":"Focus","description":"A timer for one thing"},)"
    R"({"key":"quests","label":"Quests","description":"Small tasks that pay"},)"
    R"({"key":"ignitions","label":"Ignitions","description":"Sparks of a minute or two"},)"
    R"({"key":"learn","label":"Learn","description":"Lessons and cards"},)"
    R"({"key":"ideas","label":"Ideas","description":"A place for what comes to mind"},)"
    R"({"key":"wins","label":"Wins","description":"What you have done"},)"
    R"({"key":"plan","label":"Plan","description":"Your day at a glance"}],"min_select":0,"max_select":7})";

using rules::StepAction;
using rules::StepType;

constexpr std::array kMain{
    ShippedStep{"01", StepType::welcome, "Welcome to Ignition", "One step at a time: this takes about two minutes."},
    ShippedStep{"02", StepType::multi_select, "What are your interests?", "Choose up to three.", true,
                StepAction::set_interests, kInterests, true},
    ShippedStep{"03", StepType::input, "Set your first goal", "Something you would like to reach, in your own words.",
                true, StepAction::create_goal, R"({"field":"goal_title","max_length":200})"},
    ShippedStep{"04",
                StepType::tour,
                "Explore the Dashboard",
                "Here stands your next step.",
                false,
                {},
                {},
                false,
                "/today",
                R"([data-testid="starter-block"])",
                "Today always shows one next step at the top. You can begin with it or choose something else."},
    ShippedStep{"05", StepType::completion, "You're all set!", "Today is ready when you are."},
};

constexpr std::array kPersonalize{
    ShippedStep{"11", StepType::preference, "Choose your modules", "Today suggests from what you choose.", false,
                StepAction::set_modules, kModules, true},
    ShippedStep{"12", StepType::preference, "How strongly should Ignition nudge?", "You can change this at any time.",
                false, StepAction::set_nudge,
                R"({"items":[{"key":"gentle","label":"Gentle","description":"Fewer suggestions"},)"
                R"({"key":"standard","label":"Standard","description":"The usual number"},)"
                R"({"key":"energetic","label":"Energetic","description":"As many as fit"}]})"},
    ShippedStep{"13", StepType::preference, "Default focus length", "How long a session is when you just press start.",
                false, StepAction::set_focus_minutes,
                R"({"items":[{"key":"5","label":"5 minutes","description":"A small start"},)"
                R"({"key":"10","label":"10 minutes","description":"A short one"},)"
                R"({"key":"25","label":"25 minutes","description":"The usual length"},)"
                R"({"key":"45","label":"45 minutes","description":"A long one"}]})"},
    ShippedStep{"14", StepType::preference, "Points and levels", "How much you want to see of them.", false,
                StepAction::set_gamification,
                R"({"items":[{"key":"always","label":"Always","description":"Show them"},)"
                R"({"key":"subtle","label":"Subtle","description":"Keep them folded away"},)"
                R"({"key":"hidden","label":"Hidden","description":"Leave them out"}]})"},
    ShippedStep{"15", StepType::preference, "Planner on Today", "How the planner card is shown.", false,
                StepAction::set_planner,
                R"({"items":[{"key":"visible","label":"Visible","description":"Open"},)"
                R"({"key":"collapsed","label":"Collapsed","description":"Closed until you open it"},)"
                R"({"key":"hidden","label":"Hidden","description":"Not at all"}]})"},
    ShippedStep{"16",
                StepType::action,
                "Try five minutes",
                "A short session, to see how it feels.",
                false,
                StepAction::start_focus,
                {},
                false,
                "/focus?duration=5"},
    ShippedStep{"17", StepType::completion, "Saved", "Today follows your choices from now on."},
};

Uuid id_of(std::string_view head, std::string_view tail) {
  return Uuid::parse(fmt::format("{}0000000-0000-4000-8000-0000000000{}", head, tail)).value();
}

void ship_flow(Transaction& db, Instant now, std::string_view tail, std::string_view key, std::string_view description,
               bool is_default, std::span<const ShippedStep> steps) {
  const Uuid flow = id_of("a", tail);
  if (db.execute(kShipFlow, flow, key, description, is_default, now) == 0) return;
  std::int64_t order = 0;
  const auto kept = [](const Maybe& text) { return text ? std::optional<std::string>(*text) : std::nullopt; };
  for (const ShippedStep& step : steps) {
    db.execute(kShipStep, id_of("b", step.id), flow, ++order, step.type, step.title, step.description,
               kept(step.fallback), kept(step.target_selector), kept(step.target_route), kept(step.options),
               step.allows_multiple, step.required, step.action, now);
  }
}

}  // namespace

void ship(Transaction& db, Instant now) {
  const bool has_default = db.one<std::int64_t>(kDefaults) > 0;
  ship_flow(db, now, "01", "flow_main_v1", "The first steps.", !has_default, kMain);
  ship_flow(db, now, "02", "flow_personalize_v1", "What Today shows and how.", false, kPersonalize);
}

}  // namespace ignition::onboarding
