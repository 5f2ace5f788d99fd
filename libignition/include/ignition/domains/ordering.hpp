// Reordering as every domain offers it (rule O5).
#pragma once

#include <string_view>

#include "ignition/error.hpp"
#include "ignition/rules/ordering.hpp"

namespace ignition::ordering {

// Lets a reorder pass that names every sibling once. VALIDATION_ERROR on `field` for a repeated id; CONFLICT
// order_changed with `missing` and `unknown` when the ids are not the present siblings.
void check(std::string_view field, const rules::Reorder& reorder);

}  // namespace ignition::ordering
