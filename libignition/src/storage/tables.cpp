#include "ignition/tables.hpp"

#include <algorithm>
#include <sstream>

namespace ignition {
namespace {

// The names between the first brackets.
std::vector<std::string> names_in(std::string_view line) {
  std::vector<std::string> names;
  const auto open = line.find('(');
  std::string_view rest = line.substr(open + 1, line.find(')') - open - 1);
  while (!rest.empty()) {
    const auto end = rest.find(", ");
    names.emplace_back(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 2);
  }
  return names;
}

// `name TYPE NOT NULL DEFAULT value`; a type may have two words.
Table::Column column_in(std::string_view line) {
  const auto space = line.find(' ');
  std::string_view type = line.substr(space + 1);
  for (const std::string_view end : {" NOT NULL", " DEFAULT "}) type = type.substr(0, type.find(end));
  return {std::string(line.substr(0, space)), std::string(type)};
}

}  // namespace

bool Table::has(std::string_view column) const {
  return std::ranges::find(columns, column, &Column::name) != columns.end();
}

const Table::Column& Table::column(std::string_view wanted) const {
  const auto found = std::ranges::find(columns, wanted, &Column::name);
  if (found == columns.end()) throw Error(Code::INTERNAL, "A table lacks a column of its key.");
  return *found;
}

std::vector<Table> tables_of(Store& store) {
  std::vector<Table> out;
  std::istringstream text(store.describe_schema());
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("table ")) {
      out.push_back({.name = line.substr(6), .columns = {}, .key = {}});
    } else if (out.empty()) {
      throw Error(Code::INTERNAL, "The schema is described without a table.");
    } else if (line.starts_with("  primary key ")) {
      out.back().key = names_in(line);
    } else if (out.back().key.empty()) {  // columns come before the key
      out.back().columns.push_back(column_in(std::string_view(line).substr(2)));
    } else if (line.starts_with("  foreign key ") && line.ends_with(" references users (id) on delete cascade")) {
      out.back().leaves_with_user = out.back().leaves_with_user || names_in(line).front() == "user_id";
    }
  }
  return out;
}

}  // namespace ignition
