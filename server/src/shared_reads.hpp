// Reads that wait for the store together. Most of them are answered from memory once their users' accounts are known,
// and one statement reads the accounts of all that came while the one before it ran.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "ignition/engine.hpp"

namespace ignition::server {

class Connection;

class SharedReads {
 public:
  // `pool` lends the threads; both outlive this.
  SharedReads(Engine* engine, boost::asio::thread_pool& pool) : engine_(engine), pool_(pool) {}

  // Does the work of the connection's conversation and tells its loop; from any thread.
  void add(std::shared_ptr<Connection> connection);
  // Now and then: lets those go on who wait behind a run that the store keeps, when nobody else comes.
  void hurry();

 private:
  using Connections = std::vector<std::shared_ptr<Connection>>;
  // With the lock.
  void begin_run_if_due();
  void run();
  void answer(Connections connections);

  Engine* const engine_;
  boost::asio::thread_pool& pool_;
  std::mutex mutex_;
  Connections waiting_;
  int runs_ = 0;
  std::chrono::steady_clock::time_point taken_;
};

}  // namespace ignition::server
