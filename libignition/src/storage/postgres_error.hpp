// PostgreSQL's errors in the library's words.
#pragma once

#include <pqxx/except>

#include <functional>
#include <string_view>

#include "ignition/error.hpp"

namespace ignition::storage {

// What a refused statement means to the caller (data-model rule 7.3). Names neither SQL nor values.
Error failure(const pqxx::sql_error& error, std::string_view sql);

// The connection was lost before the transaction was committed: nothing of it is stored.
Error connection_lost();

// The server did not answer in time, as a network that was cut does not.
Error too_slow();

// The connection was lost while the transaction was committed: it is stored or it is not.
Error outcome_unknown();

// Tells the operator, with the statement but without values.
void report(const std::function<void(std::string_view)>& log, std::string_view state, std::string_view message,
            std::string_view sql);

}  // namespace ignition::storage
