// Mails as text on the wire: RFC 5322 headers, MIME (RFC 2045 to 2047).
#pragma once

#include <string>
#include <string_view>

#include "ignition/time.hpp"

namespace ignition::mail {

struct Message {
  std::string from_name;  // UTF-8; "" = the address alone
  std::string from;       // address
  std::string to_name{};
  std::string to;
  std::string id;  // without angle brackets
  Instant date;
  std::string subject;  // UTF-8
  std::string text;     // UTF-8, lines end in LF
  std::string html;
};

// Header and body, lines end in CR LF. No value can begin a header line of its own.
std::string written(const Message& message);

// A text for a header: as it is when it is plain ASCII, else encoded words (RFC 2047).
std::string header_text(std::string_view utf8);
// `Sun, 08 Mar 2026 09:00:00 +0000`.
std::string date_text(Instant at);

}  // namespace ignition::mail
