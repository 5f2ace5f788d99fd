#include "storage/postgres_store.hpp"

#include <fmt/format.h>

#include <set>

#include "storage/postgres_address.hpp"
#include "storage/postgres_error.hpp"
#include "storage/postgres_pool.hpp"

namespace ignition::storage {
namespace {

constexpr Sql kLockUser{"SELECT 1 FROM users WHERE id = $1 FOR UPDATE"};
constexpr Sql kPing{"SELECT 1"};
constexpr Sql kHasMigrations{"SELECT CASE WHEN to_regclass('schema_migrations') IS NULL THEN 0 ELSE 1 END"};
constexpr Sql kApplied{"SELECT version, name, checksum, applied_at FROM schema_migrations ORDER BY version"};
constexpr Sql kForget{"DELETE FROM schema_migrations WHERE version = $1"};
constexpr Sql kFitness{R"sql(
  SELECT d.datcollate, d.datlocprovider = 'c', pg_encoding_to_char(d.encoding)
    FROM pg_database d WHERE d.datname = current_database())sql"};

// The lock of everybody who migrates this database: the name of the product in ASCII.
constexpr std::int64_t kMigrationLock = 0x69676e6974696f6e;
// Health checks are told soon.
constexpr std::chrono::milliseconds kPingLimit{1000};
constexpr int kOldestServer = 150000;
// Fewer rows are quicker by INSERT, whose plan is ready.
constexpr std::size_t kFewestToCopy = 8;

struct Fitness {
  std::string collation;
  bool by_libc = false;
  std::string encoding;
};
BOOST_DESCRIBE_STRUCT(Fitness, (), (collation, by_libc, encoding))

// Threads with an open write: a second one of the same thread could wait for the first for ever.
class Writers {
 public:
  // The open write of a thread; over with leave() or the object.
  class Turn {
   public:
    explicit Turn(Writers& writers) : writers_(&writers) {
      const std::scoped_lock lock(writers.mutex_);
      if (!writers.threads_.insert(std::this_thread::get_id()).second) {
        throw Error(Code::INTERNAL, "A write was begun while another of the same thread was open.");
      }
    }
    ~Turn() { leave(); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    void leave() {
      if (writers_ == nullptr) return;
      const std::scoped_lock lock(writers_->mutex_);
      writers_->threads_.erase(thread_);
      writers_ = nullptr;
    }

   private:
    Writers* writers_;
    const std::thread::id thread_ = std::this_thread::get_id();
  };

 private:
  std::mutex mutex_;
  std::set<std::thread::id> threads_;
};

// A connection of the pool for one use.
class Lease {
 public:
  explicit Lease(PostgresPool& pool) : pool_(pool), connection_(pool.take()) {}
  Lease(PostgresPool& pool, std::chrono::milliseconds wait) : pool_(pool), connection_(pool.take(wait)) {}
  ~Lease() { end(false); }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  bool held() const { return connection_ != nullptr; }
  PostgresConnection* operator->() { return connection_.get(); }
  PostgresConnection& operator*() { return *connection_; }
  // `fit`: outside any transaction.
  void end(bool fit) {
    if (connection_) pool_.give_back(std::move(connection_), fit);
  }

 private:
  PostgresPool& pool_;
  std::unique_ptr<PostgresConnection> connection_;
};

class PostgresTransaction final : public Transaction {
 public:
  PostgresTransaction(PostgresPool& pool, Writers& writers, Mode mode, const StoreOptions& options)
      : mode_(mode),
        glances_(mode == Mode::glance && !options.transaction_pooler),
        begin_(begin_text(mode, options)),
        lease_(pool) {
    if (mode == Mode::write) turn_.emplace(writers);
  }
  ~PostgresTransaction() override {
    if (lease_.held()) end("ROLLBACK");
  }

  void lock_user(const Uuid& user) override {
    if (mode_ != Mode::write) throw Error(Code::INTERNAL, "A read transaction takes no locks.");
    usable();
    if (begun_) {
      const std::array<Param, 1> params{user};
      lease_->run(kLockUser, params, nullptr, nullptr, Rights::write);
    } else {
      // BEGIN and the lock in one round trip. An id is safe to write into a text.
      begin(fmt::format("; SELECT 1 FROM users WHERE id = '{}' FOR UPDATE", user.text()));
    }
  }

  void commit() override {
    usable();
    if (mode_ == Mode::write && begun_) {
      try {
        lease_->commit();
      } catch (...) {
        end("ROLLBACK");
        throw;
      }
      begun_ = false;
    }
    end("COMMIT");
  }

  void attempt(const std::function<void()>& work) override {
    usable();
    if (glances_ && !begun_) return attempt_in_glance(work);
    begin("; SAVEPOINT attempt");
    try {
      work();
    } catch (...) {
      if (lease_.held() && lease_->alive()) lease_->roll_back("ROLLBACK TO attempt; RELEASE attempt");
      throw;
    }
    usable();
    lease_->command("RELEASE attempt");
  }

 protected:
  std::int64_t run_statement(Sql sql, std::span<const Param> params, void* target, OnRow on_row) override {
    usable();
    if (glances_ && !begun_) {
      if (!glanced_) {
        glanced_ = lease_->ask(sql, params, target, on_row);
        return 0;
      }
      if (sql.alone) return lease_->run(sql, params, target, on_row, Rights::read);
    }
    begin("");
    return lease_->run(sql, params, target, on_row, mode_ == Mode::write ? Rights::write : Rights::read);
  }

  void insert_rows(const TypeInfo& row, std::string_view table, std::span<const void* const> rows) override {
    if (rows.size() < kFewestToCopy) return Transaction::insert_rows(row, table, rows);
    if (mode_ != Mode::write) throw Error(Code::INTERNAL, "A read transaction tried to write.");
    usable();
    begin("");
    lease_->copy(row, table, rows);
    count_statement(static_cast<std::int64_t>(rows.size()));
  }

 private:
  static std::string begin_text(Mode mode, const StoreOptions& options) {
    std::string text = mode == Mode::write ? "BEGIN" : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    if (options.transaction_pooler) text += "; " + settings("SET LOCAL", options);
    return text;
  }

  // Nothing but the first statement was read yet, so that what fails can be rolled back wholly: the snapshot is opened
  // anew by the next statement that needs it.
  void attempt_in_glance(const std::function<void()>& work) {
    try {
      work();
    } catch (...) {
      if (lease_.held() && lease_->alive()) lease_->roll_back(begun_ ? "ROLLBACK" : "");
      begun_ = false;
      throw;
    }
  }

  void usable() {
    if (!lease_.held()) throw Error(Code::INTERNAL, "The transaction is over.");
    if (!lease_->alive()) throw connection_lost();
    if (lease_->refused()) throw Error(Code::INTERNAL, "A refused statement ended the transaction.");
  }

  // Begins the transaction unless it is, and runs `more` (which begins with a semicolon), in one round trip.
  void begin(std::string_view more) {
    if (glanced_ && !begun_) {
      begun_ = true;
      if (!lease_->still_answers(*glanced_, begin_)) throw write_conflict();
    }
    std::string text = begun_ ? std::string() : begin_;
    begun_ = true;
    text += more.substr(text.empty() && !more.empty() ? 1 : 0);
    if (!text.empty()) lease_->command(text);
  }

  void end(const char* how) noexcept {
    bool fit = lease_->alive();
    try {
      if (fit && (begun_ || lease_->refused())) lease_->roll_back(how);
    } catch (...) {
      fit = false;
    }
    lease_.end(fit);
    turn_.reset();
  }

  const Mode mode_;
  const bool glances_;  // the first statement runs alone
  const std::string begin_;
  bool begun_ = false;
  std::optional<PostgresConnection::Asked> glanced_;
  Lease lease_;
  std::optional<Writers::Turn> turn_;
};

std::vector<AppliedMigration> applied(PostgresConnection& connection) {
  if (connection.query<std::int64_t>(kHasMigrations).front() == 0) return {};
  return connection.query<AppliedMigration>(kApplied);
}

class PostgresStore final : public Store {
 public:
  PostgresStore(const std::string& connection_string, const StoreOptions& options, std::span<const SchemaFile> schema)
      : options_(options), schema_(schema), pool_(connection_string, options) {
    Lease connection(pool_);
    check_fitness(*connection);
    connection.end(true);
  }

  std::unique_ptr<Transaction> begin(Mode mode) override {
    return std::make_unique<PostgresTransaction>(pool_, writers_, mode, options_);
  }
  std::string_view backend() const override { return "postgresql"; }
  bool is_remote() const override { return true; }
  StoreConnections connections() override {
    const auto count = pool_.count();
    return {.in_use = count.all - count.idle, .idle = count.idle, .max = options_.pool_max};
  }

  std::vector<Migration> migrations() override {
    Lease connection(pool_);
    auto all = reconcile(schema_, applied(*connection));
    connection.end(true);
    return all;
  }

  std::vector<Migration> migrate_up(Instant now, std::optional<int> target) override {
    std::vector<Migration> done;
    const auto wanted = [&](const Migration& migration) {
      return !migration.applied && (!target || migration.version <= *target);
    };
    const auto known = migrations();
    const bool recorded = std::any_of(known.begin(), known.end(), [](const Migration& m) { return m.applied; });
    if (recorded && std::none_of(known.begin(), known.end(), wanted)) return done;
    exclusively([&](PostgresConnection& connection) { connection.command(std::string(kMigrationsTable)); });
    for (std::size_t i = 0; i < schema_.size(); ++i) {
      exclusively([&](PostgresConnection& connection) {
        Migration migration = reconcile(schema_, applied(connection))[i];
        if (!wanted(migration)) return;
        apply(connection, schema_[i], now);
        migration.applied = true;
        migration.applied_at = now;
        done.push_back(std::move(migration));
      });
    }
    return done;
  }

  std::vector<Migration> migrate_down(int target) override {
    std::vector<Migration> done;
    for (std::size_t i = schema_.size(); i > 0; --i) {
      exclusively([&](PostgresConnection& connection) {
        Migration migration = reconcile(schema_, applied(connection))[i - 1];
        if (!migration.applied || migration.version <= target) return;
        connection.command(for_postgres(script(schema_[i - 1], Direction::down, "postgresql")));
        const std::array<Param, 1> version{std::int64_t{migration.version}};
        connection.run(kForget, version, nullptr, nullptr, Rights::write);
        migration.applied = false;
        migration.applied_at = {};
        done.push_back(std::move(migration));
      });
    }
    return done;
  }

  std::string describe_schema() override {
    Lease connection(pool_);
    std::string text = describe_postgres_schema(*connection);
    connection.end(true);
    return text;
  }

  void ping() override {
    try {
      Lease connection(pool_, kPingLimit);
      const auto usual = connection->limit();
      connection->limit(kPingLimit);
      connection->query<std::int64_t>(kPing);
      connection->limit(usual);
      connection.end(true);
    } catch (const Error& error) {
      if (error.code() == Code::UNAVAILABLE) throw;
      throw Error(Code::UNAVAILABLE, "The database did not answer.").because("storage_failed");
    }
  }

 private:
  // Two databases order and compare texts alike only by their bytes (data-model rule 11.2).
  static void check_fitness(PostgresConnection& connection) {
    if (connection.server_version() < kOldestServer) {
      throw Error(Code::UNAVAILABLE, "The PostgreSQL server must be of version 15 or newer.").because("old_server");
    }
    const Fitness is = connection.query<Fitness>(kFitness).at(0);
    if (is.encoding != "UTF8") {
      throw Error(Code::UNAVAILABLE,
                  fmt::format("The database's encoding is {}. Create it with ENCODING 'UTF8'.", is.encoding))
          .because("wrong_encoding");
    }
    if (!is.by_libc || (is.collation != "C" && is.collation != "POSIX")) {
      throw Error(Code::UNAVAILABLE,
                  fmt::format("The database's collation is {}. Create it with TEMPLATE template0 LC_COLLATE 'C'.",
                              is.collation))
          .because("wrong_collation");
    }
  }

  // Runs `work` in a transaction of its own while nobody else migrates this database.
  template <class Work>
  void exclusively(Work work) {
    Lease connection(pool_);
    const auto usual = connection->limit();
    connection->limit(std::chrono::milliseconds(0));
    connection->command(
        fmt::format("BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; "
                    "SET LOCAL idle_in_transaction_session_timeout = 0; SELECT pg_advisory_xact_lock({})",
                    kMigrationLock));
    work(*connection);
    connection->commit();
    connection->limit(usual);
    connection.end(true);
  }

  static void apply(PostgresConnection& connection, const SchemaFile& file, Instant now) {
    const auto start = std::chrono::steady_clock::now();
    connection.command(for_postgres(script(file, Direction::up, "postgresql")));
    const auto took = std::chrono::steady_clock::now() - start;
    const MigrationRow row = record_of(file, now, took);
    std::vector<std::string> texts;
    connection.run(insert_statement(type_info<MigrationRow>, MigrationRow::table),
                   params_of(type_info<MigrationRow>, &row, texts), nullptr, nullptr, Rights::write);
  }

  const StoreOptions options_;
  const std::span<const SchemaFile> schema_;
  PostgresPool pool_;
  Writers writers_;
};

}  // namespace

std::unique_ptr<Store> open_postgres(std::string_view url, const StoreOptions& options,
                                     std::span<const SchemaFile> schema) {
  return std::make_unique<PostgresStore>(connection_string(url), options, schema);
}

std::string for_postgres(const std::string& script) {
  constexpr std::string_view kDocument = " JSONB";
  std::string out = script;
  for (std::size_t at = out.find(kDocument); at != std::string::npos; at = out.find(kDocument, at)) {
    out.replace(at, kDocument.size(), " JSON");
  }
  return out;
}

}  // namespace ignition::storage
