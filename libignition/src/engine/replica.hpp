// A copy of the store that follows it: opened in the background, left alone for a while when it fails.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "ignition/storage.hpp"

namespace ignition {

// Thread-safe.
class Replica {
 public:
  // "" = there is none. Never throws for a replica that is away: it is tried again and again.
  Replica(std::string url, StoreOptions options);
  ~Replica();
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;

  // A snapshot of the replica, if it is there and knows revision `revision` of the user and version `flags` of the
  // shared flags, which the store had before this call.
  std::unique_ptr<Transaction> glance_at(const Uuid& user, std::int64_t revision, std::int64_t flags);
  // Tells that it failed; it is left alone for a second.
  void failed();

 private:
  using Clock = std::chrono::steady_clock;

  void keep_opening(const std::string& url, const StoreOptions& options);

  std::atomic<Clock::rep> rests_until_ = 0;
  std::atomic<Store*> open_ = nullptr;  // once it is there
  std::unique_ptr<Store> store_;
  std::mutex mutex_;
  std::condition_variable ending_;
  bool ended_ = false;
  std::thread opener_;
};

}  // namespace ignition
