// Calls to other servers over HTTP, for threads that may wait.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace ignition::server {

struct OutgoingCall {
  std::string url;
  std::string form;    // application/x-www-form-urlencoded, to POST; "" = GET
  std::string bearer;  // for an Authorization field; "" = none
  std::chrono::milliseconds timeout{10'000};
};

struct OutgoingReply {
  int status = 0;
  std::string body;  // at most 64 KiB
};

// Nothing when the server could not be reached, was too slow or said too much; then `why` tells, without secrets.
// Follows no redirect; tries again once when no connection came about, within the same time.
std::optional<OutgoingReply> ask(const OutgoingCall& call, std::string& why);

}  // namespace ignition::server
