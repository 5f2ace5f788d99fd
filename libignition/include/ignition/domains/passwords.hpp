// Signing up, signing in and keeping a password. Rules R2, R3, R10 to R13, R23; what a good password is:
// rules/passwords.hpp. Hashes are made before an operation's transaction is open.
#pragma once

#include <optional>
#include <string>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/domains/tokens.hpp"
#include "ignition/domains/users.hpp"
#include "ignition/passwords.hpp"

namespace ignition::passwords {

using Password = Text<1, 512>;
using MailToken = Text<1, 100>;

struct Provider {
  std::string id;
  std::string name;
  bool enabled = false;
  std::string signin_url;
};
BOOST_DESCRIBE_STRUCT(Provider, (), (id, name, enabled, signin_url))

struct SignInWays {
  std::vector<Provider> providers;
  bool password_enabled = false;
  bool registration_enabled = false;
  bool passkeys_enabled = false;
};
BOOST_DESCRIBE_STRUCT(SignInWays, (), (providers, password_enabled, registration_enabled, passkeys_enabled))

SignInWays ways(Context& ctx, const Nothing& in);

struct Register {
  users::Email email;
  Password password;
  std::optional<users::Name> name;
  std::optional<users::Username> username;
  std::optional<Trimmed<1, 100>> label;  // of the device, when this signs in
};
BOOST_DESCRIBE_STRUCT(Register, (), (email, password, name, username, label))

enum class RegisterStatus : std::uint8_t { verification_sent, signed_in };
BOOST_DESCRIBE_ENUM(RegisterStatus, verification_sent, signed_in)

struct Registered {
  RegisterStatus status = RegisterStatus::verification_sent;
  std::optional<users::User> user;       // when signed in
  std::optional<tokens::Tokens> tokens;  // for a client that gets no session's cookie
};
BOOST_DESCRIBE_STRUCT(Registered, (), (status, user, tokens))

// With proof of the address asked for, the answer does not tell whether the address is taken. CONFLICT
// `username_taken`, without proof also `email_taken`; FORBIDDEN `registration_closed`.
Registered sign_up(Context& ctx, const Register& in);

struct Login {
  Trimmed<1, 254> identifier;  // e-mail address or user name
  Password password;
  std::optional<Trimmed<1, 100>> label;
};
BOOST_DESCRIBE_STRUCT(Login, (), (identifier, password, label))

struct SignedIn {
  users::User user;
  std::optional<tokens::Tokens> tokens;  // for a client that gets no session's cookie
};
BOOST_DESCRIBE_STRUCT(SignedIn, (), (user, tokens))

// UNAUTHORIZED `invalid_credentials`, the same for an unknown name and a wrong password; FORBIDDEN `account_disabled`.
SignedIn login(Context& ctx, const Login& in);

struct Restore {
  users::Email email;
  Password password;
};
BOOST_DESCRIBE_STRUCT(Restore, (), (email, password))

// Opens an account again that its owner deleted, within the grace period. It does not sign in. UNAUTHORIZED
// `invalid_credentials`, whatever is missing.
users::OneUser restore(Context& ctx, const Restore& in);

struct VerifyEmail {
  MailToken token;
};
BOOST_DESCRIBE_STRUCT(VerifyEmail, (), (token))

struct Verified {
  bool verified = true;
};
BOOST_DESCRIBE_STRUCT(Verified, (), (verified))

// VALIDATION_ERROR `token_invalid`.
Verified verify_email(Context& ctx, const VerifyEmail& in);

struct Sent {
  bool sent = true;
};
BOOST_DESCRIBE_STRUCT(Sent, (), (sent))

// CONFLICT `already_verified`.
Sent resend_verification(Context& ctx, const Nothing& in);

struct Forgot {
  users::Email email;
};
BOOST_DESCRIBE_STRUCT(Forgot, (), (email))

struct Accepted {
  bool accepted = true;
};
BOOST_DESCRIBE_STRUCT(Accepted, (), (accepted))

// Mails a token to the address if somebody has it; the answer does not tell.
Accepted forgot(Context& ctx, const Forgot& in);

struct Reset {
  MailToken token;
  Password new_password;
};
BOOST_DESCRIBE_STRUCT(Reset, (), (token, new_password))

struct ResetDone {
  bool reset = true;
};
BOOST_DESCRIBE_STRUCT(ResetDone, (), (reset))

// Ends all sessions. VALIDATION_ERROR `token_invalid` or what is wrong with the password.
ResetDone reset(Context& ctx, const Reset& in);

struct Change {
  std::optional<Password> current_password;  // needed by who has one
  Password new_password;
};
BOOST_DESCRIBE_STRUCT(Change, (), (current_password, new_password))

struct Changed {
  bool changed = true;
};
BOOST_DESCRIBE_STRUCT(Changed, (), (changed))

// Ends all other sessions. FORBIDDEN `invalid_credentials`, `reauth_required` for a first password.
Changed change(Context& ctx, const Change& in);

struct Reauthenticate {
  Password password;
};
BOOST_DESCRIBE_STRUCT(Reauthenticate, (), (password))

struct AuthTime {
  Instant auth_time;
};
BOOST_DESCRIBE_STRUCT(AuthTime, (), (auth_time))

AuthTime reauthenticate(Context& ctx, const Reauthenticate& in);

// ---- For other domains, within their transaction; the user's lock is held ----

// Mails the user a token for a new password, and keeps everything else closed until there is one.
void require_new(Context& ctx, const Uuid& user, const std::string& email);

void add_operations(Catalogue& catalogue);

}  // namespace ignition::passwords
