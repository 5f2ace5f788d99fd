// The store in SQLite: what a read and a write cost, and how many writes a second are made durable with and without
// group commit.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "ignition/storage.hpp"

namespace {

using ignition::Instant;
using ignition::Mode;
using ignition::Sql;
using ignition::Store;
using ignition::StoreOptions;
using ignition::Uuid;

const Instant kNow = Instant::parse("2026-01-14T15:00:00.123456Z").value();
const Uuid kUser = Uuid::parse("00000000-0000-7000-8000-000000000001").value();

constexpr Sql kAddUser{"INSERT INTO users (id, email, created_at, updated_at) VALUES ($1, 'a@example.org', $2, $2)"};
constexpr Sql kRaise{"UPDATE users SET revision = revision + 1 WHERE id = $1"};
constexpr Sql kRead{"SELECT id, revision, email, name, role, approved, created_at FROM users WHERE id = $1"};

struct User {
  Uuid id;
  std::int64_t revision = 0;
  std::string email;
  std::string name;
  std::string role;
  bool approved = false;
  Instant created_at;
};
BOOST_DESCRIBE_STRUCT(User, (), (id, revision, email, name, role, approved, created_at))

// A store with one user in a folder below the working directory, so that it lies on a disk.
class Bench {
 public:
  explicit Bench(const StoreOptions& options) {
    std::string name = (std::filesystem::current_path() / "bench-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    folder_ = name;
    store_ = Store::open("sqlite:" + (folder_ / "bench.db").string(), options);
    store_->migrate_up(kNow);
    const auto db = store_->begin(Mode::write);
    db->execute(kAddUser, kUser, kNow);
    db->commit();
  }
  ~Bench() {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  Store& store() { return *store_; }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<Store> store_;
};

std::unique_ptr<Bench> shared;

void open(const benchmark::State& state) {
  StoreOptions options;
  options.busy_timeout_ms = 60000;
  options.group_commit = state.range(0) != 0;
  shared = std::make_unique<Bench>(options);
}
void close(const benchmark::State&) { shared.reset(); }

void write_one_row(Store& store) {
  const auto db = store.begin(Mode::write);
  db->lock_user(kUser);
  db->execute(kRaise, kUser);
  db->commit();
}

// Argument: group commit on or off.
void durable_writes(benchmark::State& state) {
  for (auto _ : state) write_one_row(shared->store());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(durable_writes)->Setup(open)->Teardown(close)->Arg(0)->Arg(1)->ThreadRange(1, 16)->UseRealTime();

void write_without_disk(benchmark::State& state) {
  StoreOptions options;
  options.durability = StoreOptions::Durability::off;
  Bench bench(options);
  for (auto _ : state) write_one_row(bench.store());
}
BENCHMARK(write_without_disk);

void read_one_row(benchmark::State& state) {
  Bench bench({});
  for (auto _ : state) benchmark::DoNotOptimize(bench.store().begin(Mode::read)->one<User>(kRead, kUser));
}
BENCHMARK(read_one_row);

void read_one_row_in_a_transaction(benchmark::State& state) {
  Bench bench({});
  const auto db = bench.store().begin(Mode::read);
  for (auto _ : state) benchmark::DoNotOptimize(db->one<User>(kRead, kUser));
}
BENCHMARK(read_one_row_in_a_transaction);

}  // namespace
