// The part of the security log that is about the caller: sign-ins, changes of the account, keys, exports.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/domains/audit.hpp"

namespace ignition::security_log {

struct Page {
  Or<Int<1, 1'000'000>, 1> page;
  Or<Int<1, 100>, 20> page_size;
};
BOOST_DESCRIBE_STRUCT(Page, (), (page, page_size))

struct Entry {
  Uuid id;
  std::string event_type;
  audit::Action action = audit::Action::update;
  audit::Status status = audit::Status::success;
  bool by_other = false;  // somebody else did it: an administrator, or who failed to sign in
  std::optional<std::string> resource_type;
  std::optional<std::string> resource_id;
  std::optional<Uuid> session_id;         // the device; null with what others did
  std::optional<std::string> ip_address;  // null with what administrators did
  std::optional<std::string> user_agent;
  std::optional<std::string> device;  // what the program and system call themselves
  Instant created_at;
};
BOOST_DESCRIBE_STRUCT(Entry, (),
                      (id, event_type, action, status, by_other, resource_type, resource_id, session_id, ip_address,
                       user_agent, device, created_at))

struct Entries {
  std::vector<Entry> entries;  // newest first
  std::int64_t total = 0;
  std::int64_t page = 1;
  std::int64_t page_size = 20;
};
BOOST_DESCRIBE_STRUCT(Entries, (), (entries, total, page, page_size))

Entries list(Context& ctx, const Page& in);

void add_operations(Catalogue& catalogue);

}  // namespace ignition::security_log
