// The parts of the administration, each of which registers its operations.
#pragma once

#include "ignition/catalogue.hpp"

namespace ignition::admin {

void add_claim_operations(Catalogue& catalogue);
void add_user_reading(Catalogue& catalogue);
void add_user_changes(Catalogue& catalogue);
void add_session_operations(Catalogue& catalogue);
void add_role_operations(Catalogue& catalogue);
void add_audit_operations(Catalogue& catalogue);
void add_flag_operations(Catalogue& catalogue);
void add_stats_operations(Catalogue& catalogue);
void add_config_operations(Catalogue& catalogue);
void add_user_ends(Catalogue& catalogue);
void add_audit_export(Catalogue& catalogue);
void add_database_operations(Catalogue& catalogue);

}  // namespace ignition::admin
