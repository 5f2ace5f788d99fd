// People with roles, behind sessions of their own.
#pragma once

#include "support/credentials.hpp"

namespace ignition::test {

// Somebody with this role who has just signed in, with all gates open.
inline Person with_role(World& world, std::string_view role) {
  const auto person = world.person(fmt::format(R"({{"role": "{}"}})", role));
  return with_session(world, sign_in(world, person));
}

inline std::int64_t entries(World& world, std::string_view event_type) {
  return world.count(fmt::format("SELECT COUNT(*) FROM audit_log WHERE event_type = '{}'", event_type));
}

// The mails that wait, as "template address".
inline std::vector<std::string> waiting_mails(World& world) {
  return world.rows<std::string>("SELECT template || ' ' || to_address FROM mail_outbox ORDER BY id");
}

}  // namespace ignition::test
