// Progress, streaks and skills, as existing clients read them.
#include "compat/steps.hpp"
#include "compat/surface.hpp"

namespace ignition::server::compat {

Part progress() { return {"Progress", {}}; }

}  // namespace ignition::server::compat
