#include "domains/mail_message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "ignition/secrets.hpp"

namespace ignition::mail {
namespace {

bool is_plain(char c) { return c >= 0x20 && c < 0x7F; }

std::string base64_of(std::string_view text) {
  return base64({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

// What may stand in a header: no line ends and no other controls.
std::string without_controls(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) out += c;
  }
  return out;
}

std::string mailbox(std::string_view name, std::string_view address) {
  const std::string plain = without_controls(address);
  if (name.empty()) return fmt::format("<{}>", plain);
  const bool words = std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ' || c == '-';
  });
  if (words) return fmt::format("{} <{}>", name, plain);
  // Quotes, commas and the like mean something in a list of mailboxes, but not in encoded words.
  return fmt::format("{} <{}>", header_text(name), plain);
}

std::string encoded_words(std::string_view utf8) {
  constexpr std::size_t kMost = 45;  // 60 characters of base64; a word has 75 with what it stands in
  std::string out;
  while (!utf8.empty()) {
    std::size_t size = std::min(kMost, utf8.size());
    // Not within a character.
    while (size < utf8.size() && size > 1 && (static_cast<unsigned char>(utf8[size]) & 0xC0) == 0x80) --size;
    out += fmt::format("{}=?UTF-8?B?{}?=", out.empty() ? "" : "\r\n ", base64_of(utf8.substr(0, size)));
    utf8.remove_prefix(size);
  }
  return out;
}

std::string with_crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\r') continue;
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

// Lines that every server takes as they are.
bool is_seven_bit(std::string_view text) {
  std::size_t line = 0;
  for (const char c : text) {
    if (c != '\n' && !is_plain(c)) return false;
    line = c == '\n' ? 0 : line + 1;
    if (line > 900) return false;
  }
  return true;
}

std::string part(std::string_view type, std::string_view text) {
  const bool plain = is_seven_bit(text);
  std::string body;
  if (plain) {
    body = with_crlf(text);
  } else {
    const std::string all = base64_of(with_crlf(text));
    for (std::size_t i = 0; i < all.size(); i += 76) body += all.substr(i, 76) + "\r\n";
  }
  return fmt::format("Content-Type: {}; charset=utf-8\r\nContent-Transfer-Encoding: {}\r\n\r\n{}", type,
                     plain ? "7bit" : "base64", body);
}

}  // namespace

std::string header_text(std::string_view utf8) {
  const std::string text = without_controls(utf8);
  const bool plain = std::ranges::all_of(text, is_plain) && text.find("=?") == std::string::npos && text.size() < 70 &&
                     text.find_first_of("\"(),:;<>@[\\]") == std::string::npos;
  return plain ? text : encoded_words(text);
}

std::string date_text(Instant at) {
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr std::array<std::string_view, 7> kDays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  const std::string iso = at.text();
  const LocalDate day = LocalDate::parse(iso.substr(0, 10)).value();
  return fmt::format("{}, {:02} {} {:04} {} +0000", kDays[static_cast<std::size_t>(day.weekday()) - 1], day.day(),
                     kMonths[day.month() - 1], day.year(), iso.substr(11, 8));
}

std::string written(const Message& m) {
  const std::string boundary = fmt::format("=_{}", m.id.substr(0, m.id.find('@')));
  std::string out =
      fmt::format("From: {}\r\nTo: {}\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: <{}>\r\n", mailbox(m.from_name, m.from),
                  mailbox(m.to_name, m.to), header_text(m.subject), date_text(m.date), without_controls(m.id));
  out += "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n";
  out += fmt::format("Content-Type: multipart/alternative; boundary=\"{}\"\r\n\r\n", boundary);
  out += fmt::format("--{0}\r\n{1}\r\n--{0}\r\n{2}\r\n--{0}--\r\n", boundary, part("text/plain", m.text),
                     part("text/html", m.html));
  return out;
}

}  // namespace ignition::mail
