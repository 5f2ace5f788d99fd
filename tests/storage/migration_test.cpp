// The migrations runner, and what the shipped schema promises.
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "fixture.hpp"

namespace ignition::test {
namespace {

using storage::SchemaFile;

constexpr SchemaFile kOne{1, "one", "CREATE TABLE one (id INT NOT NULL);\n-- down\nDROP TABLE one;\n"};
constexpr SchemaFile kTwo{2, "two", "CREATE TABLE two (id INT NOT NULL);\n-- down\nDROP TABLE two;\n"};
constexpr SchemaFile kTwoChanged{2, "two", "CREATE TABLE two (id INT NOT NULL) ;\n-- down\nDROP TABLE two;\n"};
constexpr SchemaFile kBroken{2, "two",
                             "CREATE TABLE two (id INT NOT NULL);\nCREATE TABEL x;\n-- down\nDROP TABLE two;\n"};
constexpr SchemaFile kForOne[] = {{1, "only", R"sql(CREATE TABLE both_have (id INT NOT NULL);
-- only: sqlite
CREATE TABLE in_sqlite (id INT NOT NULL);
-- only: postgresql
CREATE TABLE in_postgresql (id INT NOT NULL);
-- only: all
CREATE TABLE both_have_too (id INT NOT NULL);
-- down
DROP TABLE both_have;
)sql"}};

std::vector<std::string> tables(Store& store) {
  constexpr Sql kTables{"SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"};
  return store.begin(Mode::read)->query<std::string>(kTables);
}

std::vector<int> versions(const std::vector<Migration>& migrations) {
  std::vector<int> out;
  for (const Migration& m : migrations) out.push_back(m.version);
  return out;
}

std::string golden() {
  std::ifstream file(std::string(IGNITION_VECTORS) + "/../storage/schema.txt");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

struct Table {
  std::string name;
  std::vector<std::string> lines;
  bool has_column(const std::string& column) const {
    for (const auto& line : lines) {
      if (line.starts_with("  " + column + " ")) return true;
    }
    return false;
  }
};

std::vector<Table> described(Store& store) {
  std::istringstream text(store.describe_schema());
  std::vector<Table> out;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("table ")) {
      out.push_back({line.substr(6), {}});
    } else {
      out.back().lines.push_back(line);
    }
  }
  return out;
}

// The column lists of all keys and indexes of a table.
std::vector<std::string> key_lists(const Table& table) {
  static const std::regex key(R"(^  (?:primary key|unique index|index) \w+ \(([^)]*)\))");
  std::vector<std::string> lists;
  std::smatch match;
  for (const auto& line : table.lines) {
    if (std::regex_search(line, match, key)) lists.push_back(match[1]);
  }
  return lists;
}

}  // namespace

TEST_CASE("the shipped schema is the one of the dump file") {
  const auto store = Store::open("sqlite::memory:", quick());
  store->migrate_up(kNow);
  const std::string text = store->describe_schema();
  if (std::getenv("IGNITION_WRITE_GOLDEN") != nullptr) {
    std::ofstream(std::string(IGNITION_VECTORS) + "/../storage/schema.txt") << text;
  }
  CHECK(text == golden());
}

TEST_CASE("up, down and up again leads to the same schema, and down leaves only the record of migrations") {
  TemporaryFolder folder;
  const auto store = Store::open("sqlite:" + folder.file("a.db"), quick());
  const auto known = storage::shipped_schema();
  CHECK(store->migrate_up(kNow).size() == known.size());
  CHECK(store->migrate_up(kNow).empty());
  const std::string text = store->describe_schema();
  const auto taken_back = versions(store->migrate_down(0));
  CHECK(taken_back.size() == known.size());
  CHECK(taken_back.front() == known.back().version);
  CHECK(tables(*store) == std::vector<std::string>{"schema_migrations"});
  CHECK(store->migrate_up(kNow).size() == known.size());
  CHECK(store->describe_schema() == text);
}

TEST_CASE("every step of the way down returns to the schema before") {
  const auto store = Store::open("sqlite::memory:", quick());
  std::vector<std::string> before{};
  for (const SchemaFile& file : storage::shipped_schema()) {
    store->migrate_up(kNow, file.version - 1);
    before.push_back(store->describe_schema());
    CHECK(versions(store->migrate_up(kNow, file.version)) == std::vector<int>{file.version});
  }
  for (std::size_t i = before.size(); i > 0; --i) {
    store->migrate_down(storage::shipped_schema()[i - 1].version - 1);
    CHECK(store->describe_schema() == before[i - 1]);
  }
}

TEST_CASE("migrations go up and down to a target, and tell what they did") {
  const SchemaFile both[] = {kOne, kTwo};
  const auto store = storage::open_sqlite({":memory:"}, quick(), both);
  auto all = store->migrations();
  CHECK(versions(all) == std::vector<int>{1, 2});
  CHECK_FALSE(all[0].applied);

  CHECK(versions(store->migrate_up(kNow, 1)) == std::vector<int>{1});
  all = store->migrations();
  CHECK(all[0].applied);
  CHECK(all[0].name == "one");
  CHECK(all[0].applied_at == kNow);
  CHECK_FALSE(all[1].applied);
  CHECK(versions(store->migrate_up(kNow)) == std::vector<int>{2});
  CHECK(tables(*store) == std::vector<std::string>{"one", "schema_migrations", "two"});
  const auto back = store->migrate_down(1);
  CHECK(versions(back) == std::vector<int>{2});
  CHECK_FALSE(back[0].applied);
  CHECK(tables(*store) == std::vector<std::string>{"one", "schema_migrations"});
}

TEST_CASE("an older program refuses a newer database") {
  TemporaryFolder folder;
  const SchemaFile newer[] = {kOne, kTwo};
  const SchemaFile older[] = {kOne};
  storage::open_sqlite({folder.file("a.db")}, quick(), newer)->migrate_up(kNow);
  const auto store = storage::open_sqlite({folder.file("a.db")}, quick(), older);
  for (const Error& error : {error_of([&] { store->migrations(); }), error_of([&] { store->migrate_up(kNow); }),
                             error_of([&] { store->migrate_down(0); })}) {
    CHECK(error.code() == Code::CONFLICT);
    CHECK(error.details_json() == R"({"reason":"newer_schema","version":2})");
  }
  CHECK(tables(*store) == std::vector<std::string>{"one", "schema_migrations", "two"});
}

TEST_CASE("a migration whose text changed by one byte after it was applied is refused by its number") {
  TemporaryFolder folder;
  const SchemaFile first[] = {kOne, kTwo};
  const SchemaFile changed[] = {kOne, kTwoChanged};
  storage::open_sqlite({folder.file("a.db")}, quick(), first)->migrate_up(kNow);
  const auto store = storage::open_sqlite({folder.file("a.db")}, quick(), changed);
  const Error error = error_of([&] { store->migrations(); });
  CHECK(error.code() == Code::CONFLICT);
  CHECK(error.details_json() == R"({"reason":"changed_migration","version":2})");
}

TEST_CASE("a migration that fails leaves the schema as it was before") {
  const SchemaFile broken[] = {kOne, kBroken};
  const auto store = storage::open_sqlite({":memory:"}, quick(), broken);
  CHECK(error_of([&] { store->migrate_up(kNow); }).code() == Code::INTERNAL);
  CHECK(tables(*store) == std::vector<std::string>{"one", "schema_migrations"});
  CHECK_FALSE(store->migrations()[1].applied);
}

TEST_CASE("a part for one database is run by that database alone") {
  const auto store = storage::open_sqlite({":memory:"}, quick(), kForOne);
  store->migrate_up(kNow);
  CHECK(tables(*store) == std::vector<std::string>{"both_have", "both_have_too", "in_sqlite", "schema_migrations"});
  CHECK(storage::script(kForOne[0], storage::Direction::up, "postgresql").find("CREATE TABLE in_postgresql") !=
        std::string::npos);
}

TEST_CASE("processes that migrate at once apply every migration once") {
  for (int round = 0; round < 5; ++round) {
    TemporaryFolder folder;
    int gate[2];
    REQUIRE(pipe(gate) == 0);
    std::vector<pid_t> children;
    for (int i = 0; i < 3; ++i) {
      const pid_t child = fork();
      REQUIRE(child >= 0);
      if (child == 0) {
        char go = 0;
        close(gate[1]);
        [[maybe_unused]] const auto n = read(gate[0], &go, 1);  // returns when the parent closes its end
        int applied = 0;
        try {
          applied = static_cast<int>(Store::open("sqlite:" + folder.file("a.db"), quick())->migrate_up(kNow).size());
        } catch (...) {
          applied = 100;
        }
        _exit(applied);
      }
      children.push_back(child);
    }
    close(gate[0]);
    close(gate[1]);
    int applied = 0;
    for (const pid_t child : children) {
      int status = 0;
      REQUIRE(waitpid(child, &status, 0) == child);
      REQUIRE(WIFEXITED(status));
      applied += WEXITSTATUS(status);
    }
    CHECK(applied == static_cast<int>(storage::shipped_schema().size()));
    const auto store = Store::open("sqlite:" + folder.file("a.db"), quick());
    CHECK(store->migrate_up(kNow).empty());
    CHECK(store->describe_schema() == golden());
  }
}

TEST_CASE("every table of users belongs to its user by its key, and leaves with the user") {
  const auto store = Store::open("sqlite::memory:", quick());
  store->migrate_up(kNow);
  std::set<std::string> owned;
  for (const Table& table : described(*store)) {
    CAPTURE(table.name);
    if (!table.has_column("user_id") || table.name == "directory") continue;
    owned.insert(table.name);
    CHECK(key_lists(table).front().starts_with("user_id"));
    CHECK(std::count(table.lines.begin(), table.lines.end(),
                     "  foreign key " + table.name + "_user_id_fk (user_id) references users (id) on delete cascade") ==
          1);
  }
  CHECK(owned.size() == 50);
}

TEST_CASE("a foreign key between tables of users carries the user, and an index serves it") {
  static const std::regex foreign(
      R"(^  foreign key (\w+) \(([^)]*)\) references (\w+) \(([^)]*)\)( on delete cascade)?$)");
  const auto store = Store::open("sqlite::memory:", quick());
  store->migrate_up(kNow);
  std::map<std::string, Table> all;
  for (Table& table : described(*store)) all[table.name] = table;
  int composite = 0;
  for (const auto& [name, table] : all) {
    for (const auto& line : table.lines) {
      std::smatch match;
      if (!std::regex_match(line, match, foreign) || match[3] == "users") continue;
      CAPTURE(line);
      const std::string columns = match[2];
      const bool shared_parent = !all.at(match[3]).has_column("user_id");
      if (!shared_parent) {
        ++composite;
        CHECK(columns.starts_with("user_id, "));
        CHECK(match[4] == "user_id, id");
      }
      // Shared rows are deactivated, not deleted, unless their children go with them.
      if (shared_parent && !match[5].matched) continue;
      const auto lists = key_lists(table);
      CHECK(std::any_of(lists.begin(), lists.end(),
                        [&](const auto& list) { return list == columns || list.starts_with(columns + ", "); }));
    }
  }
  CHECK(composite == 19);
}

TEST_CASE("constraints and indexes are named by the rule, once, and fit PostgreSQL") {
  static const std::regex named(R"(^  (primary key|foreign key|check|unique index|index) (\w+))");
  const std::map<std::string, std::string> suffix{
      {"primary key", "_pk"}, {"foreign key", "_fk"}, {"check", "_ck"}, {"unique index", "_uq"}, {"index", "_ix"}};
  const auto store = Store::open("sqlite::memory:", quick());
  store->migrate_up(kNow);
  std::set<std::string> seen;
  for (const Table& table : described(*store)) {
    for (const auto& line : table.lines) {
      std::smatch match;
      if (!std::regex_search(line, match, named)) continue;
      const std::string name = match[2];
      CAPTURE(name);
      CHECK(name.starts_with(table.name + "_"));
      CHECK(name.ends_with(suffix.at(match[1])));
      CHECK(name.size() <= 63);
      CHECK(seen.insert(name).second);
    }
  }
  CHECK(seen.size() > 400);
}

TEST_CASE("columns have the portable types only") {
  const std::set<std::string> types{"UUID", "TEXT",        "INT",   "BIGINT", "BOOLEAN",
                                    "DATE", "TIMESTAMPTZ", "JSONB", "BYTEA",  "DOUBLE PRECISION"};
  const auto store = Store::open("sqlite::memory:", quick());
  store->migrate_up(kNow);
  const auto found = store->begin(Mode::read)->query<std::string>(Sql{R"sql(
    SELECT DISTINCT c.type FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table')sql"});
  CHECK(std::set<std::string>(found.begin(), found.end()) == types);
}

TEST_CASE("rows of tables with a composite key lie in their key, others do not") {
  CHECK(storage::for_sqlite("CREATE TABLE a (x INT, y INT, CONSTRAINT a_pk PRIMARY KEY (x, y)\n);") ==
        "CREATE TABLE a (x INT, y INT, CONSTRAINT a_pk PRIMARY KEY (x, y)\n) WITHOUT ROWID;");
  CHECK(storage::for_sqlite("CREATE TABLE a (x INT, CONSTRAINT a_pk PRIMARY KEY (x));") ==
        "CREATE TABLE a (x INT, CONSTRAINT a_pk PRIMARY KEY (x));");
  const auto store = Store::open("sqlite::memory:", quick());
  store->migrate_up(kNow);
  const auto wrong = store->begin(Mode::read)->query<std::string>(Sql{R"sql(
    SELECT name FROM pragma_table_list t
     WHERE schema = 'main' AND name NOT LIKE 'sqlite_%'
       AND wr <> ((SELECT count(*) FROM pragma_table_info(t.name) WHERE pk > 0) > 1))sql"});
  CHECK(wrong.empty());
}

TEST_CASE("the points ledger refuses changes, and goes with its user alone") {
  Fixture fixture;
  const auto db = fixture.store->begin(Mode::write);
  constexpr Sql kEntry{R"sql(
    INSERT INTO points_ledger (user_id, id, seq, kind, event_type, xp, coins, base_xp, multiplier_percent, idempotency_key,
                               payload_hash, reverses_id, activity_date, coins_after, total_xp_after, created_at)
    VALUES ($1, $2, $3, $4, 'focus_complete', $5, 0, $6, 100, $7, 'h', $8, '2026-03-01', 0, 0, $9))sql"};
  for (int user = 1; user <= 2; ++user) {
    db->execute(kEntry, id_of(user), id_of(10), 1, "award", 50, 50, "a", std::nullopt, kNow);
    db->execute(kEntry, id_of(user), id_of(11), 2, "reversal", -50, 0, "b", std::optional(id_of(10)), kNow);
  }
  CHECK(error_of([&] { db->execute(Sql{"UPDATE points_ledger SET coins = 1"}); }).code() == Code::INTERNAL);
  CHECK(error_of([&] { db->execute(Sql{"DELETE FROM points_ledger WHERE user_id = $1"}, id_of(1)); }).code() ==
        Code::INTERNAL);
  CHECK(db->execute(Sql{"DELETE FROM users WHERE id = $1"}, id_of(1)) == 1);
  CHECK(db->query<Uuid>(Sql{"SELECT user_id FROM points_ledger"}) == std::vector<Uuid>{id_of(2), id_of(2)});
}

}  // namespace ignition::test
