// `ignition today`: the dashboard as text for a terminal.
#pragma once

#include <string>

#include "shell.hpp"

namespace ignition::cli {

// Reads Today, the plan, habits and progress of the session's user. With `colour`, ANSI attributes are used.
std::string dashboard(Session& session, bool colour);

}  // namespace ignition::cli
