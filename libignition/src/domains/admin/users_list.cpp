// Looking at accounts.
#include <fmt/format.h>

#include <array>

#include "domains/admin/accounts.hpp"
#include "domains/admin/parts.hpp"
#include "ignition/domains/audit.hpp"
#include "ignition/unicode.hpp"

namespace ignition::admin {

enum class UserOrder : std::uint8_t { created_at, last_seen_at, email };
BOOST_DESCRIBE_ENUM(UserOrder, created_at, last_seen_at, email)

enum class Direction : std::uint8_t { asc, desc };
BOOST_DESCRIBE_ENUM(Direction, asc, desc)

struct ListAccounts {
  Or<Int<1, 1'000'000>, 1> page;
  Or<Int<1, 1000>, 20> page_size;
  std::optional<Trimmed<1, 100>> search;  // in address, user name and name
  std::optional<Role> role;               // the highest
  std::optional<bool> approved;
  std::optional<bool> disabled;
  std::optional<bool> email_verified;
  std::optional<bool> pending;  // neither approved nor denied
  Or<UserOrder, UserOrder::created_at> sort;
  Or<Direction, Direction::desc> order;
};
BOOST_DESCRIBE_STRUCT(ListAccounts, (),
                      (page, page_size, search, role, approved, disabled, email_verified, pending, sort, order))

struct Accounts {
  std::vector<AdminUser> users;
  std::int64_t total = 0;
  std::int64_t page = 1;
  std::int64_t page_size = 20;
};
BOOST_DESCRIBE_STRUCT(Accounts, (), (users, total, page, page_size))

// How much somebody has of everything.
struct Holdings {
  std::int64_t sessions = 0;  // live ones
  std::int64_t api_keys = 0;
  std::int64_t focus_sessions = 0;
  std::int64_t habits = 0;
  std::int64_t goals = 0;
  std::int64_t quests = 0;
  std::int64_t inbox_items = 0;
  std::int64_t activity_events = 0;
  std::int64_t ledger_entries = 0;
  std::int64_t achievements = 0;
  std::int64_t purchases = 0;
};
BOOST_DESCRIBE_STRUCT(Holdings, (),
                      (sessions, api_keys, focus_sessions, habits, goals, quests, inbox_items, activity_events,
                       ledger_entries, achievements, purchases))

// A way to sign in.
struct LinkedAccount {
  Uuid id;
  std::string provider;
  std::optional<std::string> email;
  Instant linked_at;
  std::optional<Instant> last_used_at;
};
BOOST_DESCRIBE_STRUCT(LinkedAccount, (), (id, provider, email, linked_at, last_used_at))

struct AccountDetails : AdminUser {
  std::vector<LinkedAccount> accounts;        // with other providers
  std::int64_t session_count = 0;             // live ones
  std::optional<std::int64_t> storage_bytes;  // null: no files are kept in this version
  Holdings counts;
};
BOOST_DESCRIBE_STRUCT(AccountDetails, (AdminUser), (accounts, session_count, storage_bytes, counts))

struct OneAccount {
  AccountDetails user;
};
BOOST_DESCRIBE_STRUCT(OneAccount, (), (user))

namespace {

// A search walks the accounts, page by page of the list; everything else follows an index.
constexpr std::string_view kFilters = R"sql(
   WHERE (CAST($1 AS TEXT) IS NULL OR u.email LIKE $1 ESCAPE '!' OR u.username LIKE $1 ESCAPE '!'
          OR lower(u.name) LIKE $1 ESCAPE '!')
     AND (CAST($2 AS TEXT) IS NULL OR u.role = $2)
     AND (CAST($3 AS BOOLEAN) IS NULL OR u.approved = $3)
     AND (CAST($4 AS BOOLEAN) IS NULL OR (u.disabled_at IS NOT NULL) = $4)
     AND (CAST($5 AS BOOLEAN) IS NULL OR (u.email_verified_at IS NOT NULL) = $5)
     AND (CAST($6 AS BOOLEAN) IS NULL OR (u.approved = FALSE AND u.approval_note IS NULL) = $6))sql";

constexpr Sql kHoldings{R"sql(
  SELECT (SELECT COUNT(*) FROM sessions WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2),
         (SELECT COUNT(*) FROM api_keys WHERE user_id = $1 AND revoked_at IS NULL),
         (SELECT COUNT(*) FROM focus_sessions WHERE user_id = $1),
         (SELECT COUNT(*) FROM habits WHERE user_id = $1),
         (SELECT COUNT(*) FROM goals WHERE user_id = $1),
         (SELECT COUNT(*) FROM user_quests WHERE user_id = $1),
         (SELECT COUNT(*) FROM inbox_items WHERE user_id = $1),
         (SELECT COUNT(*) FROM activity_events WHERE user_id = $1),
         (SELECT COUNT(*) FROM points_ledger WHERE user_id = $1),
         (SELECT COUNT(*) FROM user_achievements WHERE user_id = $1),
         (SELECT COUNT(*) FROM user_purchases WHERE user_id = $1))sql"};

constexpr Sql kLinked{R"sql(
  SELECT id, provider, email_at_link, created_at, last_used_at FROM accounts WHERE user_id = $1 ORDER BY id)sql"};

// Sorted by address they come from the directory, which holds the addresses in order.
std::string page_statement(UserOrder sort, Direction order) {
  constexpr auto kKeys = std::to_array<std::string_view>({"u.created_at", "u.last_seen_at", "d.key"});
  const bool by_address = sort == UserOrder::email;
  const auto from = by_address ? "directory d JOIN users u ON d.kind = 'email' AND u.id = d.user_id" : "users u";
  const auto direction = order == Direction::asc ? "" : " DESC";
  // Who was never seen comes last, or first in ascending order, in both databases.
  const auto nulls = sort != UserOrder::last_seen_at ? "" : order == Direction::asc ? " NULLS FIRST" : " NULLS LAST";
  return fmt::format("{}{}\n   ORDER BY {}{}{}, u.id{}\n   LIMIT $7 OFFSET $8", select_accounts(from), kFilters,
                     kKeys.at(static_cast<std::size_t>(sort)), direction, nulls, direction);
}

Sql page_of(UserOrder sort, Direction order) {
  static const auto statements = [] {
    std::array<std::string, 6> made;
    for (std::size_t i = 0; i < made.size(); ++i) {
      made[i] = page_statement(static_cast<UserOrder>(i / 2), static_cast<Direction>(i % 2));
    }
    return made;
  }();
  return {.text = statements.at(static_cast<std::size_t>(sort) * 2 + static_cast<std::size_t>(order))};
}

Sql count_of_all() {
  static const std::string statement = fmt::format("SELECT COUNT(*) FROM users u {}", kFilters);
  return {.text = statement};
}

// Matches texts that contain this one, whatever signs it has.
std::string containing(std::string_view text) {
  std::string pattern = "%";
  for (const char c : lower_case(text)) {
    if (c == '%' || c == '_' || c == '!') pattern += '!';
    pattern += c;
  }
  return pattern + '%';
}

}  // namespace

Accounts list_accounts(Context& ctx, const ListAccounts& in) {
  const std::int64_t page = in.page.value;
  const std::int64_t size = in.page_size.value;
  const auto search = in.search ? std::optional(containing(in.search->value)) : std::nullopt;
  Accounts out{.users = {},
               .total = ctx.db.one<std::int64_t>(count_of_all(), search, in.role, in.approved, in.disabled,
                                                 in.email_verified, in.pending),
               .page = page,
               .page_size = size};
  ctx.db.each<StoredAccount>(
      page_of(in.sort, in.order), [&](StoredAccount&& row) { out.users.push_back(view(ctx, std::move(row))); }, search,
      in.role, in.approved, in.disabled, in.email_verified, in.pending, size, (page - 1) * size);
  return out;
}

OneAccount get_account(Context& ctx, const ById& in) {
  OneAccount out;
  static_cast<AdminUser&>(out.user) = existing(ctx, in.id);
  out.user.accounts = ctx.db.query<LinkedAccount>(kLinked, in.id);
  out.user.counts = ctx.db.one<Holdings>(kHoldings, in.id, ctx.now);
  out.user.session_count = out.user.counts.sessions;
  audit::record(ctx, {.event_type = "admin_action",
                      .action = audit::Action::access,
                      .subject = in.id,
                      .resource_type = "user",
                      .resource_id = in.id.text()});
  return out;
}

void add_user_reading(Catalogue& c) {
  c.add("admin.users.list", Get("/admin/users"), Access::admin, Effect::read, &list_accounts,
        "Accounts, newest first unless asked otherwise.")
      .needs("admin:users");
  // A write, for the look itself is noted in the security log.
  c.add("admin.users.get", Get("/admin/users/{id}"), Access::admin, Effect::write, &get_account,
        "One account, and how much it holds.")
      .needs("admin:users");
}

}  // namespace ignition::admin
