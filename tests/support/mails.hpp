// The mails that operations ordered.
#pragma once

#include "domains/mail.hpp"
#include "support/world.hpp"

namespace ignition::test {

// `template address` of each, in the order in which they were ordered.
inline std::vector<std::string> mails(World& world) {
  return world.rows<std::string>("SELECT template || ' ' || to_address FROM mail_outbox ORDER BY id");
}

// The token in the last mail that has one.
inline std::string mailed_token(World& world) {
  std::string token;
  const auto ids = world.rows<Uuid>("SELECT id FROM mail_outbox ORDER BY id");
  const auto params = world.rows<std::string>("SELECT params FROM mail_outbox ORDER BY id");
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Answered values(params[i]);
    if (!values["sealed_token"].exists()) continue;
    token = mail::token_of(world.engine->config(), values["sealed_token"].text(), ids[i]).value();
  }
  return token;
}

}  // namespace ignition::test
