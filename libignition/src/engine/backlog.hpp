// Small writes that no answer waits for, such as what Today has shown. They are stored soon, many with one commit, and
// raise no revision.
//
// What is promised: such work is an observation, not an acknowledged write. It is stored once when the store takes it:
// within moments, before the user's next write, and when the engine is closed. What waits while the process is killed,
// what the store refuses (this is logged) and what comes while too much waits is lost.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "ignition/storage.hpp"
#include "ignition/time.hpp"
#include "ignition/uuid.hpp"

namespace ignition {

// Thread-safe. Needs the store until it is destroyed, and stores then what is left. While nothing waits, take and
// settle cost one load; otherwise users meet only those of their shard.
class Backlog {
 public:
  static constexpr std::size_t kMost = 5'000;      // what may wait of all users
  static constexpr std::size_t kMostPerUser = 32;  // and of one

  // Must be harmless to run twice, and hold all it needs.
  using Work = std::function<void(Transaction&)>;
  using Log = std::function<void(const std::string&)>;
  struct Entry {
    Instant at;
    Work work;
  };
  using Entries = std::vector<Entry>;

  Backlog(Store& store, Log log) : store_(store), log_(std::move(log)) {}
  ~Backlog();
  Backlog(const Backlog&) = delete;
  Backlog& operator=(const Backlog&) = delete;

  // `at`: the clock of the call that asks. When too much waits, the work is dropped.
  void add(const Uuid& user, Instant at, Work work) noexcept;
  // The user's waiting work, for a transaction that is begun anyhow; all other work of theirs is stored.
  Entries take(const Uuid& user);
  // Work that was taken for a transaction that failed.
  void give_back(const Uuid& user, Entries&& entries) noexcept;
  // Returns when the user's work asked for up to `until` is stored.
  void settle(const Uuid& user, Instant until);
  // Whether settle() would have something to wait for. Never waits for the store.
  bool owes(const Uuid& user, Instant until);
  // Does the work within a transaction; what fails is logged.
  void perform(const Entries& entries, Transaction& db) const;
  // How much is not stored yet.
  std::size_t size() const { return size_.load(std::memory_order_relaxed); }

 private:
  using ByUser = std::unordered_map<Uuid, Entries>;
  struct alignas(64) Shard {
    std::mutex mutex;
    std::condition_variable stored;
    ByUser waiting;
    ByUser under_way;  // being stored by somebody, who alone reads the entries
  };
  struct Batch {
    std::vector<std::pair<Uuid, const Entries*>> users;
    std::size_t entries = 0;
  };

  Shard& shard_of(const Uuid& user) { return shards_[std::hash<Uuid>()(user) % shards_.size()]; }
  static bool has(const ByUser& entries, const Uuid& user, Instant until);
  void call_worker();
  void run();
  Batch gather();
  void store(const Batch& batch) noexcept;
  bool tried(const Batch& batch, bool last) noexcept;
  void tell_lost(const std::exception& error) const noexcept;

  Store& store_;
  Log log_;
  alignas(64) std::atomic<std::size_t> size_ = 0;
  std::array<Shard, 64> shards_;
  std::size_t next_shard_ = 0;  // the worker's
  std::mutex worker_mutex_;
  std::condition_variable called_;
  bool ends_ = false;
  std::thread worker_;  // started with the first work
};

}  // namespace ignition
