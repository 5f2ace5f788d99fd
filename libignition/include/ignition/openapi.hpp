// The OpenAPI 3.1 document of a catalogue.
#pragma once

#include <string>
#include <string_view>

#include "ignition/catalogue.hpp"

namespace ignition {

// `version` is the product's version; `server` the URL below which the paths lie, for example "/api/v1".
std::string openapi_document(const Catalogue& catalogue, std::string_view version, std::string_view server);

}  // namespace ignition
