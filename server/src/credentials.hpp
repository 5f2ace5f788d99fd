// Who calls, out of what a request shows: API keys and the cookies of sessions (rules R14, R16, R22). Whether a session
// or key is still good is the engine's to say, with every call.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ignition/access_tokens.hpp"
#include "ignition/engine.hpp"
#include "ignition/server.hpp"

namespace ignition::server {

// The token behind `Bearer ` in an Authorization field; absent for another scheme.
std::optional<std::string_view> bearer_token(std::string_view authorization);

// A token that names an API key. Whether there is such a key is another question.
bool is_api_key(std::string_view token);

// Thread-safe.
class Callers {
 public:
  // `engine` may be null: then nobody is known.
  Callers(Engine* engine, const Settings& settings);
  ~Callers();

  std::optional<Caller> by_key(std::string_view key);
  std::optional<Caller> by_session(std::string_view token);

  // Says what a token of ours says, without asking the store.
  std::optional<Caller> by_access_token(std::string_view token) const;
  // The session of a refresh token.
  std::optional<Uuid> session_of_refresh(std::string_view token);

  // As the first two, without asking the store: who showed the credential in the last minute is known.
  std::optional<Caller> remembered(Credential kind, std::string_view token);

  // The tokens in a Cookie field that may be sessions: at most three.
  std::vector<std::string_view> session_tokens(std::string_view cookies) const;

  // After a call whose credential was used: lets a session slide or renews its token, and orders the cookie for that;
  // notes the use behind the scenes.
  void used(const Caller& caller, std::string_view token, Answer& answer);

  // Does something behind the scenes, for which no request waits: what it throws is lost.
  void later(std::function<void()> work);

  // Ties a sign-in with a provider to the browser in which it began.
  static constexpr std::string_view kOAuthCookie = "ignition_oauth";

  // `; SameSite=Lax` and what else all our cookies have.
  std::string cookie_attributes() const { return cookie_attributes(settings_.cookie_same_site); }
  // The Set-Cookie field of an order.
  std::string set_cookie(const CookieOrder& order) const;

 private:
  std::string cookie_attributes(SameSite same_site) const;
  struct Place {
    Uuid user;
    Uuid id;
    std::chrono::steady_clock::time_point found;
  };
  std::optional<Place> remembered_place(const std::string& hash);
  std::optional<Place> place_of(Credential kind, const std::string& hash);
  std::optional<Caller> found(Credential kind, std::string_view token);
  static Caller caller_at(const Place& place, Credential kind, std::string hash);
  bool should_note(const Uuid& credential);
  void note(const CredentialUse& use, const std::string& ip, Instant at);

  Engine* const engine_;
  const Settings& settings_;
  std::mutex mutex_;
  std::unordered_map<std::string, Place> places_;  // by hash; a place never changes while its key is there
  std::unordered_map<Uuid, std::chrono::steady_clock::time_point> noted_;  // last use of a session or key
  std::optional<AccessTokens> access_tokens_;
  boost::asio::thread_pool notes_{1};
};

}  // namespace ignition::server
