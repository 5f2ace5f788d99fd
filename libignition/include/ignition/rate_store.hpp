// What callers have drawn of their rates (rule R32), and where it is kept: in the memory of one process, or where all
// servers see it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "ignition/rules/rates.hpp"
#include "ignition/uuid.hpp"

namespace ignition {

class Store;

// Whose requests are counted together. Says nothing readable about a person's address or name.
struct RateKey {
  std::array<std::uint8_t, 16> bytes{};
  friend bool operator==(const RateKey&, const RateKey&) = default;

  static RateKey of(const Uuid& id) { return {id.bytes}; }
  // 4 or 16 bytes of an IP address, of which the whole IPv4 address or the IPv6 network of 64 bits counts.
  static RateKey of_address(std::span<const std::uint8_t> bytes);
  // The same of its text; a hash of a text that is no address.
  static RateKey of_address(std::string_view text);
  // A hash of any text.
  static RateKey of_text(std::string_view text);
  // Both together.
  RateKey with(const RateKey& other) const;
};

// Thread-safe. `rate_class` is a name that lives as long as the program.
class RateStore {
 public:
  virtual ~RateStore() = default;
  RateStore(const RateStore&) = delete;
  RateStore& operator=(const RateStore&) = delete;

  // Asks for one request more, and counts it when it is allowed: one atomic step, also among several servers. `rate`
  // must not be off. Throws Error when what keeps the count does not answer.
  virtual rules::Draw draw(std::string_view rate_class, const RateKey& key, const rules::Rate& rate, Instant now) = 0;
  // Uncounts what was drawn from a sliding window at that instant.
  virtual void take_back(std::string_view rate_class, const RateKey& key, Instant drawn) = 0;
  virtual void forget(std::string_view rate_class, const RateKey& key) = 0;
  // Whether the others wait for a disk or a network, so that a thread which must not wait leaves them to another.
  virtual bool waits() const = 0;

 protected:
  RateStore() = default;
};

// In the memory of this process.
class MemoryRates final : public RateStore {
 public:
  static constexpr std::size_t kMostKeys = 100'000;  // beyond it, who has not asked for longest is forgotten

  explicit MemoryRates(std::size_t most_keys = kMostKeys);
  ~MemoryRates() override;

  rules::Draw draw(std::string_view rate_class, const RateKey& key, const rules::Rate& rate, Instant now) override;
  void take_back(std::string_view rate_class, const RateKey& key, Instant drawn) override;
  void forget(std::string_view rate_class, const RateKey& key) override;
  bool waits() const override { return false; }
  std::size_t keys() const;

 private:
  struct Shard;
  Shard& shard_of(std::string_view rate_class, const RateKey& key) const;

  std::size_t most_in_shard_;
  std::unique_ptr<Shard[]> shards_;
};

// In the table rate_limit_buckets of a store, for all servers that share it. One statement decides and counts.
std::unique_ptr<RateStore> stored_rates(Store& store);

}  // namespace ignition
