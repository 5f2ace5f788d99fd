// Mail on its way out. Operations order mails within their transaction; the job `mail` (ignition/jobs.hpp) renders them
// and hands them to the host program's transport.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

namespace ignition {

// A mail as it goes out.
struct OutgoingMail {
  std::string from;     // address alone
  std::string to;       // address alone
  std::string id;       // without angle brackets; the same in every attempt
  std::string message;  // header and body (RFC 5322), lines end in CR LF
};

enum class MailOutcome : std::uint8_t {
  sent,     // the server has taken it
  later,    // this attempt failed, the next may not
  refused,  // no attempt will succeed
};

struct MailAnswer {
  MailOutcome outcome = MailOutcome::sent;
  std::string text;  // what the server said, or why nobody could be asked; for the operator
};

// How mail leaves a program. Called by one thread at a time.
class MailTransport {
 public:
  virtual ~MailTransport() = default;
  // Blocks for a minute at most, and not much longer than `stop` allows. Does not throw for mails that cannot be sent.
  virtual MailAnswer send(const OutgoingMail& mail, const std::stop_token& stop) = 0;
};

// How the library's mails look and leave.
struct MailSettings {
  std::shared_ptr<MailTransport> transport{};          // null: mails stay where they are
  std::string from = "ignition@localhost";             // address alone
  std::string frontend_url = "http://localhost:3000";  // of links
};

}  // namespace ignition
