// The HTTP server: every operation of an engine's catalogue that has a route, under /api/v1, and the system routes.
//
//   auto engine = ignition::Engine::open({.store_url = "sqlite:ignition.db"});
//   ignition::server::Settings settings{.local_user = true};
//   return ignition::server::serve(engine.get(), settings);
//
// docs/http.md tells how it behaves on the wire.
#pragma once

#include <spdlog/common.h>

#include <boost/describe/enum.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "ignition/engine.hpp"
#include "ignition/rules/rates.hpp"

namespace ignition::server {

using std::chrono::milliseconds;

enum class Environment : std::uint8_t { development, test, local, staging, production };
BOOST_DESCRIBE_ENUM(Environment, development, test, local, staging, production)

enum class LogFormat : std::uint8_t { json, text };
BOOST_DESCRIBE_ENUM(LogFormat, json, text)

// How much of a client's address the log shows; `prefix` is the IPv4 /24 or the IPv6 /48.
enum class LogIp : std::uint8_t { full, prefix, off };
BOOST_DESCRIBE_ENUM(LogIp, full, prefix, off)

// What requests are counted together for limits (rule R32).
enum class RateClass : std::uint8_t {
  ip_ceiling,
  auth_start,
  auth_credential,
  auth_refresh,
  user,
  anonymous,
  api_key,
  admin,
  upload,
  url_sign,
  frames,
  browse,
  purchase,
  feedback,
  rebuild,
  export_,
  backup,
};
BOOST_DESCRIBE_ENUM(RateClass, ip_ceiling, auth_start, auth_credential, auth_refresh, user, anonymous, api_key, admin,
                    upload, url_sign, frames, browse, purchase, feedback, rebuild, export_, backup)

// Which requests of other sites' pages bring our cookies along.
enum class SameSite : std::uint8_t { lax, strict, none };
BOOST_DESCRIBE_ENUM(SameSite, lax, strict, none)

// What an operator decides; in comments the environment variable that sets it. Defaults are those of a machine of one's
// own.
struct Settings {
  Environment environment = Environment::development;  // ENVIRONMENT
  std::string host = "127.0.0.1";                      // SERVER_HOST: an IP address, or `unix:path`
  std::uint16_t port = 8080;                           // SERVER_PORT: 0 = any free one
  std::string tls_certificate;                         // SERVER_TLS_CERT_FILE: chain in PEM; "" = no TLS
  std::string tls_key;                                 // SERVER_TLS_KEY_FILE: its key in PEM
  std::string public_url = "http://localhost:8080";    // SERVER_PUBLIC_URL
  std::string frontend_url = "http://localhost:3000";  // SERVER_FRONTEND_URL
  std::string admin_url;                               // SERVER_ADMIN_URL: "" = none
  std::vector<std::string> allowed_hosts;              // SERVER_ALLOWED_HOSTS
  std::vector<std::string> trusted_proxies;            // TRUSTED_PROXIES: addresses or CIDR blocks
  std::string client_ip_header;                        // CLIENT_IP_HEADER: "" = none
  std::optional<std::vector<std::string>>
      allowed_origins;      // CORS_ALLOWED_ORIGINS: absent = rule R30's, not in production
  bool local_user = false;  // AUTH_LOCAL_USER
  std::string local_token;  // AUTH_LOCAL_TOKEN: "" = none asked for
  std::string auth_secret;  // AUTH_SECRET: key of CSRF tokens; "" = made anew with every start, not in production
  // RATE_LIMIT_<CLASS>. What is absent has rule R32's rate, or none in single-user mode.
  std::map<RateClass, rules::Rate> rate_limits;
  std::string session_cookie_name = "session";  // AUTH_SESSION_COOKIE_NAME
  std::string cookie_domain;                    // AUTH_COOKIE_DOMAIN: "" = of the host alone
  SameSite cookie_same_site = SameSite::lax;    // AUTH_COOKIE_SAMESITE
  std::optional<bool> cookie_secure;            // COOKIE_SECURE: absent = in production or behind an https public URL

  // Whether cookies are for encrypted connections only.
  bool has_secure_cookies() const {
    const bool https = public_url.starts_with("https://");
    return cookie_secure.value_or(environment == Environment::production || https);
  }

  std::size_t max_request_line = 8'192;
  std::size_t max_header_bytes = 16'384;
  std::size_t max_header_fields = 100;
  std::size_t max_cookie_bytes = 8'192;
  std::size_t max_body_bytes = 1'048'576;  // MAX_BODY_BYTES
  int max_concurrent_requests = 256;       // MAX_CONCURRENT_REQUESTS
  milliseconds header_timeout{10'000};     // from the first byte of a request to the end of its header
  milliseconds body_timeout{60'000};       // also for a client to take an answer
  milliseconds request_timeout{30'000};    // REQUEST_TIMEOUT_SECONDS: until the operation has answered
  milliseconds idle_timeout{75'000};       // between requests of one connection
  milliseconds shutdown_grace{30'000};     // SHUTDOWN_GRACE_SECONDS
  milliseconds health_timeout{1'000};      // of the database probe
  milliseconds health_lifetime{2'000};     // how long a probe's result is used again

  bool metrics = false;       // METRICS_ENABLED: GET /metrics answers
  std::string metrics_token;  // METRICS_TOKEN: Bearer token asked for there; "" = none
  std::string metrics_bind;   // METRICS_BIND: `address:port` of a listener for metrics alone; "" = none

  int io_threads = 0;  // 0 = as many as cores
  int workers = 16;    // threads that run writes, and reads that are slow
  // Reads of operations that on average take less than this run on the I/O threads; 0 = none does. Absent: 1 ms for an
  // embedded database, 0 for one behind a network, which may keep a thread waiting.
  std::optional<std::chrono::microseconds> inline_reads;

  spdlog::level::level_enum log_level = spdlog::level::info;  // LOG_LEVEL
  LogFormat log_format = LogFormat::json;                     // LOG_FORMAT
  LogIp log_ip = LogIp::full;                                 // LOG_IP
  std::shared_ptr<spdlog::sinks::sink> log;                   // null = standard error
};

// The environment variables that Settings are read from; VariableReader in ignition/variables.hpp reads them.
const VariableTable<Settings>& variables();

// The origins of pages that may call and that browsers may be sent to (rule R30), as browsers write them.
std::vector<std::string> allowed_origins(const Settings& settings);

// Settings with which a server must not start; `what()` has one line for each problem. A program that gets one exits
// with status 78.
class ConfigError : public std::runtime_error {
 public:
  explicit ConfigError(std::vector<std::string> problems);
  const std::vector<std::string>& problems() const { return problems_; }

 private:
  std::vector<std::string> problems_;
};

// Throws ConfigError for what Server would refuse, without serving; with `config`, also of an engine that has it.
void check(const Settings& settings, const Config* config = nullptr);

inline constexpr int kConfigErrorStatus = 78;  // EX_CONFIG of sysexits.h

class Server {
 public:
  // The engine must outlive the server; without one only the system routes answer. Throws ConfigError.
  Server(Engine* engine, Settings settings);
  ~Server();  // stops without waiting for unfinished requests
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Binds the address and serves on threads of its own; with `local_user`, makes that account first if it is missing.
  // Throws std::system_error when the address cannot be bound.
  void start();
  // The bound port; 0 on a Unix socket and before start().
  std::uint16_t port() const;
  // The bound port of METRICS_BIND; 0 without it and before start().
  std::uint16_t metrics_port() const;
  // Where it listens, for people: `http://127.0.0.1:8080` or `unix:/run/ignition.sock`.
  std::string address() const;

  // Stops accepting, lets requests that have begun finish for up to `shutdown_grace`, then closes all connections. True
  // when every request was answered.
  bool stop();

  // Reads the files of the certificate again, for new connections. False, and a line in the log, when they cannot be
  // used: then the certificate stays what it was. Thread-safe.
  bool reload_certificate();

  // start(), `started()`, then wait for SIGTERM or SIGINT, then stop(). A second signal ends the process at once with
  // status 1. With TLS, SIGHUP is reload_certificate(). Returns the exit status.
  int run(const std::function<void()>& started = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Server(engine, settings).run().
int serve(Engine* engine, const Settings& settings);

}  // namespace ignition::server
