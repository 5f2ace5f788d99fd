// The state of the database, and removing what is kept too long (rules R43, R49).
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "domains/admin/parts.hpp"
#include "engine/jobs.hpp"
#include "ignition/domains/audit.hpp"
#include "ignition/wire.hpp"

namespace ignition::admin {

enum class DatabaseStatus : std::uint8_t { healthy, degraded, unhealthy };
BOOST_DESCRIBE_ENUM(DatabaseStatus, healthy, degraded, unhealthy)

enum class Integrity : std::uint8_t { ok, failed };
BOOST_DESCRIBE_ENUM(Integrity, ok, failed)

struct TableSize {
  std::string name;
  std::optional<std::int64_t> row_count;   // null: it could not be counted
  std::optional<std::int64_t> size_bytes;  // with indexes; null: the database does not tell
};
BOOST_DESCRIBE_STRUCT(TableSize, (), (name, row_count, size_bytes))

struct DatabaseChecks {
  std::int64_t users_without_signin_method = 0;
  std::int64_t orphaned_accounts = 0;  // ways to sign in of nobody
  std::int64_t orphaned_sessions = 0;  // of nobody
  std::int64_t expired_sessions = 0;   // that still stand in the store
  std::int64_t active_sessions = 0;
  Map<std::int64_t> users_by_provider;  // ways to sign in
  std::int64_t recent_signups_7d = 0;
  std::int64_t tos_accepted = 0;
  std::int64_t admin_users = 0;
};
BOOST_DESCRIBE_STRUCT(DatabaseChecks, (),
                      (users_without_signin_method, orphaned_accounts, orphaned_sessions, expired_sessions,
                       active_sessions, users_by_provider, recent_signups_7d, tos_accepted, admin_users))

struct DatabaseHealth {
  DatabaseStatus status = DatabaseStatus::healthy;
  std::string backend;  // sqlite, postgresql
  std::int64_t schema_version = 0;
  std::int64_t pending_migrations = 0;
  Integrity integrity = Integrity::ok;
  StoreConnections connections;
  std::int64_t size_bytes = 0;
  std::string total_size_estimate;  // as people write it: 12.4 MB
  std::vector<TableSize> tables;    // by name
  DatabaseChecks checks;
  std::vector<std::string> issues;  // in words; empty = none
};
BOOST_DESCRIBE_STRUCT(DatabaseHealth, (),
                      (status, backend, schema_version, pending_migrations, integrity, connections, size_bytes,
                       total_size_estimate, tables, checks, issues))

struct CleanDatabase {
  Or<bool, true> dry_run;  // tell what would go
};
BOOST_DESCRIBE_STRUCT(CleanDatabase, (), (dry_run))

struct CleanedDatabase {
  Map<std::int64_t> removed;  // rows by table
  bool dry_run = true;
};
BOOST_DESCRIBE_STRUCT(CleanedDatabase, (), (removed, dry_run))

namespace {

// The questions that each database answers in its own words.
struct Dialect {
  Sql tables;
  Sql size;
  Sql table_sizes;
  Sql faults;  // no row = sound
};
constexpr Dialect kSqlite{
    .tables = {"SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' "
               "ORDER BY name"},
    .size = {"SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"},
    .table_sizes = {"SELECT t.tbl_name, SUM(s.pgsize) FROM dbstat s JOIN sqlite_schema t ON t.name = s.name "
                    "WHERE s.aggregate = TRUE GROUP BY t.tbl_name"},
    .faults = {"SELECT quick_check FROM pragma_quick_check WHERE quick_check <> 'ok' "
               "UNION ALL SELECT \"table\" || ' refers to a missing row' FROM pragma_foreign_key_check"}};
constexpr Dialect kPostgres{
    .tables = {"SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"},
    .size = {"SELECT pg_database_size(current_database())"},
    .table_sizes = {"SELECT c.relname, pg_total_relation_size(c.oid) FROM pg_class c "
                    "JOIN pg_namespace n ON n.oid = c.relnamespace "
                    "WHERE c.relkind = 'r' AND n.nspname = current_schema()"},
    .faults = {"SELECT conname FROM pg_constraint WHERE NOT convalidated "
               "UNION ALL SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
               "WHERE NOT i.indisvalid"}};

// A number of something that has a name.
struct Amount {
  std::string name;
  std::int64_t number = 0;
};
BOOST_DESCRIBE_STRUCT(Amount, (), (name, number))

constexpr Sql kWithoutSignIn{R"sql(
  SELECT COUNT(*) FROM users u
   WHERE NOT EXISTS (SELECT 1 FROM password_credentials p WHERE p.user_id = u.id)
     AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.user_id = u.id))sql"};
constexpr Sql kOrphanedNames{R"sql(
  SELECT COUNT(*) FROM directory d
   WHERE d.kind IN ('identity', 'email') AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = d.user_id))sql"};
constexpr Sql kOrphanedSessions{R"sql(
  SELECT COUNT(*) FROM directory d
   WHERE d.kind = 'session' AND d.expires_at > $1
     AND NOT EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = d.user_id AND s.id = d.ref_id))sql"};
constexpr Sql kExpired{R"sql(SELECT COUNT(*) FROM sessions WHERE expires_at <= $1 AND revoked_at IS NULL)sql"};
constexpr Sql kActive{R"sql(SELECT COUNT(*) FROM sessions WHERE expires_at > $1 AND revoked_at IS NULL)sql"};
constexpr Sql kProviders{R"sql(
  SELECT 'password', COUNT(*) FROM password_credentials
  UNION ALL SELECT provider, COUNT(*) FROM accounts GROUP BY provider)sql"};
constexpr Sql kSignups{R"sql(SELECT COUNT(*) FROM users WHERE created_at >= $1)sql"};
constexpr Sql kTerms{R"sql(SELECT COUNT(*) FROM users WHERE tos_version IS NOT NULL)sql"};
constexpr Sql kAdmins{R"sql(SELECT COUNT(*) FROM users WHERE role IN ('admin', 'super_admin'))sql"};

// What the database says of itself: asked before the operation's transaction, for it takes long.
struct Looked {
  DatabaseHealth health;
  std::vector<std::string> faults;
};

// A statement about one table, kept as long as the program: tables are few, and named by the schema alone.
Sql count_of(const std::string& table) {
  static std::mutex mutex;
  static std::map<std::string, std::string> texts;
  const std::lock_guard lock(mutex);
  auto& text = texts[table];
  if (text.empty()) text = fmt::format("SELECT COUNT(*) FROM {}", table);
  return {.text = text};
}

std::string in_words(std::int64_t bytes) {
  constexpr double kMega = 1'000'000;
  const auto size = static_cast<double>(bytes);
  return size < 1000 * kMega ? fmt::format("{:.1f} MB", size / kMega) : fmt::format("{:.1f} GB", size / kMega / 1000);
}

void measure_tables(Transaction& db, const Dialect& dialect, Looked& looked) {
  std::vector<Amount> sizes;
  try {
    db.attempt([&] { sizes = db.query<Amount>(dialect.table_sizes); });
  } catch (const Error&) {
    looked.health.issues.emplace_back("The database does not tell how large its tables are.");
  }
  for (auto& name : db.query<std::string>(dialect.tables)) {
    TableSize table{.name = std::move(name), .row_count = {}, .size_bytes = {}};
    const auto size = std::ranges::find(sizes, table.name, &Amount::name);
    if (size != sizes.end()) table.size_bytes = size->number;
    try {
      db.attempt([&] { table.row_count = db.one<std::int64_t>(count_of(table.name)); });
    } catch (const Error&) {
      looked.health.issues.push_back(fmt::format("The rows of {} could not be counted.", table.name));
    }
    looked.health.tables.push_back(std::move(table));
  }
}

std::shared_ptr<Looked> look(const Preparation& p, const Nothing&) {
  auto looked = std::make_shared<Looked>();
  DatabaseHealth& health = looked->health;
  health.backend = p.store.backend();
  for (const Migration& migration : p.store.migrations()) {
    if (migration.applied) health.schema_version = migration.version;
    if (!migration.applied) ++health.pending_migrations;
  }
  health.connections = p.store.connections();
  const Dialect& dialect = health.backend == "sqlite" ? kSqlite : kPostgres;
  const auto db = p.store.begin(Mode::read);
  health.size_bytes = db->one<std::int64_t>(dialect.size);
  health.total_size_estimate = in_words(health.size_bytes);
  looked->faults = db->query<std::string>(dialect.faults);
  measure_tables(*db, dialect, *looked);
  return looked;
}

DatabaseChecks check(Context& ctx) {
  const auto count = [&ctx](Sql sql, const auto&... args) { return ctx.db.one<std::int64_t>(sql, args...); };
  Map<std::int64_t> providers;
  for (const Amount& row : ctx.db.query<Amount>(kProviders)) providers.entries.emplace_back(row.name, row.number);
  return {.users_without_signin_method = count(kWithoutSignIn),
          .orphaned_accounts = count(kOrphanedNames),
          .orphaned_sessions = count(kOrphanedSessions, ctx.now),
          .expired_sessions = count(kExpired, ctx.now),
          .active_sessions = count(kActive, ctx.now),
          .users_by_provider = std::move(providers),
          .recent_signups_7d = count(kSignups, ctx.now - std::chrono::hours(24 * 7)),
          .tos_accepted = count(kTerms),
          .admin_users = count(kAdmins)};
}

void judge(DatabaseHealth& health, const std::vector<std::string>& faults) {
  constexpr std::int64_t kManyExpired = 100;
  const DatabaseChecks& checks = health.checks;
  const auto complain = [&health](DatabaseStatus status, std::string what) {
    health.issues.push_back(std::move(what));
    health.status = std::max(health.status, status);
  };
  if (!faults.empty()) {
    health.integrity = Integrity::failed;
    for (const auto& fault : faults) complain(DatabaseStatus::unhealthy, fault);
  }
  if (health.pending_migrations > 0) {
    complain(DatabaseStatus::unhealthy, fmt::format("{} migrations are pending.", health.pending_migrations));
  }
  if (checks.orphaned_accounts > 0) {
    complain(DatabaseStatus::degraded, fmt::format("{} names belong to nobody.", checks.orphaned_accounts));
  }
  if (checks.orphaned_sessions > 0) {
    complain(DatabaseStatus::degraded, fmt::format("{} session tokens lead nowhere.", checks.orphaned_sessions));
  }
  if (checks.expired_sessions > kManyExpired) {
    complain(DatabaseStatus::degraded, fmt::format("{} expired sessions wait to be removed.", checks.expired_sessions));
  }
}

// What one call removes of a table at most; jobs remove the rest.
constexpr std::int64_t kMost = 10'000;

// Statements for each retention, in their order.
struct CleaningTexts {
  std::vector<std::string> count;
  std::vector<std::string> remove;
};
const CleaningTexts& cleaning() {
  static const CleaningTexts texts = [] {
    CleaningTexts out;
    for (const jobs::Retention& r : jobs::retentions()) {
      out.count.push_back(fmt::format("SELECT COUNT(*) FROM {} WHERE {} < $1", r.table, r.column));
      out.remove.push_back(jobs::delete_statement(r));
    }
    return out;
  }();
  return texts;
}

}  // namespace

DatabaseHealth database_health(Context& ctx, const Nothing&) {
  const auto& looked = *static_cast<const Looked*>(ctx.prepared.get());
  DatabaseHealth out = looked.health;
  out.checks = check(ctx);
  judge(out, looked.faults);
  return out;
}

CleanedDatabase clean_database(Context& ctx, const CleanDatabase& in) {
  CleanedDatabase out{.removed = {}, .dry_run = in.dry_run};
  const auto retentions = jobs::retentions();
  for (std::size_t i = 0; i < retentions.size(); ++i) {
    const jobs::Retention& retention = retentions[i];
    if (retention.configured != nullptr) continue;  // the security log: its own job alone removes rows (rule R41)
    const Instant before = ctx.now - retention.kept;
    const auto rows = in.dry_run ? ctx.db.one<std::int64_t>({.text = cleaning().count[i]}, before)
                                 : ctx.db.execute({.text = cleaning().remove[i]}, before, kMost);
    if (rows > 0) out.removed.entries.emplace_back(retention.table, rows);
  }
  if (!in.dry_run) {
    audit::record(ctx, {.event_type = "cleanup_run",
                        .action = audit::Action::execute,
                        .resource_type = "database",
                        .details = to_json(out.removed)});
  }
  return out;
}

void add_database_operations(Catalogue& c) {
  c.add("admin.db.health", Get("/admin/db/health"), Access::admin, Effect::read, &database_health,
        "The state of the database, with the size of every table.")
      .before(&look)
      .needs("admin:access");
  c.add("admin.db.cleanup", Post("/admin/db/cleanup"), Access::admin, Effect::write, &clean_database,
        "Removes what is kept longer than it should be, or tells what that would be.")
      .needs("admin:backup");
}

}  // namespace ignition::admin
