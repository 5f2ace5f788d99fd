// What SQLite's planner is told about the tables.
#pragma once

#include "storage/sqlite_connection.hpp"

namespace ignition::storage {

// Writes the planner's statistics (sqlite_stat1) as a large store would have them: many users, each with many rows.
// Plans are then the same on every store and do not turn into scans of a user's history as it grows. Inside a
// transaction.
void write_statistics(SqliteConnection& connection);

}  // namespace ignition::storage
