#include "storage/sqlite_store.hpp"

#include <algorithm>

#include "storage/sqlite_statistics.hpp"
#include "storage/sqlite_writer.hpp"

namespace ignition::storage {
namespace {

constexpr Sql kBegin{"BEGIN"};
constexpr Sql kBeginExclusive{"BEGIN IMMEDIATE"};
constexpr Sql kCommit{"COMMIT"};
constexpr Sql kRollback{"ROLLBACK"};
constexpr Sql kSavepoint{"SAVEPOINT attempt"};
constexpr Sql kRelease{"RELEASE attempt"};
constexpr Sql kUndo{"ROLLBACK TO attempt"};
constexpr Sql kPing{"SELECT count(*) FROM sqlite_schema"};
constexpr Sql kHasMigrations{"SELECT count(*) FROM sqlite_schema WHERE name = 'schema_migrations'"};
constexpr Sql kApplied{"SELECT version, name, checksum, applied_at FROM schema_migrations ORDER BY version"};
constexpr Sql kForget{"DELETE FROM schema_migrations WHERE version = $1"};

// Connections for reading; the one used last is used next, so that a quiet store keeps few busy.
class Readers {
 public:
  Readers(SqliteFile file, StoreOptions options) : file_(std::move(file)), options_(std::move(options)) {}

  std::unique_ptr<SqliteConnection> take() {
    std::unique_lock lock(mutex_);
    const auto free = [this] { return !idle_.empty() || opened_ < std::max(1, options_.readers); };
    if (!returned_.wait_for(lock, std::chrono::milliseconds(options_.busy_timeout_ms), free)) {
      throw Error(Code::UNAVAILABLE, "Too many reads at once. Try again.").because("busy");
    }
    if (!idle_.empty()) {
      auto connection = std::move(idle_.back());
      idle_.pop_back();
      return connection;
    }
    ++opened_;
    lock.unlock();
    try {
      return std::make_unique<SqliteConnection>(file_, options_);
    } catch (...) {
      give_up();
      throw;
    }
  }
  void give_back(std::unique_ptr<SqliteConnection> connection) {
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(connection));
    returned_.notify_one();
  }
  StoreConnections count() {
    const std::scoped_lock lock(mutex_);
    const int idle = static_cast<int>(idle_.size());
    return {.in_use = opened_ - idle, .idle = idle, .max = std::max(1, options_.readers)};
  }
  // A connection that is not fit for another use was thrown away.
  void give_up() {
    const std::scoped_lock lock(mutex_);
    --opened_;
    returned_.notify_one();
  }

 private:
  const SqliteFile file_;
  const StoreOptions options_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<SqliteConnection>> idle_;
  int opened_ = 0;
};

void attempt_on(SqliteConnection& connection, const std::function<void()>& work) {
  connection.command(kSavepoint);
  try {
    work();
  } catch (...) {
    // After an error that rolled back everything there is no savepoint left.
    if (!connection.in_autocommit()) {
      connection.command(kUndo);
      connection.command(kRelease);
    }
    throw;
  }
  connection.command(kRelease);
}

[[noreturn]] void over() { throw Error(Code::INTERNAL, "The transaction is over."); }

class ReadTransaction final : public Transaction {
 public:
  explicit ReadTransaction(Readers& readers) : readers_(readers), connection_(readers.take()) {
    try {
      connection_->command(kBegin);
    } catch (...) {
      drop();
      throw;
    }
  }
  ~ReadTransaction() override {
    if (connection_) end(kRollback);
  }
  void lock_user(const Uuid&) override { throw Error(Code::INTERNAL, "A read transaction takes no locks."); }
  void commit() override {
    if (!connection_) over();
    end(kCommit);
  }
  void attempt(const std::function<void()>& work) override {
    if (!connection_) over();
    attempt_on(*connection_, work);
  }

 protected:
  std::int64_t run_statement(Sql sql, std::span<const Param> params, void* target, OnRow on_row) override {
    if (!connection_) over();
    return connection_->run(sql, params, target, on_row, Rights::read);
  }

 private:
  void end(Sql how) noexcept {
    try {
      if (!connection_->in_autocommit()) connection_->command(how);
      readers_.give_back(std::move(connection_));
    } catch (const Error&) {
      drop();
    }
  }
  void drop() {
    connection_.reset();
    readers_.give_up();
  }

  Readers& readers_;
  std::unique_ptr<SqliteConnection> connection_;
};

class WriteTransaction final : public Transaction {
 public:
  WriteTransaction(SqliteWriter& writer, Rights rights) : writer_(writer), rights_(rights) { writer_.enter(); }
  ~WriteTransaction() override {
    if (open_) writer_.roll_back();
  }
  // The turn is the lock of every user.
  void lock_user(const Uuid&) override {
    if (rights_ == Rights::read) throw Error(Code::INTERNAL, "A read transaction takes no locks.");
    if (!open_) over();
  }
  void commit() override {
    if (!open_) over();
    open_ = false;
    writer_.commit();
  }
  void attempt(const std::function<void()>& work) override {
    usable();
    attempt_on(writer_.connection(), work);
  }

 protected:
  std::int64_t run_statement(Sql sql, std::span<const Param> params, void* target, OnRow on_row) override {
    usable();
    try {
      return writer_.connection().run(sql, params, target, on_row, rights_);
    } catch (...) {
      writer_.after_failure();
      throw;
    }
  }

 private:
  void usable() const {
    if (!open_) over();
    if (!writer_.alive()) throw Error(Code::UNAVAILABLE, "The database did not answer.").because("storage_failed");
  }

  SqliteWriter& writer_;
  const Rights rights_;
  bool open_ = true;
};

std::vector<AppliedMigration> applied(SqliteConnection& connection) {
  if (connection.query<std::int64_t>(kHasMigrations).front() == 0) return {};
  return connection.query<AppliedMigration>(kApplied);
}

// Runs `work` in a transaction that keeps every other process out.
template <class Work>
void exclusively(SqliteConnection& connection, Work work) {
  connection.command(kBeginExclusive);
  try {
    work();
    connection.command(kCommit);
  } catch (...) {
    if (!connection.in_autocommit()) connection.command(kRollback);
    throw;
  }
}

void run_script(SqliteConnection& connection, const std::string& script) {
  std::string statement;
  for (const char c : script) {
    statement += c;
    if (c == ';' && sqlite3_complete(statement.c_str()) != 0) {
      connection.script(for_sqlite(statement));
      statement.clear();
    }
  }
}

class SqliteStore final : public Store {
 public:
  // The database in memory is one connection: reads take turns with writes, and there is no disk to share the way to.
  SqliteStore(const SqliteFile& file, const StoreOptions& options, std::span<const SchemaFile> schema)
      : in_memory_(file.in_memory()),
        schema_(schema),
        writer_(std::make_unique<SqliteConnection>(file, options), options, options.group_commit && !in_memory_),
        readers_(file, options) {}

  std::unique_ptr<Transaction> begin(Mode mode) override {
    if (mode == Mode::write) return std::make_unique<WriteTransaction>(writer_, Rights::write);
    if (in_memory_) return std::make_unique<WriteTransaction>(writer_, Rights::read);
    return std::make_unique<ReadTransaction>(readers_);
  }
  std::string_view backend() const override { return "sqlite"; }
  bool is_remote() const override { return false; }
  StoreConnections connections() override { return readers_.count(); }

  std::vector<Migration> migrations() override {
    std::vector<Migration> all;
    writer_.alone([&](SqliteConnection& connection) { all = reconcile(schema_, applied(connection)); });
    return all;
  }

  std::vector<Migration> migrate_up(Instant now, std::optional<int> target) override {
    std::vector<Migration> done;
    writer_.alone([&](SqliteConnection& connection) {
      exclusively(connection, [&] { connection.script(std::string(kMigrationsTable)); });
      for (const SchemaFile& file : schema_) {
        if (!target || file.version <= *target) apply(connection, file, now, done);
      }
      if (!done.empty()) exclusively(connection, [&] { write_statistics(connection); });
    });
    return done;
  }

  std::vector<Migration> migrate_down(int target) override {
    std::vector<Migration> done;
    writer_.alone([&](SqliteConnection& connection) {
      for (std::size_t i = schema_.size(); i > 0; --i) {
        if (schema_[i - 1].version > target) take_back(connection, i - 1, done);
      }
    });
    return done;
  }

  std::string describe_schema() override {
    std::string text;
    writer_.alone([&](SqliteConnection& connection) { text = describe_sqlite_schema(connection); });
    return text;
  }

  void ping() override {
    try {
      begin(Mode::read)->one<std::int64_t>(kPing);
    } catch (const Error& error) {
      if (error.code() == Code::UNAVAILABLE) throw;
      throw Error(Code::UNAVAILABLE, "The database did not answer.").because("storage_failed");
    }
  }

 private:
  // Looks again under the lock, for another process may have been faster.
  void apply(SqliteConnection& connection, const SchemaFile& file, Instant now, std::vector<Migration>& done) {
    exclusively(connection, [&] {
      const std::vector<Migration> all = reconcile(schema_, applied(connection));
      Migration migration = all[static_cast<std::size_t>(&file - schema_.data())];
      if (migration.applied) return;
      const auto start = std::chrono::steady_clock::now();
      run_script(connection, script(file, Direction::up, "sqlite"));
      const auto took = std::chrono::steady_clock::now() - start;
      const MigrationRow row = record_of(file, now, took);
      std::vector<std::string> texts;
      connection.run(insert_statement(type_info<MigrationRow>, MigrationRow::table),
                     params_of(type_info<MigrationRow>, &row, texts), nullptr, nullptr, Rights::write);
      migration.applied = true;
      migration.applied_at = now;
      done.push_back(std::move(migration));
    });
  }

  void take_back(SqliteConnection& connection, std::size_t index, std::vector<Migration>& done) {
    const SchemaFile& file = schema_[index];
    exclusively(connection, [&] {
      Migration migration = reconcile(schema_, applied(connection))[index];
      if (!migration.applied) return;
      run_script(connection, script(file, Direction::down, "sqlite"));
      const std::array<Param, 1> version{std::int64_t{file.version}};
      connection.run(kForget, version, nullptr, nullptr, Rights::write);
      migration.applied = false;
      migration.applied_at = {};
      done.push_back(std::move(migration));
    });
  }

  const bool in_memory_;
  const std::span<const SchemaFile> schema_;
  SqliteWriter writer_;
  Readers readers_;
};

}  // namespace

std::unique_ptr<Store> open_sqlite(const SqliteFile& file, const StoreOptions& options,
                                   std::span<const SchemaFile> schema) {
  return std::make_unique<SqliteStore>(file, options, schema);
}

std::string for_sqlite(const std::string& statement) {
  constexpr std::string_view kKey = "PRIMARY KEY (";
  const std::size_t key = statement.find(kKey);
  if (statement.find("CREATE TABLE ") == std::string::npos || key == std::string::npos) return statement;
  const std::size_t comma = statement.find(',', key);
  if (comma > statement.find(')', key)) return statement;
  return statement.substr(0, statement.rfind(')') + 1) + " WITHOUT ROWID;";
}

}  // namespace ignition::storage
