// Configuration of the library: what an operator decides for all users, by the names of environment variables.
#pragma once

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/rules/preferences.hpp"
#include "ignition/rules/rates.hpp"
#include "ignition/storage.hpp"
#include "ignition/types.hpp"

namespace ignition {

class VariableReader;
template <class Settings>
class VariableTable;

// What a web client gets when it signs in: the cookie of a session, or access and refresh tokens in cookies.
enum class WebDelivery : std::uint8_t { session, tokens };
BOOST_DESCRIBE_ENUM(WebDelivery, session, tokens)

enum class VariableSource : std::uint8_t { env, file, default_ };
BOOST_DESCRIBE_ENUM(VariableSource, env, file, default_)

// A variable as an operator may see it.
struct ShownVariable {
  std::string name;
  std::optional<std::string> value;  // null: unset; of secrets only whether they are: "set"
  VariableSource source = VariableSource::default_;
};
BOOST_DESCRIBE_STRUCT(ShownVariable, (), (name, value, source))

// Where counts for rate limits are kept: in each process, or in the database for all servers together.
enum class RateLimitStore : std::uint8_t { memory, database };
BOOST_DESCRIBE_ENUM(RateLimitStore, memory, database)

struct Config {
  std::string tos_current_version = "1.0";  // empty = no terms gate
  int auth_min_age = 16;                    // 0 = no age gate
  bool auth_email_verification_required = false;
  std::chrono::seconds auth_reauth{900};               // how long a credential counts as fresh after it was presented
  std::chrono::seconds auth_session_ttl{30 * 86'400};  // of a session that is not used
  std::chrono::seconds auth_session_absolute{90 * 86'400};  // of any session
  std::chrono::seconds auth_session_idle{0};                // unused for longer, a session is dead; 0 = off
  bool auth_require_approval = true;                        // people who sign up wait for an administrator
  bool auth_tos_implies_age = true;  // the terms that existing clients accept contain the age clause (rule R27)
  bool auth_password_enabled = true;
  bool auth_registration_enabled = true;
  std::chrono::seconds email_verification_expiry{86'400};
  std::chrono::seconds password_reset_expiry{3'600};
  int password_memory_kib = 19'456;  // of one hash (rule R3)
  int password_time = 2;
  int password_parallelism = 1;
  std::string data_encryption_key;                   // 32 bytes; "" = made up, and gone with the process
  int password_concurrency = 0;                      // hashes at once; 0 = as many as cores
  std::string public_url = "http://localhost:8080";  // who makes access tokens; a server's SERVER_PUBLIC_URL
  std::string jwt_secret;                            // of access tokens; "" = made up, and gone with the process
  std::string jwt_secret_previous;                   // checks older ones while the secret changes; "" = none
  bool jwt_secret_is_made_up = false;                // an engine says so
  int access_token_minutes = 15;
  int refresh_token_days = 7;
  std::chrono::seconds auth_refresh_grace{10};  // in which a used refresh token may be used again (rule R21)
  WebDelivery auth_web_delivery = WebDelivery::session;
  std::vector<std::string> admin_emails;  // normal addresses; who proves one administers (rule R37)
  std::string admin_claim_key;            // makes its bearer the first administrator; "" = the one that was made up
  int account_delete_grace_days = 0;      // between asking for the end of an account and its end
  RateLimitStore rate_limit_store = RateLimitStore::memory;
  // Rate limits that operations themselves look at (rule R32); those of requests are the server's.
  rules::Rate login_failure{.limit = 5, .period = std::chrono::seconds(900)};      // of one address at one account
  rules::Rate account_failure{.limit = 30, .period = std::chrono::seconds(3600)};  // of everybody at one account
  rules::Rate mail_account{.limit = 3, .period = std::chrono::seconds(3600)};      // mails to one address
  rules::Rate mail_ip{.limit = 10, .period = std::chrono::seconds(3600)};          // mails that one client orders
  std::string frontend_url = "http://localhost:3000";  // of the web client; a server's SERVER_FRONTEND_URL
  std::vector<std::string> allowed_origins;            // of pages that browsers may be sent to; a server's own list
  std::vector<std::string> native_redirect_schemes{"ignition"};  // of applications, in lower case
  std::string oauth_google_client_id;                            // "" = nobody signs in with Google
  std::string oauth_google_client_secret;
  std::string oauth_google_redirect_uri;  // "" or what follows from public_url
  std::string oauth_google_issuer_url;    // "" = Google itself
  std::string oauth_azure_client_id;      // "" = nobody signs in with Microsoft
  std::string oauth_azure_client_secret;
  std::string oauth_azure_tenant_id;
  bool oauth_azure_trust_email = false;  // the one tenant's addresses count as proven (rule R4)
  std::string oauth_azure_redirect_uri;
  std::string oauth_azure_base_url;  // "" = Microsoft itself
  rules::TodayConfig today;
  std::map<std::string, std::string, std::less<>> forced_flags;  // text of FLAG_<name>, by name
  // Every variable of the program with where it comes from, as its shell read them.
  std::function<std::vector<ShownVariable>()> variables;

  // Reads what is set; the rest keeps its defaults. Problems stay with the reader.
  static Config from(VariableReader& reader);
  // As above from settings by name, for programs that embed the library. Throws VALIDATION_ERROR naming every problem
  // at once; names of other programs' settings are ignored.
  static Config from(const Map<std::string>& settings);
};

// The variables that Config is read from, FLAG_<name> aside.
const VariableTable<Config>& config_variables();

// Which database a program opens.
struct DatabaseSettings {
  std::string url = "sqlite:ignition.db";
  std::optional<std::string> replica_url;  // EngineOptions::replica_url
  bool required = true;                    // false: a server starts without a database and answers health checks only
  std::optional<bool> auto_migrate;
  // PostgreSQL only; see StoreOptions.
  int pool_max = 20;
  int pool_min_idle = 5;
  std::chrono::seconds pool_wait{30};
  std::chrono::seconds pool_idle{600};
  std::chrono::seconds pool_lifetime{1800};
  std::chrono::seconds statement_timeout{10};
  std::chrono::seconds lock_timeout{5};
  bool transaction_pooler = false;

  // Whether opening brings the schema up to date: if nothing is said, for SQLite, which is one program's own.
  bool migrates() const { return auto_migrate.value_or(url.starts_with("sqlite:")); }
  // How to open it.
  StoreOptions store() const;
};

const VariableTable<DatabaseSettings>& database_variables();

}  // namespace ignition
