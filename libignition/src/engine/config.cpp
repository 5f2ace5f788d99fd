#include "ignition/config.hpp"

#include <algorithm>
#include <array>

#include "ignition/rules/accounts.hpp"
#include "ignition/rules/flags.hpp"
#include "ignition/rules/oauth.hpp"
#include "ignition/secrets.hpp"
#include "ignition/variables.hpp"
#include "storage/postgres_address.hpp"

namespace ignition {
namespace {

std::string upper_case(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

bool is_key(std::string_view text) { return text.size() >= 32; }
constexpr VariableLimits kKey{.format = "a text of at least 32 bytes", .accepts = is_key};

bool is_terms_version(std::string_view text) { return code_points(text) <= 20; }

bool is_email(std::string_view text) { return rules::normal_email(text).has_value(); }

bool is_claim_key(std::string_view text) {
  const std::size_t length = code_points(text);
  return length >= 32 && length <= 64;
}

bool is_database_url(std::string_view text) {
  return text.starts_with("sqlite:") || storage::is_postgres_address(text);
}

// Without the driver that other languages' programs put into the scheme: postgresql+asyncpg://, sqlite+aiosqlite:///.
std::string without_driver(std::string_view url) {
  const auto colon = url.find(':');
  const auto plus = url.substr(0, colon).find_first_of("+=");
  if (colon == std::string_view::npos || plus == std::string_view::npos || url[plus] == '=') return std::string(url);
  return std::string(url.substr(0, plus)) + std::string(url.substr(colon));
}

bool is_scheme(std::string_view text) { return rules::is_application_scheme(text); }
bool is_web_url(std::string_view text) { return WebUrlFormat::accepts(text); }

void add_oauth(VariableTable<Config>& table) {
  constexpr VariableLimits kUrl{.format = WebUrlFormat::name, .accepts = is_web_url};
  table
      .add("AUTH_OAUTH_GOOGLE_CLIENT_ID", &Config::oauth_google_client_id,
           "Client id at Google; with the secret, people sign in with Google.", {.aliases = {"GOOGLE_CLIENT_ID"}})
      .add("AUTH_OAUTH_GOOGLE_CLIENT_SECRET", &Config::oauth_google_client_secret, "Client secret at Google.",
           {.aliases = {"GOOGLE_CLIENT_SECRET"}, .secret = true})
      .add("AUTH_OAUTH_GOOGLE_REDIRECT_URI", &Config::oauth_google_redirect_uri,
           "Must be SERVER_PUBLIC_URL/auth/callback/google where it is set.", {.limits = kUrl})
      .add("AUTH_OAUTH_GOOGLE_ISSUER_URL", &Config::oauth_google_issuer_url,
           "Another server in place of all of Google's, with their paths.", {.limits = kUrl})
      .add("AUTH_OAUTH_AZURE_CLIENT_ID", &Config::oauth_azure_client_id,
           "Application id at Microsoft; with secret and tenant, people sign in with Microsoft.",
           {.aliases = {"AZURE_AD_CLIENT_ID", "AZURE_CLIENT_ID"}})
      .add("AUTH_OAUTH_AZURE_CLIENT_SECRET", &Config::oauth_azure_client_secret, "Client secret at Microsoft.",
           {.aliases = {"AZURE_AD_CLIENT_SECRET", "AZURE_CLIENT_SECRET"}, .secret = true})
      .add("AUTH_OAUTH_AZURE_TENANT_ID", &Config::oauth_azure_tenant_id,
           "Whose accounts: a tenant's id or domain, common, organizations or consumers.",
           {.aliases = {"AZURE_AD_TENANT_ID", "AZURE_TENANT_ID"}})
      .add("AUTH_OAUTH_AZURE_TRUST_EMAIL", &Config::oauth_azure_trust_email,
           "Whether the addresses that the one tenant tells count as proven.",
           {.aliases = {"AZURE_AD_TRUST_EMAIL", "AZURE_TRUST_EMAIL"}})
      .add("AUTH_OAUTH_AZURE_REDIRECT_URI", &Config::oauth_azure_redirect_uri,
           "Must be SERVER_PUBLIC_URL/auth/callback/azure where it is set.",
           {.aliases = {"AZURE_AD_REDIRECT_URI", "AZURE_REDIRECT_URI"}, .limits = kUrl})
      .add("AUTH_OAUTH_AZURE_BASE_URL", &Config::oauth_azure_base_url,
           "Another server in place of all of Microsoft's, with their paths.", {.limits = kUrl})
      .add("AUTH_NATIVE_REDIRECT_SCHEMES", &Config::native_redirect_schemes,
           "Schemes of applications that a sign-in in the browser may lead back to.",
           {.limits = {.format = "a scheme of an application, in lower case", .accepts = is_scheme}});
}

// One variable per key of the configuration of Today.
void add_today(VariableTable<Config>& table) {
  static constexpr std::string_view kPrefix = "IGNITION_TODAY_";
  const Config defaults;
  const auto add = [&](std::string_view key, const TypeInfo& type, const VariableLimits& limits, const void* fallback,
                       const std::function<void*(Config&)>& at) {
    table.add({.name = std::string(kPrefix) + upper_case(key),
               .meaning = fmt::format("Key {} of Today's configuration.", key),
               .expects = detail::variable_expects(type, limits),
               .fallback = detail::variable_text(type, fallback),
               .set = [&type, limits, at](std::string_view text, void* settings) {
                 return detail::set_variable(type, limits, text, at(*static_cast<Config*>(settings)));
               }});
  };
  add("gap_mode", type_info<rules::GapMode>, {}, &defaults.today.gap_mode, [](Config& c) { return &c.today.gap_mode; });
  for (const auto& key : rules::today_config_keys()) {
    add(key.name, type_info<int>, {.min = key.min, .max = key.max}, &(defaults.today.*key.value),
        [member = key.value](Config& c) { return &(c.today.*member); });
  }
}

// The limits that operations look at: windows that slide.
void add_rates(VariableTable<Config>& table) {
  struct Row {
    std::string_view name;
    std::string_view rate_class;
    rules::Rate Config::*rate;
  };
  static constexpr auto kRows = std::to_array<Row>({
      {"LOGIN_FAILURE", "login_failure", &Config::login_failure},
      {"ACCOUNT_FAILURE", "account_failure", &Config::account_failure},
      {"MAIL", "mail_account", &Config::mail_account},
      {"MAIL_IP", "mail_ip", &Config::mail_ip},
  });
  const Config defaults;
  for (const Row& row : kRows) {
    const std::string expects = "<limit>/<seconds> or off";
    table.add({.name = fmt::format("RATE_LIMIT_{}", row.name),
               .meaning = fmt::format("Rate limit of the class {}.", row.rate_class),
               .expects = expects,
               .fallback = rules::rate_text(defaults.*row.rate),
               .set = [&row, expects](std::string_view text, void* settings) -> std::optional<FieldError> {
                 const auto rate = rules::parse_rate(text);
                 if (!rate || rate->burst > 0) {
                   return FieldError{{}, "invalid_format", fmt::format("must be {}", expects)};
                 }
                 static_cast<Config*>(settings)->*row.rate = *rate;
                 return {};
               }});
  }
}

bool is_flag_name(std::string_view name) {
  const bool letter = (name.front() >= 'A' && name.front() <= 'Z') || (name.front() >= 'a' && name.front() <= 'z');
  return letter && name.size() <= 64;
}

// 32 bytes as base64.
std::optional<FieldError> set_encryption_key(std::string_view text, void* settings) {
  auto key = from_base64(text);
  if (!key || key->size() != kSealKeyBytes) return FieldError{{}, "invalid_format", "must be 32 bytes as base64"};
  static_cast<Config*>(settings)->data_encryption_key = std::move(*key);
  return {};
}

void read_flags(VariableReader& reader, Config& config) {
  for (auto& [name, text] : reader.with_prefix("FLAG_")) {
    if (!is_flag_name(name)) {
      reader.refuse("FLAG_" + name, "invalid_name", "must be FLAG_ and a flag's name of at most 64 characters");
    } else if (!rules::boolean_of(text)) {
      reader.refuse("FLAG_" + name, "wrong_type", "must be " + detail::variable_expects(type_info<bool>, {}));
    } else {
      config.forced_flags.emplace(std::move(name), std::move(text));
    }
  }
}

}  // namespace

const VariableTable<Config>& config_variables() {
  static const auto table = [] {
    VariableTable<Config> rows;
    rows.add("TOS_CURRENT_VERSION", &Config::tos_current_version,
             "Version of the terms that people must have accepted; empty asks for none.",
             {.limits = {.format = "a text of at most 20 characters", .accepts = is_terms_version},
              .may_be_empty = true})
        .add("AUTH_MIN_AGE", &Config::auth_min_age, "Least age in years that people must attest; 0 asks for none.",
             {.limits = {.min = 0, .max = 21}})
        .add("AUTH_EMAIL_VERIFICATION_REQUIRED", &Config::auth_email_verification_required,
             "Whether an account is closed until its e-mail address is proven.")
        .add("AUTH_REAUTH_SECONDS", &Config::auth_reauth,
             "How long a sign-in is fresh enough for dangerous operations.", {.limits = {.min = 60, .max = 86'400}})
        .add("AUTH_SESSION_TTL_SECONDS", &Config::auth_session_ttl, "How long a session lives that is not used.",
             {.limits = {.min = 300, .max = 7'776'000}})
        .add("AUTH_SESSION_ABSOLUTE_SECONDS", &Config::auth_session_absolute, "How long any session lives.",
             {.limits = {.min = 300, .max = 31'536'000}})
        .add("AUTH_SESSION_IDLE_SECONDS", &Config::auth_session_idle,
             "A session that nobody used for so long is dead; 0 = off.", {.limits = {.min = 0, .max = 7'776'000}})
        .add("AUTH_PASSWORD_ENABLED", &Config::auth_password_enabled, "Whether people sign in with a password.")
        .add("AUTH_REGISTRATION_ENABLED", &Config::auth_registration_enabled, "Whether people may sign up.")
        .add("AUTH_REQUIRE_APPROVAL", &Config::auth_require_approval,
             "Whether people who sign up wait for an administrator.")
        .add("EMAIL_VERIFICATION_EXPIRY_SECONDS", &Config::email_verification_expiry,
             "How long a mail that proves an address is good.", {.limits = {.min = 300, .max = 604'800}})
        .add("PASSWORD_RESET_EXPIRY_SECONDS", &Config::password_reset_expiry,
             "How long a mail for a new password is good.", {.limits = {.min = 300, .max = 86'400}})
        .add("PASSWORD_ARGON2_MEMORY_KIB", &Config::password_memory_kib, "Memory of one password's hash, in KiB.",
             {.limits = {.min = 19'456, .max = 1'048'576}})
        .add("PASSWORD_ARGON2_TIME", &Config::password_time, "Passes over it.", {.limits = {.min = 2, .max = 100}})
        .add("PASSWORD_ARGON2_PARALLELISM", &Config::password_parallelism, "Lanes of it.",
             {.limits = {.min = 1, .max = 16}})
        .add("PASSWORD_HASH_CONCURRENCY", &Config::password_concurrency,
             "Passwords hashed at once; 0 = as many as cores.", {.limits = {.min = 0, .max = 256}})
        .add("JWT_SECRET", &Config::jwt_secret,
             "Key of access tokens; needed in production, elsewhere made anew with every start.",
             {.aliases = {"SECRET_KEY"}, .limits = kKey, .secret = true})
        .add("JWT_SECRET_PREVIOUS", &Config::jwt_secret_previous,
             "The key before it, whose access tokens are still good while it changes.",
             {.limits = kKey, .secret = true})
        .add("ACCESS_TOKEN_EXPIRE_MINUTES", &Config::access_token_minutes, "How long an access token is good.",
             {.aliases = {"JWT_ACCESS_EXPIRY_MINUTES", "JWT_ACCESS_TOKEN_EXPIRY_MINUTES"},
              .limits = {.min = 1, .max = 60}})
        .add("REFRESH_TOKEN_EXPIRE_DAYS", &Config::refresh_token_days, "How long a refresh token is good.",
             {.aliases = {"JWT_REFRESH_EXPIRY_DAYS", "JWT_REFRESH_TOKEN_EXPIRY_DAYS"}, .limits = {.min = 1, .max = 90}})
        .add("AUTH_REFRESH_GRACE_SECONDS", &Config::auth_refresh_grace,
             "How long a used refresh token may be used again, by a client that missed the answer.",
             {.limits = {.min = 0, .max = 60}})
        .add("AUTH_WEB_DELIVERY", &Config::auth_web_delivery,
             "What a browser gets that signs in: the cookie of a session, or tokens in cookies.")
        .add("AUTH_TOS_IMPLIES_AGE", &Config::auth_tos_implies_age,
             "Whether who accepts the terms in an existing client attests the least age too.")
        .add("ACCOUNT_DELETE_GRACE_DAYS", &Config::account_delete_grace_days,
             "Days in which people can take back that they deleted their account.", {.limits = {.min = 0, .max = 30}});
    rows.add("ADMIN_EMAILS", &Config::admin_emails,
             "Addresses whose proven owners administer: the first one as super administrator.",
             {.limits = {.format = "an e-mail address", .accepts = is_email}})
        .add("ADMIN_CLAIM_KEY", &Config::admin_claim_key,
             "Key that makes its bearer the first administrator; unset: made up and printed at the first start.",
             {.limits = {.format = "a text of 32 to 64 characters", .accepts = is_claim_key}, .secret = true})
        .add("RATE_LIMIT_STORE", &Config::rate_limit_store,
             "Where counts for rate limits are kept: in each process, or in the database for all servers together.");
    add_rates(rows);
    add_oauth(rows);
    rows.add({.name = "DATA_ENCRYPTION_KEY",
              .meaning = "Key of secrets that are stored encrypted; unset: made anew with every start.",
              .expects = "32 bytes as base64",
              .secret = true,
              .set = set_encryption_key});
    add_today(rows);
    return rows;
  }();
  return table;
}

Config Config::from(VariableReader& reader) {
  Config config;
  reader.read(config_variables(), config);
  for (std::string& email : config.admin_emails) email = rules::normal_email(email).value_or(email);
  read_flags(reader, config);
  if (rules::first_invalid_key(config.today) == "weights") {
    reader.refuse("IGNITION_TODAY_WEIGHT_FREQUENCY", "out_of_range",
                  "the four weights IGNITION_TODAY_WEIGHT_* must together be at most 10000");
  }
  return config;
}

Config Config::from(const Map<std::string>& settings) {
  VariableReader reader(settings.entries);
  Config config = from(reader);
  reader.finish();
  config.variables = [given = reader.shown()] { return shown_variables(config_variables().rows(), given); };
  return config;
}

const VariableTable<DatabaseSettings>& database_variables() {
  static const auto table =
      VariableTable<DatabaseSettings>()
          .add("DATABASE_URL", &DatabaseSettings::url,
               "The database: sqlite:PATH, postgresql://... or host=... dbname=...",
               {.limits = {.format = "sqlite:PATH, postgres://..., postgresql://... or host=... dbname=...",
                           .accepts = is_database_url},
                .secret = true,
                .normal = without_driver})
          .add("DATABASE_REPLICA_URL", &DatabaseSettings::replica_url,
               "A read replica of the database, for costly reads.",
               {.limits = {.format = "postgres://..., postgresql://... or host=... dbname=...",
                           .accepts = storage::is_postgres_address},
                .secret = true,
                .normal = without_driver})
          .add("DATABASE_REQUIRED", &DatabaseSettings::required,
               "false lets a server start without a database, for health checks only.")
          .add("DB_AUTO_MIGRATE", &DatabaseSettings::auto_migrate,
               "Whether the program brings the schema up to date; unset: for SQLite only.")
          .add("DB_POOL_MAX_SIZE", &DatabaseSettings::pool_max, "PostgreSQL: greatest number of connections.",
               {.aliases = {"DATABASE_POOL_SIZE"}, .limits = {.min = 1, .max = 1000}})
          .add("DB_POOL_MIN_IDLE", &DatabaseSettings::pool_min_idle, "PostgreSQL: connections kept ready.",
               {.limits = {.min = 0, .max = 1000}})
          .add("DB_POOL_CONNECTION_TIMEOUT", &DatabaseSettings::pool_wait,
               "PostgreSQL: longest wait for a connection to come free.", {.limits = {.min = 1, .max = 3600}})
          .add("DB_POOL_IDLE_TIMEOUT", &DatabaseSettings::pool_idle,
               "PostgreSQL: a connection that nobody used for so long is closed.", {.limits = {.min = 1}})
          .add("DB_POOL_MAX_LIFETIME", &DatabaseSettings::pool_lifetime,
               "PostgreSQL: a connection of this age is closed.", {.limits = {.min = 1}})
          .add("DB_STATEMENT_TIMEOUT", &DatabaseSettings::statement_timeout,
               "PostgreSQL: longest run of one statement; 0 = no limit.", {.limits = {.min = 0, .max = 3600}})
          .add("DB_LOCK_TIMEOUT", &DatabaseSettings::lock_timeout,
               "PostgreSQL: longest wait for a row that another write holds; 0 = no limit.",
               {.limits = {.min = 0, .max = 3600}})
          .add("DB_TRANSACTION_POOLER", &DatabaseSettings::transaction_pooler,
               "Whether PostgreSQL is reached through a pooler in transaction mode, such as PgBouncer.");
  return table;
}

StoreOptions DatabaseSettings::store() const {
  const auto milliseconds = [](std::chrono::seconds time) { return static_cast<int>(time.count() * 1000); };
  StoreOptions options;
  options.pool_max = pool_max;
  options.pool_min_idle = pool_min_idle;
  options.pool_wait = pool_wait;
  options.pool_idle = pool_idle;
  options.pool_lifetime = pool_lifetime;
  options.statement_timeout_ms = milliseconds(statement_timeout);
  options.lock_timeout_ms = milliseconds(lock_timeout);
  options.transaction_pooler = transaction_pooler;
  return options;
}

}  // namespace ignition
