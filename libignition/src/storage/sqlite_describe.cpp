// The schema of a SQLite database as text. Facts come from SQLite's own catalogue; only the names of constraints, which
// SQLite forgets, are looked for in the text of the table.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "storage/sqlite_store.hpp"

namespace ignition::storage {
namespace {

struct TableText {
  std::string name;
  std::string sql;
};
BOOST_DESCRIBE_STRUCT(TableText, (), (name, sql))

struct Column {
  std::string name;
  std::string type;
  bool not_null = false;
  std::optional<std::string> standard;
  std::int64_t key = 0;  // position in the primary key from 1; 0 = none
};
BOOST_DESCRIBE_STRUCT(Column, (), (name, type, not_null, standard, key))

struct ForeignKeyColumn {
  std::int64_t id = 0;
  std::string parent;
  std::string column;
  std::optional<std::string> parent_column;
  std::string on_delete;
};
BOOST_DESCRIBE_STRUCT(ForeignKeyColumn, (), (id, parent, column, parent_column, on_delete))

struct Index {
  std::string name;
  bool unique = false;
  std::string sql;
};
BOOST_DESCRIBE_STRUCT(Index, (), (name, unique, sql))

struct IndexColumn {
  std::string name;
  bool descending = false;
};
BOOST_DESCRIBE_STRUCT(IndexColumn, (), (name, descending))

constexpr Sql kTables{R"sql(
  SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name)sql"};
constexpr Sql kColumns{R"sql(SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info($1) ORDER BY cid)sql"};
constexpr Sql kForeignKeys{
    R"sql(SELECT id, "table", "from", "to", on_delete FROM pragma_foreign_key_list($1) ORDER BY id, seq)sql"};
constexpr Sql kIndexes{R"sql(
  SELECT l.name, l."unique", s.sql FROM pragma_index_list($1) l JOIN sqlite_schema s ON s.name = l.name
   WHERE l.origin = 'c' ORDER BY l.name)sql"};
constexpr Sql kIndexColumns{R"sql(SELECT name, "desc" FROM pragma_index_xinfo($1) WHERE key = 1 ORDER BY seqno)sql"};
constexpr Sql kTriggers{
    R"sql(SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = $1 ORDER BY name)sql"};

constexpr std::string_view kSpace = " \n\t\r";

std::string one_line(std::string_view text) {
  std::string out;
  while (!(text = trimmed(text)).empty()) {
    const std::string_view word = text.substr(0, text.find_first_of(kSpace));
    out += (out.empty() ? "" : " ");
    out += word;
    text.remove_prefix(word.size());
  }
  return out;
}

// `wanted` when the table's text names a constraint so.
std::string named(const TableText& table, const std::string& wanted) {
  return table.sql.find("CONSTRAINT " + wanted) != std::string::npos ? wanted : "unnamed";
}

std::string list(const std::vector<std::string>& names) { return fmt::format("({})", fmt::join(names, ", ")); }

void describe_columns(SqliteConnection& connection, const TableText& table, std::string& out) {
  std::map<std::int64_t, std::string> key;
  for (const Column& column : connection.query<Column>(kColumns, table.name)) {
    out += fmt::format("  {} {}{}{}\n", column.name, column.type, column.not_null ? " NOT NULL" : "",
                       column.standard ? " DEFAULT " + *column.standard : "");
    if (column.key > 0) key[column.key] = column.name;
  }
  std::vector<std::string> names;
  names.reserve(key.size());
  for (const auto& [position, name] : key) names.push_back(name);
  out += fmt::format("  primary key {} {}\n", named(table, table.name + "_pk"), list(names));
}

void describe_foreign_keys(SqliteConnection& connection, const TableText& table, std::string& out) {
  struct Key {
    ForeignKeyColumn first;
    std::vector<std::string> columns;
    std::vector<std::string> parents;
  };
  std::map<std::int64_t, Key> keys;
  for (const auto& column : connection.query<ForeignKeyColumn>(kForeignKeys, table.name)) {
    Key& key = keys[column.id];
    key.first = column;
    key.columns.push_back(column.column);
    key.parents.push_back(column.parent_column.value_or("its key"));
  }
  std::vector<std::string> lines;
  for (const auto& [id, key] : keys) {
    const std::string name = named(table, fmt::format("{}_{}_fk", table.name, fmt::join(key.columns, "_")));
    lines.push_back(fmt::format("  foreign key {} {} references {} {}{}\n", name, list(key.columns), key.first.parent,
                                list(key.parents), key.first.on_delete == "CASCADE" ? " on delete cascade" : ""));
  }
  std::sort(lines.begin(), lines.end());
  for (const std::string& line : lines) out += line;
}

void describe_checks(const TableText& table, std::string& out) {
  constexpr std::string_view kConstraint = "CONSTRAINT ";
  std::vector<std::string> names;
  std::string_view rest = table.sql;
  for (std::size_t at = rest.find(kConstraint); at != std::string_view::npos; at = rest.find(kConstraint)) {
    rest.remove_prefix(at + kConstraint.size());
    const std::string_view name = rest.substr(0, rest.find_first_of(kSpace));
    rest.remove_prefix(name.size());
    if (trimmed(rest).starts_with("CHECK")) names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  for (const std::string& name : names) out += fmt::format("  check {}\n", name);
}

void describe_indexes(SqliteConnection& connection, const TableText& table, std::string& out) {
  for (const Index& index : connection.query<Index>(kIndexes, table.name)) {
    std::vector<std::string> columns;
    for (const IndexColumn& column : connection.query<IndexColumn>(kIndexColumns, index.name)) {
      columns.push_back(column.name + (column.descending ? " DESC" : ""));
    }
    const std::string text = one_line(index.sql);
    const std::size_t where = text.find(" WHERE ");
    out += fmt::format("  {}index {} {}{}\n", index.unique ? "unique " : "", index.name, list(columns),
                       where == std::string::npos ? "" : " where " + text.substr(where + 7));
  }
}

}  // namespace

std::string describe_sqlite_schema(SqliteConnection& connection) {
  std::string out;
  for (const TableText& table : connection.query<TableText>(kTables)) {
    out += fmt::format("table {}\n", table.name);
    describe_columns(connection, table, out);
    describe_foreign_keys(connection, table, out);
    describe_checks(table, out);
    describe_indexes(connection, table, out);
    for (const auto& name : connection.query<std::string>(kTriggers, table.name)) {
      out += fmt::format("  trigger {}\n", name);
    }
  }
  return out;
}

}  // namespace ignition::storage
