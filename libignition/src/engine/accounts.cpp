#include "engine/accounts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <tuple>
#include <utility>

namespace ignition::accounts {
namespace {

std::string text_for(std::size_t users) {
  std::string list;
  for (std::size_t i = 1; i <= users; ++i) list += fmt::format("{}${}", i == 1 ? "" : ", ", i);
  return fmt::format("SELECT {}\n    FROM users u {}\n   WHERE u.id IN ({})", kColumns, kJoined, list);
}

// A few sizes of statement serve all: those without a user of their own repeat the last one.
template <std::size_t size>
std::vector<Principal> read(Transaction& db, std::span<const Uuid> users) {
  static const std::string kText = text_for(size);
  std::array<Uuid, size> ids;
  ids.fill(users.back());
  std::copy(users.begin(), users.end(), ids.begin());
  return std::apply([&](const auto&... id) { return db.query<Principal>({.text = kText, .alone = false}, id...); },
                    ids);
}

}  // namespace

std::optional<Principal> find(Transaction& db, const Uuid& user) {
  auto found = read<1>(db, {&user, 1});
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::vector<Principal> find_all(Transaction& db, std::span<const Uuid> users) {
  if (users.empty()) return {};
  if (users.size() == 1) return read<1>(db, users);
  if (users.size() <= 4) return read<4>(db, users);
  if (users.size() <= 16) return read<16>(db, users);
  return read<kMostAtOnce>(db, users);
}

std::optional<Principal> find_alone(Transaction& db, const Uuid& user) {
  static const std::string kText = fmt::format("SELECT {}\n    FROM users u\n   WHERE u.id = $1", kColumnsAlone);
  return db.maybe<Principal>({.text = kText}, user);
}

}  // namespace ignition::accounts
