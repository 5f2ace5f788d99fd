// Which tokens of Google and Microsoft count, and where they may lead (rules R4, R6, R7, R9).
#include "ignition/rules/oauth.hpp"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <functional>

using namespace ignition;
using namespace ignition::rules;

namespace {

constexpr auto kGoogle = OAuthProvider::google;
constexpr auto kAzure = OAuthProvider::azure;
constexpr std::int64_t kNow = 1'767'225'600;
const std::string kTenant = "11111111-2222-4333-8444-555555555555";
const std::string kOtherTenant = "99999999-2222-4333-8444-555555555555";
const std::string kConsumers = "9188040d-6c67-4c5b-b112-36a304b66dad";

OAuthClient google() { return {.id = "our-id", .secret = "s", .tenant = {}, .base_url = {}}; }
OAuthClient azure(std::string tenant) {
  return {.id = "our-id", .secret = "s", .tenant = std::move(tenant), .base_url = {}};
}

IdToken google_token() {
  return {.iss = "https://accounts.google.com",
          .sub = "1081",
          .aud = {"our-id"},
          .nonce = "the-nonce",
          .exp = kNow + 3600,
          .iat = kNow,
          .email = "ann@x.test",
          .email_verified = true,
          .name = "Ann Lee",
          .picture = "https://pictures.test/ann"};
}

IdToken azure_token(const std::string& tenant) {
  return {.iss = "https://login.microsoftonline.com/" + tenant + "/v2.0",
          .sub = "pairwise",
          .aud = {"our-id"},
          .nonce = "the-nonce",
          .exp = kNow + 3600,
          .iat = kNow,
          .email = "ann@x.test",
          .preferred_username = "ann@contoso.test",
          .oid = "person-1",
          .tid = tenant};
}

const ExpectedToken kExpected{.nonce = "the-nonce", .now = Instant{kNow * 1'000'000}};

// The google token after a change.
std::optional<IdTokenFault> fault_of(const std::function<void(IdToken&)>& change) {
  IdToken token = google_token();
  change(token);
  return id_token_fault(kGoogle, google(), token, kExpected);
}

const std::vector<std::string> kOrigins{"https://app.example.com", "http://localhost:3000", "https://admin.example.com",
                                        "http://10.0.0.9:3000"};
const std::vector<std::string> kSchemes{"ignition", "javascript"};
const RedirectRules kRules{.frontend_url = "https://app.example.com", .origins = kOrigins, .native_schemes = kSchemes};

std::string target(std::string_view candidate, bool native = false) {
  return redirect_target(candidate, native, kRules).value_or("refused");
}

}  // namespace

TEST_CASE("providers have names for addresses, for storage and for people") {
  CHECK(oauth_provider("google") == kGoogle);
  CHECK(oauth_provider("azure") == kAzure);
  CHECK(oauth_provider("microsoft") == kAzure);
  CHECK_FALSE(oauth_provider("Google"));
  CHECK_FALSE(oauth_provider(""));
  CHECK(stored_name(kGoogle) == "google");
  CHECK(stored_name(kAzure) == "azure-ad");
  CHECK(display_name(kAzure) == "Microsoft");
}

TEST_CASE("a provider is configured with id and secret, that of Microsoft with a tenant too") {
  CHECK(is_well_formed(kGoogle, google()));
  CHECK_FALSE(is_configured(kGoogle, {.id = "id", .secret = {}, .tenant = {}, .base_url = {}}));
  CHECK_FALSE(is_configured(kAzure, google()));
  for (const auto* tenant : {"common", "organizations", "consumers", "contoso.onmicrosoft.com"}) {
    CHECK(is_well_formed(kAzure, azure(tenant)));
  }
  CHECK(is_well_formed(kAzure, azure(kTenant)));
  for (const auto* tenant : {"contoso", "../x.y", "a/b.c", "common?x=.y"}) {
    CHECK(is_configured(kAzure, azure(tenant)));
    CHECK_FALSE(is_well_formed(kAzure, azure(tenant)));
  }
}

TEST_CASE("the addresses of the providers are those of rule R4, or below another base") {
  const auto ours = oauth_endpoints(kGoogle, google());
  CHECK(ours.authorization == "https://accounts.google.com/o/oauth2/v2/auth");
  CHECK(ours.token == "https://oauth2.googleapis.com/token");
  CHECK(ours.keys == "https://www.googleapis.com/oauth2/v3/certs");
  CHECK(ours.scope == "openid email profile");
  const auto theirs = oauth_endpoints(kAzure, azure("common"));
  CHECK(theirs.authorization == "https://login.microsoftonline.com/common/oauth2/v2.0/authorize");
  CHECK(theirs.token == "https://login.microsoftonline.com/common/oauth2/v2.0/token");
  CHECK(theirs.keys == "https://login.microsoftonline.com/common/discovery/v2.0/keys");
  CHECK(theirs.user_info == "https://graph.microsoft.com/v1.0/me");
  CHECK(theirs.scope == "openid email profile User.Read");
  auto moved = azure("common");
  moved.base_url = "http://127.0.0.1:9/";
  CHECK(oauth_endpoints(kAzure, moved).token == "http://127.0.0.1:9/common/oauth2/v2.0/token");
  CHECK(oauth_endpoints(kAzure, moved).user_info == "http://127.0.0.1:9/v1.0/me");
}

TEST_CASE("a token counts when it is for us, from the provider, of now and of this flow") {
  using enum IdTokenFault;
  CHECK_FALSE(fault_of([](IdToken&) {}));
  CHECK_FALSE(fault_of([](IdToken& t) { t.iss = "accounts.google.com"; }));
  CHECK(fault_of([](IdToken& t) { t.iss = "https://accounts.google.com.evil.test"; }) == issuer);
  CHECK(fault_of([](IdToken& t) { t.iss = "http://accounts.google.com"; }) == issuer);
  CHECK(fault_of([](IdToken& t) { t.iss = ""; }) == issuer);
  CHECK(fault_of([](IdToken& t) { t.aud = {"other"}; }) == audience);
  CHECK(fault_of([](IdToken& t) { t.aud = {}; }) == audience);
  CHECK(fault_of([](IdToken& t) { t.aud = {"our-id", "other"}; }) == party);
  CHECK(fault_of([](IdToken& t) { t.aud = {"our-id", "other"}, t.azp = "other"; }) == party);
  CHECK_FALSE(fault_of([](IdToken& t) { t.aud = {"other", "our-id"}, t.azp = "our-id"; }));
  CHECK(fault_of([](IdToken& t) { t.nonce = "another"; }) == nonce);
  CHECK(fault_of([](IdToken& t) { t.nonce = ""; }) == nonce);
  CHECK(fault_of([](IdToken& t) { t.sub = ""; }) == subject);
  CHECK(fault_of([](IdToken& t) { t.sub = std::string(256, 'x'); }) == subject);
}

TEST_CASE("the times of a token have a leeway of sixty seconds") {
  using enum IdTokenFault;
  CHECK_FALSE(fault_of([](IdToken& t) { t.exp = kNow - 59; }));
  CHECK(fault_of([](IdToken& t) { t.exp = kNow - 60; }) == times);
  CHECK(fault_of([](IdToken& t) { t.exp.reset(); }) == times);
  CHECK_FALSE(fault_of([](IdToken& t) { t.iat = kNow + 60; }));
  CHECK(fault_of([](IdToken& t) { t.iat = kNow + 61; }) == times);
  CHECK(fault_of([](IdToken& t) { t.iat.reset(); }) == times);
  CHECK_FALSE(fault_of([](IdToken& t) { t.nbf = kNow + 60; }));
  CHECK(fault_of([](IdToken& t) { t.nbf = kNow + 61; }) == times);
}

TEST_CASE("a token that confirms who calls must come from a sign-in after the start") {
  ExpectedToken expected = kExpected;
  expected.signed_in_since = Instant{(kNow - 100) * 1'000'000};
  IdToken token = google_token();
  CHECK(id_token_fault(kGoogle, google(), token, expected) == IdTokenFault::auth_time);
  token.auth_time = kNow - 161;
  CHECK(id_token_fault(kGoogle, google(), token, expected) == IdTokenFault::auth_time);
  token.auth_time = kNow - 160;
  CHECK_FALSE(id_token_fault(kGoogle, google(), token, expected));
}

TEST_CASE("a token of Microsoft is of its own tenant, and of ours when there is one") {
  const auto fault = [](const std::string& ours, const IdToken& token) {
    return id_token_fault(kAzure, azure(ours), token, kExpected);
  };
  CHECK_FALSE(fault("common", azure_token(kTenant)));
  CHECK_FALSE(fault(kTenant, azure_token(kTenant)));
  CHECK(fault(kTenant, azure_token(kOtherTenant)) == IdTokenFault::issuer);
  auto token = azure_token(kTenant);
  token.tid = kOtherTenant;
  CHECK(fault("common", token) == IdTokenFault::issuer);
  token.tid = "";
  CHECK(fault("common", token) == IdTokenFault::issuer);
  token = azure_token("common");
  CHECK(fault("common", token) == IdTokenFault::issuer);
  token = azure_token(kTenant);
  token.oid = "";
  CHECK(fault("common", token) == IdTokenFault::subject);
  CHECK(is_issuer(kAzure, azure("common"), azure_token(kTenant).iss, ""));
  CHECK_FALSE(is_issuer(kAzure, azure("common"), "https://login.microsoftonline.com/v2.0", ""));
}

TEST_CASE("whose address is proven (T4)") {
  const auto verified = [](OAuthProvider provider, const OAuthClient& client, const IdToken& token,
                           const UserInfo& info = {}) {
    return oauth_person(provider, client, token, info).email_verified;
  };
  auto ann = google_token();
  CHECK(verified(kGoogle, google(), ann));
  ann.email_verified = false;
  CHECK_FALSE(verified(kGoogle, google(), ann));
  ann.email = "", ann.email_verified = true;
  CHECK_FALSE(verified(kGoogle, google(), ann));

  CHECK_FALSE(verified(kAzure, azure("common"), azure_token(kTenant)));
  CHECK_FALSE(verified(kAzure, azure("organizations"), azure_token(kTenant)));
  CHECK_FALSE(verified(kAzure, azure(kTenant), azure_token(kTenant)));
  auto token = azure_token(kTenant);
  token.email_verified = true;  // a claim that Microsoft does not make
  CHECK_FALSE(verified(kAzure, azure("common"), token));
  token.xms_edov = true;
  CHECK(verified(kAzure, azure("common"), token));
  token.email = "";
  CHECK_FALSE(verified(kAzure, azure("common"), token, {.mail = "ann@x.test", .user_principal_name = {}}));
  CHECK(verified(kAzure, azure("common"), azure_token(kConsumers)));

  auto trusting = azure(kTenant);
  trusting.trust_email = true;
  CHECK(verified(kAzure, trusting, azure_token(kTenant)));
  CHECK_FALSE(verified(kAzure, trusting, azure_token(kOtherTenant)));
  trusting.tenant = "common";
  CHECK_FALSE(verified(kAzure, trusting, azure_token(kTenant)));
}

TEST_CASE("what a person at a provider is called") {
  auto token = google_token();
  auto ann = oauth_person(kGoogle, google(), token);
  CHECK(ann.account_id == "1081");
  CHECK(ann.name == "Ann Lee");
  CHECK(ann.image == "https://pictures.test/ann");
  token.name = "", token.picture = "http://pictures.test/ann";
  ann = oauth_person(kGoogle, google(), token);
  CHECK(ann.name == "ann");
  CHECK(ann.image.empty());

  token = azure_token(kTenant);
  auto bob = oauth_person(kAzure, azure("common"), token);
  CHECK(bob.account_id == "person-1");
  CHECK(bob.email == "ann@x.test");
  CHECK(bob.name == "ann@contoso.test");
  token.email = "";
  const UserInfo info{.mail = "mail@x.test", .user_principal_name = "upn@x.test"};
  CHECK(oauth_person(kAzure, azure("common"), token, info).email == "mail@x.test");
  CHECK(oauth_person(kAzure, azure("common"), token, {.mail = {}, .user_principal_name = "upn@x.test"}).email ==
        "upn@x.test");
  CHECK(oauth_person(kAzure, azure("common"), token).email == "ann@contoso.test");
}

TEST_CASE("browsers are sent to our pages only (rule R6, T2)") {
  CHECK(target("") == "https://app.example.com/today");
  CHECK(target("/quests?x=1") == "https://app.example.com/quests?x=1");
  CHECK(target("/") == "https://app.example.com/");
  CHECK(target("https://app.example.com/focus") == "https://app.example.com/focus");
  CHECK(target("https://app.example.com") == "https://app.example.com");
  CHECK(target("https://app.example.com?x=@") == "https://app.example.com?x=@");
  CHECK(target("HTTPS://APP.example.com:443/focus") == "HTTPS://APP.example.com:443/focus");
  CHECK(target("https://admin.example.com/users") == "https://admin.example.com/users");
  CHECK(target("http://localhost:3000/today") == "http://localhost:3000/today");
  for (const auto* evil : {"//evil.test",
                           "/\\evil.test",
                           "\\/evil.test",
                           "https://app.example.com.evil.test/",
                           "https://app.example.com@evil.test/",
                           "https://user@app.example.com/",
                           "javascript:alert(1)",
                           "https://app.example.com\\@evil.test",
                           "https:app.example.com",
                           "https:/app.example.com/",
                           "https:///x",
                           "/a\tb",
                           "/a\nb",
                           "/a b",
                           "/a#b",
                           "https://app.example.com/#x",
                           "http://app.example.com/",
                           "http://10.0.0.9:3000/",
                           "https://app.example.com:8443/",
                           "https://app.example.com:0443/",
                           "https://app.example.com./",
                           "https://evil.test/https://app.example.com/",
                           "today",
                           "app.example.com/today",
                           "data:text/html,x",
                           "https://app.example.com%2eevil.test/",
                           "https://app.example.com%40evil.test/",
                           "?x",
                           "ignition://callback",
                           "http://127.0.0.1:7777/cb",
                           "https://xn--pp-eka.example.com/",
                           "/\x01",
                           "/caf\xC3\xA9"}) {
    CAPTURE(evil);
    CHECK(target(evil) == "refused");
  }
  CHECK(target("/" + std::string(2047, 'x')).size() == 2071);
  CHECK(target("/" + std::string(2048, 'x')) == "refused");
}

TEST_CASE("an application that keeps its tokens may be called on its own machine") {
  CHECK(target("ignition://callback", true) == "ignition://callback");
  CHECK(target("ignition:/callback?x=1", true) == "ignition:/callback?x=1");
  CHECK(target("http://127.0.0.1:7777/cb", true) == "http://127.0.0.1:7777/cb");
  CHECK(target("http://[::1]:7777/cb", true) == "http://[::1]:7777/cb");
  CHECK(target("/today", true) == "https://app.example.com/today");
  for (const auto* evil : {"http://127.0.0.1/cb", "http://127.0.0.1.evil.test:7777/", "http://localhost:7777/cb",
                           "https://127.0.0.1:7777/", "http://127.0.0.1:777777/", "http://127.0.0.1:/", "other://x",
                           "javascript:alert(1)", "ignition://u@x/", "http://[::1]evil:7/", "//evil.test"}) {
    CAPTURE(evil);
    CHECK(target(evil, true) == "refused");
  }
  CHECK(is_application_scheme("com.example.app"));
  for (const auto* scheme : {"", "javascript", "https", "Ignition", "1x", "a b", "data"}) {
    CHECK_FALSE(is_application_scheme(scheme));
  }
}

TEST_CASE("no text whatever leads a browser elsewhere") {
  const auto pieces = rc::gen::elementOf(std::vector<std::string>{"/",
                                                                  "//",
                                                                  "\\",
                                                                  "@",
                                                                  ":",
                                                                  "https:",
                                                                  "http:",
                                                                  "https://app.example.com",
                                                                  "app.example.com",
                                                                  ".evil.test",
                                                                  "evil.test",
                                                                  "?",
                                                                  "#",
                                                                  "%2f",
                                                                  "%5c",
                                                                  "%00",
                                                                  "\t",
                                                                  "\r\n",
                                                                  " ",
                                                                  ".",
                                                                  "..",
                                                                  ":443",
                                                                  ":3000",
                                                                  "localhost",
                                                                  "http://localhost:3000",
                                                                  "javascript:",
                                                                  "ignition:",
                                                                  "[::1]",
                                                                  "127.0.0.1",
                                                                  "x"});
  CHECK(rc::check([&] {
    const auto parts = *rc::gen::container<std::vector<std::string>>(pieces);
    std::string candidate;
    for (const auto& part : parts) candidate += part;
    const auto accepted = redirect_target(candidate, false, kRules);
    if (!accepted) return;
    std::string address = *accepted;
    std::ranges::transform(address, address.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (const char c : address) RC_ASSERT(c > 0x20 && c < 0x7F && c != '\\' && c != '#');
    const bool ours = std::ranges::any_of(kOrigins, [&](const std::string& origin) {
      if (!address.starts_with(origin)) return false;
      auto rest = std::string_view(address).substr(origin.size());
      if (origin.starts_with("https://") && rest.starts_with(":443")) rest.remove_prefix(4);
      return rest.empty() || rest.front() == '/' || rest.front() == '?';
    });
    RC_ASSERT(ours);
    RC_ASSERT(!address.starts_with("http://10."));
  }));
}

TEST_CASE("what went wrong is told by a page of the web client, by code") {
  CHECK(error_page("https://app.example.com/", OAuthError::OAuthAccountNotLinked, kAzure, "req_1&x") ==
        "https://app.example.com/auth/error?error=OAuthAccountNotLinked&provider=Azure&code=req_1%26x");
  CHECK(error_page("https://app.example.com", OAuthError::AccessDenied, kGoogle, "req_1") ==
        "https://app.example.com/auth/error?error=AccessDenied&provider=Google&code=req_1");
  CHECK(with_parameter("ignition://cb?a=1", "code", "x y") == "ignition://cb?a=1&code=x%20y");
  CHECK(with_parameter("ignition://cb", "code", "~") == "ignition://cb?code=~");
}
