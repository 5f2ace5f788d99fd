// The administration, as existing clients show it. Every path lies under /admin and under /api/admin.
#include <fmt/format.h>

#include <algorithm>

#include "compat/steps.hpp"
#include "compat/surface.hpp"
#include "ignition/version.hpp"

namespace ignition::server::compat {
namespace {

constexpr int kMostUsers = 1000;
constexpr int kMostSessions = 500;

Step user_for_clients() {
  return copies({{"createdAt", "created_at"}, {"totalXp", "total_xp"}, {"tosAccepted", "tos_accepted"}});
}

// {"success": true, "message": ...}
Step done(std::string_view message) {
  return {fmt::format("{{`success`: `true`, `message`: \"{}\"}} in place of it", message),
          [message = std::string(message)](Value& value, Scene&) {
            value = Value::object();
            value.set("success", Value::truth(true));
            value.set("message", Value::text(message));
          }};
}

// The same besides what is there.
Step with_success(std::string_view message) {
  return {fmt::format("`success`: `true`, `message`: \"{}\"", message),
          [message = std::string(message)](Value& value, Scene&) {
            value.set("success", Value::truth(true));
            value.set("message", Value::text(message));
          }};
}

Step limit_of_100() {
  return {"`limit` = 100 when absent", [](Value&, Scene& scene) {
            const bool asked =
                scene.request.parameter("limit") != nullptr || scene.request.parameter("page_size") != nullptr;
            if (!asked) scene.request.query.emplace_back("limit", "100");
          }};
}

Answer answer_of(const Value& value) {
  Answer answer;
  answer.body = value.to_json();
  return answer;
}

Step named_user() {
  return {"`userId` → `id`", [](Value& body, Scene& scene) {
            if (const auto id = scene.request.take_parameter("userId")) body.set("id", Value::text(*id));
          }};
}

// What existing clients call the rows of a cleanup.
Step results_for_clients() {
  return {"`results` {`expiredSessionsDeleted`, `orphanedAccountsDeleted`, `orphanedSessionsDeleted`}",
          [](Value& value, Scene&) {
            const auto rows = [&value](std::string_view path) {
              return Value::number(value.get(path).as_number().value_or(0));
            };
            Value results = Value::object();
            results.set("expiredSessionsDeleted", rows("removed.sessions"));
            results.set("orphanedAccountsDeleted", Value::number(0));
            results.set("orphanedSessionsDeleted", rows("removed.directory"));
            value = Value::object();
            value.set("message", Value::text("What was kept too long is gone."));
            value.set("results", std::move(results));
          }};
}

Step for_good() {
  return {"`dry_run` = `false`", [](Value& body, Scene&) {
            body = Value::object();
            body.set("dry_run", Value::truth(false));
          }};
}

// The front page: whoever may list accounts may see it.
Answer front_page(Operations& operations, Scene&) {
  Request first;
  first.query.emplace_back("page_size", "1");
  operations.output("admin.users.list", first);
  Value page = Value::object();
  page.set("version", Value::text(kVersion));
  page.set("modules", Value::json(R"(["users","sessions","audit","feature-flags","stats","config"])"));
  page.set("role_required", Value::text("admin"));
  return answer_of(page);
}

// Accounts without an address cannot exist, so that there is nothing to clean.
Answer nothing_to_clean(Operations& operations, Scene&) {
  Value users = operations.output("admin.users.stats", {});
  Request first;
  first.query.emplace_back("page_size", "1");
  Value sessions = operations.output("admin.sessions.list", first);
  Value out = Value::object();
  out.set("nullUsers", Value::list());
  out.set("count", Value::number(0));
  out.set("totalUsers", users.get("total_users"));
  out.set("activeSessions", sessions.get("total"));
  return answer_of(out);
}

Answer nothing_cleaned(Operations& operations, Scene&) {
  operations.output("admin.users.stats", {});
  Value out = Value::object();
  out.set("message", Value::text("There is nothing to clean."));
  out.set("cleaned", Value::number(0));
  out.set("deletedUsers", Value::list());
  return answer_of(out);
}

std::vector<Row> access() {
  return {
      {.method = Method::GET,
       .paths = {"/admin-access/status"},
       .operation = "admin.status",
       .gives = {copies({{"isAdmin", "is_admin"}, {"canClaim", "can_claim"}})}},
      {.method = Method::POST,
       .paths = {"/admin-access/claim"},
       .operation = "admin.claim",
       .takes = {rename("claimKey", "claim_key")},
       .gives = {done("You administer this installation now.")}},
      {.method = Method::GET,
       .paths = {"/admin", "/api/admin"},
       .operation = "admin.users.list",
       .gives = {note("{`version`, `modules`, `role_required`}")},
       .calls = front_page},
  };
}

std::vector<Row> accounts() {
  const std::vector<Step> account_deleted = {rename("rows_deleted", "tables_cleaned"), without({"deleted"}),
                                             with_success("The account is gone.")};
  return {
      {.method = Method::GET,
       .paths = {"/admin/users", "/api/admin/users"},
       .operation = "admin.users.list",
       .takes = {page_size(kMostUsers), largest_page(kMostUsers)},
       .gives = {each("users", {user_for_clients()}), copy("users", "data")}},
      {.method = Method::GET,
       .paths = {"/admin/users/stats", "/api/admin/users/stats", "/admin/stats", "/api/admin/stats"},
       .operation = "admin.stats"},
      {.method = Method::GET,
       .paths = {"/admin/users/{id}", "/api/admin/users/{id}"},
       .operation = "admin.users.get",
       .gives = {inside("user"), user_for_clients()}},
      {.method = Method::DELETE,
       .paths = {"/admin/users/{id}", "/api/admin/users/{id}"},
       .operation = "admin.users.delete_unconfirmed",
       .gives = account_deleted},
      {.method = Method::DELETE,
       .paths = {"/api/admin/users", "/admin/users"},
       .operation = "admin.users.delete_unconfirmed",
       .takes = {named_user()},
       .gives = account_deleted},
      {.method = Method::POST,
       .paths = {"/admin/users/{id}/approve", "/api/admin/users/{id}/approve"},
       .operation = "admin.users.approve",
       .gives = {inside("user"), user_for_clients()}},
      {.method = Method::POST,
       .paths = {"/admin/users/{id}/cleanup", "/api/admin/users/{id}/cleanup"},
       .operation = "admin.users.cleanup",
       .gives = {rename("removed", "tables_cleaned"), with_success("What had expired is gone.")}},
      {.method = Method::GET,
       .paths = {"/api/admin/cleanup-users", "/admin/cleanup-users"},
       .operation = "admin.users.stats",
       .gives = {note("{`nullUsers`: [], `count`: 0, `totalUsers`, `activeSessions`}")},
       .calls = nothing_to_clean,
       .also = {"admin.sessions.list"}},
      {.method = Method::DELETE,
       .paths = {"/api/admin/cleanup-users", "/admin/cleanup-users"},
       .operation = "admin.users.stats",
       .gives = {note("{`message`, `cleaned`: 0, `deletedUsers`: []}")},
       .calls = nothing_cleaned},
      {.method = Method::GET,
       .paths = {"/admin/sessions", "/api/admin/sessions"},
       .operation = "admin.sessions.list",
       .takes = {page_size(kMostSessions), largest_page(kMostSessions)},
       .gives = {inside("sessions"), each("", {rename("last_active_at", "last_activity_at"),
                                               only({"id", "user_id", "user_email", "user_name", "created_at",
                                                     "last_activity_at", "expires_at", "user_agent", "ip_address"})})}},
      {.method = Method::DELETE,
       .paths = {"/admin/sessions/{id}", "/api/admin/sessions/{id}"},
       .operation = "admin.sessions.revoke",
       .gives = {done("The session has ended.")}},
  };
}

std::vector<Row> system() {
  return {
      {.method = Method::GET,
       .paths = {"/admin/audit", "/api/admin/audit"},
       .operation = "admin.audit.list",
       .takes = {limit_of_100(), limit_and_offset(), largest_page(500)},
       .gives = {each("entries", {only({"id", "user_id", "user_email", "event_type", "resource_type", "resource_id",
                                        "action", "status", "details", "ip_address", "created_at"})}),
                 only({"entries", "total"})}},
      {.method = Method::GET,
       .paths = {"/admin/audit/event-types", "/api/admin/audit/event-types"},
       .operation = "admin.audit.event_types",
       .gives = {inside("event_types")}},
      {.method = Method::GET,
       .paths = {"/admin/roles", "/api/admin/roles"},
       .operation = "admin.roles.list",
       .gives = {inside("roles")}},
      {.method = Method::GET,
       .paths = {"/admin/entitlements", "/api/admin/entitlements"},
       .operation = "admin.entitlements.list",
       .gives = {inside("entitlements")}},
      {.method = Method::GET,
       .paths = {"/admin/feature-flags", "/api/admin/feature-flags"},
       .operation = "admin.flags.list",
       .gives = {inside("flags")}},
      {.method = Method::GET,
       .paths = {"/admin/db-health", "/api/admin/db-health", "/admin/db/health", "/api/admin/db/health"},
       .operation = "admin.db.health"},
      {.method = Method::DELETE,
       .paths = {"/api/admin/db-health", "/admin/db-health"},
       .operation = "admin.db.cleanup",
       .takes = {for_good()},
       .gives = {results_for_clients()}},
      {.method = Method::GET, .paths = {"/admin/config", "/api/admin/config"}, .operation = "admin.config"},
  };
}

}  // namespace

Part administration() {
  Part part{"Administration", access()};
  std::ranges::move(accounts(), std::back_inserter(part.rows));
  std::ranges::move(system(), std::back_inserter(part.rows));
  return part;
}

}  // namespace ignition::server::compat
