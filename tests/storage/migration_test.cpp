// The migrations runner, and what the shipped schema promises.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "fixture.hpp"
#include "support/system_tables.hpp"

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
  constexpr Sql kTables{
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"};
  return store.begin(Mode::read)->query<std::string>(kTables);
}

std::vector<int> versions(const std::vector<Migration>& migrations) {
  std::vector<int> out;
  for (const Migration& m : migrations) out.push_back(m.version);
  return out;
}

std::string content(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

// Below the folder of the tests. Written anew, if that is asked for, before it is compared.
std::string golden(const std::string& path, const std::string& is) {
  const std::string file = std::string(IGNITION_VECTORS) + "/../" + path;
  if (std::getenv("IGNITION_WRITE_GOLDEN") != nullptr) std::ofstream(file) << is;
  return content(file);
}

// A line of a table's description: a key, a check or an index (kind) with its name and columns. Columns of the table
// itself have no kind.
struct Line {
  std::string text;
  std::string kind;
  std::string name;
  std::string columns;
  std::string parent;
  std::string parent_columns;
  bool cascades = false;
};

Line parsed(const std::string& text) {
  Line line{.text = text};
  for (const char* kind : {"primary key", "foreign key", "check", "unique index", "index"}) {
    if (text.starts_with(std::string("  ") + kind + " ")) line.kind = kind;
  }
  const std::size_t name = 2 + (line.kind.empty() ? 0 : line.kind.size() + 1);
  line.name = text.substr(name, text.find(' ', name) - name);
  const auto in_brackets = [&](std::size_t from) {
    const std::size_t open = text.find('(', from);
    return open == std::string::npos ? "" : text.substr(open + 1, text.find(')', open) - open - 1);
  };
  line.columns = in_brackets(name);
  const std::string kReferences = " references ";
  if (const std::size_t at = text.find(kReferences); at != std::string::npos) {
    const std::size_t parent = at + kReferences.size();
    line.parent = text.substr(parent, text.find(' ', parent) - parent);
    line.parent_columns = in_brackets(parent);
    line.cascades = text.ends_with(" on delete cascade");
  }
  return line;
}

struct Table {
  std::string name;
  std::vector<Line> lines;
  bool has_column(const std::string& column) const {
    return std::any_of(lines.begin(), lines.end(), [&](const Line& l) { return l.kind.empty() && l.name == column; });
  }
};

std::vector<Table> described(Store& store) {
  std::istringstream text(store.describe_schema());
  std::vector<Table> out;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("table ")) {
      out.push_back({line.substr(6), {}});
    } else {
      out.back().lines.push_back(parsed(line));
    }
  }
  return out;
}

// Where the rows of a table lie in a cluster of machines (data-model rule 10.1).
enum class Placement : std::uint8_t { everywhere, by_user, by_id, coordinator };

Placement placement(const Table& table) {
  if (system_tables().contains(table.name)) return Placement::coordinator;
  if (table.name == "audit_log") return Placement::by_id;
  if (table.name == "directory") return Placement::everywhere;
  return table.name == "users" || table.has_column("user_id") ? Placement::by_user : Placement::everywhere;
}

// Parents first, else by name.
std::vector<Table> in_order_of_keys(std::vector<Table> tables) {
  std::vector<Table> out;
  std::set<std::string> placed;
  while (!tables.empty()) {
    const auto next = std::find_if(tables.begin(), tables.end(), [&](const Table& table) {
      return std::all_of(table.lines.begin(), table.lines.end(), [&](const Line& line) {
        return line.parent.empty() || line.parent == table.name || placed.contains(line.parent);
      });
    });
    REQUIRE(next != tables.end());
    placed.insert(next->name);
    out.push_back(std::move(*next));
    tables.erase(next);
  }
  return out;
}

std::string distribution(const std::vector<Table>& tables) {
  std::string copies;
  std::string owned = "SELECT create_distributed_table('users', 'id', colocate_with => 'none');\n";
  std::string logs;
  std::string stay;
  for (const Table& table : tables) {
    switch (placement(table)) {
      case Placement::everywhere:
        copies += fmt::format("SELECT create_reference_table('{}');\n", table.name);
        break;
      case Placement::by_user:
        if (table.name == "users") break;
        owned +=
            fmt::format("SELECT create_distributed_table('{}', 'user_id', colocate_with => 'users');\n", table.name);
        break;
      case Placement::by_id:
        logs += fmt::format("SELECT create_distributed_table('{}', 'id', colocate_with => 'none');\n", table.name);
        break;
      case Placement::coordinator:
        stay += (stay.empty() ? "" : ", ") + table.name;
    }
  }
  return "-- Spreads a migrated, empty database over the machines of a Citus cluster: psql -1 -f schema/citus.sql.\n"
         "-- Made from the schema by IGNITION_WRITE_GOLDEN=1 build/tests/test_storage.\n\n"
         "-- The triggers of points_ledger only refuse, by what stands on the same machine.\n"
         "SET citus.enable_unsafe_triggers = on;\n\n"
         "-- Shared content and the directory: copied to every machine.\n" +
         copies + "\n-- What belongs to users: all rows of one user on one machine.\n" + owned + "\n-- The log.\n" +
         logs + "\n-- These stay on the coordinating machine: " + stay + ".\n";
}

}  // namespace

TEST_CASE("the shipped schema is the one of the dump file") {
  const auto store = Store::open("sqlite::memory:", quick());
  store->migrate_up(kNow);
  const std::string text = store->describe_schema();
  CHECK(text == golden("storage/schema.txt", text));
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
    const std::string is = store->describe_schema();
    CHECK(is == golden("storage/schema.txt", is));
  }
}

TEST_CASE("every table of users belongs to its user by its key, and leaves with the user") {
  const auto store = Store::open("sqlite::memory:", quick());
  store->migrate_up(kNow);
  std::set<std::string> owned;
  for (const Table& table : described(*store)) {
    CAPTURE(table.name);
    if (table.name == "users" || placement(table) != Placement::by_user) continue;
    owned.insert(table.name);
    int leaves = 0;
    for (const Line& line : table.lines) {
      if (line.kind == "primary key") CHECK((line.columns + ",").starts_with("user_id,"));
      leaves += line.kind == "foreign key" && line.columns == "user_id" && line.parent == "users" && line.cascades;
    }
    CHECK(leaves == 1);
  }
  CHECK(owned.size() == 55);
}

TEST_CASE("a foreign key between tables of users carries the user, and an index serves it") {
  const auto store = Store::open("sqlite::memory:", quick());
  store->migrate_up(kNow);
  std::map<std::string, Table> all;
  for (Table& table : described(*store)) all[table.name] = table;
  const auto is_served = [](const Table& table, const std::string& columns) {
    return std::any_of(table.lines.begin(), table.lines.end(), [&](const Line& line) {
      return line.kind != "foreign key" && (line.columns == columns || line.columns.starts_with(columns + ", "));
    });
  };
  int composite = 0;
  for (const auto& [name, table] : all) {
    for (const Line& line : table.lines) {
      if (line.kind != "foreign key" || line.parent == "users") continue;
      CAPTURE(line.text);
      const bool shared_parent = !all.at(line.parent).has_column("user_id");
      if (!shared_parent) {
        ++composite;
        CHECK(line.columns.starts_with("user_id, "));
        CHECK(line.parent_columns == "user_id, id");
      }
      // Shared rows are deactivated, not deleted, unless their children go with them.
      if (!shared_parent || line.cascades) CHECK(is_served(table, line.columns));
    }
  }
  CHECK(composite == 20);
}

TEST_CASE(
    "what is unique among users' rows is unique within a user, and points to nothing outside but shared content") {
  const auto store = Store::open("sqlite::memory:", quick());
  store->migrate_up(kNow);
  std::map<std::string, Table> all;
  for (Table& table : described(*store)) all[table.name] = table;
  int unique = 0;
  for (const auto& [name, table] : all) {
    if (placement(table) == Placement::everywhere) {
      for (const Line& line : table.lines) {
        CAPTURE(line.text);
        if (!line.parent.empty()) CHECK(placement(all.at(line.parent)) == Placement::everywhere);
      }
    }
    if (placement(table) != Placement::by_user) continue;
    for (const Line& line : table.lines) {
      CAPTURE(line.text);
      if (line.kind == "unique index") {
        ++unique;
        CHECK(name != "users");
        CHECK((line.columns + ",").starts_with("user_id,"));
      }
      if (line.parent.empty()) continue;
      const Placement parent = placement(all.at(line.parent));
      CHECK((parent == Placement::everywhere || (line.columns + ",").starts_with("user_id,")));
      CHECK((parent == Placement::everywhere || parent == Placement::by_user));
    }
  }
  CHECK(unique > 0);
}

TEST_CASE("schema/citus.sql places every table") {
  const auto store = Store::open("sqlite::memory:", quick());
  store->migrate_up(kNow);
  const std::string is = distribution(in_order_of_keys(described(*store)));
  CHECK(is == golden("../schema/citus.sql", is));
}

TEST_CASE("constraints and indexes are named by the rule, once, and fit PostgreSQL") {
  const std::map<std::string, std::string> suffix{
      {"primary key", "_pk"}, {"foreign key", "_fk"}, {"check", "_ck"}, {"unique index", "_uq"}, {"index", "_ix"}};
  const auto store = Store::open("sqlite::memory:", quick());
  store->migrate_up(kNow);
  std::set<std::string> seen;
  for (const Table& table : described(*store)) {
    for (const Line& line : table.lines) {
      if (line.kind.empty()) continue;
      const std::string& name = line.name;
      CAPTURE(name);
      CHECK(name.starts_with(table.name + "_"));
      CHECK(name.ends_with(suffix.at(line.kind)));
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
    SELECT DISTINCT c.type FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%')sql"});
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
