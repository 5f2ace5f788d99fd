// The end of an account (rule R46): everything of its user goes in one transaction; the security log keeps what
// happened without saying to whom. With a grace period the account is closed at once, and ends when the time is over.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/tables.hpp"

namespace ignition::deletion {

struct DeleteWordFormat {
  static constexpr std::string_view name = "the word DELETE";
  static constexpr std::size_t max = 6;
  static bool accepts(std::string_view text) { return text == "DELETE"; }
};

struct DeleteOwn {
  Formatted<DeleteWordFormat> confirm;
};
BOOST_DESCRIBE_STRUCT(DeleteOwn, (), (confirm))

struct Deleted {
  bool deleted = true;
  std::optional<Instant> purge_at;  // null: everything is gone already
};
BOOST_DESCRIBE_STRUCT(Deleted, (), (deleted, purge_at))

struct Purged {
  std::int64_t users = 0;  // 0: nobody is due any more
};
BOOST_DESCRIBE_STRUCT(Purged, (), (users))

// The caller's own account. CONFLICT `last_super_admin`.
Deleted remove_own(Context& ctx, const DeleteOwn& in);
// Ends the account that has been due for the longest time; for the job that does so.
Purged purge_one(Context& ctx, const Nothing& in);

// Removes every row of the user in all tables, within the transaction of an operation that was prepared with the tables
// (exports::tables_for); how many, by table. The caller's account acts. NOT_FOUND when there is no such user.
Map<std::int64_t> erase(Context& ctx, const Uuid& user, const std::vector<Table>& tables);

void add_operations(Catalogue& catalogue);

}  // namespace ignition::deletion
