// The roles and entitlements that there are.
#include "ignition/domains/roles.hpp"

#include <algorithm>
#include <map>

#include "domains/admin/parts.hpp"

namespace ignition::admin {

struct RoleInfo {
  Uuid id;
  std::string name;
  std::optional<std::string> description;
  std::optional<std::string> parent;  // whose entitlements it inherits
  std::int64_t rank = 0;
  bool is_system = false;
  std::vector<std::string> entitlements;            // its own, sorted
  std::vector<std::string> effective_entitlements;  // with those inherited, sorted
};
BOOST_DESCRIBE_STRUCT(RoleInfo, (),
                      (id, name, description, parent, rank, is_system, entitlements, effective_entitlements))

struct RoleInfos {
  std::vector<RoleInfo> roles;  // lowest rank first
};
BOOST_DESCRIBE_STRUCT(RoleInfos, (), (roles))

struct Entitlement {
  Uuid id;
  std::string name;
  std::optional<std::string> description;
  std::string resource;
  std::string action;
};
BOOST_DESCRIBE_STRUCT(Entitlement, (), (id, name, description, resource, action))

struct Entitlements {
  std::vector<Entitlement> entitlements;  // by name
};
BOOST_DESCRIBE_STRUCT(Entitlements, (), (entitlements))

namespace {

constexpr Sql kRoles{R"sql(
  SELECT r.id, r.name, r.description, p.name, r.rank, r.is_system
    FROM roles r LEFT JOIN roles p ON p.id = r.parent_role_id ORDER BY r.rank)sql"};
constexpr Sql kOwn{R"sql(
  SELECT r.name, e.name FROM role_entitlements l JOIN roles r ON r.id = l.role_id
    JOIN entitlements e ON e.id = l.entitlement_id ORDER BY e.name)sql"};
constexpr Sql kEntitlements{R"sql(
  SELECT id, name, description, resource, action FROM entitlements ORDER BY name)sql"};

struct RoleRow {
  Uuid id;
  std::string name;
  std::optional<std::string> description;
  std::optional<std::string> parent;
  std::int64_t rank = 0;
  bool is_system = false;
};
BOOST_DESCRIBE_STRUCT(RoleRow, (), (id, name, description, parent, rank, is_system))

struct Link {
  std::string role;
  std::string entitlement;
};
BOOST_DESCRIBE_STRUCT(Link, (), (role, entitlement))

}  // namespace

RoleInfos list_roles(Context& ctx, const Nothing&) {
  std::map<std::string, std::vector<std::string>> own;
  for (auto& link : ctx.db.query<Link>(kOwn)) own[link.role].push_back(std::move(link.entitlement));
  RoleInfos out;
  for (auto& row : ctx.db.query<RoleRow>(kRoles)) {
    auto effective = own[row.name];
    const auto parent =
        std::ranges::find(out.roles, row.parent, [](const RoleInfo& r) { return std::optional(r.name); });
    if (row.parent && parent != out.roles.end()) {
      const auto& inherited = parent->effective_entitlements;
      effective.insert(effective.end(), inherited.begin(), inherited.end());
      std::ranges::sort(effective);
    }
    out.roles.push_back({.id = row.id,
                         .name = row.name,
                         .description = std::move(row.description),
                         .parent = std::move(row.parent),
                         .rank = row.rank,
                         .is_system = row.is_system,
                         .entitlements = own[row.name],
                         .effective_entitlements = std::move(effective)});
  }
  return out;
}

Entitlements list_entitlements(Context& ctx, const Nothing&) { return {ctx.db.query<Entitlement>(kEntitlements)}; }

void add_role_operations(Catalogue& c) {
  c.add("admin.roles.list", Get("/admin/roles"), Access::admin, Effect::read, &list_roles,
        "The roles, with what each allows.")
      .needs("admin:access");
  c.add("admin.entitlements.list", Get("/admin/entitlements"), Access::admin, Effect::read, &list_entitlements,
        "The entitlements that roles are made of.")
      .needs("admin:access");
}

}  // namespace ignition::admin
