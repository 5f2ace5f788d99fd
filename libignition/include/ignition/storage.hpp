// The storage port. Domains speak to it in portable SQL with `$1` parameters and get described rows back; adapters
// (SQLite, PostgreSQL) implement a handful of virtual functions.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ignition/describe.hpp"

namespace ignition {

// One statement. Its text lives as long as the program; it is prepared once per connection.
struct Sql {
  std::string_view text;
  // In a glance: it runs by itself, without the snapshot of the statements before it. Its caller sees from what it
  // answers whether it belongs to them, and else begins again (write_conflict).
  bool alone = false;
  // Runs seldom and is not kept prepared; its text need not outlive the call.
  bool once = false;
};

// Bytes for a BYTEA column.
struct BytesView {
  std::string_view bytes;
};

// The absence of a value of some kind; PostgreSQL wants to know of which.
struct Null {
  Kind kind = Kind::text;
};

// A bound parameter. Views stay valid during the call only.
using Param = std::variant<Null, bool, std::int64_t, double, std::string_view, BytesView, Uuid, Instant, LocalDate>;

// A column of a row as the database gives it.
struct Cell {
  enum class Type : std::uint8_t { null, integer, real, text, blob };
  Type type = Type::null;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view text;  // text and blob; valid until the next cell of the row is asked for
};

class RowView {
 public:
  virtual int size() const = 0;
  virtual Cell cell(int column) const = 0;

 protected:
  ~RowView() = default;
};

// Fills a described object from the columns of a row, in described order, or a scalar from the first column.
void read_row(const RowView& row, const TypeInfo& type, void* out);
// The parameters of a described object's fields, in described order (lists, objects and maps as JSON text, which is
// kept in `texts`).
std::vector<Param> params_of(const TypeInfo& type, const void* object, std::vector<std::string>& texts);
// `INSERT INTO table (fields) VALUES ($1, ...)` for a described row type.
Sql insert_statement(const TypeInfo& row, std::string_view table);

namespace detail {
Param param_of(const TypeInfo& type, const void* value);

template <class T>
Param to_param(const T& value) {
  if constexpr (std::is_same_v<T, Param>) {
    return value;
  } else if constexpr (std::is_same_v<T, bool>) {
    return value;
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<std::int64_t>(value);
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    return std::string_view(value);
  } else {
    return param_of(type_info<T>, &value);
  }
}
inline Param to_param(std::nullopt_t) { return Null{}; }
}  // namespace detail

// `read` sees one snapshot. `glance` is a read whose first statement is often its last: PostgreSQL runs that one alone,
// opens the snapshot with the second, and throws UNAVAILABLE `write_conflict` when the first would answer otherwise in
// it, so the caller must be ready to begin again.
enum class Mode : std::uint8_t { read, write, glance };

// A transaction on one connection; for one thread, which must not begin a second write while the first is open.
// Destroying it without commit() rolls it back. Violated constraints become Errors: a key is CONFLICT `already_exists`
// with details.constraint and details.fields, a missing parent NOT_FOUND `unknown_link`, a deleted parent in use
// CONFLICT `in_use`. A busy or lost database is UNAVAILABLE. After an Error only what was done before the enclosing
// attempt() can go on: statements whose refusal is expected stand in one.
class Transaction {
 public:
  virtual ~Transaction() = default;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  template <class Row, class... Args>
  std::vector<Row> query(Sql sql, const Args&... args) {
    std::vector<Row> rows;
    each<Row>(
        sql, [&rows](Row&& row) { rows.push_back(std::move(row)); }, args...);
    return rows;
  }
  // The only row, or nothing. More than one is an internal error.
  template <class Row, class... Args>
  std::optional<Row> maybe(Sql sql, const Args&... args) {
    std::optional<Row> found;
    each<Row>(
        sql,
        [&found](Row&& row) {
          if (found) throw Error(Code::INTERNAL, "A statement for one row returned more.");
          found = std::move(row);
        },
        args...);
    return found;
  }
  // The only row; none is an internal error.
  template <class Row, class... Args>
  Row one(Sql sql, const Args&... args) {
    auto row = maybe<Row>(sql, args...);
    if (!row) throw Error(Code::INTERNAL, "A statement for one row returned none.");
    return std::move(*row);
  }
  // Calls `use(Row&&)` for every row.
  template <class Row, class Use, class... Args>
  void each(Sql sql, Use&& use, const Args&... args) {
    const std::array<Param, sizeof...(Args)> params{detail::to_param(args)...};
    run(sql, params, &use, [](void* target, const RowView& view) {
      Row row{};
      read_row(view, type_info<Row>, &row);
      (*static_cast<std::remove_reference_t<Use>*>(target))(std::move(row));
    });
  }
  // Calls `use` for every row of a statement whose columns only the running program knows.
  void each_view(Sql sql, std::span<const Param> params, const std::function<void(const RowView&)>& use) {
    run(sql, params, const_cast<std::function<void(const RowView&)>*>(&use), [](void* target, const RowView& row) {
      (*static_cast<const std::function<void(const RowView&)>*>(target))(row);
    });
  }
  // Runs a statement without rows; returns the number of changed rows.
  template <class... Args>
  std::int64_t execute(Sql sql, const Args&... args) {
    const std::array<Param, sizeof...(Args)> params{detail::to_param(args)...};
    return run(sql, params, nullptr, nullptr);
  }
  // Inserts a described row; `Row::table` names its table.
  template <class Row>
  void insert(const Row& row) {
    insert_row(type_info<Row>, Row::table, &row);
  }
  template <class Row>
  void insert_many(std::span<const Row> rows) {
    std::vector<const void*> pointers;
    pointers.reserve(rows.size());
    for (const Row& row : rows) pointers.push_back(&row);
    insert_rows(type_info<Row>, Row::table, pointers);
  }

  // Takes the user's row lock until the end of the transaction. Every write does this first.
  virtual void lock_user(const Uuid& user) = 0;
  // Makes everything since begin() durable. Returns only when it is. May wait for other writers' transactions (group
  // commit), so the caller must hold nothing that they need. When it throws, nothing of the transaction is stored.
  virtual void commit() = 0;
  // Runs `work` so that an exception out of it undoes what it did, and nothing else, before it goes on.
  virtual void attempt(const std::function<void()>& work) = 0;

  // `watcher`, which must outlive the transaction, is told every statement before it runs.
  using Watcher = std::function<void(std::string_view statement)>;
  void watch(const Watcher& watcher) { watcher_ = &watcher; }

  // How long each statement of the transaction took is appended to `durations`, which must outlive it.
  void time(std::vector<std::chrono::nanoseconds>& durations) { durations_ = &durations; }

  // Rows written by this transaction so far (attempts that failed included).
  std::int64_t rows_changed() const { return rows_changed_; }
  // Statements run so far.
  std::int64_t statements() const { return statements_; }

 protected:
  Transaction() = default;
  using OnRow = void (*)(void* target, const RowView& row);
  // Runs one statement; calls on_row (if any) for each row; returns the number of changed rows.
  virtual std::int64_t run_statement(Sql sql, std::span<const Param> params, void* target, OnRow on_row) = 0;
  virtual void insert_rows(const TypeInfo& row, std::string_view table, std::span<const void* const> rows);
  // Counts a statement that did not pass through run_statement.
  void count_statement(std::int64_t changed) {
    ++statements_;
    rows_changed_ += changed;
  }

 private:
  std::int64_t run(Sql sql, std::span<const Param> params, void* target, OnRow on_row) {
    count_statement(0);
    if (watcher_ != nullptr) (*watcher_)(sql.text);
    const std::int64_t changed =
        durations_ == nullptr ? run_statement(sql, params, target, on_row) : run_timed(sql, params, target, on_row);
    rows_changed_ += changed;
    return changed;
  }
  std::int64_t run_timed(Sql sql, std::span<const Param> params, void* target, OnRow on_row);
  void insert_row(const TypeInfo& type, std::string_view table, const void* row);

  std::int64_t rows_changed_ = 0;
  std::int64_t statements_ = 0;
  const Watcher* watcher_ = nullptr;
  std::vector<std::chrono::nanoseconds>* durations_ = nullptr;
};

// The error of work that another write came in between of; it may run again.
Error write_conflict();

// True for an error of a transaction that is not stored and that another run of the same work may well get through:
// another write came in between, or the connection was lost before the commit.
bool may_run_again(const Error& error);

// Connections to the database at one moment.
struct StoreConnections {
  int in_use = 0;
  int idle = 0;
  int max = 0;
};
BOOST_DESCRIBE_STRUCT(StoreConnections, (), (in_use, idle, max))

// State of one migration.
struct Migration {
  int version = 0;
  std::string name;
  bool applied = false;
  std::optional<Instant> applied_at;
};
BOOST_DESCRIBE_STRUCT(Migration, (), (version, name, applied, applied_at))

struct StoreOptions {
  // SQLite: how a commit is made durable. `full` survives power loss, `normal` survives a crash of the process only,
  // `off` is for throw-away stores.
  enum class Durability : std::uint8_t { full, normal, off };
  Durability durability = Durability::full;
  bool group_commit = true;    // queued writes share one synchronisation with the disk
  int readers = 8;             // SQLite: greatest number of connections for reading
  int busy_timeout_ms = 5000;  // SQLite: longest wait for another writer, here or elsewhere, and for a reader
  // PostgreSQL: connections.
  int pool_max = 20;
  int pool_min_idle = 5;                       // kept ready
  std::chrono::milliseconds pool_wait{30000};  // longest wait for one to come free
  std::chrono::milliseconds patience{1000};    // how long one is tried to be made while the server is away
  std::chrono::seconds pool_idle{600};         // those above pool_min_idle that nobody used for so long are closed
  std::chrono::seconds pool_lifetime{1800};    // none grows older
  int statement_timeout_ms = 10000;
  int lock_timeout_ms = 5000;
  // The server is reached through a pooler that gives every transaction another session (PgBouncer's transaction mode):
  // nothing is prepared, and settings are made per transaction.
  bool transaction_pooler = false;
  // Takes a line for the operator whenever the database refuses or fails a statement. It may name SQL and constraints,
  // which no Error does. Empty: standard error.
  std::function<void(std::string_view)> log{};
};

// A database. Thread-safe.
class Store {
 public:
  virtual ~Store() = default;

  // `sqlite:path`, `sqlite:///absolute/path`, `sqlite::memory:`: makes the file when it is missing.
  // `postgresql://...`, `postgres://...` or keywords as libpq takes them (`host=... dbname=...`): the database must be
  // there, with encoding UTF8 and collation C. Throws VALIDATION_ERROR for a URL it does not understand, UNAVAILABLE
  // when the database cannot be opened.
  static std::unique_ptr<Store> open(std::string_view url, const StoreOptions& options = {});

  virtual std::unique_ptr<Transaction> begin(Mode mode) = 0;
  virtual std::string_view backend() const = 0;  // "sqlite" or "postgresql"
  virtual bool is_remote() const = 0;            // a server's, which programs on several machines share
  virtual StoreConnections connections() { return {}; }

  // Migrations known to this program or recorded in the database, in order. Throws CONFLICT reason `newer_schema` when
  // the database knows one that the program does not, `changed_migration` when an applied text has changed.
  virtual std::vector<Migration> migrations() = 0;
  // Applies all pending migrations (or those up to `target`), each in one transaction; safe to call from several
  // processes at once. Returns those applied now.
  virtual std::vector<Migration> migrate_up(Instant now, std::optional<int> target = {}) = 0;
  // Takes back applied migrations above `target`. Returns those taken back.
  virtual std::vector<Migration> migrate_down(int target) = 0;
  // Normalised description of tables, columns, keys and indexes; equal on both databases.
  virtual std::string describe_schema() = 0;
  // Throws UNAVAILABLE when a trivial query does not answer.
  virtual void ping() = 0;
};

}  // namespace ignition
