// SHA-256 (FIPS 180-4), for content hashes and stable buckets. Not for passwords.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace ignition {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(std::string_view bytes);

// Two lower-case hexadecimal digits per byte.
std::string hex_text(std::span<const std::uint8_t> bytes);

}  // namespace ignition
