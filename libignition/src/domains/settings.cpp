// Settings of a user. A stored row is a set of choices over the defaults.
#include "ignition/domains/settings.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "ignition/json_parts.hpp"
#include "ignition/sha256.hpp"
#include "ignition/wire.hpp"

namespace ignition::settings {
namespace {

// Columns in the order of Stored.
constexpr Sql kLoad{R"sql(
  SELECT s.theme, s.waveform_mode, s.locale, s.timezone, s.day_start_hour, s.week_start, s.time_format,
         s.keyboard_layout, s.selected_product, s.reduced_motion, s.high_contrast, s.large_text, s.ui_collapse_state,
         s.notifications_enabled, s.email_notifications, s.push_notifications, s.browser_notifications, s.timer_sounds,
         s.daily_reminder_time, s.quiet_hours_start, s.quiet_hours_end, s.profile_public, s.show_activity,
         s.focus_break_duration, s.focus_long_break_duration, s.focus_sessions_before_long_break,
         s.focus_auto_start_breaks, s.focus_auto_start_focus, s.learn_synth_preference, s.learn_daily_review_target,
         s.learn_new_cards_per_day, s.learn_daily_lesson_target, s.learn_show_both_mappings,
         s.learn_session_reminder_time, s.custom, p.focus_minutes * 60, p.nudge_intensity, p.gamification_visibility,
         p.planner_visibility, p.gap_mode, p.gap_threshold_hours, p.gap_threshold_days, p.tips_enabled,
         p.telemetry_enabled, f.weight_unit, f.distance_unit,
         CASE WHEN e.soft_state = 'active' AND e.soft_expires_at > $2 THEN e.soft_expires_at END,
         s.updated_at, p.updated_at, f.updated_at
    FROM users u
    LEFT JOIN user_settings s ON s.user_id = u.id
    LEFT JOIN today_prefs p ON p.user_id = u.id
    LEFT JOIN fitness_settings f ON f.user_id = u.id
    LEFT JOIN engagement_state e ON e.user_id = u.id
   WHERE u.id = $1)sql"};

constexpr Sql kModules{R"sql(
  SELECT module_key, weight FROM user_ui_modules WHERE user_id = $1 AND enabled ORDER BY module_key)sql"};

constexpr Sql kForgetPreferences{R"sql(DELETE FROM user_settings WHERE user_id = $1)sql"};

constexpr Sql kStoreTodayPrefs{R"sql(
  INSERT INTO today_prefs (user_id, nudge_intensity, focus_minutes, gamification_visibility, planner_visibility,
                           gap_mode, gap_threshold_hours, gap_threshold_days, tips_enabled, telemetry_enabled,
                           created_at, updated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)
  ON CONFLICT (user_id) DO UPDATE SET
    nudge_intensity = excluded.nudge_intensity, focus_minutes = excluded.focus_minutes,
    gamification_visibility = excluded.gamification_visibility, planner_visibility = excluded.planner_visibility,
    gap_mode = excluded.gap_mode, gap_threshold_hours = excluded.gap_threshold_hours,
    gap_threshold_days = excluded.gap_threshold_days, tips_enabled = excluded.tips_enabled,
    telemetry_enabled = excluded.telemetry_enabled, updated_at = excluded.updated_at)sql"};

constexpr Sql kStoreUnits{R"sql(
  INSERT INTO fitness_settings (user_id, weight_unit, distance_unit, load_step_x100, bar_weight_g,
                                default_rest_seconds, weekly_goal, auto_schedule, created_at, updated_at)
  VALUES ($1, $2, $3, $4, 20000, 90, 3, TRUE, $5, $5)
  ON CONFLICT (user_id) DO UPDATE SET
    weight_unit = excluded.weight_unit, distance_unit = excluded.distance_unit, updated_at = excluded.updated_at)sql"};

constexpr Sql kFocus{R"sql(
  SELECT COALESCE(p.focus_minutes, 25) * 60, COALESCE(s.focus_break_duration, 300),
         COALESCE(s.focus_long_break_duration, 900), COALESCE(s.focus_sessions_before_long_break, 4),
         COALESCE(s.focus_auto_start_breaks, FALSE), COALESCE(s.focus_auto_start_focus, FALSE)
    FROM users u
    LEFT JOIN user_settings s ON s.user_id = u.id
    LEFT JOIN today_prefs p ON p.user_id = u.id
   WHERE u.id = $1)sql"};

struct Stored : Choices {
  std::optional<Instant> soft_landing;
  std::optional<Instant> preferences_at;
  std::optional<Instant> today_at;
  std::optional<Instant> units_at;
};
BOOST_DESCRIBE_STRUCT(Stored, (Choices), (soft_landing, preferences_at, today_at, units_at))

struct Module {
  std::string key;
  std::int64_t weight = 0;
};
BOOST_DESCRIBE_STRUCT(Module, (), (key, weight))

struct PreferencesRow : Preferences {
  static constexpr std::string_view table = "user_settings";
  Uuid user_id;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(PreferencesRow, (Preferences), (user_id, updated_at))

const Field* field_of(const TypeInfo& object, std::string_view name) {
  const auto found = std::ranges::find(object.fields, name, &Field::name);
  return found == object.fields.end() ? nullptr : &*found;
}

// Copies a value between fields of one kind, optional ones included.
void copy(const TypeInfo& from, const void* value, const TypeInfo& to, void* out) {
  if (from.kind == Kind::optional) {
    const void* inside = from.inside(value);
    return inside == nullptr ? to.clear(out) : copy(*from.element, inside, to, out);
  }
  if (to.kind == Kind::optional) return copy(from, value, *to.element, to.emplace(out));
  switch (to.kind) {
    case Kind::boolean:
      *static_cast<bool*>(out) = *static_cast<const bool*>(value);
      return;
    case Kind::integer:
    case Kind::enumeration:
      return to.set_integer(out, from.get_integer(value));
    case Kind::text:
    case Kind::json:
      *to.string(out) = from.get_string(value);
      return;
    default:
      throw Error(Code::INTERNAL, "A setting has a type that cannot be copied.");
  }
}

// Lays choices over settings: a value replaces, null gives the default. Units that nobody chose follow the locale.
void apply(const Choices& choices, Settings& settings) {
  static const Settings kDefaults;
  for (const Field& choice : type_info<Choices>.fields) {
    const void* update = choice.at_const(&choices);
    if (!choice.type->present(update)) continue;
    const Field& target = *field_of(type_info<Settings>, choice.name);
    if (const void* value = choice.type->inside(update)) {
      copy(*choice.type->element, value, *target.type, target.at(&settings));
    } else {
      copy(*target.type, target.at_const(&kDefaults), *target.type, target.at(&settings));
    }
  }
  const bool american = settings.locale.value == "en-US";
  if (choices.weight_unit.clears()) settings.weight_unit = american ? WeightUnit::lb : WeightUnit::kg;
  if (choices.distance_unit.clears()) settings.distance_unit = american ? DistanceUnit::mi : DistanceUnit::km;
}

using Members = std::vector<std::pair<std::string, std::string>>;

Json object_of(const Members& members) {
  Json out{"{"};
  for (const auto& [key, value] : members) {
    if (out.text.size() > 1) out.text += ',';
    write_json_string(out.text, key);
    out.text += ':';
    out.text += value;
  }
  out.text += '}';
  return out;
}

// The stored custom values with the given ones merged in; null removes.
Json merged(const Json& stored, const Json& given) {
  Members members = json_members(stored.text);
  for (auto& [key, value] : json_members(given.text)) {
    const auto same = std::ranges::find(members, key, &Members::value_type::first);
    if (value == "null") {
      if (same != members.end()) members.erase(same);
    } else if (same != members.end()) {
      same->second = std::move(value);
    } else {
      members.emplace_back(std::move(key), std::move(value));
    }
  }
  return object_of(members);
}

bool is_custom_key(std::string_view key) {
  return !key.empty() && key.size() <= 64 && std::ranges::all_of(key, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '.' ||
           c == '-';
  });
}

constexpr std::size_t kMostCollapseState = std::size_t{8} * 1024;
constexpr std::size_t kMostCustom = std::size_t{16} * 1024;

// What types alone cannot say about the choices, given the settings that would result.
std::vector<FieldError> problems(const UpdateSettings& in, const Settings& result) {
  std::vector<FieldError> out;
  const auto refuse = [&out](std::string field, std::string code, std::string message) {
    out.push_back({std::move(field), std::move(code), std::move(message)});
  };
  if (in.module_weights.present) refuse("module_weights", "read_only", "is set through the modules of Today");
  if (in.soft_landing_until.present) refuse("soft_landing_until", "read_only", "is set by soft landings");
  if (result.focus_default_duration % 60 != 0) {
    refuse("focus_default_duration", "not_a_multiple", "must be a multiple of 60 seconds");
  }
  if (result.quiet_hours_start.has_value() != result.quiet_hours_end.has_value()) {
    refuse(in.quiet_hours_start.present ? "quiet_hours_start" : "quiet_hours_end", "incomplete",
           "quiet hours need a start and an end, or neither");
  }
  if (!result.ui_collapse_state.text.starts_with('{')) {
    refuse("ui_collapse_state", "wrong_type", "must be an object");
  } else if (result.ui_collapse_state.text.size() > kMostCollapseState) {
    refuse("ui_collapse_state", "too_long", "must have at most 8 KiB");
  }
  if (in.custom.value && !in.custom.value->text.starts_with('{')) {
    refuse("custom", "wrong_type", "must be an object");
  } else if (in.custom.value) {
    for (const auto& [key, value] : json_members(in.custom.value->text)) {
      if (!is_custom_key(key)) refuse("custom." + key, "invalid_key", "keys are 1..64 of A-Z a-z 0-9 _ . -");
    }
    if (result.custom.text.size() > kMostCustom) refuse("custom", "too_long", "must have at most 16 KiB");
  }
  return out;
}

std::string etag_of(const Settings& settings) { return hex_text(sha256(to_json(settings))).substr(0, 32); }

// Names of the keys whose values differ, of the given object type.
std::vector<std::string> differences(const TypeInfo& type, const Settings& before, const Settings& after) {
  std::vector<std::string> names;
  for (const Field& field : type.fields) {
    const Field& key = *field_of(type_info<Settings>, field.name);
    std::string a;
    std::string b;
    write_json(a, *key.type, key.at_const(&before));
    write_json(b, *key.type, key.at_const(&after));
    if (a != b) names.emplace_back(field.name);
  }
  return names;
}

void store_preferences(Context& ctx, const Uuid& user, const Settings& settings) {
  PreferencesRow row;
  static_cast<Preferences&>(row) = settings;
  row.user_id = user;
  row.updated_at = ctx.now;
  ctx.db.execute(kForgetPreferences, user);
  ctx.db.insert(row);
}

void store_today_prefs(Context& ctx, const Uuid& user, const Settings& s) {
  ctx.db.execute(kStoreTodayPrefs, user, s.nudge_intensity, s.focus_default_duration / 60, s.gamification_visibility,
                 s.planner_visibility, s.gap_mode, s.gap_threshold_hours, s.gap_threshold_days, s.tips_enabled,
                 s.telemetry_enabled, ctx.now);
}

void store_units(Context& ctx, const Uuid& user, const Settings& s) {
  const std::int64_t load_step_x100 = s.weight_unit == WeightUnit::lb ? 500 : 250;
  ctx.db.execute(kStoreUnits, user, s.weight_unit, s.distance_unit, load_step_x100, ctx.now);
}

// Stores what differs, each part in its own table. Returns the names of the keys that changed.
std::vector<std::string> store(Context& ctx, const Uuid& user, const Settings& before, const Settings& after) {
  auto changed = differences(type_info<Preferences>, before, after);
  if (!changed.empty()) store_preferences(ctx, user, after);
  const std::size_t preferences = changed.size();
  bool units = false;
  for (auto& name : differences(type_info<Choices>, before, after)) {
    if (field_of(type_info<Preferences>, name) != nullptr) continue;
    units = units || name == "weight_unit" || name == "distance_unit";
    changed.push_back(std::move(name));
  }
  if (units) store_units(ctx, user, after);
  const bool today = std::any_of(changed.begin() + static_cast<std::ptrdiff_t>(preferences), changed.end(),
                                 [](const auto& name) { return name != "weight_unit" && name != "distance_unit"; });
  if (today) store_today_prefs(ctx, user, after);
  return changed;
}

View answer(Context& ctx, View&& view) {
  ctx.tagged(etag_of(view.settings));
  return std::move(view);
}

}  // namespace

bool ThemeFormat::accepts(std::string_view text) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  return !text.empty() && text.front() != '-' && std::ranges::all_of(text, fits);
}

// Syntax only: subtags of 1..8 letters and digits, the first of 2..8 letters.
bool LocaleFormat::accepts(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto fits = [&](char c) { return letter(c) || (c >= '0' && c <= '9'); };
  for (bool first = true;; first = false) {
    const auto end = text.find('-');
    const auto subtag = text.substr(0, end);
    if (subtag.size() < (first ? 2U : 1U) || subtag.size() > 8) return false;
    if (first ? !std::ranges::all_of(subtag, letter) : !std::ranges::all_of(subtag, fits)) return false;
    if (end == std::string_view::npos) return true;
    text.remove_prefix(end + 1);
  }
}

View load(Context& ctx, const Uuid& user) {
  auto stored = ctx.db.one<Stored>(kLoad, user, ctx.now);
  View view;
  Settings& settings = view.settings;
  apply(stored, settings);
  settings.soft_landing_until = stored.soft_landing;
  for (auto& module : ctx.db.query<Module>(kModules, user)) {
    settings.module_weights.entries.emplace_back(std::move(module.key), module.weight);
  }
  view.updated_at = std::max({stored.preferences_at, stored.today_at, stored.units_at});
  return view;
}

std::vector<std::string> change(Context& ctx, const Uuid& user, const Choices& choices) {
  const Settings before = load(ctx, user).settings;
  Settings after = before;
  apply(choices, after);
  return store(ctx, user, before, after);
}

void announce(Context& ctx, const std::vector<std::string>& changed) {
  if (changed.empty()) return;
  ctx.publish("settings.updated", fmt::format(R"({{"user_id":"{}","keys":{}}})", ctx.user.text(), to_json(changed)));
}

FocusSettings focus(Context& ctx) { return ctx.db.one<FocusSettings>(kFocus, ctx.user); }

View get(Context& ctx, const Nothing&) { return answer(ctx, load(ctx, ctx.user)); }

View update(Context& ctx, const UpdateSettings& in) {
  View view = load(ctx, ctx.user);
  if (in.if_match) {
    const std::string etag = etag_of(view.settings);
    if (!names_tag(in.if_match->value, etag)) {
      throw Error(conflict("version_mismatch", "The settings were changed meanwhile.")).with("current_etag", etag);
    }
  }
  const Settings before = view.settings;
  Settings& after = view.settings;
  apply(in, after);
  if (in.gamification_visible.present && !in.gamification_visibility.present) {
    const bool visible = in.gamification_visible.value.value_or(true);
    after.gamification_visibility =
        visible ? rules::GamificationVisibility::always : rules::GamificationVisibility::subtle;
  }
  if (in.custom.value && in.custom.value->text.starts_with('{')) after.custom = merged(before.custom, *in.custom.value);
  if (auto refused = problems(in, after); !refused.empty()) throw invalid(std::move(refused));

  const auto changed = store(ctx, ctx.user, before, after);
  if (changed.empty()) return answer(ctx, std::move(view));
  announce(ctx, changed);
  return answer(ctx, load(ctx, ctx.user));
}

View reset(Context& ctx, const ResetSetting& in) {
  if (field_of(type_info<Settings>, in.key) == nullptr) throw not_found("setting");
  Choices choices;
  const Field* choice = field_of(type_info<Choices>, in.key);
  if (choice == nullptr) throw invalid("key", "read_only", "cannot be set here");
  choice->type->clear(choice->at(&choices));
  // Quiet hours begin and end together.
  if (in.key == "quiet_hours_start" || in.key == "quiet_hours_end") {
    choices.quiet_hours_start.present = choices.quiet_hours_end.present = true;
  }
  const auto changed = change(ctx, ctx.user, choices);
  announce(ctx, changed);
  return answer(ctx, load(ctx, ctx.user));
}

void add_operations(Catalogue& c) {
  c.add("settings.get", Get("/settings"), Access::user, Effect::read, &get, "All settings of the caller.");
  c.add("settings.update", Patch("/settings"), Access::user, Effect::write, &update,
        "Changes some settings; null gives the default.");
  c.add("settings.reset", Delete("/settings/{key}"), Access::user, Effect::write, &reset,
        "Gives one setting its default again.");
}

}  // namespace ignition::settings
