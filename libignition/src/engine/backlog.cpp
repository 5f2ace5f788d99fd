#include "engine/backlog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace ignition {
namespace {

constexpr std::size_t kBatch = 100;  // a transaction holds up the writes of the users in it
constexpr auto kCollecting = std::chrono::milliseconds(200);

}  // namespace

Backlog::~Backlog() {
  {
    const std::lock_guard lock(worker_mutex_);
    ends_ = true;
  }
  called_.notify_all();
  if (worker_.joinable()) worker_.join();
  while (size() > 0) store(gather());
}

void Backlog::add(const Uuid& user, Instant at, Work work) noexcept {
  try {
    if (size() >= kMost) return;
    {
      Shard& shard = shard_of(user);
      const std::lock_guard lock(shard.mutex);
      Entries& entries = shard.waiting[user];
      if (entries.size() >= kMostPerUser) return;
      entries.push_back({at, std::move(work)});
      const std::size_t before = size_.fetch_add(1);
      if (before != 0 && before != kBatch - 1) return;  // the worker knows
    }
    call_worker();
  } catch (const std::exception&) {
    // Without memory, or a thread, it is lost, or waits for the user's next write.
  }
}

void Backlog::call_worker() {
  const std::lock_guard lock(worker_mutex_);
  if (!worker_.joinable()) worker_ = std::thread([this] { run(); });
  called_.notify_one();
}

bool Backlog::has(const ByUser& entries, const Uuid& user, Instant until) {
  const auto theirs = entries.find(user);
  return theirs != entries.end() &&
         std::ranges::any_of(theirs->second, [&](const Entry& entry) { return entry.at <= until; });
}

Backlog::Entries Backlog::take(const Uuid& user) {
  if (size() == 0) return {};
  Shard& shard = shard_of(user);
  std::unique_lock lock(shard.mutex);
  shard.stored.wait(lock, [&] { return !shard.under_way.contains(user); });
  auto theirs = shard.waiting.extract(user);
  if (theirs.empty()) return {};
  size_ -= theirs.mapped().size();
  return std::move(theirs.mapped());
}

void Backlog::give_back(const Uuid& user, Entries&& entries) noexcept {
  for (Entry& entry : entries) add(user, entry.at, std::move(entry.work));
}

void Backlog::settle(const Uuid& user, Instant until) {
  if (size() == 0) return;
  Batch batch;
  Shard& shard = shard_of(user);
  {
    std::unique_lock lock(shard.mutex);
    shard.stored.wait(lock, [&] {
      return !shard.under_way.contains(user) || !(has(shard.under_way, user, until) || has(shard.waiting, user, until));
    });
    if (!has(shard.waiting, user, until)) return;
    const auto moved = shard.under_way.insert(shard.waiting.extract(user));
    batch.users.emplace_back(user, &moved.position->second);
    batch.entries = moved.position->second.size();
  }
  store(batch);  // the worker waits for more; the caller does not
}

bool Backlog::owes(const Uuid& user, Instant until) {
  if (size() == 0) return false;
  Shard& shard = shard_of(user);
  const std::lock_guard lock(shard.mutex);
  return has(shard.under_way, user, until) || has(shard.waiting, user, until);
}

// The next users' work, moved to what is under way.
Backlog::Batch Backlog::gather() {
  Batch batch;
  for (std::size_t i = 0; i < shards_.size() && batch.entries < kBatch; ++i) {
    Shard& shard = shards_[next_shard_];
    next_shard_ = (next_shard_ + 1) % shards_.size();
    const std::lock_guard lock(shard.mutex);
    for (auto next = shard.waiting.begin(); next != shard.waiting.end();) {
      const auto user = next++;
      if (shard.under_way.contains(user->first)) continue;
      const auto moved = shard.under_way.insert(shard.waiting.extract(user));
      batch.users.emplace_back(moved.position->first, &moved.position->second);
      batch.entries += moved.position->second.size();
    }
  }
  return batch;
}

void Backlog::run() {
  while (true) {
    {
      std::unique_lock lock(worker_mutex_);
      called_.wait(lock, [&] { return ends_ || size() > 0; });
      if (!ends_) called_.wait_for(lock, kCollecting, [&] { return ends_ || size() >= kBatch; });
      if (ends_) return;
    }
    store(gather());
  }
}

void Backlog::perform(const Entries& entries, Transaction& db) const {
  for (const Entry& entry : entries) {
    try {
      db.attempt([&] { entry.work(db); });
    } catch (const std::exception& error) {
      tell_lost(error);
    }
  }
}

void Backlog::tell_lost(const std::exception& error) const noexcept {
  try {
    log_(fmt::format("What could wait was not stored: {}", error.what()));
  } catch (...) {
    // Nobody listens.
  }
}

// The first time all at once; false when that failed. The last time each by itself, so that one failure is only its
// own.
bool Backlog::tried(const Batch& batch, bool last) noexcept {
  try {
    const auto db = store_.begin(Mode::write);
    for (const auto& [user, entries] : batch.users) {
      if (last) {
        perform(*entries, *db);
      } else {
        for (const Entry& entry : *entries) entry.work(*db);
      }
    }
    db->commit();
  } catch (const Error& error) {
    if (!last) return false;
    tell_lost(error);
  } catch (const std::exception& error) {
    tell_lost(error);
  }
  return true;
}

void Backlog::store(const Batch& batch) noexcept {
  if (!batch.users.empty() && !tried(batch, false)) tried(batch, true);
  for (const auto& [user, entries] : batch.users) {
    Shard& shard = shard_of(user);
    {
      const std::lock_guard lock(shard.mutex);
      shard.under_way.erase(user);
    }
    shard.stored.notify_all();
  }
  size_ -= batch.entries;
}

}  // namespace ignition
