// Reading the security log.
#include "domains/admin/audit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "domains/admin/parts.hpp"

namespace ignition::admin {

struct ListEntries : AuditFilters {
  Or<Int<1, 1'000'000>, 1> page;
  Or<Int<1, 500>, 50> page_size;
};
BOOST_DESCRIBE_STRUCT(ListEntries, (AuditFilters), (page, page_size))

struct Entries {
  std::vector<AuditEntry> entries;  // newest first
  std::int64_t total = 0;
  std::int64_t page = 1;
  std::int64_t page_size = 50;
};
BOOST_DESCRIBE_STRUCT(Entries, (), (entries, total, page, page_size))

struct EventTypes {
  std::vector<std::string> event_types;  // sorted
};
BOOST_DESCRIBE_STRUCT(EventTypes, (), (event_types))

namespace {

// The list of rule R40. `custom:<name>` comes besides.
constexpr auto kEventTypes = std::to_array<std::string_view>({"login",
                                                              "login_failed",
                                                              "logout",
                                                              "session_created",
                                                              "session_rotated",
                                                              "session_revoked",
                                                              "session_expired",
                                                              "refresh_reuse",
                                                              "reauthenticated",
                                                              "user_created",
                                                              "user_updated",
                                                              "user_deleted",
                                                              "user_restored",
                                                              "account_linked",
                                                              "account_unlinked",
                                                              "account_claimed",
                                                              "email_verified",
                                                              "email_changed",
                                                              "password_set",
                                                              "password_changed",
                                                              "password_reset_requested",
                                                              "password_reset",
                                                              "factor_added",
                                                              "factor_removed",
                                                              "factor_clone_suspected",
                                                              "api_key_created",
                                                              "api_key_revoked",
                                                              "vault_created",
                                                              "vault_rotated",
                                                              "vault_deleted",
                                                              "age_verified",
                                                              "age_denied",
                                                              "tos_accepted",
                                                              "data_export",
                                                              "admin_claimed",
                                                              "admin_action",
                                                              "user_approved",
                                                              "user_unapproved",
                                                              "user_disabled",
                                                              "user_enabled",
                                                              "role_changed",
                                                              "config_changed",
                                                              "flag_changed",
                                                              "backup_created",
                                                              "backup_downloaded",
                                                              "backup_restored",
                                                              "cleanup_run",
                                                              "sql_executed",
                                                              "quota_changed",
                                                              "ledger_adjusted",
                                                              "ledger_rebuilt",
                                                              "reward_granted",
                                                              "blob_admin_access",
                                                              "csrf_violation",
                                                              "unauthorized_access",
                                                              "rate_limited",
                                                              "local_mode_refused",
                                                              "resource_created",
                                                              "resource_updated",
                                                              "resource_deleted",
                                                              "purchase",
                                                              "refund"});

// The filter whose index a statement follows.
enum class Driver : std::uint8_t { time, event_type, subject, actor };
constexpr std::size_t kDrivers = 4;

constexpr std::string_view kColumns =
    "a.id, a.actor_user_id, a.subject_user_id, COALESCE(a.subject_user_id, a.actor_user_id), "
    "(SELECT u.email FROM users u WHERE u.id = COALESCE(a.subject_user_id, a.actor_user_id)), a.session_id, "
    "a.api_key_id, a.event_type, a.action, a.status, a.resource_type, a.resource_id, a.details, a.ip_address, "
    "a.user_agent, a.request_id, a.created_at";

Driver driver_of(const AuditFilters& filters) {
  if (filters.user_id) return Driver::subject;
  if (filters.actor_user_id) return Driver::actor;
  return filters.event_type ? Driver::event_type : Driver::time;
}

// $1 to $10 are the filters. What may be absent stands in an alternative, which no index serves; the driver's does not.
std::string where(Driver driver) {
  const auto equals = [driver](Driver by, std::string_view column, int parameter, std::string_view type) {
    if (driver == by) return fmt::format("a.{} = ${}", column, parameter);
    return fmt::format("(CAST(${1} AS {2}) IS NULL OR a.{0} = ${1})", column, parameter, type);
  };
  return fmt::format(
      R"sql( FROM audit_log a
   WHERE {} AND {} AND {}
     AND (CAST($4 AS TEXT) IS NULL OR a.resource_type = $4) AND (CAST($5 AS TEXT) IS NULL OR a.resource_id = $5)
     AND (CAST($6 AS TEXT) IS NULL OR a.status = $6) AND (CAST($7 AS TEXT) IS NULL OR a.ip_address = $7)
     AND (CAST($8 AS TEXT) IS NULL OR a.request_id = $8) AND a.created_at >= $9 AND a.created_at < $10)sql",
      equals(Driver::event_type, "event_type", 1, "TEXT"), equals(Driver::actor, "actor_user_id", 2, "UUID"),
      equals(Driver::subject, "subject_user_id", 3, "UUID"));
}

using Texts = std::array<std::string, kDrivers>;

Texts texts(std::string_view before, std::string_view after) {
  Texts out;
  for (std::size_t i = 0; i < kDrivers; ++i) {
    out[i] = fmt::format("SELECT {}{}{}", before, where(static_cast<Driver>(i)), after);
  }
  return out;
}

Sql text_for(const Texts& all, const AuditFilters& filters) {
  return {.text = all.at(static_cast<std::size_t>(driver_of(filters)))};
}

// Calls `run(filter, ...)` with the ten filters.
template <class Run>
auto with(const AuditFilters& f, Run run) {
  const auto text = [](const auto& value) { return value ? std::optional<std::string>(value->value) : std::nullopt; };
  return run(text(f.event_type), f.actor_user_id, f.user_id, text(f.resource_type), text(f.resource_id), f.status,
             text(f.ip_address), text(f.request_id), f.from.value_or(Instant::parse("1970-01-01T00:00:00Z").value()),
             f.to.value_or(Instant::parse("9999-12-31T00:00:00Z").value()));
}

}  // namespace

std::int64_t count_entries(Context& ctx, const AuditFilters& filters) {
  static const Texts all = texts("COUNT(*)", "");
  return with(filters, [&](const auto&... f) { return ctx.db.one<std::int64_t>(text_for(all, filters), f...); });
}

std::vector<AuditEntry> entries(Context& ctx, const AuditFilters& filters, std::int64_t most, std::int64_t skipped) {
  static const Texts all = texts(kColumns, " ORDER BY a.created_at DESC, a.id DESC LIMIT $11 OFFSET $12");
  return with(filters,
              [&](const auto&... f) { return ctx.db.query<AuditEntry>(text_for(all, filters), f..., most, skipped); });
}

std::vector<AuditEntry> entries_before(Context& ctx, const AuditFilters& filters, const AuditPlace& before,
                                       std::int64_t most) {
  static const Texts all = texts(kColumns,
                                 " AND a.created_at <= $11 AND (a.created_at < $11 OR a.id < $12)"
                                 " ORDER BY a.created_at DESC, a.id DESC LIMIT $13");
  return with(filters, [&](const auto&... f) {
    return ctx.db.query<AuditEntry>(text_for(all, filters), f..., before.created_at, before.id, most);
  });
}

Entries list_entries(Context& ctx, const ListEntries& in) {
  const std::int64_t page = in.page.value;
  const std::int64_t size = in.page_size.value;
  return {.entries = entries(ctx, in, size, (page - 1) * size),
          .total = count_entries(ctx, in),
          .page = page,
          .page_size = size};
}

EventTypes event_types(Context&, const Nothing&) {
  EventTypes out;
  out.event_types.assign(kEventTypes.begin(), kEventTypes.end());
  std::ranges::sort(out.event_types);
  return out;
}

void add_audit_operations(Catalogue& c) {
  c.add("admin.audit.list", Get("/admin/audit"), Access::admin, Effect::read, &list_entries,
        "The security log, newest first.")
      .needs("admin:audit");
  c.add("admin.audit.event_types", Get("/admin/audit/event-types"), Access::admin, Effect::read, &event_types,
        "What the security log tells of.")
      .needs("admin:audit");
}

}  // namespace ignition::admin
