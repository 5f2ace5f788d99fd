#include "ignition/variables.hpp"

#include <doctest/doctest.h>

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "ignition/server.hpp"
#include "variables_document.hpp"

using namespace ignition;
using server::Settings;

namespace {

Settings settings_from(VariableReader::Values values) {
  VariableReader reader(std::move(values));
  Settings settings;
  reader.read(server::variables(), settings);
  reader.finish();
  return settings;
}

}  // namespace

TEST_CASE("the server's settings come from its variables") {
  const auto settings = settings_from({{"ENVIRONMENT", "prod"},
                                       {"BACKEND_HOST", "unix:/run/ignition.sock"},
                                       {"PORT", "0"},
                                       {"FRONTEND_URL", "https://app.example.com"},
                                       {"CORS_ORIGINS", "https://a.test, https://b.test"},
                                       {"AUTH_DEV_BYPASS", "yes"},
                                       {"REQUEST_TIMEOUT_SECONDS", "600"},
                                       {"MAX_BODY_BYTES", "2097152"},
                                       {"LOG_IP", "prefix"}});
  CHECK(settings.environment == server::Environment::production);
  CHECK(settings.host == "unix:/run/ignition.sock");
  CHECK(settings.port == 0);
  CHECK(settings.frontend_url == "https://app.example.com");
  CHECK(settings.allowed_origins == std::vector<std::string>{"https://a.test", "https://b.test"});
  CHECK(settings.local_user);
  CHECK(settings.request_timeout == std::chrono::minutes(10));
  CHECK(settings.max_body_bytes == 2'097'152);
  CHECK(settings.log_ip == server::LogIp::prefix);
}

TEST_CASE("names of the environment that disagree are refused, whatever other programs call production") {
  CHECK(settings_from({{"NODE_ENV", "production"}, {"APP_ENV", "Prod"}}).environment ==
        server::Environment::production);
  CHECK_THROWS_WITH(settings_from({{"ENVIRONMENT", "test"}, {"NODE_ENV", "production"}}),
                    "NODE_ENV: says production, but ENVIRONMENT says test");
}

TEST_CASE("switching the local user off in any spelling leaves it off") {
  for (const char* off : {"false", "0", "", "undefined", "No"}) {
    CHECK_FALSE(settings_from({{"AUTH_DEV_BYPASS", off}}).local_user);
  }
  CHECK_THROWS_AS(settings_from({{"AUTH_LOCAL_USER", "maybe"}}), Error);
}

TEST_CASE("the log level is LOG_LEVEL, else the first bare level of RUST_LOG, else debug with DEBUG=true") {
  CHECK(settings_from({}).log_level == spdlog::level::info);
  CHECK(settings_from({{"LOG_LEVEL", "WARN"}, {"DEBUG", "true"}}).log_level == spdlog::level::warn);
  CHECK(settings_from({{"RUST_LOG", "hyper=trace, error,sqlx=info"}}).log_level == spdlog::level::err);
  CHECK(settings_from({{"DEBUG", "true"}}).log_level == spdlog::level::debug);
  CHECK(settings_from({{"DEBUG", "express:*"}}).log_level == spdlog::level::info);
  CHECK_THROWS_WITH(settings_from({{"LOG_LEVEL", "loud"}}),
                    "LOG_LEVEL: must be one of trace, debug, info, warn, error");
}

TEST_CASE("what protects the server comes from variables, secrets also from files") {
  const auto file = std::filesystem::temp_directory_path() / fmt::format("ignition-secret-{}", ::getpid());
  std::ofstream(file) << "Zm9yIHRlc3RzIG9ubHksIDMyIGJ5dGVz\n";
  const auto settings = settings_from({{"AUTH_SECRET_FILE", file.string()},
                                       {"SERVER_TLS_CERT_FILE", "/etc/ignition/chain.pem"},
                                       {"SERVER_TLS_KEY_FILE", "/etc/ignition/key.pem"},
                                       {"METRICS_ENABLED", "yes"},
                                       {"METRICS_TOKEN", "scraper-token"},
                                       {"METRICS_BIND", "127.0.0.1:9090"}});
  std::filesystem::remove(file);
  CHECK(settings.auth_secret == "Zm9yIHRlc3RzIG9ubHksIDMyIGJ5dGVz");
  CHECK(settings.tls_certificate == "/etc/ignition/chain.pem");
  CHECK(settings.tls_key == "/etc/ignition/key.pem");
  CHECK(settings.metrics);
  CHECK(settings.metrics_token == "scraper-token");
  CHECK(settings.metrics_bind == "127.0.0.1:9090");
  CHECK(settings_from({{"SESSION_SECRET", "Zm9yIHRlc3RzIG9ubHksIDMyIGJ5dGVz"}}).auth_secret.size() == 32);
  CHECK_THROWS_WITH(settings_from({{"AUTH_SECRET", "a secret of fewer bytes than 32"}}),
                    "AUTH_SECRET: must be a text of at least 32 bytes");
}

TEST_CASE("every problem of a production start is named at once, and no secret is shown") {
  try {
    settings_from({{"SERVER_PORT", "65536"}, {"SERVER_PUBLIC_URL", "example.com"}, {"MAX_CONCURRENT_REQUESTS", "0"}});
    FAIL("three problems");
  } catch (const Error& error) {
    CHECK(error.fields().size() == 3);
  }
  for (const auto& row : server::variables().rows()) {
    CAPTURE(row.name);
    CHECK(row.secret == (row.name.ends_with("_TOKEN") || row.name.ends_with("_SECRET")));
  }
}

TEST_CASE("docs/configuration.md shows every variable") {
  const std::string path = IGNITION_DOCS "/configuration.md";
  if (std::getenv("IGNITION_WRITE_GOLDEN") != nullptr) std::ofstream(path) << server::variables_document();
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  CHECK_MESSAGE(text.str() == server::variables_document(), "run with IGNITION_WRITE_GOLDEN=1 to write it anew");
}
