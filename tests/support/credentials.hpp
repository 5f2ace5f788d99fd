// Callers behind tokens, as a shell makes them.
#pragma once

#include "ignition/domains/api_keys.hpp"
#include "ignition/domains/sessions.hpp"
#include "ignition/secrets.hpp"
#include "support/world.hpp"

namespace ignition::test {

inline Person with_session(World& world, const std::string& token) {
  const auto hash = token_hash(token);
  const auto place = world.engine->call(Caller::system(), &sessions::locate, {.token_hash = {hash}});
  REQUIRE_MESSAGE(place.id.has_value(), "nobody has this token");
  return {world,
          {.credential = Credential::session, .user = *place.user_id, .session_id = place.id, .token_hash = hash}};
}

inline Person with_key(World& world, const std::string& key) {
  const auto hash = token_hash(key);
  const auto place = world.engine->call(Caller::system(), &api_keys::locate, {.key_hash = {hash}});
  REQUIRE_MESSAGE(place.id.has_value(), "there is no such key");
  return {world,
          {.credential = Credential::api_key, .user = *place.user_id, .api_key_id = place.id, .token_hash = hash}};
}

// Signs somebody in; the token.
inline std::string sign_in(World& world, const Person& person) {
  return world.engine
      ->call(Caller::system(), &sessions::create, {.user_id = person.id(), .auth_method = {"password"}, .label = {}})
      .token;
}

}  // namespace ignition::test
