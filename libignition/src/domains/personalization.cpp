// Preferences, interests and modules of Today.
#include "ignition/domains/personalization.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>

#include "ignition/domains/flags.hpp"
#include "ignition/rules/gap.hpp"
#include "ignition/wire.hpp"

namespace ignition::personalization {
namespace {

constexpr Sql kInterests{R"sql(
  SELECT interest_key, interest_label, priority FROM user_interests
   WHERE user_id = $1 ORDER BY priority DESC, interest_key ASC)sql"};
constexpr Sql kForgetInterests{R"sql(DELETE FROM user_interests WHERE user_id = $1)sql"};
constexpr Sql kModules{R"sql(
  SELECT module_key, weight, enabled, last_shown_at, show_count FROM user_ui_modules WHERE user_id = $1)sql"};
constexpr Sql kStoreModule{R"sql(
  INSERT INTO user_ui_modules (user_id, module_key, enabled, weight, show_count, created_at, updated_at)
  VALUES ($1, $2, $3, $4, 0, $5, $5)
  ON CONFLICT (user_id, module_key) DO UPDATE
    SET enabled = excluded.enabled, weight = excluded.weight, updated_at = excluded.updated_at
  WHERE user_ui_modules.enabled <> excluded.enabled OR user_ui_modules.weight <> excluded.weight)sql"};

constexpr std::size_t kMostInterests = 6;

struct InterestRow {
  static constexpr std::string_view table = "user_interests";
  Uuid user_id;
  Uuid id;
  rules::InterestKey interest_key = rules::InterestKey::focus;
  std::string interest_label;
  std::int64_t priority = 0;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(InterestRow, (), (user_id, id, interest_key, interest_label, priority, created_at, updated_at))

std::vector<Interest> stored_interests(Context& ctx) { return ctx.db.query<Interest>(kInterests, ctx.user); }

std::vector<Module> all_modules(Context& ctx) {
  std::vector<Module> modules;
  for (std::size_t i = 0; i < rules::kModules; ++i) modules.push_back({.key = static_cast<rules::Module>(i)});
  ctx.db.each<Module>(
      kModules, [&](Module&& row) { modules[static_cast<std::size_t>(row.key)] = row; }, ctx.user);
  return modules;
}

Prefs prefs_of(const settings::Settings& s, const rules::TodayConfig& config) {
  const auto number = [](const auto& value) { return value ? std::optional(static_cast<int>(*value)) : std::nullopt; };
  rules::TodayPrefs chosen;
  chosen.gap_mode = s.gap_mode;
  chosen.gap_threshold_hours = number(s.gap_threshold_hours);
  chosen.gap_threshold_days = number(s.gap_threshold_days);
  const auto limit = rules::gap_limit(chosen, config);
  return {.nudge_intensity = s.nudge_intensity,
          .focus_minutes = s.focus_default_duration / 60,
          .gamification_visibility = s.gamification_visibility,
          .planner_visibility = s.planner_visibility,
          .gap_mode = limit.mode,
          .gap_threshold_hours = limit.hours,
          .gap_threshold_days = limit.days,
          .tips_enabled = s.tips_enabled,
          .telemetry_enabled = s.telemetry_enabled,
          .week_start = s.week_start,
          .day_start_hour = s.day_start_hour,
          .timezone = s.timezone ? std::optional(s.timezone->value) : std::nullopt};
}

Map<bool> effective_flags(Context& ctx) {
  Map<bool> out;
  const auto on = flags::evaluate(ctx, flags::stored_of_today(ctx));
  for (const auto& [name, value] : rules::named(on)) out.entries.emplace_back(name, value);
  return out;
}

settings::Choices choices_of(const UpdatePrefs& in) {
  settings::Choices choices;
  choices.nudge_intensity = in.nudge_intensity;
  choices.focus_default_duration.present = in.focus_minutes.present;
  if (in.focus_minutes.value)
    choices.focus_default_duration.value = settings::FocusSeconds(*in.focus_minutes.value * 60);
  choices.gamification_visibility = in.gamification_visibility;
  choices.planner_visibility = in.planner_visibility;
  choices.gap_mode = in.gap_mode;
  choices.gap_threshold_hours = in.gap_threshold_hours;
  choices.gap_threshold_days = in.gap_threshold_days;
  choices.tips_enabled = in.tips_enabled;
  choices.telemetry_enabled = in.telemetry_enabled;
  choices.week_start = in.week_start;
  return choices;
}

struct GivenInterest {
  rules::InterestKey key = rules::InterestKey::focus;
  std::optional<Int<0, 100>> priority;
};
BOOST_DESCRIBE_STRUCT(GivenInterest, (), (key, priority))

GivenInterest given_interest(const simdjson::dom::element& element, const std::string& path) {
  std::string_view text;
  if (element.get_string().get(text) == simdjson::SUCCESS) {
    if (const auto key = enum_of<rules::InterestKey>(text)) return {.key = *key, .priority = {}};
    throw invalid(path, "not_one_of", "is no interest");
  }
  if (!element.is_object()) throw invalid(path, "wrong_type", "must be an interest or an object {key, priority}");
  try {
    return from_json<GivenInterest>(simdjson::minify(element));
  } catch (const Error& error) {
    auto fields = error.fields();
    for (auto& field : fields) field.field = path + "." + field.field;
    throw invalid(std::move(fields));
  }
}

std::vector<GivenInterest> given_interests(const Json& list) {
  thread_local simdjson::dom::parser parser;
  simdjson::dom::array elements;
  if (parser.parse(list.text).get_array().get(elements) != simdjson::SUCCESS) {
    throw invalid("interests", "wrong_type", "must be a list");
  }
  if (elements.size() > kMostInterests) throw invalid("interests", "out_of_range", "must have at most 6 elements");
  std::vector<GivenInterest> given;
  for (const auto element : elements) {
    const std::string path = fmt::format("interests[{}]", given.size());
    given.push_back(given_interest(element, path));
    const auto twice = std::ranges::count(given, given.back().key, &GivenInterest::key) > 1;
    if (twice) throw invalid(path, "repeated", "stands in the list twice");
  }
  return given;
}

}  // namespace

std::vector<Interest> replace_interests(Context& ctx, std::vector<Interest> interests) {
  for (auto& interest : interests) interest.label = rules::label_of(interest.key);
  std::ranges::sort(interests, [](const Interest& a, const Interest& b) {
    return a.priority != b.priority ? a.priority > b.priority : name_of(a.key) < name_of(b.key);
  });
  if (interests == stored_interests(ctx)) return interests;
  std::vector<InterestRow> rows;
  for (const auto& interest : interests) {
    rows.push_back({.user_id = ctx.user,
                    .id = ctx.new_id(),
                    .interest_key = interest.key,
                    .interest_label = interest.label,
                    .priority = interest.priority,
                    .created_at = ctx.now,
                    .updated_at = ctx.now});
  }
  ctx.db.execute(kForgetInterests, ctx.user);
  if (!rows.empty()) ctx.db.insert_many<InterestRow>(rows);
  return interests;
}

Personalization get(Context& ctx, const Nothing&) {
  return {.prefs = prefs_of(settings::load(ctx, ctx.user).settings, ctx.config.today),
          .interests = stored_interests(ctx),
          .modules = all_modules(ctx),
          .effective_flags = effective_flags(ctx)};
}

Personalization update(Context& ctx, const UpdatePrefs& in) {
  settings::announce(ctx, settings::change(ctx, ctx.user, choices_of(in)));
  return get(ctx, {});
}

Interests set_interests(Context& ctx, const SetInterests& in) {
  const auto given = given_interests(in.interests);
  std::vector<Interest> interests;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto by_order = static_cast<std::int64_t>(given.size() - i);
    interests.push_back({.key = given[i].key, .label = {}, .priority = given[i].priority.value_or(by_order)});
  }
  return {replace_interests(ctx, std::move(interests))};
}

Modules set_modules(Context& ctx, const SetModules& in) {
  auto modules = all_modules(ctx);
  std::array<bool, rules::kModules> seen{};
  for (std::size_t i = 0; i < in.modules.size(); ++i) {
    auto& twice = seen[static_cast<std::size_t>(in.modules[i].key)];
    if (twice) throw invalid(fmt::format("modules[{}].key", i), "repeated", "stands in the list twice");
    twice = true;
  }
  for (const GivenModule& given : in.modules) {
    Module& module = modules[static_cast<std::size_t>(given.key)];
    module.weight = given.weight.value;
    module.enabled = given.enabled.value;
    ctx.db.execute(kStoreModule, ctx.user, module.key, module.enabled, module.weight, ctx.now);
  }
  return {std::move(modules)};
}

void add_operations(Catalogue& c) {
  constexpr auto user = Access::user;
  c.add("personalization.get", Get("/personalization"), user, Effect::read, &get,
        "Preferences, interests, modules and switches of Today.");
  c.add("personalization.update", Patch("/personalization"), user, Effect::write, &update,
        "Changes preferences of Today; null gives the default.");
  c.add("personalization.set_interests", Put("/personalization/interests"), user, Effect::write, &set_interests,
        "Says what the user is here for, most important first.");
  c.add("personalization.set_modules", Put("/personalization/modules"), user, Effect::write, &set_modules,
        "Weighs, enables or disables modules.");
}

}  // namespace ignition::personalization
