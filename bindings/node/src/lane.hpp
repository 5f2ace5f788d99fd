// Threads for calls, apart from libuv's four: those stay free for files and names while calls wait for a store.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace ignition::node {

// Something to be done by a thread of a lane.
class Job {
 public:
  virtual ~Job() = default;
  // Runs on the lane's thread, which then knows the job no more.
  virtual void run(std::unique_ptr<Job> self) noexcept = 0;
};

// A bounded set of threads that begin when they are needed and take jobs in order. A thread that is given jobs in quick
// succession looks for the next one for some microseconds before it sleeps: waking a thread costs more than most calls.
class Lane {
 public:
  explicit Lane(std::size_t most) : most_(most) {}
  ~Lane() { stop(); }

  // Throws UNAVAILABLE when there is no thread to do it.
  void add(std::unique_ptr<Job> job);
  // Whether a job would begin at once, with no thread to wake.
  bool is_eager() const { return looking_ && waiting_ == 0; }
  // Forgets the jobs that have not begun and waits for the others. What is added afterwards is forgotten, too.
  void stop();

  // How long a thread looks for a job before it sleeps.
  static constexpr std::chrono::microseconds kLook{50};
  // For loops that wait for another core.
  static void relax();

 private:
  void work();
  void look();

  const std::size_t most_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::unique_ptr<Job>> jobs_;
  std::atomic<std::size_t> waiting_ = 0;  // size of jobs_, to be read without the lock
  std::atomic<bool> looking_ = false;     // one thread looks
  std::size_t asleep_ = 0;
  bool quick_ = false;  // the last job came soon after the one before had ended
  bool stopping_ = false;
  std::chrono::steady_clock::time_point ended_{};
  std::vector<std::thread> threads_;
};

}  // namespace ignition::node
