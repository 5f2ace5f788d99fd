#include "domains/product.hpp"

#include "ignition/domains/achievements.hpp"
#include "ignition/domains/activity.hpp"
#include "ignition/domains/admin.hpp"
#include "ignition/domains/api_keys.hpp"
#include "ignition/domains/auth.hpp"
#include "ignition/domains/captures.hpp"
#include "ignition/domains/deletion.hpp"
#include "ignition/domains/email_change.hpp"
#include "ignition/domains/export.hpp"
#include "ignition/domains/flags.hpp"
#include "ignition/domains/focus.hpp"
#include "ignition/domains/goals.hpp"
#include "ignition/domains/habits.hpp"
#include "ignition/domains/ignitions.hpp"
#include "ignition/domains/inbox.hpp"
#include "ignition/domains/ledger.hpp"
#include "ignition/domains/market.hpp"
#include "ignition/domains/oauth.hpp"
#include "ignition/domains/onboarding.hpp"
#include "ignition/domains/passwords.hpp"
#include "ignition/domains/personalization.hpp"
#include "ignition/domains/plan.hpp"
#include "ignition/domains/population.hpp"
#include "ignition/domains/progress.hpp"
#include "ignition/domains/quests.hpp"
#include "ignition/domains/roles.hpp"
#include "ignition/domains/security_log.hpp"
#include "ignition/domains/refusals.hpp"
#include "ignition/domains/sessions.hpp"
#include "ignition/domains/settings.hpp"
#include "ignition/domains/shields.hpp"
#include "ignition/domains/skills.hpp"
#include "ignition/domains/streaks.hpp"
#include "ignition/domains/suggestions.hpp"
#include "ignition/domains/sync.hpp"
#include "ignition/domains/today.hpp"
#include "ignition/domains/tokens.hpp"
#include "ignition/domains/users.hpp"

namespace ignition {

namespace product {

void add_operations(Catalogue& catalogue) {
  users::add_operations(catalogue);
  auth::add_operations(catalogue);
  passwords::add_operations(catalogue);
  refusals::add_operations(catalogue);
  population::add_operations(catalogue);
  oauth::add_operations(catalogue);
  sessions::add_operations(catalogue);
  tokens::add_operations(catalogue);
  api_keys::add_operations(catalogue);
  exports::add_operations(catalogue);
  deletion::add_operations(catalogue);
  email_change::add_operations(catalogue);
  security_log::add_operations(catalogue);
  settings::add_operations(catalogue);
  flags::add_operations(catalogue);
  progress::add_operations(catalogue);
  ledger::add_operations(catalogue);
  skills::add_operations(catalogue);
  streaks::add_operations(catalogue);
  focus::add_operations(catalogue);
  plan::add_operations(catalogue);
  today::add_operations(catalogue);
  personalization::add_operations(catalogue);
  inbox::add_operations(catalogue);
  captures::add_operations(catalogue);
  onboarding::add_operations(catalogue);
  activity::add_operations(catalogue);
  suggestions::add_operations(catalogue);
  ignitions::add_operations(catalogue);
  sync::add_operations(catalogue);
  habits::add_operations(catalogue);
  goals::add_operations(catalogue);
  milestones::add_operations(catalogue);
  quests::add_operations(catalogue);
  achievements::add_operations(catalogue);
  market::add_operations(catalogue);
  admin::add_operations(catalogue);
}

std::span<const SharedView> shared_views() { return {&today::shared_facts(), 1}; }

void ship(Transaction& db, IdSource& ids, Instant now) {
  flags::ship(db, now);
  roles::ship(db, ids, now);
  skills::ship(db, ids, now);
  onboarding::ship(db, now);
  ignitions::ship(db);
  quests::ship(db, ids, now);
  achievements::ship(db, ids, now);
  market::ship(db, ids, now);
}

// Shields first: quests look at the streaks.
void settle(Context& ctx) {
  shields::settle(ctx);
  quests::settle(ctx);
}

}  // namespace product

const Catalogue& catalogue() {
  static const Catalogue all = [] {
    Catalogue made;
    product::add_operations(made);
    return made;
  }();
  return all;
}

}  // namespace ignition
