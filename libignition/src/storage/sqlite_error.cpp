#include "storage/sqlite_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>

#include "ignition/wire.hpp"
#include "storage/sqlite_connection.hpp"

namespace ignition::storage {
namespace {

struct ForeignKeyColumn {
  std::int64_t id = 0;
  std::int64_t seq = 0;
  std::string table;
  std::string from;
  std::optional<std::string> to;
};
BOOST_DESCRIBE_STRUCT(ForeignKeyColumn, (), (id, seq, table, from, to))

constexpr Sql kForeignKeys{
    R"sql(SELECT id, seq, "table", "from", "to" FROM pragma_foreign_key_list($1) ORDER BY id DESC, seq)sql"};
// Unique indexes of a table with their columns in order, comma-separated.
constexpr Sql kUniqueIndexes{R"sql(
  SELECT l.name, (SELECT group_concat(c.name, ',') FROM (SELECT name FROM pragma_index_info(l.name) ORDER BY seqno) c)
    FROM pragma_index_list($1) l WHERE l."unique" = 1 AND l.origin = 'c')sql"};

struct UniqueIndex {
  std::string name;
  std::optional<std::string> columns;
};
BOOST_DESCRIBE_STRUCT(UniqueIndex, (), (name, columns))

std::string json_list(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ',';
    write_json_string(out, text);
  }
  return out + "]";
}

std::string joined(const std::vector<std::string>& texts) { return fmt::format("{}", fmt::join(texts, ",")); }

bool deletes(std::string_view sql) {
  const std::string_view start = trimmed(sql);
  return start.starts_with("DELETE") ||
         (start.starts_with("WITH") && sql.find("DELETE FROM") != std::string_view::npos);
}

// The table that an INSERT or UPDATE writes, and which of its columns are given as a bare `$n`.
struct Written {
  std::string table;
  std::vector<std::pair<std::string, std::size_t>> columns;  // name, n - 1
};

// The words, numbers, parameters and signs of a statement. Texts come apart, but are neither names nor parameters.
std::vector<std::string_view> tokens(std::string_view sql) {
  constexpr std::string_view kWord = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$";
  std::vector<std::string_view> out;
  while (!(sql = trimmed(sql)).empty()) {
    const std::size_t length = std::max<std::size_t>(1, std::min(sql.find_first_not_of(kWord), sql.size()));
    out.push_back(sql.substr(0, length));
    sql.remove_prefix(length);
  }
  return out;
}

std::optional<std::size_t> parameter(std::string_view token) {
  std::size_t n = 0;
  if (!token.starts_with('$')) return {};
  const auto [end, error] = std::from_chars(token.data() + 1, token.data() + token.size(), n);
  if (error != std::errc{} || end != token.data() + token.size() || n == 0) return {};
  return n - 1;
}

// The elements of a list in brackets that begins at `at`, each as its only token, or "" when it has several. Leaves
// `at` behind the list.
std::vector<std::string_view> elements(std::span<const std::string_view> words, std::size_t& at) {
  std::vector<std::string_view> out;
  int depth = 0;
  bool fresh = true;
  for (; at < words.size(); ++at) {
    const std::string_view word = words[at];
    if (word == ")" && --depth == 0) break;
    if (word == "(" && ++depth == 1) continue;
    if (word == "," && depth == 1) {
      fresh = true;
    } else if (fresh) {
      out.push_back(word);
      fresh = false;
    } else {
      out.back() = "";
    }
  }
  ++at;
  return out;
}

Written written(std::string_view sql) {
  const std::vector<std::string_view> words = tokens(sql);
  const auto next = [&](std::string_view word) {
    return static_cast<std::size_t>(std::find(words.begin(), words.end(), word) - words.begin()) + 1;
  };
  Written found;
  if (std::size_t at = next("INTO"); at < words.size()) {
    found.table = words[at++];
    const auto names = elements(words, at);
    if (at >= words.size() || words[at++] != "VALUES") return found;
    const auto values = elements(words, at);
    for (std::size_t i = 0; i < names.size() && i < values.size(); ++i) {
      if (const auto n = parameter(values[i])) found.columns.emplace_back(names[i], *n);
    }
  } else if (at = next("UPDATE"); at < words.size()) {
    found.table = words[at];
    for (std::size_t i = at; i + 2 < words.size(); ++i) {
      const auto n = parameter(words[i + 2]);
      if (words[i + 1] == "=" && n) found.columns.emplace_back(words[i], *n);
    }
  }
  return found;
}

// A foreign key of the written table whose columns are all given.
struct Link {
  std::string parent;
  std::vector<std::string> columns;
  std::vector<std::string> parent_columns;
  std::vector<Param> values;
};

std::vector<Link> links_of(SqliteConnection& connection, const Written& write, std::span<const Param> params) {
  std::vector<Link> links;
  std::optional<std::int64_t> id;
  for (const auto& key : connection.query<ForeignKeyColumn>(kForeignKeys, write.table)) {
    if (key.id != id) links.push_back({.parent = key.table, .columns = {}, .parent_columns = {}, .values = {}});
    id = key.id;
    const auto column = std::find_if(write.columns.begin(), write.columns.end(),
                                     [&](const auto& given) { return given.first == key.from; });
    if (column == write.columns.end() || column->second >= params.size() || !key.to) continue;
    links.back().columns.push_back(key.from);
    links.back().parent_columns.push_back(*key.to);
    links.back().values.push_back(params[column->second]);
  }
  return links;
}

bool has_parent(SqliteConnection& connection, const Link& link) {
  std::string where;
  for (std::size_t i = 0; i < link.values.size(); ++i) {
    if (std::holds_alternative<Null>(link.values[i])) return true;
    where += fmt::format("{}{} = ${}", i == 0 ? "" : " AND ", link.parent_columns[i], i + 1);
  }
  if (where.empty()) return true;
  bool found = false;
  const std::string sql = fmt::format("SELECT 1 FROM {} WHERE {}", link.parent, where);
  connection.run_once(sql, link.values, &found, [](void* out, const RowView&) { *static_cast<bool*>(out) = true; });
  return found;
}

// SQLite does not say which foreign key failed, so the written values are looked up again.
std::optional<std::string> field_without_parent(SqliteConnection& connection, std::string_view sql,
                                                std::span<const Param> params) {
  const Written write = written(sql);
  if (write.table.empty()) return {};
  for (const Link& link : links_of(connection, write, params)) {
    if (!has_parent(connection, link)) return link.columns.back();
  }
  return {};
}

}  // namespace

bool is_busy(int code) { return (code & 0xFF) == SQLITE_BUSY || (code & 0xFF) == SQLITE_LOCKED; }

Error failure(int code) {
  switch (code & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Error(Code::UNAVAILABLE, "The database is busy. Try again.").because("busy");
    case SQLITE_FULL:
      return Error(Code::UNAVAILABLE, "There is no room left to store anything.").because("storage_full");
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return Error(Code::UNAVAILABLE, "The database cannot be written.").because("read_only");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Error(Code::UNAVAILABLE, "The database is damaged.").because("damaged");
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
    case SQLITE_NOLFS:
    case SQLITE_INTERRUPT:
    case SQLITE_NOMEM:
      return Error(Code::UNAVAILABLE, "The database did not answer.").because("storage_failed");
    default:
      return {Code::INTERNAL, "The database refused a statement."};
  }
}

void SqliteConnection::report(std::string_view sql) const {
  const std::string line = fmt::format("sqlite {}: {}; statement: {}", sqlite3_extended_errcode(db_.get()),
                                       sqlite3_errmsg(db_.get()), trimmed(sql));
  if (log_) {
    log_(line);
  } else {
    std::fprintf(stderr, "%s\n", line.c_str());
  }
}

void SqliteConnection::fail(std::string_view sql, std::span<const Param> params) {
  const int code = sqlite3_extended_errcode(db_.get());
  if ((code & 0xFF) == SQLITE_CONSTRAINT) fail_constraint(code, sql, params);
  if (!is_busy(code)) report(sql);
  throw failure(code);
}

void SqliteConnection::fail_constraint(int code, std::string_view sql, std::span<const Param> params) {
  const std::string message = sqlite3_errmsg(db_.get());
  const std::string_view detail =
      std::string_view(message).substr(std::min(message.find(": "), message.size() - 2) + 2);
  switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
      refuse_duplicate(detail);
    case SQLITE_CONSTRAINT_FOREIGNKEY: {
      if (deletes(sql)) throw conflict("in_use", "Something else still refers to this.");
      if (const auto field = field_without_parent(*this, sql, params)) throw unlinked(*field);
      throw Error(Code::NOT_FOUND, "What this points to does not exist.").because("unknown_link");
    }
    default:
      // The library must have refused such values before.
      report(sql);
      throw Error(Code::INTERNAL, "A value was not fit to be stored.");
  }
}

// `columns`: "table.a, table.b", all that SQLite tells of a violated key.
void SqliteConnection::refuse_duplicate(std::string_view columns) {
  std::string table;
  std::vector<std::string> names;
  const std::vector<std::string_view> words = tokens(columns);
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {
    if (words[i] != ".") continue;
    table = words[i - 1];
    names.emplace_back(words[i + 1]);
  }
  std::string constraint = table + "_pk";
  for (const auto& index : query<UniqueIndex>(kUniqueIndexes, table)) {
    if (index.columns == joined(names)) constraint = index.name;
  }
  std::erase(names, "user_id");
  throw conflict("already_exists", "This exists already.")
      .with("constraint", constraint)
      .with_json("fields", json_list(names));
}

}  // namespace ignition::storage
