// A few threads that share the numbered parts of one task after another, for tasks too short to start threads for.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace ignition::rules {

inline constexpr int kMostThreads = 256;

class Team {
 public:
  using Part = std::function<void(std::size_t part, int worker)>;

  // `size` counts the calling thread.
  explicit Team(int size);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls `part(i, worker)` for i in 0..count, and returns when all are done. Whoever is free takes the next one, the
  // calling thread (worker 0) as well, so that threads which the system lets wait hold nothing up. The first exception
  // is thrown again when the rest has been done.
  void run(std::size_t count, const Part& part);

 private:
  void work(int worker);
  // Takes and does parts of the present task until none is left; what the claim was then.
  std::uint64_t take_parts(int worker);
  void do_part(std::size_t part, int worker);

  std::vector<std::thread> workers_;
  // The number of the task, above the next part nobody has taken. A late thread cannot take a part of an earlier task.
  std::atomic<std::uint64_t> claim_{0};
  std::atomic<std::size_t> count_{0};
  std::atomic<const Part*> part_{nullptr};
  std::atomic<std::size_t> done_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::exception_ptr failure_;
};

// Calls `range(begin, end)` for parts of 0..count, each `grain` long but the last, in up to `threads` threads. The
// parts are the same whatever the number of threads.
void in_parts(std::size_t count, std::size_t grain, int threads,
              const std::function<void(std::size_t, std::size_t)>& range);

}  // namespace ignition::rules
