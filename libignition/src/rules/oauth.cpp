#include "ignition/rules/oauth.hpp"

#include <algorithm>
#include <array>
#include <boost/describe/enum_to_string.hpp>

namespace ignition::rules {
namespace {

constexpr std::int64_t kLeeway = 60;
constexpr std::size_t kLongestTarget = 2048;
// All personal accounts of Microsoft, whose addresses it has proven.
constexpr std::string_view kConsumers = "9188040d-6c67-4c5b-b112-36a304b66dad";
constexpr auto kOpenTenants = std::to_array<std::string_view>({"common", "organizations", "consumers"});

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

bool is_guid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

bool is_domain(std::string_view text) {
  return !text.empty() && text.find('.') != std::string_view::npos &&
         std::ranges::all_of(text, [](char c) { return is_letter(c) || is_digit(c) || c == '.' || c == '-'; });
}

bool is_tenant(std::string_view text) {
  return is_guid(text) || is_domain(text) || std::ranges::find(kOpenTenants, text) != kOpenTenants.end();
}

std::string without_slash(std::string_view url) {
  while (url.ends_with('/')) url.remove_suffix(1);
  return std::string(url);
}

std::string base_of(const OAuthClient& client, std::string_view own) {
  return without_slash(client.base_url.empty() ? own : std::string_view(client.base_url));
}

constexpr std::string_view kGoogle = "https://accounts.google.com";
constexpr std::string_view kMicrosoft = "https://login.microsoftonline.com";

bool holds(const std::vector<std::string>& list, std::string_view text) {
  return std::ranges::find(list, text) != list.end();
}

// One after the other, the first that says something.
std::string first_of(std::initializer_list<std::string_view> texts) {
  for (const auto text : texts) {
    if (!text.empty()) return std::string(text);
  }
  return {};
}

std::string_view local_part(std::string_view email) { return email.substr(0, email.rfind('@')); }

// ---- Addresses ----

// Printable ASCII without what browsers read in ways of their own.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) {
    return c > 0x20 && c < 0x7F && c != '\\' && c != '#' && c != '"' && c != '<' && c != '>';
  });
}

struct Parts {
  std::string scheme;  // lower case
  bool has_authority = false;
  std::string_view authority;
  std::string_view rest;
};

std::optional<Parts> parts_of(std::string_view url) {
  const auto colon = url.find(':');
  if (colon == std::string_view::npos || colon == 0 || !is_letter(url.front())) return {};
  const auto scheme = url.substr(0, colon);
  const auto of_scheme = [](char c) { return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; };
  if (!std::ranges::all_of(scheme, of_scheme)) return {};
  Parts parts{.scheme = lower(scheme), .rest = url.substr(colon + 1)};
  if (!parts.rest.starts_with("//")) return parts;
  parts.rest.remove_prefix(2);
  parts.has_authority = true;
  const auto end = parts.rest.find_first_of("/?");
  parts.authority = parts.rest.substr(0, end);
  parts.rest = end == std::string_view::npos ? std::string_view{} : parts.rest.substr(end);
  return parts;
}

// The host of `host[:port]`; nothing when it is not that.
std::optional<std::string_view> host_of(std::string_view authority) {
  const auto bracket = authority.rfind(']');
  const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const auto host = authority.substr(0, colon);
  const auto of_host = [](char c) {
    return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '[' || c == ']' || c == ':';
  };
  if (host.empty() || !std::ranges::all_of(host, of_host)) return {};
  if (colon == std::string_view::npos) return host;
  const auto port = authority.substr(colon + 1);
  if (port.empty() || port.size() > 5 || !std::ranges::all_of(port, is_digit)) return {};
  return host;
}

bool is_loopback(std::string_view host) { return host == "127.0.0.1" || host == "[::1]" || host == "localhost"; }

// As browsers write an origin: without the port that the scheme has anyway.
std::string origin_of(const Parts& parts) {
  std::string authority = lower(parts.authority);
  const std::string_view usual = parts.scheme == "https" ? ":443" : ":80";
  if (authority.ends_with(usual)) authority.resize(authority.size() - usual.size());
  return parts.scheme + "://" + authority;
}

bool is_allowed_page(const Parts& parts, std::string_view host, const RedirectRules& rules) {
  if (parts.scheme == "http" && !is_loopback(host)) return false;
  return std::ranges::find(rules.origins, origin_of(parts)) != rules.origins.end();
}

bool is_own_machine(const Parts& parts, std::string_view host) {
  return parts.scheme == "http" && host.size() < parts.authority.size() && (host == "127.0.0.1" || host == "[::1]");
}

}  // namespace

std::optional<OAuthProvider> oauth_provider(std::string_view name) {
  if (name == "google") return OAuthProvider::google;
  if (name == "azure" || name == "microsoft" || name == "azure-ad") return OAuthProvider::azure;
  return {};
}

std::string_view stored_name(OAuthProvider provider) {
  return provider == OAuthProvider::google ? "google" : "azure-ad";
}

std::string_view display_name(OAuthProvider provider) {
  return provider == OAuthProvider::google ? "Google" : "Microsoft";
}

bool is_configured(OAuthProvider provider, const OAuthClient& client) {
  return !client.id.empty() && !client.secret.empty() && (provider == OAuthProvider::google || !client.tenant.empty());
}

bool is_well_formed(OAuthProvider provider, const OAuthClient& client) {
  return is_configured(provider, client) && (provider == OAuthProvider::google || is_tenant(client.tenant));
}

OAuthEndpoints oauth_endpoints(OAuthProvider provider, const OAuthClient& client) {
  const bool own = client.base_url.empty();
  const auto at = [&](std::string_view theirs, std::string_view path) {
    return base_of(client, theirs) + std::string(path);
  };
  if (provider == OAuthProvider::google) {
    return {.authorization = at(kGoogle, "/o/oauth2/v2/auth"),
            .token = at("https://oauth2.googleapis.com", "/token"),
            .keys = at("https://www.googleapis.com", "/oauth2/v3/certs"),
            .user_info = at("https://openidconnect.googleapis.com", "/v1/userinfo"),
            .scope = "openid email profile"};
  }
  const std::string tenant = "/" + client.tenant;
  return {.authorization = at(kMicrosoft, tenant + "/oauth2/v2.0/authorize"),
          .token = at(kMicrosoft, tenant + "/oauth2/v2.0/token"),
          .keys = at(kMicrosoft, tenant + "/discovery/v2.0/keys"),
          .user_info = at(own ? "https://graph.microsoft.com" : "", "/v1.0/me"),
          .scope = "openid email profile User.Read"};
}

bool is_issuer(OAuthProvider provider, const OAuthClient& client, std::string_view iss, std::string_view tid) {
  if (provider == OAuthProvider::google) {
    const std::string own = base_of(client, kGoogle);
    return iss == own || (client.base_url.empty() && iss == "accounts.google.com");
  }
  const std::string prefix = base_of(client, kMicrosoft) + "/";
  constexpr std::string_view kSuffix = "/v2.0";
  if (!iss.starts_with(prefix) || !iss.ends_with(kSuffix) || iss.size() <= prefix.size() + kSuffix.size()) return false;
  const auto tenant = iss.substr(prefix.size(), iss.size() - prefix.size() - kSuffix.size());
  if (!is_guid(tenant) || (!tid.empty() && tenant != tid)) return false;
  return !is_guid(client.tenant) || lower(client.tenant) == lower(tenant);
}

std::optional<IdTokenFault> id_token_fault(OAuthProvider provider, const OAuthClient& client, const IdToken& token,
                                           const ExpectedToken& expected) {
  const bool azure = provider == OAuthProvider::azure;
  if ((azure && token.tid.empty()) || !is_issuer(provider, client, token.iss, token.tid)) return IdTokenFault::issuer;
  if (client.id.empty() || !holds(token.aud, client.id)) return IdTokenFault::audience;
  if (token.aud.size() > 1 && token.azp != client.id) return IdTokenFault::party;
  const std::int64_t now = expected.now.us / 1'000'000;
  const bool timely = token.exp && token.iat && *token.exp > now - kLeeway && *token.iat <= now + kLeeway &&
                      token.nbf.value_or(now) <= now + kLeeway;
  if (!timely) return IdTokenFault::times;
  if (token.nonce.empty() || token.nonce != expected.nonce) return IdTokenFault::nonce;
  if (expected.signed_in_since) {
    const std::int64_t since = expected.signed_in_since->us / 1'000'000;
    if (!token.auth_time || *token.auth_time < since - kLeeway) return IdTokenFault::auth_time;
  }
  const std::string& person = azure ? token.oid : token.sub;
  if (person.empty() || person.size() > 255) return IdTokenFault::subject;
  return {};
}

OAuthPerson oauth_person(OAuthProvider provider, const OAuthClient& client, const IdToken& token,
                         const UserInfo& info) {
  OAuthPerson person;
  if (provider == OAuthProvider::google) {
    person.account_id = token.sub;
    person.email = token.email;
    person.email_verified = !token.email.empty() && token.email_verified;
    person.name = first_of({token.name, local_part(person.email)});
    if (token.picture.starts_with("https://") && token.picture.size() <= 2048) person.image = token.picture;
    return person;
  }
  person.account_id = token.oid;
  person.email = first_of({token.email, info.mail, info.user_principal_name, token.preferred_username});
  // What Microsoft has proven is the claim `email`; the rest is what an administrator of some tenant wrote.
  const bool proven = !token.email.empty() && (token.xms_edov || token.tid == kConsumers);
  const bool vouched_for = client.trust_email && is_guid(client.tenant) && lower(client.tenant) == lower(token.tid);
  person.email_verified = !person.email.empty() && (proven || vouched_for);
  person.name = first_of({token.name, token.preferred_username, local_part(person.email)});
  return person;
}

bool is_application_scheme(std::string_view scheme) {
  constexpr auto kOfBrowsers = std::to_array<std::string_view>(
      {"http", "https", "ws", "wss", "ftp", "file", "data", "blob", "about", "javascript", "vbscript", "view-source"});
  const auto of_scheme = [](char c) {
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '+' || c == '-' || c == '.';
  };
  return !scheme.empty() && scheme.front() >= 'a' && scheme.front() <= 'z' && std::ranges::all_of(scheme, of_scheme) &&
         std::ranges::find(kOfBrowsers, scheme) == kOfBrowsers.end();
}

std::string default_target(std::string_view frontend_url) { return without_slash(frontend_url) + "/today"; }

std::optional<std::string> redirect_target(std::string_view candidate, bool native, const RedirectRules& rules) {
  if (candidate.empty()) return default_target(rules.frontend_url);
  if (candidate.size() > kLongestTarget || !is_plain(candidate)) return {};
  if (candidate.front() == '/') {
    const auto frontend = parts_of(rules.frontend_url);
    if (candidate.starts_with("//") || !frontend) return {};
    return origin_of(*frontend) + std::string(candidate);
  }
  const auto parts = parts_of(candidate);
  if (!parts || parts->authority.find('@') != std::string_view::npos) return {};
  if (parts->scheme == "http" || parts->scheme == "https") {
    const auto host = host_of(parts->authority);
    if (!parts->has_authority || !host) return {};
    if (!is_allowed_page(*parts, lower(*host), rules) && !(native && is_own_machine(*parts, *host))) return {};
    return std::string(candidate);
  }
  const bool known = std::ranges::find(rules.native_schemes, parts->scheme) != rules.native_schemes.end();
  if (!native || !known || !is_application_scheme(parts->scheme)) return {};
  return std::string(candidate);
}

std::string error_page(std::string_view frontend_url, OAuthError error, OAuthProvider provider,
                       std::string_view request_id) {
  std::string page = without_slash(frontend_url) + "/auth/error";
  page = with_parameter(std::move(page), "error", boost::describe::enum_to_string(error, "ServerError"));
  page = with_parameter(std::move(page), "provider", provider == OAuthProvider::google ? "Google" : "Azure");
  return with_parameter(std::move(page), "code", request_id);
}

std::string query_text(std::string_view text) {
  static constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out;
}

std::string with_parameter(std::string address, std::string_view name, std::string_view value) {
  address += address.find('?') == std::string::npos ? '?' : '&';
  address += query_text(name);
  address += '=';
  return address + query_text(value);
}

}  // namespace ignition::rules
