// Connections to one PostgreSQL database, shared by threads.
//
// The one used last is used next; those that idle too long or live too long are closed, except that a few are kept
// ready. While the server is away, all takers share one back-off, so that it is not stormed when it comes back. A call
// that the server leaves without an answer beyond its limit is ended.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "storage/postgres_connection.hpp"

namespace ignition::storage {

class PostgresPool {
 public:
  PostgresPool(std::string connection_string, StoreOptions options);
  ~PostgresPool();
  PostgresPool(const PostgresPool&) = delete;
  PostgresPool& operator=(const PostgresPool&) = delete;

  // Throws UNAVAILABLE: `busy` when none comes free in time, `cannot_open` when the server cannot be reached.
  std::unique_ptr<PostgresConnection> take() { return take(options_.pool_wait); }
  std::unique_ptr<PostgresConnection> take(std::chrono::milliseconds wait);
  // One that is lost, or that `fit` says is in no state to be used again, is closed.
  void give_back(std::unique_ptr<PostgresConnection> connection, bool fit);

  // Connections there are, and those of them that nobody uses.
  struct Count {
    int all = 0;
    int idle = 0;
  };
  Count count();

 private:
  using Clock = PostgresConnection::Clock;
  using Lock = std::unique_lock<std::mutex>;
  struct Idle {
    std::unique_ptr<PostgresConnection> connection;
    Clock::time_point since;
  };

  std::unique_ptr<PostgresConnection> given(std::unique_ptr<PostgresConnection> connection);
  std::unique_ptr<PostgresConnection> connect(Clock::time_point deadline);
  std::unique_ptr<PostgresConnection> connect_counted(Clock::time_point deadline);
  bool is_spent(const PostgresConnection& connection) const;
  // Takes those out of the idle ones that shall be closed.
  std::vector<Idle> expired(Clock::time_point now);
  // Connects, and sets the session up under watch.
  std::unique_ptr<PostgresConnection> made();
  // Until the pool ends: closes what is spent and keeps some ready;
  void keep();
  // ends calls that the server leaves without an answer. On a thread of its own: making a connection may take long.
  void watch();

  const std::string connection_string_;
  const StoreOptions options_;
  const int most_;

  std::mutex mutex_;
  std::condition_variable returned_;
  std::condition_variable closing_changed_;
  std::vector<Idle> idle_;                          // the one used last at the end
  std::unordered_set<PostgresConnection*> in_use_;  // and those being set up
  int all_ = 0;
  bool closing_ = false;
  int failures_ = 0;              // connects in a row that failed
  Clock::time_point not_before_;  // of the next connect
  std::thread keeper_;
  std::thread watcher_;
};

}  // namespace ignition::storage
