#include "configuration.hpp"

#include <algorithm>
#include <iterator>

#include "ignition/domains/oauth.hpp"
#include "ignition/smtp.hpp"

namespace ignition::cli {

namespace {

std::vector<std::string> mail_warnings(const Configuration& config, server::MailKind kind) {
  const bool production = config.server.environment == server::Environment::production;
  std::vector<std::string> out;
  if (production && kind == server::MailKind::none && config.library.auth_password_enabled) {
    out.emplace_back("MAIL_TRANSPORT is none: nobody who forgets a password can get a new one.");
  }
  if (production && kind == server::MailKind::smtp && config.library.data_encryption_key.empty()) {
    out.emplace_back("DATA_ENCRYPTION_KEY is unset: mails that wait when the program ends lose their links.");
  }
  return out;
}

// What can be read, and all that cannot.
Configuration read(const GlobalOptions& options, std::vector<std::string>& problems) {
  auto reader = VariableReader::of_process();
  Configuration out;
  reader.read(server::variables(), out.server);
  server::MailVariables mail;
  reader.read(server::mail_variables(), mail);
  const server::MailKind kind = mail.kind(out.server.environment);
  // Unless something else is said, addresses are proven where mail can prove them.
  if (kind == server::MailKind::smtp) reader.add_source({{"AUTH_EMAIL_VERIFICATION_REQUIRED", "true"}});
  out.library = Config::from(reader);
  reader.read(database_variables(), out.database);
  out.library.public_url = out.server.public_url;
  reader.read(job_variables(), out.jobs);
  out.library.frontend_url = out.server.frontend_url;
  out.library.allowed_origins = server::allowed_origins(out.server);
  out.jobs.mail = server::mail_settings(mail, out.server);
  for (const auto& problem : reader.problems()) problems.push_back(problem.field + " " + problem.message);
  for (auto& problem : server::problems_of(mail, out.server.environment)) problems.push_back(std::move(problem));
  out.warnings = reader.warnings();
  out.library.variables = [given = reader.shown()] { return shown_variables(all_variables(), given); };
  for (auto& warning : mail_warnings(out, kind)) out.warnings.push_back(std::move(warning));
  if (!options.store.empty()) out.database.url = options.store;
  return out;
}

}  // namespace

Configuration configuration(const GlobalOptions& options) {
  std::vector<std::string> problems;
  Configuration out = read(options, problems);
  if (!problems.empty()) throw server::ConfigError(std::move(problems));
  return out;
}

Configuration server_configuration(const GlobalOptions& options,
                                   const std::function<void(server::Settings&)>& options_win) {
  std::vector<std::string> problems;
  Configuration out = read(options, problems);
  if (options_win) options_win(out.server);
  try {
    server::check(out.server, &out.library);
  } catch (const server::ConfigError& error) {
    problems.insert(problems.end(), error.problems().begin(), error.problems().end());
  }
  const bool production = out.server.environment == server::Environment::production;
  std::ranges::move(oauth::problems(out.library, production), std::back_inserter(problems));
  if (!problems.empty()) throw server::ConfigError(std::move(problems));
  return out;
}

std::vector<Variable> all_variables() {
  std::vector<Variable> out = server::variables().rows();
  for (const auto* rows : {&database_variables().rows(), &config_variables().rows(), &server::mail_variables().rows(),
                           &job_variables().rows()}) {
    out.insert(out.end(), rows->begin(), rows->end());
  }
  return out;
}

}  // namespace ignition::cli
