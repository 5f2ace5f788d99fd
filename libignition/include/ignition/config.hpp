// Configuration of the library: what an operator decides for all users, by the names of environment variables.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "ignition/rules/preferences.hpp"
#include "ignition/storage.hpp"
#include "ignition/types.hpp"

namespace ignition {

class VariableReader;
template <class Settings>
class VariableTable;

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
  std::string data_encryption_key;    // 32 bytes; "" = made up, and gone with the process
  int password_concurrency = 0;       // hashes at once; 0 = as many as cores
  int account_delete_grace_days = 0;  // between asking for the end of an account and its end
  rules::TodayConfig today;
  std::map<std::string, std::string, std::less<>> forced_flags;  // text of FLAG_<name>, by name

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
