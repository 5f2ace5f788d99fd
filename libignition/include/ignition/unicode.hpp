// Unicode beyond UTF-8: normal form, letter case and domain names. Backed by ICU.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ignition {

// Normalisation form C (Unicode Standard Annex 15). The text must be valid UTF-8.
std::string nfc(std::string_view text);

// Lower case of every letter, independent of any language (Turkish dotted i included).
std::string lower_case(std::string_view text);

// A domain name in its ASCII form (UTS 46, non-transitional, STD 3 rules), lower case; nothing when it is no valid one.
// `München.Example` -> `xn--mnchen-3ya.example`.
std::optional<std::string> ascii_domain(std::string_view domain);

}  // namespace ignition
