// Settings of a user (rule R47, the one list of keys). A user without rows has the defaults. Some keys are stored with
// the part they belong to: Today's preferences in today_prefs, units in fitness_settings.
#pragma once

#include <optional>
#include <string>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/rules/preferences.hpp"

namespace ignition::settings {

struct ThemeFormat {
  static constexpr std::string_view name = "a theme id: a-z 0-9 -, 1..64 characters, such as dark";
  static constexpr std::size_t max = 64;
  static bool accepts(std::string_view text);
};
using Theme = Formatted<ThemeFormat>;

struct WaveformModeFormat {
  static constexpr std::string_view name = "ableton or high-contrast";
  static constexpr std::size_t max = 20;
  static bool accepts(std::string_view text) { return text == "ableton" || text == "high-contrast"; }
};
using WaveformMode = Formatted<WaveformModeFormat>;

struct LocaleFormat {
  static constexpr std::string_view name = "a language tag (BCP 47) such as en-US";
  static constexpr std::size_t max = 35;
  static bool accepts(std::string_view text);
};
using Locale = Formatted<LocaleFormat>;

enum class TimeFormat : std::uint8_t { h24, h12 };
BOOST_DESCRIBE_ENUM(TimeFormat, h24, h12)
enum class KeyboardLayout : std::uint8_t { mac, windows };
BOOST_DESCRIBE_ENUM(KeyboardLayout, mac, windows)
enum class Synth : std::uint8_t { serum, vital, both };
BOOST_DESCRIBE_ENUM(Synth, serum, vital, both)
enum class WeightUnit : std::uint8_t { kg, lb };
BOOST_DESCRIBE_ENUM(WeightUnit, kg, lb)
enum class DistanceUnit : std::uint8_t { km, mi };
BOOST_DESCRIBE_ENUM(DistanceUnit, km, mi)

using DayStartHour = Int<0, 23>;
using FocusSeconds = Int<60, 10'800>;
using BreakSeconds = Int<60, 3'600>;
using LongBreakSeconds = Int<60, 7'200>;
using SessionsBeforeLongBreak = Int<1, 12>;
using GapHours = Int<24, 720>;
using GapDays = Int<1, 30>;
using ReviewTarget = Int<5, 50>;
using NewCards = Int<0, 9'999>;
using LessonTarget = Int<0, 5>;

// The keys stored in user_settings, with their defaults.
struct Preferences {
  Theme theme{"system"};
  WaveformMode waveform_mode{"ableton"};
  Locale locale{"en-US"};
  std::optional<TimeZoneName> timezone{};
  DayStartHour day_start_hour = 0;
  WeekStart week_start = WeekStart::monday;
  TimeFormat time_format = TimeFormat::h24;
  KeyboardLayout keyboard_layout = KeyboardLayout::mac;
  std::optional<Text<0, 64>> selected_product{};
  bool reduced_motion = false;
  bool high_contrast = false;
  bool large_text = false;
  Json ui_collapse_state{};
  bool notifications_enabled = true;
  bool email_notifications = true;
  bool push_notifications = false;
  bool browser_notifications = true;
  bool timer_sounds = true;
  std::optional<TimeOfDay> daily_reminder_time{};
  std::optional<TimeOfDay> quiet_hours_start{};
  std::optional<TimeOfDay> quiet_hours_end{};
  bool profile_public = false;
  bool show_activity = true;
  BreakSeconds focus_break_duration = 300;
  LongBreakSeconds focus_long_break_duration = 900;
  SessionsBeforeLongBreak focus_sessions_before_long_break = 4;
  bool focus_auto_start_breaks = false;
  bool focus_auto_start_focus = false;
  Synth learn_synth_preference = Synth::both;
  ReviewTarget learn_daily_review_target = 20;
  NewCards learn_new_cards_per_day = 10;
  LessonTarget learn_daily_lesson_target = 1;
  bool learn_show_both_mappings = false;
  std::optional<TimeOfDay> learn_session_reminder_time{};
  Json custom{};
};
BOOST_DESCRIBE_STRUCT(Preferences, (),
                      (theme, waveform_mode, locale, timezone, day_start_hour, week_start, time_format, keyboard_layout,
                       selected_product, reduced_motion, high_contrast, large_text, ui_collapse_state,
                       notifications_enabled, email_notifications, push_notifications, browser_notifications,
                       timer_sounds, daily_reminder_time, quiet_hours_start, quiet_hours_end, profile_public,
                       show_activity, focus_break_duration, focus_long_break_duration, focus_sessions_before_long_break,
                       focus_auto_start_breaks, focus_auto_start_focus, learn_synth_preference,
                       learn_daily_review_target, learn_new_cards_per_day, learn_daily_lesson_target,
                       learn_show_both_mappings, learn_session_reminder_time, custom))

// Every key, flat.
struct Settings : Preferences {
  FocusSeconds focus_default_duration = 1'500;  // a multiple of 60; today_prefs.focus_minutes
  rules::NudgeIntensity nudge_intensity = rules::NudgeIntensity::standard;
  rules::GamificationVisibility gamification_visibility = rules::GamificationVisibility::always;
  rules::PlannerVisibility planner_visibility = rules::PlannerVisibility::collapsed;
  std::optional<rules::GapMode> gap_mode{};  // null = the system's
  std::optional<GapHours> gap_threshold_hours{};
  std::optional<GapDays> gap_threshold_days{};
  bool tips_enabled = true;
  bool telemetry_enabled = true;
  WeightUnit weight_unit = WeightUnit::kg;  // until stored: lb and mi with the locale en-US
  DistanceUnit distance_unit = DistanceUnit::km;
  Map<std::int64_t> module_weights{};           // of the enabled modules; read only
  std::optional<Instant> soft_landing_until{};  // read only
};
BOOST_DESCRIBE_STRUCT(Settings, (Preferences),
                      (focus_default_duration, nudge_intensity, gamification_visibility, planner_visibility, gap_mode,
                       gap_threshold_hours, gap_threshold_days, tips_enabled, telemetry_enabled, weight_unit,
                       distance_unit, module_weights, soft_landing_until))

// Choices over the defaults: of each writable key absent, null (the default) or a value.
struct Choices {
  Update<Theme> theme{};
  Update<WaveformMode> waveform_mode{};
  Update<Locale> locale{};
  Update<TimeZoneName> timezone{};
  Update<DayStartHour> day_start_hour{};
  Update<WeekStart> week_start{};
  Update<TimeFormat> time_format{};
  Update<KeyboardLayout> keyboard_layout{};
  Update<Text<0, 64>> selected_product{};
  Update<bool> reduced_motion{};
  Update<bool> high_contrast{};
  Update<bool> large_text{};
  Update<Json> ui_collapse_state{};
  Update<bool> notifications_enabled{};
  Update<bool> email_notifications{};
  Update<bool> push_notifications{};
  Update<bool> browser_notifications{};
  Update<bool> timer_sounds{};
  Update<TimeOfDay> daily_reminder_time{};
  Update<TimeOfDay> quiet_hours_start{};
  Update<TimeOfDay> quiet_hours_end{};
  Update<bool> profile_public{};
  Update<bool> show_activity{};
  Update<BreakSeconds> focus_break_duration{};
  Update<LongBreakSeconds> focus_long_break_duration{};
  Update<SessionsBeforeLongBreak> focus_sessions_before_long_break{};
  Update<bool> focus_auto_start_breaks{};
  Update<bool> focus_auto_start_focus{};
  Update<Synth> learn_synth_preference{};
  Update<ReviewTarget> learn_daily_review_target{};
  Update<NewCards> learn_new_cards_per_day{};
  Update<LessonTarget> learn_daily_lesson_target{};
  Update<bool> learn_show_both_mappings{};
  Update<TimeOfDay> learn_session_reminder_time{};
  Update<Json> custom{};
  Update<FocusSeconds> focus_default_duration{};
  Update<rules::NudgeIntensity> nudge_intensity{};
  Update<rules::GamificationVisibility> gamification_visibility{};
  Update<rules::PlannerVisibility> planner_visibility{};
  Update<rules::GapMode> gap_mode{};
  Update<GapHours> gap_threshold_hours{};
  Update<GapDays> gap_threshold_days{};
  Update<bool> tips_enabled{};
  Update<bool> telemetry_enabled{};
  Update<WeightUnit> weight_unit{};
  Update<DistanceUnit> distance_unit{};
};
BOOST_DESCRIBE_STRUCT(Choices, (),
                      (theme, waveform_mode, locale, timezone, day_start_hour, week_start, time_format, keyboard_layout,
                       selected_product, reduced_motion, high_contrast, large_text, ui_collapse_state,
                       notifications_enabled, email_notifications, push_notifications, browser_notifications,
                       timer_sounds, daily_reminder_time, quiet_hours_start, quiet_hours_end, profile_public,
                       show_activity, focus_break_duration, focus_long_break_duration, focus_sessions_before_long_break,
                       focus_auto_start_breaks, focus_auto_start_focus, learn_synth_preference,
                       learn_daily_review_target, learn_new_cards_per_day, learn_daily_lesson_target,
                       learn_show_both_mappings, learn_session_reminder_time, custom, focus_default_duration,
                       nudge_intensity, gamification_visibility, planner_visibility, gap_mode, gap_threshold_hours,
                       gap_threshold_days, tips_enabled, telemetry_enabled, weight_unit, distance_unit))

// `custom` is merged key by key, a null inside it removes the key. `if_match` is the entity tag that the caller's view
// has (header If-Match): CONFLICT `version_mismatch` when the settings have another one.
struct UpdateSettings : Choices {
  Update<bool> gamification_visible{};  // true = always, false = subtle
  Update<Json> module_weights{};        // read only: always refused
  Update<Instant> soft_landing_until{};
  std::optional<Text<1, 200>> if_match{};
};
BOOST_DESCRIBE_STRUCT(UpdateSettings, (Choices), (gamification_visible, module_weights, soft_landing_until, if_match))

struct ResetSetting {
  std::string key;
};
BOOST_DESCRIBE_STRUCT(ResetSetting, (), (key))

struct View {
  Settings settings;
  std::optional<Instant> updated_at;  // null: never changed
};
BOOST_DESCRIBE_STRUCT(View, (), (settings, updated_at))

// All carry the entity tag of the settings.
View get(Context& ctx, const Nothing& in);
// All or nothing: every refused key is named and nothing is stored. Publishes `settings.updated`.
View update(Context& ctx, const UpdateSettings& in);
// Gives a key its default again. NOT_FOUND for an unknown key.
View reset(Context& ctx, const ResetSetting& in);

// For other domains, within their transaction.

// How long and how the caller wants to focus. One statement.
struct FocusSettings {
  std::int64_t default_duration = 1'500;  // seconds
  std::int64_t break_duration = 300;
  std::int64_t long_break_duration = 900;
  std::int64_t sessions_before_long_break = 4;
  bool auto_start_breaks = false;
  bool auto_start_focus = false;
};
BOOST_DESCRIBE_STRUCT(FocusSettings, (),
                      (default_duration, break_duration, long_break_duration, sessions_before_long_break,
                       auto_start_breaks, auto_start_focus))
FocusSettings focus(Context& ctx);

// All settings of a user. Two statements.
View load(Context& ctx, const Uuid& user);
// Changes those named by `choices`, already validated; the others stay. Returns the names of the keys that changed.
std::vector<std::string> change(Context& ctx, const Uuid& user, const Choices& choices);
// Publishes `settings.updated` with the caller's changed keys, if there are any.
void announce(Context& ctx, const std::vector<std::string>& changed);

void add_operations(Catalogue& catalogue);

}  // namespace ignition::settings
