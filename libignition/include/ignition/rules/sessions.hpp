// How long sessions live (rules R15, R16) and what they are called.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "ignition/time.hpp"

namespace ignition::rules {

struct SessionTimes {
  std::chrono::seconds ttl{30 * 86'400};       // without use
  std::chrono::seconds absolute{90 * 86'400};  // with it
  std::chrono::seconds idle{0};                // 0 = off
};

// The end of a session used now: the same, or later when less than half of `ttl` is left; never after `absolute_end`.
Instant slid_end(Instant end, Instant absolute_end, Instant now, std::chrono::seconds ttl);

// Whether use at `now` still counts for a session that ends at `end` and was used last at `used`.
bool is_within(Instant end, Instant used, Instant now, std::chrono::seconds idle);

// Use is stored at most this often.
inline constexpr std::chrono::seconds kUseStoredEvery{60};

// How long the token that an administrator's change replaced stays good, for requests under way.
inline constexpr std::chrono::seconds kRotationOverlap{30};
// How long after that its bearer is told that there is a newer one.
inline constexpr std::chrono::seconds kRotationTold{60};

// What a token presented for a session says.
enum class TokenStanding : std::uint8_t { current, overlapping, rotated, unknown };
TokenStanding standing_of(std::string_view token_hash, std::string_view current_hash,
                          const std::optional<std::string>& previous_hash, std::optional<Instant> previous_valid_until,
                          Instant now);

// "Firefox on Linux"; nothing when the text names neither.
std::optional<std::string> device_label(std::string_view user_agent);

}  // namespace ignition::rules
