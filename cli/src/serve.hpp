// `ignition serve`: the HTTP server, configured by environment variables and options.
#pragma once

#include <CLI/CLI.hpp>

#include "shell.hpp"

namespace ignition::cli {

void add_serve(CLI::App& app, GlobalOptions& global);
// `ignition config check` and `ignition config list`.
void add_config(CLI::App& app, GlobalOptions& global);

}  // namespace ignition::cli
