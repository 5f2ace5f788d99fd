// The directory: by what somebody is found before it is known who it is. Its rows never change.
#pragma once

#include <optional>
#include <string_view>

#include "ignition/context.hpp"

namespace ignition::directory {

struct Place {
  Uuid user_id;
  Uuid ref_id;
};
BOOST_DESCRIBE_STRUCT(Place, (), (user_id, ref_id))

std::optional<Place> find(Context& ctx, std::string_view kind, std::string_view key);
// Throws CONFLICT `already_exists` for a key that is there.
void enter(Context& ctx, std::string_view kind, std::string_view key, const Place& place,
           std::optional<Instant> expires_at = {});
// Takes out all keys of one thing.
void forget(Context& ctx, std::string_view kind, const Place& place);
// Takes out all keys of the user's things of a kind but one; nil = of all.
void forget_others(Context& ctx, std::string_view kind, const Place& kept);

}  // namespace ignition::directory
