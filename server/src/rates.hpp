// Rate limits (rule R32): which class a request draws on, and what was drawn before.
#pragma once

#include <array>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "ignition/catalogue.hpp"
#include "ignition/rate_store.hpp"
#include "ignition/server.hpp"

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

RateKey key_of(const boost::asio::ip::address& address);

// The rates of requests, and what this process has drawn of them.
class RateLimiter {
 public:
  explicit RateLimiter(const Settings& settings, std::size_t most_keys = MemoryRates::kMostKeys);

  // The rate of a class; off when it has none.
  const rules::Rate& rate(RateClass rate_class) const { return rates_[static_cast<std::size_t>(rate_class)]; }
  // Nothing when the class is off. `store`: where it is counted; null = here.
  std::optional<rules::Draw> draw(RateClass rate_class, const RateKey& key, Instant now, RateStore* store = nullptr);
  std::size_t keys() const { return memory_.keys(); }

 private:
  std::array<rules::Rate, kRateClasses> rates_;
  MemoryRates memory_;
};

}  // namespace ignition::server
