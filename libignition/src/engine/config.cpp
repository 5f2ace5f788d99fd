#include "ignition/config.hpp"

#include <algorithm>

#include "ignition/rules/flags.hpp"
#include "ignition/variables.hpp"

namespace ignition {
namespace {

std::string upper_case(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return out;
}

bool is_terms_version(std::string_view text) { return code_points(text) <= 20; }

bool is_database_url(std::string_view text) {
  return text.starts_with("sqlite:") || text.starts_with("postgres://") || text.starts_with("postgresql://");
}

// Without the driver that other languages' programs put into the scheme: postgresql+asyncpg://, sqlite+aiosqlite:///.
std::string without_driver(std::string_view url) {
  const auto plus = url.find('+');
  const auto colon = url.find(':');
  if (plus == std::string_view::npos || colon == std::string_view::npos || plus > colon) return std::string(url);
  return std::string(url.substr(0, plus)) + std::string(url.substr(colon));
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

bool is_flag_name(std::string_view name) {
  const bool letter = (name.front() >= 'A' && name.front() <= 'Z') || (name.front() >= 'a' && name.front() <= 'z');
  return letter && name.size() <= 64;
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
             "How long a sign-in is fresh enough for dangerous operations.", {.limits = {.min = 60, .max = 86'400}});
    add_today(rows);
    return rows;
  }();
  return table;
}

Config Config::from(VariableReader& reader) {
  Config config;
  reader.read(config_variables(), config);
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
  return config;
}

const VariableTable<DatabaseSettings>& database_variables() {
  static const auto table =
      VariableTable<DatabaseSettings>()
          .add("DATABASE_URL", &DatabaseSettings::url, "The database: sqlite:PATH or postgresql://...",
               {.limits = {.format = "sqlite:PATH, postgres://... or postgresql://...", .accepts = is_database_url},
                .secret = true,
                .normal = without_driver})
          .add("DATABASE_REQUIRED", &DatabaseSettings::required,
               "false lets a server start without a database, for health checks only.")
          .add("DB_AUTO_MIGRATE", &DatabaseSettings::auto_migrate,
               "Whether the program brings the schema up to date; unset: for SQLite only.");
  return table;
}

}  // namespace ignition
