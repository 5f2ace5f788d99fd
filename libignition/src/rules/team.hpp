// A few threads that do numbered shares of one task after another, for tasks too short to start threads for.
#pragma once

#include <atomic>
#include <cstddef>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace ignition::rules {

inline constexpr int kMostThreads = 256;

class Team {
 public:
  // `size` counts the calling thread.
  explicit Team(int size);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int size() const { return static_cast<int>(workers_.size()) + 1; }

  // Runs `share(worker)` for worker 0..size-1, one in each thread, and returns when all are done. The first exception
  // is thrown again.
  void run(const std::function<void(int)>& share);

 private:
  void work(int worker);
  void do_share(int worker);

  std::vector<std::thread> workers_;
  const std::function<void(int)>* share_ = nullptr;
  std::atomic<std::uint32_t> round_{0};
  std::atomic<int> busy_{0};
  bool stop_ = false;
  std::mutex mutex_;
  std::exception_ptr failure_;
};

// Calls `range(begin, end)` for parts of 0..count, each `grain` long but the last, in up to `threads` threads. The
// parts are the same whatever the number of threads.
void in_parts(std::size_t count, std::size_t grain, int threads,
              const std::function<void(std::size_t, std::size_t)>& range);

}  // namespace ignition::rules
