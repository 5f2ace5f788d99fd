// People with roles, behind sessions of their own.
#pragma once

#include "support/credentials.hpp"
#include "support/mails.hpp"

namespace ignition::test {

// Somebody with this role who has just signed in, with all gates open.
inline Person with_role(World& world, std::string_view role) {
  const auto person = world.person(fmt::format(R"({{"role": "{}"}})", role));
  return with_session(world, sign_in(world, person));
}

inline std::int64_t entries(World& world, std::string_view event_type) {
  return world.count(fmt::format("SELECT COUNT(*) FROM audit_log WHERE event_type = '{}'", event_type));
}

}  // namespace ignition::test
