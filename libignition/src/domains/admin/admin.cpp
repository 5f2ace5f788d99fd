#include "ignition/domains/admin.hpp"

#include "domains/admin/parts.hpp"

namespace ignition::admin {

void add_operations(Catalogue& c) {
  add_claim_operations(c);
  add_user_reading(c);
  add_user_changes(c);
  add_session_operations(c);
  add_role_operations(c);
  add_audit_operations(c);
  add_flag_operations(c);
  add_stats_operations(c);
  add_config_operations(c);
  add_user_ends(c);
  add_audit_export(c);
  add_database_operations(c);
}

}  // namespace ignition::admin
