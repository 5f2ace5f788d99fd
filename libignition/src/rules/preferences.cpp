#include "ignition/rules/preferences.hpp"

#include <algorithm>
#include <array>

namespace ignition::rules {
namespace {

using C = TodayConfig;
constexpr auto kKeys = std::to_array<TodayConfigKey>({
    {"gap_threshold_hours", &C::gap_threshold_hours, 24, 720},
    {"gap_threshold_days", &C::gap_threshold_days, 1, 30},
    {"session_idle_minutes", &C::session_idle_minutes, 30, 1440},
    {"soft_landing_minutes", &C::soft_landing_minutes, 1, 720},
    {"onboarding_skip_hours", &C::onboarding_skip_hours, 1, 72},
    {"max_quick_picks", &C::max_quick_picks, 0, 10},
    {"guidance_cooldown_hours", &C::guidance_cooldown_hours, 1, 720},
    {"usage_window_days", &C::usage_window_days, 1, 90},
    {"resume_min_age_minutes", &C::resume_min_age_minutes, 0, 1440},
    {"resume_max_age_hours", &C::resume_max_age_hours, 1, 168},
    {"primer_learn_min", &C::primer_learn_min, 1, 100},
    {"primer_focus_min", &C::primer_focus_min, 1, 100},
    {"primer_hub_learn_below", &C::primer_hub_learn_below, 1, 100},
    {"sequence_window_days", &C::sequence_window_days, 1, 365},
    {"sequence_stale_hours", &C::sequence_stale_hours, 1, 72},
    {"weight_frequency", &C::weight_frequency, 0, 10000},
    {"weight_recency", &C::weight_recency, 0, 10000},
    {"weight_sequence", &C::weight_sequence, 0, 10000},
    {"weight_context", &C::weight_context, 0, 10000},
    {"telemetry_retention_days", &C::telemetry_retention_days, 1, 365},
    {"plan_max_items", &C::plan_max_items, 10, 200},
});

// By InterestKey.
constexpr std::array<std::string_view, 6> kInterestLabels{"Focus Sessions", "Learning",       "Music/DAW",
                                                          "Fitness",        "Habit Building", "Creativity"};

}  // namespace

std::string_view label_of(InterestKey interest) { return kInterestLabels[static_cast<std::size_t>(interest)]; }

std::span<const TodayConfigKey> today_config_keys() { return kKeys; }

std::optional<std::string_view> first_invalid_key(const TodayConfig& config) {
  const auto bad = std::ranges::find_if(kKeys, [&](const TodayConfigKey& key) {
    const int value = config.*key.value;
    return value < key.min || value > key.max;
  });
  if (bad != kKeys.end()) return bad->name;
  const int weights = config.weight_frequency + config.weight_recency + config.weight_sequence + config.weight_context;
  if (weights > 10000) return "weights";
  return {};
}

}  // namespace ignition::rules
