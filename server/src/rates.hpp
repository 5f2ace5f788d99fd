// Rate limits (rule R32): which class a request draws on, and what was drawn before.
#pragma once

#include <array>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>

#include "ignition/catalogue.hpp"
#include "ignition/rules/rates.hpp"
#include "ignition/server.hpp"
#include "ignition/uuid.hpp"

namespace ignition::server {

inline constexpr std::size_t kRateClasses =
    boost::mp11::mp_size<boost::describe::describe_enumerators<RateClass>>::value;

// Whose requests a class counts together.
enum class RateOwner : std::uint8_t { address, user, api_key, instance };

// One class as shipped.
struct RateRow {
  RateClass rate_class;
  std::string_view variable;  // what follows RATE_LIMIT_
  rules::Rate rate;
  RateOwner owner;
  std::span<const std::string_view> operations;  // empty: decided by who asks
};

std::span<const RateRow> rate_rows();
const RateRow& rate_row(RateClass rate_class);
// Whether anything in the catalogue draws on the class.
bool is_in_use(RateClass rate_class, const Catalogue& catalogue);

// The classes of an operation besides ip_ceiling.
struct OperationRates {
  std::optional<RateClass> instead;  // of the class that follows from who asks
  std::optional<RateClass> besides;
};
OperationRates rates_of(const Operation& operation);

struct RateKey {
  std::array<std::uint8_t, 16> bytes{};
  friend bool operator==(const RateKey&, const RateKey&) = default;

  // The whole IPv4 address, or the IPv6 network of 64 bits.
  static RateKey of(const boost::asio::ip::address& address);
  static RateKey of(const Uuid& id);
};

// What callers have drawn, in the memory of this process. Thread-safe: to check and to count is one step.
class RateLimiter {
 public:
  static constexpr std::size_t kMostKeys = 100'000;  // beyond it, who has not asked for longest is forgotten

  explicit RateLimiter(const Settings& settings, std::size_t most_keys = kMostKeys);
  ~RateLimiter();

  // The rate of a class; off when it has none.
  const rules::Rate& rate(RateClass rate_class) const { return rates_[static_cast<std::size_t>(rate_class)]; }
  // Nothing when the class is off.
  std::optional<rules::Draw> draw(RateClass rate_class, const RateKey& key, Instant now);
  std::size_t keys() const;

 private:
  struct Shard;
  struct Owner {
    RateClass rate_class;
    RateKey key;
    friend bool operator==(const Owner&, const Owner&) = default;
  };
  struct OwnerHash {
    std::size_t operator()(const Owner& owner) const;
  };

  std::array<rules::Rate, kRateClasses> rates_;
  std::size_t most_in_shard_;
  std::unique_ptr<Shard[]> shards_;
};

}  // namespace ignition::server
