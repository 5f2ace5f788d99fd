#include "ignition/domains/security_log.hpp"

#include "ignition/rules/sessions.hpp"

namespace ignition::security_log {
namespace {

// An administrator who acted keeps the own address and device; a failed sign-in shows where it came from.
constexpr Sql kPage{R"sql(
  SELECT id, event_type, action, status,
         CASE WHEN actor_user_id = $1 THEN FALSE ELSE TRUE END, resource_type, resource_id,
         CASE WHEN actor_user_id = $1 THEN session_id END,
         CASE WHEN actor_user_id IS NULL OR actor_user_id = $1 THEN ip_address END,
         CASE WHEN actor_user_id IS NULL OR actor_user_id = $1 THEN user_agent END, NULL, created_at
    FROM audit_log
   WHERE subject_user_id = $1 OR (actor_user_id = $1 AND subject_user_id IS NULL)
   ORDER BY created_at DESC, id DESC
   LIMIT $2 OFFSET $3)sql"};
constexpr Sql kCount{R"sql(
  SELECT count(*) FROM audit_log
   WHERE subject_user_id = $1 OR (actor_user_id = $1 AND subject_user_id IS NULL))sql"};

}  // namespace

Entries list(Context& ctx, const Page& in) {
  const std::int64_t page = in.page.value;
  const std::int64_t size = in.page_size.value;
  Entries out{.entries = ctx.db.query<Entry>(kPage, ctx.user, size, (page - 1) * size),
              .total = ctx.db.one<std::int64_t>(kCount, ctx.user),
              .page = page,
              .page_size = size};
  for (Entry& entry : out.entries) entry.device = rules::device_label(entry.user_agent.value_or(""));
  return out;
}

void add_operations(Catalogue& c) {
  c.add("user.security_log", Get("/user/security-log"), Access::any, Effect::read, &list,
        "What happened to the caller's account, newest first.");
}

}  // namespace ignition::security_log
