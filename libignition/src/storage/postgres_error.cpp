#include "storage/postgres_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "ignition/storage.hpp"
#include "ignition/types.hpp"
#include "ignition/wire.hpp"
#include "storage/statement_text.hpp"

namespace ignition::storage {
namespace {

// What a server says beyond the code; in its own language, so only names and signs are looked for.
struct Said {
  std::string constraint;
  std::vector<std::string> columns;
};

// The last word of the first line that is named as a constraint is (data-model rule 0.3).
std::string constraint_in(std::string_view message) {
  constexpr std::string_view kName = "abcdefghijklmnopqrstuvwxyz0123456789_";
  std::string_view line = message.substr(0, message.find('\n'));
  std::string found;
  for (std::size_t at = line.find_first_of(kName); at < line.size(); at = line.find_first_of(kName, at)) {
    const std::size_t end = std::min(line.find_first_not_of(kName, at), line.size());
    const std::string_view word = line.substr(at, end - at);
    for (const std::string_view suffix : {"_pk", "_uq", "_fk"}) {
      if (word.ends_with(suffix)) found = word;
    }
    at = end;
  }
  return found;
}

// `... (user_id, goal_id)=(...) ...`
std::vector<std::string> columns_in(std::string_view message) {
  std::vector<std::string> columns;
  const std::size_t end = message.find(")=(");
  if (end == std::string_view::npos) return columns;
  const std::size_t start = message.rfind('(', end);
  if (start == std::string_view::npos) return columns;
  std::string_view list = message.substr(start + 1, end - start - 1);
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    columns.emplace_back(trimmed(list.substr(0, comma)));
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return columns;
}

Error duplicate(std::string_view message) {
  std::string fields = "[";
  for (const std::string& column : columns_in(message)) {
    if (column == "user_id") continue;
    if (fields.size() > 1) fields += ',';
    write_json_string(fields, column);
  }
  return conflict("already_exists", "This exists already.")
      .with("constraint", constraint_in(message))
      .with_json("fields", fields + "]");
}

Error broken_link(std::string_view message, std::string_view sql) {
  if (verb(sql) == "DELETE") return conflict("in_use", "Something else still refers to this.");
  const auto columns = columns_in(message);
  if (!columns.empty()) return unlinked(columns.back());
  return Error(Code::NOT_FOUND, "What this points to does not exist.").because("unknown_link");
}

Error unavailable(std::string reason, std::string message) {
  return Error(Code::UNAVAILABLE, std::move(message)).because(std::move(reason));
}

}  // namespace

Error connection_lost() { return unavailable("connection_lost", "The database did not answer."); }

Error too_slow() { return unavailable("too_slow", "The database took too long."); }

Error outcome_unknown() { return unavailable("outcome_unknown", "The database did not say whether it stored this."); }

// Codes: PostgreSQL documentation, appendix A.
Error failure(const pqxx::sql_error& error, std::string_view sql) {
  const std::string& state = error.sqlstate();
  const std::string_view message = error.what();
  if (state == "23505") return duplicate(message);
  if (state == "23503") return broken_link(message, sql);
  if (state.starts_with("23")) return {Code::INTERNAL, "A value was not fit to be stored."};
  // A table was changed after the statement was prepared.
  if (state == "0A000" && message.find("cached plan") != std::string_view::npos) return write_conflict();
  if (state == "55P03") return unavailable("busy", "The database is busy. Try again.");
  if (state == "57014") return too_slow();
  if (state == "53100") return unavailable("storage_full", "There is no room left to store anything.");
  if (state == "25006") return unavailable("read_only", "The database cannot be written.");
  if (state.starts_with("53")) return unavailable("busy", "The database is busy. Try again.");
  if (state.starts_with("57P") || state.starts_with("08")) return connection_lost();
  if (state.starts_with("58")) return unavailable("storage_failed", "The database did not answer.");
  if (state == "XX001" || state == "XX002") return unavailable("damaged", "The database is damaged.");
  return {Code::INTERNAL, "The database refused a statement."};
}

void report(const std::function<void(std::string_view)>& log, std::string_view state, std::string_view message,
            std::string_view sql) {
  // The lines behind the first may hold values.
  const std::string line = fmt::format("postgresql {}: {}; statement: {}", state,
                                       trimmed(message.substr(0, message.find('\n'))), trimmed(sql));
  if (log) {
    log(line);
  } else {
    std::fprintf(stderr, "%s\n", line.c_str());
  }
}

}  // namespace ignition::storage
