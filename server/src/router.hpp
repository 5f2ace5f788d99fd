// Finds what a method and a path mean.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/catalogue.hpp"
#include "rates.hpp"

namespace ignition::server {

namespace compat {
struct Row;
}

// Routes of the server itself (rule 2.6): not enveloped, open to everybody.
enum class System : std::uint8_t { none, root, health, live, ready, version, openapi, metrics, csrf, oauth_callback };

// What load balancers and Prometheus ask, as often as they like.
constexpr bool is_for_probes(System system) {
  return system == System::health || system == System::live || system == System::ready || system == System::metrics;
}

// How long the operation of a route takes, as a moving average over about 16 calls.
class Pace {
 public:
  Pace() = default;
  std::int64_t micros() const { return micros_.load(std::memory_order_relaxed); }
  void note(std::int64_t micros) {
    const std::int64_t before = this->micros();
    micros_.store(before + (micros - before) / 16, std::memory_order_relaxed);
  }

 private:
  std::atomic<std::int64_t> micros_ = 0;
};

struct Endpoint {
  const Operation* operation = nullptr;  // null for system routes
  System system = System::none;
  Method method = Method::GET;
  std::size_t number = 0;               // its place in Router::endpoints()
  const compat::Row* row = nullptr;     // of the unversioned surface; null elsewhere
  std::string pattern;                  // the whole path, for logs: `/api/v1/focus/{id}`
  std::vector<std::string> parameters;  // names, from the left
  OperationRates rates{};
  mutable Pace pace;
};

inline constexpr std::size_t kMaxParameters = 8;

struct Match {
  const Endpoint* endpoint = nullptr;
  // Values of the parameters as they stand in the path, not decoded.
  std::array<std::string_view, kMaxParameters> values{};
};

class Router {
 public:
  // Throws std::logic_error when two operations share a route.
  explicit Router(const Catalogue& catalogue, bool metrics = false);

  const std::deque<Endpoint>& endpoints() const { return endpoints_; }

  // `path` is absolute, without query, with valid percent-encoding. A literal segment wins over a parameter, judged
  // from the left; a path that lacks the method falls back to the next that has it.
  Match find(Method method, std::string_view path) const;
  // Methods that the path has, as bits by Method; 0 = there is no such path.
  unsigned methods(std::string_view path) const;

 private:
  static constexpr std::size_t kMethods = 5;
  struct Node {
    std::vector<std::pair<std::string, std::unique_ptr<Node>>> literals;  // sorted
    std::unique_ptr<Node> parameter;
    std::array<const Endpoint*, kMethods> by_method{};
  };

  void add(Method method, std::string pattern, const Operation* operation, System system,
           const compat::Row* row = nullptr);
  // Calls `arrive(node)` for each node that the path leads to, best first, until it says true.
  template <class Arrive>
  static bool descend(const Node& node, std::string_view rest, std::size_t values, Match& match, const Arrive& arrive);

  Node root_;
  std::deque<Endpoint> endpoints_;
};

}  // namespace ignition::server
