// What a provider's answer to a sign-in leads to (rule R7): from the code in the browser's address to a session, or to
// the page that tells what went wrong.
#pragma once

#include <array>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "id_token.hpp"
#include "ignition/domains/oauth.hpp"
#include "ignition/engine.hpp"
#include "log.hpp"

namespace ignition::server {

// A provider's keys, kept for an hour, and asked for again when a token names another one. Thread-safe.
class KeyCache {
 public:
  // The keys, with the one of this id among them where the provider has it; nothing when it does not answer.
  std::optional<PublishedKeys> get(const std::string& url, std::string_view key_id, Instant now, std::string& why);

 private:
  std::mutex mutex_;
  std::optional<PublishedKeys> keys_;
  Instant fetched_;
  Instant asked_again_;
};

class OAuthCallback {
 public:
  struct Request {
    rules::OAuthProvider provider = rules::OAuthProvider::google;
    std::string code;
    std::string state;
    std::string iss;
    std::string error;
    std::string browser;  // the cookie ignition_oauth
    Origin origin;
    // The live session of this user that the browser shows.
    std::function<std::optional<Caller>(const Uuid&)> session_of;
  };

  OAuthCallback(Engine* engine, Log& log) : engine_(engine), log_(log) {}

  // Where the browser goes next. Waits for the provider. Throws VALIDATION_ERROR for a request that no provider sends,
  // and what the engine throws while the store is away.
  Answer answer(const Request& request);

 private:
  struct Flow;
  // Throws a refusal by its code on the error page.
  Answer sign_in(const Request& request, const oauth::State& state);
  oauth::Person person(const Request& request, const oauth::State& state);
  Answer act(const Request& request, const oauth::State& state, const oauth::Person& person);
  std::optional<oauth::State> take_state(const Request& request);

  Engine* const engine_;
  Log& log_;
  std::array<KeyCache, 2> keys_;
};

}  // namespace ignition::server
