#include "storage/sqlite_statistics.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace ignition::storage {
namespace {

// Every index with its number of columns. The primary key of a table without rowid goes by the table's name.
constexpr Sql kIndexes{R"sql(
  SELECT m.name, CASE WHEN l.origin = 'pk' AND m.sql LIKE '%WITHOUT ROWID%' THEN m.name ELSE l.name END,
         l."unique", l.partial, (SELECT count(*) FROM pragma_index_info(l.name)),
         (SELECT i.name FROM pragma_index_info(l.name) i WHERE i.seqno = 0)
    FROM sqlite_schema m JOIN pragma_index_list(m.name) l
   WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%'
   ORDER BY m.name, l.name)sql"};
constexpr Sql kStore{"INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ($1, $2, $3)"};
// Looking at one small table makes the planner's table; the second statement reads it again.
constexpr const char* kBegin = "ANALYZE schema_migrations; DELETE FROM sqlite_stat1;";
constexpr const char* kEnd = "ANALYZE sqlite_schema;";

struct Index {
  std::string table;
  std::string name;
  bool unique = false;
  bool partial = false;
  std::int64_t columns = 0;
  std::optional<std::string> first_column;
};
BOOST_DESCRIBE_STRUCT(Index, (), (table, name, unique, partial, columns, first_column))

// `rows r1 r2 ...`: the number of rows, and of those that share the first 1, 2, ... columns.
std::string statistics_of(const Index& index) {
  const bool owned = index.first_column == "user_id";
  std::int64_t rows = owned ? 1'000'000 : 1'000;
  if (index.partial) rows /= 100;
  std::string out = std::to_string(rows);
  std::int64_t same = owned ? rows / 100 : std::max<std::int64_t>(1, rows / 100);
  for (std::int64_t column = 1; column <= index.columns; ++column) {
    const bool last = column == index.columns;
    out += fmt::format(" {}", last && index.unique ? 1 : same);
    same = std::max<std::int64_t>(2, same / 30);
  }
  return out;
}

}  // namespace

void write_statistics(SqliteConnection& connection) {
  connection.script(kBegin);
  for (const Index& index : connection.query<Index>(kIndexes)) {
    const std::string statistics = statistics_of(index);
    const std::array<Param, 3> params{std::string_view(index.table), std::string_view(index.name),
                                      std::string_view(statistics)};
    connection.run(kStore, params, nullptr, nullptr, Rights::write);
  }
  connection.script(kEnd);
}

}  // namespace ignition::storage
