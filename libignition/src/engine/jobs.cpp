#include "engine/jobs.hpp"

#include <array>

#include "domains/mail_outbox.hpp"
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
    Retention{"oauth_states", "state_hash", "expires_at"},
    Retention{"oauth_exchange_codes", "code_hash", "expires_at"},
    Retention{"refresh_tokens", "user_id, id", "expires_at"},
    Retention{"revoked_tokens", "jti", "expires_at"},  // after the token's own end (rule R20)
    Retention{"rate_limit_buckets", "key", "expires_at"},
    Retention{"idempotency_keys", "user_id, operation, key", "expires_at"},
    Retention{"mail_outbox", "id", "sent_at", 30 * kDay},
    Retention{"mail_outbox", "id", "failed_at", 30 * kDay},
    Retention{"audit_log", "id", "created_at", {}, &audit_kept},
};

constexpr std::array kJobs{
    // A mail takes a minute at most, and the lease is renewed between two.
    Job{"mail", "Sends the mails that wait", 1min, &mail::send_due, 300s, &mail::is_wanted},
    Job{"purge", "Ends accounts whose time of grace is over, and roles that were given for a time", 1h,
        &end_due_accounts},
    Job{"retention", "Removes what is kept long enough", 1h, &remove_old_rows},
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
