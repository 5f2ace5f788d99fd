// Everything an operation needs. No operation looks at a clock, a random source or a global by itself.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ignition/answer_cache.hpp"
#include "ignition/config.hpp"
#include "ignition/counts.hpp"
#include "ignition/rules/accounts.hpp"
#include "ignition/storage.hpp"
#include "ignition/time.hpp"
#include "ignition/uuid.hpp"

namespace ignition {

namespace activity {
struct Call;
}

// How the caller proved who it is. `host` is a program that embeds the library and is trusted; `system` is that program
// acting for nobody.
enum class Credential : std::uint8_t { none, session, jwt, api_key, local, host, system };
BOOST_DESCRIBE_ENUM(Credential, none, session, jwt, api_key, local, host, system)

// Where a call came from, as far as the shell knows: for the security log. "" = unknown.
struct Origin {
  std::string ip_address{};      // at most 45 bytes
  std::string user_agent{};      // UTF-8, at most 512 bytes
  std::string request_id{};      // at most 64 bytes
  bool native = false;           // a client that keeps its tokens itself, without cookies
  std::string refresh_cookie{};  // the refresh token in its jar, for operations that take it; "" = none
};

// The access token that a caller showed.
struct ShownToken {
  Uuid id;
  Instant expires_at;
};

// Who calls, as the shell established it. With `session_id` or `api_key_id` the engine looks itself whether that
// session or key is still good, and takes from it how fresh the sign-in is.
struct Caller {
  Credential credential = Credential::none;
  Uuid user;
  std::optional<Uuid> session_id;
  std::optional<Instant> auth_time;
  std::vector<std::string> entitlements;
  Origin origin{};
  std::optional<Uuid> api_key_id{};
  std::string token_hash{};  // of the session's cookie or the key, as secrets.hpp makes it
  std::optional<ShownToken> access_token{};
  bool confirmed = false;  // the shell asked the person itself: counts as a recent sign-in (rule R23)

  static Caller anonymous() { return {}; }
  static Caller system() { return {.credential = Credential::system}; }
  static Caller host(const Uuid& user) { return {.credential = Credential::host, .user = user}; }
  static Caller local();  // the local user of single-user mode
};

// The fixed id of the local user.
inline constexpr Uuid kLocalUser{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

// The caller's account as it stood when the call began (one row, read under the lock by writes).
struct Principal {
  Uuid user_id;
  std::int64_t revision = 0;
  std::string email;
  std::optional<Instant> email_verified_at;
  std::string name;
  std::optional<std::string> image;
  Role role = Role::user;           // the highest as stored; see live_roles in gates.hpp
  std::optional<Json> role_grants;  // a list of RoleGrant; null: `role` alone, for ever
  bool must_change_password = false;
  bool approved = false;
  std::optional<std::int64_t> age_attested;
  std::optional<std::string> tos_version;
  std::optional<Instant> disabled_at;
  Instant created_at;
  std::optional<std::string> theme;     // null = default
  std::optional<std::string> timezone;  // null = UTC
  std::int64_t day_start_hour = 0;
  WeekStart week_start = WeekStart::monday;
  std::optional<Instant> previous_activity_at;  // engagement_state.last_activity_at
  std::int64_t flags_version = 0;               // rises with every change of the shared feature flags; -1 = unknown

  // False when only the account's own row could be read: settings have their defaults, the rest is unknown.
  bool is_whole() const { return flags_version >= 0; }
};
BOOST_DESCRIBE_STRUCT(Principal, (),
                      (user_id, revision, email, email_verified_at, name, image, role, role_grants,
                       must_change_password, approved, age_attested, tos_version, disabled_at, created_at, theme,
                       timezone, day_start_hour, week_start, previous_activity_at, flags_version))

// A secret for the client's cookie jar.
struct CookieOrder {
  enum class Jar : std::uint8_t { session, access_token, refresh_token, oauth };
  Jar jar = Jar::session;
  std::optional<Uuid> session{};    // whose it is, when there is a value
  std::string value{};              // "" = take it out
  std::chrono::seconds max_age{0};  // from now on
};

// The session or API key of a call, as the call found it; for the shell, which notes that it is used.
struct CredentialUse {
  Credential credential = Credential::none;
  Uuid user;
  Uuid id;
  std::optional<Instant> used_at;  // as stored
  Instant expires_at;              // of a session
  Instant absolute_expires_at;     // the same
  bool rotates = false;            // the session wants a new token
  bool newest = true;              // the token shown is the session's newest
};

// Fills bytes with ones that nobody can guess.
using RandomBytes = std::function<void(std::span<std::uint8_t>)>;

// Whether a list of entity tags, as in If-Match and If-None-Match, names this one: `*` names all, weak tags count
// (RFC 9110, 8.8.3.2).
bool names_tag(std::string_view list, std::string_view etag);

struct Context {
  const Caller& caller;
  const Principal& principal;
  Uuid user;          // = principal.user_id
  Instant now;        // one instant for the whole operation
  Calendar calendar;  // how this user's days are cut
  LocalDate today;    // = calendar.date_of(now)
  Transaction& db;
  IdSource& ids;
  const Config& config;
  AnswerCache& cache;
  const RandomBytes& random;
  Mode mode = Mode::read;
  std::string_view if_none_match;  // entity tags the caller holds already; "" = none

  // What the operation may say besides its output.
  struct Reply {
    int status = 0;  // 0 = the route's
    std::string etag;
    bool not_modified = false;
    std::string content_type{};                               // of a streamed answer; "" = JSON
    std::string file_name{};                                  // under which it is best kept; "" = none
    std::vector<std::pair<std::string, std::string>> events;  // published after the commit: name, JSON
    std::vector<CookieOrder> cookies{};
    std::string location{};  // where to send a browser; "" = the output is the answer
    // What is stored, in a transaction of its own, when the operation refuses: its own changes are not.
    std::vector<std::function<void(Transaction&)>> on_refusal{};
    std::vector<std::function<void(Transaction&)>> later{};                                  // see later()
    std::vector<std::pair<std::string_view, std::shared_ptr<const CachedAnswer>>> shared{};  // see keep_for_all()
    std::vector<Counted> counted{};                                                          // see count()
    std::vector<Counted> counted_refusals{};  // counted when the operation refuses
  } reply;

  bool is_fresh = false;  // the caller has just signed in (rule R23), or is trusted
  // What the operation's preparation made (Operation::before).
  std::shared_ptr<void> prepared{};
  std::shared_ptr<activity::Call> activity{};  // what this call's deeds did to the engagement state so far

  // True when everything read is committed, so that an answer made of it may be kept.
  bool is_snapshot() const { return mode == Mode::read; }
  Uuid new_id() const { return ids.next(now); }
  // Tells subscribers of the engine, after the commit.
  void publish(std::string name, std::string json) { reply.events.emplace_back(std::move(name), std::move(json)); }
  // Stores something after the answer, in a transaction of its own: it raises no revision, and when it fails nobody is
  // told but the operator. Stored at the latest before the user's next write, or a minute later by the clock. `work`
  // must hold all it needs.
  void later(std::function<void(Transaction&)> work) { reply.later.push_back(std::move(work)); }
  // Keeps an answer of the user here and, where stores have several servers, for all of them (SharedView::name).
  void keep_for_all(std::string_view view, std::shared_ptr<const CachedAnswer> answer) {
    cache.put(user, view, answer);
    reply.shared.emplace_back(view, std::move(answer));
  }
  // Counts something for metrics, after the commit. `labels`: see Counted.
  void count(std::string_view family, std::string labels) { reply.counted.push_back({family, std::move(labels)}); }
  // Sets the answer's entity tag; true when the caller holds it already, so that the output will not be sent.
  bool tagged(std::string etag);
};

}  // namespace ignition
