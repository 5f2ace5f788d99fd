// docs/configuration.md.
#pragma once

#include <string>

namespace ignition::server {

// Every environment variable of the program, as Markdown, made of the tables that the program reads them by.
std::string variables_document();

}  // namespace ignition::server
