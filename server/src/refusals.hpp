// What the security log keeps of requests that the server itself refuses (rules R40, R41). Nobody can fill it by
// asking: of each client and kind one entry a minute, of all together one a second on average.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <string>
#include <string_view>

#include "credentials.hpp"
#include "ignition/engine.hpp"
#include "ignition/rate_store.hpp"

namespace ignition::server {

struct Refusal {
  std::string_view event_type;
  std::string why;    // class of a limit, or reason
  std::string route;  // template
  std::optional<Uuid> user{};
};

class RefusalLog {
 public:
  static constexpr rules::Rate kOfOneClient{.limit = 1, .period = std::chrono::seconds(60)};
  static constexpr rules::Rate kOfAll{.limit = 60, .period = std::chrono::seconds(60), .burst = 60};
  static constexpr std::size_t kMostKeys = 10'000;

  // `engine` may be null: then nothing is kept.
  RefusalLog(Engine* engine, Callers& callers) : engine_(engine), callers_(callers) {}

  // The event that an error is one of; "" = none.
  static std::string_view event_of(const Error& error);
  // Keeps it behind the scenes, unless there were enough.
  void note(const Refusal& refusal, const boost::asio::ip::address& client, Origin origin);

 private:
  Engine* const engine_;
  Callers& callers_;
  MemoryRates rates_{kMostKeys};
};

}  // namespace ignition::server
