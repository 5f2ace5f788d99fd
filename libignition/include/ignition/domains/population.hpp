// How many accounts and sessions there are, for metrics (rule R52).
#pragma once

#include <cstdint>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"

namespace ignition::population {

struct Population {
  std::int64_t active = 0;  // accounts that may sign in
  std::int64_t pending_approval = 0;
  std::int64_t disabled = 0;
  std::int64_t active_sessions = 0;
};
BOOST_DESCRIBE_STRUCT(Population, (), (active, pending_approval, disabled, active_sessions))

// Looks at every account: for callers who keep the answer a while.
Population count(Context& ctx, const Nothing& in);

void add_operations(Catalogue& catalogue);

}  // namespace ignition::population
