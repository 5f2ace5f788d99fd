// One statement for the rows of some users.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "ignition/storage.hpp"
#include "ignition/uuid.hpp"

namespace ignition {

class OfUsers {
 public:
  static constexpr std::size_t kMost = 64;  // users at once

  // `text`: all of the statement before `IN (...)`, without parameters of its own.
  explicit OfUsers(std::string_view text);

  // The rows of at most kMost users, in any order. `alone`: see Sql.
  template <class Row>
  std::vector<Row> query(Transaction& db, std::span<const Uuid> users, bool alone = false) const {
    if (users.empty()) return {};
    if (users.size() == 1) return query<Row, 1>(db, {texts_[0], alone}, users);
    if (users.size() <= 4) return query<Row, 4>(db, {texts_[1], alone}, users);
    if (users.size() <= 16) return query<Row, 16>(db, {texts_[2], alone}, users);
    return query<Row, kMost>(db, {texts_[3], alone}, users);
  }

 private:
  // A few sizes serve all: places without a user of their own repeat the last one.
  template <class Row, std::size_t size>
  static std::vector<Row> query(Transaction& db, Sql sql, std::span<const Uuid> users) {
    std::array<Uuid, size> ids;
    ids.fill(users.back());
    std::copy(users.begin(), users.end(), ids.begin());
    return std::apply([&](const auto&... id) { return db.query<Row>(sql, id...); }, ids);
  }

  std::array<std::string, 4> texts_;  // for 1, 4, 16, kMost users
};

}  // namespace ignition
