// A PostgreSQL server that is killed, stopped and started again under load.
#include <atomic>
#include <mutex>
#include <set>
#include <thread>

#include "fixture.hpp"

namespace ignition::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr Sql kAdd{"INSERT INTO locks (name, holder, acquired_at, expires_at) VALUES ($1, 'h', $2, $2)"};
constexpr Sql kAll{"SELECT name FROM locks"};
constexpr Sql kOne{"SELECT 1"};

// A database on a server of these tests' own, which may be killed without harm to others.
struct Victim {
  Victim() {
    server.drop("victim");
    server.sql("CREATE DATABASE victim TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'");
    // What is acknowledged is in the log before.
    server.sql("ALTER DATABASE victim SET synchronous_commit = on");
    store = Store::open(server.address("victim"), quick());
    store->migrate_up(kNow);
  }
  static PostgresServer& own_server() {
    static auto& server = *new PostgresServer();
    return server;
  }

  PostgresServer& server = own_server();
  std::unique_ptr<Store> store;
};

// Threads that write rows of their own until they are told to stop, and keep what was acknowledged.
class Load {
 public:
  explicit Load(Store& store) {
    for (int t = 0; t < 6; ++t) {
      threads_.emplace_back([this, &store, t] {
        for (int n = 0; !stopped_; ++n) add(store, fmt::format("{}-{}", t, n));
      });
    }
  }
  ~Load() { stop(); }
  void stop() {
    stopped_ = true;
    for (auto& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }
  std::set<std::string> acknowledged() {
    const std::scoped_lock lock(mutex_);
    return acknowledged_;
  }
  void wait_for_more(std::size_t rows) {
    const std::size_t wanted = acknowledged().size() + rows;
    const auto deadline = steady_clock::now() + std::chrono::seconds(60);
    while (acknowledged().size() < wanted && steady_clock::now() < deadline) {
      std::this_thread::sleep_for(milliseconds(1));
    }
    CHECK(acknowledged().size() >= wanted);
  }
  std::atomic<int> refused_otherwise = 0;

 private:
  void add(Store& store, const std::string& name) {
    try {
      const auto db = store.begin(Mode::write);
      db->execute(kAdd, name, kNow);
      db->commit();
      const std::scoped_lock lock(mutex_);
      acknowledged_.insert(name);
    } catch (const Error& error) {
      if (error.code() != Code::UNAVAILABLE) ++refused_otherwise;
    }
  }

  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
  std::set<std::string> acknowledged_;
  std::vector<std::thread> threads_;
};

}  // namespace

TEST_CASE("a killed server loses no acknowledged write, and the store goes on by itself") {
  Victim victim;
  Load load(*victim.store);
  for (const char* mode : {"immediate", "fast", "immediate"}) {
    load.wait_for_more(100);
    victim.server.stop(mode);
    victim.server.start();
  }
  load.wait_for_more(100);
  load.stop();
  CHECK(load.refused_otherwise == 0);
  const auto rows = victim.store->begin(Mode::read)->query<std::string>(kAll);
  const std::set<std::string> stored(rows.begin(), rows.end());
  CHECK(stored.size() == rows.size());
  const auto acknowledged = load.acknowledged();
  CHECK(std::includes(stored.begin(), stored.end(), acknowledged.begin(), acknowledged.end()));
}

TEST_CASE("while the server is away requests are told so soon, and they succeed within a second of its return") {
  Victim victim;
  victim.server.stop("fast");
  const auto asked = steady_clock::now();
  const Error error = error_of([&] { victim.store->begin(Mode::read)->one<std::int64_t>(kOne); });
  CHECK(error.code() == Code::UNAVAILABLE);
  CHECK(steady_clock::now() - asked < milliseconds(3000));
  CHECK(error_of([&] { victim.store->ping(); }).code() == Code::UNAVAILABLE);

  std::atomic<bool> answered = false;
  steady_clock::time_point answered_at;
  std::thread asker([&] {
    while (!answered) {
      try {
        victim.store->begin(Mode::read)->one<std::int64_t>(kOne);
        answered_at = steady_clock::now();
        answered = true;
      } catch (const Error&) {  // NOLINT(bugprone-empty-catch): asks again
      }
    }
  });
  victim.server.start();
  const auto started = steady_clock::now();
  asker.join();
  CHECK(answered_at - started < milliseconds(1000));
  victim.store->ping();
}

TEST_CASE("a server that has become read-only says so to writers, and answers readers") {
  Victim victim;
  victim.server.sql("ALTER DATABASE victim SET default_transaction_read_only = on");
  const auto store = Store::open(victim.server.address("victim"), quick());
  const Error error = error_of([&] { store->begin(Mode::write)->execute(kAdd, "x", kNow); });
  CHECK(error.code() == Code::UNAVAILABLE);
  CHECK(error.reason() == "read_only");
  CHECK(store->begin(Mode::read)->query<std::string>(kAll).empty());
}

TEST_CASE("a server without a free connection is unavailable, and used again once there is one") {
  Victim victim;
  victim.server.sql("DROP ROLE IF EXISTS guest");
  victim.server.sql("CREATE ROLE guest LOGIN CONNECTION LIMIT 1");
  const std::string address = victim.server.address("victim") + " user=guest";
  auto first = Store::open(address, quick());
  const Error error = error_of([&] { Store::open(address, quick()); });
  CHECK(error.code() == Code::UNAVAILABLE);
  CHECK(error.reason() == "cannot_open");
  first.reset();
  CHECK(Store::open(address, quick())->begin(Mode::read)->one<std::int64_t>(kOne) == 1);
}

}  // namespace ignition::test
