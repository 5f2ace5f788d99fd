#include "ignition/config.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

#include "ignition/variables.hpp"
#include "ignition/wire.hpp"

using namespace ignition;

namespace config_test {

enum class Format : std::uint8_t { json, text };
BOOST_DESCRIBE_ENUM(Format, json, text)

struct Settings {
  std::uint16_t port = 8080;
  std::string url = "http://localhost:8080";
  bool metrics = false;
  Format format = Format::json;
  std::vector<std::string> hosts;
  std::optional<std::vector<std::string>> origins;
  std::optional<int> workers;
  std::chrono::milliseconds timeout{30'000};
  std::string secret;
};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out == "txt" ? "text" : out;
}

const VariableTable<Settings>& variables() {
  static const auto table =
      VariableTable<Settings>()
          .add("SERVER_PORT", &Settings::port, "Port.", {.aliases = {"PORT", "BACKEND_PORT"}})
          .add("SERVER_URL", &Settings::url, "Own address.",
               {.limits = {.format = "an https URL",
                           .accepts = [](std::string_view t) { return t.starts_with("https:"); }}})
          .add("SERVER_METRICS", &Settings::metrics, "Whether to count.")
          .add("LOG_FORMAT", &Settings::format, "Form of the log.",
               {.aliases = {"LOG_STYLE"}, .unanimous = true, .normal = lower})
          .add("SERVER_HOSTS", &Settings::hosts, "Own names.")
          .add("SERVER_ORIGINS", &Settings::origins, "Origins let in.")
          .add("SERVER_WORKERS", &Settings::workers, "Threads.", {.limits = {.min = 1, .max = 64}})
          .add("SERVER_TIMEOUT", &Settings::timeout, "Longest wait.", {.limits = {.max = 600}})
          .add("AUTH_SECRET", &Settings::secret, "Key.",
               {.limits = {.format = "a text of at least 32 bytes",
                           .accepts = [](std::string_view t) { return t.size() >= 32; }},
                .secret = true});
  return table;
}

using Values = VariableReader::Values;

Settings settings_from(Values values) {
  VariableReader reader(std::move(values));
  Settings settings;
  reader.read(variables(), settings);
  reader.finish();
  return settings;
}

// "NAME code" of every problem, comma separated.
std::string problems_of(const VariableReader& reader) {
  std::string out;
  for (const auto& problem : reader.problems()) out += (out.empty() ? "" : ", ") + problem.field + " " + problem.code;
  return out;
}

std::string problems(Values values) {
  VariableReader reader(std::move(values));
  Settings settings;
  reader.read(variables(), settings);
  return problems_of(reader);
}

struct TemporaryFile {
  explicit TemporaryFile(std::string_view content) {
    char name[] = "/tmp/ignition-config-XXXXXX";
    close(mkstemp(name));
    path = name;
    std::ofstream(path) << content;
  }
  ~TemporaryFile() { std::filesystem::remove(path); }
  std::string path;
};

TEST_CASE("what nobody sets keeps its default, and an empty text or `undefined` sets nothing") {
  const auto settings = settings_from({{"SERVER_PORT", ""}, {"SERVER_URL", "undefined"}, {"SERVER_WORKERS", ""}});
  CHECK(settings.port == 8080);
  CHECK(settings.url == "http://localhost:8080");
  CHECK_FALSE(settings.workers);
  CHECK_FALSE(settings.origins);
}

TEST_CASE("every type of member is read from its text") {
  const auto settings = settings_from({{"SERVER_PORT", " 0 "},
                                       {"SERVER_URL", "https://x.test"},
                                       {"SERVER_METRICS", "Yes"},
                                       {"LOG_FORMAT", "text"},
                                       {"SERVER_HOSTS", "a.test, ,b.test,"},
                                       {"SERVER_ORIGINS", "https://a.test"},
                                       {"SERVER_WORKERS", "64"},
                                       {"SERVER_TIMEOUT", "600"}});
  CHECK(settings.port == 0);
  CHECK(settings.url == "https://x.test");
  CHECK(settings.metrics);
  CHECK(settings.format == Format::text);
  CHECK(settings.hosts == std::vector<std::string>{"a.test", "b.test"});
  CHECK(settings.origins == std::vector<std::string>{"https://a.test"});
  CHECK(settings.workers == 64);
  CHECK(settings.timeout == std::chrono::seconds(600));
}

TEST_CASE("booleans are 1, true, yes, on and 0, false, no, off in any case") {
  for (const char* yes : {"1", "true", "YES", "On"}) CHECK(settings_from({{"SERVER_METRICS", yes}}).metrics);
  for (const char* no : {"0", "FALSE", "no", "oFF"}) CHECK_FALSE(settings_from({{"SERVER_METRICS", no}}).metrics);
  CHECK(problems({{"SERVER_METRICS", "maybe"}}) == "SERVER_METRICS wrong_type");
}

TEST_CASE("all problems are found at once") {
  CHECK(problems({{"SERVER_PORT", "65536"},
                  {"SERVER_URL", "http://x.test"},
                  {"SERVER_WORKERS", "0"},
                  {"LOG_FORMAT", "xml"},
                  {"SERVER_TIMEOUT", "12s"},
                  {"AUTH_SECRET", "short"}}) ==
        "SERVER_PORT out_of_range, SERVER_URL invalid_format, LOG_FORMAT not_one_of, SERVER_WORKERS out_of_range, "
        "SERVER_TIMEOUT wrong_type, AUTH_SECRET invalid_format");
  CHECK(problems({{"SERVER_TIMEOUT", "-1"}}) == "SERVER_TIMEOUT out_of_range");
}

TEST_CASE("an alias counts when the name is unset, and is named in its problems") {
  CHECK(settings_from({{"BACKEND_PORT", "1"}, {"PORT", "2"}}).port == 2);
  CHECK(settings_from({{"PORT", "2"}, {"SERVER_PORT", "3"}}).port == 3);
  CHECK(settings_from({{"PORT", "2"}, {"SERVER_PORT", ""}}).port == 2);
  CHECK(problems({{"PORT", "x"}}) == "PORT wrong_type");
}

TEST_CASE("aliases that must agree are compared after spelling is evened out") {
  CHECK(settings_from({{"LOG_FORMAT", "TXT"}, {"LOG_STYLE", "text"}}).format == Format::text);
  CHECK(problems({{"LOG_FORMAT", "json"}, {"LOG_STYLE", "text"}}) == "LOG_STYLE conflict");
}

TEST_CASE("a secret may stand in a file and never in a message") {
  const TemporaryFile file("0123456789abcdef0123456789abcdef\n");
  CHECK(settings_from({{"AUTH_SECRET_FILE", file.path}}).secret == "0123456789abcdef0123456789abcdef");
  CHECK(problems({{"AUTH_SECRET_FILE", "/nowhere/at/all"}}) == "AUTH_SECRET_FILE unreadable_file");
  try {
    settings_from({{"AUTH_SECRET", "hunter2"}});
    FAIL("the secret is too short");
  } catch (const Error& error) {
    CHECK(error.json().find("hunter2") == std::string::npos);
  }
}

TEST_CASE("the process wins over the file, whatever alias it uses") {
  VariableReader reader(Values{{"PORT", "1"}});
  reader.add_file("SERVER_PORT=2\nSERVER_WORKERS=3\n", ".env");
  Settings settings;
  reader.read(variables(), settings);
  CHECK(settings.port == 1);
  CHECK(settings.workers == 3);
}

TEST_CASE("a file has comments, exports and quotes, and its last line of a name holds") {
  VariableReader reader(Values{});
  reader.add_file(
      "# comment\r\n"
      "\n"
      "export SERVER_PORT = 1   # why\n"
      "SERVER_URL='https://x.test/#a'\n"
      "SERVER_HOSTS=\"a.test,b\\\"c\\n\"  # quoted\n"
      "AUTH_SECRET=0123456789abcdef0123456789abcd#f\n"
      "SERVER_PORT=4",
      ".env");
  Settings settings;
  reader.read(variables(), settings);
  CHECK(problems_of(reader) == "");
  CHECK(settings.port == 4);
  CHECK(settings.url == "https://x.test/#a");
  CHECK(settings.hosts == std::vector<std::string>{"a.test", "b\"c"});
  CHECK(settings.secret == "0123456789abcdef0123456789abcd#f");
}

TEST_CASE("a line that sets nothing is a problem with its number") {
  VariableReader reader(Values{});
  reader.add_file("A=1\nnonsense\n1B=2\nC=\"open\n", "conf/.env");
  CHECK(problems_of(reader) == "conf/.env:2 malformed_line, conf/.env:3 malformed_line, conf/.env:4 malformed_line");
}

TEST_CASE("a misspelt name of ours is warned about, other programs' names are not") {
  VariableReader reader(
      Values{{"SERVER_PROT", "1"}, {"SERVER_PORT", "1"}, {"PATH", "/bin"}, {"AUTH_SECRET_FILE", ""}, {"FLAG_X", "1"}});
  Settings settings;
  reader.read(variables(), settings);
  CHECK(reader.with_prefix("FLAG_") == Values{{"X", "1"}});
  CHECK(reader.warnings() == std::vector<std::string>{"SERVER_PROT is set, but no such variable is known."});
}

TEST_CASE("a table can be shown: name, what it takes, default") {
  std::string shown;
  for (const auto& row : variables().rows()) shown += row.name + " | " + row.expects + " | " + row.fallback + "\n";
  CHECK(shown ==
        "SERVER_PORT | an integer 0..65535 | 8080\n"
        "SERVER_URL | an https URL | http://localhost:8080\n"
        "SERVER_METRICS | true or false (1, yes, on, 0, no, off) | false\n"
        "LOG_FORMAT | one of json, text | json\n"
        "SERVER_HOSTS | a comma-separated list, each a text | \n"
        "SERVER_ORIGINS | a comma-separated list, each a text | \n"
        "SERVER_WORKERS | an integer 1..64 | \n"
        "SERVER_TIMEOUT | an integer 0..600 (seconds) | 30\n"
        "AUTH_SECRET | a text of at least 32 bytes | \n");
}

TEST_CASE("the process environment is read, and a file that is missing is empty") {
  setenv("SERVER_WORKERS", "7", 1);
  auto reader = VariableReader::of_process("/nowhere/.env");
  unsetenv("SERVER_WORKERS");
  Settings settings;
  reader.read(variables(), settings);
  CHECK(settings.workers == 7);
  const TemporaryFile file("SERVER_WORKERS=9\n");
  auto with_file = VariableReader::of_process(file.path);
  with_file.read(variables(), settings);
  CHECK(settings.workers == 9);
}

Config config_from(std::vector<std::pair<std::string, std::string>> entries) {
  return Config::from(Map<std::string>{std::move(entries)});
}

TEST_CASE("the library's configuration has the documented defaults") {
  const auto config = config_from({});
  CHECK(config.tos_current_version == "1.0");
  CHECK(config.auth_min_age == 16);
  CHECK(config.auth_reauth == std::chrono::seconds(900));
  CHECK_FALSE(config.auth_email_verification_required);
  CHECK(to_json(config.today) == to_json(rules::TodayConfig{}));
  CHECK(config.forced_flags.empty());
}

TEST_CASE("an empty version of the terms closes no gate, an undefined one is the default") {
  CHECK(config_from({{"TOS_CURRENT_VERSION", ""}}).tos_current_version.empty());
  CHECK(config_from({{"TOS_CURRENT_VERSION", "undefined"}}).tos_current_version == "1.0");
  CHECK(config_from({{"TOS_CURRENT_VERSION", "2"}}).tos_current_version == "2");
}

TEST_CASE("every key of Today has its variable, with its own bounds") {
  const auto& rows = config_variables().rows();
  const auto today = std::count_if(rows.begin(), rows.end(),
                                   [](const Variable& row) { return row.name.starts_with("IGNITION_TODAY_"); });
  CHECK(today == 22);
  const auto config =
      config_from({{"IGNITION_TODAY_GAP_MODE", "local_days"}, {"IGNITION_TODAY_GAP_THRESHOLD_HOURS", "24"}});
  CHECK(config.today.gap_mode == rules::GapMode::local_days);
  CHECK(config.today.gap_threshold_hours == 24);
  CHECK_THROWS_WITH(config_from({{"IGNITION_TODAY_GAP_THRESHOLD_HOURS", "23"}}),
                    "IGNITION_TODAY_GAP_THRESHOLD_HOURS: must be an integer 24..720, got 23");
  CHECK_THROWS_WITH(config_from({{"IGNITION_TODAY_WEIGHT_CONTEXT", "1"}}),
                    "IGNITION_TODAY_WEIGHT_FREQUENCY: the four weights IGNITION_TODAY_WEIGHT_* must together be at "
                    "most 10000");
}

TEST_CASE("flags are forced by well-formed names and values only") {
  const auto config = config_from({{"FLAG_TODAY_RANKING_V2", "on"}, {"FLAG_ai_coach", ""}});
  CHECK(config.forced_flags.size() == 1);
  CHECK(config.forced_flags.at("TODAY_RANKING_V2") == "on");
  CHECK_THROWS_WITH(config_from({{"FLAG_x", "maybe"}}), "FLAG_x: must be true or false (1, yes, on, 0, no, off)");
  CHECK_THROWS_WITH(config_from({{"FLAG_1x", "on"}, {"AUTH_MIN_AGE", "22"}}), "2 fields were refused.");
}

TEST_CASE("the schema of a SQLite file is brought up to date unasked, that of a server is not") {
  const auto database = [](Values values) {
    VariableReader reader(std::move(values));
    DatabaseSettings settings;
    reader.read(database_variables(), settings);
    reader.finish();
    return settings;
  };
  CHECK(database({}).url == "sqlite:ignition.db");
  CHECK(database({}).migrates());
  CHECK(database({{"DATABASE_URL", "postgresql+asyncpg://u:p@h/d"}}).url == "postgresql://u:p@h/d");
  CHECK_FALSE(database({{"DATABASE_URL", "postgres://h/a+b"}}).migrates());
  CHECK(database({{"DATABASE_URL", "postgres://h/a+b"}}).url == "postgres://h/a+b");
  CHECK(database({{"DATABASE_URL", "postgres://h/d"}, {"DB_AUTO_MIGRATE", "true"}}).migrates());
  CHECK_FALSE(database({{"DB_AUTO_MIGRATE", "0"}}).migrates());
  CHECK(database({{"DATABASE_URL", "host=h password=a+b: dbname=d"}}).url == "host=h password=a+b: dbname=d");
  CHECK_FALSE(database({{"DATABASE_URL", "host=h dbname=d"}}).migrates());
  CHECK_THROWS_AS(database({{"DATABASE_URL", "mysql://h"}}), Error);
}

TEST_CASE("the limits of the pool are variables") {
  const auto opened = [](Values values) {
    VariableReader reader(std::move(values));
    DatabaseSettings settings;
    reader.read(database_variables(), settings);
    reader.finish();
    return settings.store();
  };
  const StoreOptions standard = opened({});
  CHECK(standard.pool_max == 20);
  CHECK(standard.pool_min_idle == 5);
  CHECK(standard.pool_wait == std::chrono::seconds(30));
  CHECK(standard.statement_timeout_ms == 10000);
  CHECK(standard.lock_timeout_ms == 5000);
  CHECK_FALSE(standard.transaction_pooler);
  const StoreOptions own = opened({{"DATABASE_POOL_SIZE", "7"},
                                   {"DB_POOL_CONNECTION_TIMEOUT", "2"},
                                   {"DB_LOCK_TIMEOUT", "1"},
                                   {"DB_TRANSACTION_POOLER", "on"}});
  CHECK(own.pool_max == 7);
  CHECK(own.pool_wait == std::chrono::seconds(2));
  CHECK(own.lock_timeout_ms == 1000);
  CHECK(own.transaction_pooler);
  CHECK_THROWS_AS(opened({{"DB_POOL_MAX_SIZE", "0"}}), Error);
}

}  // namespace config_test
