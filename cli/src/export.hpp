// `ignition export`: everything that is stored about a user, into a file.
#pragma once

#include <CLI/CLI.hpp>

#include "shell.hpp"

namespace ignition::cli {

void add_export(CLI::App& app, GlobalOptions& global);

}  // namespace ignition::cli
