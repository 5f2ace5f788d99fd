// `ignition jobs`: looks at the library's jobs and runs them by hand.
#pragma once

#include <CLI/CLI.hpp>

#include "shell.hpp"

namespace ignition::cli {

void add_jobs(CLI::App& app, GlobalOptions& global);

}  // namespace ignition::cli
