#include "ignition/schema_drift.hpp"

#include <algorithm>
#include <set>

#include "ignition/types.hpp"

namespace ignition {
namespace {

// The lines of a description, each with its table before it.
std::set<std::string> lines_of(std::string_view description) {
  constexpr std::string_view kTable = "table ";
  std::set<std::string> out;
  std::string table;
  while (!description.empty()) {
    const std::size_t end = std::min(description.find('\n'), description.size());
    const std::string_view line = description.substr(0, end);
    description.remove_prefix(std::min(end + 1, description.size()));
    if (line.starts_with(kTable)) {
      table = line.substr(kTable.size());
      out.insert(std::string(line));
    } else if (!line.empty()) {
      out.insert(table + ": " + std::string(trimmed(line)));
    }
  }
  return out;
}

}  // namespace

std::vector<std::string> schema_drift(Store& store) {
  int applied = 0;
  for (const Migration& migration : store.migrations()) {
    if (migration.applied) applied = migration.version;
  }
  // Every database has the same description of the same schema.
  const auto empty = Store::open("sqlite::memory:");
  empty->migrate_up(Instant{}, applied);
  const std::set<std::string> wanted = lines_of(empty->describe_schema());
  const std::set<std::string> found = lines_of(store.describe_schema());
  std::vector<std::string> out;
  for (const std::string& line : wanted) {
    if (!found.contains(line)) out.push_back("- " + line);
  }
  for (const std::string& line : found) {
    if (!wanted.contains(line)) out.push_back("+ " + line);
  }
  return out;
}

}  // namespace ignition
