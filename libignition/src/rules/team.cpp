#include "rules/team.hpp"

#include <algorithm>

namespace ignition::rules {

namespace {

constexpr std::uint64_t kTask = std::uint64_t{1} << 32U;
constexpr std::uint64_t kPartBits = kTask - 1;

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
  claim_.fetch_add(kTask);
  claim_.notify_all();
  for (std::thread& thread : workers_) thread.join();
}

void Team::run(std::size_t count, const Part& part) {
  // First a task without parts, so that no late thread takes one of the former task by the new count.
  const std::uint64_t task = (claim_ & ~kPartBits) + kTask;
  claim_ = task + kPartBits;
  failure_ = nullptr;
  part_ = &part;
  count_ = count;
  done_ = 0;
  claim_ = task + kTask;
  if (!workers_.empty() && count > 1) claim_.notify_all();
  take_parts(0);
  for (std::size_t done = done_; done < count; done = done_) await_change(done_, done);
  // No part of this task can be taken any more; what it needed may go.
  if (failure_) std::rethrow_exception(failure_);
}

std::uint64_t Team::take_parts(int worker) {
  std::uint64_t claim = claim_;
  while ((claim & kPartBits) < count_) {
    // Fails when the part is taken or the task is another one by now; then `claim` is read anew.
    if (!claim_.compare_exchange_weak(claim, claim + 1)) continue;
    do_part(static_cast<std::size_t>(claim & kPartBits), worker);
    claim = claim_;
  }
  return claim;
}

void Team::do_part(std::size_t part, int worker) {
  const std::size_t count = count_;
  try {
    (*part_.load())(part, worker);
  } catch (...) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::current_exception();
  }
  if (done_.fetch_add(1) + 1 == count) done_.notify_all();
}

void Team::work(int worker) {
  while (!stop_) {
    const std::uint64_t claim = take_parts(worker);
    if (!stop_) await_change(claim_, claim);
  }
}

void in_parts(std::size_t count, std::size_t grain, int threads,
              const std::function<void(std::size_t, std::size_t)>& range) {
  const std::size_t parts = (count + grain - 1) / grain;
  const auto part = [&](std::size_t i, int) { range(i * grain, std::min(count, (i + 1) * grain)); };
  if (threads <= 1 || parts <= 1) {
    for (std::size_t i = 0; i < parts; ++i) part(i, 0);
    return;
  }
  Team(static_cast<int>(std::min(static_cast<std::size_t>(threads), parts))).run(parts, part);
}

}  // namespace ignition::rules
