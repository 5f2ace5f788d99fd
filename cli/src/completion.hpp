// `ignition completion`: completion scripts for shells.
#pragma once

#include <CLI/CLI.hpp>

namespace ignition::cli {

void add_completion(CLI::App& app);

}  // namespace ignition::cli
