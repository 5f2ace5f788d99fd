// Entries of the security log about what a shell refused before any operation ran (rule R41).
#pragma once

#include <optional>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/types.hpp"

namespace ignition::refusals {

struct RecordRefusal {
  Text<1, 60> event_type;  // of the list in rule R40
  Text<0, 100> why;
  Text<0, 200> route;
  std::optional<Uuid> user_id{};  // who asked, when that is known
};
BOOST_DESCRIBE_STRUCT(RecordRefusal, (), (event_type, why, route, user_id))

struct Recorded {
  bool recorded = true;
};
BOOST_DESCRIBE_STRUCT(Recorded, (), (recorded))

// The client is the call's origin. Who calls this sees to it that nobody fills the log.
Recorded record(Context& ctx, const RecordRefusal& in);

void add_operations(Catalogue& catalogue);

}  // namespace ignition::refusals
