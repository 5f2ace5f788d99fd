// The PostgreSQL store.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "ignition/storage.hpp"
#include "storage/postgres_connection.hpp"
#include "storage/schema.hpp"

namespace ignition::storage {

// Opens a PostgreSQL store with the given migrations (those of the program, unless a test brings its own; they must
// outlive the store). Throws UNAVAILABLE when the server cannot be reached, `wrong_collation`, `wrong_encoding` or
// `old_server` when the database is not fit for use.
std::unique_ptr<Store> open_postgres(std::string_view url, const StoreOptions& options,
                                     std::span<const SchemaFile> schema = shipped_schema());

// Tables, columns, keys and indexes of a database as text, in the form that all adapters share.
std::string describe_postgres_schema(PostgresConnection& connection);

// The predicate of a partial index as SQLite spells it; PostgreSQL prints its own reading of what the migration says.
std::string portable_predicate(std::string_view printed);

// A part of a migration as PostgreSQL runs it: documents are kept as the text that was written (decision 8).
std::string for_postgres(const std::string& script);

}  // namespace ignition::storage
