// Signed-in devices: making, finding, renewing and ending their sessions. Rules R14 to R17; times: rules/sessions.hpp.
//
// The operations `sessions.create`, `.locate`, `.touch` and `.renew` are for shells, which bring the token from and to
// the client; only its hash is stored.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/domains/tokens.hpp"

namespace ignition::sessions {

struct Session {
  Uuid id;
  std::string kind;         // cookie, token
  std::string auth_method;  // google, azure-ad, password, passkey, local, device
  bool mfa = false;
  std::optional<std::string> label;
  std::optional<std::string> user_agent;
  std::optional<std::string> ip_address;
  std::optional<std::string> last_ip;
  Instant created_at;
  Instant last_active_at;
  Instant expires_at;
  Instant absolute_expires_at;
  Instant auth_time;
  bool current = false;  // the one of this call
};
BOOST_DESCRIBE_STRUCT(Session, (),
                      (id, kind, auth_method, mfa, label, user_agent, ip_address, last_ip, created_at, last_active_at,
                       expires_at, absolute_expires_at, auth_time, current))

struct OneSession {
  Session session;
};
BOOST_DESCRIBE_STRUCT(OneSession, (), (session))

struct AuthMethodFormat {
  static constexpr std::string_view name = "one of google, azure-ad, password, passkey, local, device";
  static constexpr std::size_t max = 10;
  static bool accepts(std::string_view text);
};
using AuthMethod = Formatted<AuthMethodFormat>;
using Label = Trimmed<1, 100>;

struct CreateSession {
  Uuid user_id;
  AuthMethod auth_method;
  std::optional<Label> label;  // absent: what the client's program and system are called
};
BOOST_DESCRIBE_STRUCT(CreateSession, (), (user_id, auth_method, label))

struct NewSession {
  Session session;
  std::string token;                     // of its cookie, for the client; not stored. "" when it gets tokens
  std::optional<tokens::Tokens> tokens;  // of a session of kind `token`
};
BOOST_DESCRIBE_STRUCT(NewSession, (), (session, token, tokens))

// Signs somebody in whom the host program knows.
NewSession create(Context& ctx, const CreateSession& in);

struct Locate {
  Text<64, 64> token_hash;
};
BOOST_DESCRIBE_STRUCT(Locate, (), (token_hash))

// Null when nobody has such a token. Whether the session is still good is another question.
struct Located {
  std::optional<Uuid> user_id;
  std::optional<Uuid> id;
};
BOOST_DESCRIBE_STRUCT(Located, (), (user_id, id))

Located locate(Context& ctx, const Locate& in);

struct Touch {
  Uuid user_id;
  Uuid id;
  Instant at;
  std::optional<Text<1, 45>> ip;
};
BOOST_DESCRIBE_STRUCT(Touch, (), (user_id, id, at, ip))

struct Touched {
  bool stored = false;
};
BOOST_DESCRIBE_STRUCT(Touched, (), (stored))

// Notes that the session was used, and lets it slide (rule R16). Not more often than every 60 s.
Touched touch(Context& ctx, const Touch& in);

struct Renew {
  Uuid user_id;
  Uuid id;
};
BOOST_DESCRIBE_STRUCT(Renew, (), (user_id, id))

struct Renewed {
  std::optional<std::string> token;  // null: somebody else was quicker
  Instant expires_at;
};
BOOST_DESCRIBE_STRUCT(Renewed, (), (token, expires_at))

// The deferred rotation of a session that wants one (rule R15): the old token stays good for 30 s.
Renewed renew(Context& ctx, const Renew& in);

struct ListSessions {
  Or<Int<1, 1'000'000>, 1> page;
  Or<Int<1, 100>, 20> page_size;
};
BOOST_DESCRIBE_STRUCT(ListSessions, (), (page, page_size))

struct Sessions {
  std::vector<Session> sessions;  // live ones, used last first
  std::int64_t total = 0;
  std::int64_t page = 1;
  std::int64_t page_size = 20;
};
BOOST_DESCRIBE_STRUCT(Sessions, (), (sessions, total, page, page_size))

struct RenameSession {
  Uuid id;
  Label label;
};
BOOST_DESCRIBE_STRUCT(RenameSession, (), (id, label))

struct Revoked {
  bool revoked = true;
};
BOOST_DESCRIBE_STRUCT(Revoked, (), (revoked))

struct RevokedCount {
  std::int64_t revoked_count = 0;
};
BOOST_DESCRIBE_STRUCT(RevokedCount, (), (revoked_count))

Sessions list(Context& ctx, const ListSessions& in);
OneSession rename(Context& ctx, const RenameSession& in);
Revoked revoke(Context& ctx, const ById& in);
RevokedCount revoke_others(Context& ctx, const Nothing& in);

// ---- For other domains, within their transaction; the user's lock is held ----

struct SignIn {
  Uuid user;
  std::string_view auth_method;
  std::optional<std::string> label{};
};

// Signs somebody in: makes a session, and hands it to the client as rule R19 says, as a cookie, as tokens in cookies or
// as tokens in the answer. Whoever signs in shows NewSession::tokens. The least recently used session ends when there
// are more than fifty.
NewSession start(Context& ctx, const SignIn& in);

std::optional<Session> find(Context& ctx, const Uuid& user, const Uuid& id);

// Gives the caller's cookie session a new token; the old one is dead at the commit. `signed_in_again`: the caller has
// just shown a credential. A session of tokens keeps them; others have nothing to rotate.
void rotate(Context& ctx, bool signed_in_again = false);

// Lets every live cookie session of the user take a new token with its next request (rule R15). How many.
std::int64_t want_rotation(Context& ctx, const Uuid& user, std::string_view reason);

// Ends one session; false when it was not live.
bool end(Context& ctx, const Uuid& user, const Uuid& id, std::string_view reason);
// Ends all sessions of the user but one; nil = all. How many.
std::int64_t end_others(Context& ctx, const Uuid& user, const Uuid& kept, std::string_view reason);

// Takes the cookies of a session out of the client's jar.
void clear_cookies(Context& ctx);

void add_operations(Catalogue& catalogue);

}  // namespace ignition::sessions
