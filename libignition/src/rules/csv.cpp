#include "csv.hpp"

#include <algorithm>
#include <array>

#include "ignition/error.hpp"

namespace ignition::rules {

char csv_delimiter(std::string_view text) {
  constexpr std::string_view kDelimiters = ",;\t";
  std::array<int, 3> counts{};
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '\n' || c == '\r') break;
    if (const std::size_t at = kDelimiters.find(c); at != std::string_view::npos) ++counts[at];
  }
  return kDelimiters[static_cast<std::size_t>(std::ranges::max_element(counts) - counts.begin())];
}

std::vector<CsvRow> read_csv(std::string_view text, char delimiter, std::size_t most) {
  std::vector<CsvRow> rows;
  int line = 1;
  std::size_t at = 0;
  while (at < text.size() && rows.size() <= most) {
    CsvRow row{line, {}};
    bool was_quoted = false;
    for (bool more = true; more;) {
      std::string cell;
      if (at < text.size() && text[at] == '"') {
        was_quoted = true;
        for (++at;; ++at) {
          if (at >= text.size()) throw invalid("csv", "broken", "A quote in the file does not end.");
          if (text[at] == '\n') ++line;
          if (text[at] == '"') {
            if (at + 1 >= text.size() || text[at + 1] != '"') break;
            ++at;
          }
          cell += text[at];
        }
        ++at;
      }
      // What stands outside quotes, also behind a quoted part.
      while (at < text.size() && text[at] != delimiter && text[at] != '\n' && text[at] != '\r') cell += text[at++];
      row.cells.push_back(std::move(cell));
      more = at < text.size() && text[at] == delimiter;
      if (more) ++at;
    }
    if (at < text.size() && text[at] == '\r') ++at;
    if (at < text.size() && text[at] == '\n') ++at;
    ++line;
    if (row.cells.size() > 1 || was_quoted || !row.cells[0].empty()) rows.push_back(std::move(row));
  }
  return rows;
}

std::string quoted_cell(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
  return out;
}

}  // namespace ignition::rules
