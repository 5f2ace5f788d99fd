// Who the caller is, what they still have to confirm, and signing out. Rules R15, R17, R25 to R27.
#pragma once

#include <optional>
#include <string>

#include "ignition/domains/sessions.hpp"
#include "ignition/domains/tokens.hpp"
#include "ignition/domains/users.hpp"

namespace ignition::auth {

struct WhoIsThere {
  std::optional<users::User> user;           // null: anonymous
  std::optional<sessions::Session> session;  // null: the credential is no session
};
BOOST_DESCRIBE_STRUCT(WhoIsThere, (), (user, session))

WhoIsThere session(Context& ctx, const Nothing& in);
users::OneUser me(Context& ctx, const Nothing& in);

struct SignedOut {
  bool signed_out = true;
};
BOOST_DESCRIBE_STRUCT(SignedOut, (), (signed_out))

struct Logout {
  std::optional<Text<1, 4096>> refresh_token;
};
BOOST_DESCRIBE_STRUCT(Logout, (), (refresh_token))

// Ends the caller's session, if there is one, and that of the refresh token.
SignedOut logout(Context& ctx, const Logout& in);

// A new token for the caller's session. CONFLICT `no_cookie_session` for other callers.
sessions::OneSession rotate_session(Context& ctx, const Nothing& in);

struct VerifyAge {
  bool is_of_age = false;
};
BOOST_DESCRIBE_STRUCT(VerifyAge, (), (is_of_age))

// FORBIDDEN `under_age`; nothing is stored then.
users::OneUser verify_age(Context& ctx, const VerifyAge& in);

struct AttestAge {
  bool is_of_age = false;
  std::optional<Int<1, 120>> age;  // absent: the least age that the product asks for
};
BOOST_DESCRIBE_STRUCT(AttestAge, (), (is_of_age, age))

// As existing clients ask: some for an age of their own.
users::OneUser attest_age(Context& ctx, const AttestAge& in);

struct Terms {
  bool accepted = false;               // the current ones
  std::optional<std::string> version;  // accepted last
  std::string current;                 // "" = there are none to accept
};
BOOST_DESCRIBE_STRUCT(Terms, (), (accepted, version, current))

Terms terms(Context& ctx, const Nothing& in);

struct AcceptTerms {
  bool accepted = false;
  Text<0, 20> version;
};
BOOST_DESCRIBE_STRUCT(AcceptTerms, (), (accepted, version))

// CONFLICT `version_not_current` with details.current.
users::OneUser accept_terms(Context& ctx, const AcceptTerms& in);
// As existing clients accept: their terms contain the age clause (rule R27).
users::OneUser accept_terms_with_age(Context& ctx, const AcceptTerms& in);

void add_operations(Catalogue& catalogue);

}  // namespace ignition::auth
