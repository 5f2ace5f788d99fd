#include "engine/replica.hpp"

#include <utility>

namespace ignition {
namespace {

constexpr std::chrono::seconds kRest{1};
// What the caller's data and the shared flags stand at here.
constexpr Sql kVersions{R"sql(
  SELECT u.revision, COALESCE((SELECT version FROM catalog_versions WHERE name = 'feature_flags'), 0)
    FROM users u WHERE u.id = $1)sql"};

struct Versions {
  std::int64_t revision = 0;
  std::int64_t flags = 0;
};
BOOST_DESCRIBE_STRUCT(Versions, (), (revision, flags))

}  // namespace

Replica::Replica(std::string url, StoreOptions options) {
  if (url.empty()) return;
  // Who cannot be answered here is answered by the store: nobody waits for the replica.
  options.patience = std::chrono::milliseconds(0);
  options.pool_wait = std::chrono::milliseconds(100);
  opener_ = std::thread([this, url = std::move(url), options = std::move(options)] { keep_opening(url, options); });
}

Replica::~Replica() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    ending_.notify_all();
  }
  if (opener_.joinable()) opener_.join();
}

void Replica::keep_opening(const std::string& url, const StoreOptions& options) {
  std::unique_lock lock(mutex_);
  while (!ended_ && !store_) {
    lock.unlock();
    std::unique_ptr<Store> opened;
    try {
      opened = Store::open(url, options);
    } catch (const Error&) {  // NOLINT(bugprone-empty-catch): the store has told the operator
    }
    lock.lock();
    store_ = std::move(opened);
    open_ = store_.get();
    if (!store_) ending_.wait_for(lock, kRest, [this] { return ended_; });
  }
}

std::unique_ptr<Transaction> Replica::glance_at(const Uuid& user, std::int64_t revision, std::int64_t flags) {
  Store* const store = open_;
  if (store == nullptr || Clock::now().time_since_epoch().count() < rests_until_) return nullptr;
  try {
    auto db = store->begin(Mode::glance);
    const auto here = db->maybe<Versions>(kVersions, user);
    if (here && here->revision >= revision && here->flags >= flags) return db;
  } catch (const Error&) {
    failed();
  }
  return nullptr;
}

void Replica::failed() { rests_until_ = (Clock::now() + kRest).time_since_epoch().count(); }

}  // namespace ignition
