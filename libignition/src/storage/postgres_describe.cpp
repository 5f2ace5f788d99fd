// The schema of a PostgreSQL database as text, from its catalogue. What PostgreSQL spells its own way (types, defaults,
// predicates) is brought into the form of the migrations.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "storage/postgres_store.hpp"

namespace ignition::storage {
namespace {

struct Column {
  std::string table;
  std::string name;
  std::string type;
  bool not_null = false;
  std::optional<std::string> standard;
};
BOOST_DESCRIBE_STRUCT(Column, (), (table, name, type, not_null, standard))

struct Constraint {
  std::string table;
  std::string name;
  std::string kind;
  std::optional<std::string> column;
  std::optional<std::string> parent;
  std::optional<std::string> parent_column;
  bool cascades = false;
};
BOOST_DESCRIBE_STRUCT(Constraint, (), (table, name, kind, column, parent, parent_column, cascades))

struct IndexColumn {
  std::string table;
  std::string name;
  bool unique = false;
  std::string column;
  bool descending = false;
  std::optional<std::string> predicate;
};
BOOST_DESCRIBE_STRUCT(IndexColumn, (), (table, name, unique, column, descending, predicate))

struct Trigger {
  std::string table;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(Trigger, (), (table, name))

constexpr Sql kTables{R"sql(
  SELECT c.relname::text FROM pg_class c
   WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::text::regnamespace ORDER BY c.relname)sql"};
constexpr Sql kColumns{R"sql(
  SELECT c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod), a.attnotnull,
         pg_get_expr(d.adbin, d.adrelid)
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
   WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::text::regnamespace ORDER BY c.relname, a.attnum)sql"};
// One row per column of a key; a check has one without.
constexpr Sql kConstraints{R"sql(
  SELECT t.relname::text, k.conname::text, k.contype::text, a.attname::text, p.relname::text, pa.attname::text,
         k.confdeltype = 'c'
    FROM pg_constraint k
    JOIN pg_class t ON t.oid = k.conrelid
    LEFT JOIN LATERAL unnest(k.conkey, k.confkey) WITH ORDINALITY AS u (own, other, position) ON k.contype <> 'c'
    LEFT JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.own
    LEFT JOIN pg_class p ON p.oid = k.confrelid
    LEFT JOIN pg_attribute pa ON pa.attrelid = k.confrelid AND pa.attnum = u.other
   WHERE k.contype IN ('p', 'f', 'c') AND t.relnamespace = current_schema()::text::regnamespace
   ORDER BY t.relname, k.conname, u.position)sql"};
constexpr Sql kIndexes{R"sql(
  SELECT t.relname::text, i.relname::text, x.indisunique, a.attname::text, (x.indoption[u.position - 1] & 1) = 1,
         pg_get_expr(x.indpred, x.indrelid)
    FROM pg_index x
    JOIN pg_class t ON t.oid = x.indrelid
    JOIN pg_class i ON i.oid = x.indexrelid
    JOIN LATERAL unnest(x.indkey::int2[]) WITH ORDINALITY AS u (number, position) ON TRUE
    JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = u.number
   WHERE NOT x.indisprimary AND t.relnamespace = current_schema()::text::regnamespace
   ORDER BY t.relname, i.relname, u.position)sql"};
constexpr Sql kTriggers{R"sql(
  SELECT c.relname::text, t.tgname::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
   WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::text::regnamespace ORDER BY c.relname, t.tgname)sql"};

std::string portable_type(const std::string& type) {
  static const std::map<std::string, std::string, std::less<>> names{{"uuid", "UUID"},
                                                                     {"text", "TEXT"},
                                                                     {"integer", "INT"},
                                                                     {"bigint", "BIGINT"},
                                                                     {"boolean", "BOOLEAN"},
                                                                     {"date", "DATE"},
                                                                     {"json", "JSONB"},
                                                                     {"bytea", "BYTEA"},
                                                                     {"double precision", "DOUBLE PRECISION"},
                                                                     {"timestamp with time zone", "TIMESTAMPTZ"}};
  const auto found = names.find(type);
  return found == names.end() ? type : found->second;
}

// `'abc'::text` -> `'abc'`, `'-1'::integer` -> `-1`, `false` -> `FALSE`.
std::string portable_default(const Column& column) {
  std::string text = column.standard->substr(0, column.standard->find("::"));
  if (text == "true" || text == "false") return text == "true" ? "TRUE" : "FALSE";
  const bool number = column.type == "integer" || column.type == "bigint" || column.type == "double precision";
  if (number) std::erase_if(text, [](char c) { return c == '\'' || c == '(' || c == ')'; });
  return text;
}

std::string list(const std::vector<std::string>& names) { return fmt::format("({})", fmt::join(names, ", ")); }

// Lines of each table, by its name.
using Lines = std::map<std::string, std::vector<std::string>, std::less<>>;

Lines column_lines(PostgresConnection& connection) {
  Lines out;
  for (const Column& column : connection.query<Column>(kColumns)) {
    out[column.table].push_back(fmt::format("  {} {}{}{}\n", column.name, portable_type(column.type),
                                            column.not_null ? " NOT NULL" : "",
                                            column.standard ? " DEFAULT " + portable_default(column) : ""));
  }
  return out;
}

// Primary key first, then foreign keys, then checks, each kind in order of its lines.
Lines constraint_lines(PostgresConnection& connection) {
  struct Key {
    Constraint first;
    std::vector<std::string> columns;
    std::vector<std::string> parents;
  };
  std::map<std::pair<std::string, std::string>, Key> keys;
  for (const Constraint& row : connection.query<Constraint>(kConstraints)) {
    Key& key = keys[{row.table, row.name}];
    key.first = row;
    if (row.column) key.columns.push_back(*row.column);
    if (row.parent_column) key.parents.push_back(*row.parent_column);
  }
  Lines out;
  for (const char* kind : {"p", "f", "c"}) {
    Lines of_kind;
    for (const auto& [name, key] : keys) {
      if (key.first.kind != kind) continue;
      auto& lines = of_kind[name.first];
      if (*kind == 'p') lines.push_back(fmt::format("  primary key {} {}\n", name.second, list(key.columns)));
      if (*kind == 'c') lines.push_back(fmt::format("  check {}\n", name.second));
      if (*kind == 'f') {
        lines.push_back(fmt::format("  foreign key {} {} references {} {}{}\n", name.second, list(key.columns),
                                    *key.first.parent, list(key.parents),
                                    key.first.cascades ? " on delete cascade" : ""));
      }
    }
    for (auto& [table, lines] : of_kind) {
      std::sort(lines.begin(), lines.end());
      out[table].insert(out[table].end(), lines.begin(), lines.end());
    }
  }
  return out;
}

Lines index_lines(PostgresConnection& connection) {
  struct Index {
    IndexColumn first;
    std::vector<std::string> columns;
  };
  std::map<std::pair<std::string, std::string>, Index> indexes;
  for (const IndexColumn& row : connection.query<IndexColumn>(kIndexes)) {
    Index& index = indexes[{row.table, row.name}];
    index.first = row;
    index.columns.push_back(row.column + (row.descending ? " DESC" : ""));
  }
  Lines out;
  for (const auto& [name, index] : indexes) {
    const auto& predicate = index.first.predicate;
    out[name.first].push_back(fmt::format("  {}index {} {}{}\n", index.first.unique ? "unique " : "", name.second,
                                          list(index.columns),
                                          predicate ? " where " + portable_predicate(*predicate) : ""));
  }
  return out;
}

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// Words, numbers, texts in quotes and signs, without casts.
std::vector<std::string> tokens_without_casts(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    if (text[at] == ' ') {
      ++at;
      continue;
    }
    if (text.substr(at, 2) == "::") {
      at += 2;
      while (at < text.size() && is_word(text[at])) ++at;
      if (text.substr(at, 2) == "[]") at += 2;
      continue;
    }
    if (text[at] == '\'') {
      at = std::min(text.find('\'', at + 1), text.size() - 1) + 1;
    } else if (is_word(text[at])) {
      while (at < text.size() && is_word(text[at])) ++at;
    } else if (text.substr(at, 2) == "<>" || text.substr(at, 2) == ">=" || text.substr(at, 2) == "<=") {
      at += 2;
    } else {
      ++at;
    }
    out.emplace_back(text.substr(start, at - start));
  }
  return out;
}

}  // namespace

// `(status = ANY (ARRAY['a'::text, 'b'::text]))` -> `status IN ('a', 'b')`. Brackets stay only where an OR needs them.
std::string portable_predicate(std::string_view printed) {
  const std::vector<std::string> in = tokens_without_casts(printed);
  const bool keeps_brackets = std::find(in.begin(), in.end(), "OR") != in.end();
  std::string out;
  bool in_list = false;
  for (std::size_t i = 0; i < in.size(); ++i) {
    const std::string& token = in[i];
    const auto follows = [&](std::size_t n, std::string_view what) { return i + n < in.size() && in[i + n] == what; };
    if (token == "=" && follows(1, "ANY")) {
      while (i + 1 < in.size() && in[i] != "[") ++i;
      out += " IN (";
      in_list = true;
    } else if (token == "]") {
      out += ")";
      in_list = false;
      while (follows(1, ")") && !keeps_brackets) ++i;
    } else if (token == ",") {
      out += ", ";
    } else if ((token == "(" || token == ")") && !in_list && !keeps_brackets) {
      continue;
    } else {
      const bool spaced = !out.empty() && !out.ends_with("(") && !out.ends_with(", ") && token != ")";
      out += spaced ? " " : "";
      out += token == "true" ? "TRUE" : token == "false" ? "FALSE" : token;
    }
  }
  return out;
}

std::string describe_postgres_schema(PostgresConnection& connection) {
  const Lines columns = column_lines(connection);
  const Lines constraints = constraint_lines(connection);
  const Lines indexes = index_lines(connection);
  Lines named_triggers;
  for (const Trigger& trigger : connection.query<Trigger>(kTriggers)) {
    named_triggers[trigger.table].push_back(fmt::format("  trigger {}\n", trigger.name));
  }
  std::string out;
  const Lines triggers = std::move(named_triggers);
  for (const auto& table : connection.query<std::string>(kTables)) {
    out += fmt::format("table {}\n", table);
    for (const Lines* lines : {&columns, &constraints, &indexes, &triggers}) {
      const auto found = lines->find(table);
      if (found == lines->end()) continue;
      for (const std::string& line : found->second) out += line;
    }
  }
  return out;
}

}  // namespace ignition::storage
