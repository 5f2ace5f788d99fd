// Writers at once: group commit loses nothing, doubles nothing, and reports nothing as done that is not.
#include <atomic>
#include <latch>
#include <set>
#include <thread>

#include "fixture.hpp"

namespace ignition::test {
namespace {

constexpr Sql kAddLock{"INSERT INTO locks (name, holder, acquired_at, expires_at) VALUES ($1, $2, $3, $3)"};
constexpr Sql kHolders{"SELECT name FROM locks ORDER BY name"};
constexpr Sql kRaise{"UPDATE users SET revision = revision + 1 WHERE id = $1"};
constexpr Sql kRevision{"SELECT revision FROM users WHERE id = $1"};
constexpr Sql kDeferKeys{"PRAGMA defer_foreign_keys = ON"};
constexpr Sql kOrphan{R"sql(
  INSERT INTO user_wallet (user_id, created_at, updated_at) VALUES ('no such user', $1, $1))sql"};

std::set<std::string> stored(Store& store) {
  const auto names = store.begin(Mode::read)->query<std::string>(kHolders);
  return {names.begin(), names.end()};
}

// Waits until `n` writers queue behind the holder of the turn. There is no way to ask, so it is a matter of time.
void let_them_queue() { std::this_thread::sleep_for(std::chrono::milliseconds(100)); }

}  // namespace

TEST_CASE_TEMPLATE("sixteen writers lose nothing and double nothing", InMemory, std::false_type, std::true_type) {
  StoreOptions options = quick();
  options.durability = StoreOptions::Durability::normal;
  Fixture fixture(options, InMemory::value);
  Store& store = *fixture.store;
  constexpr int kThreads = 16;
  constexpr int kWrites = 60;
  std::atomic<int> thrown = 0;
  std::atomic<int> stale = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kWrites; ++i) {
        const std::string name = fmt::format("{:02}-{:03}", t, i);
        const auto db = store.begin(Mode::write);
        db->lock_user(id_of(1));
        db->execute(kRaise, id_of(1));
        db->execute(kAddLock, name, "h", kNow);
        const auto mine = db->one<std::int64_t>(kRevision, id_of(1));
        if (i % 3 == 2) {
          ++thrown;
          continue;  // the transaction ends without a commit
        }
        db->commit();
        if (store.begin(Mode::read)->one<std::int64_t>(kRevision, id_of(1)) < mine) ++stale;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(thrown == kThreads * kWrites / 3);
  CHECK(stale == 0);
  CHECK(store.begin(Mode::read)->one<std::int64_t>(kRevision, id_of(1)) == kThreads * kWrites * 2 / 3);
  const auto names = stored(store);
  CHECK(names.size() == kThreads * kWrites * 2 / 3);
  CHECK(names.count("03-000") == 1);
  CHECK(names.count("03-002") == 0);
}

TEST_CASE("writers get their turns in the order in which they came") {
  Fixture fixture;
  std::string order;
  auto held = fixture.store->begin(Mode::write);
  std::vector<std::thread> threads;
  for (const char name : std::string("abcdef")) {
    threads.emplace_back([&, name] {
      const auto db = fixture.store->begin(Mode::write);
      order += name;
      db->commit();
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  held.reset();
  for (auto& thread : threads) thread.join();
  CHECK(order == "abcdef");
}

TEST_CASE("a member of a batch that gives up takes back its own work only") {
  Fixture fixture;
  Store& store = *fixture.store;
  auto first = store.begin(Mode::write);
  first->execute(kAddLock, "first", "h", kNow);
  std::thread second([&] {
    const auto db = store.begin(Mode::write);
    db->execute(kAddLock, "second", "h", kNow);
    let_them_queue();
  });
  std::thread third([&] {
    let_them_queue();
    const auto db = store.begin(Mode::write);
    // The first's work is in the open transaction, the second's is gone.
    CHECK(db->query<std::string>(kHolders) == std::vector<std::string>{"first"});
    db->execute(kAddLock, "third", "h", kNow);
    db->commit();
  });
  let_them_queue();
  first->commit();
  CHECK(stored(store).count("first") == 1);
  second.join();
  third.join();
  CHECK(stored(store) == std::set<std::string>{"first", "third"});
}

TEST_CASE("the last member may give up without the others losing their work") {
  Fixture fixture;
  Store& store = *fixture.store;
  auto first = store.begin(Mode::write);
  first->execute(kAddLock, "first", "h", kNow);
  std::thread second([&] { store.begin(Mode::write)->execute(kAddLock, "second", "h", kNow); });
  let_them_queue();
  first->commit();
  second.join();
  CHECK(stored(store) == std::set<std::string>{"first"});
}

TEST_CASE("a batch that cannot be committed fails for every member and stores nothing") {
  Fixture fixture;
  Store& store = *fixture.store;
  const auto commit_of = [](Transaction& db) {
    try {
      db.commit();
      return std::string("stored");
    } catch (const Error& error) {
      return std::string(name_of(error.code()));
    }
  };
  auto first = store.begin(Mode::write);
  first->execute(kAddLock, "first", "h", kNow);
  std::string of_second;
  // A violated key that is looked at only by COMMIT stands for a disk that fails there.
  std::thread second([&] {
    const auto db = store.begin(Mode::write);
    db->execute(kDeferKeys);
    db->execute(kOrphan, kNow);
    of_second = commit_of(*db);
  });
  let_them_queue();
  CHECK(commit_of(*first) == "UNAVAILABLE");
  second.join();
  CHECK(of_second == "UNAVAILABLE");
  CHECK(stored(store).empty());

  const auto next = store.begin(Mode::write);
  next->execute(kAddLock, "next", "h", kNow);
  next->commit();
  CHECK(stored(store) == std::set<std::string>{"next"});
}

TEST_CASE("when SQLite takes back a whole batch, its members are told and the member's transaction is dead") {
  Fixture fixture;
  Store& store = *fixture.store;
  auto first = store.begin(Mode::write);
  first->execute(kAddLock, "first", "h", kNow);
  std::thread second([&] {
    const auto db = store.begin(Mode::write);
    db->execute(kAddLock, "second", "h", kNow);
    // Stands for an I/O error, after which SQLite may have rolled back on its own.
    CHECK(error_of([&] { db->execute(Sql{"INSERT OR ROLLBACK INTO locks SELECT * FROM locks"}); }).code() ==
          Code::CONFLICT);
    CHECK(error_of([&] { db->execute(kAddLock, "again", "h", kNow); }).code() == Code::UNAVAILABLE);
    CHECK(error_of([&] { db->commit(); }).code() == Code::UNAVAILABLE);
  });
  let_them_queue();
  CHECK(error_of([&] { first->commit(); }).code() == Code::UNAVAILABLE);
  second.join();
  CHECK(stored(store).empty());
  const auto next = store.begin(Mode::write);
  next->execute(kAddLock, "next", "h", kNow);
  next->commit();
  CHECK(stored(store) == std::set<std::string>{"next"});
}

TEST_CASE("a full disk fails the write that meets it, not the store") {
  Fixture fixture;
  Store& store = *fixture.store;
  const auto limit = [&](std::int64_t pages) {
    store.begin(Mode::write)->one<std::int64_t>(Sql{"PRAGMA max_page_count = 1"});
    const std::string text = fmt::format("PRAGMA max_page_count = {}", pages);
    store.begin(Mode::write)->one<std::int64_t>(Sql{text});
  };
  limit(1);  // SQLite takes the present size for the least
  std::set<std::string> acknowledged;
  std::optional<Error> error;
  for (int i = 0; i < 2000 && !error; ++i) {
    const std::string name = fmt::format("{:05}", i);
    try {
      const auto db = store.begin(Mode::write);
      db->execute(kAddLock, name, std::string(100, 'x'), kNow);
      db->commit();
      acknowledged.insert(name);
    } catch (const Error& caught) {
      error = caught;
    }
  }
  REQUIRE(error);
  CHECK(error->code() == Code::UNAVAILABLE);
  CHECK(error->reason() == "storage_full");
  CHECK(stored(store) == acknowledged);
  limit(100000);
  const auto db = store.begin(Mode::write);
  db->execute(kAddLock, "later", "h", kNow);
  db->commit();
  CHECK(stored(store).size() == acknowledged.size() + 1);
}

TEST_CASE("readers go on while writers write") {
  Fixture fixture;
  Store& store = *fixture.store;
  constexpr Sql kBoth{"SELECT CAST(sum(revision) AS BIGINT) FROM users"};
  std::atomic<bool> done = false;
  std::atomic<int> torn = 0;
  std::atomic<int> reads = 0;
  std::latch ready(5);
  std::vector<std::thread> readers;
  for (int t = 0; t < 4; ++t) {
    readers.emplace_back([&] {
      ready.arrive_and_wait();
      while (!done) {
        const auto db = store.begin(Mode::read);
        if (db->one<std::int64_t>(kBoth) % 2 != 0) ++torn;
        ++reads;
      }
    });
  }
  ready.arrive_and_wait();
  for (int i = 0; i < 300; ++i) {
    const auto db = store.begin(Mode::write);
    db->execute(kRaise, id_of(1));
    db->execute(kRaise, id_of(2));
    db->commit();
  }
  done = true;
  for (auto& reader : readers) reader.join();
  CHECK(torn == 0);
  CHECK(reads > 0);
  CHECK(store.begin(Mode::read)->one<std::int64_t>(kBoth) == 600);
}

}  // namespace ignition::test
