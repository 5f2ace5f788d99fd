// Which passwords are refused (rule R2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ignition::rules {

// What a password must not be: names of its owner, "" = unknown.
struct PasswordOwner {
  std::string_view email;
  std::string_view username;
};

enum class PasswordFault : std::uint8_t { too_short, too_long, common, personal };

// The form in which passwords are compared and hashed: Unicode NFC.
std::string normal_password(std::string_view text);

// Why a normal password is refused; nothing when it is good enough.
std::optional<PasswordFault> password_fault(std::string_view password, const PasswordOwner& owner);

// Whether the password, in lower case, is one that people choose often.
bool is_common_password(std::string_view lower_case);

}  // namespace ignition::rules
