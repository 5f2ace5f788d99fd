// The providers as the operator configured them.
#include <fmt/format.h>

#include "ignition/domains/oauth.hpp"
#include "ignition/secrets.hpp"
#include "ignition/sha256.hpp"

namespace ignition::oauth {
namespace {

constexpr auto kAll = std::to_array<rules::OAuthProvider>({rules::OAuthProvider::google, rules::OAuthProvider::azure});

std::string_view variables_of(rules::OAuthProvider provider) {
  return provider == rules::OAuthProvider::google ? "AUTH_OAUTH_GOOGLE_" : "AUTH_OAUTH_AZURE_";
}

std::string_view base_variable(rules::OAuthProvider provider) {
  return provider == rules::OAuthProvider::google ? "ISSUER_URL" : "BASE_URL";
}

// Without encryption only on this machine.
bool is_private(std::string_view url) {
  for (const std::string_view own : {"http://127.0.0.1", "http://[::1]", "http://localhost"}) {
    if (!url.starts_with(own)) continue;
    const auto rest = url.substr(own.size());
    if (rest.empty() || rest.front() == ':' || rest.front() == '/') return true;
  }
  return false;
}

}  // namespace

rules::OAuthClient client_of(const Config& config, rules::OAuthProvider provider) {
  if (provider == rules::OAuthProvider::google) {
    return {.id = config.oauth_google_client_id,
            .secret = config.oauth_google_client_secret,
            .tenant = {},
            .base_url = config.oauth_google_issuer_url};
  }
  return {.id = config.oauth_azure_client_id,
          .secret = config.oauth_azure_client_secret,
          .tenant = config.oauth_azure_tenant_id,
          .trust_email = config.oauth_azure_trust_email,
          .base_url = config.oauth_azure_base_url};
}

std::string callback_url(const Config& config, rules::OAuthProvider provider) {
  std::string_view base = config.public_url;
  while (base.ends_with('/')) base.remove_suffix(1);
  return fmt::format("{}/auth/callback/{}", base, name_of(provider));
}

std::vector<std::string> problems(const Config& config, bool production) {
  std::vector<std::string> out;
  for (const auto provider : kAll) {
    const auto& base = client_of(config, provider).base_url;
    const auto name = fmt::format("{}{}", variables_of(provider), base_variable(provider));
    if (!base.empty() && !base.starts_with("https://") && (production || !is_private(base))) {
      out.push_back(fmt::format("{}: must be an https URL{}", name, production ? "" : ", or one of this machine"));
    }
    const auto& told =
        provider == rules::OAuthProvider::google ? config.oauth_google_redirect_uri : config.oauth_azure_redirect_uri;
    const auto computed = callback_url(config, provider);
    if (!told.empty() && told != computed) {
      out.push_back(fmt::format("{}REDIRECT_URI: must be {}, which follows from SERVER_PUBLIC_URL",
                                variables_of(provider), computed));
    }
  }
  return out;
}

std::string code_challenge(std::string_view verifier) { return base64url(sha256(verifier)); }

}  // namespace ignition::oauth
