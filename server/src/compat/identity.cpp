// The account and its settings, as existing clients read them.
#include "compat/steps.hpp"
#include "compat/surface.hpp"

namespace ignition::server::compat {

Part identity() { return {"Account and settings", {}}; }

}  // namespace ignition::server::compat
