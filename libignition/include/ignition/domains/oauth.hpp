// Signing in with an account at Google or Microsoft (rules R4 to R9): where a sign-in begins, whose account the person
// at the provider is, and what an application gets that keeps its tokens itself. Providers, tokens and addresses:
// rules/oauth.hpp.
//
// The operations `oauth.*` are for the server, which asks the provider in between: what they are told of a person is
// proven.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/domains/tokens.hpp"
#include "ignition/rules/oauth.hpp"

namespace ignition::oauth {

// The provider as the operator configured it.
rules::OAuthClient client_of(const Config& config, rules::OAuthProvider provider);
// Where the provider sends browsers back to.
std::string callback_url(const Config& config, rules::OAuthProvider provider);
// What must not be served with, a line for each.
std::vector<std::string> problems(const Config& config, bool production);

// The text that proves to a provider, or to us, who knows `verifier` (RFC 7636, S256).
std::string code_challenge(std::string_view verifier);

enum class Purpose : std::uint8_t { signin, link, reauth };
BOOST_DESCRIBE_ENUM(Purpose, signin, link, reauth)

struct Begin {
  Text<1, 40> provider;
  std::optional<Text<1, 8000>> redirect_uri;
  Or<Purpose, Purpose::signin> purpose;
  std::optional<Text<1, 128>> code_challenge;  // of an application that keeps its tokens itself
};
BOOST_DESCRIBE_STRUCT(Begin, (), (provider, redirect_uri, purpose, code_challenge))

struct Begun {
  std::string authorization_url;  // where the browser goes next
};
BOOST_DESCRIBE_STRUCT(Begun, (), (authorization_url))

// Sends the browser to the provider. NOT_FOUND for an unknown provider, UNAVAILABLE `oauth_not_configured`,
// UNAUTHORIZED `not_signed_in` and FORBIDDEN `reauth_required` for linking and confirming.
Begun begin(Context& ctx, const Begin& in);
// As existing clients want it: a bad address means the usual one, and a provider that is not configured its error page.
Begun begin_for_page(Context& ctx, const Begin& in);

struct TakeState {
  Text<1, 200> state;
  rules::OAuthProvider provider = rules::OAuthProvider::google;
};
BOOST_DESCRIBE_STRUCT(TakeState, (), (state, provider))

struct State {
  std::string pkce_verifier;
  std::string nonce;
  std::string browser_hash;  // of the cookie that the browser got
  std::string redirect_uri;
  Purpose purpose = Purpose::signin;
  std::optional<Uuid> user_id;  // who links or confirms
  std::optional<std::string> client_challenge;
  Instant created_at;
};
BOOST_DESCRIBE_STRUCT(State, (),
                      (pkce_verifier, nonce, browser_hash, redirect_uri, purpose, user_id, client_challenge,
                       created_at))

// Null for a state that is unknown, was used, has expired or belongs to another provider.
struct Taken {
  std::optional<State> state;
};
BOOST_DESCRIBE_STRUCT(Taken, (), (state))

// The sign-in that a state stands for; there is none afterwards.
Taken take_state(Context& ctx, const TakeState& in);

// A person at a provider, as its ID token proves.
struct Person {
  rules::OAuthProvider provider = rules::OAuthProvider::google;
  std::string issuer;
  std::string account_id;
  std::string email;  // as the provider writes it
  bool email_verified = false;
  std::string name;
  std::string image;
  std::string scope;
};
BOOST_DESCRIBE_STRUCT(Person, (), (provider, issuer, account_id, email, email_verified, name, image, scope))

struct SignInAs {
  Person person;
  std::optional<std::string> client_challenge;
};
BOOST_DESCRIBE_STRUCT(SignInAs, (), (person, client_challenge))

struct SignedInAs {
  Uuid user_id;
  bool created = false;             // by this sign-in
  std::optional<std::string> code;  // for an application, instead of a session; good for a minute
};
BOOST_DESCRIBE_STRUCT(SignedInAs, (), (user_id, created, code))

// Rule R8, steps 1 to 4. FORBIDDEN `account_not_linked`, `account_disabled`, `registration_closed`, `email_missing`.
SignedInAs sign_in(Context& ctx, const SignInAs& in);

// Step 0: the identity becomes the caller's. FORBIDDEN `account_not_linked` when it is somebody else's.
Nothing link(Context& ctx, const Person& in);
// Step 0': the caller has shown who calls. FORBIDDEN `other_account`.
Nothing confirm(Context& ctx, const Person& in);

struct Exchange {
  Text<43, 43> code;
  Text<43, 128> code_verifier;
  std::optional<Trimmed<1, 100>> label;
};
BOOST_DESCRIBE_STRUCT(Exchange, (), (code, code_verifier, label))

// FORBIDDEN `native_only`; UNAUTHORIZED `invalid_code` for one that is unknown, used, expired or somebody else's.
tokens::Tokens exchange(Context& ctx, const Exchange& in);

// ---- Linked accounts ----

struct LinkedAccount {
  Uuid id;
  std::string provider;  // google, azure
  std::optional<std::string> email_at_link;
  std::optional<Instant> last_used_at;
  Instant created_at;
};
BOOST_DESCRIBE_STRUCT(LinkedAccount, (), (id, provider, email_at_link, last_used_at, created_at))

struct LinkedAccounts {
  std::vector<LinkedAccount> accounts;  // oldest first
};
BOOST_DESCRIBE_STRUCT(LinkedAccounts, (), (accounts))

LinkedAccounts list(Context& ctx, const Nothing& in);

struct Unlinked {
  bool unlinked = true;
};
BOOST_DESCRIBE_STRUCT(Unlinked, (), (unlinked))

// CONFLICT `last_sign_in_method`.
Unlinked unlink(Context& ctx, const ById& in);

void add_operations(Catalogue& catalogue);

}  // namespace ignition::oauth
