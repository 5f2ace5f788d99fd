#include "ignition/rules/passwords.hpp"

#include <algorithm>
#include <vector>

#include "ignition/types.hpp"
#include "ignition/unicode.hpp"

namespace ignition::rules {
namespace {

constexpr std::size_t kShortest = 8;     // code points
constexpr std::size_t kLongest = 128;    // code points
constexpr std::size_t kMostBytes = 512;  // of UTF-8

constexpr std::string_view kCommon =
#include "common_passwords.inc"
    ;

std::vector<std::string_view> lines(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (end > 0) out.push_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return out;
}

// Whether the text is one code point again and again.
bool is_one_character(std::string_view text) {
  std::size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) ++length;
  for (std::size_t at = length; at < text.size(); at += length) {
    if (text.substr(at, length) != text.substr(0, length)) return false;
  }
  return true;
}

}  // namespace

std::string normal_password(std::string_view text) { return nfc(text); }

bool is_common_password(std::string_view lower_case) {
  static const auto all = lines(kCommon);
  return std::ranges::binary_search(all, lower_case);
}

std::optional<PasswordFault> password_fault(std::string_view password, const PasswordOwner& owner) {
  const auto length = code_points(password);
  if (length < kShortest) return PasswordFault::too_short;
  if (length > kLongest || password.size() > kMostBytes) return PasswordFault::too_long;
  const auto lower = lower_case(password);
  const auto is = [&lower](std::string_view name) { return !name.empty() && lower == lower_case(name); };
  if (is(owner.email) || is(owner.email.substr(0, owner.email.rfind('@'))) || is(owner.username) || is("ignition")) {
    return PasswordFault::personal;
  }
  if (is_one_character(password) || is_common_password(lower)) return PasswordFault::common;
  return {};
}

}  // namespace ignition::rules
