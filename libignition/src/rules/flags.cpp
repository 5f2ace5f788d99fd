#include "ignition/rules/flags.hpp"

#include <algorithm>

#include "ignition/sha256.hpp"

namespace ignition::rules {

namespace {

constexpr std::array<ShippedFlag, 18> kShipped{{
    {"social_features", false, R"({"rollout_percentage":0})", "Social and community features"},
    {"ai_coach", false, R"({"model":"gpt-4"})", "AI coaching"},
    {"premium_content", true, "", "Premium content"},
    {"beta_fitness", false, R"({"min_version":"2.0.0"})", "Fitness beta; gates nothing in this version"},
    {"music_analysis", true, "", "Music analysis"},
    {"DISABLE_MASS_LOCAL_PERSISTENCE", true, "", "Clients keep only cosmetic state locally"},
    {"TODAY_FEATURES_MASTER", true, "", "Master switch of the ten Today flags"},
    {"TODAY_DECISION_SUPPRESSION_V1", true, "", "Section visibility by state"},
    {"TODAY_NEXT_ACTION_RESOLVER_V1", true, "", "Next-action resolver"},
    {"TODAY_MOMENTUM_FEEDBACK_V1", true, "", "Momentum message"},
    {"TODAY_SOFT_LANDING_V1", true, "", "Soft landing"},
    {"TODAY_REDUCED_MODE_V1", true, "", "Reduced mode after a gap"},
    {"TODAY_DYNAMIC_UI_V1", true, "", "Quick picks, resume, primer"},
    {"TODAY_QUICK_PICKS_EXTENDED_V1", true, "", "Quick-pick ranks 4 to 10"},
    {"TODAY_PLAN_EXTENDED_V1", true, "", "Learning and tasks in generated plans"},
    {"TODAY_RANKING_V2", false, "", "Ranked quick picks"},
    {"KILL_RANKING", false, "", "Raised: ranking off"},
    {"KILL_SEQUENCE", false, "", "Raised: sequence part of ranking off"},
}};

bool shipped_value(std::string_view name) {
  const auto flag = std::ranges::find(kShipped, name, &ShippedFlag::name);
  return flag != kShipped.end() && flag->enabled;
}

bool reached(const std::optional<std::string>& client_version, std::string_view min_version) {
  if (!client_version) return false;
  const auto order = compare_versions(*client_version, min_version);
  return order && *order >= 0;
}

bool holds_any(std::span<const std::string> held, std::span<const std::string> wanted) {
  return std::ranges::any_of(wanted, [&](const auto& role) { return std::ranges::find(held, role) != held.end(); });
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_number(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }

// Numbers of any length: the shorter one is smaller, equal lengths compare digit by digit (no leading zeros).
std::strong_ordering compare_numbers(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return a.size() <=> b.size();
  return a <=> b;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

struct Version {
  std::array<std::string_view, 3> core;
  std::vector<std::string_view> pre_release;
};

bool is_identifier(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
}

bool is_plain_number(std::string_view text) { return is_number(text) && (text.size() == 1 || text[0] != '0'); }

std::optional<Version> parse_version(std::string_view text) {
  if (const auto plus = text.find('+'); plus != std::string_view::npos) {
    if (!std::ranges::all_of(split(text.substr(plus + 1), '.'), is_identifier)) return {};
    text = text.substr(0, plus);
  }
  Version version;
  if (const auto dash = text.find('-'); dash != std::string_view::npos) {
    version.pre_release = split(text.substr(dash + 1), '.');
    for (const auto part : version.pre_release) {
      if (!is_identifier(part) || (is_number(part) && !is_plain_number(part))) return {};
    }
    text = text.substr(0, dash);
  }
  const auto core = split(text, '.');
  if (core.size() != 3 || !std::ranges::all_of(core, is_plain_number)) return {};
  std::ranges::copy(core, version.core.begin());
  return version;
}

std::strong_ordering compare_pre_release(const Version& a, const Version& b) {
  // A release is newer than its pre-releases.
  if (a.pre_release.empty() || b.pre_release.empty()) return a.pre_release.empty() <=> b.pre_release.empty();
  for (std::size_t i = 0; i < std::min(a.pre_release.size(), b.pre_release.size()); ++i) {
    const auto x = a.pre_release[i];
    const auto y = b.pre_release[i];
    const auto order = is_number(x) && is_number(y)   ? compare_numbers(x, y)
                       : is_number(x) != is_number(y) ? is_number(y) <=> is_number(x)
                                                      : x <=> y;
    if (order != 0) return order;
  }
  return a.pre_release.size() <=> b.pre_release.size();
}

}  // namespace

std::span<const ShippedFlag> shipped_flags() { return kShipped; }

std::optional<bool> boolean_of(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\v\f";
  const auto begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  text = text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  if (lower == "1" || lower == "true" || lower == "yes" || lower == "on") return true;
  if (lower == "0" || lower == "false" || lower == "no" || lower == "off") return false;
  return {};
}

std::optional<std::strong_ordering> compare_versions(std::string_view a, std::string_view b) {
  const auto x = parse_version(a);
  const auto y = parse_version(b);
  if (!x || !y) return {};
  for (std::size_t i = 0; i < x->core.size(); ++i) {
    const auto order = compare_numbers(x->core[i], y->core[i]);
    if (order != 0) return order;
  }
  return compare_pre_release(*x, *y);
}

int rollout_bucket(std::string_view flag, const Uuid& user) {
  const auto digest = sha256(std::string(flag) + ":" + user.text());
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) number = number << 8 | digest[i];
  return static_cast<int>(number % 100);
}

bool flag_value(std::string_view name, const FlagSources& sources, const FlagUser& user) {
  if (sources.environment) {
    if (const auto forced = boolean_of(*sources.environment)) return *forced;
  }
  if (sources.user_override) return *sources.user_override;
  if (!sources.row) return shipped_value(name);

  const auto& row = *sources.row;
  if (!row.enabled) return false;
  if (row.min_version && !reached(user.client_version, *row.min_version)) return false;
  if (row.roles && !holds_any(user.roles, *row.roles)) return false;
  if (row.rollout_percentage) return rollout_bucket(name, user.id) < *row.rollout_percentage;
  return true;
}

TodayFlags today_flags(const std::function<bool(std::string_view)>& raw) {
  const bool master = raw("TODAY_FEATURES_MASTER");
  const auto effective = [&](std::string_view name) { return master && raw(name); };
  return {
      .master = master,
      .decision_suppression = effective("TODAY_DECISION_SUPPRESSION_V1"),
      .next_action_resolver = effective("TODAY_NEXT_ACTION_RESOLVER_V1"),
      .momentum_feedback = effective("TODAY_MOMENTUM_FEEDBACK_V1"),
      .soft_landing = effective("TODAY_SOFT_LANDING_V1"),
      .reduced_mode = effective("TODAY_REDUCED_MODE_V1"),
      .dynamic_ui = effective("TODAY_DYNAMIC_UI_V1"),
      .quick_picks_extended = effective("TODAY_QUICK_PICKS_EXTENDED_V1"),
      .plan_extended = effective("TODAY_PLAN_EXTENDED_V1"),
      .ranking = effective("TODAY_RANKING_V2") && !raw("KILL_RANKING"),
      .sequence_killed = raw("KILL_SEQUENCE"),
  };
}

std::array<std::pair<std::string_view, bool>, 10> named(const TodayFlags& flags) {
  return {{
      {"TODAY_FEATURES_MASTER", flags.master},
      {"TODAY_DECISION_SUPPRESSION_V1", flags.decision_suppression},
      {"TODAY_NEXT_ACTION_RESOLVER_V1", flags.next_action_resolver},
      {"TODAY_MOMENTUM_FEEDBACK_V1", flags.momentum_feedback},
      {"TODAY_SOFT_LANDING_V1", flags.soft_landing},
      {"TODAY_REDUCED_MODE_V1", flags.reduced_mode},
      {"TODAY_DYNAMIC_UI_V1", flags.dynamic_ui},
      {"TODAY_QUICK_PICKS_EXTENDED_V1", flags.quick_picks_extended},
      {"TODAY_PLAN_EXTENDED_V1", flags.plan_extended},
      {"TODAY_RANKING_V2", flags.ranking},
  }};
}

std::vector<std::string_view> active_names(const TodayFlags& flags) {
  const std::array<std::pair<std::string_view, bool>, 9> all{{
      {"decision_suppression", flags.decision_suppression},
      {"next_action_resolver", flags.next_action_resolver},
      {"momentum_feedback", flags.momentum_feedback},
      {"soft_landing", flags.soft_landing},
      {"reduced_mode", flags.reduced_mode},
      {"dynamic_ui", flags.dynamic_ui},
      {"quick_picks_extended", flags.quick_picks_extended},
      {"plan_extended", flags.plan_extended},
      {"ranking", flags.ranking},
  }};
  std::vector<std::string_view> names;
  for (const auto& [name, on] : all) {
    if (on) names.push_back(name);
  }
  return names;
}

}  // namespace ignition::rules
