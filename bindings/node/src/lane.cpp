#include "lane.hpp"

#include <system_error>

#include "ignition/error.hpp"

namespace ignition::node {

using Clock = std::chrono::steady_clock;

void Lane::relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

void Lane::add(std::unique_ptr<Job> job) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  // With one core, looking would only keep the event loop from it.
  quick_ = std::thread::hardware_concurrency() > 1 && Clock::now() - ended_ < 2 * kLook;
  const std::size_t looked_after = looking_ ? 1 : 0;
  const bool taken_care_of = jobs_.size() < asleep_ + looked_after;
  if (!taken_care_of && threads_.size() < most_) {
    try {
      threads_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
      if (threads_.empty()) throw Error(Code::UNAVAILABLE, "The system gives no more threads.");
    }
  }
  jobs_.push_back(std::move(job));
  waiting_ = jobs_.size();
  if (jobs_.size() > looked_after && asleep_ > 0) wake_.notify_one();
}

void Lane::stop() {
  std::deque<std::unique_ptr<Job>> forgotten;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    forgotten.swap(jobs_);
    waiting_ = 0;
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

void Lane::look() {
  const auto until = Clock::now() + kLook;
  while (waiting_ == 0 && Clock::now() < until) relax();
}

void Lane::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (jobs_.empty() && quick_ && !looking_) {
      looking_ = true;
      lock.unlock();
      look();
      lock.lock();
      looking_ = false;
    }
    if (jobs_.empty() && !stopping_) {
      ++asleep_;
      wake_.wait(lock, [&] { return !jobs_.empty() || stopping_; });
      --asleep_;
    }
    if (stopping_) break;
    std::unique_ptr<Job> job = std::move(jobs_.front());
    jobs_.pop_front();
    waiting_ = jobs_.size();
    lock.unlock();
    Job* const running = job.get();
    running->run(std::move(job));
    lock.lock();
    ended_ = Clock::now();
  }
}

}  // namespace ignition::node
