// One connection to a SQLite database: prepared statements, binding, rows, and errors in the library's words.
#pragma once

#include <sqlite3.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ignition/storage.hpp"
#include "storage/rights.hpp"

namespace ignition::storage {

// Where a database lies. A database in memory belongs to the connection that opened it.
struct SqliteFile {
  std::string path;
  bool in_memory() const { return path == ":memory:"; }
};

// For one thread at a time; the owner hands it on with a mutex in between.
class SqliteConnection {
 public:
  using OnRow = void (*)(void* target, const RowView& row);

  // Opens (and makes) the file and sets the connection up as data-model rule 11.4 says. Throws UNAVAILABLE.
  SqliteConnection(const SqliteFile& file, const StoreOptions& options);
  ~SqliteConnection();
  SqliteConnection(const SqliteConnection&) = delete;
  SqliteConnection& operator=(const SqliteConnection&) = delete;

  // Runs one statement of the program, prepared once. Returns the number of rows it changed.
  std::int64_t run(Sql sql, std::span<const Param> params, void* target, OnRow on_row, Rights rights);
  // Runs a reading statement that is not worth keeping.
  void run_once(std::string_view sql, std::span<const Param> params, void* target, OnRow on_row);
  // Runs a statement that has neither parameters nor rows, for example BEGIN.
  void command(Sql sql);
  // Runs a script of several statements, not prepared.
  void script(const std::string& text);
  // True outside a transaction, also when SQLite itself has rolled one back after an error.
  bool in_autocommit() const { return sqlite3_get_autocommit(db_.get()) != 0; }

  template <class Row, class... Args>
  std::vector<Row> query(Sql sql, const Args&... args) {
    const std::array<Param, sizeof...(Args)> params{detail::to_param(args)...};
    std::vector<Row> rows;
    const OnRow append = [](void* target, const RowView& view) {
      read_row(view, type_info<Row>, &static_cast<std::vector<Row>*>(target)->emplace_back());
    };
    run(sql, params, &rows, append, Rights::read);
    return rows;
  }

 private:
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  struct Statement {
    std::string text;
    std::unique_ptr<sqlite3_stmt, Finalize> handle;
    std::vector<int> parameters;  // for each of SQLite's positions, n - 1 of its `$n`
    std::size_t expected = 0;     // greatest n
    bool writes = false;
    bool running = false;
  };
  class Run;

  std::unique_ptr<Statement> prepare(std::string_view text);
  Statement& prepared(Sql sql);
  std::int64_t run(Statement& statement, std::span<const Param> params, void* target, OnRow on_row, Rights rights);
  void set_up(const SqliteFile& file, const StoreOptions& options);
  void enter_wal(int busy_timeout_ms);
  // Asked by SQLite, the n-th time for one lock, whether to look again: until the busy timeout.
  static int wait_for_lock(void* connection, int n);
  // Throws what the last failure means.
  [[noreturn]] void fail(std::string_view sql, std::span<const Param> params);
  [[noreturn]] void fail_constraint(int code, std::string_view sql, std::span<const Param> params);
  [[noreturn]] void refuse_duplicate(std::string_view columns);
  void report(std::string_view sql) const;

  std::unique_ptr<sqlite3, Close> db_;
  std::chrono::milliseconds patience_;
  std::chrono::steady_clock::time_point waiting_since_;
  std::unordered_map<const char*, std::unique_ptr<Statement>> statements_;  // by the address of the program's text
  std::function<void(std::string_view)> log_;
};

}  // namespace ignition::storage
