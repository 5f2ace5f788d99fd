// Mail on its way out. Operations order mails within their transaction; the job `mail` (ignition/jobs.hpp) renders them
// and hands them to the host program's transport.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/describe.hpp"
#include "ignition/time.hpp"
#include "ignition/uuid.hpp"

namespace ignition {

class Engine;

// A mail as it goes out.
struct OutgoingMail {
  std::string template_name;
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
  std::string text;     // what the server said, or why nobody could be asked; for the operator
  bool reached = true;  // somebody answered
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
  std::string from_name = "Ignition";                  // "" = none
  std::string frontend_url = "http://localhost:3000";  // of links
};

// A mail that has not left.
struct UnsentMail {
  Uuid id;
  std::string to_address;
  std::string template_name;
  std::int64_t attempts = 0;
  Instant created_at;
  Instant next_attempt_at;
  std::optional<Instant> failed_at;  // it was given up
  std::optional<std::string> last_error;
};
BOOST_DESCRIBE_STRUCT(UnsentMail, (),
                      (id, to_address, template_name, attempts, created_at, next_attempt_at, failed_at, last_error))

// Newest first.
std::vector<UnsentMail> unsent_mails(Engine& engine, int most = 100);

// Sends a mail that says that mail works, past the outbox. The settings need a transport.
MailAnswer send_test_mail(const MailSettings& settings, std::string_view to, Instant now);

}  // namespace ignition
