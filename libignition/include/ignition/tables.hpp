// The tables that a database has, as it describes them itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ignition/storage.hpp"

namespace ignition {

struct Table {
  struct Column {
    std::string name;
    std::string type;  // as the migrations write it: UUID, TEXT, TIMESTAMPTZ ...
  };
  std::string name;
  std::vector<Column> columns;
  std::vector<std::string> key;   // columns of the primary key
  bool leaves_with_user = false;  // its rows go when the row of their user goes

  bool has(std::string_view column) const;
  const Column& column(std::string_view name) const;  // INTERNAL when there is none
};

// In order of their names. Throws as Store::describe_schema does.
std::vector<Table> tables_of(Store& store);

}  // namespace ignition
