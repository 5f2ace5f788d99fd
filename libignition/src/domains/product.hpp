// The product's table of contents: every domain, in the order of the documents.
#pragma once

#include <span>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/storage.hpp"

namespace ignition::product {

// Adds the operations of every domain.
void add_operations(Catalogue& catalogue);

// Writes the content that comes with the program (skills, achievements, flags ...). Records are matched by key; what is
// there already stays as it is.
void ship(Transaction& db, IdSource& ids, Instant now);

// Stores what time alone has changed for the caller's user: spent shields, ended quests. Every write of a user begins
// with it.
void settle(Context& ctx);

// What servers keep for each other.
std::span<const SharedView> shared_views();

}  // namespace ignition::product
