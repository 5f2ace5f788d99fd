// Who the caller is. Sign-in itself belongs to the shells' credentials (rule R22).
#pragma once

#include <optional>
#include <string>

#include "ignition/domains/users.hpp"

namespace ignition::auth {

// A signed-in device.
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

struct WhoIsThere {
  std::optional<users::User> user;  // null: anonymous
  std::optional<Session> session;   // null: the credential is no session
};
BOOST_DESCRIBE_STRUCT(WhoIsThere, (), (user, session))

WhoIsThere session(Context& ctx, const Nothing& in);
users::OneUser me(Context& ctx, const Nothing& in);

void add_operations(Catalogue& catalogue);

}  // namespace ignition::auth
