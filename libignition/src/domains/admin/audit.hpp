// What administrators read of the security log.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ignition/context.hpp"
#include "ignition/domains/audit.hpp"

namespace ignition::admin {

struct AuditEntry {
  Uuid id;
  std::optional<Uuid> actor_user_id;
  std::optional<Uuid> subject_user_id;
  std::optional<Uuid> user_id;            // the subject, or the actor when there is none
  std::optional<std::string> user_email;  // of that user
  std::optional<Uuid> session_id;
  std::optional<Uuid> api_key_id;
  std::string event_type;
  audit::Action action = audit::Action::update;
  audit::Status status = audit::Status::success;
  std::optional<std::string> resource_type;
  std::optional<std::string> resource_id;
  std::optional<Json> details;
  std::optional<std::string> ip_address;
  std::optional<std::string> user_agent;
  std::optional<std::string> request_id;
  Instant created_at;
};
BOOST_DESCRIBE_STRUCT(AuditEntry, (),
                      (id, actor_user_id, subject_user_id, user_id, user_email, session_id, api_key_id, event_type,
                       action, status, resource_type, resource_id, details, ip_address, user_agent, request_id,
                       created_at))

// Null = any.
struct AuditFilters {
  std::optional<Text<1, 60>> event_type;
  std::optional<Uuid> actor_user_id;
  std::optional<Uuid> user_id;  // as subject
  std::optional<Text<1, 40>> resource_type;
  std::optional<Text<1, 100>> resource_id;
  std::optional<audit::Status> status;
  std::optional<Text<1, 45>> ip_address;
  std::optional<Text<1, 64>> request_id;
  std::optional<Instant> from;  // at or after
  std::optional<Instant> to;    // before
};
BOOST_DESCRIBE_STRUCT(AuditFilters, (),
                      (event_type, actor_user_id, user_id, resource_type, resource_id, status, ip_address, request_id,
                       from, to))

// Where an entry stands in the order of the log.
struct AuditPlace {
  Instant created_at;
  Uuid id;
};

std::int64_t count_entries(Context& ctx, const AuditFilters& filters);
std::vector<AuditEntry> entries(Context& ctx, const AuditFilters& filters, std::int64_t most, std::int64_t skipped);
// Those that stand behind a place, newest first.
std::vector<AuditEntry> entries_before(Context& ctx, const AuditFilters& filters, const AuditPlace& before,
                                       std::int64_t most);

}  // namespace ignition::admin
