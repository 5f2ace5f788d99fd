// What the program is told by its environment, its `.env` file and its options.
#pragma once

#include <functional>

#include "ignition/jobs.hpp"
#include "ignition/server.hpp"
#include "ignition/variables.hpp"
#include "shell.hpp"

namespace ignition::cli {

struct Configuration {
  Config library;
  DatabaseSettings database;
  server::Settings server;
  JobSettings jobs;
  std::vector<std::string> warnings;  // misspelt names
};

// Reads everything; `--store` wins over DATABASE_URL. Throws server::ConfigError naming
// every problem at once.
Configuration configuration(const GlobalOptions& options);
// The same for a program that serves: `options_win` puts what the command line says over what was read, and what a
// server would refuse to start with is a problem, too.
Configuration server_configuration(const GlobalOptions& options,
                                   const std::function<void(server::Settings&)>& options_win = {});

// Every variable with its meaning, what it expects and its default.
std::vector<Variable> all_variables();

}  // namespace ignition::cli
