#include "storage/sqlite_connection.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <thread>

#include "storage/sqlite_error.hpp"

namespace ignition::storage {
namespace {

class StatementRow final : public RowView {
 public:
  explicit StatementRow(sqlite3_stmt* statement) : statement_(statement) {}
  int size() const override { return sqlite3_column_count(statement_); }
  Cell cell(int column) const override {
    switch (sqlite3_column_type(statement_, column)) {
      case SQLITE_INTEGER:
        return {.type = Cell::Type::integer, .integer = sqlite3_column_int64(statement_, column)};
      case SQLITE_FLOAT:
        return {.type = Cell::Type::real, .real = sqlite3_column_double(statement_, column)};
      case SQLITE_TEXT:
        return {.type = Cell::Type::text, .text = {text(column), length(column)}};
      case SQLITE_BLOB:
        return {.type = Cell::Type::blob,
                .text = {static_cast<const char*>(sqlite3_column_blob(statement_, column)), length(column)}};
      default:
        return {};
    }
  }

 private:
  const char* text(int column) const { return reinterpret_cast<const char*>(sqlite3_column_text(statement_, column)); }
  std::size_t length(int column) const { return static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)); }

  sqlite3_stmt* statement_;
};

// Binds one value; texts and bytes are borrowed until the statement is reset.
class Binder {
 public:
  Binder(sqlite3_stmt* statement, int position) : statement_(statement), position_(position) {}

  int operator()(Null) const { return sqlite3_bind_null(statement_, position_); }
  int operator()(bool value) const { return sqlite3_bind_int(statement_, position_, value ? 1 : 0); }
  int operator()(std::int64_t value) const { return sqlite3_bind_int64(statement_, position_, value); }
  int operator()(double value) const { return sqlite3_bind_double(statement_, position_, value); }
  // A null pointer would bind NULL, and an empty view may hold one.
  int operator()(std::string_view value) const {
    return sqlite3_bind_text64(statement_, position_, value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC,
                               SQLITE_UTF8);
  }
  int operator()(BytesView value) const {
    const std::string_view bytes = value.bytes;
    return sqlite3_bind_blob64(statement_, position_, bytes.empty() ? "" : bytes.data(), bytes.size(), SQLITE_STATIC);
  }
  int operator()(const Uuid& value) const {
    std::array<char, 36> text;
    value.write(text);
    return copied({text.data(), text.size()});
  }
  int operator()(Instant value) const { return copied(value.text()); }
  int operator()(LocalDate value) const { return copied(value.text()); }

 private:
  int copied(std::string_view text) const {
    return sqlite3_bind_text64(statement_, position_, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }

  sqlite3_stmt* statement_;
  int position_;
};

const char* synchronous(StoreOptions::Durability durability) {
  switch (durability) {
    case StoreOptions::Durability::full:
      return "FULL";
    case StoreOptions::Durability::normal:
      return "NORMAL";
    case StoreOptions::Durability::off:
      return "OFF";
  }
  return "FULL";
}

}  // namespace

// A statement that is stepping; left, it is ready for the next run, however it was left.
class SqliteConnection::Run {
 public:
  explicit Run(Statement& statement) : statement_(statement) { statement_.running = true; }
  ~Run() {
    sqlite3_reset(statement_.handle.get());
    statement_.running = false;
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

 private:
  Statement& statement_;
};

SqliteConnection::SqliteConnection(const SqliteFile& file, const StoreOptions& options)
    : patience_(options.busy_timeout_ms), log_(options.log) {
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(file.path.c_str(), &db,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  db_.reset(db);
  if (code != SQLITE_OK || sqlite3_db_readonly(db, "main") != 0) {
    throw Error(Code::UNAVAILABLE, "The database cannot be opened for writing.").because("cannot_open");
  }
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_handler(db, &SqliteConnection::wait_for_lock, this);
  set_up(file, options);
}

SqliteConnection::~SqliteConnection() = default;

void SqliteConnection::set_up(const SqliteFile& file, const StoreOptions& options) {
  if (!file.in_memory()) enter_wal(options.busy_timeout_ms);
  script(
      fmt::format("PRAGMA synchronous = {}; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; "
                  "PRAGMA cell_size_check = ON; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY; "
                  "PRAGMA mmap_size = 268435456; PRAGMA journal_size_limit = 67108864;",
                  synchronous(options.durability)));
}

// The busy handler is not asked while the journal mode changes, so two openers of a new file meet here.
void SqliteConnection::enter_wal(int busy_timeout_ms) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(busy_timeout_ms);
  for (;;) {
    const int code = sqlite3_exec(db_.get(), "PRAGMA journal_mode = WAL", nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return;
    const bool busy = (code & 0xFF) == SQLITE_BUSY || (code & 0xFF) == SQLITE_LOCKED;
    if (!busy || std::chrono::steady_clock::now() > deadline) fail("PRAGMA journal_mode = WAL", {});
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

// SQLite's own handler sleeps up to 100 ms between two looks. A process that writes without pause leaves the lock free
// for moments only, which nobody catches who looks so seldom.
int SqliteConnection::wait_for_lock(void* connection, int n) {
  auto& self = *static_cast<SqliteConnection*>(connection);
  const auto now = std::chrono::steady_clock::now();
  if (n == 0) self.waiting_since_ = now;
  if (now - self.waiting_since_ >= self.patience_) return 0;
  std::this_thread::sleep_for(std::chrono::microseconds(n < 10 ? 100 : 1000));
  return 1;
}

std::unique_ptr<SqliteConnection::Statement> SqliteConnection::prepare(std::string_view text) {
  auto statement = std::make_unique<Statement>();
  statement->text = text;
  sqlite3_stmt* handle = nullptr;
  const char* tail = nullptr;
  const int code = sqlite3_prepare_v3(db_.get(), statement->text.c_str(), static_cast<int>(text.size() + 1),
                                      SQLITE_PREPARE_PERSISTENT, &handle, &tail);
  statement->handle.reset(handle);
  if (code != SQLITE_OK) fail(text, {});
  if (handle == nullptr || !trimmed(tail).empty()) throw Error(Code::INTERNAL, "A statement is not exactly one.");
  statement->writes = sqlite3_stmt_readonly(handle) == 0;
  // `$n` is a name to SQLite: its position is the order of first appearance (data-model rule 11.3.4).
  const int count = sqlite3_bind_parameter_count(handle);
  for (int position = 1; position <= count; ++position) {
    const char* name = sqlite3_bind_parameter_name(handle, position);
    const std::string_view view = name == nullptr ? "" : name;
    std::size_t n = 0;
    const auto [end, error] =
        std::from_chars(view.data() + std::min<std::size_t>(1, view.size()), view.data() + view.size(), n);
    if (!view.starts_with('$') || error != std::errc{} || end != view.data() + view.size() || n == 0) {
      throw Error(Code::INTERNAL, "A statement has a parameter that is not $1, $2, ...");
    }
    statement->parameters.push_back(static_cast<int>(n) - 1);
    statement->expected = std::max(statement->expected, n);
  }
  return statement;
}

SqliteConnection::Statement& SqliteConnection::prepared(Sql sql) {
  auto& statement = statements_[sql.text.data()];
  if (!statement || statement->text != sql.text) statement = prepare(sql.text);
  return *statement;
}

std::int64_t SqliteConnection::run(Sql sql, std::span<const Param> params, void* target, OnRow on_row, Rights rights) {
  if (!sql.once) {
    Statement& statement = prepared(sql);
    if (!statement.running) return run(statement, params, target, on_row, rights);
    // Asked for again out of its own rows.
  }
  const auto another = prepare(sql.text);
  return run(*another, params, target, on_row, rights);
}

std::int64_t SqliteConnection::run(Statement& statement, std::span<const Param> params, void* target, OnRow on_row,
                                   Rights rights) {
  if (params.size() != statement.expected) {
    throw Error(Code::INTERNAL, "A statement was given another number of parameters than it has.");
  }
  if (statement.writes && rights == Rights::read) throw Error(Code::INTERNAL, "A read transaction tried to write.");
  sqlite3_stmt* handle = statement.handle.get();
  const Run running(statement);
  int position = 0;
  for (const int parameter : statement.parameters) {
    const Binder bind(handle, ++position);
    if (std::visit(bind, params[static_cast<std::size_t>(parameter)]) != SQLITE_OK) fail(statement.text, params);
  }
  int code = sqlite3_step(handle);
  for (; code == SQLITE_ROW; code = sqlite3_step(handle)) {
    if (on_row != nullptr) on_row(target, StatementRow(handle));
  }
  if (code != SQLITE_DONE) fail(statement.text, params);
  return statement.writes ? sqlite3_changes64(db_.get()) : 0;
}

void SqliteConnection::run_once(std::string_view sql, std::span<const Param> params, void* target, OnRow on_row) {
  const auto statement = prepare(sql);
  run(*statement, params, target, on_row, Rights::read);
}

void SqliteConnection::command(Sql sql) { run(sql, {}, nullptr, nullptr, Rights::write); }

void SqliteConnection::script(const std::string& text) {
  if (sqlite3_exec(db_.get(), text.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail(text, {});
}

}  // namespace ignition::storage
