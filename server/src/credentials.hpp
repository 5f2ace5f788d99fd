// Who calls, out of what a request shows: API keys and the cookies of sessions (rules R14, R16, R22). Whether a session
// or key is still good is the engine's to say, with every call.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

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

  // As the two above, without asking the store: who showed the credential in the last minute is known.
  std::optional<Caller> remembered(Credential kind, std::string_view token);

  // The tokens in a Cookie field that may be sessions: at most three.
  std::vector<std::string_view> session_tokens(std::string_view cookies) const;

  // After a call whose credential was used: lets a session slide or renews its token, and orders the cookie for that;
  // notes the use behind the scenes.
  void used(const Caller& caller, std::string_view token, Answer& answer);

  // `; SameSite=Lax` and what else all our cookies have.
  std::string cookie_attributes() const;
  // The Set-Cookie field of an order.
  std::string set_cookie(const CookieOrder& order) const;

 private:
  struct Place {
    Uuid user;
    Uuid id;
    std::chrono::steady_clock::time_point found;
    std::chrono::steady_clock::time_point noted{};  // use of it, last
  };
  std::optional<Place> remembered_place(const std::string& hash);
  std::optional<Place> place_of(Credential kind, const std::string& hash);
  std::optional<Caller> found(Credential kind, std::string_view token);
  static Caller caller_at(const Place& place, Credential kind, std::string hash);
  bool should_note(const std::string& hash);
  void note(const CredentialUse& use, const std::string& ip, Instant at);

  Engine* const engine_;
  const Settings& settings_;
  std::mutex mutex_;
  std::unordered_map<std::string, Place> places_;  // by hash; a place never changes while its key is there
  boost::asio::thread_pool notes_{1};
};

}  // namespace ignition::server
