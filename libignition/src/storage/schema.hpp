// The migrations: what schema/*.sql says, and which of it a database has.
//
// A file has an up part and, after a line `-- down`, a down part. Between the lines `-- only: sqlite` (or `postgresql`)
// and `-- only: all` stands what one database alone runs. Applied migrations are recorded with the SHA-256 of their
// whole text.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/storage.hpp"

namespace ignition::storage {

struct SchemaFile {
  int version;
  std::string_view name;  // `identity` of 0001_identity.sql
  std::string_view text;
};

// The migrations of this program in order of their versions, embedded at build time.
std::span<const SchemaFile> shipped_schema();

// What is recorded of an applied migration.
struct AppliedMigration {
  std::int64_t version = 0;
  std::string name;
  std::string checksum;
  Instant applied_at;
};
BOOST_DESCRIBE_STRUCT(AppliedMigration, (), (version, name, checksum, applied_at))

// The row of schema_migrations.
struct MigrationRow {
  static constexpr std::string_view table = "schema_migrations";
  std::int64_t version = 0;
  std::string name;
  std::string checksum;
  Instant applied_at;
  std::int64_t duration_ms = 0;
  std::string library_version;
};
BOOST_DESCRIBE_STRUCT(MigrationRow, (), (version, name, checksum, applied_at, duration_ms, library_version))

// Made by the runner itself, for it must be there before the first migration and stays after the last is taken back.
inline constexpr std::string_view kMigrationsTable = R"sql(
CREATE TABLE IF NOT EXISTS schema_migrations (
  version INT NOT NULL,
  name TEXT NOT NULL CONSTRAINT schema_migrations_name_ck CHECK (length(name) <= 100),
  checksum TEXT NOT NULL CONSTRAINT schema_migrations_checksum_ck CHECK (length(checksum) <= 64),
  applied_at TIMESTAMPTZ NOT NULL,
  duration_ms INT NOT NULL,
  library_version TEXT NOT NULL CONSTRAINT schema_migrations_library_version_ck CHECK (length(library_version) <= 40),
  CONSTRAINT schema_migrations_pk PRIMARY KEY (version)
))sql";

std::string checksum(const SchemaFile& file);
// What is recorded of a file that this program has just run.
MigrationRow record_of(const SchemaFile& file, Instant now, std::chrono::steady_clock::duration took);

// The up or the down part of a file as `backend` (sqlite, postgresql) runs it.
enum class Direction : std::uint8_t { up, down };
std::string script(const SchemaFile& file, Direction direction, std::string_view backend);

// Known and applied migrations side by side. Throws CONFLICT `newer_schema` when the database has one that `known`
// lacks, `changed_migration` when an applied text has changed.
std::vector<Migration> reconcile(std::span<const SchemaFile> known, std::span<const AppliedMigration> applied);

}  // namespace ignition::storage
