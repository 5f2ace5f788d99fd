// Callers behind tokens, as a shell makes them.
#pragma once

#include "ignition/access_tokens.hpp"
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

// Signs somebody in as a client that keeps its tokens itself; its tokens.
inline Answered native_sign_in(World& world, const Person& person) {
  Caller caller = Caller::system();
  caller.origin = {.ip_address = "9.9.9.9", .user_agent = "phone", .request_id = "req_1", .native = true};
  const auto made = world.engine->call(
      caller, {.operation = "sessions.create",
               .body = fmt::format(R"({{"user_id":"{}","auth_method":"password"}})", person.id().text())});
  REQUIRE(made.cookies.empty());
  return Answered(made.body)["tokens"];
}

// The person behind an access token.
inline Person with_access_token(World& world, std::string_view token) {
  const auto claims = AccessTokens(world.engine->config()).verify(token, world.clock->now());
  REQUIRE_MESSAGE(claims.has_value(), "this is no access token");
  return {world,
          {.credential = Credential::jwt,
           .user = claims->user,
           .session_id = claims->session,
           .access_token = ShownToken{.id = claims->id, .expires_at = claims->expires_at}}};
}

}  // namespace ignition::test
