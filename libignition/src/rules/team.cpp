#include "rules/team.hpp"

#include <algorithm>

namespace ignition::rules {

namespace {

// Waits until `value` is no longer `old`: a short while by looking again and again, then asleep.
template <class T>
void await_change(const std::atomic<T>& value, T old) {
  constexpr int kLooks = 2000;
  for (int i = 0; i < kLooks; ++i) {
    if (value.load(std::memory_order_acquire) != old) return;
  }
  value.wait(old, std::memory_order_acquire);
}

}  // namespace

Team::Team(int size) {
  for (int worker = 1; worker < size; ++worker) workers_.emplace_back([this, worker] { work(worker); });
}

Team::~Team() {
  stop_ = true;
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (std::thread& thread : workers_) thread.join();
}

void Team::run(const std::function<void(int)>& share) {
  share_ = &share;
  failure_ = nullptr;
  busy_.store(static_cast<int>(workers_.size()), std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  do_share(0);
  for (int left = busy_.load(std::memory_order_acquire); left > 0; left = busy_.load(std::memory_order_acquire)) {
    await_change(busy_, left);
  }
  if (failure_) std::rethrow_exception(failure_);
}

void Team::do_share(int worker) {
  try {
    (*share_)(worker);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::current_exception();
  }
}

void Team::work(int worker) {
  for (std::uint32_t round = 0;; ++round) {
    await_change(round_, round);
    if (stop_) return;
    do_share(worker);
    if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_all();
  }
}

void in_parts(std::size_t count, std::size_t grain, int threads,
              const std::function<void(std::size_t, std::size_t)>& range) {
  const std::size_t parts = (count + grain - 1) / grain;
  std::atomic<std::size_t> next{0};
  const auto share = [&](int) {
    for (std::size_t part = next.fetch_add(1); part < parts; part = next.fetch_add(1)) {
      range(part * grain, std::min(count, (part + 1) * grain));
    }
  };
  if (threads <= 1 || parts <= 1) return share(0);
  Team(static_cast<int>(std::min(static_cast<std::size_t>(threads), parts))).run(share);
}

}  // namespace ignition::rules
