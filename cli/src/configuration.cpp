#include "configuration.hpp"

namespace ignition::cli {

namespace {

// What can be read, and all that cannot.
Configuration read(const GlobalOptions& options, std::vector<std::string>& problems) {
  auto reader = VariableReader::of_process();
  Configuration out;
  out.library = Config::from(reader);
  reader.read(database_variables(), out.database);
  reader.read(server::variables(), out.server);
  reader.read(job_variables(), out.jobs);
  for (const auto& problem : reader.problems()) problems.push_back(problem.field + " " + problem.message);
  out.warnings = reader.warnings();
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
    server::check(out.server);
  } catch (const server::ConfigError& error) {
    problems.insert(problems.end(), error.problems().begin(), error.problems().end());
  }
  if (!problems.empty()) throw server::ConfigError(std::move(problems));
  return out;
}

std::vector<Variable> all_variables() {
  std::vector<Variable> out = server::variables().rows();
  for (const auto* rows : {&database_variables().rows(), &config_variables().rows(), &job_variables().rows()}) {
    out.insert(out.end(), rows->begin(), rows->end());
  }
  return out;
}

}  // namespace ignition::cli
