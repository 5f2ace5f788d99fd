// What a user prefers about Today (section 1.1, rule C4) and the system's configuration behind it (section 5.1).
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace ignition::rules {

enum class NudgeIntensity : std::uint8_t { gentle, standard, energetic };
BOOST_DESCRIBE_ENUM(NudgeIntensity, gentle, standard, energetic)

enum class GamificationVisibility : std::uint8_t { always, subtle, hidden };
BOOST_DESCRIBE_ENUM(GamificationVisibility, always, subtle, hidden)

// How a client shows the planner card: open, closed or not at all.
enum class PlannerVisibility : std::uint8_t { visible, collapsed, hidden };
BOOST_DESCRIBE_ENUM(PlannerVisibility, visible, collapsed, hidden)

// What a user says they are here for.
enum class InterestKey : std::uint8_t { focus, learning, music, fitness, habits, creativity };
BOOST_DESCRIBE_ENUM(InterestKey, focus, learning, music, fitness, habits, creativity)
std::string_view label_of(InterestKey interest);  // "Music/DAW"

// How a gap in activity is measured: real elapsed time, or local days without activity.
enum class GapMode : std::uint8_t { elapsed, local_days };
BOOST_DESCRIBE_ENUM(GapMode, elapsed, local_days)

// The user's choices; a null gap value means the system's.
struct TodayPrefs {
  NudgeIntensity nudge_intensity = NudgeIntensity::standard;
  int focus_minutes = 25;  // 1..180
  GamificationVisibility gamification_visibility = GamificationVisibility::always;
  PlannerVisibility planner_visibility = PlannerVisibility::collapsed;
  std::optional<GapMode> gap_mode;
  std::optional<int> gap_threshold_hours;  // 24..720
  std::optional<int> gap_threshold_days;   // 1..30
  bool tips_enabled = true;
  bool telemetry_enabled = true;
};
BOOST_DESCRIBE_STRUCT(TodayPrefs, (),
                      (nudge_intensity, focus_minutes, gamification_visibility, planner_visibility, gap_mode,
                       gap_threshold_hours, gap_threshold_days, tips_enabled, telemetry_enabled))

// The system's configuration. Every key can be set as IGNITION_TODAY_<KEY>.
struct TodayConfig {
  GapMode gap_mode = GapMode::elapsed;
  int gap_threshold_hours = 48;
  int gap_threshold_days = 2;
  int session_idle_minutes = 240;
  int soft_landing_minutes = 30;
  int onboarding_skip_hours = 24;
  int max_quick_picks = 3;
  int guidance_cooldown_hours = 72;
  int usage_window_days = 14;
  int resume_min_age_minutes = 60;
  int resume_max_age_hours = 24;
  int primer_learn_min = 5;
  int primer_focus_min = 10;
  int primer_hub_learn_below = 3;
  int sequence_window_days = 90;
  int sequence_stale_hours = 6;
  int weight_frequency = 4000;
  int weight_recency = 3000;
  int weight_sequence = 3000;
  int weight_context = 0;
  int telemetry_retention_days = 30;
  int plan_max_items = 50;
};
BOOST_DESCRIBE_STRUCT(TodayConfig, (),
                      (gap_mode, gap_threshold_hours, gap_threshold_days, session_idle_minutes, soft_landing_minutes,
                       onboarding_skip_hours, max_quick_picks, guidance_cooldown_hours, usage_window_days,
                       resume_min_age_minutes, resume_max_age_hours, primer_learn_min, primer_focus_min,
                       primer_hub_learn_below, sequence_window_days, sequence_stale_hours, weight_frequency,
                       weight_recency, weight_sequence, weight_context, telemetry_retention_days, plan_max_items))

// A numeric key of TodayConfig with its inclusive bounds.
struct TodayConfigKey {
  std::string_view name;
  int TodayConfig::*value;
  int min;
  int max;
};
std::span<const TodayConfigKey> today_config_keys();
// The first key that is out of bounds, in the order of TodayConfig, or `weights` when the four weights together exceed
// 10000; nothing when the configuration is valid.
std::optional<std::string_view> first_invalid_key(const TodayConfig& config);

}  // namespace ignition::rules
