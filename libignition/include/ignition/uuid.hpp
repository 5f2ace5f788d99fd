// Universally unique identifiers (RFC 9562). Ids made by Ignition are version 7: time-ordered, so rows of one user lie
// together in creation order.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ignition/time.hpp"

namespace ignition {

struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  friend auto operator<=>(const Uuid&, const Uuid&) = default;
  bool is_nil() const { return *this == Uuid{}; }

  // 36 characters, lower case, with hyphens.
  std::string text() const;
  void write(std::span<char, 36> out) const;

  // Accepts the 36-character form in either letter case; nothing else.
  static std::optional<Uuid> parse(std::string_view text);
  // Version 7: 48 bits of milliseconds since 1970, then 74 of the given random bits.
  static Uuid v7(Instant at, std::span<const std::uint8_t, 10> random);
};

// Source of new ids. Injected, so that a call can be replayed byte for byte.
class IdSource {
 public:
  virtual ~IdSource() = default;
  virtual Uuid next(Instant now) = 0;
};

// Cryptographically random ids; ids made by one source in one millisecond still sort in the order they were made.
// Thread-safe.
class RandomIds final : public IdSource {
 public:
  Uuid next(Instant now) override;
};

// Deterministic ids for tests, demos and replays: a counter mixed with a seed. Thread-safe.
class SequentialIds final : public IdSource {
 public:
  explicit SequentialIds(std::uint64_t seed = 0) : seed_(seed) {}
  Uuid next(Instant now) override;

 private:
  std::uint64_t seed_;
  std::uint64_t count_ = 0;
};

}  // namespace ignition

template <>
struct std::hash<ignition::Uuid> {
  std::size_t operator()(const ignition::Uuid& id) const noexcept;
};
