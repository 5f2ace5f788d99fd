// What is peculiar to PostgreSQL: addresses, fitness of the database, the pool, the session, time limits, lost
// connections, and the spelling of the schema.
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "fixture.hpp"
#include "ignition/schema_drift.hpp"
#include "storage/postgres_address.hpp"
#include "storage/postgres_pool.hpp"
#include "storage/postgres_store.hpp"
#include "storage/statement_text.hpp"

namespace ignition::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using storage::SchemaFile;

constexpr Sql kRename{"UPDATE users SET name = $2 WHERE id = $1"};
constexpr Sql kName{"SELECT name FROM users WHERE id = $1"};
constexpr Sql kAddLock{"INSERT INTO locks (name, holder, acquired_at, expires_at) VALUES ($1, 'h', $2, $2)"};
constexpr Sql kLocks{"SELECT name FROM locks"};
constexpr Sql kSleep{"SELECT 1 FROM (SELECT pg_sleep(5)) AS slept"};

constexpr SchemaFile kOne{1, "one", "CREATE TABLE one (id INT NOT NULL);\n-- down\nDROP TABLE one;\n"};
constexpr SchemaFile kTwo{2, "two", "CREATE TABLE two (id INT NOT NULL);\n-- down\nDROP TABLE two;\n"};
constexpr SchemaFile kTwoChanged{2, "two", "CREATE TABLE two (id INT NOT NULL) ;\n-- down\nDROP TABLE two;\n"};
constexpr SchemaFile kBroken{2, "two",
                             "CREATE TABLE two (id INT NOT NULL);\nCREATE TABEL x;\n-- down\nDROP TABLE two;\n"};

std::vector<std::string> tables(Store& store) {
  constexpr Sql kTables{
      "SELECT CAST(relname AS TEXT) FROM pg_class WHERE relkind = 'r' AND relnamespace = "
      "CAST('public' AS regnamespace) ORDER BY relname"};
  return store.begin(Mode::read)->query<std::string>(kTables);
}

std::string golden() {
  std::ifstream file(std::string(IGNITION_VECTORS) + "/../storage/schema.txt");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string name_of_user(Store& store, int n) { return store.begin(Mode::read)->one<std::string>(kName, id_of(n)); }

}  // namespace

TEST_CASE("addresses of PostgreSQL databases") {
  using storage::connection_string;
  using storage::is_postgres_address;
  for (const char* good : {"postgres://h/d", "postgresql://u:p@h:5432/d?sslmode=require", "postgresql+asyncpg://h/d",
                           "host=h dbname=d", "dbname = d"}) {
    CHECK(is_postgres_address(good));
  }
  for (const char* bad : {"mysql://h/d", "postgresqlx://h", "h/d", "=d", "C:\\d=1"})
    CHECK_FALSE(is_postgres_address(bad));
  CHECK(connection_string("postgres+psycopg://u@h/d").starts_with("postgresql://u@h/d?"));
  CHECK(connection_string("postgresql://h/d?connect_timeout=9").ends_with("&connect_timeout=9"));
  CHECK(connection_string("postgresql://h/d?").find("&&") == std::string::npos);
  CHECK(connection_string("host=h connect_timeout=9").ends_with(" host=h connect_timeout=9"));
}

TEST_CASE("what a statement does, and which parameters it has, is read from its text") {
  using storage::parameter_count;
  using storage::verb;
  CHECK(verb(" \n -- SELECT\n UPDATE t SET x = 1") == "UPDATE");
  CHECK(verb("WITH a AS (SELECT 1), b AS (VALUES (2)) INSERT INTO t SELECT * FROM a") == "INSERT");
  CHECK(verb("WITH RECURSIVE n (i) AS (SELECT ')' UNION ALL SELECT i FROM n) SELECT i FROM n") == "SELECT");
  CHECK(verb("  -- nothing").empty());
  CHECK(parameter_count("SELECT '$9', $2, \"$8\", $1 -- $7") == 2);
  const std::vector<std::string_view> types{"uuid", "", "int8"};
  CHECK(storage::with_types("SELECT $3+$1, $2, '$1', $1", types) == "SELECT $3::int8+$1::uuid, $2, '$1', $1::uuid");
}

TEST_CASE("a database of another collation or encoding is refused by its name, and nothing is made in it") {
  auto& server = postgres_server();
  const auto refusal = [&](const std::string& how) {
    server.sql("CREATE DATABASE unfit TEMPLATE template0 " + how);
    const Error error = error_of([&] { Store::open(server.address("unfit"), quick())->migrate_up(kNow); });
    {
      pqxx::connection connection(server.address("unfit"));
      CHECK(
          pqxx::nontransaction(connection).exec("SELECT 1 FROM pg_class WHERE relname = 'schema_migrations'").empty());
    }
    server.drop("unfit");
    CHECK(error.code() == Code::UNAVAILABLE);
    return error.reason() + ": " + error.message();
  };
  CHECK(refusal("ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'")
            .find("wrong_collation: The database's collation is C.UTF-8") == 0);
  CHECK(refusal("ENCODING 'LATIN1' LOCALE 'C'").find("wrong_encoding: The database's encoding is LATIN1") == 0);
}

TEST_CASE("the schema is the same as SQLite's, by its dump") {
  PostgresDatabase database;
  const auto store = Store::open(database.address(), quick());
  const auto known = storage::shipped_schema();
  CHECK(store->migrate_up(kNow).size() == known.size());
  CHECK(store->migrate_up(kNow).empty());
  CHECK(store->describe_schema() == golden());
  CHECK(store->migrate_down(0).size() == known.size());
  CHECK(tables(*store) == std::vector<std::string>{"schema_migrations"});
  CHECK(store->migrate_up(kNow).size() == known.size());
  CHECK(store->describe_schema() == golden());
}

TEST_CASE("what somebody changed besides the migrations is told line by line") {
  PostgresDatabase database;
  const auto store = Store::open(database.address(), quick());
  store->migrate_up(kNow, 2);
  CHECK(schema_drift(*store).empty());
  store->migrate_up(kNow);
  CHECK(schema_drift(*store).empty());
  pqxx::connection connection(database.address());
  pqxx::nontransaction(connection).exec("ALTER TABLE habits ADD COLUMN extra INT; DROP INDEX habits_user_id_ix");
  pqxx::nontransaction(connection).exec("CREATE TABLE stray (id INT NOT NULL)");
  CHECK(schema_drift(*store) == std::vector<std::string>{"- habits: index habits_user_id_ix (user_id) where is_active",
                                                         "+ habits: extra INT", "+ stray: id INT NOT NULL",
                                                         "+ table stray"});
}

TEST_CASE("every step of the way down returns to the schema before, on a server") {
  PostgresDatabase database;
  const auto store = Store::open(database.address(), quick());
  std::vector<std::string> before{};
  for (const SchemaFile& file : storage::shipped_schema()) {
    store->migrate_up(kNow, file.version - 1);
    before.push_back(store->describe_schema());
    CHECK(store->migrate_up(kNow, file.version).size() == 1);
  }
  for (std::size_t i = before.size(); i > 0; --i) {
    store->migrate_down(storage::shipped_schema()[i - 1].version - 1);
    CHECK(store->describe_schema() == before[i - 1]);
  }
}

TEST_CASE("predicates are spelled as the migrations spell them") {
  using storage::portable_predicate;
  CHECK(portable_predicate("(revoked_at IS NULL)") == "revoked_at IS NULL");
  CHECK(portable_predicate("is_active") == "is_active");
  CHECK(portable_predicate("(status = ANY (ARRAY['active'::text, 'it is'::text]))") == "status IN ('active', 'it is')");
  CHECK(portable_predicate("((a = false) AND (b = 'x'::text) AND (c > 0))") == "a = FALSE AND b = 'x' AND c > 0");
  CHECK(portable_predicate("((status = ANY (ARRAY['a'::text])) AND (b IS NOT NULL))") ==
        "status IN ('a') AND b IS NOT NULL");
}

TEST_CASE("ten servers that start at once migrate once") {
  PostgresDatabase database;
  std::atomic<int> applied = 0;
  std::atomic<int> failed = 0;
  std::vector<std::thread> servers;
  for (int i = 0; i < 10; ++i) {
    servers.emplace_back([&] {
      try {
        applied += static_cast<int>(Store::open(database.address(), quick())->migrate_up(kNow).size());
      } catch (const Error&) {
        ++failed;
      }
    });
  }
  for (auto& server : servers) server.join();
  CHECK(failed == 0);
  CHECK(applied == static_cast<int>(storage::shipped_schema().size()));
  CHECK(Store::open(database.address(), quick())->describe_schema() == golden());
}

TEST_CASE("a server's database that is newer or was migrated by another text is refused") {
  PostgresDatabase database;
  const SchemaFile newer[] = {kOne, kTwo};
  const SchemaFile older[] = {kOne};
  const SchemaFile changed[] = {kOne, kTwoChanged};
  const auto open = [&](std::span<const SchemaFile> schema) {
    return storage::open_postgres(database.address(), quick(), schema);
  };
  CHECK(open(newer)->migrate_up(kNow).size() == 2);
  const auto store = open(older);
  for (const Error& error : {error_of([&] { store->migrations(); }), error_of([&] { store->migrate_up(kNow); }),
                             error_of([&] { store->migrate_down(0); })}) {
    CHECK(error.details_json() == R"({"reason":"newer_schema","version":2})");
  }
  CHECK(error_of([&] { open(changed)->migrations(); }).details_json() ==
        R"({"reason":"changed_migration","version":2})");
  CHECK(tables(*store) == std::vector<std::string>{"one", "schema_migrations", "two"});
}

TEST_CASE("a migration that fails on a server leaves the schema as it was before") {
  PostgresDatabase database;
  const SchemaFile broken[] = {kOne, kBroken};
  const auto store = storage::open_postgres(database.address(), quick(), broken);
  CHECK(error_of([&] { store->migrate_up(kNow); }).code() == Code::INTERNAL);
  CHECK(tables(*store) == std::vector<std::string>{"one", "schema_migrations"});
  CHECK_FALSE(store->migrations()[1].applied);
}

TEST_CASE("documents keep the text that was written") {
  Fixture fixture(quick(), Place::server);
  const auto db = fixture.store->begin(Mode::write);
  constexpr Sql kInsert{R"sql(
    INSERT INTO achievement_definitions (id, key, name, category, trigger_type, trigger_config, is_active, created_at,
                                         updated_at) VALUES ($1, 'a', 'N', 'c', 'event', $2, TRUE, $3, $3))sql"};
  const std::string document = R"({"b":1.50,"a":[],"b":"Ä"})";
  db->execute(kInsert, id_of(9), Json{document}, kNow);
  CHECK(db->one<Json>(Sql{"SELECT trigger_config FROM achievement_definitions"}).text == document);
}

TEST_CASE("a session is set up as the data model says") {
  StoreOptions options = quick();
  options.lock_timeout_ms = 700;
  for (const bool pooled : {false, true}) {
    options.transaction_pooler = pooled;
    Fixture fixture(options, Place::server);
    const auto db = fixture.store->begin(Mode::write);
    const auto setting = [&](Sql sql) { return db->one<std::string>(sql); };
    CHECK(setting(Sql{"SHOW timezone"}) == "UTC");
    CHECK(setting(Sql{"SHOW statement_timeout"}) == "10s");
    CHECK(setting(Sql{"SHOW lock_timeout"}) == "700ms");
    CHECK(setting(Sql{"SHOW application_name"}) == "ignition");
    CHECK(setting(Sql{"SHOW transaction_isolation"}) == "read committed");
    CHECK(fixture.store->begin(Mode::read)->one<std::string>(Sql{"SHOW transaction_isolation"}) == "repeatable read");
    CHECK(fixture.store->begin(Mode::read)->one<std::string>(Sql{"SHOW transaction_read_only"}) == "on");
    const auto prepared = db->one<std::int64_t>(Sql{"SELECT count(*) FROM pg_prepared_statements"});
    CHECK((prepared == 0) == pooled);
  }
}

TEST_CASE("a text with a NUL is refused, for it would be cut") {
  Fixture fixture(quick(), Place::server);
  const auto db = fixture.store->begin(Mode::write);
  CHECK(error_of([&] { db->execute(kRename, id_of(1), std::string("a\0b", 3)); }).code() == Code::INTERNAL);
  db->execute(kRename, id_of(1), "Ada");
  db->commit();
  CHECK(name_of_user(*fixture.store, 1) == "Ada");
}

TEST_CASE("a statement follows no refused one, and such a transaction is not committed") {
  Fixture fixture(quick(), Place::server);
  const auto db = fixture.store->begin(Mode::write);
  db->execute(kRename, id_of(1), "Ada");
  CHECK(error_of([&] { db->execute(Sql{"SELECT * FROM no_such_table"}); }).code() == Code::INTERNAL);
  CHECK(error_of([&] { db->execute(kRename, id_of(2), "Bob"); }).code() == Code::INTERNAL);
  CHECK(error_of([&] { db->commit(); }).code() == Code::INTERNAL);
  CHECK(name_of_user(*fixture.store, 1) == "User");
}

TEST_CASE("what is copied in bulk reads back, whatever it holds, and a duplicate is told") {
  Fixture fixture(quick(), Place::server);
  const std::vector<std::string> odd{"", "\\N", "\\.", "a\tb\nc\rd", "back\\slash", "Ä", "\"'", "\x01", " "};
  const auto db = fixture.store->begin(Mode::write);
  std::vector<storage::MigrationRow> rows;
  for (std::size_t i = 0; i < odd.size(); ++i) {
    rows.push_back({.version = 1000 + static_cast<std::int64_t>(i),
                    .name = odd[i],
                    .checksum = "c",
                    .applied_at = kNow,
                    .duration_ms = 0,
                    .library_version = "v"});
  }
  db->insert_many(std::span<const storage::MigrationRow>(rows));
  CHECK(db->rows_changed() == static_cast<std::int64_t>(odd.size()));
  CHECK(db->query<std::string>(Sql{"SELECT name FROM schema_migrations WHERE version >= 1000 ORDER BY version"}) ==
        odd);
  const Error error =
      error_of([&] { db->attempt([&] { db->insert_many(std::span<const storage::MigrationRow>(rows)); }); });
  CHECK(error.details_json() ==
        R"({"reason":"already_exists","constraint":"schema_migrations_pk","fields":["version"]})");
}

TEST_CASE("connections above the limit are waited for, then the store is busy") {
  StoreOptions options = quick();
  options.pool_max = 2;
  options.pool_wait = milliseconds(60);
  Fixture fixture(options, Place::server);
  auto first = fixture.store->begin(Mode::read);
  const auto second = fixture.store->begin(Mode::read);
  const Error error = error_of([&] { fixture.store->begin(Mode::read); });
  CHECK(error.code() == Code::UNAVAILABLE);
  CHECK(error.reason() == "busy");
  std::thread giver([&] {
    std::this_thread::sleep_for(milliseconds(20));
    first.reset();
  });
  CHECK(fixture.store->begin(Mode::read)->one<std::int64_t>(Sql{"SELECT 1"}) == 1);
  giver.join();
}

TEST_CASE("the pool keeps some connections ready, and closes those that idle or grow old") {
  PostgresDatabase database;
  StoreOptions options = quick();
  options.pool_min_idle = 2;
  options.pool_idle = std::chrono::seconds(0);
  storage::PostgresPool pool(storage::connection_string(database.address()), options);
  const auto settles_at = [&](int all) {
    for (int i = 0; i < 300 && pool.count().all != all; ++i) std::this_thread::sleep_for(milliseconds(10));
    return pool.count().all == all;
  };
  CHECK(settles_at(2));
  {
    std::vector<std::unique_ptr<storage::PostgresConnection>> taken;
    for (int i = 0; i < 4; ++i) taken.push_back(pool.take());
    for (auto& connection : taken) pool.give_back(std::move(connection), true);
  }
  CHECK(settles_at(2));
  StoreOptions old = quick();
  old.pool_lifetime = std::chrono::seconds(0);
  storage::PostgresPool ageing(storage::connection_string(database.address()), old);
  const auto backend = [&] {
    auto connection = ageing.take();
    const auto pid = connection->query<std::int64_t>(Sql{"SELECT pg_backend_pid()"}).at(0);
    ageing.give_back(std::move(connection), true);
    return pid;
  };
  CHECK(backend() != backend());
}

TEST_CASE("writers of one user wait for each other, no longer than the limit; writers of two do not") {
  StoreOptions options = quick();
  options.lock_timeout_ms = 100;
  Fixture fixture(options, Place::server);
  const auto held = fixture.store->begin(Mode::write);
  held->lock_user(id_of(1));
  std::optional<Error> error;
  bool other = false;
  std::thread([&] {
    error = error_of([&] { fixture.store->begin(Mode::write)->lock_user(id_of(1)); });
    fixture.store->begin(Mode::write)->lock_user(id_of(2));
    other = true;
  }).join();
  REQUIRE(error);
  CHECK(error->code() == Code::UNAVAILABLE);
  CHECK(error->reason() == "busy");
  CHECK(other);
}

TEST_CASE("a statement that takes too long is ended") {
  StoreOptions options = quick();
  options.statement_timeout_ms = 50;
  for (const bool pooled : {false, true}) {
    options.transaction_pooler = pooled;
    Fixture fixture(options, Place::server);
    const Error error = error_of([&] { fixture.store->begin(Mode::read)->one<std::int64_t>(kSleep); });
    CHECK(error.code() == Code::UNAVAILABLE);
    CHECK(error.reason() == "too_slow");
    CHECK(name_of_user(*fixture.store, 1) == "User");
  }
}

TEST_CASE("two writes that wait for each other: one is told to run again") {
  Fixture fixture(quick(), Place::server);
  std::atomic<int> locked = 0;
  std::atomic<int> conflicts = 0;
  const auto both = [&](int first, int second) {
    try {
      const auto db = fixture.store->begin(Mode::write);
      db->execute(kRename, id_of(first), "A");
      ++locked;
      while (locked < 2) std::this_thread::yield();
      db->execute(kRename, id_of(second), "B");
      db->commit();
    } catch (const Error& error) {
      CHECK(may_run_again(error));
      CHECK(error.reason() == "write_conflict");
      ++conflicts;
    }
  };
  std::thread other([&] { both(2, 1); });
  both(1, 2);
  other.join();
  CHECK(conflicts == 1);
}

TEST_CASE("a connection that the server ended is replaced; what was under way may run again") {
  Fixture fixture(quick(), Place::server);
  const auto end_all = [] {
    postgres_server().sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ignition'");
    std::this_thread::sleep_for(milliseconds(50));
  };
  end_all();
  CHECK(name_of_user(*fixture.store, 1) == "User");  // an idle one
  const auto db = fixture.store->begin(Mode::write);
  db->execute(kRename, id_of(1), "Ada");
  end_all();
  const Error error = error_of([&] { db->execute(kRename, id_of(2), "Bob"); });
  CHECK(error.reason() == "connection_lost");
  CHECK(may_run_again(error));
  CHECK(error_of([&] { db->commit(); }).code() == Code::UNAVAILABLE);
  CHECK(name_of_user(*fixture.store, 1) == "User");
}

TEST_CASE("a glance that goes on sees one snapshot, or says that its first answer is old") {
  Fixture fixture(quick(), Place::server);
  const auto rename = [&](std::string_view name) {
    const auto db = fixture.store->begin(Mode::write);
    db->execute(kRename, id_of(1), name);
    db->commit();
  };
  const auto transactions = [&] {
    return fixture.store->begin(Mode::read)
        ->one<std::int64_t>(Sql{"SELECT count(*) FROM pg_locks WHERE locktype = 'virtualxid'"});
  };
  const auto calm = fixture.store->begin(Mode::glance);
  CHECK(calm->one<std::string>(kName, id_of(1)) == "User");
  CHECK(transactions() == 1);  // the one that counts
  CHECK(calm->one<std::string>(kName, id_of(2)) == "User");
  CHECK(transactions() == 2);
  rename("Ada");
  CHECK(calm->one<std::string>(kName, id_of(1)) == "User");
  calm->commit();

  const auto disturbed = fixture.store->begin(Mode::glance);
  CHECK(disturbed->one<std::string>(kName, id_of(1)) == "Ada");
  rename("Eve");
  const Error error = error_of([&] { disturbed->one<std::string>(kName, id_of(2)); });
  CHECK(error.reason() == "write_conflict");
  CHECK(may_run_again(error));
  CHECK(error_of([&] { fixture.store->begin(Mode::glance)->execute(kRename, id_of(1), "x"); }).code() ==
        Code::INTERNAL);
  CHECK(name_of_user(*fixture.store, 1) == "Eve");
}

TEST_CASE("a statement that was prepared before a migration may run again after it") {
  PostgresDatabase database;
  const SchemaFile both[] = {kOne, {2, "two", "ALTER TABLE one ADD COLUMN more INT;\n-- down\n"}};
  const auto store = storage::open_postgres(database.address(), quick(), both);
  store->migrate_up(kNow, 1);
  constexpr Sql kEverything{"SELECT * FROM one"};
  const auto read = [&] { store->begin(Mode::read)->execute(kEverything); };
  read();
  storage::open_postgres(database.address(), quick(), both)->migrate_up(kNow);
  CHECK(may_run_again(error_of(read)));
  read();
}

TEST_CASE("a server that cannot be reached is unavailable soon, without naming its address") {
  const auto start = steady_clock::now();
  const Error error = error_of([&] { Store::open("postgresql://u:secret@localhost:1/d", quick()); });
  CHECK(steady_clock::now() - start < milliseconds(3000));
  CHECK(error.code() == Code::UNAVAILABLE);
  CHECK(error.reason() == "cannot_open");
  CHECK(error.json().find("secret") == std::string::npos);
}

}  // namespace ignition::test
