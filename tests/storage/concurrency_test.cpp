// Writers at once: group commit loses nothing, doubles nothing, and reports nothing as done that is not.
#include <atomic>
#include <latch>
#include <set>
#include <thread>

#include "fixture.hpp"
#include "storage/sqlite_writer.hpp"

namespace ignition::test {
namespace {

using storage::SqliteConnection;
using storage::SqliteWriter;

constexpr Sql kAddLock{"INSERT INTO locks (name, holder, acquired_at, expires_at) VALUES ($1, $2, $3, $3)"};
constexpr Sql kHolders{"SELECT name FROM locks ORDER BY name"};
constexpr Sql kRaise{"UPDATE users SET revision = revision + 1 WHERE id = $1"};
constexpr Sql kRevision{"SELECT revision FROM users WHERE id = $1"};
std::set<std::string> stored(Store& store) {
  const auto names = store.begin(Mode::read)->query<std::string>(kHolders);
  return {names.begin(), names.end()};
}

// The writer by itself, so that a test can see who waits for the turn.
struct Turns {
  Turns() : writer(connection(), quick(), true) {
    writer.alone([](SqliteConnection& db) { db.script(kTable); });
  }

  std::unique_ptr<SqliteConnection> connection() const {
    return std::make_unique<SqliteConnection>(storage::SqliteFile{folder.file("turns.db")}, quick());
  }
  void add(std::string_view name) {
    const std::array<Param, 1> params{name};
    writer.connection().run(kAdd, params, nullptr, nullptr, storage::Rights::write);
  }
  // The outcome of commit().
  std::string commit() {
    try {
      writer.commit();
      return "stored";
    } catch (const Error& error) {
      return std::string(name_of(error.code()));
    }
  }
  void wait_for(std::size_t waiting) {
    while (writer.waiting() < waiting) std::this_thread::yield();
  }
  std::vector<std::string> names() { return connection()->query<std::string>(kNames); }

  static constexpr const char* kTable =
      "CREATE TABLE names (name TEXT NOT NULL PRIMARY KEY); CREATE TABLE parents (id TEXT NOT NULL PRIMARY KEY);"
      "CREATE TABLE children (id TEXT NOT NULL REFERENCES parents (id) DEFERRABLE INITIALLY DEFERRED);";
  static constexpr Sql kAdd{"INSERT INTO names (name) VALUES ($1)"};
  static constexpr Sql kNames{"SELECT name FROM names ORDER BY name"};
  // A violated key that is looked at only by COMMIT stands for a disk that fails there.
  static constexpr Sql kSpoilCommit{"INSERT INTO children (id) VALUES ('orphan')"};
  // Stands for an I/O error, after which SQLite may have rolled back on its own.
  static constexpr Sql kSpoilBatch{"INSERT OR ROLLBACK INTO names SELECT name FROM names"};

  TemporaryFolder folder;
  SqliteWriter writer;
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE_TEMPLATE("sixteen writers lose nothing and double nothing", At, InFile, InMemory, OnServer) {
  StoreOptions options = quick();
  options.durability = StoreOptions::Durability::normal;
  Fixture fixture(options, At::value);
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
  Turns turns;
  std::string order;
  turns.writer.enter();
  std::vector<std::thread> threads;
  for (const char name : std::string("abcdef")) {
    threads.emplace_back([&, name] {
      turns.writer.enter();
      order += name;
      turns.writer.commit();
    });
    turns.wait_for(threads.size());
  }
  turns.writer.roll_back();
  for (auto& thread : threads) thread.join();
  CHECK(order == "abcdef");
}

TEST_CASE("a commit waits for those behind it, and they are stored together") {
  Turns turns;
  turns.writer.enter();
  turns.add("first");
  Names seen_by_others;
  std::thread second([&] {
    turns.writer.enter();
    turns.add("second");
    seen_by_others = turns.names();
    CHECK(turns.commit() == "stored");
  });
  turns.wait_for(1);
  CHECK(turns.commit() == "stored");
  CHECK(turns.names() == Names{"first", "second"});
  second.join();
  CHECK(seen_by_others.empty());
}

TEST_CASE("a member of a batch that gives up takes back its own work, and commits that of the others") {
  Turns turns;
  turns.writer.enter();
  turns.add("first");
  std::thread second([&] {
    turns.writer.enter();
    turns.add("second");
    turns.writer.roll_back();
  });
  turns.wait_for(1);
  CHECK(turns.commit() == "stored");
  second.join();
  CHECK(turns.names() == Names{"first"});
}

TEST_CASE("a member between two others may give up") {
  Turns turns;
  turns.writer.enter();
  turns.add("first");
  std::thread second([&] {
    turns.writer.enter();
    turns.add("second");
    turns.writer.roll_back();
  });
  turns.wait_for(1);
  std::thread third([&] {
    turns.writer.enter();
    CHECK(turns.writer.connection().query<std::string>(Turns::kNames) == Names{"first"});
    turns.add("third");
    CHECK(turns.commit() == "stored");
  });
  turns.wait_for(2);
  CHECK(turns.commit() == "stored");
  second.join();
  third.join();
  CHECK(turns.names() == Names{"first", "third"});
}

TEST_CASE("a batch that cannot be committed fails for every member and stores nothing") {
  Turns turns;
  turns.writer.enter();
  turns.add("first");
  std::thread second([&] {
    turns.writer.enter();
    turns.writer.connection().command(Turns::kSpoilCommit);
    CHECK(turns.commit() == "UNAVAILABLE");
  });
  turns.wait_for(1);
  CHECK(turns.commit() == "UNAVAILABLE");
  second.join();
  CHECK(turns.names().empty());

  turns.writer.enter();
  turns.add("next");
  CHECK(turns.commit() == "stored");
  CHECK(turns.names() == Names{"next"});
}

TEST_CASE("when SQLite takes back a whole batch by itself, every member is told") {
  Turns turns;
  turns.writer.enter();
  turns.add("first");
  std::thread second([&] {
    turns.writer.enter();
    CHECK(error_of([&] { turns.writer.connection().command(Turns::kSpoilBatch); }).code() == Code::CONFLICT);
    turns.writer.after_failure();
    CHECK_FALSE(turns.writer.alive());
    CHECK(turns.commit() == "UNAVAILABLE");
  });
  turns.wait_for(1);
  CHECK(turns.commit() == "UNAVAILABLE");
  second.join();
  CHECK(turns.names().empty());

  turns.writer.enter();
  turns.add("next");
  CHECK(turns.commit() == "stored");
}

TEST_CASE("a transaction that SQLite took back by itself is dead") {
  Fixture fixture;
  Store& store = *fixture.store;
  const auto db = store.begin(Mode::write);
  db->execute(kAddLock, "first", "h", kNow);
  constexpr Sql kSpoil{"INSERT OR ROLLBACK INTO locks SELECT * FROM locks"};
  CHECK(error_of([&] { db->attempt([&] { db->execute(kSpoil); }); }).code() == Code::CONFLICT);
  CHECK(error_of([&] { db->execute(kAddLock, "again", "h", kNow); }).code() == Code::UNAVAILABLE);
  CHECK(error_of([&] { db->commit(); }).code() == Code::UNAVAILABLE);
  CHECK(stored(store).empty());
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

TEST_CASE_TEMPLATE("readers go on while writers write", At, InFile, OnServer) {
  Fixture fixture(quick(), At::value);
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
      do {
        const auto db = store.begin(Mode::read);
        if (db->one<std::int64_t>(kBoth) % 2 != 0) ++torn;
        ++reads;
      } while (!done);
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
  CHECK(reads >= 4);
  CHECK(store.begin(Mode::read)->one<std::int64_t>(kBoth) == 600);
}

}  // namespace ignition::test
