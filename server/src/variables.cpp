#include "ignition/variables.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cctype>

#include "ignition/rules/flags.hpp"
#include "ignition/server.hpp"
#include "rates.hpp"

namespace ignition::server {
namespace {

std::string lower_case_ascii(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

std::string environment_name(std::string_view text) {
  auto name = lower_case_ascii(trimmed(text));
  return name == "prod" ? "production" : name;
}

// RUST_LOG lists levels by module, `warn,hyper=info`: the first one without a module counts.
std::string first_bare_level(std::string_view text) {
  while (true) {
    const auto comma = text.find(',');
    const auto part = trimmed(text.substr(0, comma));
    if (part.find('=') == std::string_view::npos || comma == std::string_view::npos) return lower_case_ascii(part);
    text.remove_prefix(comma + 1);
  }
}

bool is_cookie_name(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; });
}

// Without the dot that old browsers wanted; no domain means the host alone, as does localhost, which is none.
std::string cookie_domain(std::string_view text) {
  auto domain = lower_case_ascii(trimmed(text));
  if (domain.starts_with('.')) domain.erase(0, 1);
  return domain == "localhost" ? std::string() : domain;
}

bool is_web_url(std::string_view text) { return WebUrlFormat::accepts(text); }

constexpr VariableLimits kUrl{.format = WebUrlFormat::name, .accepts = is_web_url};
constexpr std::string_view kLevels = "one of trace, debug, info, warn, error";

std::optional<FieldError> set_level(std::string_view text, void* settings) {
  const bool known = text == "trace" || text == "debug" || text == "info" || text == "warn" || text == "error";
  if (!known) return FieldError{{}, "not_one_of", fmt::format("must be {}", kLevels)};
  static_cast<Settings*>(settings)->log_level = spdlog::level::from_str(std::string(text));
  return {};
}

// One variable for each class that something draws on.
void add_rates(VariableTable<Settings>& table) {
  for (const RateRow& row : rate_rows()) {
    if (!is_in_use(row.rate_class, catalogue())) continue;
    const bool even = row.rate.burst > 0;
    const std::string expects = even ? "<limit>/<seconds>[:<burst>] or off" : "<limit>/<seconds> or off";
    table.add({.name = fmt::format("RATE_LIMIT_{}", row.variable),
               .meaning = fmt::format("Rate limit of the class {}.", name_of(row.rate_class)),
               .expects = expects,
               .fallback = rules::rate_text(row.rate),
               .set = [&row, even, expects](std::string_view text, void* settings) -> std::optional<FieldError> {
                 auto rate = rules::parse_rate(text);
                 if (!rate || (!even && rate->burst > 0)) {
                   return FieldError{{}, "invalid_format", fmt::format("must be {}", expects)};
                 }
                 if (even && rate->burst == 0) rate->burst = rate->limit;
                 static_cast<Settings*>(settings)->rate_limits[row.rate_class] = *rate;
                 return {};
               }});
  }
}

bool is_long_secret(std::string_view text) { return text.size() >= 32; }

std::optional<FieldError> set_debug(std::string_view text, void* settings) {
  const auto on = rules::boolean_of(text);
  // Other programs give DEBUG other meanings, so that other texts are no problem of ours.
  if (on.value_or(false)) static_cast<Settings*>(settings)->log_level = spdlog::level::debug;
  return {};
}

}  // namespace

const VariableTable<Settings>& variables() {
  static const auto table = [] {
    auto rows =
        VariableTable<Settings>()
            .add("ENVIRONMENT", &Settings::environment, "Kind of installation; prod means production.",
                 {.aliases = {"SERVER_ENVIRONMENT", "APP_ENV", "NODE_ENV"},
                  .unanimous = true,
                  .normal = environment_name})
            .add("SERVER_HOST", &Settings::host, "IP address to listen on, or unix:PATH.",
                 {.aliases = {"BACKEND_HOST"}})
            .add("SERVER_PORT", &Settings::port, "Port to listen on; 0 = any free one.",
                 {.aliases = {"PORT", "BACKEND_PORT"}})
            .add("SERVER_TLS_CERT_FILE", &Settings::tls_certificate,
                 "Certificate chain in PEM; the server then speaks TLS. SIGHUP reads it again.")
            .add("SERVER_TLS_KEY_FILE", &Settings::tls_key, "Key of the certificate in PEM.")
            .add("SERVER_PUBLIC_URL", &Settings::public_url, "Address by which clients reach the server.",
                 {.limits = kUrl})
            .add("SERVER_FRONTEND_URL", &Settings::frontend_url, "Address of the web client.",
                 {.aliases = {"FRONTEND_URL"}, .limits = kUrl})
            .add("SERVER_ADMIN_URL", &Settings::admin_url, "Address of the administration's web client.",
                 {.limits = kUrl})
            .add("SERVER_ALLOWED_HOSTS", &Settings::allowed_hosts, "Host names accepted besides the public one.")
            .add("TRUSTED_PROXIES", &Settings::trusted_proxies, "Addresses or CIDR blocks of proxies to believe.")
            .add("CLIENT_IP_HEADER", &Settings::client_ip_header, "Header in which a trusted proxy tells the client.")
            .add("CORS_ALLOWED_ORIGINS", &Settings::allowed_origins, "Origins of web pages that may call.",
                 {.aliases = {"ALLOWED_ORIGINS", "CORS_ORIGINS"}})
            .add("AUTH_LOCAL_USER", &Settings::local_user, "Single-user mode on one's own machine.",
                 {.aliases = {"AUTH_DEV_BYPASS"}})
            .add("AUTH_LOCAL_TOKEN", &Settings::local_token, "Bearer token asked for in single-user mode.",
                 {.secret = true})
            .add("AUTH_SECRET", &Settings::auth_secret,
                 "Key of CSRF tokens; needed in production, elsewhere made anew with every start.",
                 {.aliases = {"SESSION_SECRET"},
                  .limits = {.format = "a text of at least 32 bytes", .accepts = is_long_secret},
                  .secret = true})
            .add("AUTH_SESSION_COOKIE_NAME", &Settings::session_cookie_name, "Name of the session's cookie.",
                 {.limits = {.format = "letters, digits, - and _", .accepts = is_cookie_name}})
            .add("AUTH_COOKIE_DOMAIN", &Settings::cookie_domain, "Domain of the cookies; unset: the host alone.",
                 {.aliases = {"COOKIE_DOMAIN"}, .normal = cookie_domain})
            .add("AUTH_COOKIE_SAMESITE", &Settings::cookie_same_site,
                 "Which requests of other sites' pages bring the cookies along.", {.normal = lower_case_ascii})
            .add("COOKIE_SECURE", &Settings::cookie_secure,
                 "Whether cookies need https; unset: in production or behind an https SERVER_PUBLIC_URL.")
            .add("MAX_BODY_BYTES", &Settings::max_body_bytes, "Largest body of a request.", {.limits = {.min = 1024}})
            .add("REQUEST_TIMEOUT_SECONDS", &Settings::request_timeout, "Longest time an operation may take.",
                 {.limits = {.min = 1, .max = 600}})
            .add("MAX_CONCURRENT_REQUESTS", &Settings::max_concurrent_requests, "Requests served at once.",
                 {.limits = {.min = 1}})
            .add("SHUTDOWN_GRACE_SECONDS", &Settings::shutdown_grace, "Time that running requests get at the end.")
            .add("METRICS_ENABLED", &Settings::metrics, "Whether GET /metrics answers, for Prometheus.")
            .add("METRICS_TOKEN", &Settings::metrics_token,
                 "Bearer token asked for by GET /metrics; production needs it or METRICS_BIND.", {.secret = true})
            .add("METRICS_BIND", &Settings::metrics_bind,
                 "Address and port, such as 127.0.0.1:9090, of a listener that answers GET /metrics without token.")
            .add({.name = "DEBUG",
                  .meaning = "true logs from level debug on.",
                  .expects = "true or false",
                  .fallback = "false",
                  .set = set_debug})
            .add({.name = "LOG_LEVEL",
                  .aliases = {"RUST_LOG"},
                  .meaning = "Least level that is logged.",
                  .expects = std::string(kLevels),
                  .fallback = "info",
                  .normal = first_bare_level,
                  .set = set_level})
            .add("LOG_FORMAT", &Settings::log_format, "Form of the log.")
            .add("LOG_IP", &Settings::log_ip, "How much of a client's address the log shows.");
    add_rates(rows);
    return rows;
  }();
  return table;
}

}  // namespace ignition::server
