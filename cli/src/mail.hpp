// `ignition mail` and `ignition user password`.
#pragma once

#include <CLI/CLI.hpp>

#include "shell.hpp"

namespace ignition::cli {

void add_mail(CLI::App& app, GlobalOptions& global);
// Below `ignition user`.
void add_password(CLI::App& user, GlobalOptions& global);

}  // namespace ignition::cli
