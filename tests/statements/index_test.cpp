// Every statement that the operations ran in the tests of the domains finds the rows of its user by an index, on both
// databases: its cost does not grow with the number of users, and on a cluster it goes to one machine.
#include <sqlite3.h>

#include <algorithm>
#include <map>
#include <pqxx/connection>
#include <pqxx/field>
#include <pqxx/nontransaction>
#include <pqxx/result>
#include <pqxx/row>
#include <set>

#include "storage/statement_text.hpp"
#include "support/filled_tables.hpp"
#include "support/system_tables.hpp"
#include "support/world.hpp"

namespace ignition::test {
namespace {

constexpr int kUsers = 1000;
constexpr int kRowsOfUser = 5;  // of every table, unless it has one row per user

// Operations that may look at all users: jobs, administration, and finding out who somebody is.
bool is_bound_to_user(std::string_view operation) {
  const Operation* found = catalogue().find(operation);
  return found != nullptr && found->access != Access::system && !operation.starts_with("admin.") &&
         found->access != Access::public_;
}

std::vector<std::string> statements_of_users() {
  std::vector<std::string> out;
  for (const auto& [text, operations] : statement_log().all()) {
    if (std::any_of(operations.begin(), operations.end(), [](const auto& name) { return is_bound_to_user(name); })) {
      out.push_back(text);
    }
  }
  return out;
}

// The tables of users by their names.
using UserTables = std::map<std::string, Table>;

UserTables user_tables(Store& store) {
  UserTables out;
  for (Table& table : tables_of(store)) {
    const bool shared = table.name == "directory" || table.name == "audit_log" || system_tables().contains(table.name);
    if (!shared && !user_columns(table).empty()) out.emplace(table.name, std::move(table));
  }
  return out;
}

// A server's database with rows of a thousand users in every table.
class PostgresPlans {
 public:
  explicit PostgresPlans(const World& world) : connection_(world.store_url()) {
    // As for disks without a moving arm: a thousand small rows would otherwise be read whole for a few of them.
    exec("SET random_page_cost = 1.1");
    tables_ = user_tables(world.engine->store());
    exec("SET session_replication_role = replica");
    for (const auto& row :
         exec("SELECT CAST(conrelid AS regclass), conname FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0")) {
      exec(fmt::format("ALTER TABLE {} DROP CONSTRAINT {}", row[0].c_str(), row[1].c_str()));
    }
    const std::string numbers =
        fmt::format("SELECT u, k FROM generate_series(1, {}) u, generate_series(0, {}) k", kUsers, kRowsOfUser - 1);
    const std::string_view user = "CAST('00000000-0000-7000-9000-' || lpad(to_hex(u), 12, '0') AS UUID)";
    for (const auto& [name, table] : tables_) {
      exec(fill_statement(table, kPostgresValues, numbers, user));
    }
    exec("ANALYZE; SET plan_cache_mode = force_generic_plan");
  }

  // What is wrong with the plan; "" = nothing.
  std::string fault(const std::string& statement) {
    const std::string json = plan(statement);
    simdjson::dom::parser parser;
    return fault_in(parser.parse(json).at(0).at_key("Plan").value(), {});
  }

 private:
  pqxx::result exec(const std::string& sql) { return pqxx::nontransaction(connection_).exec(sql); }

  std::string plan(const std::string& statement) {
    std::string nulls;
    for (std::size_t i = storage::parameter_count(statement); i > 0; --i) nulls += nulls.empty() ? "(NULL" : ", NULL";
    if (!nulls.empty()) nulls += ')';
    exec("PREPARE looked_at AS " + statement);
    const std::string json = exec("EXPLAIN (FORMAT JSON) EXECUTE looked_at" + nulls)[0][0].c_str();
    exec("DEALLOCATE looked_at");
    return json;
  }

  static std::string text(simdjson::dom::element node, std::string_view key) {
    std::string_view value;
    return node.at_key(key).get(value) == simdjson::SUCCESS ? std::string(value) : std::string();
  }

  std::string fault_in(simdjson::dom::element node, const std::string& heap) {
    const std::string type = text(node, "Node Type");
    std::string table = text(node, "Relation Name");
    if (type == "Bitmap Index Scan") table = heap;
    std::string out;
    if (tables_.contains(table) && type.ends_with("Scan")) {
      const std::string condition = text(node, "Index Cond");
      const std::string_view owner = table == "users" ? "(id = " : "(user_id = ";
      if (type != "Bitmap Heap Scan" && condition.find(owner) == std::string::npos) {
        out = fmt::format("{} of {} by {}\n", type, table, condition.empty() ? "nothing" : condition);
      }
    }
    simdjson::dom::array children;
    if (node.at_key("Plans").get(children) != simdjson::SUCCESS) return out;
    for (const simdjson::dom::element child : children) out += fault_in(child, table);
    return out;
  }

  pqxx::connection connection_;
  UserTables tables_;
};

class SqlitePlans {
 public:
  explicit SqlitePlans(const World& world) {
    REQUIRE(sqlite3_open(world.store_url().substr(std::string_view("sqlite:").size()).c_str(), &db_) == SQLITE_OK);
    for (const Table& table : tables_of(world.engine->store())) all_tables_.insert(table.name);
    tables_ = user_tables(world.engine->store());
    for (const auto& row : exec("SELECT name, tbl_name FROM sqlite_schema WHERE type = 'index'")) {
      table_of_index_[row[0]] = row[1];
    }
    const std::string numbers = fmt::format(
        "WITH RECURSIVE all_users (u) AS (SELECT 1 UNION ALL SELECT u + 1 FROM all_users WHERE u < {}), "
        "all_rows (k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM all_rows WHERE k < {}) "
        "SELECT u, k FROM all_users, all_rows",
        kUsers, kRowsOfUser - 1);
    exec("PRAGMA ignore_check_constraints = ON");
    exec("BEGIN");
    for (const auto& [name, table] : tables_) {
      exec(fill_statement(table, kSqliteValues, numbers, "printf('00000000-0000-7000-9000-%012x', u)"));
    }
    exec("COMMIT");
    exec("ANALYZE");
  }
  ~SqlitePlans() { sqlite3_close(db_); }
  SqlitePlans(const SqlitePlans&) = delete;
  SqlitePlans& operator=(const SqlitePlans&) = delete;

  std::string fault(const std::string& statement) {
    const auto names = names_in(statement);
    std::string out;
    for (const auto& row : exec("EXPLAIN QUERY PLAN " + statement)) {
      const std::string& step = row.at(3);
      const bool scans = step.starts_with("SCAN ");
      if (!scans && !step.starts_with("SEARCH ")) continue;
      const std::size_t at = scans ? 5 : 7;
      const std::string table = table_of(step, names.find(step.substr(at, step.find(' ', at) - at)), names.end());
      if (!tables_.contains(table)) continue;
      const std::string_view owner = table == "users" ? "(id=?" : "user_id=?";
      const bool made_now = step.find(" AUTOMATIC ") != std::string::npos;  // an index over all rows
      if (scans || made_now || step.find(owner) == std::string::npos) out += fmt::format("{}: {}\n", table, step);
    }
    return out;
  }

 private:
  std::vector<std::vector<std::string>> exec(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    REQUIRE_MESSAGE(sqlite3_prepare_v2(db_, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK, sqlite3_errmsg(db_)
                                                                                                    << ": " << sql);
    std::vector<std::vector<std::string>> rows;
    int step = SQLITE_ROW;
    while ((step = sqlite3_step(statement)) == SQLITE_ROW) {
      auto& row = rows.emplace_back();
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
        row.emplace_back(text == nullptr ? "" : text);
      }
    }
    CHECK_MESSAGE(step == SQLITE_DONE, sqlite3_errmsg(db_) << ": " << sql);
    sqlite3_finalize(statement);
    return rows;
  }

  using Names = std::map<std::string, std::set<std::string>>;

  // The table of a step of a plan: that of its index, else the one that its name stands for, if it is only one.
  std::string table_of(const std::string& step, Names::const_iterator name, Names::const_iterator end) const {
    constexpr std::string_view kIndex = " INDEX ";
    if (const std::size_t at = step.find(kIndex); at != std::string::npos) {
      const std::size_t start = at + kIndex.size();
      const auto index = table_of_index_.find(step.substr(start, step.find(' ', start) - start));
      if (index != table_of_index_.end()) return index->second;
    }
    return name != end && name->second.size() == 1 ? *name->second.begin() : std::string();
  }

  // The tables of a statement by the names that it uses for them: their own and what follows those.
  Names names_in(const std::string& statement) const {
    static const std::set<std::string> kNoAlias{"WHERE", "SET",   "ON",    "JOIN",  "LEFT",   "GROUP", "ORDER",
                                                "UNION", "LIMIT", "CROSS", "USING", "VALUES", "INNER"};
    Names out;
    std::vector<std::string> words;
    std::string word;
    for (const char c : statement + " ") {
      if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_') {
        word += c;
        continue;
      }
      if (!word.empty()) words.push_back(std::exchange(word, {}));
      if (std::isspace(static_cast<unsigned char>(c)) == 0) words.emplace_back(1, c);
    }
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (!all_tables_.contains(words[i])) continue;
      out[words[i]] = {words[i]};
      std::size_t next = i + 1;
      if (next < words.size() && words[next] == "AS") ++next;
      const bool named = next < words.size() && std::isalpha(static_cast<unsigned char>(words[next][0])) != 0;
      if (named && !kNoAlias.contains(words[next])) out[words[next]].insert(words[i]);
    }
    return out;
  }

  sqlite3* db_ = nullptr;
  UserTables tables_;
  std::set<std::string> all_tables_;
  std::map<std::string, std::string> table_of_index_;
};

template <class Plans>
void check_all(Plans& plans) {
  const auto statements = statements_of_users();
  REQUIRE_MESSAGE(!statements.empty(), "run together with the tests of the domains");
  for (const std::string& statement : statements) {
    std::string fault;
    try {
      fault = plans.fault(statement);
    } catch (const std::exception& error) {
      fault = error.what();
    }
    std::string by;
    if (!fault.empty()) {
      for (const auto& name : statement_log().all()[statement]) by += (by.empty() ? "" : ", ") + name;
    }
    CHECK_MESSAGE(fault.empty(), fault << "statement of " << by << ": " << statement);
  }
}

}  // namespace

TEST_CASE(
    "every statement of every operation finds its user's rows among a thousand users by an index, in PostgreSQL") {
  World world("postgres");
  PostgresPlans plans(world);
  check_all(plans);
}

TEST_CASE("every statement of every operation finds its user's rows among a thousand users by an index, in SQLite") {
  World world("file");
  SqlitePlans plans(world);
  check_all(plans);
}

}  // namespace ignition::test
