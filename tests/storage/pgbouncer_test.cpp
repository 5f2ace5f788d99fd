// The store behind a pooler in transaction mode, which gives every transaction another session of the server.
#include "support/pgbouncer.hpp"

#include <atomic>
#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <pqxx/result>
#include <set>
#include <thread>

#include "fixture.hpp"

namespace ignition::test {
namespace {

constexpr Sql kRaise{"UPDATE users SET revision = revision + 1 WHERE id = $1"};
constexpr Sql kRevision{"SELECT revision FROM users WHERE id = $1"};
constexpr Sql kAddLock{"INSERT INTO locks (name, holder, acquired_at, expires_at) VALUES ($1, 'h', $2, $2)"};

struct Lock {
  static constexpr std::string_view table = "locks";
  std::string name;
  std::string holder;
  Instant acquired_at;
  Instant expires_at;
};
BOOST_DESCRIBE_STRUCT(Lock, (), (name, holder, acquired_at, expires_at))

// Three sessions of the server for everybody.
struct Pooled {
  Pooled() : pooler(postgres_server(), 3), store(open()) {
    store->migrate_up(kNow);
    const auto db = store->begin(Mode::write);
    for (int n = 1; n <= 8; ++n) add_user(*db, id_of(n));
    db->commit();
  }
  std::unique_ptr<Store> open() const {
    StoreOptions options = quick();
    options.transaction_pooler = true;
    options.lock_timeout_ms = 700;
    return Store::open(pooler.address(database.name()), options);
  }

  PostgresDatabase database;
  PgBouncer pooler;
  std::unique_ptr<Store> store;
};

}  // namespace

TEST_CASE("behind a pooler in transaction mode many connections share few sessions, and nothing is lost or mixed up") {
  Pooled pooled;
  constexpr int kWrites = 40;
  std::atomic<int> failed = 0;
  std::vector<std::thread> writers;
  for (int n = 1; n <= 8; ++n) {
    writers.emplace_back([&, n] {
      for (int i = 0; i < kWrites; ++i) {
        try {
          const auto db = pooled.store->begin(Mode::write);
          db->lock_user(id_of(n));
          db->execute(kRaise, id_of(n));
          db->attempt([&] { db->execute(kAddLock, fmt::format("{}-{}", n, i), kNow); });
          db->commit();
          const auto seen = pooled.store->begin(Mode::glance)->one<std::int64_t>(kRevision, id_of(n));
          if (seen != i + 1) ++failed;
        } catch (const Error&) {
          ++failed;
        }
      }
    });
  }
  for (auto& writer : writers) writer.join();
  CHECK(failed == 0);
  const auto db = pooled.store->begin(Mode::read);
  CHECK(db->one<std::int64_t>(Sql{"SELECT count(*) FROM locks"}) == 8 * kWrites);
  CHECK(db->one<std::int64_t>(Sql{"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"}) <= 3);
}

TEST_CASE("behind a pooler in transaction mode a transaction has its limits, a refusal ends it, and rows are copied") {
  Pooled pooled;
  {
    const auto db = pooled.store->begin(Mode::write);
    CHECK(db->one<std::string>(Sql{"SHOW lock_timeout"}) == "700ms");
    CHECK(db->one<std::string>(Sql{"SHOW timezone"}) == "UTC");
    std::vector<Lock> rows;
    for (int i = 0; i < 100; ++i) rows.push_back({fmt::format("row {}", i), "h", kNow, kNow});
    db->insert_many<Lock>(rows);
    CHECK(error_of([&] { db->attempt([&] { db->insert(rows[0]); }); }).code() == Code::CONFLICT);
    db->commit();
  }
  const auto first = pooled.store->begin(Mode::write);
  first->lock_user(id_of(1));
  const auto other = pooled.open();
  const Error error = error_of([&] { other->begin(Mode::write)->lock_user(id_of(1)); });
  CHECK(error.reason() == "busy");
  CHECK(pooled.store->begin(Mode::read)->one<std::int64_t>(Sql{"SELECT count(*) FROM locks"}) == 100);
}

TEST_CASE("behind a pooler in transaction mode a transaction has its settings, and other programs keep theirs") {
  Pooled pooled;
  for (int i = 0; i < 6; ++i) {
    const auto db = pooled.store->begin(i % 2 == 0 ? Mode::read : Mode::write);
    CHECK(db->one<std::string>(Sql{"SELECT current_setting('lock_timeout')"}) == "700ms");
    CHECK(db->one<std::string>(Sql{"SELECT current_setting('plan_cache_mode')"}) == "force_generic_plan");
  }
  pqxx::connection other(pooled.pooler.address(pooled.database.name()));
  for (int i = 0; i < 6; ++i) {
    pqxx::nontransaction session(other);
    CHECK(session.exec1("SHOW lock_timeout")[0].as<std::string>() != "700ms");
  }
}

}  // namespace ignition::test
