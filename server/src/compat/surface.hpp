// The unversioned surface: the paths that existing Ignition clients call, served by the operations of the catalogue
// through one table of small adapters. docs/compat.md shows the table.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "compat/row.hpp"

namespace ignition::server::compat {

// The rows of one part of the product.
struct Part {
  std::string_view title;
  std::vector<Row> rows;
};

Part today();
Part inbox();
Part onboarding();
Part progress();
Part quests();
Part market();
Part planning();
Part identity();
Part administration();

// All parts. Made once.
const std::vector<Part>& table();

// Which body a refusal has. Outside /api/v1 pages read `error` as a text on some paths and as an object on the others.
enum class ErrorBody : std::uint8_t { envelope, object, text };
// `path` is absolute and without query.
ErrorBody error_body_of(std::string_view path);
// `{"success": false, "error": {code, type, message, details}, "message"}` or, as text, `{"error": message, "message",
// "code", "type", "details"}`.
std::string error_json(ErrorBody body, const Error& error);

// The table as Markdown: docs/compat.md.
std::string document();

}  // namespace ignition::server::compat
