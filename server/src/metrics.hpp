// What the server counts for Prometheus (rule R52). Counting is a few relaxed additions; only a scrape makes text.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/counts.hpp"
#include "ignition/domains/population.hpp"
#include "ignition/error.hpp"
#include "ignition/storage.hpp"
#include "router.hpp"

namespace ignition::server {

// Counts of a family with one label, whose values are known beforehand. Thread-safe.
class LabelCounts {
 public:
  // The texts must live as long as the object, as literals do.
  explicit LabelCounts(std::vector<std::string_view> values) : values_(std::move(values)), counts_(values_.size()) {}

  // A value that is not one of ours is not counted.
  void add(std::string_view value);
  std::size_t size() const { return values_.size(); }
  std::string_view value(std::size_t i) const { return values_[i]; }
  std::uint64_t count(std::size_t i) const { return counts_[i].load(std::memory_order_relaxed); }

 private:
  std::vector<std::string_view> values_;
  std::vector<std::atomic<std::uint64_t>> counts_;
};

// One answered request.
struct Measured {
  const Endpoint* endpoint = nullptr;  // null = the path is none of ours
  std::string_view method;
  int status = 0;
  std::int64_t micros = 0;
  const Error* error = nullptr;
  bool by_key = false;  // with what claims to be an API key
};

// Values of this moment, and what an engine has counted.
struct Gauges {
  int in_flight = 0;
  std::optional<StoreConnections> connections{};
  std::optional<population::Population> population{};
  const Counts* counts = nullptr;  // null = no engine
};

class Metrics {
 public:
  explicit Metrics(const Router& router);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void count(const Measured& request);
  // In Prometheus' text format 0.0.4. No label holds an id, an address or a raw path.
  std::string text(const Gauges& gauges) const;

 private:
  struct Cell;
  struct Row;
  Cell& cell(const Measured& request);

  const Router& router_;
  // By endpoint and whether it was asked with HEAD; behind them, by method, what no endpoint was found for. A cell is
  // made with its first request.
  std::vector<std::atomic<Cell*>> cells_;
  LabelCounts gate_rejections_;
  LabelCounts csrf_rejections_;
  LabelCounts rate_limited_;
  LabelCounts by_key_;
};

}  // namespace ignition::server
