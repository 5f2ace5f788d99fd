// Addresses of PostgreSQL databases.
#pragma once

#include <string>
#include <string_view>

namespace ignition::storage {

// True for `postgres://...`, `postgresql://...` (also with a driver, `postgresql+asyncpg://...`) and for keywords as
// libpq takes them: `host=... dbname=...`.
bool is_postgres_address(std::string_view url);

// The address as libpq takes it, with our defaults for what it does not say.
std::string connection_string(std::string_view url);

}  // namespace ignition::storage
