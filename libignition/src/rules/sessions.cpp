#include "ignition/rules/sessions.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace ignition::rules {
namespace {

using Names = std::pair<std::string_view, std::string_view>;  // in the text, for people

// The first one found counts: most programs also name those that they resemble.
constexpr auto kPrograms = std::to_array<Names>({{"Shortcuts", "Shortcuts"},
                                                 {"Edg", "Edge"},
                                                 {"OPR/", "Opera"},
                                                 {"SamsungBrowser/", "Samsung Internet"},
                                                 {"Firefox/", "Firefox"},
                                                 {"FxiOS/", "Firefox"},
                                                 {"CriOS/", "Chrome"},
                                                 {"Chrome/", "Chrome"},
                                                 {"Safari/", "Safari"},
                                                 {"curl/", "curl"}});
constexpr auto kSystems = std::to_array<Names>({{"iPhone", "iPhone"},
                                                {"iPad", "iPad"},
                                                {"Android", "Android"},
                                                {"Windows", "Windows"},
                                                {"Mac OS X", "macOS"},
                                                {"CrOS", "ChromeOS"},
                                                {"Linux", "Linux"}});

std::string_view named(std::span<const Names> names, std::string_view text) {
  const auto at = std::ranges::find_if(names, [&](const Names& name) { return text.find(name.first) != text.npos; });
  return at == names.end() ? std::string_view{} : at->second;
}

}  // namespace

Instant slid_end(Instant end, Instant absolute_end, Instant now, std::chrono::seconds ttl) {
  if (end - now >= ttl / 2) return end;
  return std::max(end, std::min(now + ttl, absolute_end));
}

bool is_within(Instant end, Instant used, Instant now, std::chrono::seconds idle) {
  return now < end && (idle.count() == 0 || now - used <= idle);
}

TokenStanding standing_of(std::string_view token_hash, std::string_view current_hash,
                          const std::optional<std::string>& previous_hash, std::optional<Instant> previous_valid_until,
                          Instant now) {
  if (token_hash == current_hash) return TokenStanding::current;
  if (!previous_hash || !previous_valid_until || token_hash != *previous_hash) return TokenStanding::unknown;
  if (now < *previous_valid_until) return TokenStanding::overlapping;
  return now <= *previous_valid_until + kRotationTold ? TokenStanding::rotated : TokenStanding::unknown;
}

std::optional<std::string> device_label(std::string_view user_agent) {
  const auto program = named(kPrograms, user_agent);
  const auto system = named(kSystems, user_agent);
  if (program.empty() && system.empty()) return {};
  if (program.empty() || system.empty()) return std::string(program.empty() ? system : program);
  return std::string(program) + " on " + std::string(system);
}

}  // namespace ignition::rules
