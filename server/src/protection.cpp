#include "protection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/url/parse.hpp>
#include <charconv>
#include <span>

#include "credentials.hpp"
#include "ignition/access_tokens.hpp"
#include "ignition/secrets.hpp"
#include "text.hpp"
#include "tls.hpp"

namespace ignition::server {
namespace {

namespace ip = boost::asio::ip;

constexpr std::array kDevelopmentOrigins = {"http://localhost:3000", "http://localhost:3001", "http://127.0.0.1:3000",
                                            "http://127.0.0.1:3001", "http://localhost:8081", "http://localhost:19006"};

constexpr std::array<std::string_view, 3> kLoopbackNames = {"localhost", "127.0.0.1", "[::1]"};

ip::address plain(const ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  return address;
}

std::optional<ip::address> parse_address(std::string_view text) {
  boost::system::error_code ec;
  const auto address = ip::make_address(std::string(without_spaces(text)), ec);
  if (ec) return {};
  return plain(address);
}

// `host` or `host:port` without its port; absent when it is neither.
std::optional<std::string_view> host_name(std::string_view host) {
  std::string_view port;
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    if (end == std::string_view::npos) return {};
    port = host.substr(end + 1);
    host = host.substr(0, end + 1);
  } else {
    const auto colon = host.find(':');
    if (colon != std::string_view::npos) {
      port = host.substr(colon);
      host = host.substr(0, colon);
    }
  }
  const bool valid_port = port.empty() || (port.front() == ':' && port.size() <= 6 &&
                                           port.find_first_not_of("0123456789", 1) == std::string_view::npos);
  if (host.empty() || !valid_port) return {};
  return host;
}

bool is_loopback_name(std::string_view host_field) {
  const auto name = host_name(host_field);
  return name && std::any_of(kLoopbackNames.begin(), kLoopbackNames.end(),
                             [&](std::string_view loopback) { return equal_ignoring_case(*name, loopback); });
}

bool is_loopback_origin(std::string_view origin) {
  for (const std::string_view scheme : {std::string_view("http://"), std::string_view("https://")}) {
    if (origin.starts_with(scheme)) return is_loopback_name(origin.substr(scheme.size()));
  }
  return false;
}

// `scheme://host[:port]` of an http(s) URL, as browsers write an origin; absent when it is no such URL.
std::optional<std::string> origin_of(std::string_view url) {
  const auto parsed = boost::urls::parse_uri({url.data(), url.size()});
  if (!parsed) return {};
  const std::string scheme = lower_case({parsed->scheme().data(), parsed->scheme().size()});
  if ((scheme != "http" && scheme != "https") || parsed->encoded_host().empty()) return {};
  const auto host = parsed->encoded_host();
  std::string origin = scheme + "://" + lower_case({host.data(), host.size()});
  const auto port = parsed->port();
  const std::string_view usual = scheme == "http" ? "80" : "443";
  if (parsed->has_port() && !port.empty() && std::string_view(port.data(), port.size()) != usual) {
    origin += ':';
    origin.append(port.data(), port.size());
  }
  return origin;
}

// With the variable that tells it.
std::vector<std::pair<const char*, std::string>> told_origins(const Settings& settings) {
  std::vector<std::pair<const char*, std::string>> out{{"SERVER_FRONTEND_URL", settings.frontend_url}};
  if (!settings.admin_url.empty()) out.emplace_back("SERVER_ADMIN_URL", settings.admin_url);
  for (const auto& url : settings.allowed_origins.value_or(std::vector<std::string>{})) {
    out.emplace_back("CORS_ALLOWED_ORIGINS", url);
  }
  return out;
}

// Values that people copy from guides.
bool is_sample_secret(std::string_view secret) {
  static constexpr std::array<std::string_view, 5> kWords = {"changeme", "change-me", "change_me", "your-secret",
                                                             "your_secret"};
  const std::string text = lower_case(secret);
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return text.find(word) != std::string::npos; });
}

// Rule R14. `hosts`: the public one, if it is known.
void check_cookies(const Settings& settings, const std::vector<std::string>& hosts,
                   std::vector<std::string>& problems) {
  if (!settings.has_secure_cookies() && settings.environment == Environment::production) {
    problems.emplace_back("COOKIE_SECURE: production needs secure cookies");
  }
  if (settings.cookie_same_site == SameSite::none && !settings.public_url.starts_with("https://")) {
    problems.emplace_back("AUTH_COOKIE_SAMESITE: none needs an https SERVER_PUBLIC_URL");
  }
  const std::string& domain = settings.cookie_domain;
  if (domain.empty() || hosts.empty()) return;
  const std::string& host = hosts.front();
  const bool covers = host == domain || host.ends_with("." + domain);
  if (!covers) problems.push_back(fmt::format("AUTH_COOKIE_DOMAIN: {} does not cover the host {}", domain, host));
}

}  // namespace

std::vector<std::string> allowed_origins(const Settings& settings) {
  std::vector<std::string> out;
  for (const auto& [variable, url] : told_origins(settings)) {
    if (auto origin = origin_of(url)) out.push_back(std::move(*origin));
  }
  if (!settings.allowed_origins && settings.environment != Environment::production) {
    out.insert(out.end(), kDevelopmentOrigins.begin(), kDevelopmentOrigins.end());
  }
  return out;
}

std::optional<std::string> unix_path(std::string_view host) {
  if (!host.starts_with("unix:")) return {};
  return std::string(host.substr(5));
}

std::optional<Place> place_of(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return {};
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return {};
  }
  const auto address = parse_address(host);
  Place place;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + colon + 1, end, place.port);
  if (!address || read.ec != std::errc() || read.ptr != end) return {};
  place.address = *address;
  return place;
}

Peer Peer::of(const ip::address& address) { return {plain(address)}; }

std::vector<std::string> problems_of(const Settings& settings, const Config& config) {
  std::vector<std::string> problems;
  const std::string& secret = config.jwt_secret;
  const bool production = settings.environment == Environment::production;
  if (production && (secret.empty() || config.jwt_secret_is_made_up)) {
    problems.emplace_back("JWT_SECRET: production needs it");
  } else if (is_sample_secret(secret) || is_sample_secret(config.jwt_secret_previous)) {
    problems.emplace_back("JWT_SECRET: is a published sample");
  } else if (production && secret == settings.auth_secret) {
    problems.emplace_back("JWT_SECRET: production needs another one than AUTH_SECRET");
  }
  if (production && config.login_failure.is_off()) {
    problems.emplace_back("RATE_LIMIT_LOGIN_FAILURE: production may not switch it off");
  }
  return problems;
}

void check(const Settings& settings, const Config* config) {
  std::vector<std::string> problems;
  if (config != nullptr) problems = problems_of(settings, *config);
  const auto collect = [&](auto&& make) {
    try {
      make();
    } catch (const ConfigError& error) {
      problems.insert(problems.end(), error.problems().begin(), error.problems().end());
    }
  };
  collect([&] { Protection{settings}; });
  if (!settings.tls_certificate.empty() && !settings.tls_key.empty()) {
    collect([&] { load_certificate(settings.tls_certificate, settings.tls_key); });
  }
  if (!problems.empty()) throw ConfigError(std::move(problems));
}

Protection::Protection(const Settings& settings)
    : local_user_(settings.local_user), local_token_(settings.local_token), metrics_token_(settings.metrics_token) {
  std::vector<std::string> problems;
  if (const auto path = unix_path(settings.host)) {
    loopback_listener_ = true;
    if (path->empty()) problems.emplace_back("SERVER_HOST: `unix:` needs a path");
  } else if (const auto address = parse_address(settings.host)) {
    loopback_listener_ = address->is_loopback();
  } else {
    problems.push_back(fmt::format("SERVER_HOST: {} is neither an IP address nor unix:path", settings.host));
  }

  if (!settings.metrics_bind.empty() && !place_of(settings.metrics_bind)) {
    problems.push_back(fmt::format("METRICS_BIND: {} is no address:port", settings.metrics_bind));
  }
  if (settings.tls_certificate.empty() != settings.tls_key.empty()) {
    problems.emplace_back("SERVER_TLS_CERT_FILE, SERVER_TLS_KEY_FILE: one is of no use without the other");
  }
  if (!settings.tls_certificate.empty() && unix_path(settings.host)) {
    problems.emplace_back("SERVER_TLS_CERT_FILE: a Unix socket speaks no TLS");
  }
  if (settings.auth_secret.empty() && settings.environment == Environment::production) {
    problems.emplace_back("AUTH_SECRET: production needs it");
  } else if (is_sample_secret(settings.auth_secret)) {
    problems.emplace_back("AUTH_SECRET: is a published sample");
  }
  if (settings.environment == Environment::production) {
    const auto credentials = settings.rate_limits.find(RateClass::auth_credential);
    if (credentials != settings.rate_limits.end() && credentials->second.is_off()) {
      problems.emplace_back("RATE_LIMIT_AUTH: production may not switch it off");
    }
  }

  const bool local_environment = settings.environment == Environment::development ||
                                 settings.environment == Environment::test ||
                                 settings.environment == Environment::local;
  if (local_user_ && !local_environment) {
    problems.push_back(fmt::format("AUTH_LOCAL_USER: not allowed with ENVIRONMENT={}", name_of(settings.environment)));
  }
  if (local_user_ && !loopback_listener_) {
    problems.push_back(fmt::format("AUTH_LOCAL_USER: needs a loopback address or a Unix socket, but SERVER_HOST is {}",
                                   settings.host));
  }

  if (settings.environment == Environment::production) {
    if (!settings.public_url.starts_with("https://"))
      problems.emplace_back("SERVER_PUBLIC_URL: production needs https");
    if (!settings.frontend_url.starts_with("https://")) {
      problems.emplace_back("SERVER_FRONTEND_URL: production needs https");
    }
    if (!settings.allowed_origins) problems.emplace_back("CORS_ALLOWED_ORIGINS: production needs the list");
    for (const auto& origin : settings.allowed_origins.value_or(std::vector<std::string>{})) {
      if (!origin.starts_with("https://")) {
        problems.push_back(fmt::format("CORS_ALLOWED_ORIGINS: production needs https, not {}", origin));
      }
    }
    if (settings.metrics && metrics_token_.empty() && settings.metrics_bind.empty()) {
      problems.emplace_back("METRICS_TOKEN: production needs it, or METRICS_BIND, with METRICS_ENABLED");
    }
  }
  if (const auto origin = origin_of(settings.public_url)) {
    public_is_secure_ = origin->starts_with("https:");
    hosts_.emplace_back(*host_name(std::string_view(*origin).substr(public_is_secure_ ? 8 : 7)));
  } else {
    problems.push_back(fmt::format("SERVER_PUBLIC_URL: {} is not an http or https URL", settings.public_url));
  }
  check_cookies(settings, hosts_, problems);
  for (const auto& host : settings.allowed_hosts) hosts_.push_back(lower_case(host));

  origins_ = allowed_origins(settings);
  for (const auto& [variable, url] : told_origins(settings)) {
    if (!origin_of(url)) problems.push_back(fmt::format("{}: {} is not an http or https URL", variable, url));
  }

  for (const auto& text : settings.trusted_proxies) {
    const auto slash = text.find('/');
    const auto network = parse_address(std::string_view(text).substr(0, slash));
    const unsigned width = network && network->is_v6() ? 128 : 32;
    unsigned prefix = width;
    bool valid = network.has_value();
    if (valid && slash != std::string::npos) {
      const char* end = text.data() + text.size();
      const auto read = std::from_chars(text.data() + slash + 1, end, prefix);
      valid = read.ec == std::errc() && read.ptr == end && prefix <= width;
    }
    if (valid) {
      trusted_.push_back({*network, prefix});
    } else {
      problems.push_back(fmt::format("TRUSTED_PROXIES: {} is neither an address nor a CIDR block", text));
    }
  }
  if (!problems.empty()) throw ConfigError(std::move(problems));
}

bool Protection::allows_host(std::string_view host) const {
  if (loopback_listener_ && is_loopback_name(host)) return true;
  const auto name = host_name(host);
  return name && std::any_of(hosts_.begin(), hosts_.end(),
                             [&](const std::string& allowed) { return equal_ignoring_case(*name, allowed); });
}

std::string_view Protection::allowed_origin(std::string_view origin) const {
  const auto found = std::find(origins_.begin(), origins_.end(), origin);
  return found == origins_.end() ? std::string_view{} : *found;
}

bool Protection::allows_page(std::string_view url) const {
  const auto origin = origin_of(url);
  return origin && !allowed_origin(*origin).empty();
}

bool Protection::Block::contains(const ip::address& address) const {
  const auto equal_bits = [this](std::span<const unsigned char> a, std::span<const unsigned char> b) {
    unsigned left = prefix;
    for (std::size_t i = 0; left > 0; ++i) {
      const unsigned bits = std::min(left, 8U);
      const auto mask = static_cast<unsigned char>(0xFF00U >> bits);
      if ((a[i] & mask) != (b[i] & mask)) return false;
      left -= bits;
    }
    return true;
  };
  if (network.is_v4() != address.is_v4()) return false;
  if (network.is_v4()) return equal_bits(network.to_v4().to_bytes(), address.to_v4().to_bytes());
  return equal_bits(network.to_v6().to_bytes(), address.to_v6().to_bytes());
}

bool Protection::is_trusted(const ip::address& address) const {
  return std::any_of(trusted_.begin(), trusted_.end(), [&](const Block& block) { return block.contains(address); });
}

bool Protection::trusts(const Peer& peer) const { return !peer.unix_socket && is_trusted(peer.address); }

ip::address Protection::client_ip(const Peer& peer, const Forwarding& forwarding) const {
  if (!trusts(peer)) return peer.address;
  if (forwarding.client_ip) {
    if (const auto address = parse_address(*forwarding.client_ip)) return *address;
  }
  ip::address last_good = peer.address;
  std::string_view rest = forwarding.forwarded_for.value_or("");
  while (!rest.empty()) {
    const auto comma = rest.rfind(',');
    const auto entry = parse_address(comma == std::string_view::npos ? rest : rest.substr(comma + 1));
    if (!entry) return last_good;
    if (!is_trusted(*entry)) return *entry;
    last_good = *entry;
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(0, comma);
  }
  return last_good;
}

bool Protection::is_secure(const Peer& peer, const Forwarding& forwarding) const {
  if (peer.tls) return true;
  if (!forwarding.forwarded_proto.empty() && trusts(peer)) {
    return equal_ignoring_case(forwarding.forwarded_proto, "https");
  }
  return public_is_secure_;
}

bool Protection::allows_metrics(std::optional<std::string_view> authorization) const {
  if (metrics_token_.empty()) return true;
  const auto token = bearer_token(authorization.value_or(""));
  return token && same_secret(*token, metrics_token_);
}

Identity Protection::identify(const Peer& peer, const Credentials& credentials) const {
  bool proves_token = false;
  if (credentials.authorization) {
    const auto token = bearer_token(*credentials.authorization);
    proves_token = token && local_user_ && !local_token_.empty() && same_secret(*token, local_token_);
    if (!proves_token && token && is_api_key(*token)) return Identity::api_key;
    if (!proves_token && token && is_access_token(*token)) return Identity::access_token;
    if (!proves_token) return Identity::bad_authorization;
  }
  if (!local_user_) return Identity::anonymous;
  if (!peer.is_loopback() || credentials.forwarded || !is_loopback_name(credentials.host)) return Identity::anonymous;
  if (credentials.origin && !is_loopback_origin(*credentials.origin) && allowed_origin(*credentials.origin).empty()) {
    return Identity::foreign;
  }
  const std::string_view site = credentials.sec_fetch_site;
  const bool own_site = site.empty() || site == "none" || site == "same-origin" || site == "same-site";
  if (!own_site) return Identity::foreign;
  if (!local_token_.empty() && !proves_token) return Identity::anonymous;
  return Identity::local_user;
}

}  // namespace ignition::server
