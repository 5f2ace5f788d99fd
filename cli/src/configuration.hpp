// What the program is told by its environment, its `.env` file and its options.
#pragma once

#include "ignition/server.hpp"
#include "ignition/variables.hpp"
#include "shell.hpp"

namespace ignition::cli {

struct Configuration {
  Config library;
  DatabaseSettings database;
  server::Settings server;
  std::vector<std::string> warnings;  // misspelt names
};

// Reads everything; `--store` wins over DATABASE_URL. Throws server::ConfigError naming
// every problem at once.
Configuration configuration(const GlobalOptions& options);

// Every variable with its meaning, what it expects and its default.
std::vector<Variable> all_variables();

}  // namespace ignition::cli
