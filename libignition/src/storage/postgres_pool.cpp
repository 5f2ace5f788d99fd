#include "storage/postgres_pool.hpp"

#include <algorithm>

namespace ignition::storage {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstWait{10};
constexpr milliseconds kLongestWait{320};
constexpr milliseconds kPause{200};  // between two rounds of the pool's threads

}  // namespace

PostgresPool::PostgresPool(std::string connection_string, StoreOptions options)
    : connection_string_(std::move(connection_string)),
      options_(std::move(options)),
      most_(std::max(1, options_.pool_max)),
      keeper_([this] { keep(); }),
      watcher_([this] { watch(); }) {}

PostgresPool::~PostgresPool() {
  {
    const Lock lock(mutex_);
    closing_ = true;
    closing_changed_.notify_all();
  }
  keeper_.join();
  watcher_.join();
}

PostgresPool::Count PostgresPool::count() {
  const Lock lock(mutex_);
  return {all_, static_cast<int>(idle_.size())};
}

bool PostgresPool::is_spent(const PostgresConnection& connection) const {
  return !connection.alive() || !connection.silent() || Clock::now() - connection.made_at() > options_.pool_lifetime;
}

// With the lock.
std::unique_ptr<PostgresConnection> PostgresPool::given(std::unique_ptr<PostgresConnection> connection) {
  in_use_.insert(connection.get());
  return connection;
}

std::unique_ptr<PostgresConnection> PostgresPool::take(milliseconds wait) {
  const auto deadline = Clock::now() + wait;
  std::vector<std::unique_ptr<PostgresConnection>> spent;  // closed without the lock
  Lock lock(mutex_);
  for (;;) {
    while (!idle_.empty()) {
      auto connection = std::move(idle_.back().connection);
      idle_.pop_back();
      if (!is_spent(*connection)) return given(std::move(connection));
      --all_;
      spent.push_back(std::move(connection));
    }
    if (all_ < most_) {
      ++all_;
      lock.unlock();
      return connect_counted(std::min(deadline, Clock::now() + options_.patience));
    }
    if (returned_.wait_until(lock, deadline) == std::cv_status::timeout && idle_.empty() && all_ >= most_) {
      throw Error(Code::UNAVAILABLE, "Too many requests at once. Try again.").because("busy");
    }
  }
}

std::unique_ptr<PostgresConnection> PostgresPool::connect_counted(Clock::time_point deadline) {
  try {
    return connect(deadline);
  } catch (...) {
    const Lock lock(mutex_);
    --all_;
    returned_.notify_one();
    throw;
  }
}

std::unique_ptr<PostgresConnection> PostgresPool::connect(Clock::time_point deadline) {
  for (;;) {
    Clock::time_point start;
    {
      const Lock lock(mutex_);
      start = not_before_;
    }
    std::this_thread::sleep_until(std::min(start, deadline));
    try {
      auto connection = made();
      const Lock lock(mutex_);
      failures_ = 0;
      not_before_ = {};
      return connection;
    } catch (const Error&) {
      const Lock lock(mutex_);
      const auto wait = std::min<milliseconds>(kFirstWait * (1 << std::min(failures_, 5)), kLongestWait);
      ++failures_;
      not_before_ = Clock::now() + wait;
      if (not_before_ >= deadline) throw;
    }
  }
}

std::unique_ptr<PostgresConnection> PostgresPool::made() {
  auto connection = std::make_unique<PostgresConnection>(connection_string_, options_);
  {
    const Lock lock(mutex_);
    in_use_.insert(connection.get());
  }
  try {
    connection->set_up(options_);
  } catch (...) {
    const Lock lock(mutex_);
    in_use_.erase(connection.get());
    throw;
  }
  return connection;
}

void PostgresPool::give_back(std::unique_ptr<PostgresConnection> connection, bool fit) {
  {
    const Lock lock(mutex_);
    in_use_.erase(connection.get());
    if (fit && connection->alive()) {
      idle_.push_back({std::move(connection), Clock::now()});
    } else {
      --all_;
    }
    returned_.notify_one();
  }
  // An unfit one is closed here, outside the lock.
}

std::vector<PostgresPool::Idle> PostgresPool::expired(Clock::time_point now) {
  std::vector<Idle> out;
  for (std::size_t i = 0; i < idle_.size();) {
    const bool surplus = all_ > options_.pool_min_idle && now - idle_[i].since > options_.pool_idle;
    if (!surplus && !is_spent(*idle_[i].connection)) {
      ++i;
      continue;
    }
    out.push_back(std::move(idle_[i]));
    idle_.erase(idle_.begin() + static_cast<std::ptrdiff_t>(i));
    --all_;
  }
  return out;
}

void PostgresPool::keep() {
  Lock lock(mutex_);
  while (!closing_) {
    auto spent = expired(Clock::now());
    const bool wanted = static_cast<int>(idle_.size()) < std::min(options_.pool_min_idle, most_) && all_ < most_;
    if (wanted) ++all_;
    lock.unlock();
    spent.clear();
    bool made = false;
    if (wanted) {
      try {
        give_back(connect_counted(Clock::now()), true);
        made = true;
      } catch (...) {  // NOLINT(bugprone-empty-catch): the next round tries again, and takers are told
      }
    }
    lock.lock();
    if (!made) closing_changed_.wait_for(lock, kPause, [this] { return closing_; });
  }
}

void PostgresPool::watch() {
  Lock lock(mutex_);
  while (!closing_) {
    for (PostgresConnection* connection : in_use_) connection->cut_when_due(Clock::now());
    closing_changed_.wait_for(lock, kPause, [this] { return closing_; });
  }
}

}  // namespace ignition::storage
