#include "storage/statement_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace ignition::storage {
namespace {

constexpr bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
}

// The next token at `at`, which moves behind it: a word, number or parameter, a text or name in quotes, or a sign.
// White space and comments to the end of a line are skipped; "" is the end.
std::string_view next_token(std::string_view sql, std::size_t& at) {
  for (;;) {
    while (at < sql.size() && (sql[at] == ' ' || sql[at] == '\n' || sql[at] == '\t' || sql[at] == '\r')) ++at;
    if (sql.substr(at, 2) != "--") break;
    at = std::min(sql.find('\n', at), sql.size());
  }
  if (at >= sql.size()) return {};
  const std::size_t start = at;
  if (is_word(sql[at])) {
    while (at < sql.size() && is_word(sql[at])) ++at;
  } else if (sql[at] == '\'' || sql[at] == '"') {
    at = std::min(sql.find(sql[at], at + 1), sql.size() - 1) + 1;
  } else {
    ++at;
  }
  return sql.substr(start, at - start);
}

// n of `$n`; 0 for any other token.
std::size_t parameter(std::string_view token) {
  std::size_t n = 0;
  if (!token.starts_with('$')) return 0;
  const auto [end, error] = std::from_chars(token.data() + 1, token.data() + token.size(), n);
  return error == std::errc{} && end == token.data() + token.size() ? n : 0;
}

}  // namespace

std::string_view verb(std::string_view sql) {
  constexpr std::array<std::string_view, 5> kVerbs{"SELECT", "INSERT", "UPDATE", "DELETE", "VALUES"};
  std::size_t at = 0;
  const std::string_view first = next_token(sql, at);
  if (first != "WITH") return first;
  int depth = 0;
  for (std::string_view token = first; !token.empty(); token = next_token(sql, at)) {
    depth += token == "(" ? 1 : token == ")" ? -1 : 0;
    if (depth == 0 && std::find(kVerbs.begin(), kVerbs.end(), token) != kVerbs.end()) return token;
  }
  return first;
}

std::size_t parameter_count(std::string_view sql) {
  std::size_t greatest = 0;
  std::size_t at = 0;
  for (auto token = next_token(sql, at); !token.empty(); token = next_token(sql, at)) {
    greatest = std::max(greatest, parameter(token));
  }
  return greatest;
}

std::string with_types(std::string_view sql, std::span<const std::string_view> types) {
  std::string out;
  std::size_t copied = 0;
  std::size_t at = 0;
  for (auto token = next_token(sql, at); !token.empty(); token = next_token(sql, at)) {
    const std::size_t n = parameter(token);
    if (n == 0 || n > types.size() || types[n - 1].empty()) continue;
    out.append(sql.substr(copied, at - copied)).append("::").append(types[n - 1]);
    copied = at;
  }
  return out.append(sql.substr(copied));
}

}  // namespace ignition::storage
