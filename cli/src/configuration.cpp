#include "configuration.hpp"

namespace ignition::cli {

Configuration configuration(const GlobalOptions& options) {
  auto reader = VariableReader::of_process();
  Configuration out;
  out.library = Config::from(reader);
  reader.read(database_variables(), out.database);
  reader.read(server::variables(), out.server);
  if (!reader.problems().empty()) {
    std::vector<std::string> problems;
    for (const auto& problem : reader.problems()) problems.push_back(problem.field + " " + problem.message);
    throw server::ConfigError(std::move(problems));
  }
  out.warnings = reader.warnings();
  if (!options.store.empty()) out.database.url = options.store;
  return out;
}

std::vector<Variable> all_variables() {
  std::vector<Variable> out = server::variables().rows();
  for (const auto* rows : {&database_variables().rows(), &config_variables().rows()}) {
    out.insert(out.end(), rows->begin(), rows->end());
  }
  return out;
}

}  // namespace ignition::cli
