// Rows of users in every table that a database has, made without the product: for tests that must see every table.
#pragma once

#include <sqlite3.h>

#include <map>
#include <memory>
#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <pqxx/result>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/tables.hpp"
#include "support/world.hpp"

namespace ignition::test {

// An SQL expression for each type of column, made from the number `k` of a row among its user's: every user has the
// same values, so that nothing but the user's id finds few rows.
using Values = std::map<std::string, std::string, std::less<>>;

inline const Values kPostgresValues{{"UUID", "CAST('00000000-0000-7000-a000-' || lpad(to_hex(k), 12, '0') AS UUID)"},
                                    {"TEXT", "'x' || k"},
                                    {"INT", "k"},
                                    {"BIGINT", "k"},
                                    {"DOUBLE PRECISION", "k"},
                                    {"BOOLEAN", "k % 2 = 0"},
                                    {"TIMESTAMPTZ", "TIMESTAMPTZ '2026-03-01' + k * INTERVAL '1 minute'"},
                                    {"DATE", "DATE '2026-03-01' + k"},
                                    {"JSONB", "CAST('{}' AS JSON)"},
                                    {"BYTEA", "CAST('x' AS BYTEA)"}};

inline const Values kSqliteValues{
    {"UUID", "printf('00000000-0000-7000-a000-%012x', k)"},
    {"TEXT", "'x' || k"},
    {"INT", "k"},
    {"BIGINT", "k"},
    {"DOUBLE PRECISION", "k + 0.5"},
    {"BOOLEAN", "k % 2 = 0"},
    {"TIMESTAMPTZ", "strftime('%Y-%m-%dT%H:%M:%S.000000Z', 1772323200 + k * 60, 'unixepoch')"},
    {"DATE", "date('2026-03-01', '+' || k || ' days')"},
    {"JSONB", "'{}'"},
    {"BYTEA", "x'00'"}};

// The columns by which a row of the table names its user.
inline std::vector<std::string_view> user_columns(const Table& table) {
  if (table.name == "users") return {"id"};
  if (table.name == "audit_log") return {"subject_user_id", "actor_user_id"};
  if (table.has("user_id")) return {"user_id"};
  return {};
}

// `numbers`: a query of k (and what `user` needs); `user`: an expression of the user's id.
inline std::string fill_statement(const Table& table, const Values& values, std::string_view numbers,
                                  std::string_view user) {
  const auto owners = user_columns(table);
  std::string names;
  std::string made;
  for (const auto& column : table.columns) {
    const bool owner = std::ranges::find(owners, column.name) != owners.end();
    names += (names.empty() ? "" : ", ") + column.name;
    made += (made.empty() ? "" : ", ") + (owner ? std::string(user) : values.at(column.type));
  }
  return fmt::format("INSERT INTO {} ({}) SELECT {} FROM ({}) AS numbers WHERE TRUE ON CONFLICT DO NOTHING", table.name,
                     names, made, numbers);
}

// A way into a store in a file or a server that knows no foreign keys, checks and triggers.
class BackDoor {
 public:
  explicit BackDoor(const std::string& store_url) {
    constexpr std::string_view kSqlite = "sqlite:";
    if (store_url.starts_with(kSqlite)) {
      sqlite3* db = nullptr;
      REQUIRE(sqlite3_open(store_url.substr(kSqlite.size()).c_str(), &db) == SQLITE_OK);
      sqlite_.reset(db);
      sqlite3_busy_timeout(db, 10'000);
      run("PRAGMA ignore_check_constraints = ON; PRAGMA synchronous = OFF");
      return;
    }
    postgres_ = std::make_unique<pqxx::connection>(store_url);
    run("SET session_replication_role = replica; SET client_min_messages = warning");
    const auto checks =
        pqxx::nontransaction(*postgres_)
            .exec(
                "SELECT CAST(conrelid AS regclass), conname FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0");
    for (const auto& row : checks) {
      run(fmt::format("ALTER TABLE {} DROP CONSTRAINT {}", row[0].c_str(), row[1].c_str()));
    }
  }

  void run(const std::string& sql) {
    if (sqlite_) {
      const int code = sqlite3_exec(sqlite_.get(), sql.c_str(), nullptr, nullptr, nullptr);
      REQUIRE_MESSAGE(code == SQLITE_OK, sqlite3_errmsg(sqlite_.get()) << ": " << sql);
    } else {
      pqxx::nontransaction(*postgres_).exec(sql);
    }
  }

  // Gives the user rows in every table that has users: those with the numbers from `first`, unless they are there. What
  // they say is nothing that the product would have written; only accounts and settings, which every call reads, stay
  // as they are.
  void fill(const std::vector<Table>& tables, const Uuid& user, int first, int rows) {
    const std::string numbers =
        fmt::format("WITH RECURSIVE n (k) AS (SELECT {} UNION ALL SELECT k + 1 FROM n WHERE k < {}) SELECT k FROM n",
                    first, first + rows - 1);
    const std::string id = sqlite_ ? fmt::format("'{}'", user.text()) : fmt::format("CAST('{}' AS UUID)", user.text());
    for (const Table& table : tables) {
      if (table.name == "users" || table.name == "user_settings" || user_columns(table).empty()) continue;
      run(fill_statement(table, sqlite_ ? kSqliteValues : kPostgresValues, numbers, id));
    }
  }

 private:
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close(db); }
  };
  std::unique_ptr<sqlite3, Close> sqlite_;
  std::unique_ptr<pqxx::connection> postgres_;
};

}  // namespace ignition::test
