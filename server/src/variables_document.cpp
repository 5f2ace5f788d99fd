#include "variables_document.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "ignition/config.hpp"
#include "ignition/jobs.hpp"
#include "ignition/server.hpp"
#include "ignition/smtp.hpp"
#include "ignition/variables.hpp"

namespace ignition::server {
namespace {

constexpr std::string_view kIntroduction = R"(# Configuration

<!-- Made of the tables that the program reads by tests/http/variables_test.cpp: IGNITION_WRITE_GOLDEN=1 build/tests/test_http -->

Programs are configured by environment variables. What the environment does not set, the file `.env` in the working directory
may (`NAME=value` lines); what neither sets has its default. Programs that embed the library give `Config::from` the same names.

- An empty value, or the text `undefined`, counts as unset.
- Lists are separated by commas; spaces around an element do not count.
- A name in brackets is an alias and loses against the main name.
- A secret may stand in a file: `NAME_FILE` names it. No secret is ever shown.
- A misspelt name that begins like one of ours is warned about.

`ignition config check` names every problem at once. `ignition serve` does the same and exits with status 78 instead of starting
with a configuration that is wrong, or unsafe in production. `ignition config list` prints the tables below.

In production (`ENVIRONMENT=production`) the server starts only with https in `SERVER_PUBLIC_URL` and `SERVER_FRONTEND_URL`, with
`CORS_ALLOWED_ORIGINS`, an `AUTH_SECRET` and a `JWT_SECRET` of its own, without single-user mode, and with
`METRICS_TOKEN` or `METRICS_BIND` if metrics are enabled.
)";

constexpr std::string_view kFlags = R"(
## Feature flags

`FLAG_<name>`, true or false, forces the feature flag of that name for the whole process.
)";

// A cell of a table may hold no bar.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

std::string line_of(const Variable& variable) {
  std::string name = fmt::format("`{}`", variable.name);
  if (!variable.aliases.empty()) name += fmt::format(" ({})", fmt::join(variable.aliases, ", "));
  const std::string fallback = variable.fallback.empty() ? "unset" : fmt::format("`{}`", variable.fallback);
  return fmt::format("| {} | {}{} | {} | {} |\n", name, cell(variable.meaning), variable.secret ? " Secret." : "",
                     cell(variable.expects), cell(fallback));
}

std::string section(std::string_view title, const std::vector<Variable>& rows) {
  std::string out = fmt::format("\n## {}\n\n| Name | Meaning | Expects | Default |\n|---|---|---|---|\n", title);
  for (const Variable& row : rows) out += line_of(row);
  return out;
}

}  // namespace

std::string variables_document() {
  std::string out(kIntroduction);
  out += section("Server", variables().rows());
  out += section("Database", database_variables().rows());
  out += section("What holds for all users", config_variables().rows());
  out += section("Mail", mail_variables().rows());
  out += section("Work that comes due with time", job_variables().rows());
  out += kFlags;
  return out;
}

}  // namespace ignition::server
