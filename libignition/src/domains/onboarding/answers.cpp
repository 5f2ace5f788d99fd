#include "domains/onboarding/answers.hpp"

#include <simdjson.h>

#include <charconv>

#include "ignition/domains/goals.hpp"
#include "ignition/domains/personalization.hpp"
#include "ignition/domains/settings.hpp"
#include "ignition/wire.hpp"

namespace ignition::onboarding {
namespace {

using Element = simdjson::dom::element;
using rules::StepAction;

constexpr std::size_t kLongestResponse = std::size_t{8} * 1024;

[[noreturn]] void refuse(std::string code, std::string message) {
  throw invalid("response", std::move(code), std::move(message));
}

struct OptionItem {
  std::string key;
};
BOOST_DESCRIBE_STRUCT(OptionItem, (), (key))

// The keys of a step's options that judge answers.
struct Options {
  std::optional<std::vector<OptionItem>> items;
  std::optional<int> min_select;
  std::optional<int> max_select;
  std::optional<std::string> field;
  std::optional<int> max_length;
};
BOOST_DESCRIBE_STRUCT(Options, (), (items, min_select, max_select, field, max_length))

Options options_of(const Step& step) {
  return step.options ? from_json<Options>(step.options->text, UnknownKeys::ignore) : Options{};
}

// An answer's members by name.
class Members {
 public:
  explicit Members(const Json& response) {
    if (response.text.size() > kLongestResponse) refuse("too_long", "must have at most 8 KiB");
    if (parser_.parse(response.text).get_object().get(object_) != simdjson::SUCCESS) {
      refuse("wrong_type", "must be an object");
    }
  }
  std::optional<Element> at(std::string_view name) const {
    Element value;
    if (object_.at_key(name).get(value) != simdjson::SUCCESS || value.is_null()) return {};
    return value;
  }
  // The first of these that is there.
  std::optional<Element> any(const std::vector<std::string_view>& names) const {
    for (const auto name : names) {
      if (auto value = at(name)) return value;
    }
    return {};
  }
  bool is_true(std::string_view name) const {
    const auto value = at(name);
    bool truth = false;
    return value && value->get_bool().get(truth) == simdjson::SUCCESS && truth;
  }
  bool empty() const { return object_.size() == 0; }

 private:
  simdjson::dom::parser parser_;
  simdjson::dom::object object_;
};

// The members that may hold a step's answer, the canonical one first.
std::vector<std::string_view> names_of(const std::optional<StepAction>& action, const Options& options) {
  std::vector<std::string_view> names;
  if (action) {
    switch (*action) {
      case StepAction::set_interests:
        names = {"interests"};
        break;
      case StepAction::set_modules:
        names = {"modules"};
        break;
      case StepAction::set_nudge:
        names = {"nudge_intensity", "intensity"};
        break;
      case StepAction::set_focus_minutes:
        names = {"focus_minutes", "focus_duration", "duration"};
        break;
      case StepAction::set_gamification:
        names = {"gamification_visibility", "visibility"};
        break;
      case StepAction::set_planner:
        names = {"planner_visibility", "planner"};
        break;
      case StepAction::create_goal:
        names = {"goal_title", "goal"};
        break;
      case StepAction::visit_route:
      case StepAction::start_focus:
        break;
    }
  }
  if (options.field) names.push_back(*options.field);
  names.push_back("value");
  return names;
}

std::optional<std::string> text_of(const Element& value) {
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return {};
  return std::string(trimmed(text));
}

std::optional<std::int64_t> number_of(const Element& value) {
  std::int64_t number = 0;
  if (value.get_int64().get(number) == simdjson::SUCCESS) return number;
  const auto text = text_of(value);
  if (!text) return {};
  const auto read = std::from_chars(text->data(), text->data() + text->size(), number);
  if (read.ec != std::errc() || read.ptr != text->data() + text->size()) return {};
  return number;
}

using Modules = List<personalization::GivenModule, 1, 15>;

// Modules as a list of {key, weight, enabled} or of keys, or as an object of weights by key.
std::vector<personalization::GivenModule> modules_of(const Element& value) {
  std::string list = "[";
  const auto add = [&list](std::string_view element) { list.append(list.size() > 1 ? "," : "").append(element); };
  simdjson::dom::array elements;
  simdjson::dom::object weights;
  if (value.get_array().get(elements) == simdjson::SUCCESS) {
    for (const auto element : elements) {
      const std::string json = simdjson::minify(element);
      add(element.is_string() ? fmt::format(R"({{"key":{}}})", json) : json);
    }
  } else if (value.get_object().get(weights) == simdjson::SUCCESS) {
    for (const auto& [key, weight] : weights) {
      std::string quoted;
      write_json_string(quoted, key);
      add(fmt::format(R"({{"key":{},"weight":{}}})", quoted, std::string(simdjson::minify(weight))));
    }
  } else {
    refuse("wrong_type", "must hold modules");
  }
  try {
    return from_json<std::vector<personalization::GivenModule>>(list + "]");
  } catch (const Error&) {
    refuse("not_one_of", "holds a module that does not exist, or a weight outside 0..100");
  }
}

// An answer, understood.
struct Understood {
  rules::StepAnswer answer;
  std::optional<int> minutes;
  std::vector<personalization::GivenModule> modules;
};

Understood understand_minutes(const Members& members, const Element& value) {
  Understood out;
  auto number = number_of(value);
  if (const auto custom = members.at("customDuration"); text_of(value) == "custom" && custom)
    number = number_of(*custom);
  out.minutes = number ? rules::minutes_of_choice(*number) : std::nullopt;
  if (!out.minutes) refuse("out_of_range", "must be a length of 1..180 minutes");
  out.answer.keys = {std::to_string(*out.minutes)};
  return out;
}

std::vector<std::string> keys_of(const Element& value) {
  simdjson::dom::array elements;
  if (value.get_array().get(elements) != simdjson::SUCCESS) {
    const auto one = text_of(value);
    if (!one) refuse("wrong_type", "must hold the key of a choice");
    return {*one};
  }
  std::vector<std::string> keys;
  for (const auto element : elements) {
    const auto key = text_of(element);
    if (!key) refuse("wrong_type", "must hold keys of choices");
    keys.push_back(*key);
  }
  return keys;
}

Understood understand(const Step& step, const Members& members, const Options& options) {
  Understood out;
  const auto value = members.any(names_of(step.action_type, options));
  if (value && step.step_type == rules::StepType::input) {
    out.answer.text = text_of(*value);
  } else if (value && step.action_type == StepAction::set_focus_minutes) {
    out = understand_minutes(members, *value);
  } else if (value && step.action_type == StepAction::set_modules) {
    out.modules = modules_of(*value);
    out.answer.keys.emplace();
    for (const auto& module : out.modules) out.answer.keys->emplace_back(rules::key_of(module.key));
  } else if (value) {
    out.answer.keys = keys_of(*value);
  } else if (const auto visible = members.at("gamification_visible");
             visible && step.action_type == StepAction::set_gamification) {
    out.answer.keys = {members.is_true("gamification_visible") ? "always" : "subtle"};
  }
  out.answer.given = !members.empty();
  out.answer.skipped = members.is_true("skipped");
  out.answer.acted = members.is_true("action_completed") || members.is_true("action_skipped");
  return out;
}

rules::StepForm form_of(const Step& step, const Options& options) {
  rules::StepForm form{.type = step.step_type,
                       .required = step.required,
                       .allows_multiple = step.allows_multiple,
                       .free_number = step.action_type == StepAction::set_focus_minutes,
                       .keys = {},
                       .min_select = options.min_select,
                       .max_select = options.max_select,
                       .max_length = options.max_length};
  if (options.items) {
    for (const auto& item : *options.items) form.keys.push_back(item.key);
  }
  return form;
}

void choose(Context& ctx, const settings::Choices& choices) {
  settings::announce(ctx, settings::change(ctx, ctx.user, choices));
}

template <class E>
Update<E> chosen(const std::string& key) {
  const auto value = enum_of<E>(key);
  if (!value) refuse("not_one_of", "holds a choice that does not exist");
  return {.present = true, .value = value};
}

void set_interests(Context& ctx, const std::vector<std::string>& keys) {
  std::vector<personalization::Interest> interests;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto key = enum_of<rules::InterestKey>(keys[i]);
    if (!key) refuse("not_one_of", "holds an interest that does not exist");
    interests.push_back({.key = *key, .label = {}, .priority = static_cast<std::int64_t>(keys.size() - i)});
  }
  personalization::replace_interests(ctx, std::move(interests));
}

void set_modules(Context& ctx, const std::vector<personalization::GivenModule>& given) {
  if (given.empty()) return;
  personalization::SetModules asked;
  asked.modules.assign(given.begin(), given.end());
  personalization::set_modules(ctx, asked);
}

// Of an answer that made a goal.
struct GoalMade {
  std::optional<Uuid> goal_id;
};
BOOST_DESCRIBE_STRUCT(GoalMade, (), (goal_id))

struct GoalAnswer {
  std::string goal_title;
  Uuid goal_id;
};
BOOST_DESCRIBE_STRUCT(GoalAnswer, (), (goal_title, goal_id))

// The first goal; a repeated answer renames the one that was made, while it is there.
Json set_goal(Context& ctx, const std::string& title, const std::optional<Json>& former) {
  const auto made = former ? from_json<GoalMade>(former->text, UnknownKeys::ignore).goal_id : std::nullopt;
  if (made) {
    try {
      goals::update(ctx, {.id = *made, .title = goals::Title{title}});
      return {to_json(GoalAnswer{title, *made})};
    } catch (const Error& error) {
      if (error.code() != Code::NOT_FOUND) throw;
    }
  }
  goals::CreateGoal asked;
  asked.title = {title};
  return {to_json(GoalAnswer{title, goals::create(ctx, asked).goal.id})};
}

void apply(Context& ctx, StepAction action, const Understood& understood) {
  settings::Choices choices;
  const auto& keys = *understood.answer.keys;
  switch (action) {
    case StepAction::set_interests:
      return set_interests(ctx, keys);
    case StepAction::set_modules:
      return set_modules(ctx, understood.modules);
    case StepAction::set_nudge:
      choices.nudge_intensity = chosen<rules::NudgeIntensity>(keys.front());
      return choose(ctx, choices);
    case StepAction::set_focus_minutes:
      choices.focus_default_duration = {.present = true, .value = settings::FocusSeconds(*understood.minutes * 60)};
      return choose(ctx, choices);
    case StepAction::set_gamification:
      choices.gamification_visibility = chosen<rules::GamificationVisibility>(keys.front());
      return choose(ctx, choices);
    case StepAction::set_planner:
      choices.planner_visibility = chosen<rules::PlannerVisibility>(keys.front());
      return choose(ctx, choices);
    case StepAction::create_goal:
    case StepAction::visit_route:
    case StepAction::start_focus:
      return;
  }
}

}  // namespace

Json take_answer(Context& ctx, const Step& step, const std::optional<Json>& response,
                 const std::optional<Json>& former) {
  const Json given = response.value_or(Json{"{}"});
  const Members members(given);
  const Options options = options_of(step);
  const Understood understood = understand(step, members, options);
  if (const auto problem = rules::problem_with(form_of(step, options), understood.answer)) {
    refuse(problem->code, problem->message);
  }
  const bool skipped = understood.answer.skipped && !step.required;
  const bool makes_goal = step.action_type == StepAction::create_goal;
  if (skipped && makes_goal) return {R"({"skipped":true})"};  // the goal's id is never the client's word
  if (!step.action_type || skipped || !understood.answer.given) return given;
  if (makes_goal) return set_goal(ctx, *understood.answer.text, former);
  if (understood.answer.keys) apply(ctx, *step.action_type, understood);
  return given;
}

}  // namespace ignition::onboarding
