// SQLite's result codes in the library's words.
#pragma once

#include <string_view>

#include "ignition/error.hpp"

namespace ignition::storage {

// True for SQLITE_BUSY and SQLITE_LOCKED: somebody else holds the database, and trying again may help.
bool is_busy(int code);

// What a failure other than a violated constraint means to the caller. Names neither SQL nor paths.
Error failure(int code);

}  // namespace ignition::storage
