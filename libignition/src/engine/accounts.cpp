#include "engine/accounts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <tuple>
#include <utility>

namespace ignition::accounts {
namespace {

constexpr std::string_view kWhole = R"sql(
  SELECT u.id, u.revision, u.email, u.email_verified_at, u.name, u.image, u.role, u.approved, u.age_attested,
         u.tos_version, u.disabled_at, u.created_at, s.theme, s.timezone, COALESCE(s.day_start_hour, 0),
         COALESCE(s.week_start, 'monday'), e.last_activity_at,
         COALESCE((SELECT version FROM catalog_versions WHERE name = 'feature_flags'), 0)
    FROM users u
    LEFT JOIN user_settings s ON s.user_id = u.id
    LEFT JOIN engagement_state e ON e.user_id = u.id
   WHERE u.id IN ({}))sql";
// No stored answer carries this version of the flags, so none is taken for one made of everything.
constexpr Sql kAlone{R"sql(
  SELECT id, revision, email, email_verified_at, name, image, role, approved, age_attested, tos_version, disabled_at,
         created_at, NULL, NULL, 0, 'monday', NULL, -1
    FROM users WHERE id = $1)sql"};

std::string text_for(std::size_t users) {
  std::string list;
  for (std::size_t i = 1; i <= users; ++i) list += fmt::format("{}${}", i == 1 ? "" : ", ", i);
  return fmt::format(fmt::runtime(kWhole), list);
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

std::optional<Principal> find_alone(Transaction& db, const Uuid& user) { return db.maybe<Principal>(kAlone, user); }

}  // namespace ignition::accounts
