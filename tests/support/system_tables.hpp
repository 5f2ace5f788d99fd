// The tables that belong to no user and stay on one machine (data-model 10.1), also where a column names one.
#pragma once

#include <set>
#include <string>

namespace ignition::test {

inline const std::set<std::string>& system_tables() {
  static const std::set<std::string> kTables{"admin_claim",         "backups",
                                             "blob_deletions",      "decision_daily_stats",
                                             "import_archive",      "import_id_map",
                                             "import_runs",         "locks",
                                             "mail_outbox",         "oauth_exchange_codes",
                                             "oauth_states",        "rate_limit_buckets",
                                             "revoked_tokens",      "schema_migrations",
                                             "verification_tokens", "webauthn_challenges"};
  return kTables;
}

}  // namespace ignition::test
