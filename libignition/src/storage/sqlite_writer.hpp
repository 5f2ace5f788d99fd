// The one writer of a SQLite database: first-come-first-served turns, and group commit.
//
// A transaction holds the turn from begin() to its end. When it commits while others wait, its work stays in SQLite's
// open transaction (the batch), the next one gets the turn and works in a savepoint of its own, and the committed ones
// sleep until the last of the batch has committed for all: one synchronisation with the disk for many writers. A batch
// ends when nobody waits, or when it is large or old. If its COMMIT fails, it fails for every member.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "storage/sqlite_connection.hpp"

namespace ignition::storage {

class SqliteWriter {
 public:
  SqliteWriter(std::unique_ptr<SqliteConnection> connection, const StoreOptions& options, bool group_commit);

  // Waits for the turn and opens the member's part of a batch. UNAVAILABLE when the turn does not come in time,
  // INTERNAL when this thread has it already.
  void enter();
  // Ends the member's part and returns when it is durable. Throws when it is not stored; the turn is over either way.
  void commit();
  // Undoes the member's part and gives up the turn.
  void roll_back() noexcept;
  // To be called after a failed statement: SQLite may have rolled back the whole batch.
  void after_failure() noexcept;
  // False when the batch of the member was lost.
  bool alive() const { return batch_ != nullptr; }

  // Runs `work` with the turn and no batch open, for migrations.
  void alone(const std::function<void(SqliteConnection&)>& work);

  SqliteConnection& connection() { return *connection_; }
  // Writers that wait for their turn.
  std::size_t waiting();

 private:
  using Clock = std::chrono::steady_clock;
  using Lock = std::unique_lock<std::mutex>;

  struct Waiter {
    std::condition_variable granted_signal;
    std::thread::id thread;
    bool granted = false;
  };
  struct Batch {
    int members = 0;                  // committed in their savepoints
    Clock::time_point waiting_since;  // commit of the first member
    bool done = false;
    std::optional<Error> failure;
    std::condition_variable done_signal;
  };

  void take_turn();
  void pass_turn(Lock& lock);
  bool may_grow(const Lock& lock) const;
  void open_batch();
  void begin_immediate();
  // COMMITs the batch and tells its members. Returns what went wrong.
  std::optional<Error> commit_batch();
  // The same, and passes the turn.
  std::optional<Error> flush();
  // Takes the whole batch back and tells its members why.
  void lose_batch(const Error& why);
  void end_batch(std::optional<Error> failure);

  std::unique_ptr<SqliteConnection> connection_;
  const std::chrono::milliseconds patience_;
  const bool group_commit_;

  std::mutex mutex_;
  std::deque<Waiter*> queue_;
  bool taken_ = false;
  std::thread::id holder_;
  // Of the holder of the turn; handed on under the mutex.
  std::shared_ptr<Batch> batch_;
};

}  // namespace ignition::storage
