// The contract of Transaction and Store, on every database.
#include <cmath>
#include <thread>

#include "fixture.hpp"
#include "storage/postgres_store.hpp"

namespace ignition::test {
namespace {

enum class Mood : std::uint8_t { calm, break_ };
BOOST_DESCRIBE_ENUM(Mood, calm, break_)

struct Home {
  std::string town;
  std::vector<std::int64_t> numbers;
};
BOOST_DESCRIBE_STRUCT(Home, (), (town, numbers))

// One column of every kind.
struct Thing {
  static constexpr std::string_view table = "things";
  Uuid id;
  bool flag = false;
  std::int64_t whole = 0;
  double real = 0;
  std::string text;
  Mood mood = Mood::calm;
  Instant at;
  LocalDate day;
  Json document;
  Bytes bytes;
  std::optional<std::string> maybe;
  Home place;
  std::vector<std::string> tags;
  Bounded<std::int32_t, 1, 10> bounded{1};
};
BOOST_DESCRIBE_STRUCT(Thing, (),
                      (id, flag, whole, real, text, mood, at, day, document, bytes, maybe, place, tags, bounded))

constexpr storage::SchemaFile kThings[] = {{1, "things", R"sql(
CREATE TABLE things (
  id UUID NOT NULL, flag BOOLEAN NOT NULL, whole BIGINT NOT NULL, real DOUBLE PRECISION NOT NULL, text TEXT NOT NULL,
  mood TEXT NOT NULL, at TIMESTAMPTZ NOT NULL, day DATE NOT NULL, document JSONB NOT NULL, bytes BYTEA NOT NULL,
  maybe TEXT, place JSONB NOT NULL, tags JSONB NOT NULL, bounded INT NOT NULL,
  CONSTRAINT things_pk PRIMARY KEY (id)
);
-- down
DROP TABLE things;
)sql"}};

// A store with a table of things.
class Things {
 public:
  explicit Things(Place place, const StoreOptions& options = quick()) {
    if (place == Place::server) {
      database_.emplace();
      store_ = storage::open_postgres(database_->address(), options, kThings);
    } else {
      store_ = storage::open_sqlite({":memory:"}, options, kThings);
    }
    store_->migrate_up(kNow);
  }
  Store* operator->() { return store_.get(); }

 private:
  std::optional<PostgresDatabase> database_;
  std::unique_ptr<Store> store_;
};

Thing thing() {
  return {.id = id_of(7),
          .flag = true,
          .whole = INT64_MAX,
          .real = 0.1,
          .text = "12",
          .mood = Mood::break_,
          .at = Instant{1},
          .day = LocalDate::of(2024, 2, 29),
          .document = {R"({"a":[1,2]})"},
          .bytes = {std::string("\0\xff"
                                "12",
                                4)},
          .maybe = {},
          .place = {"Köln", {3, 1}},
          .tags = {"a", "\"b\""},
          .bounded = 10};
}

constexpr Sql kThing{"SELECT * FROM things"};
constexpr Sql kCountUsers{"SELECT count(*) FROM users"};
constexpr Sql kInsertUser{"INSERT INTO users (id, email, created_at, updated_at) VALUES ($1, $2, $3, $3)"};
constexpr Sql kInsertGoal{R"sql(
  INSERT INTO goals (user_id, id, title, progress_mode, started_at, created_at, updated_at)
  VALUES ($1, $2, $3, 'manual', $4, $4, $4))sql"};
constexpr Sql kInsertMilestone{R"sql(
  INSERT INTO goal_milestones (user_id, id, goal_id, title, sort_order, created_at, updated_at)
  VALUES ($1, $2, $3, 'Step', 0, $4, $4))sql"};
constexpr Sql kRename{"UPDATE users SET name = $2 WHERE id = $1"};
constexpr Sql kName{"SELECT name FROM users WHERE id = $1"};

std::string name_of_user(Store& store, int n) { return store.begin(Mode::read)->one<std::string>(kName, id_of(n)); }

}  // namespace

TEST_CASE_TEMPLATE("a row of every kind comes back as it was stored", At, InMemory, OnServer) {
  Things store(At::value);
  const auto db = store->begin(Mode::write);
  db->insert(thing());
  const auto back = db->one<Thing>(kThing);
  CHECK(back.id == id_of(7));
  CHECK(back.flag);
  CHECK(back.whole == INT64_MAX);
  CHECK(back.real == 0.1);
  CHECK(back.text == "12");
  CHECK(back.mood == Mood::break_);
  CHECK(back.at == Instant{1});
  CHECK(back.day == LocalDate::of(2024, 2, 29));
  CHECK(back.document.text == R"({"a":[1,2]})");
  CHECK(back.bytes.value == std::string("\0\xff"
                                        "12",
                                        4));
  CHECK(back.maybe == std::nullopt);
  CHECK(back.place.town == "Köln");
  CHECK(back.place.numbers == std::vector<std::int64_t>{3, 1});
  CHECK(back.tags == std::vector<std::string>{"a", "\"b\""});
  CHECK(back.bounded.value() == 10);
}

TEST_CASE("values lie in SQLite in the form the data model names") {
  Things store(Place::memory);
  const auto db = store->begin(Mode::write);
  db->insert(thing());
  const auto text = [&](Sql sql) { return db->one<std::string>(sql); };
  CHECK(text(Sql{"SELECT typeof(id) || ' ' || id FROM things"}) == "text 10000000-0000-0000-0000-000000000007");
  CHECK(text(Sql{"SELECT typeof(flag) || ' ' || flag FROM things"}) == "integer 1");
  CHECK(text(Sql{"SELECT typeof(at) || ' ' || at FROM things"}) == "text 1970-01-01T00:00:00.000001Z");
  CHECK(text(Sql{"SELECT typeof(day) || ' ' || day FROM things"}) == "text 2024-02-29");
  CHECK(text(Sql{"SELECT typeof(mood) || ' ' || mood FROM things"}) == "text break");
  CHECK(text(Sql{"SELECT typeof(document) || ' ' || document FROM things"}) == R"(text {"a":[1,2]})");
  CHECK(text(Sql{"SELECT typeof(bytes) || ' ' || hex(bytes) FROM things"}) == "blob 00FF3132");
  CHECK(text(Sql{"SELECT typeof(text) FROM things"}) == "text");
  CHECK(text(Sql{"SELECT typeof(real) FROM things"}) == "real");
  CHECK(text(Sql{"SELECT typeof(maybe) FROM things"}) == "null");
}

TEST_CASE_TEMPLATE("an empty text and empty bytes are not null", At, InMemory, OnServer) {
  Things store(At::value);
  const auto db = store->begin(Mode::write);
  Thing empty = thing();
  empty.text = "";
  empty.bytes.value = "";
  empty.maybe = "";
  db->insert(empty);
  const auto back = db->one<Thing>(kThing);
  CHECK(back.text.empty());
  CHECK(back.bytes.value.empty());
  CHECK(back.maybe == "");
  CHECK(db->one<bool>(Sql{"SELECT CAST($1 AS TEXT) IS NOT NULL"}, std::string_view{}));
}

TEST_CASE_TEMPLATE("many rows are inserted by one call", At, InMemory, OnServer) {
  Things store(At::value);
  const auto db = store->begin(Mode::write);
  std::vector<Thing> many(300, thing());
  for (int i = 0; i < 300; ++i) many[static_cast<std::size_t>(i)].id = id_of(i);
  db->insert_many(std::span<const Thing>(many));
  CHECK(db->one<std::int64_t>(Sql{"SELECT count(*) FROM things"}) == 300);
  CHECK(db->rows_changed() == 300);
}

TEST_CASE_TEMPLATE("a number that is not finite is refused, for SQLite would store null", At, InMemory, OnServer) {
  Things store(At::value);
  const auto db = store->begin(Mode::write);
  Thing bad = thing();
  bad.real = std::nan("");
  CHECK(error_of([&] { db->insert(bad); }).code() == Code::INTERNAL);
}

TEST_CASE_TEMPLATE("a row that does not fit its type is an internal error, never a wrong value", At, InMemory,
                   OnServer) {
  Things store(At::value);
  const auto db = store->begin(Mode::write);
  db->insert(thing());
  const auto refused = [&](auto read) { return error_of(read).code() == Code::INTERNAL; };
  CHECK(refused([&] { db->one<std::int64_t>(Sql{"SELECT NULL"}); }));
  CHECK(refused([&] { db->one<std::int64_t>(Sql{"SELECT 'text'"}); }));
  CHECK(refused([&] { db->one<std::string>(Sql{"SELECT 1"}); }));
  CHECK(refused([&] { db->one<Mood>(Sql{"SELECT 'angry'"}); }));
  CHECK(refused([&] { db->one<Uuid>(Sql{"SELECT 'no id'"}); }));
  CHECK(refused([&] { db->one<Bounded<std::int32_t, 1, 10>>(Sql{"SELECT 11"}); }));
  CHECK(refused([&] { db->one<Home>(Sql{"SELECT 'x'"}); }));
  CHECK(refused([&] { db->one<std::int64_t>(Sql{"SELECT 1, 2"}); }));
  CHECK(refused([&] { db->one<std::vector<std::int64_t>>(Sql{"SELECT '{}'"}); }));
}

TEST_CASE_TEMPLATE("parameters are bound by their number, not by the order in which they appear", At, InMemory,
                   OnServer) {
  Things store(At::value);
  const auto db = store->begin(Mode::read);
  CHECK(db->one<std::string>(Sql{"SELECT $2 || $1 || $2"}, std::string("a"), std::string("b")) == "bab");
}

TEST_CASE_TEMPLATE("a statement takes exactly its parameters", At, InMemory, OnServer) {
  Things store(At::value);
  const auto refusal = [&](Sql sql, const auto&... args) {
    return error_of([&] { store->begin(Mode::read)->template one<std::int64_t>(sql, args...); }).code();
  };
  CHECK(refusal(Sql{"SELECT $1 + $2"}, 1) == Code::INTERNAL);
  CHECK(refusal(Sql{"SELECT $1"}, 1, 2) == Code::INTERNAL);
  CHECK(refusal(Sql{"SELECT ?1"}, 1) == Code::INTERNAL);
  CHECK(refusal(Sql{"SELECT 1; SELECT 2"}) == Code::INTERNAL);
  CHECK(refusal(Sql{"  "}) == Code::INTERNAL);
}

TEST_CASE_TEMPLATE("one and maybe count the rows", At, InMemory, OnServer) {
  Things store(At::value);
  const auto db = store->begin(Mode::read);
  CHECK(db->maybe<std::int64_t>(Sql{"SELECT 1 WHERE FALSE"}) == std::nullopt);
  CHECK(db->maybe<std::int64_t>(Sql{"SELECT 5"}) == 5);
  CHECK(error_of([&] { db->one<std::int64_t>(Sql{"SELECT 1 WHERE FALSE"}); }).code() == Code::INTERNAL);
  CHECK(error_of([&] { db->maybe<std::int64_t>(Sql{"SELECT 1 UNION SELECT 2"}); }).code() == Code::INTERNAL);
}

TEST_CASE_TEMPLATE("a statement may run again while its rows are read", At, InMemory, OnServer) {
  Things store(At::value);
  const auto db = store->begin(Mode::read);
  constexpr Sql kUpTo{"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) SELECT i FROM n"};
  std::int64_t sum = 0;
  db->each<std::int64_t>(
      kUpTo,
      [&](std::int64_t outer) {
        db->each<std::int64_t>(
            kUpTo, [&](std::int64_t inner) { sum += inner; }, outer);
      },
      4);
  CHECK(sum == 1 + 3 + 6 + 10);
}

TEST_CASE_TEMPLATE("a reader that throws out of its rows leaves the statement fit for use", At, InMemory, OnServer) {
  Things store(At::value);
  const auto db = store->begin(Mode::read);
  constexpr Sql kTwo{"SELECT 1 UNION ALL SELECT 2"};
  CHECK_THROWS_AS(db->each<std::int64_t>(kTwo, [](std::int64_t) { throw std::runtime_error("enough"); }),
                  std::runtime_error);
  CHECK(db->query<std::int64_t>(kTwo) == std::vector<std::int64_t>{1, 2});
}

TEST_CASE_TEMPLATE("in a file, in memory and on a server", At, InFile, InMemory, OnServer) {
  Fixture fixture(quick(), At::value);
  Store& store = *fixture.store;
  // The error of a statement that the transaction survives.
  const auto refused = [](const std::unique_ptr<Transaction>& db, const auto& work) {
    return error_of([&] { db->attempt(work); });
  };

  SUBCASE("a committed write is seen by the next reader") {
    const auto db = store.begin(Mode::write);
    db->lock_user(id_of(1));
    CHECK(db->execute(kRename, id_of(1), "Ada") == 1);
    db->commit();
    CHECK(name_of_user(store, 1) == "Ada");
  }

  SUBCASE("a write that is not committed is undone") {
    store.begin(Mode::write)->execute(kRename, id_of(1), "Ada");
    CHECK(name_of_user(store, 1) == "User");
  }

  SUBCASE("a transaction is over after its commit") {
    const auto db = store.begin(Mode::write);
    db->commit();
    CHECK(error_of([&] { db->execute(kRename, id_of(1), "Ada"); }).code() == Code::INTERNAL);
    CHECK(error_of([&] { db->commit(); }).code() == Code::INTERNAL);
    CHECK(name_of_user(store, 1) == "User");
  }

  SUBCASE("an attempt that throws undoes what it did and nothing else") {
    const auto db = store.begin(Mode::write);
    db->execute(kRename, id_of(1), "Ada");
    CHECK_THROWS_AS(db->attempt([&] {
      db->execute(kRename, id_of(2), "Bob");
      db->attempt([&] { db->execute(kRename, id_of(1), "Eve"); });
      throw std::runtime_error("no");
    }),
                    std::runtime_error);
    db->attempt([&] { db->execute(kInsertUser, id_of(3), "three@example.org", kNow); });
    db->commit();
    CHECK(name_of_user(store, 1) == "Ada");
    CHECK(name_of_user(store, 2) == "User");
    CHECK(store.begin(Mode::read)->one<std::int64_t>(kCountUsers) == 3);
  }

  SUBCASE("a violated constraint in an attempt leaves the transaction usable") {
    const auto db = store.begin(Mode::write);
    CHECK(refused(db, [&] { db->execute(kInsertUser, id_of(1), "x@example.org", kNow); }).code() == Code::CONFLICT);
    db->execute(kRename, id_of(1), "Ada");
    db->commit();
    CHECK(name_of_user(store, 1) == "Ada");
  }

  SUBCASE("a read transaction neither writes nor locks") {
    const auto db = store.begin(Mode::read);
    CHECK(error_of([&] { db->execute(kRename, id_of(1), "Ada"); }).code() == Code::INTERNAL);
    CHECK(error_of([&] { db->lock_user(id_of(1)); }).code() == Code::INTERNAL);
    CHECK(db->one<std::string>(kName, id_of(1)) == "User");
  }

  SUBCASE("a second write of the same thread is refused instead of waiting for itself") {
    const auto db = store.begin(Mode::write);
    CHECK(error_of([&] { store.begin(Mode::write); }).code() == Code::INTERNAL);
  }

  SUBCASE("rows changed and statements are counted") {
    const auto db = store.begin(Mode::write);
    db->execute(kRename, id_of(1), "Ada");
    db->execute(Sql{"UPDATE users SET name = 'All'"});
    CHECK(db->query<std::string>(Sql{"UPDATE users SET name = 'B' RETURNING name"}).size() == 2);
    db->one<std::int64_t>(kCountUsers);
    CHECK(db->rows_changed() == 5);
    CHECK(db->statements() == 4);
  }

  SUBCASE("the store answers a ping and names itself") {
    store.ping();
    CHECK(store.backend() == (At::value == Place::server ? "postgresql" : "sqlite"));
  }

  SUBCASE("a duplicate key is a conflict that names the constraint and its columns") {
    const auto db = store.begin(Mode::write);
    db->execute(kInsertGoal, id_of(1), id_of(10), "Goal", kNow);
    const Error key = refused(db, [&] { db->execute(kInsertGoal, id_of(1), id_of(10), "Goal", kNow); });
    CHECK(key.code() == Code::CONFLICT);
    CHECK(key.reason() == "already_exists");
    CHECK(key.details_json() == R"({"reason":"already_exists","constraint":"goals_pk","fields":["id"]})");

    constexpr Sql kInterest{R"sql(
      INSERT INTO user_interests (user_id, id, interest_key, interest_label, created_at, updated_at)
      VALUES ($1, $2, 'focus', 'Focus', $3, $3))sql"};
    db->execute(kInterest, id_of(1), id_of(20), kNow);
    db->execute(kInterest, id_of(2), id_of(20), kNow);
    const Error unique = refused(db, [&] { db->execute(kInterest, id_of(1), id_of(21), kNow); });
    CHECK(unique.details_json() ==
          R"({"reason":"already_exists",)"
          R"("constraint":"user_interests_user_id_interest_key_uq","fields":["interest_key"]})");
  }

  SUBCASE("a partial unique index is named, too") {
    constexpr Sql kFocus{R"sql(
      INSERT INTO focus_sessions (user_id, id, duration_seconds, started_at, ends_at, expires_at, created_at, updated_at)
      VALUES ($1, $2, 1500, $3, $3, $3, $3, $3))sql"};
    const auto db = store.begin(Mode::write);
    db->execute(kFocus, id_of(1), id_of(30), kNow);
    const Error error = refused(db, [&] { db->execute(kFocus, id_of(1), id_of(31), kNow); });
    CHECK(error.details_json() ==
          R"({"reason":"already_exists","constraint":"focus_sessions_user_id_uq","fields":[]})");
  }

  SUBCASE("a parent that is missing or somebody else's is not found, by the field that names it") {
    const auto db = store.begin(Mode::write);
    db->execute(kInsertGoal, id_of(2), id_of(10), "Theirs", kNow);
    const Error error = refused(db, [&] { db->execute(kInsertMilestone, id_of(1), id_of(11), id_of(10), kNow); });
    CHECK(error.code() == Code::NOT_FOUND);
    CHECK(error.details_json() == R"({"reason":"unknown_link","field":"goal_id"})");
    db->execute(kInsertMilestone, id_of(2), id_of(11), id_of(10), kNow);
    const Error moved = refused(db, [&] {
      db->execute(Sql{"UPDATE goal_milestones SET goal_id = $3 WHERE user_id = $1 AND id = $2"}, id_of(2), id_of(11),
                  id_of(12));
    });
    CHECK(moved.details_json() == R"({"reason":"unknown_link","field":"goal_id"})");
    const Error hidden = refused(db, [&] { db->execute(Sql{"UPDATE goals SET skill_key = 'none'"}); });
    CHECK(hidden.code() == Code::NOT_FOUND);
    CHECK(hidden.reason() == "unknown_link");  // only a server can tell which column it was
  }

  SUBCASE("a parent in use is not deleted") {
    const auto db = store.begin(Mode::write);
    constexpr Sql kSession{R"sql(
      INSERT INTO focus_sessions (user_id, id, duration_seconds, started_at, ends_at, expires_at, created_at, updated_at)
      VALUES ($1, $2, 1500, $3, $3, $3, $3, $3))sql"};
    db->execute(kSession, id_of(1), id_of(30), kNow);
    db->execute(Sql{R"sql(INSERT INTO focus_state (user_id, live_session_id, created_at, updated_at)
                          VALUES ($1, $2, $3, $3))sql"},
                id_of(1), id_of(30), kNow);
    const Error error =
        refused(db, [&] { db->execute(Sql{"DELETE FROM focus_sessions WHERE user_id = $1"}, id_of(1)); });
    CHECK(error.code() == Code::CONFLICT);
    CHECK(error.reason() == "in_use");
    CHECK(db->execute(Sql{"DELETE FROM users WHERE id = $1"}, id_of(1)) == 1);
    CHECK(db->one<std::int64_t>(Sql{"SELECT count(*) FROM focus_state"}) == 0);
  }

  SUBCASE("a value that the library should have refused is an internal error without SQL") {
    const auto db = store.begin(Mode::write);
    for (const Sql sql : {Sql{"UPDATE users SET role = 'king'"}, Sql{"UPDATE users SET name = NULL"},
                          Sql{"SELECT * FROM no_such_table"}, Sql{"SELEC 1"}}) {
      const Error error = refused(db, [&] { db->execute(sql); });
      CHECK(error.code() == Code::INTERNAL);
      CHECK(error.message().find("users") == std::string::npos);
      CHECK(error.message().find("SEL") == std::string::npos);
      CHECK(error.details_json() == "{}");
    }
  }
}

TEST_CASE("a refused statement is told to the operator with its text") {
  std::string told;
  StoreOptions options = quick();
  options.log = [&told](std::string_view line) { told = line; };
  Things store(Place::memory, options);
  CHECK(error_of([&] { store->begin(Mode::read)->one<std::int64_t>(Sql{"SELECT * FROM no_such_table"}); }).code() ==
        Code::INTERNAL);
  CHECK(told.find("no such table: no_such_table; statement: SELECT * FROM no_such_table") != std::string::npos);
}

TEST_CASE_TEMPLATE("a reader keeps its snapshot while a writer commits", At, InFile, OnServer) {
  Fixture fixture(quick(), At::value);
  const auto reader = fixture.store->begin(Mode::read);
  CHECK(reader->one<std::string>(kName, id_of(1)) == "User");
  const auto writer = fixture.store->begin(Mode::write);
  writer->execute(kRename, id_of(1), "Ada");
  CHECK(reader->one<std::string>(kName, id_of(1)) == "User");
  writer->commit();
  CHECK(reader->one<std::string>(kName, id_of(1)) == "User");
  CHECK(name_of_user(*fixture.store, 1) == "Ada");
}

TEST_CASE("readers above the limit wait, then are told that the store is busy") {
  StoreOptions options = quick();
  options.readers = 2;
  options.busy_timeout_ms = 50;
  Fixture fixture(options);
  auto first = fixture.store->begin(Mode::read);
  const auto second = fixture.store->begin(Mode::read);
  const Error error = error_of([&] { fixture.store->begin(Mode::read); });
  CHECK(error.code() == Code::UNAVAILABLE);
  CHECK(error.reason() == "busy");
  first.reset();
  CHECK(fixture.store->begin(Mode::read)->one<std::int64_t>(kCountUsers) == 2);
}

TEST_CASE("a writer above the limit of patience is told that the store is busy") {
  StoreOptions options = quick();
  options.busy_timeout_ms = 50;
  Fixture fixture(options);
  const auto held = fixture.store->begin(Mode::write);
  std::optional<Error> error;
  std::thread([&] { error = error_of([&] { fixture.store->begin(Mode::write); }); }).join();
  REQUIRE(error);
  CHECK(error->code() == Code::UNAVAILABLE);
  CHECK(error->reason() == "busy");
}

TEST_CASE("another process that holds the database makes a write wait, then unavailable") {
  StoreOptions options = quick();
  options.busy_timeout_ms = 50;
  Fixture fixture(options);
  const auto other = Store::open("sqlite:" + fixture.folder.file("test.db"), options);
  auto held = other->begin(Mode::write);
  const Error error = error_of([&] { fixture.store->begin(Mode::write); });
  CHECK(error.code() == Code::UNAVAILABLE);
  CHECK(error.reason() == "busy");
  held.reset();
  fixture.store->begin(Mode::write)->execute(kRename, id_of(1), "Ada");
}

TEST_CASE("addresses of stores") {
  TemporaryFolder folder;
  CHECK(error_of([] { Store::open("mysql://localhost/x"); }).code() == Code::VALIDATION_ERROR);
  CHECK(error_of([] { Store::open("sqlite:"); }).code() == Code::VALIDATION_ERROR);
  CHECK(error_of([] { Store::open("sqlite::temp:"); }).code() == Code::VALIDATION_ERROR);
  CHECK(error_of([] { Store::open(""); }).code() == Code::VALIDATION_ERROR);
  const Error missing = error_of([&] { Store::open("sqlite:" + folder.file("no/such/folder.db")); });
  CHECK(missing.code() == Code::UNAVAILABLE);
  CHECK(missing.message().find("folder") == std::string::npos);
  Store::open("sqlite://" + folder.file("made.db"), quick())->migrate_up(kNow);
  CHECK(std::filesystem::exists(folder.file("made.db")));
}

}  // namespace ignition::test
