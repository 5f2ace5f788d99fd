#include "ignition/domains/audit.hpp"

namespace ignition::audit {
namespace {

enum class Status : std::uint8_t { success, failure, denied };
BOOST_DESCRIBE_ENUM(Status, success, failure, denied)

struct Row {
  static constexpr std::string_view table = "audit_log";
  Uuid id;
  std::optional<Uuid> actor_user_id;
  std::optional<Uuid> subject_user_id;
  std::optional<Uuid> session_id;
  std::string event_type;
  Action action;
  Status status;
  std::optional<std::string> resource_type;
  std::optional<std::string> resource_id;
  std::optional<Json> details;
  Instant created_at;
};
BOOST_DESCRIBE_STRUCT(Row, (),
                      (id, actor_user_id, subject_user_id, session_id, event_type, action, status, resource_type,
                       resource_id, details, created_at))

std::optional<std::string> unless_empty(std::string_view text) {
  if (text.empty()) return {};
  return std::string(text);
}

}  // namespace

void record(Context& ctx, const Entry& entry) {
  Row row{.id = ctx.new_id(),
          .actor_user_id = {},
          .subject_user_id = entry.subject,
          .session_id = ctx.caller.session_id,
          .event_type = std::string(entry.event_type),
          .action = entry.action,
          .status = Status::success,
          .resource_type = unless_empty(entry.resource_type),
          .resource_id = unless_empty(entry.resource_id),
          .details = {},
          .created_at = ctx.now};
  if (!ctx.caller.user.is_nil()) row.actor_user_id = ctx.caller.user;
  if (!entry.details.empty()) row.details = Json{entry.details};
  ctx.db.insert(row);
}

}  // namespace ignition::audit
