#include "engine/jobs.hpp"
#include "ignition/domains/admin.hpp"
#include "ignition/domains/deletion.hpp"

namespace ignition::jobs {

void end_due_accounts(Run& run) {
  const Caller system = Caller::system();
  while (run.goes_on()) {
    const auto ended = run.engine.call(system, &deletion::purge_one);
    if (ended.users == 0) break;
    run.count("users", ended.users);
  }
  if (!run.goes_on()) return;
  run.count("roles", run.engine.call(system, &admin::settle_roles).settled);
}

}  // namespace ignition::jobs
