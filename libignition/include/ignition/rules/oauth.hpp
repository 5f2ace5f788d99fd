// Signing in with an account at Google or Microsoft (rules R4, R6, R7 and R9): what the providers are, which ID tokens
// count (OpenID Connect Core 1.0, 3.1.3.7), when an e-mail address is proven, and where a browser may be sent.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/time.hpp"

namespace ignition::rules {

enum class OAuthProvider : std::uint8_t { google, azure };
BOOST_DESCRIBE_ENUM(OAuthProvider, google, azure)

// By its name in an address: google, azure, or microsoft and azure-ad, which mean azure.
std::optional<OAuthProvider> oauth_provider(std::string_view name);
// As accounts and sessions name it: google, azure-ad.
std::string_view stored_name(OAuthProvider provider);
// For people: Google, Microsoft.
std::string_view display_name(OAuthProvider provider);

// Who we are to a provider.
struct OAuthClient {
  std::string id;
  std::string secret;
  std::string tenant;        // of azure: a GUID, a domain, common, organizations or consumers
  bool trust_email = false;  // the operator vouches for the addresses of his one tenant
  std::string base_url;      // stands for all addresses of the provider; "" = its own
};

bool is_configured(OAuthProvider provider, const OAuthClient& client);
// Whether what is configured can work.
bool is_well_formed(OAuthProvider provider, const OAuthClient& client);

struct OAuthEndpoints {
  std::string authorization;
  std::string token;
  std::string keys;
  std::string user_info;
  std::string_view scope;
};

OAuthEndpoints oauth_endpoints(OAuthProvider provider, const OAuthClient& client);

// What an ID token says, its signature being good. "" = the claim did not come.
struct IdToken {
  std::string iss;
  std::string sub;
  std::vector<std::string> aud;
  std::string azp;
  std::string nonce;
  std::optional<std::int64_t> exp;  // Unix seconds, like the other times
  std::optional<std::int64_t> iat;
  std::optional<std::int64_t> nbf;
  std::optional<std::int64_t> auth_time;
  std::string email;
  bool email_verified = false;
  std::string name;
  std::string picture;
  std::string preferred_username;
  std::string oid;  // azure: the person, in all applications of a tenant
  std::string tid;  // azure: the tenant
  bool xms_edov = false;
};

// What this flow was begun with.
struct ExpectedToken {
  std::string_view nonce;
  Instant now;
  std::optional<Instant> signed_in_since{};  // the person was to sign in anew
};

enum class IdTokenFault : std::uint8_t { issuer, audience, party, times, nonce, auth_time, subject };
BOOST_DESCRIBE_ENUM(IdTokenFault, issuer, audience, party, times, nonce, auth_time, subject)

// Why the token does not count; nothing when it does. Times have a leeway of 60 s.
std::optional<IdTokenFault> id_token_fault(OAuthProvider provider, const OAuthClient& client, const IdToken& token,
                                           const ExpectedToken& expected);

// Whether `iss` is the provider's name; `tid`: of the token, or "" to leave the tenant open where many are served.
bool is_issuer(OAuthProvider provider, const OAuthClient& client, std::string_view iss, std::string_view tid);

// What an azure account says beside its ID token.
struct UserInfo {
  std::string mail;
  std::string user_principal_name;
};

// The person at the provider.
struct OAuthPerson {
  std::string account_id;
  std::string email;            // as the provider writes it; "" = it tells none
  bool email_verified = false;  // the provider has proven the address, not only stored it
  std::string name;             // "" = it tells none
  std::string image;            // https; "" = none
};

OAuthPerson oauth_person(OAuthProvider provider, const OAuthClient& client, const IdToken& token,
                         const UserInfo& info = {});

// ---- Where browsers are sent ----

struct RedirectRules {
  std::string_view frontend_url;
  std::span<const std::string> origins;         // allowed ones, as browsers write them; the frontend's among them
  std::span<const std::string> native_schemes;  // of applications, in lower case
};

// The address to send the browser to in the end; nothing when the candidate is refused. `native`: an application that
// keeps its tokens itself asks.
std::optional<std::string> redirect_target(std::string_view candidate, bool native, const RedirectRules& rules);

// Whether an application may have the scheme: browsers give it no meaning of their own. In lower case.
bool is_application_scheme(std::string_view scheme);

// Where people arrive who named no target.
std::string default_target(std::string_view frontend_url);

enum class OAuthError : std::uint8_t {
  OAuthNotConfigured,
  OAuthSignin,
  OAuthCallback,
  OAuthCreateAccount,
  OAuthAccountNotLinked,
  AccessDenied,
  Verification,
  Configuration,
  ServerError,
};
BOOST_DESCRIBE_ENUM(OAuthError, OAuthNotConfigured, OAuthSignin, OAuthCallback, OAuthCreateAccount,
                    OAuthAccountNotLinked, AccessDenied, Verification, Configuration, ServerError)

// The page of the web client that tells people what went wrong.
std::string error_page(std::string_view frontend_url, OAuthError error, OAuthProvider provider,
                       std::string_view request_id);

// The text as a part of a query, percent-encoded (RFC 3986: all but unreserved characters).
std::string query_text(std::string_view text);
// The address with one more parameter in its query; it has no fragment.
std::string with_parameter(std::string address, std::string_view name, std::string_view value);

}  // namespace ignition::rules
