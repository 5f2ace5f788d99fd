// The SQLite store.
#pragma once

#include <memory>
#include <span>

#include "ignition/storage.hpp"
#include "storage/schema.hpp"
#include "storage/sqlite_connection.hpp"

namespace ignition::storage {

// Opens a SQLite store with the given migrations (those of the program, unless a test brings its own; they must outlive
// the store).
std::unique_ptr<Store> open_sqlite(const SqliteFile& file, const StoreOptions& options,
                                   std::span<const SchemaFile> schema = shipped_schema());

// Tables, columns, keys and indexes of a database as text, in the form that all adapters share.
std::string describe_sqlite_schema(SqliteConnection& connection);

// One statement of a migration as SQLite runs it: rows of a table with a composite key lie in its primary key.
std::string for_sqlite(const std::string& statement);

}  // namespace ignition::storage
