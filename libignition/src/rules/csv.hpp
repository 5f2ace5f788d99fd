// Comma-separated values (RFC 4180), also with semicolons or tabs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ignition::rules {

struct CsvRow {
  int line = 1;  // on which the row begins
  std::vector<std::string> cells;
};

// The most frequent of comma, semicolon and tab outside quotes in the first row.
char csv_delimiter(std::string_view text);

// All rows but empty lines, at most `most` + 1. Throws VALIDATION_ERROR `broken` for a quote that does not end.
std::vector<CsvRow> read_csv(std::string_view text, char delimiter, std::size_t most);

// A cell in quotes, with its quotes doubled.
std::string quoted_cell(std::string_view text);

}  // namespace ignition::rules
