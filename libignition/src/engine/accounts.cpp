#include "engine/accounts.hpp"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "engine/of_users.hpp"

namespace ignition::accounts {
namespace {

const OfUsers& statements() {
  static const OfUsers kStatements(fmt::format("SELECT {}\n    FROM users u {}\n   WHERE u.id", kColumns, kJoined));
  return kStatements;
}

}  // namespace

std::optional<Principal> find(Transaction& db, const Uuid& user) {
  auto found = statements().query<Principal>(db, {&user, 1});
  return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

std::vector<Principal> find_all(Transaction& db, std::span<const Uuid> users) {
  return statements().query<Principal>(db, users);
}

std::optional<Principal> find_alone(Transaction& db, const Uuid& user) {
  static const std::string kText = fmt::format("SELECT {}\n    FROM users u\n   WHERE u.id = $1", kColumnsAlone);
  return db.maybe<Principal>({.text = kText}, user);
}

}  // namespace ignition::accounts
