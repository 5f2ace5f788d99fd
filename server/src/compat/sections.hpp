// What several parts of the unversioned surface show alike.
#pragma once

#include "compat/steps.hpp"

namespace ignition::server::compat {

// The named members of an object under the same names in camel case: `plan_exists` as planExists.
Value camel_case(Value& object, std::initializer_list<std::string_view> keys);

// A daily plan: items by their item_key, counts and pages in both spellings.
Step plan_for_clients();
// The same for one item of it.
Step plan_item_for_clients();

// Clients of this surface compute the time left from the start and know nothing of pauses: of a running session
// started_at is moved to ends_at - duration_seconds.
Step start_moved_by_pauses();
// The id of the caller as `user_id`, which rows of this surface carry.
Step with_user_id();

}  // namespace ignition::server::compat
