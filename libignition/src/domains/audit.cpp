#include "ignition/domains/audit.hpp"

namespace ignition::audit {
namespace {

struct Row {
  static constexpr std::string_view table = "audit_log";
  Uuid id;
  std::optional<Uuid> actor_user_id;
  std::optional<Uuid> subject_user_id;
  std::optional<Uuid> session_id;
  std::optional<Uuid> api_key_id;
  std::string event_type;
  Action action;
  Status status;
  std::optional<std::string> resource_type;
  std::optional<std::string> resource_id;
  std::optional<Json> details;
  std::optional<std::string> ip_address;
  std::optional<std::string> user_agent;
  std::optional<std::string> request_id;
  Instant created_at;
};
BOOST_DESCRIBE_STRUCT(Row, (),
                      (id, actor_user_id, subject_user_id, session_id, api_key_id, event_type, action, status,
                       resource_type, resource_id, details, ip_address, user_agent, request_id, created_at))

std::optional<std::string> unless_empty(std::string_view text) {
  if (text.empty()) return {};
  return std::string(text);
}

Row row_of(Context& ctx, const Entry& entry) {
  Row row{.id = ctx.new_id(),
          .actor_user_id = entry.actor,
          .subject_user_id = entry.subject,
          .session_id = ctx.caller.session_id,
          .api_key_id = ctx.caller.api_key_id,
          .event_type = std::string(entry.event_type),
          .action = entry.action,
          .status = entry.status,
          .resource_type = unless_empty(entry.resource_type),
          .resource_id = unless_empty(entry.resource_id),
          .details = {},
          .ip_address = unless_empty(ctx.caller.origin.ip_address),
          .user_agent = unless_empty(ctx.caller.origin.user_agent),
          .request_id = unless_empty(ctx.caller.origin.request_id),
          .created_at = ctx.now};
  if (!row.actor_user_id && !ctx.caller.user.is_nil()) row.actor_user_id = ctx.caller.user;
  if (!entry.details.empty()) row.details = Json{entry.details};
  return row;
}

}  // namespace

void record(Context& ctx, const Entry& entry) {
  ctx.db.insert(row_of(ctx, entry));
  ctx.count("ignition_audit_events_total", std::string(entry.event_type));
}

void record_refusal(Context& ctx, const Entry& entry) {
  ctx.reply.on_refusal.emplace_back([row = row_of(ctx, entry)](Transaction& db) { db.insert(row); });
  ctx.reply.counted_refusals.push_back({"ignition_audit_events_total", std::string(entry.event_type)});
}

}  // namespace ignition::audit
