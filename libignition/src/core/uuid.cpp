#include "ignition/uuid.hpp"

#include <unistd.h>

#include <atomic>
#include <cstring>
#include <mutex>
#include <stdexcept>

namespace ignition {
namespace {

constexpr char kHex[] = "0123456789abcdef";
constexpr std::array<int, 16> kTextPosition = {0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::uint64_t mix(std::uint64_t x) {  // the finaliser of SplitMix64
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

}  // namespace

void Uuid::write(std::span<char, 36> out) const {
  out[8] = out[13] = out[18] = out[23] = '-';
  for (std::size_t i = 0; i < 16; ++i) {
    const auto at = static_cast<std::size_t>(kTextPosition[i]);
    out[at] = kHex[bytes[i] >> 4];
    out[at + 1] = kHex[bytes[i] & 15];
  }
}

std::string Uuid::text() const {
  std::string out(36, '-');
  write(std::span<char, 36>(out.data(), 36));
  return out;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 36 || text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return {};
  Uuid id;
  for (std::size_t i = 0; i < 16; ++i) {
    const auto at = static_cast<std::size_t>(kTextPosition[i]);
    const int high = hex_digit(text[at]);
    const int low = hex_digit(text[at + 1]);
    if (high < 0 || low < 0) return {};
    id.bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return id;
}

Uuid Uuid::v7(Instant at, std::span<const std::uint8_t, 10> random) {
  Uuid id;
  const auto ms = static_cast<std::uint64_t>(at.us < 0 ? 0 : at.us / 1000);
  for (std::size_t i = 0; i < 6; ++i) id.bytes[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
  std::memcpy(id.bytes.data() + 6, random.data(), 10);
  id.bytes[6] = static_cast<std::uint8_t>(0x70 | (id.bytes[6] & 0x0F));
  id.bytes[8] = static_cast<std::uint8_t>(0x80 | (id.bytes[8] & 0x3F));
  return id;
}

Uuid RandomIds::next(Instant now) {
  // The 12 bits after the version count the ids of one millisecond (RFC 9562, 6.2, method 1), the rest is random.
  static std::mutex mutex;
  static std::int64_t last_ms = 0;
  static unsigned counter = 0;
  std::array<std::uint8_t, 10> random;
  if (getentropy(random.data(), random.size()) != 0) throw std::runtime_error("no random bytes");
  unsigned sequence = 0;
  {
    const std::lock_guard lock(mutex);
    if (now.us / 1000 != last_ms) {
      last_ms = now.us / 1000;
      counter = random[0];  // a random start below 256 leaves room for 3,840 ids per millisecond
    } else {
      counter = (counter + 1) & 0xFFF;
    }
    sequence = counter;
  }
  random[0] = static_cast<std::uint8_t>(sequence >> 8);
  random[1] = static_cast<std::uint8_t>(sequence);
  return Uuid::v7(now, random);
}

Uuid SequentialIds::next(Instant now) {
  const std::uint64_t n = std::atomic_ref(count_).fetch_add(1) + 1;
  const std::uint64_t mixed = mix(seed_ * 0x100000001B3ULL + n);
  std::array<std::uint8_t, 10> random;
  random[0] =
      static_cast<std::uint8_t>(n >> 8);  // low counter bits first, so that ids sort in the order they were made
  random[1] = static_cast<std::uint8_t>(n);
  for (std::size_t i = 0; i < 8; ++i) random[2 + i] = static_cast<std::uint8_t>(mixed >> (8 * i));
  return Uuid::v7(now, random);
}

}  // namespace ignition

std::size_t std::hash<ignition::Uuid>::operator()(const ignition::Uuid& id) const noexcept {
  std::uint64_t parts[2];
  std::memcpy(parts, id.bytes.data(), 16);
  return static_cast<std::size_t>(ignition::mix(parts[0] ^ (parts[1] * 0x9E3779B97F4A7C15ULL)));
}
