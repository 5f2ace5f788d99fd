// Everything that is stored about a user, as one document (rule R50). Which tables hold it, the database says itself
// while the program runs: a new table is in the document without a line here.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/tables.hpp"

namespace ignition::exports {

struct LeftOut {
  std::string table;
  std::optional<std::string> column;  // null: the whole table
  std::string reason;
};
BOOST_DESCRIBE_STRUCT(LeftOut, (), (table, column, reason))

struct Manifest {
  Map<std::int64_t> tables;  // number of rows
  std::vector<LeftOut> left_out;
};
BOOST_DESCRIBE_STRUCT(Manifest, (), (tables, left_out))

// Describes what is written; nothing holds one whole.
struct Document {
  Instant exported_at;
  std::int64_t format_version = 1;
  Uuid user_id;
  std::string email;
  Map<std::vector<Json>> data;  // rows by table, in order of their keys
  Manifest manifest;
};
BOOST_DESCRIBE_STRUCT(Document, (), (exported_at, format_version, user_id, email, data, manifest))

// What is left out of a table: all of it, or this column of it; nothing when it is exported.
std::optional<std::string_view> why_left_out(const Table& table);
std::optional<std::string_view> why_left_out(const Table& table, const Table::Column& column);
// By which column the rows of a table belong to a user; "" when they belong to nobody.
std::string_view owner_column(const Table& table);

// For the preparation of operations that look at all tables: they ask before they hold anything of the store.
template <class Input>
std::shared_ptr<std::vector<Table>> tables_for(const Preparation& preparation, const Input&) {
  return std::make_shared<std::vector<Table>>(tables_of(preparation.store));
}
inline const std::vector<Table>& prepared_tables(const Context& ctx) {
  return *static_cast<const std::vector<Table>*>(ctx.prepared.get());
}

// Writes the document of one user to `sink` in pieces of some 64 KiB, from the snapshot of the transaction. NOT_FOUND
// when there is no such user. Sets the answer's file name.
void write(Context& ctx, const Uuid& user, const std::vector<Table>& tables, const Sink& sink);
// The trace that every document leaves.
void note(Context& ctx, const Uuid& user);

void add_operations(Catalogue& catalogue);

}  // namespace ignition::exports
