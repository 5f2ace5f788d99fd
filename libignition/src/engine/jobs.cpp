#include "engine/jobs.hpp"

#include <array>

#include "ignition/domains/deletion.hpp"
#include "ignition/variables.hpp"

namespace ignition::jobs {
namespace {

using namespace std::chrono_literals;
constexpr std::chrono::seconds kDay{86'400};

std::optional<std::chrono::seconds> audit_kept(const JobSettings& settings) {
  if (settings.audit_retention_days == 0) return {};
  return settings.audit_retention_days * kDay;
}

// What is kept how long (rule R49, data-model section 9). A session is over when it was ended, or by itself.
constexpr std::array kRetentions{
    Retention{"sessions", "user_id, id", "expires_at", 30 * kDay},
    Retention{"sessions", "user_id, id", "revoked_at", 30 * kDay},
    Retention{"directory", "kind, key", "expires_at"},
    Retention{"verification_tokens", "id", "expires_at"},
    Retention{"idempotency_keys", "user_id, operation, key", "expires_at"},
    Retention{"mail_outbox", "id", "sent_at", 30 * kDay},
    Retention{"mail_outbox", "id", "failed_at", 30 * kDay},
    Retention{"audit_log", "id", "created_at", {}, &audit_kept},
};

// Each account is a transaction of its own.
void end_due_accounts(Run& run) {
  while (run.goes_on()) {
    const auto purged = run.engine.call(Caller::system(), &deletion::purge_one);
    if (purged.users == 0) return;
    run.count("users", purged.users);
  }
}

constexpr std::array kJobs{
    Job{"retention", "Removes what is kept long enough", 1h, &remove_old_rows},
    Job{"purge", "Ends accounts that their owners deleted, when the time to take it back is over", 1h,
        &end_due_accounts},
};

}  // namespace
}  // namespace ignition::jobs

namespace ignition {

const VariableTable<JobSettings>& job_variables() {
  static const auto table = VariableTable<JobSettings>().add("AUDIT_RETENTION_DAYS", &JobSettings::audit_retention_days,
                                                             "Days that the security log is kept; 0 = for ever.",
                                                             {.limits = {.min = 0, .max = 36'500}});
  return table;
}

}  // namespace ignition

namespace ignition::jobs {

std::span<const Retention> retentions() { return kRetentions; }

std::span<const Job> all() { return kJobs; }

}  // namespace ignition::jobs
