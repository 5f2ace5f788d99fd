// Commands of those who run an installation: accounts, their sessions and keys, and the security log.
#pragma once

#include <CLI/CLI.hpp>

#include "shell.hpp"

namespace ignition::cli {

// Adds `user`, `session`, `apikey`, `audit` and `admin`. They act as the host program, which may do everything to
// everybody; with `--user` as that account, as far as its roles go.
void add_administration(CLI::App& app, GlobalOptions& global);

}  // namespace ignition::cli
