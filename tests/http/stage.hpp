// A server on a free port, over an engine whose operations do what a test of the transport needs.
#pragma once

#include <spdlog/sinks/base_sink.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "http/client.hpp"
#include "ignition/server.hpp"

namespace ignition::http_test {

// Operations wait here until the test lets them go.
class Gate {
 public:
  void wait();
  void open();
  // Until `n` operations wait.
  void await_waiting(int n);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int waiting_ = 0;
};

class StageStore final : public Store {
 public:
  std::unique_ptr<Transaction> begin(Mode mode) override;
  std::string_view backend() const override { return "sqlite"; }
  bool is_remote() const override { return false; }
  std::vector<Migration> migrations() override;
  std::vector<Migration> migrate_up(Instant, std::optional<int>) override { return {}; }
  std::vector<Migration> migrate_down(int) override { return {}; }
  std::string describe_schema() override { return {}; }
  void ping() override;

  std::atomic<bool> down = false;
  std::atomic<int> probes = 0;
  Gate* slow = nullptr;  // probes wait here
};

class StageEngine final : public Engine {
 public:
  StageEngine();
  Answer call(const Caller& caller, const Call& call) override;
  // Answers things.kept from memory, if `remembers`.
  void answer_kept(std::span<KeptRead> reads) override;
  const Catalogue& catalogue() const override { return catalogue_; }
  const Config& config() const override { return config_; }
  Store& store() override { return database; }
  Clock& clock() override { return other_clock != nullptr ? *other_clock : clock_; }
  RateStore& rates() override { return rates_; }
  int pending_migrations() override { return pending; }
  int subscribe(std::function<void(std::string_view, std::string_view)>) override { return 0; }
  void unsubscribe(int) override {}

  Gate gate;
  std::atomic<Gate*> slow_memory = nullptr;  // reads from memory wait here
  Clock* other_clock = nullptr;
  StageStore database;
  std::atomic<int> calls = 0;
  std::atomic<int> batches = 0;
  std::atomic<bool> remembers = true;
  std::atomic<int> pending = 0;

 protected:
  void run(const Operation&, const Caller&, const void*, void*) override {}

 private:
  Catalogue catalogue_;
  Config config_;
  SystemClock clock_;
  MemoryRates rates_;
};

// Log lines, for tests to read.
class LogLines final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  std::vector<std::string> lines();
  // The first line that contains the text, waiting for it a little; "" when none comes.
  std::string find(std::string_view text);

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    lines_.emplace_back(message.payload.data(), message.payload.size());
  }
  void flush_() override {}

 private:
  std::vector<std::string> lines_;
};

struct Stage {
  explicit Stage(server::Settings settings = local());
  // Local user mode on a free port of 127.0.0.1, without rate limits.
  static server::Settings local();
  Client client() const { return Client(server.port()); }

  StageEngine engine;
  std::shared_ptr<LogLines> log = std::make_shared<LogLines>();
  server::Server server;
};

}  // namespace ignition::http_test
