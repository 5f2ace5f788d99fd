// The security log: who did what to which account (rules R40, R41). Rows are only ever added.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ignition/context.hpp"

namespace ignition::audit {

enum class Action : std::uint8_t { create, update, delete_, access, login, logout, deny, execute };
BOOST_DESCRIBE_ENUM(Action, create, update, delete_, access, login, logout, deny, execute)

enum class Status : std::uint8_t { success, failure, denied };
BOOST_DESCRIBE_ENUM(Status, success, failure, denied)

struct Entry {
  std::string_view event_type;  // of the list in rule R40
  Action action = Action::update;
  Status status = Status::success;
  std::optional<Uuid> subject{};  // whose account was affected
  std::optional<Uuid> actor{};    // who acted; absent: the caller
  std::string_view resource_type{};
  std::string resource_id{};
  std::string details{};  // a JSON object; "" = none. Never secrets or texts of users
};

// Adds an entry within the operation's transaction, so that the change and its trace stand or fall together.
void record(Context& ctx, const Entry& entry);

// Adds an entry about what the operation is going to refuse. It stays although the operation's changes do not, unless
// the store fails.
void record_refusal(Context& ctx, const Entry& entry);

}  // namespace ignition::audit
